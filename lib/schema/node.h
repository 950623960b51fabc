/*
 * node: the compiled program, for the files of lib/schema alone.
 *
 * A schema is a graph of nodes, one a subschema, immutable and shared by all
 * threads.  A node says what the subschema says, in its words; how a value is
 * checked in one pass is in schema/plan.h.
 */
#ifndef DP_SCHEMA_NODE_H
#define DP_SCHEMA_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/scan.h"
#include "schema/keytable.h"
#include "schema/source.h"

struct dp_format;
struct dp_node;
struct dp_pattern;
struct dp_plan;
struct dp_resource;

#define DP_TYPES_ALL 255
#define DP_TYPES_NUMBER (DP_JSON_INTEGER | DP_JSON_NUMBER)
#define DP_TYPES_BOOLEAN (DP_JSON_FALSE | DP_JSON_TRUE)
#define DP_TYPES_CONTAINER (DP_JSON_ARRAY | DP_JSON_OBJECT)

enum dp_bound_kind {
	DP_BOUND_MIN,
	DP_BOUND_MAX,
	DP_BOUND_ABOVE,
	DP_BOUND_BELOW
};

/* A number that others are compared with. */
struct dp_bound {
	const char *text; /* in the schema's source */
	size_t len;
	int64_t n; /* its value, where fits */
	bool fits; /* integral, of 18 digits at most */
	enum dp_bound_kind kind;
};

struct dp_number {
	struct dp_bound bounds[4];
	unsigned nbounds;
	/* multipleOf is step * 10^exp; step 0: none. */
	uint64_t step;
	int64_t exp;
	const char *step_text;
	size_t step_len;
	bool literal; /* draft 4: 1.0 is no integer */
};

struct dp_string {
	uint64_t min, max; /* characters; 0 and UINT64_MAX: none */
	const struct dp_pattern *pattern;
	const char *pattern_text; /* as the schema has it, unescaped */
	const struct dp_format *format;
};

/* const and enum: the values are items of the schema's tape. */
struct dp_values {
	const uint32_t *items;
	size_t n;
	const struct dp_source *source;
	const struct dp_key *strings; /* those that are strings, as text */
	size_t nstrings;
	struct dp_keytable table; /* of the strings, when there are some */
	const char *keyword;      /* "const" or "enum" */
	uint8_t types;            /* that occur */
};

/* A pattern of keys, and what their values must match. */
struct dp_pattern_prop {
	const struct dp_pattern *pattern;
	const struct dp_node *node;
};

struct dp_object {
	bool has_additional;      /* the keyword is there */
	uint32_t nkeys, nlisted;  /* those of properties first, in order */
	struct dp_keytable table; /* of the keys */
	const struct dp_node *const *nodes; /* of the listed ones */
	const uint32_t *items;              /* likewise, of the tape */
	const struct dp_node *additional;
	const uint32_t *needs; /* keys, as required has them */
	size_t nneeds;
	uint64_t min, max;
	const struct dp_pattern_prop *patterns;
	size_t npatterns;
	const struct dp_node *names; /* propertyNames, or NULL */
};

struct dp_list {
	const struct dp_node *const *at;
	size_t n;
};

struct dp_array {
	struct dp_list prefix;
	const struct dp_node *items; /* behind the prefix */
	bool has_items;              /* the keyword is there */
	uint64_t min, max;
	bool unique;
	bool contains_marks; /* what contains finds is evaluated */
	const struct dp_node *contains;
	uint64_t min_contains, max_contains;
};

/* The schema of the element at index. */
static inline const struct dp_node *
dp_array_element(const struct dp_array *a, uint64_t index)
{
	return index < a->prefix.n ? a->prefix.at[index] : a->items;
}

/* When an object has a key: what it must match, and which others it needs. */
struct dp_depend {
	struct dp_key key;
	const struct dp_node *node; /* or NULL */
	const struct dp_key *needs;
	size_t nneeds;
};

/* $dynamicRef and $recursiveRef, where the place decides what is meant. */
struct dp_dynamic {
	const char *name; /* of the anchor; "" for $recursiveAnchor */
	const struct dp_node *target; /* where no outer schema has it */
};

/* Keywords that speak of the same value through other schemas. */
struct dp_combine {
	const struct dp_node *ref;
	const struct dp_dynamic *dynamic;
	struct dp_list all, any, one;
	const struct dp_node * not, *cond, *then, *otherwise;
	const struct dp_depend *depends;
	size_t ndepends;
	const struct dp_node *rest_items, *rest_properties; /* unevaluated */
};

struct dp_node {
	uint8_t types;                  /* that may pass */
	uint8_t said;                   /* what the keyword type says */
	const struct dp_object *object; /* what is NULL is not asked for */
	const struct dp_array *array;
	const struct dp_number *number;
	const struct dp_string *string;
	const struct dp_values *values; /* enum */
	const struct dp_values *only;   /* const */
	const struct dp_combine *combine;
	const struct dp_source *source;
	const struct dp_resource *resource;
	uint32_t item;                /* of the schema's tape */
	bool never;                   /* the schema false */
	bool keep, visiting, visited; /* while the program is linked */

	/* While plans are made (schema/plan.h): */
	const struct dp_node *same; /* an alias is the node that it means */
	const struct dp_source *own_source; /* where the alias itself stands */
	uint32_t own_item;
	struct dp_plan *plan; /* of this node alone, or NULL */
	uint32_t index;       /* in the program */
	uint32_t stamp;
};

/* What passes everything, and nothing. */
extern const struct dp_node dp_node_any, dp_node_never;

#endif
