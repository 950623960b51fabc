#include "schema/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "schema/plan_state.h"

#define PLANS_MORE 16384 /* beyond several for each node */

const struct dp_plan dp_plan_any = { .types = DP_TYPES_ALL,
	.easy = DP_TYPES_ALL };
const struct dp_plan dp_plan_never = { 0 };

void *
dp_planner_take(struct dp_planner *p, size_t n, size_t size)
{
	void *at = dp_arena_array(&p->program->arena, n, size);

	if (at == NULL) {
		p->failed = true;
		(void)dp_err_nomem(p->err);
	}
	return at;
}

int
dp_planner_add(struct dp_planner *p, struct dp_buf *b, const void *data,
    size_t len)
{
	if (dp_buf_add(b, data, len) == 0)
		return 0;
	p->failed = true;
	return dp_err_nomem(p->err);
}

bool
dp_plan_is_any(const struct dp_node *n)
{
	if (n->source == NULL)
		return !n->never;
	return n->types == DP_TYPES_ALL && n->object == NULL &&
	    n->array == NULL && n->number == NULL && n->string == NULL &&
	    n->values == NULL && n->only == NULL && n->combine == NULL;
}

void
dp_plan_whole(struct dp_plan *plan, uint8_t types, const char *why)
{
	plan->types |= types;
	plan->look |= types;
	plan->whole |= types;
	if (plan->why == NULL)
		plan->why = why;
}

static int
by_index(const void *a, const void *b)
{
	const struct dp_node *x = *(const struct dp_node *const *)a;
	const struct dp_node *y = *(const struct dp_node *const *)b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/*
 * Those that ask something, each once, in the order of the documents, into
 * at.  -1: one of them is never matched.
 */
static int64_t
distinct(const struct dp_node **at, const struct dp_node *const *nodes,
    size_t n)
{
	size_t i, k = 0, m = 0;

	for (i = 0; i < n; i++) {
		if (nodes[i]->never)
			return -1;
		if (!dp_plan_is_any(nodes[i]))
			at[m++] =
			    nodes[i]->same != NULL ? nodes[i]->same : nodes[i];
	}
	if (m > 1)
		qsort(at, m, sizeof *at, by_index);
	for (i = 0; i < m; i++)
		if (i == 0 || at[i] != at[k - 1])
			at[k++] = at[i];
	return (int64_t)k;
}

static struct dp_plan *
new_plan(struct dp_planner *p, const struct dp_node *const *nodes, size_t n)
{
	struct dp_plan *plan = dp_planner_take(p, 1, sizeof *plan);

	if (plan == NULL)
		return NULL;
	if (n == 1) {
		plan->self = nodes[0];
		plan->nodes.at = &plan->self;
	} else {
		plan->nodes.at = dp_planner_take(p, n, sizeof *nodes);
		if (plan->nodes.at == NULL)
			return NULL;
		memcpy((void *)(uintptr_t)plan->nodes.at, nodes,
		    n * sizeof *nodes);
	}
	plan->nodes.n = n;
	if (dp_planner_add(p, &p->program->plans, &plan, sizeof(void *)) == -1)
		return NULL;
	/* What a reference means depends on all schemas around it: those
	 * are known where the whole record is on the tape. */
	if (p->program->is_dynamic) {
		dp_plan_whole(plan, DP_TYPES_ALL,
		    "a $dynamicRef somewhere in it");
		return plan;
	}
	if (++p->nplans > p->max_plans)
		dp_plan_whole(plan, DP_TYPES_ALL, "too many combinations");
	return plan;
}

static struct dp_plan *
plan_of_several(struct dp_planner *p, const struct dp_node *const *nodes,
    size_t n)
{
	const size_t len = n * sizeof *nodes;
	struct dp_plan **at = &p->table[dp_hash64(nodes, len, 0) & p->mask];
	struct dp_plan *plan;

	for (plan = *at; plan != NULL; plan = plan->next)
		if (plan->nodes.n == n &&
		    memcmp(plan->nodes.at, nodes, len) == 0)
			return plan;
	plan = new_plan(p, nodes, n);
	if (plan != NULL) {
		plan->next = *at;
		*at = plan;
	}
	return plan;
}

const struct dp_plan *
dp_plan_of(struct dp_planner *p, const struct dp_node *const *nodes, size_t n)
{
	const struct dp_node *few[8], **at = few;
	struct dp_plan *plan;
	struct dp_node *one;
	int64_t m;

	if (p->failed)
		return NULL;
	if (n > sizeof few / sizeof few[0] &&
	    (at = malloc(n * sizeof *at)) == NULL) {
		p->failed = true;
		(void)dp_err_nomem(p->err);
		return NULL;
	}
	m = distinct(at, nodes, n);
	if (m > 1) {
		plan = plan_of_several(p, at, (size_t)m);
	} else if (m == 1) {
		one = (struct dp_node *)(uintptr_t)at[0];
		if (one->plan == NULL)
			one->plan = new_plan(p, at, 1);
		plan = one->plan;
	} else {
		plan = NULL;
	}
	if (at != few)
		free((void *)at);
	return m < 0 ? &dp_plan_never : m == 0 ? &dp_plan_any : plan;
}

const struct dp_plan *
dp_plan_case(struct dp_planner *p, const struct dp_plan *of,
    const struct dp_known *known)
{
	struct dp_plan *plan = new_plan(p, of->nodes.at, of->nodes.n);

	if (plan != NULL)
		plan->known = known;
	return plan;
}

static int
copy_own(struct dp_planner *p, const struct dp_gather *g, struct dp_checks *c)
{
	const struct dp_node **at;

	c->n = g->own.len / sizeof *at;
	at = dp_planner_take(p, c->n, sizeof *at);
	if (at == NULL)
		return -1;
	memcpy((void *)at, g->own.data, g->own.len);
	c->at = at;
	return 0;
}

/* Strings and numbers: what the gathered nodes say, one by one. */
static int
plan_scalar(struct dp_planner *p, struct dp_plan *plan,
    const struct dp_gather *g, struct dp_checks *c)
{
	const uint8_t type = g->at.type;

	if (g->open.len > 0) {
		*c = plan->nodes;
		c->deep = true;
	} else if (g->own.len == 0) {
		return 0;
	} else if (plan->nodes.n == 1 && g->own.len == sizeof(void *) &&
	    *(const struct dp_node *const *)(const void *)g->own.data ==
		plan->self) {
		*c = plan->nodes;
	} else if (copy_own(p, g, c) == -1) {
		return -1;
	}
	plan->look |= type;
	return 0;
}

static int
plan_gathered(struct dp_planner *p, struct dp_plan *plan,
    const struct dp_gather *g)
{
	const uint8_t type = g->at.type;

	plan->types |= type;
	if (g->why != NULL) {
		dp_plan_whole(plan, type, g->why);
		return 0;
	}
	switch ((enum dp_json_type)type) {
	case DP_JSON_OBJECT:
		return dp_plan_object(p, plan, g);
	case DP_JSON_ARRAY:
		return dp_plan_array(p, plan, g);
	case DP_JSON_STRING:
		return plan_scalar(p, plan, g, &plan->strings);
	case DP_JSON_INTEGER:
		return plan_scalar(p, plan, g, &plan->integers);
	case DP_JSON_NUMBER:
		return plan_scalar(p, plan, g, &plan->numbers);
	case DP_JSON_NULL:
	case DP_JSON_FALSE:
	case DP_JSON_TRUE:
	default:
		/* Their type says it all, unless too much hangs on it. */
		if (g->open.len > 0)
			dp_plan_whole(plan, type, "too many branches");
		return 0;
	}
}

static int
plan_type(struct dp_planner *p, struct dp_plan *plan, uint8_t type)
{
	struct dp_gather g;
	int rc = 0;

	dp_gather_init(&g, p, type, plan->known);
	dp_gather_all(&g, &plan->nodes);
	if (p->failed)
		rc = -1;
	else if (!g.dead)
		rc = plan_gathered(p, plan, &g);
	dp_gather_fini(&g);
	return rc;
}

/* A case of a switch is reached with objects only. */
static int
fill_in(struct dp_planner *p, struct dp_plan *plan)
{
	unsigned bit;

	for (bit = 0; bit < 8; bit++)
		if ((plan->known == NULL || 1u << bit == DP_JSON_OBJECT) &&
		    plan_type(p, plan, (uint8_t)(1u << bit)) == -1)
			return -1;
	plan->easy = plan->types & (uint8_t)~plan->look;
	return 0;
}

/* Each plan that is filled in may bring more of them. */
static int
fill_all(struct dp_planner *p)
{
	const struct dp_buf *all = &p->program->plans;
	size_t i;

	for (i = 0; i < all->len / sizeof(void *); i++) {
		struct dp_plan *const *plans = (const void *)all->data;

		if (plans[i]->whole != DP_TYPES_ALL &&
		    fill_in(p, plans[i]) == -1)
			return -1;
	}
	return 0;
}

/* What the check of a member needs of its plan. */
static void
settle_props(const struct dp_program *program)
{
	struct dp_plan_object *const *objects =
	    (const void *)program->objects.data;
	size_t i;
	uint32_t k;

	for (i = 0; i < program->objects.len / sizeof *objects; i++) {
		struct dp_prop *props =
		    (struct dp_prop *)(uintptr_t)objects[i]->props;

		for (k = 0; k < objects[i]->nprops; k++)
			props[k].easy = props[k].plan->easy;
	}
}

static int
start(struct dp_planner *p, struct dp_program *program)
{
	const size_t nnodes = program->nodes.len / sizeof(void *);
	size_t size = 64;

	while (size < nnodes)
		size *= 2;
	p->mask = size - 1;
	p->max_plans = nnodes * 8 + PLANS_MORE;
	p->work = DP_PLAN_WORK;
	p->steps = DP_PLAN_WORK + nnodes * 64;
	dp_buf_init(&p->text, 0);
	p->table = calloc(size, sizeof(void *));
	return p->table == NULL ? dp_err_nomem(p->err) : 0;
}

int
dp_program_plan(struct dp_program *program, bool dup_passes,
    const struct dp_node *const *roots, const struct dp_plan **plans, size_t n,
    struct dp_err *err)
{
	struct dp_planner p = { .program = program,
		.err = err,
		.dup_passes = dup_passes };
	size_t i;
	int rc = start(&p, program);

	for (i = 0; i < n && rc == 0; i++) {
		plans[i] = dp_plan_of(&p, &roots[i], 1);
		rc = plans[i] == NULL ? -1 : 0;
	}
	if (rc == 0)
		rc = fill_all(&p);
	if (rc == 0)
		settle_props(program);
	free(p.table);
	dp_buf_fini(&p.text);
	return rc;
}
