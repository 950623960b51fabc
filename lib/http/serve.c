/* The loop: turns, signals, and the way out. */
#include <stdio.h>

#include "base/notify.h"
#include "base/stop.h"
#include "http/server.h"
#include "http/state.h"

#define WAIT_MAX_MS 1000

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Everybody whose deadline has passed.  Milliseconds until the next one. */
static uint64_t
check_deadlines(struct dp_server *s)
{
	uint64_t next = WAIT_MAX_MS;
	struct dp_conn *c;
	size_t i;

	for (i = 0; i < DP_WAIT_KINDS; i++) {
		while ((c = s->waits[i].first) != NULL &&
		    c->deadline_ms <= s->loop.now_ms)
			dp_conn_late(c);
		if (c != NULL)
			next = least(next, c->deadline_ms - s->loop.now_ms);
	}
	return next;
}

/* Each once: who comes again meanwhile is for the next turn. */
static void
run_again(struct dp_server *s)
{
	struct dp_conn *c = s->again, *next;

	s->again = NULL;
	for (; c != NULL; c = next) {
		next = c->next_again;
		c->is_again = false;
		dp_conn_run(c);
		dp_conn_reap(c);
	}
}

/* Fed only while requests and receipts, or probes, move. */
static uint64_t
feed_watchdog(struct dp_server *s)
{
	const uint64_t now = s->loop.now_ms;

	if (s->watchdog_ms == 0)
		return WAIT_MAX_MS;
	if (now >= s->watchdog_at_ms) {
		s->watchdog_at_ms = now + s->watchdog_ms;
		if (s->opts.argc == 0 ||
		    now - dp_chain_last_receipt_ms(s->chain) <
			s->opts.chain_timeout_ms)
			dp_notify("WATCHDOG=1");
	}
	return s->watchdog_at_ms - now;
}

static void
obey_signals(struct dp_server *s)
{
	char text[256];

	if (dp_stop_asked_reload())
		dp_chain_reload(s->chain);
	if (!dp_stop_asked_progress())
		return;
	(void)snprintf(text, sizeof text,
	    "%ju requests; %ju events read, %ju accepted, %ju rejected, %ju in "
	    "flight; %ju connections",
	    (uintmax_t)s->counts.requests, (uintmax_t)s->counts.read,
	    (uintmax_t)s->counts.accepted, (uintmax_t)s->counts.rejected,
	    (uintmax_t)s->in_flight, (uintmax_t)s->nconns);
	s->opts.tell(s->opts.arg, text);
}

/*
 * One turn.  What the last wait brought is fed and written here, in one
 * write, before the next wait.
 */
static int
turn(struct dp_server *s, struct dp_err *err)
{
	uint64_t ms = (uint64_t)dp_chain_tick(s->chain);

	if (s->down) {
		s->down = false;
		dp_job_down(s);
	}
	run_again(s);
	dp_job_feed(s);
	if (dp_chain_flush(s->chain, err) == -1)
		return -1;
	ms = least(ms, check_deadlines(s));
	ms = least(ms, feed_watchdog(s));
	if (!s->accepting && !s->draining &&
	    s->loop.now_ms >= s->pause_until_ms)
		dp_server_accept(s, true);
	dp_access_flush(&s->access);
	if (s->again != NULL)
		ms = 0;
	if (dp_loop_turn(&s->loop, (int)ms, err) == -1)
		return -1;
	obey_signals(s);
	return 0;
}

static int
wait_for_chain(struct dp_server *s, struct dp_err *err)
{
	while (!dp_chain_is_up(s->chain) && dp_stop_signal() == 0) {
		if (dp_chain_is_stillborn(s->chain, err) || turn(s, err) == -1)
			return -1;
	}
	return 0;
}

/* Who waits for a first byte gets no more; who has sent one gets an answer. */
static void
begin_draining(struct dp_server *s)
{
	struct dp_conn *c;

	s->draining = true;
	dp_notify("STOPPING=1");
	dp_server_unlisten(s);
	while ((c = s->waits[DP_WAIT_IDLE].first) != NULL)
		dp_conn_close(c);
	for (c = s->waits[DP_WAIT_HEAD].first; c != NULL;) {
		struct dp_conn *next = c->next;

		if (c->in.len == 0)
			dp_conn_close(c);
		c = next;
	}
}

static int
finish(struct dp_server *s, struct dp_err *err)
{
	begin_draining(s);
	while (s->nconns > 0)
		if (turn(s, err) == -1)
			return -1;
	dp_chain_close(s->chain);
	while (!dp_chain_is_closed(s->chain))
		if (turn(s, err) == -1)
			return -1;
	return 0;
}

int
dp_server_run(struct dp_server *s, bool only_check, struct dp_err *err)
{
	dp_stop_catch_reload();
	if (wait_for_chain(s, err) == -1)
		return -1;
	if (!only_check && dp_stop_signal() == 0 &&
	    dp_server_listen(s, err) == -1)
		return -1;
	while (!only_check && dp_stop_signal() == 0)
		if (turn(s, err) == -1)
			return -1;
	return finish(s, err);
}
