/* dp-httpd: accepts events over HTTP, and answers with a chain's verdict. */
#include <sys/resource.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "base/buf.h"
#include "http/listen.h"
#include "http/server.h"
#include "http/token.h"

#define SPARE_FILES 64 /* descriptors that are no connections */

struct options {
	struct dp_common common; /* must be first */
	struct dp_opt_list listen, admin;
	uint64_t port, max_body, max_events, max_conns, max_memory, per_ip;
	uint64_t timeout_ms, answer_ms, idle_ms, chain_timeout_ms;
	const char *token_file;
	bool access_log, compat, reuse_port;
};

#define AT(field) offsetof(struct options, field)
static const struct dp_opt opts[] = {
	{ 0, "access-log", DP_OPT_FLAG, AT(access_log), NULL, NULL,
	    "write a JSON line for each request to stderr" },
	{ 0, "admin-listen", DP_OPT_LIST, AT(admin), "ADDRESS", NULL,
	    "serve /metrics there, and no events" },
	{ 0, "answer-timeout", DP_OPT_TIME, AT(answer_ms), "TIME", "20s",
	    "answer 504 when the verdict takes longer" },
	{ 0, "chain-timeout", DP_OPT_TIME, AT(chain_timeout_ms), "TIME", "30s",
	    "start the chain anew when it is silent for so long" },
	{ 0, "compat", DP_OPT_FLAG, AT(compat), NULL, NULL,
	    "give the answers of the service that this replaces" },
	{ 0, "idle-timeout", DP_OPT_TIME, AT(idle_ms), "TIME", "60s",
	    "close a connection without a request for so long" },
	{ 0, "listen", DP_OPT_LIST, AT(listen), "ADDRESS", NULL,
	    "ADDR:PORT, :PORT or unix:PATH (127.0.0.1:8080)" },
	{ 0, "max-body", DP_OPT_SIZE, AT(max_body), "SIZE", "1m",
	    "refuse longer bodies" },
	{ 0, "max-conns", DP_OPT_COUNT, AT(max_conns), "N", "4096",
	    "connections at a time" },
	{ 0, "max-events", DP_OPT_COUNT, AT(max_events), "N", "10000",
	    "events of one request" },
	{ 0, "max-memory", DP_OPT_SIZE, AT(max_memory), "SIZE", "256m",
	    "memory of all requests and answers" },
	{ 0, "per-ip", DP_OPT_COUNT, AT(per_ip), "N", NULL,
	    "connections of one address at a time" },
	{ 0, "port", DP_OPT_COUNT, AT(port), "N", NULL,
	    "listen there on every interface ($PORT)" },
	{ 0, "reuse-port", DP_OPT_FLAG, AT(reuse_port), NULL, NULL,
	    "share the port with other processes" },
	{ 0, "timeout", DP_OPT_TIME, AT(timeout_ms), "TIME", "15s",
	    "to send a header, to send a body, to read an answer" },
	{ 0, "token-file", DP_OPT_TEXT, AT(token_file), "FILE", NULL,
	    "who posts must show a token of FILE, one a line" },
};

enum { READ, ACCEPTED, REJECTED, UNAVAILABLE, UNKNOWN, REQUESTS, REFUSED };
static struct dp_count counts[] = {
	{ "read", DP_COUNT_IN, 0 },
	{ "accepted", DP_COUNT_OUT, 0 },
	{ "rejected", DP_COUNT_OUT_TOLD, 0 },
	{ "unavailable", DP_COUNT_OUT_TOLD, 0 },
	{ "unknown", DP_COUNT_OUT_TOLD, 0 },
	{ "requests", DP_COUNT_INFO, 0 },
	{ "refused", DP_COUNT_INFO_TOLD, 0 },
};

static void
tell(void *arg, const char *text)
{
	struct dp_app *app = arg;

	/* That it listens is of interest only to who asked for it. */
	if (strncmp(text, "listening", 9) != 0 || dp_app_verbose(app) > 0)
		dp_app_note(app, NULL, NULL, "%s", text);
}

/* --listen, else --port or $PORT, else the passed sockets, else 8080. */
static int
choose_addresses(const struct options *opt, struct dp_server_opts *o,
    const char **one, char text[16], struct dp_err *err)
{
	const char *env = getenv("PORT");
	uint64_t port = opt->port;
	char *end;

	o->listen = opt->listen.at;
	o->nlisten = opt->listen.n;
	if (o->nlisten > 0)
		return 0;
	if (port == 0 && env != NULL && *env != '\0') {
		port = strtoull(env, &end, 10);
		if (*end != '\0' || port == 0)
			return dp_err_set(err, DP_CONFIG,
			    "$PORT is not a port: %s", env);
	}
	if (port == 0 && dp_listen_passed() > 0)
		return 0;
	if (port > 65535)
		return dp_err_set(err, DP_USAGE, "the port is over 65535");
	(void)snprintf(text, 16, port == 0 ? "127.0.0.1:8080" : ":%u",
	    (unsigned)port);
	*one = text;
	o->listen = one;
	o->nlisten = 1;
	return 0;
}

/* As many descriptors as we may have, or fewer connections. */
static void
fit_descriptors(struct dp_server_opts *o)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur > SPARE_FILES &&
	    o->max_conns > r.rlim_cur - SPARE_FILES)
		o->max_conns = r.rlim_cur - SPARE_FILES;
}

static int
check_options(const struct options *opt, struct dp_err *err)
{
	if (opt->max_events == 0 || opt->max_events > 1000000)
		return dp_err_set(err, DP_USAGE,
		    "--max-events: want 1 to 1000000");
	if (opt->max_conns == 0 || opt->max_conns > 1000000)
		return dp_err_set(err, DP_USAGE,
		    "--max-conns: want 1 to 1000000");
	if (opt->max_body > (uint64_t)1 << 30)
		return dp_err_set(err, DP_USAGE, "--max-body: want at most 1g");
	if (opt->timeout_ms == 0 || opt->answer_ms == 0 ||
	    opt->chain_timeout_ms == 0 || opt->idle_ms == 0)
		return dp_err_set(err, DP_USAGE, "--%s: want more than 0",
		    opt->timeout_ms == 0               ? "timeout"
			: opt->answer_ms == 0          ? "answer-timeout"
			: (opt->chain_timeout_ms == 0) ? "chain-timeout"
						       : "idle-timeout");
	return 0;
}

static void
take_counts(const struct dp_server *s)
{
	struct dp_server_counts c;

	dp_server_counts(s, &c);
	counts[READ].n = c.read;
	counts[ACCEPTED].n = c.accepted;
	counts[REJECTED].n = c.rejected;
	counts[UNAVAILABLE].n = c.unavailable;
	counts[UNKNOWN].n = c.unknown;
	counts[REQUESTS].n = c.requests;
	counts[REFUSED].n = c.refused;
}

static int
run(struct dp_app *app, void *arg, int argc, char **argv, struct dp_err *err)
{
	const struct options *opt = arg;
	struct dp_server_opts o = { .admin = opt->admin.at,
		.nadmin = opt->admin.n,
		.reuse_port = opt->reuse_port,
		.argv = argv,
		.argc = (size_t)argc,
		.chain_timeout_ms = opt->chain_timeout_ms,
		.max_body = opt->max_body,
		.max_events = opt->max_events,
		.max_conns = opt->max_conns,
		.max_memory = opt->max_memory,
		.per_ip = opt->per_ip,
		.timeout_ms = opt->timeout_ms,
		.answer_ms = opt->answer_ms,
		.idle_ms = opt->idle_ms,
		.compat = opt->compat,
		.access_log = opt->access_log,
		.arg = app,
		.tell = tell };
	struct dp_server *server;
	struct dp_buf tokens;
	const char *one;
	char text[16];
	int rc = -1;

	dp_buf_init(&tokens, 0);
	fit_descriptors(&o);
	if (check_options(opt, err) == -1 ||
	    choose_addresses(opt, &o, &one, text, err) == -1 ||
	    (opt->token_file != NULL &&
		dp_token_read(opt->token_file, &tokens, err) == -1)) {
		dp_buf_fini(&tokens);
		return -1;
	}
	o.tokens = opt->token_file == NULL ? NULL : tokens.data;
	o.tokens_len = tokens.len;
	server = dp_server_new(&o, err);
	if (server != NULL) {
		rc = dp_server_run(server, opt->common.check, err);
		take_counts(server);
	}
	dp_server_free(server);
	dp_buf_fini(&tokens);
	return rc;
}

static const struct dp_cmd cmd = {
	.name = "dp-httpd",
	.operands = "[-- STAGE [ARG ...] ['|' STAGE ...]]",
	.summary = "accept events over HTTP, answer with a chain's verdict",
	.opts = opts,
	.nopts = sizeof opts / sizeof opts[0],
	.counts = counts,
	.ncounts = sizeof counts / sizeof counts[0],
	.run = run,
};

int
main(int argc, char **argv)
{
	struct options opt = { 0 };

	return dp_app_main(&cmd, &opt, argc, argv);
}
