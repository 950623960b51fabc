/*
 * copy_field: a value as a field of a binary COPY, for copy*.c alone.
 *
 * A field is its length in 32 bits and that many bytes; NULL is the length
 * -1.  The forms are those of PostgreSQL's receive functions.
 */
#ifndef DP_SINK_COPY_FIELD_H
#define DP_SINK_COPY_FIELD_H

#include <string.h>

#include "base/buf.h"
#include "sink/column.h"
#include "sink/value.h"

/* Bytes of a field that are not its value's text, at most. */
#define DP_COPY_ROOM 48

/*
 * A row that is being written at p, into memory of out that is reserved:
 * room bytes from its start on, for all fields but arrays, which see to
 * their own.
 */
struct dp_copy {
	char *p;
	struct dp_buf *out;
	size_t room;
	int64_t unit; /* of numbers in a timestamp, per second, or 0 */
};

dp_value_result dp_copy_field(struct dp_copy *e, const struct dp_column *c,
    const struct dp_scan_value *v);

/* The kinds that most rows have not. */
dp_value_result dp_copy_rare(struct dp_copy *e, const struct dp_column *c,
    const struct dp_scan_value *v);

static inline char *
dp_copy_put32(char *p, uint32_t n)
{
	const uint32_t big = __builtin_bswap32(n);

	memcpy(p, &big, 4);
	return p + 4;
}

static inline char *
dp_copy_put64(char *p, uint64_t n)
{
	const uint64_t big = __builtin_bswap64(n);

	memcpy(p, &big, 8);
	return p + 8;
}

static inline char *
dp_copy_bytes(char *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

#endif
