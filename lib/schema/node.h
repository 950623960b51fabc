/*
 * node: the compiled program, for the files of lib/schema alone.
 *
 * A schema is a graph of nodes, one a subschema, immutable and shared by all
 * threads.  What the streaming check needs of a value stands in its node: a
 * mask of types, and which of them want a further look.
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

/* The bytes of a member's start that are compared at once. */
#define DP_PROP_TEXT 32

/*
 * A key that an object schema knows, by properties or by required: what the
 * check of a member needs, in one line of the cache.  text is the key as it
 * usually stands, with its quote and colon.
 */
struct dp_prop {
	_Alignas(64) char text[DP_PROP_TEXT];
	uint32_t mask;   /* bits of the bytes of text that count */
	uint32_t number; /* in the catalog: the guess of what follows */
	uint32_t slot;   /* in the object */
	uint8_t skip;    /* from the key's first byte to behind its colon;
			    0: text does not tell it, it is not guessed */
	uint8_t easy;    /* the node's */
	uint64_t bit;    /* of what was seen; DP_SEEN_SHARED for late slots */
	const struct dp_node *node;
};

/* Slots below DP_SEEN_OWN have a bit each, the others one together. */
#define DP_SEEN_OWN 63
#define DP_SEEN_SHARED (UINT64_C(1) << DP_SEEN_OWN)

/* Sets text, mask and skip, where the key can be told by them. */
void dp_prop_name(struct dp_prop *p, const char *name, size_t len);

/* A pattern of keys, and what their values must match. */
struct dp_pattern_prop {
	const struct dp_pattern *pattern;
	const struct dp_node *node;
};

struct dp_object {
	uint64_t required;   /* bits of the slots below DP_SEEN_OWN */
	uint32_t words;      /* of bits for the slots from there on */
	bool simple;         /* no bounds, and words 0 */
	bool has_additional; /* the keyword is there */
	uint32_t first;      /* the number of the guess of the first key */
	uint32_t nprops, nlisted;
	const struct dp_prop *props; /* those of properties first, in order */
	const struct dp_node *additional;
	struct dp_keytable table; /* its keys are the names of props */
	const uint32_t *items;    /* of the tape: the listed ones' schemas */
	const uint64_t *required_more;
	const uint32_t *needs; /* slots, as the schema has them */
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
	uint8_t look;                   /* types whose values are looked at */
	uint8_t easy;                   /* types that pass without a look */
	uint8_t tape;                   /* types whose values need the tape */
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
};

/* What passes everything, and nothing. */
extern const struct dp_node dp_node_any, dp_node_never;

#endif
