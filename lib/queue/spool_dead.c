/* Dead letters: the rejects of a batch, kept when the batch is settled. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "queue/fixed.h"
#include "queue/spool.h"

#define NAME 128

static int
fail(const struct spool *s, const char *name, struct dp_err *err)
{
	return dp_err_sys(err, dp_err_status_of(errno), errno, "%s/dead/%s/%s",
	    s->base.name, s->group_name, name);
}

void
spool_dead_name(char *name, size_t size, const char *lane, uint64_t first,
    uint64_t end, const char *suffix)
{
	(void)snprintf(name, size, "%s-%016ju-%016ju%s", lane, (uintmax_t)first,
	    (uintmax_t)end, suffix);
}

static int
count_lines(int fd, uint64_t *lines)
{
	char piece[4096];
	ssize_t n;
	off_t at = 0;

	*lines = 0;
	while ((n = dp_io_pread(fd, piece, sizeof piece, at)) > 0) {
		const char *p = piece, *end = piece + n;

		at += n;
		while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
			++*lines;
			p++;
		}
	}
	return n == -1 ? -1 : 0;
}

/* The folder's own entries may be new: invariants 3 and 9. */
static int
sync_above(const struct spool *s)
{
	return fsync(s->dead) == -1 || dp_io_sync_dir(s->dir, "dead") == -1 ||
		fsync(s->dir) == -1
	    ? -1
	    : 0;
}

static int
rename_new(const struct spool *s, const char *made, const char *final,
    struct dp_err *err)
{
	if (renameat(s->dead, made, s->dead, final) == -1)
		return fail(s, made, err);
	return sync_above(s) == -1 ? fail(s, final, err) : 0;
}

/*
 * What is removed must not be there again after a crash, with what an attempt
 * wrote that stored nothing: below the cursor it would be adopted.
 */
static int
remove_new(const struct spool *s, const char *made, bool sync,
    struct dp_err *err)
{
	if (unlinkat(s->dead, made, 0) == -1)
		return errno == ENOENT ? 0 : fail(s, made, err);
	return sync && fsync(s->dead) == -1 ? fail(s, made, err) : 0;
}

/* again: an earlier attempt may have written to it. */
static int
keep_open(const struct spool *s, int fd, const char *made, const char *final,
    bool again, uint64_t *dead, struct dp_err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || count_lines(fd, dead) == -1)
		return fail(s, made, err);
	if (st.st_size == 0)
		return remove_new(s, made, again, err);
	if (fsync(fd) == -1)
		return fail(s, made, err);
	return rename_new(s, made, final, err);
}

int
spool_dead_keep(const struct spool *s, const char *lane, uint64_t first,
    uint64_t end, bool again, uint64_t *dead, struct dp_err *err)
{
	char made[NAME], final[NAME];
	int fd, rc;

	*dead = 0;
	spool_dead_name(made, sizeof made, lane, first, end, ".new");
	spool_dead_name(final, sizeof final, lane, first, end, ".ndjson");
	fd = openat(s->dead, made, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno == ENOENT ? 0 : fail(s, made, err);
	rc = keep_open(s, fd, made, final, again, dead, err);
	(void)close(fd);
	return rc;
}

int
spool_dead_drop(const struct spool *s, const char *lane, uint64_t first,
    uint64_t end, struct dp_err *err)
{
	char made[NAME];

	spool_dead_name(made, sizeof made, lane, first, end, ".new");
	return remove_new(s, made, true, err);
}

int
spool_dead_sync(const struct spool *s, const char *lane, uint64_t first,
    uint64_t end, struct dp_err *err)
{
	char made[NAME];
	int fd, rc = 0;

	spool_dead_name(made, sizeof made, lane, first, end, ".new");
	fd = openat(s->dead, made, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno == ENOENT ? 0 : fail(s, made, err);
	if (fsync(fd) == -1 || sync_above(s) == -1)
		rc = fail(s, made, err);
	(void)close(fd);
	return rc;
}

struct open_letter {
	char lane[SPOOL_LANE_TEXT];
	uint64_t number, nonce, first, end;
};

static int
parse_name(const char *name, struct open_letter *l)
{
	struct dp_fixed in = { .p = name, .left = strlen(name) };

	l->number = dp_fixed_take(&in, 16);
	dp_fixed_take_text(&in, "-", 1);
	l->nonce = dp_fixed_take_hex(&in, 16);
	dp_fixed_take_text(&in, "-", 1);
	l->first = dp_fixed_take(&in, 16);
	dp_fixed_take_text(&in, "-", 1);
	l->end = dp_fixed_take(&in, 16);
	dp_fixed_take_text(&in, ".new", 4);
	spool_lane_text(l->lane, l->number, l->nonce);
	return in.bad || in.left != 0 ? -1 : 0;
}

static bool
is_settled(struct spool_cursor *c, const struct open_letter *l)
{
	const struct spool_pos *pos = spool_cursor_find(c, l->number, l->nonce);

	if (pos != NULL)
		return pos->done || pos->line >= l->end;
	return l->number < c->floor;
}

/* A final file may be there already: both stay, and one is numbered. */
static int
adopt(const struct spool *s, const struct open_letter *l, struct dp_err *err)
{
	char made[NAME], final[NAME], suffix[32] = ".ndjson";
	uint64_t dead;
	unsigned i;
	int fd, rc;

	spool_dead_name(made, sizeof made, l->lane, l->first, l->end, ".new");
	spool_dead_name(final, sizeof final, l->lane, l->first, l->end, suffix);
	for (i = 2; faccessat(s->dead, final, F_OK, 0) == 0; i++) {
		(void)snprintf(suffix, sizeof suffix, ".%u.ndjson", i);
		spool_dead_name(final, sizeof final, l->lane, l->first, l->end,
		    suffix);
	}
	fd = openat(s->dead, made, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno == ENOENT ? 0 : fail(s, made, err);
	rc = keep_open(s, fd, made, final, true, &dead, err);
	(void)close(fd);
	return rc;
}

static DIR *
open_dead(const struct spool *s, struct dp_err *err)
{
	int fd = openat(s->dead, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);

	if (d != NULL)
		return d;
	(void)fail(s, "", err);
	if (fd != -1)
		(void)close(fd);
	return NULL;
}

/* The rejects of a batch that began where this one does, and was longer. */
static bool
covers(const char *name, const char *lane, uint64_t first, uint64_t end)
{
	struct open_letter l;

	return parse_name(name, &l) == 0 && strcmp(l.lane, lane) == 0 &&
	    l.first == first && l.end > end;
}

int
spool_dead_inherit(const struct spool *s, const char *lane, uint64_t first,
    uint64_t end, struct dp_err *err)
{
	char made[NAME];
	DIR *d = open_dead(s, err);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return -1;
	spool_dead_name(made, sizeof made, lane, first, end, ".new");
	while ((e = readdir(d)) != NULL)
		if (covers(e->d_name, lane, first, end))
			break;
	if (e != NULL &&
	    (renameat(s->dead, e->d_name, s->dead, made) == -1 ||
		fsync(s->dead) == -1))
		rc = fail(s, made, err);
	(void)closedir(d);
	return rc;
}

static int
adopt_in(struct spool *s, DIR *d, struct spool_cursor *c, struct dp_err *err)
{
	struct open_letter l;
	struct dirent *e;
	int rc = 0;

	while (rc == 0 && (e = readdir(d)) != NULL)
		if (parse_name(e->d_name, &l) == 0 && is_settled(c, &l))
			rc = adopt(s, &l, err);
	return rc;
}

int
spool_dead_adopt(struct spool *s, struct dp_err *err)
{
	struct spool_cursor c;
	DIR *d = open_dead(s, err);
	int rc;

	if (d == NULL)
		return -1;
	rc = spool_cursor_lock(s, err);
	if (rc == 0) {
		rc = spool_cursor_read(s, s->cursor, &c, err);
		if (rc == 0)
			rc = adopt_in(s, d, &c, err);
		spool_cursor_unlock(s);
	}
	(void)closedir(d);
	return rc;
}
