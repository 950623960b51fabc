/* Random schemas: generate.h. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

#define COUNT(a) ((unsigned)(sizeof(a) / sizeof(a)[0]))
#define DEFS 4

/* A schema that is being made. */
struct making {
	struct random *r;
	int draft;
	unsigned depth; /* left */
	unsigned ndefs;
	unsigned keywords; /* left for the whole document */
	bool root_id;      /* http://t.test/root */
	bool dynamic;      /* some resources have the dynamic anchor "node" */
	bool own[DEFS];    /* definitions that have an $id */
	bool anchor[DEFS];
	int def;       /* the one at hand; -1: the root */
	bool in_place; /* what is made speaks of the same value */
	bool named;    /* it has an $id, and is of an old draft */
};

enum group {
	ANY = 1,
	NUMBERS = 2,
	STRINGS = 4,
	ARRAYS = 8,
	OBJECTS = 16,
	LOGIC = 32,
	REST = 64
};

static void schema(struct making *m, bool in_place);

static const char *
defs_word(const struct making *m)
{
	return m->draft >= 2019 ? "$defs" : "definitions";
}

static void
quote(struct making *m, const char *text)
{
	random_quote(m->r, text, strlen(text));
}

static void
put_count(struct making *m)
{
	random_put(m->r, random_count(m->r, m->draft == 4));
}

static void
put_number(struct making *m)
{
	random_put(m->r, random_number(m->r));
}

static void
put_step(struct making *m)
{
	static const char *const steps[] = { "1", "2", "3", "0.1", "0.01",
		"0.3", "1.5", "2.5", "7", "10", "1e2", "1e-5", "4", "1e20",
		"0.25", "123456789012345678", "1.0", "0.30" };

	random_put(m->r, steps[random_below(m->r, COUNT(steps))]);
}

static void
put_boolean(struct making *m)
{
	random_put(m->r, random_chance(m->r, 80) ? "true" : "false");
}

/* Draft 4 has switches, the others numbers. */
static void
put_exclusive(struct making *m)
{
	if (m->draft == 4)
		put_boolean(m);
	else
		put_number(m);
}

static void
put_type(struct making *m)
{
	static const char *const types[] = { "object", "array", "string",
		"number", "integer", "boolean", "null" };
	unsigned i, first, n = 1 + random_below(m->r, 3);

	if (random_chance(m->r, 60)) {
		quote(m, types[random_below(m->r, COUNT(types))]);
		return;
	}
	first = random_below(m->r, COUNT(types));
	random_put(m->r, "[");
	for (i = 0; i < n; i++) {
		random_put(m->r, i > 0 ? "," : "");
		quote(m, types[(first + i) % COUNT(types)]);
	}
	random_put(m->r, "]");
}

static void
put_const(struct making *m)
{
	random_value(m->r, 2);
}

static void
put_enum(struct making *m)
{
	unsigned i, n = 1 + random_below(m->r, 5);
	const bool strings = random_chance(m->r, 40);

	random_put(m->r, "[");
	for (i = 0; i < n; i++) {
		random_put(m->r, i > 0 ? "," : "");
		if (strings)
			quote(m, random_text(m->r));
		else
			random_value(m->r, 2);
	}
	random_put(m->r, "]");
}

/* A pattern, piece by piece, into a text of its own. */
static void
pattern_text(struct making *m, char *out, unsigned depth)
{
	static const char *const atoms[] = { "a", "b", "[ab]", "[a-c]", "[^a]",
		"\\d", "\\w", ".", "é", "0", "_", "\\s", "\\D", "\\W", "\\S",
		"[^\\d]", "[\\wé]", "\\u00e9", "\\u{1f600}", "\\.", "\\b",
		"(?=a)", "(?!b)", "\\x61", "[\\-_]", "A" };
	static const char *const times[] = { "", "", "", "", "*", "+", "?",
		"{2}", "{1,2}", "{0,3}", "{2,}", "*?", "+?", "??" };
	unsigned n = 1 + random_below(m->r, 3);
	size_t at;

	for (; n > 0; n--) {
		const char *end = strchr(out, '\0');

		if (depth > 0 && random_chance(m->r, 15)) {
			strcat(out, random_chance(m->r, 50) ? "(" : "(?:");
			pattern_text(m, out, depth - 1);
			if (random_chance(m->r, 60)) {
				strcat(out, "|");
				pattern_text(m, out, depth - 1);
			}
			strcat(out, ")");
		} else {
			strcat(out, atoms[random_below(m->r, COUNT(atoms))]);
		}
		at = strlen(end);
		/* What has no width is not repeated. */
		if (strcmp(end, "\\b") != 0 && memcmp(end, "(?=", 3) != 0 &&
		    memcmp(end, "(?!", 3) != 0 && at > 0)
			strcat(out, times[random_below(m->r, COUNT(times))]);
	}
}

static const char *
pattern_of(struct making *m)
{
	static const char *const usual[] = { "^a", "b$", "^x-", "^[a-z]+$",
		"^[^/]+$", "", "^.{1,3}$", "a|b", "^(a|b)", "^k[0-9]+$", "_",
		"^prefix_", "[0-9]", "^\\d+$", "^$", "." };
	static char made[512];

	if (random_chance(m->r, 60))
		return usual[random_below(m->r, COUNT(usual))];
	made[0] = '\0';
	strcat(made, random_chance(m->r, 40) ? "^" : "");
	pattern_text(m, made, 2);
	strcat(made, random_chance(m->r, 40) ? "$" : "");
	return made;
}

static void
put_pattern(struct making *m)
{
	quote(m, pattern_of(m));
}

static void
put_format(struct making *m)
{
	static const char *const formats[] = { "ipv4", "date", "color-of-sky" };

	quote(m, formats[random_below(m->r, COUNT(formats))]);
}

static void
put_inner(struct making *m)
{
	schema(m, false);
}

/* In draft 4 the only place of a boolean schema. */
static void
put_rest(struct making *m)
{
	if (m->draft == 4 && random_chance(m->r, 40))
		put_boolean(m);
	else
		schema(m, false);
}

static void
put_beside(struct making *m)
{
	schema(m, true);
}

static void
put_list(struct making *m, bool in_place)
{
	unsigned i, n = 1 + random_below(m->r, 3);

	random_put(m->r, "[");
	for (i = 0; i < n; i++) {
		random_put(m->r, i > 0 ? "," : "");
		schema(m, in_place);
	}
	random_put(m->r, "]");
}

static void
put_inner_list(struct making *m)
{
	put_list(m, false);
}

static void
put_beside_list(struct making *m)
{
	put_list(m, true);
}

static void
put_items(struct making *m)
{
	put_list(m, false);
}

/* Keys that are there already, so that no key stands twice. */
struct names {
	char text[96][48];
	unsigned n;
};

static bool
is_new(struct names *names, const char *key)
{
	unsigned i;

	for (i = 0; i < names->n; i++)
		if (strcmp(names->text[i], key) == 0)
			return false;
	if (names->n == 96 || strlen(key) >= 48)
		return false;
	strcpy(names->text[names->n++], key);
	return true;
}

static void
put_key(struct making *m, struct names *names, const char *key)
{
	random_put(m->r, names->n > 1 ? "," : "");
	quote(m, key);
	random_put(m->r, ":");
}

static void
put_properties(struct making *m)
{
	unsigned n = 1 + random_below(m->r, 5);
	struct names names = { .n = 0 };
	char key[16];

	random_put(m->r, "{");
	if (random_chance(m->r, 2))
		for (n = 0; n < 75; n++) {
			(void)snprintf(key, sizeof key, "k%u", n);
			(void)is_new(&names, key);
			put_key(m, &names, key);
			random_put(m->r,
			    n % 7 == 0 ? "{\"type\":\"integer\"}" : "{}");
		}
	else
		for (; n > 0; n--) {
			const char *one = random_key(m->r);

			if (!is_new(&names, one))
				continue;
			put_key(m, &names, one);
			schema(m, false);
		}
	random_put(m->r, "}");
}

static void
put_patterns(struct making *m)
{
	unsigned n = 1 + random_below(m->r, 3);
	struct names names = { .n = 0 };

	random_put(m->r, "{");
	for (; n > 0; n--) {
		const char *one = pattern_of(m);

		if (!is_new(&names, one))
			continue;
		put_key(m, &names, one);
		schema(m, false);
	}
	random_put(m->r, "}");
}

static void
put_names(struct making *m)
{
	unsigned n = 1 + random_below(m->r, 3);
	struct names names = { .n = 0 };

	random_put(m->r, "[");
	for (; n > 0; n--) {
		const char *one = random_key(m->r);

		if (!is_new(&names, one))
			continue;
		random_put(m->r, names.n > 1 ? "," : "");
		quote(m, one);
	}
	random_put(m->r, "]");
}

static void
put_dependents(struct making *m, unsigned lists)
{
	unsigned n = 1 + random_below(m->r, 2);
	struct names names = { .n = 0 };

	random_put(m->r, "{");
	for (; n > 0; n--) {
		const char *one = random_key(m->r);

		if (!is_new(&names, one))
			continue;
		put_key(m, &names, one);
		if (random_chance(m->r, lists))
			put_names(m);
		else
			schema(m, true);
	}
	random_put(m->r, "}");
}

static void
put_dependencies(struct making *m)
{
	put_dependents(m, 50);
}

static void
put_dependent_required(struct making *m)
{
	put_dependents(m, 100);
}

static void
put_dependent_schemas(struct making *m)
{
	put_dependents(m, 0);
}

static const struct {
	const char *name;
	int from, to;
	enum group group;
	void (*put)(struct making *m);
} keywords[] = {
	{ "type", 4, 2020, ANY, put_type },
	{ "enum", 4, 2020, ANY, put_enum },
	{ "const", 6, 2020, ANY, put_const },
	{ "minimum", 4, 2020, NUMBERS, put_number },
	{ "maximum", 4, 2020, NUMBERS, put_number },
	{ "exclusiveMinimum", 4, 2020, NUMBERS, put_exclusive },
	{ "exclusiveMaximum", 4, 2020, NUMBERS, put_exclusive },
	{ "multipleOf", 4, 2020, NUMBERS, put_step },
	{ "minLength", 4, 2020, STRINGS, put_count },
	{ "maxLength", 4, 2020, STRINGS, put_count },
	{ "pattern", 4, 2020, STRINGS, put_pattern },
	{ "format", 4, 2020, STRINGS, put_format },
	{ "items", 4, 2020, ARRAYS, put_inner },
	{ "items", 4, 2019, ARRAYS, put_items },
	{ "additionalItems", 4, 2019, ARRAYS, put_rest },
	{ "prefixItems", 2020, 2020, ARRAYS, put_inner_list },
	{ "minItems", 4, 2020, ARRAYS, put_count },
	{ "maxItems", 4, 2020, ARRAYS, put_count },
	{ "uniqueItems", 4, 2020, ARRAYS, put_boolean },
	{ "contains", 6, 2020, ARRAYS, put_inner },
	{ "minContains", 2019, 2020, ARRAYS, put_count },
	{ "maxContains", 2019, 2020, ARRAYS, put_count },
	{ "properties", 4, 2020, OBJECTS, put_properties },
	{ "properties", 4, 2020, OBJECTS, put_properties },
	{ "patternProperties", 4, 2020, OBJECTS, put_patterns },
	{ "additionalProperties", 4, 2020, OBJECTS, put_rest },
	{ "propertyNames", 6, 2020, OBJECTS, put_inner },
	{ "required", 4, 2020, OBJECTS, put_names },
	{ "minProperties", 4, 2020, OBJECTS, put_count },
	{ "maxProperties", 4, 2020, OBJECTS, put_count },
	{ "dependencies", 4, 2020, OBJECTS, put_dependencies },
	{ "dependentRequired", 2019, 2020, OBJECTS, put_dependent_required },
	{ "dependentSchemas", 2019, 2020, OBJECTS, put_dependent_schemas },
	{ "allOf", 4, 2020, LOGIC, put_beside_list },
	{ "anyOf", 4, 2020, LOGIC, put_beside_list },
	{ "oneOf", 4, 2020, LOGIC, put_beside_list },
	{ "not", 4, 2020, LOGIC, put_beside },
	{ "if", 7, 2020, LOGIC, put_beside },
	{ "then", 7, 2020, LOGIC, put_beside },
	{ "else", 7, 2020, LOGIC, put_beside },
	{ "unevaluatedItems", 2019, 2020, REST, put_inner },
	{ "unevaluatedProperties", 2019, 2020, REST, put_inner },
};

static bool
fits(const struct making *m, unsigned k, unsigned groups, unsigned percent)
{
	if (m->draft < keywords[k].from || m->draft > keywords[k].to)
		return false;
	if ((keywords[k].group & groups) == 0)
		return random_chance(m->r, 2);
	/* Logic in logic in logic grows without bounds. */
	if (keywords[k].group == LOGIC)
		percent = percent * 2 / 3;
	return random_chance(m->r, percent);
}

/* A reference to a definition, or to the root; false: none may stand here. */
static bool
put_ref(struct making *m)
{
	const bool wild = random_chance(m->r, 1);
	const bool far = m->def >= 0 && m->own[m->def];
	int to = -1;
	char text[96];

	if (m->ndefs > 0 && random_chance(m->r, 75))
		to = (int)random_below(m->r, m->ndefs);
	/* What is met in place leads on, never back. */
	if (m->in_place && !wild && to <= m->def)
		return false;
	if (to == -1)
		(void)strcpy(text, !far ? "#" : "http://t.test/root");
	else if (m->own[to])
		(void)snprintf(text, sizeof text,
		    random_chance(m->r, 50) ? "http://t.test/d%d" : "d%d", to);
	else if (m->anchor[to] && random_chance(m->r, 50))
		(void)snprintf(text, sizeof text, "%s#A%d", far ? "root" : "",
		    to);
	else
		(void)snprintf(text, sizeof text, "%s#/%s/d%d",
		    far ? "http://t.test/root" : "", defs_word(m), to);
	if (!m->root_id && to != -1 && m->own[to])
		return false;
	random_put(m->r, "\"$ref\":");
	quote(m, text);
	return true;
}

static bool
put_dynamic(struct making *m)
{
	if (!m->dynamic || m->in_place || (m->def >= 0 && !m->own[m->def]))
		return false;
	random_put(m->r,
	    m->draft == 2020 ? "\"$dynamicRef\":\"#node\""
			     : "\"$recursiveRef\":\"#\"");
	return true;
}

static unsigned
some_groups(struct making *m)
{
	static const unsigned kinds[] = { ANY, ANY | NUMBERS, ANY | STRINGS,
		ARRAYS, ARRAYS | ANY, OBJECTS, OBJECTS, OBJECTS | ANY, LOGIC,
		LOGIC | OBJECTS, LOGIC | ARRAYS, LOGIC | OBJECTS | REST,
		LOGIC | ARRAYS | REST, LOGIC | ANY, OBJECTS | REST,
		STRINGS | NUMBERS | ARRAYS | OBJECTS };

	return kinds[random_below(m->r, m->depth > 1 ? COUNT(kinds) : 3)];
}

/* The members of a schema; first: there is none before. */
static void
put_keywords(struct making *m, bool first)
{
	const unsigned groups = some_groups(m), n = COUNT(keywords);
	const unsigned percent = m->depth > 2 ? 35 : 25;
	unsigned k, i, start = random_below(m->r, n);
	struct names names = { .n = first ? 0 : 1 };
	const size_t at = m->r->n;

	/* Beside a $ref, old drafts do not see an $id. */
	if (!m->named && (random_chance(m->r, 12) || m->depth == 0)) {
		random_put(m->r, first ? "" : ",");
		if (random_chance(m->r, 15) ? put_dynamic(m) : put_ref(m))
			names.n++;
		else
			m->r->n = at;
	}
	m->named = false;
	for (i = 0; i < n && m->keywords > 0; i++) {
		k = (start + i * 5) % n;
		if (!fits(m, k, groups, percent) ||
		    !is_new(&names, keywords[k].name))
			continue;
		put_key(m, &names, keywords[k].name);
		m->keywords--;
		keywords[k].put(m);
	}
}

static void
schema(struct making *m, bool in_place)
{
	const bool before = m->in_place;

	if (m->draft > 4 && random_chance(m->r, 7)) {
		random_put(m->r, random_chance(m->r, 60) ? "false" : "true");
		return;
	}
	if (m->depth == 0) {
		random_put(m->r, "{}");
		return;
	}
	m->depth--;
	/* Once out of place, all below is. */
	m->in_place = in_place && before;
	random_token(m->r, "{");
	put_keywords(m, true);
	random_token(m->r, "}");
	m->in_place = before;
	m->depth++;
}

static void
put_name(struct making *m, unsigned d)
{
	const char *id = m->draft == 4 ? "id" : "$id";
	char text[96];

	if (m->own[d])
		(void)snprintf(text, sizeof text,
		    "\"%s\":\"http://t.test/d%u\"", id, d);
	else if (m->draft >= 2019)
		(void)snprintf(text, sizeof text, "\"$anchor\":\"A%u\"", d);
	else
		(void)snprintf(text, sizeof text, "\"%s\":\"#A%u\"", id, d);
	random_put(m->r, text);
	if (m->own[d] && m->dynamic)
		random_put(m->r,
		    m->draft == 2020 ? ",\"$dynamicAnchor\":\"node\""
				     : ",\"$recursiveAnchor\":true");
}

static void
put_defs(struct making *m)
{
	char text[32];
	unsigned d;

	(void)snprintf(text, sizeof text, ",\"%s\":{", defs_word(m));
	random_put(m->r, text);
	for (d = 0; d < m->ndefs; d++) {
		(void)snprintf(text, sizeof text, "%s\"d%u\":{",
		    d > 0 ? "," : "", d);
		random_put(m->r, text);
		m->def = (int)d;
		m->in_place = true;
		m->keywords = 20;
		if (m->own[d] || m->anchor[d])
			put_name(m, d);
		m->named = m->draft <= 7 && (m->own[d] || m->anchor[d]);
		put_keywords(m, !m->own[d] && !m->anchor[d]);
		random_put(m->r, "}");
	}
	random_put(m->r, "}");
}

static const char *
uri_of_draft(int draft)
{
	switch (draft) {
	case 4:
		return "http://json-schema.org/draft-04/schema#";
	case 6:
		return "http://json-schema.org/draft-06/schema#";
	case 7:
		return "http://json-schema.org/draft-07/schema#";
	case 2019:
		return "https://json-schema.org/draft/2019-09/schema";
	default:
		return "https://json-schema.org/draft/2020-12/schema";
	}
}

void
generate_schema(struct random *r, int draft, bool ids)
{
	struct making m = { .r = r,
		.draft = draft,
		.depth = 2 + random_below(r, 3),
		.ndefs = random_below(r, DEFS + 1),
		.keywords = 40,
		.root_id = ids && random_chance(r, 50),
		.def = -1,
		.in_place = true };
	unsigned d;

	m.dynamic = m.root_id && draft >= 2019 && random_chance(r, 35);
	for (d = 0; d < m.ndefs; d++) {
		m.own[d] = m.root_id && random_chance(r, 35);
		m.anchor[d] = !m.own[d] && random_chance(r, 30);
	}
	random_put(r, "{\"$schema\":\"");
	random_put(r, uri_of_draft(draft));
	random_put(r, "\"");
	if (m.root_id)
		random_put(r,
		    draft == 4 ? ",\"id\":\"http://t.test/root\""
			       : ",\"$id\":\"http://t.test/root\"");
	if (m.dynamic)
		random_put(r,
		    draft == 2020 ? ",\"$dynamicAnchor\":\"node\""
				  : ",\"$recursiveAnchor\":true");
	m.named = m.root_id && draft <= 7;
	put_keywords(&m, false);
	if (m.ndefs > 0)
		put_defs(&m);
	random_put(r, "}");
}
