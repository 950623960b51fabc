/*
 * infer: schemas made from records.
 *
 * Looks at records once, one after the other, and keeps what it saw of each
 * type as a tree of shapes; dp_infer_write() makes a JSON Schema (2020-12)
 * of it.  Every record that dp_infer_line() has taken matches the schema of
 * its type, however many there were and wherever one stops: a rule is
 * written only if a shape has seen all values that it applies to.
 *
 * Memory is bounded, by limits on types, keys, depth and bytes.  Beyond a
 * limit values are taken without being looked at, so the schema says less;
 * dp_infer_notes() names each such place.  The cost of a record does not
 * depend on how many came before.
 */
#ifndef DP_SCHEMA_INFER_H
#define DP_SCHEMA_INFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/scan.h"

struct dp_buf;
struct dp_err;
struct dp_infer; /* opaque */
struct dp_judge_ops;

#define DP_INFER_DEPTH 32       /* levels of containers looked into */
#define DP_INFER_KEYS 1024      /* keys of an object that are told apart */
#define DP_INFER_KEY_BYTES 1024 /* of a key that is kept */
#define DP_INFER_TYPES 1000
#define DP_INFER_BYTES (64u << 20)

struct dp_infer_opts {
	const char *type_key; /* JSON Pointer; NULL: "/event_name" */
	const char *only;     /* every record is of this type; NULL: no */
	bool any_value;       /* a record may be any JSON value */
	bool tight;           /* also bounds of integers, and no further keys */
	struct dp_scan_opts scan; /* as dp-validate is going to have it */
	size_t max_bytes;         /* of shapes; 0: DP_INFER_BYTES */
};

/* Why a record was not taken; texts live until the next line. */
struct dp_infer_fault {
	const char *code; /* a word of base/code.h */
	const char *detail;
	const char *pointer; /* NULL: not told */
	size_t column;       /* in bytes, from 1; 0: not told */
};

/* opts is copied, its texts are borrowed. */
struct dp_infer *dp_infer_new(const struct dp_infer_opts *opts,
    struct dp_err *err);
void dp_infer_free(struct dp_infer *f);

/*
 * Takes one record, text[len] being a newline with DP_SCAN_PAD bytes behind
 * it.  Returns 0; -1 and *fault when it is no record that a schema could
 * accept: bad JSON, no object, no type, or a type whose name cannot be a
 * file's.
 */
int dp_infer_line(struct dp_infer *f, const char *text, size_t len,
    struct dp_infer_fault *fault);

/* All records are of one type, which the options name. */
bool dp_infer_is_one(const struct dp_infer *f);

/* The types, in order of appearance. */
size_t dp_infer_count(const struct dp_infer *f);
const char *dp_infer_name(const struct dp_infer *f, size_t i);
uint64_t dp_infer_seen(const struct dp_infer *f, size_t i);

/* Appends the schema of the ith type, with a newline at its end.  -1: no
 * memory.  More records may follow. */
int dp_infer_write(struct dp_infer *f, size_t i, struct dp_buf *out,
    struct dp_err *err);

/*
 * Writes all of them: to NAME.json in the folder, which is created, or, when
 * folder is NULL and there is one type only, appends it to out.  A file that
 * is there is replaced only by force (base/put.h).
 */
int dp_infer_put(struct dp_infer *f, const char *folder, bool force,
    struct dp_buf *out, struct dp_err *err);

/*
 * infer is a struct dp_infer, without its type to serve as a callback.
 * Takes lines from text on while they are good; end[-1] is a newline.
 * Returns the start of the first that is not, or end, and adds the number
 * of those taken to *good.
 */
const char *dp_infer_lines(void *infer, const char *text, const char *end,
    uint64_t *good);

/* The same, and each line alone; the judge is a struct dp_infer. */
extern const struct dp_judge_ops dp_infer_ops;

/*
 * Calls tell for each place of the ith type where a limit was reached, with
 * the JSON Pointer to it in a record ("*" stands for any element or key).
 */
void dp_infer_notes(struct dp_infer *f, size_t i,
    void (*tell)(void *arg, const char *type, const char *pointer,
	const char *text),
    void *arg);

/* True when NAME.json can be the schema of a type of that name. */
bool dp_infer_name_good(const char *name, size_t len);

#endif
