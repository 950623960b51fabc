/*
 * infer_shape: what was seen at one place of the records, for infer*.c.
 *
 * The invariant that makes a schema accept its own input: a shape has seen
 * every value of its place.  So where something is once not looked at, for
 * a limit, it is never looked at again (the flags called lost and full).
 */
#ifndef DP_SCHEMA_INFER_SHAPE_H
#define DP_SCHEMA_INFER_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/work.h"
#include "schema/arena.h"
#include "schema/infer.h"

#define DP_SHAPE_VALUES 16      /* different strings that are kept */
#define DP_SHAPE_VALUE_BYTES 48 /* of each */
#define DP_SHAPE_TYPES 8

/* A handful of strings. */
struct dp_shape_values {
	struct dp_shape_values *next; /* of those that are free */
	uint32_t n, last;
	uint8_t len[DP_SHAPE_VALUES];
	uint64_t seen[DP_SHAPE_VALUES];
	char text[DP_SHAPE_VALUES][DP_SHAPE_VALUE_BYTES];
};

struct dp_shape {
	uint64_t seen[DP_SHAPE_TYPES]; /* by the number of the type's bit */
	struct dp_shape *items;        /* of all elements */
	struct dp_shape_object *object;
	struct dp_shape_values *values;
	int64_t min, max; /* of integers; min > max: none yet */
	uint16_t formats; /* that all strings had so far, as bits */
	uint8_t depth;    /* 0: the record */
	bool values_lost; /* too many, too long, or no memory */
	bool items_lost, object_lost;
	bool fraction; /* an integer was written 1.0 or 1e3: numbers, then */
	bool big;      /* an integer beyond int64_t */
	bool exact;    /* a number that a double would change */
};

struct dp_shape_member {
	const char *key; /* as text, escapes resolved */
	uint32_t len, hash;
	struct dp_shape_member *after; /* what followed the last time */
	struct dp_shape shape;
};

/* Members in order of appearance, found by their key. */
struct dp_shape_members {
	struct dp_shape_member **at;
	uint32_t *slots; /* number + 1; 0: free */
	uint32_t n, cap; /* slots are twice cap */
};

struct dp_shape_object {
	struct dp_shape_members members;
	struct dp_shape_member *first; /* what came first the last time */
	struct dp_shape *rest; /* of all values without a member; or NULL */
	uint64_t rest_seen;
	bool full; /* what has no member is not looked at, and never was */
	bool map;  /* rest is what the members were like */
};

struct dp_infer {
	struct dp_infer_opts opts;
	struct dp_scan_work work;
	struct dp_arena arena;
	size_t left; /* bytes that shapes may yet take */
	bool memory_out;
	struct dp_shape_member *free_members;
	struct dp_shape_values *free_values;
	struct dp_shape_members types; /* their keys end with a NUL */
	struct dp_shape_member *last;
	struct dp_buf tokens; /* struct dp_infer_token */
	struct dp_buf text;   /* a string with its escapes resolved */
	struct dp_buf detail, pointer;
};

/* A name on the way to the type. */
struct dp_infer_token {
	size_t at, len; /* in the text behind all tokens */
};

/* n zero bytes; NULL beyond the limit, which is remembered. */
void *dp_infer_take(struct dp_infer *f, size_t n);

/* A shape that has seen nothing. */
void dp_shape_init(struct dp_shape *s, unsigned depth);
uint64_t dp_shape_total(const struct dp_shape *s);
unsigned dp_shape_types(const struct dp_shape *s); /* a mask */

static inline uint64_t
dp_shape_seen(const struct dp_shape *s, enum dp_json_type type)
{
	return s->seen[__builtin_ctz((unsigned)type)];
}

/* Takes a value; no deeper than DP_INFER_DEPTH. */
void dp_shape_see(struct dp_infer *f, struct dp_shape *s,
    const struct dp_scan_value *v);

/* Its part for strings (infer_string.c). */
void dp_shape_see_string(struct dp_infer *f, struct dp_shape *s,
    const struct dp_scan_value *v);
void dp_shape_merge_string(struct dp_infer *f, struct dp_shape *to,
    struct dp_shape *from);
void dp_shape_drop_values(struct dp_infer *f, struct dp_shape *s);

/* The format that all strings clearly have, or NULL. */
const char *dp_shape_format(const struct dp_infer *f, const struct dp_shape *s);

/* True when the strings clearly are of a few. */
bool dp_shape_is_enum(const struct dp_infer *f, const struct dp_shape *s);

/* The members (infer_member.c). */
struct dp_shape_member *dp_shape_find(const struct dp_shape_members *m,
    const char *key, size_t len, uint32_t hash);

/* Adds one that is not there, key copied; NULL beyond the memory's limit. */
struct dp_shape_member *dp_shape_add(struct dp_infer *f,
    struct dp_shape_members *m, const char *key, size_t len, uint32_t hash,
    unsigned depth);
uint32_t dp_shape_hash(const char *key, size_t len);

/*
 * Makes room in an object of too many keys: a map, if it looks like one,
 * or else it is full (infer_merge.c).
 */
void dp_shape_overflow(struct dp_infer *f, struct dp_shape *s);

/* Makes maps of all objects below that clearly are. */
void dp_shape_settle(struct dp_infer *f, struct dp_shape *s);

/* Makes `to` what had seen the values of both; `from` is used up. */
void dp_shape_merge(struct dp_infer *f, struct dp_shape *to,
    struct dp_shape *from);

/* True when a rule may be made of n cases: few say nothing, unless tight. */
static inline bool
dp_shape_enough(const struct dp_infer *f, uint64_t n, uint64_t loose,
    uint64_t tight)
{
	return n >= (f->opts.tight ? tight : loose);
}

#endif
