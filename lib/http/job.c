/* Events into the chain, a bit of each request at a time; receipts out. */
#include <stdio.h>
#include <string.h>

#include "base/code.h"
#include "http/state.h"

#define TURN_BYTES ((size_t)64 * 1024)

static void
enqueue(struct dp_conn *c)
{
	struct dp_server *s = c->server;

	c->job.next = NULL;
	c->job.is_queued = true;
	*(s->feed_last != NULL ? &s->feed_last->job.next : &s->feed) = c;
	s->feed_last = c;
}

static struct dp_conn *
dequeue(struct dp_server *s)
{
	struct dp_conn *c = s->feed;

	s->feed = c->job.next;
	if (s->feed == NULL)
		s->feed_last = NULL;
	c->job.is_queued = false;
	return c;
}

/* A body that is no event, or no list of events. */
static void
refuse_body(struct dp_conn *c, const struct dp_body_fault *fault)
{
	const struct dp_code *code =
	    dp_code_find(fault->code, strlen(fault->code));
	char detail[128];

	(void)snprintf(detail, sizeof detail, "%s (byte %zu)", fault->detail,
	    fault->at);
	dp_answer_event(c, code->number, fault->code, detail);
}

void
dp_job_start(struct dp_conn *c)
{
	struct dp_server *s = c->server;
	struct dp_job *j = &c->job;
	struct dp_body_fault fault;
	struct dp_buf items = j->items;

	memset(j, 0, sizeof *j);
	j->items = items;
	dp_buf_clear(&j->items);
	if (!dp_chain_is_up(s->chain)) {
		dp_answer_event(c, 100, "unavailable",
		    "the chain is not there: try again");
		return;
	}
	if (s->opts.compat &&
	    dp_compat_is_long(c->in.data + c->head.len, c->body_len)) {
		dp_compat_body(c, 6);
		return;
	}
	if (dp_body_open(&j->body, c->kind, c->in.data + c->head.len,
		c->body_len, s->opts.max_events, &s->work, &fault) == -1) {
		refuse_body(c, &fault);
		return;
	}
	if (s->in_flight + j->body.events > s->max_in_flight) {
		dp_body_close(&j->body);
		dp_answer_event(c, 100, "unavailable",
		    "too many events are on their way: try again");
		return;
	}
	j->events = j->body.events;
	j->active = true;
	s->in_flight += j->events;
	s->counts.read += j->events;
	c->state = DP_CONN_WAIT;
	dp_conn_wait(c, DP_WAIT_CHAIN);
	enqueue(c);
}

/* True when there is more of it to feed. */
static bool
feed_some(struct dp_conn *c)
{
	struct dp_job *j = &c->job;
	struct dp_body_event e;
	size_t bytes = 0;

	while (j->fed + j->dropped < j->events && bytes < TURN_BYTES &&
	    dp_chain_has_room(c->server->chain)) {
		if (!dp_body_next(&j->body, &e))
			break;
		if (dp_chain_feed(c->server->chain, c, e.number, e.text,
			e.len) == -1) {
			/* No memory: as if there was no receipt for it. */
			j->fed++;
			dp_job_receipt(c->server, c, e.number, 100, NULL, 0);
			return false;
		}
		j->fed++;
		bytes += e.len;
	}
	return j->fed + j->dropped < j->events;
}

void
dp_job_feed(struct dp_server *s)
{
	while (s->feed != NULL && dp_chain_has_room(s->chain)) {
		struct dp_conn *c = dequeue(s);

		if (!c->job.active)
			dp_conn_reap(c);
		else if (feed_some(c))
			enqueue(c);
	}
}

/* What is not fed yet never will be. */
static void
drop_rest(struct dp_conn *c)
{
	struct dp_server *s = c->server;
	struct dp_job *j = &c->job;
	const uint32_t rest = j->events - j->fed - j->dropped;

	j->dropped += rest;
	s->in_flight -= rest;
	s->counts.unavailable += rest;
	s->by_code[100] += rest;
}

static void
finish(struct dp_conn *c, bool late)
{
	c->job.active = false;
	dp_body_close(&c->job.body);
	dp_answer_job(c, late);
}

static bool
is_complete(const struct dp_job *j)
{
	return j->active && j->fed + j->dropped == j->events &&
	    j->answered == j->fed;
}

static void
count(struct dp_server *s, struct dp_job *j, int code)
{
	s->in_flight--;
	j->answered++;
	if (code == DP_CHAIN_LOST) {
		j->unknown++;
		s->counts.unknown++;
		return;
	}
	s->by_code[code >= 0 && code < 100 ? code : 100]++;
	if (code == 0) {
		j->accepted++;
		s->counts.accepted++;
		s->last_good_ms = s->loop.now_ms;
	} else if (code >= 100) {
		j->unavailable++;
		s->counts.unavailable++;
		s->last_unavailable_ms = s->loop.now_ms;
	} else {
		j->rejected++;
		s->counts.rejected++;
	}
}

void
dp_job_receipt(void *arg, void *owner, uint32_t ref, int code,
    const char *message, size_t len)
{
	struct dp_conn *c = owner;
	struct dp_job *j = &c->job;

	count(arg, j, code);
	if (!j->active) {
		dp_conn_reap(c);
		return;
	}
	if (code > 0) {
		if (j->first_code == 0)
			j->first_code = code;
		if (j->listed < DP_ITEMS_MAX)
			dp_answer_item(c, ref, code, message, len);
	}
	if (is_complete(j))
		finish(c, false);
}

void
dp_job_down(struct dp_server *s)
{
	while (s->feed != NULL) {
		struct dp_conn *c = dequeue(s);

		if (!c->job.active) {
			dp_conn_reap(c);
			continue;
		}
		drop_rest(c);
		if (is_complete(&c->job))
			finish(c, false);
	}
}

void
dp_job_late(struct dp_conn *c)
{
	drop_rest(c);
	finish(c, true);
}

void
dp_job_abandon(struct dp_conn *c)
{
	if (!c->job.active)
		return;
	drop_rest(c);
	c->job.active = false;
	dp_body_close(&c->job.body);
}
