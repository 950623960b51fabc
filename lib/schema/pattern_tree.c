#include "schema/pattern_tree.h"

#include <string.h>

/* A new node behind all others; its index, 0 when there is no room. */
static uint32_t
add(struct dp_tree *t, enum dp_tree_kind kind)
{
	const struct dp_tree_node n = { .kind = kind, .min = 1, .max = 1 };
	const size_t i = t->nodes.len / sizeof n;

	if (i == DP_TREE_NODES || dp_buf_add(&t->nodes, &n, sizeof n) != 0)
		t->unfit = true;
	return t->unfit ? 0 : (uint32_t)i;
}

/* A new node as the last part of the sequence that is open. */
static uint32_t
append(struct dp_tree *t, enum dp_tree_kind kind)
{
	const uint32_t i = add(t, kind);
	struct dp_tree_node *seq;

	if (i == 0)
		return 0;
	seq = dp_tree_at(t, t->open[t->depth].seq);
	dp_tree_at(t, i)->before = seq->child;
	seq->child = i;
	return i;
}

/* Opens a sequence in the group that is open. */
static void
begin(struct dp_tree *t)
{
	const uint32_t i = add(t, DP_TREE_SEQ);
	struct dp_tree_node *group;

	if (i == 0)
		return;
	group = dp_tree_at(t, t->open[t->depth].group);
	dp_tree_at(t, i)->before = group->child;
	group->child = i;
	t->open[t->depth].seq = i;
}

int
dp_tree_init(struct dp_tree *t)
{
	memset(t, 0, sizeof *t);
	dp_buf_init(&t->nodes, 0);
	dp_buf_init(&t->ranges, 0);
	(void)add(t, DP_TREE_GROUP); /* 0 is none */
	t->unfit = false;
	t->open[0].group = add(t, DP_TREE_GROUP);
	begin(t);
	return t->nodes.failed ? -1 : 0;
}

void
dp_tree_fini(struct dp_tree *t)
{
	dp_buf_fini(&t->nodes);
	dp_buf_fini(&t->ranges);
}

void
dp_tree_set(struct dp_tree *t, const struct dp_set *set)
{
	struct dp_range sorted[DP_SET_RANGES + 1];
	struct dp_tree_node *n;
	size_t count;
	uint32_t i;

	if (t->unfit)
		return;
	t->unfit = set->unknown;
	count = dp_set_ranges(set, sorted);
	i = append(t, DP_TREE_SET);
	if (i == 0)
		return;
	n = dp_tree_at(t, i);
	n->ranges = (uint32_t)(t->ranges.len / sizeof sorted[0]);
	n->ranges_n = (uint32_t)count;
	if (count > 0 &&
	    dp_buf_add(&t->ranges, sorted, count * sizeof sorted[0]) != 0)
		t->unfit = true;
}

void
dp_tree_anchor(struct dp_tree *t, enum dp_tree_kind kind)
{
	/* The automaton does not look for a start at the end. */
	if (kind == DP_TREE_START && t->has_end)
		t->unfit = true;
	t->has_end |= kind == DP_TREE_END;
	if (!t->unfit)
		(void)append(t, kind);
}

void
dp_tree_open(struct dp_tree *t)
{
	uint32_t i;

	if (t->depth + 1 == DP_TREE_DEPTH)
		t->unfit = true;
	if (t->unfit)
		return;
	i = append(t, DP_TREE_GROUP);
	if (i == 0)
		return;
	t->open[++t->depth].group = i;
	begin(t);
}

void
dp_tree_close(struct dp_tree *t)
{
	if (!t->unfit)
		t->depth--;
}

void
dp_tree_or(struct dp_tree *t)
{
	if (!t->unfit)
		begin(t);
}

void
dp_tree_repeat(struct dp_tree *t, uint64_t min, uint64_t max)
{
	struct dp_tree_node *n;

	if (t->unfit)
		return;
	n = dp_tree_at(t, dp_tree_at(t, t->open[t->depth].seq)->child);
	n->min = min;
	n->max = max;
}
