/*
 * spawn: starts a program, with a clean slate and a descriptor to watch it.
 *
 * The child has no signal blocked, INT, TERM, USR1, HUP and PIPE at their
 * defaults, and no descriptor but 0, 1, 2 and `keep` (all others of ours are
 * close-on-exec).
 */
#ifndef DP_BASE_SPAWN_H
#define DP_BASE_SPAWN_H

#include <sys/types.h>
#include <stddef.h>

struct dp_err;

struct dp_spawn {
	char *const *argv; /* argv[0] is looked for in PATH */
	int in, out, err;  /* its 0, 1 and 2; -1: ours */
	int keep;          /* one more that it inherits; -1: none */
	pid_t group;       /* the process group it joins; 0: its own, new */

	/* n texts "NAME=VALUE"; what ends with "=" is taken out instead. */
	char *const *set;
	size_t n;
};

/*
 * Sets *pid and *pidfd, which becomes readable when the program has ended
 * and is the caller's to close.  DP_CONFIG: there is no such program.
 */
int dp_spawn(const struct dp_spawn *s, pid_t *pid, int *pidfd,
    struct dp_err *err);

/* What a status of waitid() means: exit status, or 256 + signal. */
#define DP_SPAWN_SIGNAL 256

/* 1 when pid has ended: it is reaped, *status is set.  0: it runs. */
int dp_spawn_ended(pid_t pid, unsigned *status);

#endif
