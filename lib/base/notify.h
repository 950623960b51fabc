/*
 * notify: what the service manager is told (sd_notify(3)'s protocol): one
 * datagram to the socket that $NOTIFY_SOCKET names.  Without it, nothing.
 */
#ifndef DP_BASE_NOTIFY_H
#define DP_BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

void dp_notify(const char *text); /* "READY=1" */

/* Whether anybody listens. */
bool dp_notify_is_on(void);

/* How often WATCHDOG=1 is due, in milliseconds; 0: never. */
uint64_t dp_notify_watchdog_ms(void);

#endif
