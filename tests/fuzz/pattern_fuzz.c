/*
 * Fuzz target for patterns: the first line is a pattern, the rest a text.
 * What the parser takes, PCRE compiles or says it cannot; a shape and a table
 * say what PCRE says.
 */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/text.h"
#include "schema/pattern.h"
#include "schema/pattern_dfa.h"
#include "schema/pattern_parse.h"
#include "schema/pattern_pcre.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int cond)
{
	if (!cond)
		__builtin_trap();
}

#ifdef DP_HAVE_PCRE
static void
table(const struct dp_tree *tree, const struct dp_pattern_parse *p,
    const char *text, size_t len)
{
	struct dp_err err = { 0 };
	struct dp_dfa *dfa = dp_dfa_new(tree);
	struct dp_pcre *pcre = NULL;
	enum dp_pattern_result rc = DP_PATTERN_LIMIT;

	if (dfa != NULL)
		pcre = dp_pcre_new(p->out->data, p->out->len, p->looks_ahead,
		    &err);
	if (pcre != NULL)
		rc = dp_pcre_match(pcre, text, len);
	must(rc == DP_PATTERN_LIMIT ||
	    dp_dfa_match(dfa, text, len) == (rc == DP_PATTERN_YES));
	dp_pcre_free(pcre);
	dp_dfa_free(dfa);
}
#endif

static void
compare(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	static struct dp_shape shape;
	struct dp_err err = { 0 };
	struct dp_buf out;
	struct dp_tree tree;
	struct dp_pattern_parse p = { .text = pattern,
		.len = pattern_len,
		.shape = &shape,
		.tree = &tree,
		.out = &out };
	struct dp_pattern *full;

	memset(&shape, 0, sizeof shape);
	dp_buf_init(&out, 0);
	(void)dp_buf_reserve(&out, 1);
	(void)dp_tree_init(&tree);
	if (dp_pattern_parse(&p) != 0) {
		must(p.fault != NULL && p.fault_at <= pattern_len);
		must(!dp_pattern_valid(pattern, pattern_len));
		full = dp_pattern_new(pattern, pattern_len, &err);
		must(full == NULL && err.status == DP_CONFIG);
		dp_buf_fini(&out);
		dp_tree_fini(&tree);
		return;
	}
	must(dp_pattern_valid(pattern, pattern_len));
	full = dp_pattern_new(pattern, pattern_len, &err);
	must(full != NULL || err.status != DP_OK);
	if (full != NULL)
		(void)dp_pattern_match(full, text, len);
	dp_pattern_free(full);
#ifdef DP_HAVE_PCRE
	if (p.unfit == NULL && dp_shape_finish(&shape)) {
		struct dp_pcre *pcre =
		    dp_pcre_new(out.data, out.len, p.looks_ahead, &err);
		enum dp_pattern_result rc = DP_PATTERN_LIMIT;

		if (pcre != NULL)
			rc = dp_pcre_match(pcre, text, len);
		must(rc == DP_PATTERN_LIMIT ||
		    dp_shape_match(&shape, text, len) ==
			(rc == DP_PATTERN_YES));
		dp_pcre_free(pcre);
	}
	if (p.unfit == NULL)
		table(&tree, &p, text, len);
#endif
	dp_buf_fini(&out);
	dp_tree_fini(&tree);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *pattern = (const char *)data;
	const char *end = size == 0 ? NULL : memchr(pattern, '\n', size);
	size_t len;

	if (end == NULL || !dp_json_utf8(pattern, size))
		return 0;
	len = (size_t)(end - pattern);
	compare(pattern, len, end + 1, size - len - 1);
	return 0;
}
