/* dp-enqueue: puts lines into a queue; exit 0 means they are stored. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/input.h"
#include "app/output.h"
#include "app/reject.h"
#include "base/buf.h"
#include "base/stop.h"
#include "base/tag.h"
#include "base/time.h"
#include "json/scan.h"
#include "queue/feed.h"
#include "queue/queue.h"
#include "queue/receipt.h"

#define TAG_ROOM 32 /* bytes that the chain puts in front of an event */
#define NAP_MS 100

struct options {
	struct dp_common common; /* must be first */
	uint64_t batch_bytes, batch_records, segment_bytes;
	uint64_t max_bytes, min_free, max_record, linger_ms, wait_ms;
	const char *rejects;
	bool create, tag, tee, unsafe_fs;
};

#define AT(field) offsetof(struct options, field)
static const struct dp_opt opts[] = {
	{ 0, "batch-bytes", DP_OPT_SIZE, AT(batch_bytes), "SIZE", "1m",
	    "bytes of a commit at most" },
	{ 0, "batch-records", DP_OPT_COUNT, AT(batch_records), "N", NULL,
	    "lines of a commit at most" },
	{ 0, "create", DP_OPT_FLAG, AT(create), NULL, NULL,
	    "make the schema dp_queue in a database" },
	{ 0, "linger", DP_OPT_TIME, AT(linger_ms), "TIME", NULL,
	    "wait that long for more lines before a commit" },
	{ 0, "max-bytes", DP_OPT_SIZE, AT(max_bytes), "SIZE", NULL,
	    "full when that much waits in the queue" },
	{ 0, "max-record", DP_OPT_SIZE, AT(max_record), "SIZE", "1m",
	    "reject lines that are longer" },
	{ 0, "min-free", DP_OPT_SIZE, AT(min_free), "SIZE", "8m",
	    "full when less than that is free on the disk" },
	{ 'r', "rejects", DP_OPT_TEXT, AT(rejects), "FILE", NULL,
	    "write what is not enqueued to FILE" },
	{ 0, "segment-bytes", DP_OPT_SIZE, AT(segment_bytes), "SIZE", "64m",
	    "size of the files of a spool that is created" },
	{ 0, "tag", DP_OPT_FLAG, AT(tag), NULL, NULL,
	    "be a stage of dp-httpd's chain: answer each line" },
	{ 0, "tee", DP_OPT_FLAG, AT(tee), NULL, NULL,
	    "pass lines on to stdout once they are stored" },
	{ 0, "unsafe-fs", DP_OPT_FLAG, AT(unsafe_fs), NULL, NULL,
	    "allow any file system" },
	{ 0, "wait", DP_OPT_TIME, AT(wait_ms), "TIME", NULL,
	    "wait that long for a full queue to have room" },
};

enum { READ, ENQUEUED, REJECTED, FAILED, BLANK };
static struct dp_count counts[] = {
	{ "read", DP_COUNT_IN, 0 },
	{ "enqueued", DP_COUNT_OUT, 0 },
	{ "rejected", DP_COUNT_OUT_TOLD, 0 },
	{ "unavailable", DP_COUNT_OUT_TOLD, 0 },
	{ "blank", DP_COUNT_INFO, 0 },
};

struct job {
	struct dp_app *app;
	const struct options *opt;
	struct dp_feed feed;
	struct dp_input *in;
	struct dp_output *out;
	struct dp_rejects *rejects;
	struct dp_receipts receipts;
	struct dp_buf held; /* for stdout, after the commit */
	const struct dp_block *block;
};

/* --wait: a full queue may get room. */
static int
store(struct job *j, struct dp_err *err)
{
	uint64_t until = dp_time_now_ms() + j->opt->wait_ms;

	for (;;) {
		int rc = dp_queue_sync(j->feed.q, err);

		if (rc == 0 || err->status != DP_TRYAGAIN ||
		    dp_time_now_ms() >= until || dp_stop_signal() != 0)
			return rc;
		dp_time_sleep_ms(NAP_MS);
		dp_app_progress(j->app);
	}
}

/* In a chain a fault is an answer: the process stays. */
static int
answer(struct job *j, const struct dp_err *fault, struct dp_err *err)
{
	struct dp_buf message;
	int rc;

	dp_buf_init(&message, 0);
	if (fault != NULL) {
		dp_reject_message(&message, "unavailable", NULL, 0, fault->msg,
		    strlen(fault->msg));
		dp_queue_drop(j->feed.q);
		dp_app_note(j->app, &(struct dp_place){ 0 }, "unavailable",
		    "%s", fault->msg);
	}
	rc = dp_receipts_take(&j->receipts,
	    fault == NULL ? NULL : dp_buf_text(&message), &j->held);
	dp_buf_fini(&message);
	return rc == -1 ? dp_err_nomem(err) : 0;
}

/* Stores the open batch, then passes on what waited for that. */
static int
commit(void *arg, struct dp_err *err)
{
	struct job *j = arg;
	struct dp_err fault = { 0 };
	int rc;

	if (j->rejects != NULL && dp_rejects_sync(j->rejects, err) == -1)
		return -1;
	rc = store(j, &fault);
	if (rc == -1 && !j->opt->tag) {
		*err = fault;
		return -1;
	}
	counts[rc == -1 ? FAILED : ENQUEUED].n += j->feed.lines;
	counts[READ].n += j->feed.lines;
	j->feed.lines = 0;
	if (j->opt->tag && answer(j, rc == -1 ? &fault : NULL, err) == -1)
		return -1;
	rc = dp_output_add(j->out, j->held.data, j->held.len, err);
	dp_buf_clear(&j->held);
	return rc == -1 ? -1 : dp_output_flush(j->out, err);
}

/* The input would block: the moment to commit, after --linger. */
static int
before_wait(void *arg, struct dp_err *err)
{
	struct job *j = arg;
	uint64_t now = dp_time_now_ms();

	if (j->feed.lines > 0 && j->feed.linger_ms > 0 &&
	    now < j->feed.deadline_ms &&
	    dp_stop_wait(STDIN_FILENO, (int)(j->feed.deadline_ms - now)) == 1)
		return 0;
	return commit(arg, err);
}

static int
reject(struct job *j, uint64_t line, const char *code, const char *why,
    const char *raw, size_t len, struct dp_err *err)
{
	const struct dp_block *b = j->block;
	struct dp_reject r = { .code = code,
		.detail = why,
		.detail_len = strlen(why),
		.source = b->file,
		.line = line,
		.attempt = 1,
		.raw = raw,
		.raw_len = len,
		.truncated = b->kind == DP_BLOCK_LONG,
		.bytes = b->long_bytes };
	struct dp_place at = { .file = b->file, .line = line };

	counts[READ].n++;
	counts[REJECTED].n++;
	dp_app_note(j->app, &at, code, "%s", why);
	/* Under dp-drain a reject that is kept is a line well settled. */
	if (j->rejects == NULL || getenv("DP_BATCH") == NULL)
		dp_app_rejected(j->app);
	return j->rejects == NULL ? 0 : dp_rejects_add(j->rejects, &r, err);
}

static int
odd_line(void *arg, uint64_t line, const char *data, size_t len,
    struct dp_err *err)
{
	struct job *j = arg;

	if (*data == '#')
		return reject(j, j->block->line + line, "malformed",
		    "a line that begins with # is not enqueued", data, len,
		    err);
	counts[BLANK].n++;
	return 0;
}

/* A writer that died leaves a cut line: only a complete value is one. */
static int
take_tail(struct job *j, const struct dp_block *b, struct dp_err *err)
{
	const struct dp_scan_opts lax = { .nul_passes = true,
		.dup_passes = true };
	struct dp_err bad = { 0 };
	size_t at;

	if (*b->data == '#' || dp_feed_is_blank(b->data, b->len))
		return odd_line(j, 0, b->data, b->len, err);
	if (dp_scan_line(b->data, b->len, &lax, NULL, &at) == DP_SCAN_OK)
		return dp_feed_one(&j->feed, b->data, b->len + 1, err);
	(void)dp_err_set(&bad, DP_DATA,
	    "%s: the last line is not enqueued: it may be cut", b->file);
	dp_app_error(j->app, &bad);
	return reject(j, b->line, "incomplete",
	    "no newline at its end, and no complete JSON value", b->data,
	    b->len, err);
}

/* Lines of a chain: each is answered. */
static int
take_tagged(struct job *j, const struct dp_block *b, struct dp_err *err)
{
	const char *p = b->data, *const end = p + b->len;
	uint64_t lines = 0;
	int code = 6;

	if (b->kind == DP_BLOCK_LONG)
		lines = 1;
	if (b->kind == DP_BLOCK_LONG &&
	    dp_receipts_long(&j->receipts, p, b->len, err) == -1)
		return -1;
	for (; b->kind == DP_BLOCK_LINES && p < end; lines++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (dp_receipts_line(&j->receipts, &j->feed, p,
			(size_t)(nl - p), &code, err) == -1)
			return -1;
		counts[READ].n += code != 0;
		counts[REJECTED].n += code != 0;
		p = nl + 1;
	}
	dp_input_count(j->in, lines);
	/* A line that the chain's end cut is nobody's. */
	return 0;
}

static int
take_block(void *arg, const struct dp_block *b, struct dp_err *err)
{
	struct job *j = arg;
	uint64_t lines = 1;
	int rc;

	j->block = b;
	if (j->opt->tag)
		return take_tagged(j, b, err);
	if (b->kind == DP_BLOCK_TAIL)
		rc = take_tail(j, b, err);
	else if (b->kind == DP_BLOCK_LONG)
		rc = reject(j, b->line, "too-long", "longer than --max-record",
		    b->data, b->len, err);
	else
		rc = dp_feed_lines(&j->feed, b->data, b->len, &lines, err);
	dp_input_count(j->in, lines);
	return rc;
}

static int
enqueue(struct job *j, char *const *files, size_t n, struct dp_err *err)
{
	const struct dp_input_opts in = { .max_record = j->opt->max_record +
		    (j->opt->tag ? TAG_ROOM : 0),
		.before_wait = before_wait,
		.arg = j };
	struct dp_err none = { 0 };
	int rc;

	j->in = dp_input_new(files, n, &in, err);
	j->out = dp_output_new(STDOUT_FILENO, "standard output", err);
	if (j->opt->rejects != NULL)
		j->rejects = dp_rejects_open(j->opt->rejects,
		    getenv("DP_BATCH") == NULL ? DP_REJECTS_APPEND
					       : DP_REJECTS_EMPTY,
		    err);
	rc = j->in == NULL || j->out == NULL ||
		(j->opt->rejects != NULL && j->rejects == NULL)
	    ? -1
	    : dp_app_each_block(j->app, j->in, take_block, j, err);
	if (rc == 0)
		rc = commit(j, err);
	dp_input_free(j->in);
	if (dp_output_close(j->out, rc == 0 ? err : &none) == -1 ||
	    dp_rejects_close(j->rejects, rc == 0 ? err : &none) == -1)
		rc = -1;
	return rc;
}

static int
run(struct dp_app *app, void *arg, int argc, char **argv, struct dp_err *err)
{
	const struct options *opt = arg;
	const struct dp_queue_opts q = { .segment_bytes = opt->segment_bytes,
		.batch_bytes = opt->batch_bytes,
		.max_bytes = opt->max_bytes,
		.min_free = opt->min_free,
		.unsafe_fs = opt->unsafe_fs,
		.create = opt->create };
	struct job j = { .app = app, .opt = opt };
	int rc;

	if (argc == 0)
		return dp_err_set(err, DP_USAGE, "want a QUEUE");
	if (opt->tag && (opt->tee || argc > 1))
		return dp_err_set(err, DP_USAGE,
		    "--tag reads stdin alone, and not with --tee");
	if (opt->tag)
		dp_stop_ignore();
	dp_receipts_init(&j.receipts);
	dp_buf_init(&j.held, 0);
	j.feed = (struct dp_feed){ .copy = opt->tee ? &j.held : NULL,
		.batch_records = opt->batch_records,
		.linger_ms = opt->linger_ms,
		.arg = &j,
		.commit = commit,
		.odd = odd_line };
	j.feed.q = dp_queue_open(argv[0], DP_QUEUE_PRODUCE, &q, err);
	if (j.feed.q == NULL)
		return -1;
	rc = opt->common.check ? dp_queue_check(j.feed.q, err)
			       : enqueue(&j, argv + 1, (size_t)argc - 1, err);
	dp_queue_close(j.feed.q);
	dp_receipts_fini(&j.receipts);
	dp_buf_fini(&j.held);
	return rc;
}

static const struct dp_cmd cmd = {
	.name = "dp-enqueue",
	.operands = "QUEUE [FILE ...]",
	.summary = "put lines into a queue; exit 0 means they are stored",
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
