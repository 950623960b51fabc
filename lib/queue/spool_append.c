#include <sys/file.h>
#include <sys/statvfs.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/stop.h"
#include "base/time.h"
#include "queue/spool.h"

#define NAP_FIRST_NS 20000
#define NAP_MAX_NS 2000000

/* No space is a state that passes; whatever it is called. */
static int
fail(const struct spool *s, const char *what, struct dp_err *err)
{
	enum dp_status status =
	    errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? DP_TRYAGAIN
								 : DP_FAILED;

	return dp_err_sys(err, status, errno, "%s: cannot %s segment %ju",
	    s->base.name, what, (uintmax_t)s->w.number);
}

/* A holder that was stopped must not stop us for ever. */
int
spool_lock_dir(const struct spool *s, int fd, const char *name,
    struct dp_err *err)
{
	struct timespec nap = { .tv_nsec = NAP_FIRST_NS };
	uint64_t until = 0;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return dp_err_sys(err, DP_FAILED, errno,
			    "cannot lock %s/%s", s->base.name, name);
		if (until == 0)
			until = dp_time_now_ms() + SPOOL_LOCK_WAIT_MS;
		else if (dp_time_now_ms() >= until)
			return dp_err_set(err, DP_TRYAGAIN,
			    "%s/%s is locked by another process", s->base.name,
			    name);
		(void)nanosleep(&nap, NULL);
		if (nap.tv_nsec < NAP_MAX_NS)
			nap.tv_nsec *= 2;
	}
	return 0;
}

int
spool_lock(const struct spool *s, struct dp_err *err)
{
	return spool_lock_dir(s, s->seg, "seg", err);
}

void
spool_unlock(const struct spool *s)
{
	(void)flock(s->seg, LOCK_UN);
}

int
spool_sync_dirs(const struct spool *s, struct dp_err *err)
{
	bool bad = fsync(s->seg) == -1 || fsync(s->dir) == -1;

	/* A parent that may not be read is synced with all the rest. */
	if (!bad)
		bad = s->above == -1 ? syncfs(s->dir) == -1
				     : fsync(s->above) == -1;
	return bad ? dp_err_sys(err, DP_FAILED, errno,
			 "cannot sync the folders of %s", s->base.name)
		   : 0;
}

size_t
spool_room(const struct dp_queue *q)
{
	const struct spool *s = (const struct spool *)q;
	size_t have = s->w.batch.len;

	if (have <= SPOOL_FRAME_HEAD)
		return s->batch_bytes;
	have -= SPOOL_FRAME_HEAD;
	return have >= s->batch_bytes ? 0 : s->batch_bytes - have;
}

int
spool_put(struct dp_queue *q, const char *data, size_t len, uint64_t lines,
    struct dp_err *err)
{
	static const char blank[SPOOL_FRAME_HEAD];
	struct spool *s = (struct spool *)q;
	struct dp_buf *b = &s->w.batch;

	if (b->len == 0 && dp_buf_add(b, blank, sizeof blank) == -1)
		return dp_err_nomem(err);
	if (len > SPOOL_FRAME_MAX - b->len)
		return dp_err_set(err, DP_DATA, "a line of %zu bytes", len);
	if (dp_buf_add(b, data, len) == -1)
		return dp_err_nomem(err);
	s->w.lines += lines;
	return 0;
}

void
spool_drop(struct dp_queue *q)
{
	struct spool *s = (struct spool *)q;

	dp_buf_clear(&s->w.batch);
	s->w.lines = 0;
}

/* Rolls when the batch does not fit behind what is there. */
static int
fit(struct spool *s, struct dp_err *err)
{
	if (s->w.end > SPOOL_SEG_HEAD &&
	    s->w.end + s->w.batch.len > s->segment_bytes)
		return spool_writer_roll(s, err);
	return 0;
}

static int
check_limit(struct spool *s, struct dp_err *err)
{
	uint64_t len = s->w.batch.len, *used = &s->w.used;

	if (s->max_bytes == 0)
		return 0;
	if (s->w.used_at != 0) {
		*used += s->w.end - s->w.used_at;
		s->w.used_at = s->w.end;
	}
	/* What we know only grows, so it is counted anew at the limit. */
	if (s->w.used_at == 0 || *used + len > s->max_bytes) {
		if (spool_count_used(s, used, err) == -1)
			return -1;
		s->w.used_at = s->w.end;
	}
	if (*used > 0 && *used + len > s->max_bytes)
		return dp_err_set(err, DP_TRYAGAIN,
		    "%s is full: %ju bytes wait (--max-bytes=%ju)",
		    s->base.name, (uintmax_t)*used, (uintmax_t)s->max_bytes);
	return 0;
}

/* The reserve is for cursors, tries and dead letters: who drains, frees. */
static int
check_free(const struct spool *s, uint64_t more, struct dp_err *err)
{
	struct statvfs v;

	if (s->min_free == 0)
		return 0;
	if (fstatvfs(s->seg, &v) == -1)
		return fail(s, "write", err);
	if ((uint64_t)v.f_bavail * v.f_frsize < s->min_free + more)
		return dp_err_set(err, DP_TRYAGAIN,
		    "%s: no space: less than %ju bytes would stay free "
		    "(--min-free)",
		    s->base.name, (uintmax_t)s->min_free);
	return 0;
}

static int
allocate(struct spool *s, uint64_t len, struct dp_err *err)
{
	uint64_t need = s->w.end + len, size, to;
	struct stat st;

	if (fstat(s->w.fd, &st) == -1)
		return fail(s, "write", err);
	size = (uint64_t)st.st_size;
	if (need <= size)
		return 0;
	to = (need + SPOOL_STEP - 1) / SPOOL_STEP * SPOOL_STEP;
	if (to > s->segment_bytes)
		to = need > s->segment_bytes ? need : s->segment_bytes;
	if (check_free(s, to - size, err) == -1)
		return -1;
	if (fallocate(s->w.fd, 0, (off_t)size, (off_t)(to - size)) == -1 &&
	    errno != EOPNOTSUPP && errno != ENOSYS)
		return fail(s, "extend", err);
	return 0;
}

static void
write_tail(struct spool *s, uint64_t offset)
{
	struct spool_tail t = { s->w.number, offset, s->w.end };
	char line[SPOOL_TAIL_SIZE];

	if (s->tail == -1)
		return;
	spool_tail_write(line, &t, s->seed);
	/* Only a hint: who finds none walks. */
	(void)dp_io_pwrite(s->tail, line, sizeof line, 0);
}

static int
write_frame(struct spool *s, struct dp_buf *b, uint64_t lines,
    struct dp_err *err)
{
	struct spool_frame f = { .lines = lines };

	if (allocate(s, b->len, err) == -1)
		return -1;
	f.segment = s->w.number;
	f.offset = s->w.end;
	f.bytes = b->len - SPOOL_FRAME_HEAD;
	f.first = s->w.next_line;
	spool_frame_write(b->data, &f, b->data + SPOOL_FRAME_HEAD, s->seed);
	if (dp_io_pwrite(s->w.fd, b->data, b->len, (off_t)f.offset) == -1) {
		(void)fail(s, "write", err);
		/*
		 * Part of it may be there.  It is ours, and we hold the lock:
		 * nothing of it stays, or nothing follows it.
		 */
		s->w.broken = ftruncate(s->w.fd, (off_t)f.offset) == -1;
		s->w.end = 0;
		return -1;
	}
	s->w.end += b->len;
	s->w.next_line += f.lines;
	write_tail(s, f.offset);
	return 0;
}

/* Frames of which it is not known that they are stored, in their order. */
static int
write_lost(struct spool *s, struct dp_err *err)
{
	size_t i;

	for (i = 0; i < s->w.nkept; i++)
		if (write_frame(s, &s->w.kept[i], s->w.kept_lines[i], err) ==
		    -1)
			return -1;
	s->w.lost = false;
	return 0;
}

static int
append(struct spool *s, struct dp_err *err)
{
	if (spool_writer_ready(s, err) == -1 || fit(s, err) == -1 ||
	    check_limit(s, err) == -1)
		return -1;
	if (s->w.lost && write_lost(s, err) == -1)
		return -1;
	return s->w.lines == 0 ? 0
			       : write_frame(s, &s->w.batch, s->w.lines, err);
}

static int
append_locked(struct spool *s, struct dp_err *err)
{
	int rc;

	if (spool_lock(s, err) == -1)
		return -1;
	rc = append(s, err);
	spool_unlock(s);
	return rc;
}

/* Once more, in the next segment: what is in memory is all we trust. */
static int
append_again(struct spool *s, struct dp_err *err)
{
	s->w.broken = true;
	s->w.lost = s->w.nkept > 0;
	if (append_locked(s, err) == -1) {
		err->status = DP_FAILED;
		return -1;
	}
	if (fdatasync(s->w.fd) == 0)
		return 0;
	(void)fail(s, "sync", err);
	err->status = DP_FAILED;
	s->w.broken = true;
	return -1;
}

int
spool_sync(struct dp_queue *q, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;

	if (s->w.lines == 0 && s->w.nkept == 0)
		return 0;
	if ((s->w.lines > 0 || s->w.lost) && append_locked(s, err) == -1)
		return -1;
	if (fdatasync(s->w.fd) == -1 && append_again(s, err) == -1)
		return -1;
	if (!s->w.synced_dirs) {
		if (spool_sync_dirs(s, err) == -1) {
			s->w.broken = true;
			return -1;
		}
		s->w.synced_dirs = true;
	}
	s->w.nkept = 0;
	spool_drop(q);
	return 0;
}

/*
 * The disk takes one frame while the next one is read.  All that is not
 * synced stays in memory, since a sync that fails tells of any of it.
 */
int
spool_write(struct dp_queue *q, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	size_t len = s->w.batch.len, n = s->w.nkept;
	struct dp_buf free_one;

	if (s->w.lines == 0)
		return 0;
	if (n == SPOOL_KEPT)
		return spool_sync(q, err);
	if (append_locked(s, err) == -1)
		return -1;
	(void)sync_file_range(s->w.fd, (off_t)(s->w.end - len), (off_t)len,
	    SYNC_FILE_RANGE_WRITE);
	/* Another segment may have come, and with it the end of the others. */
	n = s->w.nkept;
	free_one = s->w.kept[n];
	s->w.kept[n] = s->w.batch;
	s->w.kept_lines[n] = s->w.lines;
	s->w.nkept++;
	s->w.batch = free_one;
	spool_drop(q);
	return 0;
}

int
spool_check(struct dp_queue *q, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	int rc;

	if (s->mode != DP_QUEUE_PRODUCE)
		return 0;
	if (spool_lock(s, err) == -1)
		return -1;
	rc = spool_writer_ready(s, err);
	if (rc == 0)
		rc = check_free(s, 0, err);
	spool_unlock(s);
	if (rc == 0 && fdatasync(s->w.fd) == -1)
		rc = fail(s, "sync", err);
	return rc == 0 ? spool_sync_dirs(s, err) : rc;
}

/* The lowest floor is the end of the active segment, number. */
static int
all_settled(struct spool *s, uint64_t min_bytes, uint64_t *number,
    struct dp_err *err)
{
	uint64_t offset;
	int rc = spool_floor(s, number, &offset, err);

	if (rc != 1 || offset < SPOOL_SEG_HEAD + min_bytes ||
	    offset == SPOOL_SEG_HEAD)
		return rc == -1 ? -1 : 0;
	if (s->w.fd != -1)
		return *number == s->w.number && offset == s->w.end;
	rc = spool_seg_follows(s, *number, err);
	return rc == -1 ? -1 : rc == 0;
}

static int
roll_settled(struct spool *s, uint64_t min_bytes, struct dp_err *err)
{
	uint64_t number;
	int rc = all_settled(s, min_bytes, &number, err);

	if (rc != 1)
		return rc;
	if (spool_lock(s, err) == -1)
		return -1;
	rc = spool_writer_ready(s, err);
	if (rc == 0)
		rc = all_settled(s, min_bytes, &number, err);
	if (rc == 1 && spool_writer_roll(s, err) == -1)
		rc = -1;
	spool_unlock(s);
	spool_writer_close(s);
	/* Without space for the next segment this one stays as it is. */
	if (rc == -1 && err->status == DP_TRYAGAIN)
		return 0;
	return rc;
}

/* Until there are lines to drain.  Without space segments stay plain. */
static int
pack_kept(struct spool *s, struct dp_err *err)
{
	int rc;

	while ((rc = spool_pack(s, err)) == 1)
		if (dp_stop_signal() != 0 ||
		    (s->inotify != -1 && dp_io_readable(s->inotify)))
			break;
	return rc == -1 && err->status != DP_TRYAGAIN ? -1 : 0;
}

int
spool_tidy(struct dp_queue *q, uint64_t min_bytes, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	int rc;

	if (s->divided && spool_dead_adopt(s, err) == -1)
		return -1;
	s->divided = false;
	rc = roll_settled(s, min_bytes, err);
	return rc == 0 ? pack_kept(s, err) : rc;
}
