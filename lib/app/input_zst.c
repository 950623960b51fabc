/* Zstandard (RFC 8878), several frames one after the other included. */
#include <stdlib.h>
#include <zstd.h>

#include "app/decode.h"
#include "base/err.h"

/* What zstd --ultra --long=27 needs; more is refused, as zstd -d does. */
#define WINDOW_LOG_MAX 27

struct zst {
	ZSTD_DCtx *d;
	size_t left; /* 0: a frame has ended and no other has begun */
};

static void *
zst_open(struct dp_err *err)
{
	struct zst *z = calloc(1, sizeof *z);

	if (z != NULL)
		z->d = ZSTD_createDCtx();
	if (z == NULL || z->d == NULL ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(z->d, ZSTD_d_windowLogMax,
		WINDOW_LOG_MAX))) {
		free(z);
		(void)dp_err_nomem(err);
		return NULL;
	}
	return z;
}

static enum dp_decode_result
zst_run(void *state, struct dp_decode_in *in, char *out, size_t *len,
    struct dp_err *err)
{
	struct zst *z = state;
	ZSTD_inBuffer src = { in->data, in->len, 0 };
	ZSTD_outBuffer dst = { out, *len, 0 };
	size_t rc;

	*len = 0;
	if (in->len == 0 && in->at_eof && z->left == 0)
		return DP_DECODE_END;
	rc = ZSTD_decompressStream(z->d, &dst, &src);
	if (ZSTD_isError(rc)) {
		(void)dp_err_set(err, DP_DATA, "broken zstd data: %s",
		    ZSTD_getErrorName(rc));
		return DP_DECODE_ERROR;
	}
	in->data += src.pos;
	in->len -= src.pos;
	*len = dst.pos;
	/* At a frame's end rc is 0; a call that does nothing says nothing. */
	if (src.pos > 0 || dst.pos > 0)
		z->left = rc;
	if (dst.pos == dst.size)
		return DP_DECODE_FULL;
	if (in->len == 0 && in->at_eof && z->left != 0 && dst.pos == 0) {
		(void)dp_err_set(err, DP_DATA,
		    "the zstd data is cut off before its end");
		return DP_DECODE_ERROR;
	}
	return DP_DECODE_MORE;
}

static void
zst_close(void *state)
{
	struct zst *z = state;

	(void)ZSTD_freeDCtx(z->d);
	free(z);
}

const struct dp_decoder dp_decode_zst = {
	.name = "zstd",
	.magic = "\x28\xb5\x2f\xfd",
	.magic_len = 4,
	.open = zst_open,
	.run = zst_run,
	.close = zst_close,
};
