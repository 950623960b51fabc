#include "queue/command.h"

#include <sys/mman.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/spawn.h"

#define HEAR_TURNS 64

void
dp_command_init(struct dp_command *c)
{
	memset(c, 0, sizeof *c);
	c->pidfd = c->input = c->hear = c->speak = -1;
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

void
dp_command_fini(struct dp_command *c)
{
	close_fd(&c->pidfd);
	close_fd(&c->input);
	dp_command_hear(c);
	close_fd(&c->hear);
	close_fd(&c->speak);
}

/* Our own end to write to stays open: there is no end of it to wait for. */
int
dp_command_listen(struct dp_command *c, struct dp_err *err)
{
	int fd[2];

	if (isatty(STDERR_FILENO) == 1)
		return 0;
	if (pipe2(fd, O_CLOEXEC) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "pipe");
	c->hear = fd[0];
	c->speak = fd[1];
	if (fcntl(c->hear, F_SETFL, O_NONBLOCK) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "pipe");
	return 0;
}

/* Keeps the beginning of the last line that is not empty. */
static void
take_line(struct dp_command *c, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] == '\n') {
			c->line_ended = true;
			continue;
		}
		if (c->line_ended)
			c->said_len = 0;
		c->line_ended = false;
		if (c->said_len < sizeof c->said)
			c->said[c->said_len++] = p[i];
	}
}

void
dp_command_hear(struct dp_command *c)
{
	char piece[4096];
	ssize_t n;
	int turns;

	for (turns = 0; c->hear != -1 && turns < HEAR_TURNS; turns++) {
		n = dp_io_read(c->hear, piece, sizeof piece);
		if (n <= 0)
			return;
		take_line(c, piece, (size_t)n);
		(void)dp_io_write(STDERR_FILENO, piece, (size_t)n);
	}
}

void
dp_command_said(const struct dp_command *c, char *text, size_t size)
{
	size_t i, k = 0;

	for (i = 0; i < c->said_len && k + 5 < size; i++) {
		unsigned char b = (unsigned char)c->said[i];

		if (b >= ' ' && b < 0x7f)
			text[k++] = (char)b;
		else
			k += (size_t)snprintf(text + k, 5, "\\x%02x", b);
	}
	text[k] = '\0';
}

int
dp_command_input(struct dp_command *c, struct dp_err *err)
{
	close_fd(&c->input);
	c->size = 0;
	c->input = memfd_create("dp-batch", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return c->input == -1
	    ? dp_err_sys(err, DP_FAILED, errno, "no memory file for the batch")
	    : 0;
}

int
dp_command_add(void *arg, const char *data, size_t len, struct dp_err *err)
{
	struct dp_command *c = arg;

	if (dp_io_write(c->input, data, len) == -1)
		return dp_err_sys(err, DP_FAILED, errno,
		    "no memory for the batch");
	c->size += len;
	return 0;
}

/* Complete, unchangeable, and at its start. */
static int
seal(struct dp_command *c, struct dp_err *err)
{
	const int seals =
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	if (fcntl(c->input, F_ADD_SEALS, seals) == -1 ||
	    lseek(c->input, 0, SEEK_SET) == -1)
		return dp_err_sys(err, DP_FAILED, errno,
		    "the batch's memory file");
	return 0;
}

int
dp_command_start(struct dp_command *c, char *const argv[], char *const set[],
    size_t n, int keep, struct dp_err *err)
{
	const struct dp_spawn s = { .argv = argv,
		.in = c->input,
		.out = -1,
		.err = c->speak,
		.keep = keep,
		.set = set,
		.n = n };

	if (seal(c, err) == -1)
		return -1;
	c->said_len = 0;
	return dp_spawn(&s, &c->pid, &c->pidfd, err);
}

bool
dp_command_ended(struct dp_command *c)
{
	if (dp_spawn_ended(c->pid, &c->status) == 0)
		return false;
	c->pid = 0;
	close_fd(&c->pidfd);
	dp_command_hear(c);
	return true;
}

void
dp_command_kill(const struct dp_command *c, int sig)
{
	if (c->pid > 0)
		(void)kill(-c->pid, sig);
}

uint64_t
dp_command_at(const struct dp_command *c)
{
	off_t at = lseek(c->input, 0, SEEK_CUR);

	return at < 0 ? 0 : (uint64_t)at;
}

bool
dp_command_read_all(const struct dp_command *c)
{
	return dp_command_at(c) >= c->size;
}
