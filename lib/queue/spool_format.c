/* Q/format, and the making of a spool. */
#include <sys/file.h>
#include <sys/random.h>
#include <sys/vfs.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "queue/fixed.h"
#include "queue/spool.h"

#define FORMAT_MAX 512
#define FIRST_LINE "data-pipe spool "

/* statfs(2), and the kernel's fs/zfs module. */
static const struct {
	const char *name;
	uint64_t magic;
} allowed[] = {
	{ "ext4", 0xef53 },
	{ "xfs", 0x58465342 },
	{ "btrfs", 0x9123683e },
	{ "zfs", 0x2fc12fc1 },
	{ "f2fs", 0xf2f52010 },
};

int
spool_fs_allowed(int fd, bool unsafe, const char *name, struct dp_err *err)
{
	struct statfs fs;
	size_t i;

	if (unsafe)
		return 0;
	if (fstatfs(fd, &fs) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "%s", name);
	for (i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
		if (((uint64_t)fs.f_type & 0xffffffff) == allowed[i].magic)
			return 0;
	return dp_err_set(err, DP_CONFIG,
	    "%s: a file system (type %#jx) that is not known to keep what it "
	    "syncs; use ext4, xfs, btrfs, zfs or f2fs, or --unsafe-fs",
	    name, (uintmax_t)fs.f_type & 0xffffffff);
}

/* Names that the making of a spool that was cut short leaves. */
static bool
is_ours(const char *name)
{
	static const char *const ours[] = { ".", "..", "seg", "group", "dead",
		"bad", "format.tmp" };
	size_t i;

	for (i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (strcmp(name, ours[i]) == 0)
			return true;
	return false;
}

static int
check_empty(int dir, const char *path, struct dp_err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		(void)dp_err_sys(err, DP_FAILED, errno, "%s", path);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	errno = 0;
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (!is_ours(e->d_name))
			rc = dp_err_set(err, DP_CONFIG,
			    "%s: a folder that is no spool: it holds %s", path,
			    e->d_name);
	if (rc == 0 && errno != 0)
		rc = dp_err_sys(err, DP_FAILED, errno, "%s", path);
	(void)closedir(d);
	return rc;
}

static int
check_no_segments(int dir, const char *path, struct dp_err *err)
{
	int fd = openat(dir, "seg", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		rc = errno == ENOENT
		    ? 0
		    : dp_err_sys(err, DP_FAILED, errno, "%s/seg", path);
		if (fd != -1)
			(void)close(fd);
		return rc;
	}
	errno = 0;
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			rc = dp_err_set(err, DP_CONFIG,
			    "%s: the file \"format\" is missing, but there are "
			    "segments",
			    path);
	if (rc == 0 && errno != 0)
		rc = dp_err_sys(err, DP_FAILED, errno, "%s/seg", path);
	(void)closedir(d);
	return rc;
}

static int
write_format(int dir, const char *path, uint64_t segment_bytes,
    struct dp_err *err)
{
	char text[FORMAT_MAX], when[DP_TIME_TEXT_SIZE], id[33] = { 0 };
	uint64_t random[2];
	int fd, len, bad, saved;

	if (getrandom(random, sizeof random, 0) != sizeof random)
		return dp_err_sys(err, DP_FAILED, errno, "getrandom");
	dp_fixed_put_hex(id, 16, random[0]);
	dp_fixed_put_hex(id + 16, 16, random[1]);
	dp_time_text(time(NULL), when);
	len = snprintf(text, sizeof text,
	    FIRST_LINE "1\nid %s\ncreated %s\nsegment-bytes %ju\n", id, when,
	    (uintmax_t)segment_bytes);
	len += snprintf(text + len, sizeof text - (size_t)len, "check %016jx\n",
	    (uintmax_t)dp_hash64(text, (size_t)len, 0));
	fd = openat(dir, "format.tmp",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	bad = fd == -1 || dp_io_write(fd, text, (size_t)len) == -1 ||
	    fsync(fd) == -1;
	saved = errno;
	if (fd != -1 && close(fd) == -1 && !bad) {
		bad = 1;
		saved = errno;
	}
	if (!bad && renameat(dir, "format.tmp", dir, "format") == -1) {
		bad = 1;
		saved = errno;
	}
	return bad ? dp_err_sys(err, dp_err_status_of(saved), saved,
			 "cannot write %s/format", path)
		   : 0;
}

int
spool_open_dir(int dir, const char *name, bool create, struct dp_err *err)
{
	int made = create ? mkdirat(dir, name, 0750) : -1;
	int fd;

	if (create && made == -1 && errno != EEXIST)
		return dp_err_sys(err, dp_err_status_of(errno), errno,
		    "cannot create the folder %s", name);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno, "%s",
		    name);
	/* Who finds it made may be faster than the one who made it. */
	if (create && fsync(dir) == -1) {
		(void)dp_err_sys(err, DP_FAILED, errno,
		    "cannot sync the folder of %s", name);
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int
fill_spool(int dir, const char *path, uint64_t segment_bytes,
    struct dp_err *err)
{
	static const char *const names[] = { "seg", "group", "dead", "bad" };
	size_t i;

	/* Somebody else may have been faster. */
	if (faccessat(dir, "format", F_OK, 0) == 0)
		return 0;
	if (errno != ENOENT)
		return dp_err_sys(err, dp_err_status_of(errno), errno,
		    "%s/format", path);
	if (check_no_segments(dir, path, err) == -1 ||
	    check_empty(dir, path, err) == -1)
		return -1;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		int fd = spool_open_dir(dir, names[i], true, err);

		if (fd == -1) {
			dp_err_context(err, "%s", path);
			return -1;
		}
		(void)close(fd);
	}
	return write_format(dir, path, segment_bytes, err);
}

/* A parent that may not be read is synced with all the rest. */
static int
sync_new(int dir)
{
	if (fsync(dir) == -1)
		return -1;
	if (dp_io_sync_dir(dir, "..") == 0)
		return 0;
	return errno == EACCES ? syncfs(dir) : -1;
}

int
spool_create(const char *path, uint64_t segment_bytes, bool unsafe,
    struct dp_err *err)
{
	int dir, rc;

	if (mkdir(path, 0750) == -1 && errno != EEXIST)
		return dp_err_sys(err, dp_err_status_of(errno), errno,
		    "cannot create %s", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno, "%s",
		    path);
	rc = spool_fs_allowed(dir, unsafe, path, err);
	if (rc == -1) {
		/* Ours if it is empty; rmdir leaves any other alone. */
		(void)rmdir(path);
	} else if (flock(dir, LOCK_EX) == -1) {
		rc = dp_err_sys(err, DP_FAILED, errno, "%s", path);
	} else {
		rc = fill_spool(dir, path, segment_bytes, err);
		if (rc == 0 && sync_new(dir) == -1)
			rc = dp_err_sys(err, DP_FAILED, errno,
			    "cannot sync the folder of %s", path);
	}
	(void)close(dir);
	return rc;
}

/* Reads the file as far as it goes. */
static ssize_t
read_file(const struct spool *s, char text[FORMAT_MAX], struct dp_err *err)
{
	int fd = openat(s->dir, "format", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1 && errno == ENOENT)
		return 0;
	n = fd == -1 ? -1 : dp_io_pread(fd, text, FORMAT_MAX - 1, 0);
	if (n == -1)
		(void)dp_err_sys(err, errno == EACCES ? DP_NOPERM : DP_FAILED,
		    errno, "%s/format", s->base.name);
	if (fd != -1)
		(void)close(fd);
	if (n == 0)
		return dp_err_set(err, DP_CONFIG, "%s/format: empty",
		    s->base.name);
	return n;
}

int
spool_read_format(struct spool *s, struct dp_err *err)
{
	char text[FORMAT_MAX] = { 0 }, *check, *value, id[33];
	ssize_t n = read_file(s, text, err);
	struct dp_fixed in = { .left = 17 };

	if (n <= 0)
		return (int)n;
	if (strncmp(text, FIRST_LINE, strlen(FIRST_LINE)) != 0)
		return dp_err_set(err, DP_CONFIG, "%s/format: not of a spool",
		    s->base.name);
	if (strncmp(text, FIRST_LINE "1\n", strlen(FIRST_LINE) + 2) != 0)
		return dp_err_set(err, DP_CONFIG,
		    "%s: a spool of another version (%.*s); this program knows "
		    "version 1",
		    s->base.name, (int)strcspn(text, "\n"), text);
	check = strstr(text, "\ncheck ");
	value = strstr(text, "\nsegment-bytes ");
	in.p = check == NULL ? "" : check + 7;
	if (check == NULL || value == NULL ||
	    sscanf(text, FIRST_LINE "1\nid %32[0-9a-f]\n", id) != 1 ||
	    strlen(id) != 32 ||
	    dp_fixed_take_hex(&in, 16) !=
		dp_hash64(text, (size_t)(check + 1 - text), 0))
		return dp_err_set(err, DP_CONFIG, "%s/format: damaged",
		    s->base.name);
	memcpy(s->base.id, id, sizeof id);
	s->segment_bytes = strtoull(value + 15, NULL, 10);
	if (s->segment_bytes == 0 || s->segment_bytes > SPOOL_SEGMENT_MAX)
		return dp_err_set(err, DP_CONFIG, "%s/format: damaged",
		    s->base.name);
	s->seed = spool_seed(s->base.id);
	return 1;
}
