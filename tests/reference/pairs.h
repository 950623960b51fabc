/* pairs: a schema and its values, judged by the product and the reference. */
#ifndef REFERENCE_PAIRS_H
#define REFERENCE_PAIRS_H

#include "judge.h"

struct dp_catalog;
struct dp_check;

#define PAIR_TYPES 3

struct pair {
	/* To be set before pair_open(): */
	bool any_value, nul_passes;
	unsigned max_depth;
	struct ref_schema schema; /* its draft */

	/* Instead of schema: that of each type, whose name is under a key. */
	struct ref_schema types[PAIR_TYPES];
	const char *type_key; /* NULL: there is one schema for all */

	struct dp_catalog *catalog;
	struct dp_check *check;
	const char *trouble; /* the schema itself is judged in two ways */
	char text[1024];
	/* By pair_differs(): */
	const char *product, *reference;
	bool valid, limited;
};

/* False: the schema is refused.  To be closed in any case. */
bool pair_open(struct pair *p, const char *schema, size_t len);
void pair_close(struct pair *p);

bool pair_differs(struct pair *p, const char *text, size_t len);

/*
 * A round over schemas of several types in a folder, and values of them.
 * False and told: a difference.
 */
struct random;
bool pair_types(struct random *r, unsigned long *values);
extern const char *const pair_type_names[PAIR_TYPES];

/* The draft that a schema's $schema names. */
int pair_draft(const char *schema);

/* Prints the difference, made as small as it can be; value may be NULL. */
void pair_shrink(const struct pair *p, const char *schema, size_t len,
    const char *value, size_t value_len);

#endif
