#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "queue/spool.h"

#define DYING_MS 100 /* that we wait for the last of an attempt */

static int
open_lock(const struct spool *s, struct dp_err *err)
{
	int fd = openat(s->group, "cursor", O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1)
		(void)dp_err_sys(err, DP_FAILED, errno, "%s/group/%s/cursor",
		    s->base.name, s->group_name);
	return fd;
}

static bool
is_ours(const struct spool *s, uint64_t number)
{
	const struct spool_lease *l;

	for (l = s->leases; l != NULL; l = l->next)
		if (l->r.number == number)
			return true;
	return false;
}

/*
 * Reads the cursor.  1: the lane is below its floor; 0; -1.  Who looked for
 * lanes may have found one that others have settled since then, and that
 * the cursor names no more.  A floor whose segment is gone means nothing,
 * unless the cursor has moved on meanwhile.
 */
static int
read_cursor(struct spool *s, uint64_t number, struct spool_cursor *c,
    struct dp_err *err)
{
	uint64_t before;
	int rc = 0;

	do {
		before = c->generation;
		if (spool_cursor_read(s, s->cursor, c, err) == -1)
			return -1;
		if (number < c->floor)
			rc = spool_cursor_has_floor(s, c, err);
	} while (rc == 0 && number < c->floor && c->generation != before);
	return rc;
}

/* Sets where the lane stands.  0 when it is done. */
static int
take_position(struct spool_lease *l, struct dp_err *err)
{
	struct spool *s = l->s;
	struct spool_cursor c = { 0 };
	const struct spool_pos *pos;
	int rc = s->cursor == -1 ? 0 : read_cursor(s, l->r.number, &c, err);

	if (rc == -1)
		return -1;
	pos = spool_cursor_find(&c, l->r.number, l->r.nonce);
	if (pos == NULL && rc == 1)
		return 0;
	l->line = pos == NULL ? 0 : pos->line;
	l->offset = pos == NULL ? SPOOL_SEG_HEAD : pos->offset;
	l->r.offset = l->offset;
	l->r.line = l->line;
	return pos == NULL || !pos->done;
}

/* 1: there are lines behind the position.  0: not now.  2: at its end. */
static int
has_lines(struct spool_lease *l, struct dp_err *err)
{
	struct spool_frame f;
	const char *payload;
	int rc;

	while ((rc = spool_reader_next(&l->r, &f, &payload, err)) == 1) {
		if (f.first + f.lines > l->line) {
			/* Damage that was passed is not met again. */
			l->offset = l->r.offset;
			return 1;
		}
		spool_reader_pass(&l->r, &f);
		l->offset = l->r.offset;
	}
	return rc;
}

static void
free_lease(struct spool_lease *l)
{
	if (l->r.fd != -1)
		spool_reader_close(&l->r);
	if (l->fd != -1)
		(void)close(l->fd);
	free(l);
}

/* Somebody has the lane: who, and does it matter? */
static int
note_busy(struct spool_lease *l, struct dp_err *err)
{
	struct spool *s = l->s;
	struct spool_tries t;
	int rc = take_position(l, err);

	if (rc == 1)
		rc = has_lines(l, err);
	if (rc == -1)
		return -1;
	if (rc == 1 &&
	    spool_tries_load(s, l->r.number, l->r.nonce, l->line, &t, err) ==
		-1)
		return -1;
	if (rc == 1) {
		s->base.busy = true;
		if (t.pid != 0)
			s->base.busy_pid = t.pid;
	}
	return 0;
}

/* 1: l holds the lane, which has lines. */
static int
take_lane(struct spool_lease *l, struct dp_err *err)
{
	struct spool *s = l->s;
	int rc;

	if (s->mode != DP_QUEUE_LOOK) {
		l->fd = open_lock(s, err);
		if (l->fd == -1)
			return -1;
		rc = spool_lane_lock(l->fd, l->r.number, err);
		if (rc == 0)
			return note_busy(l, err);
		if (rc == -1)
			return -1;
		rc = spool_cursor_same(s, l->fd, err);
		if (rc != 1)
			return rc;
	}
	rc = take_position(l, err);
	if (rc == 1)
		rc = has_lines(l, err);
	if (rc == 2 && s->mode != DP_QUEUE_LOOK) {
		struct spool_pos pos = { l->r.number, l->r.nonce, l->line,
			l->offset, true };

		return spool_advance(s, l->fd, &pos, err);
	}
	return rc == 2 ? 0 : rc;
}

static int
try_segment(struct spool *s, uint64_t number, struct dp_queue_lease **lease,
    struct dp_err *err)
{
	struct spool_lease *l = calloc(1, sizeof *l);
	int rc;

	if (l == NULL)
		return dp_err_nomem(err);
	l->base.queue = &s->base;
	l->s = s;
	l->fd = -1;
	l->r.fd = -1;
	rc = spool_reader_open(&l->r, s, number, err);
	if (rc == 1) {
		spool_lane_text(l->lane, number, l->r.nonce);
		rc = take_lane(l, err);
	}
	if (rc != 1) {
		free_lease(l);
		return rc;
	}
	l->next = s->leases;
	s->leases = l;
	*lease = &l->base;
	return 1;
}

/* The segments from the floor on, as many as a cursor can hold. */
static int
open_segments(struct spool *s, struct dp_buf *list, uint64_t *from,
    struct dp_err *err)
{
	struct spool_cursor c = { 0 };

	if (spool_list(s, list, err) == -1 ||
	    (s->cursor != -1 &&
		spool_cursor_read(s, s->cursor, &c, err) == -1) ||
	    spool_cursor_settle_floor(s, &c,
		(const uint64_t *)(const void *)list->data,
		list->len / sizeof(uint64_t), err) == -1)
		return -1;
	*from = c.floor;
	return 0;
}

int
spool_lease(struct dp_queue *q, struct dp_queue_lease **lease,
    struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	struct dp_buf list;
	uint64_t from = 0;
	size_t i, seen = 0;
	int rc = 0;

	q->busy = false;
	q->busy_pid = 0;
	if (s->mode == DP_QUEUE_CONSUME) {
		rc = spool_cursor_same(s, s->cursor, err);
		if (rc == 0)
			rc = spool_cursor_open(s, err) == -1 ? -1 : 1;
		if (rc == -1)
			return -1;
	}
	dp_buf_init(&list, 0);
	rc = open_segments(s, &list, &from, err);
	if (s->mode == DP_QUEUE_LOOK && from < s->look_from)
		from = s->look_from;
	for (i = 0; rc == 0 && i < list.len / sizeof(uint64_t); i++) {
		uint64_t number;

		memcpy(&number, list.data + i * sizeof number, sizeof number);
		if (number < from)
			continue;
		/* One place in the cursor stays free. */
		if (++seen == SPOOL_LANES)
			break;
		if (is_ours(s, number))
			continue;
		rc = try_segment(s, number, lease, err);
	}
	dp_buf_fini(&list);
	return rc;
}

/* Of a group that was killed, some take a moment to go. */
static int
lock_again(struct spool_lease *l, struct dp_err *err)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	unsigned i;
	int rc = 0;

	for (i = 0; i < DYING_MS; i++) {
		rc = spool_lane_lock(l->fd, l->r.number, err);
		if (rc != 0)
			break;
		(void)nanosleep(&nap, NULL);
	}
	return rc;
}

int
spool_renew(struct dp_queue_lease *lease, struct dp_err *err)
{
	struct spool_lease *l = (struct spool_lease *)lease;
	uint64_t line = l->line, offset = l->offset;
	int rc;

	if (!l->passed_on || l->s->mode == DP_QUEUE_LOOK)
		return 1;
	(void)close(l->fd);
	l->passed_on = false;
	l->fd = open_lock(l->s, err);
	if (l->fd == -1)
		return -1;
	rc = lock_again(l, err);
	if (rc == 1)
		rc = spool_cursor_same(l->s, l->fd, err);
	if (rc != 1)
		return rc;
	rc = take_position(l, err);
	l->offset = offset;
	return rc == 1 && l->line != line ? 0 : rc;
}

void
spool_release(struct dp_queue_lease *lease)
{
	struct spool_lease *l = (struct spool_lease *)lease;
	struct spool_lease **at = &l->s->leases;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	l->s->look_from = l->r.number + 1;
	free_lease(l);
}

/* A number between two floors that is not there: it was taken away. */
static void
tell_missing(struct spool *s, const uint64_t *list, size_t n, uint64_t from,
    uint64_t to)
{
	struct dp_queue_damage *d = &s->base.damage;
	size_t i;

	for (i = 1; i < n; i++) {
		if (list[i - 1] < from || list[i] > to ||
		    list[i - 1] + 1 == list[i])
			continue;
		if (d->places++ == 0)
			(void)snprintf(d->text, sizeof d->text,
			    "segment %ju is missing",
			    (uintmax_t)list[i - 1] + 1);
	}
}

/* A lane of the cursor to its new place; at is its slot, or NULL. */
static void
place(struct spool_cursor *c, struct spool_pos *at, const struct spool_pos *pos)
{
	uint64_t settled = pos->line;

	if (at != NULL)
		settled -= at->line < settled ? at->line : settled;
	else
		at = &c->lanes[c->n++];
	*at = *pos;
	if (settled > 0)
		spool_cursor_count(c, settled);
}

static int
write_position(struct spool *s, int lease_fd, const struct spool_pos *pos,
    struct dp_err *err)
{
	struct spool_cursor c;
	struct spool_pos *at;
	struct dp_buf list;
	const uint64_t *numbers;
	uint64_t from;
	int rc;

	rc = spool_cursor_same(s, s->cursor, err);
	if (rc == 1)
		rc = spool_cursor_same(s, lease_fd, err);
	if (rc == -1)
		return -1;
	if (rc == 0)
		return dp_err_set(err, DP_TRYAGAIN,
		    "%s/group/%s/cursor was replaced", s->base.name,
		    s->group_name);
	if (spool_cursor_read(s, s->cursor, &c, err) == -1)
		return -1;
	dp_buf_init(&list, 0);
	rc = spool_list(s, &list, err);
	numbers = (const uint64_t *)(const void *)list.data;
	if (rc == 0)
		rc = spool_cursor_settle_floor(s, &c, numbers,
		    list.len / sizeof *numbers, err);
	at = spool_cursor_find(&c, pos->number, pos->nonce);
	if (rc == 0 && at == NULL && c.n == SPOOL_LANES)
		rc = dp_err_set(err, DP_TRYAGAIN, "%s/group/%s/cursor is full",
		    s->base.name, s->group_name);
	if (rc == 0) {
		place(&c, at, pos);
		from = c.floor;
		rc = spool_cursor_settle_floor(s, &c, numbers,
		    list.len / sizeof *numbers, err);
		tell_missing(s, numbers, list.len / sizeof *numbers, from,
		    c.floor);
	}
	dp_buf_fini(&list);
	/* A floor that a crash takes away would take the lanes with it. */
	if (rc == 0 && c.floor != s->floor_synced && fsync(s->seg) == -1)
		rc = dp_err_sys(err, DP_FAILED, errno, "cannot sync %s/seg",
		    s->base.name);
	if (rc == 0)
		s->floor_synced = c.floor;
	return rc == 0 ? spool_cursor_write(s, s->cursor, &c, err) : -1;
}

int
spool_advance(struct spool *s, int lease_fd, const struct spool_pos *pos,
    struct dp_err *err)
{
	int rc;

	if (spool_cursor_lock(s, err) == -1)
		return -1;
	rc = write_position(s, lease_fd, pos, err);
	spool_cursor_unlock(s);
	/* Invariant 10: the cursor is synced before anything goes. */
	if (rc == 0 && pos->done)
		rc = spool_remove_settled(s, err);
	return rc;
}
