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
#define DP_EVAL_DEPTH 4096

struct dp_eval_fault {
	const char *code; /* NULL: none */
	uint32_t item;
	const struct dp_node *node;
	const struct dp_prop *prop; /* required: the key that is missing */
};

/* All zero but tape and text, before dp_eval_start(). */
struct dp_eval {
	const struct dp_tape *tape;
	struct dp_buf *text; /* scratch memory for strings */
	uint64_t steps;      /* left */
	unsigned depth;
	struct dp_eval_fault fault; /* the first, in the order of the text */
};

void dp_eval_start(struct dp_eval *e);

/* True when the item is valid; else e->fault says why. */
bool dp_eval(struct dp_eval *e, const struct dp_node *n, uint32_t item);

#endif
