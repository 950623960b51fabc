/*
 * filter: the loop of a program that passes good lines on and rejects others.
 *
 * The program's judge says which lines are good, and why one is not; this
 * module reads blocks, has them sifted (app/sift.h), passes good lines on
 * without a copy, tells and keeps rejects, stops at --max-rejects, and adds
 * up, all in the order of the input.
 */
#ifndef DP_APP_FILTER_H
#define DP_APP_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"
#include "app/reject.h"
#include "app/sift.h"

struct dp_found;

/* Counts that the program's table begins with, in this order. */
enum dp_filter_count {
	DP_FILTER_READ,
	DP_FILTER_PASSED,
	DP_FILTER_REJECTED,
	DP_FILTER_BLANK,
	DP_FILTER_DROPPED, /* from here on: with a judge that has stages */
	DP_FILTER_WRITTEN  /* lines that a filter made */
};

#define DP_FILTER_JOBS 64
#define DP_FILTER_EACH 65 /* jobs: one for each processor */

struct dp_filter {
	struct dp_app *app;
	struct dp_sift_opts sift; /* but for `each` */
	struct dp_count *counts;
	const char *rejects; /* FILE or NULL */
	const struct dp_opt_share *max_rejects;
	unsigned jobs; /* threads that sift; 0 and 1: the caller's own */
	struct dp_found *found; /* hears of each line; or NULL */
	bool look; /* lines are looked at only: nothing goes to stdout */
};

/* Reads all files (none: stdin) to the end.  0, or -1 with err set. */
int dp_filter_files(const struct dp_filter *filter, char *const *paths,
    size_t n, struct dp_err *err);

#endif
