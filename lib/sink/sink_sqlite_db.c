#include "sink/sink_sqlite_db.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/put.h"
#include "sink/column.h"

static enum dp_status
status_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
		return DP_TRYAGAIN;
	case SQLITE_CONSTRAINT: /* one that a COMMIT has found */
		return DP_DATA;
	case SQLITE_CANTOPEN:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:
	case SQLITE_SCHEMA:
		return DP_CONFIG;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return DP_NOPERM;
	default:
		return DP_FAILED;
	}
}

static int
fault(struct dp_lite *l, int rc, struct dp_err *err)
{
	return dp_err_set(err, status_of(rc), "sqlite:%s: %s", l->path,
	    l->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(l->db));
}

static int
not_open(const struct dp_lite *l, const char *path, int rc, bool create,
    struct dp_err *err)
{
	int saved = l->db == NULL || (rc & 0xff) != SQLITE_CANTOPEN
	    ? 0
	    : sqlite3_system_errno(l->db);
	const char *why = sqlite3_errstr(rc);

	/* SQLite tries to read next what it could not make. */
	if (saved == ENOENT && create && dp_put_room(path) != 0)
		saved = dp_put_room(path);
	if (saved == ENOENT && !create)
		return dp_err_set(err, DP_CONFIG,
		    "sqlite:%s: %s: there is none (--create makes it)", path,
		    why);
	if (saved == 0)
		return dp_err_set(err, status_of(rc), "sqlite:%s: %s", path,
		    why);
	return dp_err_sys(err,
	    dp_err_status_of(saved) == DP_NOPERM ? DP_NOPERM : status_of(rc),
	    saved, "sqlite:%s: %s", path, why);
}

/* Not one in memory, or a temporary one, which has no name. */
static bool
is_file(const struct dp_lite *l)
{
	const char *name = sqlite3_db_filename(l->db, "main");

	return name != NULL && name[0] != '\0';
}

int
dp_lite_open(struct dp_lite *l, const char *path, bool create, uint64_t wait_ms,
    struct dp_err *err)
{
	int rc;

	*l = (struct dp_lite){ 0 };
	l->path = dp_column_text(path, strlen(path), err);
	if (l->path == NULL)
		return -1;
	rc = sqlite3_open_v2(path, &l->db,
	    SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) |
		SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	    NULL);
	if (rc != SQLITE_OK)
		rc = not_open(l, path, rc, create, err);
	else if (!is_file(l))
		rc = dp_err_set(err, DP_CONFIG,
		    "sqlite:%s names no file: what is loaded would be gone "
		    "at the end",
		    path);
	if (rc != 0) {
		dp_lite_close(l);
		return -1;
	}
	(void)sqlite3_busy_timeout(l->db,
	    wait_ms > INT_MAX ? INT_MAX : (int)wait_ms);
	return 0;
}

void
dp_lite_close(struct dp_lite *l)
{
	(void)sqlite3_close_v2(l->db);
	free(l->path);
	*l = (struct dp_lite){ 0 };
}

int
dp_lite_exec(struct dp_lite *l, const char *sql, struct dp_err *err)
{
	int rc = sqlite3_exec(l->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fault(l, rc, err);
}

struct sqlite3_stmt *
dp_lite_prepare(struct dp_lite *l, const char *sql, struct dp_err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v3(l->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &st, NULL);

	if (rc != SQLITE_OK)
		(void)fault(l, rc, err);
	return st;
}

void
dp_lite_finish(struct sqlite3_stmt *st)
{
	(void)sqlite3_finalize(st);
}

void
dp_lite_null(struct sqlite3_stmt *st, int index)
{
	(void)sqlite3_bind_null(st, index);
}

void
dp_lite_int(struct sqlite3_stmt *st, int index, int64_t n)
{
	(void)sqlite3_bind_int64(st, index, n);
}

void
dp_lite_double(struct sqlite3_stmt *st, int index, double d)
{
	(void)sqlite3_bind_double(st, index, d);
}

void
dp_lite_text(struct sqlite3_stmt *st, int index, const char *text, size_t len)
{
	(void)sqlite3_bind_text64(st, index, text, len, SQLITE_STATIC,
	    SQLITE_UTF8);
}

void
dp_lite_blob(struct sqlite3_stmt *st, int index, const void *data, size_t len)
{
	(void)sqlite3_bind_blob64(st, index, data, len, SQLITE_STATIC);
}

int
dp_lite_step(struct dp_lite *l, struct sqlite3_stmt *st, struct dp_err *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		(void)fault(l, rc, err);
	(void)sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

void
dp_lite_reset(struct sqlite3_stmt *st)
{
	(void)sqlite3_reset(st);
}

const char *
dp_lite_get_text(struct sqlite3_stmt *st, int index)
{
	const unsigned char *text = sqlite3_column_text(st, index);

	return text == NULL ? "" : (const char *)text;
}

int64_t
dp_lite_get_int(struct sqlite3_stmt *st, int index)
{
	return sqlite3_column_int64(st, index);
}

/* The word for a fault that is the row's, or NULL. */
static const char *
row_code(int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return "duplicate";
	case SQLITE_CONSTRAINT_NOTNULL:
		return "null";
	case SQLITE_CONSTRAINT_DATATYPE:
		return "type";
	default:
		break;
	}
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
		return "constraint";
	case SQLITE_MISMATCH:
		return "type";
	case SQLITE_TOOBIG:
		return "range";
	default:
		return NULL;
	}
}

int
dp_lite_insert(struct dp_lite *l, struct sqlite3_stmt *st, const char **code,
    const char **text, struct dp_err *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_DONE) {
		(void)sqlite3_reset(st);
		return 0;
	}
	*code = row_code(rc);
	*text = sqlite3_errmsg(l->db);
	/* A trigger may have ended the transaction: no row's fault then. */
	if (*code != NULL && sqlite3_get_autocommit(l->db) == 0) {
		(void)sqlite3_reset(st);
		return 1;
	}
	(void)fault(l, rc, err);
	(void)sqlite3_reset(st);
	return -1;
}

bool
dp_lite_in_transaction(const struct dp_lite *l)
{
	return sqlite3_get_autocommit(l->db) == 0;
}

int
dp_lite_changes(const struct dp_lite *l)
{
	return sqlite3_changes(l->db);
}
