#include "app/sift.h"

#include <stdlib.h>
#include <string.h>

#include "app/reject.h"
#include "app/sift_state.h"
#include "base/tag.h"

struct dp_sift *
dp_sift_new(const struct dp_sift_opts *opts, struct dp_err *err)
{
	struct dp_sift *s = calloc(1, sizeof *s);

	if (s == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	s->opts = opts;
	s->ops = opts->ops;
	dp_buf_init(&s->text, 0);
	if (opts->from_rejects)
		s->replay = dp_replay_new(err);
	if (!opts->from_rejects || s->replay != NULL)
		s->judge = s->ops->open == NULL
		    ? (void *)(uintptr_t)opts->shared
		    : s->ops->open(opts->shared, err);
	if (s->judge == NULL) {
		dp_sift_free(s);
		return NULL;
	}
	if (s->ops->stages != NULL)
		s->stages = s->ops->stages(s->judge);
	return s;
}

void
dp_sift_free(struct dp_sift *s)
{
	if (s == NULL)
		return;
	if (s->ops->close != NULL && s->judge != NULL)
		s->ops->close(s->judge);
	dp_replay_free(s->replay);
	dp_buf_fini(&s->text);
	free(s);
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

/* A line of rejects: the record that it holds. */
static int
unpack_reject(struct dp_sift *s, struct dp_event *e)
{
	struct dp_replay_item item;
	struct dp_err why = { 0 };

	if (e->bytes > 0)
		return dp_sift_record(s, e);
	if (dp_replay_take(s->replay, e->raw, e->raw_len, &item, &why) == -1) {
		if (why.status != DP_FAILED)
			return dp_sift_bad(s, e, "malformed", why.msg);
		s->part->err = why;
		return dp_part_fail(s->part);
	}
	e->raw = dp_part_keep(s->part, item.raw, item.raw_len);
	e->raw_len = item.raw_len;
	e->line = item.line;
	e->attempt = item.attempt + 1;
	if (*item.source != '\0')
		e->file = dp_part_keep_string(s->part, item.source);
	if (s->part->failed)
		return -1;
	if (!is_blank(e->raw, e->raw_len))
		return dp_sift_record(s, e);
	e->kind = DP_EVENT_BLANK;
	return 0;
}

/* A line of the chain: its record. */
static int
unpack_tag(struct dp_sift *s, struct dp_event *e)
{
	static const struct dp_reject empty = { .code = "empty",
		.detail = "no event",
		.detail_len = 8 };
	struct dp_tag t = { 0 };

	/* An empty line is a probe, and any answer will do. */
	if (e->raw_len > 0 &&
	    dp_tag_parse_request(e->raw, e->raw_len, &t) == -1) {
		(void)dp_err_set(&s->part->err, DP_DATA,
		    "not a line of a tagged chain (TAG TAB EVENT)");
		s->part->fault_line = e->seq + 1;
		return dp_part_fail(s->part);
	}
	e->tag = t.tag;
	e->raw = t.rest;
	e->raw_len = t.rest_len;
	if (!is_blank(e->raw, e->raw_len))
		return dp_sift_record(s, e);
	e->kind = DP_EVENT_BLANK;
	return dp_sift_answer_bad(s, e, &empty);
}

/* One line, its newline behind it; bytes as in struct dp_event. */
static int
take_line(struct dp_sift *s, const char *text, size_t len, uint64_t bytes,
    size_t from)
{
	const uint64_t seq = s->part->lines;
	const size_t row = s->opts->no_kind;
	struct dp_event *e = dp_part_add(s->part);
	int rc = 0;

	if (e == NULL)
		return -1;
	*e = (struct dp_event){ .kind = DP_EVENT_BLANK,
		.raw = text,
		.raw_len = len,
		.seq = seq,
		.row = row,
		.attempt = 1,
		.bytes = bytes,
		.from = from };
	if (s->opts->tag)
		rc = unpack_tag(s, e);
	else if (bytes > 0 || !is_blank(text, len))
		rc = s->replay != NULL ? unpack_reject(s, e)
				       : dp_sift_record(s, e);
	if (rc == -1)
		dp_part_cut(s->part, dp_part_count(s->part) - 1);
	return rc;
}

/* Good lines, as one piece. */
static int
take_run(struct dp_sift *s, const char *from, const char *to, uint64_t n)
{
	const uint64_t seq = s->part->lines;
	struct dp_event *e;

	if (n == 0)
		return 0;
	s->part->lines += n;
	e = dp_part_add(s->part);
	if (e == NULL)
		return -1;
	*e = (struct dp_event){ .kind = DP_EVENT_GOOD,
		.seq = seq,
		.text = from,
		.len = (size_t)(to - from),
		.n = n };
	return 0;
}

static bool
full(const struct dp_sift *s)
{
	unsigned stage;

	if (dp_part_full(s->part))
		return true;
	for (stage = 0; stage < DP_JUDGE_STAGES; stage++)
		if (dp_sift_has(s, stage) && s->ops->full(s->judge, stage))
			return true;
	return false;
}

static int
take_lines(struct dp_sift *s, const struct dp_block *b)
{
	const bool runs = !s->opts->tag && !s->opts->each &&
	    s->replay == NULL && s->stages == 0;
	struct dp_part *part = s->part;
	const char *p = b->data + part->taken, *const end = b->data + b->len;
	uint64_t n;
	int rc = 0;

	while (rc == 0 && p < end && !full(s)) {
		if (runs) {
			const char *stop;

			n = 0;
			stop = s->ops->run(s->judge, p, end, &n);
			rc = take_run(s, p, stop, n);
			p = stop;
			s->refused = true;
		}
		if (rc == 0 && p < end) {
			const char *nl = memchr(p, '\n', (size_t)(end - p));

			rc = take_line(s, p, (size_t)(nl - p), 0,
			    (size_t)(p - b->data));
			part->lines++;
			p = nl + 1;
		}
	}
	s->refused = false;
	part->taken = (size_t)(p - b->data);
	part->whole = p == end;
	return rc;
}

static int
take_one(struct dp_sift *s, const struct dp_block *b)
{
	struct dp_part *part = s->part;
	int rc = 0;

	/* A line that the chain's end cut is nobody's. */
	if (!s->opts->tag || b->kind != DP_BLOCK_TAIL)
		rc = take_line(s, b->data, b->len,
		    b->kind == DP_BLOCK_LONG ? b->long_bytes : 0, 0);
	part->lines++;
	part->taken = b->len;
	part->whole = true;
	return rc;
}

static void
clear(struct dp_sift *s)
{
	unsigned stage;

	for (stage = 0; stage < DP_JUDGE_STAGES; stage++) {
		if (dp_sift_has(s, stage))
			s->ops->clear(s->judge, stage);
		s->given[stage] = 0;
	}
}

/* What is not decided, when no more can be, has not been taken. */
static void
cut_undecided(struct dp_part *part)
{
	size_t i, n = dp_part_count(part);

	for (i = 0; i < n; i++)
		if (dp_part_event(part, i)->kind == DP_EVENT_PENDING) {
			dp_part_cut(part, i);
			return;
		}
}

void
dp_sift_block(struct dp_sift *s, const struct dp_block *b, struct dp_part *part)
{
	unsigned stage;
	int rc;

	s->part = part;
	rc = b->kind == DP_BLOCK_LINES ? take_lines(s, b) : take_one(s, b);
	for (stage = 0; stage < DP_JUDGE_STAGES; stage++)
		if (rc == 0 && dp_sift_has(s, stage))
			rc = dp_sift_settle(s, stage);
	clear(s);
	if (s->stages != 0)
		cut_undecided(part);
}
