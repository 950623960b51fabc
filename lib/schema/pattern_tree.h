/*
 * pattern_tree: a pattern as a tree, for schema/pattern_dfa.h.
 *
 * Built while schema/pattern_parse.h reads the pattern.  Only what a finite
 * automaton can do has a tree: no lookaround, no backreference, no \b, no
 * Unicode property.
 */
#ifndef DP_SCHEMA_PATTERN_TREE_H
#define DP_SCHEMA_PATTERN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "schema/pattern_set.h"

#define DP_TREE_DEPTH 100
#define DP_TREE_NODES 4096

enum dp_tree_kind {
	DP_TREE_SET,   /* one character of ranges */
	DP_TREE_START, /* ^ */
	DP_TREE_END,   /* $ */
	DP_TREE_GROUP, /* one of its sequences, the last one being child */
	DP_TREE_SEQ    /* all of its parts, the last one being child */
};

/* Lists run backwards: automata are built from their end. */
struct dp_tree_node {
	enum dp_tree_kind kind;
	uint32_t child, before; /* indices; 0: none */
	uint64_t min, max;
	uint32_t ranges, ranges_n; /* of a SET */
};

struct dp_tree {
	bool unfit; /* there is none after all */
	bool has_end;
	unsigned depth;

	struct {
		uint32_t group, seq;
	} open[DP_TREE_DEPTH];
	struct dp_buf nodes;  /* struct dp_tree_node; 1 is the root */
	struct dp_buf ranges; /* struct dp_range */
};

int dp_tree_init(struct dp_tree *t); /* -1: no memory */
void dp_tree_fini(struct dp_tree *t);

static inline struct dp_tree_node *
dp_tree_at(const struct dp_tree *t, uint32_t i)
{
	return (struct dp_tree_node *)(void *)t->nodes.data + i;
}

static inline const struct dp_range *
dp_tree_ranges(const struct dp_tree *t, const struct dp_tree_node *n)
{
	return (const struct dp_range *)(const void *)t->ranges.data +
	    n->ranges;
}

/* Called by the parser, one thing after the other. */
void dp_tree_set(struct dp_tree *t, const struct dp_set *set);
void dp_tree_anchor(struct dp_tree *t, enum dp_tree_kind kind);
void dp_tree_open(struct dp_tree *t);
void dp_tree_close(struct dp_tree *t);
void dp_tree_or(struct dp_tree *t);

/* How often the last part stands. */
void dp_tree_repeat(struct dp_tree *t, uint64_t min, uint64_t max);

#endif
