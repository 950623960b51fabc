/*
 * code: the words and numbers by which every program names a fault.
 *
 * Words are stable; numbers and their texts are the origin's.  One word
 * belongs to one number (data-pipe(7) has the table, from here).
 */
#ifndef DP_BASE_CODE_H
#define DP_BASE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct dp_code {
	const char *word;    /* "required" */
	int number;          /* 4 */
	const char *means;   /* one sentence */
	const char *example; /* a line or file that shows it */
	const char *cure;    /* what to do, one sentence */
};

/* Whether two words are the same; most differ in their first byte. */
static inline bool
dp_code_is(const char *code, const char *word)
{
	return *code == *word && strcmp(code, word) == 0;
}

/* NULL when there is no such word. */
const struct dp_code *dp_code_find(const char *word, size_t len);

/* The ith, or NULL past the last one. */
const struct dp_code *dp_code_at(size_t i);

/* The origin's text of a number: 4 is "mandatory key missing". */
const char *dp_code_text(int number);

#endif
