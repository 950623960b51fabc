#include "schema/pattern.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/pattern_dfa.h"
#include "schema/pattern_parse.h"
#include "schema/pattern_pcre.h"
#include "schema/pattern_shape.h"

/* One of the three is there. */
struct dp_pattern {
	struct dp_shape *shape;
	struct dp_dfa *dfa;
	struct dp_pcre *pcre;
};

bool
dp_pattern_valid(const char *text, size_t len)
{
	struct dp_pattern_parse p = { .text = text, .len = len };

	return dp_pattern_parse(&p) == 0;
}

/* Compiles what the parser has understood. */
static int
compile(struct dp_pattern *pattern, const struct dp_pattern_parse *p,
    struct dp_err *err)
{
	if (dp_shape_finish(p->shape)) {
		pattern->shape = p->shape;
		return 0;
	}
	pattern->dfa = dp_dfa_new(p->tree);
	if (pattern->dfa != NULL)
		return 0;
	if (p->unfit != NULL)
		return dp_err_set(err, DP_CONFIG, "pattern: offset %zu: %s",
		    p->unfit_at, p->unfit);
	if (p->out->failed)
		return dp_err_nomem(err);
#ifdef DP_HAVE_PCRE
	pattern->pcre =
	    dp_pcre_new(p->out->data, p->out->len, p->looks_ahead, err);
	return pattern->pcre == NULL ? -1 : 0;
#else
	return dp_err_set(err, DP_CONFIG,
	    "pattern: this program was built without PCRE");
#endif
}

struct dp_pattern *
dp_pattern_new(const char *text, size_t len, struct dp_err *err)
{
	struct dp_pattern *pattern = calloc(1, sizeof *pattern);
	struct dp_shape *shape = calloc(1, sizeof *shape);
	struct dp_buf out;
	struct dp_tree tree;
	struct dp_pattern_parse p = { .text = text,
		.len = len,
		.out = &out,
		.shape = shape,
		.tree = &tree };
	int rc = -1;

	dp_buf_init(&out, 0);
	if (dp_tree_init(&tree) != 0 || pattern == NULL || shape == NULL)
		(void)dp_err_nomem(err);
	else if (dp_pattern_parse(&p) != 0)
		(void)dp_err_set(err, DP_CONFIG, "pattern: offset %zu: %s",
		    p.fault_at, p.fault);
	else
		rc = compile(pattern, &p, err);
	dp_buf_fini(&out);
	dp_tree_fini(&tree);
	if (rc != 0 || pattern->shape == NULL)
		free(shape);
	if (rc == 0)
		return pattern;
	free(pattern);
	return NULL;
}

void
dp_pattern_free(struct dp_pattern *p)
{
	if (p == NULL)
		return;
	free(p->shape);
	dp_dfa_free(p->dfa);
#ifdef DP_HAVE_PCRE
	dp_pcre_free(p->pcre);
#endif
	free(p);
}

enum dp_pattern_result
dp_pattern_match(const struct dp_pattern *p, const char *text, size_t len)
{
	if (p->dfa != NULL)
		return dp_dfa_match(p->dfa, text, len) ? DP_PATTERN_YES
						       : DP_PATTERN_NO;
#ifdef DP_HAVE_PCRE
	if (p->pcre != NULL)
		return dp_pcre_match(p->pcre, text, len);
#endif
	return dp_shape_match(p->shape, text, len) ? DP_PATTERN_YES
						   : DP_PATTERN_NO;
}

bool
dp_pattern_simple(const struct dp_pattern *p)
{
	return p->shape != NULL;
}

bool
dp_pattern_linear(const struct dp_pattern *p)
{
	return p->shape != NULL || p->dfa != NULL;
}
