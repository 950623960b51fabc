/* sink_pg: the inside of the PostgreSQL driver, for sink_pg*.c alone. */
#ifndef DP_SINK_SINK_PG_H
#define DP_SINK_SINK_PG_H

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

/* The rows of one COPY: what a shape owns. */
struct dp_pg_part {
	struct dp_target *target;
	char *copy; /* the statement */
	struct dp_buf tuples;
	struct dp_buf rows; /* of struct dp_pg_row */
	size_t n;
};

struct dp_sink_pg {
	struct dp_sink sink; /* must be first */
	char *conninfo;
	struct pg_conn *conn;     /* NULL: lost */
	struct dp_buf sql, texts; /* texts: the lines of the batch */
	bool open;                /* a transaction is open */
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

/* In the transaction: 0, or -1 with the fault set. */
int dp_pg_lock(struct dp_sink_pg *s, const struct dp_mark *mark,
    struct dp_mark *there, struct dp_pg_fault *fault);
int dp_pg_move(struct dp_sink_pg *s, const struct dp_mark *to,
    struct dp_pg_fault *fault);

/*
 * Sends the rows of a part, from a savepoint of their own; takes out and
 * tells those that the server refuses.  0; -1: fault; -2: err.
 */
int dp_pg_put(struct dp_sink_pg *s, struct dp_pg_part *part, struct dp_mark *to,
    struct dp_pg_fault *fault, struct dp_err *err);

/* dp_sink_ops. */
int dp_pg_flush(struct dp_sink *sink, const struct dp_mark *mark,
    struct dp_err *err);
int dp_pg_commit_batch(struct dp_sink *sink, const struct dp_mark *mark,
    struct dp_mark *to, struct dp_err *err);
void dp_pg_rollback(struct dp_sink *sink);

/* Calls fn for each part with rows; stops at what is not 0. */
int dp_pg_each(struct dp_sink_pg *s,
    int (*fn)(struct dp_sink_pg *s, struct dp_pg_part *part, void *arg),
    void *arg);

#endif
