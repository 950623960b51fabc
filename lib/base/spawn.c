#include "base/spawn.h"

#include <sys/pidfd.h>
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

/* Whether entry, NAME=VALUE, is set anew or taken out by one of set. */
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
		if (set[i][strcspn(set[i], "=") + 1] != '\0')
			env[k++] = set[i];
	return env;
}

static int
prepare_signals(posix_spawnattr_t *attr)
{
	sigset_t none, dfl;
	int rc;

	(void)sigemptyset(&none);
	(void)sigemptyset(&dfl);
	(void)sigaddset(&dfl, SIGPIPE);
	(void)sigaddset(&dfl, SIGINT);
	(void)sigaddset(&dfl, SIGTERM);
	(void)sigaddset(&dfl, SIGUSR1);
	(void)sigaddset(&dfl, SIGHUP);
	rc = posix_spawnattr_setsigmask(attr, &none);
	return rc != 0 ? rc : posix_spawnattr_setsigdefault(attr, &dfl);
}

static int
prepare(posix_spawnattr_t *attr, posix_spawn_file_actions_t *fa,
    const struct dp_spawn *s)
{
	int rc;

	rc = posix_spawnattr_setflags(attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETPGROUP);
	if (rc == 0)
		rc = prepare_signals(attr);
	if (rc == 0)
		rc = posix_spawnattr_setpgroup(attr, s->group);
	if (rc == 0 && s->in != -1)
		rc = posix_spawn_file_actions_adddup2(fa, s->in, STDIN_FILENO);
	if (rc == 0 && s->out != -1)
		rc =
		    posix_spawn_file_actions_adddup2(fa, s->out, STDOUT_FILENO);
	if (rc == 0 && s->err != -1)
		rc =
		    posix_spawn_file_actions_adddup2(fa, s->err, STDERR_FILENO);
	/* Onto itself: that takes its close-on-exec flag away. */
	if (rc == 0 && s->keep != -1)
		rc = posix_spawn_file_actions_adddup2(fa, s->keep, s->keep);
	return rc;
}

static int
start(const struct dp_spawn *s, char *const env[], pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int rc = posix_spawnattr_init(&attr);

	if (rc != 0)
		return rc;
	rc = posix_spawn_file_actions_init(&fa);
	if (rc == 0) {
		rc = prepare(&attr, &fa, s);
		if (rc == 0)
			rc = posix_spawnp(pid, s->argv[0], &fa, &attr, s->argv,
			    env);
		(void)posix_spawn_file_actions_destroy(&fa);
	}
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

int
dp_spawn(const struct dp_spawn *s, pid_t *pid, int *pidfd, struct dp_err *err)
{
	char **env = make_environment(s->set, s->n);
	int rc;

	if (env == NULL)
		return dp_err_nomem(err);
	rc = start(s, env, pid);
	free(env);
	if (rc != 0) {
		*pid = 0;
		return dp_err_sys(err,
		    rc == ENOENT || rc == EACCES || rc == ENOEXEC ? DP_CONFIG
								  : DP_FAILED,
		    rc, "cannot run %s", s->argv[0]);
	}
	*pidfd = pidfd_open(*pid, 0);
	return *pidfd == -1
	    ? dp_err_sys(err, DP_FAILED, errno, "cannot watch %s", s->argv[0])
	    : 0;
}

int
dp_spawn_ended(pid_t pid, unsigned *status)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) == -1 ||
	    info.si_pid == 0)
		return 0;
	*status = info.si_code == CLD_EXITED
	    ? (unsigned)info.si_status
	    : DP_SPAWN_SIGNAL + (unsigned)info.si_status;
	return 1;
}
