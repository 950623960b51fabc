#include "schema/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "json/decimal.h"
#include "json/text.h"
#include "schema/format.h"
#include "schema/node.h"
#include "schema/pattern.h"
#include "schema/subschema.h"

#define TEXT_SIZE 512
#define COLUMN_NAME 63 /* bytes of PostgreSQL's names */
#define COLUMNS 1600   /* of its tables */

struct lint {
	const struct dp_source *source;
	dp_lint_fn *tell;
	void *arg;
	struct dp_buf text;
	uint32_t unbounded; /* the first such schema; 0: none */
	size_t nunbounded;
};

static void __attribute__((format(printf, 4, 5)))
tell(const struct lint *l, uint32_t i, const char *code, const char *fmt, ...)
{
	struct dp_err place = { 0 };
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)dp_source_error(l->source, i, &place, "%s", text);
	l->tell(l->arg, code, place.msg);
}

/* The text of a string or key, in l->text. */
static const char *
plain(struct lint *l, const char *raw, size_t len)
{
	const char *text;

	dp_buf_clear(&l->text);
	dp_json_unescape(&l->text, raw, len);
	text = dp_buf_text(&l->text);
	return text == NULL ? "" : text;
}

static unsigned
named_type(const struct dp_tape_item *it)
{
	static const struct {
		const char *name;
		unsigned types;
	} names[] = {
		{ "null", DP_JSON_NULL },
		{ "boolean", DP_TYPES_BOOLEAN },
		{ "integer", DP_JSON_INTEGER },
		{ "number", DP_TYPES_NUMBER },
		{ "string", DP_JSON_STRING },
		{ "array", DP_JSON_ARRAY },
		{ "object", DP_JSON_OBJECT },
	};

	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (it->type == DP_JSON_STRING &&
		    dp_scan_equal(it->text + 1, it->len - 2, it->escaped,
			names[i].name, strlen(names[i].name)))
			return names[i].types;
	return 0;
}

static unsigned
types_of(const struct dp_tape *t, uint32_t schema)
{
	const uint32_t i = dp_subschema_get(t, schema, "type");
	unsigned types = 0;
	uint32_t k;

	if (i == 0)
		return DP_TYPES_ALL;
	if (dp_tape_at(t, i)->type != DP_JSON_ARRAY)
		return named_type(dp_tape_at(t, i));
	for (k = i + 1; k < dp_tape_at(t, i)->next; k = dp_tape_at(t, k)->next)
		types |= named_type(dp_tape_at(t, k));
	return types;
}

/* -- Rules -- */

static void
lint_values(struct lint *l, const struct dp_tape *t, uint32_t schema,
    unsigned types)
{
	const uint32_t list = dp_subschema_get(t, schema, "enum");
	const uint32_t one = dp_subschema_get(t, schema, "const");
	uint64_t steps = 1000000;
	unsigned kinds = 0;
	uint32_t i, k;

	if (one != 0 && (dp_tape_at(t, one)->type & types) == 0)
		tell(l, one, "never", "the type does not allow this value");
	if (list == 0 || dp_tape_at(t, list)->type != DP_JSON_ARRAY)
		return;
	for (i = list + 1; i < dp_tape_at(t, list)->next;
	     i = dp_tape_at(t, i)->next) {
		const unsigned type = dp_tape_at(t, i)->type;

		if ((type & types) == 0)
			tell(l, i, "never",
			    "the type does not allow this value");
		kinds |= (type & DP_TYPES_NUMBER) != 0 ? DP_TYPES_NUMBER
		    : (type & DP_TYPES_BOOLEAN) != 0   ? DP_TYPES_BOOLEAN
						       : type;
		for (k = list + 1; k < i; k = dp_tape_at(t, k)->next)
			if (dp_tape_equal(t, i, t, k, &steps))
				break;
		if (k < i)
			tell(l, i, "enum", "this value stands there already");
	}
	kinds &= ~(unsigned)DP_JSON_NULL;
	if (kinds != 0 && kinds != DP_TYPES_NUMBER &&
	    kinds != DP_TYPES_BOOLEAN && (kinds & (kinds - 1)) != 0)
		tell(l, list, "enum", "values of several types");
}

static void
lint_bounds(struct lint *l, const struct dp_tape *t, uint32_t schema)
{
	static const struct {
		const char *low, *high;
		bool strict; /* equal ones leave nothing */
	} pairs[] = {
		{ "minimum", "maximum", false },
		{ "exclusiveMinimum", "maximum", true },
		{ "minimum", "exclusiveMaximum", true },
		{ "exclusiveMinimum", "exclusiveMaximum", true },
		{ "minLength", "maxLength", false },
		{ "minItems", "maxItems", false },
		{ "minProperties", "maxProperties", false },
	};

	size_t k;

	for (k = 0; k < sizeof pairs / sizeof pairs[0]; k++) {
		const uint32_t i = dp_subschema_get(t, schema, pairs[k].low);
		const uint32_t j = dp_subschema_get(t, schema, pairs[k].high);
		const struct dp_tape_item *x = dp_tape_at(t, i);
		const struct dp_tape_item *y = dp_tape_at(t, j);
		int order;

		if (i == 0 || j == 0 || (x->type & DP_TYPES_NUMBER) == 0 ||
		    (y->type & DP_TYPES_NUMBER) == 0)
			continue;
		order = dp_decimal_compare(x->text, x->len, y->text, y->len);
		if (order > 0 || (order == 0 && pairs[k].strict))
			tell(l, i, "never", "no value is between %s and %s",
			    pairs[k].low, pairs[k].high);
	}
}

static void
lint_effect(struct lint *l, const struct dp_tape *t, uint32_t schema,
    unsigned types)
{
	static const struct {
		const char *name;
		unsigned types;
	} words[] = {
		{ "minimum", DP_TYPES_NUMBER },
		{ "maximum", DP_TYPES_NUMBER },
		{ "exclusiveMinimum", DP_TYPES_NUMBER },
		{ "exclusiveMaximum", DP_TYPES_NUMBER },
		{ "multipleOf", DP_TYPES_NUMBER },
		{ "minLength", DP_JSON_STRING },
		{ "maxLength", DP_JSON_STRING },
		{ "pattern", DP_JSON_STRING },
		{ "format", DP_JSON_STRING },
		{ "items", DP_JSON_ARRAY },
		{ "prefixItems", DP_JSON_ARRAY },
		{ "contains", DP_JSON_ARRAY },
		{ "minItems", DP_JSON_ARRAY },
		{ "maxItems", DP_JSON_ARRAY },
		{ "uniqueItems", DP_JSON_ARRAY },
		{ "properties", DP_JSON_OBJECT },
		{ "patternProperties", DP_JSON_OBJECT },
		{ "additionalProperties", DP_JSON_OBJECT },
		{ "propertyNames", DP_JSON_OBJECT },
		{ "required", DP_JSON_OBJECT },
		{ "minProperties", DP_JSON_OBJECT },
		{ "maxProperties", DP_JSON_OBJECT },
	};

	size_t k;

	for (k = 0; k < sizeof words / sizeof words[0]; k++) {
		const uint32_t i = dp_subschema_get(t, schema, words[k].name);

		if (i != 0 && (types & words[k].types) == 0)
			tell(l, i, "no-effect",
			    "says nothing: the type allows no such value");
	}
}

static void
lint_required(struct lint *l, const struct dp_tape *t, uint32_t schema)
{
	const uint32_t list = dp_subschema_get(t, schema, "required");
	const uint32_t known = dp_subschema_get(t, schema, "properties");
	const uint32_t rest =
	    dp_subschema_get(t, schema, "additionalProperties");
	const bool closed =
	    rest != 0 && dp_tape_at(t, rest)->type == DP_JSON_FALSE;
	uint32_t i;

	/* Others may describe the keys: then nothing can be said. */
	if (list == 0 || dp_tape_at(t, list)->type != DP_JSON_ARRAY ||
	    dp_subschema_get(t, schema, "patternProperties") != 0 ||
	    (known == 0 && !closed))
		return;
	for (i = list + 1; i < dp_tape_at(t, list)->next;
	     i = dp_tape_at(t, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(t, i);
		const char *name;

		if (it->type != DP_JSON_STRING)
			continue;
		name = plain(l, it->text + 1, it->len - 2);
		if (known != 0 &&
		    dp_tape_member(t, known, name, l->text.len) != 0)
			continue;
		tell(l, i, closed ? "never" : "required",
		    closed
			? "is required, and additionalProperties forbids it"
			: "is required, but properties does not describe it");
	}
}

/*
 * A loop around something that is itself a loop without an end may be
 * walked in very many ways: (a+)+, (a*b?)*, (\w+\s?)+.
 */
static bool
loops_nest(const char *p, size_t len)
{
	bool inner[64] = { false };
	size_t i, depth = 0;
	bool in_class = false;

	for (i = 0; i < len; i++) {
		const bool star = p[i] == '*' || p[i] == '+' ||
		    (p[i] == '{' && memchr(p + i, '}', len - i) != NULL &&
			*((const char *)memchr(p + i, '}', len - i) - 1) ==
			    ',');

		if (p[i] == '\\') {
			i++;
		} else if (in_class) {
			in_class = p[i] != ']';
		} else if (p[i] == '[') {
			in_class = true;
		} else if (p[i] == '(' && depth < 63) {
			inner[++depth] = false;
		} else if (p[i] == ')' && depth > 0) {
			const bool looped = inner[depth--];
			const bool again = i + 1 < len &&
			    (p[i + 1] == '*' || p[i + 1] == '+' ||
				p[i + 1] == '{');

			if (looped && again)
				return true;
			inner[depth] = inner[depth] || looped;
		} else if (star) {
			inner[depth] = true;
		}
	}
	return false;
}

static void
lint_string(struct lint *l, const struct dp_tape *t, uint32_t schema,
    unsigned types)
{
	static const char *const bounds[] = { "maxLength", "enum", "const",
		"format", "pattern", "$ref", "allOf" };
	const uint32_t format = dp_subschema_get(t, schema, "format");
	const uint32_t pattern = dp_subschema_get(t, schema, "pattern");
	const struct dp_tape_item *it = dp_tape_at(t, format);
	size_t k;

	if (format != 0 && it->type == DP_JSON_STRING) {
		const char *name = plain(l, it->text + 1, it->len - 2);

		if (dp_format_find(name, l->text.len) == NULL &&
		    !dp_format_missing(name, l->text.len))
			tell(l, format, "format",
			    "\"%.64s\" is no format of JSON Schema: it says "
			    "nothing",
			    name);
	}
	it = dp_tape_at(t, pattern);
	if (pattern != 0 && it->type == DP_JSON_STRING) {
		const char *text = plain(l, it->text + 1, it->len - 2);

		if (loops_nest(text, l->text.len))
			tell(l, pattern, "pattern",
			    "a loop within a loop may take very many steps");
	}
	if (dp_subschema_get(t, schema, "type") == 0 ||
	    (types & DP_JSON_STRING) == 0)
		return;
	for (k = 0; k < sizeof bounds / sizeof bounds[0]; k++)
		if (dp_subschema_get(t, schema, bounds[k]) != 0)
			return;
	if (l->nunbounded++ == 0)
		l->unbounded = schema;
}

static bool
lint_schema(void *arg, const struct dp_tape *t, uint32_t i)
{
	struct lint *l = arg;
	unsigned types;

	if (dp_tape_at(t, i)->type != DP_JSON_OBJECT)
		return true;
	types = types_of(t, i);
	lint_effect(l, t, i, types);
	lint_values(l, t, i, types);
	lint_bounds(l, t, i);
	lint_required(l, t, i);
	lint_string(l, t, i, types);
	return true;
}

/* -- The table that dp-load would make -- */

static bool
is_plain(unsigned types)
{
	types &= ~(unsigned)DP_JSON_NULL;
	if (types == 0 || (types & DP_TYPES_CONTAINER) != 0)
		return true; /* as JSON, on purpose */
	return types == DP_TYPES_BOOLEAN || types == DP_JSON_STRING ||
	    (types & ~(unsigned)DP_TYPES_NUMBER) == 0;
}

static void
lint_columns(struct lint *l, const struct dp_tape *t)
{
	const uint32_t list = dp_subschema_get(t, 0, "properties");
	uint32_t i;

	if (list == 0 || dp_tape_at(t, list)->type != DP_JSON_OBJECT)
		return;
	if (dp_tape_at(t, list)->count > COLUMNS)
		tell(l, list, "column",
		    "more properties than a table of "
		    "PostgreSQL has columns (%d)",
		    COLUMNS);
	for (i = list + 1; i < dp_tape_at(t, list)->next;
	     i = dp_tape_at(t, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(t, i);

		(void)plain(l, it->key, it->key_len);
		if (l->text.len > COLUMN_NAME &&
		    dp_subschema_get(t, i, "x-dp-column") == 0)
			tell(l, i, "column",
			    "longer than a column's name: dp-load cuts it "
			    "(x-dp-column names another)");
		if (dp_subschema_get(t, i, "type") != 0 &&
		    dp_subschema_get(t, i, "x-dp-type") == 0 &&
		    !is_plain(types_of(t, i)))
			tell(l, i, "column",
			    "values of several types: the column is JSON");
	}
}

int
dp_lint(const struct dp_source *s, dp_lint_fn *fn, void *arg,
    struct dp_err *err)
{
	struct lint l = { .source = s, .tell = fn, .arg = arg };
	bool failed;

	dp_buf_init(&l.text, 0);
	if (dp_tape_at(&s->tape, 0)->type == DP_JSON_OBJECT &&
	    dp_subschema_get(&s->tape, 0, "$schema") == 0)
		tell(&l, 0, "dialect", "no $schema: taken for 2020-12");
	dp_subschema_each(&s->tape, 0, lint_schema, &l);
	lint_columns(&l, &s->tape);
	if (l.nunbounded > 0)
		tell(&l, l.unbounded, "unbounded",
		    "strings of any length: the first of %zu such places",
		    l.nunbounded);
	failed = l.text.failed;
	dp_buf_fini(&l.text);
	return failed ? dp_err_nomem(err) : 0;
}
