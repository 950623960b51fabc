/*
 * sink_pg_conn: the calls of libpq that the driver needs.
 *
 * The only file that includes libpq-fe.h is its source.  A fault is filed
 * by what can be done about it, from its SQLSTATE (PostgreSQL manual,
 * Appendix A).
 */
#ifndef DP_SINK_SINK_PG_CONN_H
#define DP_SINK_SINK_PG_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct pg_conn;
struct pg_result;

enum dp_pg_class {
	DP_PG_ROW,   /* 22, 23, 21, P0, 54: some row's */
	DP_PG_AGAIN, /* 40001, 40P01, 55P03: the transaction's */
	DP_PG_LOST,  /* 08, 57P0x, or no connection left */
	DP_PG_STOP   /* everything else: nobody's row */
};

struct dp_pg_fault {
	enum dp_pg_class class;
	enum dp_status status; /* for DP_PG_STOP */
	char sqlstate[6];
	char text[512];  /* the message, and its detail */
	char column[64]; /* "" when the server names none */
	uint64_t line;   /* of the COPY, from 1; 0 when it is not told */
};

/*
 * One attempt to connect.  NULL on a fault: DP_PG_STOP when trying again
 * cannot help.
 */
struct pg_conn *dp_pg_connect(const char *conninfo, struct dp_pg_fault *fault);
void dp_pg_disconnect(struct pg_conn *c); /* NULL is fine */

/* One or more statements without parameters.  0 or -1. */
int dp_pg_exec(struct pg_conn *c, const char *sql, struct dp_pg_fault *fault);

/* Statements whose last one has a result; NULL on a fault. */
struct pg_result *dp_pg_several(struct pg_conn *c, const char *sql,
    struct dp_pg_fault *fault);

/* Makes a fault of what a server has said before. */
void dp_pg_fault_of(struct dp_pg_fault *fault, const char *sqlstate,
    const char *text, const char *column);

/* COMMIT; also a fault when the server rolled back instead. */
int dp_pg_commit(struct pg_conn *c, struct dp_pg_fault *fault);

/* One statement with n text parameters; NULL on a fault. */
struct pg_result *dp_pg_query(struct pg_conn *c, const char *sql,
    const char *const *params, int n, struct dp_pg_fault *fault);
int dp_pg_rows(const struct pg_result *r);
uint64_t dp_pg_changed(struct pg_result *r); /* rows of an INSERT */
const char *dp_pg_get(const struct pg_result *r, int row, int column);
void dp_pg_clear(struct pg_result *r);

/*
 * COPY ... FROM STDIN: begin, data, end.  sql may hold statements before
 * the COPY.  table: for finding the line in the fault's context.
 */
int dp_pg_copy_begin(struct pg_conn *c, const char *sql,
    struct dp_pg_fault *fault);
int dp_pg_copy_data(struct pg_conn *c, const char *data, size_t len,
    struct dp_pg_fault *fault);
int dp_pg_copy_end(struct pg_conn *c, const char *table,
    struct dp_pg_fault *fault);

#endif
