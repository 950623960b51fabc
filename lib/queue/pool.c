#include "queue/pool.h"

#include <sys/epoll.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/stop.h"
#include "base/time.h"

#define STOPPING_MS 20

static int
add(struct dp_pool *p, int fd, struct dp_err *err)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e) == 0 || errno == EEXIST)
		return 0;
	return dp_err_sys(err, DP_FAILED, errno, "epoll");
}

int
dp_pool_init(struct dp_pool *p, size_t n, struct dp_queue *q, bool watch,
    const struct dp_worker_opts *opts, struct dp_err *err)
{
	size_t i;

	*p = (struct dp_pool){ .epoll = -1, .watch = -1 };
	p->workers = calloc(n, sizeof *p->workers);
	if (p->workers == NULL)
		return dp_err_nomem(err);
	p->n = n;
	for (i = 0; i < n; i++)
		dp_worker_init(&p->workers[i], q, opts);
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll == -1)
		return dp_err_sys(err, DP_FAILED, errno, "epoll");
	for (i = 0; i < n; i++) {
		struct dp_command *c = &p->workers[i].command;

		if (dp_command_listen(c, err) == -1 ||
		    (c->hear != -1 && add(p, c->hear, err) == -1))
			return -1;
	}
	if (!watch)
		return 0;
	p->watch = dp_queue_watch(q, err);
	return p->watch == -1 ? -1 : add(p, p->watch, err);
}

void
dp_pool_fini(struct dp_pool *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		dp_worker_fini(&p->workers[i]);
	free(p->workers);
	if (p->epoll != -1)
		(void)close(p->epoll);
}

static int
step_one(struct dp_pool *p, struct dp_worker *w, bool stopping,
    struct dp_err *err)
{
	int rc = dp_worker_step(w, stopping, err);

	p->lines += w->lines;
	p->dead += w->dead;
	w->lines = w->dead = 0;
	/* A descriptor that is closed leaves the set by itself. */
	if (rc == 0 && w->state == DP_WORKER_RUNNING)
		rc = add(p, w->command.pidfd, err);
	return rc;
}

/* What runs may finish: its batch is settled or tried again later. */
void
dp_pool_finish(struct dp_pool *p)
{
	size_t i, running = 1;

	while (running > 0) {
		struct dp_err none = { 0 };

		for (running = i = 0; i < p->n; i++) {
			if (p->workers[i].state != DP_WORKER_RUNNING)
				continue;
			(void)step_one(p, &p->workers[i], true, &none);
			running += p->workers[i].command.pid != 0;
		}
		if (running > 0)
			(void)poll(NULL, 0, STOPPING_MS);
	}
}

int
dp_pool_step(struct dp_pool *p, struct dp_err *err)
{
	bool stopping = dp_stop_signal() != 0;
	size_t i, busy = 0;

	for (i = 0; i < p->n; i++) {
		struct dp_worker *w = &p->workers[i];

		if (step_one(p, w, stopping, err) == -1) {
			w->state = DP_WORKER_IDLE;
			dp_pool_finish(p);
			return -1;
		}
		busy += w->state != DP_WORKER_IDLE;
	}
	return busy > 0;
}

bool
dp_pool_hangs(struct dp_pool *p, uint64_t ms)
{
	uint64_t now = dp_time_now_ms();
	bool any = false;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->workers[i].state == DP_WORKER_RUNNING &&
		    now - dp_worker_moved_ms(&p->workers[i], now) >= ms)
			any = true;
	return any;
}

void
dp_pool_wait(struct dp_pool *p, int ms)
{
	uint64_t now = dp_time_now_ms(), next = now + (uint64_t)ms;
	size_t i;

	for (i = 0; i < p->n; i++) {
		const struct dp_worker *w = &p->workers[i];

		if (w->state == DP_WORKER_IDLE ||
		    (w->state == DP_WORKER_RUNNING && w->until_ms == 0))
			continue;
		if (w->until_ms < next)
			next = w->until_ms;
	}
	if (next <= now)
		return;
	if (dp_stop_signal() != 0) {
		struct pollfd fd = { .fd = p->epoll, .events = POLLIN };

		(void)poll(&fd, 1, STOPPING_MS);
		return;
	}
	(void)dp_stop_wait(p->epoll, (int)(next - now));
	if (p->watch != -1)
		dp_queue_watch_clear(p->workers[0].q);
}
