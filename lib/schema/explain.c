/* What is wrong with a line: schema/check.h. */
#include <string.h>

#include "base/code.h"
#include "base/err.h"
#include "json/scan.h"
#include "json/scan_variant.h"
#include "json/text.h"
#include "schema/catalog_state.h"
#include "schema/detail.h"

#define AT_ONCE 4096 /* bytes of a line that is looked at once */

#define IS(fault, word) dp_code_is((fault)->code, (word))

/* The item whose key stands at an offset of the line, or 0. */
static uint32_t
item_at(const struct dp_tape *t, const char *key)
{
	uint32_t i;

	for (i = 1; i < t->n; i++)
		if (dp_tape_at(t, i)->key == key)
			return i;
	return 0;
}

static void
explain_syntax(struct dp_check *k, enum dp_scan_fault fault, const char *text,
    size_t len, size_t at, struct dp_fault *f)
{
	uint32_t i;

	f->code = dp_scan_code(fault);
	f->column = at + 1;
	if (fault != DP_SCAN_DUPLICATE) {
		dp_detail_syntax(&k->detail, fault, k->work.max_depth, text,
		    len, at);
		return;
	}
	while (*text == ' ' || *text == '\t' || *text == '\r') {
		text++;
		at--;
	}
	if (dp_tape_read(&k->tape, text) == -1)
		return;
	i = item_at(&k->tape, text + at + 1);
	dp_tape_pointer(&k->tape, i, &k->pointer);
	(void)dp_buf_adds(&k->detail, "the key ");
	dp_detail_name(&k->detail, dp_tape_at(&k->tape, i)->key,
	    dp_tape_at(&k->tape, i)->key_len);
	(void)dp_buf_adds(&k->detail, " is there twice");
}

/* How many members of an object have that name; *item is the last. */
static unsigned
members(const struct dp_check *k, uint32_t object, const struct dp_key *name,
    uint32_t *item)
{
	const struct dp_tape *t = &k->tape;
	const uint32_t end = dp_tape_at(t, object)->next;
	unsigned n = 0;
	uint32_t i;

	for (i = object + 1; i < end; i = dp_tape_at(t, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(t, i);

		if (!dp_tape_named(it, name->text, name->len))
			continue;
		*item = i;
		n++;
		if (!k->work.dup_passes)
			break;
	}
	return n;
}

static void
say_no_type(struct dp_check *k, const struct dp_tape_item *it)
{
	const struct dp_catalog *c = k->catalog;
	struct dp_buf *b = &k->detail;

	dp_buf_clear(&k->text);
	dp_json_unescape(&k->text, it->text + 1, it->len - 2);
	(void)dp_buf_adds(b, "no schema for ");
	dp_detail_name(b, k->text.data, k->text.len);
	dp_detail_near(b, k->text.data, k->text.len, c->names.keys, c->n);
}

/* The schema that a string names, or NULL. */
static const struct dp_schema *
schema_named(struct dp_check *k, const struct dp_tape_item *it)
{
	if (!it->escaped)
		return dp_catalog_find(k->catalog, it->text + 1, it->len - 2);
	dp_buf_clear(&k->text);
	dp_json_unescape(&k->text, it->text + 1, it->len - 2);
	return dp_catalog_find(k->catalog, k->text.data, k->text.len);
}

/* The type of the record; NULL: f says why it has none, at *item. */
static const struct dp_schema *
explain_type(struct dp_check *k, uint32_t *item, struct dp_fault *f)
{
	const struct dp_catalog *c = k->catalog;
	const struct dp_schema *s = NULL;
	const struct dp_tape_item *it;
	size_t i;

	for (i = 0; i < c->ntokens; i++) {
		unsigned n = 0;

		it = dp_tape_at(&k->tape, *item);
		if (it->type == DP_JSON_OBJECT)
			n = members(k, *item, &c->tokens[i], item);
		if (n == 1)
			continue;
		f->code = n == 0 ? "required" : "duplicate-key";
		(void)dp_buf_adds(&k->pointer, c->type_key);
		(void)dp_buf_adds(&k->detail, "the key ");
		dp_detail_name(&k->detail, c->tokens[i].text, c->tokens[i].len);
		(void)dp_buf_adds(&k->detail,
		    n == 0 ? " is missing: it names the type"
			   : " is there twice: it names the type");
		return NULL;
	}
	it = dp_tape_at(&k->tape, *item);
	if (it->type == DP_JSON_STRING)
		s = schema_named(k, it);
	if (s != NULL)
		return s;
	dp_tape_pointer(&k->tape, *item, &k->pointer);
	if (it->type != DP_JSON_STRING) {
		f->code = "type";
		(void)dp_buf_adds(&k->detail, "want string, got ");
		dp_detail_value(&k->detail, it);
		return NULL;
	}
	f->code = "unknown-type";
	say_no_type(k, it);
	return NULL;
}

static void
write_place(struct dp_buf *b, const struct dp_eval_fault *e)
{
	const struct dp_node *n = e->node;

	(void)dp_buf_adds(b, n->source->name);
	(void)dp_buf_addc(b, '#');
	dp_tape_pointer(&n->source->tape, n->item, b);
	if (!IS(e, "false") && !IS(e, "too-complex") && !IS(e, "internal")) {
		(void)dp_buf_addc(b, '/');
		(void)dp_buf_adds(b,
		    !IS(e, "pattern-limit") ? e->code
			: e->n == 1         ? "patternProperties"
					    : "pattern");
	}
}

/* Where in the schema: "purchase#/properties/user_id/type". */
static void
say_place(struct dp_check *k, const struct dp_eval_fault *e)
{
	struct dp_place_of *p = &k->places[e->node->index % DP_CHECK_PLACES];

	if (e->node->source == NULL)
		return;
	if (p->node != e->node || p->n != e->n || !IS(e, p->code)) {
		dp_buf_clear(&p->text);
		write_place(&p->text, e);
		p->node = p->text.failed ? NULL : e->node;
		p->code = e->code;
		p->n = e->n;
	}
	(void)dp_buf_add(&k->place, p->text.data, p->text.len);
	k->place.failed |= p->text.failed;
}

/* Faults that stand at the key, not at its value. */
static bool
is_of_key(const char *code)
{
	return dp_code_is(code, "additionalProperties") ||
	    dp_code_is(code, "unevaluatedProperties") ||
	    dp_code_is(code, "propertyNames");
}

static size_t
column_of(const struct dp_check *k, const char *line, const char *code,
    uint32_t item)
{
	const struct dp_tape_item *it = dp_tape_at(&k->tape, item);

	return it->key != NULL && is_of_key(code)
	    ? (size_t)(it->key - line)
	    : (size_t)(it->text - line) + 1;
}

void
dp_explain_fault(struct dp_check *k, const char *line,
    const struct dp_eval_fault *e, const struct dp_eval_fault *near,
    struct dp_fault *f)
{
	dp_buf_clear(&k->pointer);
	dp_buf_clear(&k->place);
	dp_buf_clear(&k->detail);
	f->code = e->code;
	f->column = column_of(k, line, e->code, e->item);
	dp_tape_pointer(&k->tape, e->item, &k->pointer);
	if (e->key != NULL)
		dp_json_pointer_add(&k->pointer, e->key->text, e->key->len);
	say_place(k, e);
	dp_detail(&k->detail, &k->tape, e, near);
}

static void
explain_schema(struct dp_check *k, const char *line, const struct dp_node *root,
    struct dp_fault *f)
{
	struct dp_eval *e = &k->eval;
	struct dp_eval_found first;

	dp_eval_start(e);
	dp_buf_clear(&k->all);
	e->found = k->tell_all ? &k->all : NULL;
	(void)dp_eval(e, root, 0);
	first = (struct dp_eval_found){ e->fault, e->near };
	if (e->found != NULL && e->fault.code != NULL)
		(void)dp_buf_add(&k->all, &first, sizeof first);
	if (k->all.len > 0)
		memcpy(&first, k->all.data, sizeof first);
	if (first.fault.code == NULL) {
		f->code = "internal";
		f->column = column_of(k, line, f->code, 0);
		(void)dp_buf_adds(&k->detail,
		    "the line was rejected for no reason that is found");
	} else {
		if (e->found != NULL)
			dp_explain_all(k, line, f);
		dp_explain_fault(k, line, &first.fault, &first.near, f);
	}
	e->found = NULL;
}

/* The record is JSON: its type, then its schema. */
static void
explain_record(struct dp_check *k, const char *line, struct dp_fault *f)
{
	const struct dp_tape_item *it = dp_tape_at(&k->tape, 0);
	const struct dp_node *root = k->root;
	uint32_t at = 0;

	if (k->objects_only && it->type != DP_JSON_OBJECT) {
		f->code = "not-object";
		(void)dp_buf_adds(&k->detail, "want object, got ");
		dp_detail_value(&k->detail, it);
	} else if (root != NULL) {
		f->type = k->catalog->single ? k->schema : NULL;
		explain_schema(k, line, root, f);
		return;
	} else {
		f->type = explain_type(k, &at, f);
		if (f->type != NULL) {
			explain_schema(k, line, f->type->root, f);
			return;
		}
	}
	f->column = column_of(k, line, f->code, at);
}

/* Makes the tape of a line, or finds what is bad, and where. */
static int
read_line(struct dp_check *k, const char *text, size_t len,
    enum dp_scan_fault *bad, size_t *at)
{
	struct dp_scan_opts opts = k->catalog->opts.scan;
	struct dp_scan_value value;
	int rc = 2;

	/* Of a long line no more is kept than must be. */
	if (len <= AT_ONCE)
		rc = dp_tape_line(&k->tape, text, len, &k->work);
	if (rc == 1) {
		*bad = dp_scan_fault(&k->work, text, len, at);
		if (*bad == DP_SCAN_OK)
			*bad = DP_SCAN_MALFORMED;
	}
	if (rc != 2)
		return rc;
	opts.work = &k->work;
	*bad = dp_scan_line(text, len, &opts, &value, at);
	return *bad == DP_SCAN_OK ? dp_tape_read(&k->tape, value.text) : 0;
}

int
dp_check_explain(struct dp_check *k, const char *text, size_t len,
    struct dp_fault *fault, struct dp_err *err)
{
	enum dp_scan_fault bad = DP_SCAN_OK;
	size_t at = 0;

	memset(fault, 0, sizeof *fault);
	dp_buf_clear(&k->pointer);
	dp_buf_clear(&k->place);
	dp_buf_clear(&k->detail);
	k->keys_begun = true;
	if (read_line(k, text, len, &bad, &at) == -1)
		return dp_err_nomem(err);
	if (bad != DP_SCAN_OK)
		explain_syntax(k, bad, text, len, at, fault);
	else
		explain_record(k, text, fault);
	if (k->place.len > 0)
		fault->schema = dp_buf_text(&k->place);
	fault->pointer = dp_buf_text(&k->pointer);
	fault->pointer_len = k->pointer.len;
	fault->detail = dp_buf_text(&k->detail);
	fault->detail_len = k->detail.len;
	return fault->pointer == NULL || fault->detail == NULL ||
		(k->place.len > 0 && fault->schema == NULL) || k->all.failed ||
		k->faults.failed || k->texts.failed
	    ? dp_err_nomem(err)
	    : 0;
}
