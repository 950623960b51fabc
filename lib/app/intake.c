#include "app/intake.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "base/buf.h"
#include "base/err.h"
#include "json/scan.h"

static int
take(void *arg, const struct dp_block *b, struct dp_err *err)
{
	struct dp_intake *i = arg;

	i->block = b;
	return i->take(i->arg, b, err);
}

static int
flush(void *arg, struct dp_err *err)
{
	const struct dp_intake *i = arg;

	return i->flush(i->arg, err);
}

static int
open_all(struct dp_intake *i, char *const *files, size_t n, struct dp_err *err)
{
	const struct dp_input_opts opts = { .max_record = i->max_record,
		.linger_ms = i->linger_ms,
		.before_wait = flush,
		.arg = i };

	i->in = dp_input_new(files, n, &opts, err);
	if (i->in == NULL)
		return -1;
	i->out = dp_output_new(STDOUT_FILENO, "standard output", err);
	if (i->out == NULL)
		return -1;
	if (i->rejects_path == NULL)
		return 0;
	i->rejects = dp_rejects_open(i->rejects_path,
	    getenv("DP_BATCH") == NULL ? DP_REJECTS_APPEND : DP_REJECTS_ATTEMPT,
	    err);
	return i->rejects == NULL ? -1 : 0;
}

int
dp_intake_run(struct dp_intake *i, char *const *files, size_t n,
    struct dp_err *err)
{
	struct dp_err none = { 0 };
	int rc = open_all(i, files, n, err);

	if (rc == 0)
		rc = dp_app_each_block(i->app, i->in, take, i, err);
	if (rc == 0)
		rc = i->finish(i->arg, err);
	dp_input_free(i->in);
	if (dp_output_close(i->out, rc == 0 ? err : &none) == -1)
		rc = -1;
	if (dp_rejects_close(i->rejects, rc == 0 ? err : &none) == -1)
		rc = -1;
	return rc;
}

int
dp_intake_reject(struct dp_intake *i, uint64_t line, const char *code,
    const char *why, const char *raw, size_t len, struct dp_err *err)
{
	const struct dp_block *b = i->block;
	const struct dp_reject r = { .code = code,
		.detail = why,
		.detail_len = strlen(why),
		.source = b->file,
		.line = line,
		.attempt = 1,
		.raw = raw,
		.raw_len = len,
		.truncated = b->kind == DP_BLOCK_LONG,
		.bytes = b->long_bytes };

	i->read->n++;
	i->rejected->n++;
	if (i->rejects == NULL || getenv("DP_BATCH") == NULL)
		dp_app_rejected(i->app);
	return dp_app_reject(i->app, i->rejects, &r, err);
}

int
dp_intake_single(struct dp_intake *i, struct dp_err *err)
{
	const struct dp_scan_opts lax = { .nul_passes = true,
		.dup_passes = true };
	const struct dp_block *b = i->block;
	struct dp_err bad = { 0 };
	size_t at;

	if (b->kind == DP_BLOCK_LONG)
		return dp_intake_reject(i, b->line, "too-long",
		    "longer than --max-record", b->data, b->len, err);
	if (dp_scan_line(b->data, b->len, &lax, NULL, &at) == DP_SCAN_OK)
		return 1;
	(void)dp_err_set(&bad, DP_DATA,
	    "%s: the last line is not taken: it may be cut", b->file);
	dp_app_error(i->app, &bad);
	return dp_intake_reject(i, b->line, "incomplete",
	    "no newline at its end, and no complete JSON value", b->data,
	    b->len, err);
}

int
dp_intake_pass(struct dp_intake *i, struct dp_buf *held, struct dp_err *err)
{
	int rc = dp_output_add(i->out, held->data, held->len, err);

	dp_buf_clear(held);
	return rc == -1 ? -1 : dp_output_flush(i->out, err);
}
