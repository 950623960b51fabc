/* Keywords that speak of the same value through other schemas. */
#include <string.h>

#include "schema/eval.h"
#include "schema/registry.h"

/*
 * How near a branch came: one of another type, or for another kind of
 * value, was not meant.
 */
static int
nearness(const struct dp_eval_fault *f, uint32_t item)
{
	if (f->code == NULL)
		return -1;
	if (f->item == item && strcmp(f->code, "type") == 0)
		return 0;
	if (strcmp(f->code, "const") == 0 || strcmp(f->code, "enum") == 0)
		return 1;
	return 2;
}

static bool
is_nearer(const struct dp_eval_fault *f, const struct dp_eval_fault *than,
    uint32_t item)
{
	const int a = nearness(f, item), b = nearness(than, item);

	return a > b || (a == b && f->item > than->item);
}

/*
 * A branch that may fail: its fault is taken back, but kept if it came
 * nearer than those before.
 */
static bool
try(struct dp_eval *e, const struct dp_node *n, uint32_t item, size_t marks)
{
	const struct dp_eval_fault fault = e->fault, near = e->near;
	const size_t row =
	    marks == DP_EVAL_UNMARKED ? marks : dp_eval_row(e, item);
	const uint32_t count = dp_tape_at(e->tape, item)->count;
	bool good = dp_eval_ask(e, n, item, row);
	uint32_t i;

	if (row != DP_EVAL_UNMARKED) {
		for (i = 0; good && i < count; i++)
			if (e->marks.data[row + i] != 0)
				e->marks.data[marks + i] = 1;
		dp_eval_drop(e, row);
	}
	if (good) {
		e->near = near;
		return true;
	}
	if (e->steps == 0)
		return false;
	if (fault.code == NULL && is_nearer(&e->fault, &near, item))
		e->near = e->fault;
	else
		e->near = near;
	e->fault = fault;
	return false;
}

static bool
any_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_list *any = &n->combine->any;
	bool good = false;
	size_t i;

	e->near.code = NULL;
	/* All of them, where it counts what each has evaluated. */
	for (i = 0; i < any->n; i++) {
		if (try(e, any->at[i], item, marks))
			good = true;
		else if (e->steps == 0)
			return false;
		if (good && marks == DP_EVAL_UNMARKED)
			break;
	}
	return good || dp_eval_fail(e, "anyOf", n, item);
}

static bool
one_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_list *one = &n->combine->one;
	uint64_t good = 0;
	size_t i;

	e->near.code = NULL;
	for (i = 0; i < one->n; i++) {
		if (try(e, one->at[i], item, marks))
			good++;
		else if (e->steps == 0)
			return false;
	}
	return good == 1 || dp_eval_fail_count(e, "oneOf", n, item, good);
}

static bool
cond_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_combine *m = n->combine;
	const struct dp_eval_fault near = e->near;
	const bool is = try(e, m->cond, item, marks);
	const struct dp_node *next = is ? m->then : m->otherwise;

	if (e->steps == 0)
		return false;
	e->near = near;
	return next == NULL || dp_eval_marked(e, next, item, marks);
}

/* The keys that another one asks for. */
static bool
needs_hold(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    const struct dp_depend *d)
{
	size_t i;

	for (i = 0; i < d->nneeds; i++) {
		const struct dp_key *key = &d->needs[i];

		if (dp_tape_member(e->tape, item, key->text, key->len) == 0 &&
		    !dp_eval_fail_key(e, "dependentRequired", n, item, key,
			&d->key))
			return false;
	}
	return true;
}

static bool
depends_hold(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_combine *m = n->combine;
	size_t i;

	for (i = 0; i < m->ndepends; i++) {
		const struct dp_depend *d = &m->depends[i];

		if (dp_tape_member(e->tape, item, d->key.text, d->key.len) == 0)
			continue;
		if (d->node != NULL && !dp_eval_marked(e, d->node, item, marks))
			return false;
		if (!needs_hold(e, n, item, d))
			return false;
	}
	return true;
}

/* The outermost schema that was entered and has the anchor. */
static const struct dp_node *
dynamic_target(const struct dp_eval *e, const struct dp_dynamic *d)
{
	unsigned i;

	for (i = 0; d->name != NULL && i < e->nscope; i++) {
		const struct dp_anchor *a = e->scope[i] == NULL
		    ? NULL
		    : dp_registry_anchor(e->scope[i], d->name);

		if (a != NULL && a->dynamic && a->node != NULL)
			return a->node;
	}
	return d->target;
}

static bool
not_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	const struct dp_eval_fault near = e->near;
	const bool is = try(e, n->combine->not, item, DP_EVAL_UNMARKED);

	if (e->steps == 0)
		return false;
	e->near = near;
	return !is || dp_eval_fail(e, "not", n, item);
}

bool
dp_eval_combine(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_combine *m = n->combine;
	size_t i;

	if (m->ref != NULL && !dp_eval_marked(e, m->ref, item, marks))
		return false;
	if (m->dynamic != NULL &&
	    !dp_eval_marked(e, dynamic_target(e, m->dynamic), item, marks))
		return false;
	for (i = 0; i < m->all.n; i++)
		if (!dp_eval_marked(e, m->all.at[i], item, marks))
			return false;
	if (m->not != NULL && !not_holds(e, n, item))
		return false;
	if (m->cond != NULL && !cond_holds(e, n, item, marks))
		return false;
	if (m->ndepends > 0 &&
	    dp_tape_at(e->tape, item)->type == DP_JSON_OBJECT &&
	    !depends_hold(e, n, item, marks))
		return false;
	if (m->any.n > 0 && !any_holds(e, n, item, marks))
		return false;
	return m->one.n == 0 || one_holds(e, n, item, marks);
}
