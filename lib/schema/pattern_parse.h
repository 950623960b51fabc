/*
 * pattern_parse: reads an ECMA-262 pattern, and writes it as PCRE2 has it.
 *
 * Nothing of the text reaches PCRE as it stands: each token is understood
 * here and written in a form that means the same there, characters as
 * \x{...}, classes as their ranges.  So what PCRE has beyond ECMA cannot be
 * reached.  Source: ECMA-262 (2024), 22.2.1 and Annex B.1.2; PCRE2 10.42,
 * pcre2pattern(3).
 */
#ifndef DP_SCHEMA_PATTERN_PARSE_H
#define DP_SCHEMA_PATTERN_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/pattern_shape.h"
#include "schema/pattern_tree.h"

#define DP_PATTERN_DEPTH 200     /* groups in groups */
#define DP_PATTERN_CAPTURES 1000 /* capturing groups */
#define DP_PATTERN_MAX 1048576   /* bytes of a pattern */

struct dp_buf;

/* A group that is open. */
struct dp_pattern_group {
	uint16_t captures; /* before it */
	bool captures_itself;
	bool looks_around, looks_back;
	bool chooses;   /* has a | */
	unsigned atoms; /* of the shape, before it */
};

/* The parser.  The first five are the caller's to set, the rest 0. */
struct dp_pattern_parse {
	const char *text;
	size_t len;
	struct dp_buf *out;     /* for PCRE; NULL: only look */
	struct dp_shape *shape; /* NULL: no shape is wanted */
	struct dp_tree *tree;   /* NULL: no tree is wanted */

	size_t at;
	const char *fault; /* why it is no pattern, and where */
	size_t fault_at;
	const char *unfit; /* why PCRE cannot have it, and where */
	size_t unfit_at;
	bool looks_ahead; /* has a (?= */
	unsigned captures, captures_seen, depth;
	struct dp_pattern_group open[DP_PATTERN_DEPTH];
	unsigned char flags[DP_PATTERN_CAPTURES + 1]; /* of each capture */
	uint32_t names[DP_PATTERN_CAPTURES + 1]; /* where each stands, or 0 */
};

/* Returns 0, or -1 with the fault set. */
int dp_pattern_parse(struct dp_pattern_parse *p);

/* What the files pattern_*.c share. */
static inline bool
dp_pattern_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
dp_pattern_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int dp_pattern_fault(struct dp_pattern_parse *p, size_t at, const char *why);
void dp_pattern_unfit(struct dp_pattern_parse *p, size_t at, const char *why);
void dp_pattern_put(struct dp_pattern_parse *p, const char *text);
void dp_pattern_put_char(struct dp_pattern_parse *p, uint32_t c);
bool dp_pattern_peek(const struct dp_pattern_parse *p, char c);

/* It is neither a shape nor a tree. */
void dp_pattern_needs_engine(struct dp_pattern_parse *p);

/* The character at p->at, which it steps over. */
uint32_t dp_pattern_char(struct dp_pattern_parse *p);

/* A character that an escape names, p->at behind its backslash. */
int dp_pattern_escape(struct dp_pattern_parse *p, bool in_class, uint32_t *c);

/*
 * \d \D \s \S \w \W, p->at on the letter, or \p{...} \P{...}: written as
 * part of a class, and added to set.  Returns 0 when it is none of them, 1
 * when it was, -1 with a fault.
 */
int dp_pattern_class_escape(struct dp_pattern_parse *p, struct dp_set *set);

/* A class, p->at behind its bracket, to behind the other one. */
int dp_pattern_class(struct dp_pattern_parse *p, struct dp_set *set);

/* Reads and writes what may follow a single atom. */
int dp_pattern_repeat(struct dp_pattern_parse *p);

/* Counts the captures beforehand, since references may run ahead. */
int dp_pattern_find_captures(struct dp_pattern_parse *p);

/* The name of a group at at, up to its >; -1 when there is none. */
int dp_pattern_name(const struct dp_pattern_parse *p, size_t at, size_t *len);

/* \1 or \k<name>, p->at behind the backslash. */
int dp_pattern_backreference(struct dp_pattern_parse *p);

/* A group ends that is repeated min to max times; then: all have ended. */
void dp_pattern_close_captures(struct dp_pattern_parse *p,
    const struct dp_pattern_group *g, uint64_t min, uint64_t max);
void dp_pattern_check_captures(struct dp_pattern_parse *p);

/*
 * Finds what \p{name} is in PCRE: writes it, without braces, to out (a
 * NUL behind it).  False: ECMA has no such property.
 */
#define DP_PATTERN_PROPERTY 64
bool dp_pattern_property(const char *name, size_t len,
    char out[DP_PATTERN_PROPERTY]);

#endif
