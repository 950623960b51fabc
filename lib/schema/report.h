/* report: what dp-schema prints of schemas, as lines of text. */
#ifndef DP_SCHEMA_REPORT_H
#define DP_SCHEMA_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "schema/catalog.h"

struct dp_buf;
struct dp_err;

struct dp_report {
	struct dp_buf *out;         /* lines are appended */
	struct dp_catalog_opts how; /* schemas are compiled */
	size_t n;   /* lint: schemas; diff: changes; test: cases */
	size_t bad; /* doubts; changes that break; cases that failed */

	/* diff: DP_DIFF_NARROWS for backward, DP_DIFF_WIDENS for forward. */
	unsigned must_not;
	bool strict;
	size_t narrows, widens; /* changes */

	bool html; /* doc; else Markdown */

	const char *schemas; /* test: where "type" is found; may be NULL */
};

/* Each takes n files or folders, and returns 0, or -1 with err set. */
typedef int dp_report_fn(struct dp_report *r, char *const *paths, size_t n,
    struct dp_err *err);

/*
 * "file:line:column: /pointer: text [code]".  A schema that is wrong is told
 * too, and is DP_CONFIG in the end.
 */
dp_report_fn dp_report_lint;

/* Two paths: "type: /pointer: narrows: text", and what is compatible. */
dp_report_fn dp_report_diff;

dp_report_fn dp_report_doc; /* one path: a page */

dp_report_fn dp_report_test; /* TAP: "ok 1 - group: case" */

#endif
