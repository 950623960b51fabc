#include "schema/rule_worker.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "base/time.h"

#define RENEW_MS 100
#define BUFFER 65536
#define WORKER_FD 3 /* the only descriptor beside 0, 1, 2 on /dev/null */

/* What the process has of address space now, as fork left it; bytes. */
static rlim_t
address_space(void)
{
	char text[64] = "";
	const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	unsigned long long pages = 0;
	char *end = text;

	if (fd != -1) {
		if (dp_io_read(fd, text, sizeof text - 1) > 0)
			pages = strtoull(text, &end, 10);
		(void)close(fd);
	}
	/* Without /proc: more than any of our programs maps. */
	if (end == text)
		return (rlim_t)4 << 30;
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void
limit(int what, rlim_t soft, rlim_t hard)
{
	const struct rlimit l = { soft, hard };

	(void)setrlimit((__rlimit_resource_t)what, &l);
}

static void
limit_worker(const struct dp_rule_opts *opts)
{
	const rlim_t memory = address_space() + opts->max_memory;

	limit(RLIMIT_AS, memory, memory);
	limit(RLIMIT_CORE, 0, 0);
	limit(RLIMIT_FSIZE, 0, 0);
}

/*
 * From here on so many seconds of processor time for a record: for when the
 * other side is stopped, and cannot look at the clock.  Renewed now and then
 * only, since it is two system calls.
 */
static void
limit_record(const struct dp_rule_opts *opts, uint64_t *renewed_ms)
{
	const uint64_t now = dp_time_now_ms();
	struct rusage used;

	if (now - *renewed_ms < RENEW_MS || getrusage(RUSAGE_SELF, &used) != 0)
		return;
	*renewed_ms = now;
	limit(RLIMIT_CPU,
	    (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		opts->deadline_ms / 1000 + 2,
	    RLIM_INFINITY);
}

/* Our signals mean nothing here: the other side closes fd. */
static void
quiet_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGUSR1, SIGUSR2, SIGTSTP, SIGPIPE };
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGXCPU, SIG_DFL);
	(void)signal(SIGABRT, SIG_DFL);
	(void)signal(SIGSEGV, SIG_DFL);
	(void)sigemptyset(&none);
	(void)pthread_sigmask(SIG_SETMASK, &none, NULL);
}

/*
 * Leaves the worker with 0, 1, 2 on /dev/null and fd as WORKER_FD.  A
 * message that jq prints before it aborts goes nowhere.
 */
static int
close_all_but(int fd)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int i;

	if (null == -1)
		return -1;
	/* Above the four, so that neither is overwritten. */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, WORKER_FD + 2);
	if (fd == -1)
		return -1;
	for (i = 0; i < WORKER_FD; i++)
		if (null != i && dup2(null, i) == -1)
			return -1;
	if (dup2(fd, WORKER_FD) == -1)
		return -1;
	return close_range(WORKER_FD + 1, ~0U, 0);
}

_Noreturn static void
worker(const struct dp_rule_opts *opts, struct dp_rule_page *page, int fd,
    pid_t parent)
{
	char *none[1] = { NULL };

	quiet_signals();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (getppid() != parent || close_all_but(fd) != 0)
		_exit(1);
	/* Not clearenv(): jq 1.6 cannot bear that there is no list at all. */
	environ = none;
	limit_worker(opts);
	dp_rule_serve(opts, page, WORKER_FD);
	_exit(0);
}

int
dp_rule_start(const struct dp_rule_opts *opts, struct dp_rule_page *page,
    int *fd, pid_t *pid, struct dp_err *err)
{
	const pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return dp_err_sys(err, DP_FAILED, errno, "jq: socketpair");
	page->begun = 0;
	*pid = fork();
	if (*pid == -1) {
		const int saved = errno;

		(void)close(ends[0]);
		(void)close(ends[1]);
		return dp_err_sys(err, DP_TRYAGAIN, saved, "jq: fork");
	}
	if (*pid == 0)
		worker(opts, page, ends[1], parent);
	(void)close(ends[1]);
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*fd = ends[0];
	return 0;
}

/* The worker's side of the line. */
struct line {
	int fd;
	struct dp_rule_page *page;
	uint64_t begun;
	struct dp_buf in, out; /* not taken yet, and not sent yet */
	size_t used;           /* of in */
	struct dp_buf record;  /* at hand, with a NUL behind it */
	struct dp_buf text;    /* its outputs or detail */
};

static int
send_answers(struct line *l)
{
	const int rc = dp_io_write(l->fd, l->out.data, l->out.len);

	dp_buf_clear(&l->out);
	return rc;
}

static int
answer(struct line *l, enum dp_rule_kind kind)
{
	const struct dp_rule_answer a = { kind, (uint32_t)l->text.len };

	if (dp_buf_add(&l->out, &a, sizeof a) != 0 ||
	    dp_buf_add(&l->out, l->text.data, l->text.len) != 0)
		return -1;
	return l->out.len >= BUFFER ? send_answers(l) : 0;
}

/* Reads more.  Nobody waits for answers that wait here. */
static int
receive(struct line *l)
{
	ssize_t n;

	if (l->out.len > 0 && send_answers(l) != 0)
		return -1;
	dp_buf_drop(&l->in, l->used);
	l->used = 0;
	if (dp_buf_reserve(&l->in, BUFFER) != 0)
		return -1;
	n = dp_io_read(l->fd, l->in.data + l->in.len, BUFFER);
	if (n <= 0)
		return -1;
	l->in.len += (size_t)n;
	return 0;
}

/* The next record.  -1: there is none any more, or no memory for it. */
static int
next_record(struct line *l)
{
	uint32_t len;

	for (;;) {
		const size_t have = l->in.len - l->used;

		if (have >= sizeof len) {
			memcpy(&len, l->in.data + l->used, sizeof len);
			if (have - sizeof len >= len)
				break;
		}
		if (receive(l) != 0)
			return -1;
	}
	/* Now, so that one for which memory is short is the one to blame. */
	atomic_store_explicit(&l->page->begun, ++l->begun,
	    memory_order_relaxed);
	dp_buf_clear(&l->record);
	if (dp_buf_add(&l->record, l->in.data + l->used + sizeof len, len) != 0)
		return -1;
	l->used += sizeof len + len;
	/* jq's messages read up to a NUL. */
	return dp_buf_text(&l->record) == NULL ? -1 : 0;
}

void
dp_rule_serve(const struct dp_rule_opts *opts, struct dp_rule_page *page,
    int fd)
{
	struct line l = { .fd = fd, .page = page };
	uint64_t renewed_ms = 0;
	struct dp_jq *jq = dp_jq_new(opts, &l.text);

	if (answer(&l, jq == NULL ? DP_RULE_ERROR : DP_RULE_PASSED) != 0)
		return;
	while (next_record(&l) == 0 && jq != NULL) {
		enum dp_rule_kind kind;

		limit_record(opts, &renewed_ms);
		kind = dp_jq_run(jq, l.record.data, l.record.len, &l.text);
		if (answer(&l, kind) != 0)
			break;
	}
	dp_jq_free(jq);
	dp_buf_fini(&l.in);
	dp_buf_fini(&l.out);
	dp_buf_fini(&l.record);
	dp_buf_fini(&l.text);
}
