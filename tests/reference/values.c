/* Values that match a schema, nearly, or not: generate.h. */
#include <stdio.h>
#include <string.h>

#include "generate.h"
#include "inside.h"
#include "regex.h"

#define WISHES 32
#define KEYS 96

/* The schemas that a value shall match. */
struct wishes {
	const struct ref_value *at[WISHES];
	unsigned n;
};

struct making {
	struct random *r;
	struct ref_case c;
	unsigned sins;
	unsigned depth; /* left */
	unsigned left;  /* values */
};

static void value(struct making *m, const struct wishes *w);

static void collect(struct making *m, struct wishes *w,
    const struct ref_value *s, unsigned depth);

static void
collect_list(struct making *m, struct wishes *w, const struct ref_value *list,
    bool all, unsigned depth)
{
	const struct ref_value *s;
	unsigned pick;

	if (list == NULL || list->n == 0)
		return;
	pick = random_below(m->r, (unsigned)list->n);
	for (s = list->first; s != NULL; s = s->next)
		if (all || s->index == pick)
			collect(m, w, s, depth);
}

static void
collect_ref(struct making *m, struct wishes *w, const struct ref_value *s,
    const char *key, unsigned depth)
{
	const struct ref_value *ref = ref_member(s, key);
	const struct ref_value *to =
	    ref == NULL ? NULL : ref_target(m->c.schema, ref);

	if (to != NULL)
		collect(m, w, to, depth);
}

/* A schema, and those that speak of the same value. */
static void
collect(struct making *m, struct wishes *w, const struct ref_value *s,
    unsigned depth)
{
	const struct ref_value *cond, *next;
	bool is;

	if (depth == 0 || w->n == WISHES || s->kind != REF_OBJECT)
		return;
	collect_ref(m, w, s, "$ref", depth - 1);
	if (m->c.schema->draft <= 7 && ref_member(s, "$ref") != NULL)
		return;
	if (w->n < WISHES)
		w->at[w->n++] = s;
	collect_ref(m, w, s, "$dynamicRef", depth - 1);
	collect_ref(m, w, s, "$recursiveRef", depth - 1);
	collect_list(m, w, ref_member(s, "allOf"), true, depth - 1);
	collect_list(m, w, ref_member(s, "anyOf"), false, depth - 1);
	collect_list(m, w, ref_member(s, "oneOf"), false, depth - 1);
	if (random_chance(m->r, 30))
		collect_list(m, w, ref_member(s, "dependentSchemas"), false,
		    depth - 1);
	cond = ref_member(s, "if");
	is = random_chance(m->r, 60);
	next = ref_member(s, is ? "then" : "else");
	if (cond != NULL && is)
		collect(m, w, cond, depth - 1);
	if (cond != NULL && next != NULL)
		collect(m, w, next, depth - 1);
}

/* The first wish that has the keyword. */
static const struct ref_value *
wish_of(const struct wishes *w, const char *key)
{
	const struct ref_value *v;
	unsigned i;

	for (i = 0; i < w->n; i++)
		if ((v = ref_member(w->at[i], key)) != NULL)
			return v;
	return NULL;
}

static bool
allows(const struct wishes *w, const char *type)
{
	const struct ref_value *t, *one;
	unsigned i;

	for (i = 0; i < w->n; i++) {
		t = ref_member(w->at[i], "type");
		if (t == NULL || ref_text_is(t, type))
			continue;
		if (strcmp(type, "number") == 0 && ref_text_is(t, "integer"))
			continue;
		for (one = t->first; one != NULL; one = one->next)
			if (ref_text_is(one, type))
				break;
		if (one == NULL)
			return false;
	}
	return true;
}

/* The type that the keywords are about, as an index; 6: any. */
static unsigned
hinted(struct making *m, const struct wishes *w)
{
	static const struct {
		const char *key;
		unsigned type;
	} hints[] = { { "properties", 5 }, { "required", 5 },
		{ "patternProperties", 5 }, { "additionalProperties", 5 },
		{ "propertyNames", 5 }, { "unevaluatedProperties", 5 },
		{ "dependentSchemas", 5 }, { "dependencies", 5 },
		{ "items", 4 }, { "prefixItems", 4 }, { "contains", 4 },
		{ "uniqueItems", 4 }, { "unevaluatedItems", 4 },
		{ "minItems", 4 }, { "pattern", 3 }, { "minLength", 3 },
		{ "maxLength", 3 }, { "format", 3 }, { "minimum", 2 },
		{ "maximum", 2 }, { "multipleOf", 2 } };

	unsigned i, k, start;

	if (random_chance(m->r, 12))
		return 6;
	start = random_below(m->r, sizeof hints / sizeof hints[0]);
	for (i = 0; i < sizeof hints / sizeof hints[0]; i++) {
		k = (start + i) % (sizeof hints / sizeof hints[0]);
		if (wish_of(w, hints[k].key) != NULL)
			return hints[k].type;
	}
	return 6;
}

static unsigned
type_of(struct making *m, const struct wishes *w)
{
	static const char *const types[] = { "null", "boolean", "number",
		"string", "array", "object" };
	const unsigned hint = hinted(m, w), first = random_below(m->r, 6);
	unsigned i;

	if (hint < 6 && allows(w, types[hint]))
		return hint;
	for (i = 0; i < 6; i++)
		if (allows(w, types[(first + i) % 6]))
			return (first + i) % 6;
	return first;
}

static bool
suits(struct making *m, const struct wishes *w, const struct ref_value *v)
{
	const size_t mark = ref_mark();
	bool good = true;
	unsigned i;

	for (i = 0; good && i < w->n; i++)
		good = ref_simple(&m->c, w->at[i], v);
	ref_reset(mark);
	return good;
}

/* A bound itself, or a number beside it. */
static const char *
number_near(struct making *m, const struct wishes *w)
{
	static const char *const keys[] = { "minimum", "maximum",
		"exclusiveMinimum", "exclusiveMaximum", "multipleOf" };
	const struct ref_value *b = wish_of(w, keys[random_below(m->r, 5)]);
	static char made[64];

	if (b == NULL || b->kind != REF_NUMBER || b->len > 40 ||
	    random_chance(m->r, 40))
		return random_number(m->r);
	(void)snprintf(made, sizeof made, "%.*s", (int)b->len, b->text);
	if (random_chance(m->r, 50) &&
	    strspn(made, "0123456789") == strlen(made) &&
	    strcmp(made, "0") != 0)
		made[strlen(made) - 1] = (char)('0' + random_below(m->r, 10));
	if (made[0] == '0' && made[1] >= '0' && made[1] <= '9')
		return "0";
	return made;
}

static void
number(struct making *m, const struct wishes *w)
{
	struct ref_value v = { .kind = REF_NUMBER };
	unsigned tries = 8;

	do {
		v.text = number_near(m, w);
		v.len = strlen(v.text);
	} while (--tries > 0 && !suits(m, w, &v));
	random_respell(m->r, &v);
}

static void
string(struct making *m, const struct wishes *w)
{
	struct ref_value v = { .kind = REF_STRING };
	unsigned tries = 8;

	do {
		v.text = random_text(m->r);
		v.len = strlen(v.text);
	} while (--tries > 0 && !suits(m, w, &v));
	random_quote(m->r, v.text, v.len);
}

static void
element(struct making *m, const struct wishes *w, unsigned index)
{
	struct wishes inner = { .n = 0 };
	const struct ref_value *s, *list;
	unsigned i;

	for (i = 0; i < w->n; i++) {
		list = ref_member(w->at[i], "prefixItems");
		s = ref_member(w->at[i], "items");
		if (s != NULL && s->kind == REF_ARRAY) {
			list = s;
			s = ref_member(w->at[i], "additionalItems");
		}
		if (list != NULL && list->kind == REF_ARRAY &&
		    index < list->n) {
			s = list->first;
			while (s->index < index)
				s = s->next;
		}
		if (s == NULL)
			s = ref_member(w->at[i], "unevaluatedItems");
		if (s != NULL)
			collect(m, &inner, s, 8);
		s = ref_member(w->at[i], "contains");
		if (s != NULL && random_chance(m->r, 50))
			collect(m, &inner, s, 8);
	}
	value(m, &inner);
}

/* A number under a key, if it is small; else or. */
static unsigned
small(const struct wishes *w, const char *key, unsigned or)
{
	const struct ref_value *v = wish_of(w, key);

	return v != NULL && v->kind == REF_NUMBER && v->len == 1
	    ? (unsigned)(v->text[0] - '0')
	    : or
	    ;
}

static void
array(struct making *m, const struct wishes *w)
{
	unsigned i, n = random_below(m->r, 4);
	const unsigned min = small(w, "minItems", 0);
	const unsigned max = small(w, "maxItems", 9);

	if (n < min)
		n = min;
	if (n > max)
		n = max;
	if (n == 0 && wish_of(w, "contains") != NULL && max > 0)
		n = 1;
	random_token(m->r, "[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			random_token(m->r, ",");
		element(m, w, i);
	}
	random_token(m->r, "]");
}

struct names {
	const char *text[KEYS];
	size_t len[KEYS];
	unsigned n;
};

static void
add_name(struct names *names, const char *text, size_t len)
{
	unsigned i;

	for (i = 0; i < names->n; i++)
		if (names->len[i] == len &&
		    memcmp(names->text[i], text, len) == 0)
			return;
	if (names->n == KEYS)
		return;
	names->text[names->n] = text;
	names->len[names->n++] = len;
}

/* Any key; one that a pattern wants, where it can be had. */
static void
add_any(struct making *m, const struct wishes *w, struct names *names)
{
	const struct ref_value *patterns = wish_of(w, "patternProperties");
	const struct ref_value *p = NULL;
	unsigned tries = 12;
	const char *key;

	if (patterns != NULL && patterns->n > 0 && random_chance(m->r, 70))
		for (p = patterns->first;
		     p->next != NULL && random_chance(m->r, 50);)
			p = p->next;
	do
		key = random_key(m->r);
	while (--tries > 0 && p != NULL &&
	    !ref_regex(p->key, p->key_len, key, strlen(key)));
	add_name(names, key, strlen(key));
}

static void
choose_names(struct making *m, const struct wishes *w, struct names *names)
{
	const unsigned eager = random_below(m->r, 100);
	const struct ref_value *v;
	unsigned i;

	for (i = 0; i < w->n; i++) {
		v = ref_member(w->at[i], "properties");
		for (v = v == NULL ? NULL : v->first; v != NULL; v = v->next)
			if (random_chance(m->r, eager))
				add_name(names, v->key, v->key_len);
		v = ref_member(w->at[i], "required");
		for (v = v == NULL ? NULL : v->first; v != NULL; v = v->next)
			if (!random_chance(m->r, m->sins))
				add_name(names, v->text, v->len);
	}
	i = wish_of(w, "patternProperties") != NULL ? 2 : 0;
	for (i += random_below(m->r, 2); i > 0; i--)
		add_any(m, w, names);
	for (i = 6; i > 0 && names->n < small(w, "minProperties", 0); i--)
		add_any(m, w, names);
	if (names->n > small(w, "maxProperties", KEYS) &&
	    !random_chance(m->r, m->sins))
		names->n = small(w, "maxProperties", KEYS);
}

static void
member(struct making *m, const struct wishes *w, const char *key, size_t len)
{
	struct wishes inner = { .n = 0 };
	const struct ref_value *map, *p, *rest;
	unsigned i;

	for (i = 0; i < w->n; i++) {
		bool found = false;

		map = ref_member(w->at[i], "properties");
		for (p = map == NULL ? NULL : map->first; p != NULL;
		     p = p->next)
			if (p->key_len == len &&
			    memcmp(p->key, key, len) == 0) {
				collect(m, &inner, p, 8);
				found = true;
			}
		map = ref_member(w->at[i], "patternProperties");
		for (p = map == NULL ? NULL : map->first; p != NULL;
		     p = p->next)
			if (ref_regex(p->key, p->key_len, key, len)) {
				collect(m, &inner, p, 8);
				found = true;
			}
		rest = ref_member(w->at[i], "additionalProperties");
		if (rest == NULL)
			rest = ref_member(w->at[i], "unevaluatedProperties");
		if (!found && rest != NULL)
			collect(m, &inner, rest, 8);
	}
	value(m, &inner);
}

static void
object(struct making *m, const struct wishes *w)
{
	struct names names = { .n = 0 };
	unsigned i, from = 0;
	char key[64];

	choose_names(m, w, &names);
	if (names.n > 0 && random_chance(m->r, 30))
		from = random_below(m->r, names.n);
	random_token(m->r, "{");
	for (i = 0; i < names.n; i++) {
		const unsigned k = (from + i) % names.n;

		if (i > 0)
			random_token(m->r, ",");
		random_quote(m->r, names.text[k], names.len[k]);
		random_token(m->r, ":");
		member(m, w, names.text[k], names.len[k]);
		/* Now and then a key twice. */
		if (random_chance(m->r, m->sins) && random_chance(m->r, 3)) {
			random_token(m->r, ",");
			random_quote(m->r, names.text[k], names.len[k]);
			random_put(m->r, ":1");
		}
	}
	if (names.n == 0 && random_chance(m->r, 1) && m->sins > 0)
		for (i = 0; i < 300; i++) {
			(void)snprintf(key, sizeof key, "%s\"k%u\":%u",
			    i > 0 ? "," : "", i, i);
			random_put(m->r, key);
		}
	random_token(m->r, "}");
}

static bool
one_of_enum(struct making *m, const struct wishes *w)
{
	const struct ref_value *v = wish_of(w, "const");
	unsigned pick;

	if (v == NULL || m->c.schema->draft == 4) {
		v = wish_of(w, "enum");
		if (v == NULL || v->n == 0)
			return false;
		pick = random_below(m->r, (unsigned)v->n);
		for (v = v->first; pick > 0; pick--)
			v = v->next;
	}
	random_respell(m->r, v);
	return true;
}

static void
value(struct making *m, const struct wishes *w)
{
	if (m->left == 0 || m->depth == 0 || random_chance(m->r, m->sins)) {
		random_value(m->r, m->left == 0 || m->depth == 0 ? 0 : 2);
		return;
	}
	m->left--;
	if (one_of_enum(m, w))
		return;
	m->depth--;
	switch (type_of(m, w)) {
	case 0:
		random_put(m->r, "null");
		break;
	case 1:
		random_put(m->r, random_chance(m->r, 50) ? "true" : "false");
		break;
	case 2:
		number(m, w);
		break;
	case 3:
		string(m, w);
		break;
	case 4:
		array(m, w);
		break;
	default:
		object(m, w);
	}
	m->depth++;
}

void
generate_value(struct random *r, struct ref_schema *s, unsigned sins)
{
	struct making m = { .r = r,
		.c = { .schema = s },
		.sins = sins,
		.depth = 7,
		.left = 60 };
	struct wishes w = { .n = 0 };
	const size_t mark = ref_mark();

	collect(&m, &w, s->root, 10);
	value(&m, &w);
	ref_reset(mark);
}
