/* Keywords of arrays, over the tape. */
#include <string.h>

#include "base/hash.h"
#include "json/decimal.h"
#include "json/unescape.h"
#include "schema/eval.h"

#define PAIRS_MAX 8 /* elements that are compared each with each */

static bool
elements_hold(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_array *a = n->array;
	const uint32_t end = dp_tape_at(e->tape, item)->next;
	uint32_t m;

	for (m = item + 1; m < end; m = dp_tape_at(e->tape, m)->next) {
		const uint32_t index = dp_tape_at(e->tape, m)->index;
		const bool first = index < a->prefix.n;

		if (!dp_eval(e, dp_array_element(a, index), m))
			return false;
		if (first || a->has_items)
			dp_eval_mark(e, marks, index);
	}
	return true;
}

/* Counts what contains finds; no fault is kept of what it does not. */
static bool
contains_holds(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_array *a = n->array;
	const uint32_t end = dp_tape_at(e->tape, item)->next;
	const struct dp_eval_fault fault = e->fault, near = e->near;
	const char *code = NULL;
	uint64_t count = 0;
	uint32_t m;

	for (m = item + 1; m < end; m = dp_tape_at(e->tape, m)->next) {
		if (!dp_eval_ask(e, a->contains, m, DP_EVAL_UNMARKED)) {
			if (e->steps == 0)
				return false;
			e->fault = fault;
			e->near = near;
			continue;
		}
		count++;
		if (a->contains_marks)
			dp_eval_mark(e, marks, dp_tape_at(e->tape, m)->index);
	}
	if (count < a->min_contains)
		code = a->min_contains == 1 ? "contains" : "minContains";
	else if (count > a->max_contains)
		code = "maxContains";
	return code == NULL || dp_eval_fail_count(e, code, n, item, count);
}

static uint64_t
hash_text(const char *raw, size_t len, uint64_t seed)
{
	struct dp_unescape u = dp_unescape_of(raw, len);
	char some[256];
	size_t n;

	while ((n = dp_unescape_some(&u, some, sizeof some)) > 0)
		seed = dp_hash64(some, n, seed);
	return seed;
}

static uint64_t
hash_number(const struct dp_tape_item *it)
{
	struct dp_decimal d;
	uint64_t h;
	size_t i;

	dp_decimal_read(&d, it->text, it->len);
	if (d.zero)
		return 1;
	h = dp_hash64(&d.exp, sizeof d.exp, d.negative);
	/* The digits alone: where the point stands is not the value. */
	for (i = 0; i < d.len; i++)
		if (d.digits[i] != '.')
			h = (h ^ (uint64_t)d.digits[i]) *
			    UINT64_C(0x9e3779b97f4a7c15);
	return h;
}

/* Equal values have equal hashes.  The order of members does not count. */
static uint64_t
hash_item(struct dp_eval *e, uint32_t item, unsigned depth)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	const bool object = it->type == DP_JSON_OBJECT;
	uint64_t h = it->type, one;
	uint32_t m;

	if (it->type == DP_JSON_STRING)
		return hash_text(it->text + 1, it->len - 2, h);
	if ((it->type & DP_TYPES_NUMBER) != 0)
		return hash_number(it);
	if ((it->type & DP_TYPES_CONTAINER) == 0 || depth == DP_SCAN_DEPTH)
		return h;
	for (m = item + 1; m < it->next; m = dp_tape_at(e->tape, m)->next) {
		const struct dp_tape_item *c = dp_tape_at(e->tape, m);

		one = hash_item(e, m, depth + 1);
		if (object)
			h += hash_text(c->key, c->key_len, one);
		else
			h = dp_hash64(&one, sizeof one, h);
	}
	return h;
}

/* A place in the table: the item that is there, and its hash. */
struct place {
	uint32_t item; /* 0: free */
	uint32_t tag;
};

static bool
unique_by_table(struct dp_eval *e, uint32_t item, uint32_t count)
{
	const uint32_t end = dp_tape_at(e->tape, item)->next;
	size_t size = 16, at;
	struct place *table;
	uint32_t m;

	while (size < (size_t)count * 2)
		size *= 2;
	dp_buf_clear(&e->table);
	if (dp_buf_reserve(&e->table, size * sizeof *table) == -1) {
		e->steps = 0;
		return false;
	}
	table = (void *)e->table.data;
	memset(table, 0, size * sizeof *table);
	for (m = item + 1; m < end; m = dp_tape_at(e->tape, m)->next) {
		const uint64_t h = hash_item(e, m, 0);
		const uint32_t tag = (uint32_t)(h >> 32);

		for (at = h & (size - 1); table[at].item != 0;
		     at = (at + 1) & (size - 1))
			if (table[at].tag == tag &&
			    dp_tape_equal(e->tape, m, e->tape, table[at].item,
				&e->steps))
				return false;
		table[at] = (struct place){ m, tag };
	}
	return true;
}

bool
dp_eval_unique(struct dp_eval *e, uint32_t item)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	uint32_t i, k;

	if (it->count > PAIRS_MAX)
		return unique_by_table(e, item, it->count);
	for (i = item + 1; i < it->next; i = dp_tape_at(e->tape, i)->next)
		for (k = item + 1; k < i; k = dp_tape_at(e->tape, k)->next)
			if (dp_tape_equal(e->tape, i, e->tape, k, &e->steps))
				return false;
	return true;
}

bool
dp_eval_array(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks)
{
	const struct dp_tape_item *it = dp_tape_at(e->tape, item);
	const struct dp_array *a = n->array;

	if ((a->prefix.n > 0 || a->has_items) &&
	    !elements_hold(e, n, item, marks))
		return false;
	if (it->count < a->min && !dp_eval_fail(e, "minItems", n, item))
		return false;
	if (it->count > a->max && !dp_eval_fail(e, "maxItems", n, item))
		return false;
	if (a->contains != NULL && !contains_holds(e, n, item, marks))
		return false;
	if (a->unique && !dp_eval_unique(e, item))
		return dp_eval_fail(e, "uniqueItems", n, item);
	return true;
}
