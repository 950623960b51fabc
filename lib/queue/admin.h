/*
 * admin: what dp-queue(1) does to a queue beyond looking at it.
 *
 * A position is a lane's number, its nonce if one knows it, and a line
 * of the lane: "17", "17:500", "0000000000000017-00c0ffee00c0ffee:500".
 */
#ifndef DP_QUEUE_ADMIN_H
#define DP_QUEUE_ADMIN_H

#include "queue/queue.h"

struct dp_position {
	uint64_t number, line;
	uint64_t nonce;
	bool has_nonce;
};

/* 0, or -1: it is none. */
int dp_position_parse(const char *text, struct dp_position *p);

/*
 * A position, or a time: "2026-11-24T04:00:00Z", "2h" for two hours ago.
 * That is the start of the segment that was active then.  text NULL: DP_USAGE.
 */
int dp_admin_position(struct dp_queue *q, const char *text,
    struct dp_position *p, struct dp_err *err);

struct dp_check_report {
	const char *unit;                 /* "segment", "lane" */
	uint64_t segments, frames, lines; /* that are intact */
	uint64_t damaged;                 /* places where lines may be lost */
	uint64_t recoverable; /* unfinished frames, bad slots or hints */
};

/*
 * Reads all of a queue that was opened with DP_QUEUE_LOOK, and changes
 * nothing.  tell gets a line of text for each place, and one at the end.
 * DP_DATA: there is damage.
 */
int dp_admin_check(struct dp_queue *q,
    void (*tell)(void *arg, const char *text), void *arg,
    struct dp_check_report *report, struct dp_err *err);

/*
 * Hands lines to sink, settled or not, from a position on: at most max of
 * them (0: all).  Damage is passed.
 */
int dp_admin_cat(struct dp_queue *q, const struct dp_position *from,
    uint64_t max, dp_queue_sink *sink, void *arg, struct dp_err *err);

/* The same for what waits for the group of q, DP_QUEUE_LOOK. */
int dp_admin_peek(struct dp_queue *q, uint64_t max, dp_queue_sink *sink,
    void *arg, struct dp_err *err);

/*
 * q was opened with DP_QUEUE_CONSUME.  Moves the group's cursor back.
 * DP_TRYAGAIN: a lane is leased.  DP_DATA: the position is not there, or
 * not behind the cursor.
 */
int dp_admin_rewind(struct dp_queue *q, const struct dp_position *to,
    struct dp_err *err);

/*
 * Settles what lies in segments before number, for each group, and for that
 * of opts if there is none.  q: DP_QUEUE_LOOK.
 */
int dp_admin_purge(struct dp_queue *q, const struct dp_queue_opts *opts,
    uint64_t number, struct dp_err *err);

/*
 * Sets what stays of lines that all groups have settled: a bound that is
 * DP_KEEP_UNSET is none, if one is 0 nothing stays, if both are unset it is
 * as it was.  Then removes what is over the bounds, and compresses the rest
 * unless another process does.  A stop signal ends that early.
 */
int dp_admin_keep(struct dp_queue *q, const struct dp_keep *keep,
    struct dp_err *err);

/*
 * Puts a line (without its newline) into the batch of a producer's q, and
 * stores what is there when that is full.  DP_DATA: no line for a queue.
 */
int dp_admin_put(void *q, const char *line, size_t len, struct dp_err *err);

/*
 * Copies damaged bytes to Q/bad, writes both slots of the cursor, and
 * removes a hint that is wrong.  Positions stay what they are.  DP_USAGE: an
 * engine that has none of these.
 */
int dp_admin_repair(struct dp_queue *q, struct dp_err *err);

/*
 * Calls fn for each file of dead letters of q's group, in order, with a
 * descriptor of it.  into: NULL, or a producer's queue that fn puts its
 * lines into: that is synced, then the file is renamed, durably, to
 * NAME.requeued, so that it is not taken again.
 */
int dp_admin_dead(struct dp_queue *q, struct dp_queue *into,
    int (*fn)(void *arg, const char *name, int fd, struct dp_err *err),
    void *arg, struct dp_err *err);

#endif
