/*
 * unescape: the text of a JSON string, piece by piece, without memory.
 *
 * Takes what stands between the quotes of a string that the scanner has
 * accepted.
 */
#ifndef DP_JSON_UNESCAPE_H
#define DP_JSON_UNESCAPE_H

#include <stdbool.h>
#include <stddef.h>

struct dp_unescape {
	const char *at, *end;
	char left[4]; /* of a character that did not fit */
	unsigned char left_at, left_n;
};

static inline struct dp_unescape
dp_unescape_of(const char *raw, size_t len)
{
	return (struct dp_unescape){ .at = raw, .end = raw + len };
}

/* Writes the next cap bytes of text, fewer only at its end. */
size_t dp_unescape_some(struct dp_unescape *u, char *out, size_t cap);

/* True when two strings are the same text. */
bool dp_unescape_equal(const char *a, size_t a_len, const char *b,
    size_t b_len);

#endif
