/* Compiles what speaks of arrays. */
#include "base/err.h"
#include "schema/compile.h"

static int
counts_of(struct dp_compile *c, struct dp_array *a, const uint32_t *at)
{
	a->max = a->max_contains = UINT64_MAX;
	a->min_contains = 1;
	if ((at[DP_KW_MIN_ITEMS] != 0 &&
		dp_compile_count(c, at[DP_KW_MIN_ITEMS], &a->min) == -1) ||
	    (at[DP_KW_MAX_ITEMS] != 0 &&
		dp_compile_count(c, at[DP_KW_MAX_ITEMS], &a->max) == -1) ||
	    (at[DP_KW_MIN_CONTAINS] != 0 &&
		dp_compile_count(c, at[DP_KW_MIN_CONTAINS], &a->min_contains) ==
		    -1) ||
	    (at[DP_KW_MAX_CONTAINS] != 0 &&
		dp_compile_count(c, at[DP_KW_MAX_CONTAINS], &a->max_contains) ==
		    -1))
		return -1;
	return 0;
}

/* Before 2020-12 a list of items is what prefixItems is since. */
static int
items_of(struct dp_compile *c, struct dp_array *a, const uint32_t *at)
{
	const bool list = at[DP_KW_ITEMS] != 0 && c->drafts != DP_DRAFT_2020 &&
	    dp_tape_at(&c->source->tape, at[DP_KW_ITEMS])->type ==
		DP_JSON_ARRAY;
	const uint32_t prefix = list ? at[DP_KW_ITEMS] : at[DP_KW_PREFIX_ITEMS];
	const uint32_t rest =
	    list ? at[DP_KW_ADDITIONAL_ITEMS] : at[DP_KW_ITEMS];

	if (prefix != 0 && dp_compile_list(c, prefix, &a->prefix) == -1)
		return -1;
	a->items = &dp_node_any;
	if (rest == 0)
		return 0;
	a->has_items = true;
	a->items = dp_compile_schema(c, rest);
	return a->items == NULL ? -1 : 0;
}

static int
rest_of(struct dp_compile *c, struct dp_array *a, const uint32_t *at)
{
	const uint32_t unique = at[DP_KW_UNIQUE_ITEMS];
	uint8_t type;

	a->contains_marks = c->drafts == DP_DRAFT_2020;
	if (at[DP_KW_CONTAINS] != 0) {
		a->contains = dp_compile_schema(c, at[DP_KW_CONTAINS]);
		if (a->contains == NULL)
			return -1;
	}
	if (unique == 0)
		return 0;
	type = dp_tape_at(&c->source->tape, unique)->type;
	if ((type & DP_TYPES_BOOLEAN) == 0)
		return dp_source_error(c->source, unique, c->err,
		    "want a boolean");
	a->unique = type == DP_JSON_TRUE;
	return 0;
}

int
dp_compile_array(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts)
{
	const uint32_t *at = parts->at;
	struct dp_array *a;

	if (at[DP_KW_PREFIX_ITEMS] == 0 && at[DP_KW_ITEMS] == 0 &&
	    at[DP_KW_MIN_ITEMS] == 0 && at[DP_KW_MAX_ITEMS] == 0 &&
	    at[DP_KW_UNIQUE_ITEMS] == 0 && at[DP_KW_CONTAINS] == 0)
		return 0;
	a = dp_compile_take(c, 1, sizeof *a);
	if (a == NULL || counts_of(c, a, at) == -1 ||
	    items_of(c, a, at) == -1 || rest_of(c, a, at) == -1)
		return -1;
	n->array = a;
	return 0;
}
