/* pool: several workers of one queue, and the waiting for them. */
#ifndef DP_QUEUE_POOL_H
#define DP_QUEUE_POOL_H

#include "queue/worker.h"

struct dp_pool {
	struct dp_worker *workers;
	size_t n;
	int epoll;
	int watch; /* -1, or the queue's descriptor: more lines may have come */
	uint64_t lines, dead; /* settled by all */
};

/* watch: whether new lines end a wait while commands run. */
int dp_pool_init(struct dp_pool *p, size_t n, struct dp_queue *q, bool watch,
    const struct dp_worker_opts *opts, struct dp_err *err);
void dp_pool_fini(struct dp_pool *p);

/*
 * Lets all go on.  1: some are at work; 0: all are idle: the queue is
 * empty, or others have its lanes.  -1: the first fault, after those at
 * work have finished.  After a stop signal nothing new is started.
 */
int dp_pool_step(struct dp_pool *p, struct dp_err *err);

/* Starts nothing more, and waits for those at work. */
void dp_pool_finish(struct dp_pool *p);

/* Until one of them has something to do, or a signal comes; at most ms. */
void dp_pool_wait(struct dp_pool *p, int ms);

/* Whether a command has neither begun nor read on for so long. */
bool dp_pool_hangs(struct dp_pool *p, uint64_t ms);

#endif
