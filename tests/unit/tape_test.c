/* The tape reads a line in one go, where the scanner accepts it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/work.h"
#include "schema/tape.h"
#include "tap.h"

static const struct {
	const char *name, *line;
} lines[] = {
	{ "an event",
	    "{\"event_name\":\"install\",\"user_id\":-10.5e+3,\"t\":[true,{}]}" },
	{ "white space", " [ 1 , { \"a\" : [ ] , \"b\":\t{ } } ]\r " },
	{ "strings",
	    "{\"\xc3\xa9\":\"\\u00e9\\ud83d\\ude00\\n\",\"\\u0061\":\"\\u0000\"}" },
	{ "keys that look alike", "{\"ab\":1,\"aab\":2,\"abb\":{\"ab\":3}}" },
	{ "a scalar", "\"x\"" },
};

static const char bytes[] = "{}[]\",:\\ \t0-.eta\x01\x7f\x80\xc3\xff\n";

static bool
same_item(const struct dp_tape_item *a, const struct dp_tape_item *b)
{
	return a->text == b->text && a->key == b->key && a->len == b->len &&
	    a->key_len == b->key_len && a->next == b->next &&
	    a->count == b->count && a->parent == b->parent &&
	    a->index == b->index && a->type == b->type &&
	    a->escaped == b->escaped && a->key_escaped == b->key_escaped;
}

/* Whether the tape is the one of the value, which is good. */
static bool
same_tape(struct dp_tape *t, const char *text)
{
	struct dp_tape_item items[64];
	const size_t n = t->n;
	uint32_t i;

	if (n > sizeof items / sizeof items[0])
		return false;
	memcpy(items, t->items.data, t->items.len);
	if (dp_tape_read(t, text) == -1 || t->n != n)
		return false;
	for (i = 0; i < n; i++)
		if (!same_item(&items[i], dp_tape_at(t, i)))
			return false;
	return true;
}

/* Never good to the tape alone; *asked goes up if it is to the scanner. */
static bool
alike(struct dp_tape *t, struct dp_scan_work *w, const char *text, size_t len,
    size_t *asked)
{
	const struct dp_scan_opts opts = { .work = w };
	char *block = malloc(len + 1 + DP_SCAN_PAD);
	struct dp_scan_value value;
	size_t at;
	bool good, same;
	int rc;

	if (block == NULL)
		abort();
	memset(block, '"', len + 1 + DP_SCAN_PAD);
	memcpy(block, text, len);
	block[len] = '\n';
	good = dp_scan_line(block, len, &opts, &value, &at) == DP_SCAN_OK;
	rc = dp_tape_line(t, block, len, w);
	same = (rc == 1 && !good) || rc == 2 ||
	    (rc == 0 && good && same_tape(t, value.text));
	*asked += rc == 2 && good;
	free(block);
	return same;
}

/* Each byte replaced by each of some, left out, and the line cut there. */
static size_t
broken(struct dp_tape *t, struct dp_scan_work *w, const char *line,
    size_t *asked)
{
	const size_t len = strlen(line);
	size_t at, i, wrong = 0;
	char text[128];

	for (at = 0; at < len; at++) {
		for (i = 0; i < sizeof bytes - 1; i++) {
			memcpy(text, line, len);
			text[at] = bytes[i];
			wrong += !alike(t, w, text, len, asked);
		}
		memcpy(text, line, at);
		memcpy(text + at, line + at + 1, len - at - 1);
		wrong += !alike(t, w, text, len - 1, asked);
		wrong += !alike(t, w, line, at, asked);
	}
	return wrong;
}

static void
test_lines(const char *name, const struct dp_scan_opts *opts)
{
	struct dp_scan_work w;
	struct dp_tape t;
	size_t i;

	if (dp_scan_work_init(&w, opts) == -1)
		abort();
	dp_tape_init(&t);
	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		const char *line = lines[i].line;
		size_t asked = 0;

		OK(alike(&t, &w, line, strlen(line), &asked) &&
			(asked == 0 || strchr(line, '\\') != NULL),
		    "%s: %s", name, lines[i].name);
		OK(broken(&t, &w, line, &asked) == 0, "%s: %s, broken", name,
		    lines[i].name);
		OK(asked < 200, "and the scanner is seldom asked: %zu", asked);
	}
	dp_tape_fini(&t);
	dp_scan_work_fini(&w);
}

/* n different keys; twice: the first one again. */
static int
many(struct dp_tape *t, const struct dp_scan_work *w, unsigned n, bool twice)
{
	struct dp_buf b;
	unsigned i;
	size_t len;
	int rc;

	dp_buf_init(&b, 0);
	for (i = 0; i < n; i++)
		(void)dp_buf_addf(&b, "%c\"k%u\":[]", i == 0 ? '{' : ',', i);
	if (twice)
		(void)dp_buf_adds(&b, ",\"k0\":1");
	(void)dp_buf_addc(&b, '}');
	len = b.len;
	(void)dp_buf_addc(&b, '\n');
	if (dp_buf_reserve(&b, DP_SCAN_PAD) == -1)
		abort();
	rc = dp_tape_line(t, b.data, len, w);
	dp_buf_fini(&b);
	return rc;
}

static void
test_many(void)
{
	const struct dp_scan_opts opts = { 0 };
	struct dp_scan_work w;
	struct dp_tape t;
	unsigned n, wrong = 0;

	if (dp_scan_work_init(&w, &opts) == -1)
		abort();
	dp_tape_init(&t);
	for (n = 1; n < 100; n++)
		wrong += many(&t, &w, n, true) != 2;
	for (n = 1; n < 30; n++)
		wrong += many(&t, &w, n, false) != 0;
	OK(wrong == 0, "a key that is there twice is never passed over");
	OK(many(&t, &w, 1000, false) == 2 && t.n < 80,
	    "of many keys no tape is made before they are known to differ");
	dp_tape_fini(&t);
	dp_scan_work_fini(&w);
}

int
main(void)
{
	const struct dp_scan_opts shallow = { .max_depth = 2 };
	const struct dp_scan_opts nul = { .nul_passes = true };
	const struct dp_scan_opts twice = { .dup_passes = true };

	test_lines("strict", &(struct dp_scan_opts){ 0 });
	test_lines("depth 2", &shallow);
	test_lines("with U+0000", &nul);
	test_lines("with keys twice", &twice);
	test_many();
	return tap_done();
}
