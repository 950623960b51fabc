/*
 * regex: does an ECMA-262 pattern (flag u) match somewhere in a text?
 *
 * Literals, . ^ $ \b \d \w \s and their kin, classes, groups, lookahead,
 * | * + ? {m,n} and lazy forms, \uXXXX, \u{...}, \xXX; no backreferences.
 */
#ifndef REFERENCE_REGEX_H
#define REFERENCE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

bool ref_regex(const char *pattern, size_t pattern_len, const char *text,
    size_t len);

#endif
