/*
 * chain: the tagged chain (data-pipe(7)), from its owner's side.
 *
 * Starts the stages, each a process of its own, in one process group, joined
 * by pipes; writes `TAG TAB EVENT LF` to the first and reads one receipt per
 * event from the last, in the order of the tags.  One set of stages is a
 * generation.  A generation ends when a stage ends, when a receipt is
 * garbage or out of order, at an early end of the output, or when lines wait
 * and no receipt came for timeout_ms: its processes are killed, everybody
 * who waits is told, and a new one is started, with growing pauses while it
 * fails.  An idle generation is probed with an empty line every 5 s; a new
 * one is used once it has answered its first probe.
 *
 * Only our own ends of the pipes are non-blocking, and receipts are read
 * whenever there are any: that is why it cannot deadlock.
 *
 * Without stages the events go to the standard output, a line each, and the
 * receipts (code 0) are ours, given when a write is through; the reader of
 * the output sets the pace.
 */
#ifndef DP_HTTP_CHAIN_H
#define DP_HTTP_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_chain; /* opaque */
struct dp_err;
struct dp_loop;

#define DP_CHAIN_LOST (-1) /* for a code: there will be no receipt */
#define DP_CHAIN_STAGES 16

struct dp_chain_opts {
	/* argv of all stages, an operand "|" between two; none: stdout. */
	char **argv;
	size_t argc;
	uint64_t timeout_ms;
	uint32_t max_pending; /* lines that wait for a receipt, at most */

	void *arg; /* of the functions */

	/*
	 * The receipt of one event.  owner and ref are what was fed;
	 * message (or length 0) is JSON of the last stage, not yet checked.
	 */
	void (*receipt)(void *arg, void *owner, uint32_t ref, int code,
	    const char *message, size_t len);

	/* A generation has ended badly: what was not fed yet never will be. */
	void (*down)(void *arg);

	/* Something that an administrator should read. */
	void (*tell)(void *arg, const char *text);
};

/*
 * opts is copied, argv borrowed and changed: the bars become NULL.  Starts
 * the first generation.  DP_USAGE: an empty stage.
 */
struct dp_chain *dp_chain_new(struct dp_loop *loop,
    const struct dp_chain_opts *opts, struct dp_err *err);
void dp_chain_free(struct dp_chain *c); /* kills what still runs */

/* There is a generation that takes events. */
bool dp_chain_is_up(const struct dp_chain *c);

/*
 * The first generation did not come up: *err says why, with the exit status
 * of the stage that failed.
 */
bool dp_chain_is_stillborn(const struct dp_chain *c, struct dp_err *err);

/* Room for one more event, of any length, now. */
bool dp_chain_has_room(const struct dp_chain *c);

/* Takes one event: no newline in it.  Only while there is room.  0 or -1
 * (no memory). */
int dp_chain_feed(struct dp_chain *c, void *owner, uint32_t ref,
    const char *event, size_t len);

/* Writes what was fed; once a turn.  -1: the standard output has failed. */
int dp_chain_flush(struct dp_chain *c, struct dp_err *err);

/* Timeouts, probes, restarts; once a turn.  Milliseconds until the next. */
int dp_chain_tick(struct dp_chain *c);

/* Starts a second generation beside the first, which then drains. */
void dp_chain_reload(struct dp_chain *c);

/* No more events: closes the input when all receipts are there. */
void dp_chain_close(struct dp_chain *c);
bool dp_chain_is_closed(const struct dp_chain *c); /* and all have ended */

uint64_t dp_chain_restarts(const struct dp_chain *c);
uint64_t dp_chain_pending(const struct dp_chain *c); /* lines */

/* When the last receipt came, by dp_time_now_ms(). */
uint64_t dp_chain_last_receipt_ms(const struct dp_chain *c);

#endif
