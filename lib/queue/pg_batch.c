/* Batches of a lease: their bounds, what they hold, how they are settled. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "queue/pg.h"

#define FETCH_BYTES UINT64_C(4194304) /* of frames in one round trip */
#define FETCH_MAX 1024

/* What was attempted of the lane, at its next line. */
struct part {
	uint64_t first, end; /* end 0: nothing */
	uint64_t attempts, failures;
	bool divided, elsewhere;
};

/* What the batch may still take. */
struct room {
	uint64_t bytes, lines;
	bool empty; /* then one line goes in, whatever its length */
};

static void
position(const struct pg_lease *l, struct pg_args *a)
{
	pg_arg(a, l->p->queue);
	pg_arg(a, l->p->group);
	pg_arg(a, l->number);
}

static int
read_part(struct pg_lease *l, struct part *t, struct dp_err *err)
{
	struct pg_args a = { 0 };
	PGresult *r;

	memset(t, 0, sizeof *t);
	position(l, &a);
	pg_arg_number(&a, l->line);
	pg_arg(&a, l->p->state_id);
	r = pg_query(l->p, l->c,
	    "select first, past, attempts, failures, part::int, "
	    "(state <> $5 and attempts > 0)::int from dp_queue.attempt "
	    "where queue = $1 and grp = $2 and lane = $3 and past > $4 "
	    "and first <= $4 order by first limit 1",
	    &a, false, err);
	if (r == NULL)
		return -1;
	if (PQntuples(r) > 0) {
		t->first = pg_number(r, 0, 0);
		t->end = pg_number(r, 0, 1);
		t->attempts = pg_number(r, 0, 2);
		t->failures = pg_number(r, 0, 3);
		t->divided = pg_number(r, 0, 4) != 0;
		t->elsewhere = pg_number(r, 0, 5) != 0;
	}
	PQclear(r);
	return 0;
}

uint64_t
pg_binary(const PGresult *r, int row, int column)
{
	const unsigned char *p =
	    (const unsigned char *)PQgetvalue(r, row, column);
	uint64_t n = 0;
	int i;

	for (i = 0; i < PQgetlength(r, row, column) && i < 8; i++)
		n = n << 8 | p[i];
	return n;
}

void
pg_take_frame(const struct pg *p, const PGresult *r, int row,
    struct pg_frame *f)
{
	const char *writer = PQgetvalue(r, row, 2);
	uint64_t seq = pg_binary(r, row, 3);

	f->first = pg_binary(r, row, 0);
	f->lines = pg_binary(r, row, 1);
	f->body = PQgetvalue(r, row, 5);
	f->len = (size_t)PQgetlength(r, row, 5);
	f->good = f->lines > 0 && f->len > 0 && f->body[f->len - 1] == '\n' &&
	    pg_binary(r, row, 4) ==
		pg_checksum(p, writer, seq, f->lines, f->body, f->len);
}

/* Invariant 9. */
static int
take_row(const struct pg_lease *l, const PGresult *r, int i, struct pg_frame *f,
    struct dp_err *err)
{
	pg_take_frame(l->p, r, i, f);
	if (f->good)
		return 0;
	return dp_err_set(err, DP_FAILED,
	    "%s: the frame at lane %s, line %ju is damaged", l->p->base.name,
	    l->number, (uintmax_t)f->first);
}

/* Whole lines of [p, end) that fit, and how many they are. */
static size_t
cut(const char *p, const char *end, const struct room *room, uint64_t *lines)
{
	const char *at = p;

	for (*lines = 0; at < end && *lines < room->lines; ++*lines) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		if ((uint64_t)(nl + 1 - p) > room->bytes &&
		    !(room->empty && *lines == 0))
			break;
		at = nl + 1;
	}
	return (size_t)(at - p);
}

/* 1: the frame went in to its end; 0: the batch ends in it. */
static int
take_frame(struct pg_lease *l, const struct pg_frame *f,
    const struct room *room, dp_queue_sink *sink, void *arg, struct dp_err *err)
{
	struct dp_queue_batch *b = &l->b;
	const char *p = f->body, *end = p + f->len;
	uint64_t skip, lines;
	size_t len;

	if (f->first > b->end)
		return dp_err_set(err, DP_FAILED,
		    "%s: lane %s has no frame with line %ju", l->p->base.name,
		    l->number, (uintmax_t)b->end);
	for (skip = b->end - f->first; skip > 0 && p < end; skip--)
		p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
	lines = f->first + f->lines - b->end;
	len = (size_t)(end - p);
	if (lines > room->lines || len > room->bytes) {
		/* Left whole, unless lines are counted or it is alone. */
		if (!room->empty && lines <= room->lines)
			return 0;
		len = cut(p, end, room, &lines);
	}
	if (lines == 0)
		return 0;
	if (sink(arg, p, len, err) == -1)
		return -1;
	b->end += lines;
	b->bytes += len;
	return b->end == f->first + f->lines;
}

static struct room
room_of(const struct dp_queue_batch *b, const struct dp_queue_limits *limits,
    uint64_t fixed_end)
{
	struct room room = { UINT64_MAX, UINT64_MAX, b->bytes == 0 };

	if (fixed_end > 0) {
		room.lines = fixed_end > b->end ? fixed_end - b->end : 0;
		return room;
	}
	if (limits->records > 0)
		room.lines = limits->records - (b->end - b->first);
	room.bytes = limits->bytes > b->bytes ? limits->bytes - b->bytes : 0;
	return room;
}

/* 1: all of these frames went in; 0: the batch is complete. */
static int
take_rows(struct pg_lease *l, const PGresult *r,
    const struct dp_queue_limits *limits, uint64_t fixed_end,
    dp_queue_sink *sink, void *arg, struct dp_err *err)
{
	int i, rc = PQntuples(r) > 0;

	for (i = 0; rc == 1 && i < PQntuples(r); i++) {
		const struct room room = room_of(&l->b, limits, fixed_end);
		struct pg_frame f;

		if (room.lines == 0 || (room.bytes == 0 && !room.empty))
			return 0;
		if (take_row(l, r, i, &f, err) == -1)
			return -1;
		rc = take_frame(l, &f, &room, sink, arg, err);
	}
	return rc;
}

/* Several frames a round trip, in proportion to what they were so far. */
static int
next_fetch(const struct dp_queue_batch *b, const struct dp_queue_limits *limits,
    uint64_t frames)
{
	uint64_t each, n, bytes = FETCH_BYTES;

	if (frames == 0)
		return 1;
	each = b->bytes / frames + 1;
	if (limits->bytes < b->bytes + bytes)
		bytes = limits->bytes > b->bytes ? limits->bytes - b->bytes : 0;
	n = bytes / each + 1;
	/* The first ones say little. */
	if (n > frames * 8)
		n = frames * 8;
	return n > FETCH_MAX ? FETCH_MAX : (int)n;
}

static int
fill(struct pg_lease *l, const struct dp_queue_limits *limits,
    uint64_t fixed_end, dp_queue_sink *sink, void *arg, struct dp_err *err)
{
	struct pg_args a = { 0 };
	uint64_t frames = 0;
	char sql[64];
	int rc = 1;

	pg_arg(&a, l->p->queue);
	pg_arg(&a, l->number);
	pg_arg_number(&a, l->line);
	if (pg_run(l->p, l->c,
		"declare dp no scroll cursor for select first, lines, "
		"writer, seq, checksum, body from dp_queue.frame "
		"where queue = $1 and lane = $2 and first >= coalesce(("
		"select max(first) from dp_queue.frame where queue = $1 and "
		"lane = $2 and first <= $3), $3) order by first",
		&a, err) == -1)
		return -1;
	while (rc == 1) {
		PGresult *r;

		(void)snprintf(sql, sizeof sql, "fetch %d from dp",
		    next_fetch(&l->b, limits, frames));
		r = pg_query(l->p, l->c, sql, NULL, true, err);
		if (r == NULL)
			return -1;
		frames += (uint64_t)PQntuples(r);
		rc = take_rows(l, r, limits, fixed_end, sink, arg, err);
		PQclear(r);
	}
	if (rc == -1)
		return -1;
	return pg_run(l->p, l->c, "close dp", NULL, err) == -1 ? -1 : 0;
}

static void
name_batch(struct pg_lease *l)
{
	struct dp_queue_batch *b = &l->b;

	(void)snprintf(l->name, sizeof l->name, "%s/%s/%s:%ju-%ju",
	    l->p->base.id, l->p->group, l->lane, (uintmax_t)b->first,
	    (uintmax_t)b->end);
	pg_state_name(l->p, l->rejects, sizeof l->rejects, l->lane, b->first,
	    b->end);
	b->name = l->name;
	b->rejects = l->rejects;
	b->lane = l->lane;
}

int
pg_batch(struct dp_queue_lease *lease, const struct dp_queue_limits *limits,
    dp_queue_sink *sink, void *arg, struct dp_queue_batch *batch,
    struct dp_err *err)
{
	struct pg_lease *l = (struct pg_lease *)lease;
	struct part t;
	int rc = pg_lock(l, err);

	if (rc != 1)
		return rc;
	if (read_part(l, &t, err) == -1)
		return -1;
	/* Attempted where the rejects are not ours to find. */
	if (t.elsewhere && l->p->mode != DP_QUEUE_LOOK)
		return 0;
	memset(&l->b, 0, sizeof l->b);
	l->b.first = l->b.end = l->line;
	if (fill(l, limits, t.end, sink, arg, err) == -1)
		return -1;
	if (t.end > 0 && t.first == l->b.first && t.end == l->b.end) {
		l->b.attempt = t.attempts;
		l->b.failures = t.failures;
		l->b.part = t.divided;
	}
	l->b.attempt++;
	name_batch(l);
	*batch = l->b;
	return l->b.bytes > 0;
}

static struct pg_letter
letter_of(const struct pg_lease *l)
{
	struct pg_letter letter = { .first = l->b.first, .end = l->b.end };

	memcpy(letter.lane, l->lane, sizeof letter.lane);
	return letter;
}

int
pg_begin(struct dp_queue_lease *lease, int *fd, struct dp_err *err)
{
	struct pg_lease *l = (struct pg_lease *)lease;
	struct pg_args a = { 0 };
	const struct pg_letter letter = letter_of(l);

	if (l->b.part && pg_state_inherit(l->p, &letter, l->rejects, err) == -1)
		return -1;
	/* That the lease is ours still, as far as anybody can know. */
	if (pg_run(l->p, l->c, "select 1", NULL, err) == -1)
		return -1;
	position(l, &a);
	pg_arg_number(&a, l->b.first);
	pg_arg_number(&a, l->b.end);
	pg_arg_number(&a, l->b.attempt);
	pg_arg(&a, l->p->state_id);
	pg_arg(&a, l->p->host);
	pg_arg_number(&a, (uint64_t)getpid());
	if (pg_run(l->p, l->p->c,
		"insert into dp_queue.attempt values ($1, $2, $3, $4, $5, $6, "
		"0, false, $7, $8, $9) on conflict (queue, grp, lane, first) "
		"do update set past = $5, attempts = $6, state = $7, "
		"host = $8, pid = $9, status = null, changed = now()",
		&a, err) == -1)
		return -1;
	l->passed_on = true;
	*fd = PQsocket(l->c);
	return 0;
}

void
pg_running(struct dp_queue_lease *lease, pid_t pid)
{
	struct pg_lease *l = (struct pg_lease *)lease;
	struct pg_args a = { 0 };
	struct dp_err none = { 0 };

	position(l, &a);
	pg_arg_number(&a, l->b.first);
	pg_arg_number(&a, (uint64_t)pid);
	/* For messages alone: nobody waits for the disk. */
	(void)pg_run(l->p, l->p->c,
	    "update dp_queue.attempt set pid = $5 from (select set_config("
	    "'synchronous_commit', 'off', true)) x where queue = $1 and "
	    "grp = $2 and lane = $3 and first = $4",
	    &a, &none);
}

/* In the transaction of the lease; only from the line that was read. */
static int
move_cursor(struct pg_lease *l, struct dp_err *err)
{
	struct pg_args a = { 0 };
	int rc;

	position(l, &a);
	pg_arg_number(&a, l->line);
	pg_arg_number(&a, l->b.end);
	rc = pg_run(l->p, l->c,
	    "with x as (delete from dp_queue.attempt where queue = $1 and "
	    "grp = $2 and lane = $3 and past <= $5) "
	    "update dp_queue.cursor set line = $5, moved = now() where queue = $1 and "
	    "grp = $2 and lane = $3 and line = $4",
	    &a, err);
	if (rc == 0)
		rc = dp_err_set(err, DP_UNAVAILABLE,
		    "%s: the lease of lane %s is lost", l->p->base.name,
		    l->number);
	return rc == -1 ? -1 : 0;
}

static int
clear_frames(struct pg_lease *l, struct dp_err *err)
{
	struct pg_args a = { 0 };

	pg_arg(&a, l->p->queue);
	pg_arg(&a, l->number);
	return pg_run(l->p, l->p->c, "select dp_queue.clear($1, $2)", &a, err);
}

int
pg_settle(struct dp_queue_lease *lease, uint64_t *dead, struct dp_err *err)
{
	struct pg_lease *l = (struct pg_lease *)lease;
	const struct pg_letter letter = letter_of(l);

	*dead = 0;
	if (l->p->mode == DP_QUEUE_LOOK) {
		l->line = l->b.end;
		return 0;
	}
	if (move_cursor(l, err) == -1 ||
	    pg_dead_send(l->p, l->c, l->rejects, &letter, dead, err) == -1 ||
	    pg_run(l->p, l->c, "commit", NULL, err) == -1)
		return -1;
	l->line = l->b.end;
	l->locked = l->passed_on = false;
	/* Invariant 7: the rows are committed, the file may go. */
	if (access(l->rejects, F_OK) == 0 &&
	    pg_state_remove(l->p, l->rejects, err) == -1)
		return -1;
	return clear_frames(l, err) == -1 ? -1 : 0;
}

int
pg_failed(struct dp_queue_lease *lease, unsigned status, bool counts,
    const char *said, struct dp_err *err)
{
	struct pg_lease *l = (struct pg_lease *)lease;
	struct pg_args a = { 0 };

	l->b.failures += counts;
	position(l, &a);
	pg_arg_number(&a, l->b.first);
	pg_arg_number(&a, status);
	pg_arg_number(&a, counts);
	pg_arg(&a, l->lane);
	pg_arg(&a, said);
	return pg_run(l->p, l->p->c,
		   "with x as (update dp_queue.attempt set status = $5, "
		   "failures = failures + $6, changed = now() where "
		   "queue = $1 and grp = $2 and lane = $3 and first = $4 "
		   "returning first, past, attempts) "
		   "insert into dp_queue.failure select $1::int, $2, $7, "
		   "first, past, attempts, $5::int, $8, now() from x "
		   "on conflict (queue, grp) do update set "
		   "lane = excluded.lane, first = excluded.first, "
		   "past = excluded.past, attempt = excluded.attempt, "
		   "status = excluded.status, said = excluded.said, "
		   "happened = excluded.happened",
		   &a, err) == -1
	    ? -1
	    : 0;
}

int
pg_split(struct dp_queue_lease *lease, bool nothing_stored, struct dp_err *err)
{
	struct pg_lease *l = (struct pg_lease *)lease;
	struct pg_args a = { 0 };

	/* If we die in between, the whole batch is tried once more. */
	if (nothing_stored && pg_state_remove(l->p, l->rejects, err) == -1)
		return -1;
	position(l, &a);
	pg_arg_number(&a, l->b.first);
	pg_arg_number(&a, l->b.first + (l->b.end - l->b.first) / 2);
	pg_arg_number(&a, l->b.end);
	return pg_run(l->p, l->p->c,
		   "with x as (update dp_queue.attempt set past = $5, "
		   "attempts = 0, failures = 0, part = true where queue = $1 "
		   "and grp = $2 and lane = $3 and first = $4 "
		   "returning state, host) insert into dp_queue.attempt "
		   "select $1::int, $2, $3::bigint, $5::bigint, $6::bigint, 0, "
		   "0, true, state, host, 0 "
		   "from x",
		   &a, err) == -1
	    ? -1
	    : 0;
}
