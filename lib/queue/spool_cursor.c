#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "queue/fixed.h"
#include "queue/spool.h"

#define SLOT 4096
#define MARK_US UINT64_C(60000000)
#define WRITE_AT (INT64_C(1) << 40)
#define LANES_AT (INT64_C(1) << 41)

static int
fail(const struct spool *s, enum dp_status status, struct dp_err *err)
{
	return dp_err_sys(err, status, errno, "%s/group/%s/cursor",
	    s->base.name, s->group_name);
}

int
spool_cursor_open(struct spool *s, struct dp_err *err)
{
	bool create = s->mode == DP_QUEUE_CONSUME;

	if (s->cursor != -1)
		(void)close(s->cursor);
	s->cursor = openat(s->group, "cursor",
	    (create ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW,
	    0640);
	if (s->cursor == -1 && !create && errno == ENOENT)
		return 0;
	if (s->cursor == -1 || (create && fsync(s->group) == -1))
		return fail(s, dp_err_status_of(errno), err);
	return 0;
}

static void
take_lane(struct dp_fixed *in, uint64_t *number, uint64_t *nonce)
{
	*number = dp_fixed_take(in, 16);
	dp_fixed_take_text(in, "-", 1);
	*nonce = dp_fixed_take_hex(in, 16);
	dp_fixed_take_text(in, " ", 1);
}

static void
take_pos(struct dp_fixed *in, struct spool_pos *pos)
{
	take_lane(in, &pos->number, &pos->nonce);
	pos->line = dp_fixed_take(in, 16);
	dp_fixed_take_text(in, " ", 1);
	pos->offset = dp_fixed_take(in, 12);
	pos->done = in->left > 1 && in->p[1] == 'd';
	dp_fixed_take_text(in, pos->done ? " done\n" : " open\n", 6);
}

static void
take_marks(struct dp_fixed *in, struct spool_mark marks[2])
{
	int i;

	dp_fixed_take_text(in, "#dp1 r ", 7);
	for (i = 0; i < 2; i++) {
		marks[i].lines = dp_fixed_take(in, 16);
		dp_fixed_take_text(in, " ", 1);
		marks[i].since_us = dp_fixed_take(in, 20);
		dp_fixed_take_text(in, i == 0 ? " " : "\n", 1);
	}
}

static int
parse_slot(const char *slot, size_t len, uint64_t seed, struct spool_cursor *c)
{
	struct dp_fixed in = { .p = slot, .left = len };
	uint64_t check;
	size_t i;

	memset(c, 0, sizeof *c);
	dp_fixed_take_text(&in, "#dp1 c ", 7);
	c->generation = dp_fixed_take(&in, 20);
	dp_fixed_take_text(&in, " ", 1);
	take_lane(&in, &c->floor, &c->floor_nonce);
	c->n = dp_fixed_take(&in, 4);
	dp_fixed_take_text(&in, "\n", 1);
	if (in.bad || c->n > SPOOL_LANES)
		return -1;
	for (i = 0; i < c->n; i++)
		take_pos(&in, &c->lanes[i]);
	/* Spools of older programs have none. */
	if (in.left > 7 && memcmp(in.p, "#dp1 r ", 7) == 0)
		take_marks(&in, c->marks);
	check = in.bad ? 0 : dp_hash64(slot, len - in.left, seed);
	dp_fixed_take_text(&in, "#dp1 e ", 7);
	return dp_fixed_take_hex(&in, 16) != check || in.bad ? -1 : 0;
}

int
spool_cursor_read(const struct spool *s, int fd, struct spool_cursor *c,
    struct dp_err *err)
{
	struct spool_cursor slot;
	char bytes[SLOT];
	int i;

	memset(c, 0, sizeof *c);
	for (i = 0; i < 2; i++) {
		ssize_t n = dp_io_pread(fd, bytes, SLOT, (off_t)i * SLOT);

		if (n == -1)
			return fail(s, DP_FAILED, err);
		if (parse_slot(bytes, (size_t)n, s->seed, &slot) == 0 &&
		    slot.generation > c->generation)
			*c = slot;
	}
	return 0;
}

static char *
put(char *p, size_t width, uint64_t n, char behind)
{
	dp_fixed_put(p, width, n);
	p[width] = behind;
	return p + width + 1;
}

static char *
put_lane(char *p, uint64_t number, uint64_t nonce)
{
	p = put(p, 16, number, '-');
	dp_fixed_put_hex(p, 16, nonce);
	p[16] = ' ';
	return p + 17;
}

int
spool_cursor_write(const struct spool *s, int fd, struct spool_cursor *c,
    struct dp_err *err)
{
	char slot[SLOT], *p = slot;
	size_t i;

	c->generation++;
	memset(slot, '\n', sizeof slot);
	memcpy(p, "#dp1 c ", 7);
	p = put(p + 7, 20, c->generation, ' ');
	p = put_lane(p, c->floor, c->floor_nonce);
	p = put(p, 4, c->n, '\n');
	for (i = 0; i < c->n; i++) {
		const struct spool_pos *pos = &c->lanes[i];

		p = put_lane(p, pos->number, pos->nonce);
		p = put(p, 16, pos->line, ' ');
		p = put(p, 12, pos->offset, ' ');
		memcpy(p, pos->done ? "done\n" : "open\n", 5);
		p += 5;
	}
	memcpy(p, "#dp1 r ", 7);
	p += 7;
	for (i = 0; i < 2; i++) {
		p = put(p, 16, c->marks[i].lines, ' ');
		p = put(p, 20, c->marks[i].since_us, i == 0 ? ' ' : '\n');
	}
	memcpy(p, "#dp1 e ", 7);
	dp_fixed_put_hex(p + 7, 16,
	    dp_hash64(slot, (size_t)(p - slot), s->seed));
	if (dp_io_pwrite(fd, slot, sizeof slot,
		(off_t)(c->generation & 1) * SLOT) == -1 ||
	    fdatasync(fd) == -1)
		return fail(s, dp_err_status_of(errno), err);
	return 0;
}

/*
 * The first mark is a minute old or more, unless the second one, which takes
 * its place after a minute, is not.  A clock that was set back starts anew.
 */
void
spool_cursor_count(struct spool_cursor *c, uint64_t lines)
{
	uint64_t now = dp_time_wall_us();
	int i;

	for (i = 0; i < 2; i++) {
		if (c->marks[i].since_us == 0 || c->marks[i].since_us > now)
			c->marks[i] = (struct spool_mark){ 0, now };
		else
			c->marks[i].lines += lines;
	}
	if (now - c->marks[1].since_us < MARK_US)
		return;
	c->marks[0] = c->marks[1];
	c->marks[1] = (struct spool_mark){ 0, now };
}

/* Open file description locks: they die with the last holder. */
static int
set_lock(int fd, short type, off_t at)
{
	struct flock l = { .l_type = type,
		.l_whence = SEEK_SET,
		.l_start = at,
		.l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &l);
}

int
spool_cursor_lock(struct spool *s, struct dp_err *err)
{
	const struct timespec nap = { .tv_nsec = 100000 };
	uint64_t until = dp_time_now_ms() + SPOOL_LOCK_WAIT_MS;

	while (set_lock(s->cursor, F_WRLCK, WRITE_AT) == -1) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return fail(s, DP_FAILED, err);
		if (dp_time_now_ms() >= until)
			return dp_err_set(err, DP_TRYAGAIN,
			    "%s/group/%s/cursor is locked by another process",
			    s->base.name, s->group_name);
		(void)nanosleep(&nap, NULL);
	}
	return 0;
}

void
spool_cursor_unlock(struct spool *s)
{
	(void)set_lock(s->cursor, F_UNLCK, WRITE_AT);
}

off_t
spool_lane_byte(uint64_t number)
{
	return LANES_AT + (off_t)number;
}

int
spool_lane_lock(int fd, uint64_t number, struct dp_err *err)
{
	if (set_lock(fd, F_WRLCK, spool_lane_byte(number)) == 0)
		return 1;
	if (errno == EAGAIN || errno == EACCES)
		return 0;
	return dp_err_sys(err, DP_FAILED, errno, "cannot lock a lane");
}

int
spool_cursor_same(const struct spool *s, int fd, struct dp_err *err)
{
	struct stat mine, there;

	if (fstat(fd, &mine) == -1)
		return fail(s, DP_FAILED, err);
	if (fstatat(s->group, "cursor", &there, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : fail(s, DP_FAILED, err);
	return mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

struct spool_pos *
spool_cursor_find(struct spool_cursor *c, uint64_t number, uint64_t nonce)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->lanes[i].number == number && c->lanes[i].nonce == nonce)
			return &c->lanes[i];
	return NULL;
}

/* 1; 0 when the segment is not there. */
static int
nonce_of(struct spool *s, uint64_t number, uint64_t *nonce, struct dp_err *err)
{
	struct spool_reader r;
	int rc = spool_reader_open(&r, s, number, err);

	if (rc == 1) {
		*nonce = r.nonce;
		spool_reader_close(&r);
	}
	return rc;
}

int
spool_cursor_has_floor(struct spool *s, const struct spool_cursor *c,
    struct dp_err *err)
{
	uint64_t nonce = 0;
	int rc = nonce_of(s, c->floor, &nonce, err);

	return rc == 1 ? nonce == c->floor_nonce : rc;
}

/* Forgets lanes that are below the floor or no longer there. */
static void
forget(struct spool_cursor *c, const uint64_t *list, size_t n)
{
	size_t i, k, keep = 0;

	for (i = 0; i < c->n; i++) {
		for (k = 0; k < n && list[k] != c->lanes[i].number; k++)
			;
		if (k < n && c->lanes[i].number >= c->floor)
			c->lanes[keep++] = c->lanes[i];
	}
	c->n = keep;
}

int
spool_cursor_settle_floor(struct spool *s, struct spool_cursor *c,
    const uint64_t *list, size_t n, struct dp_err *err)
{
	uint64_t nonce = 0;
	size_t k = 0;
	int rc = 0;

	while (k < n && list[k] != c->floor)
		k++;
	if (k < n)
		rc = nonce_of(s, c->floor, &nonce, err);
	if (rc == -1)
		return -1;
	if (rc == 0 || nonce != c->floor_nonce) {
		k = 0;
		c->floor = c->floor_nonce = 0;
	}
	for (; k < n; k++) {
		const struct spool_pos *pos;

		rc = nonce_of(s, list[k], &nonce, err);
		if (rc == -1)
			return -1;
		if (rc == 0)
			continue;
		c->floor = list[k];
		c->floor_nonce = nonce;
		pos = spool_cursor_find(c, c->floor, nonce);
		if (pos == NULL || !pos->done)
			break;
	}
	forget(c, list, n);
	return 0;
}
