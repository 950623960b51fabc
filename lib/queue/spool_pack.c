/*
 * Kept segments, compressed, a piece at a time by a process that has nothing
 * else to do.  dp-spool(5) has the steps.
 */
#include <sys/file.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "queue/spool.h"

struct spool_packing {
	int lock, in, out; /* lock: Q, held from the start to the end */
	uint64_t floor, number;
	uint64_t at, end; /* of what is copied */
	struct dp_packer *p;
	char piece[DP_PACKED_BLOCK];
};

static int
fail(const struct spool *s, const char *what, struct dp_err *err)
{
	return dp_err_sys(err, dp_err_status_of(errno), errno,
	    "%s: cannot %s kept segments", s->base.name, what);
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

/* Given up or done: another process may go on. */
void
spool_pack_end(struct spool *s)
{
	struct spool_packing *k = s->packing;

	if (k == NULL)
		return;
	if (k->out != -1)
		(void)unlinkat(s->dir, "kept.new", 0);
	dp_packer_free(k->p);
	close_fd(&k->out);
	close_fd(&k->in);
	close_fd(&k->lock);
	free(k);
	s->packing = NULL;
}

/* 1: it is ours; 0: another process packs. */
static int
lock(struct spool *s, struct dp_err *err)
{
	struct spool_packing *k = malloc(sizeof *k);

	if (k == NULL)
		return dp_err_nomem(err);
	k->in = k->out = -1;
	k->floor = 0;
	k->p = NULL;
	s->packing = k;
	k->lock = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k->lock == -1)
		return fail(s, "open", err);
	if (flock(k->lock, LOCK_EX | LOCK_NB) == 0)
		return 1;
	return errno == EWOULDBLOCK ? 0 : fail(s, "lock", err);
}

/* The oldest plain segment below the floor.  1; 0: there is none. */
static int
choose(struct spool *s, uint64_t floor, struct dp_err *err)
{
	struct spool_packing *k = s->packing;
	const uint64_t *list;
	struct dp_buf b;
	size_t i, n;
	int rc;

	dp_buf_init(&b, 0);
	rc = spool_list(s, &b, err);
	list = (const uint64_t *)(const void *)b.data;
	n = b.len / sizeof *list;
	for (i = 0; rc == 0 && k->in == -1 && i + 1 < n && list[i] < floor;
	     i++) {
		char name[SPOOL_NAME_SIZE];

		spool_seg_name(name, list[i]);
		k->number = list[i];
		k->in = spool_seg_open(s, name, O_RDONLY, err);
		if (k->in == -1 && err->status != DP_OK)
			rc = -1;
	}
	dp_buf_fini(&b);
	return rc == -1 ? -1 : k->in != -1;
}

/* All but the zeros behind the last frame. */
static int
measure(struct spool *s, struct dp_err *err)
{
	struct spool_packing *k = s->packing;
	struct spool_reader r = { .s = s, .fd = k->in, .number = k->number };
	uint64_t end, lines;
	bool zeros = false;
	int rc;

	dp_buf_init(&r.buf, 0);
	rc = spool_reader_size(&r, &k->end, err);
	if (rc == 0)
		rc = spool_last_frame(&r, &end, &lines, err);
	if (rc == 0)
		rc = spool_zeros(&r, end, &zeros, err);
	if (rc == 0 && zeros)
		k->end = end;
	dp_buf_fini(&r.buf);
	k->at = 0;
	return rc;
}

/* 1: a segment is at hand; 0: there is none, or another process packs. */
static int
begin(struct spool *s, struct dp_err *err)
{
	struct spool_packing *k;
	uint64_t floor, offset;
	struct dp_keep keep;
	int rc = spool_floor(s, &floor, &offset, err);

	if (rc != 1 || floor == s->packed_to)
		return rc == -1 ? -1 : 0;
	rc = spool_keep_read(s, &keep, err);
	if (rc == 1)
		rc = lock(s, err);
	if (rc != 1)
		return rc;
	s->packing->floor = floor;
	rc = choose(s, floor, err);
	if (rc == 0)
		s->packed_to = floor;
	if (rc != 1 || measure(s, err) == -1)
		return rc == 0 ? 0 : -1;
	k = s->packing;
	/* Its old bytes may have a name in Q/seg, too, after a crash. */
	(void)unlinkat(s->dir, "kept.new", 0);
	k->out = openat(s->dir, "kept.new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (k->out == -1)
		return fail(s, "write", err);
	k->p = dp_packer_new(k->out, err);
	return k->p == NULL ? -1 : 1;
}

/* The first frame is the first line of the segment alone, for a quick look. */
static int
pack_piece(struct spool *s, struct dp_err *err)
{
	struct spool_packing *k = s->packing;
	size_t len = k->at == 0 ? SPOOL_SEG_HEAD : sizeof k->piece;
	ssize_t n;

	if (len > k->end - k->at)
		len = (size_t)(k->end - k->at);
	n = dp_io_pread(k->in, k->piece, len, (off_t)k->at);
	if (n == -1)
		return fail(s, "read", err);
	/* Shorter than it was: somebody else's hands are in it. */
	if ((size_t)n < len)
		return dp_err_set(err, DP_FAILED, "%s/seg: segment %ju shrinks",
		    s->base.name, (uintmax_t)k->number);
	k->at += len;
	return dp_packer_add(k->p, k->piece, len, err);
}

/*
 * The kept file is whole and durable, and so is its name, before the plain
 * one goes.  If that was removed meanwhile, so is the kept one: who removes
 * a segment removes the plain file first.
 */
static int
finish(struct spool *s, struct dp_err *err)
{
	struct spool_packing *k = s->packing;
	char name[SPOOL_NAME_SIZE], kept[SPOOL_NAME_SIZE];
	struct stat st;

	spool_seg_name(name, k->number);
	spool_kept_name(kept, k->number);
	if (dp_packer_end(k->p, err) == -1)
		return -1;
	if (fsync(k->out) == -1 ||
	    renameat(s->dir, "kept.new", s->seg, kept) == -1)
		return fail(s, "write", err);
	close_fd(&k->out);
	if (fstatat(s->seg, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? spool_remove(s, k->number, err)
				       : fail(s, "find", err);
	if (fsync(s->seg) == -1)
		return fail(s, "sync", err);
	if (unlinkat(s->seg, name, 0) == -1 && errno != ENOENT)
		return fail(s, "replace", err);
	return 0;
}

int
spool_pack(struct spool *s, struct dp_err *err)
{
	int rc = 1;

	if (!dp_packed_built())
		return 0;
	if (s->packing == NULL)
		rc = begin(s, err);
	if (rc == 1 && s->packing->at < s->packing->end) {
		rc = pack_piece(s, err);
		if (rc == 0)
			return 1;
	} else if (rc == 1) {
		rc = finish(s, err) == -1 ? -1 : 1;
	}
	/* Without space it is tried again when there is more to pack. */
	if (rc == -1 && s->packing != NULL)
		s->packed_to = s->packing->floor;
	spool_pack_end(s);
	return rc;
}
