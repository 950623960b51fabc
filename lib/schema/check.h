/*
 * check: does a record match the schema of its type?
 *
 * The success path is one pass over the line and keeps no path; a line that
 * fails is parsed a second time by dp_check_explain() to say what and where.
 */
#ifndef DP_SCHEMA_CHECK_H
#define DP_SCHEMA_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "schema/catalog.h"

struct dp_buf;
struct dp_check; /* opaque: a catalog and the scratch memory of one thread */

#define DP_FAULTS_TEXT 32768 /* bytes of their texts together */

/* A fault of a record.  Strings live until the next explain. */
struct dp_fault {
	const char *code;    /* a word of base/code.h */
	const char *pointer; /* into the record */
	size_t pointer_len;
	const char *schema; /* "purchase#/properties/user_id/type" or NULL */
	const char *detail; /* "want integer, got string" */
	size_t detail_len;
	size_t column;                /* in bytes, from 1 */
	const struct dp_schema *type; /* of the record; NULL: not known */

	/* After dp_check_tell_all(), when there is more than this one: all,
	 * this one too, as they stand in the text. */
	const struct dp_fault *all;
	size_t nall;
	bool cut; /* there are more than these, or may be */
};

struct dp_check *dp_check_new(const struct dp_catalog *c, struct dp_err *err);
void dp_check_free(struct dp_check *k);

/* From now on explain tells all faults of a record. */
void dp_check_tell_all(struct dp_check *k);

/*
 * Checks lines from text on while they are good and start before end;
 * end[-1] is a newline and DP_SCAN_PAD bytes behind end are readable.
 * Returns the start of the first line that is blank or fails (or end), and
 * adds the number of good lines to *good.
 */
const char *dp_check_run(struct dp_check *k, const char *text, const char *end,
    uint64_t *good);

/*
 * Checks one line, text[len] being a newline.  Returns 0 when it is good
 * and sets *type (NULL when there is no catalog), -1 when it is not.
 */
int dp_check_line(struct dp_check *k, const char *text, size_t len,
    const struct dp_schema **type);

/*
 * Says what is wrong with a line that failed: the first fault, in the order
 * that dp-validate(1) tells.  -1 only without memory.
 */
int dp_check_explain(struct dp_check *k, const char *text, size_t len,
    struct dp_fault *fault, struct dp_err *err);

#endif
