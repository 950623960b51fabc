/*
 * fault: a library for LD_PRELOAD that makes one system call fail.
 *
 * The FAULT_AT-th call of FAULT_CALL that is about something below
 * FAULT_ROOT fails with FAULT_ERRNO, or writes only half (FAULT_ERRNO=0);
 * the file FAULT_HIT is made then.  FAULT_CALL=readdir hides an entry.  With
 * FAULT_RUN the call does not fail: a command of the shell is run before it.
 * FAULT_CALL=room: FAULT_AT bytes can be written, and then there is no space,
 * nor for fallocate, which is not supported when FAULT_ERRNO is EOPNOTSUPP.
 * Syncs that do not fail are not done: no power is cut here.  What a sync
 * that fails should have stored is zeroed: Linux forgets such pages.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <dirent.h>
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

#define NEXT(name) \
	__typeof__(name) *next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define FILES 16

static long calls, written;

/* What was written to a file and not synced. */
static struct {
	ino_t inode;
	off_t from, to;
} dirty[FILES];

static long
number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? -1 : atol(text);
}

static bool
is_below(const char *path)
{
	const char *root = getenv("FAULT_ROOT");
	size_t len = root == NULL ? 0 : strlen(root);

	return len > 0 && strncmp(path, root, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

static bool
is_ours(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	return is_below(path);
}

static bool
is_ours_at(int dir, const char *name)
{
	return name[0] == '/' || dir == AT_FDCWD ? is_below(name)
						 : is_ours(dir);
}

static void
hit(void)
{
	const char *name = getenv("FAULT_HIT");
	NEXT(open);
	int fd = name == NULL ? -1 : next(name, O_WRONLY | O_CREAT, 0600);

	if (fd != -1)
		(void)close(fd);
}

/* What others do meanwhile, without a fault of their own. */
static void
run(const char *command)
{
	char *const preload = getenv("LD_PRELOAD");
	char kept[PATH_MAX];

	(void)snprintf(kept, sizeof kept, "%s", preload);
	(void)unsetenv("LD_PRELOAD");
	if (system(command) == -1)
		abort();
	(void)setenv("LD_PRELOAD", kept, 1);
}

/* Whether this call is the one; errno is set. */
static bool
fails(const char *call)
{
	const char *which = getenv("FAULT_CALL");

	if (which == NULL || strcmp(which, call) != 0 ||
	    ++calls != number("FAULT_AT"))
		return false;
	hit();
	if (getenv("FAULT_RUN") != NULL) {
		run(getenv("FAULT_RUN"));
		return false;
	}
	errno = (int)number("FAULT_ERRNO");
	return true;
}

static bool
has_call(const char *call)
{
	const char *which = getenv("FAULT_CALL");

	return which != NULL && strcmp(which, call) == 0;
}

/* How many of len bytes may be written; -1 with errno. */
static ssize_t
allowed(const char *call, size_t len)
{
	long room = number("FAULT_AT");

	if (has_call("room")) {
		if (written >= room) {
			hit();
			errno = ENOSPC;
			return -1;
		}
		if (written + (long)len > room)
			len = (size_t)(room - written);
		written += (long)len;
		return (ssize_t)len;
	}
	if (!fails(call))
		return (ssize_t)len;
	return errno == 0 ? (ssize_t)(len + 1) / 2 : -1;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	NEXT(write);
	ssize_t n = is_ours(fd) ? allowed("write", len) : (ssize_t)len;

	return n == -1 ? -1 : next(fd, data, (size_t)n);
}

/* The place of fd's file; a free one if there is none. */
static int
dirty_of(int fd)
{
	NEXT(fstat);
	struct stat st;
	int i;

	if (next(fd, &st) == -1)
		return -1;
	for (i = 0; i < FILES; i++)
		if (dirty[i].inode == st.st_ino)
			return i;
	for (i = 0; i < FILES && dirty[i].inode != 0; i++)
		;
	if (i == FILES)
		return -1;
	dirty[i].inode = st.st_ino;
	dirty[i].from = dirty[i].to = 0;
	return i;
}

static void
note_write(int fd, off_t at, ssize_t n)
{
	int i = n > 0 ? dirty_of(fd) : -1;

	if (i == -1)
		return;
	if (dirty[i].to == dirty[i].from || at < dirty[i].from)
		dirty[i].from = at;
	if (at + n > dirty[i].to)
		dirty[i].to = at + n;
}

/* forget: the pages are gone, and not on the disk. */
static void
note_sync(int fd, bool forget)
{
	static const char zeros[4096];
	NEXT(pwrite);
	int i = dirty_of(fd);
	off_t at;

	if (i == -1)
		return;
	for (at = dirty[i].from; forget && at < dirty[i].to;) {
		off_t n = dirty[i].to - at;

		n = n < (off_t)sizeof zeros ? n : (off_t)sizeof zeros;
		if (next(fd, zeros, (size_t)n, at) != (ssize_t)n)
			break;
		at += n;
	}
	dirty[i].inode = 0;
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	NEXT(pwrite);
	ssize_t n = is_ours(fd) ? allowed("pwrite", len) : (ssize_t)len;

	if (n == -1)
		return -1;
	n = next(fd, data, (size_t)n, at);
	if (is_ours(fd))
		note_write(fd, at, n);
	return n;
}

ssize_t
pread(int fd, void *data, size_t len, off_t at)
{
	NEXT(pread);

	return is_ours(fd) && fails("pread") ? -1 : next(fd, data, len, at);
}

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	NEXT(fallocate);

	if (has_call("room") && number("FAULT_ERRNO") == EOPNOTSUPP) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (has_call("room") && written + len > number("FAULT_AT")) {
		hit();
		errno = ENOSPC;
		return -1;
	}
	return is_ours(fd) && fails("fallocate") ? -1 : next(fd, mode, at, len);
}

int
openat(int dir, const char *name, int flags, ...)
{
	NEXT(openat);
	unsigned mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, unsigned);
	va_end(ap);
	if (is_ours_at(dir, name) && fails("openat"))
		return -1;
	return next(dir, name, flags, mode);
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

#define ON_FD(name, params, args)                                    \
	int name params                                              \
	{                                                            \
		NEXT(name);                                          \
		return is_ours(fd) && fails(#name) ? -1 : next args; \
	}
#define ON_NAME(name, params, args)                                            \
	int name params                                                        \
	{                                                                      \
		NEXT(name);                                                    \
		return is_ours_at(dir, path) && fails(#name) ? -1 : next args; \
	}
/* clang-format off */
ON_FD(ftruncate, (int fd, off_t size), (fd, size))
ON_FD(fstat, (int fd, struct stat *st), (fd, st))
ON_FD(flock, (int fd, int how), (fd, how))
ON_NAME(mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
ON_NAME(unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
ON_NAME(faccessat, (int dir, const char *path, int mode, int flags),
	(dir, path, mode, flags))
ON_NAME(fstatat, (int dir, const char *path, struct stat *st, int flags),
	(dir, path, st, flags))

/* clang-format on */

static int
sync_of(int fd, const char *call)
{
	bool bad;
	int saved;

	if (!is_ours(fd))
		return 0;
	bad = fails(call);
	saved = errno;
	note_sync(fd, bad);
	errno = saved;
	return bad ? -1 : 0;
}

int
fsync(int fd)
{
	return sync_of(fd, "fsync");
}

int
fdatasync(int fd)
{
	return sync_of(fd, "fdatasync");
}

int
renameat(int dir, const char *path, int to, const char *name)
{
	NEXT(renameat);

	return is_ours_at(dir, path) && fails("renameat")
	    ? -1
	    : next(dir, path, to, name);
}

int
fcntl(int fd, int what, ...)
{
	NEXT(fcntl);
	void *arg;
	va_list ap;

	va_start(ap, what);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (what == F_OFD_SETLK && is_ours(fd) && fails("fcntl"))
		return -1;
	return next(fd, what, arg);
}

struct dirent *
readdir(DIR *d)
{
	NEXT(readdir);
	struct dirent *e = next(d);
	const char *name = getenv("FAULT_HIDE");

	if (e != NULL && name != NULL && strcmp(e->d_name, name) == 0 &&
	    is_ours(dirfd(d)) && fails("readdir"))
		return next(d);
	return e;
}
