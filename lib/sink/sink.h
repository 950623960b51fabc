/*
 * sink: records into the tables of a database, each row exactly once.
 *
 * A sink is named by sqlite:PATH, null: (checks and converts, stores
 * nothing), or anything libpq takes (postgresql://..., "service=x").
 *
 * What holds, whatever is killed and when:
 *
 *   1. Rows and the position behind them commit in one transaction: the
 *      ledger row (sink/ledger.h) is locked, compared with the position the
 *      run believes in, and moved, in the transaction of the rows.
 *   2. So at every instant the ledger says exactly which lines are in the
 *      tables.  Killed before the COMMIT: neither rows nor position are
 *      there, and the next run loads the same lines.  Killed behind it: the
 *      next run passes them over.
 *   3. A COMMIT whose answer is lost is decided by reading the ledger
 *      again: moved, it is done; not moved, the batch goes again.
 *   4. Rejected lines count as passed only by a COMMIT, and are on disk
 *      before it (the sync callback).  Killed between the two, they are
 *      written again by the next run, never lost.
 *   5. A row that the database refuses is taken out of its batch and told;
 *      the others are stored.  Faults that are not a row's (a missing
 *      table, no permission, a full disk) stop the run and store nothing of
 *      the batch.
 *   6. Two runs on one position meet on the lock of its ledger row; the
 *      second one finds the position moved and stores nothing
 *      (DP_TRYAGAIN).
 *
 * Without a ledger, 1 to 3 and 6 do not hold: at least once.
 *
 * Names of tables and columns come from schemas, from the command line or
 * from the database's catalog, never from a record: a record's type only
 * picks one of them.  All are quoted.  One thread at a time.
 */
#ifndef DP_SINK_SINK_H
#define DP_SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/block.h"
#include "sink/ledger.h"

struct dp_buf;
struct dp_catalog;
struct dp_err;
struct dp_schema;
struct dp_sink; /* opaque */

enum dp_sink_extra {
	DP_EXTRA_COLUMN, /* into the column "extra", if there is one */
	DP_EXTRA_IGNORE,
	DP_EXTRA_REJECT
};

enum dp_sink_conflict {
	DP_CONFLICT_ERROR, /* the row is rejected */
	DP_CONFLICT_IGNORE,
	DP_CONFLICT_UPDATE
};

enum dp_sink_missing {
	DP_MISSING_DEFAULT, /* the column's default, NULL where it has none */
	DP_MISSING_NULL,
	DP_MISSING_REJECT
};

/* A line: text[len] is a newline. */
struct dp_sink_line {
	const char *text;
	size_t len;
	const char *raw; /* as the input has it, of the same length */
	uint64_t number;
	const struct dp_mark *mark; /* where its batch begins, or NULL */
};

struct dp_sink_opts {
	const struct dp_catalog *catalog; /* NULL, or without types: the
					     database's tables decide */
	const char *type_key; /* JSON Pointer to the name of a type */
	const char *table;    /* for every record; NULL: named by the type */
	const char *ledger;   /* its table; NULL: none */
	int extra;            /* enum dp_sink_extra */
	int missing;          /* enum dp_sink_missing */
	int on_conflict;      /* enum dp_sink_conflict */
	const char *key;      /* "a,b": columns by which rows are the same;
				 NULL: the primary key's */
	int time_unit; /* of numbers in a timestamp: 0, they are refused, or
			  seconds, milliseconds, microseconds, nanoseconds */
	uint64_t retry_ms;
	bool create;  /* missing tables */
	bool evolve;  /* columns that are missing, in tables that are there */
	bool look;    /* only at the ledger: nothing is made or written */
	bool dry_run; /* everything but COMMIT */

	/* A row that the database refuses, after dp_sink_row() had taken
	 * it.  Called once a row, by dp_sink_flush() and _wait(). */
	int (*refused)(void *arg, struct dp_reject *fault, struct dp_err *err);
	/* So many rows, which dp_sink_row() had taken, were updates, or
	 * were there and are ignored.  Called like refused. */
	void (*conflicts)(void *arg, uint64_t updated, uint64_t ignored);
	/* Called before each COMMIT, by dp_sink_start() or _wait(): what was rejected must be on disk. */
	int (*sync)(void *arg, struct dp_err *err);
	/* A fact that the user should know; code may be NULL. */
	void (*tell)(void *arg, const char *code, const char *text);
	void *arg;         /* of sync and tell */
	void *refused_arg; /* of refused and conflicts */
};

/*
 * Before the first row of the only transaction: what is in the tables goes
 * when it is committed.  The catalog's tables must be known from the start.
 */
int dp_sink_clear(struct dp_sink *s, struct dp_err *err);

/* True when a database takes rows from one connection at a time. */
bool dp_sink_one_writer(const char *url);

/*
 * Connects, reads the catalog, and makes sure that each type has its table
 * and each property its column: DP_CONFIG tells all that is missing.
 */
struct dp_sink *dp_sink_open(const char *url, const struct dp_sink_opts *opts,
    struct dp_err *err);
void dp_sink_close(struct dp_sink *s); /* rolls back; NULL is fine */

/*
 * Appends the statements that --create would run; nothing is opened, except
 * with opts.evolve, which has to look what is there.
 */
int dp_sink_ddl(const char *url, const struct dp_sink_opts *opts,
    struct dp_buf *out, struct dp_err *err);

/*
 * One record, checked as JSON and, if there are schemas, against `type`
 * (the result of dp_check_line()).  Opens a transaction from line->mark on
 * if none is open.
 * Returns 0: taken; 1: rejected, *fault says why; -1: err.
 */
int dp_sink_row(struct dp_sink *s, const struct dp_schema *type,
    const struct dp_sink_line *line, struct dp_reject *fault,
    struct dp_err *err);

/* Bytes that are held in memory for the open batch. */
size_t dp_sink_held(const struct dp_sink *s);

/*
 * Sends what is held, within the open transaction: for a batch that must be
 * one transaction and does not fit in memory.
 */
int dp_sink_flush(struct dp_sink *s, const struct dp_mark *mark,
    struct dp_err *err);

/*
 * Begins to store the batch and to move the ledger from *mark to *to; both
 * are NULL without a ledger.  to->rows and to->rejected are those of the
 * batch; the driver counts those that are refused from one to the other.
 * The next lines may be taken, from to->next on; nothing is sure, and no
 * callback comes, before dp_sink_wait(), which says how it ended.  Waits
 * for the batch before.
 */
int dp_sink_start(struct dp_sink *s, const struct dp_mark *mark,
    const struct dp_mark *to, struct dp_err *err);
int dp_sink_wait(struct dp_sink *s, struct dp_err *err);
void dp_sink_rollback(struct dp_sink *s);

/* With opts.look: there is a ledger. */
bool dp_sink_has_ledger(const struct dp_sink *s);

/*
 * The ledger's rows of a source whose lane begins with `lane`, in order;
 * with source NULL all of them, the oldest first.
 * fn returns -1 to stop.  No lock is taken.
 */
int dp_sink_marks(struct dp_sink *s, const char *source, const char *lane,
    int (*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
    void *arg, struct dp_err *err);

#endif
