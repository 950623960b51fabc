/*
 * copy: rows in PostgreSQL's binary COPY format.
 *
 * Source: PostgreSQL 15 manual, COPY, "Binary Format", and the receive
 * functions of its types.
 */
#ifndef DP_SINK_COPY_H
#define DP_SINK_COPY_H

#include "sink/driver.h"

#define DP_COPY_HEAD 19 /* bytes of the header */
#define DP_COPY_TAIL 2

extern const char dp_copy_head[DP_COPY_HEAD];
extern const char dp_copy_tail[DP_COPY_TAIL];

/*
 * Appends a row with two fields in front, a bigint and an integer; of its own
 * fields all, or those that are listed.
 */
int dp_copy_staged(struct dp_buf *out, uint64_t n, uint32_t shape,
    const char *tuple, size_t len, const uint32_t *fields, size_t nfields);

/*
 * Appends the row of the record that dp_target_take() has taken.
 * 1: rejected, out is as it was.
 */
int dp_copy_row(struct dp_sink *s, struct dp_target *t,
    const struct dp_shape *shape, const struct dp_sink_line *line,
    struct dp_buf *out, struct dp_reject *fault, struct dp_err *err);

#endif
