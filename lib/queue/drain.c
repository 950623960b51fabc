#include "queue/drain.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/stop.h"
#include "base/time.h"

#define BUSY_MS 1000 /* how often to look for a lane that others have */
#define POOL_MS 60000
#define ROLL_BYTES 1048576

/* Told to whoever wants to know; waiting: there is nothing to do. */
static void
tell_progress(struct dp_drain *d, bool waiting)
{
	d->progress(d->arg);
	dp_alive_turn(&d->alive, d->pool, d->lines, d->dead, waiting);
}

static int
settled(struct dp_drain *d, uint64_t lines, uint64_t dead, struct dp_err *err)
{
	d->lines += lines;
	d->dead += dead;
	return d->settled(d->arg, lines, dead, err);
}

static int
write_out(void *arg, const char *data, size_t len, struct dp_err *err)
{
	const struct dp_drain *d = arg;

	if (dp_io_write(d->fd, data, len) == -1)
		return dp_err_sys(err, DP_FAILED, errno,
		    "cannot write standard output");
	return 0;
}

static int
print_batch(struct dp_drain *d, struct dp_queue_lease *lease,
    struct dp_err *err)
{
	struct dp_queue_batch b;
	uint64_t dead;
	int rc = dp_queue_batch(lease, &d->limits, write_out, d, &b, err);

	if (rc != 1)
		return rc;
	if (d->sync && fdatasync(d->fd) == -1)
		return dp_err_sys(err, DP_FAILED, errno,
		    "cannot sync standard output");
	if (dp_queue_settle(lease, &dead, err) == -1 ||
	    settled(d, b.end - b.first, 0, err) == -1)
		return -1;
	return 1;
}

static int
print_all(struct dp_drain *d, struct dp_err *err)
{
	struct dp_queue_lease *lease;
	int rc;

	while ((rc = dp_queue_lease(d->q, &lease, err)) == 1) {
		while (dp_stop_signal() == 0 &&
		    (rc = print_batch(d, lease, err)) == 1)
			tell_progress(d, false);
		dp_queue_release(lease);
		if (rc == -1 || dp_stop_signal() != 0)
			break;
	}
	return rc == -1 ? -1 : 0;
}

/* Tells what the pool has settled since the last time. */
static int
tell_settled(struct dp_drain *d, struct dp_err *err)
{
	struct dp_pool *p = d->pool;
	uint64_t lines = p->lines, dead = p->dead;

	p->lines = p->dead = 0;
	return settled(d, lines, dead, err);
}

static int
run_all(struct dp_drain *d, struct dp_err *err)
{
	struct dp_err none = { 0 };
	int rc;

	do {
		rc = dp_pool_step(d->pool, err);
		if (tell_settled(d, rc == -1 ? &none : err) == -1 && rc != -1) {
			dp_pool_finish(d->pool);
			(void)tell_settled(d, &none);
			return -1;
		}
		if (rc == 1)
			dp_pool_wait(d->pool,
			    dp_alive_wait_ms(&d->alive, POOL_MS));
		tell_progress(d, false);
	} while (rc == 1);
	return rc;
}

static int
drain_all(struct dp_drain *d, struct dp_err *err)
{
	return d->pool != NULL ? run_all(d, err) : print_all(d, err);
}

static int
round_trip(struct dp_drain *d, struct dp_err *err)
{
	int rc = drain_all(d, err);
	pid_t pid;

	if (rc == -1 || dp_stop_signal() != 0 || d->look ||
	    dp_queue_busy(d->q, &pid))
		return rc;
	/* A rolled segment is at its end now, and can go. */
	while ((rc = dp_queue_tidy(d->q, d->follow ? ROLL_BYTES : 0, err)) == 1)
		if (drain_all(d, err) == -1)
			return -1;
	return rc;
}

static void
nap(struct dp_drain *d, uint64_t until)
{
	uint64_t now;

	while (dp_stop_signal() == 0 && (now = dp_time_now_ms()) < until) {
		tell_progress(d, true);
		dp_time_sleep_ms((uint64_t)dp_alive_wait_ms(&d->alive,
		    until - now < INT_MAX ? (int)(until - now) : INT_MAX));
	}
}

static void
wait_for_next(struct dp_drain *d, int watch, uint64_t start)
{
	uint64_t next = dp_time_now_ms() + d->min_interval_ms;
	pid_t pid;

	if (d->every_ms > 0 && start + d->every_ms > next)
		next = start + d->every_ms;
	if (!(d->follow && d->min_interval_ms == 0))
		nap(d, next);
	if (d->follow) {
		int ms = dp_queue_busy(d->q, &pid) ? BUSY_MS : -1;

		do
			tell_progress(d, true);
		while (
		    dp_stop_wait(watch, dp_alive_wait_ms(&d->alive, ms)) == 0 &&
		    ms == -1);
	}
	tell_progress(d, true);
}

static int
rounds(struct dp_drain *d, struct dp_err *err)
{
	int watch = d->follow ? dp_queue_watch(d->q, err) : -1;
	pid_t pid;

	if (d->follow && watch == -1)
		return -1;
	dp_alive_start(&d->alive);
	for (;;) {
		uint64_t start = dp_time_now_ms();

		dp_queue_watch_clear(d->q);
		if (round_trip(d, err) == -1)
			return -1;
		if (dp_stop_signal() != 0)
			return 0;
		if (!d->follow && d->every_ms == 0)
			break;
		wait_for_next(d, watch, start);
	}
	if (!dp_queue_busy(d->q, &pid))
		return 0;
	if (pid == 0)
		return dp_err_set(err, DP_TRYAGAIN,
		    "%s: lanes with lines are leased by another process",
		    dp_queue_name(d->q));
	return dp_err_set(err, DP_TRYAGAIN,
	    "%s: lanes with lines are leased by another process (pid %d)",
	    dp_queue_name(d->q), (int)pid);
}

int
dp_drain_run(struct dp_drain *d, struct dp_err *err)
{
	const struct dp_queue_damage *damage = dp_queue_damage(d->q);

	if (rounds(d, err) == -1)
		return -1;
	if (damage->places > 0)
		return dp_err_set(err, DP_FAILED,
		    "%s is damaged in %ju places; what is intact was drained, "
		    "the bytes are in bad/; the first: %s",
		    dp_queue_name(d->q), (uintmax_t)damage->places,
		    damage->text);
	return 0;
}
