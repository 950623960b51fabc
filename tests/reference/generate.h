/* generate: random schemas, and values that match them, nearly, or not. */
#ifndef REFERENCE_GENERATE_H
#define REFERENCE_GENERATE_H

#include "judge.h"
#include "random.h"

/* Puts a schema of the draft, with its $schema; with ids: and some $id. */
void generate_schema(struct random *r, int draft, bool ids);

/* Puts a value by a schema's wishes, of which sins percent are ignored. */
void generate_value(struct random *r, struct ref_schema *s, unsigned sins);

#endif
