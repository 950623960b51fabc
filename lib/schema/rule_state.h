/* rule_state: the inside of a dp_rule, for rule.c and rule_run.c alone. */
#ifndef DP_SCHEMA_RULE_STATE_H
#define DP_SCHEMA_RULE_STATE_H

#include "base/buf.h"
#include "schema/rule_worker.h"

/* Offsets, since what they point into may move. */
struct dp_rule_answered {
	enum dp_rule_kind kind;
	size_t at, len; /* in texts */
	size_t outputs;
};

struct dp_rule {
	struct dp_rule_opts opts;
	int fd; /* -1: no worker */
	pid_t pid;
	uint64_t restarts;

	struct dp_buf records; /* each with its length before it */
	struct dp_buf ends;    /* size_t: behind each record in records */
	size_t n, done;
	size_t sent; /* bytes of records that the worker has */

	/*
	 * What the worker's page counts, as records of this batch: the one
	 * begun last is origin + begun - 1, modulo 2^64.  blamed is one that is not sent
	 * to the next worker, why its detail.
	 */
	struct dp_rule_page *page;
	uint64_t origin;
	uint64_t begun;  /* as seen last */
	size_t blamed;   /* SIZE_MAX: none */
	unsigned losses; /* of workers, since the last answer */
	char why[DP_RULE_DETAIL];

	struct dp_buf in;       /* of an answer that is not whole yet */
	struct dp_buf texts;    /* details and outputs */
	struct dp_buf answers;  /* struct dp_rule_answered */
	struct dp_buf verdicts; /* struct dp_verdict, at the end */
};

/* Behind the ith record; of the one before the first, SIZE_MAX: 0. */
size_t dp_rule_end_of(const struct dp_rule *r, size_t i);

/* Keeps an answer to the next record.  -1: no memory. */
int dp_rule_keep(struct dp_rule *r, enum dp_rule_kind kind, const char *text,
    size_t len);

/* Starts a worker and waits until its filters are compiled. */
int dp_rule_start_worker(struct dp_rule *r, struct dp_err *err);

/* Kills and reaps the worker; returns its status as waitpid() has it. */
int dp_rule_end_worker(struct dp_rule *r, bool now);

/* Has the records answered, one after the other, as dp_rule_run() says. */
int dp_rule_work(struct dp_rule *r, struct dp_err *err);

#endif
