/* dp-enqueue: puts lines into a queue; exit 0 means they are stored. */
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/intake.h"
#include "base/stop.h"
#include "queue/feed.h"
#include "queue/queue.h"
#include "queue/receipt.h"
#define TAG_ROOM 32 /* bytes that the chain puts in front of an event */

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
	const struct options *opt;
	struct dp_feed feed;
	struct dp_intake intake;
	struct dp_receipts receipts;
	struct dp_buf held; /* for stdout, after the commit */
};

static void
progress(void *arg)
{
	const struct job *j = arg;

	dp_app_progress(j->intake.app);
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
		dp_app_note(j->intake.app, &(struct dp_place){ 0 },
		    "unavailable", "%s", fault->msg);
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

	if (j->intake.rejects != NULL &&
	    dp_rejects_sync(j->intake.rejects, err) == -1)
		return -1;
	counts[READ].n += j->feed.lines + j->feed.written;
	rc = dp_feed_store(&j->feed, &fault);
	if (rc == -1 && !j->opt->tag) {
		*err = fault;
		return -1;
	}
	counts[rc == -1 ? FAILED : ENQUEUED].n += dp_feed_settled(&j->feed);
	if (j->opt->tag && answer(j, rc == -1 ? &fault : NULL, err) == -1)
		return -1;
	return dp_intake_pass(&j->intake, &j->held, err);
}

static int
odd_line(void *arg, uint64_t line, const char *data, size_t len,
    struct dp_err *err)
{
	struct job *j = arg;

	if (*data == '#')
		return dp_intake_reject(&j->intake,
		    j->intake.block->line + line, "malformed",
		    "a line that begins with # is not enqueued", data, len,
		    err);
	counts[BLANK].n++;
	return 0;
}

/* Lines of a chain: each is answered. */
static int
take_tagged(struct job *j, const struct dp_block *b, struct dp_err *err)
{
	uint64_t lines = 1, refused = 1;
	int rc = 0;

	if (b->kind == DP_BLOCK_LONG)
		rc = dp_receipts_long(&j->receipts, b->data, b->len, err);
	else if (b->kind == DP_BLOCK_LINES)
		rc = dp_receipts_lines(&j->receipts, &j->feed, b->data, b->len,
		    &lines, &refused, err);
	else
		return 0; /* a line that the chain's end cut is nobody's */
	counts[READ].n += refused;
	counts[REJECTED].n += refused;
	dp_input_count(j->intake.in, lines);
	return rc;
}

static int
take_block(void *arg, const struct dp_block *b, struct dp_err *err)
{
	struct job *j = arg;
	uint64_t lines = 1;
	int rc;

	if (j->opt->tag)
		return take_tagged(j, b, err);
	if (b->kind == DP_BLOCK_LINES)
		rc = dp_feed_lines(&j->feed, b->data, b->len, &lines, err);
	else if (b->kind == DP_BLOCK_TAIL &&
	    (*b->data == '#' || dp_feed_is_blank(b->data, b->len)))
		rc = odd_line(j, 0, b->data, b->len, err);
	else if ((rc = dp_intake_single(&j->intake, err)) == 1)
		rc = dp_feed_one(&j->feed, b->data, b->len + 1, err);
	dp_input_count(j->intake.in, lines);
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
	struct job j = { .opt = opt };
	int rc = -1;

	if (argc == 0 || (opt->tag && (opt->tee || argc > 1)))
		return dp_err_set(err, DP_USAGE,
		    argc == 0 ? "want a QUEUE" : "--tag: no FILE and no --tee");
	if (opt->tag)
		dp_stop_ignore();
	dp_receipts_init(&j.receipts);
	dp_buf_init(&j.held, 0);
	j.feed = (struct dp_feed){ .copy = opt->tee ? &j.held : NULL,
		.batch_records = opt->batch_records,
		.wait_ms = opt->wait_ms,
		.arg = &j,
		.at_once = opt->tag || opt->tee,
		.commit = commit,
		.odd = odd_line,
		.idle = progress };
	j.intake = (struct dp_intake){ .app = app,
		.rejects_path = opt->rejects,
		.max_record = opt->max_record + (opt->tag ? TAG_ROOM : 0),
		.linger_ms = opt->linger_ms,
		.read = &counts[READ],
		.rejected = &counts[REJECTED],
		.arg = &j,
		.take = take_block,
		.flush = commit,
		.finish = commit };
	j.feed.q = dp_queue_open(argv[0], DP_QUEUE_PRODUCE, &q, err);
	if (j.feed.q != NULL)
		rc = opt->common.check
		    ? dp_queue_check(j.feed.q, err)
		    : dp_intake_run(&j.intake, argv + 1, (size_t)argc - 1, err);
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
