#include "http/access.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "base/time.h"
#include "json/text.h"

#define LINES_MAX ((size_t)256 * 1024)
#define TARGET_MAX 512

/*
 * The descriptor is shared with the stages, so its flags are not ours to
 * change: a pipe or file is opened anew, to be non-blocking for us alone.
 */
void
dp_access_open(struct dp_access *a, bool wanted)
{
	struct stat st;
	int fd;

	a->fd = -1;
	dp_buf_init(&a->lines, LINES_MAX);
	if (!wanted)
		return;
	a->fd = STDERR_FILENO;
	a->is_socket = fstat(STDERR_FILENO, &st) == 0 && S_ISSOCK(st.st_mode);
	if (a->is_socket)
		return;
	fd = open("/proc/self/fd/2",
	    O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return;
	a->fd = fd;
	a->is_ours = true;
}

void
dp_access_add(struct dp_access *a, const struct dp_access_entry *e)
{
	const size_t before = a->lines.len;
	char when[DP_TIME_TEXT_SIZE];

	if (a->fd == -1)
		return;
	dp_time_text((time_t)(dp_time_wall_us() / 1000000), when);
	(void)dp_buf_addf(&a->lines, "{\"time\":\"%s\",\"client\":\"%s\"", when,
	    e->client);
	if (e->method_len > 0) {
		(void)dp_buf_adds(&a->lines, ",\"method\":");
		dp_json_quote_any(&a->lines, e->method, e->method_len);
		(void)dp_buf_adds(&a->lines, ",\"target\":");
		dp_json_quote_any(&a->lines, e->target,
		    e->target_len < TARGET_MAX ? e->target_len : TARGET_MAX);
	}
	(void)dp_buf_addf(&a->lines,
	    ",\"status\":%d,\"events\":%ju,\"bytes\":%ju,"
	    "\"milliseconds\":%ju}\n",
	    e->status, (uintmax_t)e->events, (uintmax_t)e->bytes,
	    (uintmax_t)e->ms);
	if (a->lines.failed) {
		a->lines.len = before;
		a->lines.failed = false;
		a->dropped++;
	}
}

/* A write of PIPE_BUF bytes to a pipe that is ready does not wait. */
static ssize_t
write_some(const struct dp_access *a)
{
	struct pollfd p = { .fd = a->fd, .events = POLLOUT };
	size_t n = a->lines.len;

	if (a->is_socket)
		return send(a->fd, a->lines.data, n,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (a->is_ours)
		return write(a->fd, a->lines.data, n);
	if (poll(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(a->fd, a->lines.data, n < PIPE_BUF ? n : PIPE_BUF);
}

void
dp_access_flush(struct dp_access *a)
{
	ssize_t n;

	if (a->fd == -1 || a->lines.len == 0)
		return;
	n = write_some(a);
	if (n > 0)
		dp_buf_drop(&a->lines, (size_t)n);
	else if (n == -1 && errno != EAGAIN && errno != EINTR)
		dp_buf_clear(&a->lines); /* nobody reads it any more */
}

void
dp_access_close(struct dp_access *a)
{
	dp_access_flush(a);
	if (a->is_ours)
		(void)close(a->fd);
	a->fd = -1;
	a->is_ours = false;
	dp_buf_fini(&a->lines);
}
