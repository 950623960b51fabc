/*
 * pattern_set: the characters of a class, as a pattern has it.
 */
#ifndef DP_SCHEMA_PATTERN_SET_H
#define DP_SCHEMA_PATTERN_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_PATTERN_CHAR_MAX 0x10ffff
#define DP_SET_RANGES 64

struct dp_range {
	uint32_t from, to; /* both included */
};

/* Which characters beyond ASCII a set has. */
enum dp_set_high {
	DP_SET_HIGH_NONE,
	DP_SET_HIGH_ALL,
	DP_SET_HIGH_DOT, /* all but U+2028 and U+2029 */
	DP_SET_HIGH_SOME /* no shape can be made of it */
};

struct dp_set {
	uint64_t ascii[2];
	enum dp_set_high high;
	bool inverted; /* ranges tell what it has not */
	bool unknown;  /* ranges do not tell all */
	unsigned n;
	struct dp_range ranges[DP_SET_RANGES]; /* in any order */
};

/* Adds the characters from to to; sets that are inverted take no more. */
void dp_set_add(struct dp_set *set, uint32_t from, uint32_t to);
void dp_set_invert(struct dp_set *set);

/*
 * Its characters in order and without overlap; returns
 * how many ranges there are.
 */
size_t dp_set_ranges(const struct dp_set *set,
    struct dp_range out[DP_SET_RANGES + 1]);

#endif
