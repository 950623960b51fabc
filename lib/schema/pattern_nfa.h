/*
 * pattern_nfa: a tree as a program over bytes (Thompson's construction).
 *
 * A character is the bytes of its UTF-8, so a set becomes a choice of byte
 * ranges in a row.
 */
#ifndef DP_SCHEMA_PATTERN_NFA_H
#define DP_SCHEMA_PATTERN_NFA_H

#include <stdint.h>

#include "base/buf.h"
#include "schema/pattern_tree.h"

#define DP_NFA_SIZE 4096 /* instructions */

enum dp_nfa_op {
	DP_NFA_FAIL,
	DP_NFA_MATCH,
	DP_NFA_BYTE,  /* lo to hi, then out */
	DP_NFA_SPLIT, /* out and alt */
	DP_NFA_START, /* out, at the start of the text only */
	DP_NFA_END    /* out, at its end only */
};

struct dp_nfa_inst {
	unsigned char op, lo, hi;
	uint16_t out, alt;
};

struct dp_nfa {
	struct dp_nfa_inst *code;
	unsigned n;
	unsigned start;  /* of the pattern */
	unsigned search; /* of the pattern behind any bytes */
	bool full;       /* it did not fit */
	size_t work;
};

/* code is the caller's, DP_NFA_SIZE long.  -1: it does not fit. */
int dp_nfa_build(struct dp_nfa *n, const struct dp_tree *t);

#endif
