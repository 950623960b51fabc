#include "app/filter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/crew.h"
#include "app/found.h"
#include "app/input.h"
#include "app/output.h"
#include "app/part.h"
#include "base/stop.h"

#define TAG_ROOM 32        /* bytes that the chain puts before an event */
#define RAW_GROWS 6        /* a byte of a line in a reject, at most */
#define REJECT_ROOM 262144 /* what a reject says beside its line */
#define RUNS_MAX 512       /* pieces of one write */
#define ENOUGH 1000        /* records before --max-rejects=P% may stop */

struct job {
	const struct dp_filter *f;
	struct dp_sift_opts how;
	struct dp_sift *sift;
	struct dp_part part;
	struct dp_crew *crew; /* NULL: one job */
	struct dp_input *in;
	struct dp_output *out;
	struct dp_rejects *rejects;
	struct iovec runs[RUNS_MAX]; /* what passes of the part at hand */
	int nruns;
	const struct dp_block *block; /* being told, and the number of */
	uint64_t line, file_no;       /* the first line of its part */
	bool in_batch;                /* of dp-drain */
	bool loses;                   /* the rest of a line that is too long */
	bool cut;                     /* a block was not told to its end */
	bool failed;                  /* and told, while input was waited for */
};

static struct dp_count *
count(const struct job *j, enum dp_filter_count c)
{
	return &j->f->counts[c];
}

/* all: the records that the rejects are a share of. */
static int
too_many(const struct job *j, uint64_t all, struct dp_err *err)
{
	const struct dp_opt_share *s = j->f->max_rejects;
	const uint64_t bad = count(j, DP_FILTER_REJECTED)->n;

	if (!dp_opt_share_over(s, bad, all))
		return 0;
	return dp_err_set(err, DP_DATA,
	    "%ju of %ju records rejected, more than --max-rejects=%ju%s",
	    (uintmax_t)bad, (uintmax_t)count(j, DP_FILTER_READ)->n,
	    (uintmax_t)s->n, s->percent ? "%" : "");
}

/* A fault of the record of r. */
static void
tell_fault(const struct job *j, const struct dp_reject *r,
    const struct dp_reject *fault)
{
	const struct dp_place at = { .file = r->source,
		.line = r->line,
		.column = fault->column,
		.pointer = fault->pointer,
		.pointer_len = fault->pointer_len };

	dp_app_note_text(j->f->app, &at, fault->code, fault->detail,
	    fault->detail_len);
}

static void
tell_rest(const struct job *j, const struct dp_reject *r)
{
	static const char more[] = "there are more faults than are told";
	const struct dp_reject rest = { .code = r->code,
		.detail = more,
		.detail_len = sizeof more - 1 };

	tell_fault(j, r, &rest);
}

static void
tell_faults(const struct job *j, const struct dp_reject *r)
{
	size_t i;

	for (i = 0; i < r->nall; i++)
		tell_fault(j, r, &r->all[i]);
	if (r->nall == 0)
		tell_fault(j, r, r);
	if (r->cut)
		tell_rest(j, r);
}

/* Tells of a record that is rejected, and keeps it. */
static int
tell_bad(struct job *j, const struct dp_event *e, struct dp_reject *r,
    struct dp_err *err)
{
	const struct dp_filter *f = j->f;
	uint64_t all = count(j, DP_FILTER_READ)->n;

	tell_faults(j, r);
	/* Under dp-drain a reject that is kept is a line well settled. */
	if (j->rejects == NULL || !j->in_batch)
		dp_app_rejected(f->app);
	j->loses = j->loses || (j->in_batch && r->truncated);
	if (f->found != NULL)
		dp_found_bad(f->found, e->row, r);
	if (j->rejects != NULL && dp_rejects_add(j->rejects, r, err) == -1)
		return -1;
	if (f->max_rejects->percent && all < ENOUGH)
		all = ENOUGH;
	return too_many(j, all, err);
}

static int
take_bad(struct job *j, const struct dp_part *part, const struct dp_event *e,
    struct dp_err *err)
{
	struct dp_reject *r = dp_part_bad(part, e);

	count(j, DP_FILTER_READ)->n++;
	count(j, DP_FILTER_REJECTED)->n++;
	/* The one who asked has been answered. */
	if (j->how.tag)
		return 0;
	r->source = e->file != NULL ? e->file : j->block->file;
	r->line = e->line > 0 ? e->line : j->line + e->seq;
	r->attempt = e->attempt;
	r->raw = e->raw;
	r->raw_len = e->raw_len;
	r->truncated = e->bytes > 0;
	r->bytes = e->bytes;
	return tell_bad(j, e, r, err);
}

static void
take_good(struct job *j, const struct dp_event *e)
{
	count(j, DP_FILTER_READ)->n += e->n;
	count(j, DP_FILTER_PASSED)->n += e->n;
	if (e->lines > 0)
		count(j, DP_FILTER_WRITTEN)->n += e->lines;
	if (j->f->found != NULL)
		dp_found_good(j->f->found, e->row,
		    e->file != NULL ? e->file : j->block->file,
		    e->line > 0 ? e->line : j->line + e->seq, e->raw_len);
}

/* What passes lies in the block or the part: it goes out before they do. */
static int
send_runs(struct job *j, struct dp_err *err)
{
	const int n = j->nruns;

	j->nruns = 0;
	return n == 0 ? 0 : dp_output_addv(j->out, j->runs, n, err);
}

static int
add_run(struct job *j, const struct dp_event *e, struct dp_err *err)
{
	struct iovec *last = &j->runs[j->nruns - (j->nruns > 0)];

	if (e->len == 0 || j->f->look)
		return 0;
	if (j->nruns > 0 && (char *)last->iov_base + last->iov_len == e->text) {
		last->iov_len += e->len;
		return 0;
	}
	if (j->nruns == RUNS_MAX && send_runs(j, err) == -1)
		return -1;
	j->runs[j->nruns++] =
	    (struct iovec){ (void *)(uintptr_t)e->text, e->len };
	return 0;
}

static int
take_event(struct job *j, const struct dp_part *part, const struct dp_event *e,
    struct dp_err *err)
{
	if (add_run(j, e, err) == -1)
		return -1;
	switch (e->kind) {
	case DP_EVENT_GOOD:
		take_good(j, e);
		return 0;
	case DP_EVENT_BAD:
		return take_bad(j, part, e, err);
	case DP_EVENT_DROPPED:
		count(j, DP_FILTER_READ)->n++;
		count(j, DP_FILTER_DROPPED)->n++;
		return 0;
	case DP_EVENT_BLANK:
		if (!j->how.tag)
			count(j, DP_FILTER_BLANK)->n++;
		return 0;
	case DP_EVENT_PENDING:
	default:
		return dp_err_set(err, DP_FAILED, "a record is undecided");
	}
}

/* Counts, tells and passes on what a part holds, in its order. */
static int
take_part(struct job *j, struct dp_part *part, struct dp_err *err)
{
	const struct dp_event *const events = dp_part_event(part, 0);
	const size_t n = dp_part_count(part);
	struct dp_err none = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++)
		rc = take_event(j, part, &events[i], err);
	if (rc == 0 && part->failed) {
		*err = part->err;
		if (part->fault_line > 0)
			dp_err_context(err, "%s:%ju", j->block->file,
			    (uintmax_t)(j->line + part->fault_line - 1));
		rc = -1;
	}
	j->line += part->lines;
	/* What passed before the run ends has passed. */
	return send_runs(j, rc == 0 ? err : &none) == -1 ? -1 : rc;
}

/* A block of which the first part is there, to its end. */
static int
take_rest(struct job *j, const struct dp_block *b, struct dp_part *part,
    struct dp_err *err)
{
	uint64_t first;
	int rc;

	if (j->file_no != b->file_no)
		j->line = 1;
	j->file_no = b->file_no;
	j->block = b;
	first = j->line;
	for (;;) {
		rc = take_part(j, part, err);
		if (rc == -1 || part->whole || dp_stop_signal() != 0)
			break;
		dp_part_clear(part);
		dp_sift_block(j->sift, b, part);
	}
	j->cut = !part->whole;
	if (dp_input_is_of(j->in, b))
		dp_input_count(j->in, j->line - first);
	return rc;
}

/* The oldest block of the crew.  0: there is none, or it is not done. */
static int
take_oldest(struct job *j, bool wait, struct dp_err *err)
{
	struct dp_crew_work *w = dp_crew_oldest(j->crew, wait);
	int rc = 0;

	if (w == NULL)
		return 0;
	/* Behind a block that was cut short nothing has been read. */
	if (!j->cut)
		rc = take_rest(j, &w->block, &w->part, err);
	dp_crew_pop(j->crew);
	return rc == -1 ? -1 : 1;
}

static int
hand_on(struct job *j, struct dp_block *b, struct dp_err *err)
{
	struct dp_crew_work *w;
	int rc;

	while ((w = dp_crew_take(j->crew)) == NULL)
		if (take_oldest(j, true, err) == -1)
			return -1;
	if (dp_input_swap(j->in, b, &w->buf, &w->cap, err) == -1)
		return -1;
	w->block = *b;
	dp_crew_push(j->crew);
	while ((rc = take_oldest(j, false, err)) == 1)
		;
	return rc;
}

static int
take_block(void *arg, const struct dp_block *b, struct dp_err *err)
{
	struct job *j = arg;
	struct dp_block own = *b;

	if (j->crew != NULL)
		return hand_on(j, &own, err);
	dp_part_begin(&j->part);
	dp_sift_block(j->sift, b, &j->part);
	return take_rest(j, b, &j->part, err);
}

/* What is done goes on its way before the input is waited for. */
static int
before_wait(void *arg, struct dp_err *err)
{
	struct job *j = arg;
	int rc = j->crew == NULL ? 0 : take_oldest(j, true, err);

	if (rc == 0 && j->rejects != NULL)
		rc = dp_rejects_flush(j->rejects, err);
	if (rc == 0)
		rc = dp_output_flush(j->out, err);
	j->failed = j->failed || rc == -1;
	return rc;
}

static unsigned
jobs_of(const struct dp_filter *f)
{
	const long n =
	    f->jobs == DP_FILTER_EACH ? sysconf(_SC_NPROCESSORS_ONLN) : f->jobs;

	return n < 1 ? 1 : n > DP_FILTER_JOBS ? DP_FILTER_JOBS : (unsigned)n;
}

static int
open_job(struct job *j, char *const *paths, size_t n, struct dp_err *err)
{
	const struct dp_filter *f = j->f;
	const unsigned jobs = jobs_of(f);
	struct dp_input_opts in = { .max_record = f->sift.max_record,
		.before_wait = before_wait,
		.arg = j };

	j->in_batch = getenv("DP_BATCH") != NULL;
	if (j->how.tag)
		in.max_record += TAG_ROOM;
	if (j->how.from_rejects)
		in.max_record = in.max_record * RAW_GROWS + REJECT_ROOM;
	j->in = dp_input_new(paths, n, &in, err);
	if (j->in == NULL)
		return -1;
	j->out = dp_output_new(STDOUT_FILENO, "standard output", err);
	if (j->out == NULL)
		return -1;
	j->sift = dp_sift_new(&j->how, err);
	if (j->sift == NULL)
		return -1;
	if (jobs > 1) {
		j->crew = dp_crew_new(&j->how, jobs, err);
		if (j->crew == NULL)
			return -1;
	}
	if (f->rejects == NULL)
		return 0;
	j->rejects = dp_rejects_open(f->rejects,
	    j->in_batch ? DP_REJECTS_ATTEMPT : DP_REJECTS_APPEND, err);
	return j->rejects == NULL ? -1 : 0;
}

static int
run(struct job *j, struct dp_err *err)
{
	int rc = dp_app_each_block(j->f->app, j->in, take_block, j, err);

	/* What has failed there has been told. */
	if (rc == -1 || j->failed)
		return -1;
	while (j->crew != NULL && (rc = take_oldest(j, true, err)) == 1)
		;
	return rc == -1 ? -1 : too_many(j, count(j, DP_FILTER_READ)->n, err);
}

int
dp_filter_files(const struct dp_filter *filter, char *const *paths, size_t n,
    struct dp_err *err)
{
	struct job j = { .f = filter,
		.how = filter->sift,
		.file_no = UINT64_MAX };
	struct dp_err none = { 0 };
	int rc;

	j.how.each = filter->found != NULL;
	rc = open_job(&j, paths, n, err);
	if (rc == 0)
		rc = run(&j, err);
	/* Told at the end: nobody sees a filter die in a pipeline. */
	if (rc == 0 && j.loses)
		rc = dp_err_set(err, DP_CONFIG,
		    "a line of the batch is longer than --max-record, and "
		    "would be lost");
	/* dp-drain takes the lines for settled. */
	if (rc == 0 && j.in_batch)
		rc = dp_rejects_sync(j.rejects, err);
	/* Rejects first: what is passed on is known to be all there is. */
	if (j.rejects != NULL &&
	    dp_rejects_close(j.rejects, rc == 0 ? err : &none) == -1)
		rc = -1;
	if (dp_output_close(j.out, rc == 0 ? err : &none) == -1)
		rc = -1;
	dp_crew_free(j.crew);
	dp_sift_free(j.sift);
	dp_part_fini(&j.part);
	dp_input_free(j.in);
	return j.failed ? 0 : rc;
}
