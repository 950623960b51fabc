/* A connection's life: reading, deadlines, sending, the end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/state.h"

#define READ_MIN ((size_t)4096)
#define STEPS_A_TURN 64 /* of one connection, before others have theirs */

static void
unlink_wait(struct dp_conn *c)
{
	struct dp_wait_list *l;

	if (c->wait == DP_WAIT_NONE)
		return;
	l = &c->server->waits[c->wait];
	*(c->prev != NULL ? &c->prev->next : &l->first) = c->next;
	*(c->next != NULL ? &c->next->prev : &l->last) = c->prev;
	c->prev = c->next = NULL;
	c->wait = DP_WAIT_NONE;
}

void
dp_conn_wait(struct dp_conn *c, enum dp_wait kind)
{
	struct dp_wait_list *l = &c->server->waits[kind];

	unlink_wait(c);
	c->wait = kind;
	c->deadline_ms = c->server->loop.now_ms + l->ms;
	c->prev = l->last;
	*(l->last != NULL ? &l->last->next : &l->first) = c;
	l->last = c;
}

void
dp_conn_account(struct dp_conn *c)
{
	const size_t now = c->in.cap + c->out.cap + c->job.items.cap;

	c->server->memory += now;
	c->server->memory -= c->accounted;
	c->accounted = now;
}

/* An idle connection holds no buffer: the next active one gets it. */
static void
give_back_input(struct dp_conn *c)
{
	struct dp_server *s = c->server;

	if (c->in.cap > 0 && c->in.cap <= 4 * DP_CONN_ROOM &&
	    s->nspare < DP_SPARE_MAX)
		s->spare[s->nspare++] = c->in;
	else
		dp_buf_fini(&c->in);
	dp_buf_init(&c->in, 0);
}

void
dp_conn_again(struct dp_conn *c)
{
	if (c->is_again)
		return;
	c->is_again = true;
	c->next_again = c->server->again;
	c->server->again = c;
}

void
dp_conn_reap(struct dp_conn *c)
{
	if (c->state != DP_CONN_CLOSED || c->is_again || c->job.is_queued ||
	    c->job.answered != c->job.fed)
		return;
	c->state = DP_CONN_FREE;
	c->next = c->server->free_conns;
	c->server->free_conns = c;
}

void
dp_conn_close(struct dp_conn *c)
{
	struct dp_server *s = c->server;

	if (c->state >= DP_CONN_CLOSED)
		return;
	dp_job_abandon(c);
	c->state = DP_CONN_CLOSED;
	unlink_wait(c);
	dp_loop_remove(&s->loop, &c->source);
	if (c->counted)
		dp_peers_remove(&s->peers, &c->peer);
	give_back_input(c);
	dp_buf_fini(&c->out);
	dp_buf_fini(&c->job.items);
	dp_conn_account(c);
	s->nconns--;
	dp_conn_reap(c);
}

/* Makes room for more input, within the memory of all.  0, or -1. */
static int
make_room(struct dp_conn *c)
{
	struct dp_server *s = c->server;
	size_t want = READ_MIN + DP_SCAN_PAD;

	if (c->in.cap == 0 && s->nspare > 0) {
		c->in = s->spare[--s->nspare];
		dp_buf_clear(&c->in);
	}
	if (c->in.cap == 0)
		want = DP_CONN_ROOM;
	if (c->in.cap - c->in.len < want) {
		/* It doubles. */
		if (s->memory + c->in.cap + want > s->opts.max_memory)
			return -1;
		if (dp_buf_reserve(&c->in, want) == -1)
			return -1;
	}
	dp_conn_account(c);
	return 0;
}

/* Reads what is there; false when nothing came. */
static bool
fill(struct dp_conn *c)
{
	size_t room;
	ssize_t n;

	if (make_room(c) == -1) {
		dp_answer_fault(c, 503, "no memory left for requests");
		return false;
	}
	room = c->in.cap - c->in.len - DP_SCAN_PAD;
	n = read(c->source.fd, c->in.data + c->in.len, room);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		c->readable = errno == EINTR;
		if (c->in.len == 0)
			give_back_input(c);
		return c->readable;
	}
	if (n <= 0) {
		/* Half a request is none, whoever has given up. */
		dp_conn_close(c);
		return false;
	}
	c->in.len += (size_t)n;
	if ((size_t)n < room && !c->peer_closed)
		c->readable = false;
	return true;
}

/* True when the state has changed. */
static bool
advance_head(struct dp_conn *c)
{
	int rc;

	if (c->in.len == 0)
		return false;
	if (c->wait == DP_WAIT_IDLE) {
		dp_conn_wait(c, DP_WAIT_HEAD);
		c->began_ms = c->server->loop.now_ms;
	}
	rc = dp_http_head_feed(&c->head, c->in.data, c->in.len);
	if (rc == 0)
		return false;
	if (rc == -1)
		dp_answer_fault(c, c->head.status, c->head.why);
	else
		dp_request_head(c);
	return true;
}

/* Decodes the chunks that are there, in place. */
static bool
advance_chunks(struct dp_conn *c)
{
	const size_t at = c->head.len + c->body_len;
	char *raw = c->in.data + at;
	size_t n, used, left;
	int rc;

	rc = dp_http_chunked_feed(&c->chunked, raw, c->in.len - at, raw, &n,
	    &used);
	if (rc == -1) {
		dp_answer_fault(c, c->chunked.status, c->chunked.why);
		return true;
	}
	left = c->in.len - at - used;
	memmove(raw + n, raw + used, left);
	c->body_len += n;
	c->in.len = at + n + left;
	if (rc == 0)
		return false;
	c->request_end = at + n;
	dp_request_body(c);
	return true;
}

static bool
advance_body(struct dp_conn *c)
{
	if (c->head.chunked)
		return advance_chunks(c);
	if (c->in.len - c->head.len < c->head.length)
		return false;
	c->body_len = (size_t)c->head.length;
	c->request_end = c->head.len + c->body_len;
	dp_request_body(c);
	return true;
}

/* Reads and drops, so that the client gets to read our answer. */
static void
discard(struct dp_conn *c)
{
	char some[4096];
	ssize_t n;

	do
		n = read(c->source.fd, some, sizeof some);
	while (n > 0);
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		dp_conn_close(c);
	else
		c->readable = false;
}

void
dp_conn_run(struct dp_conn *c)
{
	unsigned steps = 0;

	while (c->state == DP_CONN_HEAD || c->state == DP_CONN_BODY) {
		if (++steps > STEPS_A_TURN) {
			dp_conn_again(c);
			return;
		}
		if (c->state == DP_CONN_HEAD ? advance_head(c)
					     : advance_body(c))
			continue;
		if (!c->readable || !fill(c))
			break;
	}
	if (c->state == DP_CONN_LINGER && c->readable)
		discard(c);
}

/* The answer is out: on to the next request, or to the end. */
static void
go_on(struct dp_conn *c)
{
	if (c->close_after) {
		c->state = DP_CONN_LINGER;
		(void)shutdown(c->source.fd, SHUT_WR);
		dp_conn_wait(c, DP_WAIT_LINGER);
		give_back_input(c);
		dp_conn_account(c);
		c->readable = true;
		dp_conn_again(c);
		return;
	}
	dp_buf_drop(&c->in, c->request_end);
	memset(&c->head, 0, sizeof c->head);
	memset(&c->chunked, 0, sizeof c->chunked);
	c->body_len = c->request_end = 0;
	c->is_head = false;
	c->state = DP_CONN_HEAD;
	dp_conn_wait(c, DP_WAIT_IDLE);
	if (c->in.len == 0)
		give_back_input(c);
	dp_conn_account(c);
	if (c->in.len > 0 || c->readable)
		dp_conn_again(c);
}

static void
send_rest(struct dp_conn *c)
{
	ssize_t n = write(c->source.fd, c->out.data + c->out_sent,
	    c->out.len - c->out_sent);

	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		dp_conn_close(c);
		return;
	}
	c->out_sent += n > 0 ? (size_t)n : 0;
	if (c->out_sent < c->out.len)
		return;
	dp_buf_fini(&c->out);
	go_on(c);
}

void
dp_conn_send(struct dp_conn *c)
{
	const struct dp_buf *text = &c->server->text;
	ssize_t n = write(c->source.fd, text->data, text->len);

	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		dp_conn_close(c);
		return;
	}
	if (n == (ssize_t)text->len) {
		go_on(c);
		return;
	}
	n = n == -1 ? 0 : n;
	c->out_sent = 0;
	if (c->server->memory + text->len > c->server->opts.max_memory ||
	    dp_buf_add(&c->out, text->data + n, text->len - (size_t)n) == -1) {
		dp_conn_close(c);
		return;
	}
	c->state = DP_CONN_SEND;
	dp_conn_account(c);
	dp_conn_wait(c, DP_WAIT_SEND);
}

void
dp_conn_late(struct dp_conn *c)
{
	if (c->wait == DP_WAIT_CHAIN)
		dp_job_late(c);
	else if (c->wait == DP_WAIT_BODY ||
	    (c->wait == DP_WAIT_HEAD && c->in.len > 0))
		dp_answer_fault(c, 408, "the request took too long");
	else
		dp_conn_close(c);
}

static void
on_ready(void *arg, uint32_t events)
{
	struct dp_conn *c = arg;

	if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
		dp_conn_close(c);
		return;
	}
	if ((events & EPOLLRDHUP) != 0)
		c->peer_closed = true;
	if ((events & (EPOLLIN | EPOLLRDHUP)) != 0)
		c->readable = true;
	if (c->state == DP_CONN_SEND && (events & EPOLLOUT) != 0)
		send_rest(c);
	dp_conn_run(c);
}

static struct dp_conn *
new_conn(struct dp_server *s)
{
	struct dp_conn *c = s->free_conns;

	if (c == NULL)
		return calloc(1, sizeof *c);
	s->free_conns = c->next;
	memset(c, 0, sizeof *c);
	return c;
}

void
dp_conn_accept(struct dp_server *s, int fd, bool admin,
    const struct dp_peer *peer)
{
	struct dp_conn *c = new_conn(s);

	if (c == NULL) {
		(void)close(fd);
		return;
	}
	c->server = s;
	c->source = (struct dp_source){ on_ready, c, fd };
	c->admin = admin;
	c->peer = *peer;
	c->wait = DP_WAIT_NONE;
	c->counted = true;
	dp_buf_init(&c->in, 0);
	dp_buf_init(&c->out, 0);
	dp_buf_init(&c->job.items, 0);
	c->began_ms = s->loop.now_ms;
	s->nconns++;
	dp_conn_wait(c, DP_WAIT_HEAD);
	if (dp_loop_add(&s->loop, &c->source,
		EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) == -1)
		dp_conn_close(c);
}
