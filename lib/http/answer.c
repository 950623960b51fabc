/* Answers, rendered and sent. */
#include <stdio.h>
#include <string.h>

#include "base/code.h"
#include "base/time.h"
#include "http/state.h"
#include "json/text.h"

#define JSON "application/json"

const char *
dp_answer_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} all[] = { { 200, "OK" }, { 202, "Accepted" }, { 204, "No Content" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 408, "Request Timeout" },
		{ 413, "Content Too Large" }, { 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" }, { 422, "Unprocessable Content" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" } };

	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i].status == status)
			return all[i].reason;
	return "Unknown";
}

/* RFC 9110, 5.6.7; made once a second. */
static const char *
date_of(struct dp_server *s)
{
	const time_t now = (time_t)(dp_time_wall_us() / 1000000);
	struct tm tm;

	if (now != s->date_of && gmtime_r(&now, &tm) != NULL) {
		s->date_of = now;
		(void)strftime(s->date, sizeof s->date,
		    "%a, %d %b %Y %H:%M:%S GMT", &tm);
	}
	return s->date;
}

static void
log_it(struct dp_conn *c, int status, size_t len)
{
	struct dp_server *s = c->server;
	char client[DP_PEER_TEXT];
	struct dp_access_entry e = { .client = client,
		.method = c->in.data + c->head.name.at,
		.method_len = c->head.name.len,
		.target = c->in.data + c->head.path.at,
		.target_len = c->head.path.len,
		.status = status,
		.events = c->job.events,
		.bytes = len,
		.ms = s->loop.now_ms - c->began_ms };

	dp_peer_text(&c->peer, client);
	dp_access_add(&s->access, &e);
}

static void
count(struct dp_conn *c, int status)
{
	static const uint16_t below_ms[] = { 1, 5, 10, 50, 100, 500, 1000 };
	struct dp_server *s = c->server;
	const uint64_t ms = s->loop.now_ms - c->began_ms;
	size_t i = 0;

	s->counts.requests++;
	s->counts.refused += status >= 400;
	s->by_status[status]++;
	while (i < sizeof below_ms / sizeof below_ms[0] && ms >= below_ms[i])
		i++;
	s->latency[i]++;
	s->latency_ms += ms;
}

/* What a status asks for. */
static void
add_fields(struct dp_conn *c, int status)
{
	struct dp_buf *b = &c->server->text;

	if (status == 401)
		(void)dp_buf_adds(b, "WWW-Authenticate: Bearer\r\n");
	if (status == 503)
		(void)dp_buf_adds(b, "Retry-After: 1\r\n");
	if (status == 415)
		(void)dp_buf_adds(b, "Accept-Encoding: identity\r\n");
	if (status == 405 || status == 204)
		(void)dp_buf_adds(b,
		    c->takes_events ? "Allow: POST, OPTIONS\r\n"
				    : "Allow: GET, HEAD, OPTIONS\r\n");
	if (c->close_after)
		(void)dp_buf_adds(b, "Connection: close\r\n");
	else if (c->head.minor == 0)
		(void)dp_buf_adds(b, "Connection: keep-alive\r\n");
}

void
dp_answer(struct dp_conn *c, int status, const char *type, const char *body,
    size_t len)
{
	struct dp_server *s = c->server;
	struct dp_buf *b = &s->text;

	c->close_after = c->close_after || s->draining;
	dp_buf_clear(b);
	(void)dp_buf_adds(b, "HTTP/1.1 ");
	(void)dp_buf_addu(b, (uint64_t)status);
	(void)dp_buf_addc(b, ' ');
	(void)dp_buf_adds(b, dp_answer_reason(status));
	(void)dp_buf_adds(b, "\r\nDate: ");
	(void)dp_buf_adds(b, date_of(s));
	if (type != NULL) {
		(void)dp_buf_adds(b, "\r\nContent-Type: ");
		(void)dp_buf_adds(b, type);
		(void)dp_buf_adds(b, "\r\nContent-Length: ");
		(void)dp_buf_addu(b, len);
	}
	(void)dp_buf_adds(b,
	    "\r\nCache-Control: no-store"
	    "\r\nX-Content-Type-Options: nosniff"
	    "\r\nContent-Security-Policy: default-src 'none'; "
	    "frame-ancestors 'none'\r\n");
	add_fields(c, status);
	(void)dp_buf_adds(b, "\r\n");
	if (!c->is_head)
		(void)dp_buf_add(b, body, len);
	count(c, status);
	if (s->access.fd != -1)
		log_it(c, status, len);
	if (b->failed)
		dp_conn_close(c);
	else
		dp_conn_send(c);
}

/* {"status_code": N, "status_message": "..." and what is in front of } */
static void
begin_body(struct dp_buf *b, int number, const char *text)
{
	dp_buf_clear(b);
	(void)dp_buf_adds(b, "{\"status_code\": ");
	(void)dp_buf_addu(b, (uint64_t)number);
	(void)dp_buf_adds(b, ", \"status_message\": ");
	dp_json_quote_any(b, text, strlen(text));
}

static void
add_member(struct dp_buf *b, const char *name, const char *text)
{
	(void)dp_buf_addf(b, ", \"%s\": ", name);
	dp_json_quote_any(b, text, strlen(text));
}

/* A fault of the request, not of an event: its number is the status. */
void
dp_answer_fault(struct dp_conn *c, int status, const char *why)
{
	struct dp_buf *b = &c->server->line;

	c->close_after = true;
	begin_body(b, status, dp_answer_reason(status));
	add_member(b, "detail", why);
	(void)dp_buf_addc(b, '}');
	dp_answer(c, status, JSON, b->data, b->len);
}

static int
status_of(int code)
{
	switch (code) {
	case 0:
		return 200;
	case 2:
	case 3:
		return 400;
	case 4:
	case 5:
	case 7:
		return 422;
	case 6:
		return 413;
	default:
		return 503;
	}
}

void
dp_answer_event(struct dp_conn *c, int code, const char *word,
    const char *detail)
{
	struct dp_buf *b = &c->server->line;

	if (c->server->opts.compat && code != 100) {
		dp_compat_body(c, code);
		return;
	}
	begin_body(b, code, dp_code_text(code));
	add_member(b, "code", word);
	add_member(b, "detail", detail);
	(void)dp_buf_addc(b, '}');
	dp_answer(c, status_of(code), JSON, b->data, b->len);
}

bool
dp_answer_message(struct dp_server *s, const char *message, size_t len)
{
	static const char pad[DP_SCAN_PAD] = "\n";
	const struct dp_scan_opts opts = { .work = &s->work };
	struct dp_scan_value object;
	size_t at;

	dp_buf_clear(&s->line);
	(void)dp_buf_add(&s->line, message, len);
	(void)dp_buf_add(&s->line, pad, sizeof pad);
	return len > 0 && !s->line.failed &&
	    dp_scan_line(s->line.data, len, &opts, &object, &at) ==
	    DP_SCAN_OK &&
	    object.type == DP_JSON_OBJECT;
}

/* The members of a message that an answer passes on, as they stand. */
static void
add_members(struct dp_server *s, struct dp_buf *b, const char *sep,
    const char *message, size_t len)
{
	static const char *const names[] = { "code", "pointer", "detail" };
	const struct dp_scan_opts opts = { .work = &s->work };
	struct dp_scan_value object;
	struct dp_scan_member m;
	const char *at = NULL;
	size_t offset, i;

	/* A stage may write what it likes: only JSON gets into an answer. */
	if (!dp_answer_message(s, message, len))
		return;
	(void)dp_scan_line(s->line.data, len, &opts, &object, &offset);
	while (dp_scan_next_member(&object, &at, &m)) {
		for (i = 0; i < sizeof names / sizeof names[0]; i++)
			if (m.value.type == DP_JSON_STRING &&
			    dp_scan_equal(m.key, m.key_len, m.key_escaped,
				names[i], strlen(names[i])))
				break;
		if (i == sizeof names / sizeof names[0])
			continue;
		(void)dp_buf_addf(b, ",%s\"%s\":%s", sep, names[i], sep);
		(void)dp_buf_add(b, m.value.text, m.value.len);
	}
}

void
dp_answer_item(struct dp_conn *c, uint32_t number, int code,
    const char *message, size_t len)
{
	struct dp_job *j = &c->job;
	struct dp_buf *b = &j->items;

	if (c->server->opts.compat && code < 100) {
		dp_compat_item(c, code, message, len);
		return;
	}
	if (!j->body.batch) {
		begin_body(b, code, dp_code_text(code));
		add_members(c->server, b, " ", message, len);
		(void)dp_buf_addc(b, '}');
		return;
	}
	/* Too many have too much to tell: they are counted alone. */
	if (c->server->memory > c->server->opts.max_memory)
		return;
	(void)dp_buf_addf(b, "%s{\"line\":%u,\"status_code\":%d",
	    j->listed++ > 0 ? "," : "", number, code);
	add_members(c->server, b, "", message, len);
	(void)dp_buf_adds(b, ",\"status_message\":");
	dp_json_quote_any(b, dp_code_text(code), strlen(dp_code_text(code)));
	(void)dp_buf_addc(b, '}');
	dp_conn_account(c);
}

static void
answer_batch(struct dp_conn *c, bool late)
{
	const struct dp_job *j = &c->job;
	struct dp_buf *b = &c->server->line;
	const uint32_t unknown = j->unknown + (j->fed - j->answered);
	const uint32_t unavailable = j->unavailable + j->dropped;
	int status = 200, code = 0;

	if (unknown + unavailable > 0) {
		status = late ? 504 : 503;
		code = 100;
	} else if (j->accepted == 0) {
		status = 422;
		code = j->first_code;
	} else if (c->server->opts.argc == 0) {
		status = 202;
	}
	dp_buf_clear(b);
	(void)dp_buf_addf(b, "{\"status_code\":%d,\"status_message\":", code);
	dp_json_quote_any(b, dp_code_text(code), strlen(dp_code_text(code)));
	(void)dp_buf_addf(b, ",\"accepted\":%u,\"rejected\":%u", j->accepted,
	    j->rejected);
	if (unknown + unavailable > 0)
		(void)dp_buf_addf(b, ",\"unavailable\":%u,\"unknown\":%u",
		    unavailable, unknown);
	(void)dp_buf_adds(b, ",\"items\":[");
	(void)dp_buf_add(b, j->items.data, j->items.len);
	(void)dp_buf_adds(b, "]}");
	dp_answer(c, status, JSON, b->data, b->len);
}

void
dp_answer_job(struct dp_conn *c, bool late)
{
	static const char ok[] =
	    "{\"status_code\": 0, \"status_message\": \"ok\"}";
	const struct dp_job *j = &c->job;
	struct dp_buf *b = &c->server->line;
	const char *why = late ? "no verdict in time: the event may be stored"
	    : j->dropped > 0   ? "the chain is not there: try again"
			       : "the chain has ended: the event may be stored";

	c->close_after = c->close_after || late;
	if (j->body.batch) {
		answer_batch(c, late);
	} else if (j->accepted == 1) {
		dp_answer(c, c->server->opts.argc == 0 ? 202 : 200, JSON, ok,
		    sizeof ok - 1);
	} else if (j->rejected + j->unavailable == 1) {
		dp_answer(c,
		    c->server->opts.compat && j->rejected == 1
			? 200
			: status_of(j->first_code),
		    JSON, j->items.data, j->items.len);
	} else {
		begin_body(b, 100, dp_code_text(100));
		add_member(b, "code", "unavailable");
		add_member(b, "detail", why);
		(void)dp_buf_addc(b, '}');
		dp_answer(c, late ? 504 : 503, JSON, b->data, b->len);
	}
}
