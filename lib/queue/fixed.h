/* fixed: numbers of a fixed width in text, padded with zeros. */
#ifndef DP_QUEUE_FIXED_H
#define DP_QUEUE_FIXED_H

#include <stddef.h>
#include <stdint.h>

/* Write exactly width bytes; no NUL.  n must fit. */
void dp_fixed_put(char *p, size_t width, uint64_t n);
void dp_fixed_put_hex(char *p, size_t width, uint64_t n);

/*
 * A line of such fields that is taken apart.  A wrong byte makes `bad`
 * true, and all that follows is 0.
 */
struct dp_fixed {
	const char *p;
	size_t left;
	int bad;
};

uint64_t dp_fixed_take(struct dp_fixed *f, size_t width);
uint64_t dp_fixed_take_hex(struct dp_fixed *f, size_t width);
void dp_fixed_take_text(struct dp_fixed *f, const char *text, size_t len);

#endif
