/* state: the inside of the server, for lib/http alone. */
#ifndef DP_HTTP_STATE_H
#define DP_HTTP_STATE_H

#include <sys/socket.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/access.h"
#include "http/body.h"
#include "http/chain.h"
#include "http/chunked.h"
#include "http/loop.h"
#include "http/parse.h"
#include "http/peers.h"
#include "http/server.h"
#include "json/work.h"

#define DP_CONN_ROOM ((size_t)16 * 1024) /* of an input buffer at first */
#define DP_ITEMS_MAX 100                 /* failures that an answer lists */
#define DP_LISTENERS_MAX 64
#define DP_SPARE_MAX 64 /* buffers that wait for their next use */

enum dp_conn_state {
	DP_CONN_HEAD, /* reads a header, or waits for one */
	DP_CONN_BODY,
	DP_CONN_WAIT,   /* for the chain */
	DP_CONN_SEND,   /* for the client to read */
	DP_CONN_LINGER, /* has answered; lets the client finish */
	DP_CONN_CLOSED, /* its receipts are still to come */
	DP_CONN_FREE    /* in the free list */
};

/* Which deadline runs.  All of a kind are equally long: a list is sorted. */
enum dp_wait {
	DP_WAIT_IDLE,
	DP_WAIT_HEAD,
	DP_WAIT_BODY,
	DP_WAIT_CHAIN,
	DP_WAIT_SEND,
	DP_WAIT_LINGER,
	DP_WAIT_KINDS,
	DP_WAIT_NONE = DP_WAIT_KINDS
};

/* A request's events on their way through the chain. */
struct dp_job {
	struct dp_body body;
	uint32_t events, fed, answered;
	uint32_t dropped; /* not fed, and will not be */
	uint32_t accepted, rejected, unavailable, unknown;
	int first_code; /* of the failures */
	uint32_t listed;
	struct dp_buf items; /* rendered failures */
	bool active;         /* somebody waits for it */
	bool is_queued;      /* in the server's feed queue */
	struct dp_conn *next;
};

struct dp_conn {
	struct dp_source source;
	struct dp_server *server;
	enum dp_conn_state state;
	bool readable, peer_closed; /* edges that are not used up yet */
	bool admin, is_head, close_after, is_again;
	bool takes_events; /* what is asked for does */
	enum dp_body_kind kind;
	bool counted; /* in peers */
	struct dp_buf in, out;
	size_t out_sent;
	size_t accounted; /* bytes of the memory budget */
	struct dp_http_head head;
	struct dp_http_chunked chunked;
	size_t body_len, request_end; /* in `in`; the body is behind the head */

	enum dp_wait wait;
	uint64_t deadline_ms;
	struct dp_conn *prev, *next; /* of the same wait; next: free list */
	struct dp_conn *next_again;

	struct dp_job job;
	int status; /* of the answer */
	size_t answer_len;
	uint64_t began_ms;
	struct dp_peer peer;
};

struct dp_wait_list {
	struct dp_conn *first, *last;
	uint64_t ms;
};

struct dp_listener {
	struct dp_source source;
	struct dp_server *server;
	bool admin;
	const char *unlink; /* a socket file of ours, or NULL */
};

struct dp_server {
	struct dp_server_opts opts;
	struct dp_loop loop;
	struct dp_chain *chain;
	struct dp_listener listeners[DP_LISTENERS_MAX];
	size_t nlisteners;
	bool draining, accepting, down;
	uint64_t pause_until_ms; /* no descriptors: accept again then */

	struct dp_wait_list waits[DP_WAIT_KINDS];
	struct dp_conn *free_conns, *again, *feed, *feed_last;
	uint64_t nconns, in_flight, max_in_flight, memory;
	struct dp_buf spare[DP_SPARE_MAX];
	size_t nspare;

	struct dp_buf text, line; /* scratch: an answer, a message */
	struct dp_scan_work work;
	struct dp_peers peers;
	struct dp_access access;
	char date[64];
	time_t date_of;

	struct dp_server_counts counts;
	uint64_t by_code[101];   /* events */
	uint64_t by_status[600]; /* answers */
	uint64_t latency[8], latency_ms;
	uint64_t last_good_ms, last_unavailable_ms;
	uint64_t watchdog_ms, watchdog_at_ms;
};

/* server.c: the sockets that wait for clients. */
int dp_server_listen(struct dp_server *s, struct dp_err *err);
void dp_server_unlisten(struct dp_server *s);
void dp_server_accept(struct dp_server *s, bool on);

/* conn.c: a connection's life. */
void dp_conn_accept(struct dp_server *s, int fd, bool admin,
    const struct dp_peer *peer);
void dp_conn_run(struct dp_conn *c);
void dp_conn_close(struct dp_conn *c);
void dp_conn_reap(struct dp_conn *c); /* gives it back if nothing holds it */
void dp_conn_again(struct dp_conn *c);
void dp_conn_wait(struct dp_conn *c, enum dp_wait kind);
void dp_conn_late(struct dp_conn *c); /* its deadline has passed */
void dp_conn_account(struct dp_conn *c);

/* The answer is in s->text: sends it, and goes on. */
void dp_conn_send(struct dp_conn *c);

/* request.c: what is asked for, and may it be. */
void dp_request_head(struct dp_conn *c); /* the header is there */
void dp_request_body(struct dp_conn *c); /* and so is the body */

/* job.c: events into the chain, receipts out of it. */
void dp_job_start(struct dp_conn *c);
void dp_job_feed(struct dp_server *s);
void dp_job_receipt(void *arg, void *owner, uint32_t ref, int code,
    const char *message, size_t len);
void dp_job_down(struct dp_server *s); /* what is not fed never will be */
void dp_job_late(struct dp_conn *c);
void dp_job_abandon(struct dp_conn *c); /* nobody waits any more */

/* answer.c: answers, rendered and sent. */
void dp_answer(struct dp_conn *c, int status, const char *type,
    const char *body, size_t len);
void dp_answer_fault(struct dp_conn *c, int status, const char *why);
void dp_answer_event(struct dp_conn *c, int code, const char *word,
    const char *detail); /* a body that is refused here */
void dp_answer_job(struct dp_conn *c, bool late);
void dp_answer_item(struct dp_conn *c, uint32_t number, int code,
    const char *message, size_t len);
const char *dp_answer_reason(int status);

/* Puts a stage's message into s->line to be walked; false: no JSON object. */
bool dp_answer_message(struct dp_server *s, const char *message, size_t len);

/* page.c: what is not about events. */
bool dp_page_is_ready(const struct dp_server *s, const char **why);
void dp_page_metrics(struct dp_server *s, struct dp_buf *b);

/* compat.c: the answers of the service that Data-pipe replaces. */
bool dp_compat_is_long(const char *body, size_t len); /* or empty */
void dp_compat_body(struct dp_conn *c, int code);
void dp_compat_item(struct dp_conn *c, int code, const char *message,
    size_t len);

#endif
