/* What a queue in PostgreSQL holds, and who is at work on it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "queue/fixed.h"
#include "queue/inspect.h"
#include "queue/pg.h"

static uint64_t
take_nonce(const char *text)
{
	struct dp_fixed in = { .p = text, .left = strlen(text) };

	return dp_fixed_take_hex(&in, 16);
}

/* Rows of a statement about the queue, each of them given to fn. */
static int
each_row(struct pg *p, struct dp_inspect *i, const char *sql,
    int (*fn)(struct dp_inspect *i, const struct pg *p, const PGresult *r,
	int row),
    struct dp_err *err)
{
	struct pg_args a = { 0 };
	PGresult *r;
	int k, rc = 0;

	pg_arg(&a, p->queue);
	r = pg_query(p, p->c, sql, &a, false, err);
	if (r == NULL)
		return -1;
	for (k = 0; rc == 0 && k < PQntuples(r); k++)
		if (fn(i, p, r, k) == -1)
			rc = dp_err_nomem(err);
	PQclear(r);
	return rc;
}

static int
take_lane(struct dp_inspect *i, const struct pg *p, const PGresult *r, int row)
{
	const struct dp_inspect_segment s = { .number = pg_number(r, row, 0),
		.nonce = take_nonce(PQgetvalue(r, row, 1)),
		.lines = pg_number(r, row, 2),
		.bytes = pg_number(r, row, 3),
		.created_us = pg_number(r, row, 4),
		.written_us = pg_number(r, row, 5) };

	(void)p;
	return dp_buf_add(&i->segments, &s, sizeof s);
}

static int
take_group(struct dp_inspect *i, const struct pg *p, const PGresult *r, int row)
{
	struct dp_inspect_group g = { .lines = pg_number(r, row, 1),
		.bytes = pg_number(r, row, 2),
		.oldest_us = pg_number(r, row, 3),
		.settled_us = pg_number(r, row, 4),
		.dead = pg_number(r, row, 5),
		.dead_bytes = pg_number(r, row, 6) };
	struct dp_inspect_failure *f = &g.failure;

	(void)p;
	(void)snprintf(g.name, sizeof g.name, "%s", PQgetvalue(r, row, 0));
	f->time_us = pg_number(r, row, 7);
	f->status = (unsigned)pg_number(r, row, 8);
	f->attempt = pg_number(r, row, 9);
	(void)snprintf(f->lane, sizeof f->lane, "%s", PQgetvalue(r, row, 10));
	f->first = pg_number(r, row, 11);
	f->end = pg_number(r, row, 12);
	(void)snprintf(f->said, sizeof f->said, "%s", PQgetvalue(r, row, 13));
	return dp_buf_add(&i->groups, &g, sizeof g);
}

/*
 * An attempt without a status runs, or its dp-drain was killed: what is here
 * can be asked, and what is elsewhere is believed.
 */
static int
take_attempt(struct dp_inspect *i, const struct pg *p, const PGresult *r,
    int row)
{
	struct dp_inspect_group *g =
	    (struct dp_inspect_group *)(void *)i->groups.data;
	struct dp_inspect_lease l = { .first = pg_number(r, row, 3),
		.end = pg_number(r, row, 4),
		.attempt = pg_number(r, row, 5),
		.time_us = pg_number(r, row, 6) };
	pid_t pid = (pid_t)pg_number(r, row, 7);
	bool here = strcmp(PQgetvalue(r, row, 8), p->host) == 0;
	size_t k;

	if (here && kill(pid, 0) == -1 && errno == ESRCH)
		return 0;
	l.command = here ? pid : 0;
	l.number = pg_number(r, row, 1);
	(void)snprintf(l.group, sizeof l.group, "%s", PQgetvalue(r, row, 0));
	(void)snprintf(l.lane, sizeof l.lane, "%016ju-%.16s",
	    (uintmax_t)l.number, PQgetvalue(r, row, 2));
	l.nonce = take_nonce(PQgetvalue(r, row, 2));
	for (k = 0; k < i->groups.len / sizeof *g; k++)
		g[k].leases += strcmp(g[k].name, l.group) == 0;
	return dp_buf_add(&i->leases, &l, sizeof l);
}

#define US(moment) "(extract(epoch from " moment ") * 1000000)::bigint"

int
pg_inspect(struct dp_queue *q, const struct dp_queue_opts *opts, bool all,
    struct dp_inspect *i, struct dp_err *err)
{
	static const char lanes[] =
	    "select lane, nonce, next, octets, " US("created") ", " US(
		"written") " from dp_queue.lane where queue = $1 order by lane";
	/* A lane that a group has no cursor for waits as far as it is there. */
	static const char groups[] =
	    "with w as (select g.name, l.lane, l.created, l.next, coalesce("
	    "c.line, (select min(first) from dp_queue.frame f where "
	    "f.queue = l.queue and f.lane = l.lane), l.next) as line, c.moved "
	    "from dp_queue.grp g join dp_queue.lane l on (l.queue = g.queue) "
	    "left join dp_queue.cursor c on (c.queue = g.queue and "
	    "c.grp = g.name and c.lane = l.lane) where g.queue = $1), "
	    "d as (select grp, count(distinct (lane, first, past, checksum)), "
	    "sum(octet_length(reject)) from dp_queue.dead "
	    "where queue = $1 and requeued is null group by grp) "
	    "select g.name, coalesce((select sum(next - line) from w "
	    "where w.name = g.name), 0), "
	    "coalesce((select sum(octet_length(f.body)) from w "
	    "join dp_queue.frame f on (f.queue = $1 and f.lane = w.lane) "
	    "where w.name = g.name and f.first + f.lines > w.line), 0), "
	    "(select min(" US(
		"created") ") from w "
			   "where w.name = g.name and next > line), "
			   "(select max(" US(
			       "moved") ") from w where w.name = g.name), "
					"d.count, d.sum, " US(
					    "x.happened") ", x.status, x.attempt, "
							  "x.lane, x.first, x.past, x.said "
							  "from dp_queue.grp g left join d on (d.grp = g.name) "
							  "left join dp_queue.failure x on (x.queue = g.queue and "
							  "x.grp = g.name) where g.queue = $1";
	static const char attempts[] =
	    "select a.grp, a.lane, l.nonce, a.first, a.past, a.attempts, " US(
		"a.changed") ", a.pid, a.host from dp_queue.attempt a "
			     "join dp_queue.lane l using (queue, lane) "
			     "where queue = $1 and a.attempts > 0 and a.status is null "
			     "order by a.grp, a.lane";
	struct pg *p = (struct pg *)q;

	(void)opts;
	(void)all;
	return each_row(p, i, lanes, take_lane, err) == -1 ||
		each_row(p, i, groups, take_group, err) == -1 ||
		each_row(p, i, attempts, take_attempt, err) == -1
	    ? -1
	    : 0;
}
