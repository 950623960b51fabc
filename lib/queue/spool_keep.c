/* Q/keep: how much of what all groups have settled stays, for replay. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "queue/fixed.h"
#include "queue/spool.h"

#define CHECKED 49 /* "#dp1 k BYTES AGE " */
#define SIZE (CHECKED + 17)

static int
fail(const struct spool *s, struct dp_err *err)
{
	return dp_err_sys(err, dp_err_status_of(errno), errno, "%s/keep",
	    s->base.name);
}

int
spool_keep_read(const struct spool *s, struct dp_keep *k, struct dp_err *err)
{
	char line[SIZE + 1];
	struct dp_fixed in = { .p = line };
	int fd = openat(s->dir, "keep", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	*k = (struct dp_keep){ 0 };
	if (fd == -1)
		return errno == ENOENT ? 0 : fail(s, err);
	n = dp_io_pread(fd, line, sizeof line, 0);
	if (n == -1)
		(void)fail(s, err);
	(void)close(fd);
	if (n == -1)
		return -1;
	in.left = (size_t)n;
	dp_fixed_take_text(&in, "#dp1 k ", 7);
	k->bytes = dp_fixed_take(&in, 20);
	dp_fixed_take_text(&in, " ", 1);
	k->age_ms = dp_fixed_take(&in, 20);
	dp_fixed_take_text(&in, " ", 1);
	if (dp_fixed_take_hex(&in, 16) != dp_hash64(line, CHECKED, s->seed) ||
	    in.bad || n != SIZE)
		*k = (struct dp_keep){ .unknown = true };
	return 1;
}

int
spool_keep_write(const struct spool *s, const struct dp_keep *k,
    struct dp_err *err)
{
	char line[SIZE] = "#dp1 k ";
	int bad, saved, fd;

	dp_fixed_put(line + 7, 20, k->bytes);
	line[27] = ' ';
	dp_fixed_put(line + 28, 20, k->age_ms);
	line[48] = ' ';
	dp_fixed_put_hex(line + CHECKED, 16, dp_hash64(line, CHECKED, s->seed));
	line[SIZE - 1] = '\n';
	fd = openat(s->dir, "keep.new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd == -1)
		return fail(s, err);
	bad = dp_io_write(fd, line, sizeof line) == -1 || fsync(fd) == -1;
	saved = errno;
	(void)close(fd);
	errno = saved;
	if (bad || renameat(s->dir, "keep.new", s->dir, "keep") == -1 ||
	    fsync(s->dir) == -1)
		return fail(s, err);
	return 0;
}

/*
 * A segment ends when the one behind it begins: then all of its lines are
 * older than that.  1, 0, -1; one whose first line is damaged has no age.
 */
static int
is_old(struct spool *s, uint64_t next, uint64_t before_us, struct dp_err *err)
{
	struct spool_reader r;
	int rc = spool_reader_open(&r, s, next, err);

	if (rc != 1)
		return rc;
	rc = !r.head_bad && r.created_us < before_us;
	spool_reader_close(&r);
	return rc;
}

int
spool_keep_over(struct spool *s, const uint64_t *list, size_t n, size_t *over,
    struct dp_err *err)
{
	uint64_t total = 0, size, now = dp_time_wall_us();
	struct dp_keep k;
	size_t i;
	int rc = spool_keep_read(s, &k, err);

	*over = rc == 0 ? n : 0;
	if (rc != 1)
		return rc;
	for (i = n; k.bytes > 0 && i > 0; i--) {
		rc = spool_seg_size(s, list[i - 1], &size);
		total += rc == 1 ? size : 0;
		if (total > k.bytes)
			break;
	}
	if (k.bytes > 0)
		*over = i;
	rc = 1;
	while (k.age_ms > 0 && k.age_ms < now / 1000 && *over < n && rc == 1) {
		rc = is_old(s, list[*over + 1], now - k.age_ms * 1000, err);
		*over += rc == 1;
	}
	return rc == -1 ? -1 : 0;
}
