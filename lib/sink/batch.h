/*
 * batch: a batch of a queue, loaded once whatever the attempt.
 *
 * DP_BATCH names the lane and the lines FIRST to END (END excluded) that
 * the input holds.  They are one transaction, committed only if exactly
 * END - FIRST lines came: else a filter stands between, or its death looks
 * like the end.  Lines that the ledger knows are passed over.  A gap in
 * front of FIRST is not ours to judge.
 */
#ifndef DP_SINK_BATCH_H
#define DP_SINK_BATCH_H

#include "sink/load.h"

/* What of the batch the ledger knows. */
enum dp_batch_known {
	DP_BATCH_NEW,
	DP_BATCH_PART,
	DP_BATCH_ALL /* its rejects have been kept, too */
};

struct dp_batch {
	char source[DP_MARK_SOURCE];
	char lane[DP_MARK_LANE];
	uint64_t first, end;
	uint64_t lines; /* that came */
	enum dp_batch_known known;
};

/* text: "QUEUE-ID/GROUP/LANE:FIRST-END". */
int dp_batch_parse(struct dp_batch *b, const char *text, struct dp_err *err);

/* Reads the ledger, if there is one, and sets the load's place. */
int dp_batch_begin(struct dp_batch *b, struct dp_load *l, bool ledger,
    struct dp_err *err);

/* attempt: from 1.  Commits, or rolls back and says why. */
int dp_batch_end(struct dp_batch *b, struct dp_load *l, uint64_t attempt,
    struct dp_err *err);

#endif
