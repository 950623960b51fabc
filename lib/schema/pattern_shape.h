/*
 * pattern_shape: patterns that need no regular expression engine.
 *
 * A shape is a sequence of literals and of sets with a count, such as
 * ^[A-Z]{3}-\d+$, built while schema/pattern_parse.h reads the pattern.  It
 * is kept only when one walk without a step back decides it: each count
 * that varies is followed by bytes that its set does not have.
 */
#ifndef DP_SCHEMA_PATTERN_SHAPE_H
#define DP_SCHEMA_PATTERN_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/pattern_set.h"

#define DP_SHAPE_ITEMS 16
#define DP_SHAPE_LITERAL 256
#define DP_SHAPE_ENDLESS UINT64_MAX

struct dp_shape_item {
	uint64_t first[4]; /* bytes that a character of it can begin with */
	uint64_t min, max; /* characters; DP_SHAPE_ENDLESS */
	enum dp_set_high high;
	uint16_t literal, literal_len; /* of a literal: where, and bytes */
};

struct dp_shape {
	bool unfit; /* it is none after all */
	bool at_start, at_end;
	unsigned atoms; /* characters, sets and anchors so far */
	unsigned n;
	unsigned literal_len;
	struct dp_shape_item items[DP_SHAPE_ITEMS];
	char literal[DP_SHAPE_LITERAL];
};

/* Called by the parser, one thing after the other. */
void dp_shape_start(struct dp_shape *s);
void dp_shape_end(struct dp_shape *s);
void dp_shape_char(struct dp_shape *s, uint32_t c);
void dp_shape_set(struct dp_shape *s, const struct dp_set *set);
void dp_shape_repeat(struct dp_shape *s, uint64_t min, uint64_t max);

/* After the last one.  False: it is no shape. */
bool dp_shape_finish(struct dp_shape *s);

bool dp_shape_match(const struct dp_shape *s, const char *text, size_t len);

#endif
