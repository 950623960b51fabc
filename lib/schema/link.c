/*
 * After the last schema is compiled: references that stand alone become what
 * they refer to, and schemas that lead back to themselves without consuming
 * anything are refused.
 */
#include <stddef.h>
#include <string.h>

#include "base/err.h"
#include "schema/compile.h"

#define DEPTH_MAX 4096

static int visit(struct dp_node *n, unsigned depth, struct dp_err *err);

static int
visit_one(const struct dp_node *n, unsigned depth, struct dp_err *err)
{
	/* Nodes are ours, and const only for those who check. */
	return n == NULL || n->source == NULL
	    ? 0
	    : visit((struct dp_node *)(uintptr_t)n, depth, err);
}

static int
visit_list(const struct dp_list *list, unsigned depth, struct dp_err *err)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (visit_one(list->at[i], depth, err) == -1)
			return -1;
	return 0;
}

static int
visit_all(const struct dp_combine *m, unsigned depth, struct dp_err *err)
{
	size_t i;

	if (visit_one(m->ref, depth, err) == -1 ||
	    visit_list(&m->all, depth, err) == -1 ||
	    visit_list(&m->any, depth, err) == -1 ||
	    visit_list(&m->one, depth, err) == -1 ||
	    visit_one(m->not, depth, err) == -1 ||
	    visit_one(m->cond, depth, err) == -1 ||
	    visit_one(m->then, depth, err) == -1 ||
	    visit_one(m->otherwise, depth, err) == -1)
		return -1;
	for (i = 0; i < m->ndepends; i++)
		if (visit_one(m->depends[i].node, depth, err) == -1)
			return -1;
	return 0;
}

/* True when a node is nothing but a reference. */
static bool
is_alias(const struct dp_node *n)
{
	struct dp_combine alone = { 0 };

	if (n->combine == NULL || n->combine->ref == NULL ||
	    n->said != DP_TYPES_ALL || n->object != NULL || n->array != NULL ||
	    n->number != NULL || n->string != NULL || n->values != NULL ||
	    n->only != NULL)
		return false;
	alone.ref = n->combine->ref;
	return n->combine->dynamic == NULL && n->combine->all.n == 0 &&
	    n->combine->any.n == 0 && n->combine->one.n == 0 &&
	    memcmp(&n->combine->not, &alone.not,
		sizeof alone - offsetof(struct dp_combine, not )) == 0;
}

static void
become(struct dp_node *n, const struct dp_node *other)
{
	const struct dp_node *same = other->same == NULL ? other : other->same;
	const struct dp_node was = *n;

	*n = *other;
	n->same = same;
	n->index = was.index;
	n->own_source = was.source;
	n->own_item = was.item;
}

static int
visit(struct dp_node *n, unsigned depth, struct dp_err *err)
{
	if (n->visited)
		return 0;
	if (n->visiting || depth == DEPTH_MAX)
		return dp_source_error(n->source, n->item, err,
		    n->visiting ? "the schema refers to itself without end"
				: "nests too deep");
	n->visiting = true;
	if (n->combine != NULL && visit_all(n->combine, depth + 1, err) == -1)
		return -1;
	if (!n->keep && n->combine != NULL && is_alias(n))
		become(n, n->combine->ref);
	n->visiting = false;
	n->visited = true;
	return 0;
}

int
dp_program_link(struct dp_program *program, struct dp_err *err)
{
	struct dp_node *const *nodes = (const void *)program->nodes.data;
	const size_t n = program->nodes.len / sizeof *nodes;
	size_t i;

	/* Where dynamic references are, every schema passed by counts. */
	for (i = 0; i < n; i++) {
		nodes[i]->keep = program->is_dynamic;
		nodes[i]->index = (uint32_t)i + 1;
	}
	for (i = 0; i < n; i++)
		if (visit(nodes[i], 0, err) == -1)
			return -1;
	return 0;
}
