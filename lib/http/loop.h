/*
 * loop: one epoll instance and those who wait in it.
 *
 * INT, TERM, HUP and USR1 are blocked but while the loop waits, so that no
 * signal falls between the look at its flag and the wait.
 */
#ifndef DP_HTTP_LOOP_H
#define DP_HTTP_LOOP_H

#include <sys/epoll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_LOOP_EVENTS 256

struct dp_err;

/* Lives in what it belongs to; must stay until dp_loop_remove(). */
struct dp_source {
	void (*ready)(void *arg, uint32_t events); /* EPOLL* bits */
	void *arg;
	int fd; /* -1: not in the loop */
};

struct dp_loop {
	int epoll;
	sigset_t while_waiting;
	uint64_t now_ms; /* monotonic; taken once a turn */
	struct epoll_event events[DP_LOOP_EVENTS];
	int nevents; /* of the turn at hand */
};

int dp_loop_init(struct dp_loop *l, struct dp_err *err);
void dp_loop_fini(struct dp_loop *l);

/* s->fd is set by the caller.  0, or -1 with errno. */
int dp_loop_add(struct dp_loop *l, struct dp_source *s, uint32_t events);
int dp_loop_change(struct dp_loop *l, struct dp_source *s, uint32_t events);

/* Takes it out and closes it; what is reported of it already is dropped. */
void dp_loop_remove(struct dp_loop *l, struct dp_source *s);

/*
 * Waits up to timeout_ms (-1: for ever) and calls ready() of each source that
 * is.  Returns at once after a signal.
 */
int dp_loop_turn(struct dp_loop *l, int timeout_ms, struct dp_err *err);

#endif
