/*
 * cases: tests of schemas, in the form of the JSON-Schema-Test-Suite
 * (https://github.com/json-schema-org/JSON-Schema-Test-Suite):
 *
 *     [{"description": "...", "schema": {...},
 *       "tests": [{"description": "...", "data": ..., "valid": true}]}]
 *
 * In place of "schema" a group may say "type": "NAME", a schema of a folder.
 */
#ifndef DP_SCHEMA_CASES_H
#define DP_SCHEMA_CASES_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/catalog.h"

struct dp_err;

struct dp_case {
	const char *group, *name; /* descriptions */
	bool passed;
	const char *why; /* when it has not passed */
	const char *file;
};

struct dp_cases {
	const struct dp_catalog *types; /* for "type"; may be NULL */
	struct dp_catalog_opts opts;    /* of the schemas of the groups */
	void (*tell)(void *arg, const struct dp_case *c);
	void *arg;
};

/*
 * Runs the cases of a file.  A schema that does not compile fails all cases
 * of its group.  0, or -1: the file is no file of cases, or no memory.
 */
int dp_cases_run(const struct dp_cases *c, const char *path,
    struct dp_err *err);

#endif
