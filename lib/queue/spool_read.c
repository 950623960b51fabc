#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "queue/spool.h"

#define CHUNK 65536

static int
fail(const struct spool_reader *r, const char *what, struct dp_err *err)
{
	return dp_err_sys(err, DP_FAILED, errno, "%s: cannot %s segment %ju",
	    r->s->base.name, what, (uintmax_t)r->number);
}

ssize_t
spool_reader_pread(const struct spool_reader *r, void *data, size_t len,
    uint64_t at)
{
	return r->packed != NULL ? dp_packed_pread(r->packed, data, len, at)
				 : dp_io_pread(r->fd, data, len, (off_t)at);
}

int
spool_reader_size(const struct spool_reader *r, uint64_t *size,
    struct dp_err *err)
{
	struct stat st;

	if (r->packed == NULL && fstat(r->fd, &st) == -1)
		return fail(r, "read", err);
	*size = r->packed != NULL ? dp_packed_size(r->packed)
				  : (uint64_t)st.st_size;
	return 0;
}

static void
close_file(struct spool_reader *r)
{
	dp_packed_close(r->packed);
	r->packed = NULL;
	if (r->fd != -1)
		(void)close(r->fd);
	r->fd = -1;
}

/* A plain one goes only when the kept one is there. */
static int
open_file(struct spool_reader *r, struct dp_err *err)
{
	char name[SPOOL_NAME_SIZE];

	spool_seg_name(name, r->number);
	r->fd = spool_seg_open(r->s, name, O_RDONLY, err);
	if (r->fd != -1)
		return 1;
	if (err->status != DP_OK)
		return -1;
	spool_kept_name(name, r->number);
	r->fd = spool_seg_open(r->s, name, O_RDONLY, err);
	if (r->fd == -1)
		return err->status == DP_OK ? 0 : -1;
	r->packed = dp_packed_open(r->fd, err);
	if (r->packed == NULL) {
		dp_err_context(err, "%s/seg/%s", r->s->base.name, name);
		return -1;
	}
	r->cut = dp_packed_is_cut(r->packed);
	return 1;
}

int
spool_reader_open(struct spool_reader *r, struct spool *s, uint64_t number,
    struct dp_err *err)
{
	char line[SPOOL_SEG_HEAD] = { 0 };
	struct spool_seg_head h;
	int rc;

	memset(r, 0, sizeof *r);
	r->s = s;
	r->number = number;
	r->fd = -1;
	/* Its name would be that of another one. */
	rc = number > SPOOL_NUMBER_MAX ? 0 : open_file(r, err);
	if (rc == 1 && spool_reader_pread(r, line, sizeof line, 0) == -1)
		rc = fail(r, "read", err);
	if (rc != 1) {
		close_file(r);
		return rc;
	}
	r->head_bad = !spool_seg_head(s, line, number, &h);
	r->abandoned = r->head_bad || strcmp(h.boot, s->boot) != 0;
	r->nonce = h.nonce;
	r->created_us = h.created_us;
	r->offset = SPOOL_SEG_HEAD;
	r->buf = s->spare;
	dp_buf_init(&s->spare, 0);
	dp_buf_clear(&r->buf);
	return 1;
}

void
spool_reader_close(struct spool_reader *r)
{
	close_file(r);
	if (r->s->spare.cap < r->buf.cap) {
		dp_buf_fini(&r->s->spare);
		r->s->spare = r->buf;
	} else {
		dp_buf_fini(&r->buf);
	}
	dp_buf_init(&r->buf, 0);
}

static bool
holds(const struct spool_reader *r, uint64_t offset, uint64_t len)
{
	return offset >= r->at && offset + len <= r->at + r->buf.len;
}

static int
fill(struct spool_reader *r, uint64_t offset, uint64_t len, struct dp_err *err)
{
	ssize_t n;

	dp_buf_clear(&r->buf);
	r->at = offset;
	if (dp_buf_reserve(&r->buf, len) == -1)
		return dp_err_nomem(err);
	n = spool_reader_pread(r, r->buf.data, len, offset);
	if (n == -1)
		return fail(r, "read", err);
	r->buf.len = (size_t)n;
	return 0;
}

/* A length from the disk must not make us take memory for nothing. */
static int
fits_file(const struct spool_reader *r, uint64_t end, struct dp_err *err)
{
	uint64_t size = 0;

	return spool_reader_size(r, &size, err) == -1 ? -1 : end <= size;
}

int
spool_reader_look(struct spool_reader *r, uint64_t offset,
    struct spool_frame *f, const char **payload, struct dp_err *err)
{
	uint64_t whole;
	const char *line;
	int rc;

	if (!holds(r, offset, SPOOL_FRAME_HEAD) &&
	    fill(r, offset, r->buf.cap > CHUNK ? r->buf.cap / 2 + CHUNK : CHUNK,
		err) == -1)
		return -1;
	if (!holds(r, offset, SPOOL_FRAME_HEAD))
		return 0;
	line = r->buf.data + (offset - r->at);
	if (spool_frame_parse(line, f) == -1 || f->segment != r->number ||
	    f->offset != offset)
		return 0;
	whole = SPOOL_FRAME_HEAD + f->bytes;
	if (!holds(r, offset, whole)) {
		rc = fits_file(r, offset + whole, err);
		if (rc != 1)
			return rc;
		if (fill(r, offset, whole + SPOOL_FRAME_HEAD, err) == -1)
			return -1;
		if (!holds(r, offset, whole))
			return 0;
		line = r->buf.data;
	}
	*payload = line + SPOOL_FRAME_HEAD;
	return spool_frame_verify(f, line, *payload, r->s->seed);
}

/* Behind the last of the intact frames that are in memory from end on. */
static uint64_t
behind_frames(const struct spool_reader *r, uint64_t end)
{
	struct spool_frame f;

	while (holds(r, end, SPOOL_FRAME_HEAD)) {
		const char *line = r->buf.data + (end - r->at);

		if (spool_frame_parse(line, &f) == -1 ||
		    f.segment != r->number || f.offset != end ||
		    !holds(r, end, SPOOL_FRAME_HEAD + f.bytes) ||
		    !spool_frame_verify(&f, line, line + SPOOL_FRAME_HEAD,
			r->s->seed))
			break;
		end += SPOOL_FRAME_HEAD + f.bytes;
	}
	return end;
}

/*
 * Invariant 6.  Frames in memory were written before the sync began, so one
 * sync is good for all of them; not for what is written where there are
 * zeros now.
 */
static int
make_durable(struct spool_reader *r, uint64_t end, struct dp_err *err)
{
	if (r->final || end <= r->durable)
		return 0;
	end = behind_frames(r, end);
	if (fdatasync(r->fd) == -1 || fsync(r->s->seg) == -1)
		return fail(r, "sync", err);
	r->durable = end;
	return 0;
}

/* Zeros or nothing where the next frame would be, as far as is read. */
static bool
is_blank(const struct spool_reader *r)
{
	uint64_t i, end = r->at + r->buf.len;

	for (i = r->offset; i < end && i < r->offset + SPOOL_FRAME_HEAD; i++)
		if (r->buf.data[i - r->at] != 0)
			return false;
	return true;
}

/*
 * Nothing there, and the tail does not speak of more.  After a power failure
 * there may be frames behind a hole: they were not acknowledged, but they
 * are there, and nobody will fill the hole.
 */
static bool
nothing_yet(struct spool_reader *r)
{
	struct spool_tail t;

	return !r->final && !r->abandoned && is_blank(r) &&
	    (spool_read_tail(r->s, r->number, &t) == -1 || t.end <= r->offset);
}

/*
 * No intact frame at r->offset.  A frame that follows proves damage: it was
 * written after the one before it was whole, which a second look must not
 * find intact.  1: damage was passed; 0: there is nothing that follows.
 */
static int
pass_damage(struct spool_reader *r, struct dp_err *err)
{
	struct spool_frame f;
	const char *payload;
	uint64_t found;
	int rc;

	if (spool_resync(r, r->offset, &found, err) == -1)
		return -1;
	if (found == 0)
		return 0;
	dp_buf_clear(&r->buf);
	rc = spool_reader_look(r, r->offset, &f, &payload, err);
	if (rc != 0)
		return rc;
	rc = spool_reader_look(r, found, &f, &payload, err);
	if (rc != 1)
		return rc;
	if (spool_quarantine(r, r->offset, found, err) == -1)
		return -1;
	spool_tell(r, found - r->offset,
	    f.first > r->line ? f.first - r->line : 0, "damaged bytes");
	r->offset = found;
	return 1;
}

/* Whether this look, and not one before it, is the last one needed. */
static int
at_end(struct spool_reader *r, struct dp_err *err)
{
	int rc;

	if (r->final)
		return spool_bad_end(r, err) == -1 ? -1 : 2;
	rc = spool_seg_follows(r->s, r->number, err);
	if (rc == 1) {
		r->final = true;
		dp_buf_clear(&r->buf);
		return 1;
	}
	return rc;
}

int
spool_reader_next(struct spool_reader *r, struct spool_frame *f,
    const char **payload, struct dp_err *err)
{
	int rc;

	if (r->head_bad) {
		r->head_bad = false;
		spool_tell(r, SPOOL_SEG_HEAD, 0, "a damaged first line");
	}
	if (r->cut) {
		r->cut = false;
		spool_tell(r, 0, 0, "a compressed file without its end");
	}
	for (;;) {
		rc = spool_reader_look(r, r->offset, f, payload, err);
		if (rc == -1)
			return -1;
		if (rc == 1)
			return make_durable(r,
				   r->offset + SPOOL_FRAME_HEAD + f->bytes,
				   err) == -1
			    ? -1
			    : 1;
		rc = nothing_yet(r) ? 0 : pass_damage(r, err);
		if (rc == 0)
			rc = at_end(r, err);
		/* What is in memory is old: the next look is a new one. */
		dp_buf_clear(&r->buf);
		if (rc != 1)
			return rc;
	}
}

void
spool_reader_pass(struct spool_reader *r, const struct spool_frame *f)
{
	r->offset += SPOOL_FRAME_HEAD + f->bytes;
	r->line = f->first + f->lines;
}
