/* Compiles what speaks of objects. */
#include <string.h>

#include "base/err.h"
#include "json/scan.h"
#include "schema/compile.h"

#define KEYS_MAX 65536 /* of one object schema */

/* All keys: those of properties, then others of required. */
struct keys {
	struct dp_key *names;
	const struct dp_node **nodes;
	uint32_t *items;
	uint32_t n, nlisted;
};

static bool
has_key(const struct keys *k, uint32_t n, const struct dp_key *name,
    uint32_t *slot)
{
	for (*slot = 0; *slot < n; ++*slot)
		if (k->names[*slot].len == name->len &&
		    memcmp(k->names[*slot].text, name->text, name->len) == 0)
			return true;
	return false;
}

static int
add_key(struct dp_compile *c, struct keys *k, const char *raw, size_t len)
{
	struct dp_key *name = &k->names[k->n];

	name->text = dp_compile_text(c, raw, len, &name->len);
	if (name->text == NULL)
		return -1;
	k->n++;
	return 0;
}

static int
add_properties(struct dp_compile *c, struct keys *k, uint32_t i)
{
	const struct dp_tape *t = &c->source->tape;
	uint32_t m;

	for (m = i + 1; m < dp_tape_at(t, i)->next;
	     m = dp_tape_at(t, m)->next) {
		const struct dp_tape_item *it = dp_tape_at(t, m);
		const uint32_t slot = k->n;

		if (add_key(c, k, it->key, it->key_len) == -1)
			return -1;
		k->items[slot] = m;
		k->nodes[slot] = dp_compile_schema(c, m);
		if (k->nodes[slot] == NULL)
			return -1;
	}
	k->nlisted = k->n;
	return 0;
}

/* Keys that only required names are subject to additionalProperties. */
static int
add_required(struct dp_compile *c, struct keys *k, struct dp_object *o,
    uint32_t i)
{
	const struct dp_tape *t = &c->source->tape;
	uint32_t *needs = dp_compile_take(c,
	    dp_tape_at(t, i)->count + (size_t)1, sizeof *needs);
	uint32_t m;

	if (needs == NULL)
		return -1;
	for (m = i + 1; m < dp_tape_at(t, i)->next; m++) {
		const struct dp_tape_item *it = dp_tape_at(t, m);
		uint32_t slot;

		if (it->type != DP_JSON_STRING)
			return dp_source_error(c->source, m, c->err,
			    "want the name of a key");
		if (add_key(c, k, it->text + 1, it->len - 2) == -1)
			return -1;
		if (has_key(k, k->n - 1, &k->names[k->n - 1], &slot))
			k->n--;
		needs[o->nneeds++] = slot;
	}
	o->needs = needs;
	return 0;
}

static int
finish(struct dp_compile *c, struct dp_object *o, const struct keys *k)
{
	o->nodes = k->nodes;
	o->items = k->items;
	o->nkeys = k->n;
	o->nlisted = k->nlisted;
	return dp_keytable_make(&o->table, k->names, k->n,
		   &c->program->arena) == -1
	    ? dp_err_nomem(c->err)
	    : 0;
}

static int
want(struct dp_compile *c, uint32_t i, uint8_t type, const char *what)
{
	if (i == 0 || dp_tape_at(&c->source->tape, i)->type == type)
		return 0;
	return dp_source_error(c->source, i, c->err, "want %s", what);
}

static int
check_kinds(struct dp_compile *c, const uint32_t *at)
{
	if (want(c, at[DP_KW_PROPERTIES], DP_JSON_OBJECT,
		"an object of schemas") == -1 ||
	    want(c, at[DP_KW_PATTERN_PROPERTIES], DP_JSON_OBJECT,
		"an object of schemas") == -1 ||
	    want(c, at[DP_KW_REQUIRED], DP_JSON_ARRAY,
		"an array of keys: required stands beside properties, not in "
		"them") == -1)
		return -1;
	return 0;
}

/* patternProperties and propertyNames. */
static int
add_patterns(struct dp_compile *c, struct dp_object *o, const uint32_t *at)
{
	const struct dp_tape *t = &c->source->tape;
	const uint32_t i = at[DP_KW_PATTERN_PROPERTIES];
	struct dp_pattern_prop *p;
	uint32_t k;

	if (at[DP_KW_PROPERTY_NAMES] != 0) {
		o->names = dp_compile_schema(c, at[DP_KW_PROPERTY_NAMES]);
		if (o->names == NULL)
			return -1;
	}
	if (i == 0)
		return 0;
	p = dp_compile_take(c, dp_tape_at(t, i)->count + (size_t)1, sizeof *p);
	if (p == NULL)
		return -1;
	o->patterns = p;
	for (k = i + 1; k < dp_tape_at(t, i)->next;
	     k = dp_tape_at(t, k)->next, p++) {
		const struct dp_tape_item *it = dp_tape_at(t, k);
		size_t len;
		const char *text =
		    dp_compile_text(c, it->key, it->key_len, &len);

		if (text == NULL)
			return -1;
		p->pattern = dp_compile_pattern(c, k, text, len);
		p->node = p->pattern == NULL ? NULL : dp_compile_schema(c, k);
		if (p->node == NULL)
			return -1;
		o->npatterns++;
	}
	return 0;
}

static int
take_counts(struct dp_compile *c, struct dp_object *o, const uint32_t *at)
{
	o->max = UINT64_MAX;
	if ((at[DP_KW_MIN_PROPERTIES] != 0 &&
		dp_compile_count(c, at[DP_KW_MIN_PROPERTIES], &o->min) == -1) ||
	    (at[DP_KW_MAX_PROPERTIES] != 0 &&
		dp_compile_count(c, at[DP_KW_MAX_PROPERTIES], &o->max) == -1))
		return -1;
	return 0;
}

static size_t
count_of(const struct dp_compile *c, uint32_t i)
{
	return i == 0 ? 0 : dp_tape_at(&c->source->tape, i)->count;
}

int
dp_compile_object(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts)
{
	const uint32_t *at = parts->at;
	struct keys k = { 0 };
	struct dp_object *o;
	size_t most;

	if (at[DP_KW_PROPERTIES] == 0 && at[DP_KW_REQUIRED] == 0 &&
	    at[DP_KW_PATTERN_PROPERTIES] == 0 &&
	    at[DP_KW_ADDITIONAL_PROPERTIES] == 0 &&
	    at[DP_KW_PROPERTY_NAMES] == 0 && at[DP_KW_MIN_PROPERTIES] == 0 &&
	    at[DP_KW_MAX_PROPERTIES] == 0)
		return 0;
	most = count_of(c, at[DP_KW_PROPERTIES]) +
	    count_of(c, at[DP_KW_REQUIRED]) + 1;
	if (most > KEYS_MAX)
		return dp_source_error(c->source, n->item, c->err,
		    "too many keys");
	o = dp_compile_take(c, 1, sizeof *o);
	k.nodes = dp_compile_take(c, most, sizeof *k.nodes);
	k.names = dp_compile_take(c, most, sizeof *k.names);
	k.items = dp_compile_take(c, most, sizeof *k.items);
	if (o == NULL || k.nodes == NULL || k.names == NULL ||
	    k.items == NULL || check_kinds(c, at) == -1 ||
	    take_counts(c, o, at) == -1)
		return -1;
	o->additional = &dp_node_any;
	o->has_additional = at[DP_KW_ADDITIONAL_PROPERTIES] != 0;
	if (o->has_additional) {
		o->additional =
		    dp_compile_schema(c, at[DP_KW_ADDITIONAL_PROPERTIES]);
		if (o->additional == NULL)
			return -1;
	}
	if ((at[DP_KW_PROPERTIES] != 0 &&
		add_properties(c, &k, at[DP_KW_PROPERTIES]) == -1) ||
	    (at[DP_KW_REQUIRED] != 0 &&
		add_required(c, &k, o, at[DP_KW_REQUIRED]) == -1) ||
	    add_patterns(c, o, at) == -1 || finish(c, o, &k) == -1)
		return -1;
	n->object = o;
	return 0;
}
