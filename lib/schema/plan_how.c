#include "schema/plan_how.h"

#include "base/buf.h"
#include "schema/plan_state.h"

struct walk {
	struct dp_how *at;
	struct dp_buf queue; /* const struct dp_node *: parts to be told */
};

static const struct dp_node *
meant(const struct dp_node *n)
{
	return n->same != NULL ? n->same : n;
}

static enum dp_how_kind
kind_of(const struct dp_plan *p)
{
	if (p->whole != 0)
		return DP_HOW_TAPE;
	if (p->of_object.n > 0 || p->of_array.n > 0)
		return DP_HOW_TRIES;
	return p->split != NULL ? DP_HOW_SWITCH : DP_HOW_PASS;
}

static void
set(struct walk *w, const struct dp_node *n, const struct dp_how *how)
{
	struct dp_how *at = &w->at[n->index];

	if (at->kind == DP_HOW_UNUSED)
		(void)dp_buf_add(&w->queue, &n, sizeof(void *));
	if (at->kind < how->kind)
		*at = *how;
}

static void
set_planned(struct walk *w, const struct dp_plan *p)
{
	struct dp_how how = { .kind = kind_of(p), .plan = p };
	size_t i;

	for (i = 0; i < p->nodes.n; i++) {
		/* One of several is told with the first of the others. */
		how.with = p->nodes.n == 1 ? NULL : p->nodes.at[i == 0];
		set(w, p->nodes.at[i], &how);
	}
}

/* What has no plan is a part of the nearest one that has. */
static void
part(struct walk *w, const struct dp_node *n, const struct dp_node *child)
{
	const struct dp_how *how = &w->at[n->index];
	struct dp_how more = { .kind = DP_HOW_MERGED,
		.with = how->plan == NULL ? how->with : n };

	if (child == NULL || child->source == NULL)
		return;
	child = meant(child);
	if (how->kind == DP_HOW_TAPE)
		more.kind = DP_HOW_TAPE;
	if (w->at[child->index].kind == DP_HOW_UNUSED)
		set(w, child, &more);
}

static void
parts_of_list(struct walk *w, const struct dp_node *n,
    const struct dp_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		part(w, n, list->at[i]);
}

static void
parts_of_combine(struct walk *w, const struct dp_node *n)
{
	const struct dp_combine *m = n->combine;
	size_t i;

	part(w, n, m->ref);
	if (m->dynamic != NULL)
		part(w, n, m->dynamic->target);
	parts_of_list(w, n, &m->all);
	parts_of_list(w, n, &m->any);
	parts_of_list(w, n, &m->one);
	part(w, n, m->not );
	part(w, n, m->cond);
	part(w, n, m->then);
	part(w, n, m->otherwise);
	for (i = 0; i < m->ndepends; i++)
		part(w, n, m->depends[i].node);
	part(w, n, m->rest_items);
	part(w, n, m->rest_properties);
}

static void
parts_of_object(struct walk *w, const struct dp_node *n)
{
	const struct dp_object *o = n->object;
	size_t i;

	for (i = 0; i < o->nlisted; i++)
		part(w, n, o->nodes[i]);
	for (i = 0; i < o->npatterns; i++)
		part(w, n, o->patterns[i].node);
	part(w, n, o->additional);
	part(w, n, o->names);
}

static void
parts_of_array(struct walk *w, const struct dp_node *n)
{
	parts_of_list(w, n, &n->array->prefix);
	part(w, n, n->array->items);
	part(w, n, n->array->contains);
}

/* What is set puts its parts behind it. */
static void
set_parts(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->queue.len / sizeof(void *); i++) {
		const struct dp_node *const *at = (const void *)w->queue.data;
		const struct dp_node *n = at[i];

		if (n->combine != NULL)
			parts_of_combine(w, n);
		if (n->object != NULL && (n->types & DP_JSON_OBJECT) != 0)
			parts_of_object(w, n);
		if (n->array != NULL && (n->types & DP_JSON_ARRAY) != 0)
			parts_of_array(w, n);
	}
}

/* Those that need no plan say so themselves. */
static void
set_plain(struct walk *w, const struct dp_program *program)
{
	struct dp_node *const *nodes = (const void *)program->nodes.data;
	size_t i;

	for (i = 0; i < program->nodes.len / sizeof *nodes; i++) {
		const struct dp_node *n = nodes[i];

		if (n->same != NULL)
			w->at[n->index] =
			    (struct dp_how){ DP_HOW_REF, NULL, n->same };
		else if (n->never)
			w->at[n->index] =
			    (struct dp_how){ .kind = DP_HOW_NEVER };
		else if (dp_plan_is_any(n))
			w->at[n->index] = (struct dp_how){ .kind = DP_HOW_ANY };
	}
}

int
dp_plan_how(const struct dp_program *program, struct dp_how *at)
{
	struct dp_plan *const *plans = (const void *)program->plans.data;
	struct walk w = { .at = at };
	size_t i;
	int rc;

	dp_buf_init(&w.queue, 0);
	for (i = 0; i < program->plans.len / sizeof *plans; i++)
		set_planned(&w, plans[i]);
	set_parts(&w);
	set_plain(&w, program);
	rc = w.queue.failed ? -1 : 0;
	dp_buf_fini(&w.queue);
	return rc;
}
