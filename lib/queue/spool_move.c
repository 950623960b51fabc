/* Changes to a group's cursor, and to what is around the segments. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/stop.h"
#include "queue/admin.h"
#include "queue/spool.h"

#define DEAD_NAME 256

/* All lanes at once: nobody works while a cursor is moved. */
static int
lease_all(struct spool *s, struct dp_err *err)
{
	struct flock l = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = spool_lane_byte(0),
		.l_len = (off_t)1 << 54 };
	int fd = openat(s->group, "cursor", O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd != -1 && fcntl(fd, F_OFD_SETLK, &l) == 0)
		return fd;
	if (fd != -1 && (errno == EAGAIN || errno == EACCES))
		(void)dp_err_set(err, DP_TRYAGAIN,
		    "%s: lanes of the group %s are leased: stop dp-drain first",
		    s->base.name, s->group_name);
	else
		(void)dp_err_sys(err, DP_FAILED, errno, "%s/group/%s/cursor",
		    s->base.name, s->group_name);
	if (fd != -1)
		(void)close(fd);
	return -1;
}

/* The frame that holds the line of a position, and the lane's nonce. */
static int
find_line(struct spool *s, const struct dp_position *to, struct spool_pos *pos,
    struct dp_err *err)
{
	struct spool_reader r;
	struct spool_frame f;
	const char *payload;
	int rc = spool_reader_open(&r, s, to->number, err);

	if (rc == 0 || (rc == 1 && to->has_nonce && to->nonce != r.nonce)) {
		if (rc == 1)
			spool_reader_close(&r);
		return dp_err_set(err, DP_DATA,
		    "%s: segment %ju is not there any more, or not of that "
		    "lane",
		    s->base.name, (uintmax_t)to->number);
	}
	if (rc == -1)
		return -1;
	*pos = (struct spool_pos){ r.number, r.nonce, to->line, SPOOL_SEG_HEAD,
		false };
	while (to->line > 0 &&
	    (rc = spool_reader_next(&r, &f, &payload, err)) == 1) {
		if (f.first + f.lines > to->line)
			break;
		spool_reader_pass(&r, &f);
	}
	pos->offset = r.offset;
	spool_reader_close(&r);
	if (rc == -1)
		return -1;
	return rc == 1
	    ? 0
	    : dp_err_set(err, DP_DATA, "%s: segment %ju has no line %ju",
		  s->base.name, (uintmax_t)to->number, (uintmax_t)to->line);
}

/* Forgets all lanes that stand at or behind number; below: before it. */
static void
forget_lanes(struct spool_cursor *c, uint64_t number, bool below)
{
	size_t i, keep = 0;

	for (i = 0; i < c->n; i++)
		if (below ? c->lanes[i].number >= number
			  : c->lanes[i].number < number)
			c->lanes[keep++] = c->lanes[i];
	c->n = keep;
}

static bool
is_behind(const struct spool_cursor *c, const struct spool_pos *to)
{
	const struct spool_pos *at;
	size_t i;

	if (to->number < c->floor)
		return true;
	for (i = 0; i < c->n; i++) {
		at = &c->lanes[i];
		if (at->number > to->number ||
		    (at->number == to->number &&
			(at->done || at->line >= to->line)))
			return true;
	}
	return false;
}

static int
move_back(struct spool *s, const struct spool_pos *to, struct dp_err *err)
{
	struct spool_cursor c;

	if (spool_cursor_read(s, s->cursor, &c, err) == -1)
		return -1;
	if (!is_behind(&c, to))
		return dp_err_set(err, DP_DATA,
		    "%s: the group %s has not come that far", s->base.name,
		    s->group_name);
	forget_lanes(&c, to->number, false);
	if (c.n == SPOOL_LANES)
		return dp_err_set(err, DP_TRYAGAIN,
		    "%s/group/%s/cursor is full", s->base.name, s->group_name);
	c.lanes[c.n++] = *to;
	if (to->number < c.floor) {
		c.floor = to->number;
		c.floor_nonce = to->nonce;
	}
	/* The lines that come again have not been attempted. */
	if (spool_tries_forget(s, err) == -1)
		return -1;
	return spool_cursor_write(s, s->cursor, &c, err);
}

/* Does it with all lanes leased and the cursor locked. */
static int
change(struct spool *s,
    int (*fn)(struct spool *s, const struct spool_pos *to, struct dp_err *err),
    const struct spool_pos *to, struct dp_err *err)
{
	int rc, fd = lease_all(s, err);

	if (fd == -1)
		return -1;
	rc = spool_cursor_lock(s, err);
	if (rc == 0) {
		rc = fn(s, to, err);
		spool_cursor_unlock(s);
	}
	(void)close(fd);
	return rc;
}

int
spool_rewind(struct dp_queue *q, const struct dp_position *to,
    struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	struct spool_pos pos = { 0 };
	/* What is found must still be there when the cursor names it. */
	int rc, lock = spool_floor_lock(s, err);

	if (lock == -1)
		return -1;
	rc = find_line(s, to, &pos, err);
	if (rc == 0)
		rc = change(s, move_back, &pos, err);
	(void)close(lock);
	return rc;
}

static int
move_on(struct spool *s, const struct spool_pos *to, struct dp_err *err)
{
	struct spool_cursor c;

	if (spool_cursor_read(s, s->cursor, &c, err) == -1)
		return -1;
	if (c.floor >= to->number)
		return 0;
	forget_lanes(&c, to->number, true);
	c.floor = to->number;
	c.floor_nonce = to->nonce;
	/* As in spool_lease.c: a floor is durable before it is named. */
	if (fsync(s->seg) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "cannot sync %s/seg",
		    s->base.name);
	return spool_cursor_write(s, s->cursor, &c, err);
}

/* For one group. */
static int
purge_group(struct spool *top, const struct dp_queue_opts *opts,
    const char *name, uint64_t number, struct dp_err *err)
{
	const struct dp_position to = { .number = number };
	struct dp_queue_opts mine = *opts;
	struct spool_pos pos = { 0 };
	struct dp_queue *q;
	int rc;

	mine.group = name;
	q = dp_queue_open(top->base.name, DP_QUEUE_CONSUME, &mine, err);
	if (q == NULL)
		return -1;
	rc = find_line((struct spool *)q, &to, &pos, err);
	if (rc == 0)
		rc = change((struct spool *)q, move_on, &pos, err);
	dp_queue_close(q);
	return rc;
}

/* Kept for replay or not: no group is before number any more. */
static int
remove_before(struct spool *s, uint64_t number, struct dp_err *err)
{
	struct dp_buf list;
	uint64_t one;
	size_t at;
	int rc;

	dp_buf_init(&list, 0);
	rc = spool_list(s, &list, err);
	for (at = 0; rc == 0 && at + sizeof one < list.len; at += sizeof one) {
		memcpy(&one, list.data + at, sizeof one);
		if (one < number)
			rc = spool_remove(s, one, err);
	}
	dp_buf_fini(&list);
	if (rc == 0 && fsync(s->seg) == -1)
		rc = dp_err_sys(err, DP_FAILED, errno, "cannot sync %s/seg",
		    s->base.name);
	return rc;
}

int
spool_purge(struct dp_queue *q, const struct dp_queue_opts *opts,
    uint64_t number, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	int fd, rc, groups = 0;
	struct dirent *e;
	DIR *d;

	fd = openat(s->dir, "group", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd == -1 ? NULL : fdopendir(fd);
	if (d == NULL) {
		rc =
		    dp_err_sys(err, DP_FAILED, errno, "%s/group", s->base.name);
		if (fd != -1)
			(void)close(fd);
		return rc;
	}
	rc = spool_lock_dir(s, fd, "group", err);
	while (rc == 0 && (e = readdir(d)) != NULL) {
		if (!spool_good_group(e->d_name))
			continue;
		groups++;
		rc = purge_group(s, opts, e->d_name, number, err);
	}
	if (rc == 0 && groups == 0)
		rc = purge_group(s, opts, opts->group, number, err);
	if (rc == 0)
		rc = remove_before(s, number, err);
	(void)closedir(d);
	return rc;
}

static int
keep_nothing(struct spool *s, struct dp_err *err)
{
	if ((unlinkat(s->dir, "keep", 0) == -1 && errno != ENOENT) ||
	    fsync(s->dir) == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno,
		    "%s/keep", s->base.name);
	return 0;
}

int
spool_keep(struct dp_queue *q, const struct dp_keep *keep, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	struct dp_keep k = *keep;
	int rc = 0;

	if (k.bytes == 0 || k.age_ms == 0)
		rc = keep_nothing(s, err);
	else if (k.bytes != DP_KEEP_UNSET || k.age_ms != DP_KEEP_UNSET) {
		k.bytes = k.bytes == DP_KEEP_UNSET ? 0 : k.bytes;
		k.age_ms = k.age_ms == DP_KEEP_UNSET ? 0 : k.age_ms;
		rc = spool_keep_write(s, &k, err);
	}
	if (rc == 0)
		rc = spool_remove_settled(s, err);
	if (rc == 0)
		while ((rc = spool_pack(s, err)) == 1 && dp_stop_signal() == 0)
			;
	return rc == -1 ? -1 : 0;
}

static int
write_twice(struct spool *s, const struct spool_pos *to, struct dp_err *err)
{
	struct spool_cursor c;

	(void)to;
	if (spool_cursor_read(s, s->cursor, &c, err) == -1)
		return -1;
	if (c.generation == 0)
		return 0;
	return spool_cursor_write(s, s->cursor, &c, err) == -1
	    ? -1
	    : spool_cursor_write(s, s->cursor, &c, err);
}

static int
pass_all(struct spool *s, uint64_t number, struct dp_err *err)
{
	struct spool_reader r;
	struct spool_frame f;
	const char *payload;
	int rc = spool_reader_open(&r, s, number, err);

	if (rc != 1)
		return rc;
	while ((rc = spool_reader_next(&r, &f, &payload, err)) == 1)
		spool_reader_pass(&r, &f);
	spool_reader_close(&r);
	return rc == -1 ? -1 : 0;
}

int
spool_repair(struct dp_queue *q, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	struct dp_buf list;
	uint64_t number = 0;
	struct spool_tail t;
	size_t at;
	int rc;

	dp_buf_init(&list, 0);
	rc = spool_list(s, &list, err);
	for (at = 0; rc == 0 && at < list.len; at += sizeof number) {
		memcpy(&number, list.data + at, sizeof number);
		rc = pass_all(s, number, err);
	}
	dp_buf_fini(&list);
	if (rc == 0 && number > 0 && spool_read_tail(s, number, &t) == -1 &&
	    unlinkat(s->dir, "tail", 0) == -1 && errno != ENOENT)
		rc = dp_err_sys(err, dp_err_status_of(errno), errno, "%s/tail",
		    s->base.name);
	return rc == -1 ? -1 : change(s, write_twice, NULL, err);
}

static int
is_letter(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return e->d_name[0] != '.' && len > 7 && len < DEAD_NAME - 10 &&
	    strcmp(e->d_name + len - 7, ".ndjson") == 0;
}

static int
one_letter(int dir, const char *name, struct dp_queue *into,
    int (*fn)(void *arg, const char *name, int fd, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	char done[2 * DEAD_NAME];
	int rc, fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1)
		return errno == ENOENT ? 0
				       : dp_err_sys(err, DP_FAILED, errno,
					     "dead letters: %s", name);
	rc = fn(arg, name, fd, err);
	(void)close(fd);
	if (rc == -1 || into == NULL)
		return rc;
	if (dp_queue_sync(into, err) == -1)
		return -1;
	(void)snprintf(done, sizeof done, "%s.requeued", name);
	if (renameat(dir, name, dir, done) == -1 || fsync(dir) == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno,
		    "dead letters: %s", name);
	return 0;
}

int
spool_dead(struct dp_queue *q, struct dp_queue *into,
    int (*fn)(void *arg, const char *name, int fd, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	struct dirent **list = NULL;
	char path[8 + SPOOL_GROUP_MAX];
	int i, n, dir, rc = 0;

	(void)snprintf(path, sizeof path, "dead/%s", s->group_name);
	dir = openat(s->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1 && errno == ENOENT)
		return 0;
	/* Two that take the same file would both put its lines back. */
	if (dir != -1 && into != NULL)
		rc = spool_lock_dir(s, dir, path, err);
	n = dir == -1 || rc == -1
	    ? -1
	    : scandirat(dir, ".", &list, is_letter, alphasort);
	if (n == -1 && rc == 0)
		rc = dp_err_sys(err, dp_err_status_of(errno), errno, "%s/%s",
		    s->base.name, path);
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = one_letter(dir, list[i]->d_name, into, fn, arg,
			    err);
		free(list[i]);
	}
	free(list);
	if (dir != -1)
		(void)close(dir);
	return rc;
}
