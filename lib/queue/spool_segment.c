#include <sys/random.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "queue/fixed.h"
#include "queue/spool.h"

void
spool_seg_name(char name[SPOOL_NAME_SIZE], uint64_t number)
{
	dp_fixed_put(name, 16, number);
	memcpy(name + 16, ".ndj", 5);
}

void
spool_kept_name(char name[SPOOL_NAME_SIZE], uint64_t number)
{
	dp_fixed_put(name, 16, number);
	memcpy(name + 16, ".ndj.zst", 9);
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
number_of(const char *name, uint64_t *number)
{
	struct dp_fixed f = { .p = name, .left = strlen(name) };

	*number = dp_fixed_take(&f, 16);
	dp_fixed_take_text(&f, ".ndj", 4);
	if (!f.bad && f.left > 0)
		dp_fixed_take_text(&f, ".zst", 4);
	return !f.bad && f.left == 0 && *number > 0;
}

/* Ascending, each once: a segment may be there plain and kept. */
static void
sort(struct dp_buf *b)
{
	uint64_t *list = (uint64_t *)(void *)b->data;
	size_t i, n = b->len / sizeof *list, keep = 0;

	if (n > 0)
		qsort(list, n, sizeof *list, by_number);
	for (i = 0; i < n; i++)
		if (keep == 0 || list[keep - 1] != list[i])
			list[keep++] = list[i];
	b->len = keep * sizeof *list;
}

static int
list_once(const struct spool *s, struct dp_buf *b, struct dp_err *err)
{
	int fd = openat(s->seg, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	uint64_t number;
	int saved;

	if (d == NULL) {
		saved = errno;
		if (fd != -1)
			(void)close(fd);
		return dp_err_sys(err, DP_FAILED, saved, "%s/seg",
		    s->base.name);
	}
	dp_buf_clear(b);
	while (errno = 0, (e = readdir(d)) != NULL)
		if (number_of(e->d_name, &number))
			(void)dp_buf_add(b, &number, sizeof number);
	saved = errno;
	(void)closedir(d);
	if (saved != 0)
		return dp_err_sys(err, DP_FAILED, saved, "%s/seg",
		    s->base.name);
	if (b->failed)
		return dp_err_nomem(err);
	sort(b);
	return 0;
}

/* A plain one is removed when the kept one is there: that is looked at last. */
int
spool_seg_size(const struct spool *s, uint64_t number, uint64_t *size)
{
	char name[SPOOL_NAME_SIZE];
	struct stat st;
	int rc;

	spool_seg_name(name, number);
	rc = fstatat(s->seg, name, &st, AT_SYMLINK_NOFOLLOW);
	if (rc == -1 && errno == ENOENT) {
		spool_kept_name(name, number);
		rc = fstatat(s->seg, name, &st, AT_SYMLINK_NOFOLLOW);
	}
	if (rc == -1)
		return errno == ENOENT ? 0 : -1;
	*size = (uint64_t)st.st_size;
	return 1;
}

static int
there(const struct spool *s, uint64_t number, struct dp_err *err)
{
	uint64_t size;
	int rc = spool_seg_size(s, number, &size);

	return rc == -1
	    ? dp_err_sys(err, DP_FAILED, errno, "%s/seg: segment %ju",
		  s->base.name, (uintmax_t)number)
	    : rc;
}

/* 1: a number that is not in the list is there after all. */
static int
is_behind(const struct spool *s, const struct dp_buf *b, struct dp_err *err)
{
	const uint64_t *list = (const uint64_t *)(const void *)b->data;
	size_t i, n = b->len / sizeof *list;
	int rc = 0;

	if (n > 0 && list[0] > 1)
		rc = there(s, list[0] - 1, err);
	for (i = 1; rc == 0 && i < n; i++)
		if (list[i - 1] + 1 != list[i])
			rc = there(s, list[i - 1] + 1, err);
	return rc;
}

/*
 * A folder that others change while it is read may give N+2 and not N+1,
 * which was made in between, or whose compressed file took its place: a
 * floor must not pass over that.
 */
int
spool_list(const struct spool *s, struct dp_buf *b, struct dp_err *err)
{
	int rc;

	do
		rc = list_once(s, b, err) == -1 ? -1 : is_behind(s, b, err);
	while (rc == 1);
	return rc;
}

int
spool_seg_open(const struct spool *s, const char *name, int flags,
    struct dp_err *err)
{
	int fd = openat(s->seg, name, flags | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1 && errno == ENOENT)
		err->status = DP_OK;
	else if (fd == -1)
		(void)dp_err_sys(err, errno == EACCES ? DP_NOPERM : DP_FAILED,
		    errno, "%s/seg/%s", s->base.name, name);
	return fd;
}

bool
spool_seg_head(const struct spool *s, const char line[SPOOL_SEG_HEAD],
    uint64_t number, struct spool_seg_head *h)
{
	if (spool_seg_head_parse(line, s->seed, h) == 0 &&
	    h->number == number && memcmp(h->id, s->base.id, 32) == 0)
		return true;
	memset(h, 0, sizeof *h);
	h->number = number;
	h->nonce = dp_hash64(line, SPOOL_SEG_HEAD, s->seed);
	return false;
}

static int
fill_new(const struct spool *s, int fd, uint64_t number, struct dp_err *err)
{
	char line[SPOOL_SEG_HEAD];
	struct spool_seg_head h = { .number = number,
		.created_us = dp_time_wall_us() };
	struct stat st;

	memcpy(h.id, s->base.id, sizeof h.id);
	memcpy(h.boot, s->boot, sizeof h.boot);
	if (getrandom(&h.nonce, sizeof h.nonce, 0) != sizeof h.nonce ||
	    fstat(fd, &st) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "%s/seg",
		    s->base.name);
	h.inode = st.st_ino;
	spool_seg_head_write(line, &h, s->seed);
	if (dp_io_pwrite(fd, line, sizeof line, 0) == -1 || fsync(fd) == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno,
		    "%s/seg: cannot write segment %ju", s->base.name,
		    (uintmax_t)number);
	return 0;
}

int
spool_seg_create(const struct spool *s, uint64_t number, struct dp_err *err)
{
	char name[SPOOL_NAME_SIZE], made[SPOOL_NAME_SIZE];
	int fd;

	if (number > SPOOL_NUMBER_MAX)
		return dp_err_set(err, DP_FAILED, "%s: out of numbers",
		    s->base.name);
	spool_seg_name(name, number);
	memcpy(made, name, sizeof made);
	memcpy(made + 16, ".new", 4);
	fd = openat(s->seg, made,
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno,
		    "%s/seg/%s", s->base.name, made);
	if (fill_new(s, fd, number, err) == -1) {
		(void)unlinkat(s->seg, made, 0);
		(void)close(fd);
		return -1;
	}
	if (renameat(s->seg, made, s->seg, name) == -1) {
		(void)dp_err_sys(err, dp_err_status_of(errno), errno,
		    "%s/seg/%s", s->base.name, name);
		(void)close(fd);
		return -1;
	}
	return fd;
}

/*
 * The neighbor by name first.  A segment that is missing in between was
 * taken away: it was below no floor, or we would not stand before it.
 */
int
spool_seg_follows(struct spool *s, uint64_t number, struct dp_err *err)
{
	struct dp_buf b;
	uint64_t last = 0;
	int rc = there(s, number + 1, err);

	if (rc != 0)
		return rc;
	dp_buf_init(&b, 0);
	rc = spool_list(s, &b, err);
	if (rc == 0 && b.len > 0)
		memcpy(&last, b.data + b.len - sizeof last, sizeof last);
	dp_buf_fini(&b);
	return rc == -1 ? -1 : last > number;
}
