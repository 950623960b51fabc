/*
 * drain: rounds over a queue, to a descriptor or to the commands of a pool.
 *
 * A round ends when the queue is empty, or when others have its lanes.  The
 * service manager is kept informed (queue/alive.h).
 */
#ifndef DP_QUEUE_DRAIN_H
#define DP_QUEUE_DRAIN_H

#include "queue/alive.h"
#include "queue/pool.h"

struct dp_drain {
	struct dp_queue *q;
	struct dp_pool *pool; /* NULL: lines go to fd */
	int fd;
	bool sync;                     /* fd is synced before a batch counts */
	struct dp_queue_limits limits; /* of a batch to fd */
	bool look;                     /* the queue is left as it is */
	bool follow;                   /* wait for more lines */
	uint64_t every_ms;             /* from round to round; 0: only one */
	uint64_t min_interval_ms;      /* between two rounds */
	void *arg;

	/* So many lines more are settled, `dead` of them as dead letters.
	 * -1: the run ends, when what is at work has finished. */
	int (*settled)(void *arg, uint64_t lines, uint64_t dead,
	    struct dp_err *err);
	/* After each step, and when a signal ended a wait. */
	void (*progress)(void *arg);

	/* Its own. */
	struct dp_alive alive;
	uint64_t lines, dead; /* settled */
};

/*
 * Until the queue is empty, or, with follow or every_ms, a stop signal
 * comes.  DP_TRYAGAIN: others have all lanes that hold lines.  DP_FAILED at
 * the end if damage was met: what is intact was drained.
 */
int dp_drain_run(struct dp_drain *d, struct dp_err *err);

#endif
