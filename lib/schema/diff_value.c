/* diff_value: keywords that say something of one value. */
#include <string.h>

#include "json/decimal.h"
#include "schema/detail.h"
#include "schema/diff_state.h"
#include "schema/node.h"

#define BOTH (DP_DIFF_NARROWS | DP_DIFF_WIDENS)

enum kind {
	LOW,   /* a number: more of it narrows */
	HIGH,  /* a number: less of it narrows */
	EQUAL, /* anything: what is not the same may do both */
	NOTE   /* says nothing about records */
};

static const struct {
	const char *name;
	enum kind kind;
} keywords[] = {
	{ "minimum", LOW },
	{ "exclusiveMinimum", LOW },
	{ "maximum", HIGH },
	{ "exclusiveMaximum", HIGH },
	{ "multipleOf", EQUAL },
	{ "minLength", LOW },
	{ "maxLength", HIGH },
	{ "pattern", EQUAL },
	{ "format", EQUAL },
	{ "minItems", LOW },
	{ "maxItems", HIGH },
	{ "minContains", LOW },
	{ "maxContains", HIGH },
	{ "uniqueItems", EQUAL },
	{ "minProperties", LOW },
	{ "maxProperties", HIGH },
	{ "dependentRequired", EQUAL },
	{ "x-dp-column", NOTE },
	{ "x-dp-type", NOTE },
	{ "x-dp-unit", NOTE },
};

#define NKEYWORDS (sizeof keywords / sizeof keywords[0])

static bool
is_number(const struct dp_tape_item *it)
{
	return (it->type & DP_TYPES_NUMBER) != 0;
}

/* The texts of two values, "was 1, is 2". */
static void
tell_values(struct dp_diff *d, unsigned direction, uint32_t before,
    uint32_t after)
{
	dp_buf_clear(&d->text);
	if (before != DP_DIFF_NONE) {
		(void)dp_buf_adds(&d->text, "was ");
		dp_detail_value(&d->text, dp_tape_at(d->before, before));
	}
	if (before != DP_DIFF_NONE && after != DP_DIFF_NONE)
		(void)dp_buf_adds(&d->text, ", ");
	if (after != DP_DIFF_NONE) {
		(void)dp_buf_adds(&d->text, "is ");
		dp_detail_value(&d->text, dp_tape_at(d->after, after));
	}
	if (before == DP_DIFF_NONE)
		(void)dp_buf_adds(&d->text, ", is new");
	else if (after == DP_DIFF_NONE)
		(void)dp_buf_adds(&d->text, ", is gone");
	dp_diff_tell(d, direction, "%s",
	    dp_buf_text(&d->text) == NULL ? "" : d->text.data);
}

static unsigned
direction_of(struct dp_diff *d, enum kind kind, uint32_t before, uint32_t after)
{
	const struct dp_tape_item *x, *y;
	int order;

	if (kind == NOTE)
		return 0;
	if (before == DP_DIFF_NONE)
		return DP_DIFF_NARROWS;
	if (after == DP_DIFF_NONE)
		return DP_DIFF_WIDENS;
	x = dp_tape_at(d->before, before);
	y = dp_tape_at(d->after, after);
	if (kind == EQUAL || !is_number(x) || !is_number(y))
		return BOTH;
	order = dp_decimal_compare(x->text, x->len, y->text, y->len);
	return (order < 0) == (kind == LOW) ? DP_DIFF_NARROWS : DP_DIFF_WIDENS;
}

static void
compare_keyword(struct dp_diff *d, size_t k, uint32_t before, uint32_t after)
{
	const uint32_t x = dp_diff_member(d->before, before, keywords[k].name);
	const uint32_t y = dp_diff_member(d->after, after, keywords[k].name);
	size_t back;

	if (dp_diff_same(d, x, y))
		return;
	back = dp_diff_enter(d, keywords[k].name);
	tell_values(d, direction_of(d, keywords[k].kind, x, y), x, y);
	d->pointer.len = back;
}

/* -- type -- */

static unsigned
type_of(const struct dp_tape_item *it)
{
	static const struct {
		const char *name;
		unsigned types;
	} names[] = {
		{ "\"null\"", DP_JSON_NULL },
		{ "\"boolean\"", DP_TYPES_BOOLEAN },
		{ "\"integer\"", DP_JSON_INTEGER },
		{ "\"number\"", DP_TYPES_NUMBER },
		{ "\"string\"", DP_JSON_STRING },
		{ "\"array\"", DP_JSON_ARRAY },
		{ "\"object\"", DP_JSON_OBJECT },
	};

	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (it->len == strlen(names[i].name) &&
		    memcmp(it->text, names[i].name, it->len) == 0)
			return names[i].types;
	return 0;
}

/* The types that a schema allows by its keyword type. */
static unsigned
types_of(const struct dp_tape *t, uint32_t schema)
{
	const uint32_t i = dp_diff_member(t, schema, "type");
	unsigned types = 0;
	uint32_t k;

	if (i == DP_DIFF_NONE)
		return DP_TYPES_ALL;
	if (dp_tape_at(t, i)->type != DP_JSON_ARRAY)
		return type_of(dp_tape_at(t, i));
	for (k = i + 1; k < dp_tape_at(t, i)->next; k = dp_tape_at(t, k)->next)
		types |= type_of(dp_tape_at(t, k));
	return types;
}

static void
add_types(struct dp_buf *b, unsigned types)
{
	if (types == DP_TYPES_ALL)
		(void)dp_buf_adds(b, "anything");
	else
		dp_detail_types(b, types);
}

static void
compare_types(struct dp_diff *d, uint32_t before, uint32_t after)
{
	const unsigned x = types_of(d->before, before);
	const unsigned y = types_of(d->after, after);
	size_t back;

	if (x == y)
		return;
	back = dp_diff_enter(d, "type");
	dp_buf_clear(&d->text);
	(void)dp_buf_adds(&d->text, "was ");
	add_types(&d->text, x);
	(void)dp_buf_adds(&d->text, ", is ");
	add_types(&d->text, y);
	dp_diff_tell(d,
	    ((x & ~y) != 0 ? DP_DIFF_NARROWS : 0) |
		((y & ~x) != 0 ? DP_DIFF_WIDENS : 0),
	    "%s", dp_buf_text(&d->text) == NULL ? "" : d->text.data);
	d->pointer.len = back;
}

/* -- enum and const -- */

/* The values that are allowed: items from *at up to *end; false: any. */
static bool
values_of(const struct dp_tape *t, uint32_t schema, uint32_t *at, uint32_t *end)
{
	uint32_t i = dp_diff_member(t, schema, "const");

	if (i == DP_DIFF_NONE) {
		i = dp_diff_member(t, schema, "enum");
		if (i == DP_DIFF_NONE ||
		    dp_tape_at(t, i)->type != DP_JSON_ARRAY)
			return false;
		*at = i + 1;
	} else {
		*at = i;
	}
	*end = dp_tape_at(t, i)->next;
	return true;
}

/* Tells the values of one side that the other has not. */
static void
tell_missing(struct dp_diff *d, bool new_side, uint32_t x, uint32_t x_end,
    uint32_t y, uint32_t y_end)
{
	const struct dp_tape *mine = new_side ? d->after : d->before;
	const struct dp_tape *other = new_side ? d->before : d->after;

	for (; x < x_end; x = dp_tape_at(mine, x)->next) {
		uint32_t k = y;

		while (
		    k < y_end && !dp_tape_equal(mine, x, other, k, &d->steps))
			k = dp_tape_at(other, k)->next;
		if (k < y_end)
			continue;
		dp_buf_clear(&d->text);
		dp_detail_value(&d->text, dp_tape_at(mine, x));
		dp_diff_tell(d, new_side ? DP_DIFF_WIDENS : DP_DIFF_NARROWS,
		    "%s %s", dp_buf_text(&d->text) == NULL ? "" : d->text.data,
		    new_side ? "is new" : "is gone");
	}
}

/* Both keywords in one schema: rare, and not worth a set of both. */
static bool
has_both(const struct dp_tape *t, uint32_t schema)
{
	return dp_diff_member(t, schema, "const") != DP_DIFF_NONE &&
	    dp_diff_member(t, schema, "enum") != DP_DIFF_NONE;
}

static bool
same_member(struct dp_diff *d, uint32_t before, uint32_t after,
    const char *name)
{
	return dp_diff_same(d, dp_diff_member(d->before, before, name),
	    dp_diff_member(d->after, after, name));
}

static void
compare_enums(struct dp_diff *d, uint32_t before, uint32_t after)
{
	uint32_t x = 0, x_end = 0, y = 0, y_end = 0;
	const bool old_has = values_of(d->before, before, &x, &x_end);
	const bool new_has = values_of(d->after, after, &y, &y_end);
	size_t back;

	if ((!old_has && !new_has) ||
	    (same_member(d, before, after, "const") &&
		same_member(d, before, after, "enum")))
		return;
	if (has_both(d->before, before) || has_both(d->after, after)) {
		back = dp_diff_enter(d, "enum");
		dp_diff_tell(d, BOTH, "const and enum are not the same");
		d->pointer.len = back;
		return;
	}
	back = dp_diff_enter(d, new_has && y_end == y + 1 ? "const" : "enum");
	if (!old_has) {
		dp_diff_tell(d, DP_DIFF_NARROWS,
		    "only the values listed are allowed now");
	} else if (!new_has) {
		dp_diff_tell(d, DP_DIFF_WIDENS,
		    "other values than those listed are allowed now");
	} else {
		tell_missing(d, false, x, x_end, y, y_end);
		tell_missing(d, true, y, y_end, x, x_end);
	}
	d->pointer.len = back;
}

void
dp_diff_values(struct dp_diff *d, uint32_t before, uint32_t after)
{
	size_t k;

	compare_types(d, before, after);
	compare_enums(d, before, after);
	for (k = 0; k < NKEYWORDS; k++)
		compare_keyword(d, k, before, after);
}
