/* near: "did you mean ...": the candidate closest to a mistyped word. */
#ifndef DP_BASE_NEAR_H
#define DP_BASE_NEAR_H

#include <stddef.h>

/*
 * Edit distance of two words with transpositions (Damerau, 1964, restricted
 * form), or limit + 1 when it is over limit.  Words over 64 bytes are far.
 */
unsigned dp_near_distance(const char *a, size_t a_len, const char *b,
    size_t b_len, unsigned limit);

/* How far apart a word of that length and its correction may be. */
unsigned dp_near_limit(size_t len);

#endif
