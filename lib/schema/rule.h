/*
 * rule: jq filters that users write, over batches of records.
 *
 * The filters run in a forked worker with an empty environment, no
 * descriptor but the one to us, and limits on memory, processor time and
 * wall time for each record: jq has no step limit, and aborts its process
 * when memory is short.  A record that kills the worker or takes too long
 * is `rule-error`, the worker starts again behind it, and the rest of the
 * batch goes on; a record before it may be asked twice.  A worker that dies
 * while it waits costs no record.  Nothing that the worker says is trusted
 * without a look.
 *
 * Use, once a thread:
 *
 *	r = dp_rule_new(&opts, &err);
 *	for each record of a block, until dp_rule_full(r)
 *		dp_rule_add(r, line, len, &err);
 *	dp_rule_run(r, &err);
 *	for (i = 0; i < dp_rule_decided(r); i++)
 *		v = dp_rule_verdict(r, i);    v->code NULL: it passed, and
 *		...                           v->text are lines under map
 *	dp_rule_clear(r);
 *
 * --where: the filters of `where`, after the schema; each must yield true
 * and nothing else, exactly once.  --map: `map`, after `where`; its outputs
 * are to be validated again.  --fix: a dp_rule of its own whose `map` is the
 * filter, before the schema.
 */
#ifndef DP_SCHEMA_RULE_H
#define DP_SCHEMA_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/judge.h"

struct dp_err;
struct dp_rule; /* opaque; one thread's */

#define DP_RULE_MEMORY (256u << 20) /* default of max_memory */
#define DP_RULE_DEADLINE_MS 1000    /* default of deadline_ms */
#define DP_RULE_OUTPUT (16u << 20)  /* default of max_output */
#define DP_RULE_TEXTS (4u << 20)    /* bytes of a batch's verdicts */
#define DP_RULE_FILTERS 64          /* filters of one dp_rule */

/* The texts are the caller's; they live as long as the dp_rule. */
struct dp_rule_opts {
	const char *const *where; /* filters, NUL-terminated */
	size_t where_n;
	const char *map;      /* or NULL */
	const char *map_name; /* its option in messages; NULL: "--map" */
	bool one_output;      /* map must yield exactly one, else `rule` */
	size_t max_memory;    /* bytes that the worker may take; 0: default */
	size_t max_output;    /* bytes that map may yield for one record */
	unsigned deadline_ms; /* wall time of one record; 0: default */
};

/*
 * The codes of a struct dp_verdict (base/judge.h), whose texts live until
 * dp_rule_clear():
 *
 *	NULL          it passed
 *	rule          a where filter did not yield true; under one_output
 *	              map yielded none or several
 *	rule-error    a filter failed, took too long, too much memory or too
 *	              much output
 *	number-limit  map would change a number: one that jq, which has
 *	              doubles only, does not print with the same value
 *	              (9007199254740993, 1e400, 0.12345678901234567890)
 */

/*
 * Starts the worker and compiles the filters, some 15 ms each.  NULL:
 * DP_USAGE with the option and jq's words when one is no filter, DP_FAILED when there is
 * no process or memory.  The worker ends with the thread that made it.
 */
struct dp_rule *dp_rule_new(const struct dp_rule_opts *opts,
    struct dp_err *err);
void dp_rule_free(struct dp_rule *r); /* ends the worker */

/*
 * Puts a record behind the batch; it is copied.  line is one JSON value that
 * the scanner has accepted.  -1: no memory.
 */
int dp_rule_add(struct dp_rule *r, const char *line, size_t len,
    struct dp_err *err);

/* True when the batch is large enough to be worth a run. */
bool dp_rule_full(const struct dp_rule *r);

/*
 * Runs the filters over the batch.  It ends before its time when more than
 * DP_RULE_TEXTS bytes of outputs are there, or when a signal asks to stop:
 * dp_rule_decided() tells how many records have a verdict.  -1 only when
 * nothing can be decided: no memory here, or the worker cannot be started
 * again.
 */
int dp_rule_run(struct dp_rule *r, struct dp_err *err);

size_t dp_rule_count(const struct dp_rule *r); /* records of the batch */
size_t dp_rule_decided(const struct dp_rule *r);
const struct dp_verdict *dp_rule_verdict(const struct dp_rule *r,
    size_t i); /* below dp_rule_decided() */

void dp_rule_clear(struct dp_rule *r); /* the next batch */

/* How often the worker had to start again. */
uint64_t dp_rule_restarts(const struct dp_rule *r);

#endif
