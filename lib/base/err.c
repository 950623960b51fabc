#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set(struct dp_err *, enum dp_status, int, const char *, va_list)
    __attribute__((format(printf, 4, 0)));

static void
set(struct dp_err *err, enum dp_status status, int sys_errno, const char *fmt,
    va_list ap)
{
	size_t len;

	err->status = status;
	err->sys_errno = sys_errno;
	(void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	if (sys_errno == 0)
		return;
	len = strlen(err->msg);
	(void)snprintf(err->msg + len, sizeof err->msg - len, ": %s",
	    strerror(sys_errno));
}

int
dp_err_set(struct dp_err *err, enum dp_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, status, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
dp_err_sys(struct dp_err *err, enum dp_status status, int sys_errno,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, status, sys_errno, fmt, ap);
	va_end(ap);
	return -1;
}

int
dp_err_nomem(struct dp_err *err)
{
	return dp_err_set(err, DP_FAILED, "out of memory");
}

enum dp_status
dp_err_status_of(int sys_errno)
{
	switch (sys_errno) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return DP_NOINPUT;
	case EACCES:
	case EPERM:
	case EROFS:
		return DP_NOPERM;
	case ENOSPC:
	case EDQUOT:
	case EAGAIN:
		return DP_TRYAGAIN;
	default:
		return DP_FAILED;
	}
}

enum dp_status
dp_err_status_of_setting(int sys_errno)
{
	const enum dp_status status = dp_err_status_of(sys_errno);

	return status == DP_NOINPUT ? DP_CONFIG : status;
}

void
dp_err_context(struct dp_err *err, const char *fmt, ...)
{
	char head[DP_ERR_MSG_SIZE];
	size_t len, room;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(head, sizeof head, fmt, ap);
	va_end(ap);

	/* Keep the whole context; the old message gives way at its end. */
	len = strlen(head);
	if (len + 3 >= sizeof err->msg)
		return;
	room = sizeof err->msg - len - 3;
	memmove(err->msg + len + 2, err->msg, room);
	err->msg[sizeof err->msg - 1] = '\0';
	memcpy(err->msg, head, len);
	memcpy(err->msg + len, ": ", 2);
}
