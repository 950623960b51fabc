/*
 * diff: what a new schema accepts that the old one did not, and the reverse.
 *
 * Two schemas are compared keyword by keyword, through local references.  A
 * change narrows when a record that was valid may no longer be, widens when
 * a record may be valid that was not.  Without narrowing, what is there can
 * be read with the new schema (backward compatible); without widening, what
 * is to come can be read with the old one (forward compatible).  What cannot
 * be decided (not, if, a reference to elsewhere that changed) is told as
 * both, so a change is never missed but sometimes told in vain.
 *
 * A property that is added where any key was allowed, or taken away where
 * any key still is, narrows or widens in theory only: it is told, but counts
 * as neither unless strict is asked for.
 */
#ifndef DP_SCHEMA_DIFF_H
#define DP_SCHEMA_DIFF_H

#include <stdbool.h>

struct dp_err;
struct dp_folder;
struct dp_source;

#define DP_DIFF_NARROWS 1u
#define DP_DIFF_WIDENS 2u

struct dp_change {
	const char *type;    /* the schema's name */
	unsigned direction;  /* DP_DIFF_*, 0: neither */
	const char *pointer; /* into the schema, to the keyword */
	const char *text;    /* "was integer, is integer or null" */
};

struct dp_diff_opts {
	bool strict;
	/* Called for each change, in the order of the keywords. */
	void (*tell)(void *arg, const struct dp_change *change);
	void *arg;
};

/* Returns 0, or -1 without memory. */
int dp_diff(const struct dp_source *before, const struct dp_source *after,
    const struct dp_diff_opts *opts, struct dp_err *err);

/*
 * All schemas of two folders, by name; two single files whatever their
 * names.  A type that is gone narrows, a new one widens.
 */
int dp_diff_folders(const struct dp_folder *before,
    const struct dp_folder *after, const struct dp_diff_opts *opts,
    struct dp_err *err);

#endif
