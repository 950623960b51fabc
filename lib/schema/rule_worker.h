/*
 * rule_worker: the other side of schema/rule.h, for rule*.c alone.
 *
 * Between the two sides goes, in the machine's own byte order:
 *
 *	to the worker     u32 length, the record
 *	back, at first    one answer: READY, or FAULT with the reason
 *	back, per record  one answer
 *
 * An answer is a struct dp_rule_answer and `len` bytes: the outputs of map,
 * or the detail.  Both sides buffer: the worker answers when it has nothing
 * left to read.  What tells which record a worker was at when it ended, and
 * how far it has come, is a page that both see.
 */
#ifndef DP_SCHEMA_RULE_WORKER_H
#define DP_SCHEMA_RULE_WORKER_H

#include <sys/types.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/rule.h"

struct dp_buf;

enum dp_rule_kind {
	DP_RULE_PASSED, /* READY at first */
	DP_RULE_FALSE,  /* rule */
	DP_RULE_ERROR,  /* rule-error; FAULT at first */
	DP_RULE_NUMBER, /* number-limit */
	DP_RULE_KINDS
};

struct dp_rule_answer {
	uint32_t kind;
	uint32_t len;
};

/* The page: what the worker says there is looked at before it is believed. */
struct dp_rule_page {
	_Atomic uint64_t begun; /* records, since the worker started */
};

#define DP_RULE_DETAIL 512 /* bytes of a detail */

/*
 * Forks a worker.  Sets *fd, non-blocking, and *pid.  All limits of opts are
 * set; the page is shared memory.  It ends when fd is closed.
 */
int dp_rule_start(const struct dp_rule_opts *opts, struct dp_rule_page *page,
    int *fd, pid_t *pid, struct dp_err *err);

/* The loop of the worker over fd; returns when the other side is gone. */
void dp_rule_serve(const struct dp_rule_opts *opts, struct dp_rule_page *page,
    int fd);

/* The driver of jq (rule_jq.c). */
struct dp_jq; /* opaque: the compiled filters */

/* NULL: not compiled; the reason is in why. */
struct dp_jq *dp_jq_new(const struct dp_rule_opts *opts, struct dp_buf *why);
void dp_jq_free(struct dp_jq *j);

/* Runs them on one record; out gets the outputs or the detail. */
enum dp_rule_kind dp_jq_run(struct dp_jq *j, const char *line, size_t len,
    struct dp_buf *out);

/*
 * True when each number of a record has the same value once it has gone
 * through a double and its shortest decimal (rule_number.c).  Otherwise
 * *number and *number_len tell the first that has not.
 */
bool dp_rule_numbers_keep(const char *line, size_t len, const char **number,
    size_t *number_len);

#endif
