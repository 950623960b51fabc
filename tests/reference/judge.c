#include "judge.h"

#include <string.h>

#include "inside.h"
#include "regex.h"

#define DEPTH 400
#define STEPS 200000

/* Keyword name of s where the draft has it, or NULL. */
static const struct ref_value *
keyword(const struct ref_case *c, const struct ref_value *s, const char *name,
    int from, int to)
{
	return c->schema->draft < from || c->schema->draft > to
	    ? NULL
	    : ref_member(s, name);
}

static bool *
marks(const struct ref_value *v)
{
	return ref_take(v->n + 1);
}

static void
join(const struct ref_value *v, bool *to, const bool *from)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		to[i] = to[i] || from[i];
}

/* The same value by another schema: what that evaluates counts if it holds. */
static bool
beside(struct ref_case *c, const struct ref_value *s, const struct ref_value *v,
    bool *done)
{
	bool *own = marks(v);

	if (!ref_holds(c, s, v, own))
		return false;
	join(v, done, own);
	return true;
}

static bool
child_holds(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *child)
{
	return ref_holds(c, s, child, marks(child));
}

static size_t
how_many(struct ref_case *c, const struct ref_value *list,
    const struct ref_value *v, bool *done)
{
	const struct ref_value *s;
	size_t n = 0;

	for (s = list->first; s != NULL; s = s->next)
		n += beside(c, s, v, done);
	return n;
}

static bool
logic(struct ref_case *c, const struct ref_value *s, const struct ref_value *v,
    bool *done)
{
	const struct ref_value *all = ref_member(s, "allOf");
	const struct ref_value *any = ref_member(s, "anyOf");
	const struct ref_value *one = ref_member(s, "oneOf");
	const struct ref_value *no = ref_member(s, "not");

	return (all == NULL || how_many(c, all, v, done) == all->n) &&
	    (any == NULL || how_many(c, any, v, done) > 0) &&
	    (one == NULL || how_many(c, one, v, done) == 1) &&
	    (no == NULL || !ref_holds(c, no, v, marks(v)));
}

static bool
condition(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v, bool *done)
{
	const struct ref_value *cond = keyword(c, s, "if", 7, 2020);
	const struct ref_value *next;

	if (cond == NULL)
		return true;
	next = ref_member(s, beside(c, cond, v, done) ? "then" : "else");
	return next == NULL || beside(c, next, v, done);
}

static bool
dependents(struct ref_case *c, const struct ref_value *map,
    const struct ref_value *v, bool *done)
{
	const struct ref_value *d, *m;

	for (d = map == NULL ? NULL : map->first; d != NULL; d = d->next)
		for (m = v->first; m != NULL; m = m->next)
			if (d->kind != REF_ARRAY && d->key_len == m->key_len &&
			    memcmp(d->key, m->key, d->key_len) == 0 &&
			    !beside(c, d, v, done))
				return false;
	return true;
}

static bool
member_holds(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *m, bool *done)
{
	const struct ref_value *listed = ref_member(s, "properties");
	const struct ref_value *patterns = ref_member(s, "patternProperties");
	const struct ref_value *rest = ref_member(s, "additionalProperties");
	const struct ref_value *p;
	bool known = false;

	for (p = listed == NULL ? NULL : listed->first; p != NULL; p = p->next)
		if (p->key_len == m->key_len &&
		    memcmp(p->key, m->key, p->key_len) == 0) {
			known = true;
			if (!child_holds(c, p, m))
				return false;
		}
	for (p = patterns == NULL ? NULL : patterns->first; p != NULL;
	     p = p->next)
		if (ref_regex(p->key, p->key_len, m->key, m->key_len)) {
			known = true;
			if (!child_holds(c, p, m))
				return false;
		}
	if (!known && rest != NULL && !child_holds(c, rest, m))
		return false;
	done[m->index] = known || rest != NULL;
	return true;
}

static bool
objects(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v, bool *done)
{
	const struct ref_value *names = keyword(c, s, "propertyNames", 6, 2020);
	const struct ref_value *m;
	bool *own = marks(v);

	for (m = v->first; m != NULL; m = m->next) {
		const struct ref_value name = { .kind = REF_STRING,
			.text = m->key,
			.len = m->key_len };

		if (!member_holds(c, s, m, own) ||
		    (names != NULL && !child_holds(c, names, &name)))
			return false;
	}
	join(v, done, own);
	return dependents(c, ref_member(s, "dependencies"), v, done) &&
	    dependents(c, keyword(c, s, "dependentSchemas", 2019, 2020), v,
		done);
}

static const struct ref_value *
nth(const struct ref_value *list, size_t n)
{
	const struct ref_value *s = list == NULL ? NULL : list->first;

	while (s != NULL && n-- > 0)
		s = s->next;
	return s;
}

static bool
elements(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v, bool *done)
{
	const struct ref_value *items = ref_member(s, "items");
	const struct ref_value *list = NULL, *rest = items, *e;

	if (c->schema->draft == 2020) {
		list = ref_member(s, "prefixItems");
	} else if (items != NULL && items->kind == REF_ARRAY) {
		list = items;
		rest = ref_member(s, "additionalItems");
	}
	for (e = v->first; e != NULL; e = e->next) {
		const struct ref_value *by = nth(list, e->index);

		if (by == NULL)
			by = rest;
		if (by == NULL)
			continue;
		if (!child_holds(c, by, e))
			return false;
		done[e->index] = true;
	}
	return true;
}

static bool
contains(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v, bool *done)
{
	const struct ref_value *what = keyword(c, s, "contains", 6, 2020);
	const struct ref_value *e;
	size_t n = 0;

	if (what == NULL)
		return true;
	for (e = v->first; e != NULL; e = e->next)
		if (child_holds(c, what, e)) {
			n++;
			if (c->schema->draft == 2020)
				done[e->index] = true;
		}
	if (c->schema->draft < 2019)
		return n > 0;
	return (ref_member(s, "minContains") != NULL || n > 0) &&
	    ref_within(s, "minContains", "maxContains", n);
}

/* unevaluatedItems or unevaluatedProperties, behind all others. */
static bool
rest_holds(struct ref_case *c, const struct ref_value *rest,
    const struct ref_value *v, bool *done)
{
	const struct ref_value *e;

	if (rest == NULL)
		return true;
	for (e = v->first; e != NULL; e = e->next) {
		if (done[e->index])
			continue;
		if (!child_holds(c, rest, e))
			return false;
		done[e->index] = true;
	}
	return true;
}

static bool
referred(struct ref_case *c, const struct ref_value *target,
    const struct ref_value *v, bool *done)
{
	if (target == NULL) {
		c->trouble = REF_LOST;
		return false;
	}
	return beside(c, target, v, done);
}

/* Outwards from the scope at hand, the last schema that has the name. */
static const struct ref_value *
outermost(const struct ref_case *c, const char *name)
{
	const struct ref_value *found = NULL, *a;
	const struct ref_scope *s;

	for (s = c->scope; s != NULL; s = s->outer) {
		if (name == NULL) {
			a = ref_member(s->resource, "$recursiveAnchor");
			a = a != NULL && a->kind == REF_TRUE ? s->resource
							     : NULL;
		} else {
			a = ref_anchor(c->schema, s->resource, name, true);
		}
		if (a != NULL)
			found = a;
	}
	return found;
}

const struct ref_value *
ref_dynamic(const struct ref_case *c, const struct ref_value *ref)
{
	const struct ref_value *target = ref_target(c->schema, ref), *a;
	const char *name;

	if (target == NULL)
		return NULL;
	if (c->schema->draft == 2019) {
		a = ref_member(target, "$recursiveAnchor");
		return a != NULL && a->kind == REF_TRUE ? outermost(c, NULL)
							: target;
	}
	name = memchr(ref->text, '#', ref->len);
	a = ref_member(target, "$dynamicAnchor");
	if (name == NULL || a == NULL || !ref_text_is(a, name + 1))
		return target;
	a = outermost(c, name + 1);
	return a == NULL ? target : a;
}

static bool
references(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v, bool *done)
{
	const struct ref_value *ref = ref_member(s, "$ref");
	const struct ref_value *again =
	    keyword(c, s, "$recursiveRef", 2019, 2019);
	const struct ref_value *dynamic =
	    keyword(c, s, "$dynamicRef", 2020, 2020);

	if (again != NULL)
		dynamic = again;
	return (ref == NULL ||
		   referred(c, ref_target(c->schema, ref), v, done)) &&
	    (dynamic == NULL || referred(c, ref_dynamic(c, dynamic), v, done));
}

static bool
object_holds(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v, bool *done)
{
	/* Before 2019-09 a $ref hides all that stands beside it. */
	if (c->schema->draft <= 7 && ref_member(s, "$ref") != NULL)
		return references(c, s, v, done);
	return ref_simple(c, s, v) && references(c, s, v, done) &&
	    logic(c, s, v, done) && condition(c, s, v, done) &&
	    (v->kind != REF_OBJECT || objects(c, s, v, done)) &&
	    (v->kind != REF_ARRAY ||
		(elements(c, s, v, done) && contains(c, s, v, done))) &&
	    (v->kind != REF_ARRAY ||
		rest_holds(c, keyword(c, s, "unevaluatedItems", 2019, 2020), v,
		    done)) &&
	    (v->kind != REF_OBJECT ||
		rest_holds(c,
		    keyword(c, s, "unevaluatedProperties", 2019, 2020), v,
		    done));
}

bool
ref_holds(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v, bool *done)
{
	const struct ref_scope *outer = c->scope;
	const struct ref_scope here = { ref_resource(s), outer };
	const size_t mark = ref_mark();
	bool good;

	if (c->trouble == REF_VALID && c->depth == DEPTH)
		c->trouble = REF_ENDLESS;
	if (c->trouble == REF_VALID && c->schema->steps++ == STEPS)
		c->trouble = REF_LONG;
	if (c->trouble != REF_VALID)
		return false;
	if (s->kind != REF_OBJECT)
		return s->kind == REF_TRUE;
	c->depth++;
	c->scope = &here;
	good = object_holds(c, s, v, done);
	c->scope = outer;
	c->depth--;
	ref_reset(mark);
	return good;
}

enum ref_verdict
ref_judge(struct ref_schema *s, const struct ref_value *v)
{
	struct ref_case c = { .schema = s };
	const size_t mark = ref_mark();
	bool good;

	s->steps = 0;
	good = ref_holds(&c, s->root, v, marks(v));
	ref_reset(mark);
	if (c.trouble != REF_VALID)
		return c.trouble;
	return good ? REF_VALID : REF_INVALID;
}
