/*
 * decode: the other side of input.h, for input.c and input_*.c alone.
 *
 * A decoder turns the bytes of a file into its content.  One const table a
 * format; the plain one is in input.c.
 */
#ifndef DP_APP_DECODE_H
#define DP_APP_DECODE_H

#include <stdbool.h>
#include <stddef.h>

struct dp_err;

/* Bytes that the file gave and nobody has taken yet. */
struct dp_decode_in {
	const char *data;
	size_t len;
	bool at_eof; /* nothing follows data[len] */
};

enum dp_decode_result {
	DP_DECODE_ERROR = -1,
	DP_DECODE_MORE, /* in is used up: call again with more */
	DP_DECODE_FULL, /* out is used up */
	DP_DECODE_END   /* the content is complete and in is at its end */
};

struct dp_decoder {
	const char *name;  /* "gzip" */
	const char *magic; /* the file's first bytes */
	size_t magic_len;
	void *(*open)(struct dp_err *err);

	/* Takes from in, writes at most *len bytes to out, sets *len. */
	enum dp_decode_result (*run)(void *state, struct dp_decode_in *in,
	    char *out, size_t *len, struct dp_err *err);
	void (*close)(void *state);
};

#define DP_DECODE_MAGIC_MAX 4

/*
 * The decoder for a file that begins with these bytes; NULL for plain.  -1
 * when the format is known but not built in.
 */
int dp_decode_choose(const char *data, size_t len,
    const struct dp_decoder **dec, struct dp_err *err);

#ifdef DP_HAVE_ZLIB
extern const struct dp_decoder dp_decode_gz;
#endif
#ifdef DP_HAVE_ZSTD
extern const struct dp_decoder dp_decode_zst;
#endif

#endif
