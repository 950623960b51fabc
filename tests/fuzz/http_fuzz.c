/*
 * Fuzz target for what a client sends: the head of a request, its chunks,
 * and its body split into events.  The first byte says where the input is
 * cut in two; the answer must be the same as for the whole.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http/body.h"
#include "http/chunked.h"
#include "http/parse.h"
#include "http/python.h"
#include "json/work.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int cond)
{
	if (!cond)
		__builtin_trap();
}

static void
is_inside(const struct dp_http_head *h, struct dp_http_span s)
{
	must(s.at <= h->len && s.len <= h->len - s.at);
}

static void
head(const char *data, size_t len, size_t cut)
{
	struct dp_http_head whole = { 0 }, cut_in_two = { 0 };
	int a = dp_http_head_feed(&whole, data, len);
	int b = dp_http_head_feed(&cut_in_two, data, cut);

	if (b == 0)
		b = dp_http_head_feed(&cut_in_two, data, len);
	must(a == b);
	must(memcmp(&whole, &cut_in_two, sizeof whole) == 0);
	must(a != -1 || (whole.status >= 400 && whole.why != NULL));
	if (a != 1)
		return;
	must(whole.len <= len && whole.len <= DP_HTTP_HEAD_MAX);
	must(memcmp(data + whole.len - 4, "\r\n\r\n", 4) == 0);
	must(memchr(data, '\0', whole.len) == NULL);
	must(!whole.chunked || (whole.seen & DP_HTTP_LENGTH) == 0);
	is_inside(&whole, whole.name);
	is_inside(&whole, whole.target);
	is_inside(&whole, whole.path);
	is_inside(&whole, whole.type);
	is_inside(&whole, whole.authorization);
}

static void
chunks(const char *data, size_t len, size_t cut, char *out)
{
	struct dp_http_chunked whole = { .max = 1000 };
	struct dp_http_chunked parts = { .max = 1000 };
	size_t n = 0, more = 0, used = 0, used_more = 0;
	int a = dp_http_chunked_feed(&whole, data, len, out, &n, &used);
	char *copy = malloc(len + 1);
	int b;

	if (copy == NULL)
		return;
	must(n <= 1000 && (a == -1 || (n <= used && used <= len)));
	/* In place, and in two pieces. */
	memcpy(copy, data, len);
	n = 0;
	b = dp_http_chunked_feed(&parts, copy, cut, copy, &n, &used_more);
	if (b == 0) {
		b = dp_http_chunked_feed(&parts, copy + cut, len - cut,
		    copy + n, &more, &used_more);
		used_more += cut;
		n += more;
	}
	must(a == b);
	if (a != -1)
		must(used == used_more && whole.body == n &&
		    memcmp(out, copy, n) == 0);
	free(copy);
}

/* Any JSON can be written as Python does it. */
static void
python(const char *line, size_t len, struct dp_scan_work *work)
{
	const struct dp_scan_opts opts = { .work = work };
	struct dp_scan_value v;
	struct dp_buf b;
	size_t at;

	if (dp_scan_line(line, len, &opts, &v, &at) != DP_SCAN_OK)
		return;
	dp_buf_init(&b, 0);
	dp_python_str(&b, &v);
	must(b.failed || b.len > 0 || v.len == 2);
	dp_buf_fini(&b);
}

/* Events lie in the body in order, none holds a newline, their number is
 * what was told before. */
static void
events(const char *data, size_t len, enum dp_body_kind kind)
{
	const struct dp_scan_opts opts = { .nul_passes = true,
		.dup_passes = true };
	char *copy = calloc(1, len + DP_SCAN_PAD);
	const char *last = copy;
	struct dp_scan_work work;
	struct dp_body b;
	struct dp_body_event e;
	struct dp_body_fault fault;
	size_t n = 0;

	if (copy == NULL || dp_scan_work_init(&work, &opts) == -1) {
		free(copy);
		return;
	}
	memcpy(copy, data, len);
	if (dp_body_open(&b, kind, copy, len, 100, &work, &fault) == 0) {
		for (; dp_body_next(&b, &e); n++) {
			must(e.text >= last && e.text + e.len <= copy + len);
			must(e.len > 0 && memchr(e.text, '\n', e.len) == NULL);
			last = e.text + e.len;
			if (kind == DP_BODY_ONE)
				python(e.text, e.len, &work);
		}
		must(n == b.events && n > 0 && n <= 100);
		dp_body_close(&b);
	} else {
		must(fault.code != NULL && fault.at <= len);
	}
	must(copy[len] == '\0');
	dp_scan_work_fini(&work);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	char *out;
	size_t cut;

	if (size < 2)
		return 0;
	size--;
	cut = data[0] % size;
	out = malloc(size);
	if (out != NULL) {
		head(text, size, cut);
		chunks(text, size, cut, out);
		events(text, size, (enum dp_body_kind)(data[0] % 3));
	}
	free(out);
	return 0;
}
