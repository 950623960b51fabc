/* diff_state: the inside of a comparison, for diff*.c alone. */
#ifndef DP_SCHEMA_DIFF_STATE_H
#define DP_SCHEMA_DIFF_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "schema/diff.h"
#include "schema/tape.h"

/* An item that is not there. */
#define DP_DIFF_NONE UINT32_MAX

struct dp_diff_pair {
	uint32_t before, after;
};

struct dp_diff {
	const struct dp_diff_opts *opts;
	const char *type;
	const struct dp_tape *before, *after;
	struct dp_buf pointer, text;
	struct dp_buf pairs; /* struct dp_diff_pair: references on the way */
	uint64_t steps;      /* that comparing values may yet take */
	unsigned depth;
};

/* Compares two subschemas; NONE is one that allows everything. */
void dp_diff_schemas(struct dp_diff *d, uint32_t before, uint32_t after);

/* Tells of the keyword that the pointer stands on. */
void dp_diff_tell(struct dp_diff *d, unsigned direction, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts a token on the pointer; returns what to set its length back to. */
size_t dp_diff_enter(struct dp_diff *d, const char *key);
size_t dp_diff_enter_raw(struct dp_diff *d, const struct dp_tape_item *it);

/* The member of an object, or NONE; of NONE: NONE. */
uint32_t dp_diff_member(const struct dp_tape *t, uint32_t object,
    const char *name);

bool dp_diff_same(struct dp_diff *d, uint32_t before, uint32_t after);

/*
 * The same for what holds schemas: with a reference in them, equal text may
 * mean another thing, unless the documents are equal.
 */
bool dp_diff_same_schema(struct dp_diff *d, uint32_t before, uint32_t after);

/* Keywords of one value (diff_value.c). */
void dp_diff_values(struct dp_diff *d, uint32_t before, uint32_t after);

/* Keywords that hold subschemas (diff_nested.c). */
void dp_diff_nested(struct dp_diff *d, uint32_t before, uint32_t after);

#endif
