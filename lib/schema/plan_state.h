/* plan_state: how plans are made, for plan*.c alone. */
#ifndef DP_SCHEMA_PLAN_STATE_H
#define DP_SCHEMA_PLAN_STATE_H

#include "base/buf.h"
#include "schema/compile.h"
#include "schema/plan.h"

#define DP_PLAN_STRINGS 512  /* cases of a switch, at most */
#define DP_PLAN_NESTED 6     /* switches in the cases of switches */
#define DP_PLAN_WORK 2000000 /* keys times schemas of merged objects */

/* What is known of a member of the value at hand. */
enum dp_known_kind {
	DP_KNOWN_ABSENT,
	DP_KNOWN_TEXT,
	DP_KNOWN_OTHER /* there, and none of the strings */
};

struct dp_known {
	const struct dp_known *outer;
	struct dp_key key;
	enum dp_known_kind kind;
	struct dp_key text;
	const struct dp_keytable *table; /* the strings, for OTHER */
	unsigned depth;
};

/* Everything that plans are made with. */
struct dp_planner {
	struct dp_program *program;
	struct dp_err *err;
	bool dup_passes, failed;
	struct dp_plan **table; /* of plans of several nodes */
	size_t mask, nplans, max_plans;
	uint64_t work;      /* left, for merged objects */
	uint64_t steps;     /* left, for what is decided beforehand */
	struct dp_buf text; /* scratch memory */
	uint32_t stamp;
};

/* A value of which the type is known, and perhaps some members. */
struct dp_case {
	struct dp_planner *planner;
	uint8_t type;
	const struct dp_known *known;
};

enum dp_answer { DP_NO, DP_MAYBE, DP_YES };

/* Whether all such values match the node, none does, or some. */
enum dp_answer dp_plan_answer(const struct dp_case *c, const struct dp_node *n);

/* What is known of the member: NULL for nothing. */
const struct dp_known *dp_plan_known(const struct dp_case *c,
    const struct dp_key *key);

/* Something that is left to decide when the value is there. */
struct dp_open {
	enum dp_try_kind kind;
	struct dp_list nodes; /* as the plans of a try */
	const struct dp_depend *depend;
	const struct dp_node *owner;
};

/* All that must hold for such a value. */
struct dp_gather {
	struct dp_case at;
	bool dead;          /* none matches */
	const char *why;    /* what needs the tape; or NULL */
	struct dp_buf own;  /* const struct dp_node *: what they say alone */
	struct dp_buf open; /* struct dp_open */
};

/* Adds what the nodes say; the buffers are to be freed by fini. */
void dp_gather_init(struct dp_gather *g, struct dp_planner *p, uint8_t type,
    const struct dp_known *known);
void dp_gather_all(struct dp_gather *g, const struct dp_checks *nodes);
void dp_gather_fini(struct dp_gather *g);

static inline const struct dp_node *const *
dp_gather_own(const struct dp_gather *g, size_t *n)
{
	*n = g->own.len / sizeof(void *);
	return (const void *)g->own.data;
}

static inline const struct dp_open *
dp_gather_open(const struct dp_gather *g, size_t *n)
{
	*n = g->open.len / sizeof(struct dp_open);
	return (const void *)g->open.data;
}

/* Zero bytes; NULL sets failed. */
void *dp_planner_take(struct dp_planner *p, size_t n, size_t size);
int dp_planner_add(struct dp_planner *p, struct dp_buf *b, const void *data,
    size_t len);

/* The plan of all these nodes at once; NULL without memory. */
const struct dp_plan *dp_plan_of(struct dp_planner *p,
    const struct dp_node *const *nodes, size_t n);

/* The plan of the same nodes where more is known. */
const struct dp_plan *dp_plan_case(struct dp_planner *p,
    const struct dp_plan *of, const struct dp_known *known);

/* Each sets its part of the plan from what was gathered. */
int dp_plan_object(struct dp_planner *p, struct dp_plan *plan,
    const struct dp_gather *g);
int dp_plan_array(struct dp_planner *p, struct dp_plan *plan,
    const struct dp_gather *g);

/* 1: the plan became a switch; 0: no member decides anything. */
int dp_plan_split(struct dp_planner *p, struct dp_plan *plan,
    const struct dp_gather *g);

int dp_plan_tries(struct dp_planner *p, struct dp_tries *tries,
    const struct dp_open *open, size_t n);

/*
 * The rules of an object that keys alone decide: moves what is such from
 * open into a list of them.
 */
struct dp_key_rule {
	enum dp_rule_kind kind;
	const struct dp_key **keys; /* of each mask, all in a row */
	const size_t *counts;       /* by mask */
	size_t n;
};

bool dp_plan_rule(struct dp_planner *p, const struct dp_open *open,
    struct dp_key_rule *rule);

/* The whole value is read by the tape. */
void dp_plan_whole(struct dp_plan *plan, uint8_t types, const char *why);

/* True when nothing is asked by the node; it has a place nevertheless. */
bool dp_plan_is_any(const struct dp_node *n);

#endif
