/* What a schema says to who makes columns of it: schema/catalog.h. */
#include <string.h>

#include "base/err.h"
#include "schema/catalog_state.h"

/* The string under a key of the schema at item i; NULL: none, or no string. */
static int
text_of(struct dp_compile *c, uint32_t i, const char *key, bool must,
    const char **text)
{
	const uint32_t at =
	    dp_tape_at(&c->source->tape, i)->type == DP_JSON_OBJECT
	    ? dp_tape_member(&c->source->tape, i, key, strlen(key))
	    : 0;
	const struct dp_tape_item *it;
	size_t len;

	*text = NULL;
	if (at == 0)
		return 0;
	it = dp_tape_at(&c->source->tape, at);
	if (it->type != DP_JSON_STRING)
		return must
		    ? dp_source_error(c->source, at, c->err, "want a string")
		    : 0;
	*text = dp_compile_text(c, it->text + 1, it->len - 2, &len);
	return *text == NULL ? -1 : 0;
}

/* A number's text, with a NUL behind. */
static const char *
copy(struct dp_compile *c, const char *text, size_t len)
{
	const char *t = dp_arena_text(&c->program->arena, text, len);

	if (t == NULL)
		(void)dp_err_nomem(c->err);
	return t;
}

static int
describe_number(struct dp_compile *c, struct dp_property *d,
    const struct dp_number *n)
{
	unsigned i;

	for (i = 0; i < n->nbounds; i++) {
		const struct dp_bound *b = &n->bounds[i];
		const char *text = copy(c, b->text, b->len);

		if (text == NULL)
			return -1;
		if (b->kind == DP_BOUND_MIN)
			d->minimum = text;
		else if (b->kind == DP_BOUND_MAX)
			d->maximum = text;
	}
	if (n->step == 0)
		return 0;
	d->multiple_of = copy(c, n->step_text, n->step_len);
	return d->multiple_of == NULL ? -1 : 0;
}

static int
describe(struct dp_compile *c, struct dp_property *d, const struct dp_object *o,
    uint32_t slot)
{
	const struct dp_node *n = o->nodes[slot];
	const struct dp_key *name = &o->table.keys[slot];
	const uint32_t item = o->items[slot];
	size_t i;

	d->name = name->text;
	d->name_len = name->len;
	d->types = n->types;
	d->required = false;
	for (i = 0; i < o->nneeds; i++)
		d->required = d->required || o->needs[i] == slot;
	d->max_length = n->string == NULL ? UINT64_MAX : n->string->max;
	d->has_enum = n->values != NULL || n->only != NULL;
	if (text_of(c, item, "format", false, &d->format) == -1 ||
	    text_of(c, item, "contentEncoding", false, &d->encoding) == -1 ||
	    text_of(c, item, "description", false, &d->description) == -1 ||
	    text_of(c, item, "x-dp-column", true, &d->dp_column) == -1 ||
	    text_of(c, item, "x-dp-type", true, &d->dp_type) == -1)
		return -1;
	return n->number == NULL ? 0 : describe_number(c, d, n->number);
}

int
dp_schema_describe(struct dp_catalog *catalog, struct dp_schema *s,
    struct dp_err *err)
{
	const struct dp_object *o = s->root->object;
	struct dp_compile c = { .program = &catalog->program,
		.source = s->root->source,
		.err = err };
	uint32_t i;

	if (s->root->source == NULL)
		return 0;
	if (text_of(&c, s->root->item, "description", false, &s->description) ==
	    -1)
		return -1;
	if (o == NULL || o->nlisted == 0)
		return 0;
	s->properties = dp_compile_take(&c, o->nlisted, sizeof *s->properties);
	if (s->properties == NULL)
		return -1;
	for (i = 0; i < o->nlisted; i++)
		if (describe(&c, &s->properties[i], o, i) == -1)
			return -1;
	return 0;
}

const char *
dp_schema_name(const struct dp_schema *s)
{
	return s->name;
}

const char *
dp_schema_description(const struct dp_schema *s)
{
	return s->description;
}

size_t
dp_schema_index(const struct dp_schema *s)
{
	return s->index;
}

size_t
dp_schema_property_count(const struct dp_schema *s)
{
	return s->properties == NULL ? 0 : s->root->object->nlisted;
}

const struct dp_property *
dp_schema_property(const struct dp_schema *s, size_t i)
{
	return i < dp_schema_property_count(s) ? &s->properties[i] : NULL;
}

int
dp_schema_property_find(const struct dp_schema *s, const char *key, size_t len,
    bool escaped)
{
	const struct dp_object *o = s->root->object;
	int64_t slot;
	uint32_t i;

	if (o == NULL)
		return -1;
	if (!escaped) {
		slot = dp_keytable_find(&o->table, key, len);
		return slot < (int64_t)o->nlisted ? (int)slot : -1;
	}
	for (i = 0; i < o->nlisted; i++)
		if (dp_scan_equal(key, len, true, o->table.keys[i].text,
			o->table.keys[i].len))
			return (int)i;
	return -1;
}
