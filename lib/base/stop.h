/*
 * stop: how SIGINT, SIGTERM, SIGUSR1 and SIGHUP reach a loop.
 *
 * The first SIGINT or SIGTERM only sets a flag; the second one kills.  A
 * loop asks dp_stop_signal() once a round and waits for input with
 * dp_stop_wait(), which leaves no gap between asking and waiting.
 */
#ifndef DP_BASE_STOP_H
#define DP_BASE_STOP_H

#include <stdbool.h>

/* Installs the handlers. */
void dp_stop_catch(void);

/* Under --tag: the chain's owner closes our input, signals mean nothing. */
void dp_stop_ignore(void);

/* 0, or the signal that asked to stop. */
int dp_stop_signal(void);

/*
 * Says that the run is at its end for another reason: nothing that other
 * threads have in hand is wanted any more.  dp_stop_over() is true then, and
 * when a signal asked to stop.
 */
void dp_stop_end(void);
bool dp_stop_over(void);

/* True once after each SIGUSR1. */
bool dp_stop_asked_progress(void);

/* SIGHUP sets a flag too, from now on; true once after each. */
void dp_stop_catch_reload(void);
bool dp_stop_asked_reload(void);

/*
 * Waits until fd (-1: none) is readable or at its end.  Returns 1 then, 0
 * when timeout_ms passed (-1: for ever), -1 when a signal came (asked to
 * stop, or SIGUSR1).
 */
int dp_stop_wait(int fd, int timeout_ms);

/* Ends the process by the signal that asked to stop. */
void dp_stop_die(void);

#endif
