/* What of a value only a pass over it decides, or the keys that it has. */
#include <string.h>

#include "schema/plan_state.h"

/*
 * The node of which keys are all that it asks of an object, through
 * references; NULL: it is another.
 */
static const struct dp_object *
asks_for_keys(const struct dp_node *n)
{
	const struct dp_object *o = n->object;
	uint32_t i;

	if ((n->types & DP_JSON_OBJECT) == 0 || o == NULL ||
	    n->combine != NULL || n->values != NULL || n->only != NULL ||
	    o->min > 0 || o->max < UINT64_MAX || o->npatterns > 0 ||
	    o->names != NULL || !dp_plan_is_any(o->additional) ||
	    o->nneeds == 0)
		return NULL;
	for (i = 0; i < o->nlisted; i++)
		if (!dp_plan_is_any(o->nodes[i]))
			return NULL;
	return o;
}

/* True when the node is an anyOf, and no more. */
static bool
is_anyof(const struct dp_node *n)
{
	const struct dp_combine *m = n->combine;

	return (n->types & DP_JSON_OBJECT) != 0 && n->object == NULL &&
	    n->values == NULL && n->only == NULL && m != NULL && m->any.n > 0 &&
	    m->ref == NULL && m->dynamic == NULL && m->all.n == 0 &&
	    m->one.n == 0 && m->not == NULL && m->cond == NULL &&
	    m->ndepends == 0 && m->rest_items == NULL &&
	    m->rest_properties == NULL;
}

static bool
keys_of_nodes(struct dp_planner *p, const struct dp_list *list,
    struct dp_key_rule *rule)
{
	size_t *counts, i, k, total = 0;

	for (i = 0; i < list->n; i++) {
		const struct dp_object *o = asks_for_keys(list->at[i]);

		if (o == NULL)
			return false;
		total += o->nneeds;
	}
	rule->keys = dp_planner_take(p, total + 1, sizeof *rule->keys);
	counts = dp_planner_take(p, list->n + 1, sizeof *counts);
	if (rule->keys == NULL || counts == NULL)
		return false;
	for (i = 0, total = 0; i < list->n; i++) {
		const struct dp_object *o = list->at[i]->object;

		for (k = 0; k < o->nneeds; k++)
			rule->keys[total++] = &o->table.keys[o->needs[k]];
		counts[i] = o->nneeds;
	}
	rule->counts = counts;
	rule->n = list->n;
	return true;
}

static bool
keys_of_depend(struct dp_planner *p, const struct dp_depend *d,
    struct dp_key_rule *rule)
{
	size_t *counts = dp_planner_take(p, 2, sizeof *counts);
	size_t i;

	rule->keys = dp_planner_take(p, d->nneeds + 1, sizeof *rule->keys);
	if (rule->keys == NULL || counts == NULL)
		return false;
	rule->keys[0] = &d->key;
	for (i = 0; i < d->nneeds; i++)
		rule->keys[i + 1] = &d->needs[i];
	counts[0] = 1;
	counts[1] = d->nneeds;
	rule->kind = DP_RULE_WHEN;
	rule->counts = counts;
	rule->n = 2;
	return true;
}

bool
dp_plan_rule(struct dp_planner *p, const struct dp_open *open,
    struct dp_key_rule *rule)
{
	const struct dp_node *n;

	switch (open->kind) {
	case DP_TRY_WHEN:
		return open->depend->node == NULL &&
		    keys_of_depend(p, open->depend, rule);
	case DP_TRY_ANY:
		rule->kind = DP_RULE_SOME;
		return keys_of_nodes(p, &open->nodes, rule);
	case DP_TRY_ONE:
		rule->kind = DP_RULE_ONE;
		return keys_of_nodes(p, &open->nodes, rule);
	case DP_TRY_NOT:
		rule->kind = DP_RULE_NONE;
		n = open->nodes.at[0];
		/* Not one of several. */
		if (is_anyof(n))
			return keys_of_nodes(p, &n->combine->any, rule);
		return keys_of_nodes(p, &open->nodes, rule);
	case DP_TRY_IF:
	default:
		return false;
	}
}

/* NULL nodes, where there is no then or else, have no plan. */
static int
plans_of(struct dp_planner *p, const struct dp_list *nodes,
    struct dp_plans *plans)
{
	const struct dp_plan **at =
	    dp_planner_take(p, nodes->n + 1, sizeof *at);
	size_t i;

	if (at == NULL)
		return -1;
	for (i = 0; i < nodes->n; i++) {
		if (nodes->at[i] == NULL)
			continue;
		at[i] = dp_plan_of(p, &nodes->at[i], 1);
		if (at[i] == NULL)
			return -1;
	}
	*plans = (struct dp_plans){ at, nodes->n };
	return 0;
}

int
dp_plan_tries(struct dp_planner *p, struct dp_tries *tries,
    const struct dp_open *open, size_t n)
{
	struct dp_try *at = dp_planner_take(p, n, sizeof *at);
	size_t i;

	if (at == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		struct dp_list nodes = open[i].nodes;

		at[i].kind = open[i].kind;
		if (open[i].depend != NULL) {
			at[i].key = open[i].depend->key;
			nodes = (struct dp_list){ &open[i].depend->node, 1 };
		}
		if (plans_of(p, &nodes, &at[i].plans) == -1)
			return -1;
	}
	*tries = (struct dp_tries){ at, n };
	return 0;
}
