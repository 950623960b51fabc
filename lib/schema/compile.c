#include "schema/compile.h"

#include <string.h>

#include "base/err.h"
#include "json/decimal.h"
#include "json/unescape.h"
#include "schema/fetch.h"
#include "schema/pattern.h"
#include "schema/registry.h"

#define DEPTH_MAX 1024 /* of schemas within schemas and their references */

const struct dp_node dp_node_any = { .types = DP_TYPES_ALL };
const struct dp_node dp_node_never = { .never = true };

void *
dp_compile_take(struct dp_compile *c, size_t n, size_t size)
{
	void *p = dp_arena_array(&c->program->arena, n, size);

	if (p == NULL)
		(void)dp_err_nomem(c->err);
	return p;
}

const char *
dp_compile_text(struct dp_compile *c, const char *raw, size_t len,
    size_t *text_len)
{
	struct dp_unescape u = dp_unescape_of(raw, len);
	char *text = dp_arena_text(&c->program->arena, raw, len);

	if (text == NULL) {
		(void)dp_err_nomem(c->err);
		return NULL;
	}
	*text_len = dp_unescape_some(&u, text, len);
	memset(text + *text_len, 0, len - *text_len);
	return text;
}

int
dp_compile_count(struct dp_compile *c, uint32_t i, uint64_t *n)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	int64_t v = 0;

	if (it->type != DP_JSON_INTEGER ||
	    dp_decimal_compare(it->text, it->len, "0", 1) < 0)
		return dp_source_error(c->source, i, c->err,
		    "want an integer, 0 or more");
	/* Nothing has as many as do not fit. */
	*n = dp_decimal_int64(it->text, it->len, &v) == -1 ? UINT64_MAX
							   : (uint64_t)v;
	return 0;
}

/* A key that may be meant for a keyword, and constrains nothing. */
static int
doubt(struct dp_compile *c, uint32_t i, const char *what, const char *name)
{
	const struct dp_program *p = c->program;
	struct dp_err told = { 0 };

	if (p->lax)
		return 0;
	(void)dp_source_error(c->source, i, &told, "%s%s%s", what, name,
	    *name != '\0' ? "\"?" : "");
	if (p->warn == NULL) {
		*c->err = told;
		return -1;
	}
	p->warn(p->warn_arg, told.msg);
	return 0;
}

/* One keyword into its place. */
static int
sort_in(struct dp_compile *c, struct dp_parts *parts, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	const struct dp_keyword *kw = dp_keyword_find(it->key, it->key_len);

	if (kw == NULL) {
		if (it->key_len >= 2 && memcmp(it->key, "x-", 2) == 0)
			return 0;
		kw = dp_keyword_near(it->key, it->key_len);
		return kw == NULL
		    ? 0
		    : doubt(c, i, "no keyword of JSON Schema; did you mean \"",
			  kw->name);
	}
	if ((kw->drafts & c->drafts) == 0)
		return kw->id == DP_KW_NOTE
		    ? 0
		    : doubt(c, i,
			  "the draft that $schema names has no such keyword",
			  "");
	if ((kw->vocabulary & c->vocabularies) != 0)
		parts->at[kw->id] = i;
	return 0;
}

/* Before 2019-09 a $ref hides all that stands beside it. */
static int
sort_all(struct dp_compile *c, struct dp_parts *parts, uint32_t i)
{
	const struct dp_tape *t = &c->source->tape;
	const uint32_t end = dp_tape_at(t, i)->next;
	const bool old = (c->drafts & (DP_DRAFT_2019 | DP_DRAFT_2020)) == 0;
	uint32_t k, ref;

	memset(parts, 0, sizeof *parts);
	for (k = i + 1; k < end; k = dp_tape_at(t, k)->next)
		if (sort_in(c, parts, k) == -1)
			return -1;
	ref = parts->at[DP_KW_REF];
	if (old && ref != 0) {
		memset(parts, 0, sizeof *parts);
		parts->at[DP_KW_REF] = ref;
	}
	return 0;
}

static int
compile_into(struct dp_compile *c, struct dp_node *n, uint32_t i)
{
	struct dp_parts parts;

	if (sort_all(c, &parts, i) == -1)
		return -1;
	n->types = n->said = DP_TYPES_ALL;
	if (dp_compile_types(c, n, &parts) == -1 ||
	    dp_compile_values(c, n, &parts) == -1 ||
	    dp_compile_number(c, n, &parts) == -1 ||
	    dp_compile_string(c, n, &parts) == -1 ||
	    dp_compile_array(c, n, &parts) == -1 ||
	    dp_compile_object(c, n, &parts) == -1 ||
	    dp_compile_combine(c, n, &parts) == -1)
		return -1;
	return 0;
}

/* A new node for item i, known before its content is: it may be met again. */
static struct dp_node *
new_node(struct dp_compile *c, uint32_t i)
{
	struct dp_node *n = dp_compile_take(c, 1, sizeof *n);

	if (n == NULL)
		return NULL;
	n->source = c->source;
	n->resource = c->resource;
	n->item = i;
	c->document->nodes[i] = n;
	if (dp_buf_add(&c->program->nodes, &n, sizeof(void *)) == -1) {
		(void)dp_err_nomem(c->err);
		return NULL;
	}
	return n;
}

/* The resource of the item at hand is in force. */
static const struct dp_node *
compile_here(struct dp_compile *c, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	struct dp_node *n;

	if (it->type == DP_JSON_TRUE)
		return &dp_node_any;
	if (it->type != DP_JSON_OBJECT && it->type != DP_JSON_FALSE) {
		(void)dp_source_error(c->source, i, c->err,
		    "want a schema: an object, true or false");
		return NULL;
	}
	n = new_node(c, i);
	if (n == NULL)
		return NULL;
	n->never = it->type == DP_JSON_FALSE;
	return n->never || compile_into(c, n, i) == 0 ? n : NULL;
}

const struct dp_node *
dp_compile_at(struct dp_compile *c, struct dp_document *document, uint32_t i)
{
	struct dp_compile inner = *c;
	const struct dp_resource *r;

	if (document->nodes[i] != NULL)
		return document->nodes[i];
	if (++inner.depth > DEPTH_MAX) {
		(void)dp_source_error(document->source, i, c->err,
		    "nests too deep");
		return NULL;
	}
	r = dp_registry_of(document, i);
	inner.document = document;
	inner.source = document->source;
	inner.resource = r;
	inner.drafts = r->drafts;
	inner.vocabularies = r->vocabularies;
	return compile_here(&inner, i);
}

const struct dp_node *
dp_compile_schema(struct dp_compile *c, uint32_t i)
{
	return dp_compile_at(c, c->document, i);
}

int
dp_compile_list(struct dp_compile *c, uint32_t i, struct dp_list *list)
{
	const struct dp_tape *t = &c->source->tape;
	const struct dp_tape_item *it = dp_tape_at(t, i);
	const struct dp_node **nodes;
	uint32_t k;

	if (it->type != DP_JSON_ARRAY)
		return dp_source_error(c->source, i, c->err,
		    "want an array of schemas");
	nodes = dp_compile_take(c, it->count + (size_t)1, sizeof *nodes);
	if (nodes == NULL)
		return -1;
	for (k = i + 1; k < it->next; k = dp_tape_at(t, k)->next) {
		nodes[list->n] = dp_compile_schema(c, k);
		if (nodes[list->n++] == NULL)
			return -1;
	}
	list->at = nodes;
	return 0;
}

const struct dp_node *
dp_compile_document(struct dp_program *program, struct dp_document *document,
    struct dp_err *err)
{
	struct dp_compile c = { .program = program, .err = err };

	return dp_compile_at(&c, document, 0);
}

void
dp_program_fini(struct dp_program *program)
{
	struct dp_source **sources = (void *)program->sources.data;
	struct dp_pattern **patterns = (void *)program->patterns.data;
	size_t i;

	for (i = 0; i < program->patterns.len / sizeof(void *); i++)
		dp_pattern_free(patterns[i]);
	for (i = 0; i < program->sources.len / sizeof(void *); i++)
		dp_source_free(sources[i]);
	dp_buf_fini(&program->patterns);
	dp_buf_fini(&program->sources);
	dp_buf_fini(&program->objects);
	dp_buf_fini(&program->nodes);
	dp_buf_fini(&program->plans);
	dp_fetch_free(program->fetch);
	dp_arena_fini(&program->arena);
}
