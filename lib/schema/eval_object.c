/* Keywords of objects, over the tape. */
#include <string.h>

#include "json/unescape.h"
#include "schema/eval.h"
#include "schema/pattern.h"

/* The text of a key with escapes, with 8 bytes behind; NULL: no memory. */
static const char *
unescaped_key(struct dp_eval *e, const struct dp_tape_item *it, size_t *len)
{
	struct dp_unescape u = dp_unescape_of(it->key, it->key_len);

	dp_buf_clear(e->text);
	if (dp_buf_reserve(e->text, it->key_len + (size_t)8) == -1)
		return NULL;
	*len = dp_unescape_some(&u, e->text->data, it->key_len);
	memset(e->text->data + *len, 0, 8);
	return e->text->data;
}

/* The text of a key, of which 8 bytes may be read; NULL: no memory. */
static inline const char *
key_text(struct dp_eval *e, const struct dp_tape_item *it, size_t *len)
{
	*len = it->key_len;
	return it->key_escaped ? unescaped_key(e, it, len) : it->key;
}

/* The key took too many steps; n tells it from the value. */
static bool
key_limit(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	(void)dp_eval_stop(e, "pattern-limit", n, item);
	e->fault.n = 1;
	return false;
}

/*
 * The patterns that a key matches, each with the value.  Sets *found when
 * there are some.
 */
static bool
patterns_hold(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    bool *found)
{
	const struct dp_object *o = n->object;
	size_t i, len;

	for (i = 0; i < o->npatterns; i++) {
		const struct dp_pattern_prop *p = &o->patterns[i];
		/* A schema inside may have used the scratch memory. */
		const char *key = key_text(e, dp_tape_at(e->tape, item), &len);
		enum dp_pattern_result r;

		if (key == NULL)
			return dp_eval_stop(e, "internal", n, item);
		r = dp_pattern_match(p->pattern, key, len);
		if (r == DP_PATTERN_LIMIT)
			return key_limit(e, n, item);
		if (r == DP_PATTERN_NO)
			continue;
		*found = true;
		if (!dp_eval(e, p->node, item))
			return false;
	}
	return true;
}

/* The key as a value of its own: a tape of one string. */
static bool
name_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	const struct dp_tape *tape = e->tape;
	const struct dp_eval_fault fault = e->fault, near = e->near;
	struct dp_tape_item name = { .text = it->key - 1,
		.len = it->key_len + 2,
		.next = 1,
		.type = DP_JSON_STRING,
		.escaped = it->key_escaped };
	const struct dp_tape one = { .items = { .data = (char *)&name },
		.n = 1 };
	bool good;

	e->tape = &one;
	good = dp_eval_ask(e, n->object->names, 0, DP_EVAL_UNMARKED);
	e->tape = tape;
	e->near = near;
	if (good)
		return true;
	/* The fault is the key's, and the tape of one is gone. */
	if (e->stopped) {
		e->fault.item = item;
		e->fault.n = 2;
	}
	if (e->steps > 0)
		e->fault = fault;
	return dp_eval_fail(e, "propertyNames", n, item);
}

static bool
member_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_object *o = n->object;
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	bool found = false;
	const char *key;
	int64_t slot;
	size_t len;

	if (o->names != NULL && !name_holds(e, n, item))
		return false;
	key = key_text(e, it, &len);
	if (key == NULL)
		return dp_eval_stop(e, "internal", n, item);
	slot = dp_keytable_find(&o->table, key, len);
	if (slot >= 0 && slot < (int64_t)o->nlisted) {
		found = true;
		if (!dp_eval(e, o->nodes[slot], item))
			return false;
	}
	if (!patterns_hold(e, n, item, &found))
		return false;
	if (found || o->has_additional)
		dp_eval_mark(e, marks, it->index);
	if (found)
		return true;
	if (o->additional->never)
		return dp_eval_fail(e, "additionalProperties", n, item);
	return dp_eval(e, o->additional, item);
}

static bool
has_required(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	const struct dp_object *o = n->object;
	size_t i;

	for (i = 0; i < o->nneeds; i++) {
		const struct dp_key *key = &o->table.keys[o->needs[i]];

		if (dp_tape_member(e->tape, item, key->text, key->len) == 0 &&
		    !dp_eval_fail_key(e, "required", n, item, key, NULL))
			return false;
	}
	return true;
}

bool
dp_eval_object(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	const struct dp_object *o = n->object;
	uint32_t m;

	for (m = item + 1; m < it->next; m = dp_tape_at(e->tape, m)->next)
		if (!member_holds(e, n, m, marks))
			return false;
	if (!has_required(e, n, item))
		return false;
	if (it->count < o->min)
		return dp_eval_fail(e, "minProperties", n, item);
	if (it->count > o->max)
		return dp_eval_fail(e, "maxProperties", n, item);
	return true;
}
