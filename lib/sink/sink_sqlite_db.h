/*
 * sink_sqlite_db: the calls of SQLite that the driver needs.
 *
 * The only file that includes sqlite3.h is its source.  Faults become err
 * with the exit status that fits, unless they are a row's.
 */
#ifndef DP_SINK_SINK_SQLITE_DB_H
#define DP_SINK_SINK_SQLITE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_err;
struct sqlite3;
struct sqlite3_stmt;

struct dp_lite {
	struct sqlite3 *db;
	char *path;
};

/* create: make the file if it is not there. */
int dp_lite_open(struct dp_lite *l, const char *path, bool create,
    uint64_t wait_ms, struct dp_err *err);
void dp_lite_close(struct dp_lite *l);

/* Statements without results, or whose results do not matter. */
int dp_lite_exec(struct dp_lite *l, const char *sql, struct dp_err *err);

struct sqlite3_stmt *dp_lite_prepare(struct dp_lite *l, const char *sql,
    struct dp_err *err);
void dp_lite_finish(struct sqlite3_stmt *st);

/* index from 1.  Texts are borrowed until the statement is reset. */
void dp_lite_null(struct sqlite3_stmt *st, int index);
void dp_lite_int(struct sqlite3_stmt *st, int index, int64_t n);
void dp_lite_double(struct sqlite3_stmt *st, int index, double d);
void dp_lite_text(struct sqlite3_stmt *st, int index, const char *text,
    size_t len);
void dp_lite_blob(struct sqlite3_stmt *st, int index, const void *data,
    size_t len);

/* 1: a row; 0: done, and reset; -1: err, and reset. */
int dp_lite_step(struct dp_lite *l, struct sqlite3_stmt *st,
    struct dp_err *err);
void dp_lite_reset(struct sqlite3_stmt *st);

/* Of the row at hand; index from 0.  NULL is "" and 0. */
const char *dp_lite_get_text(struct sqlite3_stmt *st, int index);
int64_t dp_lite_get_int(struct sqlite3_stmt *st, int index);

/*
 * An insert: 0 done; 1: the row's fault, *code and *text say which, text
 * borrowed until the next call; -1: err.
 */
int dp_lite_insert(struct dp_lite *l, struct sqlite3_stmt *st,
    const char **code, const char **text, struct dp_err *err);

bool dp_lite_in_transaction(const struct dp_lite *l);
int dp_lite_changes(const struct dp_lite *l);

#endif
