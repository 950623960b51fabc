/* All that a value of one type must match, with what is decided left out. */
#include <string.h>

#include "base/err.h"
#include "schema/plan_state.h"

void
dp_gather_init(struct dp_gather *g, struct dp_planner *p, uint8_t type,
    const struct dp_known *known)
{
	memset(g, 0, sizeof *g);
	g->at = (struct dp_case){ p, type, known };
	dp_buf_init(&g->own, 0);
	dp_buf_init(&g->open, 0);
	p->stamp++;
}

void
dp_gather_fini(struct dp_gather *g)
{
	dp_buf_fini(&g->own);
	dp_buf_fini(&g->open);
}

static void gather(struct dp_gather *g, const struct dp_node *n);

static void
add_open(struct dp_gather *g, const struct dp_open *open)
{
	(void)dp_planner_add(g->at.planner, &g->open, open, sizeof *open);
}

/* A copy of those of the list of which the answer is wanted. */
static int
pick(struct dp_gather *g, const struct dp_list *from, enum dp_answer answer,
    struct dp_list *to)
{
	const struct dp_node **at =
	    dp_planner_take(g->at.planner, from->n + 1, sizeof *at);
	size_t i;

	if (at == NULL)
		return -1;
	to->at = at;
	to->n = 0;
	for (i = 0; i < from->n; i++)
		if (dp_plan_answer(&g->at, from->at[i]) == answer)
			at[to->n++] = from->at[i];
	return 0;
}

static void
add_not(struct dp_gather *g, const struct dp_node *n)
{
	const struct dp_node **at;
	struct dp_open open = { .kind = DP_TRY_NOT };

	switch (dp_plan_answer(&g->at, n)) {
	case DP_YES:
		g->dead = true;
		return;
	case DP_NO:
		return;
	case DP_MAYBE:
	default:
		break;
	}
	at = dp_planner_take(g->at.planner, 1, sizeof *at);
	if (at == NULL)
		return;
	*at = n;
	open.nodes = (struct dp_list){ at, 1 };
	add_open(g, &open);
}

static void
gather_any(struct dp_gather *g, const struct dp_list *any)
{
	struct dp_open open = { .kind = DP_TRY_ANY };
	struct dp_list good;

	if (any->n == 0 || pick(g, any, DP_YES, &good) == -1 || good.n > 0 ||
	    pick(g, any, DP_MAYBE, &open.nodes) == -1)
		return;
	if (open.nodes.n == 0)
		g->dead = true;
	else if (open.nodes.n == 1)
		gather(g, open.nodes.at[0]);
	else
		add_open(g, &open);
}

static void
gather_one(struct dp_gather *g, const struct dp_list *one)
{
	struct dp_open open = { .kind = DP_TRY_ONE };
	struct dp_list good;
	size_t i;

	if (one->n == 0 || pick(g, one, DP_YES, &good) == -1 ||
	    pick(g, one, DP_MAYBE, &open.nodes) == -1)
		return;
	if (good.n > 1 || good.n + open.nodes.n == 0)
		g->dead = true;
	else if (good.n == 1)
		for (i = 0; i < open.nodes.n; i++)
			add_not(g, open.nodes.at[i]);
	else if (open.nodes.n == 1)
		gather(g, open.nodes.at[0]);
	else
		add_open(g, &open);
}

static void
gather_if(struct dp_gather *g, const struct dp_combine *m)
{
	struct dp_open open = { .kind = DP_TRY_IF };
	const struct dp_node **at;
	const enum dp_answer is = dp_plan_answer(&g->at, m->cond);

	if (is == DP_YES) {
		if (m->then != NULL)
			gather(g, m->then);
		return;
	}
	if (is == DP_NO) {
		if (m->otherwise != NULL)
			gather(g, m->otherwise);
		return;
	}
	if (m->then == NULL && m->otherwise == NULL)
		return;
	at = dp_planner_take(g->at.planner, 3, sizeof *at);
	if (at == NULL)
		return;
	at[0] = m->cond;
	at[1] = m->then;
	at[2] = m->otherwise;
	open.nodes = (struct dp_list){ at, 3 };
	add_open(g, &open);
}

static void
gather_depend(struct dp_gather *g, const struct dp_depend *d)
{
	const struct dp_known *k = dp_plan_known(&g->at, &d->key);
	struct dp_open open = { .kind = DP_TRY_WHEN, .depend = d };

	if (k != NULL && k->kind == DP_KNOWN_ABSENT)
		return;
	/* What other keys it needs is a rule, whatever is known. */
	if (k != NULL && d->node != NULL && d->nneeds == 0)
		gather(g, d->node);
	else
		add_open(g, &open);
}

static void
gather_combine(struct dp_gather *g, const struct dp_combine *m)
{
	const bool is_object = g->at.type == DP_JSON_OBJECT;
	size_t i;

	if (m->dynamic != NULL)
		g->why = "$dynamicRef";
	if (is_object && m->rest_properties != NULL)
		g->why = "unevaluatedProperties";
	if (g->at.type == DP_JSON_ARRAY && m->rest_items != NULL)
		g->why = "unevaluatedItems";
	if (m->ref != NULL)
		gather(g, m->ref);
	for (i = 0; i < m->all.n; i++)
		gather(g, m->all.at[i]);
	gather_any(g, &m->any);
	gather_one(g, &m->one);
	if (m->not != NULL)
		add_not(g, m->not );
	if (m->cond != NULL)
		gather_if(g, m);
	for (i = 0; is_object && i < m->ndepends; i++)
		gather_depend(g, &m->depends[i]);
}

/* Whether the node itself asks something of values of that type. */
static bool
asks(const struct dp_node *n, uint8_t type)
{
	if ((type & (DP_JSON_NULL | DP_TYPES_BOOLEAN)) != 0)
		return false;
	if (n->values != NULL || n->only != NULL)
		return true;
	if (type == DP_JSON_STRING)
		return n->string != NULL;
	if ((type & DP_TYPES_NUMBER) != 0)
		return n->number != NULL;
	return type == DP_JSON_OBJECT ? n->object != NULL : n->array != NULL;
}

static void
gather(struct dp_gather *g, const struct dp_node *node)
{
	/* Nodes are ours, and const only for those who check. */
	struct dp_node *n = (struct dp_node *)(uintptr_t)node;

	if (g->dead || g->at.planner->failed)
		return;
	if (n->source == NULL || (n->types & g->at.type) == 0) {
		g->dead = (n->types & g->at.type) == 0;
		return;
	}
	if (n->same != NULL)
		n = (struct dp_node *)(uintptr_t)n->same;
	if (n->stamp == g->at.planner->stamp)
		return;
	n->stamp = g->at.planner->stamp;
	if ((g->at.type & DP_TYPES_CONTAINER) != 0 &&
	    (n->values != NULL || n->only != NULL))
		g->why = n->only != NULL ? "const" : "enum";
	if (asks(n, g->at.type) &&
	    dp_planner_add(g->at.planner, &g->own, &n, sizeof(void *)) == -1)
		return;
	if (n->combine != NULL)
		gather_combine(g, n->combine);
}

void
dp_gather_all(struct dp_gather *g, const struct dp_checks *nodes)
{
	size_t i;

	for (i = 0; i < nodes->n; i++)
		gather(g, nodes->at[i]);
}
