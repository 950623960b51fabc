#include "schema/compile.h"

#include <string.h>

#include "base/err.h"
#include "json/decimal.h"
#include "json/unescape.h"

#define KEY_SHOWN 64

const struct dp_node dp_node_any = { .types = DP_TYPES_ALL };
const struct dp_node dp_node_never = { .never = true };

static const struct {
	const char *uri;
	unsigned draft;
} drafts[] = {
	{ "https://json-schema.org/draft/2020-12/schema", DP_DRAFT_2020 },
	{ "https://json-schema.org/draft/2019-09/schema", DP_DRAFT_2019 },
	{ "http://json-schema.org/draft-07/schema", DP_DRAFT_7 },
	{ "http://json-schema.org/draft-06/schema", DP_DRAFT_6 },
	{ "http://json-schema.org/draft-04/schema", DP_DRAFT_4 },
};

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
	    dp_decimal_int64(it->text, it->len, &v) == -1 || v < 0)
		return dp_source_error(c->source, i, c->err,
		    "want an integer, 0 or more");
	*n = (uint64_t)v;
	return 0;
}

/* The draft that $schema names; without it the one in force stays. */
static int
take_draft(struct dp_compile *c, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	const char *text = it->text + 1;
	size_t k, len = it->len - 2;

	if (it->type != DP_JSON_STRING)
		return dp_source_error(c->source, i, c->err, "want a URI");
	if (len > 0 && text[len - 1] == '#')
		len--;
	for (k = 0; k < sizeof drafts / sizeof drafts[0]; k++)
		if (dp_scan_equal(text, len, it->escaped, drafts[k].uri,
			strlen(drafts[k].uri))) {
			c->drafts = drafts[k].draft;
			return 0;
		}
	return dp_source_error(c->source, i, c->err,
	    "not a dialect that is known: want %s, or draft 2019-09, 7, 6 or 4",
	    drafts[0].uri);
}

/* One keyword into its place. */
static int
sort_in(struct dp_compile *c, struct dp_parts *parts, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	const int shown =
	    it->key_len < KEY_SHOWN ? (int)it->key_len : KEY_SHOWN;
	const struct dp_keyword *kw =
	    it->key_escaped ? NULL : dp_keyword_find(it->key, it->key_len);

	if (kw == NULL) {
		if (it->key_len >= 2 && memcmp(it->key, "x-", 2) == 0)
			return 0;
		kw = dp_keyword_near(it->key, it->key_len);
		return kw == NULL
		    ? 0
		    : dp_source_error(c->source, i, c->err,
			  "no keyword of JSON Schema; did you mean \"%s\"?",
			  kw->name);
	}
	if (kw->id == DP_KW_LATER)
		return dp_source_error(c->source, i, c->err,
		    "the keyword \"%.*s\" is not built yet", shown, it->key);
	if (kw->id != DP_KW_NOTE && (kw->drafts & c->drafts) != 0)
		parts->at[kw->id] = i;
	return 0;
}

static int
sort_all(struct dp_compile *c, struct dp_parts *parts, uint32_t i)
{
	const struct dp_tape *t = &c->source->tape;
	const uint32_t end = dp_tape_at(t, i)->next;
	const uint32_t schema = dp_tape_member(t, i, "$schema", 7);
	uint32_t k;

	memset(parts, 0, sizeof *parts);
	if (schema != 0 && take_draft(c, schema) == -1)
		return -1;
	for (k = i + 1; k < end; k = dp_tape_at(t, k)->next)
		if (sort_in(c, parts, k) == -1)
			return -1;
	return 0;
}

/* What of a node wants a look, and what a tape. */
static void
settle(struct dp_node *n)
{
	uint8_t look = 0;

	if (n->number != NULL)
		look |= DP_TYPES_NUMBER;
	if (n->string != NULL)
		look |= DP_JSON_STRING;
	if (n->object != NULL)
		look |= DP_JSON_OBJECT;
	if (n->array != NULL)
		look |= DP_JSON_ARRAY;
	if (n->values != NULL || n->only != NULL) {
		/* Of these, the type says it all. */
		look |= DP_TYPES_ALL & ~(DP_JSON_NULL | DP_TYPES_BOOLEAN);
		n->tape |= DP_TYPES_CONTAINER;
	}
	n->look = look & n->types;
	n->tape &= n->types;
}

static int
compile_into(struct dp_compile *c, struct dp_node *n, uint32_t i)
{
	struct dp_parts parts;

	if (sort_all(c, &parts, i) == -1)
		return -1;
	n->source = c->source;
	n->item = i;
	n->types = n->said = DP_TYPES_ALL;
	if (dp_compile_types(c, n, &parts) == -1 ||
	    dp_compile_values(c, n, &parts) == -1 ||
	    dp_compile_number(c, n, &parts) == -1 ||
	    dp_compile_string(c, n, &parts) == -1 ||
	    dp_compile_array(c, n, &parts) == -1 ||
	    dp_compile_object(c, n, &parts) == -1)
		return -1;
	settle(n);
	return 0;
}

const struct dp_node *
dp_compile_schema(struct dp_compile *c, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	const unsigned drafts_outside = c->drafts;
	struct dp_node *n;
	int rc;

	if (it->type == DP_JSON_TRUE)
		return &dp_node_any;
	n = dp_compile_take(c, 1, sizeof *n);
	if (n == NULL)
		return NULL;
	if (it->type == DP_JSON_FALSE) {
		n->source = c->source;
		n->item = i;
		n->never = true;
		return n;
	}
	if (it->type != DP_JSON_OBJECT) {
		(void)dp_source_error(c->source, i, c->err,
		    "want a schema: an object, true or false");
		return NULL;
	}
	if (++c->depth > DP_SCAN_DEPTH) {
		(void)dp_source_error(c->source, i, c->err, "nests too deep");
		return NULL;
	}
	rc = compile_into(c, n, i);
	c->depth--;
	c->drafts = drafts_outside;
	return rc == -1 ? NULL : n;
}

const struct dp_node *
dp_compile_source(struct dp_program *program, struct dp_source *source,
    struct dp_err *err)
{
	struct dp_compile c = { .program = program,
		.source = source,
		.drafts = DP_DRAFT_2020,
		.err = err };

	if (dp_buf_add(&program->sources, &source, sizeof(void *)) == -1) {
		dp_source_free(source);
		(void)dp_err_nomem(err);
		return NULL;
	}
	return dp_compile_schema(&c, 0);
}

void
dp_program_fini(struct dp_program *program)
{
	struct dp_source **sources = (void *)program->sources.data;
	size_t i;

	for (i = 0; i < program->sources.len / sizeof(void *); i++)
		dp_source_free(sources[i]);
	dp_buf_fini(&program->patterns);
	dp_buf_fini(&program->sources);
	dp_buf_fini(&program->objects);
	dp_arena_fini(&program->arena);
}
