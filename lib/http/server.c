#include "http/server.h"

#include <sys/socket.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/notify.h"
#include "http/listen.h"
#include "http/state.h"

#define ACCEPTS_A_TURN 64
#define LINGER_MS 2000
#define PAUSE_MS 100
#define IN_FLIGHT_MIN 32768

void
dp_server_accept(struct dp_server *s, bool on)
{
	size_t i;

	for (i = 0; i < s->nlisteners && s->accepting != on; i++)
		if (s->listeners[i].source.fd != -1)
			(void)dp_loop_change(&s->loop, &s->listeners[i].source,
			    on ? EPOLLIN : 0);
	s->accepting = on;
}

/* Over a limit: told so, and gone. */
static void
turn_away(struct dp_server *s, int fd)
{
	static const char text[] = "HTTP/1.1 503 Service Unavailable\r\n"
				   "Content-Type: application/json\r\n"
				   "Content-Length: 60\r\nRetry-After: 1\r\n"
				   "Connection: close\r\n\r\n"
				   "{\"status_code\": 503, \"status_message\": "
				   "\"Service Unavailable\"}";

	s->counts.requests++;
	s->counts.refused++;
	s->by_status[503]++;
	(void)send(fd, text, sizeof text - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)close(fd);
}

static void
take_client(struct dp_listener *l, int fd, const struct sockaddr_storage *from)
{
	struct dp_server *s = l->server;
	struct dp_peer peer;

	dp_peer_of(&peer, from);
	/* Who only keeps a connection open gives way to who has come. */
	if (s->nconns >= s->opts.max_conns &&
	    s->waits[DP_WAIT_IDLE].first != NULL)
		dp_conn_close(s->waits[DP_WAIT_IDLE].first);
	if (s->nconns >= s->opts.max_conns ||
	    !dp_peers_add(&s->peers, &peer, s->opts.per_ip))
		turn_away(s, fd);
	else
		dp_conn_accept(s, fd, l->admin, &peer);
}

static void
on_client(void *arg, uint32_t events)
{
	struct dp_listener *l = arg;
	struct sockaddr_storage from;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPTS_A_TURN; i++) {
		socklen_t len = sizeof from;

		memset(&from, 0, sizeof from);
		fd = accept4(l->source.fd, (struct sockaddr *)&from, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1) {
			take_client(l, fd, &from);
			continue;
		}
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		/* No descriptors or memory: others must end first. */
		if (errno != EAGAIN) {
			dp_server_accept(l->server, false);
			l->server->pause_until_ms =
			    l->server->loop.now_ms + PAUSE_MS;
		}
		return;
	}
}

static int
add_listener(struct dp_server *s, int fd, bool admin, const char *address,
    struct dp_err *err)
{
	struct dp_listener *l;

	if (fd == -1)
		return -1;
	if (s->nlisteners == DP_LISTENERS_MAX) {
		(void)close(fd);
		return dp_err_set(err, DP_USAGE, "more than %d sockets",
		    DP_LISTENERS_MAX);
	}
	l = &s->listeners[s->nlisteners++];
	l->source = (struct dp_source){ on_client, l, fd };
	l->server = s;
	l->admin = admin;
	l->unlink = address != NULL && strncmp(address, "unix:", 5) == 0
	    ? address + 5
	    : NULL;
	return 0;
}

static int
open_listeners(struct dp_server *s, struct dp_err *err)
{
	const struct dp_server_opts *o = &s->opts;
	const int passed = dp_listen_passed();
	size_t i;
	int k;

	for (k = 0; k < passed; k++)
		if (dp_listen_take(3 + k, err) == -1 ||
		    add_listener(s, 3 + k, dp_listen_is_admin(k), NULL, err) ==
			-1)
			return -1;
	for (i = 0; i < o->nlisten; i++)
		if (add_listener(s,
			dp_listen_open(o->listen[i], o->reuse_port, err), false,
			o->listen[i], err) == -1)
			return -1;
	for (i = 0; i < o->nadmin; i++)
		if (add_listener(s, dp_listen_open(o->admin[i], false, err),
			true, o->admin[i], err) == -1)
			return -1;
	return 0;
}

int
dp_server_listen(struct dp_server *s, struct dp_err *err)
{
	char text[DP_LISTEN_NAME + 16], name[DP_LISTEN_NAME];
	size_t i;

	for (i = 0; i < s->nlisteners; i++) {
		struct dp_listener *l = &s->listeners[i];

		if (dp_listen_start(l->source.fd, err) == -1)
			return -1;
		if (dp_loop_add(&s->loop, &l->source, EPOLLIN) == -1)
			return dp_err_sys(err, DP_FAILED, errno, "epoll");
		dp_listen_name(l->source.fd, name);
		(void)snprintf(text, sizeof text, "listening on %s", name);
		s->opts.tell(s->opts.arg, text);
	}
	s->accepting = true;
	dp_notify("READY=1");
	return 0;
}

static void
on_down(void *arg)
{
	struct dp_server *s = arg;

	s->down = true;
}

static void
on_tell(void *arg, const char *text)
{
	const struct dp_server *s = arg;

	s->opts.tell(s->opts.arg, text);
}

static int
open_chain(struct dp_server *s, struct dp_err *err)
{
	const struct dp_chain_opts o = { .argv = s->opts.argv,
		.argc = s->opts.argc,
		.timeout_ms = s->opts.chain_timeout_ms,
		.max_pending = (uint32_t)s->max_in_flight,
		.arg = s,
		.receipt = dp_job_receipt,
		.down = on_down,
		.tell = on_tell };

	s->chain = dp_chain_new(&s->loop, &o, err);
	return s->chain == NULL ? -1 : 0;
}

static int
prepare(struct dp_server *s, struct dp_err *err)
{
	const struct dp_scan_opts lax = { .max_depth = 4096,
		.nul_passes = true,
		.dup_passes = true };

	s->max_in_flight = IN_FLIGHT_MIN;
	if (s->opts.max_events > s->max_in_flight)
		s->max_in_flight = s->opts.max_events;
	s->waits[DP_WAIT_IDLE].ms = s->opts.idle_ms;
	s->waits[DP_WAIT_HEAD].ms = s->opts.timeout_ms;
	s->waits[DP_WAIT_BODY].ms = s->opts.timeout_ms;
	s->waits[DP_WAIT_CHAIN].ms = s->opts.answer_ms;
	s->waits[DP_WAIT_SEND].ms = s->opts.timeout_ms;
	s->waits[DP_WAIT_LINGER].ms = LINGER_MS;
	dp_buf_init(&s->text, 0);
	dp_buf_init(&s->line, 0);
	dp_access_open(&s->access, s->opts.access_log);
	s->watchdog_ms = dp_notify_watchdog_ms();
	if (dp_scan_work_init(&s->work, &lax) == -1 ||
	    (s->opts.per_ip > 0 &&
		dp_peers_init(&s->peers, s->opts.max_conns) == -1))
		return dp_err_nomem(err);
	return dp_loop_init(&s->loop, err);
}

struct dp_server *
dp_server_new(const struct dp_server_opts *opts, struct dp_err *err)
{
	struct dp_server *s = calloc(1, sizeof *s);

	if (s == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	s->opts = *opts;
	s->loop.epoll = -1;
	s->access.fd = -1;
	if (prepare(s, err) == -1 || open_listeners(s, err) == -1 ||
	    open_chain(s, err) == -1) {
		dp_server_free(s);
		return NULL;
	}
	return s;
}

void
dp_server_unlisten(struct dp_server *s)
{
	size_t i;

	for (i = 0; i < s->nlisteners; i++) {
		struct dp_listener *l = &s->listeners[i];

		if (l->source.fd != -1 && l->unlink != NULL)
			(void)unlink(l->unlink);
		dp_loop_remove(&s->loop, &l->source);
	}
	s->nlisteners = 0;
}

/* And out of every list: then a connection is in that of the free ones. */
static void
close_all(struct dp_server *s)
{
	struct dp_conn *c;
	size_t i;

	for (i = 0; i < DP_WAIT_KINDS; i++)
		while ((c = s->waits[i].first) != NULL)
			dp_conn_close(c);
	while ((c = s->again) != NULL) {
		s->again = c->next_again;
		c->is_again = false;
		dp_conn_reap(c);
	}
	dp_job_down(s);
}

void
dp_server_free(struct dp_server *s)
{
	struct dp_conn *c;

	if (s == NULL)
		return;
	close_all(s);
	dp_chain_free(s->chain);
	dp_server_unlisten(s);
	while ((c = s->free_conns) != NULL) {
		s->free_conns = c->next;
		free(c);
	}
	while (s->nspare > 0)
		dp_buf_fini(&s->spare[--s->nspare]);
	dp_buf_fini(&s->text);
	dp_buf_fini(&s->line);
	dp_scan_work_fini(&s->work);
	dp_peers_fini(&s->peers);
	dp_access_close(&s->access);
	dp_loop_fini(&s->loop);
	free(s);
}

void
dp_server_counts(const struct dp_server *s, struct dp_server_counts *c)
{
	*c = s->counts;
}
