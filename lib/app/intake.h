/*
 * intake: what a program reads and writes: files, stdout and its rejects,
 * opened and closed together.
 */
#ifndef DP_APP_INTAKE_H
#define DP_APP_INTAKE_H

#include "app/input.h"
#include "app/output.h"
#include "app/reject.h"

struct dp_app;
struct dp_buf;
struct dp_count;

struct dp_intake {
	struct dp_app *app;
	const char *rejects_path;         /* FILE or NULL */
	uint64_t max_record, linger_ms;   /* as in app/input.h */
	struct dp_count *read, *rejected; /* counts of the program */
	void *arg;
	int (
	    *take)(void *arg, const struct dp_block *block, struct dp_err *err);
	/* Before a read that may block, and at the end of all. */
	int (*flush)(void *arg, struct dp_err *err);
	int (*finish)(void *arg, struct dp_err *err);

	/* While it runs. */
	struct dp_input *in;
	struct dp_output *out; /* stdout */
	struct dp_rejects *rejects;
	const struct dp_block *block; /* at hand */
};

/* Reads all files (none: stdin) to the end.  0, or -1 with err set. */
int dp_intake_run(struct dp_intake *i, char *const *files, size_t n,
    struct dp_err *err);

/*
 * A line of the block at hand is rejected: told, counted, kept.  Under
 * dp-drain (DP_BATCH is set) a reject that is kept is no fault of the run.
 */
int dp_intake_reject(struct dp_intake *i, uint64_t line, const char *code,
    const char *why, const char *raw, size_t len, struct dp_err *err);

/*
 * The block at hand is a single line.  The head of one over max_record is
 * rejected; so is a last line without a newline, unless it is a complete
 * JSON value: a writer that died leaves a cut one, and the run's status is
 * at least DP_DATA then.  1: it is good; 0: rejected; -1.
 */
int dp_intake_single(struct dp_intake *i, struct dp_err *err);

/* Writes what is held to stdout, flushes that, and empties held. */
int dp_intake_pass(struct dp_intake *i, struct dp_buf *held,
    struct dp_err *err);

#endif
