/* sink_sqlite: the inside of the SQLite driver, for sink_sqlite*.c alone. */
#ifndef DP_SINK_SINK_SQLITE_H
#define DP_SINK_SINK_SQLITE_H

#include "sink/driver.h"
#include "sink/sink_sqlite_db.h"

struct dp_sink_sqlite {
	struct dp_sink sink; /* must be first */
	struct dp_lite lite;
	struct sqlite3_stmt *lock, *move; /* of the ledger */
	struct dp_buf sql, texts;
};

/* Opens a transaction, if none is. */
int dp_sqlite_begin(struct dp_sink_sqlite *s, struct dp_err *err);

/* Makes the ledger's table, and the statements on it. */
int dp_sqlite_ledger(struct dp_sink_sqlite *s, const char *name, bool dry_run,
    struct dp_err *err);

/* Opens the transaction, and looks whether the ledger is where we think. */
int dp_sqlite_start(struct dp_sink_sqlite *s, const struct dp_mark *mark,
    struct dp_err *err);

/* Moves the ledger, within the transaction. */
int dp_sqlite_move(struct dp_sink_sqlite *s, const struct dp_mark *to,
    struct dp_err *err);

/* dp_sink_marks(). */
int dp_sqlite_marks(struct dp_sink *sink, const char *source, const char *lane,
    int (*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
    void *arg, struct dp_err *err);

#endif
