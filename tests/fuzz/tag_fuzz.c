/*
 * Fuzz target for lines that come from outside the process: of the tagged
 * chain, and rejects.  What is parsed is written and parsed again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/input.h"
#include "app/reject.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/tag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int cond)
{
	if (!cond)
		__builtin_trap();
}

static void
chain(const char *line, size_t len)
{
	struct dp_tag a, b;
	struct dp_buf out;

	dp_buf_init(&out, 0);
	if (dp_tag_parse_verdict(line, len, &a) == 0) {
		dp_tag_add(&out, a.tag, a.code, a.rest, a.rest_len);
		must(out.len > 0 && out.data[out.len - 1] == '\n');
		must(dp_tag_parse_receipt(out.data, out.len - 1, &b) == 0);
		must(a.tag == b.tag && a.code == b.code);
		must(a.rest_len == b.rest_len);
	}
	if (dp_tag_parse_request(line, len, &a) == 0) {
		dp_buf_clear(&out);
		dp_tag_add_request(&out, a.tag, a.rest, a.rest_len);
		must(dp_tag_parse_request(out.data, out.len - 1, &b) == 0);
		must(a.tag == b.tag && a.rest_len == b.rest_len);
	}
	(void)dp_tag_parse_receipt(line, len, &a);
	dp_buf_fini(&out);
}

static void
replay(const char *line, size_t len)
{
	struct dp_err err = { 0 };
	struct dp_replay *r = dp_replay_new(&err);
	struct dp_replay_item item;

	if (r == NULL)
		return;
	if (dp_replay_take(r, line, len, &item, &err) == 0) {
		must(item.raw[item.raw_len] == '\n');
		must(item.attempt >= 1);
	} else {
		must(err.status != DP_OK && err.msg[0] != '\0');
	}
	dp_replay_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = calloc(1, size + 1 + DP_INPUT_PAD);

	if (line == NULL)
		return 0;
	if (size > 0 && memchr(data, '\n', size) == NULL) {
		memcpy(line, data, size);
		line[size] = '\n';
		chain(line, size);
		replay(line, size);
	}
	free(line);
	return 0;
}
