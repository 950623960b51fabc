/*
 * Fuzz target for lib/json: every width of the scanner, and the slow one that
 * names faults, must agree on every text.  The first byte holds the options.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/scan.h"
#include "json/scan_variant.h"
#include "json/work.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int cond)
{
	if (!cond)
		__builtin_trap();
}

static void
walk(const struct dp_scan_value *v, const char *text, size_t len)
{
	struct dp_scan_member m;
	struct dp_scan_value e;
	const char *at = NULL;

	if (v->type == DP_JSON_OBJECT)
		while (dp_scan_next_member(v, &at, &m)) {
			must(m.key >= text && m.key + m.key_len < text + len);
			must(m.value.len > 0);
		}
	else if (v->type == DP_JSON_ARRAY)
		while (dp_scan_next_element(v, &at, &e))
			must(e.text >= text && e.text + e.len <= text + len);
}

static void
compare(struct dp_scan_work *w, char *text, size_t len)
{
	struct dp_scan_value v[3];
	struct dp_scan_opts opts = { .work = w };
	const char *end = dp_scan_line_plain(w, text, &v[0]);
	size_t at = 0;

	must((end == NULL) == (dp_scan_line_words(w, text, &v[1]) == NULL));
#ifdef DP_HAVE_AVX2
	if (dp_scan_has_avx2())
		must((end == NULL) ==
		    (dp_scan_line_avx2(w, text, &v[2]) == NULL));
#endif
	must((end == NULL) == (dp_scan_fault(w, text, len, &at) != DP_SCAN_OK));
	must(at <= len);
	must((end == NULL) ==
	    (dp_scan_line(text, len, &opts, &v[2], &at) != DP_SCAN_OK));
	if (end == NULL)
		return;
	must(v[0].type == v[1].type && v[0].len == v[1].len);
	walk(&v[2], text, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dp_scan_opts opts = { 0 };
	struct dp_scan_work w;
	char *text;
	size_t len;

	if (size < 1)
		return 0;
	len = size - 1;
	/* A line ends at its first newline; the room is exact on purpose. */
	if (memchr(data + 1, '\n', len) != NULL)
		return 0;
	text = calloc(1, len + 1 + DP_SCAN_PAD);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, len);
	text[len] = '\n';
	opts.max_depth = data[0] & 4 ? 3 : 0;
	opts.nul_passes = data[0] & 1;
	opts.dup_passes = data[0] & 2;
	if (dp_scan_work_init(&w, &opts) == 0) {
		compare(&w, text, len);
		dp_scan_work_fini(&w);
	}
	free(text);
	return 0;
}
