#include "base/put.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"

#define PATH_SIZE 4096
#define FILE_MODE 0640

bool
dp_put_is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

int
dp_put_room(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_SIZE];
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return EISDIR;
	if (dp_put_is_special(path))
		return access(path, W_OK) == 0 ? 0 : errno;
	if (strlen(path) >= sizeof folder)
		return ENAMETOOLONG;
	(void)snprintf(folder, sizeof folder, "%.*s",
	    slash == NULL         ? 1
		: (slash == path) ? 1
				  : (int)(slash - path),
	    slash == NULL ? "." : path);
	return access(folder, W_OK | X_OK) == 0 ? 0 : errno;
}

/* Some file systems cannot rename without replacing: there a look must do. */
static int
move(const char *from, const char *to, bool replace)
{
	struct stat st;

	if (replace)
		return rename(from, to);
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (lstat(to, &st) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

static int
fill(int fd, const void *data, size_t len)
{
	if (fchmod(fd, FILE_MODE) == -1 || dp_io_write(fd, data, len) == -1 ||
	    fsync(fd) == -1)
		return -1;
	return 0;
}

int
dp_put_by(const char *path, const char *beside, const void *data, size_t len,
    unsigned mode, bool *begun)
{
	const bool special = dp_put_is_special(path);
	const char *name = special ? path : beside;
	const int fd = open(name,
	    O_WRONLY | O_CLOEXEC | O_NOCTTY |
		(special ? 0 : O_CREAT | O_TRUNC | O_NOFOLLOW),
	    (mode_t)mode);
	int bad = fd == -1 || dp_io_write(fd, data, len) == -1 ? errno : 0;

	*begun = fd != -1;
	if (*begun && close(fd) == -1 && bad == 0)
		bad = errno;
	if (bad == 0 && !special && rename(name, path) == -1)
		bad = errno;
	if (bad != 0 && *begun && !special)
		(void)unlink(name);
	return bad;
}

int
dp_put_file(const char *path, const void *data, size_t len, bool replace,
    struct dp_err *err)
{
	char temporary[PATH_SIZE];
	int fd, rc, saved;
	const int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
	bool begun;

	if (dp_put_is_special(path)) {
		saved = dp_put_by(path, path, data, len, FILE_MODE, &begun);
		return saved == 0
		    ? 0
		    : dp_err_sys(err, dp_err_status_of_setting(saved), saved,
			  "cannot write %s", path);
	}
	if (n < 0 || (size_t)n >= sizeof temporary)
		return dp_err_set(err, DP_USAGE, "%s: the name is too long",
		    path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd == -1)
		return dp_err_sys(err, dp_err_status_of_setting(errno), errno,
		    "cannot write %s", path);
	rc = fill(fd, data, len);
	saved = errno;
	if (close(fd) == -1 && rc == 0) {
		rc = -1;
		saved = errno;
	}
	if (rc == 0) {
		rc = move(temporary, path, replace);
		saved = errno;
	}
	if (rc == 0)
		return 0;
	(void)unlink(temporary);
	if (saved == EEXIST)
		return dp_err_set(err, DP_USAGE,
		    "%s is there already: --force replaces it", path);
	return dp_err_sys(err, dp_err_status_of(saved), saved,
	    "cannot write %s", path);
}
