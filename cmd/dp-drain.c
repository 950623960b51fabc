/* dp-drain: hands batches of a queue to stdout or to a command. */
#include <sys/stat.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/letters.h"
#include "app/reject.h"
#include "base/io.h"
#include "queue/admin.h"
#include "queue/drain.h"

struct options {
	struct dp_common common; /* must be first */
	uint64_t batch_bytes, batch_records, workers, max_tries;
	uint64_t every_ms, min_interval_ms, timeout_ms;
	struct dp_opt_share max_dead;
	const char *group;
	bool dead, follow, peek, unread_ok, unsafe_fs;
};

#define AT(field) offsetof(struct options, field)
static const struct dp_opt opts[] = {
	{ 0, "batch-bytes", DP_OPT_SIZE, AT(batch_bytes), "SIZE", "16m",
	    "bytes of a batch at most" },
	{ 0, "batch-records", DP_OPT_COUNT, AT(batch_records), "N", NULL,
	    "lines of a batch at most" },
	{ 0, "dead", DP_OPT_FLAG, AT(dead), NULL, NULL,
	    "print the dead letters, and leave them there" },
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
};

/* Counts, and ends the run over --max-dead. */
static int
settled(void *arg, uint64_t lines, uint64_t dead, struct dp_err *err)
{
	const struct job *j = arg;

	counts[READ].n += lines;
	counts[DRAINED].n += lines - dead;
	counts[DEAD].n += dead;
	if (!dp_opt_share_over(&j->opt->max_dead, counts[DEAD].n,
		counts[READ].n))
		return 0;
	return dp_err_set(err, DP_DATA,
	    "%ju of %ju lines went to the dead letters: over --max-dead",
	    (uintmax_t)counts[DEAD].n, (uintmax_t)counts[READ].n);
}

static void
progress(void *arg)
{
	const struct job *j = arg;

	dp_app_progress(j->app);
}

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
	return w->command.status == DP_DATA && dp_worker_has_rejects(w);
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
show_dead(struct dp_queue *q, struct dp_err *err)
{
	struct dp_letters *l = dp_letters_new(err);
	int rc;

	if (l == NULL)
		return -1;
	l->show = dp_app_put;
	rc = dp_admin_dead(q, NULL, dp_letters_read, l, err);
	counts[READ].n = counts[DRAINED].n = l->lines;
	dp_letters_free(l);
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
	struct dp_drain d = { .q = j->q,
		.fd = STDOUT_FILENO,
		.limits = { o->batch_bytes, o->batch_records },
		.look = o->peek,
		.follow = o->follow,
		.every_ms = o->every_ms,
		.min_interval_ms = o->min_interval_ms,
		.arg = j,
		.settled = settled,
		.progress = progress };
	struct dp_pool pool;
	struct stat st;
	int rc;

	if (argc == 0 && !o->peek && isatty(STDOUT_FILENO) == 1)
		return dp_err_set(err, DP_USAGE,
		    "stdout is a terminal: --peek shows what waits, a command "
		    "or a file takes it");
	d.sync =
	    !o->peek && fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	dp_io_widen(STDOUT_FILENO);
	(void)signal(SIGCHLD, SIG_DFL);
	if (argc == 0)
		return dp_drain_run(&d, err);
	d.pool = &pool;
	rc = dp_pool_init(&pool, (size_t)o->workers, j->q, o->follow, &w, err);
	if (rc == 0)
		rc = dp_drain_run(&d, err);
	dp_pool_fini(&pool);
	return rc;
}

static int
run(struct dp_app *app, void *arg, int argc, char **argv, struct dp_err *err)
{
	const struct options *o = arg;
	const bool looks = o->peek || o->dead;
	const struct dp_queue_opts q = { .group = o->group,
		.unsafe_fs = o->unsafe_fs };
	struct job j = { .app = app, .opt = o };
	int rc = 0;

	if (argc == 0)
		return dp_err_set(err, DP_USAGE, "want a QUEUE");
	if (o->workers == 0 || o->workers > 56)
		return dp_err_set(err, DP_USAGE, "--workers: want 1 to 56");
	if (o->max_tries == 0)
		return dp_err_set(err, DP_USAGE, "--max-tries: want 1 or more");
	if (looks && argc > 1)
		return dp_err_set(err, DP_USAGE,
		    "--peek and --dead take no command");
	if (o->dead && (o->peek || o->follow || o->every_ms > 0))
		return dp_err_set(err, DP_USAGE,
		    "--dead goes without --peek, --follow and --every");
	if (looks) /* its reader may go */
		(void)signal(SIGPIPE, SIG_DFL);
	j.q = dp_queue_open(argv[0], looks ? DP_QUEUE_LOOK : DP_QUEUE_CONSUME,
	    &q, err);
	if (j.q == NULL)
		return -1;
	if (o->dead && !o->common.check)
		rc = show_dead(j.q, err);
	else if (!o->common.check)
		rc = start(&j, argc - 1, argv + 1, err);
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
