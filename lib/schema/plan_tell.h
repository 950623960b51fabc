/*
 * plan_tell: how each subschema of a catalog was compiled, and why.
 *
 * For people, a line for each, "NAME#/pointer  how  why", the slowest last,
 * and what the words mean; as JSON, an object for each.
 */
#ifndef DP_SCHEMA_PLAN_TELL_H
#define DP_SCHEMA_PLAN_TELL_H

#include <stdbool.h>
#include <stdio.h>

struct dp_catalog;
struct dp_err;

/* Writes lines to out.  0, or -1 and err set: no memory. */
int dp_plan_tell(const struct dp_catalog *c, bool json, FILE *out,
    struct dp_err *err);

#endif
