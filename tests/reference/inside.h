/* inside: what the files of the judge know of each other. */
#ifndef REFERENCE_INSIDE_H
#define REFERENCE_INSIDE_H

#include <stdio.h>

#include "judge.h"

/* The schemas that were entered on the way, the innermost first. */
struct ref_scope {
	const struct ref_value *resource;
	const struct ref_scope *outer;
};

struct ref_case {
	struct ref_schema *schema;
	const struct ref_scope *scope;
	unsigned depth;
	enum ref_verdict trouble; /* REF_VALID: none */
};

/*
 * Whether v matches s.  What of v's children has been evaluated is marked
 * in done, a bool for each.
 */
bool ref_holds(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v, bool *done);

typedef bool ref_each_fn(struct ref_value *schema, void *arg);

/* Calls fn for s and all subschemas until it says true. */
bool ref_each(struct ref_value *s, ref_each_fn *fn, void *arg);

const char *ref_id_keyword(const struct ref_schema *s);
const struct ref_value *ref_resource(const struct ref_value *v);
const struct ref_value *ref_anchor(const struct ref_schema *s,
    const struct ref_value *resource, const char *name, bool dynamic);
const struct ref_value *ref_dynamic(const struct ref_case *c,
    const struct ref_value *ref);

/* Whether n keeps to the numbers under two keys of s, where they are. */
bool ref_within(const struct ref_value *s, const char *least, const char *most,
    size_t n);

/* Keywords that speak of the value alone, and of one kind. */
bool ref_simple(struct ref_case *c, const struct ref_value *s,
    const struct ref_value *v);

#endif
