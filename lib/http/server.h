/*
 * server: HTTP/1.1 in front of a chain: one process, one epoll loop.
 *
 * Promise: a 2xx means that the chain has given a good receipt for every
 * event it counts; each request gets one answer; and no client, slow, broken
 * or hostile, costs the others more than its share: everything that a client
 * can make grow has a limit, everything that it can make wait a deadline.
 */
#ifndef DP_HTTP_SERVER_H
#define DP_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_err;
struct dp_server; /* opaque */

struct dp_server_opts {
	const char *const *listen; /* addresses, as of http/listen.h */
	size_t nlisten;
	const char *const *admin; /* those that serve /metrics, no events */
	size_t nadmin;
	bool reuse_port;

	/* The chain: operands, "|" between two stages; none: stdout. */
	char **argv;
	size_t argc;
	uint64_t chain_timeout_ms;

	uint64_t max_body, max_events, max_conns, max_memory;
	uint64_t per_ip;     /* connections of one address; 0: any number */
	uint64_t timeout_ms; /* to send a header, a body, to read an answer */
	uint64_t answer_ms;  /* for the chain's verdict */
	uint64_t idle_ms;    /* between two requests */
	const char *tokens;  /* one a line; NULL: everybody may post */
	size_t tokens_len;
	bool compat;
	bool access_log; /* on stderr */

	void *arg;
	void (*tell)(void *arg, const char *text); /* to an administrator */
};

/* Events by what became of them; read = the sum of the others. */
struct dp_server_counts {
	uint64_t read, accepted, rejected;
	uint64_t unavailable; /* refused by the chain with code 100, or not
				 handed to it */
	uint64_t unknown;     /* handed to it, and no receipt */
	uint64_t requests;    /* answered, of any kind */
	uint64_t refused;     /* of these: with 4xx or 5xx */
};

/* Binds the sockets and starts the chain; opts is copied, texts borrowed. */
struct dp_server *dp_server_new(const struct dp_server_opts *opts,
    struct dp_err *err);

/*
 * Waits for the chain, then serves until SIGINT or SIGTERM, and after that
 * until what is in flight is answered and the chain has ended.  only_check:
 * ends when the chain is up.  0, or -1.
 */
int dp_server_run(struct dp_server *s, bool only_check, struct dp_err *err);

void dp_server_counts(const struct dp_server *s, struct dp_server_counts *c);
void dp_server_free(struct dp_server *s);

#endif
