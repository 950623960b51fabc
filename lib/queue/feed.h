/*
 * feed: blocks of lines into the open batch of a queue.
 *
 * Lines go in as they are, in runs as long as possible; lines that a queue
 * does not take (blank ones, and those that begin with #) are handed to
 * `odd`.  When the batch is full, `commit` is called.
 */
#ifndef DP_QUEUE_FEED_H
#define DP_QUEUE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_buf;
struct dp_err;
struct dp_queue;

struct dp_feed {
	struct dp_queue *q;
	struct dp_buf *copy;    /* NULL, or where lines are copied too */
	uint64_t batch_records; /* 0: no limit */
	uint64_t wait_ms;       /* for a full queue to get room */
	bool at_once; /* each batch is committed; else some share a sync */
	void *arg;

	/* Stores the open batch, and sets lines and written to 0. */
	int (*commit)(void *arg, struct dp_err *err);

	/* line is counted from the block's first one, 0. */
	int (*odd)(void *arg, uint64_t line, const char *data, size_t len,
	    struct dp_err *err);

	/* Called while a full queue is waited for.  May be NULL. */
	void (*idle)(void *arg);

	uint64_t lines;   /* in the open batch */
	uint64_t written; /* on their way: the next commit covers them */
};

/* Only space, TAB and CR. */
bool dp_feed_is_blank(const char *line, size_t len);

/*
 * data ends with a newline.  *lines is how many lines it has, on error too:
 * those that were seen.
 */
int dp_feed_lines(struct dp_feed *f, const char *data, size_t len,
    uint64_t *lines, struct dp_err *err);

/* One line with its newline, which is not looked at. */
int dp_feed_one(struct dp_feed *f, const char *data, size_t len,
    struct dp_err *err);

/* dp_queue_sync(), again and again while wait_ms allows it. */
int dp_feed_store(struct dp_feed *f, struct dp_err *err);

/* Their fate is known: how many lines were put since the last call. */
uint64_t dp_feed_settled(struct dp_feed *f);

#endif
