#include "app/share.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/state.h"
#include "base/err.h"
#include "base/stop.h"

#define LOOK_MS 1000 /* at the counts, for those who want to see them */

/* Memory of all of them. */
struct common {
	atomic_size_t next;
	atomic_bool stopped;
	_Atomic uint64_t counts[DP_SHARE_WORKERS][DP_SHARE_COUNTS];
};

struct dp_share {
	struct common *all;
	const struct dp_app *app;
	unsigned n, own; /* own: which worker this is; n in the run */
};

/* The run, as it sees its workers. */
struct crew {
	pid_t pids[DP_SHARE_WORKERS];
	unsigned n;
	int ends[2]; /* a pipe: at its end when all workers are */
};

unsigned
dp_share_workers(uint64_t wanted, int operands)
{
	uint64_t n = operands > 0 ? (uint64_t)operands : 1;

	n = wanted < n ? wanted : n;
	return n > DP_SHARE_WORKERS ? DP_SHARE_WORKERS : (unsigned)n;
}

size_t
dp_share_next(struct dp_share *s)
{
	return s->all->stopped ? SIZE_MAX : atomic_fetch_add(&s->all->next, 1);
}

void
dp_share_stop(struct dp_share *s)
{
	s->all->stopped = true;
}

void
dp_share_publish(struct dp_share *s)
{
	size_t i;

	for (i = 0; i < s->app->cmd->ncounts; i++)
		s->all->counts[s->own][i] = s->app->cmd->counts[i].n;
}

uint64_t
dp_share_others(const struct dp_share *s, size_t i)
{
	uint64_t sum = 0;
	unsigned k;

	for (k = 0; k < s->n; k++)
		sum += k == s->own ? 0 : s->all->counts[k][i];
	return sum;
}

/* A worker's own view: it sums nothing up, and dies with the run. */
static void
become_worker(struct dp_app *app, const struct crew *c, pid_t run)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != run)
		(void)raise(SIGTERM);
	(void)signal(SIGUSR1, SIG_IGN);
	(void)close(c->ends[0]);
	app->is_worker = true;
	app->progress = false;
}

/* 1 in a worker. */
static int
fork_all(struct dp_app *app, struct crew *c, unsigned n, struct dp_share *s,
    struct dp_err *err)
{
	const pid_t run = getpid();

	for (c->n = 0; c->n < n; c->n++) {
		const pid_t pid = fork();

		if (pid == -1)
			return dp_err_sys(err, DP_FAILED, errno,
			    "cannot make a process");
		if (pid == 0) {
			s->own = c->n;
			become_worker(app, c, run);
			return 1;
		}
		c->pids[c->n] = pid;
	}
	return 0;
}

static void
sum_up(struct dp_app *app, const struct dp_share *s)
{
	size_t i;

	for (i = 0; i < app->cmd->ncounts; i++)
		app->cmd->counts[i].n = dp_share_others(s, i);
}

/*
 * A signal that asked to stop may have reached the workers as well, and a
 * second one of its kind kills: they get the other one.
 */
static void
pass_on(const struct crew *c)
{
	const int sig = dp_stop_signal() == SIGINT ? SIGTERM : SIGINT;
	unsigned i;

	for (i = 0; i < c->n; i++)
		(void)kill(c->pids[i], sig);
}

/* Until they are at their end, or have been asked to come to it. */
static void
wait_for_end(struct dp_app *app, const struct crew *c, const struct dp_share *s)
{
	while (dp_stop_wait(c->ends[0], LOOK_MS) != 1) {
		sum_up(app, s);
		dp_app_progress(app);
		if (dp_stop_signal() != 0) {
			pass_on(c);
			return;
		}
	}
}

/* How a worker has ended. */
static void
take_status(struct dp_app *app, pid_t pid, int status)
{
	struct dp_err err = { 0 };

	if (WIFEXITED(status)) {
		if (WEXITSTATUS(status) > (int)app->status)
			app->status = (enum dp_status)WEXITSTATUS(status);
	} else if (dp_stop_signal() == 0) {
		(void)dp_err_set(&err, DP_FAILED,
		    "process %ld was killed by signal %d: what it had not "
		    "committed is not stored",
		    (long)pid, WTERMSIG(status));
		dp_app_error(app, &err);
	}
}

static void
reap(struct dp_app *app, const struct crew *c)
{
	unsigned i;
	int status;

	for (i = 0; i < c->n; i++) {
		while (waitpid(c->pids[i], &status, 0) == -1)
			if (errno != EINTR)
				return;
		take_status(app, c->pids[i], status);
	}
}

void
dp_share_free(struct dp_share *s)
{
	if (s == NULL)
		return;
	(void)munmap(s->all, sizeof *s->all);
	free(s);
}

static struct dp_share *
new_share(const struct dp_app *app, unsigned n, struct dp_err *err)
{
	struct dp_share *s = calloc(1, sizeof *s);

	if (s != NULL)
		s->all = mmap(NULL, sizeof *s->all, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s == NULL || s->all == MAP_FAILED) {
		free(s);
		(void)dp_err_nomem(err);
		return NULL;
	}
	s->app = app;
	s->n = n;
	return s;
}

/* Until all workers are at their end. */
static void
see_through(struct dp_app *app, const struct crew *c, struct dp_share *s,
    bool failed)
{
	if (failed) {
		dp_share_stop(s);
		pass_on(c);
	}
	wait_for_end(app, c, s);
	reap(app, c);
	sum_up(app, s);
}

int
dp_share_fork(struct dp_app *app, unsigned n, struct dp_share **share,
    struct dp_err *err)
{
	struct dp_share *s = new_share(app, n, err);
	struct crew c = { 0 };
	int rc;

	if (s == NULL)
		return -1;
	if (pipe2(c.ends, O_CLOEXEC) == -1) {
		dp_share_free(s);
		return dp_err_sys(err, DP_FAILED, errno, "cannot make a pipe");
	}
	rc = fork_all(app, &c, n, s, err);
	if (rc == 1) {
		*share = s;
		return 1;
	}
	s->own = n;
	(void)close(c.ends[1]);
	see_through(app, &c, s, rc == -1);
	(void)close(c.ends[0]);
	dp_share_free(s);
	return rc;
}
