/*
 * record: a library for LD_PRELOAD that writes down what a program does to
 * the files below CRASH_ROOT, for the cut images of images.py.
 *
 * CRASH_LOG names the log.  A record is a line "KIND PID ARGS" and, for W, O
 * and N, the bytes that the line counts:
 *
 *     C INODE PATH      a file is created        D INODE PATH   a folder
 *     W INODE AT LEN    bytes are written        T INODE SIZE   truncated
 *     A INODE AT LEN    space is allocated       U PATH         unlinked
 *     R OLD TAB NEW     renamed
 *     B NUMBER INODE    a sync begins            E NUMBER       it has ended
 *     O LEN             written to stdout (with CRASH_STDOUT)
 *     N LEN             a note of the program itself (crash_note)
 *
 * A change and its record are one step under a lock, so that the log is an
 * order in which it could have happened.  Syncs are not done at all: what
 * they promise is what is tested, and it is tested on images.
 *
 * CRASH_BOOT names a file that is opened in place of the system's boot id.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void crash_note(const void *data, size_t len);

static int log_fd = -1;
static unsigned long syncs;

/* The function that this library stands in front of. */
#define NEXT(name) \
	__typeof__(name) *next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static bool
is_below(const char *path)
{
	const char *root = getenv("CRASH_ROOT");
	size_t len = root == NULL ? 0 : strlen(root);

	return len > 0 && strncmp(path, root, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

static void
take(void)
{
	const char *name = getenv("CRASH_LOG");

	if (log_fd == -1 && name != NULL) {
		NEXT(open);
		int fd =
		    next(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		/* Far from the numbers that a program expects. */
		log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 500);
		(void)close(fd);
	}
	if (log_fd != -1)
		(void)flock(log_fd, LOCK_EX);
}

static void
give(void)
{
	int saved = errno;

	if (log_fd != -1)
		(void)flock(log_fd, LOCK_UN);
	errno = saved;
}

/* One record; data may be NULL. */
static void
put(const void *data, size_t len, const char *fmt, ...)
{
	NEXT(write);
	char line[2 * PATH_MAX + 64];
	int saved = errno, n;
	va_list ap;

	if (log_fd == -1)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (next(log_fd, line, (size_t)n) != n ||
	    (data != NULL && next(log_fd, data, len) != (ssize_t)len))
		abort();
	errno = saved;
}

/* The path behind a descriptor, and its inode; false when not below. */
static bool
path_of(int fd, char path[PATH_MAX], unsigned long *inode)
{
	char link[64];
	struct stat st;
	ssize_t n;

	if (getenv("CRASH_LOG") == NULL)
		return false;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	if (!is_below(path) || fstat(fd, &st) == -1)
		return false;
	*inode = st.st_ino;
	return true;
}

/* dir and name as one path; false when not below. */
static bool
join(int dir, const char *name, char path[PATH_MAX])
{
	char above[PATH_MAX];
	unsigned long inode;

	if (getenv("CRASH_LOG") == NULL)
		return false;
	if (name[0] == '/' || dir == AT_FDCWD) {
		(void)snprintf(path, PATH_MAX, "%s", name);
		return is_below(path);
	}
	if (!path_of(dir, above, &inode))
		return false;
	return snprintf(path, PATH_MAX, "%s/%s", above, name) < PATH_MAX;
}

static const char *
other_boot(const char *path)
{
	const char *boot = getenv("CRASH_BOOT");

	return boot != NULL &&
		strcmp(path, "/proc/sys/kernel/random/boot_id") == 0
	    ? boot
	    : path;
}

int
openat(int dir, const char *name, int flags, ...)
{
	NEXT(openat);
	char path[PATH_MAX];
	unsigned mode = 0;
	struct stat st;
	bool was, ours;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, unsigned);
	va_end(ap);
	ours = (flags & (O_CREAT | O_TRUNC)) != 0 && join(dir, name, path);
	if (!ours)
		return next(dir, other_boot(name), flags, mode);
	take();
	was = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	fd = next(dir, name, flags, mode);
	if (fd != -1 && !was && fstat(fd, &st) == 0)
		put(NULL, 0, "C %d %lu %s\n", getpid(), st.st_ino, path);
	else if (fd != -1 && (flags & O_TRUNC) != 0)
		put(NULL, 0, "T %d %lu 0\n", getpid(), st.st_ino);
	give();
	return fd;
}

int
open(const char *name, int flags, ...)
{
	unsigned mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, unsigned);
	va_end(ap);
	return openat(AT_FDCWD, name, flags, mode);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	NEXT(write);
	char path[PATH_MAX];
	unsigned long inode;
	ssize_t n;

	if (fd == STDOUT_FILENO && getenv("CRASH_STDOUT") != NULL) {
		take();
		put(data, len, "O %d %zu\n", getpid(), len);
		give();
		return next(fd, data, len);
	}
	if (!path_of(fd, path, &inode))
		return next(fd, data, len);
	take();
	n = next(fd, data, len);
	if (n > 0)
		put(data, (size_t)n, "W %d %lu %jd %zd\n", getpid(), inode,
		    (intmax_t)(lseek(fd, 0, SEEK_CUR) - n), n);
	give();
	return n;
}

ssize_t
writev(int fd, const struct iovec *iov, int count)
{
	ssize_t all = 0;
	int i;

	/* As a short write when it fails in between. */
	for (i = 0; i < count; i++) {
		ssize_t n = iov[i].iov_len == 0
		    ? 0
		    : write(fd, iov[i].iov_base, iov[i].iov_len);

		if (n == -1)
			return all > 0 ? all : -1;
		all += n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	return all;
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	NEXT(pwrite);
	char path[PATH_MAX];
	unsigned long inode;
	ssize_t n;

	if (!path_of(fd, path, &inode))
		return next(fd, data, len, at);
	take();
	n = next(fd, data, len, at);
	if (n > 0)
		put(data, (size_t)n, "W %d %lu %jd %zd\n", getpid(), inode,
		    (intmax_t)at, n);
	give();
	return n;
}

int
ftruncate(int fd, off_t size)
{
	NEXT(ftruncate);
	char path[PATH_MAX];
	unsigned long inode;
	int rc;

	if (!path_of(fd, path, &inode))
		return next(fd, size);
	take();
	rc = next(fd, size);
	if (rc == 0)
		put(NULL, 0, "T %d %lu %jd\n", getpid(), inode, (intmax_t)size);
	give();
	return rc;
}

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	NEXT(fallocate);
	char path[PATH_MAX];
	unsigned long inode;
	int rc;

	if (!path_of(fd, path, &inode))
		return next(fd, mode, at, len);
	take();
	rc = next(fd, mode, at, len);
	if (rc == 0)
		put(NULL, 0, "A %d %lu %jd %jd\n", getpid(), inode,
		    (intmax_t)at, (intmax_t)len);
	give();
	return rc;
}

int
renameat(int from, const char *old, int to, const char *name)
{
	NEXT(renameat);
	char a[PATH_MAX], b[PATH_MAX];
	int rc;

	if (!join(from, old, a) || !join(to, name, b))
		return next(from, old, to, name);
	take();
	rc = next(from, old, to, name);
	if (rc == 0)
		put(NULL, 0, "R %d %s\t%s\n", getpid(), a, b);
	give();
	return rc;
}

int
unlinkat(int dir, const char *name, int flags)
{
	NEXT(unlinkat);
	char path[PATH_MAX];
	int rc;

	if (!join(dir, name, path))
		return next(dir, name, flags);
	take();
	rc = next(dir, name, flags);
	if (rc == 0)
		put(NULL, 0, "U %d %s\n", getpid(), path);
	give();
	return rc;
}

int
mkdirat(int dir, const char *name, mode_t mode)
{
	NEXT(mkdirat);
	char path[PATH_MAX];
	struct stat st;
	int rc;

	if (!join(dir, name, path))
		return next(dir, name, mode);
	take();
	rc = next(dir, name, mode);
	if (rc == 0 && stat(path, &st) == 0)
		put(NULL, 0, "D %d %lu %s\n", getpid(), st.st_ino, path);
	give();
	return rc;
}

int
mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

int
fsync(int fd)
{
	char path[PATH_MAX];
	unsigned long inode;

	if (!path_of(fd, path, &inode))
		return 0;
	take();
	put(NULL, 0, "B %d %lu %lu\n", getpid(), ++syncs, inode);
	give();
	/* Others run in between, as while a disk is at work: a reader is to
	 * find what its writer has not synced yet. */
	(void)usleep(getenv("CRASH_STDOUT") != NULL ? 2000 : 200);
	take();
	put(NULL, 0, "E %d %lu\n", getpid(), syncs);
	give();
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

void
crash_note(const void *data, size_t len)
{
	take();
	put(data, len, "N %d %zu\n", getpid(), len);
	give();
}
