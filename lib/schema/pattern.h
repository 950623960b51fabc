/*
 * pattern: regular expressions as JSON Schema has them (ECMA-262, u flag).
 *
 * A pattern is found anywhere in the text unless it is anchored; `$` is the
 * very end; \d and \w are ASCII; \s is ECMA's white space; `.` is all but
 * \n, \r, U+2028 and U+2029.  What ECMA does not have is refused, never
 * given another meaning: \a \A \Q \Z, possessive and atomic groups, inline
 * flags, recursion, (*VERBS), conditions, comments, POSIX classes, {,n}.
 * Beyond the u flag, the forms of Annex B are taken that can mean one thing
 * only: an escaped ASCII punctuation mark, a lone `]`, `{` or `}`, and `-`
 * beside a class in a class.
 *
 * Simple shapes run as hand code (schema/pattern_shape.h), what a finite
 * automaton can do as a table (schema/pattern_dfa.h), all others by PCRE2
 * with its JIT (schema/pattern_pcre.h).  The first two are linear in the
 * text and have no limit; PCRE has one of steps and of processor time.
 * Refused because PCRE has not what ECMA says: a lookbehind of unbounded
 * length, more than 65,535 repetitions of anything but a simple shape, and
 * a backreference whose group may be left out in a later round of a loop
 * around it (ECMA forgets the group in each round, PCRE does not).
 */
#ifndef DP_SCHEMA_PATTERN_H
#define DP_SCHEMA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct dp_err;
struct dp_pattern; /* opaque, immutable: threads may share it */

enum dp_pattern_result {
	DP_PATTERN_NO,
	DP_PATTERN_YES,
	DP_PATTERN_LIMIT /* too many steps or too much memory to decide */
};

/*
 * Compiles text, UTF-8 without JSON escapes.  NULL and DP_CONFIG, the
 * message telling the offset in bytes, when it is no pattern, or none that
 * this build can run; DP_FAILED without memory.
 */
struct dp_pattern *dp_pattern_new(const char *text, size_t len,
    struct dp_err *err);
void dp_pattern_free(struct dp_pattern *p);

/*
 * Is there a match in text, UTF-8 without JSON escapes?  Takes no memory
 * but its stack, except for the few texts that need a deep one.
 */
enum dp_pattern_result dp_pattern_match(const struct dp_pattern *p,
    const char *text, size_t len);

/* True when text is a pattern at all, whoever could run it.  No memory. */
bool dp_pattern_valid(const char *text, size_t len);

/* True when p runs as hand code; for tests and --explain-schema. */
bool dp_pattern_simple(const struct dp_pattern *p);

/* True when p runs as hand code or as a table: it cannot reach a limit. */
bool dp_pattern_linear(const struct dp_pattern *p);

#endif
