/*
 * dp-load: loads lines into the tables of their event types.
 *
 * Longer than 250 lines, because it has the most options.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/files.h"
#include "app/reject.h"
#include "app/share.h"
#include "base/buf.h"
#include "sink/job.h"
#include "sink/standing.h"

struct options {
	struct dp_common common; /* must be first */
	struct dp_sink_opts sink;
	const char *schemas, *rejects, *source;
	uint64_t batch_records, batch_bytes, max_record;
	uint64_t linger_ms, settle_ms, jobs;
	struct dp_opt_share max_rejects;
	int nul;
	bool print_ddl, force, status, swap;
};

#define AT(field) offsetof(struct options, field)
static const struct dp_opt opts[] = {
	{ 0, "batch-bytes", DP_OPT_SIZE, AT(batch_bytes), "SIZE", "16m",
	    "bytes of a transaction at most" },
	{ 0, "batch-records", DP_OPT_COUNT, AT(batch_records), "N", "100000",
	    "lines of a transaction at most" },
	{ 0, "create", DP_OPT_FLAG, AT(sink.create), NULL, NULL,
	    "make missing tables from the schemas" },
	{ 0, "dry-run", DP_OPT_FLAG, AT(sink.dry_run), NULL, NULL,
	    "do everything but commit" },
	{ 0, "evolve", DP_OPT_FLAG, AT(sink.evolve), NULL, NULL,
	    "add the columns that tables lack, from the schemas" },
	{ 0, "extra", DP_OPT_CHOICE, AT(sink.extra), "column|ignore|reject",
	    "column", "what to do with keys that have no column" },
	{ 0, "force", DP_OPT_FLAG, AT(force), NULL, NULL,
	    "load files again that are known" },
	{ 'j', "jobs", DP_OPT_COUNT, AT(jobs), "N", "1",
	    "load so many files at a time, each by its own connection" },
	{ 0, "key", DP_OPT_TEXT, AT(sink.key), "COLUMNS", NULL,
	    "columns by which rows are the same, for --on-conflict" },
	{ 0, "ledger", DP_OPT_TEXT, AT(sink.ledger), "NAME", DP_LEDGER_NAME,
	    "table that keeps what is loaded; none: do without" },
	{ 0, "linger", DP_OPT_TIME, AT(linger_ms), "TIME", "1s",
	    "wait that long for more lines before a commit" },
	{ 0, "max-record", DP_OPT_SIZE, AT(max_record), "SIZE", "1m",
	    "reject lines that are longer" },
	{ 0, "max-rejects", DP_OPT_SHARE, AT(max_rejects), "N|P%", NULL,
	    "stop when more are rejected" },
	{ 0, "missing", DP_OPT_CHOICE, AT(sink.missing), "default|null|reject",
	    "default", "what to do when the key of a column is missing" },
	{ 0, "nul", DP_OPT_CHOICE, AT(nul), "reject|replace", "reject",
	    "what to do with U+0000 in strings" },
	{ 0, "on-conflict", DP_OPT_CHOICE, AT(sink.on_conflict),
	    "error|ignore|update", "error", "when a row's key is there" },
	{ 0, "print-ddl", DP_OPT_ACTION, AT(print_ddl), NULL, NULL,
	    "print the statements that --create runs, and exit" },
	{ 'r', "rejects", DP_OPT_TEXT, AT(rejects), "FILE", NULL,
	    "write what is not loaded to FILE" },
	{ 0, "retry-for", DP_OPT_TIME, AT(sink.retry_ms), "TIME", "1m",
	    "wait that long for a database that is away or busy" },
	{ 's', "schemas", DP_OPT_TEXT, AT(schemas), "PATH", NULL,
	    "folder of event types, or one schema for all records" },
	{ 0, "settle", DP_OPT_TIME, AT(settle_ms), "TIME", NULL,
	    "pass over files that were written to since" },
	{ 0, "source", DP_OPT_TEXT, AT(source), "LABEL", NULL,
	    "keep equal files of different places apart; name stdin" },
	{ 0, "status", DP_OPT_ACTION, AT(status), NULL, NULL,
	    "print what is loaded, or what would become of files, and exit" },
	{ 0, "swap", DP_OPT_FLAG, AT(swap), NULL, NULL,
	    "replace what is in the tables, in one transaction" },
	{ 't', "table", DP_OPT_TEXT, AT(sink.table), "NAME", NULL,
	    "load every record into this table" },
	{ 0, "time-unit", DP_OPT_CHOICE, AT(sink.time_unit), "none|s|ms|us|ns",
	    "none", "unit of numbers in columns of a time" },
	{ 'k', "type-key", DP_OPT_TEXT, AT(sink.type_key), "POINTER",
	    "/event_name", "where the name of the type stands" },
};

enum { READ, LOADED, UPDATED, IGNORED, REJECTED };
static struct dp_count counts[] = {
	{ "read", DP_COUNT_IN, 0 },
	{ "loaded", DP_COUNT_OUT, 0 },
	{ "updated", DP_COUNT_OUT_SOME, 0 },
	{ "ignored", DP_COUNT_OUT_TOLD, 0 },
	{ "rejected", DP_COUNT_OUT_TOLD, 0 },
	{ "known", DP_COUNT_OUT_TOLD, 0 },
	{ "blank", DP_COUNT_INFO, 0 },
	{ "nul replaced", DP_COUNT_INFO_TOLD, 0 },
	{ "files known", DP_COUNT_INFO_TOLD, 0 },
	{ "files unsettled", DP_COUNT_INFO_TOLD, 0 },
	{ "incomplete", DP_COUNT_INFO_TOLD, 0 },
};

struct run {
	struct dp_app *app;
	const struct options *opt;
	struct dp_files_opts how;
	struct dp_job job;
	struct dp_rejects *rejects;
};

/* Rejects and lines, of all workers, until now. */
static bool
too_many(const struct run *d)
{
	struct dp_load_counts all = dp_load_total(&d->job.load);

	if (d->how.share != NULL) {
		all.rejected += dp_share_others(d->how.share, REJECTED);
		all.read += dp_share_others(d->how.share, READ);
	}
	return dp_opt_share_over(&d->opt->max_rejects, all.rejected, all.read);
}

static int
reject(void *arg, struct dp_reject *r, struct dp_err *err)
{
	struct run *d = arg;
	const bool batch = d->job.batch_name != NULL;

	r->source = d->job.name;
	r->attempt = 1;
	if (!batch)
		dp_app_rejected(d->app);
	if (too_many(d))
		return dp_err_set(err, batch ? DP_CONFIG : DP_DATA,
		    "more than --max-rejects; the open batch was not stored");
	return dp_app_reject(d->app, d->rejects, r, err);
}

static int
sync_rejects(void *arg, struct dp_err *err)
{
	return dp_rejects_sync(((struct run *)arg)->rejects, err);
}

static void
tell(void *arg, const char *code, const char *text)
{
	struct run *d = arg;
	const struct dp_place at = { .file = d->job.name };

	/* What a worker finds when it connects has been told. */
	if (d->how.share != NULL && d->job.load.sink == NULL)
		return;
	dp_app_note(d->app, &at, code, "%s", text);
}

static void
count(void *arg)
{
	const struct run *d = arg;
	uint64_t n[DP_JOB_COUNTS];
	size_t i = DP_JOB_COUNTS;

	dp_job_counts(&d->job, n);
	while (i-- > 0)
		counts[i].n = n[i];
	if (d->how.share != NULL)
		dp_share_publish(d->how.share);
}

static int
load(struct run *d, int argc, char **argv, struct dp_err *err)
{
	struct dp_err none = { 0 };
	int rc = dp_job_begin(&d->job, err);

	if (rc == 0)
		rc = dp_rejects_of_batch(&d->rejects, d->opt->rejects,
		    d->job.batch_name, (int)d->job.batch.known, err);
	if (rc == 0)
		rc = dp_files_each(d->app, argv, (size_t)argc, &d->how,
		    &dp_job_files, &d->job, err);
	if (rc == 0)
		rc = dp_job_end(&d->job, getenv("DP_ATTEMPT"), err);
	count(d);
	return dp_rejects_close(d->rejects, rc == 0 ? err : &none) == -1 ? -1
									 : rc;
}

/* What is printed when nothing is loaded. */
static int
print(struct run *d, int argc, char **argv, struct dp_err *err)
{
	const struct options *o = d->opt;
	struct dp_standing s = { .label = o->source,
		.force = o->force,
		.json = o->common.json };
	int rc;

	dp_app_no_summary(d->app);
	dp_standing_init(&s);
	if (o->print_ddl)
		rc = dp_sink_ddl(argv[0], &d->job.opts, &s.out, err);
	else
		rc = dp_standing_open(&s, argv[0], &d->job.opts, err);
	if (rc == 0 && o->status && argc == 1)
		rc = dp_standing_ledger(&s, err);
	else if (rc == 0 && o->status)
		rc = dp_files_each(d->app, argv + 1, (size_t)argc - 1, &d->how,
		    &dp_standing_files, &s, err);
	dp_standing_close(&s);
	if (s.out.len > 0 && (rc == 0 || o->status))
		(void)fwrite(s.out.data, 1, s.out.len, stdout);
	dp_standing_fini(&s);
	return rc;
}

/* How many processes load: of a batch, and into a pipe, one. */
static unsigned
jobs_of(const struct options *o, const char *url, int files)
{
	if (getenv("DP_BATCH") != NULL || o->swap || o->common.check ||
	    o->print_ddl || o->status || dp_sink_one_writer(url) ||
	    !dp_rejects_are_shared(o->rejects))
		return 1;
	return dp_share_workers(o->jobs, files);
}

/* Forks the workers, once the database is known to be well: faults are told
 * once then.  1 in a worker, 0 when all is done. */
static int
divide(struct run *d, unsigned jobs, const char *url, struct dp_err *err)
{
	if (dp_job_open(&d->job, url, err) == -1)
		return -1;
	dp_job_close(&d->job);
	return dp_share_fork(d->app, jobs, &d->how.share, err);
}

static int
work(struct run *d, int argc, char **argv, struct dp_err *err)
{
	if (d->opt->print_ddl || d->opt->status)
		return print(d, argc, argv, err);
	if (dp_job_open(&d->job, argv[0], err) == -1)
		return -1;
	return d->opt->common.check ? 0 : load(d, argc - 1, argv + 1, err);
}

static int
run(struct dp_app *app, void *arg, int argc, char **argv, struct dp_err *err)
{
	const struct options *o = arg;
	struct run d = { .app = app,
		.opt = o,
		.how = { o->max_record, o->linger_ms, o->settle_ms, NULL },
		.job = { .load = { .batch_records = o->batch_records,
			     .batch_bytes = o->batch_bytes,
			     .nul = o->nul,
			     .reject = reject,
			     .arg = &d },
		    .opts = o->sink,
		    .batch_name = getenv("DP_BATCH"),
		    .label = o->source,
		    .force = o->force,
		    .swap = o->swap,
		    .tell = tell,
		    .progress = count,
		    .arg = &d } };
	unsigned jobs;
	int rc;

	if (argc == 0)
		return dp_err_set(err, DP_USAGE, "want a DATABASE");
	if (o->jobs == 0 || o->jobs > DP_SHARE_WORKERS)
		return dp_err_set(err, DP_USAGE, "--jobs: want 1 to %d",
		    DP_SHARE_WORKERS);
	if (o->swap &&
	    (d.job.batch_name != NULL ||
		(o->schemas == NULL && o->sink.table == NULL)))
		return dp_err_set(err, DP_USAGE,
		    "--swap wants --schemas or --table, and takes no batch");
	if (o->sink.dry_run && d.job.batch_name != NULL)
		return dp_err_set(err, DP_USAGE,
		    "--dry-run stores nothing: a batch would be lost");
	d.job.opts.sync = sync_rejects;
	d.job.opts.tell = tell;
	d.job.opts.arg = &d;
	rc = dp_job_types(&d.job, o->schemas, err);
	jobs = jobs_of(o, argv[0], argc - 1);
	if (rc == 0)
		rc = jobs > 1 ? divide(&d, jobs, argv[0], err) : 1;
	if (rc == 1)
		rc = work(&d, argc, argv, err);
	dp_job_fini(&d.job);
	dp_share_free(d.how.share);
	return rc;
}

static const struct dp_cmd cmd = {
	.name = "dp-load",
	.operands = "DATABASE [FILE ...]",
	.summary = "load lines into the tables of their event types",
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
