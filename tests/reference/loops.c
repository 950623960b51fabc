/* Schemas that lead back to themselves: judge.h. */
#include <string.h>

#include "inside.h"

/* What a schema leads to: in place, or in a part of the value. */
typedef bool edge_fn(struct ref_schema *s, struct ref_value *to, bool in_place);

/* Any number of schemas, or one, under a key of v. */
static bool
under(struct ref_schema *s, struct ref_value *v, const char *key, bool many,
    bool in_place, edge_fn *fn)
{
	struct ref_value *at = (struct ref_value *)ref_member(v, key), *c;

	if (at == NULL)
		return false;
	if (!many)
		return fn(s, at, in_place);
	for (c = at->first; c != NULL; c = c->next)
		if (fn(s, c, in_place))
			return true;
	return false;
}

static bool
by_reference(struct ref_schema *s, struct ref_value *v, const char *key,
    bool in_place, edge_fn *fn)
{
	const struct ref_value *ref = ref_member(v, key);
	struct ref_value *to = NULL;

	if (ref != NULL)
		to = (struct ref_value *)ref_target(s, ref);
	return to != NULL && fn(s, to, in_place);
}

static bool
in_place_edges(struct ref_schema *s, struct ref_value *v, edge_fn *fn)
{
	const int draft = s->draft;

	if (by_reference(s, v, "$ref", true, fn))
		return true;
	if (draft <= 7 && ref_member(v, "$ref") != NULL)
		return false;
	return under(s, v, "allOf", true, true, fn) ||
	    under(s, v, "anyOf", true, true, fn) ||
	    under(s, v, "oneOf", true, true, fn) ||
	    under(s, v, "not", false, true, fn) ||
	    under(s, v, "dependencies", true, true, fn) ||
	    (draft >= 2019 &&
		under(s, v, "dependentSchemas", true, true, fn)) ||
	    (draft >= 7 && ref_member(v, "if") != NULL &&
		(under(s, v, "if", false, true, fn) ||
		    under(s, v, "then", false, true, fn) ||
		    under(s, v, "else", false, true, fn)));
}

static bool
inner_edges(struct ref_schema *s, struct ref_value *v, edge_fn *fn)
{
	const struct ref_value *items = ref_member(v, "items");
	const bool list =
	    s->draft < 2020 && items != NULL && items->kind == REF_ARRAY;

	if (s->draft <= 7 && ref_member(v, "$ref") != NULL)
		return false;
	return under(s, v, "properties", true, false, fn) ||
	    under(s, v, "patternProperties", true, false, fn) ||
	    under(s, v, "additionalProperties", false, false, fn) ||
	    under(s, v, "items", list, false, fn) ||
	    (list && under(s, v, "additionalItems", false, false, fn)) ||
	    (s->draft >= 2020 && under(s, v, "prefixItems", true, false, fn)) ||
	    (s->draft >= 6 &&
		(under(s, v, "contains", false, false, fn) ||
		    under(s, v, "propertyNames", false, false, fn))) ||
	    (s->draft >= 2019 &&
		(under(s, v, "unevaluatedItems", false, false, fn) ||
		    under(s, v, "unevaluatedProperties", false, false, fn)));
}

static bool
leads_back(struct ref_schema *s, struct ref_value *v, bool in_place)
{
	bool is;

	if (!in_place || v->kind != REF_OBJECT || v->done)
		return false;
	if (v->open)
		return true;
	v->open = true;
	is = in_place_edges(s, v, leads_back);
	v->open = false;
	v->done = true;
	return is;
}

static bool reach(struct ref_schema *s, struct ref_value *v, bool in_place);

static bool
reach_named(struct ref_value *v, void *arg)
{
	struct ref_schema *s = arg;

	/* Any of these may turn out to be meant. */
	return (ref_member(v, "$dynamicAnchor") != NULL ||
		   ref_member(v, "$recursiveAnchor") != NULL) &&
	    reach(s, v, false);
}

static bool
reach(struct ref_schema *s, struct ref_value *v, bool in_place)
{
	(void)in_place;
	if (v->kind != REF_OBJECT || v->reached)
		return false;
	v->reached = true;
	if (leads_back(s, v, true) || in_place_edges(s, v, reach) ||
	    inner_edges(s, v, reach))
		return true;
	if (s->draft == 2019 && ref_member(v, "$recursiveRef") != NULL)
		return by_reference(s, v, "$recursiveRef", false, reach) ||
		    ref_each(s->root, reach_named, s);
	if (s->draft == 2020 && ref_member(v, "$dynamicRef") != NULL)
		return by_reference(s, v, "$dynamicRef", false, reach) ||
		    ref_each(s->root, reach_named, s);
	return false;
}

bool
ref_schema_endless(struct ref_schema *s)
{
	return reach(s, s->root, false);
}
