#include <sys/inotify.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "queue/spool.h"

/* What the batch at hand may still take. */
struct room {
	uint64_t bytes, lines;
	bool empty; /* then one line goes in, whatever its length */
};

const char *
spool_after_lines(const char *p, const char *end, uint64_t lines)
{
	while (lines > 0 && p < end) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p == NULL ? end : p + 1;
		lines--;
	}
	return p;
}

/* Whole lines of [p, end) that fit, and how many they are. */
static size_t
cut(const char *p, const char *end, const struct room *room, uint64_t *lines)
{
	const char *at = p;

	for (*lines = 0; at < end && *lines < room->lines; ++*lines) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		if (nl == NULL)
			break;
		if ((uint64_t)(nl + 1 - p) > room->bytes &&
		    !(room->empty && *lines == 0))
			break;
		at = nl + 1;
	}
	return (size_t)(at - p);
}

/* The part of the frame that goes into the batch; 0 lines: none. */
static size_t
choose(const struct spool_frame *f, uint64_t line, const char **p,
    const struct room *room, uint64_t *lines)
{
	const char *end = *p + f->bytes;

	*p = spool_after_lines(*p, end, line - f->first);
	*lines = f->first + f->lines - line;
	if (*lines <= room->lines && (uint64_t)(end - *p) <= room->bytes)
		return (size_t)(end - *p);
	/* A frame is left whole, unless lines are counted or it is alone. */
	if (!room->empty && *lines <= room->lines) {
		*lines = 0;
		return 0;
	}
	return cut(*p, end, room, lines);
}

/* Lines between the last frame and this one are lost. */
static void
pass_gap(struct spool_lease *l, const struct spool_frame *f)
{
	struct dp_queue_damage *d = &l->s->base.damage;

	if (d->lines == 0)
		spool_tell(&l->r, 0, f->first - l->b.end, "lines missing");
	l->line = l->b.first = l->b.end = f->first;
}

/* 1: part of the frame went into the batch, or it was passed. */
static int
take_frame(struct spool_lease *l, const struct spool_frame *f,
    const char *payload, const struct room *room, dp_queue_sink *sink,
    void *arg, struct dp_err *err)
{
	struct dp_queue_batch *b = &l->b;
	uint64_t lines;
	size_t len;

	if (f->first + f->lines <= b->end) {
		spool_reader_pass(&l->r, f);
		return 1;
	}
	if (f->first > b->end) {
		if (b->bytes > 0)
			return 0;
		pass_gap(l, f);
	}
	len = choose(f, b->end, &payload, room, &lines);
	if (lines == 0)
		return 0;
	if (sink(arg, payload, len, err) == -1)
		return -1;
	b->end += lines;
	b->bytes += len;
	if (b->end < f->first + f->lines)
		return 0;
	spool_reader_pass(&l->r, f);
	return 1;
}

/*
 * fixed_end: where the batch ends, 0 for none.  next_first: where one that
 * was attempted begins, which is not to be cut.
 */
static int
fill(struct spool_lease *l, const struct dp_queue_limits *limits,
    uint64_t fixed_end, uint64_t next_first, dp_queue_sink *sink, void *arg,
    struct dp_err *err)
{
	struct dp_queue_batch *b = &l->b;
	uint64_t max = limits->records == 0 ? UINT64_MAX : limits->records;
	int rc = 1;

	if (max > next_first - b->first)
		max = next_first - b->first;
	while (rc == 1) {
		struct room room = { .empty = b->bytes == 0 };
		struct spool_frame f;
		const char *payload;

		if (fixed_end > 0) {
			room.lines =
			    fixed_end > b->end ? fixed_end - b->end : 0;
			room.bytes = UINT64_MAX;
		} else {
			room.lines = max - (b->end - b->first);
			room.bytes = limits->bytes > b->bytes
			    ? limits->bytes - b->bytes
			    : 0;
		}
		if (room.lines == 0 || (room.bytes == 0 && !room.empty))
			break;
		rc = spool_reader_next(&l->r, &f, &payload, err);
		if (rc == 1)
			rc = take_frame(l, &f, payload, &room, sink, arg, err);
	}
	return rc == -1 ? -1 : 0;
}

static void
name_batch(struct spool_lease *l)
{
	struct dp_queue_batch *b = &l->b;
	struct spool *s = l->s;
	char file[128];

	(void)snprintf(l->name, sizeof l->name, "%s/%s/%s:%ju-%ju", s->base.id,
	    s->group_name, l->lane, (uintmax_t)b->first, (uintmax_t)b->end);
	spool_dead_name(file, sizeof file, l->lane, b->first, b->end, ".new");
	(void)snprintf(l->rejects, sizeof l->rejects, "%s/dead/%s/%s",
	    s->base.name, s->group_name, file);
	b->name = l->name;
	b->rejects = l->rejects;
	b->lane = l->lane;
}

int
spool_batch(struct dp_queue_lease *lease, const struct dp_queue_limits *limits,
    dp_queue_sink *sink, void *arg, struct dp_queue_batch *batch,
    struct dp_err *err)
{
	struct spool_lease *l = (struct spool_lease *)lease;
	const struct spool_part *p;
	struct spool_tries t = { .n = 0 };
	uint64_t fixed_end = 0, next_first = UINT64_MAX;

	/* Who only looks has no attempts. */
	if (l->s->mode != DP_QUEUE_LOOK &&
	    spool_tries_load(l->s, l->r.number, l->r.nonce, l->line, &t, err) ==
		-1)
		return -1;
	p = t.n > 0 && t.parts[0].first <= l->line ? &t.parts[0] : NULL;
	memset(&l->b, 0, sizeof l->b);
	l->b.first = l->b.end = l->line;
	l->r.offset = l->offset;
	l->r.line = l->line;
	if (p != NULL)
		fixed_end = p->end;
	else if (t.n > 0)
		next_first = t.parts[0].first;
	if (fill(l, limits, fixed_end, next_first, sink, arg, err) == -1)
		return -1;
	l->end_offset = l->r.offset;
	if (p != NULL && p->first == l->b.first && p->end == l->b.end) {
		l->b.attempt = p->attempts;
		l->b.failures = p->failures;
		l->b.part = p->part;
	}
	l->b.attempt++;
	name_batch(l);
	*batch = l->b;
	return l->b.bytes > 0;
}

static int
add_try(struct spool_lease *l, char kind, uint64_t value, const char *said,
    bool sync, struct dp_err *err)
{
	struct spool_try t = { .kind = kind,
		.number = l->r.number,
		.nonce = l->r.nonce,
		.first = l->b.first,
		.end = l->b.end,
		.attempt = kind == 'd' ? 0 : l->b.attempt,
		.value = value,
		.said = said,
		.said_len = strlen(said) };

	return spool_tries_add(l->s, &t, sync, err);
}

int
spool_begin(struct dp_queue_lease *lease, int *fd, struct dp_err *err)
{
	struct spool_lease *l = (struct spool_lease *)lease;

	if (l->b.part &&
	    spool_dead_inherit(l->s, l->lane, l->b.first, l->b.end, err) == -1)
		return -1;
	if (add_try(l, 's', (uint64_t)getpid(), "", true, err) == -1)
		return -1;
	l->passed_on = true;
	*fd = l->fd;
	return 0;
}

void
spool_running(struct dp_queue_lease *lease, pid_t pid)
{
	struct dp_err none = { 0 };

	/* For messages alone. */
	(void)add_try((struct spool_lease *)lease, 'p', (uint64_t)pid, "",
	    false, &none);
}

int
spool_settle(struct dp_queue_lease *lease, uint64_t *dead, struct dp_err *err)
{
	struct spool_lease *l = (struct spool_lease *)lease;
	struct spool_pos pos = { l->r.number, l->r.nonce, l->b.end,
		l->end_offset, false };

	*dead = 0;
	if (l->s->mode != DP_QUEUE_LOOK &&
	    (spool_dead_keep(l->s, l->lane, l->b.first, l->b.end,
		 l->b.attempt > 1 || l->b.part, dead, err) == -1 ||
		spool_advance(l->s, l->fd, &pos, err) == -1))
		return -1;
	l->line = l->b.end;
	l->offset = l->end_offset;
	return 0;
}

int
spool_failed(struct dp_queue_lease *lease, unsigned status, bool counts,
    const char *said, struct dp_err *err)
{
	struct spool_lease *l = (struct spool_lease *)lease;

	l->b.failures += counts;
	return add_try(l, counts ? 'e' : 'u', status, said, false, err);
}

int
spool_split(struct dp_queue_lease *lease, bool nothing_stored,
    struct dp_err *err)
{
	struct spool_lease *l = (struct spool_lease *)lease;

	/*
	 * If we die in between, the whole batch is tried once more.  Rejects
	 * of what was stored nevertheless are adopted when it is settled.
	 */
	if ((nothing_stored ? spool_dead_drop : spool_dead_sync)(l->s, l->lane,
		l->b.first, l->b.end, err) == -1)
		return -1;
	l->s->divided = true;
	return add_try(l, 'd', l->b.first + (l->b.end - l->b.first) / 2, "",
	    true, err);
}

int
spool_watch(struct dp_queue *q, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	char path[64];

	if (s->inotify != -1)
		return s->inotify;
	s->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", s->seg);
	if (s->inotify == -1 ||
	    inotify_add_watch(s->inotify, path, IN_MODIFY | IN_MOVED_TO) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "cannot watch %s/seg",
		    q->name);
	return s->inotify;
}

void
spool_watch_clear(struct dp_queue *q)
{
	const struct spool *s = (const struct spool *)q;
	char events[4096];

	while (s->inotify != -1 && read(s->inotify, events, sizeof events) > 0)
		;
}
