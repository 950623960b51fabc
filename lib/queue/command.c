#include "queue/command.h"

#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"

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

/* Whether entry, NAME=VALUE, is set anew by one of set. */
static bool
is_replaced(const char *entry, char *const set[], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t len = strcspn(set[i], "=") + 1;

		if (strncmp(entry, set[i], len) == 0)
			return true;
	}
	return false;
}

static char **
make_environment(char *const set[], size_t n)
{
	size_t i, k = 0, old = 0;
	char **env;

	while (environ[old] != NULL)
		old++;
	env = calloc(old + n + 1, sizeof *env);
	if (env == NULL)
		return NULL;
	for (i = 0; i < old; i++)
		if (!is_replaced(environ[i], set, n))
			env[k++] = environ[i];
	for (i = 0; i < n; i++)
		env[k++] = set[i];
	return env;
}

static int
prepare(posix_spawnattr_t *attr, posix_spawn_file_actions_t *fa, int input,
    int keep)
{
	sigset_t none, dfl;
	int rc;

	(void)sigemptyset(&none);
	(void)sigemptyset(&dfl);
	(void)sigaddset(&dfl, SIGPIPE);
	(void)sigaddset(&dfl, SIGINT);
	(void)sigaddset(&dfl, SIGTERM);
	(void)sigaddset(&dfl, SIGUSR1);
	rc = posix_spawnattr_setflags(attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETPGROUP);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attr, &dfl);
	if (rc == 0)
		rc = posix_spawnattr_setpgroup(attr, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(fa, input, STDIN_FILENO);
	/* Onto itself: that takes its close-on-exec flag away. */
	if (rc == 0 && keep != -1)
		rc = posix_spawn_file_actions_adddup2(fa, keep, keep);
	return rc;
}

static int
spawn(struct dp_command *c, char *const argv[], char *const env[], int keep)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int rc = posix_spawnattr_init(&attr);

	if (rc != 0)
		return rc;
	rc = posix_spawn_file_actions_init(&fa);
	if (rc == 0) {
		rc = prepare(&attr, &fa, c->input, keep);
		if (rc == 0)
			rc = posix_spawnp(&c->pid, argv[0], &fa, &attr, argv,
			    env);
		(void)posix_spawn_file_actions_destroy(&fa);
	}
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

int
dp_command_start(struct dp_command *c, char *const argv[], char *const set[],
    size_t n, int keep, struct dp_err *err)
{
	char **env = make_environment(set, n);
	int rc;

	if (env == NULL)
		return dp_err_nomem(err);
	if (seal(c, err) == -1) {
		free(env);
		return -1;
	}
	rc = spawn(c, argv, env, keep);
	free(env);
	if (rc != 0) {
		c->pid = 0;
		return dp_err_sys(err,
		    rc == ENOENT || rc == EACCES || rc == ENOEXEC ? DP_CONFIG
								  : DP_FAILED,
		    rc, "cannot run %s", argv[0]);
	}
	c->pidfd = pidfd_open(c->pid, 0);
	return c->pidfd == -1
	    ? dp_err_sys(err, DP_FAILED, errno, "cannot watch %s", argv[0])
	    : 0;
}

bool
dp_command_ended(struct dp_command *c)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG) == -1 ||
	    info.si_pid == 0)
		return false;
	c->status = info.si_code == CLD_EXITED
	    ? (unsigned)info.si_status
	    : DP_COMMAND_SIGNAL + (unsigned)info.si_status;
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

bool
dp_command_read_all(const struct dp_command *c)
{
	return lseek(c->input, 0, SEEK_CUR) >= (off_t)c->size;
}
