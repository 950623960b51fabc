/*
 * driver: the other side of sink.h, for sink.c and the drivers alone.
 *
 * A driver is one const table; its files share a prefix.  The contracts are
 * those of the dp_sink_* functions of the same names.
 */
#ifndef DP_SINK_DRIVER_H
#define DP_SINK_DRIVER_H

#include "base/buf.h"
#include "sink/ddl.h"
#include "sink/sink.h"
#include "sink/target.h"

struct dp_sink_ops {
	const char *scheme; /* "sqlite"; NULL: it takes what is left */
	enum dp_dialect dialect;
	bool one_writer; /* several connections only wait for each other */

	/* Connects, and sees to the ledger's table. */
	struct dp_sink *(*open)(const char *rest,
	    const struct dp_sink_opts *opts, struct dp_err *err);
	void (*close)(struct dp_sink *s); /* frees each shape's own, and s */

	/* Runs statements of ddl.h. */
	int (*create)(struct dp_sink *s, const char *sql, struct dp_err *err);

	/*
	 * The columns that can be written; *there is false when there is no
	 * such table.  NULL: tables are what the schemas say.
	 */
	int (*describe)(struct dp_sink *s, const char *table,
	    struct dp_columns *columns, bool *there, struct dp_err *err);

	/*
	 * What else must be known of a target before rows go there: the
	 * order among tables, and with --on-conflict the key, which sink.c
	 * has filled from --key, or which is the primary key's if it has
	 * not.  No unique index on it: DP_CONFIG.  NULL: nothing.
	 */
	int (
	    *learn)(struct dp_sink *s, struct dp_target *t, struct dp_err *err);

	/*
	 * --swap: from the next transaction on, which is the only one, the
	 * rows that are there are deleted first (sink/clear.h).
	 */
	int (*clear)(struct dp_sink *s, struct dp_err *err);

	/* The record has been taken apart: cells and shape are set. */
	int (*row)(struct dp_sink *s, struct dp_target *t,
	    struct dp_shape *shape, const struct dp_sink_line *line,
	    struct dp_reject *fault, struct dp_err *err);
	size_t (*held)(const struct dp_sink *s);
	int (*flush)(struct dp_sink *s, const struct dp_mark *mark,
	    struct dp_err *err);
	int (*start)(struct dp_sink *s, const struct dp_mark *mark,
	    const struct dp_mark *to, struct dp_err *err);
	int (*wait)(struct dp_sink *s, struct dp_err *err);
	void (*rollback)(struct dp_sink *s);
	int (*marks)(struct dp_sink *s, const char *source, const char *lane,
	    int (
		*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
	    void *arg, struct dp_err *err);
};

/* First field of every driver's own struct. */
struct dp_sink {
	const struct dp_sink_ops *ops;
	struct dp_sink_opts opts;
	int64_t unit; /* of numbers in a timestamp, per second, or 0 */
	struct dp_target **targets; /* of types: by dp_schema_index() */
	size_t ntargets;
	struct dp_buf scratch; /* texts of faults */
	bool no_ledger;        /* opts.look: it is not there */
};

extern const struct dp_sink_ops dp_sink_null;
#ifdef DP_HAVE_SQLITE
extern const struct dp_sink_ops dp_sink_sqlite;
#endif
#ifdef DP_HAVE_PG
extern const struct dp_sink_ops dp_sink_pg;
#endif

/* What the run believed is not what the ledger says; returns -1. */
int dp_sink_moved(const struct dp_mark *mark, const char *next,
    struct dp_err *err);

#endif
