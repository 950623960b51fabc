/*
 * output: a buffered writer on stdout or any descriptor.
 *
 * Runs of 32 KiB and more go out without a copy.  Nothing is lost quietly:
 * dp_output_close() tells the first error of any write, close included.
 */
#ifndef DP_APP_OUTPUT_H
#define DP_APP_OUTPUT_H

#include <sys/uio.h>
#include <stddef.h>
#include <stdint.h>

struct dp_err;
struct dp_output; /* opaque */

/* fd stays the caller's; name is for messages and borrowed. */
struct dp_output *dp_output_new(int fd, const char *name, struct dp_err *err);
int dp_output_add(struct dp_output *out, const void *data, size_t len,
    struct dp_err *err);

/*
 * The same for n pieces, which go out in one call and without a copy when
 * they are 32 KiB together or more.  Changes iov.
 */
int dp_output_addv(struct dp_output *out, struct iovec *iov, int n,
    struct dp_err *err);
int dp_output_flush(struct dp_output *out, struct dp_err *err);
int dp_output_close(struct dp_output *out, struct dp_err *err); /* frees */

#endif
