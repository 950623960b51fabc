#include "http/loop.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/time.h"

int
dp_loop_init(struct dp_loop *l, struct dp_err *err)
{
	sigset_t block;

	memset(l, 0, sizeof *l);
	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGINT);
	(void)sigaddset(&block, SIGTERM);
	(void)sigaddset(&block, SIGHUP);
	(void)sigaddset(&block, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &block, &l->while_waiting);
	l->now_ms = dp_time_now_ms();
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	return l->epoll == -1 ? dp_err_sys(err, DP_FAILED, errno, "epoll") : 0;
}

void
dp_loop_fini(struct dp_loop *l)
{
	if (l->epoll != -1)
		(void)close(l->epoll);
	l->epoll = -1;
	(void)sigprocmask(SIG_SETMASK, &l->while_waiting, NULL);
}

static int
control(struct dp_loop *l, int op, struct dp_source *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data = { .ptr = s } };

	return epoll_ctl(l->epoll, op, s->fd, &e);
}

int
dp_loop_add(struct dp_loop *l, struct dp_source *s, uint32_t events)
{
	return control(l, EPOLL_CTL_ADD, s, events);
}

int
dp_loop_change(struct dp_loop *l, struct dp_source *s, uint32_t events)
{
	return control(l, EPOLL_CTL_MOD, s, events);
}

void
dp_loop_remove(struct dp_loop *l, struct dp_source *s)
{
	int i;

	if (s->fd == -1)
		return;
	/* A close alone would leave it in when another process has it too. */
	(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, s->fd, NULL);
	(void)close(s->fd);
	s->fd = -1;
	for (i = 0; i < l->nevents; i++)
		if (l->events[i].data.ptr == s)
			l->events[i].data.ptr = NULL;
}

int
dp_loop_turn(struct dp_loop *l, int timeout_ms, struct dp_err *err)
{
	int i, n;

	n = epoll_pwait(l->epoll, l->events, DP_LOOP_EVENTS, timeout_ms,
	    &l->while_waiting);
	l->now_ms = dp_time_now_ms();
	if (n == -1 && errno != EINTR)
		return dp_err_sys(err, DP_FAILED, errno, "epoll");
	l->nevents = n == -1 ? 0 : n;
	for (i = 0; i < l->nevents; i++) {
		struct dp_source *s = l->events[i].data.ptr;

		if (s != NULL)
			s->ready(s->arg, l->events[i].events);
	}
	l->nevents = 0;
	return 0;
}
