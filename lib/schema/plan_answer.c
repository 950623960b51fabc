/* What can be said of a node before there is a value. */
#include <string.h>

#include "schema/pattern.h"
#include "schema/plan_state.h"
#include "schema/scalar.h"

const struct dp_known *
dp_plan_known(const struct dp_case *c, const struct dp_key *key)
{
	const struct dp_known *k;

	for (k = c->known; k != NULL; k = k->outer)
		if (k->key.len == key->len &&
		    memcmp(k->key.text, key->text, key->len) == 0)
			return k;
	return NULL;
}

static enum dp_answer
least(enum dp_answer a, enum dp_answer b)
{
	return a < b ? a : b;
}

/* All strings that the node takes are in the table. */
static bool
takes_no_other(const struct dp_node *n, const struct dp_keytable *table)
{
	const struct dp_values *v = n->only != NULL ? n->only : n->values;
	size_t i;

	if (v == NULL || v->types != DP_JSON_STRING || table == NULL)
		return false;
	for (i = 0; i < v->nstrings; i++)
		if (dp_keytable_find(table, v->strings[i].text,
			v->strings[i].len) < 0)
			return false;
	return true;
}

/* A member's value is known: does it match? */
static enum dp_answer
answer_value(const struct dp_case *c, const struct dp_known *k,
    const struct dp_node *n)
{
	struct dp_planner *p = c->planner;
	struct dp_scan_value v = { .type = DP_JSON_STRING };
	bool good;

	if (n->source == NULL)
		return n->never ? DP_NO : DP_YES;
	if (k->kind == DP_KNOWN_OTHER)
		return takes_no_other(n, k->table) ? DP_NO : DP_MAYBE;
	/* As if it stood between quotes. */
	v.text = k->text.text - 1;
	v.len = k->text.len + 2;
	good = dp_scalar_holds(n, &v, &p->text, &p->steps);
	if (p->steps == 0)
		return DP_MAYBE;
	return good ? DP_YES : DP_NO;
}

/* The value of a known member against all that the schema says of it. */
static enum dp_answer
answer_member(const struct dp_case *c, const struct dp_known *k,
    const struct dp_object *o, int64_t slot)
{
	enum dp_answer a = DP_YES;
	bool found = false;
	size_t i;

	if (slot >= 0 && slot < (int64_t)o->nlisted) {
		a = answer_value(c, k, o->nodes[slot]);
		found = true;
	}
	for (i = 0; i < o->npatterns; i++) {
		const enum dp_pattern_result r =
		    dp_pattern_match(o->patterns[i].pattern, k->key.text,
			k->key.len);

		if (r == DP_PATTERN_LIMIT)
			return DP_MAYBE;
		if (r == DP_PATTERN_YES) {
			found = true;
			a = least(a, answer_value(c, k, o->patterns[i].node));
		}
	}
	return found ? a : answer_value(c, k, o->additional);
}

static bool
is_listed(const struct dp_object *o, const struct dp_key *key, int64_t *slot)
{
	*slot = dp_keytable_find(&o->table, key->text, key->len);
	return *slot >= 0;
}

static bool
is_needed(const struct dp_object *o, int64_t slot)
{
	size_t i;

	for (i = 0; i < o->nneeds; i++)
		if (o->needs[i] == slot)
			return true;
	return false;
}

/* True when no other keys matter than those that are known. */
static bool
asks_no_more(const struct dp_case *c, const struct dp_object *o)
{
	uint32_t i;

	if (o->min > 0 || o->max < UINT64_MAX || o->npatterns > 0 ||
	    o->names != NULL || !dp_plan_is_any(o->additional))
		return false;
	for (i = 0; i < o->nkeys; i++)
		if (dp_plan_known(c, &o->table.keys[i]) == NULL &&
		    ((i < o->nlisted && !dp_plan_is_any(o->nodes[i])) ||
			is_needed(o, i)))
			return false;
	return true;
}

static enum dp_answer
answer_object(const struct dp_case *c, const struct dp_object *o)
{
	enum dp_answer a = DP_YES;
	const struct dp_known *k;

	for (k = c->known; k != NULL && a != DP_NO; k = k->outer) {
		int64_t slot;
		const bool listed = is_listed(o, &k->key, &slot);

		if (k->kind == DP_KNOWN_ABSENT)
			a = listed && is_needed(o, slot) ? DP_NO : a;
		else
			a = least(a, answer_member(c, k, o, slot));
	}
	return a == DP_YES && !asks_no_more(c, o) ? DP_MAYBE : a;
}

static enum dp_answer
answer_own(const struct dp_case *c, const struct dp_node *n)
{
	const bool listed = n->values != NULL || n->only != NULL;

	switch ((enum dp_json_type)c->type) {
	case DP_JSON_OBJECT:
		if (listed)
			return DP_MAYBE;
		return n->object == NULL ? DP_YES : answer_object(c, n->object);
	case DP_JSON_ARRAY:
		return listed || n->array != NULL ? DP_MAYBE : DP_YES;
	case DP_JSON_STRING:
		return listed || n->string != NULL ? DP_MAYBE : DP_YES;
	case DP_JSON_INTEGER:
	case DP_JSON_NUMBER:
		return listed || n->number != NULL ? DP_MAYBE : DP_YES;
	case DP_JSON_NULL:
	case DP_JSON_FALSE:
	case DP_JSON_TRUE:
	default:
		return DP_YES;
	}
}

static enum dp_answer
answer_any(const struct dp_case *c, const struct dp_list *any)
{
	enum dp_answer a = any->n == 0 ? DP_YES : DP_NO;
	size_t i;

	for (i = 0; i < any->n && a != DP_YES; i++) {
		const enum dp_answer b = dp_plan_answer(c, any->at[i]);

		a = a > b ? a : b;
	}
	return a;
}

static enum dp_answer
answer_one(const struct dp_case *c, const struct dp_list *one)
{
	size_t i, yes = 0, maybe = 0;

	for (i = 0; i < one->n; i++) {
		const enum dp_answer a = dp_plan_answer(c, one->at[i]);

		yes += a == DP_YES;
		maybe += a == DP_MAYBE;
	}
	if (yes > 1)
		return DP_NO;
	if (maybe > 0)
		return DP_MAYBE;
	return yes == 1 || one->n == 0 ? DP_YES : DP_NO;
}

static enum dp_answer
answer_if(const struct dp_case *c, const struct dp_combine *m)
{
	const enum dp_answer is = dp_plan_answer(c, m->cond);
	enum dp_answer a = DP_YES, b = DP_YES;

	if (m->then != NULL && is != DP_NO)
		a = dp_plan_answer(c, m->then);
	if (m->otherwise != NULL && is != DP_YES)
		b = dp_plan_answer(c, m->otherwise);
	if (is == DP_YES)
		return a;
	if (is == DP_NO)
		return b;
	return a == b ? a : DP_MAYBE;
}

static enum dp_answer
answer_depend(const struct dp_case *c, const struct dp_depend *d)
{
	const struct dp_known *k = dp_plan_known(c, &d->key);
	enum dp_answer a = DP_YES;
	size_t i;

	if (k != NULL && k->kind == DP_KNOWN_ABSENT)
		return DP_YES;
	if (d->node != NULL)
		a = dp_plan_answer(c, d->node);
	for (i = 0; i < d->nneeds; i++) {
		const struct dp_known *need = dp_plan_known(c, &d->needs[i]);

		if (need == NULL)
			a = least(a, DP_MAYBE);
		else if (need->kind == DP_KNOWN_ABSENT)
			a = DP_NO;
	}
	return k == NULL && a == DP_NO ? DP_MAYBE : a;
}

static enum dp_answer
answer_combine(const struct dp_case *c, const struct dp_combine *m)
{
	enum dp_answer a = m->dynamic == NULL ? DP_YES : DP_MAYBE;
	size_t i;

	if ((c->type == DP_JSON_OBJECT && m->rest_properties != NULL) ||
	    (c->type == DP_JSON_ARRAY && m->rest_items != NULL))
		a = DP_MAYBE;
	if (m->ref != NULL)
		a = least(a, dp_plan_answer(c, m->ref));
	for (i = 0; i < m->all.n && a != DP_NO; i++)
		a = least(a, dp_plan_answer(c, m->all.at[i]));
	if (a != DP_NO)
		a = least(a, answer_any(c, &m->any));
	if (a != DP_NO)
		a = least(a, answer_one(c, &m->one));
	if (a != DP_NO && m->not != NULL)
		a = least(a, DP_YES - dp_plan_answer(c, m->not ));
	if (a != DP_NO && m->cond != NULL)
		a = least(a, answer_if(c, m));
	if (c->type != DP_JSON_OBJECT)
		return a;
	for (i = 0; i < m->ndepends && a != DP_NO; i++)
		a = least(a, answer_depend(c, &m->depends[i]));
	return a;
}

enum dp_answer
dp_plan_answer(const struct dp_case *c, const struct dp_node *n)
{
	enum dp_answer a;

	if (n->source == NULL)
		return n->never ? DP_NO : DP_YES;
	if ((n->types & c->type) == 0)
		return DP_NO;
	/* Without steps, nothing is known; the answer stays right. */
	if (c->planner->steps == 0)
		return DP_MAYBE;
	c->planner->steps--;
	a = answer_own(c, n);
	return n->combine == NULL || a == DP_NO
	    ? a
	    : least(a, answer_combine(c, n->combine));
}
