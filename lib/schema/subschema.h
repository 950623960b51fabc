/* subschema: which keywords hold schemas, for who walks a document. */
#ifndef DP_SCHEMA_SUBSCHEMA_H
#define DP_SCHEMA_SUBSCHEMA_H

#include "schema/tape.h"

/* Called for each schema of a document; returns false to leave out what is
 * within it. */
typedef bool dp_subschema_fn(void *arg, const struct dp_tape *t, uint32_t i);

/*
 * Calls fn for the schema at item root and all within it, the outer before the
 * inner, in document order.
 */
void dp_subschema_each(const struct dp_tape *t, uint32_t root,
    dp_subschema_fn *fn, void *arg);

/* The member of a schema, or 0. */
static inline uint32_t
dp_subschema_get(const struct dp_tape *t, uint32_t i, const char *name)
{
	size_t len = 0;

	if (dp_tape_at(t, i)->type != DP_JSON_OBJECT)
		return 0;
	while (name[len] != '\0')
		len++;
	return dp_tape_member(t, i, name, len);
}

#endif
