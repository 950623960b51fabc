#include "queue/feed.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stop.h"
#include "base/time.h"
#include "queue/queue.h"

#define NAP_MS 100

bool
dp_feed_is_blank(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			return false;
	return true;
}

static int
put(struct dp_feed *f, const char *data, size_t len, uint64_t lines,
    struct dp_err *err)
{
	if (lines == 0)
		return 0;
	if (dp_queue_put(f->q, data, len, lines, err) == -1)
		return -1;
	f->lines += lines;
	if (f->copy != NULL && dp_buf_add(f->copy, data, len) == -1)
		return dp_err_nomem(err);
	return 0;
}

static int
persist(struct dp_feed *f, int (*once)(struct dp_queue *q, struct dp_err *err),
    struct dp_err *err)
{
	uint64_t until = dp_time_now_ms() + f->wait_ms;

	for (;;) {
		int rc = once(f->q, err);

		if (rc == 0 || err->status != DP_TRYAGAIN ||
		    dp_time_now_ms() >= until || dp_stop_signal() != 0)
			return rc;
		dp_time_sleep_ms(NAP_MS);
		if (f->idle != NULL)
			f->idle(f->arg);
	}
}

/* The batch is full. */
static int
send_batch(struct dp_feed *f, struct dp_err *err)
{
	if (f->at_once)
		return f->commit(f->arg, err);
	if (persist(f, dp_queue_write, err) == -1)
		return -1;
	f->written += f->lines;
	f->lines = 0;
	return 0;
}

/* The run does not grow any more: into the batch, and that to the disk. */
static int
end_batch(struct dp_feed *f, const char *run, size_t len, uint64_t lines,
    struct dp_err *err)
{
	if (put(f, run, len, lines, err) == -1)
		return -1;
	return f->lines == 0 ? 0 : send_batch(f, err);
}

int
dp_feed_one(struct dp_feed *f, const char *data, size_t len, struct dp_err *err)
{
	if ((f->batch_records > 0 && f->lines >= f->batch_records) ||
	    (f->lines > 0 && len > dp_queue_room(f->q))) {
		if (send_batch(f, err) == -1)
			return -1;
	}
	return put(f, data, len, 1, err);
}

int
dp_feed_lines(struct dp_feed *f, const char *data, size_t len, uint64_t *lines,
    struct dp_err *err)
{
	const char *p = data, *end = data + len, *run = data;
	size_t room = dp_queue_room(f->q);
	uint64_t in_run = 0, max = f->batch_records;

	for (*lines = 0; p < end; ++*lines) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		bool odd = *p == '#' ||
		    (*p <= ' ' && dp_feed_is_blank(p, (size_t)(nl - p)));
		bool full = (size_t)(nl + 1 - run) > room ||
		    (max > 0 && f->lines + in_run >= max);

		if (odd) {
			if (put(f, run, (size_t)(p - run), in_run, err) == -1 ||
			    f->odd(f->arg, *lines, p, (size_t)(nl - p), err) ==
				-1)
				return -1;
		} else if (full &&
		    end_batch(f, run, (size_t)(p - run), in_run, err) == -1) {
			return -1;
		}
		if (odd || full) {
			run = odd ? nl + 1 : p;
			in_run = 0;
			room = dp_queue_room(f->q);
		}
		in_run += !odd;
		p = nl + 1;
	}
	return put(f, run, (size_t)(p - run), in_run, err);
}

int
dp_feed_store(struct dp_feed *f, struct dp_err *err)
{
	return persist(f, dp_queue_sync, err);
}

uint64_t
dp_feed_settled(struct dp_feed *f)
{
	uint64_t lines = f->lines + f->written;

	f->lines = f->written = 0;
	return lines;
}
