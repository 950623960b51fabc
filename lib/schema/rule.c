#include "schema/rule.h"

#include <sys/mman.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "schema/rule_state.h"

#define BATCH_BYTES (1u << 20) /* a batch of this size is full */
#define BATCH_RECORDS 4096

size_t
dp_rule_end_of(const struct dp_rule *r, size_t i)
{
	size_t end;

	if (i == SIZE_MAX)
		return 0;
	memcpy(&end, r->ends.data + i * sizeof end, sizeof end);
	return end;
}

int
dp_rule_keep(struct dp_rule *r, enum dp_rule_kind kind, const char *text,
    size_t len)
{
	struct dp_rule_answered a = { .kind = kind,
		.at = r->texts.len,
		.len = len };
	const char *p = text, *const end = text + len;

	if (kind == DP_RULE_PASSED)
		for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
			a.outputs++;
	if (dp_buf_add(&r->texts, text, len) != 0 ||
	    dp_buf_add(&r->answers, &a, sizeof a) != 0)
		return -1;
	r->done++;
	return 0;
}

/* Makes verdicts of the answers, once nothing moves any more. */
static int
make_verdicts(struct dp_rule *r)
{
	static const char *const codes[] = { NULL, "rule", "rule-error",
		"number-limit" };
	size_t i;

	for (i = 0; i < r->done; i++) {
		struct dp_verdict v = { .detail = "", .text = "" };
		struct dp_rule_answered a;

		memcpy(&a, r->answers.data + i * sizeof a, sizeof a);
		v.code = codes[a.kind];
		if (a.kind != DP_RULE_PASSED) {
			v.detail = r->texts.data + a.at;
			v.detail_len = a.len;
		} else if (a.len > 0) {
			v.text = r->texts.data + a.at;
			v.len = a.len;
			v.outputs = a.outputs;
		}
		if (dp_buf_add(&r->verdicts, &v, sizeof v) != 0)
			return -1;
	}
	return 0;
}

int
dp_rule_run(struct dp_rule *r, struct dp_err *err)
{
	if (r->n == 0)
		return 0;
	r->done = 0;
	r->sent = 0;
	r->blamed = SIZE_MAX;
	r->losses = 0;
	if (r->fd == -1 && dp_rule_start_worker(r, err) != 0)
		return -1;
	if (dp_rule_work(r, err) != 0)
		return -1;
	return make_verdicts(r) != 0 ? dp_err_nomem(err) : 0;
}

struct dp_rule *
dp_rule_new(const struct dp_rule_opts *opts, struct dp_err *err)
{
	struct dp_rule *r = calloc(1, sizeof *r);

	if (r == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	r->opts = *opts;
	if (r->opts.max_memory == 0)
		r->opts.max_memory = DP_RULE_MEMORY;
	if (r->opts.max_output == 0 || r->opts.max_output > INT32_MAX)
		r->opts.max_output = DP_RULE_OUTPUT;
	if (r->opts.deadline_ms == 0)
		r->opts.deadline_ms = DP_RULE_DEADLINE_MS;
	r->fd = -1;
	r->blamed = SIZE_MAX;
	dp_buf_init(&r->records, 0);
	dp_buf_init(&r->ends, 0);
	dp_buf_init(&r->in, 0);
	dp_buf_init(&r->texts, 0);
	dp_buf_init(&r->answers, 0);
	dp_buf_init(&r->verdicts, 0);
	r->page = mmap(NULL, sizeof *r->page, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->page == MAP_FAILED) {
		r->page = NULL;
		(void)dp_err_nomem(err);
	} else if (dp_rule_start_worker(r, err) == 0) {
		return r;
	}
	dp_rule_free(r);
	return NULL;
}

void
dp_rule_free(struct dp_rule *r)
{
	if (r == NULL)
		return;
	(void)dp_rule_end_worker(r, true);
	if (r->page != NULL)
		(void)munmap(r->page, sizeof *r->page);
	dp_buf_fini(&r->records);
	dp_buf_fini(&r->ends);
	dp_buf_fini(&r->in);
	dp_buf_fini(&r->texts);
	dp_buf_fini(&r->answers);
	dp_buf_fini(&r->verdicts);
	free(r);
}

int
dp_rule_add(struct dp_rule *r, const char *line, size_t len, struct dp_err *err)
{
	const uint32_t head = (uint32_t)len;
	const size_t before = r->records.len;
	size_t end;

	if (len > INT32_MAX)
		return dp_err_set(err, DP_FAILED, "a record of 2 GiB for jq");
	if (dp_buf_add(&r->records, &head, sizeof head) != 0 ||
	    dp_buf_add(&r->records, line, len) != 0) {
		r->records.len = before;
		return dp_err_nomem(err);
	}
	end = r->records.len;
	if (dp_buf_add(&r->ends, &end, sizeof end) != 0) {
		r->records.len = before;
		return dp_err_nomem(err);
	}
	r->n++;
	return 0;
}

bool
dp_rule_full(const struct dp_rule *r)
{
	return r->records.len >= BATCH_BYTES || r->n >= BATCH_RECORDS;
}

size_t
dp_rule_count(const struct dp_rule *r)
{
	return r->n;
}

size_t
dp_rule_decided(const struct dp_rule *r)
{
	return r->done;
}

const struct dp_verdict *
dp_rule_verdict(const struct dp_rule *r, size_t i)
{
	/* What malloc returned and records of one size are aligned. */
	return (const struct dp_verdict *)(const void *)r->verdicts.data + i;
}

void
dp_rule_clear(struct dp_rule *r)
{
	dp_buf_clear(&r->records);
	dp_buf_clear(&r->ends);
	dp_buf_clear(&r->texts);
	dp_buf_clear(&r->answers);
	dp_buf_clear(&r->verdicts);
	/* What the page counts goes on. */
	r->origin -= r->n;
	r->n = r->done = 0;
	r->sent = 0;
}

uint64_t
dp_rule_restarts(const struct dp_rule *r)
{
	return r->restarts;
}
