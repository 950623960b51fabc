#include "schema/detail.h"

#include <string.h>

#include "base/code.h"
#include "base/near.h"
#include "json/text.h"
#include "json/unescape.h"
#include "schema/format.h"
#include "schema/number.h"
#include "schema/scalar.h"

#define SHOWN 60    /* bytes of a value */
#define LISTED 8    /* values of an enum */
#define NEAR_MAX 64 /* bytes of a name that is compared */

/* How much of a text is shown: whole characters, whole escapes. */
static size_t
shown(const char *text, size_t len)
{
	size_t n = 0;

	if (len <= SHOWN)
		return len;
	for (;;) {
		size_t next = n + 1;

		if (text[n] == '\\')
			next = n + (text[n + 1] == 'u' ? 6 : 2);
		while (
		    next <= SHOWN && ((unsigned char)text[next] & 0xc0) == 0x80)
			next++;
		if (next > SHOWN)
			return n;
		n = next;
	}
}

static void
add_head(struct dp_buf *b, const char *text, size_t len)
{
	const size_t n = shown(text, len);

	(void)dp_buf_add(b, text, n);
	if (n == len)
		return;
	(void)dp_buf_adds(b, "...");
	/* A string keeps its quotes. */
	if (text[0] == '"')
		(void)dp_buf_addc(b, '"');
}

void
dp_detail_value(struct dp_buf *b, const struct dp_tape_item *it)
{
	if (it->type == DP_JSON_OBJECT)
		(void)dp_buf_adds(b, it->count == 0 ? "{}" : "an object");
	else if (it->type == DP_JSON_ARRAY)
		(void)dp_buf_adds(b, it->count == 0 ? "[]" : "an array");
	else
		add_head(b, it->text, it->len);
}

void
dp_detail_name(struct dp_buf *b, const char *name, size_t len)
{
	(void)dp_buf_addc(b, '"');
	add_head(b, name, len);
	(void)dp_buf_addc(b, '"');
}

void
dp_detail_types(struct dp_buf *b, unsigned types)
{
	static const struct {
		const char *name;
		unsigned types;
	} names[] = {
		{ "object", DP_JSON_OBJECT },
		{ "array", DP_JSON_ARRAY },
		{ "string", DP_JSON_STRING },
		{ "number", DP_TYPES_NUMBER },
		{ "integer", DP_JSON_INTEGER },
		{ "boolean", DP_TYPES_BOOLEAN },
		{ "null", DP_JSON_NULL },
	};

	bool any = false;
	size_t i;

	for (i = 0; types != 0 && i < sizeof names / sizeof names[0]; i++) {
		if ((types & names[i].types) != names[i].types)
			continue;
		types &= ~names[i].types;
		if (any)
			(void)dp_buf_adds(b, " or ");
		(void)dp_buf_adds(b, names[i].name);
		any = true;
	}
}

/* The type of a value as one says it. */
static const char *
type_name(unsigned type)
{
	switch (type) {
	case DP_JSON_NULL:
		return "null";
	case DP_JSON_FALSE:
	case DP_JSON_TRUE:
		return "boolean";
	case DP_JSON_INTEGER:
		return "integer";
	case DP_JSON_NUMBER:
		return "number";
	case DP_JSON_STRING:
		return "string";
	case DP_JSON_ARRAY:
		return "array";
	default:
		return "object";
	}
}

void
dp_detail_near(struct dp_buf *b, const char *name, size_t len,
    const struct dp_key *keys, size_t n)
{
	unsigned least = dp_near_limit(len) + 1;
	const struct dp_key *best = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		const unsigned d = dp_near_distance(name, len, keys[i].text,
		    keys[i].len, least);

		if (d > 0 && d < least) {
			least = d;
			best = &keys[i];
		}
	}
	if (best == NULL)
		return;
	(void)dp_buf_adds(b, "; did you mean ");
	dp_detail_name(b, best->text, best->len);
	(void)dp_buf_addc(b, '?');
}

static void
say_type(struct dp_buf *b, const struct dp_node *n,
    const struct dp_tape_item *it)
{
	(void)dp_buf_adds(b, "want ");
	dp_detail_types(b, n->said);
	(void)dp_buf_adds(b, ", got ");
	(void)dp_buf_adds(b, type_name(it->type));
	if ((it->type &
		(DP_TYPES_NUMBER | DP_TYPES_BOOLEAN | DP_JSON_STRING)) == 0)
		return;
	(void)dp_buf_addc(b, ' ');
	dp_detail_value(b, it);
}

/* A string's text, or its head, into a small buffer. */
static size_t
text_of(const struct dp_tape_item *it, char text[NEAR_MAX])
{
	struct dp_unescape u;

	if (it->type != DP_JSON_STRING)
		return 0;
	u = dp_unescape_of(it->text + 1, it->len - 2);
	return dp_unescape_some(&u, text, NEAR_MAX);
}

static void
say_values(struct dp_buf *b, const struct dp_values *v,
    const struct dp_tape_item *it)
{
	char text[NEAR_MAX];
	size_t i, n = v->n < LISTED ? v->n : LISTED;

	(void)dp_buf_adds(b, v->n == 1 ? "want " : "want one of ");
	for (i = 0; i < n; i++) {
		if (i > 0)
			(void)dp_buf_adds(b, i + 1 == v->n ? " or " : ", ");
		dp_detail_value(b, dp_tape_at(&v->source->tape, v->items[i]));
	}
	if (n < v->n)
		(void)dp_buf_addf(b, " or %zu more", v->n - n);
	(void)dp_buf_adds(b, ", got ");
	dp_detail_value(b, it);
	if (v->n > 1)
		dp_detail_near(b, text, text_of(it, text), v->strings,
		    v->nstrings);
}

static void
say_bound(struct dp_buf *b, const struct dp_number *n, const char *code,
    const struct dp_tape_item *it)
{
	const struct dp_bound *bound = dp_number_bound_of(n, code);

	dp_detail_value(b, it);
	if (bound == NULL) {
		(void)dp_buf_adds(b, " is no multiple of ");
		add_head(b, n->step_text, n->step_len);
		return;
	}
	(void)dp_buf_adds(b,
	    bound->kind == DP_BOUND_MIN         ? " is less than "
		: bound->kind == DP_BOUND_MAX   ? " is more than "
		: bound->kind == DP_BOUND_ABOVE ? " is not more than "
						: " is not less than ");
	add_head(b, bound->text, bound->len);
}

/* Characters of a string with its escapes resolved. */
static uint64_t
length_of(const struct dp_tape_item *it)
{
	struct dp_unescape u = dp_unescape_of(it->text + 1, it->len - 2);
	char some[256];
	uint64_t n = 0;
	size_t got;

	while ((got = dp_unescape_some(&u, some, sizeof some)) > 0)
		n += dp_scalar_length(some, got);
	return n;
}

static void
say_count(struct dp_buf *b, uint64_t n, const char *what, const char *whats,
    uint64_t min, uint64_t max)
{
	(void)dp_buf_addf(b, "%ju %s, ", (uintmax_t)n, n == 1 ? what : whats);
	if (n < min)
		(void)dp_buf_addf(b, "want %ju or more", (uintmax_t)min);
	else
		(void)dp_buf_addf(b, "want %ju or less", (uintmax_t)max);
}

static void
say_string(struct dp_buf *b, const struct dp_node *n, const char *code,
    const struct dp_tape_item *it)
{
	const struct dp_string *s = n->string;

	dp_detail_value(b, it);
	if (dp_code_is(code, "minLength") || dp_code_is(code, "maxLength")) {
		(void)dp_buf_adds(b, " has ");
		say_count(b, length_of(it), "character", "characters", s->min,
		    s->max);
	} else if (dp_code_is(code, "format")) {
		(void)dp_buf_addf(b, " is no %s", dp_format_name(s->format));
	} else {
		(void)dp_buf_adds(b,
		    dp_code_is(code, "pattern")
			? " does not match "
			: " takes too many steps to match with ");
		add_head(b, s->pattern_text, strlen(s->pattern_text));
	}
}

/* The key of an object that is not allowed. */
static void
say_extra(struct dp_buf *b, const struct dp_object *o,
    const struct dp_tape_item *it)
{
	(void)dp_buf_adds(b, "the key ");
	dp_detail_name(b, it->key, it->key_len);
	(void)dp_buf_adds(b, " is not allowed");
	dp_detail_near(b, it->key, it->key_len, o->table.keys, o->nlisted);
}

static void
say_missing(struct dp_buf *b, const struct dp_key *key, const struct dp_key *by)
{
	(void)dp_buf_adds(b, "the key ");
	dp_detail_name(b, key->text, key->len);
	(void)dp_buf_adds(b, " is missing");
	if (by == NULL)
		return;
	(void)dp_buf_adds(b, ": ");
	dp_detail_name(b, by->text, by->len);
	(void)dp_buf_adds(b, " asks for it");
}

static void
say_contains(struct dp_buf *b, const struct dp_eval_fault *f)
{
	const struct dp_array *a = f->node->array;

	if (dp_code_is(f->code, "contains")) {
		(void)dp_buf_adds(b,
		    "no element matches the schema of contains");
		return;
	}
	(void)dp_buf_addf(b, "%ju elements match, want %ju or %s",
	    (uintmax_t)f->n,
	    (uintmax_t)(f->n < a->min_contains ? a->min_contains
					       : a->max_contains),
	    f->n < a->min_contains ? "more" : "less");
}

/* The branch that came closest tells more than that none matches. */
static void
say_branches(struct dp_buf *b, const struct dp_tape *t,
    const struct dp_eval_fault *f, const struct dp_eval_fault *near)
{
	const struct dp_combine *m = f->node->combine;
	const bool any = dp_code_is(f->code, "anyOf");

	if (!any && f->n > 1) {
		(void)dp_buf_addf(b, "%ju of %zu schemas match, want one",
		    (uintmax_t)f->n, m->one.n);
		return;
	}
	(void)dp_buf_addf(b, "none of %zu schemas matches",
	    any ? m->any.n : m->one.n);
	if (near->code == NULL || near->item < f->item ||
	    near->item >= dp_tape_at(t, f->item)->next ||
	    dp_code_is(near->code, "anyOf") || dp_code_is(near->code, "oneOf"))
		return;
	(void)dp_buf_adds(b, "; the closest: ");
	if (near->item != f->item) {
		dp_tape_pointer(t, near->item, b);
		(void)dp_buf_adds(b, ": ");
	}
	dp_detail(b, t, near, near);
}

/* Keywords of containers, and faults of no keyword. */
static void
say_rest(struct dp_buf *b, const struct dp_eval_fault *f,
    const struct dp_tape_item *it)
{
	static const struct {
		const char *code, *text;
	} texts[] = {
		{ "false", "no value is allowed here" },
		{ "not", "the schema of not matches" },
		{ "uniqueItems", "two elements are equal" },
		{ "unevaluatedItems", "no schema speaks of this element" },
		{ "too-complex", "the check takes too many steps" },
	};
	const struct dp_node *n = f->node;
	size_t i;

	if (dp_code_is(f->code, "minItems") ||
	    dp_code_is(f->code, "maxItems")) {
		say_count(b, it->count, "element", "elements", n->array->min,
		    n->array->max);
		return;
	}
	if (dp_code_is(f->code, "minProperties") ||
	    dp_code_is(f->code, "maxProperties")) {
		say_count(b, it->count, "key", "keys", n->object->min,
		    n->object->max);
		return;
	}
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (dp_code_is(f->code, texts[i].code)) {
			(void)dp_buf_adds(b, texts[i].text);
			return;
		}
	(void)dp_buf_adds(b, "out of memory");
}

/* Keywords of objects.  True when the fault is one of theirs. */
static bool
say_object(struct dp_buf *b, const struct dp_eval_fault *f,
    const struct dp_tape_item *it)
{
	if (f->key != NULL) {
		say_missing(b, f->key, f->by);
	} else if (dp_code_is(f->code, "additionalProperties")) {
		say_extra(b, f->node->object, it);
	} else if (dp_code_is(f->code, "unevaluatedProperties") ||
	    dp_code_is(f->code, "propertyNames")) {
		(void)dp_buf_adds(b, "the key ");
		dp_detail_name(b, it->key, it->key_len);
		(void)dp_buf_adds(b,
		    dp_code_is(f->code, "propertyNames")
			? " does not match the schema of names"
			: " is not allowed");
	} else if (dp_code_is(f->code, "pattern-limit")) {
		(void)dp_buf_adds(b, "the key ");
		dp_detail_name(b, it->key, it->key_len);
		(void)dp_buf_adds(b, " takes too many steps to match");
	} else {
		return false;
	}
	return true;
}

static bool
is_contains(const char *code)
{
	return dp_code_is(code, "contains") ||
	    dp_code_is(code, "minContains") || dp_code_is(code, "maxContains");
}

void
dp_detail(struct dp_buf *b, const struct dp_tape *t,
    const struct dp_eval_fault *f, const struct dp_eval_fault *near)
{
	const struct dp_tape_item *it = dp_tape_at(t, f->item);
	const struct dp_node *n = f->node;

	if (dp_code_is(f->code, "type"))
		say_type(b, n, it);
	else if (dp_code_is(f->code, "const"))
		say_values(b, n->only, it);
	else if (dp_code_is(f->code, "enum"))
		say_values(b, n->values, it);
	else if (dp_code_is(f->code, "anyOf") || dp_code_is(f->code, "oneOf"))
		say_branches(b, t, f, near);
	else if (is_contains(f->code))
		say_contains(b, f);
	else if (dp_code_is(f->code, "multipleOf") ||
	    (n->number != NULL &&
		dp_number_bound_of(n->number, f->code) != NULL))
		say_bound(b, n->number, f->code, it);
	else if (dp_code_is(f->code, "minLength") ||
	    dp_code_is(f->code, "maxLength") || dp_code_is(f->code, "format") ||
	    dp_code_is(f->code, "pattern") ||
	    (dp_code_is(f->code, "pattern-limit") && f->n == 0))
		say_string(b, n, f->code, it);
	else if (!say_object(b, f, it))
		say_rest(b, f, it);
}

static bool
follows_comma(const char *text, size_t at)
{
	while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
		at--;
	return at > 0 && text[at - 1] == ',';
}

void
dp_detail_syntax(struct dp_buf *b, enum dp_scan_fault fault, unsigned max_depth,
    const char *text, size_t len, size_t at)
{
	const unsigned char c = (unsigned char)text[at];

	switch (fault) {
	case DP_SCAN_INCOMPLETE:
		(void)dp_buf_adds(b, "the line ends inside of a value");
		return;
	case DP_SCAN_ENCODING:
		(void)dp_buf_addf(b, "byte 0x%02x is not UTF-8", c);
		return;
	case DP_SCAN_SURROGATE:
		(void)dp_buf_addf(b, "half of a surrogate pair: %.*s",
		    (int)(len - at < 6 ? len - at : 6), text + at);
		return;
	case DP_SCAN_NUL:
		(void)dp_buf_adds(b, "U+0000 in a string");
		return;
	case DP_SCAN_DEPTH_OVER:
		(void)dp_buf_addf(b, "nests deeper than %u", max_depth);
		return;
	case DP_SCAN_MEMORY:
		(void)dp_buf_adds(b, "out of memory");
		return;
	case DP_SCAN_OK:
	case DP_SCAN_MALFORMED:
	case DP_SCAN_DUPLICATE:
	default:
		break;
	}
	if ((c == '}' || c == ']') && follows_comma(text, at)) {
		(void)dp_buf_adds(b, "unexpected ");
		(void)dp_buf_addc(b, (char)c);
		(void)dp_buf_adds(b, " behind a comma");
		return;
	}
	if (at + 3 <= len && memcmp(text + at, "\xef\xbb\xbf", 3) == 0)
		(void)dp_buf_adds(b, "a byte order mark inside of the input");
	else if (c > 0x20 && c < 0x7f)
		(void)dp_buf_addf(b, "unexpected %c%s", c,
		    c == '\'' ? ": strings stand in double quotes" : "");
	else
		(void)dp_buf_addf(b, "unexpected byte 0x%02x", c);
}
