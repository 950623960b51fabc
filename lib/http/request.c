/* What is asked for, and may it be: decided before a body is read. */
#include <string.h>
#include <unistd.h>

#include "http/state.h"
#include "http/token.h"

enum route { NOTHING, EVENTS, HEALTH, READY, METRICS, ALL };

static enum route
route_of(const struct dp_conn *c)
{
	const char *path = c->in.data + c->head.path.at;
	const size_t len = c->head.path.len;

	if (dp_http_equal(path, len, "/healthz"))
		return HEALTH;
	if (dp_http_equal(path, len, "/readyz"))
		return READY;
	if (dp_http_equal(path, len, "*"))
		return ALL;
	if (c->admin)
		return dp_http_equal(path, len, "/metrics") ? METRICS : NOTHING;
	return len == 0 || dp_http_equal(path, len, "/") ||
		dp_http_equal(path, len, "/v1/events")
	    ? EVENTS
	    : NOTHING;
}

/* Without its parameters. */
static bool
is_type(const char *text, size_t len, const char *want)
{
	const char *end = memchr(text, ';', len);

	if (end != NULL)
		len = (size_t)(end - text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return dp_http_equal(text, len, want);
}

/* What a body of that type is split into; false: 415. */
static bool
kind_of(const struct dp_conn *c, enum dp_body_kind *kind)
{
	static const char *const json[] = { "application/json", "text/json",
		"text/plain", "application/x-www-form-urlencoded" };
	static const char *const lines[] = { "application/x-ndjson",
		"application/ndjson", "application/jsonl" };
	const char *text = c->in.data + c->head.type.at;
	const size_t len = c->head.type.len;
	size_t i;

	*kind = c->server->opts.compat ? DP_BODY_ONE : DP_BODY_JSON;
	if ((c->head.seen & DP_HTTP_TYPE) == 0 || c->server->opts.compat)
		return true;
	for (i = 0; i < sizeof json / sizeof json[0]; i++)
		if (is_type(text, len, json[i]))
			return true;
	*kind = DP_BODY_LINES;
	for (i = 0; i < sizeof lines / sizeof lines[0]; i++)
		if (is_type(text, len, lines[i]))
			return true;
	return false;
}

static bool
may_post(const struct dp_conn *c)
{
	const struct dp_server_opts *o = &c->server->opts;

	return o->tokens == NULL ||
	    dp_token_is_known(o->tokens, o->tokens_len,
		c->in.data + c->head.authorization.at,
		c->head.authorization.len);
}

static void
refuse_method(struct dp_conn *c, const char *why)
{
	dp_answer_fault(c, c->head.method == DP_HTTP_OTHER ? 501 : 405, why);
}

/* The client waits with the body until it is told that it is wanted. */
static void
tell_to_continue(struct dp_conn *c)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (!c->head.expects_continue || c->in.len > c->head.len)
		return;
	if (write(c->source.fd, text, sizeof text - 1) != sizeof text - 1)
		dp_conn_close(c);
}

static void
begin_events(struct dp_conn *c)
{
	const struct dp_server *s = c->server;
	const char *coding = c->in.data + c->head.coding.at;

	if (c->head.method != DP_HTTP_POST)
		refuse_method(c, "POST is what can be done here");
	else if (!may_post(c))
		dp_answer_fault(c, 401, "the token is missing or wrong");
	else if ((c->head.seen & DP_HTTP_CODING) != 0 &&
	    !dp_http_equal(coding, c->head.coding.len, "identity"))
		dp_answer_fault(c, 415, "the Content-Encoding is not known");
	else if (!kind_of(c, &c->kind))
		dp_answer_fault(c, 415,
		    "want application/json or application/x-ndjson");
	else if (c->head.length > s->opts.max_body)
		dp_answer_fault(c, 413, "the body is longer than --max-body");
	else if (s->draining)
		dp_answer_fault(c, 503, "the service is stopping");
	else {
		c->chunked.max = s->opts.max_body;
		c->state = DP_CONN_BODY;
		dp_conn_wait(c, DP_WAIT_BODY);
		tell_to_continue(c);
	}
}

static void
show_page(struct dp_conn *c, enum route route)
{
	static const char ok[] = "{\"status\":\"ok\"}\n";
	struct dp_server *s = c->server;
	const char *why;

	if (c->head.method != DP_HTTP_GET && c->head.method != DP_HTTP_HEAD) {
		refuse_method(c, "GET is what can be done here");
		return;
	}
	/* A body with it is not worth reading. */
	if (c->head.chunked || c->head.length > 0)
		c->close_after = true;
	c->request_end = c->head.len;
	if (route == METRICS) {
		dp_buf_clear(&s->line);
		dp_page_metrics(s, &s->line);
		dp_answer(c, 200, "text/plain; version=0.0.4", s->line.data,
		    s->line.len);
	} else if (route == READY && !dp_page_is_ready(s, &why)) {
		dp_answer_fault(c, 503, why);
	} else {
		dp_answer(c, 200, "application/json", ok, sizeof ok - 1);
	}
}

void
dp_request_head(struct dp_conn *c)
{
	const enum route route = route_of(c);

	c->is_head = c->head.method == DP_HTTP_HEAD;
	c->close_after = !c->head.keep_alive;
	c->takes_events = route == EVENTS || route == ALL;
	/* So that no page in a browser can post to a collector behind it. */
	if ((c->head.seen & DP_HTTP_ORIGIN) != 0)
		dp_answer_fault(c, 403, "requests from web pages are refused");
	else if (c->head.method == DP_HTTP_CONNECT)
		refuse_method(c, "this is no proxy");
	else if (route == NOTHING)
		dp_answer_fault(c, 404, "there is nothing at this path");
	else if (c->head.method == DP_HTTP_OPTIONS) {
		if (c->head.chunked || c->head.length > 0)
			c->close_after = true;
		c->request_end = c->head.len;
		dp_answer(c, 204, NULL, NULL, 0);
	} else if (route == EVENTS)
		begin_events(c);
	else
		show_page(c, route);
}

void
dp_request_body(struct dp_conn *c)
{
	dp_job_start(c);
}
