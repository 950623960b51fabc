/*
 * share: the operands of a run, among processes of its own.
 *
 * The workers are forked before anything is opened, so that each has its own
 * connections, and share with the run the operands, one after the other to
 * whoever is free, and the counts.  The run itself only waits, tells how far
 * they are, passes a signal on, and makes one summary and one exit status of
 * all.  Workers end when it is killed.
 */
#ifndef DP_APP_SHARE_H
#define DP_APP_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_app;
struct dp_err;
struct dp_share; /* opaque */

#define DP_SHARE_WORKERS 64
#define DP_SHARE_COUNTS 16

/* How many workers are of use, when so many are wanted. */
unsigned dp_share_workers(uint64_t wanted, int operands);

/*
 * Forks n workers.  Returns 1 in a worker, with *s set.  Returns 0 when they
 * are all done: their counts are in the program's table then, and the exit
 * status is at least the worst of theirs.  -1: err is set, and none is left.
 */
int dp_share_fork(struct dp_app *app, unsigned n, struct dp_share **s,
    struct dp_err *err);

/* For a worker, when it is done with them.  NULL is fine. */
void dp_share_free(struct dp_share *s);

/* The next operand's index, from 0; SIZE_MAX after dp_share_stop(). */
size_t dp_share_next(struct dp_share *s);

/* No further operand is given out, to anybody. */
void dp_share_stop(struct dp_share *s);

/* Makes the program's counts known to the others. */
void dp_share_publish(struct dp_share *s);

/* What the others have counted, of the count i of the table. */
uint64_t dp_share_others(const struct dp_share *s, size_t i);

#endif
