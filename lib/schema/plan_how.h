/*
 * plan_how: how each subschema is checked, found from the plans.
 *
 * A subschema may have part in several plans, as where several schemas
 * speak of one member: the slowest of them is told.
 */
#ifndef DP_SCHEMA_PLAN_HOW_H
#define DP_SCHEMA_PLAN_HOW_H

#include "schema/compile.h"
#include "schema/plan.h"

/* From the fastest to the slowest. */
enum dp_how_kind {
	DP_HOW_UNUSED, /* no value gets there */
	DP_HOW_NEVER,  /* nothing passes */
	DP_HOW_ANY,    /* everything does */
	DP_HOW_REF,    /* it is another one */
	DP_HOW_MERGED, /* it is checked with the one that it is a part of */
	DP_HOW_PASS,
	DP_HOW_SWITCH,
	DP_HOW_TRIES,
	DP_HOW_TAPE,
	DP_HOW_COUNT
};

struct dp_how {
	enum dp_how_kind kind;
	const struct dp_plan *plan; /* that says so, or NULL */
	const struct dp_node *with; /* of what it is a part, or NULL */
};

/*
 * By the index of each node of the program; at has room for one more than
 * there are.  0, or -1 without memory.
 */
int dp_plan_how(const struct dp_program *program, struct dp_how *at);

#endif
