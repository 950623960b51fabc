/*
 * buf: a byte buffer that grows, up to a limit.
 *
 * The only place in the project that calls realloc.  A full or failed
 * append leaves the buffer as it was and sets `failed`, which stays set
 * until dp_buf_clear(): a run of appends needs one check at its end.
 */
#ifndef DP_BASE_BUF_H
#define DP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct dp_buf {
	char *data; /* NULL while cap is 0; not NUL-terminated */
	size_t len;
	size_t cap;
	size_t max; /* 0: no limit but memory */
	bool failed;
};

void dp_buf_init(struct dp_buf *b, size_t max);
void dp_buf_fini(struct dp_buf *b);
void dp_buf_clear(struct dp_buf *b); /* keeps the memory */

/* dp_buf_reserve() when there is no room. */
int dp_buf_grow(struct dp_buf *b, size_t n);

/* Makes room for n more bytes behind len.  Returns 0, or -1 and failed. */
static inline int
dp_buf_reserve(struct dp_buf *b, size_t n)
{
	return n <= b->cap - b->len && !b->failed &&
		(b->max == 0 || n <= b->max - b->len)
	    ? 0
	    : dp_buf_grow(b, n);
}

int dp_buf_add_bytes(struct dp_buf *b, const void *data, size_t len);

/* A text that is known when this is compiled is a few moves. */
static inline int
dp_buf_add(struct dp_buf *b, const void *data, size_t len)
{
	if (!__builtin_constant_p(len))
		return dp_buf_add_bytes(b, data, len);
	if (dp_buf_reserve(b, len) == -1)
		return -1;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	return 0;
}

static inline int
dp_buf_addc(struct dp_buf *b, char c)
{
	if (dp_buf_reserve(b, 1) == -1)
		return -1;
	b->data[b->len++] = c;
	return 0;
}

/* A text that ends with a NUL. */
static inline int
dp_buf_adds(struct dp_buf *b, const char *text)
{
	return dp_buf_add(b, text, strlen(text));
}

int dp_buf_addf(struct dp_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int dp_buf_addu(struct dp_buf *b, uint64_t n); /* decimal */

/* Takes n bytes off the front. */
void dp_buf_drop(struct dp_buf *b, size_t n);

/*
 * Terminates the content with a NUL that does not count and returns it;
 * NULL if there was no memory or an earlier append failed.
 */
const char *dp_buf_text(struct dp_buf *b);

#endif
