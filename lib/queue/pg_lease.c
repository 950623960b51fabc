/* Leases: a lock on a row, in a transaction that a command keeps open. */
#include <sys/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "queue/fixed.h"
#include "queue/pg.h"

#define AGAIN 3
#define NAP_MS 10

static void
free_lease(struct pg_lease *l)
{
	struct pg *p = l->p;
	struct dp_err none = { 0 };

	/* A command that still runs keeps the lane. */
	if (l->passed_on)
		pg_abandon(&l->c);
	if (l->c != NULL && p->spare == NULL &&
	    pg_run(p, l->c, "rollback", NULL, &none) != -1) {
		p->spare = l->c;
		l->c = NULL;
	}
	pg_finish(&l->c);
	free(l);
}

static int
connect_lease(struct pg_lease *l, struct dp_err *err)
{
	l->c = l->p->spare;
	l->p->spare = NULL;
	if (pg_is_lost(l->c)) {
		pg_finish(&l->c);
		l->c = pg_connect(l->p, err);
	}
	return l->c == NULL ? -1 : 0;
}

static void
take_row(struct pg_lease *l, const PGresult *r)
{
	char number[17] = { 0 };

	(void)snprintf(l->number, sizeof l->number, "%s", PQgetvalue(r, 0, 0));
	dp_fixed_put(number, 16, pg_number(r, 0, 0));
	(void)snprintf(l->lane, sizeof l->lane, "%s-%s", number,
	    PQgetvalue(r, 0, 1));
	l->line = pg_number(r, 0, 2);
}

/* The first statement of a transaction. */
static PGresult *
begin_with(struct pg_lease *l, const char *sql, const struct pg_args *a,
    struct dp_err *err)
{
	return pg_run(l->p, l->c, "begin", NULL, err) == -1
	    ? NULL
	    : pg_query(l->p, l->c, sql, a, false, err);
}

/*
 * The first lane that has lines and no lease.  Not one whose batch was
 * attempted where the rejects are not ours to find.
 */
static int
lock_any(struct pg_lease *l, struct dp_err *err)
{
	static const char sql[] =
	    "select c.lane, l.nonce, c.line from dp_queue.cursor c "
	    "join dp_queue.lane l on (l.lane = c.lane) "
	    "where c.queue = $1 and c.grp = $2 and c.line < l.next "
	    "and not exists (select from dp_queue.attempt a "
	    "where a.queue = c.queue and a.grp = c.grp and a.lane = c.lane "
	    "and a.first <= c.line and a.past > c.line and a.attempts > 0 "
	    "and a.state <> $3) "
	    "order by c.lane limit 1 for update of c skip locked";
	struct pg_args a = { 0 };
	PGresult *r;
	int n;

	pg_arg(&a, l->p->queue);
	pg_arg(&a, l->p->group);
	pg_arg(&a, l->p->state_id);
	r = begin_with(l, sql, &a, err);
	if (r == NULL)
		return -1;
	n = PQntuples(r);
	if (n > 0)
		take_row(l, r);
	PQclear(r);
	l->locked = n > 0;
	return n == 0 ? pg_run(l->p, l->c, "rollback", NULL, err) : 1;
}

/* Lines that only a lane of somebody else has. */
static int
note_busy(struct pg *p, struct dp_err *err)
{
	static const char sql[] =
	    "select case when a.host = $3 then a.pid else 0 end "
	    "from dp_queue.cursor c join dp_queue.lane l on (l.lane = c.lane) "
	    "left join dp_queue.attempt a on (a.queue = c.queue and "
	    "a.grp = c.grp and a.lane = c.lane and a.first <= c.line and "
	    "a.past > c.line) where c.queue = $1 and c.grp = $2 and "
	    "c.line < l.next and c.lane <> all ($4::bigint[]) limit 1";
	const struct pg_lease *l;
	struct pg_args a = { 0 };
	struct dp_buf ours;
	const char *list;
	PGresult *r = NULL;

	dp_buf_init(&ours, 0);
	for (l = p->leases; l != NULL; l = l->next)
		(void)dp_buf_addf(&ours, "%c%s", ours.len == 0 ? '{' : ',',
		    l->number);
	(void)dp_buf_adds(&ours, ours.len == 0 ? "{}" : "}");
	list = dp_buf_text(&ours);
	pg_arg(&a, p->queue);
	pg_arg(&a, p->group);
	pg_arg(&a, p->host);
	pg_arg(&a, list);
	if (list == NULL)
		(void)dp_err_nomem(err);
	else
		r = pg_query(p, p->c, sql, &a, false, err);
	dp_buf_fini(&ours);
	if (r == NULL)
		return -1;
	p->base.busy = PQntuples(r) > 0;
	if (p->base.busy)
		p->base.busy_pid = (pid_t)pg_number(r, 0, 0);
	PQclear(r);
	return p->base.busy;
}

/* Who was killed a moment ago still has its lease: look again. */
static int
lock_one(struct pg_lease *l, struct dp_err *err)
{
	struct pg *p = l->p;
	struct pg_args a = { 0 };
	int i, rc;

	pg_arg(&a, p->queue);
	pg_arg(&a, p->group);
	if (pg_run(p, p->c, "select dp_queue.cursors($1, $2)", &a, err) == -1)
		return -1;
	for (i = 0;; i++) {
		rc = lock_any(l, err);
		if (rc != 0)
			return rc;
		rc = note_busy(p, err);
		if (rc != 1 || i == AGAIN)
			return rc == -1 ? -1 : 0;
		if (p->leases == NULL)
			dp_time_sleep_ms(NAP_MS);
	}
}

/* DP_QUEUE_LOOK: one lane after the other, and no locks. */
static int
look_at_next(struct pg_lease *l, struct dp_err *err)
{
	static const char sql[] =
	    "select lane, nonce, line from (select l.lane, l.nonce, l.next, "
	    "coalesce(c.line, (select min(first) from dp_queue.frame f "
	    "where f.queue = l.queue and f.lane = l.lane), l.next) as line "
	    "from dp_queue.lane l left join dp_queue.cursor c on "
	    "(c.queue = l.queue and c.lane = l.lane and c.grp = $2) "
	    "where l.queue = $1 and l.lane > $3) x "
	    "where line < next order by lane limit 1";
	struct pg_args a = { 0 };
	PGresult *r;
	int n;

	pg_arg(&a, l->p->queue);
	pg_arg(&a, l->p->group);
	pg_arg_number(&a, l->p->look_from);
	r = begin_with(l, sql, &a, err);
	if (r == NULL)
		return -1;
	n = PQntuples(r);
	if (n > 0) {
		take_row(l, r);
		l->p->look_from = pg_number(r, 0, 0);
	}
	PQclear(r);
	l->locked = true;
	return n;
}

static int
try_lease(struct pg_lease *l, struct dp_err *err)
{
	struct pg *p = l->p;

	if (p->epoll != -1 && p->waiting == NULL)
		return dp_err_set(err, DP_UNAVAILABLE,
		    "%s: the connection is lost", p->base.name);
	if (pg_is_lost(p->c)) {
		pg_finish(&p->c);
		p->c = pg_connect(p, err);
		if (p->c == NULL)
			return -1;
	}
	if (connect_lease(l, err) == -1)
		return -1;
	return p->mode == DP_QUEUE_LOOK ? look_at_next(l, err)
					: lock_one(l, err);
}

int
pg_lease(struct dp_queue *q, struct dp_queue_lease **lease, struct dp_err *err)
{
	struct pg *p = (struct pg *)q;
	struct pg_lease *l = calloc(1, sizeof *l);
	int rc;

	q->busy = false;
	q->busy_pid = 0;
	if (l == NULL)
		return dp_err_nomem(err);
	l->base.queue = q;
	l->p = p;
	rc = try_lease(l, err);
	/* A connection that was idle may have been lost long ago. */
	if (rc == -1 && err->status == DP_UNAVAILABLE && p->c != NULL) {
		pg_finish(&p->c);
		pg_finish(&l->c);
		rc = try_lease(l, err);
	}
	if (rc != 1) {
		free_lease(l);
		return rc;
	}
	l->next = p->leases;
	p->leases = l;
	*lease = &l->base;
	return 1;
}

int
pg_lock(struct pg_lease *l, struct dp_err *err)
{
	struct pg_args a = { 0 };
	PGresult *r;
	int rc;

	if (l->locked)
		return 1;
	if (l->p->mode == DP_QUEUE_LOOK) {
		l->locked = pg_run(l->p, l->c, "begin", NULL, err) != -1;
		return l->locked ? 1 : -1;
	}
	pg_arg(&a, l->p->queue);
	pg_arg(&a, l->p->group);
	pg_arg(&a, l->number);
	r = begin_with(l,
	    "select line from dp_queue.cursor where queue = $1 and grp = $2 "
	    "and lane = $3 for update skip locked",
	    &a, err);
	if (r == NULL)
		return -1;
	rc = PQntuples(r) == 1 && pg_number(r, 0, 0) == l->line;
	PQclear(r);
	l->locked = rc == 1;
	return rc;
}

int
pg_renew(struct dp_queue_lease *lease, struct dp_err *err)
{
	struct pg_lease *l = (struct pg_lease *)lease;

	/* After a failure some process of the attempt may be left: then it
	 * has the lane's session, and the lock is not to be had. */
	if (l->passed_on) {
		pg_abandon(&l->c);
		l->passed_on = l->locked = false;
		if (connect_lease(l, err) == -1)
			return -1;
	}
	return pg_lock(l, err);
}

void
pg_release(struct dp_queue_lease *lease)
{
	struct pg_lease *l = (struct pg_lease *)lease;
	struct pg_lease **at = &l->p->leases;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	free_lease(l);
}

int
pg_tidy(struct dp_queue *q, uint64_t min_bytes, struct dp_err *err)
{
	struct pg *p = (struct pg *)q;
	struct pg_args a = { 0 };

	(void)min_bytes;
	pg_arg(&a, p->queue);
	pg_arg_number(&a, p->roll);
	return pg_run(p, p->c, "select dp_queue.tidy($1, $2)", &a, err) == -1
	    ? -1
	    : 0;
}
