/* Bytes of a segment that are no frame. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "queue/fixed.h"
#include "queue/spool.h"

#define PIECE 65536
#define MARK 23    /* "#dp1 f SEGMENT" */
#define SECTOR 512 /* what a disk writes whole */

static int
fail(const struct spool_reader *r, struct dp_err *err)
{
	return dp_err_sys(err, DP_FAILED, errno, "%s: cannot read segment %ju",
	    r->s->base.name, (uintmax_t)r->number);
}

static bool
all_zero(const char *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

int
spool_zeros(const struct spool_reader *r, uint64_t offset, bool *zeros,
    struct dp_err *err)
{
	char piece[4096];
	ssize_t n;

	*zeros = true;
	do {
		n = spool_reader_pread(r, piece, sizeof piece, offset);
		if (n == -1)
			return fail(r, err);
		*zeros = *zeros && all_zero(piece, (size_t)n);
		offset += (uint64_t)n;
	} while (n > 0 && *zeros);
	return 0;
}

/* Looks at each mark in a piece of the file, which lies at `at`. */
static int
look_at_marks(struct spool_reader *r, const struct dp_buf *b, uint64_t at,
    uint64_t *found, struct dp_err *err)
{
	const char *p = b->data, *end = b->data + b->len;
	char mark[MARK];

	memcpy(mark, "#dp1 f ", 7);
	dp_fixed_put(mark + 7, 16, r->number);
	while ((p = memmem(p, (size_t)(end - p), mark, MARK)) != NULL) {
		uint64_t offset = at + (uint64_t)(p - b->data);
		struct spool_frame f;
		const char *payload;
		int rc = spool_reader_look(r, offset, &f, &payload, err);

		if (rc == -1)
			return -1;
		if (rc == 1) {
			*found = offset;
			return 0;
		}
		p++;
	}
	return 0;
}

int
spool_resync(struct spool_reader *r, uint64_t offset, uint64_t *found,
    struct dp_err *err)
{
	struct dp_buf b;
	ssize_t n = 0;
	int rc = 0;

	*found = 0;
	dp_buf_init(&b, 0);
	if (dp_buf_reserve(&b, PIECE) == -1)
		rc = dp_err_nomem(err);
	/* Pieces overlap, so that no mark is cut. */
	for (offset++; rc == 0 && *found == 0; offset += PIECE - MARK) {
		n = spool_reader_pread(r, b.data, PIECE, offset);
		if (n == -1)
			rc = fail(r, err);
		if (n < MARK)
			break;
		b.len = (size_t)n;
		rc = look_at_marks(r, &b, offset, found, err);
	}
	dp_buf_fini(&b);
	return rc;
}

static int
copy(struct spool_reader *r, int to, uint64_t offset, uint64_t end,
    struct dp_err *err)
{
	char piece[4096];
	ssize_t n = 1;

	while (n > 0 && (end == 0 || offset < end)) {
		size_t len = end > 0 && end - offset < sizeof piece
		    ? (size_t)(end - offset)
		    : sizeof piece;

		n = dp_io_pread(r->fd, piece, len, (off_t)offset);
		if (n == -1)
			return fail(r, err);
		/* A zero tail is only space. */
		if (end == 0 && r->packed == NULL &&
		    all_zero(piece, (size_t)n)) {
			bool zeros;

			if (spool_zeros(r, offset, &zeros, err) == -1)
				return -1;
			if (zeros)
				return 0;
		}
		if (dp_io_write(to, piece, (size_t)n) == -1)
			return dp_err_sys(err, dp_err_status_of(errno), errno,
			    "%s/bad", r->s->base.name);
		offset += (uint64_t)n;
	}
	return 0;
}

int
spool_quarantine(struct spool_reader *r, uint64_t offset, uint64_t end,
    struct dp_err *err)
{
	char lane[SPOOL_LANE_TEXT], name[96];
	int dir, fd, rc;

	if (r->s->mode == DP_QUEUE_LOOK)
		return 0;
	spool_lane_text(lane, r->number, r->nonce);
	(void)snprintf(name, sizeof name, "%s-%ju-%ju%s", lane,
	    (uintmax_t)offset, (uintmax_t)end, r->packed != NULL ? ".zst" : "");
	/* What did not decode is kept as it is. */
	if (r->packed != NULL)
		dp_packed_range(r->packed, &offset, &end);
	dir = spool_open_dir(r->s->dir, "bad", true, err);
	if (dir == -1)
		return -1;
	/* Another group may have passed these bytes: they are not cut off. */
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0640);
	rc = fd == -1 ? dp_err_sys(err, dp_err_status_of(errno), errno,
			    "%s/bad/%s", r->s->base.name, name)
		      : copy(r, fd, offset, end, err);
	if (rc == 0 &&
	    (fsync(fd) == -1 || fsync(dir) == -1 || fsync(r->s->dir) == -1))
		rc = dp_err_sys(err, DP_FAILED, errno, "%s/bad/%s",
		    r->s->base.name, name);
	if (fd != -1)
		(void)close(fd);
	(void)close(dir);
	return rc;
}

void
spool_tell(struct spool_reader *r, uint64_t bytes, uint64_t lines,
    const char *what)
{
	struct dp_queue_damage *d = &r->s->base.damage;

	if (d->places++ == 0)
		(void)snprintf(d->text, sizeof d->text,
		    "%s in segment %ju at offset %ju: %ju bytes, %ju lines "
		    "known to be lost",
		    what, (uintmax_t)r->number, (uintmax_t)r->offset,
		    (uintmax_t)bytes, (uintmax_t)lines);
	d->bytes += bytes;
	d->lines += lines;
}

/* Whether there is a sector of zeros in [at, end), or the file ends there. */
static int
lacks_sectors(const struct spool_reader *r, uint64_t at, uint64_t end,
    bool *lacks, struct dp_err *err)
{
	char sector[SECTOR];
	ssize_t n;

	for (*lacks = false; !*lacks && at < end; at += (uint64_t)n) {
		size_t len = SECTOR - at % SECTOR;

		if (len > end - at)
			len = (size_t)(end - at);
		n = spool_reader_pread(r, sector, len, at);
		if (n == -1)
			return fail(r, err);
		*lacks = all_zero(sector, (size_t)n) &&
		    ((size_t)n == len || (at + (uint64_t)n) % SECTOR == 0);
		if ((size_t)n < len)
			break;
	}
	return 0;
}

/*
 * A writer that died, or the power, leaves a frame that lacks sectors.  What
 * is there to the last byte and does not verify was harmed later.
 */
static int
is_torn(const struct spool_reader *r, bool *torn, struct dp_err *err)
{
	uint64_t end = r->offset + SPOOL_FRAME_HEAD;
	char line[SPOOL_FRAME_HEAD] = { 0 };
	struct spool_frame f;

	if (lacks_sectors(r, r->offset, end, torn, err) == -1)
		return -1;
	if (*torn)
		return 0;
	if (spool_reader_pread(r, line, sizeof line, r->offset) == -1)
		return fail(r, err);
	if (spool_frame_parse(line, &f) == -1)
		return 0;
	return lacks_sectors(r, r->offset, end + f.bytes, torn, err);
}

int
spool_bad_end(struct spool_reader *r, struct dp_err *err)
{
	bool zeros = false, torn = false, harmed;
	uint64_t size;

	if (spool_zeros(r, r->offset, &zeros, err) == -1 ||
	    spool_reader_size(r, &size, err) == -1)
		return -1;
	/* Zeros that stand for what does not decode are none. */
	harmed = r->packed != NULL && r->offset < size &&
	    dp_packed_is_harmed(r->packed);
	if (zeros && !harmed)
		return 0;
	if ((!harmed && is_torn(r, &torn, err) == -1) ||
	    spool_quarantine(r, r->offset, 0, err) == -1)
		return -1;
	if (torn)
		r->s->base.damage.torn++;
	else
		spool_tell(r, 0, 0, "a last frame that does not verify");
	return 0;
}
