/* Without memory: an error, and nothing that leaks or crashes. */
#include <stdio.h>
#include <string.h>

#include "app/input.h"
#include "app/opt.h"
#include "app/reject.h"
#include "base/buf.h"
#include "base/err.h"
#include "failmem.h"
#include "json/scan.h"
#include "tap.h"

static const struct dp_opt table[] = {
	{ 'n', "number", DP_OPT_COUNT, sizeof(struct dp_common), "N", "1",
	    "a number" },
};

struct options {
	struct dp_common common;
	uint64_t number;
};

/* Each returns 0 when it came to its end, -1 with err set. */
static int
run_opt(struct dp_err *err)
{
	struct options o = { 0 };
	struct dp_opt_set *set = dp_opt_new("dp-x", table, 1, &o, err);

	dp_opt_free(set);
	return set == NULL ? -1 : 0;
}

static int
run_replay(struct dp_err *err)
{
	static const char line[] =
	    "{\"code\":\"type\",\"attempt\":1,\"raw\":\"{\\\"a\\\":1}\"}\n"
	    "................................................................";
	struct dp_replay *r = dp_replay_new(err);
	struct dp_replay_item item;
	int rc;

	if (r == NULL)
		return -1;
	rc = dp_replay_take(r, line, strcspn(line, "\n"), &item, err);
	dp_replay_free(r);
	return rc;
}

static int
run_rejects(struct dp_err *err)
{
	const struct dp_reject reject = { .code = "type",
		.raw = "{}",
		.raw_len = 2 };
	struct dp_rejects *r =
	    dp_rejects_open("/dev/null", DP_REJECTS_APPEND, err);

	if (r == NULL)
		return -1;
	if (dp_rejects_add(r, &reject, err) == -1) {
		struct dp_err other = { 0 };

		(void)dp_rejects_close(r, &other);
		return -1;
	}
	return dp_rejects_close(r, err);
}

static int
run_input(struct dp_err *err)
{
	const struct dp_input_opts opts = { .max_record = 1024 };
	char path[] = "/dev/null";
	char *const paths[] = { path };
	struct dp_input *in = dp_input_new(paths, 1, &opts, err);
	struct dp_block block;
	int rc;

	if (in == NULL)
		return -1;
	rc = dp_input_next(in, &block, err);
	dp_input_free(in);
	return rc;
}

static const struct {
	const char *name;
	int (*run)(struct dp_err *err);
} cases[] = {
	{ "an option table", run_opt },
	{ "a replayed reject", run_replay },
	{ "a rejects file", run_rejects },
	{ "an input", run_input },
};

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dp_err err;
		long n = 0;
		int rc, told = 1;

		do {
			memset(&err, 0, sizeof err);
			failmem_after(n++);
			rc = cases[i].run(&err);
			failmem_after(-1);
			told = told && (rc == 0 || err.status != DP_OK);
		} while (rc == -1 && n < 100);
		OK(rc == 0 && n > 1, "%s works with %ld allocations",
		    cases[i].name, n - 1);
		OK(told, "%s tells each failure", cases[i].name);
	}
	return tap_done();
}
