/*
 * listen: sockets that wait for clients.
 *
 * An address is ADDR:PORT, [ADDR]:PORT, :PORT (every interface) or
 * unix:PATH.  Sockets of the service manager (LISTEN_FDS) are taken as they
 * are.
 */
#ifndef DP_HTTP_LISTEN_H
#define DP_HTTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

struct dp_err;

#define DP_LISTEN_NAME 128

/*
 * Binds, and does not listen yet.  Returns the descriptor (non-blocking,
 * close-on-exec), or -1: DP_TRYAGAIN when the address is in use, DP_USAGE
 * when it is none.  A socket file that nobody serves is replaced.
 */
int dp_listen_open(const char *address, bool reuse_port, struct dp_err *err);

/* How many sockets the service manager has passed; the first is 3. */
int dp_listen_passed(void);

/* Whether the ith passed socket is named "admin" (LISTEN_FDNAMES). */
bool dp_listen_is_admin(int i);

/* Makes a passed socket ours. */
int dp_listen_take(int fd, struct dp_err *err);

/* From now on clients may connect. */
int dp_listen_start(int fd, struct dp_err *err);

/* "127.0.0.1:8080", for messages. */
void dp_listen_name(int fd, char name[DP_LISTEN_NAME]);

#endif
