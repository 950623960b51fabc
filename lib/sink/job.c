#include "sink/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "schema/catalog.h"
#include "schema/check.h"

int
dp_job_types(struct dp_job *j, const char *path, struct dp_err *err)
{
	const struct dp_catalog_opts c = { .type_key = j->opts.type_key,
		.lax = true };

	j->catalog = dp_catalog_open(path, &c, err);
	if (j->catalog == NULL)
		return -1;
	j->opts.catalog = path != NULL ? j->catalog : NULL;
	if (j->swap || strcmp(j->opts.ledger, "none") == 0)
		j->opts.ledger = NULL;
	dp_load_listen(&j->load, &j->opts);
	return 0;
}

int
dp_job_open(struct dp_job *j, const char *url, struct dp_err *err)
{
	j->load.check = dp_check_new(j->catalog, err);
	if (j->load.check != NULL)
		j->load.sink = dp_sink_open(url, &j->opts, err);
	return j->load.sink == NULL ? -1 : 0;
}

int
dp_job_begin(struct dp_job *j, struct dp_err *err)
{
	dp_file_source(j->label, j->source);
	j->file = (struct dp_file){ .sink = j->load.sink,
		.load = &j->load,
		.source = j->source,
		.force = j->force,
		.placed = j->batch_name != NULL };
	if (j->swap) {
		j->load.whole = true;
		return dp_sink_clear(j->load.sink, err);
	}
	if (j->batch_name == NULL)
		return 0;
	j->name = j->batch_name;
	if (dp_batch_parse(&j->batch, j->batch_name, err) == -1)
		return -1;
	return dp_batch_begin(&j->batch, &j->load, j->opts.ledger != NULL, err);
}

/* All of it, or nothing: what is there stays then. */
static int
swap(struct dp_job *j, struct dp_err *err)
{
	const struct dp_load_counts all = dp_load_total(&j->load);

	if (j->files_young > 0)
		return dp_err_set(err, DP_TRYAGAIN,
		    "--swap: a file was written to since --settle: "
		    "nothing was stored");
	if (j->incomplete > 0)
		return dp_err_set(err, DP_TRYAGAIN,
		    "--swap: the last line of a file may be cut: nothing was "
		    "stored");
	if (all.loaded + all.updated == 0)
		return dp_err_set(err, DP_DATA,
		    "--swap: there is no row: the tables stay as they are");
	return dp_load_commit(&j->load, err);
}

int
dp_job_end(struct dp_job *j, const char *attempt, struct dp_err *err)
{
	if (j->swap)
		return swap(j, err);
	if (j->batch_name == NULL)
		return 0;
	return dp_batch_end(&j->batch, &j->load,
	    attempt == NULL ? 1 : strtoull(attempt, NULL, 10), err);
}

void
dp_job_counts(const struct dp_job *j, uint64_t n[DP_JOB_COUNTS])
{
	const struct dp_load_counts *d = &j->load.done;
	const uint64_t all[DP_JOB_COUNTS] = { d->read, d->loaded, d->updated,
		d->ignored, d->rejected, d->known, d->blank, d->replaced,
		j->files_known, j->files_young, j->incomplete };

	memcpy(n, all, sizeof all);
}

void
dp_job_close(struct dp_job *j)
{
	dp_sink_close(j->load.sink);
	dp_check_free(j->load.check);
	j->load.sink = NULL;
	j->load.check = NULL;
}

void
dp_job_fini(struct dp_job *j)
{
	dp_file_fini(&j->file);
	dp_load_fini(&j->load);
	dp_job_close(j);
	dp_catalog_free(j->catalog);
}

static int
begin(void *arg, const char *name, const char *inode, bool again,
    struct dp_err *err)
{
	struct dp_job *j = arg;

	if (j->batch_name == NULL)
		j->name = name;
	j->file.streams = *inode == '\0';
	/* What has neither an inode nor a label cannot be known again. */
	j->file.ledger =
	    j->opts.ledger != NULL && (*inode != '\0' || j->label != NULL);
	return dp_file_begin(&j->file, name, inode, again, err);
}

static int
block(void *arg, const struct dp_block *b, uint64_t *lines, struct dp_err *err)
{
	struct dp_job *j = arg;
	const enum dp_file_next next = dp_file_take(&j->file, b, lines, err);

	j->batch.lines += *lines;
	j->progress(j->arg);
	return (int)next;
}

static int
end(void *arg, bool whole, struct dp_err *err)
{
	struct dp_job *j = arg;
	const struct dp_mark *m = &j->file.mark;
	enum dp_file_next next;
	char text[160];
	bool known = false;

	if (j->batch_name != NULL)
		return 0;
	if (j->swap && !whole)
		return dp_err_set(err, DP_DATA,
		    "--swap: %s was not read to its end: the tables stay as "
		    "they are",
		    j->name);
	next = dp_file_end(&j->file, whole, &known, err);
	if (next != DP_FILE_MORE)
		return (int)next;
	(void)snprintf(text, sizeof text,
	    "known: loaded %s, %ju rows, %ju rejected", m->updated_at,
	    (uintmax_t)m->rows, (uintmax_t)m->rejected);
	if (known)
		j->tell(j->arg, NULL, text);
	if (j->file.incomplete)
		j->tell(j->arg, "incomplete",
		    "the last line may be cut: left for the next run");
	j->files_known += known;
	j->incomplete += j->file.incomplete;
	return 0;
}

/* The input would block: what is there is stored. */
static int
before_wait(void *arg, struct dp_err *err)
{
	struct dp_job *j = arg;

	return j->load.whole ? 0 : dp_load_commit(&j->load, err);
}

static void
passed(void *arg, const char *data, size_t len)
{
	dp_file_pass(&((struct dp_job *)arg)->file, data, len);
}

static void
young(void *arg, const char *name)
{
	struct dp_job *j = arg;

	j->name = name;
	j->tell(j->arg, NULL, "passed over: written to since --settle");
	j->files_young++;
}

const struct dp_files_ops dp_job_files = { begin, block, end, before_wait,
	young, passed };
