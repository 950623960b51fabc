/*
 * judge: JSON Schema as its specification says it, one keyword a function.
 *
 * Walks the schema as a tree of JSON, again for each value: nothing is
 * compiled, nothing remembered.  Knows drafts 4 to 2020-12; of formats ipv4
 * and date.  Its schemas are valid ones, with their $id absolute or a name.
 */
#ifndef REFERENCE_JUDGE_H
#define REFERENCE_JUDGE_H

#include <stdbool.h>

#include "value.h"

struct ref_schema {
	struct ref_value *root;
	int draft;           /* 4, 6, 7, 2019, 2020 */
	unsigned long steps; /* taken by the last judgement */
};

enum ref_verdict {
	REF_VALID,
	REF_INVALID,
	REF_ENDLESS, /* the schema leads back to itself */
	REF_LOST,    /* a reference leads to nothing */
	REF_LONG     /* more steps than anyone should wait for */
};

/* Marks what has an $id; to be called once, before the others. */
void ref_schema_open(struct ref_schema *s);

enum ref_verdict ref_judge(struct ref_schema *s, const struct ref_value *v);

/*
 * Whether the schema, or one that it refers to, leads back to itself without
 * going into a value.
 */
bool ref_schema_endless(struct ref_schema *s);

/* What a $ref means; NULL: nothing. */
const struct ref_value *ref_target(const struct ref_schema *s,
    const struct ref_value *ref);

#endif
