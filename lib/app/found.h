/*
 * found: what a run found, counted by type and code: as a table on stdout
 * (app/tally.h), as a page for a browser (app/report.h), or both.
 */
#ifndef DP_APP_FOUND_H
#define DP_APP_FOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_err;
struct dp_found; /* opaque */
struct dp_reject;

struct dp_found_opts {
	bool table, json;
	const char *report;  /* FILE.html or NULL */
	const char *schemas; /* PATH or NULL, for the page */
	size_t ntypes;
	const char *(*type_name)(const void *arg, size_t type);
	const void *arg;
};

struct dp_found *dp_found_new(const struct dp_found_opts *opts,
    struct dp_err *err);
void dp_found_free(struct dp_found *f); /* NULL is fine */

/* A good record of that type (ntypes: none), and one that is rejected. */
void dp_found_good(struct dp_found *f, size_t type, const char *file,
    uint64_t line, uint64_t len);
void dp_found_bad(struct dp_found *f, size_t type, const struct dp_reject *r);

/* Prints the table, writes the page.  0 or -1. */
int dp_found_tell(struct dp_found *f, uint64_t blank, struct dp_err *err);

#endif
