/* References, and what has a name: judge.h. */
#include <string.h>

#include "inside.h"

/* Where keywords hold schemas: one, a list, or an object of them. */
static const struct {
	const char *name;
	char shape;
} holders[] = {
	{ "additionalItems", '1' },
	{ "additionalProperties", '1' },
	{ "allOf", 'L' },
	{ "anyOf", 'L' },
	{ "contains", '1' },
	{ "$defs", 'M' },
	{ "definitions", 'M' },
	{ "dependencies", 'M' },
	{ "dependentSchemas", 'M' },
	{ "else", '1' },
	{ "if", '1' },
	{ "items", '*' },
	{ "not", '1' },
	{ "oneOf", 'L' },
	{ "patternProperties", 'M' },
	{ "prefixItems", 'L' },
	{ "properties", 'M' },
	{ "propertyNames", '1' },
	{ "then", '1' },
	{ "unevaluatedItems", '1' },
	{ "unevaluatedProperties", '1' },
};

static char
shape_of(const struct ref_value *member)
{
	size_t i;

	for (i = 0; i < sizeof holders / sizeof holders[0]; i++)
		if (ref_key_is(member, holders[i].name))
			return holders[i].shape == '*'
			    ? (member->kind == REF_ARRAY ? 'L' : '1')
			    : holders[i].shape;
	return 0;
}

bool
ref_each(struct ref_value *s, ref_each_fn *fn, void *arg)
{
	struct ref_value *m, *c;

	if (fn(s, arg))
		return true;
	if (s->kind != REF_OBJECT)
		return false;
	for (m = s->first; m != NULL; m = m->next) {
		const char shape = shape_of(m);

		if (shape == '1' && ref_each(m, fn, arg))
			return true;
		if (shape != 'M' && shape != 'L')
			continue;
		for (c = m->first; c != NULL; c = c->next)
			if (ref_each(c, fn, arg))
				return true;
	}
	return false;
}

const char *
ref_id_keyword(const struct ref_schema *s)
{
	return s->draft == 4 ? "id" : "$id";
}

static const struct ref_value *
id_of(const struct ref_schema *s, const struct ref_value *v)
{
	const struct ref_value *id = ref_member(v, ref_id_keyword(s));

	if (id == NULL || id->kind != REF_STRING ||
	    (s->draft <= 7 && ref_member(v, "$ref") != NULL))
		return NULL;
	return id;
}

static bool
mark(struct ref_value *v, void *arg)
{
	const struct ref_value *id = id_of(arg, v);

	v->is_resource = id != NULL && id->len > 0 && id->text[0] != '#';
	return false;
}

void
ref_schema_open(struct ref_schema *s)
{
	(void)ref_each(s->root, mark, s);
	s->root->is_resource = true;
}

const struct ref_value *
ref_resource(const struct ref_value *v)
{
	while (!v->is_resource && v->parent != NULL)
		v = v->parent;
	return v;
}

/* A reference resolved against a base: absolute ones, names, fragments. */
static char *
absolute(const char *base, const char *ref, size_t len)
{
	char *out = ref_take(strlen(base) + len + 2);
	size_t keep = strlen(base);

	if (len >= 4 &&
	    (memcmp(ref, "http", 4) == 0 || memcmp(ref, "urn:", 4) == 0))
		keep = 0;
	else if (len > 0 && ref[0] != '#')
		while (keep > 0 && base[keep - 1] != '/')
			keep--;
	memcpy(out, base, keep);
	memcpy(out + keep, ref, len);
	return out;
}

static const char *
uri_of(const struct ref_schema *s, const struct ref_value *resource)
{
	const struct ref_value *id = id_of(s, resource);
	const char *base = "";
	char *uri, *end;

	if (resource->parent != NULL)
		base = uri_of(s, ref_resource(resource->parent));
	if (id == NULL)
		return base;
	uri = absolute(base, id->text, id->len);
	end = strchr(uri, '#');
	if (end != NULL)
		*end = '\0';
	return uri;
}

struct wanted {
	const struct ref_schema *schema;
	const char *name;
	const struct ref_value *within, *found;
	bool dynamic;
};

static bool
has_uri(struct ref_value *v, void *arg)
{
	struct wanted *w = arg;

	if (!v->is_resource || strcmp(uri_of(w->schema, v), w->name) != 0)
		return false;
	w->found = v;
	return true;
}

static bool
has_anchor(struct ref_value *v, void *arg)
{
	struct wanted *w = arg;
	const int draft = w->schema->draft;
	const struct ref_value *a = ref_member(v, "$anchor");
	const struct ref_value *d = ref_member(v, "$dynamicAnchor");
	const struct ref_value *id = id_of(w->schema, v);

	if (ref_resource(v) != w->within)
		return false;
	if (draft <= 7) {
		if (id == NULL || id->len < 2 || id->text[0] != '#' ||
		    strcmp(id->text + 1, w->name) != 0)
			return false;
	} else if ((w->dynamic || a == NULL || !ref_text_is(a, w->name)) &&
	    (draft != 2020 || d == NULL || !ref_text_is(d, w->name))) {
		return false;
	}
	w->found = v;
	return true;
}

const struct ref_value *
ref_anchor(const struct ref_schema *s, const struct ref_value *resource,
    const char *name, bool dynamic)
{
	struct wanted w = { s, name, resource, NULL, dynamic };

	(void)ref_each(s->root, has_anchor, &w);
	return w.found;
}

/* The fragment with its %XX resolved. */
static char *
decoded(const char *fragment)
{
	char *out = ref_take(strlen(fragment) + 1), *p = out;

	for (; *fragment != '\0'; fragment++) {
		unsigned c = 0, i;

		*p = *fragment;
		if (*fragment == '%') {
			for (i = 0; i < 2; i++) {
				const char d = *++fragment;

				c = c * 16 +
				    (unsigned)(d <= '9' ? d - '0'
							: (d | 32) - 'a' + 10);
			}
			*p = (char)c;
		}
		p++;
	}
	return out;
}

static const struct ref_value *
step(const struct ref_value *v, const char *token)
{
	const struct ref_value *c;
	char number[24];

	if (v->kind == REF_OBJECT)
		return ref_member(v, token);
	for (c = v->first; c != NULL; c = c->next) {
		(void)snprintf(number, sizeof number, "%zu", c->index);
		if (v->kind == REF_ARRAY && strcmp(number, token) == 0)
			return c;
	}
	return NULL;
}

static const struct ref_value *
pointed(const struct ref_value *v, const char *pointer)
{
	while (v != NULL && *pointer == '/') {
		char *token = ref_take(strlen(pointer)), *p = token;

		for (pointer++; *pointer != '\0' && *pointer != '/'; pointer++)
			if (*pointer == '~')
				*p++ = *++pointer == '0' ? '~' : '/';
			else
				*p++ = *pointer;
		v = step(v, token);
	}
	return v;
}

const struct ref_value *
ref_target(const struct ref_schema *s, const struct ref_value *ref)
{
	const char *base = uri_of(s, ref_resource(ref));
	struct wanted w = { .schema = s };
	const char *fragment = "";
	char *uri;

	if (ref->kind != REF_STRING)
		return NULL;
	uri = absolute(base, ref->text, ref->len);
	if (strchr(uri, '#') != NULL) {
		fragment = decoded(strchr(uri, '#') + 1);
		*strchr(uri, '#') = '\0';
	}
	w.name = uri;
	if (!ref_each(s->root, has_uri, &w))
		return NULL;
	if (*fragment == '\0')
		return w.found;
	return *fragment == '/' ? pointed(w.found, fragment)
				: ref_anchor(s, w.found, fragment, false);
}
