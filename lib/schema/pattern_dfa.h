/*
 * pattern_dfa: a pattern as a table, one look a byte.
 *
 * The table is made when the pattern is compiled (subset construction), so
 * that a match takes no memory and its time is linear in the text, whatever
 * the pattern: it cannot explode, and has no limit to tell of.  A pattern
 * whose table would be larger than 64 KiB has none.
 */
#ifndef DP_SCHEMA_PATTERN_DFA_H
#define DP_SCHEMA_PATTERN_DFA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_DFA_CELLS 32768

struct dp_tree;
struct dp_dfa; /* opaque, immutable */

/* NULL: the tree is unfit, the table too large, or there is no memory. */
struct dp_dfa *dp_dfa_new(const struct dp_tree *t);
void dp_dfa_free(struct dp_dfa *d);

bool dp_dfa_match(const struct dp_dfa *d, const char *text, size_t len);

#endif
