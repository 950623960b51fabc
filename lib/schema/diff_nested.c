/* diff_nested: keywords of objects, and those that hold subschemas. */
#include <string.h>

#include "json/text.h"
#include "schema/diff_state.h"

#define BOTH (DP_DIFF_NARROWS | DP_DIFF_WIDENS)

/* A subschema, where none allows everything. */
static const char *const subschemas[] = { "additionalItems",
	"additionalProperties", "contains", "items", "propertyNames",
	"unevaluatedItems", "unevaluatedProperties" };

/* What is not compared in detail. */
static const char *const opaque[] = { "$dynamicRef", "$recursiveRef",
	"dependencies", "dependentSchemas", "else", "if", "not", "oneOf",
	"then" };

static uint32_t
namesake(const struct dp_tape *t, uint32_t object,
    const struct dp_tape_item *it, struct dp_diff *d)
{
	uint32_t i;

	if (object == DP_DIFF_NONE)
		return DP_DIFF_NONE;
	if (!it->key_escaped)
		i = dp_tape_member(t, object, it->key, it->key_len);
	else {
		dp_buf_clear(&d->text);
		dp_json_unescape(&d->text, it->key, it->key_len);
		i = dp_tape_member(t, object, d->text.data, d->text.len);
	}
	return i == 0 ? DP_DIFF_NONE : i;
}

static uint32_t
first_of(const struct dp_tape *t, uint32_t i, enum dp_json_type type)
{
	return i == DP_DIFF_NONE || dp_tape_at(t, i)->type != (uint8_t)type
	    ? DP_DIFF_NONE
	    : i + 1;
}

static uint32_t
end_of(const struct dp_tape *t, uint32_t i)
{
	return i == DP_DIFF_NONE ? 0 : dp_tape_at(t, i)->next;
}

/* True when any value of the key may stand in an object that does not list
 * it. */
static bool
is_open(const struct dp_tape *t, uint32_t schema)
{
	const uint32_t i = dp_diff_member(t, schema, "additionalProperties");

	return i == DP_DIFF_NONE || dp_tape_at(t, i)->type == DP_JSON_TRUE;
}

/* One property that only one side lists. */
static void
lone_property(struct dp_diff *d, uint32_t before, uint32_t after, uint32_t i,
    bool is_new)
{
	const uint32_t rest = dp_diff_member(is_new ? d->before : d->after,
	    is_new ? before : after, "additionalProperties");
	const bool open =
	    is_open(is_new ? d->before : d->after, is_new ? before : after);

	if (open && !d->opts->strict)
		dp_diff_tell(d, 0,
		    is_new ? "is new; any value was allowed here"
			   : "is gone; any value is allowed here now");
	else if (is_new)
		dp_diff_schemas(d, open ? DP_DIFF_NONE : rest, i);
	else
		dp_diff_schemas(d, i, open ? DP_DIFF_NONE : rest);
}

static void
compare_properties(struct dp_diff *d, uint32_t before, uint32_t after)
{
	const uint32_t x = dp_diff_member(d->before, before, "properties");
	const uint32_t y = dp_diff_member(d->after, after, "properties");
	const size_t outer = dp_diff_enter(d, "properties");
	uint32_t i;

	for (i = first_of(d->before, x, DP_JSON_OBJECT);
	     i < end_of(d->before, x); i = dp_tape_at(d->before, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(d->before, i);
		const uint32_t k = namesake(d->after, y, it, d);
		const size_t back = dp_diff_enter_raw(d, it);

		if (k == DP_DIFF_NONE)
			lone_property(d, before, after, i, false);
		else
			dp_diff_schemas(d, i, k);
		d->pointer.len = back;
	}
	for (i = first_of(d->after, y, DP_JSON_OBJECT); i < end_of(d->after, y);
	     i = dp_tape_at(d->after, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(d->after, i);

		if (namesake(d->before, x, it, d) == DP_DIFF_NONE) {
			const size_t back = dp_diff_enter_raw(d, it);

			lone_property(d, before, after, i, true);
			d->pointer.len = back;
		}
	}
	d->pointer.len = outer;
}

/* Keys that one side asks for, and the other does not. */
static void
lone_required(struct dp_diff *d, uint32_t x, uint32_t y, bool is_new)
{
	const struct dp_tape *mine = is_new ? d->after : d->before;
	const struct dp_tape *other = is_new ? d->before : d->after;
	uint32_t i, k;

	for (i = first_of(mine, x, DP_JSON_ARRAY); i < end_of(mine, x);
	     i = dp_tape_at(mine, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(mine, i);

		for (k = first_of(other, y, DP_JSON_ARRAY);
		     k < end_of(other, y); k = dp_tape_at(other, k)->next)
			if (dp_tape_equal(mine, i, other, k, &d->steps))
				break;
		if (k < end_of(other, y))
			continue;
		dp_diff_tell(d, is_new ? DP_DIFF_NARROWS : DP_DIFF_WIDENS,
		    is_new ? "%.*s is required now"
			   : "%.*s is not required any more",
		    (int)(it->len < 200 ? it->len : 200), it->text);
	}
}

static void
compare_required(struct dp_diff *d, uint32_t before, uint32_t after)
{
	const uint32_t x = dp_diff_member(d->before, before, "required");
	const uint32_t y = dp_diff_member(d->after, after, "required");
	const size_t back = dp_diff_enter(d, "required");

	lone_required(d, x, y, false);
	lone_required(d, y, x, true);
	d->pointer.len = back;
}

/* Subschemas by pattern: those of the same pattern are compared. */
static void
compare_patterns(struct dp_diff *d, uint32_t before, uint32_t after)
{
	const uint32_t x =
	    dp_diff_member(d->before, before, "patternProperties");
	const uint32_t y = dp_diff_member(d->after, after, "patternProperties");
	const size_t outer = dp_diff_enter(d, "patternProperties");
	uint32_t i;

	for (i = first_of(d->before, x, DP_JSON_OBJECT);
	     i < end_of(d->before, x); i = dp_tape_at(d->before, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(d->before, i);
		const uint32_t k = namesake(d->after, y, it, d);
		const size_t back = dp_diff_enter_raw(d, it);

		if (k == DP_DIFF_NONE)
			dp_diff_tell(d, BOTH, "is gone");
		else
			dp_diff_schemas(d, i, k);
		d->pointer.len = back;
	}
	for (i = first_of(d->after, y, DP_JSON_OBJECT); i < end_of(d->after, y);
	     i = dp_tape_at(d->after, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(d->after, i);

		if (namesake(d->before, x, it, d) == DP_DIFF_NONE) {
			const size_t back = dp_diff_enter_raw(d, it);

			dp_diff_tell(d, BOTH, "is new");
			d->pointer.len = back;
		}
	}
	d->pointer.len = outer;
}

/* The branch of a list that equals item i, or NONE. */
static uint32_t
equal_branch(struct dp_diff *d, bool is_new, uint32_t i, uint32_t list)
{
	const struct dp_tape *other = is_new ? d->before : d->after;
	uint32_t k;

	for (k = first_of(other, list, DP_JSON_ARRAY); k < end_of(other, list);
	     k = dp_tape_at(other, k)->next)
		if (dp_diff_same_schema(d, is_new ? k : i, is_new ? i : k))
			return k;
	return DP_DIFF_NONE;
}

/* The next branch from i on that the other side has not. */
static uint32_t
next_lone(struct dp_diff *d, bool is_new, uint32_t i, uint32_t list,
    uint32_t other)
{
	const struct dp_tape *mine = is_new ? d->after : d->before;

	while (i < end_of(mine, list) &&
	    equal_branch(d, is_new, i, other) != DP_DIFF_NONE)
		i = dp_tape_at(mine, i)->next;
	return i < end_of(mine, list) ? i : DP_DIFF_NONE;
}

/*
 * Branches that both have are nothing new; the others are compared in turn.
 * One more to choose from widens, one more to fulfil narrows.
 */
static void
compare_branches(struct dp_diff *d, uint32_t before, uint32_t after,
    const char *name, bool choice)
{
	const uint32_t x = dp_diff_member(d->before, before, name);
	const uint32_t y = dp_diff_member(d->after, after, name);
	const size_t outer = dp_diff_enter(d, name);
	uint32_t i =
	    next_lone(d, false, first_of(d->before, x, DP_JSON_ARRAY), x, y);
	uint32_t k =
	    next_lone(d, true, first_of(d->after, y, DP_JSON_ARRAY), y, x);

	while (i != DP_DIFF_NONE || k != DP_DIFF_NONE) {
		const size_t back = dp_diff_enter_raw(d,
		    k != DP_DIFF_NONE ? dp_tape_at(d->after, k)
				      : dp_tape_at(d->before, i));

		if (i == DP_DIFF_NONE)
			dp_diff_tell(d,
			    choice && x != DP_DIFF_NONE ? DP_DIFF_WIDENS
							: DP_DIFF_NARROWS,
			    "is new");
		else if (k == DP_DIFF_NONE)
			dp_diff_tell(d,
			    choice && y != DP_DIFF_NONE ? DP_DIFF_NARROWS
							: DP_DIFF_WIDENS,
			    "is gone");
		else
			dp_diff_schemas(d, i, k);
		d->pointer.len = back;
		if (i != DP_DIFF_NONE)
			i = next_lone(d, false, dp_tape_at(d->before, i)->next,
			    x, y);
		if (k != DP_DIFF_NONE)
			k = next_lone(d, true, dp_tape_at(d->after, k)->next, y,
			    x);
	}
	d->pointer.len = outer;
}

/* Subschemas by their place; where there is none, all is allowed. */
static void
compare_places(struct dp_diff *d, uint32_t before, uint32_t after)
{
	const uint32_t x = dp_diff_member(d->before, before, "prefixItems");
	const uint32_t y = dp_diff_member(d->after, after, "prefixItems");
	const size_t outer = dp_diff_enter(d, "prefixItems");
	uint32_t i = first_of(d->before, x, DP_JSON_ARRAY);
	uint32_t k = first_of(d->after, y, DP_JSON_ARRAY);

	if (i >= end_of(d->before, x))
		i = DP_DIFF_NONE;
	if (k >= end_of(d->after, y))
		k = DP_DIFF_NONE;
	while (i != DP_DIFF_NONE || k != DP_DIFF_NONE) {
		const size_t back = dp_diff_enter_raw(d,
		    k != DP_DIFF_NONE ? dp_tape_at(d->after, k)
				      : dp_tape_at(d->before, i));

		dp_diff_schemas(d, i, k);
		d->pointer.len = back;
		if (i != DP_DIFF_NONE)
			i = dp_tape_at(d->before, i)->next;
		if (i >= end_of(d->before, x))
			i = DP_DIFF_NONE;
		if (k != DP_DIFF_NONE)
			k = dp_tape_at(d->after, k)->next;
		if (k >= end_of(d->after, y))
			k = DP_DIFF_NONE;
	}
	d->pointer.len = outer;
}

static bool
is_schema(const struct dp_tape *t, uint32_t i)
{
	return i == DP_DIFF_NONE || dp_tape_at(t, i)->type != DP_JSON_ARRAY;
}

static void
compare_opaque(struct dp_diff *d, uint32_t x, uint32_t y, const char *name)
{
	size_t back;

	if (dp_diff_same_schema(d, x, y))
		return;
	back = dp_diff_enter(d, name);
	dp_diff_tell(d, BOTH,
	    x == DP_DIFF_NONE       ? "is new"
		: y == DP_DIFF_NONE ? "is gone"
				    : "is not the same");
	d->pointer.len = back;
}

static void
compare_subschema(struct dp_diff *d, uint32_t before, uint32_t after,
    const char *name)
{
	const uint32_t x = dp_diff_member(d->before, before, name);
	const uint32_t y = dp_diff_member(d->after, after, name);
	size_t back;

	/* contains asks for an element even where it asks nothing of it. */
	if (!is_schema(d->before, x) || !is_schema(d->after, y) ||
	    (strcmp(name, "contains") == 0 &&
		(x == DP_DIFF_NONE || y == DP_DIFF_NONE))) {
		compare_opaque(d, x, y, name);
		return;
	}
	if (x == DP_DIFF_NONE && y == DP_DIFF_NONE)
		return;
	back = dp_diff_enter(d, name);
	dp_diff_schemas(d, x, y);
	d->pointer.len = back;
}

void
dp_diff_nested(struct dp_diff *d, uint32_t before, uint32_t after)
{
	size_t i;

	compare_properties(d, before, after);
	compare_required(d, before, after);
	compare_patterns(d, before, after);
	for (i = 0; i < sizeof subschemas / sizeof subschemas[0]; i++)
		compare_subschema(d, before, after, subschemas[i]);
	compare_places(d, before, after);
	compare_branches(d, before, after, "allOf", false);
	compare_branches(d, before, after, "anyOf", true);
	for (i = 0; i < sizeof opaque / sizeof opaque[0]; i++)
		compare_opaque(d, dp_diff_member(d->before, before, opaque[i]),
		    dp_diff_member(d->after, after, opaque[i]), opaque[i]);
}
