/* dp-load: loads lines into the tables of their event types. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/files.h"
#include "app/reject.h"
#include "base/buf.h"
#include "base/stop.h"
#include "schema/check.h"
#include "sink/batch.h"
#include "sink/file.h"

struct options {
	struct dp_common common; /* must be first */
	struct dp_sink_opts sink;
	const char *schemas, *rejects, *source;
	uint64_t batch_records, batch_bytes, max_record;
	struct dp_opt_share max_rejects;
	int time_unit;
	bool print_ddl, force;
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
	{ 0, "extra", DP_OPT_CHOICE, AT(sink.extra), "column|ignore|reject",
	    "column", "what to do with keys that have no column" },
	{ 0, "force", DP_OPT_FLAG, AT(force), NULL, NULL,
	    "load files again that are known" },
	{ 0, "ledger", DP_OPT_TEXT, AT(sink.ledger), "NAME", DP_LEDGER_NAME,
	    "table that keeps what is loaded; none: do without" },
	{ 0, "max-record", DP_OPT_SIZE, AT(max_record), "SIZE", "1m",
	    "reject lines that are longer" },
	{ 0, "max-rejects", DP_OPT_SHARE, AT(max_rejects), "N|P%", NULL,
	    "stop when more are rejected" },
	{ 0, "missing", DP_OPT_CHOICE, AT(sink.missing), "default|null|reject",
	    "default", "what to do when the key of a column is missing" },
	{ 0, "print-ddl", DP_OPT_ACTION, AT(print_ddl), NULL, NULL,
	    "print the statements that --create runs, and exit" },
	{ 'r', "rejects", DP_OPT_TEXT, AT(rejects), "FILE", NULL,
	    "write what is not loaded to FILE" },
	{ 0, "retry-for", DP_OPT_TIME, AT(sink.retry_ms), "TIME", "1m",
	    "wait that long for a database that is away or busy" },
	{ 's', "schemas", DP_OPT_TEXT, AT(schemas), "PATH", NULL,
	    "folder of event types, or one schema for all records" },
	{ 0, "source", DP_OPT_TEXT, AT(source), "LABEL", NULL,
	    "keep equal files of different places apart; name stdin" },
	{ 't', "table", DP_OPT_TEXT, AT(sink.table), "NAME", NULL,
	    "load every record into this table" },
	{ 0, "time-unit", DP_OPT_CHOICE, AT(time_unit), "none|s|ms|us|ns",
	    "none", "unit of numbers in columns of a time" },
	{ 'k', "type-key", DP_OPT_TEXT, AT(sink.type_key), "POINTER",
	    "/event_name", "where the name of the type stands" },
};

enum { READ, LOADED, REJECTED, KNOWN, BLANK, FILES, INCOMPLETE };
static struct dp_count counts[] = {
	{ "read", DP_COUNT_IN, 0 },
	{ "loaded", DP_COUNT_OUT, 0 },
	{ "rejected", DP_COUNT_OUT_TOLD, 0 },
	{ "known", DP_COUNT_OUT_TOLD, 0 },
	{ "blank", DP_COUNT_INFO, 0 },
	{ "files known", DP_COUNT_INFO_TOLD, 0 },
	{ "incomplete", DP_COUNT_INFO_TOLD, 0 },
};

struct job {
	struct dp_app *app;
	const struct options *opt;
	struct dp_load load;
	struct dp_file file;
	struct dp_batch batch;
	const char *batch_name, *name; /* DP_BATCH or NULL; the input */
	bool ledger;
	struct dp_rejects *rejects;
};

static int
reject(void *arg, const struct dp_sink_fault *f, struct dp_err *err)
{
	struct job *j = arg;
	const struct dp_reject r = { .code = f->code,
		.pointer = f->pointer,
		.pointer_len = f->pointer_len,
		.schema = f->schema,
		.detail = f->detail,
		.detail_len = f->detail_len,
		.sqlstate = f->sqlstate,
		.source = j->name,
		.line = f->line,
		.column = f->column,
		.attempt = 1,
		.raw = f->text,
		.raw_len = f->len,
		.truncated = f->long_bytes > f->len,
		.bytes = f->long_bytes };
	const struct dp_load_counts all = dp_load_total(&j->load);

	if (j->batch_name == NULL)
		dp_app_rejected(j->app);
	if (dp_opt_share_over(&j->opt->max_rejects, all.rejected, all.read))
		return dp_err_set(err,
		    j->batch_name != NULL ? DP_CONFIG : DP_DATA,
		    "more lines than --max-rejects are rejected; the open "
		    "batch was not stored");
	return dp_app_reject(j->app, j->rejects, &r, err);
}

static int
refused(void *arg, const struct dp_sink_fault *fault, struct dp_err *err)
{
	struct job *j = arg;

	dp_load_refused(&j->load);
	return reject(j, fault, err);
}

static int
sync_rejects(void *arg, struct dp_err *err)
{
	struct job *j = arg;

	return j->rejects == NULL ? 0 : dp_rejects_sync(j->rejects, err);
}

static void
warn(void *arg, const char *text)
{
	struct job *j = arg;

	dp_app_note(j->app, NULL, NULL, "%s", text);
}

static void
count(struct job *j)
{
	const struct dp_load_counts *d = &j->load.done;

	counts[READ].n = d->read;
	counts[LOADED].n = d->loaded;
	counts[REJECTED].n = d->rejected;
	counts[KNOWN].n = d->known;
	counts[BLANK].n = d->blank;
}

static int
begin(void *arg, const char *name, const char *inode, bool again,
    struct dp_err *err)
{
	struct job *j = arg;

	j->name = j->batch_name != NULL ? j->batch_name : name;
	j->file.streams = *inode == '\0';
	/* What has neither an inode nor a label cannot be known again. */
	j->file.ledger =
	    j->ledger && (*inode != '\0' || j->opt->source != NULL);
	return dp_file_begin(&j->file, name, inode, again, err);
}

static int
block(void *arg, const struct dp_block *b, uint64_t *lines, struct dp_err *err)
{
	struct job *j = arg;
	const struct dp_file_block part = { .part = (enum dp_file_part)b->kind,
		.bom = b->bom,
		.data = b->data,
		.len = b->len,
		.offset = b->offset,
		.line = b->line,
		.long_bytes = b->long_bytes };
	const enum dp_file_next next =
	    dp_file_take(&j->file, &part, lines, err);

	j->batch.lines += *lines;
	count(j);
	return (int)next;
}

static int
end(void *arg, bool whole, struct dp_err *err)
{
	struct job *j = arg;
	const struct dp_place at = { .file = j->name };
	const struct dp_mark *m = &j->file.mark;
	enum dp_file_next next;
	bool known = false;

	if (j->batch_name != NULL)
		return 0;
	next = dp_file_end(&j->file, whole, &known, err);
	if (next != DP_FILE_MORE)
		return (int)next;
	if (known)
		dp_app_note(j->app, &at, NULL,
		    "known: loaded %s, %ju rows, %ju rejected", m->updated_at,
		    (uintmax_t)m->rows, (uintmax_t)m->rejected);
	if (j->file.incomplete)
		dp_app_note(j->app, &at, "incomplete",
		    "the last line may be cut: left for the next run");
	counts[FILES].n += known;
	counts[INCOMPLETE].n += j->file.incomplete;
	count(j);
	return 0;
}

/* The input would block: what is there is stored. */
static int
before_wait(void *arg, struct dp_err *err)
{
	struct job *j = arg;

	return j->load.whole ? 0 : dp_load_commit(&j->load, err);
}

static void
passed(void *arg, const char *data, size_t len)
{
	dp_file_pass(&((struct job *)arg)->file, data, len);
}

static int
open_rejects(struct job *j, struct dp_err *err)
{
	const char *path = j->opt->rejects, *given = getenv("DP_REJECTS");
	const bool own =
	    given == NULL || path == NULL || strcmp(path, given) != 0;

	if (path == NULL && j->batch_name != NULL)
		return dp_err_set(err, DP_CONFIG,
		    "DP_BATCH without DP_REJECTS: rejects would be lost");
	/* What the attempt that committed has left stays as it is. */
	if (path == NULL || (!own && j->batch.known == DP_BATCH_ALL))
		return 0;
	j->rejects = dp_rejects_open(path,
	    own || j->batch.known == DP_BATCH_PART ? DP_REJECTS_APPEND
						   : DP_REJECTS_EMPTY,
	    err);
	return j->rejects == NULL ? -1 : 0;
}

static int
load(struct job *j, int argc, char **argv, struct dp_err *err)
{
	static const struct dp_files_ops ops = { begin, block, end, before_wait,
		passed };
	const char *attempt = getenv("DP_ATTEMPT");
	struct dp_err none = { 0 };
	char source[DP_MARK_SOURCE];
	int rc = 0;

	(void)snprintf(source, sizeof source, "file%s%s",
	    j->opt->source != NULL ? ":" : "",
	    j->opt->source != NULL ? j->opt->source : "");
	j->file = (struct dp_file){ .load = &j->load,
		.source = source,
		.force = j->opt->force,
		.placed = j->batch_name != NULL };
	if (j->batch_name != NULL)
		rc = dp_batch_begin(&j->batch, &j->load, j->ledger, err);
	if (rc == 0)
		rc = open_rejects(j, err);
	if (rc == 0)
		rc = dp_files_each(j->app, argv, (size_t)argc,
		    j->opt->max_record, &ops, j, err);
	if (rc == 0 && j->batch_name != NULL)
		rc = dp_batch_end(&j->batch, &j->load,
		    attempt == NULL ? 1 : strtoull(attempt, NULL, 10), err);
	count(j);
	dp_file_fini(&j->file);
	return dp_rejects_close(j->rejects, rc == 0 ? err : &none) == -1 ? -1
									 : rc;
}

static int
with_types(struct job *j, const struct dp_catalog *catalog, int argc,
    char **argv, struct dp_err *err)
{
	static const int64_t units[] = { 0, 1, 1000, 1000000, 1000000000 };
	const struct options *o = j->opt;
	struct dp_sink_opts sink = o->sink;
	struct dp_buf ddl;
	int rc = -1;

	sink.catalog = o->schemas != NULL ? catalog : NULL;
	sink.time_unit = units[o->time_unit];
	sink.refused = refused;
	sink.sync = sync_rejects;
	sink.warn = warn;
	sink.arg = j;
	if (strcmp(sink.ledger, "none") == 0)
		sink.ledger = NULL;
	j->ledger = sink.ledger != NULL;
	if (o->print_ddl) {
		dp_buf_init(&ddl, 0);
		rc = dp_sink_ddl(argv[0], &sink, &ddl, err);
		(void)fwrite(ddl.data, 1, rc == 0 ? ddl.len : 0, stdout);
		dp_buf_fini(&ddl);
		return rc;
	}
	j->load = (struct dp_load){ .batch_records = o->batch_records,
		.batch_bytes = o->batch_bytes,
		.reject = reject,
		.arg = j };
	j->load.check = dp_check_new(catalog, err);
	if (j->load.check != NULL)
		j->load.sink = dp_sink_open(argv[0], &sink, err);
	if (j->load.sink != NULL)
		rc = o->common.check ? 0 : load(j, argc - 1, argv + 1, err);
	dp_sink_close(j->load.sink);
	dp_check_free(j->load.check);
	return rc;
}

static int
run(struct dp_app *app, void *arg, int argc, char **argv, struct dp_err *err)
{
	const struct options *opt = arg;
	const struct dp_catalog_opts c = { .type_key = opt->sink.type_key };
	struct job j = { .app = app, .opt = opt };
	struct dp_catalog *catalog;
	int rc;

	if (argc == 0)
		return dp_err_set(err, DP_USAGE, "want a DATABASE");
	j.batch_name = getenv("DP_BATCH");
	if (j.batch_name != NULL &&
	    dp_batch_parse(&j.batch, j.batch_name, err) == -1)
		return -1;
	catalog = dp_catalog_open(opt->schemas, &c, err);
	rc = catalog == NULL ? -1 : with_types(&j, catalog, argc, argv, err);
	dp_catalog_free(catalog);
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
