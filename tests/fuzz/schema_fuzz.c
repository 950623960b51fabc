/*
 * Fuzz target for lib/schema: a schema and records, each on its line.  Every
 * width of the streaming check must say the same of a record, and the slow
 * look must find a fault exactly where they do.  The first byte holds the
 * options.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json/scan_variant.h"
#include "schema/catalog_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int cond)
{
	if (!cond)
		__builtin_trap();
}

static void
check(struct dp_check *k, const char *record, size_t len)
{
	char *line = calloc(1, len + 1 + DP_SCAN_PAD);
	const struct dp_schema *type;
	struct dp_fault fault, all;
	struct dp_err err;
	int rc;

	if (line == NULL)
		return;
	memcpy(line, record, len);
	line[len] = '\n';
	dp_check_width(k, dp_check_lines_plain);
	rc = dp_check_line(k, line, len, &type);
	dp_check_width(k, dp_check_lines_words);
	must(rc == dp_check_line(k, line, len, &type));
#ifdef DP_HAVE_AVX2
	if (dp_scan_has_avx2()) {
		dp_check_width(k, dp_check_lines_avx2);
		must(rc == dp_check_line(k, line, len, &type));
	}
#endif
	must(dp_check_explain(k, line, len, &fault, &err) == 0);
	/* What takes too many steps for one may be easy for the other. */
	if (strcmp(fault.code, "too-complex") != 0)
		must((rc == 0) == (strcmp(fault.code, "internal") == 0));
	/* The first of all faults is the one. */
	k->tell_all = true;
	must(dp_check_explain(k, line, len, &all, &err) == 0);
	must(strcmp(all.code, fault.code) == 0 && all.nall <= 101);
	k->tell_all = false;
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p, *nl, *end = (const char *)data + size;
	struct dp_catalog_opts opts = { .any_value = true };
	struct dp_catalog *c;
	struct dp_check *k;
	struct dp_err err;

	if (size < 2)
		return 0;
	opts.scan.nul_passes = (data[0] & 1) != 0;
	opts.scan.dup_passes = (data[0] & 2) != 0;
	opts.scan.max_depth = (data[0] & 4) != 0 ? 4 : 0;
	opts.formats_pass = (data[0] & 8) != 0;
	p = (const char *)data + 1;
	nl = memchr(p, '\n', size - 1);
	if (nl == NULL)
		nl = end;
	c = dp_catalog_text(p, (size_t)(nl - p), &opts, &err);
	k = c == NULL ? NULL : dp_check_new(c, &err);
	while (k != NULL && nl < end) {
		p = nl + 1;
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		check(k, p, (size_t)(nl - p));
	}
	dp_check_free(k);
	dp_catalog_free(c);
	return 0;
}
