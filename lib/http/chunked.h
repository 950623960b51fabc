/*
 * chunked: the body of a request in chunks (RFC 9112, 7.1), strictly.
 *
 * Like parse.h: a pure function, the same answer for each split.  Sizes are
 * hexadecimal digits and nothing else; extensions are checked and passed
 * over; each chunk ends with CR LF; trailer fields are checked like fields
 * of a header and passed over.  What is not data is bounded too.
 */
#ifndef DP_HTTP_CHUNKED_H
#define DP_HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of extensions and trailers of one body at most. */
#define DP_HTTP_CHUNKED_EXTRA_MAX 8192

struct dp_http_chunked {
	uint64_t max; /* bytes of the body; set by the caller, rest zero */

	uint64_t left; /* of the chunk at hand */
	uint64_t body; /* bytes handed out */
	uint32_t extra;
	unsigned digits;
	int state;
	int status; /* of a refusal */
	const char *why;
};

/*
 * Takes data[0..len): *used bytes of it are done with, *out_len bytes of the
 * body are written to out, which may be data itself (they only move to the
 * front).  Returns 1 when the body is complete, what is behind *used being
 * the next request; 0 when all was used and more is wanted; -1 when it is
 * refused: 400, or 413 as soon as it is known to be over max.
 */
int dp_http_chunked_feed(struct dp_http_chunked *c, const char *data,
    size_t len, char *out, size_t *out_len, size_t *used);

#endif
