#include "base/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
dp_notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t len;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	len = strlen(path);
	if (len >= sizeof a.sun_path)
		return;
	memcpy(a.sun_path, path, len);
	if (path[0] == '@') /* the abstract namespace */
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL,
	    (const struct sockaddr *)&a,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)close(fd);
}

bool
dp_notify_is_on(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

uint64_t
dp_notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"),
		   *pid = getenv("WATCHDOG_PID");

	if (usec == NULL || getenv("NOTIFY_SOCKET") == NULL ||
	    (pid != NULL && strtoul(pid, NULL, 10) != (unsigned long)getpid()))
		return 0;
	/* Half of the time that we are given. */
	return strtoull(usec, NULL, 10) / 2000;
}
