/* What is not about events: readiness and metrics. */
#include "http/state.h"

#define FULL_MS 10000 /* so long a code 100 is remembered */

bool
dp_page_is_ready(const struct dp_server *s, const char **why)
{
	if (s->draining)
		*why = "the service is stopping";
	else if (!dp_chain_is_up(s->chain))
		*why = "the chain is not there";
	else if (s->in_flight >= s->max_in_flight)
		*why = "too many events are on their way";
	else if (s->last_unavailable_ms > s->last_good_ms &&
	    s->loop.now_ms - s->last_unavailable_ms < FULL_MS)
		*why = "the chain refuses events: is the queue full?";
	else
		return true;
	return false;
}

static void
add(struct dp_buf *b, const char *name, const char *type, const char *help)
{
	(void)dp_buf_addf(b, "# HELP dp_httpd_%s %s\n# TYPE dp_httpd_%s %s\n",
	    name, help, name, type);
}

static void
add_gauge(struct dp_buf *b, const char *name, const char *type,
    const char *help, uint64_t n)
{
	add(b, name, type, help);
	(void)dp_buf_addf(b, "dp_httpd_%s %ju\n", name, (uintmax_t)n);
}

static void
add_latency(const struct dp_server *s, struct dp_buf *b)
{
	static const char *const le[] = { "0.001", "0.005", "0.01", "0.05",
		"0.1", "0.5", "1", "+Inf" };
	uint64_t sum = 0;
	size_t i;

	add(b, "request_seconds", "histogram",
	    "From the first byte of a request to its answer.");
	for (i = 0; i < sizeof le / sizeof le[0]; i++) {
		sum += s->latency[i];
		(void)dp_buf_addf(b,
		    "dp_httpd_request_seconds_bucket{le=\"%s\"} %ju\n", le[i],
		    (uintmax_t)sum);
	}
	(void)dp_buf_addf(b,
	    "dp_httpd_request_seconds_sum %ju.%03ju\n"
	    "dp_httpd_request_seconds_count %ju\n",
	    (uintmax_t)(s->latency_ms / 1000),
	    (uintmax_t)(s->latency_ms % 1000), (uintmax_t)sum);
}

/* What clients name never becomes a label: there are codes and statuses. */
void
dp_page_metrics(struct dp_server *s, struct dp_buf *b)
{
	const char *why;
	size_t i;

	add(b, "events_total", "counter", "Events by status code.");
	for (i = 0; i <= 100; i++)
		if (s->by_code[i] > 0 || i == 0)
			(void)dp_buf_addf(b,
			    "dp_httpd_events_total{code=\"%zu\"} %ju\n", i,
			    (uintmax_t)s->by_code[i]);
	add(b, "requests_total", "counter", "Answers by HTTP status.");
	for (i = 0; i < 600; i++)
		if (s->by_status[i] > 0 || i == 200)
			(void)dp_buf_addf(b,
			    "dp_httpd_requests_total{status=\"%zu\"} %ju\n", i,
			    (uintmax_t)s->by_status[i]);
	add_latency(s, b);
	add_gauge(b, "events_unknown_total", "counter",
	    "Events that got no receipt.", s->counts.unknown);
	add_gauge(b, "events_in_flight", "gauge",
	    "Events that wait for a verdict.", s->in_flight);
	add_gauge(b, "connections", "gauge", "Open connections.", s->nconns);
	add_gauge(b, "memory_bytes", "gauge", "Memory of requests and answers.",
	    s->memory);
	add_gauge(b, "ready", "gauge", "1 when /readyz says so.",
	    dp_page_is_ready(s, &why));
	add_gauge(b, "chain_restarts_total", "counter",
	    "How often the chain was started anew.",
	    dp_chain_restarts(s->chain));
	add_gauge(b, "access_log_dropped_total", "counter",
	    "Lines of the access log that nobody took.", s->access.dropped);
}
