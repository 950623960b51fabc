/* Keywords that need no other schema: inside.h. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "number.h"
#include "regex.h"

static bool
is_of(const struct ref_case *c, const struct ref_value *name,
    const struct ref_value *v)
{
	static const char *const kinds[] = { "null", "boolean", "boolean",
		"number", "string", "array", "object" };

	if (ref_text_is(name, kinds[v->kind]))
		return true;
	if (v->kind != REF_NUMBER || !ref_text_is(name, "integer"))
		return false;
	if (c->schema->draft > 4)
		return ref_number_integral(v->text, v->len);
	/* In draft 4 an integer is written without fraction or exponent. */
	return memchr(v->text, '.', v->len) == NULL &&
	    memchr(v->text, 'e', v->len) == NULL &&
	    memchr(v->text, 'E', v->len) == NULL;
}

static bool
type(const struct ref_case *c, const struct ref_value *types,
    const struct ref_value *v)
{
	const struct ref_value *t;

	if (types->kind == REF_STRING)
		return is_of(c, types, v);
	for (t = types->first; t != NULL; t = t->next)
		if (is_of(c, t, v))
			return true;
	return false;
}

static bool
among(const struct ref_value *values, const struct ref_value *v)
{
	const struct ref_value *one;

	for (one = values->first; one != NULL; one = one->next)
		if (ref_equal(one, v))
			return true;
	return false;
}

static int
against(const struct ref_value *v, const struct ref_value *bound)
{
	return ref_number_compare(v->text, v->len, bound->text, bound->len);
}

static bool
numbers(const struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v)
{
	const struct ref_value *min = ref_member(s, "minimum");
	const struct ref_value *max = ref_member(s, "maximum");
	const struct ref_value *above = ref_member(s, "exclusiveMinimum");
	const struct ref_value *below = ref_member(s, "exclusiveMaximum");
	const struct ref_value *step = ref_member(s, "multipleOf");

	if (c->schema->draft == 4) {
		const bool more = above != NULL && above->kind == REF_TRUE;
		const bool less = below != NULL && below->kind == REF_TRUE;

		above = more ? min : NULL;
		below = less ? max : NULL;
	}
	return (min == NULL || against(v, min) >= 0) &&
	    (max == NULL || against(v, max) <= 0) &&
	    (above == NULL || against(v, above) > 0) &&
	    (below == NULL || against(v, below) < 0) &&
	    (step == NULL ||
		ref_number_multiple(v->text, v->len, step->text, step->len));
}

static size_t
characters(const struct ref_value *v)
{
	size_t at = 0, n;

	for (n = 0; at < v->len; n++)
		(void)ref_character(v->text, v->len, &at);
	return n;
}

/* A count compared with the number under a key: exact, whatever its size. */
bool
ref_within(const struct ref_value *s, const char *least, const char *most,
    size_t n)
{
	const struct ref_value *min = ref_member(s, least);
	const struct ref_value *max = ref_member(s, most);
	char text[24];
	const size_t len = (size_t)snprintf(text, sizeof text, "%zu", n);

	return (min == NULL ||
		   ref_number_compare(text, len, min->text, min->len) >= 0) &&
	    (max == NULL ||
		ref_number_compare(text, len, max->text, max->len) <= 0);
}

static bool
is_ipv4(const char *text, size_t len)
{
	unsigned n = 0, part = 0, digits = 0;
	size_t i;

	for (i = 0; i <= len; i++) {
		if (i == len || text[i] == '.') {
			if (digits == 0 || part > 255)
				return false;
			n++;
			part = digits = 0;
		} else if (text[i] < '0' || text[i] > '9' ||
		    (digits > 0 && part == 0) || digits == 3) {
			return false;
		} else {
			part = part * 10 + (unsigned)(text[i] - '0');
			digits++;
		}
	}
	return n == 4;
}

static bool
is_date(const char *text, size_t len)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int year, month, day;
	size_t i;

	if (len != 10)
		return false;
	for (i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? text[i] != '-'
				     : text[i] < '0' || text[i] > '9')
			return false;
	year = atoi(text);
	month = atoi(text + 5);
	day = atoi(text + 8);
	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] ||
	    (month == 2 && day == 29 && year % 4 == 0 &&
		(year % 100 != 0 || year % 400 == 0));
}

static bool
format(const struct ref_value *f, const struct ref_value *v)
{
	if (ref_text_is(f, "ipv4"))
		return is_ipv4(v->text, v->len);
	if (ref_text_is(f, "date"))
		return is_date(v->text, v->len);
	return true;
}

static bool
strings(const struct ref_value *s, const struct ref_value *v)
{
	const struct ref_value *p = ref_member(s, "pattern");
	const struct ref_value *f = ref_member(s, "format");

	return ref_within(s, "minLength", "maxLength", characters(v)) &&
	    (p == NULL || ref_regex(p->text, p->len, v->text, v->len)) &&
	    (f == NULL || format(f, v));
}

static bool
unique(const struct ref_value *v)
{
	const struct ref_value *a, *b;

	for (a = v->first; a != NULL; a = a->next)
		for (b = a->next; b != NULL; b = b->next)
			if (ref_equal(a, b))
				return false;
	return true;
}

static bool
arrays(const struct ref_value *s, const struct ref_value *v)
{
	const struct ref_value *u = ref_member(s, "uniqueItems");

	return ref_within(s, "minItems", "maxItems", v->n) &&
	    (u == NULL || u->kind != REF_TRUE || unique(v));
}

static const struct ref_value *
find(const struct ref_value *object, const struct ref_value *name)
{
	const struct ref_value *m;

	for (m = object->first; m != NULL; m = m->next)
		if (m->key_len == name->len &&
		    memcmp(m->key, name->text, name->len) == 0)
			return m;
	return NULL;
}

static bool
has_all(const struct ref_value *names, const struct ref_value *v)
{
	const struct ref_value *k;

	for (k = names->first; k != NULL; k = k->next)
		if (find(v, k) == NULL)
			return false;
	return true;
}

/* dependentRequired, and the lists of dependencies. */
static bool
dependent(const struct ref_value *map, const struct ref_value *v)
{
	const struct ref_value *d, *m;

	for (d = map->first; d != NULL; d = d->next)
		for (m = v->first; m != NULL; m = m->next)
			if (d->kind == REF_ARRAY && d->key_len == m->key_len &&
			    memcmp(d->key, m->key, d->key_len) == 0 &&
			    !has_all(d, v))
				return false;
	return true;
}

static bool
objects(const struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v)
{
	const struct ref_value *required = ref_member(s, "required");
	const struct ref_value *old = ref_member(s, "dependencies");
	const struct ref_value *d = ref_member(s, "dependentRequired");

	return ref_within(s, "minProperties", "maxProperties", v->n) &&
	    (required == NULL || has_all(required, v)) &&
	    (old == NULL || dependent(old, v)) &&
	    (c->schema->draft < 2019 || d == NULL || dependent(d, v));
}

bool
ref_simple(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v)
{
	const struct ref_value *t = ref_member(s, "type");
	const struct ref_value *e = ref_member(s, "enum");
	const struct ref_value *k = ref_member(s, "const");

	return (t == NULL || type(c, t, v)) && (e == NULL || among(e, v)) &&
	    (k == NULL || c->schema->draft == 4 || ref_equal(k, v)) &&
	    (v->kind != REF_NUMBER || numbers(c, s, v)) &&
	    (v->kind != REF_STRING || strings(s, v)) &&
	    (v->kind != REF_ARRAY || arrays(s, v)) &&
	    (v->kind != REF_OBJECT || objects(c, s, v));
}
