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

/* From here on so many seconds of processor time for a record. */
static void
limit_record(const struct dp_rule_opts *opts)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) != 0)
		return;
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
worker(const struct dp_rule_opts *opts, int fd, pid_t parent)
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
	dp_rule_serve(opts, WORKER_FD);
	_exit(0);
}

int
dp_rule_start(const struct dp_rule_opts *opts, int *fd, pid_t *pid,
    struct dp_err *err)
{
	const pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return dp_err_sys(err, DP_FAILED, errno, "jq: socketpair");
	*pid = fork();
	if (*pid == -1) {
		const int saved = errno;

		(void)close(ends[0]);
		(void)close(ends[1]);
		return dp_err_sys(err, DP_TRYAGAIN, saved, "jq: fork");
	}
	if (*pid == 0)
		worker(opts, ends[1], parent);
	(void)close(ends[1]);
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*fd = ends[0];
	return 0;
}

static int
answer(int fd, enum dp_rule_kind kind, const struct dp_buf *text)
{
	struct dp_rule_answer a = { kind, (uint32_t)text->len };
	struct iovec iov[2] = { { &a, sizeof a }, { text->data, text->len } };

	return dp_io_writev(fd, iov, 2);
}

/* Reads exactly len bytes; -1 at the end. */
static int
read_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len > 0) {
		const ssize_t n = dp_io_read(fd, p, len);

		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

void
dp_rule_serve(const struct dp_rule_opts *opts, int fd)
{
	struct dp_buf record, out;
	struct dp_jq *jq;
	uint32_t len;

	dp_buf_init(&record, 0);
	dp_buf_init(&out, 0);
	jq = dp_jq_new(opts, &out);
	if (answer(fd, jq == NULL ? DP_RULE_ERROR : DP_RULE_PASSED, &out) != 0)
		return;
	while (jq != NULL && read_all(fd, &len, sizeof len) == 0) {
		enum dp_rule_kind kind;

		dp_buf_clear(&record);
		limit_record(opts);
		if (dp_buf_reserve(&record, len) != 0 ||
		    read_all(fd, record.data, len) != 0)
			break;
		record.len = len;
		/* A NUL behind it, since jq's messages read up to one. */
		if (dp_buf_text(&record) == NULL)
			break;
		kind = dp_jq_run(jq, record.data, len, &out);
		if (answer(fd, kind, &out) != 0)
			break;
	}
	dp_jq_free(jq);
	dp_buf_fini(&record);
	dp_buf_fini(&out);
}
