/* The lines of dp-spool(5), and the files that hold a group's state. */
#include <sys/stat.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "queue/fixed.h"
#include "queue/spool.h"
#include "tap.h"

#define RECORD 143 /* bytes of a line of the tries */

static char folder[] = "/tmp/dp-spool.XXXXXX";

/* A queue of its own for a case. */
static struct spool *
open_spool(const char *name, enum dp_queue_mode mode)
{
	const struct dp_queue_opts opts = { .unsafe_fs = true };
	struct dp_err err = { 0 };
	char path[128];
	struct dp_queue *q;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	q = dp_queue_open(path, mode, &opts, &err);
	if (q == NULL)
		(void)printf("# %s\n", err.msg);
	return (struct spool *)q;
}

static struct spool *
fresh(const char *name)
{
	struct spool *s = open_spool(name, DP_QUEUE_PRODUCE);

	if (s == NULL)
		exit(1);
	dp_queue_close(&s->base);
	s = open_spool(name, DP_QUEUE_CONSUME);
	if (s == NULL)
		exit(1);
	return s;
}

static void
test_fixed(void)
{
	struct dp_fixed f = { .p = "0099ff7", .left = 7 };
	char text[5] = "";

	OK(dp_fixed_take(&f, 4) == 99, "a number of fixed width is read");
	OK(dp_fixed_take_hex(&f, 2) == 255, "and one in hexadecimal");
	OK(dp_fixed_take(&f, 2) == 0 && f.bad, "and not beyond the end");
	f = (struct dp_fixed){ .p = "99999999999999999999", .left = 20 };
	OK(dp_fixed_take(&f, 20) == 0 && f.bad, "nor one of over 64 bits");
	f = (struct dp_fixed){ .p = " 12-", .left = 4 };
	OK(dp_fixed_take(&f, 3) == 0 && f.bad, "nor a blank in front");
	dp_fixed_put(text, 4, 42);
	OK(strcmp(text, "0042") == 0, "a number is written padded");
}

static void
test_frame(void)
{
	static const char payload[] = "{\"a\":1}\n{\"b\":2}\n";
	struct spool_frame f = { .segment = 7,
		.offset = 256,
		.bytes = sizeof payload - 1,
		.first = 9,
		.lines = 2 };
	struct spool_frame g;
	char line[SPOOL_FRAME_HEAD], copy[sizeof payload];
	size_t i, seen = 0, all = 0;

	spool_frame_write(line, &f, payload, 5);
	OK(spool_frame_parse(line, &g) == 0 && memcmp(&f, &g, sizeof f) == 0,
	    "a frame line is read as it was written");
	OK(spool_frame_verify(&g, line, payload, 5), "it verifies");
	OK(!spool_frame_verify(&g, line, payload, 6),
	    "but not in another spool");
	for (i = 0; i < sizeof line * 8; i++, all++) {
		line[i / 8] ^= (char)(1 << i % 8);
		seen += spool_frame_parse(line, &g) == -1 ||
		    g.bytes != f.bytes ||
		    !spool_frame_verify(&g, line, payload, 5);
		line[i / 8] ^= (char)(1 << i % 8);
	}
	OK(seen == all, "each bit of the line counts");
	memcpy(copy, payload, sizeof copy);
	for (seen = all = i = 0; i < (sizeof payload - 1) * 8; i++, all++) {
		copy[i / 8] ^= (char)(1 << i % 8);
		seen += !spool_frame_verify(&f, line, copy, 5);
		copy[i / 8] ^= (char)(1 << i % 8);
	}
	OK(seen == all, "each bit of the payload counts");
}

static void
test_head_and_tail(void)
{
	struct spool_seg_head h = { .number = 3,
		.nonce = 0xabcdef,
		.inode = 12,
		.created_us = 99 };
	struct spool_seg_head g;
	struct spool_tail t = { 3, 256, 1000 }, u;
	char line[SPOOL_SEG_HEAD], tail[SPOOL_TAIL_SIZE];
	char lane[SPOOL_LANE_TEXT];
	size_t i, seen = 0;

	memset(h.id, 'a', 32);
	memset(h.boot, 'b', 32);
	spool_seg_head_write(line, &h, 1);
	OK(spool_seg_head_parse(line, 1, &g) == 0 && g.nonce == h.nonce &&
		g.inode == 12 && strcmp(g.boot, h.boot) == 0,
	    "the first line of a segment is read as it was written");
	for (i = 0; i < sizeof line; i++) {
		line[i] ^= 1;
		seen += spool_seg_head_parse(line, 1, &g) == -1;
		line[i] ^= 1;
	}
	OK(seen == sizeof line, "each byte of it counts, blanks too");
	spool_lane_text(lane, 3, 0xabcdef);
	OK(strcmp(lane, "0000000000000003-0000000000abcdef") == 0,
	    "a lane has its name");
	spool_tail_write(tail, &t, 1);
	OK(spool_tail_parse(tail, 1, &u) == 0 && u.end == 1000,
	    "the tail is read as it was written");
	OK(spool_tail_parse(tail, 2, &u) == -1, "but not in another spool");
	t.end = 300;
	spool_tail_write(tail, &t, 1);
	OK(spool_tail_parse(tail, 1, &u) == -1,
	    "a tail that ends inside of its frame's line is none");
}

static void
test_cursor(void)
{
	struct spool *s = fresh("cursor");
	struct spool_cursor c, d;
	struct dp_err err = { 0 };
	char byte = '#';

	OK(spool_cursor_read(s, s->cursor, &c, &err) == 0 && c.generation == 0,
	    "an empty cursor knows nothing");
	c.floor = 1;
	c.floor_nonce = 2;
	for (c.n = 0; c.n < SPOOL_LANES; c.n++)
		c.lanes[c.n] =
		    (struct spool_pos){ c.n + 1, 2, 3, 256, c.n % 2 == 0 };
	OK(spool_cursor_write(s, s->cursor, &c, &err) == 0 &&
		spool_cursor_read(s, s->cursor, &d, &err) == 0 &&
		memcmp(&c, &d, sizeof c) == 0,
	    "as many lanes as there may be are read as they were written");
	c.n = 1;
	c.lanes[0].line = 77;
	OK(spool_cursor_write(s, s->cursor, &c, &err) == 0 &&
		spool_cursor_read(s, s->cursor, &d, &err) == 0 && d.n == 1 &&
		d.lanes[0].line == 77,
	    "the next slot counts");
	OK(pwrite(s->cursor, &byte, 1, (off_t)(c.generation & 1) * 4096 + 9) ==
		    1 &&
		spool_cursor_read(s, s->cursor, &d, &err) == 0 &&
		d.n == SPOOL_LANES,
	    "a slot that was cut short does not, the one before it does");
	OK(spool_cursor_same(s, s->cursor, &err) == 1, "it is in its place");
	OK(unlinkat(s->group, "cursor", 0) == 0 &&
		spool_cursor_same(s, s->cursor, &err) == 0,
	    "and not any more when it was removed");
	dp_queue_close(&s->base);
}

static int
add_try(struct spool *s, char kind, uint64_t first, uint64_t end,
    uint64_t attempt, uint64_t value)
{
	const struct spool_try t = { .kind = kind,
		.number = 1,
		.nonce = 2,
		.first = first,
		.end = end,
		.attempt = attempt,
		.value = value };
	struct dp_err err = { 0 };

	return spool_tries_add(s, &t, true, &err);
}

static void
load(struct spool *s, uint64_t line, struct spool_tries *t)
{
	struct dp_err err = { 0 };

	if (spool_tries_load(s, 1, 2, line, t, &err) == -1)
		(void)printf("# %s\n", err.msg);
}

static void
test_tries(void)
{
	struct spool *s = fresh("tries");
	static const char zeros[RECORD];
	struct spool_tries t;
	int fd;

	(void)add_try(s, 's', 0, 100, 1, 9);
	(void)add_try(s, 'e', 0, 100, 1, 3);
	(void)add_try(s, 's', 0, 100, 2, 9);
	load(s, 0, &t);
	OK(t.n == 1 && t.parts[0].end == 100 && t.parts[0].attempts == 2 &&
		t.parts[0].failures == 1,
	    "attempts and failures of a batch are kept");
	load(s, 100, &t);
	OK(t.n == 0, "until it is settled");
	(void)add_try(s, 'd', 0, 100, 0, 50);
	load(s, 0, &t);
	OK(t.n == 2 && t.parts[0].end == 50 && t.parts[1].first == 50 &&
		t.parts[0].part,
	    "a batch that is divided is two");
	load(s, 50, &t);
	OK(t.n == 1 && t.parts[0].first == 50, "the second follows the first");
	dp_queue_close(&s->base);

	/* A power failure may leave the length of a line, and not its bytes. */
	s = fresh("tries-cut");
	fd = openat(s->group, "tries", O_WRONLY | O_CREAT, 0640);
	OK(fd != -1 && dp_io_write(fd, zeros, sizeof zeros) == 0 &&
		close(fd) == 0 && add_try(s, 's', 0, 7, 1, 9) == 0,
	    "an attempt is added behind a line of zeros");
	load(s, 0, &t);
	OK(t.n == 1 && t.parts[0].end == 7, "and counts");
	dp_queue_close(&s->base);
}

/* A command that exits 75 for weeks must not fill the disk. */
static void
test_tries_stay_small(void)
{
	struct spool *s = fresh("tries-many");
	struct spool_tries t;
	struct stat st = { 0 };
	uint64_t i;

	(void)add_try(s, 'e', 0, 100, 1, 3);
	(void)add_try(s, 'd', 0, 100, 0, 50);
	for (i = 1; i <= 1000; i++) {
		(void)add_try(s, 's', 0, 50, i, 9);
		(void)add_try(s, 'p', 0, 50, i, 10);
		(void)add_try(s, 'u', 0, 50, i, 75);
	}
	(void)fstatat(s->group, "tries", &st, 0);
	OK(st.st_size < 80000, "tries of an open batch are compacted");
	load(s, 0, &t);
	OK(t.n == 2 && t.parts[0].end == 50 && t.parts[0].attempts == 1000 &&
		t.parts[1].end == 100,
	    "and still say the same");
	dp_queue_close(&s->base);
}

static int
collect(void *arg, const char *data, size_t len, struct dp_err *err)
{
	(void)err;
	return dp_buf_add(arg, data, len);
}

/* The cursor was lost, and what is open begins behind the start. */
static void
test_bounds(void)
{
	const struct dp_queue_limits limits = { 1000, 0 };
	struct spool *s = open_spool("bounds", DP_QUEUE_PRODUCE);
	struct dp_err err = { 0 };
	struct dp_queue_lease *lease = NULL;
	struct dp_queue_batch b = { 0 };
	struct dp_buf got;
	int i;

	for (i = 0; i < 10; i++)
		(void)dp_queue_put(&s->base, "1\n", 2, 1, &err);
	OK(dp_queue_sync(&s->base, &err) == 0, "ten lines are stored");
	dp_queue_close(&s->base);
	s = open_spool("bounds", DP_QUEUE_CONSUME);
	dp_buf_init(&got, 0);
	OK(dp_queue_lease(&s->base, &lease, &err) == 1, "they are leased");
	{
		const struct spool_lease *l = (struct spool_lease *)lease;
		const struct spool_try t = { .kind = 's',
			.number = l->r.number,
			.nonce = l->r.nonce,
			.first = 4,
			.end = 8,
			.attempt = 1 };

		(void)spool_tries_add(s, &t, true, &err);
	}
	OK(dp_queue_batch(lease, &limits, collect, &got, &b, &err) == 1 &&
		b.first == 0 && b.end == 4,
	    "a batch does not cut one that was attempted");
	{
		uint64_t dead;

		(void)dp_queue_settle(lease, &dead, &err);
	}
	OK(dp_queue_batch(lease, &limits, collect, &got, &b, &err) == 1 &&
		b.first == 4 && b.end == 8 && b.attempt == 2,
	    "which keeps its bounds");
	dp_buf_fini(&got);
	dp_queue_close(&s->base);
}

/* The first page of frames is zeros, and the hint is gone. */
static void
test_no_overwriting(void)
{
	static const char zeros[4096];
	struct spool *s = open_spool("zeros", DP_QUEUE_PRODUCE);
	struct dp_err err = { 0 };
	struct stat st;
	int i, fd;

	for (i = 0; i < 20; i++) {
		char line[400];

		memset(line, 'x', sizeof line);
		line[sizeof line - 1] = '\n';
		(void)dp_queue_put(&s->base, line, sizeof line, 1, &err);
		(void)dp_queue_sync(&s->base, &err);
	}
	(void)unlinkat(s->dir, "tail", 0);
	fd = openat(s->seg, "0000000000000001.ndj", O_WRONLY);
	OK(pwrite(fd, zeros, sizeof zeros, 256) == sizeof zeros &&
		close(fd) == 0,
	    "a page of a segment is lost");
	dp_queue_close(&s->base);
	s = open_spool("zeros", DP_QUEUE_PRODUCE);
	(void)dp_queue_put(&s->base, "1\n", 2, 1, &err);
	OK(dp_queue_sync(&s->base, &err) == 0 &&
		fstatat(s->seg, "0000000000000002.ndj", &st, 0) == 0,
	    "nothing is written over what follows");
	dp_queue_close(&s->base);
}

/* A writer's lines, stored. */
static void
store(struct dp_queue *q, const char *line)
{
	struct dp_err err = { 0 };

	if (dp_queue_put(q, line, strlen(line), 1, &err) == -1 ||
	    dp_queue_sync(q, &err) == -1)
		(void)printf("# %s\n", err.msg);
}

/* A sync covers what was there when it began, not what comes into the space
 * that is allocated. */
static void
test_durable(void)
{
	struct spool *w, *s = fresh("durable");
	struct dp_err err = { 0 };
	struct spool_reader r;
	struct spool_frame f;
	const char *payload;

	dp_queue_close(&s->base);
	w = open_spool("durable", DP_QUEUE_PRODUCE);
	store(&w->base, "{\"n\":1}\n");
	store(&w->base, "{\"n\":2}\n");
	s = open_spool("durable", DP_QUEUE_CONSUME);
	OK(spool_reader_open(&r, s, w->w.number, &err) == 1 &&
		spool_reader_next(&r, &f, &payload, &err) == 1,
	    "a frame of the active segment is read");
	OK(r.durable == w->w.end, "one sync is good for all that is there");
	spool_reader_pass(&r, &f);
	store(&w->base, "{\"n\":3}\n");
	OK(spool_reader_next(&r, &f, &payload, &err) == 1 &&
		r.durable < w->w.end,
	    "and not for what is written after it");
	spool_reader_pass(&r, &f);
	/* What is in memory is looked at first. */
	OK(spool_reader_next(&r, &f, &payload, &err) == 0 &&
		spool_reader_next(&r, &f, &payload, &err) == 1 &&
		r.durable == w->w.end,
	    "that gets one of its own");
	spool_reader_close(&r);
	dp_queue_close(&s->base);
	dp_queue_close(&w->base);
}

int
main(void)
{
	char command[64];

	if (mkdtemp(folder) == NULL)
		return 1;
	test_fixed();
	test_frame();
	test_head_and_tail();
	test_cursor();
	test_tries();
	test_tries_stay_small();
	test_bounds();
	test_no_overwriting();
	test_durable();
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command) != 0)
		(void)printf("# %s stays\n", folder);
	return tap_done();
}
