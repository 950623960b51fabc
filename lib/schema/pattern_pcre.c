#include "schema/pattern_pcre.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/err.h"

/* Room for the few bytes that PCRE wants to know a match by. */
#define ARENA 1024
/* Places times bytes of a text between two looks at the clock. */
#define PLACES 262144
/* Steps times bytes at one place, and the steps that any text may take. */
#define STEPS_BYTES UINT64_C(10000000000)
#define STEPS_MIN 100000
#define HEAP_KIB 8192 /* for the interpreter, where there is no JIT */

struct dp_pcre {
	pcre2_code *code;
	bool jit;
	bool anchored; /* it can match at the start only */
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

struct dp_pcre *
dp_pcre_new(const char *text, size_t len, bool looks_ahead, struct dp_err *err)
{
	/*
	 * PCRE 10.42 does not find /(?=a)x*a$/ in "ba": it looks for two of
	 * the a before it starts.  So it must not look.
	 */
	const uint32_t options = PCRE2_UTF | PCRE2_NO_UTF_CHECK |
	    PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
	    PCRE2_MATCH_UNSET_BACKREF | PCRE2_USE_OFFSET_LIMIT |
	    (looks_ahead ? PCRE2_NO_START_OPTIMIZE : 0);
	struct dp_pcre *p = calloc(1, sizeof *p);
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_SIZE at;
	uint32_t all = 0;
	int rc = PCRE2_ERROR_NOMEMORY;
	unsigned char why[256];

	if (p != NULL && context != NULL) {
		/* A lone surrogate is allowed in a pattern; none matches. */
		(void)pcre2_set_compile_extra_options(context,
		    PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
		p->code = pcre2_compile((PCRE2_SPTR)text, len, options, &rc,
		    &at, context);
		if (p->code != NULL) {
			(void)pcre2_pattern_info(p->code, PCRE2_INFO_ALLOPTIONS,
			    &all);
			p->anchored = (all & PCRE2_ANCHORED) != 0;
			p->jit =
			    pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
			pcre2_compile_context_free(context);
			return p;
		}
	}
	pcre2_compile_context_free(context);
	if (p == NULL || rc == PCRE2_ERROR_NOMEMORY ||
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
	pcre2_code_free(p->code);
	free(p);
}

/* A match that is under way: all that may change, on the stack. */
struct run {
	const struct dp_pcre *p;
	const char *text;
	size_t len;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

/* Looks for a match that begins at `at`, up to `last`. */
static int
look(const struct run *r, size_t at, size_t last)
{
	pcre2_jit_stack *stack;
	int rc;

	(void)pcre2_set_offset_limit(r->limits, last);
	if (!r->p->jit)
		return pcre2_match(r->p->code, (PCRE2_SPTR)r->text, r->len, at,
		    PCRE2_NO_UTF_CHECK, r->data, r->limits);
	rc = pcre2_jit_match(r->p->code, (PCRE2_SPTR)r->text, r->len, at, 0,
	    r->data, r->limits);
	if (rc != PCRE2_ERROR_JIT_STACKLIMIT)
		return rc;
	/* Once more with a large stack, which takes memory. */
	stack = pcre2_jit_stack_create(65536, DP_PCRE_STACK, NULL);
	if (stack == NULL)
		return PCRE2_ERROR_NOMEMORY;
	pcre2_jit_stack_assign(r->limits, NULL, stack);
	rc = pcre2_jit_match(r->p->code, (PCRE2_SPTR)r->text, r->len, at, 0,
	    r->data, r->limits);
	pcre2_jit_stack_assign(r->limits, NULL, NULL);
	pcre2_jit_stack_free(stack);
	return rc;
}

/* Processor time of this thread. */
static uint64_t
used_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/*
 * PCRE's limit of steps is one for each place where a match may begin, and
 * a step may look at the whole text.  So the places are tried some at a
 * time, and the clock is looked at between.
 */
static int
search(const struct run *r)
{
	const size_t few = 1 + PLACES / (r->len + 1);
	size_t at = 0;
	uint64_t begun = 0;
	int rc;

	if (r->p->anchored)
		return look(r, 0, r->len);
	for (;;) {
		size_t last = r->len - at < few ? r->len : at + few;

		rc = look(r, at, last);
		if (rc != PCRE2_ERROR_NOMATCH || last == r->len)
			return rc;
		if (begun == 0)
			begun = used_ms() + 1;
		else if (used_ms() + 1 - begun > DP_PCRE_MS)
			return PCRE2_ERROR_MATCHLIMIT;
		/* The next place, at the first byte of a character. */
		for (at = last + 1;
		     at < r->len && ((unsigned char)r->text[at] & 0xc0) == 0x80;
		     at++)
			;
	}
}

static enum dp_pattern_result
result(int rc)
{
	if (rc >= 0)
		return DP_PATTERN_YES;
	return rc == PCRE2_ERROR_NOMATCH ? DP_PATTERN_NO : DP_PATTERN_LIMIT;
}

/*
 * Match data and limits live on the stack, so that threads share nothing
 * and no memory is taken.  The interpreter, where the JIT has no code for
 * the processor, takes its own from the heap, within its limit.
 */
enum dp_pattern_result
dp_pcre_match(const struct dp_pcre *p, const char *text, size_t len)
{
	struct arena a;
	pcre2_general_context *g = NULL;
	struct run r = { .p = p, .text = text, .len = len };
	int rc = PCRE2_ERROR_NOMEMORY;
	uint32_t steps = DP_PCRE_STEPS;

	a.used = 0;
	if (p->jit)
		g = pcre2_general_context_create(arena_take, arena_give, &a);
	r.data = pcre2_match_data_create(1, g);
	r.limits = pcre2_match_context_create(g);
	if (r.data != NULL && r.limits != NULL) {
		if (len > STEPS_BYTES / DP_PCRE_STEPS)
			steps = (uint32_t)(STEPS_BYTES / len);
		if (steps < STEPS_MIN)
			steps = STEPS_MIN;
		(void)pcre2_set_match_limit(r.limits, steps);
		(void)pcre2_set_heap_limit(r.limits, HEAP_KIB);
		rc = search(&r);
	}
	/* What is on the stack is given back to nobody. */
	if (r.limits != NULL)
		pcre2_match_context_free(r.limits);
	if (r.data != NULL)
		pcre2_match_data_free(r.data);
	return result(rc);
}
