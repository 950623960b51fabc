#include "app/filter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/found.h"
#include "app/input.h"
#include "app/output.h"
#include "base/buf.h"
#include "base/code.h"
#include "base/stop.h"
#include "base/tag.h"

#define TAG_ROOM 32       /* bytes that the chain puts before an event */
#define RAW_GROWS 6       /* a byte of a line in a reject, at most */
#define REJECT_ROOM 65536 /* what a reject says beside its line */
#define RUNS_MAX 512      /* of good lines, between rejects */
#define ENOUGH 1000       /* records before --max-rejects=P% may stop */

struct job {
	const struct dp_filter *f;
	struct dp_input *in;
	struct dp_output *out;
	struct dp_rejects *rejects;
	struct dp_replay *replay;
	struct dp_buf text;          /* a line of the chain */
	struct iovec runs[RUNS_MAX]; /* good lines of the block at hand */
	int nruns;
	bool in_batch; /* of dp-drain */
};

/* A line, and where it came from. */
struct line {
	const char *text;
	size_t len;
	const char *file;
	uint64_t number, attempt;
	uint64_t bytes; /* of a line of which text is the head; else 0 */
};

static int
pass(struct job *j, const char *text, size_t len, struct dp_err *err)
{
	return j->f->look ? 0 : dp_output_add(j->out, text, len, err);
}

/* all: the records that the rejects are a share of. */
static int
too_many(const struct job *j, uint64_t all, struct dp_err *err)
{
	const struct dp_opt_share *s = j->f->max_rejects;
	const uint64_t bad = j->f->counts[DP_FILTER_REJECTED].n;

	if (!dp_opt_share_over(s, bad, all))
		return 0;
	return dp_err_set(err, DP_DATA,
	    "%ju of %ju records rejected, more than --max-rejects=%ju%s",
	    (uintmax_t)bad, (uintmax_t)j->f->counts[DP_FILTER_READ].n,
	    (uintmax_t)s->n, s->percent ? "%" : "");
}

/* Tells of a line that is rejected, and keeps it. */
static int
reject(struct job *j, const struct line *l, struct dp_reject *r, size_t kind,
    struct dp_err *err)
{
	const struct dp_filter *f = j->f;
	const struct dp_place at = { .file = l->file,
		.line = l->number,
		.column = r->column,
		.pointer = r->pointer,
		.pointer_len = r->pointer_len };
	uint64_t all;

	r->source = l->file;
	r->line = l->number;
	r->attempt = l->attempt;
	r->raw = l->text;
	r->raw_len = l->len;
	r->truncated = l->bytes > 0;
	r->bytes = l->bytes;
	all = ++f->counts[DP_FILTER_READ].n;
	f->counts[DP_FILTER_REJECTED].n++;
	dp_app_note_text(f->app, &at, r->code, r->detail, r->detail_len);
	/* Under dp-drain a reject that is kept is a line well settled. */
	if (j->rejects == NULL || !j->in_batch)
		dp_app_rejected(f->app);
	if (f->found != NULL)
		dp_found_bad(f->found, kind, r);
	if (j->rejects != NULL && dp_rejects_add(j->rejects, r, err) == -1)
		return -1;
	if (f->max_rejects->percent && all < ENOUGH)
		all = ENOUGH;
	return too_many(j, all, err);
}

static struct dp_reject
reject_of(const char *code, const char *detail)
{
	return (struct dp_reject){ .code = code,
		.detail = detail,
		.detail_len = strlen(detail) };
}

static int
reject_bad(struct job *j, const struct line *l, struct dp_err *err)
{
	struct dp_reject r = { 0 };
	size_t kind = j->f->no_kind;

	if (j->f->ops->why(j->f->arg, l->text, l->len, &r, &kind, err) == -1)
		return -1;
	return reject(j, l, &r, kind, err);
}

static int
reject_long(struct job *j, const struct line *l, struct dp_err *err)
{
	struct dp_reject r = reject_of("too-long", "longer than --max-record");

	return reject(j, l, &r, j->f->no_kind, err);
}

static bool
is_blank(const char *p, size_t len)
{
	while (len > 0 && (*p == ' ' || *p == '\t' || *p == '\r')) {
		p++;
		len--;
	}
	return len == 0;
}

/* One line, its newline included. */
static int
take_line(struct job *j, const struct line *l, struct dp_err *err)
{
	const struct dp_filter *f = j->f;
	size_t kind = f->no_kind;

	if (is_blank(l->text, l->len)) {
		f->counts[DP_FILTER_BLANK].n++;
		return 0;
	}
	if (l->len > f->max_record)
		return reject_long(j, l, err);
	if (!f->ops->line(f->arg, l->text, l->len, &kind))
		return reject_bad(j, l, err);
	f->counts[DP_FILTER_READ].n++;
	f->counts[DP_FILTER_PASSED].n++;
	if (f->found != NULL)
		dp_found_good(f->found, kind, l->file, l->number, l->len);
	return pass(j, l->text, l->len + 1, err);
}

/* Runs lie in the input block: they go out before it does. */
static int
send_runs(struct job *j, struct dp_err *err)
{
	const int n = j->nruns;

	j->nruns = 0;
	return n == 0 ? 0 : dp_output_addv(j->out, j->runs, n, err);
}

static int
add_run(struct job *j, const char *p, const char *end, struct dp_err *err)
{
	if (p == end || j->f->look)
		return 0;
	if (j->nruns == RUNS_MAX && send_runs(j, err) == -1)
		return -1;
	j->runs[j->nruns++] =
	    (struct iovec){ (void *)(uintptr_t)p, (size_t)(end - p) };
	return 0;
}

/* A line that is blank or not good. */
static int
take_bad(struct job *j, const struct line *l, struct dp_err *err)
{
	if (is_blank(l->text, l->len)) {
		j->f->counts[DP_FILTER_BLANK].n++;
		return 0;
	}
	return l->len > j->f->max_record ? reject_long(j, l, err)
					 : reject_bad(j, l, err);
}

/* Runs of good lines, and what stands between them. */
static int
take_runs(struct job *j, struct line *l, const char *p, const char *end,
    struct dp_err *err)
{
	const struct dp_filter *f = j->f;
	struct dp_err none = { 0 };
	int rc = 0;

	while (rc == 0 && p < end) {
		uint64_t good = 0;
		const char *stop = f->ops->run(f->arg, p, end, &good);

		f->counts[DP_FILTER_READ].n += good;
		f->counts[DP_FILTER_PASSED].n += good;
		l->number += good;
		if (add_run(j, p, stop, err) == -1)
			return -1;
		if (stop == end)
			break;
		l->text = stop;
		p = memchr(stop, '\n', (size_t)(end - stop));
		l->len = (size_t)(p++ - stop);
		rc = take_bad(j, l, err);
		l->number++;
	}
	/* What passed before the run ends has passed. */
	return send_runs(j, rc == 0 ? err : &none) == -1 ? -1 : rc;
}

/* A line of rejects: the line that it holds. */
static int
replay(struct job *j, const struct line *l, struct dp_err *err)
{
	struct dp_replay_item item;
	struct dp_err why = { 0 };
	struct dp_reject r;
	struct line inner = { 0 };

	if (is_blank(l->text, l->len))
		return take_line(j, l, err);
	if (dp_replay_take(j->replay, l->text, l->len, &item, &why) == -1) {
		if (why.status == DP_FAILED) {
			*err = why;
			return -1;
		}
		r = reject_of("malformed", why.msg);
		return reject(j, l, &r, j->f->no_kind, err);
	}
	inner.text = item.raw;
	inner.len = item.raw_len;
	inner.file = *item.source == '\0' ? l->file : item.source;
	inner.number = item.line == 0 ? l->number : item.line;
	inner.attempt = item.attempt + 1;
	return take_line(j, &inner, err);
}

static int
send(struct job *j, uint64_t tag, int code, const char *rest, size_t len,
    struct dp_err *err)
{
	dp_buf_clear(&j->text);
	dp_tag_add(&j->text, tag, code, rest, len);
	if (j->text.failed)
		return dp_err_nomem(err);
	return dp_output_add(j->out, j->text.data, j->text.len, err);
}

static int
send_reject(struct job *j, uint64_t tag, const struct dp_reject *r,
    struct dp_err *err)
{
	const struct dp_code *code = dp_code_find(r->code, strlen(r->code));
	struct dp_buf message;
	int rc;

	dp_buf_init(&message, 0);
	dp_reject_message(&message, r->code, r->pointer, r->pointer_len,
	    r->detail, r->detail_len);
	rc = message.failed ? dp_err_nomem(err)
			    : send(j, tag, code == NULL ? 5 : code->number,
				  message.data, message.len, err);
	dp_buf_fini(&message);
	return rc;
}

/* A line of the chain: its verdict, whatever it is. */
static int
answer(struct job *j, const struct line *l, struct dp_err *err)
{
	const struct dp_filter *f = j->f;
	struct dp_reject r = reject_of("empty", "no event");
	size_t kind = f->no_kind;
	struct dp_tag t = { 0 };

	/* An empty line is a probe, and any answer will do. */
	if (l->len > 0 && dp_tag_parse_request(l->text, l->len, &t) == -1)
		return dp_err_set(err, DP_DATA,
		    "%s:%ju: not a line of a tagged chain (TAG TAB EVENT)",
		    l->file, (uintmax_t)l->number);
	if (t.rest_len == 0 || is_blank(t.rest, t.rest_len))
		return send_reject(j, t.tag, &r, err);
	f->counts[DP_FILTER_READ].n++;
	if (l->bytes > 0 || t.rest_len > f->max_record) {
		r = reject_of("too-long", "longer than --max-record");
	} else if (f->ops->line(f->arg, t.rest, t.rest_len, &kind)) {
		f->counts[DP_FILTER_PASSED].n++;
		return send(j, t.tag, 0, t.rest, t.rest_len, err);
	} else if (f->ops->why(f->arg, t.rest, t.rest_len, &r, &kind, err) ==
	    -1) {
		return -1;
	}
	f->counts[DP_FILTER_REJECTED].n++;
	return send_reject(j, t.tag, &r, err);
}

static int
take_odd(struct job *j, struct line *l, struct dp_err *err)
{
	if (j->f->tag)
		return answer(j, l, err);
	if (l->bytes > 0)
		return reject_long(j, l, err);
	return j->replay != NULL ? replay(j, l, err) : take_line(j, l, err);
}

static int
take_lines(struct job *j, struct line *l, const struct dp_block *b,
    struct dp_err *err)
{
	const char *p = b->data, *const end = p + b->len;

	if (!j->f->tag && j->replay == NULL && j->f->found == NULL)
		return take_runs(j, l, p, end, err);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		l->text = p;
		l->len = (size_t)(nl - p);
		if (take_odd(j, l, err) == -1)
			return -1;
		p = nl + 1;
		l->number++;
	}
	return 0;
}

static int
take_block(void *arg, const struct dp_block *b, struct dp_err *err)
{
	struct job *j = arg;
	struct line l = { .text = b->data,
		.len = b->len,
		.file = b->file,
		.number = b->line,
		.attempt = 1,
		.bytes = b->kind == DP_BLOCK_LONG ? b->long_bytes : 0 };
	int rc;

	if (b->kind == DP_BLOCK_LINES) {
		rc = take_lines(j, &l, b, err);
		dp_input_count(j->in, l.number - b->line);
		return rc;
	}
	dp_input_count(j->in, 1);
	/* A line that the chain's end cut is nobody's. */
	if (j->f->tag && b->kind == DP_BLOCK_TAIL)
		return 0;
	return take_odd(j, &l, err);
}

/* What is done goes on its way before the input is waited for. */
static int
flush(void *arg, struct dp_err *err)
{
	struct job *j = arg;

	if (j->rejects != NULL && dp_rejects_flush(j->rejects, err) == -1)
		return -1;
	return dp_output_flush(j->out, err);
}

static int
open_job(struct job *j, char *const *paths, size_t n, struct dp_err *err)
{
	const struct dp_filter *f = j->f;
	struct dp_input_opts in = { .max_record = f->max_record,
		.before_wait = flush,
		.arg = j };

	j->in_batch = getenv("DP_BATCH") != NULL;
	if (f->tag)
		in.max_record += TAG_ROOM;
	if (f->from_rejects)
		in.max_record = in.max_record * RAW_GROWS + REJECT_ROOM;
	j->in = dp_input_new(paths, n, &in, err);
	if (j->in == NULL)
		return -1;
	j->out = dp_output_new(STDOUT_FILENO, "standard output", err);
	if (j->out == NULL)
		return -1;
	if (f->from_rejects) {
		j->replay = dp_replay_new(err);
		if (j->replay == NULL)
			return -1;
	}
	if (f->rejects == NULL)
		return 0;
	j->rejects = dp_rejects_open(f->rejects,
	    !j->in_batch ? DP_REJECTS_APPEND : DP_REJECTS_EMPTY, err);
	return j->rejects == NULL ? -1 : 0;
}

int
dp_filter_files(const struct dp_filter *filter, char *const *paths, size_t n,
    struct dp_err *err)
{
	struct job j = { .f = filter };
	struct dp_err none = { 0 };
	int rc;

	dp_buf_init(&j.text, 0);
	rc = open_job(&j, paths, n, err);
	if (rc == 0)
		rc = dp_app_each_block(filter->app, j.in, take_block, &j, err);
	if (rc == 0)
		rc = too_many(&j, filter->counts[DP_FILTER_READ].n, err);
	/* Rejects first: what is passed on is known to be all there is. */
	if (j.rejects != NULL &&
	    dp_rejects_close(j.rejects, rc == 0 ? err : &none) == -1)
		rc = -1;
	if (dp_output_close(j.out, rc == 0 ? err : &none) == -1)
		rc = -1;
	dp_replay_free(j.replay);
	dp_input_free(j.in);
	dp_buf_fini(&j.text);
	return rc;
}
