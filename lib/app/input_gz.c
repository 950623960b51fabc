/* gzip (RFC 1952), several members one after the other included. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "app/decode.h"
#include "base/err.h"

#define GZIP_ONLY (MAX_WBITS + 16)

struct gz {
	z_stream z;
	bool between; /* a member has ended and no other has begun */
};

static void *
gz_open(struct dp_err *err)
{
	struct gz *g = calloc(1, sizeof *g);

	if (g == NULL || inflateInit2(&g->z, GZIP_ONLY) != Z_OK) {
		free(g);
		(void)dp_err_nomem(err);
		return NULL;
	}
	return g;
}

/* After a member: more of them, zero padding (tar, tapes), or garbage. */
static int
next_member(struct gz *g, struct dp_decode_in *in, struct dp_err *err)
{
	while (in->len > 0 && *in->data == '\0') {
		in->data++;
		in->len--;
	}
	if (in->len == 0)
		return 0;
	if ((unsigned char)*in->data != 0x1f)
		return dp_err_set(err, DP_DATA,
		    "garbage behind the end of the gzip data");
	if (inflateReset(&g->z) != Z_OK)
		return dp_err_nomem(err);
	g->between = false;
	return 0;
}

static enum dp_decode_result
gz_run(void *state, struct dp_decode_in *in, char *out, size_t *len,
    struct dp_err *err)
{
	struct gz *g = state;
	size_t room = *len;
	int rc;

	*len = 0;
	if (g->between && next_member(g, in, err) == -1)
		return DP_DECODE_ERROR;
	if (in->len == 0) {
		if (!in->at_eof)
			return DP_DECODE_MORE;
		if (g->between)
			return DP_DECODE_END;
		(void)dp_err_set(err, DP_DATA,
		    "the gzip data is cut off before its end");
		return DP_DECODE_ERROR;
	}
	g->z.next_in = (Bytef *)(uintptr_t)in->data;
	g->z.avail_in = in->len > UINT_MAX ? UINT_MAX : (uInt)in->len;
	g->z.next_out = (Bytef *)out;
	g->z.avail_out = room > UINT_MAX ? UINT_MAX : (uInt)room;
	rc = inflate(&g->z, Z_NO_FLUSH);
	in->len -= (size_t)((const char *)g->z.next_in - in->data);
	in->data = (const char *)g->z.next_in;
	*len = (size_t)((char *)g->z.next_out - out);
	g->between = rc == Z_STREAM_END;
	if (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR)
		return *len == room ? DP_DECODE_FULL : DP_DECODE_MORE;
	(void)dp_err_set(err, DP_DATA, "broken gzip data: %s",
	    g->z.msg != NULL ? g->z.msg : "cannot go on");
	return DP_DECODE_ERROR;
}

static void
gz_close(void *state)
{
	struct gz *g = state;

	(void)inflateEnd(&g->z);
	free(g);
}

const struct dp_decoder dp_decode_gz = {
	.name = "gzip",
	.magic = "\x1f\x8b",
	.magic_len = 2,
	.open = gz_open,
	.run = gz_run,
	.close = gz_close,
};
