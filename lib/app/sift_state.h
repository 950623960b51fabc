/* sift_state: the inside of a sift, for sift*.c alone. */
#ifndef DP_APP_SIFT_STATE_H
#define DP_APP_SIFT_STATE_H

#include "app/part.h"
#include "app/sift.h"

struct dp_sift {
	const struct dp_sift_opts *opts;
	const struct dp_judge_ops *ops;
	void *judge;
	unsigned stages;
	struct dp_replay *replay;
	struct dp_part *part; /* at hand */
	struct dp_buf text;   /* a line of the chain, or a detail */
	bool refused;         /* run() has stopped at the line at hand */
	size_t given[DP_JUDGE_STAGES]; /* records of the batch of each stage */
};

static inline bool
dp_sift_has(const struct dp_sift *s, unsigned stage)
{
	return (s->stages & 1u << stage) != 0;
}

/*
 * Each sets what becomes of e.  -1: the part has failed.
 *
 * The record of e, which is no blank line: the first stage, the schema, the
 * second stage.
 */
int dp_sift_record(struct dp_sift *s, struct dp_event *e);
int dp_sift_bad(struct dp_sift *s, struct dp_event *e, const char *code,
    const char *detail);

/* Under --tag: the answer to e alone. */
int dp_sift_answer_bad(struct dp_sift *s, struct dp_event *e,
    const struct dp_reject *r);

/*
 * Runs the batch of a stage, and does with its verdicts what is to be done.
 * Records that are not decided are cut off the part.
 */
int dp_sift_settle(struct dp_sift *s, enum dp_judge_stage stage);

#endif
