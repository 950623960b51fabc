/*
 * alive: what the service manager is told of a drain, and when it is not.
 *
 * With NOTIFY_SOCKET (base/notify.h): that the queue is open, how far it is,
 * that it ends.  With WATCHDOG_USEC as well: that it is alive, as long as
 * each command that runs has begun, or has read more of its batch, within
 * that time.  Nothing to do is fine; a command that hangs is not.
 */
#ifndef DP_QUEUE_ALIVE_H
#define DP_QUEUE_ALIVE_H

#include "queue/pool.h"

struct dp_alive {
	bool on, stopping, waiting;
	uint64_t watchdog_ms; /* from one sign of life to the next; 0: none */
	uint64_t next_ms, told_ms;
	uint64_t lines, dead; /* settled, as was told last */
};

void dp_alive_start(struct dp_alive *a);

/*
 * Each turn, and before each wait.  pool: NULL if there are no commands.
 * lines, dead: settled so far.  waiting: there is nothing to do.
 */
void dp_alive_turn(struct dp_alive *a, struct dp_pool *pool, uint64_t lines,
    uint64_t dead, bool waiting);

/* So long may a wait of ms (-1: for ever) last. */
int dp_alive_wait_ms(const struct dp_alive *a, int ms);

#endif
