/*
 * job: what dp-load does with its input, a batch of a queue or files.
 *
 * Joins batch, file and load to the operations that the loop over files
 * (base/block.h) wants.
 */
#ifndef DP_SINK_JOB_H
#define DP_SINK_JOB_H

#include "base/block.h"
#include "sink/batch.h"
#include "sink/file.h"
#include "sink/load.h"

struct dp_job {
	struct dp_load load;
	const char *batch_name; /* DP_BATCH, or NULL: files */
	struct dp_sink_opts opts;
	const char *label; /* --source, or NULL */
	bool force;
	bool swap; /* the files are the tables' whole content */

	/* A fact about the input at hand; code may be NULL. */
	void (*tell)(void *arg, const char *code, const char *text);
	void (*progress)(void *arg); /* the counts have changed */
	void *arg;

	struct dp_catalog *catalog;
	struct dp_batch batch;
	struct dp_file file;
	const char *name; /* of the input at hand, or of the batch */
	uint64_t files_known, files_young, incomplete;
	char source[DP_MARK_SOURCE];
};

/* arg is the job. */
extern const struct dp_files_ops dp_job_files;

/* Lines read, loaded, updated, ignored, rejected, known, blank and with a
 * U+0000 replaced, files known and files that are too young, and lines that were incomplete. */
#define DP_JOB_COUNTS 11
void dp_job_counts(const struct dp_job *j, uint64_t n[DP_JOB_COUNTS]);

/*
 * Completes the options: the schemas (path may be NULL), whether there is a
 * ledger, and what the load hears of its rows.  dp_job_fini() comes last,
 * whatever fails.
 */
int dp_job_types(struct dp_job *j, const char *path, struct dp_err *err);

/* Opens the check and the sink of the load. */
int dp_job_open(struct dp_job *j, const char *url, struct dp_err *err);

/* Closes them, before they are opened again elsewhere. */
void dp_job_close(struct dp_job *j);

/* Before and after the loop over files.  attempt: DP_ATTEMPT or NULL. */
int dp_job_begin(struct dp_job *j, struct dp_err *err);
int dp_job_end(struct dp_job *j, const char *attempt, struct dp_err *err);
void dp_job_fini(struct dp_job *j);

#endif
