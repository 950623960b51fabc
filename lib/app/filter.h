/*
 * filter: the loop of a program that passes good lines on and rejects others.
 *
 * The program says which lines are good, and why one is not; this module
 * reads blocks, skips and counts blank lines, passes runs of good lines on
 * without a copy, tells and keeps rejects, stops at --max-rejects, replays
 * rejects, speaks the tagged chain, and adds up.
 */
#ifndef DP_APP_FILTER_H
#define DP_APP_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"
#include "app/reject.h"

struct dp_found;

struct dp_filter_ops {
	/*
	 * Passes over good lines from text on; end[-1] is a newline, and
	 * DP_INPUT_PAD bytes behind end may be read.  Returns the start of
	 * the first line that is blank or not good, or end, and adds the
	 * number of good ones to *good.
	 */
	const char *(
	    *run)(void *arg, const char *text, const char *end, uint64_t *good);

	/* One line, text[len] being a newline: true when it is good.
	 * Sets *kind, its row of the tally. */
	bool (*line)(void *arg, const char *text, size_t len, size_t *kind);

	/* Why a line is not good: sets code, pointer, schema, detail and
	 * column of *r.  -1 with err set ends the run. */
	int (*why)(void *arg, const char *text, size_t len, struct dp_reject *r,
	    size_t *kind, struct dp_err *err);
};

/* Counts that the program's table begins with, in this order. */
enum dp_filter_count {
	DP_FILTER_READ,
	DP_FILTER_PASSED,
	DP_FILTER_REJECTED,
	DP_FILTER_BLANK
};

struct dp_filter {
	struct dp_app *app;
	const struct dp_filter_ops *ops;
	void *arg;
	struct dp_count *counts;
	const char *rejects; /* FILE or NULL */
	uint64_t max_record;
	const struct dp_opt_share *max_rejects;
	struct dp_found *found; /* hears of each line; or NULL */
	size_t no_kind;         /* the type that stands for none */
	bool from_rejects, tag;
	bool look; /* lines are looked at only: nothing goes to stdout */
};

/* Reads all files (none: stdin) to the end.  0, or -1 with err set. */
int dp_filter_files(const struct dp_filter *filter, char *const *paths,
    size_t n, struct dp_err *err);

#endif
