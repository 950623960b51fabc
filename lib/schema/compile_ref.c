/* References: $ref, $dynamicRef, $recursiveRef. */
#include <string.h>

#include "base/err.h"
#include "schema/compile.h"
#include "schema/registry.h"
#include "schema/uri.h"

/* What a reference points to. */
struct target {
	struct dp_resource *resource;
	struct dp_anchor *anchor; /* NULL: a pointer, or the root */
	uint32_t item;
};

/* The index that a token is, or -1. */
static int64_t
index_of(const char *token, size_t len)
{
	int64_t n = 0;
	size_t i;

	if (len == 0 || len > 9 || (token[0] == '0' && len > 1))
		return -1;
	for (i = 0; i < len; i++) {
		if (token[i] < '0' || token[i] > '9')
			return -1;
		n = n * 10 + (token[i] - '0');
	}
	return n;
}

/* The child of item that a token names, or 0. */
static uint32_t
child(const struct dp_tape *t, uint32_t item, const char *token, size_t len)
{
	const struct dp_tape_item *it = dp_tape_at(t, item);
	int64_t n;
	uint32_t i;

	if (it->type == DP_JSON_OBJECT)
		return dp_tape_member(t, item, token, len);
	n = it->type == DP_JSON_ARRAY ? index_of(token, len) : -1;
	if (n < 0 || n >= (int64_t)it->count)
		return 0;
	for (i = item + 1; n > 0; n--)
		i = dp_tape_at(t, i)->next;
	return i;
}

/* Walks a JSON Pointer from item on.  -1: there is nothing. */
static int64_t
walk(const struct dp_tape *t, uint32_t item, char *pointer, size_t len)
{
	char *p = pointer, *const end = pointer + len;

	while (p < end) {
		char *token = ++p, *out = token;
		uint32_t next;

		for (; p < end && *p != '/'; p++) {
			*out = *p;
			if (*p == '~' && p + 1 < end &&
			    (p[1] == '0' || p[1] == '1'))
				*out = *++p == '0' ? '~' : '/';
			out++;
		}
		next = child(t, item, token, (size_t)(out - token));
		if (next == 0)
			return -1;
		item = next;
	}
	return item;
}

static int
find_fragment(struct dp_compile *c, uint32_t i, struct target *to,
    struct dp_buf *fragment)
{
	const char *text = dp_buf_text(fragment);
	int64_t item;

	if (text == NULL || to->resource == NULL)
		return dp_err_nomem(c->err);
	to->item = to->resource->item;
	if (fragment->len == 0)
		return 0;
	if (*text != '/') {
		to->anchor = dp_registry_anchor(to->resource, text);
		if (to->anchor == NULL)
			return dp_source_error(c->source, i, c->err,
			    "there is no anchor \"%.100s\" in %.300s", text,
			    to->resource->uri);
		to->item = to->anchor->item;
		return 0;
	}
	item = walk(&to->resource->document->source->tape, to->resource->item,
	    fragment->data, fragment->len);
	if (item == -1)
		return dp_source_error(c->source, i, c->err,
		    "it leads to nothing in %.300s", to->resource->uri);
	to->item = (uint32_t)item;
	return 0;
}

static int
find_uri(struct dp_compile *c, uint32_t i, struct target *to, const char *uri)
{
	struct dp_err why = { 0 };

	if (uri == NULL)
		return dp_err_nomem(c->err);
	to->resource = dp_registry_find(c->program, uri, c->document, &why);
	if (to->resource != NULL)
		return 0;
	if (why.status == DP_OK)
		return dp_source_error(c->source, i, c->err,
		    "no schema is known as %.300s: see --refs%s", uri,
		    strncmp(uri, "https:", 6) == 0 ? " and --fetch-refs" : "");
	if (c->program->fetch == NULL) {
		*c->err = why;
		return -1;
	}
	/* Which of many schemas asks for it. */
	(void)dp_source_error(c->source, i, c->err, "%s", why.msg);
	c->err->status = why.status;
	return -1;
}

static int
resolve(struct dp_compile *c, uint32_t i, struct target *to)
{
	const struct dp_tape_item *it = dp_tape_at(&c->source->tape, i);
	struct dp_buf uri, fragment;
	const char *ref;
	size_t len, from;
	int rc;

	memset(to, 0, sizeof *to);
	if (it->type != DP_JSON_STRING)
		return dp_source_error(c->source, i, c->err,
		    "want a URI reference");
	ref = dp_compile_text(c, it->text + 1, it->len - 2, &len);
	if (ref == NULL)
		return -1;
	dp_buf_init(&uri, 0);
	dp_buf_init(&fragment, 0);
	dp_uri_resolve(&uri, c->resource->uri, ref, len);
	from = dp_uri_fragment(ref, len);
	dp_uri_decode(&fragment, ref + from, len - from);
	rc = find_uri(c, i, to, dp_buf_text(&uri));
	if (rc == 0)
		rc = find_fragment(c, i, to, &fragment);
	dp_buf_fini(&uri);
	dp_buf_fini(&fragment);
	return rc;
}

const struct dp_node *
dp_compile_ref(struct dp_compile *c, uint32_t i)
{
	struct target to;

	if (resolve(c, i, &to) == -1 || to.resource == NULL)
		return NULL;
	return dp_compile_at(c, to.resource->document, to.item);
}

/* Any schema may turn out to be meant: all of that name are compiled. */
static int
compile_anchors(struct dp_compile *c, const char *name)
{
	struct dp_resource *r;

	for (r = c->program->resources; r != NULL; r = r->next) {
		struct dp_anchor *a;

		for (a = r->anchors; a != NULL; a = a->next) {
			if (!a->dynamic || a->node != NULL ||
			    strcmp(a->name, name) != 0)
				continue;
			a->node = dp_compile_at(c, r->document, a->item);
			if (a->node == NULL)
				return -1;
		}
	}
	return 0;
}

const struct dp_dynamic *
dp_compile_dynamic(struct dp_compile *c, uint32_t i, bool recursive)
{
	struct dp_dynamic *d = dp_compile_take(c, 1, sizeof *d);
	struct target to;

	if (d == NULL || resolve(c, i, &to) == -1 || to.resource == NULL)
		return NULL;
	if (recursive)
		to.anchor = dp_registry_anchor(to.resource, "");
	d->target = dp_compile_at(c, to.resource->document, to.item);
	if (d->target == NULL)
		return NULL;
	/* Only from a dynamic anchor does the search go outwards. */
	if (to.anchor == NULL || !to.anchor->dynamic)
		return d;
	d->name = to.anchor->name;
	c->program->is_dynamic = true;
	return compile_anchors(c, d->name) == -1 ? NULL : d;
}
