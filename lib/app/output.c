#include "app/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"

#define OUT_SIZE 65536
#define OUT_DIRECT 32768

struct dp_output {
	const char *name;
	int fd;
	int failed; /* errno of the first write that failed */
	size_t len;
	char data[OUT_SIZE];
};

struct dp_output *
dp_output_new(int fd, const char *name, struct dp_err *err)
{
	struct dp_output *out = malloc(sizeof *out);

	if (out == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	out->fd = fd;
	out->name = name;
	out->failed = 0;
	out->len = 0;
	dp_io_widen(fd);
	return out;
}

static int
fail(struct dp_output *out, struct dp_err *err)
{
	if (out->failed == 0)
		out->failed = errno;
	return dp_err_sys(err, DP_FAILED, out->failed, "cannot write %s",
	    out->name);
}

int
dp_output_flush(struct dp_output *out, struct dp_err *err)
{
	size_t len = out->len;

	out->len = 0;
	if (out->failed != 0 ||
	    (len > 0 && dp_io_write(out->fd, out->data, len) == -1))
		return fail(out, err);
	return 0;
}

int
dp_output_add(struct dp_output *out, const void *data, size_t len,
    struct dp_err *err)
{
	if (len > OUT_SIZE - out->len || len >= OUT_DIRECT) {
		struct iovec iov[2] = {
			{ .iov_base = out->data, .iov_len = out->len },
			{ .iov_base = (void *)(uintptr_t)data, .iov_len = len },
		};
		int skip = out->len == 0;

		out->len = 0;
		if (out->failed != 0 ||
		    dp_io_writev(out->fd, iov + skip, 2 - skip) == -1)
			return fail(out, err);
		return 0;
	}
	if (len > 0)
		memcpy(out->data + out->len, data, len);
	out->len += len;
	return 0;
}

int
dp_output_addv(struct dp_output *out, struct iovec *iov, int n,
    struct dp_err *err)
{
	size_t len = 0;
	int i;

	for (i = 0; i < n; i++)
		len += iov[i].iov_len;
	if (len < OUT_DIRECT) {
		for (i = 0; i < n; i++)
			if (dp_output_add(out, iov[i].iov_base, iov[i].iov_len,
				err) == -1)
				return -1;
		return 0;
	}
	if (dp_output_flush(out, err) == -1)
		return -1;
	return dp_io_writev(out->fd, iov, n) == -1 ? fail(out, err) : 0;
}

int
dp_output_close(struct dp_output *out, struct dp_err *err)
{
	int rc;

	if (out == NULL)
		return 0;
	rc = dp_output_flush(out, err);
	free(out);
	return rc;
}
