/* Reading rejects: the other half of app/reject.h. */
#include <stdlib.h>
#include <string.h>

#include "app/input.h"
#include "app/reject.h"
#include "base/buf.h"
#include "base/err.h"
#include "json/scan.h"
#include "json/text.h"

struct dp_replay {
	struct dp_buf raw;
	struct dp_buf source;
	struct dp_buf code;
};

struct dp_replay *
dp_replay_new(struct dp_err *err)
{
	struct dp_replay *r = calloc(1, sizeof *r);

	if (r == NULL)
		(void)dp_err_nomem(err);
	return r;
}

void
dp_replay_free(struct dp_replay *r)
{
	if (r == NULL)
		return;
	dp_buf_fini(&r->raw);
	dp_buf_fini(&r->source);
	dp_buf_fini(&r->code);
	free(r);
}

static uint64_t
number(const struct dp_scan_value *v)
{
	uint64_t n = 0;
	size_t i;

	if (v->type != DP_JSON_INTEGER || v->len > 18)
		return 0;
	for (i = 0; i < v->len && v->text[i] >= '0' && v->text[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(v->text[i] - '0');
	return n;
}

/* Takes one member of the reject.  1: it held the line. */
static int
take_member(struct dp_replay *r, const struct dp_scan_member *m,
    struct dp_replay_item *item, struct dp_err *err)
{
	const struct dp_scan_value *v = &m->value;
	const char *text = v->text + 1;
	size_t len = v->len - 2;
	bool string = v->type == DP_JSON_STRING;

#define IS(word)                                                  \
	dp_scan_equal(m->key, m->key_len, m->key_escaped, (word), \
	    sizeof(word) - 1)
	if (IS("raw") && string) {
		dp_json_unescape(&r->raw, text, len);
		return 1;
	}
	if (IS("raw_base64") && string) {
		if (dp_json_unbase64(&r->raw, text, len) == -1)
			return dp_err_set(err, DP_DATA,
			    "raw_base64 is not base64");
		return 1;
	}
	if (IS("truncated") && v->type == DP_JSON_TRUE)
		return dp_err_set(err, DP_DATA,
		    "the reject holds only the head of its line");
	if (IS("attempt"))
		item->attempt = number(v);
	else if (IS("line"))
		item->line = number(v);
	else if (IS("source") && string)
		dp_json_unescape(&r->source, text, len);
	else if (IS("code") && string)
		dp_json_unescape(&r->code, text, len);
#undef IS
	return 0;
}

int
dp_replay_take(struct dp_replay *r, const char *line, size_t len,
    struct dp_replay_item *item, struct dp_err *err)
{
	static const char pad[DP_INPUT_PAD] = "\n";
	/* A rejected line may well hold a NUL. */
	const struct dp_scan_opts opts = { .nul_passes = true };
	struct dp_scan_value object;
	struct dp_scan_member m;
	const char *at = NULL;
	size_t where;
	int found = 0;

	memset(item, 0, sizeof *item);
	dp_buf_clear(&r->raw);
	dp_buf_clear(&r->source);
	dp_buf_clear(&r->code);
	if (dp_scan_line(line, len, &opts, &object, &where) != DP_SCAN_OK ||
	    object.type != DP_JSON_OBJECT)
		return dp_err_set(err, DP_DATA, "no reject: not a JSON object");
	while (dp_scan_next_member(&object, &at, &m)) {
		int rc = take_member(r, &m, item, err);

		if (rc == -1)
			return -1;
		found |= rc;
	}
	if (!found)
		return dp_err_set(err, DP_DATA,
		    "no reject: it has neither raw nor raw_base64");
	item->raw_len = r->raw.len;
	(void)dp_buf_add(&r->raw, pad, sizeof pad);
	item->source = dp_buf_text(&r->source);
	item->code = dp_buf_text(&r->code);
	item->raw = r->raw.data;
	if (item->attempt == 0)
		item->attempt = 1;
	return r->raw.failed || item->source == NULL || item->code == NULL
	    ? dp_err_nomem(err)
	    : 0;
}
