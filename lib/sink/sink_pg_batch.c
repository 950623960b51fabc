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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sink/clear.h"
#include "sink/sink_pg.h"

enum { DONE, COMMITTED, FAULT = -1, ERR = -2 };

/* synchronous_commit: what is acknowledged must last. */
static const char begin_sql[] =
    "BEGIN ISOLATION LEVEL READ COMMITTED; "
    "SELECT pg_catalog.set_config('synchronous_commit', 'on', true) "
    "WHERE pg_catalog.current_setting('synchronous_commit') = 'off'";

static int
moved(struct dp_sink_pg *s, const struct dp_mark *there)
{
	char next[24];

	(void)snprintf(next, sizeof next, "%ju", (uintmax_t)there->next);
	(void)dp_sink_moved(&s->run.mark, next, &s->run.err);
	return ERR;
}

static bool
same_place(const struct dp_mark *a, const struct dp_mark *b)
{
	return a->next == b->next && strcmp(a->hash, b->hash) == 0;
}

static int
clear(struct dp_sink_pg *s)
{
	struct dp_buf *b = &s->run.sql;

	dp_buf_clear(b);
	dp_clear_write(&s->sink, b);
	return dp_buf_text(b) == NULL
	    ? dp_pg_nomem(&s->run.fault)
	    : dp_pg_exec(s->conn, b->data, &s->run.fault);
}

/* COMMITTED: an attempt whose COMMIT was lost had done it all. */
static int
begin(struct dp_sink_pg *s)
{
	struct dp_pg_run *r = &s->run;
	struct dp_mark there;

	if (s->open)
		return DONE;
	if (!s->sink.opts.dry_run &&
	    dp_pg_exec(s->conn, begin_sql, &r->fault) == -1)
		return FAULT;
	s->open = true;
	if (r->marked) {
		if (dp_pg_lock(s, &there) == -1)
			return FAULT;
		if (!same_place(&there, &r->mark))
			return s->unsure && r->commits &&
				same_place(&there, &r->to)
			    ? COMMITTED
			    : moved(s, &there);
	}
	return s->clears && clear(s) == -1
	    ? FAULT
	    : dp_pg_exec(s->conn, "SAVEPOINT dp_all", &r->fault);
}

static int
put_once(struct dp_sink_pg *s)
{
	struct dp_pg_part *const *parts =
	    (struct dp_pg_part *const *)(const void *)s->run.parts.data;
	const size_t n = s->run.parts.len / sizeof(struct dp_pg_part *);
	const bool meets = s->sink.opts.on_conflict != DP_CONFLICT_ERROR;
	size_t i, k;

	for (i = 0; i < n; i = k) {
		k = i + 1;
		if (dp_pg_left(parts[i]) == 0)
			continue;
		while (k < n && parts[k]->target == parts[i]->target)
			k++;
		if ((meets ? dp_pg_meet(s, parts + i, k - i)
			   : dp_pg_put(s, parts + i, k - i)) == -1)
			return FAULT;
	}
	return DONE;
}

static void
none_stored(struct dp_sink_pg *s, struct dp_pg_part *part)
{
	size_t i;

	(void)s;
	for (i = 0; i < part->out.n; i++)
		dp_pg_row_at(part, i)->stored = dp_pg_row_at(part, i)->known =
		    false;
}

static int
put_parts(struct dp_sink_pg *s)
{
	size_t again = SIZE_MAX;
	int rc;

	dp_pg_each(s, none_stored);
	s->run.updated = s->run.ignored = 0;
	do {
		rc = put_once(s);
		again = rc == DONE ? dp_pg_reconsider(s, again) : 0;
	} while (again > 0);
	return rc;
}

/*
 * Deferred constraints tell no row.  Once they are immediate, each COPY
 * finds its own.
 */
static int
put(struct dp_sink_pg *s)
{
	struct dp_pg_run *r = &s->run;
	int rc = put_parts(s);

	if (rc != DONE || !r->commits ||
	    dp_pg_exec(s->conn, "SET CONSTRAINTS ALL IMMEDIATE", &r->fault) ==
		0)
		return rc;
	if (r->fault.class != DP_PG_ROW)
		return FAULT;
	if (s->flushed) {
		(void)dp_err_set(&r->err, DP_DATA,
		    "a deferred constraint refuses some row of the batch, "
		    "nothing was stored: %s",
		    r->fault.text);
		return ERR;
	}
	/* A row that is refused now may have stood in the way of another. */
	dp_pg_pardon(s, 0);
	if (dp_pg_exec(s->conn,
		"ROLLBACK TO SAVEPOINT dp_all; SET CONSTRAINTS ALL IMMEDIATE",
		&r->fault) == -1)
		return FAULT;
	return put_parts(s);
}

/* All but the COMMIT. */
static void *
send(void *arg)
{
	struct dp_sink_pg *s = arg;

	s->run.rc = begin(s);
	if (s->run.rc == DONE)
		s->run.rc = put(s);
	if (s->run.rc == DONE && s->run.commits && s->run.marked)
		s->run.rc = dp_pg_move(s);
	return NULL;
}

static int
finish(struct dp_sink_pg *s)
{
	struct dp_pg_run *r = &s->run;

	if (dp_pg_tell(s, &r->err) == -1)
		return ERR;
	if (!r->commits)
		return DONE;
	if (s->sink.opts.sync(s->sink.opts.arg, &r->err) == -1)
		return ERR;
	if (s->sink.opts.dry_run)
		return DONE;
	s->unsure = true;
	return dp_pg_commit(s->conn, &r->fault);
}

static void
clear_in(struct dp_sink_pg *s, struct dp_pg_part *part)
{
	(void)s;
	dp_buf_clear(&part->in.tuples);
	dp_buf_clear(&part->in.rows);
	part->in.n = 0;
}

/* Takes what came in as what goes out. */
static void
swap(struct dp_sink_pg *s, struct dp_pg_part *part)
{
	const struct dp_pg_rows out = part->out;

	if (part->in.n > 0)
		(void)dp_buf_add(&s->run.parts, &part, sizeof(void *));
	part->out = part->in;
	part->in = out;
	clear_in(s, part);
}

/*
 * Parents before children, then by name: the same order in every run, so
 * that two do not wait for each other.
 */
static int
in_order(const void *a, const void *b)
{
	const struct dp_pg_part *p = *(struct dp_pg_part *const *)a;
	const struct dp_pg_part *q = *(struct dp_pg_part *const *)b;
	int rc;

	if (p->target->rank != q->target->rank)
		return p->target->rank < q->target->rank ? -1 : 1;
	rc = strcmp(p->target->table, q->target->table);
	return rc != 0 ? rc : (p->number > q->number) - (p->number < q->number);
}

static void
take(struct dp_sink_pg *s)
{
	const struct dp_buf texts = s->run.texts;

	dp_buf_clear(&s->run.parts);
	dp_pg_each(s, swap);
	if (!s->run.parts.failed && s->run.parts.len > 0)
		qsort(s->run.parts.data,
		    s->run.parts.len / sizeof(struct dp_pg_part *),
		    sizeof(struct dp_pg_part *), in_order);
	s->run.texts = s->texts;
	s->texts = texts;
	dp_buf_clear(&s->texts);
	s->held = 0;
}

static void
join(struct dp_sink_pg *s)
{
	if (s->flying)
		(void)pthread_join(s->thread, NULL);
	s->flying = false;
}

void
dp_pg_rollback(struct dp_sink *sink)
{
	struct dp_sink_pg *s = (struct dp_sink_pg *)sink;
	struct dp_pg_fault ignored;

	join(s);
	if (s->open && s->conn != NULL && !sink->opts.dry_run)
		(void)dp_pg_exec(s->conn, "ROLLBACK", &ignored);
	s->open = s->flushed = s->unsure = false;
	dp_pg_each(s, clear_in);
	dp_buf_clear(&s->texts);
	dp_buf_clear(&s->run.refusals);
	dp_buf_clear(&s->run.parts);
	s->held = 0;
}

/* Takes the transaction back, and keeps the rows. */
static int
once_more(struct dp_sink_pg *s)
{
	struct dp_pg_run *r = &s->run;
	struct dp_pg_fault ignored;

	if (s->open && r->fault.class != DP_PG_LOST)
		(void)dp_pg_exec(s->conn, "ROLLBACK", &ignored);
	s->open = false;
	if (r->fault.class != DP_PG_LOST && r->fault.class != DP_PG_AGAIN)
		return dp_pg_err(&r->fault, &r->err);
	if (s->flushed || s->sink.opts.dry_run) {
		(void)dp_pg_err(&r->fault, &r->err);
		r->err.status = DP_TRYAGAIN;
		return -1;
	}
	return dp_pg_again(s, &r->fault, &r->err);
}

/* Only now: a COMMIT that was lost may have been done again. */
static void
tell_conflicts(struct dp_sink_pg *s)
{
	struct dp_pg_run *r = &s->run;

	if (r->updated + r->ignored > 0)
		s->sink.opts.conflicts(s->sink.opts.refused_arg, r->updated,
		    r->ignored);
	r->updated = r->ignored = 0;
}

int
dp_pg_wait(struct dp_sink *sink, struct dp_err *err)
{
	struct dp_sink_pg *s = (struct dp_sink_pg *)sink;
	struct dp_pg_run *r = &s->run;

	if (!r->pending)
		return 0;
	join(s);
	r->pending = false;
	for (;;) {
		if (r->rc == DONE)
			r->rc = finish(s);
		if (r->rc != FAULT)
			break;
		if (once_more(s) == -1) {
			r->rc = ERR;
			break;
		}
		(void)send(s);
	}
	if (r->rc == COMMITTED) {
		(void)dp_pg_exec(s->conn, "ROLLBACK", &r->fault);
		r->rc = dp_pg_tell(s, &r->err) == -1 ? ERR : DONE;
	}
	if (r->rc == ERR) {
		*err = r->err;
		dp_pg_rollback(sink);
		return -1;
	}
	dp_pg_well(s);
	tell_conflicts(s);
	s->flushed = !r->commits;
	if (r->commits)
		s->open = s->unsure = false;
	return 0;
}

/* No signal finds the thread: they are the main one's. */
static void
fly(struct dp_sink_pg *s)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	s->flying = pthread_create(&s->thread, NULL, send, s) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!s->flying)
		(void)send(s);
}

int
dp_pg_start(struct dp_sink *sink, const struct dp_mark *mark,
    const struct dp_mark *to, struct dp_err *err)
{
	struct dp_sink_pg *s = (struct dp_sink_pg *)sink;
	struct dp_pg_run *r = &s->run;

	if (dp_pg_wait(sink, err) == -1)
		return -1;
	take(s);
	if (r->parts.failed)
		return dp_err_nomem(err);
	r->marked = mark != NULL && sink->opts.ledger != NULL;
	r->commits = true;
	if (r->marked) {
		r->mark = *mark;
		r->to = *to;
	}
	r->pending = true;
	if (s->conn == NULL) {
		r->fault.class = DP_PG_LOST;
		r->rc = FAULT;
	} else if (sink->opts.catalog == NULL && sink->opts.table == NULL) {
		/* A new table may have to be looked up meanwhile. */
		(void)send(s);
		return dp_pg_wait(sink, err);
	} else {
		fly(s);
	}
	return 0;
}

int
dp_pg_flush(struct dp_sink *sink, const struct dp_mark *mark,
    struct dp_err *err)
{
	struct dp_sink_pg *s = (struct dp_sink_pg *)sink;
	struct dp_pg_run *r = &s->run;

	if (dp_pg_wait(sink, err) == -1)
		return -1;
	take(s);
	if (r->parts.failed)
		return dp_err_nomem(err);
	r->marked = mark != NULL && sink->opts.ledger != NULL;
	r->commits = false;
	if (r->marked)
		r->mark = *mark;
	r->pending = true;
	(void)send(s);
	return dp_pg_wait(sink, err);
}
