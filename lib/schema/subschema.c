#include "schema/subschema.h"

#include <string.h>

enum holds {
	NOTHING, /* or no schema */
	ONE,     /* a schema; an array of them is passed through */
	MANY     /* an object or an array of schemas */
};

static const struct {
	const char *name;
	enum holds holds;
} keywords[] = {
	{ "$defs", MANY },
	{ "additionalItems", ONE },
	{ "additionalProperties", ONE },
	{ "allOf", MANY },
	{ "anyOf", MANY },
	{ "contains", ONE },
	{ "definitions", MANY },
	{ "dependencies", MANY },
	{ "dependentSchemas", MANY },
	{ "else", ONE },
	{ "if", ONE },
	{ "items", ONE },
	{ "not", ONE },
	{ "oneOf", MANY },
	{ "patternProperties", MANY },
	{ "prefixItems", MANY },
	{ "properties", MANY },
	{ "propertyNames", ONE },
	{ "then", ONE },
	{ "unevaluatedItems", ONE },
	{ "unevaluatedProperties", ONE },
};

static enum holds
holds(const struct dp_tape_item *it)
{
	size_t k;

	for (k = 0; k < sizeof keywords / sizeof keywords[0]; k++)
		if (it->key_len == strlen(keywords[k].name) &&
		    memcmp(it->key, keywords[k].name, it->key_len) == 0)
			return keywords[k].holds;
	return NOTHING;
}

static bool
is_schema(const struct dp_tape_item *it)
{
	return it->type == DP_JSON_OBJECT || it->type == DP_JSON_TRUE ||
	    it->type == DP_JSON_FALSE;
}

/* The children of a list: schemas, each of them. */
static void
each_of(const struct dp_tape *t, uint32_t list, dp_subschema_fn *fn, void *arg)
{
	const uint32_t end = dp_tape_at(t, list)->next;
	uint32_t i;

	for (i = list + 1; i < end; i = dp_tape_at(t, i)->next)
		dp_subschema_each(t, i, fn, arg);
}

/* As deep as the document, which the scanner has bounded. */
void
dp_subschema_each(const struct dp_tape *t, uint32_t root, dp_subschema_fn *fn,
    void *arg)
{
	const struct dp_tape_item *const s = dp_tape_at(t, root);
	uint32_t i;

	if (!is_schema(s) || !fn(arg, t, root) || s->type != DP_JSON_OBJECT)
		return;
	for (i = root + 1; i < s->next; i = dp_tape_at(t, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(t, i);
		const enum holds h = holds(it);

		if (h == MANY || (h == ONE && it->type == DP_JSON_ARRAY))
			each_of(t, i, fn, arg);
		else if (h == ONE)
			dp_subschema_each(t, i, fn, arg);
	}
}
