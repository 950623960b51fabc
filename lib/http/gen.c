#include "http/gen.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/spawn.h"
#include "base/tag.h"

#define SEND_MAX ((size_t)256 * 1024)
#define RECEIPT_MAX 4096 /* a longer line is garbage */
#define END_MS 50        /* between a pipe's end and its process's */

/* Once all are reaped their group's number may be somebody else's. */
static bool
has_processes(const struct dp_gen *g)
{
	size_t i;

	for (i = 0; i < g->nstages; i++)
		if (g->stages[i].pid > 0)
			return true;
	return false;
}

void
dp_gen_kill(struct dp_gen *g)
{
	if (has_processes(g))
		(void)kill(-g->group, SIGKILL);
	g->killed = true;
}

void
dp_gen_lose(struct dp_gen *g)
{
	while (g->first != g->next) {
		const struct dp_slot s = g->ring[g->first++ & g->mask];

		if (s.owner != NULL)
			g->opts->receipt(g->opts->arg, s.owner, s.ref,
			    DP_CHAIN_LOST, NULL, 0);
	}
}

static void
end(struct dp_gen *g)
{
	g->state = DP_GEN_ENDED;
	dp_loop_remove(g->loop, &g->in);
	dp_loop_remove(g->loop, &g->out);
	dp_buf_clear(&g->send);
	dp_gen_lose(g);
}

const char *
dp_gen_hint(const struct dp_gen *g)
{
	return g->state == DP_GEN_STARTING
	    ? " (do its programs run with --tag?)"
	    : "";
}

void
dp_gen_fail(struct dp_gen *g, const char *fmt, ...)
{
	va_list ap;

	if (g->state == DP_GEN_ENDED)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(g->why, sizeof g->why, fmt, ap);
	va_end(ap);
	g->failed = true;
	dp_gen_kill(g);
	end(g);
}

bool
dp_gen_is_gone(const struct dp_gen *g)
{
	return g->state == DP_GEN_ENDED && !has_processes(g);
}

enum dp_status
dp_gen_status(const struct dp_gen *g)
{
	size_t i;

	for (i = 0; i < g->nstages; i++) {
		const unsigned s = g->stages[i].status;

		if (s >= DP_USAGE && s <= DP_CONFIG)
			return (enum dp_status)s;
	}
	return DP_FAILED;
}

/* "dp-validate: exit status 78", of the stage that ended. */
static void
stage_failed(struct dp_gen *g, const struct dp_stage *s)
{
	if (s->status >= DP_SPAWN_SIGNAL)
		dp_gen_fail(g, "%.100s was killed by signal %u", s->argv[0],
		    s->status - DP_SPAWN_SIGNAL);
	else
		dp_gen_fail(g, "%.100s ended with exit status %u", s->argv[0],
		    s->status);
}

static void
on_stage(void *arg, uint32_t events)
{
	struct dp_stage *s = arg;
	struct dp_gen *g = s->gen;

	(void)events;
	if (s->pid == 0 || dp_spawn_ended(s->pid, &s->status) == 0)
		return;
	s->pid = 0;
	dp_loop_remove(g->loop, &s->watch);
	if (g->killed && s->status == DP_SPAWN_SIGNAL + SIGKILL)
		s->status = 0;
	if (g->state == DP_GEN_ENDED)
		return;
	/* At the end of its input 1 only means that it has refused some. */
	if (g->state != DP_GEN_DRAINING || s->status > DP_REJECTED)
		stage_failed(g, s);
}

/*
 * A pipe is closed, most often because a stage is about to end: its status
 * says more, and is there within moments.
 */
static void
pipe_closed(struct dp_gen *g, const char *what)
{
	struct pollfd p[DP_CHAIN_STAGES];
	size_t i;

	for (i = 0; i < g->nstages; i++)
		p[i] = (struct pollfd){ .fd = g->stages[i].watch.fd,
			.events = POLLIN };
	(void)poll(p, (nfds_t)g->nstages, END_MS);
	for (i = 0; i < g->nstages; i++)
		if (p[i].fd != -1 && p[i].revents != 0)
			on_stage(&g->stages[i], 0);
	dp_gen_fail(g, "%s", what);
}

/* One line of the last stage, without its newline. */
static bool
take_receipt(struct dp_gen *g, const char *line, size_t len)
{
	struct dp_slot slot;
	struct dp_tag t;

	if (dp_tag_parse_receipt(line, len, &t) == -1) {
		dp_gen_fail(g, "a line that is no receipt: %.*s%s",
		    len < 80 ? (int)len : 80, line, dp_gen_hint(g));
		return false;
	}
	if (g->first == g->next || t.tag != g->first) {
		dp_gen_fail(g, "a receipt out of order: tag %ju",
		    (uintmax_t)t.tag);
		return false;
	}
	slot = g->ring[g->first++ & g->mask];
	g->last_ms = g->loop->now_ms;
	if (g->state == DP_GEN_STARTING)
		g->state = DP_GEN_UP;
	if (slot.owner != NULL)
		g->opts->receipt(g->opts->arg, slot.owner, slot.ref, t.code,
		    t.rest, t.rest_len);
	return g->state != DP_GEN_ENDED;
}

static bool
take_receipts(struct dp_gen *g)
{
	const char *p = g->recv.data, *const stop = p + g->recv.len;
	const char *nl;

	while (p < stop && (nl = memchr(p, '\n', (size_t)(stop - p))) != NULL) {
		if (!take_receipt(g, p, (size_t)(nl - p)))
			return false;
		p = nl + 1;
	}
	dp_buf_drop(&g->recv, (size_t)(p - g->recv.data));
	if (g->recv.len > RECEIPT_MAX) {
		dp_gen_fail(g, "a receipt longer than %d bytes", RECEIPT_MAX);
		return false;
	}
	return true;
}

/* All is answered and nothing is left to write: the stages may go. */
static void
drain_some(struct dp_gen *g)
{
	if (g->state == DP_GEN_DRAINING && g->first == g->next)
		dp_loop_remove(g->loop, &g->in);
}

static void
on_out(void *arg, uint32_t events)
{
	struct dp_gen *g = arg;
	ssize_t n;
	size_t room;

	(void)events;
	do {
		room = g->recv.cap - g->recv.len;
		n = read(g->out.fd, g->recv.data + g->recv.len, room);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n == -1) {
			dp_gen_fail(g, "reading receipts: %s", strerror(errno));
			return;
		}
		if (n == 0) {
			if (g->state == DP_GEN_DRAINING && g->in.fd == -1)
				end(g);
			else
				pipe_closed(g,
				    "the last stage closed its output");
			return;
		}
		g->recv.len += (size_t)n;
		if (!take_receipts(g))
			return;
	} while ((size_t)n == room);
	drain_some(g);
}

static void
on_in(void *arg, uint32_t events)
{
	struct dp_gen *g = arg;
	struct dp_err err = { 0 };

	if ((events & EPOLLERR) != 0) {
		pipe_closed(g, "the first stage closed its input");
		return;
	}
	if (dp_loop_change(g->loop, &g->in, 0) == -1) {
		dp_gen_fail(g, "epoll: %s", strerror(errno));
		return;
	}
	g->in_is_full = false;
	(void)dp_gen_flush(g, &err);
}

void
dp_gen_sources(struct dp_gen *g)
{
	size_t i;

	g->in = (struct dp_source){ on_in, g, -1 };
	g->out = (struct dp_source){ on_out, g, -1 };
	for (i = 0; i < g->nstages; i++)
		g->stages[i].watch =
		    (struct dp_source){ on_stage, &g->stages[i], -1 };
}

/* The standard output instead of a chain: written, so receipted. */
static int
flush_plain(struct dp_gen *g, struct dp_err *err)
{
	if (dp_io_write(STDOUT_FILENO, g->send.data, g->send.len) == -1)
		return dp_err_sys(err, DP_FAILED, errno,
		    "cannot write standard output");
	dp_buf_clear(&g->send);
	g->last_ms = g->loop->now_ms;
	while (g->first != g->next) {
		const struct dp_slot s = g->ring[g->first++ & g->mask];

		g->opts->receipt(g->opts->arg, s.owner, s.ref, 0, NULL, 0);
	}
	if (g->state == DP_GEN_DRAINING)
		end(g);
	return 0;
}

int
dp_gen_flush(struct dp_gen *g, struct dp_err *err)
{
	ssize_t n;

	if (g->state == DP_GEN_ENDED)
		return 0;
	if (g->nstages == 0)
		return flush_plain(g, err);
	if (g->send.len == 0 || g->in_is_full)
		return 0;
	n = write(g->in.fd, g->send.data, g->send.len);
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		pipe_closed(g, "the first stage closed its input");
		return 0;
	}
	if (n > 0)
		dp_buf_drop(&g->send, (size_t)n);
	if (g->send.len > 0) {
		g->in_is_full = true;
		if (dp_loop_change(g->loop, &g->in, EPOLLOUT) == -1)
			dp_gen_fail(g, "epoll: %s", strerror(errno));
	}
	return 0;
}

bool
dp_gen_has_room(const struct dp_gen *g)
{
	return g->send.len < SEND_MAX && g->next - g->first < g->mask;
}

static void
push(struct dp_gen *g, void *owner, uint32_t ref)
{
	if (g->first == g->next)
		g->last_ms = g->loop->now_ms;
	g->ring[g->next++ & g->mask] = (struct dp_slot){ owner, ref };
}

int
dp_gen_feed(struct dp_gen *g, void *owner, uint32_t ref, const char *event,
    size_t len)
{
	const size_t before = g->send.len;

	if (g->nstages == 0) {
		(void)dp_buf_add(&g->send, event, len);
		(void)dp_buf_addc(&g->send, '\n');
	} else {
		dp_tag_add_request(&g->send, g->next, event, len);
	}
	if (g->send.failed) {
		g->send.len = before;
		g->send.failed = false;
		return -1;
	}
	push(g, owner, ref);
	return 0;
}

void
dp_gen_probe(struct dp_gen *g)
{
	if (g->nstages > 0)
		(void)dp_gen_feed(g, NULL, 0, "", 0);
}

void
dp_gen_drain(struct dp_gen *g)
{
	if (g->state == DP_GEN_STARTING) {
		dp_gen_fail(g, "stopped while it started");
		return;
	}
	if (g->state != DP_GEN_UP)
		return;
	g->state = DP_GEN_DRAINING;
	g->last_ms = g->loop->now_ms; /* its end has the whole time */
	if (g->nstages == 0 && g->first == g->next)
		end(g);
	else
		drain_some(g);
}
