/*
 * judge: the schemas of a catalog, and jq filters, as a judge of records
 * (base/judge.h) for the loop of app/filter.h.
 */
#ifndef DP_SCHEMA_JUDGE_H
#define DP_SCHEMA_JUDGE_H

#include "base/judge.h"
#include "schema/rule.h"

struct dp_catalog;

/* What the judges of all threads share; borrowed by each. */
struct dp_judging {
	const struct dp_catalog *catalog;
	bool compat; /* schema/compat.h instead of the schema */
	bool all;    /* all faults of a record are told */

	const char *const *where; /* filters; NULL and 0: none */
	size_t where_n;
	const char *map, *fix; /* or NULL */
	bool one_output;       /* map must yield exactly one */
	size_t max_memory;     /* of a worker for filters; 0: default */
	uint64_t deadline_ms;  /* of a record; 0: default */
};

/* Each takes a const struct dp_judging as `shared`. */
extern const struct dp_judge_ops dp_judge_ops;

#endif
