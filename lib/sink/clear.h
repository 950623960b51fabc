/*
 * clear: --swap, the content of tables replaced in one transaction.
 *
 * The rows that are there are deleted in the transaction that loads the new
 * ones, so that everybody else sees the old content until the COMMIT and then
 * the new one, and indexes, rights, views, triggers and constraints stay what
 * they are.  A table is never renamed or emptied beforehand.  Other writers
 * wait: two runs at a time come one after the other.
 */
#ifndef DP_SINK_CLEAR_H
#define DP_SINK_CLEAR_H

#include <stdbool.h>

#include "sink/driver.h"

/* Appends the statements, for within the transaction, children first. */
void dp_clear_write(const struct dp_sink *s, struct dp_buf *b);

/*
 * A table whose foreign keys would delete or change its rows, with those of
 * one that is cleared: returns -1 and DP_CONFIG, or 0 if it is cleared, too.
 */
int dp_clear_refuse(const struct dp_sink *s, const char *table,
    const char *child, struct dp_err *err);

#endif
