/* sink_pg: the inside of the PostgreSQL driver, for sink_pg*.c alone. */
#ifndef DP_SINK_SINK_PG_H
#define DP_SINK_SINK_PG_H

#include <pthread.h>

#include "sink/driver.h"
#include "sink/sink_pg_conn.h"

/* A row that waits: where its bytes are, and where it came from. */
struct dp_pg_row {
	size_t at;   /* of its tuple */
	size_t text; /* of its line */
	size_t len;  /* of the line */
	uint64_t line;
	bool refused; /* has been told, and is not sent again */
};

/* Rows of one COPY, in memory until they are sure to be stored. */
struct dp_pg_rows {
	struct dp_buf tuples;
	struct dp_buf rows; /* of struct dp_pg_row */
	size_t n;
};

/* What a shape owns: rows that come in, and rows that are being sent. */
struct dp_pg_part {
	struct dp_target *target;
	char *copy; /* the statement */
	struct dp_pg_rows in, out;
};

/* A row that the server refused, and has not been told yet. */
struct dp_pg_refusal {
	const struct dp_pg_part *part;
	struct dp_pg_row row;
	struct dp_pg_fault fault;
};

/*
 * What is being sent: by a thread of its own, so that the next lines are
 * taken apart meanwhile.  Between the start of the thread and its end it
 * alone touches this, the connection, and `out` of the parts in the list.
 */
struct dp_pg_run {
	struct dp_mark mark, to;
	bool marked;         /* there is a ledger, and mark and to are places */
	bool commits;        /* else the transaction stays open */
	bool pending;        /* it has been started, and not waited for */
	struct dp_buf parts; /* of struct dp_pg_part *: those with rows */
	struct dp_buf texts; /* the lines of the rows */
	struct dp_buf refusals;
	struct dp_buf sql;
	struct dp_pg_fault fault;
	struct dp_err err;
	int rc;
};

struct dp_sink_pg {
	struct dp_sink sink; /* must be first */
	char *conninfo;
	struct pg_conn *conn; /* NULL: lost */
	struct dp_buf texts;  /* the lines that come in */
	size_t held;
	struct dp_pg_run run;
	pthread_t thread;
	bool flying;  /* the thread runs, or has to be waited for */
	bool open;    /* a transaction is open */
	bool flushed; /* some of it is sent, and no longer in memory */
	bool unsure;  /* a COMMIT may or may not have been done */
	uint64_t tries, deadline_ms; /* of connecting; 0: not trying */
};

/* Makes err of a fault; returns -1. */
int dp_pg_err(const struct dp_pg_fault *fault, struct dp_err *err);

/*
 * After a fault outside of a transaction: waits and connects again.  0: do
 * it again; -1: err.
 */
int dp_pg_again(struct dp_sink_pg *s, const struct dp_pg_fault *fault,
    struct dp_err *err);
void dp_pg_well(struct dp_sink_pg *s); /* the deadline is forgotten */

/* dp_pg_query() outside of a transaction, done again as need be. */
struct pg_result *dp_pg_ask(struct dp_sink_pg *s, const char *sql,
    const char *const *params, int n, struct dp_err *err);

int dp_pg_describe(struct dp_sink *sink, const char *table,
    struct dp_columns *columns, bool *there, struct dp_err *err);

/* Makes the ledger's table if it is not there. */
int dp_pg_ledger(struct dp_sink_pg *s, struct dp_err *err);
int dp_pg_marks(struct dp_sink *sink, const char *source, const char *lane,
    int (*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
    void *arg, struct dp_err *err);

/* In the transaction: 0, or -1 with run.fault set. */
int dp_pg_lock(struct dp_sink_pg *s, struct dp_mark *there);
int dp_pg_move(struct dp_sink_pg *s);

/*
 * Sends the rows of a part, from a savepoint of their own, and takes out
 * those that the server refuses.  0, or -1 with run.fault set.
 */
int dp_pg_put(struct dp_sink_pg *s, struct dp_pg_part *part);

/* Tells what was taken out. */
int dp_pg_tell(struct dp_sink_pg *s, struct dp_err *err);

/* Files "out of memory" as a fault; returns -1. */
int dp_pg_nomem(struct dp_pg_fault *fault);

/* dp_sink_ops. */
int dp_pg_flush(struct dp_sink *sink, const struct dp_mark *mark,
    struct dp_err *err);
int dp_pg_start(struct dp_sink *sink, const struct dp_mark *mark,
    const struct dp_mark *to, struct dp_err *err);
int dp_pg_wait(struct dp_sink *sink, struct dp_err *err);
void dp_pg_rollback(struct dp_sink *sink);

/* Calls fn for each part. */
void dp_pg_each(struct dp_sink_pg *s,
    void (*fn)(struct dp_sink_pg *s, struct dp_pg_part *part));

#endif
