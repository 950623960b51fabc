/*
 * crew: threads that sift blocks (app/sift.h), handed back in their order.
 *
 * One thread, the caller's, reads, counts, tells and writes; the others each
 * have a judge of their own and share nothing with it but the blocks.  Locks
 * are taken for blocks, never for records.  Two blocks a thread and two more
 * are in hand at most, which bounds the memory.  The threads block all
 * signals.
 */
#ifndef DP_APP_CREW_H
#define DP_APP_CREW_H

#include <stdbool.h>
#include <stddef.h>

#include "app/part.h"

struct dp_crew; /* opaque */
struct dp_err;
struct dp_sift_opts;

/* A block with memory of its own, and the first part of what became of it;
 * when that is not the whole, the caller goes on with it. */
struct dp_crew_work {
	struct dp_block block;
	char *buf; /* malloced, or NULL; where block.data is */
	size_t cap;
	struct dp_part part;
	bool done;
};

/* Starts n threads, and waits until each has its judge.  opts is borrowed. */
struct dp_crew *dp_crew_new(const struct dp_sift_opts *opts, unsigned n,
    struct dp_err *err);

/* What is in hand is given up, and the run is over: dp_stop_end(). */
void dp_crew_free(struct dp_crew *c); /* NULL is fine */

/* Work to be filled and pushed; NULL: enough is in hand. */
struct dp_crew_work *dp_crew_take(struct dp_crew *c);
void dp_crew_push(struct dp_crew *c);

/*
 * The oldest in hand, when it is done; with wait, waits for that.  NULL:
 * none is in hand, or it is not done.  Good until dp_crew_pop().
 */
struct dp_crew_work *dp_crew_oldest(struct dp_crew *c, bool wait);
void dp_crew_pop(struct dp_crew *c);

#endif
