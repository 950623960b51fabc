#include "schema/doc.h"

#include <string.h>

#include "base/err.h"
#include "json/text.h"
#include "schema/detail.h"
#include "schema/doc_form.h"
#include "schema/folder.h"
#include "schema/node.h"
#include "schema/source.h"
#include "schema/subschema.h"

#define DEPTH 12  /* levels shown */
#define VALUES 20 /* of an enum, shown */

struct doc {
	const struct dp_doc_writer *form;
	const struct dp_tape *t;
	struct dp_buf *out;
	struct dp_buf path, type, meaning, rules;
	unsigned depth;
};

static struct dp_doc_text
text_of(const struct dp_buf *b)
{
	return (struct dp_doc_text){ b->data, b->failed ? 0 : b->len };
}

/* Appends the text of a string; of another value, nothing. */
static void
add_string(struct dp_buf *b, const struct dp_tape *t, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(t, i);

	if (i != 0 && it->type == DP_JSON_STRING)
		dp_json_unescape(b, it->text + 1, it->len - 2);
}

/* The schema that a reference within the document means. */
static uint32_t
resolve(const struct dp_tape *t, uint32_t i)
{
	unsigned hops;

	for (hops = 0; hops < DEPTH; hops++) {
		const uint32_t ref = dp_subschema_get(t, i, "$ref");
		const struct dp_tape_item *it = dp_tape_at(t, ref);
		const char *p, *end;

		if (ref == 0 || it->type != DP_JSON_STRING || it->len < 4 ||
		    memcmp(it->text, "\"#/", 3) != 0)
			return i;
		for (i = 0, p = it->text + 3, end = it->text + it->len - 1;
		     p < end;) {
			const char *slash = memchr(p, '/', (size_t)(end - p));

			if (slash == NULL)
				slash = end;
			i = dp_tape_at(t, i)->type != DP_JSON_OBJECT
			    ? 0
			    : dp_tape_member(t, i, p, (size_t)(slash - p));
			if (i == 0)
				return ref;
			p = slash + 1;
		}
	}
	return i;
}

/* -- What a value must be -- */

static void
add_types(struct dp_buf *b, const struct dp_tape *t, uint32_t schema)
{
	const uint32_t i = dp_subschema_get(t, schema, "type");
	const uint32_t one = dp_subschema_get(t, schema, "const");
	const char *sep = "";
	uint32_t k;

	if (i == 0 && one != 0)
		dp_detail_types(b,
		    (unsigned)dp_tape_at(t, one)->type |
			((dp_tape_at(t, one)->type & DP_TYPES_BOOLEAN) != 0
				? DP_TYPES_BOOLEAN
				: 0u));
	else if (i == 0)
		(void)dp_buf_adds(b,
		    dp_subschema_get(t, schema, "enum") != 0 ? "listed"
							     : "any");
	if (i == 0)
		return;
	if (dp_tape_at(t, i)->type != DP_JSON_ARRAY) {
		add_string(b, t, i);
		return;
	}
	for (k = i + 1; k < dp_tape_at(t, i)->next;
	     k = dp_tape_at(t, k)->next) {
		(void)dp_buf_adds(b, sep);
		add_string(b, t, k);
		sep = " or ";
	}
}

static void
separate(struct dp_buf *b)
{
	if (b->len > 0)
		(void)dp_buf_adds(b, "; ");
}

/* "NAME value" for a keyword that is there. */
static void
add_rule(struct dp_buf *b, const struct dp_tape *t, uint32_t schema,
    const char *keyword, const char *said)
{
	const uint32_t i = dp_subschema_get(t, schema, keyword);

	if (i == 0)
		return;
	separate(b);
	(void)dp_buf_adds(b, said);
	(void)dp_buf_addc(b, ' ');
	if (dp_tape_at(t, i)->type == DP_JSON_STRING)
		add_string(b, t, i);
	else
		dp_detail_value(b, dp_tape_at(t, i));
}

static void
add_values(struct dp_buf *b, const struct dp_tape *t, uint32_t schema)
{
	const uint32_t one = dp_subschema_get(t, schema, "const");
	const uint32_t list = dp_subschema_get(t, schema, "enum");
	unsigned n = 0;
	uint32_t i;

	if (one != 0) {
		separate(b);
		(void)dp_buf_adds(b, "always ");
		dp_detail_value(b, dp_tape_at(t, one));
	}
	if (list == 0 || dp_tape_at(t, list)->type != DP_JSON_ARRAY)
		return;
	separate(b);
	(void)dp_buf_adds(b, "one of ");
	for (i = list + 1; i < dp_tape_at(t, list)->next;
	     i = dp_tape_at(t, i)->next) {
		(void)dp_buf_adds(b, n == 0 ? "" : ", ");
		if (n++ == VALUES) {
			(void)dp_buf_adds(b, "...");
			return;
		}
		dp_detail_value(b, dp_tape_at(t, i));
	}
}

static void
add_rules(struct dp_buf *b, const struct dp_tape *t, uint32_t schema)
{
	static const struct {
		const char *keyword, *said;
	} words[] = {
		{ "format", "format" },
		{ "minimum", "at least" },
		{ "exclusiveMinimum", "more than" },
		{ "maximum", "at most" },
		{ "exclusiveMaximum", "less than" },
		{ "multipleOf", "a multiple of" },
		{ "minLength", "characters at least" },
		{ "maxLength", "characters at most" },
		{ "pattern", "pattern" },
		{ "minItems", "elements at least" },
		{ "maxItems", "elements at most" },
		{ "uniqueItems", "no element twice:" },
		{ "minProperties", "keys at least" },
		{ "maxProperties", "keys at most" },
		{ "default", "default" },
		{ "x-dp-column", "column" },
		{ "x-dp-type", "column type" },
		{ "x-dp-unit", "unit" },
	};

	static const char *const more[] = { "allOf", "anyOf", "oneOf", "not",
		"if", "$ref" };
	size_t k;

	add_values(b, t, schema);
	for (k = 0; k < sizeof words / sizeof words[0]; k++)
		add_rule(b, t, schema, words[k].keyword, words[k].said);
	for (k = 0; k < sizeof more / sizeof more[0]; k++)
		if (dp_subschema_get(t, schema, more[k]) != 0) {
			separate(b);
			(void)dp_buf_addf(b, "more by %s: see the schema",
			    more[k]);
		}
}

/* -- Rows -- */

static void walk(struct doc *d, uint32_t schema);

static void
row(struct doc *d, uint32_t schema, bool required)
{
	const uint32_t to = resolve(d->t, schema);
	uint32_t said = dp_subschema_get(d->t, schema, "description");
	struct dp_doc_row r = { .required = required };
	const uint32_t old = dp_subschema_get(d->t, schema, "deprecated");

	if (said == 0)
		said = dp_subschema_get(d->t, to, "description");
	if (said == 0)
		said = dp_subschema_get(d->t, to, "title");
	dp_buf_clear(&d->type);
	dp_buf_clear(&d->meaning);
	dp_buf_clear(&d->rules);
	add_types(&d->type, d->t, to);
	add_string(&d->meaning, d->t, said);
	add_rules(&d->rules, d->t, to);
	r.deprecated = old != 0 && dp_tape_at(d->t, old)->type == DP_JSON_TRUE;
	r.path = text_of(&d->path);
	r.type = text_of(&d->type);
	r.meaning = text_of(&d->meaning);
	r.rules = text_of(&d->rules);
	d->form->row(d->out, &r);
	walk(d, to);
}

static bool
is_required(const struct dp_tape *t, uint32_t schema,
    const struct dp_tape_item *key)
{
	const uint32_t list = dp_subschema_get(t, schema, "required");
	uint32_t i;

	if (list == 0 || dp_tape_at(t, list)->type != DP_JSON_ARRAY)
		return false;
	for (i = list + 1; i < dp_tape_at(t, list)->next;
	     i = dp_tape_at(t, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(t, i);

		if (it->type == DP_JSON_STRING && it->len - 2 == key->key_len &&
		    memcmp(it->text + 1, key->key, key->key_len) == 0)
			return true;
	}
	return false;
}

static void
walk_list(struct doc *d, uint32_t schema, const char *keyword)
{
	const uint32_t list = dp_subschema_get(d->t, schema, keyword);
	const size_t back = d->path.len;
	uint32_t i;

	if (list == 0 || dp_tape_at(d->t, list)->type != DP_JSON_OBJECT)
		return;
	for (i = list + 1; i < dp_tape_at(d->t, list)->next;
	     i = dp_tape_at(d->t, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(d->t, i);

		if (back > 0)
			(void)dp_buf_addc(&d->path, '.');
		dp_json_unescape(&d->path, it->key, it->key_len);
		row(d, i, is_required(d->t, schema, it));
		d->path.len = back;
	}
}

static void
walk_one(struct doc *d, uint32_t schema, const char *keyword, const char *sign)
{
	const uint32_t i = dp_subschema_get(d->t, schema, keyword);
	const size_t back = d->path.len;

	if (i == 0 || dp_tape_at(d->t, i)->type != DP_JSON_OBJECT)
		return;
	(void)dp_buf_adds(&d->path, sign);
	row(d, i, false);
	d->path.len = back;
}

static void
walk(struct doc *d, uint32_t schema)
{
	if (++d->depth <= DEPTH) {
		walk_list(d, schema, "properties");
		walk_list(d, schema, "patternProperties");
		walk_one(d, schema, "additionalProperties", ".*");
		walk_one(d, schema, "items", "[]");
	}
	d->depth--;
}

static void
add_type(struct doc *d, const struct dp_source *s)
{
	const uint32_t root = resolve(d->t, 0);
	const uint32_t closed =
	    dp_subschema_get(d->t, root, "additionalProperties");
	const bool rows = dp_subschema_get(d->t, root, "properties") != 0 ||
	    dp_subschema_get(d->t, root, "patternProperties") != 0 ||
	    dp_subschema_get(d->t, root, "items") != 0 ||
	    (closed != 0 && dp_tape_at(d->t, closed)->type == DP_JSON_OBJECT);

	dp_buf_clear(&d->meaning);
	dp_buf_clear(&d->rules);
	dp_buf_clear(&d->path);
	add_string(&d->meaning, d->t,
	    dp_subschema_get(d->t, root, "description"));
	if (closed != 0 && dp_tape_at(d->t, closed)->type == DP_JSON_FALSE)
		(void)dp_buf_adds(&d->rules, "Other keys are not allowed.");
	d->form->type(d->out, s->name, text_of(&d->meaning), text_of(&d->rules),
	    rows);
	walk(d, root);
	d->form->end_type(d->out, rows);
}

int
dp_doc(const struct dp_folder *f, enum dp_doc_form form, const char *title,
    struct dp_buf *out, struct dp_err *err)
{
	struct doc d = { .form = form == DP_DOC_HTML ? &dp_doc_html
						     : &dp_doc_markdown,
		.out = out };
	bool failed;
	size_t i;

	dp_buf_init(&d.path, 0);
	dp_buf_init(&d.type, 0);
	dp_buf_init(&d.meaning, 0);
	dp_buf_init(&d.rules, 0);
	d.form->begin(out, title, f);
	for (i = 0; i < f->n; i++) {
		d.t = &f->at[i]->tape;
		add_type(&d, f->at[i]);
	}
	d.form->end(out);
	failed = out->failed || d.path.failed || d.type.failed ||
	    d.meaning.failed || d.rules.failed;
	dp_buf_fini(&d.path);
	dp_buf_fini(&d.type);
	dp_buf_fini(&d.meaning);
	dp_buf_fini(&d.rules);
	return failed ? dp_err_nomem(err) : 0;
}
