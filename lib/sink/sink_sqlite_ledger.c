/* The ledger in SQLite. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sink/sink_sqlite.h"

int
dp_sqlite_begin(struct dp_sink_sqlite *s, struct dp_err *err)
{
	return dp_lite_in_transaction(&s->lite)
	    ? 0
	    : dp_lite_exec(&s->lite, "BEGIN IMMEDIATE", err);
}

int
dp_sqlite_ledger(struct dp_sink_sqlite *s, const char *name, bool dry_run,
    struct dp_err *err)
{
	const char *sql;

	/* A dry run is one transaction that never ends well. */
	if (dry_run && dp_sqlite_begin(s, err) == -1)
		return -1;
	dp_buf_clear(&s->sql);
	dp_ddl_ledger(&s->sql, name, DP_DIALECT_SQLITE);
	sql = dp_buf_text(&s->sql);
	if (sql == NULL)
		return dp_err_nomem(err);
	if (dp_lite_exec(&s->lite, sql, err) == -1)
		return -1;
	dp_buf_clear(&s->sql);
	(void)dp_buf_adds(&s->sql, "SELECT next, hash FROM ");
	dp_ddl_ident(&s->sql, name);
	(void)dp_buf_adds(&s->sql, " WHERE source = ?1 AND lane = ?2");
	sql = dp_buf_text(&s->sql);
	if (sql == NULL)
		return dp_err_nomem(err);
	s->lock = dp_lite_prepare(&s->lite, sql, err);
	dp_buf_clear(&s->sql);
	(void)dp_buf_adds(&s->sql, "INSERT INTO ");
	dp_ddl_ident(&s->sql, name);
	(void)dp_buf_adds(&s->sql,
	    " AS l VALUES (?1, ?2, ?3, ?4, ?5, "
	    "strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?6, ?7, ?8) "
	    "ON CONFLICT DO UPDATE SET next = excluded.next, "
	    "rows = l.rows + excluded.rows, "
	    "rejected = l.rejected + excluded.rejected, "
	    "updated_at = excluded.updated_at, hash = excluded.hash, "
	    "inode = excluded.inode, file = excluded.file");
	sql = dp_buf_text(&s->sql);
	if (sql == NULL)
		return dp_err_nomem(err);
	s->move = dp_lite_prepare(&s->lite, sql, err);
	return s->lock == NULL || s->move == NULL ? -1 : 0;
}

int
dp_sqlite_look(struct dp_sink_sqlite *s, const char *name, struct dp_err *err)
{
	struct sqlite3_stmt *st;
	int rc;

	if (dp_lite_exec(&s->lite, "PRAGMA query_only=ON", err) == -1)
		return -1;
	st = dp_lite_prepare(&s->lite,
	    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1",
	    err);
	if (st == NULL)
		return -1;
	dp_lite_text(st, 1, name, strlen(name));
	rc = dp_lite_step(&s->lite, st, err);
	s->sink.no_ledger = rc == 0;
	dp_lite_finish(st);
	return rc == -1 ? -1 : 0;
}

int
dp_sqlite_start(struct dp_sink_sqlite *s, const struct dp_mark *mark,
    struct dp_err *err)
{
	struct dp_mark there = { 0 };
	char next[24];
	int rc;

	if (dp_sqlite_begin(s, err) == -1)
		return -1;
	if (mark == NULL || s->lock == NULL)
		return 0;
	dp_lite_text(s->lock, 1, mark->source, strlen(mark->source));
	dp_lite_text(s->lock, 2, mark->lane, strlen(mark->lane));
	rc = dp_lite_step(&s->lite, s->lock, err);
	if (rc == 1) {
		there.next = (uint64_t)dp_lite_get_int(s->lock, 0);
		(void)snprintf(there.hash, sizeof there.hash, "%s",
		    dp_lite_get_text(s->lock, 1));
		dp_lite_reset(s->lock);
	}
	if (rc == -1)
		return -1;
	if (there.next == mark->next && strcmp(there.hash, mark->hash) == 0)
		return 0;
	(void)snprintf(next, sizeof next, "%ju", (uintmax_t)there.next);
	return dp_sink_moved(mark, next, err);
}

int
dp_sqlite_move(struct dp_sink_sqlite *s, const struct dp_mark *to,
    uint64_t rows, struct dp_err *err)
{
	dp_lite_text(s->move, 1, to->source, strlen(to->source));
	dp_lite_text(s->move, 2, to->lane, strlen(to->lane));
	dp_lite_int(s->move, 3, (int64_t)to->next);
	dp_lite_int(s->move, 4, (int64_t)rows);
	dp_lite_int(s->move, 5, (int64_t)to->rejected);
	dp_lite_text(s->move, 6, to->hash, strlen(to->hash));
	dp_lite_text(s->move, 7, to->inode, strlen(to->inode));
	dp_lite_text(s->move, 8, to->file, strlen(to->file));
	return dp_lite_step(&s->lite, s->move, err);
}

static void
read_mark(struct sqlite3_stmt *st, struct dp_mark *m)
{
	*m = (struct dp_mark){ 0 };
	(void)snprintf(m->source, sizeof m->source, "%s",
	    dp_lite_get_text(st, 0));
	(void)snprintf(m->lane, sizeof m->lane, "%s", dp_lite_get_text(st, 1));
	m->next = (uint64_t)dp_lite_get_int(st, 2);
	m->rows = (uint64_t)dp_lite_get_int(st, 3);
	m->rejected = (uint64_t)dp_lite_get_int(st, 4);
	(void)snprintf(m->updated_at, sizeof m->updated_at, "%s",
	    dp_lite_get_text(st, 5));
	(void)snprintf(m->hash, sizeof m->hash, "%s", dp_lite_get_text(st, 6));
	(void)snprintf(m->inode, sizeof m->inode, "%s",
	    dp_lite_get_text(st, 7));
	(void)snprintf(m->file, sizeof m->file, "%s", dp_lite_get_text(st, 8));
}

/* Those of one source are asked for by each file: prepared once. */
static struct sqlite3_stmt *
select_marks(struct dp_sink_sqlite *s, bool one, struct dp_err *err)
{
	struct sqlite3_stmt *st;

	if (one && s->marks != NULL)
		return s->marks;
	dp_buf_clear(&s->sql);
	(void)dp_buf_adds(&s->sql,
	    "SELECT source, lane, next, rows, rejected, "
	    "strftime('%Y-%m-%dT%H:%M:%SZ', updated_at), hash, inode, file "
	    "FROM ");
	dp_ddl_ident(&s->sql, s->sink.opts.ledger);
	(void)dp_buf_adds(&s->sql,
	    one ? " WHERE source = ?1 AND lane >= ?2 AND "
		  "lane < ?2 || char(0x10ffff) ORDER BY lane"
		: " ORDER BY updated_at, source, lane");
	if (dp_buf_text(&s->sql) == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	st = dp_lite_prepare(&s->lite, s->sql.data, err);
	if (one)
		s->marks = st;
	return st;
}

int
dp_sqlite_marks(struct dp_sink *sink, const char *source, const char *lane,
    int (*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	struct dp_sink_sqlite *s = (struct dp_sink_sqlite *)sink;
	struct sqlite3_stmt *st = select_marks(s, source != NULL, err);
	struct dp_mark mark;
	int rc;

	if (st == NULL)
		return -1;
	if (source != NULL) {
		dp_lite_text(st, 1, source, strlen(source));
		dp_lite_text(st, 2, lane, strlen(lane));
	}
	while ((rc = dp_lite_step(&s->lite, st, err)) == 1) {
		read_mark(st, &mark);
		if (fn(arg, &mark, err) == -1) {
			rc = -1;
			break;
		}
	}
	if (source != NULL)
		dp_lite_reset(st);
	else
		dp_lite_finish(st);
	return rc;
}
