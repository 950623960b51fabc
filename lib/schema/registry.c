#include "schema/registry.h"

#include <string.h>

#include "base/err.h"
#include "json/scan.h"
#include "schema/uri.h"

/* While a document is gone through for names. */
struct walk {
	struct dp_program *p;
	struct dp_document *d;
	struct dp_err *err;
};

static int index_schema(struct walk *w, uint32_t i, struct dp_resource *r,
    unsigned depth);

static int
nomem(struct dp_err *err)
{
	return dp_err_nomem(err);
}

/* The string under a key, or 0. */
static uint32_t
string_under(const struct walk *w, uint32_t i, const char *key)
{
	const struct dp_tape *t = &w->d->source->tape;
	const uint32_t at = dp_tape_member(t, i, key, strlen(key));

	return at != 0 && dp_tape_at(t, at)->type == DP_JSON_STRING ? at : 0;
}

static const char *
text_at(struct walk *w, uint32_t i, size_t skip)
{
	const struct dp_tape_item *it = dp_tape_at(&w->d->source->tape, i);
	struct dp_compile c = { .program = w->p, .err = w->err };
	size_t len;
	const char *text = dp_compile_text(&c, it->text + 1, it->len - 2, &len);

	return text == NULL ? NULL : text + (skip < len ? skip : len);
}

static unsigned
usual_draft(const struct dp_program *p)
{
	switch (p->draft) {
	case 4:
		return DP_DRAFT_4;
	case 6:
		return DP_DRAFT_6;
	case 7:
		return DP_DRAFT_7;
	case 2019:
		return DP_DRAFT_2019;
	default:
		return DP_DRAFT_2020;
	}
}

static struct dp_resource *
new_resource(struct walk *w, const char *uri, uint32_t i,
    const struct dp_resource *outer)
{
	struct dp_resource *r = dp_arena_take(&w->p->arena, sizeof *r);

	if (r == NULL) {
		(void)nomem(w->err);
		return NULL;
	}
	r->uri = uri;
	r->document = w->d;
	r->item = i;
	r->drafts = outer == NULL ? usual_draft(w->p) : outer->drafts;
	r->vocabularies = outer == NULL ? DP_VOCAB_ALL : outer->vocabularies;
	r->next = w->p->resources;
	w->p->resources = r;
	r->other = w->d->resources;
	w->d->resources = r;
	return r;
}

static int
add_anchor(struct walk *w, struct dp_resource *r, const char *name, uint32_t i,
    bool dynamic)
{
	struct dp_anchor *a;

	if (name == NULL)
		return -1;
	a = dp_arena_take(&w->p->arena, sizeof *a);
	if (a == NULL)
		return nomem(w->err);
	a->name = name;
	a->item = i;
	a->dynamic = dynamic;
	a->next = r->anchors;
	r->anchors = a;
	return 0;
}

static int
take_anchors(struct walk *w, uint32_t i, struct dp_resource *r)
{
	const struct dp_tape *t = &w->d->source->tape;
	uint32_t at;

	if ((r->drafts & (DP_DRAFT_2019 | DP_DRAFT_2020)) == 0)
		return 0;
	at = string_under(w, i, "$anchor");
	if (at != 0 && add_anchor(w, r, text_at(w, at, 0), i, false) == -1)
		return -1;
	at = r->drafts == DP_DRAFT_2020 ? string_under(w, i, "$dynamicAnchor")
					: 0;
	if (at != 0 && add_anchor(w, r, text_at(w, at, 0), i, true) == -1)
		return -1;
	at = r->drafts == DP_DRAFT_2019 && r->item == i
	    ? dp_tape_member(t, i, "$recursiveAnchor", 16)
	    : 0;
	if (at != 0 && dp_tape_at(t, at)->type == DP_JSON_TRUE)
		return add_anchor(w, r, "", i, true);
	return 0;
}

/* The resource that a subschema with an $id begins, or the one it is in. */
static struct dp_resource *
take_id(struct walk *w, uint32_t i, struct dp_resource *r)
{
	const bool old = (r->drafts & (DP_DRAFT_2019 | DP_DRAFT_2020)) == 0;
	const uint32_t at =
	    string_under(w, i, r->drafts == DP_DRAFT_4 ? "id" : "$id");
	struct dp_buf b;
	const char *uri, *id;

	if (at == 0 || (old && string_under(w, i, "$ref") != 0))
		return r;
	id = text_at(w, at, 0);
	if (id == NULL)
		return NULL;
	if (*id == '#')
		return old && id[1] != '\0' &&
			add_anchor(w, r, id + 1, i, false) == -1
		    ? NULL
		    : r;
	dp_buf_init(&b, 0);
	dp_uri_resolve(&b, r->uri, id, strlen(id));
	uri = b.failed ? NULL : dp_arena_text(&w->p->arena, b.data, b.len);
	dp_buf_fini(&b);
	if (uri == NULL) {
		(void)nomem(w->err);
		return NULL;
	}
	if (r->item == i) {
		r->found_as = r->uri;
		r->uri = uri;
		return r;
	}
	return new_resource(w, uri, i, r);
}

/* Every schema under the keyword at item k. */
static int
index_under(struct walk *w, uint32_t k, enum dp_shape shape,
    struct dp_resource *r, unsigned depth)
{
	const struct dp_tape *t = &w->d->source->tape;
	const struct dp_tape_item *it = dp_tape_at(t, k);
	const bool list = it->type == DP_JSON_ARRAY;
	uint32_t i;

	if (shape == DP_SHAPE_NONE)
		return 0;
	if (shape == DP_SHAPE_ONE || (shape == DP_SHAPE_ITEMS && !list))
		return index_schema(w, k, r, depth + 1);
	if (list != (shape == DP_SHAPE_LIST || shape == DP_SHAPE_ITEMS))
		return 0;
	for (i = k + 1; i < it->next; i = dp_tape_at(t, i)->next)
		if (index_schema(w, i, r, depth + 1) == -1)
			return -1;
	return 0;
}

static int
index_schema(struct walk *w, uint32_t i, struct dp_resource *r, unsigned depth)
{
	const struct dp_tape *t = &w->d->source->tape;
	const struct dp_tape_item *it = dp_tape_at(t, i);
	const struct dp_resource *outer;
	uint32_t k, schema;

	if (it->type != DP_JSON_OBJECT)
		return 0;
	if (depth > DP_SCAN_DEPTH)
		return dp_source_error(w->d->source, i, w->err,
		    "nests too deep");
	/* The dialect first: it says how the rest is read. */
	schema = string_under(w, i, "$schema");
	if (schema != 0 && r->item == i &&
	    dp_dialect_take(w->p, r, schema, w->err) == -1)
		return -1;
	outer = r;
	r = take_id(w, i, r);
	if (r == NULL ||
	    (schema != 0 && r != outer &&
		dp_dialect_take(w->p, r, schema, w->err) == -1))
		return -1;
	if (take_anchors(w, i, r) == -1)
		return -1;
	for (k = i + 1; k < it->next; k = dp_tape_at(t, k)->next) {
		const struct dp_tape_item *m = dp_tape_at(t, k);
		const struct dp_keyword *kw =
		    dp_keyword_find(m->key, m->key_len);

		if (kw != NULL && (kw->drafts & r->drafts) != 0 &&
		    index_under(w, k, kw->shape, r, depth) == -1)
			return -1;
	}
	return 0;
}

struct dp_document *
dp_registry_add(struct dp_program *p, struct dp_source *source, const char *uri,
    struct dp_err *err)
{
	struct walk w = { .p = p, .err = err };
	struct dp_document *d;
	struct dp_resource *r;

	if (dp_buf_add(&p->sources, &source, sizeof(void *)) == -1) {
		dp_source_free(source);
		(void)nomem(err);
		return NULL;
	}
	w.d = d = dp_arena_take(&p->arena, sizeof *d);
	if (d != NULL) {
		d->source = source;
		d->nodes =
		    dp_arena_array(&p->arena, source->tape.n, sizeof *d->nodes);
	}
	if (d == NULL || d->nodes == NULL) {
		(void)nomem(err);
		return NULL;
	}
	d->next = p->documents;
	p->documents = d;
	r = new_resource(&w, uri, 0, NULL);
	if (r == NULL || index_schema(&w, 0, r, 0) == -1)
		return NULL;
	return d;
}

struct dp_resource *
dp_registry_of(const struct dp_document *d, uint32_t item)
{
	struct dp_resource *r, *best = NULL;

	for (r = d->resources; r != NULL; r = r->other)
		if (r->item <= item &&
		    dp_tape_at(&d->source->tape, r->item)->next > item &&
		    (best == NULL || r->item > best->item))
			best = r;
	return best;
}

struct dp_anchor *
dp_registry_anchor(const struct dp_resource *r, const char *name)
{
	struct dp_anchor *a;

	for (a = r->anchors; a != NULL; a = a->next)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}
