/*
 * target: from the members of a record to the columns of its table.
 *
 * Compiled once for each type: which key goes to which column.  For each
 * record the members are walked once; the key that followed last time is
 * tried first, so that records written alike need no search.
 */
#ifndef DP_SINK_TARGET_H
#define DP_SINK_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/scan.h"
#include "sink/column.h"
#include "sink/sink.h"

struct dp_value_fault;

#define DP_TARGET_SHAPES 64
#define DP_TARGET_QUOTED 48

struct dp_target_key {
	char *text;
	size_t len;
	int32_t column; /* -1: the key is known, and goes nowhere */
	uint32_t after; /* the key that came next, last time */

	/*
	 * The key with its quotes and the colon, for a look ahead, in words
	 * of 8 bytes; the last one under mask.  words 0: too long for that.
	 */
	char quoted[DP_TARGET_QUOTED];
	uint32_t quoted_len, words;
	uint64_t mask;
};

/* The value of a column in the record at hand. */
struct dp_cell {
	struct dp_scan_value v;
	uint32_t record; /* the record it belongs to */
};

/*
 * Rows that leave the same columns to their defaults go together.  own is
 * the driver's.
 */
struct dp_shape {
	uint64_t omitted; /* bits of columns with defaults */
	uint32_t *columns;
	size_t n;
	void *own;
};

struct dp_target {
	char *table;
	const struct dp_schema *type; /* NULL: a table of the catalog alone */
	struct dp_columns columns;
	int32_t extra; /* the column of further keys, or -1 */
	uint32_t rank; /* tables that it refers to have less */
	uint32_t *key; /* columns by which rows are the same, or NULL */
	size_t nkey;
	bool any_key;   /* another unique index counts, too */
	bool plain_key; /* rows are the same if their keys are equal */
	bool others;    /* another unique index can refuse a row */
	bool partitioned;
	bool triggers;  /* there are some, which may change or refuse rows */
	bool meets;     /* the last batch has met rows that were there */
	bool contended; /* this batch has met another run in a deadlock */
	struct dp_cell *cells; /* one in front, for what goes nowhere */
	uint32_t record;

	struct dp_target_key *keys;
	size_t nkeys;
	uint32_t *hash; /* index + 1 into keys */
	size_t mask;
	uint32_t first; /* the key that came first, last time */

	uint32_t *bit; /* of a column with a default: its bit + 1 */
	uint64_t defaults;
	struct dp_shape shapes[DP_TARGET_SHAPES];
	size_t nshapes, last_shape;
	struct dp_buf further; /* the object for the column of further keys */
};

/* What the compilation found wrong is added to problems, as text. */
struct dp_target *dp_target_new(const char *table, const struct dp_schema *type,
    const struct dp_columns *there, const struct dp_sink_opts *opts,
    struct dp_buf *problems, struct dp_err *err);
void dp_target_free(struct dp_target *t);

/*
 * Takes a record apart.  0: *shape is the one it has; 1: rejected; -1: err.
 * scratch is for texts of the fault.
 */
int dp_target_take(struct dp_target *t, const char *text,
    const struct dp_sink_opts *opts, struct dp_shape **shape,
    struct dp_reject *fault, struct dp_buf *scratch, struct dp_err *err);

/* The value of a column: NULL when it is missing or null. */
static inline const struct dp_scan_value *
dp_target_value(const struct dp_target *t, size_t column)
{
	const struct dp_cell *c = &t->cells[column];

	return c->record == t->record && c->v.type != DP_JSON_NULL ? &c->v
								   : NULL;
}

/* Fills the fault of a column's value; returns 1. */
int dp_target_fault(const struct dp_target *t, size_t column,
    const struct dp_value_fault *bad, const char *text, struct dp_reject *fault,
    struct dp_buf *scratch);

#endif
