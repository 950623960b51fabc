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
	bool refused; /* is told, and not sent again */
	bool stored;  /* in this attempt: not sent again either */
	bool known;   /* likewise: it is there, and --on-conflict=ignore */
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
	const struct dp_shape *shape;
	uint32_t number; /* of the shape, among the target's */
	char *copy;      /* the statement, into the table */
	char *stage;     /* likewise, into the table between */
	char *checks;    /* dp_pg_checks(); NULL: not asked for yet */
	uint32_t *key;   /* the target's key, among the shape's columns */
	size_t run;      /* rows in a row that were well, last time */
	struct dp_pg_rows in, out;
};

/* Where rows are sent: keys are sent into the table between, too. */
enum dp_pg_way { DP_PG_DIRECT, DP_PG_STAGED, DP_PG_KEYS };

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
	struct dp_buf sql, piece;
	uint64_t updated, ignored;
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
	bool flying;   /* the thread runs, or has to be waited for */
	bool clears;   /* what is there is deleted first */
	bool no_stage; /* the role may not make what row isolation wants */
	bool open;     /* a transaction is open */
	bool flushed;  /* some of it is sent, and no longer in memory */
	bool unsure;   /* a COMMIT may or may not have been done */
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

int dp_pg_learn(struct dp_sink *sink, struct dp_target *t, struct dp_err *err);

/* Makes the ledger's table if it is not there. */
int dp_pg_ledger(struct dp_sink_pg *s, struct dp_err *err);
int dp_pg_marks(struct dp_sink *sink, const char *source, const char *lane,
    int (*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
    void *arg, struct dp_err *err);

/* In the transaction: 0, or -1 with run.fault set. */
int dp_pg_lock(struct dp_sink_pg *s, struct dp_mark *there);
int dp_pg_move(struct dp_sink_pg *s);

/*
 * Sends the rows of n parts of one target, from savepoints of their own, and
 * takes out those that the server refuses; of rows with one key that is not
 * the first one.  0, or -1 with run.fault set.
 */
int dp_pg_put(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n);

/* Takes back the refusals from `from` on: the rows are to be sent again. */
void dp_pg_pardon(struct dp_sink_pg *s, size_t from);

/*
 * The rows from *lo on.  1: so many are refused that another way is better,
 * from *lo on; not if they go to the table between.
 */
int dp_pg_put_rows(struct dp_sink_pg *s, struct dp_pg_part *part,
    enum dp_pg_way way, size_t *lo, bool patient);

/*
 * A row may refer to one that comes behind it, which is well in one
 * statement with it, or when the constraint is deferred, and not alone.
 * Takes back what foreign keys have refused, so that the parts can be put
 * again: returns how many rows that is; 0 when they are not less than
 * `before`, and are refused for good.
 */
size_t dp_pg_reconsider(struct dp_sink_pg *s, size_t before);

/* All rows in one COPY.  1: refused, and as before; -1: run.fault. */
int dp_pg_try(struct dp_sink_pg *s, const struct dp_pg_part *part,
    enum dp_pg_way way);

/* How many rows of the part are neither refused, stored nor known. */
size_t dp_pg_left(const struct dp_pg_part *part);

/* The index of the row whose line is at `text` of run.texts. */
size_t dp_pg_find(const struct dp_pg_part *part, uint64_t text);

/* Takes a row out, for run.fault. */
int dp_pg_refuse(struct dp_sink_pg *s, struct dp_pg_part *part, size_t i);

/*
 * The rows of n parts of one target, each by itself, on the server, in the
 * order of the input; of one part those from lo on.  1: not possible here,
 * nothing done.
 */
int dp_pg_isolate(struct dp_sink_pg *s, struct dp_pg_part *const *parts,
    size_t n, size_t lo);

/*
 * Sets part->checks, an expression over a row dp_s of dp_stage: true when
 * the CHECK constraints that can be told beforehand hold; "" when there are
 * none.  0, or -1 with run.fault set.
 */
int dp_pg_checks(struct dp_sink_pg *s, struct dp_pg_part *part);

/* -- sink_pg_stage.c: the table between -- */

/* From the savepoint dp_stage on; and away with it. */
int dp_pg_stage_make(struct dp_sink_pg *s, const struct dp_target *t);
int dp_pg_stage_drop(struct dp_sink_pg *s);
int dp_pg_stage_run(struct dp_sink_pg *s, struct dp_buf *b);

/* Takes back what has failed since the savepoint dp_rows. */
int dp_pg_take_back(struct dp_sink_pg *s);

/*
 * Staged rows, all or those that dp_out has, each by itself, in the order of
 * the input.  *fresh: how many were inserted.
 */
int dp_pg_stage_loop(struct dp_sink_pg *s, struct dp_pg_part *const *parts,
    size_t n, bool some, uint64_t *fresh);

/* "INSERT INTO t (a, b) " */
void dp_pg_insert_into(struct dp_buf *b, const struct dp_pg_part *part);

/* Columns of the table between: "r.c0, r.c2". */
void dp_pg_staged(struct dp_buf *b, const uint32_t *columns, size_t n,
    const char *prefix);

/* True when the statement can say which rows are new. */
bool dp_pg_tells_new(const struct dp_sink_pg *s, const struct dp_target *t);

/* -- sink_pg_merge.c, sink_pg_new.c -- */

/* --on-conflict: the rows of n parts of one target. */
int dp_pg_meet(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n);

/* All parts have all columns of the key; sets part->key then. */
bool dp_pg_have_keys(struct dp_pg_part *const *parts, size_t n);

/* The same, through the table between. */
int dp_pg_merge(struct dp_sink_pg *s, struct dp_pg_part *const *parts,
    size_t n);

/*
 * "c0, c2": the key; and n where some of it is null, or left to a default:
 * such rows are the same as no other.
 */
void dp_pg_key_columns(struct dp_buf *b, const struct dp_target *t);

/* -- sink_pg_put.c again -- */

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

/* The i-th row that is being sent. */
static inline struct dp_pg_row *
dp_pg_row_at(const struct dp_pg_part *part, size_t i)
{
	return (struct dp_pg_row *)(void *)part->out.rows.data + i;
}

static inline bool
dp_pg_is_out(const struct dp_pg_row *row)
{
	return row->refused || row->stored || row->known;
}

/* Calls fn for each part. */
void dp_pg_each(struct dp_sink_pg *s,
    void (*fn)(struct dp_sink_pg *s, struct dp_pg_part *part));

#endif
