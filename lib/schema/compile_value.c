/* Compiles what speaks of one value: type, const, enum, numbers, strings. */
#include <string.h>

#include "base/err.h"
#include "json/decimal.h"
#include "schema/compile.h"
#include "schema/format.h"
#include "schema/number.h"
#include "schema/pattern.h"

static const struct {
	const char *name;
	uint8_t types;
} type_names[] = {
	{ "null", DP_JSON_NULL },
	{ "boolean", DP_TYPES_BOOLEAN },
	{ "integer", DP_JSON_INTEGER },
	{ "number", DP_TYPES_NUMBER },
	{ "string", DP_JSON_STRING },
	{ "array", DP_JSON_ARRAY },
	{ "object", DP_JSON_OBJECT },
};

static int
add_type(struct dp_compile *c, uint32_t i, uint8_t *types)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	size_t k;

	for (k = 0; it->type == DP_JSON_STRING &&
	     k < sizeof type_names / sizeof type_names[0];
	     k++)
		if (dp_scan_equal(it->text + 1, it->len - 2, it->escaped,
			type_names[k].name, strlen(type_names[k].name))) {
			*types |= type_names[k].types;
			return 0;
		}
	return dp_source_error(c->source, i, c->err,
	    "no type: want null, boolean, integer, number, string, array or "
	    "object");
}

int
dp_compile_types(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts)
{
	const uint32_t i = parts->at[DP_KW_TYPE];
	const struct dp_tape *t = &c->source->tape;
	uint32_t k;

	if (i == 0)
		return 0;
	n->said = 0;
	if (dp_tape_at(t, i)->type != DP_JSON_ARRAY) {
		if (add_type(c, i, &n->said) == -1)
			return -1;
	}
	for (k = i + 1; dp_tape_at(t, i)->type == DP_JSON_ARRAY &&
	     k < dp_tape_at(t, i)->next;
	     k++)
		if (add_type(c, k, &n->said) == -1)
			return -1;
	n->types &= n->said;
	return 0;
}

/* The strings among the values get a table. */
static int
table_of(struct dp_compile *c, struct dp_values *v)
{
	const struct dp_tape *t = &c->source->tape;
	struct dp_key *keys = dp_compile_take(c, v->n + 1, sizeof *keys);
	size_t i;

	if (keys == NULL)
		return -1;
	for (i = 0; i < v->n; i++) {
		const struct dp_tape_item *it = dp_tape_at(t, v->items[i]);
		struct dp_key *k = &keys[v->nstrings];

		v->types |= it->type;
		if (it->type != DP_JSON_STRING)
			continue;
		k->text =
		    dp_compile_text(c, it->text + 1, it->len - 2, &k->len);
		if (k->text == NULL)
			return -1;
		v->nstrings++;
	}
	v->strings = keys;
	if (v->nstrings > 0 &&
	    dp_keytable_make(&v->table, keys, v->nstrings,
		&c->program->arena) == -1)
		return dp_err_nomem(c->err);
	return 0;
}

static const struct dp_values *
values_of(struct dp_compile *c, const uint32_t *items, size_t n,
    const char *keyword)
{
	struct dp_values *v = dp_compile_take(c, 1, sizeof *v);

	if (v == NULL)
		return NULL;
	v->items = items;
	v->n = n;
	v->source = c->source;
	v->keyword = keyword;
	return table_of(c, v) == -1 ? NULL : v;
}

static const struct dp_values *
enum_of(struct dp_compile *c, uint32_t i)
{
	const struct dp_tape *t = &c->source->tape;
	uint32_t *items, k, n = 0;

	if (dp_tape_at(t, i)->type != DP_JSON_ARRAY) {
		(void)dp_source_error(c->source, i, c->err,
		    "want an array of values");
		return NULL;
	}
	items = dp_compile_take(c, dp_tape_at(t, i)->count + (size_t)1,
	    sizeof *items);
	if (items == NULL)
		return NULL;
	for (k = i + 1; k < dp_tape_at(t, i)->next; k = dp_tape_at(t, k)->next)
		items[n++] = k;
	return values_of(c, items, n, "enum");
}

int
dp_compile_values(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts)
{
	uint32_t *one;

	if (parts->at[DP_KW_ENUM] != 0) {
		n->values = enum_of(c, parts->at[DP_KW_ENUM]);
		if (n->values == NULL)
			return -1;
		n->types &= n->values->types;
	}
	if (parts->at[DP_KW_CONST] == 0)
		return 0;
	one = dp_compile_take(c, 1, sizeof *one);
	if (one == NULL)
		return -1;
	*one = parts->at[DP_KW_CONST];
	n->only = values_of(c, one, 1, "const");
	if (n->only == NULL)
		return -1;
	n->types &= n->only->types;
	return 0;
}

static int
is_number(struct dp_compile *c, uint32_t i)
{
	if ((dp_tape_at(&c->source->tape, i)->type & DP_TYPES_NUMBER) != 0)
		return 0;
	return dp_source_error(c->source, i, c->err, "want a number");
}

static int
add_bound(struct dp_compile *c, struct dp_number *num, uint32_t i,
    enum dp_bound_kind kind)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);

	if (i == 0)
		return 0;
	if (is_number(c, i) == -1)
		return -1;
	dp_number_bound(&num->bounds[num->nbounds++], it->text, it->len, kind);
	return 0;
}

/* In draft 4 the exclusive ones are booleans beside the others. */
static int
add_bounds_4(struct dp_compile *c, struct dp_number *num,
    const struct dp_parts *parts, enum dp_keyword_id bound,
    enum dp_keyword_id exclusive, enum dp_bound_kind kind)
{
	const uint32_t i = parts->at[exclusive];
	uint8_t type = 0;

	if (i != 0)
		type = dp_tape_at(&c->source->tape, i)->type;
	if (i != 0 && (type & DP_TYPES_BOOLEAN) == 0)
		return dp_source_error(c->source, i, c->err, "want a boolean");
	if (type == DP_JSON_TRUE)
		kind = kind == DP_BOUND_MIN ? DP_BOUND_ABOVE : DP_BOUND_BELOW;
	return add_bound(c, num, parts->at[bound], kind);
}

static int
add_step(struct dp_compile *c, struct dp_number *num, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);

	if (i == 0)
		return 0;
	if (is_number(c, i) == -1)
		return -1;
	if (dp_number_step(num, it->text, it->len) == -1)
		return dp_source_error(c->source, i, c->err,
		    "want a number above 0, of %d digits at most",
		    DP_NUMBER_STEP_DIGITS);
	return 0;
}

int
dp_compile_number(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts)
{
	const uint32_t *at = parts->at;
	const bool literal = c->drafts == DP_DRAFT_4 &&
	    (n->said & DP_TYPES_NUMBER) == DP_JSON_INTEGER;
	struct dp_number *num;
	int rc;

	if (!literal && at[DP_KW_MINIMUM] == 0 && at[DP_KW_MAXIMUM] == 0 &&
	    at[DP_KW_EXCLUSIVE_MINIMUM] == 0 &&
	    at[DP_KW_EXCLUSIVE_MAXIMUM] == 0 && at[DP_KW_MULTIPLE_OF] == 0)
		return 0;
	num = dp_compile_take(c, 1, sizeof *num);
	if (num == NULL)
		return -1;
	num->literal = literal;
	if (c->drafts == DP_DRAFT_4)
		rc = add_bounds_4(c, num, parts, DP_KW_MINIMUM,
			 DP_KW_EXCLUSIVE_MINIMUM, DP_BOUND_MIN) == -1 ||
			add_bounds_4(c, num, parts, DP_KW_MAXIMUM,
			    DP_KW_EXCLUSIVE_MAXIMUM, DP_BOUND_MAX) == -1
		    ? -1
		    : 0;
	else
		rc = add_bound(c, num, at[DP_KW_MINIMUM], DP_BOUND_MIN) == -1 ||
			add_bound(c, num, at[DP_KW_MAXIMUM], DP_BOUND_MAX) ==
			    -1 ||
			add_bound(c, num, at[DP_KW_EXCLUSIVE_MINIMUM],
			    DP_BOUND_ABOVE) == -1 ||
			add_bound(c, num, at[DP_KW_EXCLUSIVE_MAXIMUM],
			    DP_BOUND_BELOW) == -1
		    ? -1
		    : 0;
	if (rc == -1 || add_step(c, num, at[DP_KW_MULTIPLE_OF]) == -1)
		return -1;
	n->number = num;
	return 0;
}

const struct dp_pattern *
dp_compile_pattern(struct dp_compile *c, uint32_t i, const char *text,
    size_t len)
{
	struct dp_err why = { 0 };
	struct dp_pattern *p = dp_pattern_new(text, len, &why);

	if (p == NULL && why.status == DP_CONFIG) {
		(void)dp_source_error(c->source, i, c->err, "%.400s", why.msg);
		return NULL;
	}
	if (p == NULL) {
		*c->err = why;
		return NULL;
	}
	if (dp_buf_add(&c->program->patterns, &p, sizeof(void *)) == -1) {
		dp_pattern_free(p);
		(void)dp_err_nomem(c->err);
		return NULL;
	}
	return p;
}

static int
add_pattern(struct dp_compile *c, struct dp_string *s, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	size_t len;

	if (it->type != DP_JSON_STRING)
		return dp_source_error(c->source, i, c->err,
		    "want a regular expression");
	s->pattern_text = dp_compile_text(c, it->text + 1, it->len - 2, &len);
	if (s->pattern_text == NULL)
		return -1;
	s->pattern = dp_compile_pattern(c, i, s->pattern_text, len);
	return s->pattern == NULL ? -1 : 0;
}

static int
add_format(struct dp_compile *c, struct dp_string *s, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	const char *name;
	size_t len;

	if (it->type != DP_JSON_STRING)
		return dp_source_error(c->source, i, c->err,
		    "want the name of a format");
	name = dp_compile_text(c, it->text + 1, it->len - 2, &len);
	if (name == NULL)
		return -1;
	if (c->program->formats_pass &&
	    (c->vocabularies & DP_VOCAB_ASSERT) == 0)
		return 0;
	s->format = dp_format_find(name, len);
	/* One that nobody can check here must not pass for checked. */
	if (s->format == NULL && dp_format_missing(name, len))
		return dp_source_error(c->source, i, c->err,
		    "the format %s is not built in; --formats=annotate takes "
		    "it for a remark",
		    name);
	return 0;
}

int
dp_compile_string(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts)
{
	const uint32_t *at = parts->at;
	struct dp_string *s;

	if (at[DP_KW_MIN_LENGTH] == 0 && at[DP_KW_MAX_LENGTH] == 0 &&
	    at[DP_KW_PATTERN] == 0 && at[DP_KW_FORMAT] == 0)
		return 0;
	s = dp_compile_take(c, 1, sizeof *s);
	if (s == NULL)
		return -1;
	s->max = UINT64_MAX;
	if ((at[DP_KW_MIN_LENGTH] != 0 &&
		dp_compile_count(c, at[DP_KW_MIN_LENGTH], &s->min) == -1) ||
	    (at[DP_KW_MAX_LENGTH] != 0 &&
		dp_compile_count(c, at[DP_KW_MAX_LENGTH], &s->max) == -1) ||
	    (at[DP_KW_PATTERN] != 0 &&
		add_pattern(c, s, at[DP_KW_PATTERN]) == -1) ||
	    (at[DP_KW_FORMAT] != 0 && add_format(c, s, at[DP_KW_FORMAT]) == -1))
		return -1;
	/* A format that is none of ours asks for nothing. */
	if (s->min > 0 || s->max < UINT64_MAX || s->pattern != NULL ||
	    s->format != NULL)
		n->string = s;
	return 0;
}
