#include "schema/fetch_cache.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"

#define HASH_SIZE 33
#define PATH_SIZE 4096
#define READ_SIZE 65536

static bool
hash_of(const char *text, size_t len, char hash[HASH_SIZE])
{
	struct dp_err none = { 0 };
	struct dp_hash128 *h = dp_hash128_new(&none);

	if (h == NULL)
		return false;
	dp_hash128_add(h, text, len);
	dp_hash128_text(h, hash);
	dp_hash128_free(h);
	return true;
}

/* The folder that caches are in; made if it is missing. */
static bool
base_of(char path[PATH_SIZE])
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n;

	/* A relative path is to be ignored, says the specification. */
	if (xdg != NULL && *xdg == '/')
		n = snprintf(path, PATH_SIZE, "%s", xdg);
	else if (home != NULL && *home == '/')
		n = snprintf(path, PATH_SIZE, "%s/.cache", home);
	else
		return false;
	return n > 0 && n < PATH_SIZE &&
	    (mkdir(path, 0700) == 0 || errno == EEXIST);
}

int
dp_fetch_cache_open(void)
{
	char path[PATH_SIZE];
	struct stat st;
	int base, dir;

	if (!base_of(path))
		return -1;
	base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base == -1)
		return -1;
	(void)mkdirat(base, "data-pipe", 0700);
	dir = openat(base, "data-pipe",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	(void)close(base);
	if (dir == -1)
		return -1;
	if (fstat(dir, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return dir;
	(void)close(dir);
	return -1;
}

static int
read_file(int fd, struct dp_buf *b)
{
	ssize_t n;

	do {
		if (dp_buf_reserve(b, READ_SIZE) == -1)
			return -1;
		n = dp_io_read(fd, b->data + b->len, READ_SIZE);
		if (n == -1)
			return -1;
		b->len += (size_t)n;
	} while (n > 0);
	return 0;
}

/* Where the content begins; 0: this is no file of that URI, or a damaged
 * one. */
static size_t
content_of(const struct dp_buf *b, const char *uri)
{
	const size_t n = strlen(uri), head = HASH_SIZE + n + 1;
	char hash[HASH_SIZE];

	if (b->len < head || memcmp(b->data + HASH_SIZE, uri, n) != 0 ||
	    b->data[HASH_SIZE - 1] != ' ' || b->data[head - 1] != '\n' ||
	    !hash_of(b->data + head, b->len - head, hash) ||
	    memcmp(b->data, hash, HASH_SIZE - 1) != 0)
		return 0;
	return head;
}

int
dp_fetch_cache_load(int dir, const char *uri, struct dp_buf *to, long long *age)
{
	char name[HASH_SIZE];
	struct dp_buf b;
	struct stat st = { 0 };
	size_t head = 0;
	int fd;

	if (dir == -1 || !hash_of(uri, strlen(uri), name))
		return -1;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return -1;
	dp_buf_init(&b, to->max + PATH_SIZE + READ_SIZE);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    read_file(fd, &b) == 0)
		head = content_of(&b, uri);
	(void)close(fd);
	if (head > 0 && dp_buf_add(to, b.data + head, b.len - head) == -1)
		head = 0;
	dp_buf_fini(&b);
	*age = (long long)time(NULL) - (long long)st.st_mtime;
	return head > 0 ? 0 : -1;
}

static int
write_file(int dir, const char *name, const struct dp_buf *b)
{
	const int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd == -1)
		return -1;
	rc = dp_io_write(fd, b->data, b->len);
	return close(fd) == -1 ? -1 : rc;
}

void
dp_fetch_cache_store(int dir, const char *uri, const char *text, size_t len)
{
	char name[HASH_SIZE], hash[HASH_SIZE], made[HASH_SIZE + 32];
	struct dp_buf b;

	if (dir == -1 || !hash_of(uri, strlen(uri), name) ||
	    !hash_of(text, len, hash))
		return;
	(void)snprintf(made, sizeof made, ".%s.%ld", name, (long)getpid());
	dp_buf_init(&b, 0);
	(void)dp_buf_addf(&b, "%s %s\n", hash, uri);
	(void)dp_buf_add(&b, text, len);
	if (!b.failed &&
	    (write_file(dir, made, &b) == -1 ||
		renameat(dir, made, dir, name) == -1))
		(void)unlinkat(dir, made, 0);
	dp_buf_fini(&b);
}
