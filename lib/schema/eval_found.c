/* What becomes of faults: the first one, or all of them. */
#include <string.h>

#include "schema/eval.h"
#include "schema/number.h"
#include "schema/scalar.h"

static size_t
count(const struct dp_eval *e)
{
	return e->found->len / sizeof(struct dp_eval_found);
}

static struct dp_eval_found *
at(const struct dp_eval *e, size_t i)
{
	return (struct dp_eval_found *)(void *)e->found->data + i;
}

static bool
add(struct dp_eval *e, const struct dp_eval_fault *f)
{
	const struct dp_eval_found one = { *f, e->near };

	e->cut = count(e) == DP_EVAL_FOUND;
	if (!e->cut && dp_buf_add(e->found, &one, sizeof one) == 0)
		return true;
	e->stopped = true;
	e->steps = 0;
	return false;
}

static bool
tell(struct dp_eval *e, const struct dp_eval_fault *f)
{
	if (e->found != NULL && e->steps > 0)
		return add(e, f);
	if (e->fault.code == NULL)
		e->fault = *f;
	return false;
}

bool
dp_eval_fail(struct dp_eval *e, const char *code, const struct dp_node *n,
    uint32_t item)
{
	const struct dp_eval_fault f = { .code = code,
		.item = item,
		.node = n };

	return tell(e, &f);
}

bool
dp_eval_fail_key(struct dp_eval *e, const char *code, const struct dp_node *n,
    uint32_t item, const struct dp_key *key, const struct dp_key *by)
{
	const struct dp_eval_fault f = { .code = code,
		.item = item,
		.node = n,
		.key = key,
		.by = by };

	return tell(e, &f);
}

bool
dp_eval_fail_count(struct dp_eval *e, const char *code, const struct dp_node *n,
    uint32_t item, uint64_t count)
{
	const struct dp_eval_fault f = { .code = code,
		.item = item,
		.node = n,
		.n = count };

	return tell(e, &f);
}

bool
dp_eval_stop(struct dp_eval *e, const char *code, const struct dp_node *n,
    uint32_t item)
{
	if (!e->stopped)
		e->fault.code = NULL;
	e->stopped = true;
	e->steps = 0;
	return dp_eval_fail(e, code, n, item);
}

bool
dp_eval_ask(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	struct dp_buf *found = e->found;
	bool good;

	e->found = NULL;
	good = dp_eval_marked(e, n, item, marks);
	e->found = found;
	return good;
}

bool
dp_eval_lost(const struct dp_eval *e, size_t n, uint32_t item)
{
	size_t i;

	if (e->found == NULL)
		return false;
	for (i = n; i < count(e); i++)
		if (at(e, i)->fault.item == item &&
		    (strcmp(at(e, i)->fault.code, "anyOf") == 0 ||
			strcmp(at(e, i)->fault.code, "oneOf") == 0))
			return true;
	return false;
}

/* A node that says what another says, but for what has been told. */
struct less {
	struct dp_node node;
	struct dp_string string;
	struct dp_number number;
};

static void
start_less(struct less *l, const struct dp_node *n)
{
	*l = (struct less){ .node = *n };
	/* These have been looked at before. */
	l->node.only = NULL;
	l->node.values = NULL;
	if (n->string != NULL) {
		l->string = *n->string;
		l->node.string = &l->string;
	}
	if (n->number != NULL) {
		l->number = *n->number;
		l->node.number = &l->number;
	}
}

static void
take_off(struct less *l, const char *code)
{
	const struct dp_bound *b = l->node.number == NULL
	    ? NULL
	    : dp_number_bound_of(&l->number, code);
	size_t i;

	if (b != NULL) {
		i = (size_t)(b - l->number.bounds);
		l->number.nbounds--;
		memmove(&l->number.bounds[i], &l->number.bounds[i + 1],
		    (l->number.nbounds - i) * sizeof *b);
	} else if (strcmp(code, "type") == 0) {
		l->number.literal = false;
	} else if (strcmp(code, "multipleOf") == 0) {
		l->number.step = 0;
	} else if (strcmp(code, "minLength") == 0) {
		l->string.min = 0;
	} else if (strcmp(code, "maxLength") == 0) {
		l->string.max = UINT64_MAX;
	} else if (strcmp(code, "pattern") == 0) {
		l->string.pattern = NULL;
	} else {
		l->string.format = NULL;
	}
}

bool
dp_eval_scalar(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    const char *code)
{
	const struct dp_scan_value v = dp_tape_value(e->tape, item);
	struct less less;

	if (e->found != NULL) {
		start_less(&less, n);
		code = dp_scalar_check(&less.node, &v, e->text);
	}
	for (; code != NULL; code = dp_scalar_check(&less.node, &v, e->text)) {
		if (strcmp(code, "pattern-limit") == 0 ||
		    strcmp(code, "internal") == 0)
			return dp_eval_stop(e, code, n, item);
		if (!dp_eval_fail(e, code, n, item))
			return false;
		take_off(&less, code);
	}
	return true;
}

/* Content before its container, all else by its place. */
static bool
is_before(const struct dp_eval *e, const struct dp_eval_found *a,
    const struct dp_eval_found *b)
{
	const uint32_t x = a->fault.item, y = b->fault.item;
	const uint32_t end_x = dp_tape_at(e->tape, x)->next;
	const uint32_t end_y = dp_tape_at(e->tape, y)->next;

	return end_x < end_y || (end_x == end_y && x > y);
}

void
dp_eval_sort(struct dp_eval *e)
{
	size_t i, k;

	for (i = 1; i < count(e); i++) {
		const struct dp_eval_found one = *at(e, i);

		for (k = i; k > 0 && is_before(e, &one, at(e, k - 1)); k--)
			*at(e, k) = *at(e, k - 1);
		*at(e, k) = one;
	}
}
