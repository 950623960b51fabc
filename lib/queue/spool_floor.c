/* What every group has settled: that may go, and only that. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "queue/spool.h"

/* The floor of one group.  1; 0 when it is not known. */
static int
floor_of(struct spool *s, int groups, const char *name, const uint64_t *list,
    size_t n, struct spool_pos *floor, struct dp_err *err)
{
	char path[300];
	struct spool_cursor c;
	const struct spool_pos *pos;
	int fd, rc;

	(void)snprintf(path, sizeof path, "%s/cursor", name);
	fd = openat(groups, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return 0;
	rc = spool_cursor_read(s, fd, &c, err);
	(void)close(fd);
	if (rc == -1 || c.generation == 0)
		return 0;
	if (spool_cursor_settle_floor(s, &c, list, n, err) == -1)
		return -1;
	pos = spool_cursor_find(&c, c.floor, c.floor_nonce);
	floor->number = c.floor;
	floor->offset = pos == NULL ? 0 : pos->offset;
	return 1;
}

static int
lowest(struct spool *s, DIR *d, const uint64_t *list, size_t n,
    struct spool_pos *low, struct dp_err *err)
{
	struct spool_pos one;
	struct dirent *e;
	int known = 0;

	errno = 0;
	while ((e = readdir(d)) != NULL) {
		int rc;

		if (e->d_name[0] == '.')
			continue;
		rc = floor_of(s, dirfd(d), e->d_name, list, n, &one, err);
		if (rc != 1)
			return rc;
		if (!known || one.number < low->number ||
		    (one.number == low->number && one.offset < low->offset))
			*low = one;
		known = 1;
		errno = 0;
	}
	return errno == 0 ? known : 0;
}

static int
floor_in(struct spool *s, const struct dp_buf *list, struct spool_pos *low,
    struct dp_err *err)
{
	int fd = openat(s->dir, "group", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	int rc;

	if (d == NULL) {
		if (fd != -1)
			(void)close(fd);
		return 0;
	}
	rc = lowest(s, d, (const uint64_t *)(const void *)list->data,
	    list->len / sizeof(uint64_t), low, err);
	(void)closedir(d);
	return rc;
}

int
spool_floor(struct spool *s, uint64_t *number, uint64_t *offset,
    struct dp_err *err)
{
	struct spool_pos low = { 0 };
	struct dp_buf list;
	int rc;

	dp_buf_init(&list, 0);
	rc = spool_list(s, &list, err);
	if (rc == 0)
		rc = floor_in(s, &list, &low, err);
	dp_buf_fini(&list);
	*number = low.number;
	*offset = low.offset;
	return rc;
}

static int
remove_file(const struct spool *s, const char *name, struct dp_err *err)
{
	if (unlinkat(s->seg, name, 0) == -1 && errno != ENOENT)
		return dp_err_sys(err, dp_err_status_of(errno), errno,
		    "cannot remove %s/seg/%s", s->base.name, name);
	return 0;
}

int
spool_remove(const struct spool *s, uint64_t number, struct dp_err *err)
{
	char name[SPOOL_NAME_SIZE], kept[SPOOL_NAME_SIZE];

	spool_seg_name(name, number);
	spool_kept_name(kept, number);
	/* In this order: who packs it looks for the plain one at its end. */
	return remove_file(s, name, err) == -1 ? -1 : remove_file(s, kept, err);
}

static int
remove_below(struct spool *s, const uint64_t *list, size_t n, uint64_t floor,
    struct dp_err *err)
{
	size_t i, below = 0, over;

	while (below + 1 < n && list[below] < floor)
		below++;
	if (below == 0 || spool_keep_over(s, list, below, &over, err) == -1)
		return below == 0 ? 0 : -1;
	if (over == 0)
		return 0;
	/* The entry of what stays must be there before others go. */
	if (fsync(s->seg) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "cannot sync %s/seg",
		    s->base.name);
	for (i = 0; i < over; i++)
		if (spool_remove(s, list[i], err) == -1)
			return -1;
	if (fsync(s->seg) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "cannot sync %s/seg",
		    s->base.name);
	return 0;
}

int
spool_floor_lock(const struct spool *s, struct dp_err *err)
{
	int fd = openat(s->dir, "group", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		(void)dp_err_sys(err, dp_err_status_of(errno), errno,
		    "%s/group", s->base.name);
	else if (spool_lock_dir(s, fd, "group", err) == 0)
		return fd;
	if (fd != -1)
		(void)close(fd);
	return -1;
}

static int
remove_settled(struct spool *s, struct dp_err *err)
{
	struct spool_pos low = { 0 };
	struct dp_buf list;
	int rc;

	dp_buf_init(&list, 0);
	rc = spool_list(s, &list, err);
	if (rc == 0 && list.len > sizeof(uint64_t))
		rc = floor_in(s, &list, &low, err);
	if (rc == 1)
		rc = remove_below(s, (const uint64_t *)(const void *)list.data,
		    list.len / sizeof(uint64_t), low.number, err);
	dp_buf_fini(&list);
	return rc == -1 ? -1 : 0;
}

/* Where others have the lock for long, segments stay until the next time. */
int
spool_remove_settled(struct spool *s, struct dp_err *err)
{
	struct dp_err busy = { 0 };
	int rc, fd = spool_floor_lock(s, &busy);

	if (fd == -1 && busy.status == DP_FAILED)
		*err = busy;
	if (fd == -1)
		return busy.status == DP_FAILED ? -1 : 0;
	rc = remove_settled(s, err);
	(void)close(fd);
	return rc;
}

/* Sizes of all segments, up to the frames; of the active one, its end. */
int
spool_count_used(struct spool *s, uint64_t *bytes, struct dp_err *err)
{
	struct spool_pos low = { 0 };
	struct dp_buf list;
	const uint64_t *at;
	size_t i, n;
	int rc;

	*bytes = 0;
	dp_buf_init(&list, 0);
	rc = spool_list(s, &list, err);
	if (rc == 0)
		rc = floor_in(s, &list, &low, err);
	at = (const uint64_t *)(const void *)list.data;
	n = list.len / sizeof(uint64_t);
	for (i = 0; rc != -1 && i < n; i++) {
		uint64_t size = s->w.end, skip = SPOOL_SEG_HEAD;

		if (at[i] < low.number ||
		    (at[i] != s->w.number &&
			spool_seg_size(s, at[i], &size) != 1))
			continue;
		if (at[i] == low.number && low.offset > skip)
			skip = low.offset;
		*bytes += size > skip ? size - skip : 0;
	}
	dp_buf_fini(&list);
	return rc == -1 ? -1 : 0;
}
