/* Looking into a spool: where a time is, what is there, what is damaged. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "queue/admin.h"
#include "queue/spool.h"

/* Calls fn for each segment from a number on.  fn: 1 ends it. */
static int
each_segment(struct spool *s, uint64_t from,
    int (*fn)(void *arg, struct spool_reader *r, struct dp_err *err), void *arg,
    struct dp_err *err)
{
	struct dp_buf list;
	size_t at;
	int rc;

	dp_buf_init(&list, 0);
	rc = spool_list(s, &list, err);
	for (at = 0; rc == 0 && at < list.len; at += sizeof(uint64_t)) {
		struct spool_reader r;
		uint64_t number;

		memcpy(&number, list.data + at, sizeof number);
		if (number < from)
			continue;
		rc = spool_reader_open(&r, s, number, err);
		if (rc != 1)
			continue;
		rc = fn(arg, &r, err);
		spool_reader_close(&r);
	}
	dp_buf_fini(&list);
	return rc == -1 ? -1 : 0;
}

struct at_time {
	uint64_t time_us, number;
};

static int
is_later(void *arg, struct spool_reader *r, struct dp_err *err)
{
	struct at_time *t = arg;

	(void)err;
	if (t->number != 0 && r->created_us > t->time_us)
		return 1;
	t->number = r->number;
	return 0;
}

int
spool_at_time(struct dp_queue *q, uint64_t time_us, struct dp_position *p,
    struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	struct at_time t = { .time_us = time_us };

	if (each_segment(s, 0, is_later, &t, err) == -1)
		return -1;
	*p = (struct dp_position){ .number = t.number };
	return t.number == 0
	    ? dp_err_set(err, DP_DATA, "%s: no segments", s->base.name)
	    : 0;
}

struct check {
	struct dp_check_report *report;
	void (*tell)(void *arg, const char *text);
	void *arg;
};

static void
tell(struct check *c, const char *text)
{
	c->tell(c->arg, text);
}

/* What was met since `before`, at offset. */
static void
tell_damage(struct check *c, const struct spool_reader *r,
    const struct dp_queue_damage *before, uint64_t offset)
{
	const struct dp_queue_damage *now = &r->s->base.damage;
	char text[200];

	if (now->torn > before->torn) {
		c->report->recoverable++;
		(void)snprintf(text, sizeof text,
		    "segment %ju, offset %ju: a frame that its writer did not "
		    "finish",
		    (uintmax_t)r->number, (uintmax_t)offset);
		tell(c, text);
	}
	if (now->places > before->places) {
		c->report->damaged++;
		(void)snprintf(text, sizeof text,
		    "segment %ju, offset %ju: damaged, %ju bytes, %ju lines "
		    "known to be lost",
		    (uintmax_t)r->number, (uintmax_t)offset,
		    (uintmax_t)(now->bytes - before->bytes),
		    (uintmax_t)(now->lines - before->lines));
		tell(c, text);
	}
}

static int
check_segment(void *arg, struct spool_reader *r, struct dp_err *err)
{
	struct check *c = arg;
	int rc;

	c->report->segments++;
	do {
		struct dp_queue_damage before = r->s->base.damage;
		uint64_t offset = r->head_bad ? 0 : r->offset;
		struct spool_frame f;
		const char *payload;

		rc = spool_reader_next(r, &f, &payload, err);
		if (rc != -1)
			tell_damage(c, r, &before, offset);
		if (rc != 1)
			break;
		c->report->frames++;
		c->report->lines += f.lines;
		spool_reader_pass(r, &f);
	} while (rc == 1);
	return rc == -1 ? -1 : 0;
}

/*
 * A number between two others that is not there.  What is settled goes, from
 * the lowest on, while we look: then the one before it has gone, too.
 */
static int
check_numbers(struct spool *s, struct check *c, struct dp_err *err)
{
	struct dp_buf list;
	const uint64_t *at;
	uint64_t size;
	char text[80];
	size_t i;
	int rc;

	dp_buf_init(&list, 0);
	rc = spool_list(s, &list, err);
	at = (const uint64_t *)(const void *)list.data;
	for (i = 1; rc == 0 && i < list.len / sizeof *at; i++) {
		if (at[i - 1] + 1 == at[i] ||
		    spool_seg_size(s, at[i - 1], &size) != 1)
			continue;
		c->report->damaged++;
		(void)snprintf(text, sizeof text, "segment %ju is missing",
		    (uintmax_t)at[i - 1] + 1);
		tell(c, text);
	}
	dp_buf_fini(&list);
	return rc;
}

int
spool_look_all(struct dp_queue *q, void (*tell_)(void *arg, const char *text),
    void *arg, struct dp_check_report *report, struct dp_err *err)
{
	struct spool *s = (struct spool *)q;
	struct check c = { .report = report, .tell = tell_, .arg = arg };
	struct spool_cursor cursor;

	report->unit = "segment";
	if (check_numbers(s, &c, err) == -1 ||
	    each_segment(s, 0, check_segment, &c, err) == -1)
		return -1;
	if (s->cursor != -1 &&
	    spool_cursor_read(s, s->cursor, &cursor, err) == -1)
		return -1;
	if (s->cursor != -1 && cursor.generation == 0 &&
	    lseek(s->cursor, 0, SEEK_END) > 0) {
		report->recoverable++;
		tell(&c, "the cursor: no slot verifies, all comes again");
	}
	return 0;
}

struct cat {
	const struct dp_position *from;
	uint64_t left; /* lines */
	dp_queue_sink *sink;
	void *arg;
};

static int
cat_segment(void *arg, struct spool_reader *r, struct dp_err *err)
{
	struct cat *c = arg;
	uint64_t from = r->number == c->from->number ? c->from->line : 0;
	struct spool_frame f;
	const char *payload;
	int rc = 1;

	if (r->number == c->from->number && c->from->has_nonce &&
	    r->nonce != c->from->nonce)
		return dp_err_set(err, DP_DATA,
		    "segment %ju is of another lane", (uintmax_t)r->number);
	while (c->left > 0 &&
	    (rc = spool_reader_next(r, &f, &payload, err)) == 1) {
		const char *p = payload, *end = payload + f.bytes;
		uint64_t skip = from > f.first ? from - f.first : 0;
		uint64_t lines = f.lines > skip ? f.lines - skip : 0;

		if (lines > c->left)
			lines = c->left;
		p = spool_after_lines(p, end, skip);
		end = spool_after_lines(p, end, lines);
		if (p < end && c->sink(c->arg, p, (size_t)(end - p), err) == -1)
			return -1;
		c->left -= lines;
		spool_reader_pass(r, &f);
	}
	if (rc == -1)
		return -1;
	return c->left == 0;
}

int
spool_cat(struct dp_queue *q, const struct dp_position *from, uint64_t max,
    dp_queue_sink *sink, void *arg, struct dp_err *err)
{
	struct cat c = { .from = from, .left = max, .sink = sink, .arg = arg };

	return each_segment((struct spool *)q, from->number, cat_segment, &c,
	    err);
}
