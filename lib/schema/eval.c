#include "schema/eval.h"

#include <string.h>

#include "json/unescape.h"
#include "schema/scalar.h"

void
dp_eval_start(struct dp_eval *e)
{
	e->steps = DP_EVAL_STEPS;
	e->depth = 0;
	memset(&e->fault, 0, sizeof e->fault);
}

/* The first fault stays; returns false. */
static bool
fail(struct dp_eval *e, const char *code, const struct dp_node *n,
    uint32_t item)
{
	if (e->fault.code == NULL)
		e->fault = (struct dp_eval_fault){ .code = code,
			.item = item,
			.node = n };
	return false;
}

static bool
is_listed(struct dp_eval *e, const struct dp_values *v, uint32_t item)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (dp_tape_equal(e->tape, item, &v->source->tape, v->items[i],
			&e->steps))
			return true;
	return false;
}

/* const and enum of any value. */
static bool
values_hold(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	if (n->only != NULL && !is_listed(e, n->only, item))
		return fail(e, "const", n, item);
	if (n->values != NULL && !is_listed(e, n->values, item))
		return fail(e, "enum", n, item);
	return true;
}

/* The number of a key that the object schema knows, or -1. */
static int64_t
known(struct dp_eval *e, const struct dp_object *o,
    const struct dp_tape_item *it)
{
	struct dp_unescape u;
	char pad[8] = { 0 };

	if (!it->key_escaped && it->key_len >= sizeof pad)
		return dp_keytable_find(&o->table, it->key, it->key_len);
	dp_buf_clear(e->text);
	if (dp_buf_reserve(e->text, it->key_len + sizeof pad) == -1)
		return -1;
	u = dp_unescape_of(it->key, it->key_len);
	e->text->len = dp_unescape_some(&u, e->text->data, it->key_len);
	memcpy(e->text->data + e->text->len, pad, sizeof pad);
	return dp_keytable_find(&o->table, e->text->data, e->text->len);
}

static bool
member_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	const struct dp_object *o = n->object;
	const int64_t slot = known(e, o, dp_tape_at(e->tape, item));

	if (slot >= 0 && o->props[slot].listed)
		return dp_eval(e, o->props[slot].node, item);
	if (o->additional->never)
		return fail(e, "additionalProperties", n, item);
	return dp_eval(e, o->additional, item);
}

static bool
has_required(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	const struct dp_object *o = n->object;
	size_t i;

	for (i = 0; i < o->nneeds; i++) {
		const struct dp_prop *p = &o->props[o->needs[i]];

		if (dp_tape_member(e->tape, item, p->name, p->len) != 0)
			continue;
		if (e->fault.code != NULL)
			return false;
		(void)fail(e, "required", n, item);
		e->fault.prop = p;
		return false;
	}
	return true;
}

static bool
object_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	const struct dp_object *o = n->object;
	uint32_t m;

	for (m = item + 1; m < it->next; m = dp_tape_at(e->tape, m)->next)
		if (!member_holds(e, n, m))
			return false;
	if (!has_required(e, n, item))
		return false;
	if (it->count < o->min)
		return fail(e, "minProperties", n, item);
	if (it->count > o->max)
		return fail(e, "maxProperties", n, item);
	return true;
}

static bool
array_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	const struct dp_array *a = n->array;
	uint32_t m;

	for (m = item + 1; m < it->next; m = dp_tape_at(e->tape, m)->next)
		if (!dp_eval(e, a->items, m))
			return false;
	if (it->count < a->min)
		return fail(e, "minItems", n, item);
	if (it->count > a->max)
		return fail(e, "maxItems", n, item);
	return true;
}

static bool
holds(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	const struct dp_scan_value v = dp_tape_value(e->tape, item);
	const char *code;

	if (n->never)
		return fail(e, "false", n, item);
	if ((n->said & it->type) == 0 && n->source != NULL)
		return fail(e, "type", n, item);
	if ((n->only != NULL || n->values != NULL) && !values_hold(e, n, item))
		return false;
	if ((n->look & it->type) == 0)
		return true;
	if (it->type == DP_JSON_OBJECT)
		return n->object == NULL || object_holds(e, n, item);
	if (it->type == DP_JSON_ARRAY)
		return n->array == NULL || array_holds(e, n, item);
	code = dp_scalar_check(n, &v, e->text);
	return code == NULL || fail(e, code, n, item);
}

bool
dp_eval(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	bool good;

	if (e->steps == 0 || e->depth == DP_EVAL_DEPTH)
		return fail(e, "too-complex", n, item);
	e->steps--;
	e->depth++;
	good = holds(e, n, item);
	e->depth--;
	if (!good && e->steps == 0)
		e->fault.code = "too-complex";
	return good;
}
