/*
 * A batch as a transaction: from BEGIN to a COMMIT that is sure.
 *
 *     BEGIN; the ledger's row is locked and compared; savepoint dp_all;
 *     for each part: savepoint dp_rows; COPY; release;
 *     deferred constraints are checked; the ledger is moved;
 *     the rejects are synced; COMMIT
 *
 * All rows are in memory until the COMMIT is known to be done, so that a
 * lost connection or a deadlock costs a second attempt and nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sink/sink_pg.h"

enum { DONE, FAULT = -1, ERR = -2 };

struct run {
	const struct dp_mark *mark;
	struct dp_mark *to; /* NULL: flush, the transaction stays open */
	struct dp_pg_fault fault;
	struct dp_err *err;
};

/* synchronous_commit: what is acknowledged must last. */
static const char begin_sql[] =
    "BEGIN ISOLATION LEVEL READ COMMITTED; "
    "SELECT pg_catalog.set_config('synchronous_commit', 'on', true) "
    "WHERE pg_catalog.current_setting('synchronous_commit') = 'off'";

static int
moved(struct dp_sink_pg *s, struct run *r, const struct dp_mark *there)
{
	char next[24];

	(void)snprintf(next, sizeof next, "%ju", (uintmax_t)there->next);
	(void)dp_sink_moved(r->mark, next, r->err);
	dp_pg_rollback(&s->sink);
	return ERR;
}

static bool
same_place(const struct dp_mark *a, const struct dp_mark *b)
{
	return a->next == b->next && strcmp(a->hash, b->hash) == 0;
}

/* 1: an attempt whose COMMIT was lost had done it all. */
static int
begin(struct dp_sink_pg *s, struct run *r)
{
	struct dp_mark there;

	if (!s->open && !s->sink.opts.dry_run &&
	    dp_pg_exec(s->conn, begin_sql, &r->fault) == -1)
		return FAULT;
	if (s->open)
		return DONE;
	s->open = true;
	if (r->mark != NULL && s->sink.opts.ledger != NULL) {
		if (dp_pg_lock(s, r->mark, &there, &r->fault) == -1)
			return FAULT;
		if (!same_place(&there, r->mark)) {
			if (s->unsure && r->to != NULL &&
			    same_place(&there, r->to))
				return 1;
			return moved(s, r, &there);
		}
	}
	return dp_pg_exec(s->conn, "SAVEPOINT dp_all", &r->fault);
}

static int
put_part(struct dp_sink_pg *s, struct dp_pg_part *part, void *arg)
{
	struct run *r = arg;

	return dp_pg_put(s, part, r->to, &r->fault, r->err);
}

/*
 * Deferred constraints tell no row.  Once they are immediate, each COPY
 * finds its own.
 */
static int
put(struct dp_sink_pg *s, struct run *r)
{
	static const char immediate[] = "SET CONSTRAINTS ALL IMMEDIATE";
	int rc = dp_pg_each(s, put_part, r);

	if (rc != DONE || r->to == NULL)
		return rc;
	if (dp_pg_exec(s->conn, immediate, &r->fault) == 0)
		return DONE;
	if (r->fault.class != DP_PG_ROW)
		return FAULT;
	if (s->flushed) {
		(void)dp_err_set(r->err, DP_DATA,
		    "a deferred constraint refuses some row of the batch, "
		    "nothing was stored: %s",
		    r->fault.text);
		return ERR;
	}
	if (dp_pg_exec(s->conn,
		"ROLLBACK TO SAVEPOINT dp_all; SET CONSTRAINTS ALL IMMEDIATE",
		&r->fault) == -1)
		return FAULT;
	return dp_pg_each(s, put_part, r);
}

static int
finish(struct dp_sink_pg *s, struct run *r)
{
	if (r->mark != NULL && s->sink.opts.ledger != NULL &&
	    dp_pg_move(s, r->to, &r->fault) == -1)
		return FAULT;
	if (s->sink.opts.sync(s->sink.opts.arg, r->err) == -1)
		return ERR;
	if (s->sink.opts.dry_run)
		return DONE;
	s->unsure = true;
	return dp_pg_commit(s->conn, &r->fault);
}

static int
transact(struct dp_sink_pg *s, struct run *r)
{
	int rc = begin(s, r);

	if (rc == 1) {
		struct dp_pg_fault ignored;

		(void)dp_pg_exec(s->conn, "ROLLBACK", &ignored);
		return DONE;
	}
	if (rc == DONE)
		rc = put(s, r);
	if (rc == DONE && r->to != NULL)
		rc = finish(s, r);
	return rc;
}

static int
clear_part(struct dp_sink_pg *s, struct dp_pg_part *part, void *arg)
{
	(void)s;
	(void)arg;
	dp_buf_clear(&part->tuples);
	dp_buf_clear(&part->rows);
	part->n = 0;
	return 0;
}

static void
clear(struct dp_sink_pg *s)
{
	(void)dp_pg_each(s, clear_part, NULL);
	dp_buf_clear(&s->texts);
}

void
dp_pg_rollback(struct dp_sink *sink)
{
	struct dp_sink_pg *s = (struct dp_sink_pg *)sink;
	struct dp_pg_fault ignored;

	if (s->open && s->conn != NULL && !sink->opts.dry_run)
		(void)dp_pg_exec(s->conn, "ROLLBACK", &ignored);
	s->open = s->flushed = s->unsure = false;
	clear(s);
}

/* Takes the transaction back, and keeps the rows. */
static int
once_more(struct dp_sink_pg *s, struct run *r)
{
	struct dp_pg_fault ignored;

	if (s->open && r->fault.class != DP_PG_LOST)
		(void)dp_pg_exec(s->conn, "ROLLBACK", &ignored);
	s->open = false;
	if (r->fault.class != DP_PG_LOST && r->fault.class != DP_PG_AGAIN)
		return dp_pg_err(&r->fault, r->err);
	if (s->flushed || s->sink.opts.dry_run) {
		(void)dp_pg_err(&r->fault, r->err);
		r->err->status = DP_TRYAGAIN;
		return -1;
	}
	return dp_pg_again(s, &r->fault, r->err);
}

static int
run(struct dp_sink_pg *s, struct run *r)
{
	int rc = DONE;

	if (s->conn == NULL) {
		r->fault.class = DP_PG_LOST;
		rc = FAULT;
	}
	for (;;) {
		if (rc == DONE)
			rc = transact(s, r);
		if (rc != FAULT)
			break;
		if (once_more(s, r) == -1) {
			rc = ERR;
			break;
		}
		rc = DONE;
	}
	if (rc == ERR) {
		dp_pg_rollback(&s->sink);
		return -1;
	}
	dp_pg_well(s);
	clear(s);
	s->flushed = r->to == NULL;
	if (r->to != NULL)
		s->open = s->unsure = false;
	return 0;
}

int
dp_pg_flush(struct dp_sink *sink, const struct dp_mark *mark,
    struct dp_err *err)
{
	struct run r = { .mark = mark, .err = err };

	return run((struct dp_sink_pg *)sink, &r);
}

int
dp_pg_commit_batch(struct dp_sink *sink, const struct dp_mark *mark,
    struct dp_mark *to, struct dp_err *err)
{
	struct dp_mark none = { 0 };
	struct run r = { .mark = mark,
		.to = to == NULL ? &none : to,
		.err = err };

	return run((struct dp_sink_pg *)sink, &r);
}
