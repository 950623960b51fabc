/*
 * key: the columns by which rows are the same, for --on-conflict.
 */
#ifndef DP_SINK_KEY_H
#define DP_SINK_KEY_H

#include "base/buf.h"
#include "sink/target.h"

/*
 * Takes --key, names with commas between, as the target's key; what the
 * target does not have is added to problems.
 */
int dp_key_take(struct dp_target *t, const char *names, struct dp_buf *problems,
    struct dp_err *err);

/* Appends a column to the key. */
int dp_key_add(struct dp_target *t, size_t column, struct dp_err *err);

/* Appends the names of the key's columns, quoted, with commas between. */
void dp_key_columns(struct dp_buf *b, const struct dp_target *t);

/*
 * Appends " ON CONFLICT ..." for rows of a shape; nothing for
 * DP_CONFLICT_ERROR.  An update sets the columns that the shape has: what it
 * leaves to a default stays as it is.
 */
void dp_key_clause(struct dp_buf *b, const struct dp_target *t,
    const struct dp_shape *shape, int on_conflict);

/* Appends a statement that makes the index which --key wants. */
void dp_key_index(struct dp_buf *b, const char *table, const char *names);

#endif
