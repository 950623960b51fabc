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
#include "schema/catalog_state.h"
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

/* A schema, and a record with more keys than fit without memory. */
static int
run_schema(struct dp_err *err)
{
	static const char schema[] =
	    "{\"required\":[\"a\"],\"properties\":{\"a\":{\"enum\":[\"x\","
	    "{\"y\":[1]}]},\"b\":{\"type\":\"string\",\"maxLength\":3},"
	    "\"c\":{\"items\":{\"minimum\":1}}},\"description\":\"A.\"}";
	static char record[8192];
	const struct dp_catalog_opts opts = { 0 };
	struct dp_catalog *c =
	    dp_catalog_text(schema, sizeof schema - 1, &opts, err);
	struct dp_check *k = c == NULL ? NULL : dp_check_new(c, err);
	const struct dp_schema *type;
	struct dp_fault fault;
	size_t len;
	int i, rc = -1;

	len = (size_t)sprintf(record, "{\"a\":{\"y\":[1]},\"b\":\"\\u0061\"");
	for (i = 0; i < 300; i++)
		len += (size_t)sprintf(record + len, ",\"k%d\":1", i);
	len += (size_t)sprintf(record + len, "}\n") - 1;
	if (k != NULL && dp_check_line(k, record, len, &type) == 0)
		rc = 0;
	else if (k != NULL &&
	    dp_check_explain(k, record, len, &fault, err) == 0)
		/* A good line that fails has no memory. */
		(void)dp_err_set(err, DP_FAILED, "%s", fault.code);
	dp_check_free(k);
	dp_catalog_free(c);
	return rc;
}

/* All faults of a record. */
static int
run_faults(struct dp_err *err)
{
	static const char schema[] =
	    "{\"required\":[\"a\"],\"properties\":{\"b\":{\"minLength\":3,"
	    "\"pattern\":\"x\"}},\"unevaluatedProperties\":false}";
	static const char record[] =
	    "{\"b\":\"\\u0061\",\"c\":1}\n                                ";
	const struct dp_catalog_opts opts = { 0 };
	struct dp_catalog *c =
	    dp_catalog_text(schema, sizeof schema - 1, &opts, err);
	struct dp_check *k = c == NULL ? NULL : dp_check_new(c, err);
	struct dp_fault fault;
	int rc = -1;

	if (k != NULL)
		dp_check_tell_all(k);
	if (k != NULL && dp_check_explain(k, record, 20, &fault, err) == 0) {
		rc = fault.nall == 4 ? 0 : -1;
		/* What there was no memory to look at is told. */
		(void)dp_err_set(err, DP_FAILED, "%s",
		    fault.nall == 0 ? fault.code
				    : fault.all[fault.nall - 1].code);
	}
	dp_check_free(k);
	dp_catalog_free(c);
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
	{ "a schema and a check", run_schema },
	{ "all faults of a record", run_faults },
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
