#include "schema/eval.h"

#include <string.h>

#include "schema/scalar.h"

void
dp_eval_start(struct dp_eval *e)
{
	e->steps = DP_EVAL_STEPS;
	e->stopped = false;
	e->cut = false;
	e->depth = 0;
	e->nscope = 0;
	dp_buf_clear(&e->marks);
	memset(&e->fault, 0, sizeof e->fault);
	memset(&e->near, 0, sizeof e->near);
}

void
dp_eval_fini(struct dp_eval *e)
{
	dp_buf_fini(&e->marks);
	dp_buf_fini(&e->table);
}

size_t
dp_eval_row(struct dp_eval *e, uint32_t item)
{
	const size_t row = e->marks.len;
	const size_t n = dp_tape_at(e->tape, item)->count;

	if (dp_buf_reserve(&e->marks, n + 1) == -1)
		return DP_EVAL_UNMARKED;
	memset(e->marks.data + row, 0, n + 1);
	e->marks.len += n + 1;
	return row;
}

void
dp_eval_drop(struct dp_eval *e, size_t row)
{
	e->marks.len = row;
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
	if (n->only != NULL && !is_listed(e, n->only, item) &&
	    !dp_eval_fail(e, "const", n, item))
		return false;
	if (n->values != NULL && !is_listed(e, n->values, item))
		return dp_eval_fail(e, "enum", n, item);
	return true;
}

/*
 * What the node itself says of the value.  False: nothing else is asked of
 * it, such as of one that has another type.
 */
static bool
holds(struct dp_eval *e, const struct dp_node *n, uint32_t item, size_t marks)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	struct dp_scan_value v;
	const char *code;

	if (n->never || (n->said & it->type) == 0) {
		(void)dp_eval_fail(e, n->never ? "false" : "type", n, item);
		return false;
	}
	if ((n->only != NULL || n->values != NULL) && !values_hold(e, n, item))
		return false;
	if (it->type == DP_JSON_OBJECT)
		return n->object == NULL || dp_eval_object(e, n, item, marks);
	if (it->type == DP_JSON_ARRAY)
		return n->array == NULL || dp_eval_array(e, n, item, marks);
	if (n->string == NULL && n->number == NULL)
		return true;
	v = dp_tape_value(e->tape, item);
	code = dp_scalar_check(n, &v, e->text);
	return code == NULL || dp_eval_scalar(e, n, item, code);
}

/* What no other keyword has evaluated. */
static bool
rest_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    const struct dp_node *rest, size_t marks)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	const char *code = it->type == DP_JSON_OBJECT ? "unevaluatedProperties"
						      : "unevaluatedItems";
	uint32_t i;

	for (i = item + 1; i < it->next; i = dp_tape_at(e->tape, i)->next) {
		if (e->marks.data[marks + dp_tape_at(e->tape, i)->index] != 0)
			continue;
		if (rest->never ? !dp_eval_fail(e, code, n, i)
				: !dp_eval(e, rest, i))
			return false;
	}
	return true;
}

/* With unevaluated*: marks of its own, and then all is evaluated. */
static bool
holds_with_rest(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    const struct dp_node *rest, size_t marks)
{
	const size_t row = dp_eval_row(e, item);
	const uint32_t count = dp_tape_at(e->tape, item)->count;
	const size_t found = e->found == NULL ? 0 : e->found->len;
	bool good;

	if (row == DP_EVAL_UNMARKED)
		return dp_eval_stop(e, "internal", n, item);
	good = holds(e, n, item, row) && dp_eval_combine(e, n, item, row) &&
	    (dp_eval_lost(e, found, item) || rest_holds(e, n, item, rest, row));
	dp_eval_drop(e, row);
	if (good && marks != DP_EVAL_UNMARKED)
		memset(e->marks.data + marks, 1, count);
	return good;
}

static bool
all_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const uint8_t type = dp_tape_at(e->tape, item)->type;
	const struct dp_node *rest = NULL;

	if (n->combine == NULL)
		return holds(e, n, item, marks);
	if (type == DP_JSON_OBJECT)
		rest = n->combine->rest_properties;
	else if (type == DP_JSON_ARRAY)
		rest = n->combine->rest_items;
	if (rest != NULL)
		return holds_with_rest(e, n, item, rest, marks);
	return holds(e, n, item, marks) && dp_eval_combine(e, n, item, marks);
}

bool
dp_eval_marked(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const unsigned nscope = e->nscope;
	bool good;

	/* What passes everything has no place of its own. */
	if (n->source == NULL && !n->never)
		return true;
	if (e->stopped)
		return false;
	if (e->steps <= 1 || e->depth == DP_EVAL_DEPTH) {
		e->steps = 0;
		memset(&e->fault, 0, sizeof e->fault);
		return dp_eval_fail(e, "too-complex", n, item);
	}
	e->steps--;
	e->depth++;
	if (nscope == 0 || e->scope[nscope - 1] != n->resource)
		e->scope[e->nscope++] = n->resource;
	good = all_holds(e, n, item, marks);
	e->nscope = nscope;
	e->depth--;
	if (e->steps > 0)
		return good || e->found != NULL;
	if (e->stopped)
		return good;
	e->fault.code = NULL;
	return dp_eval_fail(e, "too-complex", n, item);
}

bool
dp_eval(struct dp_eval *e, const struct dp_node *n, uint32_t item)
{
	return dp_eval_marked(e, n, item, DP_EVAL_UNMARKED);
}
