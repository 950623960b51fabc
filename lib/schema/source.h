/*
 * source: a schema file, read and taken apart, with places for messages.
 *
 * The file is JSON as strict as a record: UTF-8, no key twice.  A BOM in
 * front is passed over.
 */
#ifndef DP_SCHEMA_SOURCE_H
#define DP_SCHEMA_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "schema/tape.h"

struct dp_err;

#define DP_SOURCE_MAX (64u << 20) /* bytes of a schema file */

struct dp_source {
	char *path; /* as messages name it */
	char *name; /* what records' faults call it: the file without .json */
	struct dp_buf text;     /* newlines made blanks, pads behind */
	size_t len;             /* of the file */
	struct dp_buf newlines; /* size_t offsets of the newlines */
	struct dp_tape tape;
	bool fetched; /* from another server */
};

/* NULL and err set: DP_NOINPUT and its like, or DP_CONFIG with the place. */
struct dp_source *dp_source_read(const char *path, struct dp_err *err);
void dp_source_free(struct dp_source *s);

/* The same for a text in memory, which is copied. */
struct dp_source *dp_source_text(const char *path, const char *text, size_t len,
    struct dp_err *err);

/*
 * Sets err to DP_CONFIG, "file:line:column: /pointer: " and the message, at
 * item i.  Returns -1.
 */
int dp_source_error(const struct dp_source *s, uint32_t i, struct dp_err *err,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
