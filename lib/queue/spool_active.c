/* The active segment: which one, where it ends, and the next one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "queue/spool.h"

#define CLEAR 4096 /* bytes behind the last frame that must be zeros */

static int
fail(const struct spool *s, struct dp_err *err)
{
	return dp_err_sys(err, DP_FAILED, errno, "%s/seg: segment %ju",
	    s->base.name, (uintmax_t)s->w.number);
}

void
spool_writer_close(struct spool *s)
{
	/* What is not synced here, where it failed or cannot be, is lost. */
	if (s->w.nkept > 0 && !s->w.lost) {
		s->w.lost =
		    s->w.fd == -1 || s->w.broken || fdatasync(s->w.fd) == -1;
		if (!s->w.lost)
			s->w.nkept = 0;
	}
	if (s->w.fd != -1)
		(void)close(s->w.fd);
	s->w.fd = -1;
	s->w.end = 0;
	s->w.used_at = 0;
	s->w.synced_dirs = s->w.broken = false;
}

/* A look behind the end is to bring its own page, and none after it. */
static void
take_file(struct spool *s, int fd)
{
	s->w.fd = fd;
	if (fd != -1)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
}

static int
is_clear(const struct spool *s, uint64_t offset, bool *clear,
    struct dp_err *err)
{
	char bytes[CLEAR];
	ssize_t n = dp_io_pread(s->w.fd, bytes, sizeof bytes, (off_t)offset);

	if (n == -1)
		return fail(s, err);
	*clear = n == 0 ||
	    (bytes[0] == 0 && memcmp(bytes, bytes + 1, (size_t)n - 1) == 0);
	return 0;
}

/* Goes on from frame to frame.  The end is where none verifies. */
static int
walk(struct spool *s, uint64_t from, bool *clear, struct dp_err *err)
{
	struct spool_reader r = { .s = s,
		.fd = s->w.fd,
		.number = s->w.number };
	struct spool_frame f;
	const char *payload;
	int rc;

	dp_buf_init(&r.buf, 0);
	while ((rc = spool_reader_look(&r, from, &f, &payload, err)) == 1) {
		from += SPOOL_FRAME_HEAD + f.bytes;
		s->w.next_line = f.first + f.lines;
	}
	dp_buf_fini(&r.buf);
	s->w.end = from;
	return rc == -1 ? -1 : spool_zeros(&r, from, clear, err);
}

int
spool_read_tail(struct spool *s, uint64_t number, struct spool_tail *t)
{
	int create = s->mode == DP_QUEUE_PRODUCE ? O_CREAT : 0;
	char line[SPOOL_TAIL_SIZE] = { 0 };

	if (s->tail == -1)
		s->tail = openat(s->dir, "tail",
		    (s->mode == DP_QUEUE_LOOK ? O_RDONLY : O_RDWR) | create |
			O_CLOEXEC | O_NOFOLLOW,
		    0640);
	if (s->tail == -1 ||
	    dp_io_pread(s->tail, line, sizeof line, 0) != sizeof line ||
	    spool_tail_parse(line, s->seed, t) == -1 || t->segment != number)
		return -1;
	return 0;
}

/* The hint, if it is one: its frame must verify. */
static int
believe_tail(struct spool *s, struct dp_err *err)
{
	struct spool_reader r = { .s = s,
		.fd = s->w.fd,
		.number = s->w.number };
	struct spool_frame f;
	struct spool_tail t;
	const char *payload;
	int rc;

	if (spool_read_tail(s, s->w.number, &t) == -1 || t.end <= s->w.end)
		return 0;
	dp_buf_init(&r.buf, 0);
	rc = spool_reader_look(&r, t.offset, &f, &payload, err);
	dp_buf_fini(&r.buf);
	if (rc != 1 || t.offset + SPOOL_FRAME_HEAD + f.bytes != t.end)
		return rc == -1 ? -1 : 0;
	s->w.end = t.end;
	s->w.next_line = f.first + f.lines;
	return 0;
}

/* 1: it ends in an intact frame, s->w.end, and zeros.  0: it does not. */
static int
find_end(struct spool *s, struct dp_err *err)
{
	bool clear = false;

	if (believe_tail(s, err) == -1)
		return -1;
	/* Without a hint all of it is looked at, once. */
	if (s->w.end == 0) {
		s->w.next_line = 0;
		s->w.end = SPOOL_SEG_HEAD;
	} else if (is_clear(s, s->w.end, &clear, err) == -1) {
		return -1;
	}
	if (clear)
		return 1;
	if (walk(s, s->w.end, &clear, err) == -1)
		return -1;
	return clear;
}

/* 1: opened, of this boot and of its own inode.  0: not fit for us. */
static int
open_active(struct spool *s, uint64_t number, struct dp_err *err)
{
	char name[SPOOL_NAME_SIZE], line[SPOOL_SEG_HEAD] = { 0 };
	struct spool_seg_head h;
	struct stat st;

	spool_writer_close(s);
	s->w.number = number;
	spool_seg_name(name, number);
	take_file(s, spool_seg_open(s, name, O_RDWR, err));
	if (s->w.fd == -1)
		return err->status == DP_OK ? 0 : -1;
	if (dp_io_pread(s->w.fd, line, sizeof line, 0) == -1 ||
	    fstat(s->w.fd, &st) == -1)
		return fail(s, err);
	return spool_seg_head(s, line, number, &h) &&
	    strcmp(h.boot, s->boot) == 0 && h.inode == (uint64_t)st.st_ino;
}

static int
open_highest(struct spool *s, struct dp_err *err)
{
	struct dp_buf b;
	uint64_t last = 0;
	int rc;

	dp_buf_init(&b, 0);
	rc = spool_list(s, &b, err);
	if (rc == 0 && b.len > 0)
		memcpy(&last, b.data + b.len - sizeof last, sizeof last);
	dp_buf_fini(&b);
	if (rc == -1)
		return -1;
	if (last > 0) {
		rc = open_active(s, last, err);
		if (rc != 0)
			return rc;
	} else {
		spool_writer_close(s);
		s->w.number = 0;
	}
	return spool_writer_roll(s, err) == -1 ? -1 : 1;
}

/* Whether the segment at hand is still the highest, and in its place. */
static int
still_active(struct spool *s, struct dp_err *err)
{
	struct stat st;

	if (s->w.fd == -1 || s->w.broken)
		return 0;
	if (fstat(s->w.fd, &st) == -1)
		return fail(s, err);
	if (st.st_nlink == 0)
		return 0;
	return spool_seg_follows(s, s->w.number, err) == 0;
}

int
spool_writer_ready(struct spool *s, struct dp_err *err)
{
	int rc;

	if (s->w.broken && s->w.fd != -1) {
		rc = spool_seg_follows(s, s->w.number, err);
		if (rc == 0)
			return spool_writer_roll(s, err);
		if (rc == -1)
			return -1;
	}
	rc = still_active(s, err);
	if (rc == 0)
		rc = open_highest(s, err);
	if (rc == -1)
		return -1;
	rc = find_end(s, err);
	if (rc == 0) {
		/* Never cut off and never appended to: invariant 2. */
		s->w.end = 0;
		return spool_writer_roll(s, err);
	}
	return rc == -1 ? -1 : 0;
}

int
spool_writer_roll(struct spool *s, struct dp_err *err)
{
	uint64_t next = s->w.number + 1;
	bool sync = s->w.fd != -1 && !s->w.broken;
	int fd;

	/*
	 * If this fails, so will the sync of each writer that waits for one
	 * in this segment, and each writes what it has into the next.
	 */
	s->w.broken = s->w.broken || (sync && fdatasync(s->w.fd) == -1);
	/* Invariant 4: that sync was theirs too. */
	if (sync && !s->w.broken && !s->w.lost)
		s->w.nkept = 0;
	if (sync && !s->w.broken && s->w.end > 0 &&
	    ftruncate(s->w.fd, (off_t)s->w.end) == -1)
		return fail(s, err);
	fd = spool_seg_create(s, next, err);
	if (fd == -1)
		return -1;
	spool_writer_close(s);
	take_file(s, fd);
	s->w.number = next;
	s->w.end = SPOOL_SEG_HEAD;
	s->w.next_line = 0;
	return 0;
}
