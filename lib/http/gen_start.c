/* The start and the last end of a generation: pipes and processes. */
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/spawn.h"
#include "http/gen.h"

#define RECV_SIZE ((size_t)64 * 1024)
#define PIPE_SIZE (1 << 20)

/* What a stage must not take for its own. */
static char *const not_inherited[] = {
	(char[]){ "LISTEN_FDS=" },
	(char[]){ "LISTEN_PID=" },
	(char[]){ "LISTEN_FDNAMES=" },
	(char[]){ "NOTIFY_SOCKET=" },
	(char[]){ "WATCHDOG_USEC=" },
	(char[]){ "WATCHDOG_PID=" },
	(char[]){ "DP_TOKEN_FILE=" },
};

static int
make_pipe(int fds[2], struct dp_err *err)
{
	fds[0] = fds[1] = -1;
	if (pipe2(fds, O_CLOEXEC) == -1)
		return dp_err_sys(err, DP_FAILED, errno, "pipe");
	/* Larger ones save switches; where that is not allowed, so be it. */
	(void)fcntl(fds[1], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

static int
start_stage(struct dp_gen *g, struct dp_stage *s, int in, int out,
    struct dp_err *err)
{
	const struct dp_spawn spawn = { .argv = s->argv,
		.in = in,
		.out = out,
		.err = -1,
		.keep = -1,
		.group = g->group,
		.set = not_inherited,
		.n = sizeof not_inherited / sizeof not_inherited[0] };

	if (dp_spawn(&spawn, &s->pid, &s->watch.fd, err) == -1)
		return -1;
	if (g->group == 0)
		g->group = s->pid;
	return 0;
}

static int
watch(struct dp_gen *g, struct dp_err *err)
{
	size_t i;
	int bad;

	bad = fcntl(g->in.fd, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(g->out.fd, F_SETFL, O_NONBLOCK) == -1 ||
	    dp_loop_add(g->loop, &g->in, 0) == -1 ||
	    dp_loop_add(g->loop, &g->out, EPOLLIN) == -1;
	for (i = 0; i < g->nstages; i++)
		bad = bad ||
		    dp_loop_add(g->loop, &g->stages[i].watch, EPOLLIN) == -1;
	return bad ? dp_err_sys(err, DP_FAILED, errno, "epoll") : 0;
}

/* in | stage | stage | out */
static int
start_all(struct dp_gen *g, struct dp_err *err)
{
	int fds[2], in;
	size_t i;

	if (make_pipe(fds, err) == -1)
		return -1;
	g->in.fd = fds[1];
	in = fds[0];
	for (i = 0; i < g->nstages; i++) {
		int rc = make_pipe(fds, err);

		if (rc == 0) {
			rc = start_stage(g, &g->stages[i], in, fds[1], err);
			(void)close(fds[1]);
		}
		(void)close(in);
		in = fds[0];
		if (rc == -1) {
			g->out.fd = in;
			return -1;
		}
	}
	g->out.fd = in;
	return watch(g, err);
}

static int
prepare(struct dp_gen *g, struct dp_err *err)
{
	uint64_t size = 64;

	/* Probes come on top. */
	while (size < (uint64_t)g->opts->max_pending + 2)
		size *= 2;
	g->mask = size - 1;
	g->first = g->next = 1;
	g->ring = calloc(size, sizeof *g->ring);
	dp_buf_init(&g->send, 0);
	dp_buf_init(&g->recv, RECV_SIZE);
	if (g->ring == NULL || dp_buf_reserve(&g->recv, RECV_SIZE) == -1)
		return dp_err_nomem(err);
	return 0;
}

struct dp_gen *
dp_gen_new(struct dp_loop *loop, const struct dp_chain_opts *opts,
    char *const *const *argvs, size_t nstages, struct dp_err *err)
{
	struct dp_gen *g = calloc(1, sizeof *g);
	size_t i;

	if (g == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	g->loop = loop;
	g->opts = opts;
	g->nstages = nstages;
	g->last_ms = loop->now_ms;
	dp_gen_sources(g);
	for (i = 0; i < nstages; i++) {
		g->stages[i].argv = argvs[i];
		g->stages[i].gen = g;
	}
	if (prepare(g, err) == -1 || (nstages > 0 && start_all(g, err) == -1)) {
		dp_gen_free(g);
		return NULL;
	}
	g->state = nstages > 0 ? DP_GEN_STARTING : DP_GEN_UP;
	dp_gen_probe(g);
	return g;
}

void
dp_gen_free(struct dp_gen *g)
{
	size_t i;

	if (g == NULL)
		return;
	dp_gen_lose(g);
	dp_gen_kill(g);
	for (i = 0; i < g->nstages; i++) {
		struct dp_stage *s = &g->stages[i];

		dp_loop_remove(g->loop, &s->watch);
		if (s->pid > 0)
			(void)waitpid(s->pid, NULL, 0);
	}
	dp_loop_remove(g->loop, &g->in);
	dp_loop_remove(g->loop, &g->out);
	dp_buf_fini(&g->send);
	dp_buf_fini(&g->recv);
	free(g->ring);
	free(g);
}
