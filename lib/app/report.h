/*
 * report: what a run found, as one self-contained HTML page without script.
 *
 * Totals, a bar for each type and each code, the first examples of each
 * fault with the place marked, the sizes of records, the longest lines.
 * Memory is bounded: a few examples a code, a few lines, each cut.
 */
#ifndef DP_APP_REPORT_H
#define DP_APP_REPORT_H

#include <stddef.h>
#include <stdint.h>

struct dp_err;
struct dp_reject;
struct dp_report; /* opaque */
struct dp_tally;

/* For dp_report_write(path): what stands against that is told now. */
struct dp_report *dp_report_new(const char *path, struct dp_err *err);
void dp_report_free(struct dp_report *r); /* NULL is fine */

/* A record of len bytes, without its newline. */
void dp_report_line(struct dp_report *r, const char *file, uint64_t line,
    uint64_t len);

/* An example of a fault, if there are not enough of its code yet. */
void dp_report_fault(struct dp_report *r, const struct dp_reject *j);

/* What the page says beside what was reported. */
struct dp_report_page {
	const struct dp_tally *tally;
	const char *(*type_name)(const void *arg, size_t type);
	const void *arg;
	uint64_t blank, milliseconds;
	const char *schemas; /* PATH or NULL */
};

/* Writes path anew, by a rename, 0640.  0 or -1. */
int dp_report_write(struct dp_report *r, const char *path,
    const struct dp_report_page *page, struct dp_err *err);

#endif
