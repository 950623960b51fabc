/* sink_sqlite: the inside of the SQLite driver, for sink_sqlite*.c alone. */
#ifndef DP_SINK_SINK_SQLITE_H
#define DP_SINK_SINK_SQLITE_H

#include "sink/driver.h"
#include "sink/sink_sqlite_db.h"

/* What a shape owns: the statements for its rows. */
struct dp_sqlite_shape {
	struct sqlite3_stmt *insert; /* leaves rows that are there alone */
	struct sqlite3_stmt *update; /* --on-conflict=update: then this */
};

struct dp_sink_sqlite {
	struct dp_sink sink; /* must be first */
	struct dp_lite lite;
	struct sqlite3_stmt *lock, *move, *marks;   /* of the ledger */
	struct sqlite3_stmt *save, *back, *release; /* round a row */
	struct dp_buf sql, texts;
	uint64_t updated, ignored; /* of the open batch */
};

/* dp_sink_ops, and the end of what a shape owns; NULL is fine. */
int dp_sqlite_row(struct dp_sink *sink, struct dp_target *t,
    struct dp_shape *shape, const struct dp_sink_line *line,
    struct dp_reject *fault, struct dp_err *err);
void dp_sqlite_free_shape(struct dp_sqlite_shape *own);

/* Opens a transaction, if none is. */
int dp_sqlite_begin(struct dp_sink_sqlite *s, struct dp_err *err);

/* Makes the ledger's table, and the statements on it. */
int dp_sqlite_ledger(struct dp_sink_sqlite *s, const char *name, bool dry_run,
    struct dp_err *err);

/* The same for who only looks: nothing is made, and nothing can be written. */
int dp_sqlite_look(struct dp_sink_sqlite *s, const char *name,
    struct dp_err *err);

/* Opens the transaction, and looks whether the ledger is where we think. */
int dp_sqlite_start(struct dp_sink_sqlite *s, const struct dp_mark *mark,
    struct dp_err *err);

/* Moves the ledger, within the transaction. */
int dp_sqlite_move(struct dp_sink_sqlite *s, const struct dp_mark *to,
    uint64_t rows, struct dp_err *err);

/* dp_sink_marks(). */
int dp_sqlite_marks(struct dp_sink *sink, const char *source, const char *lane,
    int (*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
    void *arg, struct dp_err *err);

#endif
