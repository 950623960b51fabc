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

#define OUT_US UINT64_C(10000000) /* of the younger mark at least */
#define OUT_MIN_US UINT64_C(1000000)

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
    bool kept, struct dp_err *err)
{
	struct dp_inspect_segment seg = { .number = number, .kept = kept };
	uint64_t end = SPOOL_SEG_HEAD;
	struct spool_reader r;
	struct stat st;
	int rc = spool_reader_open(&r, s, number, err);

	if (rc != 1)
		return rc;
	seg.nonce = r.nonce;
	seg.created_us = r.created_us;
	seg.packed = r.packed != NULL;
	if (fstat(r.fd, &st) == -1)
		rc = dp_err_sys(err, DP_FAILED, errno, "%s/seg: segment %ju",
		    s->base.name, (uintmax_t)number);
	if (rc != -1)
		rc = spool_last_frame(&r, &end, &seg.lines, err);
	spool_reader_close(&r);
	if (rc == -1)
		return -1;
	seg.bytes = end - SPOOL_SEG_HEAD;
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

/* What is being filled in of one group. */
struct look {
	struct dp_inspect *i;
	struct dp_inspect_group g;
	size_t leases; /* where its leases begin */
};

static bool
lives(uint64_t pid)
{
	return pid > 1 && pid < INT32_MAX &&
	    (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static void
note_attempt(struct look *k, const struct spool_try *t)
{
	struct dp_inspect_lease *l =
	    (struct dp_inspect_lease *)(void *)k->i->leases.data;
	size_t n = k->i->leases.len / sizeof *l, j;

	for (j = k->leases; j < n; j++) {
		if (l[j].number != t->number || l[j].nonce != t->nonce)
			continue;
		l[j].first = t->first;
		l[j].end = t->end;
		l[j].attempt = t->attempt;
		l[j].time_us = t->time_us;
		if (t->kind == 's') {
			l[j].drain = lives(t->value) ? (pid_t)t->value : 0;
			l[j].command = 0;
		} else {
			l[j].command = lives(t->value) ? (pid_t)t->value : 0;
		}
	}
}

static void
note_try(void *arg, const struct spool_try *t)
{
	struct look *k = arg;
	struct dp_inspect_failure *f = &k->g.failure;

	if (t->kind == 's' || t->kind == 'p')
		note_attempt(k, t);
	if (t->kind != 'e' && t->kind != 'u')
		return;
	spool_lane_text(f->lane, t->number, t->nonce);
	f->first = t->first;
	f->end = t->end;
	f->attempt = t->attempt;
	f->status = (unsigned)t->value;
	f->time_us = t->time_us;
	(void)snprintf(f->said, sizeof f->said, "%.*s", (int)t->said_len,
	    t->said == NULL ? "" : t->said);
}

static int
note_lease(struct look *k, const struct dp_inspect_segment *seg,
    struct dp_err *err)
{
	struct dp_inspect_lease l = { .number = seg->number,
		.nonce = seg->nonce };

	k->g.leases++;
	memcpy(l.group, k->g.name, sizeof l.group);
	spool_lane_text(l.lane, seg->number, seg->nonce);
	return dp_buf_add(&k->i->leases, &l, sizeof l) == -1 ? dp_err_nomem(err)
							     : 0;
}

/* The younger of two marks, if it is old enough to mean something. */
static void
measure_out(struct dp_inspect_group *g, const struct spool_cursor *c,
    uint64_t now_us)
{
	int i;

	for (i = 1; i >= 0; i--) {
		const struct spool_mark *m = &c->marks[i];

		if (m->since_us == 0 || m->since_us > now_us ||
		    now_us - m->since_us < (i == 1 ? OUT_US : OUT_MIN_US))
			continue;
		g->out = (struct dp_inspect_flow){ .lines = m->lines,
			.time_us = now_us - m->since_us };
		return;
	}
}

/* What of a segment waits for the group that s was opened for. */
static void
add_waiting(struct dp_inspect_group *g, struct spool_cursor *c,
    const struct dp_inspect_segment *seg)
{
	const struct spool_pos *pos =
	    spool_cursor_find(c, seg->number, seg->nonce);
	uint64_t line = pos == NULL ? 0 : pos->line;
	uint64_t settled = pos == NULL ? 0 : pos->offset - SPOOL_SEG_HEAD;

	if (seg->number < c->floor || (pos != NULL && pos->done) ||
	    seg->lines <= line)
		return;
	if (g->lines == 0)
		g->oldest_us = seg->created_us;
	g->lines += seg->lines - line;
	g->bytes += seg->bytes > settled ? seg->bytes - settled : 0;
}

/* A floor that is not there is the oldest segment. */
static void
believe_floor(struct spool_cursor *c, const struct dp_inspect_segment *seg,
    size_t n)
{
	size_t k;

	for (k = 0; k < n && seg[k].number != c->floor; k++)
		;
	if (k == n || seg[k].nonce != c->floor_nonce)
		c->floor = 0;
}

static int
look_into(struct look *k, struct spool *s, struct dp_err *err)
{
	const struct dp_inspect_segment *seg;
	struct spool_cursor c = { 0 };
	struct stat st;
	size_t j, n;

	if (s->cursor != -1 && spool_cursor_read(s, s->cursor, &c, err) == -1)
		return -1;
	seg = dp_inspect_segments(k->i, &n);
	believe_floor(&c, seg, n);
	for (j = 0; j < n; j++) {
		add_waiting(&k->g, &c, &seg[j]);
		if (s->cursor != -1 && is_leased(s, seg[j].number) &&
		    note_lease(k, &seg[j], err) == -1)
			return -1;
	}
	if (c.generation > 0 && fstat(s->cursor, &st) == 0)
		k->g.settled_us = (uint64_t)st.st_mtim.tv_sec * 1000000;
	measure_out(&k->g, &c, k->i->now_us);
	return spool_tries_each(s, note_try, k, err);
}

static int
look_at_group(struct dp_inspect *i, struct spool *top, const char *name,
    const struct dp_queue_opts *opts, struct dp_err *err)
{
	struct look k = { .i = i,
		.leases = i->leases.len / sizeof(struct dp_inspect_lease) };
	struct dp_queue_opts mine = *opts;
	struct dp_queue *q;
	char dead[80];
	int rc;

	mine.group = name;
	q = dp_queue_open(top->base.name, DP_QUEUE_LOOK, &mine, err);
	if (q == NULL)
		return -1;
	(void)snprintf(k.g.name, sizeof k.g.name, "%.64s", name);
	rc = look_into(&k, (struct spool *)q, err);
	dp_queue_close(q);
	(void)snprintf(dead, sizeof dead, "dead/%s", k.g.name);
	count_files(top->dir, dead, &k.g.dead, &k.g.dead_bytes);
	if (rc == 0 && dp_buf_add(&i->groups, &k.g, sizeof k.g) == -1)
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

/* What all groups have settled is only counted, unless all. */
static int
look_at_segments(struct dp_inspect *i, struct spool *s, bool all,
    struct dp_err *err)
{
	uint64_t number, floor = 0, unused, size;
	struct dp_buf list;
	size_t at;
	int rc;

	dp_buf_init(&list, 0);
	rc = spool_floor(s, &floor, &unused, err);
	if (rc != -1)
		rc = spool_list(s, &list, err);
	for (at = 0; rc == 0 && at < list.len; at += sizeof number) {
		bool kept;

		memcpy(&number, list.data + at, sizeof number);
		kept = number < floor && at + sizeof number < list.len;
		if (kept && spool_seg_size(s, number, &size) == 1) {
			i->kept_segments++;
			i->kept_bytes += size;
		}
		if (!kept || all)
			rc = look_at_segment(i, s, number, kept, err);
	}
	dp_buf_fini(&list);
	return rc;
}

int
spool_inspect(struct dp_queue *q, const struct dp_queue_opts *opts, bool all,
    struct dp_inspect *i, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	struct statvfs v;
	uint64_t unused;

	if (spool_keep_read(s, &i->keep, err) == -1 ||
	    look_at_segments(i, s, all, err) == -1 ||
	    look_at_groups(i, s, opts, err) == -1)
		return -1;
	if (fstatvfs(s->dir, &v) == 0) {
		i->disk_free = (uint64_t)v.f_bavail * v.f_frsize;
		i->disk_size = (uint64_t)v.f_blocks * v.f_frsize;
	}
	count_files(s->dir, "bad", &i->bad, &unused);
	return 0;
}
