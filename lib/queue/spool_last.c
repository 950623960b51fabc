/* The last frame of a segment, from its end, and all lines of one. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "queue/spool.h"

#define BACK UINT64_C(2097152) /* more than a frame of the default size */

/* Frames one after the other, by their lines alone, as far as there is room. */
static int
hop(struct spool_reader *r, uint64_t size, uint64_t *end, uint64_t *lines,
    struct dp_err *err)
{
	char line[SPOOL_FRAME_HEAD];
	struct spool_frame f;
	ssize_t n;

	for (;;) {
		n = spool_reader_pread(r, line, sizeof line, *end);
		if (n == -1)
			return dp_err_sys(err, DP_FAILED, errno,
			    "%s: cannot read segment %ju", r->s->base.name,
			    (uintmax_t)r->number);
		if ((size_t)n < sizeof line ||
		    spool_frame_parse(line, &f) == -1 ||
		    f.segment != r->number || f.offset != *end ||
		    *end + SPOOL_FRAME_HEAD + f.bytes > size)
			return 0;
		*end += SPOOL_FRAME_HEAD + f.bytes;
		*lines = f.first + f.lines;
	}
}

/* A file that was cut behind its last frame: that ends where the file does. */
static int
from_behind(struct spool_reader *r, uint64_t size, uint64_t *end,
    uint64_t *lines, struct dp_err *err)
{
	uint64_t from = size > BACK ? size - BACK : 0;
	const char *p, *start;
	struct dp_buf b;
	ssize_t n = -1;

	dp_buf_init(&b, 0);
	if (dp_buf_reserve(&b, BACK) == -1)
		return dp_err_nomem(err);
	n = spool_reader_pread(r, b.data, (size_t)(size - from), from);
	start = b.data;
	p = n > 0 ? start + n : start;
	while ((p = memrchr(start, '#', (size_t)(p - start))) != NULL) {
		struct spool_frame f;

		if (start + n - p >= SPOOL_FRAME_HEAD &&
		    spool_frame_parse(p, &f) == 0 && f.segment == r->number &&
		    f.offset == from + (uint64_t)(p - start) &&
		    f.offset + SPOOL_FRAME_HEAD + f.bytes == size &&
		    spool_frame_verify(&f, p, p + SPOOL_FRAME_HEAD,
			r->s->seed)) {
			*end = size;
			*lines = f.first + f.lines;
			break;
		}
	}
	dp_buf_fini(&b);
	return 0;
}

int
spool_last_frame(struct spool_reader *r, uint64_t *end, uint64_t *lines,
    struct dp_err *err)
{
	struct spool_tail t;
	struct spool_frame f;
	const char *payload;
	uint64_t size;
	char last = 0;
	int rc;

	*end = SPOOL_SEG_HEAD;
	*lines = 0;
	if (spool_reader_size(r, &size, err) == -1)
		return -1;
	if (spool_read_tail(r->s, r->number, &t) == 0) {
		rc = spool_reader_look(r, t.offset, &f, &payload, err);
		if (rc == -1)
			return -1;
		if (rc == 1) {
			*end = t.offset + SPOOL_FRAME_HEAD + f.bytes;
			*lines = f.first + f.lines;
		}
	}
	if (*end == SPOOL_SEG_HEAD && size > SPOOL_SEG_HEAD &&
	    spool_reader_pread(r, &last, 1, size - 1) == 1 && last == '\n' &&
	    from_behind(r, size, end, lines, err) == -1)
		return -1;
	return hop(r, size, end, lines, err);
}
