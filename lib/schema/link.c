/*
 * After the last schema is compiled: references that stand alone become what
 * they refer to, schemas that lead back to themselves without consuming
 * anything are refused, and each node learns how it is checked.
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

/* What of a node wants a look, and what a tape. */
static void
settle(struct dp_node *n)
{
	uint8_t look = 0;

	if (n->number != NULL)
		look |= DP_TYPES_NUMBER;
	if (n->string != NULL)
		look |= DP_JSON_STRING;
	if (n->object != NULL) {
		look |= DP_JSON_OBJECT;
		if (n->object->npatterns > 0 || n->object->names != NULL)
			n->tape |= DP_JSON_OBJECT;
	}
	if (n->array != NULL) {
		look |= DP_JSON_ARRAY;
		if (n->array->unique || n->array->contains != NULL)
			n->tape |= DP_JSON_ARRAY;
	}
	if (n->values != NULL || n->only != NULL) {
		/* Of these, the type says it all. */
		look |= DP_TYPES_ALL & ~(DP_JSON_NULL | DP_TYPES_BOOLEAN);
		n->tape |= DP_TYPES_CONTAINER;
	}
	if (n->combine != NULL)
		look = n->tape = DP_TYPES_ALL;
	n->look = look & n->types;
	n->tape &= n->types;
	n->easy = n->types & (uint8_t)~n->look;
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
		*n = *n->combine->ref;
	else
		settle(n);
	n->visiting = false;
	n->visited = true;
	return 0;
}

/* What the check of a member needs of its node. */
static void
settle_props(const struct dp_program *program)
{
	struct dp_object *const *objects = (const void *)program->objects.data;
	size_t i;
	uint32_t k;

	for (i = 0; i < program->objects.len / sizeof *objects; i++) {
		struct dp_prop *props =
		    (struct dp_prop *)(uintptr_t)objects[i]->props;

		for (k = 0; k < objects[i]->nprops; k++)
			props[k].easy = props[k].node->easy;
	}
}

int
dp_program_link(struct dp_program *program, struct dp_err *err)
{
	struct dp_node *const *nodes = (const void *)program->nodes.data;
	size_t i;

	/* Where dynamic references are, every schema passed by counts. */
	for (i = 0; i < program->nodes.len / sizeof *nodes; i++)
		nodes[i]->keep = program->is_dynamic;
	for (i = 0; i < program->nodes.len / sizeof *nodes; i++)
		if (visit(nodes[i], 0, err) == -1)
			return -1;
	/* What a reference means depends on all schemas around it: those
	 * are known where the whole record is on the tape. */
	for (i = 0;
	     program->is_dynamic && i < program->nodes.len / sizeof *nodes;
	     i++) {
		nodes[i]->look = nodes[i]->tape = nodes[i]->types;
		nodes[i]->easy = 0;
	}
	settle_props(program);
	return 0;
}
