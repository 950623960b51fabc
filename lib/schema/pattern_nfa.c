#include "schema/pattern_nfa.h"

#include <string.h>

#include "json/text.h"

#define WORK 65536 /* nodes, those of loops each time */

static unsigned compile_node(struct dp_nfa *n, const struct dp_tree *t,
    uint32_t i, unsigned next);

static unsigned
emit(struct dp_nfa *n, struct dp_nfa_inst inst)
{
	if (n->n == DP_NFA_SIZE) {
		n->full = true;
		return 0;
	}
	n->code[n->n] = inst;
	return n->n++;
}

static unsigned
split(struct dp_nfa *n, unsigned a, unsigned b)
{
	return emit(n,
	    (struct dp_nfa_inst){ .op = DP_NFA_SPLIT,
		.out = (uint16_t)a,
		.alt = (uint16_t)b });
}

/*
 * The largest end of a range from `from` whose characters are a row of
 * independent byte ranges: the same length, and below a byte that differs
 * all continuations.
 */
static uint32_t
piece_end(uint32_t from, uint32_t to)
{
	static const uint32_t last[] = { 0x7f, 0x7ff, 0xffff };
	unsigned i;

	for (i = 0; i < 3; i++)
		if (from <= last[i] && to > last[i])
			to = last[i];
	for (i = 1; i < 4; i++) {
		const uint32_t below = (UINT32_C(1) << (6 * i)) - 1;

		if (from < 0x80 || (from & ~below) == (to & ~below))
			break;
		if ((from & below) != 0)
			return from | below;
		/* Whole blocks first; the rest is the next piece. */
		if ((to & below) != below)
			to = (to & ~below) - 1;
	}
	return to;
}

/* One row of byte ranges from from to to. */
static unsigned
row(struct dp_nfa *n, uint32_t from, uint32_t to, unsigned next)
{
	unsigned char a[4], b[4];
	unsigned i = dp_json_put_utf8(from, (char *)a);

	(void)dp_json_put_utf8(to, (char *)b);
	while (i-- > 0)
		next = emit(n,
		    (struct dp_nfa_inst){ .op = DP_NFA_BYTE,
			.lo = a[i],
			.hi = b[i],
			.out = (uint16_t)next });
	return next;
}

static unsigned
compile_set(struct dp_nfa *n, const struct dp_tree *t,
    const struct dp_tree_node *node, unsigned next)
{
	const struct dp_range *r = dp_tree_ranges(t, node);
	unsigned entry = 0; /* FAIL */
	uint32_t i;

	for (i = 0; i < node->ranges_n; i++) {
		uint32_t from = r[i].from;

		while (from <= r[i].to && !n->full) {
			const uint32_t to = piece_end(from, r[i].to);
			const unsigned one = row(n, from, to, next);

			entry = entry == 0 ? one : split(n, one, entry);
			from = to + 1;
		}
	}
	return entry;
}

/* Sequences of a group are a choice; parts of a sequence a row. */
static unsigned
compile_once(struct dp_nfa *n, const struct dp_tree *t, uint32_t i,
    unsigned next)
{
	const struct dp_tree_node *node = dp_tree_at(t, i);
	unsigned entry = 0;
	uint32_t c;

	switch (node->kind) {
	case DP_TREE_SET:
		return compile_set(n, t, node, next);
	case DP_TREE_START:
	case DP_TREE_END:
		return emit(n,
		    (struct dp_nfa_inst){ .op = node->kind == DP_TREE_START
			    ? DP_NFA_START
			    : DP_NFA_END,
			.out = (uint16_t)next });
	case DP_TREE_GROUP:
		for (c = node->child; c != 0; c = dp_tree_at(t, c)->before) {
			const unsigned one = compile_node(n, t, c, next);

			entry = entry == 0 ? one : split(n, one, entry);
		}
		return entry;
	case DP_TREE_SEQ:
		break;
	}
	for (c = node->child; c != 0; c = dp_tree_at(t, c)->before)
		next = compile_node(n, t, c, next);
	return next;
}

/* Calls itself once for each group in a group: DP_TREE_DEPTH at most. */
static unsigned
compile_node(struct dp_nfa *n, const struct dp_tree *t, uint32_t i,
    unsigned next)
{
	const struct dp_tree_node *node = dp_tree_at(t, i);
	const unsigned after = next;
	uint64_t k;

	/* Groups of nothing take no room, but time. */
	n->full |= node->min > DP_NFA_SIZE || ++n->work > WORK;
	if (n->full)
		return 0;
	if (node->max == UINT64_MAX) {
		const unsigned loop = split(n, 0, next);
		const unsigned body = compile_once(n, t, i, loop);

		n->code[loop].out = (uint16_t)body;
		next = loop;
	} else {
		for (k = node->min; k < node->max && !n->full; k++)
			next = split(n, compile_once(n, t, i, next), after);
	}
	for (k = 0; k < node->min && !n->full; k++)
		next = compile_once(n, t, i, next);
	return next;
}

int
dp_nfa_build(struct dp_nfa *n, const struct dp_tree *t)
{
	unsigned any;

	n->n = 0;
	n->work = 0;
	n->full = false;
	(void)emit(n, (struct dp_nfa_inst){ .op = DP_NFA_FAIL });
	n->start = compile_node(n, t, 1,
	    emit(n, (struct dp_nfa_inst){ .op = DP_NFA_MATCH }));
	any = emit(n,
	    (struct dp_nfa_inst){ .op = DP_NFA_BYTE, .lo = 0, .hi = 255 });
	n->search = split(n, n->start, any);
	n->code[any].out = (uint16_t)n->search;
	return n->full ? -1 : 0;
}
