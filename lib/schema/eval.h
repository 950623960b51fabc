/*
 * eval: a schema against a value on the tape; the obvious way.
 *
 * Knows every keyword.  The streaming check hands it the values that a
 * single pass cannot decide, and asks it why a line has failed.
 */
#ifndef DP_SCHEMA_EVAL_H
#define DP_SCHEMA_EVAL_H

#include "base/buf.h"
#include "schema/node.h"
#include "schema/tape.h"

#define DP_EVAL_STEPS 10000000 /* for one record; more is too-complex */
#define DP_EVAL_DEPTH 2048
#define DP_EVAL_FOUND 100 /* faults of a record, when all are told */

struct dp_eval_fault {
	const char *code; /* NULL: none */
	uint32_t item;
	const struct dp_node *node;
	const struct dp_key *key; /* one that is missing, or NULL */
	const struct dp_key *by;  /* the one that asks for it, or NULL */
	/* contains, oneOf: how many matched.  pattern-limit: 1, 2: of a
	 * key, by patternProperties or propertyNames. */
	uint64_t n;
};

/* One of all faults. */
struct dp_eval_found {
	struct dp_eval_fault fault, near;
};

/*
 * Which children of a value have been evaluated, for unevaluatedItems and
 * unevaluatedProperties: an offset into marks, or DP_EVAL_UNMARKED.
 */
#define DP_EVAL_UNMARKED SIZE_MAX

/* All zero but tape and text, before dp_eval_start(). */
struct dp_eval {
	const struct dp_tape *tape;
	struct dp_buf *text; /* scratch memory for strings */
	struct dp_buf marks; /* a byte for each child, a stack of rows */
	struct dp_buf table; /* of uniqueItems */
	uint64_t steps;      /* left */
	bool stopped;        /* by dp_eval_stop(): steps is 0 */
	unsigned depth;
	unsigned nscope;
	struct dp_eval_fault fault; /* the first, in the order of the text */
	struct dp_eval_fault near;  /* of the branch that came closest */
	/*
	 * NULL, or where all faults go, struct dp_eval_found, as they are
	 * met.  To the schemas around it a schema that fails then is one
	 * that holds, so that they go on; but for those that are tried.
	 */
	struct dp_buf *found;
	bool cut; /* there are more than DP_EVAL_FOUND */
	/* The resources that were entered, the outermost first. */
	const struct dp_resource *scope[DP_EVAL_DEPTH + 1];
};

void dp_eval_start(struct dp_eval *e);
void dp_eval_fini(struct dp_eval *e);

/*
 * True when the item is valid; else e->fault says why.  With e->found it is
 * valid if nothing is found, and e->fault has no code: a fault there is one
 * that ended the search, such as too-complex.
 */
bool dp_eval(struct dp_eval *e, const struct dp_node *n, uint32_t item);

/* Puts all that is found in order: as it stands in the text, what is said
 * of a container behind what is said of its content. */
void dp_eval_sort(struct dp_eval *e);

/* For eval*.c. */

/* The same, noting which children were evaluated. */
bool dp_eval_marked(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks);

/* The same for a schema that need not match: nothing goes to e->found. */
bool dp_eval_ask(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks);

/*
 * Keeps a fault, of several the first; the second is of a key that is
 * missing, for which `by` asks or NULL, the third of what has been counted.
 * True when all are wanted: then the check goes on.
 */
bool dp_eval_fail(struct dp_eval *e, const char *code, const struct dp_node *n,
    uint32_t item);
bool dp_eval_fail_key(struct dp_eval *e, const char *code,
    const struct dp_node *n, uint32_t item, const struct dp_key *key,
    const struct dp_key *by);
bool dp_eval_fail_count(struct dp_eval *e, const char *code,
    const struct dp_node *n, uint32_t item, uint64_t count);

/* What is wrong with a value that is no container and fails. */
bool dp_eval_scalar(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    const char *code);

/* True when since the first n that were found it is no longer known which
 * children of an item have been evaluated. */
bool dp_eval_lost(const struct dp_eval *e, size_t n, uint32_t item);

/* A row of marks for the children of an item, and taking it off again. */
size_t dp_eval_row(struct dp_eval *e, uint32_t item);
void dp_eval_drop(struct dp_eval *e, size_t row);

static inline void
dp_eval_mark(struct dp_eval *e, size_t marks, uint32_t index)
{
	if (marks != DP_EVAL_UNMARKED)
		e->marks.data[marks + index] = 1;
}

/*
 * The same for what leaves the verdict open, as a pattern that takes too
 * long does: nothing is known from here on, and no branch may go on.
 */
bool dp_eval_stop(struct dp_eval *e, const char *code, const struct dp_node *n,
    uint32_t item);

bool dp_eval_object(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks);
bool dp_eval_array(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks);
bool dp_eval_combine(struct dp_eval *e, const struct dp_node *n, uint32_t item,
    size_t marks);

/* True when no two children of an array are equal. */
bool dp_eval_unique(struct dp_eval *e, uint32_t item);

#endif
