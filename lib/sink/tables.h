/*
 * tables: the tables of types, made by --create and extended by --evolve.
 *
 * What is missing is looked up, and made in one transaction: a table that
 * is not there, and in one that is there a column for each property that
 * has none.  Nothing else is ever changed: no column's type, no NOT NULL.
 * A new column may be NULL, as it is in the rows that are there.
 */
#ifndef DP_SINK_TABLES_H
#define DP_SINK_TABLES_H

#include "sink/driver.h"

/* How many types there are; 0 without schemas. */
size_t dp_tables_count(const struct dp_sink_opts *opts);

/* The name of a type's table, which may be made in name. */
const char *dp_tables_name(const struct dp_sink_opts *opts,
    const struct dp_schema *type, char name[DP_DDL_NAME]);

/* As the driver has it, or, if that has none, as the schema says. */
int dp_tables_describe(struct dp_sink *s, const char *table,
    const struct dp_schema *type, struct dp_columns *columns, bool *there,
    struct dp_err *err);

/* Appends statements: for all tables, or for what is missing. */
int dp_tables_all(const struct dp_sink_opts *opts, enum dp_dialect dialect,
    struct dp_buf *out, struct dp_err *err);
int dp_tables_missing(struct dp_sink *s, struct dp_buf *text,
    struct dp_err *err);

/* Makes what is missing; another run may do the same. */
int dp_tables_make(struct dp_sink *s, struct dp_err *err);

#endif
