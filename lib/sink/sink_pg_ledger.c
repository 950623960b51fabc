/* The ledger in PostgreSQL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sink/sink_pg.h"

/* Text with the ledger's name in quotes where %s stands, once. */
static const char *
with_name(struct dp_sink_pg *s, const char *before, const char *after,
    struct dp_err *err)
{
	struct dp_buf *b = &s->run.sql;
	const char *sql;

	dp_buf_clear(b);
	(void)dp_buf_adds(b, before);
	dp_ddl_ident(b, s->sink.opts.ledger);
	(void)dp_buf_adds(b, after);
	sql = dp_buf_text(b);
	if (sql == NULL && err != NULL)
		(void)dp_err_nomem(err);
	return sql;
}

int
dp_pg_ledger(struct dp_sink_pg *s, struct dp_err *err)
{
	const char *const params[] = { s->sink.opts.ledger };
	struct pg_result *r = dp_pg_ask(s,
	    "SELECT pg_catalog.to_regclass(pg_catalog.quote_ident($1))"
	    " IS NULL",
	    params, 1, err);
	bool missing;

	if (r == NULL)
		return -1;
	missing = *dp_pg_get(r, 0, 0) == 't';
	dp_pg_clear(r);
	s->sink.no_ledger = missing && s->sink.opts.look;
	if (!missing || s->sink.opts.look)
		return 0;
	dp_buf_clear(&s->run.sql);
	dp_ddl_ledger(&s->run.sql, s->sink.opts.ledger, DP_DIALECT_PG);
	if (dp_buf_text(&s->run.sql) == NULL)
		return dp_err_nomem(err);
	return s->sink.ops->create(&s->sink, s->run.sql.data, err);
}

static void
read_mark(const struct pg_result *r, int i, struct dp_mark *m)
{
	*m = (struct dp_mark){ 0 };
	(void)snprintf(m->source, sizeof m->source, "%s", dp_pg_get(r, i, 0));
	(void)snprintf(m->lane, sizeof m->lane, "%s", dp_pg_get(r, i, 1));
	m->next = strtoull(dp_pg_get(r, i, 2), NULL, 10);
	m->rows = strtoull(dp_pg_get(r, i, 3), NULL, 10);
	m->rejected = strtoull(dp_pg_get(r, i, 4), NULL, 10);
	(void)snprintf(m->updated_at, sizeof m->updated_at, "%s",
	    dp_pg_get(r, i, 5));
	(void)snprintf(m->hash, sizeof m->hash, "%s", dp_pg_get(r, i, 6));
	(void)snprintf(m->inode, sizeof m->inode, "%s", dp_pg_get(r, i, 7));
	(void)snprintf(m->file, sizeof m->file, "%s", dp_pg_get(r, i, 8));
}

int
dp_pg_marks(struct dp_sink *sink, const char *source, const char *lane,
    int (*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	struct dp_sink_pg *s = (struct dp_sink_pg *)sink;
	const char *const params[] = { source, lane };
	const char *sql = with_name(s,
	    "SELECT source, lane, next, rows, rejected, pg_catalog.to_char("
	    "updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
	    "coalesce(hash, ''), coalesce(inode, ''), coalesce(file, '') "
	    "FROM ",
	    source == NULL ? " ORDER BY updated_at, source, lane"
			   : " WHERE source = $1 AND "
			     "pg_catalog.starts_with(lane, $2) ORDER BY lane",
	    err);
	struct pg_result *r;
	struct dp_mark mark;
	int i, rc = 0;

	if (sql == NULL)
		return -1;
	r = dp_pg_ask(s, sql, params, source == NULL ? 0 : 2, err);
	if (r == NULL)
		return -1;
	for (i = 0; rc == 0 && i < dp_pg_rows(r); i++) {
		read_mark(r, i, &mark);
		rc = fn(arg, &mark, err);
	}
	dp_pg_clear(r);
	return rc;
}

int
dp_pg_nomem(struct dp_pg_fault *fault)
{
	*fault = (struct dp_pg_fault){ .class = DP_PG_STOP,
		.status = DP_FAILED,
		.text = "out of memory" };
	return -1;
}

int
dp_pg_lock(struct dp_sink_pg *s, struct dp_mark *there)
{
	const struct dp_mark *mark = &s->run.mark;
	const char *const params[] = { mark->source, mark->lane };
	const char *sql = with_name(s, "INSERT INTO ",
	    " (source, lane, next, rows, rejected, updated_at) "
	    "VALUES ($1, $2, 0, 0, 0, pg_catalog.now()) "
	    "ON CONFLICT DO NOTHING",
	    NULL);
	struct pg_result *r;

	if (sql == NULL)
		return dp_pg_nomem(&s->run.fault);
	r = dp_pg_query(s->conn, sql, params, 2, &s->run.fault);
	if (r == NULL)
		return -1;
	dp_pg_clear(r);
	sql = with_name(s, "SELECT next, coalesce(hash, '') FROM ",
	    " WHERE source = $1 AND lane = $2 FOR UPDATE", NULL);
	if (sql == NULL)
		return dp_pg_nomem(&s->run.fault);
	r = dp_pg_query(s->conn, sql, params, 2, &s->run.fault);
	if (r == NULL)
		return -1;
	*there = *mark;
	there->next = 0;
	there->hash[0] = '\0';
	if (dp_pg_rows(r) == 1) {
		there->next = strtoull(dp_pg_get(r, 0, 0), NULL, 10);
		(void)snprintf(there->hash, sizeof there->hash, "%s",
		    dp_pg_get(r, 0, 1));
	}
	dp_pg_clear(r);
	return 0;
}

int
dp_pg_move(struct dp_sink_pg *s)
{
	const struct dp_mark *to = &s->run.to;
	char next[24], rows[24], rejected[24];
	const char *const params[] = { to->source, to->lane, next, rows,
		rejected, to->hash, to->inode, to->file };
	const char *sql = with_name(s, "UPDATE ",
	    " SET next = $3::bigint, rows = rows + $4::bigint, "
	    "rejected = rejected + $5::bigint, "
	    "updated_at = pg_catalog.now(), hash = $6, inode = $7, file = $8 "
	    "WHERE source = $1 AND lane = $2",
	    NULL);
	struct pg_result *r;

	if (sql == NULL)
		return dp_pg_nomem(&s->run.fault);
	(void)snprintf(next, sizeof next, "%ju", (uintmax_t)to->next);
	(void)snprintf(rows, sizeof rows, "%ju",
	    (uintmax_t)(to->rows - s->run.ignored));
	(void)snprintf(rejected, sizeof rejected, "%ju",
	    (uintmax_t)to->rejected);
	r = dp_pg_query(s->conn, sql, params, 8, &s->run.fault);
	if (r == NULL)
		return -1;
	dp_pg_clear(r);
	return 0;
}
