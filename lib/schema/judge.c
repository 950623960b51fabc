#include "schema/judge.h"

#include <stdlib.h>

#include "base/block.h"
#include "base/err.h"
#include "schema/catalog_state.h"
#include "schema/compat.h"

struct judge {
	const struct dp_judging *how;
	struct dp_check *check;
	struct dp_compat *compat; /* NULL: not that */
	struct dp_rule *rules[DP_JUDGE_STAGES];
	struct dp_scan_work work; /* of what --fix takes */
	struct dp_scan_opts scan;
	struct dp_buf faults; /* struct dp_reject: all of a record */
};

static void
close_judge(void *judge)
{
	struct judge *j = judge;
	unsigned i;

	if (j == NULL)
		return;
	for (i = 0; i < DP_JUDGE_STAGES; i++)
		dp_rule_free(j->rules[i]);
	dp_compat_free(j->compat);
	dp_check_free(j->check);
	dp_scan_work_fini(&j->work);
	dp_buf_fini(&j->faults);
	free(j);
}

/* -1: they are no filters, or there is no process or memory. */
static int
open_rules(struct judge *j, struct dp_err *err)
{
	const struct dp_judging *how = j->how;
	const struct dp_rule_opts fix = { .map = how->fix,
		.map_name = "--fix",
		.one_output = true,
		.max_memory = how->max_memory,
		.deadline_ms = (unsigned)how->deadline_ms };
	const struct dp_rule_opts rule = { .where = how->where,
		.where_n = how->where_n,
		.map = how->map,
		.one_output = how->one_output,
		.max_memory = how->max_memory,
		.deadline_ms = (unsigned)how->deadline_ms };

	if (how->fix != NULL &&
	    (j->rules[DP_JUDGE_FIX] = dp_rule_new(&fix, err)) == NULL)
		return -1;
	if ((how->map != NULL || how->where_n > 0) &&
	    (j->rules[DP_JUDGE_RULE] = dp_rule_new(&rule, err)) == NULL)
		return -1;
	return 0;
}

static void *
open_judge(const void *shared, struct dp_err *err)
{
	const struct dp_judging *how = shared;
	struct judge *j = calloc(1, sizeof *j);

	if (j == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	j->how = how;
	j->scan = how->catalog->opts.scan;
	j->check = dp_check_new(how->catalog, err);
	if (j->check != NULL && how->compat)
		j->compat = dp_compat_new(how->catalog, err);
	if (j->check != NULL && how->all)
		dp_check_tell_all(j->check);
	if (j->check == NULL || (how->compat && j->compat == NULL) ||
	    open_rules(j, err) == -1) {
		close_judge(j);
		return NULL;
	}
	if (dp_scan_work_init(&j->work, &j->scan) == -1) {
		close_judge(j);
		(void)dp_err_nomem(err);
		return NULL;
	}
	j->scan.work = &j->work;
	return j;
}

static size_t
row_of(const struct judge *j, const struct dp_schema *type)
{
	return type == NULL ? dp_catalog_count(j->how->catalog)
			    : dp_schema_index(type);
}

static const char *
run_lines(void *judge, const char *text, const char *end, uint64_t *good)
{
	const struct judge *j = judge;

	return dp_check_run(j->check, text, end, good);
}

static bool
check_line(void *judge, const char *text, size_t len, size_t *kind)
{
	const struct judge *j = judge;
	const struct dp_schema *type;
	struct dp_fault f;

	if (j->compat != NULL)
		return dp_compat_line(j->compat, text, len, &f) == 0;
	if (dp_check_line(j->check, text, len, &type) == -1)
		return false;
	*kind = row_of(j, type);
	return true;
}

/* r is empty. */
static void
fill(struct dp_reject *r, const struct dp_fault *f)
{
	r->code = f->code;
	r->pointer = f->pointer;
	r->pointer_len = f->pointer_len;
	r->schema = f->schema;
	r->detail = f->detail;
	r->detail_len = f->detail_len;
	r->column = f->column;
}

static int
add_all(struct judge *j, const struct dp_fault *f, struct dp_reject *r,
    struct dp_err *err)
{
	size_t i;

	dp_buf_clear(&j->faults);
	for (i = 0; i < f->nall; i++) {
		struct dp_reject one = { 0 };

		fill(&one, &f->all[i]);
		(void)dp_buf_add(&j->faults, &one, sizeof one);
	}
	if (j->faults.failed)
		return dp_err_nomem(err);
	r->all = (struct dp_reject *)(void *)j->faults.data;
	r->nall = f->nall;
	r->cut = f->cut;
	return 0;
}

static int
explain_line(void *judge, const char *text, size_t len, struct dp_reject *r,
    size_t *kind, struct dp_err *err)
{
	struct judge *j = judge;
	struct dp_fault f;

	if (j->compat != NULL)
		(void)dp_compat_line(j->compat, text, len, &f);
	else if (dp_check_explain(j->check, text, len, &f, err) == -1)
		return -1;
	*kind = row_of(j, f.type);
	fill(r, &f);
	return f.all == NULL ? 0 : add_all(j, &f, r, err);
}

static unsigned
stages(const void *judge)
{
	const struct judge *j = judge;

	return (j->rules[DP_JUDGE_FIX] != NULL ? 1u << DP_JUDGE_FIX : 0) |
	    (j->rules[DP_JUDGE_RULE] != NULL ? 1u << DP_JUDGE_RULE : 0) |
	    (j->how->map != NULL ? DP_JUDGE_MAKES : 0);
}

static int
add(void *judge, enum dp_judge_stage stage, const char *text, size_t len,
    struct dp_err *err)
{
	struct judge *j = judge;
	size_t at;

	/* What has been checked is JSON. */
	if (stage == DP_JUDGE_FIX &&
	    dp_scan_line(text, len, &j->scan, NULL, &at) != DP_SCAN_OK)
		return 1;
	return dp_rule_add(j->rules[stage], text, len, err);
}

static bool
full(const void *judge, enum dp_judge_stage stage)
{
	const struct judge *j = judge;

	return dp_rule_full(j->rules[stage]);
}

static int
settle(void *judge, enum dp_judge_stage stage, size_t *decided,
    struct dp_err *err)
{
	struct judge *j = judge;

	if (dp_rule_run(j->rules[stage], err) == -1)
		return -1;
	*decided = dp_rule_decided(j->rules[stage]);
	return 0;
}

static const struct dp_verdict *
verdict(const void *judge, enum dp_judge_stage stage, size_t i)
{
	const struct judge *j = judge;

	return dp_rule_verdict(j->rules[stage], i);
}

static void
clear(void *judge, enum dp_judge_stage stage)
{
	struct judge *j = judge;

	dp_rule_clear(j->rules[stage]);
}

const struct dp_judge_ops dp_judge_ops = { .open = open_judge,
	.close = close_judge,
	.run = run_lines,
	.line = check_line,
	.why = explain_line,
	.stages = stages,
	.add = add,
	.full = full,
	.settle = settle,
	.verdict = verdict,
	.clear = clear };
