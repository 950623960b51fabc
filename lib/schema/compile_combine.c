/* Compiles what speaks of the same value through other schemas. */
#include <string.h>

#include "base/err.h"
#include "schema/compile.h"

static const struct dp_node *
one(struct dp_compile *c, uint32_t i, bool *failed)
{
	const struct dp_node *n = i == 0 ? NULL : dp_compile_schema(c, i);

	*failed = *failed || (i != 0 && n == NULL);
	return n;
}

static int
lists(struct dp_compile *c, struct dp_combine *m, const uint32_t *at)
{
	if ((at[DP_KW_ALL_OF] != 0 &&
		dp_compile_list(c, at[DP_KW_ALL_OF], &m->all) == -1) ||
	    (at[DP_KW_ANY_OF] != 0 &&
		dp_compile_list(c, at[DP_KW_ANY_OF], &m->any) == -1) ||
	    (at[DP_KW_ONE_OF] != 0 &&
		dp_compile_list(c, at[DP_KW_ONE_OF], &m->one) == -1))
		return -1;
	return 0;
}

static int
refs(struct dp_compile *c, struct dp_combine *m, const uint32_t *at)
{
	const uint32_t ref = at[DP_KW_REF];
	const bool recursive = at[DP_KW_RECURSIVE_REF] != 0;
	const uint32_t dynamic =
	    recursive ? at[DP_KW_RECURSIVE_REF] : at[DP_KW_DYNAMIC_REF];

	if (ref != 0 && (m->ref = dp_compile_ref(c, ref)) == NULL)
		return -1;
	if (dynamic == 0)
		return 0;
	m->dynamic = dp_compile_dynamic(c, dynamic, recursive);
	return m->dynamic == NULL ? -1 : 0;
}

/* The keys in the array at item i. */
static int
keys_of(struct dp_compile *c, struct dp_depend *d, uint32_t i)
{
	const struct dp_tape *t = &c->source->tape;
	const struct dp_tape_item *it = dp_tape_at(t, i);
	struct dp_key *keys =
	    dp_compile_take(c, it->count + (size_t)1, sizeof *keys);
	uint32_t k;

	if (keys == NULL)
		return -1;
	for (k = i + 1; k < it->next; k = dp_tape_at(t, k)->next) {
		const struct dp_tape_item *m = dp_tape_at(t, k);
		struct dp_key *key = &keys[d->nneeds++];

		if (m->type != DP_JSON_STRING)
			return dp_source_error(c->source, k, c->err,
			    "want the name of a key");
		key->text =
		    dp_compile_text(c, m->text + 1, m->len - 2, &key->len);
		if (key->text == NULL)
			return -1;
	}
	d->needs = keys;
	return 0;
}

/* Each member of the object at item i: a key, and what it asks for. */
static int
depends_of(struct dp_compile *c, struct dp_combine *m,
    struct dp_depend *depends, uint32_t i, enum dp_keyword_id id)
{
	const struct dp_tape *t = &c->source->tape;
	uint32_t k;

	if (i == 0)
		return 0;
	if (dp_tape_at(t, i)->type != DP_JSON_OBJECT)
		return dp_source_error(c->source, i, c->err, "want an object");
	for (k = i + 1; k < dp_tape_at(t, i)->next;
	     k = dp_tape_at(t, k)->next) {
		const struct dp_tape_item *it = dp_tape_at(t, k);
		const bool list = it->type == DP_JSON_ARRAY;
		struct dp_depend *d = &depends[m->ndepends++];

		d->key.text =
		    dp_compile_text(c, it->key, it->key_len, &d->key.len);
		if (d->key.text == NULL)
			return -1;
		if (!list && id == DP_KW_DEPENDENT_REQUIRED)
			return dp_source_error(c->source, k, c->err,
			    "want an array of keys");
		if (list && id != DP_KW_DEPENDENT_SCHEMAS) {
			if (keys_of(c, d, k) == -1)
				return -1;
			continue;
		}
		d->node = dp_compile_schema(c, k);
		if (d->node == NULL)
			return -1;
	}
	return 0;
}

static int
all_depends(struct dp_compile *c, struct dp_combine *m, const uint32_t *at)
{
	static const enum dp_keyword_id ids[] = { DP_KW_DEPENDENCIES,
		DP_KW_DEPENDENT_REQUIRED, DP_KW_DEPENDENT_SCHEMAS };
	struct dp_depend *depends;
	size_t i, n = 0;

	for (i = 0; i < 3; i++)
		if (at[ids[i]] != 0)
			n += dp_tape_at(&c->source->tape, at[ids[i]])->count;
	if (n == 0)
		return 0;
	depends = dp_compile_take(c, n, sizeof *depends);
	if (depends == NULL)
		return -1;
	m->depends = depends;
	for (i = 0; i < 3; i++)
		if (depends_of(c, m, depends, at[ids[i]], ids[i]) == -1)
			return -1;
	return 0;
}

int
dp_compile_combine(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts)
{
	static const enum dp_keyword_id ids[] = { DP_KW_REF, DP_KW_DYNAMIC_REF,
		DP_KW_RECURSIVE_REF, DP_KW_ALL_OF, DP_KW_ANY_OF, DP_KW_ONE_OF,
		DP_KW_NOT, DP_KW_IF, DP_KW_DEPENDENCIES,
		DP_KW_DEPENDENT_REQUIRED, DP_KW_DEPENDENT_SCHEMAS,
		DP_KW_UNEVALUATED_ITEMS, DP_KW_UNEVALUATED_PROPERTIES };

	const uint32_t *at = parts->at;
	struct dp_combine *m;
	bool failed = false;
	size_t i = 0;

	while (i < sizeof ids / sizeof ids[0] && at[ids[i]] == 0)
		i++;
	if (i == sizeof ids / sizeof ids[0])
		return 0;
	m = dp_compile_take(c, 1, sizeof *m);
	if (m == NULL || refs(c, m, at) == -1 || lists(c, m, at) == -1 ||
	    all_depends(c, m, at) == -1)
		return -1;
	m->not = one(c, at[DP_KW_NOT], &failed);
	m->cond = one(c, at[DP_KW_IF], &failed);
	if (m->cond != NULL) {
		m->then = one(c, at[DP_KW_THEN], &failed);
		m->otherwise = one(c, at[DP_KW_ELSE], &failed);
	}
	m->rest_items = one(c, at[DP_KW_UNEVALUATED_ITEMS], &failed);
	m->rest_properties = one(c, at[DP_KW_UNEVALUATED_PROPERTIES], &failed);
	n->combine = m;
	return failed ? -1 : 0;
}
