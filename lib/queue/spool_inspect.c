/* What a spool holds, and who is at work on it. */

#include <sys/statvfs.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "queue/inspect.h"
#include "queue/spool.h"

/* The number of entries of a folder, and the sum of their sizes. */
static void
count_files(int above, const char *name, uint64_t *files, uint64_t *bytes)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	struct stat st;

	*files = *bytes = 0;
	if (d == NULL) {
		if (fd != -1)
			(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		size_t len = strlen(e->d_name);

		if (e->d_name[0] == '.' ||
		    (len > 9 && strcmp(e->d_name + len - 9, ".requeued") == 0))
			continue;
		++*files;
		if (fstatat(fd, e->d_name, &st, 0) == 0)
			*bytes += (uint64_t)st.st_size;
	}
	(void)closedir(d);
}

static int
look_at_segment(struct dp_inspect *i, struct spool *s, uint64_t number,
    struct dp_err *err)
{
	struct dp_inspect_segment seg = { .number = number };
	struct spool_seg_head h;
	uint64_t end = SPOOL_SEG_HEAD;
	struct spool_reader r;
	struct stat st;
	int rc = spool_reader_open(&r, s, number, err);

	if (rc != 1)
		return rc;
	rc = spool_seg_head(s, r.fd, number, &h, err);
	if (rc != -1 && fstat(r.fd, &st) == -1)
		rc = dp_err_sys(err, DP_FAILED, errno, "%s/seg: segment %ju",
		    s->base.name, (uintmax_t)number);
	if (rc != -1)
		rc = spool_last_frame(&r, &end, &seg.lines, err);
	spool_reader_close(&r);
	if (rc == -1)
		return -1;
	seg.nonce = h.nonce;
	seg.bytes = end - SPOOL_SEG_HEAD;
	seg.created_us = h.created_us;
	seg.written_us = (uint64_t)st.st_mtim.tv_sec * 1000000 +
	    (uint64_t)st.st_mtim.tv_nsec / 1000;
	return dp_buf_add(&i->segments, &seg, sizeof seg) == -1
	    ? dp_err_nomem(err)
	    : 0;
}

/* A lane that is leased is locked; who has it, tries may tell. */
static bool
is_leased(const struct spool *s, uint64_t number)
{
	struct flock l = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = spool_lane_byte(number),
		.l_len = 1 };

	return fcntl(s->cursor, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

static void
note_try(void *arg, const struct spool_try *t)
{
	struct dp_inspect_group *g = arg;

	if ((t->kind == 's' || t->kind == 'p') && t->value > 1 &&
	    t->value < INT32_MAX && kill((pid_t)t->value, 0) == 0)
		g->pid = (pid_t)t->value;
	if (t->kind != 'e' && t->kind != 'u')
		return;
	spool_lane_text(g->failure.lane, t->number, t->nonce);
	g->failure.first = t->first;
	g->failure.end = t->end;
	g->failure.attempt = t->attempt;
	g->failure.status = (unsigned)t->value;
	g->failure.time_us = t->time_us;
}

/* What of a segment waits for the group that s was opened for. */
static void
add_waiting(struct dp_inspect_group *g, const struct spool *s,
    struct spool_cursor *c, const struct dp_inspect_segment *seg)
{
	const struct spool_pos *pos =
	    spool_cursor_find(c, seg->number, seg->nonce);
	uint64_t line = pos == NULL ? 0 : pos->line;
	uint64_t settled = pos == NULL ? 0 : pos->offset - SPOOL_SEG_HEAD;

	g->leases += s->cursor != -1 && is_leased(s, seg->number);
	if (seg->number < c->floor || (pos != NULL && pos->done) ||
	    seg->lines <= line)
		return;
	if (g->lines == 0)
		g->oldest_us = seg->created_us;
	g->lines += seg->lines - line;
	g->bytes += seg->bytes > settled ? seg->bytes - settled : 0;
}

static int
look_at_group(struct dp_inspect *i, struct spool *top, const char *name,
    const struct dp_queue_opts *opts, struct dp_err *err)
{
	struct dp_inspect_group g = { .name = "" };
	const struct dp_inspect_segment *seg;
	struct dp_queue_opts mine = *opts;
	struct spool_cursor c = { 0 };
	struct spool *s;
	struct stat st;
	size_t k, n;
	char dead[80];
	int rc;

	mine.group = name;
	s = (struct spool *)dp_queue_open(top->base.name, DP_QUEUE_LOOK, &mine,
	    err);
	if (s == NULL)
		return -1;
	(void)snprintf(g.name, sizeof g.name, "%s", name);
	rc = s->cursor == -1 ? 0 : spool_cursor_read(s, s->cursor, &c, err);
	if (rc == 0)
		rc = spool_tries_each(s, note_try, &g, err);
	seg = dp_inspect_segments(i, &n);
	/* A floor that is not there is the oldest segment. */
	for (k = 0; k < n && seg[k].number != c.floor; k++)
		;
	if (k == n)
		c.floor = 0;
	for (k = 0; k < n; k++)
		add_waiting(&g, s, &c, &seg[k]);
	if (c.generation > 0 && fstat(s->cursor, &st) == 0)
		g.settled_us = (uint64_t)st.st_mtim.tv_sec * 1000000;
	dp_queue_close(&s->base);
	(void)snprintf(dead, sizeof dead, "dead/%s", name);
	count_files(top->dir, dead, &g.dead, &g.dead_bytes);
	if (g.leases == 0)
		g.pid = 0;
	if (rc == 0 && dp_buf_add(&i->groups, &g, sizeof g) == -1)
		rc = dp_err_nomem(err);
	return rc;
}

static int
look_at_groups(struct dp_inspect *i, struct spool *s,
    const struct dp_queue_opts *opts, struct dp_err *err)
{
	int fd = openat(s->dir, "group", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		rc = errno == ENOENT ? 0
				     : dp_err_sys(err, DP_FAILED, errno,
					   "%s/group", s->base.name);
		if (fd != -1)
			(void)close(fd);
		return rc;
	}
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (spool_good_group(e->d_name))
			rc = look_at_group(i, s, e->d_name, opts, err);
	(void)closedir(d);
	return rc;
}

int
spool_inspect(struct dp_queue *q, const struct dp_queue_opts *opts,
    struct dp_inspect *i, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	struct dp_buf list;
	struct statvfs v;
	uint64_t number, unused;
	size_t at;
	int rc;

	dp_buf_init(&list, 0);
	rc = spool_list(s, &list, err);
	for (at = 0; rc == 0 && at < list.len; at += sizeof number) {
		memcpy(&number, list.data + at, sizeof number);
		rc = look_at_segment(i, s, number, err);
	}
	dp_buf_fini(&list);
	if (rc == -1 || look_at_groups(i, s, opts, err) == -1)
		return -1;
	if (fstatvfs(s->dir, &v) == 0) {
		i->disk_free = (uint64_t)v.f_bavail * v.f_frsize;
		i->disk_size = (uint64_t)v.f_blocks * v.f_frsize;
	}
	count_files(s->dir, "bad", &i->bad, &unused);
	return 0;
}
