/* What becomes of one record: schema and stages, in their order. */
#include <string.h>

#include "app/reject.h"
#include "app/sift_state.h"
#include "base/code.h"
#include "base/tag.h"

/* A line of the chain, as the text of e. */
static int
answer(struct dp_sift *s, struct dp_event *e, int code, const char *rest,
    size_t len)
{
	dp_buf_clear(&s->text);
	dp_tag_add(&s->text, e->tag, code, rest, len);
	e->text = dp_part_keep(s->part, s->text.data, s->text.len);
	e->len = s->text.len;
	if (s->text.failed)
		(void)dp_err_nomem(&s->part->err);
	return s->text.failed || e->text == NULL ? dp_part_fail(s->part) : 0;
}

int
dp_sift_answer_bad(struct dp_sift *s, struct dp_event *e,
    const struct dp_reject *r)
{
	const struct dp_code *code = dp_code_find(r->code, strlen(r->code));
	struct dp_buf message;
	int rc;

	dp_buf_init(&message, 0);
	dp_reject_message(&message, r->code, r->pointer, r->pointer_len,
	    r->detail, r->detail_len);
	if (message.failed)
		(void)dp_err_nomem(&s->part->err);
	rc = message.failed ? dp_part_fail(s->part)
			    : answer(s, e, code == NULL ? 5 : code->number,
				  message.data, message.len);
	dp_buf_fini(&message);
	return rc;
}

/* The record e passes as text, whose newline is behind it. */
static int
good(struct dp_sift *s, struct dp_event *e, const char *text, size_t len)
{
	e->kind = DP_EVENT_GOOD;
	e->n = 1;
	if (s->opts->tag)
		return answer(s, e, 0, text, len);
	e->text = text;
	e->len = len + 1;
	return 0;
}

static int
bad(struct dp_sift *s, struct dp_event *e, const struct dp_reject *r)
{
	if (dp_part_reject(s->part, e, r) == -1)
		return -1;
	return s->opts->tag ? dp_sift_answer_bad(s, e, r) : 0;
}

int
dp_sift_bad(struct dp_sift *s, struct dp_event *e, const char *code,
    const char *detail)
{
	const struct dp_reject r = { .code = code,
		.detail = detail,
		.detail_len = strlen(detail) };

	return bad(s, e, &r);
}

/* The text was made by a filter: it is not in the record. */
static int
say_made_by(struct dp_sift *s, const char *made_by, struct dp_reject *r)
{
	dp_buf_clear(&s->text);
	(void)dp_buf_addf(&s->text, "after %s: ", made_by);
	(void)dp_buf_add(&s->text, r->detail, r->detail_len);
	if (s->text.failed) {
		(void)dp_err_nomem(&s->part->err);
		return dp_part_fail(s->part);
	}
	r->detail = dp_part_keep(s->part, s->text.data, s->text.len);
	r->detail_len = s->text.len;
	r->column = 0;
	return r->detail == NULL ? -1 : 0;
}

/*
 * Rejects e for what is wrong with text.  When a filter made the text, the
 * detail says so, and there is no column: it is not in the record.
 */
static int
bad_text(struct dp_sift *s, struct dp_event *e, const char *text, size_t len,
    const char *made_by)
{
	struct dp_reject r = { 0 };
	size_t i;

	if (s->ops->why(s->judge, text, len, &r, &e->row, &s->part->err) == -1)
		return dp_part_fail(s->part);
	if (made_by == NULL)
		return bad(s, e, &r);
	for (i = 0; i < r.nall; i++)
		if (say_made_by(s, made_by, &r.all[i]) == -1)
			return -1;
	return say_made_by(s, made_by, &r) == -1 ? -1 : bad(s, e, &r);
}

/* Gives a record to a stage.  1: it is none that the stage could take. */
static int
give(struct dp_sift *s, enum dp_judge_stage stage, struct dp_event *e,
    const char *text, size_t len)
{
	const int rc = s->ops->add(s->judge, stage, text, len, &s->part->err);

	if (rc == -1)
		return dp_part_fail(s->part);
	if (rc == 0) {
		e->kind = DP_EVENT_PENDING;
		e->stage = stage;
		e->at = s->given[stage]++;
	}
	return rc;
}

/* A record, its newline behind it, against the schema; then the rules. */
static int
check(struct dp_sift *s, struct dp_event *e, const char *text, size_t len)
{
	e->row = s->opts->no_kind;
	if (s->refused || !s->ops->line(s->judge, text, len, &e->row))
		return bad_text(s, e, text, len, e->fixed ? "--fix" : NULL);
	if (!dp_sift_has(s, DP_JUDGE_RULE))
		return good(s, e, text, len);
	e->text = text;
	e->len = len + 1;
	return give(s, DP_JUDGE_RULE, e, text, len) == -1 ? -1 : 0;
}

int
dp_sift_record(struct dp_sift *s, struct dp_event *e)
{
	int rc = 1;

	if (e->bytes > 0 || e->raw_len > s->opts->max_record)
		return dp_sift_bad(s, e, "too-long",
		    "longer than --max-record");
	if (dp_sift_has(s, DP_JUDGE_FIX))
		rc = give(s, DP_JUDGE_FIX, e, e->raw, e->raw_len);
	return rc == 1 ? check(s, e, e->raw, e->raw_len) : rc;
}

static int
refuse(struct dp_sift *s, struct dp_event *e, const struct dp_verdict *v)
{
	const struct dp_reject r = { .code = v->code,
		.detail = v->detail,
		.detail_len = v->detail_len };

	return bad(s, e, &r);
}

/* The record that the filter of --fix made of e. */
static int
take_fixed(struct dp_sift *s, struct dp_event *e, const struct dp_verdict *v)
{
	const char *text;

	if (v->code != NULL)
		return refuse(s, e, v);
	text = dp_part_keep(s->part, v->text, v->len - 1);
	if (text == NULL)
		return -1;
	e->fixed = true;
	return check(s, e, text, v->len - 1);
}

/* The lines that the filter of --map made of e: all pass, or e does not. */
static int
take_made(struct dp_sift *s, struct dp_event *e, const struct dp_verdict *v)
{
	const char *p, *nl, *end;
	size_t row;

	e->n = 1;
	if (v->len == 0) {
		e->kind = DP_EVENT_DROPPED;
		e->len = 0;
		return 0;
	}
	p = dp_part_keep(s->part, v->text, v->len - 1);
	if (p == NULL)
		return -1;
	e->text = p;
	e->lines = v->outputs;
	for (end = p + v->len; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if ((size_t)(nl - p) > s->opts->max_record)
			return dp_sift_bad(s, e, "too-long",
			    "after --map: longer than --max-record");
		row = s->opts->no_kind;
		if (!s->ops->line(s->judge, p, (size_t)(nl - p), &row))
			return bad_text(s, e, p, (size_t)(nl - p), "--map");
		if (p == e->text)
			e->row = row;
	}
	(void)good(s, e, e->text, v->len - 1);
	return s->part->failed ? -1 : 0;
}

static int
take_ruled(struct dp_sift *s, struct dp_event *e, const struct dp_verdict *v)
{
	if (v->code != NULL)
		return refuse(s, e, v);
	return (s->stages & DP_JUDGE_MAKES) != 0
	    ? take_made(s, e, v)
	    : good(s, e, e->text, e->len - 1);
}

int
dp_sift_settle(struct dp_sift *s, enum dp_judge_stage stage)
{
	struct dp_part *part = s->part;
	size_t i, decided = 0;
	int rc = 0;

	if (s->ops->settle(s->judge, stage, &decided, &part->err) == -1)
		return dp_part_fail(part);
	for (i = 0; rc == 0 && i < dp_part_count(part); i++) {
		struct dp_event *e = dp_part_event(part, i);

		if (e->kind != DP_EVENT_PENDING || e->stage != stage)
			continue;
		if (e->at >= decided) {
			dp_part_cut(part, i);
			break;
		}
		e->kind = DP_EVENT_BLANK;
		rc = (stage == DP_JUDGE_FIX ? take_fixed : take_ruled)(s, e,
		    s->ops->verdict(s->judge, stage, e->at));
		if (rc == -1)
			dp_part_cut(part, i);
	}
	return rc;
}
