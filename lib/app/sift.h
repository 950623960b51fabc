/*
 * sift: looks at the lines of a block, one thread's, and says what becomes
 * of each.
 *
 * It passes over good lines without a copy, unpacks what a replay or the
 * tagged chain wraps around them, and gives records to the stages of the
 * judge by the batch.  It counts nothing, tells nothing and writes nothing.
 */
#ifndef DP_APP_SIFT_H
#define DP_APP_SIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/judge.h"

struct dp_block;
struct dp_err;
struct dp_part;
struct dp_sift; /* opaque */

struct dp_sift_opts {
	const struct dp_judge_ops *ops;
	const void *shared; /* for ops->open, or the judge itself */
	uint64_t max_record;
	size_t no_kind; /* the row of the tally that stands for no type */
	bool from_rejects, tag;
	bool each; /* an event for each record, with its row */
};

/* opts is borrowed.  Opens the judge, which is the calling thread's. */
struct dp_sift *dp_sift_new(const struct dp_sift_opts *opts,
    struct dp_err *err);
void dp_sift_free(struct dp_sift *s);

/*
 * Goes on with a block behind part->taken until the part is full or the
 * block at its end.  What the events point to is the part's or the block's.
 * A signal that asks to stop may end a part before its time.  When no more
 * can be decided, part->failed is set, and the events stand before that.
 */
void dp_sift_block(struct dp_sift *s, const struct dp_block *b,
    struct dp_part *part);

#endif
