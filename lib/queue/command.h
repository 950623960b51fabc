/*
 * command: one run of a program, with a batch as its standard input.
 *
 * The input is a memory file that is complete before the program starts, so
 * that no death of ours can look like its end.  The program is the leader
 * of a process group of its own.
 */
#ifndef DP_QUEUE_COMMAND_H
#define DP_QUEUE_COMMAND_H

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/spawn.h"

struct dp_err;

#define DP_COMMAND_SAID 200               /* bytes kept of the last line */
#define DP_COMMAND_SIGNAL DP_SPAWN_SIGNAL /* added to a signal in a status */

struct dp_command {
	pid_t pid; /* 0: none runs */
	int pidfd; /* readable when it has ended */
	int input; /* -1: none */
	uint64_t size;
	unsigned status; /* when it has ended: exit status, or 256 + signal */

	/* Its standard error, which we pass on; -1: it has ours. */
	int hear, speak;
	char said[DP_COMMAND_SAID]; /* the last line there, as it was */
	size_t said_len;
	bool line_ended;
};

void dp_command_init(struct dp_command *c);

/*
 * From now on the program's standard error goes through us, so that its
 * last line is known.  If ours is a terminal, it keeps that.
 */
int dp_command_listen(struct dp_command *c, struct dp_err *err);

/* Passes on what has come; waits for nothing but our own standard error. */
void dp_command_hear(struct dp_command *c);

/* The last line, printable ASCII; other bytes as \xNN. */
void dp_command_said(const struct dp_command *c, char *text, size_t size);

/* A new, empty input; what was there is closed. */
int dp_command_input(struct dp_command *c, struct dp_err *err);

/* Appends to it.  A dp_queue_sink; arg is the command. */
int dp_command_add(void *arg, const char *data, size_t len, struct dp_err *err);

/*
 * Starts argv[0], found in PATH, with the input, and with `set` (n texts
 * "NAME=VALUE") added to the environment.  keep: a descriptor that it
 * inherits.  DP_CONFIG: there is no such program.
 */
int dp_command_start(struct dp_command *c, char *const argv[],
    char *const set[], size_t n, int keep, struct dp_err *err);

/* True when it has ended: then pid is 0 and status is set. */
bool dp_command_ended(struct dp_command *c);

/* To the whole group. */
void dp_command_kill(const struct dp_command *c, int sig);

/* How far the program has read its input, and whether to the end. */
uint64_t dp_command_at(const struct dp_command *c);
bool dp_command_read_all(const struct dp_command *c);
void dp_command_fini(struct dp_command *c);

#endif
