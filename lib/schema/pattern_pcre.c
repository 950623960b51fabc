#include "schema/pattern_pcre.h"

#include <stdint.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/err.h"

/* Room for the few bytes that PCRE wants to know a match by. */
#define ARENA 1024
#define HEAP_KIB 8192 /* for the interpreter, where there is no JIT */

struct dp_pcre {
	pcre2_code *code;
	pcre2_match_context *limits;
	bool jit;
};

struct arena {
	_Alignas(16) unsigned char data[ARENA];
	size_t used;
};

static void *
arena_take(size_t n, void *of)
{
	struct arena *a = of;
	void *p = a->data + a->used;

	n = (n + 15) & ~(size_t)15;
	if (n > ARENA - a->used)
		return NULL;
	a->used += n;
	return p;
}

static void
arena_give(void *p, void *of)
{
	(void)p;
	(void)of;
}

static int
set_limits(struct dp_pcre *p)
{
	p->limits = pcre2_match_context_create(NULL);
	if (p->limits == NULL)
		return -1;
	(void)pcre2_set_match_limit(p->limits, DP_PCRE_STEPS);
	(void)pcre2_set_heap_limit(p->limits, HEAP_KIB);
	return 0;
}

struct dp_pcre *
dp_pcre_new(const char *text, size_t len, bool looks_ahead, struct dp_err *err)
{
	/*
	 * PCRE 10.42 does not find /(?=a)x*a$/ in "ba": it looks for two of
	 * the a before it starts.  So it must not look.
	 */
	const uint32_t options = PCRE2_UTF | PCRE2_NO_UTF_CHECK |
	    PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
	    PCRE2_MATCH_UNSET_BACKREF |
	    (looks_ahead ? PCRE2_NO_START_OPTIMIZE : 0);
	struct dp_pcre *p = calloc(1, sizeof *p);
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_SIZE at;
	int rc = PCRE2_ERROR_NOMEMORY;
	unsigned char why[256];

	if (p != NULL && context != NULL) {
		/* A lone surrogate is allowed in a pattern; none matches. */
		(void)pcre2_set_compile_extra_options(context,
		    PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
		p->code = pcre2_compile((PCRE2_SPTR)text, len, options, &rc,
		    &at, context);
		if (p->code != NULL && set_limits(p) == 0) {
			p->jit =
			    pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
			pcre2_compile_context_free(context);
			return p;
		}
	}
	pcre2_compile_context_free(context);
	if (p == NULL || p->code != NULL || rc == PCRE2_ERROR_NOMEMORY ||
	    pcre2_get_error_message(rc, why, sizeof why) < 0)
		(void)dp_err_nomem(err);
	else
		(void)dp_err_set(err, DP_CONFIG, "pattern: PCRE cannot: %s",
		    (const char *)why);
	dp_pcre_free(p);
	return NULL;
}

void
dp_pcre_free(struct dp_pcre *p)
{
	if (p == NULL)
		return;
	pcre2_match_context_free(p->limits);
	pcre2_code_free(p->code);
	free(p);
}

static enum dp_pattern_result
result(int rc)
{
	if (rc >= 0)
		return DP_PATTERN_YES;
	return rc == PCRE2_ERROR_NOMATCH ? DP_PATTERN_NO : DP_PATTERN_LIMIT;
}

/* The same once more with a large stack, which takes memory. */
static int
match_deep(const struct dp_pcre *p, const char *text, size_t len,
    pcre2_match_data *data)
{
	pcre2_match_context *c = pcre2_match_context_copy(p->limits);
	pcre2_jit_stack *stack =
	    pcre2_jit_stack_create(65536, DP_PCRE_STACK, NULL);
	int rc = PCRE2_ERROR_NOMEMORY;

	if (c != NULL && stack != NULL) {
		pcre2_jit_stack_assign(c, NULL, stack);
		rc = pcre2_jit_match(p->code, (PCRE2_SPTR)text, len, 0, 0, data,
		    c);
	}
	pcre2_jit_stack_free(stack);
	pcre2_match_context_free(c);
	return rc;
}

/*
 * The match data live on the stack, so that threads share nothing and no
 * memory is taken.  Only the interpreter, where the JIT has no code for the
 * processor, uses the heap.
 */
enum dp_pattern_result
dp_pcre_match(const struct dp_pcre *p, const char *text, size_t len)
{
	struct arena a;
	pcre2_general_context *g;
	pcre2_match_data *data;
	int rc;

	if (!p->jit) {
		data = pcre2_match_data_create(1, NULL);
		if (data == NULL)
			return DP_PATTERN_LIMIT;
		rc = pcre2_match(p->code, (PCRE2_SPTR)text, len, 0,
		    PCRE2_NO_UTF_CHECK, data, p->limits);
		pcre2_match_data_free(data);
		return result(rc);
	}
	a.used = 0;
	g = pcre2_general_context_create(arena_take, arena_give, &a);
	data = g == NULL ? NULL : pcre2_match_data_create(1, g);
	if (data == NULL)
		return DP_PATTERN_LIMIT;
	rc = pcre2_jit_match(p->code, (PCRE2_SPTR)text, len, 0, 0, data,
	    p->limits);
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = match_deep(p, text, len, data);
	return result(rc);
}
