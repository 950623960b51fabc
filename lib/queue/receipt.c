#include "queue/receipt.h"

#include <string.h>

#include "base/err.h"
#include "base/tag.h"
#include "queue/feed.h"

struct entry {
	uint64_t tag;
	uint64_t len;
	int code;
};

void
dp_receipts_init(struct dp_receipts *r)
{
	dp_buf_init(&r->entries, 0);
	r->stored = 0;
}

void
dp_receipts_fini(struct dp_receipts *r)
{
	dp_buf_fini(&r->entries);
}

int
dp_receipts_add(struct dp_receipts *r, uint64_t tag, int code,
    const char *message, size_t len)
{
	struct entry e = { .tag = tag, .len = len, .code = code };

	if (dp_buf_reserve(&r->entries, sizeof e + len) == -1)
		return -1;
	(void)dp_buf_add(&r->entries, &e, sizeof e);
	(void)dp_buf_add(&r->entries, message, len);
	r->stored += code == 0;
	return 0;
}

static int
no_verdict(struct dp_err *err)
{
	return dp_err_set(err, DP_DATA,
	    "not a line of a tagged chain (TAG TAB CODE TAB EVENT): is "
	    "dp-validate --tag in front?");
}

int
dp_receipts_line(struct dp_receipts *r, struct dp_feed *f, const char *line,
    size_t len, int *code, struct dp_err *err)
{
	static const char sharp[] =
	    "{\"code\":\"malformed\",\"detail\":\"begins with #\"}";
	static const char empty[] = "{\"code\":\"empty\"}";
	const char *message = NULL;
	struct dp_tag t;

	if (dp_tag_parse_verdict(line, len, &t) == -1)
		return no_verdict(err);
	*code = t.code;
	if (t.code == 0 && dp_feed_is_blank(t.rest, t.rest_len)) {
		*code = 2;
		message = empty;
	} else if (t.code == 0 && *t.rest == '#') {
		*code = 3;
		message = sharp;
	} else if (t.code == 0) {
		if (dp_feed_one(f, t.rest, t.rest_len + 1, err) == -1)
			return -1;
		t.rest_len = 0;
	}
	if (message != NULL) {
		t.rest = message;
		t.rest_len = strlen(message);
	}
	return dp_receipts_add(r, t.tag, *code, t.rest, t.rest_len) == -1
	    ? dp_err_nomem(err)
	    : 0;
}

int
dp_receipts_lines(struct dp_receipts *r, struct dp_feed *f, const char *data,
    size_t len, uint64_t *lines, uint64_t *refused, struct dp_err *err)
{
	const char *p = data, *const end = data + len;
	int code = 0;

	for (*lines = *refused = 0; p < end; ++*lines) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (dp_receipts_line(r, f, p, (size_t)(nl - p), &code, err) ==
		    -1)
			return -1;
		/* No event is a probe: answered, and not counted. */
		*refused += code != 0 && code != 2;
		p = nl + 1;
	}
	return 0;
}

int
dp_receipts_long(struct dp_receipts *r, const char *head, size_t len,
    struct dp_err *err)
{
	static const char message[] = "{\"code\":\"too-long\"}";
	struct dp_tag t;

	if (dp_tag_parse_verdict(head, len, &t) == -1)
		return no_verdict(err);
	return dp_receipts_add(r, t.tag, 6, message, sizeof message - 1) == -1
	    ? dp_err_nomem(err)
	    : 0;
}

int
dp_receipts_take(struct dp_receipts *r, const char *fault, struct dp_buf *out)
{
	const char *p = r->entries.data;
	size_t left = r->entries.len;

	while (left > 0) {
		struct entry e;

		memcpy(&e, p, sizeof e);
		p += sizeof e;
		if (e.code == 0 && fault != NULL)
			dp_tag_add(out, e.tag, 100, fault, strlen(fault));
		else
			dp_tag_add(out, e.tag, e.code, p, (size_t)e.len);
		p += e.len;
		left -= sizeof e + (size_t)e.len;
	}
	dp_buf_clear(&r->entries);
	r->stored = 0;
	return out->failed ? -1 : 0;
}
