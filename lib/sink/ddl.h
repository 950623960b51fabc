/*
 * ddl: tables from schemas.
 *
 *     integer                 bigint; smallint or integer if minimum and
 *                             maximum fit, numeric if they do not fit bigint
 *     number                  double precision; numeric with a multipleOf
 *                             that is no integer
 *     boolean                 boolean
 *     string                  text; timestamptz, date, time, uuid, inet by
 *                             the formats date-time, date, time, uuid, ipv4
 *                             and ipv6; bytea by the contentEncoding base64
 *                             or base16
 *     anything else           jsonb
 *
 * A required property that cannot be null is NOT NULL.  SQLite has INTEGER,
 * REAL, TEXT and BLOB, in STRICT tables; there numeric and jsonb are TEXT with
 * the bytes of the value.  x-dp-column and x-dp-type in a property say
 * otherwise.  The property that names the type gets no column.
 */
#ifndef DP_SINK_DDL_H
#define DP_SINK_DDL_H

#include <stddef.h>

#include "schema/catalog.h"
#include "sink/column.h"

struct dp_buf;
struct dp_err;

enum dp_dialect { DP_DIALECT_PG, DP_DIALECT_SQLITE };

#define DP_DDL_NAME 64 /* 63 bytes, PostgreSQL's limit, and a NUL */

/* A longer name is cut, and ends in a hash of all of it. */
void dp_ddl_name(const char *name, size_t len, char out[DP_DDL_NAME]);

/* Appends the name in double quotes. */
void dp_ddl_ident(struct dp_buf *b, const char *name);

/* Appends text in single quotes; backslashes mean themselves. */
void dp_ddl_literal(struct dp_buf *b, const char *text);

/* What a property's column would be. */
enum dp_column_kind dp_ddl_kind(const struct dp_property *p);

/* The kind of a type by its name: "numeric(10,2)", "TEXT". */
enum dp_column_kind dp_ddl_kind_of(const char *type);

/* The type of a property's column, for CREATE TABLE. */
const char *dp_ddl_type(const struct dp_property *p, enum dp_dialect dialect);

/* True when its strings are hexadecimal digits (contentEncoding). */
bool dp_ddl_is_hex(const struct dp_property *p);

/* Describes the elements of an array by its type's name, "text[]". */
int dp_ddl_elem(struct dp_column *c, struct dp_err *err);

/*
 * The column of a property: its name in out, or false when it has none.
 * type_key: the JSON Pointer to the name of the type.
 */
bool dp_ddl_column(const struct dp_property *p, const char *type_key,
    char out[DP_DDL_NAME]);

/* Appends CREATE TABLE IF NOT EXISTS and comments. */
int dp_ddl_table(struct dp_buf *b, const struct dp_schema *type,
    const char *table, const char *type_key, enum dp_dialect dialect,
    struct dp_err *err);
void dp_ddl_ledger(struct dp_buf *b, const char *table,
    enum dp_dialect dialect);

/* Appends ALTER TABLE for each property whose column is not there. */
int dp_ddl_add_columns(struct dp_buf *b, const struct dp_schema *type,
    const char *table, const char *type_key, const struct dp_columns *there,
    enum dp_dialect dialect, struct dp_err *err);

/* The columns that dp_ddl_table() would make. */
int dp_ddl_columns(const struct dp_schema *type, const char *type_key,
    struct dp_columns *columns, struct dp_err *err);

#endif
