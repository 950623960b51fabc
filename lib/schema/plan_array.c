/* The plan of an array: the schemas that it must match, made one. */
#include <stdlib.h>

#include "base/err.h"
#include "schema/plan_state.h"

#define PREFIX_MAX 4096

/* The plan of the element at an index, over all schemas. */
static const struct dp_plan *
element(struct dp_planner *p, const struct dp_gather *g, uint64_t index,
    const struct dp_node **nodes)
{
	size_t n, i;
	const struct dp_node *const *own = dp_gather_own(g, &n);

	for (i = 0; i < n; i++)
		nodes[i] = dp_array_element(own[i]->array, index);
	return dp_plan_of(p, nodes, n);
}

static int
elements(struct dp_planner *p, struct dp_plan_array *a,
    const struct dp_gather *g, const struct dp_node **nodes, size_t nprefix)
{
	const struct dp_plan **prefix =
	    dp_planner_take(p, nprefix + 1, sizeof *prefix);
	size_t i;

	if (prefix == NULL)
		return -1;
	for (i = 0; i < nprefix; i++) {
		prefix[i] = element(p, g, i, nodes);
		if (prefix[i] == NULL)
			return -1;
	}
	a->prefix = (struct dp_plans){ prefix, nprefix };
	a->items = element(p, g, UINT64_MAX, nodes);
	return a->items == NULL ? -1 : 0;
}

static int
add_contains(struct dp_planner *p, struct dp_plan_array *a,
    const struct dp_gather *g)
{
	size_t n, i;
	const struct dp_node *const *own = dp_gather_own(g, &n);
	struct dp_contains *c = dp_planner_take(p, n + 1, sizeof *c);

	if (c == NULL)
		return -1;
	a->contains = c;
	for (i = 0; i < n; i++) {
		const struct dp_array *from = own[i]->array;

		if (from->contains == NULL)
			continue;
		c->plan = dp_plan_of(p, &from->contains, 1);
		if (c->plan == NULL)
			return -1;
		c->min = from->min_contains;
		c->max = from->max_contains;
		c++;
		a->ncontains++;
	}
	return 0;
}

static int
add_array(struct dp_planner *p, struct dp_plan *plan, const struct dp_gather *g)
{
	size_t n, i, nprefix = 0;
	const struct dp_node *const *own = dp_gather_own(g, &n);
	struct dp_plan_array *a = dp_planner_take(p, 1, sizeof *a);
	const struct dp_node **nodes;
	int rc;

	if (a == NULL)
		return -1;
	a->max = UINT64_MAX;
	for (i = 0; i < n; i++) {
		const struct dp_array *from = own[i]->array;

		if (from->prefix.n > nprefix)
			nprefix = from->prefix.n;
		if (from->min > a->min)
			a->min = from->min;
		if (from->max < a->max)
			a->max = from->max;
		a->unique = a->unique || from->unique;
	}
	if (n > 1 && (nprefix > PREFIX_MAX || nprefix * n > p->work)) {
		plan->odd &= (uint8_t)~DP_JSON_ARRAY;
		dp_plan_whole(plan, DP_JSON_ARRAY, "too many elements listed");
		return 0;
	}
	p->work -= n > 1 ? nprefix * n : 0;
	nodes = malloc((n + 1) * sizeof *nodes);
	if (nodes == NULL)
		return dp_err_nomem(p->err);
	rc = elements(p, a, g, nodes, nprefix) == -1 ||
		add_contains(p, a, g) == -1
	    ? -1
	    : 0;
	free((void *)nodes);
	plan->array = a;
	plan->look |= DP_JSON_ARRAY;
	if (a->ncontains > 0)
		plan->odd |= DP_JSON_ARRAY;
	return rc;
}

int
dp_plan_array(struct dp_planner *p, struct dp_plan *plan,
    const struct dp_gather *g)
{
	size_t n;
	const struct dp_open *open = dp_gather_open(g, &n);

	if (n > 0) {
		plan->odd |= DP_JSON_ARRAY;
		plan->look |= DP_JSON_ARRAY;
		if (dp_plan_tries(p, &plan->of_array, open, n) == -1)
			return -1;
	}
	return g->own.len == 0 ? 0 : add_array(p, plan, g);
}
