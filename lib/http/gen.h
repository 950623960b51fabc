/*
 * gen: one generation of the chain, for chain.c alone: its processes, pipes
 * and the ring of tags that wait for their receipts.
 */
#ifndef DP_HTTP_GEN_H
#define DP_HTTP_GEN_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/chain.h"
#include "http/loop.h"

enum dp_gen_state {
	DP_GEN_STARTING, /* its first probe is not answered yet */
	DP_GEN_UP,
	DP_GEN_DRAINING, /* its input is closed or will be */
	DP_GEN_ENDED     /* pipes closed; processes may still be there */
};

struct dp_slot {
	void *owner; /* NULL: a probe */
	uint32_t ref;
};

struct dp_stage {
	struct dp_gen *gen;
	char *const *argv;
	pid_t pid; /* 0: has ended */
	struct dp_source watch;
	unsigned status;
};

struct dp_gen {
	enum dp_gen_state state;
	struct dp_loop *loop;
	const struct dp_chain_opts *opts;
	struct dp_stage stages[DP_CHAIN_STAGES];
	size_t nstages;
	pid_t group;
	struct dp_source in, out;
	bool in_is_full;      /* waits for EPOLLOUT */
	bool killed;          /* by us */
	bool failed;          /* did not end by its drained input */
	struct dp_slot *ring; /* capacity is a power of two */
	uint64_t mask;
	uint64_t first, next; /* tags: oldest that waits, next to give */
	struct dp_buf send, recv;
	uint64_t last_ms; /* of the last receipt, or the first line since */
	char why[256];    /* it failed */
};

struct dp_gen *dp_gen_new(struct dp_loop *loop,
    const struct dp_chain_opts *opts, char *const *const *argvs, size_t nstages,
    struct dp_err *err);
void dp_gen_free(struct dp_gen *g); /* kills, and waits for that */

int dp_gen_feed(struct dp_gen *g, void *owner, uint32_t ref, const char *event,
    size_t len);
void dp_gen_probe(struct dp_gen *g);
int dp_gen_flush(struct dp_gen *g, struct dp_err *err);
bool dp_gen_has_room(const struct dp_gen *g);

/* Behind what it is that failed: what to look at before the first receipt. */
const char *dp_gen_hint(const struct dp_gen *g);

/* Ends it: kills, tells those who wait. */
void dp_gen_fail(struct dp_gen *g, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void dp_gen_lose(struct dp_gen *g); /* who waits gets no receipt any more */
void dp_gen_kill(struct dp_gen *g); /* every process of it */
void dp_gen_sources(struct dp_gen *g);

/* No more lines: closes the input once what was fed is written. */
void dp_gen_drain(struct dp_gen *g);

/* Ended, and every process is gone. */
bool dp_gen_is_gone(const struct dp_gen *g);

/* What each stage's end was, for a message: the first that failed. */
enum dp_status dp_gen_status(const struct dp_gen *g);

#endif
