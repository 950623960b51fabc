/*
 * plan: how a value is checked in one pass.
 *
 * A plan stands for one or several nodes that a value must match at once:
 * what a $ref or allOf adds is merged into it, and a branch of anyOf, oneOf
 * or if that the type of the value decides is either in it or gone.  What a
 * member of the object decides (a const, an enum, or that it is there) is a
 * switch: the member is sought first, and leads to a plan in which all is
 * decided.  Branches that are left are tried, each a pass over that value.
 * What no pass decides is read by the tape, for that value alone.
 *
 * Plans are made once, from all nodes of a program, and shared by threads.
 */
#ifndef DP_SCHEMA_PLAN_H
#define DP_SCHEMA_PLAN_H

#include "schema/node.h"

struct dp_err;
struct dp_plan;
struct dp_program;

/* The bytes of a member's start that are compared at once. */
#define DP_PROP_TEXT 32

/*
 * A key that an object knows: what the check of a member needs, in one line
 * of the cache.  text is the key as it usually stands, with its quote and
 * colon.
 */
struct dp_prop {
	_Alignas(64) char text[DP_PROP_TEXT];
	uint32_t mask;   /* bits of the bytes of text that count */
	uint32_t number; /* in the catalog: the guess of what follows */
	uint32_t slot;   /* in the object */
	uint8_t skip;    /* from the key's first byte to behind its colon;
			    0: text does not tell it, it is not guessed */
	uint8_t easy;    /* the plan's */
	uint64_t bit;    /* of what was seen; DP_SEEN_SHARED for late slots */
	const struct dp_plan *plan;
};

/* Slots below DP_SEEN_OWN have a bit each, the others one together. */
#define DP_SEEN_OWN 63
#define DP_SEEN_SHARED (UINT64_C(1) << DP_SEEN_OWN)

/* Sets text, mask and skip, where the key can be told by them. */
void dp_prop_name(struct dp_prop *p, const char *name, size_t len);

/* What a scalar must match: each node by itself, or with all it leads to. */
struct dp_checks {
	const struct dp_node *const *at;
	size_t n;
	bool deep;
};

struct dp_plans {
	const struct dp_plan *const *at;
	size_t n;
};

/* What is said of the keys that are there, at the end of an object. */
enum dp_rule_kind {
	DP_RULE_WHEN, /* with those of masks[0], those of masks[1] */
	DP_RULE_SOME, /* all of one mask at least */
	DP_RULE_ONE,  /* of exactly one */
	DP_RULE_NONE
};

struct dp_rule {
	enum dp_rule_kind kind;
	const uint64_t *masks; /* of bits of dp_prop */
	size_t n;
};

/* Patterns of one schema, and what it asks of keys that match none. */
struct dp_key_group {
	const struct dp_pattern *const *patterns;
	struct dp_plans plans;
	const struct dp_plan *additional;
};

/* What is asked of a key that is not known, beside plain additional. */
struct dp_key_checks {
	const struct dp_key_group *groups;
	size_t ngroups;
	struct dp_checks names;
};

struct dp_plan_object {
	uint64_t required; /* bits of the slots below DP_SEEN_OWN */
	uint32_t words;    /* of bits for the slots from there on */
	bool simple;       /* required is all that is asked at the end */
	uint32_t first;    /* the number of the guess of the first key */
	uint32_t nprops;
	const struct dp_prop *props;
	const struct dp_plan *additional;
	struct dp_keytable table; /* its keys are the names of props */
	const uint64_t *required_more;
	uint64_t min, max;
	const struct dp_key_checks *keys; /* or NULL */
	const struct dp_rule *rules;
	size_t nrules;
};

/* Elements that an array must have, found by a pass of their own. */
struct dp_contains {
	const struct dp_plan *plan;
	uint64_t min, max;
};

struct dp_plan_array {
	struct dp_plans prefix;
	const struct dp_plan *items; /* behind the prefix */
	uint64_t min, max;
	bool unique;
	const struct dp_contains *contains;
	size_t ncontains;
};

/* The schema of the element at index. */
static inline const struct dp_plan *
dp_plan_element(const struct dp_plan_array *a, uint64_t index)
{
	return index < a->prefix.n ? a->prefix.at[index] : a->items;
}

/* A member that decides: by its string, or by being there. */
struct dp_split {
	struct dp_key key;
	struct dp_keytable table; /* of strings; with n of them */
	size_t n;
	const struct dp_plan *const *cases; /* by the string's number */
	const struct dp_plan *other, *absent;
};

/* Branches that only a pass over the value can decide. */
enum dp_try_kind {
	DP_TRY_ANY,
	DP_TRY_ONE,
	DP_TRY_NOT,
	DP_TRY_IF,  /* plans: if, then, else; the latter two may be NULL */
	DP_TRY_WHEN /* plans: of an object that has key */
};

struct dp_try {
	enum dp_try_kind kind;
	struct dp_plans plans;
	struct dp_key key;
};

struct dp_tries {
	const struct dp_try *at;
	size_t n;
};

struct dp_plan {
	uint8_t types; /* that may pass */
	uint8_t look;  /* types whose values are looked at */
	uint8_t easy;  /* types that pass without a look */
	uint8_t whole; /* types whose values are read by the tape */
	uint8_t odd;   /* containers that a switch or tries come before */
	const struct dp_plan_object *object;
	const struct dp_plan_array *array;
	struct dp_checks strings, integers, numbers;
	const struct dp_split *split;
	struct dp_tries of_object, of_array;
	struct dp_checks nodes; /* what it was made of, for the tape */

	/* While it is made, and for --explain-schema: */
	const struct dp_known *known; /* of a case of a switch */
	struct dp_plan *next;         /* with the same hash */
	const struct dp_node *self;
	const char *why; /* the first thing that needs the tape */
};

/* What passes everything, and nothing. */
extern const struct dp_plan dp_plan_any, dp_plan_never;

/*
 * After dp_program_link(): makes the plans of the roots, and of all that
 * they lead to.  dup_passes: an object may have a key twice.  0, or -1 and
 * err set.
 */
int dp_program_plan(struct dp_program *program, bool dup_passes,
    const struct dp_node *const *roots, const struct dp_plan **plans, size_t n,
    struct dp_err *err);

#endif
