/*
 * Fuzz target for dp-schema infer: the input is lines; what is inferred of
 * those that are records compiles, and accepts each of them.  The first byte
 * chooses how.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/catalog_state.h"
#include "schema/infer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int cond)
{
	if (!cond)
		__builtin_trap();
}

/* Checks the lines that were taken: those are their starts. */
static void
check_all(const struct dp_buf *schema, const struct dp_buf *taken,
    const struct dp_catalog_opts *opts)
{
	const char *const *line = (const void *)taken->data;
	struct dp_err err = { 0 };
	struct dp_catalog *c =
	    dp_catalog_text(schema->data, schema->len, opts, &err);
	struct dp_check *k = c == NULL ? NULL : dp_check_new(c, &err);
	const struct dp_schema *type;
	size_t i;

	must(k != NULL);
	for (i = 0; i < taken->len / sizeof *line; i++) {
		const char *nl = strchr(line[i], '\n');

		must(dp_check_line(k, line[i], (size_t)(nl - line[i]), &type) ==
		    0);
	}
	dp_check_free(k);
	dp_catalog_free(c);
}

static void
infer(const char *text, size_t len, unsigned how)
{
	const struct dp_infer_opts opts = { .only = "t",
		.any_value = (how & 1) != 0,
		.tight = (how & 2) != 0,
		.max_bytes = (how & 4) != 0 ? 6000 : 0 };
	const struct dp_catalog_opts check = { .any_value = opts.any_value };
	const char *p = text, *const end = text + len;
	struct dp_err err = { 0 };
	struct dp_infer *f = dp_infer_new(&opts, &err);
	struct dp_buf schema, taken;
	struct dp_infer_fault fault;

	dp_buf_init(&schema, 0);
	dp_buf_init(&taken, 0);
	while (f != NULL && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (dp_infer_line(f, p, (size_t)(nl - p), &fault) == 0)
			(void)dp_buf_add(&taken, &p, sizeof p);
		else
			must(fault.code != NULL && fault.detail != NULL);
		/* What is written in between changes nothing. */
		if ((how & 8) != 0 && dp_infer_count(f) > 0) {
			dp_buf_clear(&schema);
			must(dp_infer_write(f, 0, &schema, &err) == 0);
		}
		p = nl + 1;
	}
	if (taken.len > 0) {
		dp_buf_clear(&schema);
		must(dp_infer_write(f, 0, &schema, &err) == 0);
		check_all(&schema, &taken, &check);
	}
	dp_infer_free(f);
	dp_buf_fini(&schema);
	dp_buf_fini(&taken);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 2 || memchr(data, '\0', size) != NULL)
		return 0;
	text = calloc(1, size + 1 + DP_SCAN_PAD);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\n';
	infer(text, size, data[0]);
	free(text);
	return 0;
}
