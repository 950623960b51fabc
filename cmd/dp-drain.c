/* dp-drain: hands batches of a queue to stdout or to a command. */
#include <sys/stat.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/reject.h"
#include "base/io.h"
#include "base/stop.h"
#include "base/time.h"
#include "queue/pool.h"

#define BUSY_MS 1000 /* how often to look for a lane that others have */
#define ROLL_BYTES 1048576

struct options {
	struct dp_common common; /* must be first */
	uint64_t batch_bytes, batch_records, workers, max_tries;
	uint64_t every_ms, min_interval_ms, timeout_ms;
	struct dp_opt_share max_dead;
	const char *group;
	bool follow, peek, unread_ok, unsafe_fs;
};

#define AT(field) offsetof(struct options, field)
static const struct dp_opt opts[] = {
	{ 0, "batch-bytes", DP_OPT_SIZE, AT(batch_bytes), "SIZE", "16m",
	    "bytes of a batch at most" },
	{ 0, "batch-records", DP_OPT_COUNT, AT(batch_records), "N", NULL,
	    "lines of a batch at most" },
	{ 0, "every", DP_OPT_TIME, AT(every_ms), "TIME", NULL,
	    "empty the queue, and again after TIME" },
	{ 'f', "follow", DP_OPT_FLAG, AT(follow), NULL, NULL,
	    "wait for more lines" },
	{ 0, "group", DP_OPT_TEXT, AT(group), "NAME", "main",
	    "the consumers that share a position" },
	{ 0, "max-dead", DP_OPT_SHARE, AT(max_dead), "N|P%", NULL,
	    "stop when more lines go to the dead letters" },
	{ 0, "max-tries", DP_OPT_COUNT, AT(max_tries), "N", "5",
	    "attempts before a batch is divided" },
	{ 0, "min-interval", DP_OPT_TIME, AT(min_interval_ms), "TIME", NULL,
	    "time between two rounds at least" },
	{ 0, "peek", DP_OPT_FLAG, AT(peek), NULL, NULL,
	    "print what waits, and leave it there" },
	{ 0, "timeout", DP_OPT_TIME, AT(timeout_ms), "TIME", NULL,
	    "end a command that takes longer" },
	{ 0, "unread-ok", DP_OPT_FLAG, AT(unread_ok), NULL, NULL,
	    "status 0 counts even if the input was not read" },
	{ 0, "unsafe-fs", DP_OPT_FLAG, AT(unsafe_fs), NULL, NULL,
	    "allow any file system" },
	{ 'w', "workers", DP_OPT_COUNT, AT(workers), "N", "1",
	    "commands at a time" },
};

enum { READ, DRAINED, DEAD };
static struct dp_count counts[] = {
	{ "read", DP_COUNT_IN, 0 },
	{ "drained", DP_COUNT_OUT, 0 },
	{ "dead", DP_COUNT_OUT_TOLD, 0 },
};

struct job {
	struct dp_app *app;
	const struct options *opt;
	struct dp_queue *q;
	struct dp_pool pool;
	bool to_file; /* stdout is a regular file */
};

static void
count(uint64_t lines, uint64_t dead)
{
	counts[READ].n += lines;
	counts[DRAINED].n += lines - dead;
	counts[DEAD].n += dead;
}

static int
check_dead(const struct job *j, struct dp_err *err)
{
	if (!dp_opt_share_over(&j->opt->max_dead, counts[DEAD].n,
		counts[READ].n))
		return 0;
	return dp_err_set(err, DP_DATA,
	    "%ju of %ju lines went to the dead letters: over --max-dead",
	    (uintmax_t)counts[DEAD].n, (uintmax_t)counts[READ].n);
}

/* -- To stdout -- */

static int
write_out(void *arg, const char *data, size_t len, struct dp_err *err)
{
	(void)arg;
	if (dp_io_write(STDOUT_FILENO, data, len) == -1)
		return dp_err_sys(err, DP_FAILED, errno,
		    "cannot write standard output");
	return 0;
}

static int
print_batch(struct job *j, struct dp_queue_lease *lease, struct dp_err *err)
{
	const struct dp_queue_limits limits = { j->opt->batch_bytes,
		j->opt->batch_records };
	struct dp_queue_batch b;
	uint64_t dead;
	int rc = dp_queue_batch(lease, &limits, write_out, NULL, &b, err);

	if (rc != 1)
		return rc;
	if (j->to_file && !j->opt->peek && fdatasync(STDOUT_FILENO) == -1)
		return dp_err_sys(err, DP_FAILED, errno,
		    "cannot sync standard output");
	if (dp_queue_settle(lease, &dead, err) == -1)
		return -1;
	count(b.end - b.first, 0);
	return 1;
}

static int
print_all(struct job *j, struct dp_err *err)
{
	struct dp_queue_lease *lease;
	int rc;

	while ((rc = dp_queue_lease(j->q, &lease, err)) == 1) {
		while (dp_stop_signal() == 0 &&
		    (rc = print_batch(j, lease, err)) == 1)
			dp_app_progress(j->app);
		dp_queue_release(lease);
		if (rc == -1 || dp_stop_signal() != 0)
			break;
	}
	return rc == -1 ? -1 : 0;
}

/* -- To a command -- */

static void
tell(void *arg, const char *text)
{
	const struct job *j = arg;

	dp_app_note(j->app, &(struct dp_place){ 0 }, "unavailable", "%s", text);
}

/* A command that refused its only line may have said why by itself. */
static bool
has_reject(const struct dp_worker *w)
{
	struct stat st;

	return w->command.status == DP_DATA &&
	    stat(w->batch.rejects, &st) == 0 && st.st_size > 0;
}

static int
write_reject(void *arg, const struct dp_worker *w, const char *line, size_t len,
    const char *why, struct dp_err *err)
{
	struct dp_reject r = { .code = "unavailable",
		.detail = why,
		.detail_len = strlen(why),
		.source = w->batch.name,
		.line = w->batch.first + 1,
		.attempt = w->batch.attempt,
		.raw = line,
		.raw_len = len };
	struct dp_rejects *file;

	(void)arg;
	if (has_reject(w))
		return 0;
	file = dp_rejects_open(w->batch.rejects, DP_REJECTS_EMPTY, err);
	if (file == NULL)
		return -1;
	if (dp_rejects_add(file, &r, err) == -1 ||
	    dp_rejects_sync(file, err) == -1) {
		struct dp_err none = { 0 };

		(void)dp_rejects_close(file, &none);
		return -1;
	}
	return dp_rejects_close(file, err);
}

static int
run_all(struct job *j, struct dp_err *err)
{
	struct dp_pool *p = &j->pool;
	int rc;

	do {
		rc = dp_pool_step(p, err);
		count(p->lines, p->dead);
		p->lines = p->dead = 0;
		if (rc != -1 && check_dead(j, err) == -1)
			return -1;
		if (rc == 1)
			dp_pool_wait(p);
		dp_app_progress(j->app);
	} while (rc == 1);
	return rc;
}

/* -- Rounds -- */

static int
round_trip(struct job *j, struct dp_err *err)
{
	int rc = j->pool.n > 0 ? run_all(j, err) : print_all(j, err);
	pid_t pid;

	if (rc == -1 || dp_stop_signal() != 0 || j->opt->peek ||
	    dp_queue_busy(j->q, &pid))
		return rc;
	rc = dp_queue_tidy(j->q, j->opt->follow ? ROLL_BYTES : 0, err);
	/* A rolled segment is at its end now, and can go. */
	if (rc == 1)
		rc = j->pool.n > 0 ? run_all(j, err) : print_all(j, err);
	return rc;
}

static void
nap(struct job *j, uint64_t until)
{
	uint64_t now;

	while (dp_stop_signal() == 0 && (now = dp_time_now_ms()) < until) {
		dp_time_sleep_ms(until - now);
		dp_app_progress(j->app);
	}
}

static int
rounds(struct job *j, struct dp_err *err)
{
	const struct options *o = j->opt;
	bool again = o->follow || o->every_ms > 0;
	int fd = o->follow ? dp_queue_watch(j->q, err) : -1;

	if (o->follow && fd == -1)
		return -1;
	for (;;) {
		uint64_t start = dp_time_now_ms(), next;
		pid_t pid;

		dp_queue_watch_clear(j->q);
		if (round_trip(j, err) == -1)
			return -1;
		if (dp_stop_signal() != 0)
			return 0;
		if (!again && dp_queue_busy(j->q, &pid))
			return dp_err_set(err, DP_TRYAGAIN,
			    "%s: lanes with lines are leased by another "
			    "process (pid %d)",
			    dp_queue_name(j->q), (int)pid);
		if (!again)
			return 0;
		next = dp_time_now_ms() + o->min_interval_ms;
		if (o->every_ms > 0 && start + o->every_ms > next)
			next = start + o->every_ms;
		if (!(o->follow && o->min_interval_ms == 0))
			nap(j, next);
		if (o->follow)
			(void)dp_stop_wait(fd,
			    dp_queue_busy(j->q, &pid) ? BUSY_MS : -1);
		dp_app_progress(j->app);
	}
}

static int
finish(struct job *j, int rc, struct dp_err *err)
{
	const struct dp_queue_damage *d = dp_queue_damage(j->q);

	if (rc == 0 && d->places > 0)
		return dp_err_set(err, DP_FAILED,
		    "%s is damaged in %ju places; what is intact was drained, "
		    "the bytes are in bad/; the first: %s",
		    dp_queue_name(j->q), (uintmax_t)d->places, d->text);
	return rc;
}

static int
start(struct job *j, int argc, char **argv, struct dp_err *err)
{
	const struct options *o = j->opt;
	const struct dp_worker_opts w = { .argv = argv,
		.limits = { o->batch_bytes, o->batch_records },
		.max_tries = o->max_tries,
		.timeout_ms = o->timeout_ms,
		.unread_ok = o->unread_ok,
		.arg = j,
		.dead = write_reject,
		.tell = tell };
	struct stat st;
	int rc = 0;

	if (argc == 0 && !o->peek && isatty(STDOUT_FILENO) == 1)
		return dp_err_set(err, DP_USAGE,
		    "stdout is a terminal: --peek shows what waits, a command "
		    "or a file takes it");
	j->to_file = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	(void)signal(SIGCHLD, SIG_DFL);
	if (argc > 0)
		rc = dp_pool_init(&j->pool, (size_t)o->workers, j->q, o->follow,
		    &w, err);
	if (rc == 0)
		rc = rounds(j, err);
	if (argc > 0)
		dp_pool_fini(&j->pool);
	return finish(j, rc, err);
}

static int
run(struct dp_app *app, void *arg, int argc, char **argv, struct dp_err *err)
{
	const struct options *o = arg;
	const struct dp_queue_opts q = { .group = o->group,
		.unsafe_fs = o->unsafe_fs };
	struct job j = { .app = app, .opt = o };
	int rc;

	if (argc == 0)
		return dp_err_set(err, DP_USAGE, "want a QUEUE");
	if (o->workers == 0 || o->workers > 56 || o->max_tries == 0)
		return dp_err_set(err, DP_USAGE,
		    "--workers is 1 to 56, --max-tries at least 1");
	if (o->peek && argc > 1)
		return dp_err_set(err, DP_USAGE, "--peek takes no command");
	j.q = dp_queue_open(argv[0], o->peek ? DP_QUEUE_LOOK : DP_QUEUE_CONSUME,
	    &q, err);
	if (j.q == NULL)
		return -1;
	rc = o->common.check ? 0 : start(&j, argc - 1, argv + 1, err);
	dp_queue_close(j.q);
	return rc;
}

static const struct dp_cmd cmd = {
	.name = "dp-drain",
	.operands = "QUEUE [-- COMMAND ...]",
	.summary = "hand batches of a queue to stdout or to a command",
	.opts = opts,
	.nopts = sizeof opts / sizeof opts[0],
	.counts = counts,
	.ncounts = sizeof counts / sizeof counts[0],
	.run = run,
};

int
main(int argc, char **argv)
{
	struct options opt = { 0 };

	return dp_app_main(&cmd, &opt, argc, argv);
}
