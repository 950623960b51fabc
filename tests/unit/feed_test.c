/* Lines into batches, and the receipts of a tagged chain. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "queue/feed.h"
#include "queue/queue.h"
#include "queue/receipt.h"
#include "tap.h"

static char folder[] = "/tmp/dp-feed.XXXXXX";

/* What a program does around a feed. */
struct job {
	struct dp_feed feed;
	struct dp_buf log; /* "c3 " for a commit of 3 lines, "#2 " for odd */
};

static int
commit(void *arg, struct dp_err *err)
{
	struct job *j = arg;

	(void)dp_buf_addf(&j->log, "c%ju ", (uintmax_t)j->feed.lines);
	j->feed.lines = 0;
	return dp_queue_sync(j->feed.q, err);
}

static int
odd(void *arg, uint64_t line, const char *data, size_t len, struct dp_err *err)
{
	struct job *j = arg;

	(void)err;
	(void)dp_buf_addf(&j->log, "%c%ju ", len > 0 ? *data : '-',
	    (uintmax_t)line);
	return 0;
}

static void
begin(struct job *j, const char *name, uint64_t bytes, uint64_t records)
{
	const struct dp_queue_opts opts = { .unsafe_fs = true,
		.batch_bytes = bytes };
	struct dp_err err = { 0 };
	char path[128];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	memset(j, 0, sizeof *j);
	dp_buf_init(&j->log, 0);
	j->feed = (struct dp_feed){ .batch_records = records,
		.at_once = true,
		.arg = j,
		.commit = commit,
		.odd = odd };
	j->feed.q = dp_queue_open(path, DP_QUEUE_PRODUCE, &opts, &err);
	if (j->feed.q == NULL) {
		(void)printf("# %s\n", err.msg);
		exit(1);
	}
}

static void
end(struct job *j)
{
	dp_queue_close(j->feed.q);
	dp_buf_fini(&j->log);
}

/* Feeds text, commits the rest, and compares what happened. */
static void
test_one(const char *name, const char *text, uint64_t bytes, uint64_t records,
    uint64_t want_lines, const char *want)
{
	struct dp_err err = { 0 };
	uint64_t lines = 0;
	struct job j;

	begin(&j, name, bytes, records);
	OK(dp_feed_lines(&j.feed, text, strlen(text), &lines, &err) == 0 &&
		lines == want_lines,
	    "%s: all lines are seen", name);
	(void)commit(&j, &err);
	OK(strcmp(dp_buf_text(&j.log), want) == 0, "%s: %s", name, want);
	if (strcmp(dp_buf_text(&j.log), want) != 0)
		(void)printf("# got %s\n", dp_buf_text(&j.log));
	end(&j);
}

/* Batches that nobody waits for share a commit, which covers them all. */
static void
test_shared(void)
{
	struct dp_err err = { 0 };
	uint64_t lines = 0;
	struct job j;

	begin(&j, "shared", 4, 0);
	j.feed.at_once = false;
	OK(dp_feed_lines(&j.feed, "1\n2\n3\n4\n5\n", 10, &lines, &err) == 0 &&
		lines == 5 && j.log.len == 0,
	    "full batches are no commits");
	OK(j.feed.written == 4 && j.feed.lines == 1,
	    "two of them are on their way, and the third is open");
	OK(dp_feed_store(&j.feed, &err) == 0 && dp_feed_settled(&j.feed) == 5,
	    "a store covers them all");
	OK(dp_feed_settled(&j.feed) == 0, "and is counted once");
	end(&j);
}

static void
test_receipts(void)
{
	static const char text[] = "1\t0\t{}\n"
				   "2\t5\t{\"code\":\"type\"}\n"
				   "3\t0\t \n"
				   "4\t0\t#x\n"
				   "5\t0\t[1]\n";
	struct dp_err err = { 0 };
	uint64_t lines, refused;
	struct dp_receipts r;
	struct dp_buf out;
	struct job j;

	begin(&j, "receipts", 0, 0);
	dp_receipts_init(&r);
	dp_buf_init(&out, 0);
	OK(dp_receipts_lines(&r, &j.feed, text, sizeof text - 1, &lines,
	       &refused, &err) == 0 &&
		lines == 5 && refused == 2 && r.stored == 2,
	    "good verdicts wait for the commit; an empty one is a probe");
	OK(j.feed.lines == 2, "good events are in the batch");
	OK(dp_receipts_take(&r, NULL, &out) == 0 &&
		strcmp(dp_buf_text(&out),
		    "1\t0\n"
		    "2\t5\t{\"code\":\"type\"}\n"
		    "3\t2\t{\"code\":\"empty\"}\n"
		    "4\t3\t{\"code\":\"malformed\",\"detail\":"
		    "\"begins with #\"}\n"
		    "5\t0\n") == 0,
	    "each line has its receipt, in order");
	dp_buf_clear(&out);
	(void)dp_receipts_lines(&r, &j.feed, text, sizeof text - 1, &lines,
	    &refused, &err);
	OK(dp_receipts_take(&r, "{}", &out) == 0 &&
		strncmp(dp_buf_text(&out), "1\t100\t{}\n2\t5\t", 13) == 0,
	    "what could not be stored is 100, what was refused stays so");
	dp_buf_clear(&out);
	OK(dp_receipts_take(&r, NULL, &out) == 0 && out.len == 0,
	    "and they are given once");
	OK(dp_receipts_lines(&r, &j.feed, "{\"a\":1}\n", 8, &lines, &refused,
	       &err) == -1 &&
		err.status == DP_DATA && lines == 0,
	    "a line without a tag is no line of a chain");
	OK(dp_receipts_long(&r, "9\t0\tx", 5, &err) == 0 &&
		dp_receipts_take(&r, NULL, &out) == 0 &&
		strcmp(dp_buf_text(&out), "9\t6\t{\"code\":\"too-long\"}\n") ==
		    0,
	    "one that is too long is 6");
	dp_receipts_fini(&r);
	dp_buf_fini(&out);
	end(&j);
}

int
main(void)
{
	char command[64];

	if (mkdtemp(folder) == NULL)
		return 1;
	test_one("plain", "1\n2\n3\n", 0, 0, 3, "c3 ");
	test_one("records", "1\n2\n3\n4\n5\n", 0, 2, 5, "c2 c2 c1 ");
	test_one("bytes", "1\n2\n3\n4\n5\n", 4, 0, 5, "c2 c2 c1 ");
	test_one("alone", "1\n333333333\n2\n", 4, 0, 3, "c1 c1 c1 ");
	test_one("odd", "1\n\n2\n# a\n \t\r\n3\n", 0, 0, 6, "-1 #3  4 c3 ");
	test_one("odd-full", "1\n2\n#\n3\n4\n\n", 4, 0, 6, "#2 c2 -5 c2 ");
	test_one("high", "\xc3\xa4\n\x80\n", 0, 0, 2, "c2 ");
	OK(dp_feed_is_blank(" \t\r", 3) && !dp_feed_is_blank("\v", 1),
	    "blank is space, TAB and CR");
	test_shared();
	test_receipts();
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	if (system(command) != 0)
		(void)printf("# %s stays\n", folder);
	return tap_done();
}
