#include "http/listen.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define BACKLOG 4096

static int
fail(int fd, const char *address, struct dp_err *err)
{
	const int saved = errno;
	const enum dp_status status =
	    saved == EADDRINUSE ? DP_TRYAGAIN : dp_err_status_of(saved);

	if (fd != -1)
		(void)close(fd);
	return dp_err_sys(err, status, saved, "cannot listen on %s", address);
}

/* A socket file whose server has died is in the way. */
static bool
is_stale(const struct sockaddr_un *a)
{
	struct stat st;
	bool stale = false;
	int fd;

	if (lstat(a->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return false;
	stale = connect(fd, (const struct sockaddr *)a, sizeof *a) == -1 &&
	    errno == ECONNREFUSED;
	(void)close(fd);
	return stale;
}

static int
open_unix(const char *path, const char *address, struct dp_err *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	mode_t before;
	int fd, rc;

	if (path[0] == '\0' || strlen(path) >= sizeof a.sun_path)
		return dp_err_set(err, DP_USAGE, "%s: the path is %s", address,
		    path[0] == '\0' ? "empty" : "too long");
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return fail(fd, address, err);
	if (is_stale(&a))
		(void)unlink(path);
	/* For the group: a proxy in front is often another user. */
	before = umask(0117);
	rc = bind(fd, (const struct sockaddr *)&a, sizeof a);
	(void)umask(before);
	return rc == -1 ? fail(fd, address, err) : fd;
}

/* "[::1]:80" into "::1" and "80". */
static int
split(const char *address, char host[256], const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t len;
	uint64_t n;
	char *end;

	if (colon == NULL || colon[1] < '0' || colon[1] > '9')
		return -1;
	*port = colon + 1;
	n = strtoul(*port, &end, 10);
	if (*end != '\0' || n > UINT16_MAX)
		return -1;
	len = (size_t)(colon - address);
	if (len >= 2 && address[0] == '[' && colon[-1] == ']') {
		address++;
		len -= 2;
	} else if (memchr(address, ':', len) != NULL) {
		return -1;
	}
	if (len >= 256)
		return -1;
	memcpy(host, address, len);
	host[len] = '\0';
	return 0;
}

static int
open_one(const struct addrinfo *ai, bool reuse_port)
{
	const int one = 1, zero = 0;
	int saved, fd;

	fd = socket(ai->ai_family,
	    ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, ai->ai_protocol);
	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero,
		    sizeof zero);
	if ((!reuse_port ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) ==
		    0) &&
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

int
dp_listen_open(const char *address, bool reuse_port, struct dp_err *err)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *ai;
	const char *port;
	char host[256];
	int fd = -1, rc;

	if (strncmp(address, "unix:", 5) == 0)
		return open_unix(address + 5, address, err);
	if (split(address, host, &port) == -1)
		return dp_err_set(err, DP_USAGE,
		    "%s: want ADDR:PORT, [ADDR]:PORT, :PORT or unix:PATH",
		    address);
	rc = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &list);
	if (rc != 0)
		return dp_err_set(err, DP_USAGE, "%s: %s", address,
		    gai_strerror(rc));
	/* Every interface: one IPv6 socket takes IPv4 too, if there is IPv6. */
	for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next)
		if (host[0] != '\0' || ai->ai_family == AF_INET6)
			fd = open_one(ai, reuse_port);
	if (fd == -1 && host[0] == '\0' && errno != EADDRINUSE)
		for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next)
			fd = open_one(ai, reuse_port);
	rc = errno;
	freeaddrinfo(list);
	errno = rc;
	return fd == -1 ? fail(-1, address, err) : fd;
}

int
dp_listen_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	unsigned long count;

	if (pid == NULL || n == NULL ||
	    strtoul(pid, NULL, 10) != (unsigned long)getpid())
		return 0;
	count = strtoul(n, NULL, 10);
	return count > 64 ? 64 : (int)count;
}

bool
dp_listen_is_admin(int i)
{
	const char *names = getenv("LISTEN_FDNAMES");

	while (names != NULL && i > 0) {
		names = strchr(names, ':');
		names = names == NULL ? NULL : names + 1;
		i--;
	}
	return names != NULL && strcspn(names, ":") == 5 &&
	    memcmp(names, "admin", 5) == 0;
}

int
dp_listen_take(int fd, struct dp_err *err)
{
	const int flags = fcntl(fd, F_GETFL);
	int type;
	socklen_t len = sizeof type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_STREAM)
		return dp_err_set(err, DP_CONFIG,
		    "LISTEN_FDS: descriptor %d is no stream socket", fd);
	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "LISTEN_FDS");
	return 0;
}

int
dp_listen_start(int fd, struct dp_err *err)
{
	char name[DP_LISTEN_NAME];

	if (listen(fd, BACKLOG) == 0)
		return 0;
	dp_listen_name(fd, name);
	return dp_err_sys(err, errno == EADDRINUSE ? DP_TRYAGAIN : DP_FAILED,
	    errno, "cannot listen on %s", name);
}

void
dp_listen_name(int fd, char name[DP_LISTEN_NAME])
{
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_storage storage;
	} a = { 0 };

	socklen_t len = sizeof a;
	char host[64], port[8];

	(void)snprintf(name, DP_LISTEN_NAME, "?");
	if (getsockname(fd, &a.any, &len) == -1)
		return;
	if (a.any.sa_family == AF_UNIX)
		(void)snprintf(name, DP_LISTEN_NAME, "unix:%.100s",
		    a.un.sun_path);
	else if (getnameinfo(&a.any, len, host, sizeof host, port, sizeof port,
		     NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		(void)snprintf(name, DP_LISTEN_NAME,
		    a.any.sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
		    port);
}
