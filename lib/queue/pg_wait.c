/* Waiting for lines: LISTEN, and telling writers that somebody waits. */
#include <sys/epoll.h>
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "queue/pg.h"

static int
listen_again(struct pg *p, struct dp_err *err)
{
	struct epoll_event e = { .events = EPOLLIN };
	char sql[64];

	/* A socket that is closed leaves the set by itself. */
	pg_finish(&p->waiting);
	p->armed = false;
	p->waiting = pg_connect(p, err);
	if (p->waiting == NULL)
		return -1;
	(void)snprintf(sql, sizeof sql, "listen dp_queue_%s", p->queue);
	if (pg_run(p, p->waiting, sql, NULL, err) == -1)
		return -1;
	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, PQsocket(p->waiting), &e) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "epoll");
	return 0;
}

int
pg_watch(struct dp_queue *q, struct dp_err *err)
{
	struct pg *p = (struct pg *)q;

	if (p->epoll != -1)
		return p->epoll;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll == -1)
		return dp_err_sys(err, DP_FAILED, errno, "epoll");
	return listen_again(p, err) == -1 ? -1 : p->epoll;
}

/*
 * FOR UPDATE waits for the writers that are at work, which have the row FOR
 * KEY SHARE: who comes later sees that somebody waits.
 */
static int
arm(struct pg *p, struct dp_err *err)
{
	struct pg_args a = { 0 };

	pg_arg(&a, p->queue);
	return pg_run(p, p->waiting,
	    "with x as (select queue from dp_queue.queue where queue = $1 "
	    "for update) update dp_queue.queue q set waiting = true "
	    "from x where q.queue = x.queue",
	    &a, err);
}

/* True if there were any: then whoever wrote has disarmed us. */
static bool
take_notices(struct pg *p)
{
	PGnotify *n;
	bool any = false;

	while ((n = PQnotifies(p->waiting)) != NULL) {
		PQfreemem(n);
		any = true;
	}
	return any;
}

static int
arm_again(struct pg *p, struct dp_err *err)
{
	while (!p->armed) {
		if (arm(p, err) == -1)
			return -1;
		p->armed = !take_notices(p);
	}
	return 0;
}

void
pg_watch_clear(struct dp_queue *q)
{
	struct pg *p = (struct pg *)q;
	struct dp_err none = { 0 };

	if (p->epoll == -1)
		return;
	if (!pg_is_lost(p->waiting)) {
		(void)PQconsumeInput(p->waiting);
		if (take_notices(p))
			p->armed = false;
	}
	if (!pg_is_lost(p->waiting) && arm_again(p, &none) == 0)
		return;
	if (listen_again(p, &none) == -1 || arm_again(p, &none) == -1)
		/* The next lease tells. */
		pg_finish(&p->waiting);
}
