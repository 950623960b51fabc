#include "queue/command.h"

#include <sys/mman.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/spawn.h"

void
dp_command_init(struct dp_command *c)
{
	memset(c, 0, sizeof *c);
	c->pidfd = c->input = -1;
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
		.keep = keep,
		.set = set,
		.n = n };

	if (seal(c, err) == -1)
		return -1;
	return dp_spawn(&s, &c->pid, &c->pidfd, err);
}

bool
dp_command_ended(struct dp_command *c)
{
	if (dp_spawn_ended(c->pid, &c->status) == 0)
		return false;
	c->pid = 0;
	close_fd(&c->pidfd);
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
