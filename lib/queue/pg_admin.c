/* What dp-queue(1) does to a queue in PostgreSQL beyond looking at it. */
#include <sys/mman.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "queue/admin.h"
#include "queue/fixed.h"
#include "queue/pg.h"

int
pg_at_time(struct dp_queue *q, uint64_t time_us, struct dp_position *p,
    struct dp_err *err)
{
	struct pg *g = (struct pg *)q;
	struct pg_args a = { 0 };
	PGresult *r;

	pg_arg(&a, g->queue);
	pg_arg_number(&a, time_us / 1000000);
	r = pg_query(g, g->c,
	    "select coalesce(max(lane) filter (where created <= "
	    "to_timestamp($2::bigint)), min(lane)) from dp_queue.lane "
	    "where queue = $1",
	    &a, false, err);
	if (r == NULL)
		return -1;
	*p = (struct dp_position){ .number = pg_number(r, 0, 0) };
	PQclear(r);
	return p->number == 0
	    ? dp_err_set(err, DP_DATA, "%s: no lanes", q->name)
	    : 0;
}

/* DP_DATA: the position is of a lane that is not there, or another one. */
static int
find_lane(struct pg *p, const struct dp_position *at, struct dp_err *err)
{
	char nonce[17] = { 0 };
	struct pg_args a = { 0 };
	int n;

	dp_fixed_put_hex(nonce, 16, at->nonce);
	pg_arg(&a, p->queue);
	pg_arg_number(&a, at->number);
	pg_arg(&a, at->has_nonce ? nonce : "");
	n = pg_run(p, p->c,
	    "select from dp_queue.lane where queue = $1 and lane = $2 "
	    "and $3 in ('', nonce)",
	    &a, err);
	if (n == 0)
		n = dp_err_set(err, DP_DATA,
		    "%s: lane %ju is not there any more, or another one",
		    p->base.name, (uintmax_t)at->number);
	return n == -1 ? -1 : 0;
}

/* Frames from a position on, in order; bodies are good until it returns. */
static int
each_frame(struct pg *p, const struct dp_position *from,
    int (*fn)(void *arg, uint64_t lane, const struct pg_frame *f), void *arg,
    struct dp_err *err)
{
	struct pg_args a = { 0 };
	PGresult *r = NULL;
	int i, rc = 0, n = 1;

	pg_arg(&a, p->queue);
	pg_arg_number(&a, from->number);
	pg_arg_number(&a, from->line);
	if (pg_run(p, p->c, "begin", NULL, err) == -1 ||
	    pg_run(p, p->c,
		"declare dp no scroll cursor for select first, lines, writer, "
		"seq, checksum, body, lane from dp_queue.frame where "
		"queue = $1 and (lane > $2 or (lane = $2 and "
		"first + lines > $3)) order by lane, first",
		&a, err) == -1)
		return -1;
	while (rc == 0 && n > 0) {
		r = pg_query(p, p->c, "fetch 8 from dp", NULL, true, err);
		if (r == NULL)
			return -1;
		n = PQntuples(r);
		for (i = 0; rc == 0 && i < n; i++) {
			struct pg_frame f;

			pg_take_frame(p, r, i, &f);
			rc = fn(arg, pg_binary(r, i, 6), &f);
		}
		PQclear(r);
	}
	if (rc == -1)
		return -1;
	return pg_run(p, p->c, "rollback", NULL, err) == -1 ? -1 : 0;
}

struct cat {
	const struct dp_position *from;
	uint64_t left;
	dp_queue_sink *sink;
	void *arg;
	struct dp_err *err;
};

static int
cat_frame(void *arg, uint64_t lane, const struct pg_frame *f)
{
	struct cat *c = arg;
	uint64_t skip = lane == c->from->number && c->from->line > f->first
	    ? c->from->line - f->first
	    : 0;
	const char *p = f->body, *end = p + f->len;
	uint64_t lines = f->lines;

	/* As damage in a spool, it is passed: check tells of it. */
	if (!f->good)
		return 0;
	for (; skip > 0; skip--, lines--)
		p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
	if (lines > c->left) {
		lines = c->left;
		for (end = p; lines > 0; lines--)
			end = (const char *)memchr(end, '\n',
				  f->len - (size_t)(end - f->body)) +
			    1;
		lines = c->left;
	}
	if (p < end && c->sink(c->arg, p, (size_t)(end - p), c->err) == -1)
		return -1;
	c->left -= lines;
	return c->left == 0;
}

int
pg_cat(struct dp_queue *q, const struct dp_position *from, uint64_t max,
    dp_queue_sink *sink, void *arg, struct dp_err *err)
{
	struct cat c = { from, max, sink, arg, err };
	struct pg *p = (struct pg *)q;

	if (from->number != 0 && find_lane(p, from, err) == -1)
		return -1;
	return each_frame(p, from, cat_frame, &c, err);
}

struct check {
	struct dp_check_report *report;
	void (*tell)(void *arg, const char *text);
	void *arg;
	uint64_t lane, next; /* of the frame before */
};

static void
tell_place(struct check *c, uint64_t lane, uint64_t line, const char *what)
{
	char text[120];

	c->report->damaged++;
	(void)snprintf(text, sizeof text, "lane %ju, line %ju: %s",
	    (uintmax_t)lane, (uintmax_t)line, what);
	c->tell(c->arg, text);
}

static int
check_frame(void *arg, uint64_t lane, const struct pg_frame *f)
{
	struct check *c = arg;

	if (lane != c->lane)
		c->report->segments++;
	else if (f->first != c->next)
		tell_place(c, lane, c->next, "no frame has it");
	if (f->good) {
		c->report->frames++;
		c->report->lines += f->lines;
	} else {
		tell_place(c, lane, f->first, "the frame does not verify");
	}
	c->lane = lane;
	c->next = f->first + f->lines;
	return 0;
}

int
pg_look_all(struct dp_queue *q, void (*tell)(void *arg, const char *text),
    void *arg, struct dp_check_report *report, struct dp_err *err)
{
	const struct dp_position start = { 0 };
	struct check c = { .report = report, .tell = tell, .arg = arg };

	report->unit = "lane";
	return each_frame((struct pg *)q, &start, check_frame, &c, err);
}

/* Ends a transaction: rc -1 rolls it back. */
static int
end(struct pg *p, int rc, struct dp_err *err)
{
	struct dp_err none = { 0 };

	if (rc != -1)
		rc = pg_run(p, p->c, "commit", NULL, err);
	if (rc == -1 && !pg_is_lost(p->c))
		(void)pg_run(p, p->c, "rollback", NULL, &none);
	return rc == -1 ? -1 : 0;
}

/* 1: the line is in a frame that is there, and the group is behind it. */
static int
may_rewind(struct pg *p, const struct pg_args *a, struct dp_err *err)
{
	int n = pg_run(p, p->c,
	    "select where $2::text is not null and exists (select from "
	    "dp_queue.frame where queue = $1 and lane = $3 and first <= $4 "
	    "and first + lines > $4)",
	    a, err);

	if (n == 0)
		return dp_err_set(err, DP_DATA,
		    "%s: no frame with that line is there any more",
		    p->base.name);
	if (n == 1)
		n = pg_run(p, p->c,
		    "select from dp_queue.cursor c where queue = $1 and "
		    "grp = $2 and ((lane = $3 and line >= $4) or (lane > $3 "
		    "and line > (select min(first) from dp_queue.frame f "
		    "where f.queue = $1 and f.lane = c.lane)))",
		    a, err);
	if (n == 0)
		return dp_err_set(err, DP_DATA,
		    "%s: the group %s has not come that far", p->base.name,
		    p->group);
	return n;
}

/* A row that is leased is locked, and nobody waits for that. */
static int
lock_cursors(struct pg *p, const char *sql, const struct pg_args *a,
    struct dp_err *err)
{
	int rc = pg_run(p, p->c, "begin", NULL, err);

	if (rc != -1)
		rc = pg_run(p, p->c, sql, a, err);
	if (rc == -1 && err->status == DP_TRYAGAIN)
		(void)dp_err_set(err, DP_TRYAGAIN,
		    "%s: lanes are leased: stop dp-drain first", p->base.name);
	return rc;
}

/* The lanes behind the position begin at their oldest frame. */
int
pg_rewind(struct dp_queue *q, const struct dp_position *to, struct dp_err *err)
{
	struct pg *p = (struct pg *)q;
	struct pg_args a = { 0 };
	int rc;

	pg_arg(&a, p->queue);
	pg_arg(&a, p->group);
	pg_arg_number(&a, to->number);
	pg_arg_number(&a, to->line);
	if (find_lane(p, to, err) == -1)
		return -1;
	rc = lock_cursors(p,
	    "select from dp_queue.cursor where queue = $1 and grp = $2 "
	    "and lane >= $3 and $4::bigint >= 0 order by lane "
	    "for update nowait",
	    &a, err);
	if (rc != -1)
		rc = may_rewind(p, &a, err);
	if (rc != -1)
		rc = pg_run(p, p->c,
		    "update dp_queue.cursor c set line = case when lane = $3 "
		    "then $4 else coalesce((select min(first) from "
		    "dp_queue.frame f where f.queue = $1 and "
		    "f.lane = c.lane), line) end where queue = $1 and "
		    "grp = $2 and lane >= $3 and (lane > $3 or line > $4)",
		    &a, err);
	return end(p, rc, err);
}

int
pg_purge(struct dp_queue *q, const struct dp_queue_opts *opts, uint64_t number,
    struct dp_err *err)
{
	static const char *const sql[] = {
		"select from dp_queue.lane where queue = $1 and lane < $2 "
		"order by lane for update",
		"update dp_queue.cursor c set line = l.next from "
		"dp_queue.lane l where c.queue = $1 and l.lane = c.lane "
		"and c.lane < $2",
		"delete from dp_queue.frame where queue = $1 and lane < $2",
		"update dp_queue.lane set kept = 0 where queue = $1 "
		"and lane < $2",
		NULL,
	};
	struct pg *p = (struct pg *)q;
	struct pg_args a = { 0 };
	int i, rc;

	(void)opts;
	pg_arg(&a, p->queue);
	pg_arg_number(&a, number);
	rc = lock_cursors(p,
	    "select from dp_queue.cursor where queue = $1 and lane < $2 "
	    "order by grp, lane for update nowait",
	    &a, err);
	for (i = 0; rc != -1 && sql[i] != NULL; i++)
		rc = pg_run(p, p->c, sql[i], &a, err);
	return end(p, rc, err);
}

/* One batch's letters, as a file that fn can read. */
static int
one_letter(struct pg *p, const struct pg_args *a, const char *name,
    int (*fn)(void *arg, const char *name, int fd, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	int i, rc = 0, fd = memfd_create("dp-dead", MFD_CLOEXEC);
	PGresult *r = fd == -1
	    ? NULL
	    : pg_query(p, p->c,
		  "select reject from dp_queue.dead where queue = $1 and "
		  "grp = $2 and lane = $3 and first = $4 and past = $5 and "
		  "checksum = $6 and requeued is null order by n",
		  a, true, err);

	if (fd == -1)
		return dp_err_sys(err, DP_FAILED, errno, "dead letters");
	for (i = 0; r != NULL && rc == 0 && i < PQntuples(r); i++)
		if (dp_io_write(fd, PQgetvalue(r, i, 0),
			(size_t)PQgetlength(r, i, 0)) == -1 ||
		    dp_io_write(fd, "\n", 1) == -1)
			rc = dp_err_sys(err, DP_FAILED, errno, "dead letters");
	if (r == NULL || lseek(fd, 0, SEEK_SET) == -1)
		rc = -1;
	PQclear(r);
	if (rc == 0)
		rc = fn(arg, name, fd, err);
	(void)close(fd);
	return rc;
}

int
pg_dead(struct dp_queue *q, struct dp_queue *into,
    int (*fn)(void *arg, const char *name, int fd, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	struct pg *p = (struct pg *)q;
	struct pg_args a = { 0 };
	PGresult *r;
	int i, k, rc = 0;

	pg_arg(&a, p->queue);
	pg_arg(&a, p->group);
	r = pg_query(p, p->c,
	    "select lane, first, past, checksum from dp_queue.dead where "
	    "queue = $1 and grp = $2 and requeued is null group by lane, "
	    "first, past, checksum order by lane, first",
	    &a, false, err);
	if (r == NULL)
		return -1;
	for (i = 0; rc == 0 && i < PQntuples(r); i++) {
		struct pg_args b = a;
		char name[PG_LANE_TEXT + 64];

		for (k = 0; k < 4; k++)
			pg_arg(&b, PQgetvalue(r, i, k));
		(void)snprintf(name, sizeof name, "%s:%s-%s",
		    PQgetvalue(r, i, 0), PQgetvalue(r, i, 1),
		    PQgetvalue(r, i, 2));
		rc = one_letter(p, &b, name, fn, arg, err);
		if (rc == 0 && into != NULL)
			rc = dp_queue_sync(into, err);
		if (rc == 0 && into != NULL &&
		    pg_run(p, p->c,
			"update dp_queue.dead set requeued = now() where "
			"queue = $1 and grp = $2 and lane = $3 and first = $4 "
			"and past = $5 and checksum = $6",
			&b, err) == -1)
			rc = -1;
	}
	PQclear(r);
	return rc;
}
