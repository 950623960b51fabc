#include <stdlib.h>
#include <string.h>

#include "app/opt.h"
#include "base/err.h"
#include "base/near.h"
#include "base/time.h"
#include "tap.h"

struct options {
	struct dp_common common;
	const char *rejects;
	uint64_t max_record, every, tries;
	struct dp_opt_share max_rejects;
	struct dp_opt_list where;
	int nul;
	bool count;
};

#define AT(f) offsetof(struct options, f)
static const struct dp_opt table[] = {
	{ 'r', "rejects", DP_OPT_TEXT, AT(rejects), "FILE", NULL, "x" },
	{ 'm', "max-record", DP_OPT_SIZE, AT(max_record), "SIZE", "1m", "x" },
	{ 0, "every", DP_OPT_TIME, AT(every), "TIME", NULL, "x" },
	{ 0, "max-tries", DP_OPT_COUNT, AT(tries), "N", "5", "x" },
	{ 0, "max-rejects", DP_OPT_SHARE, AT(max_rejects), "N|P%", NULL, "x" },
	{ 'w', "where", DP_OPT_LIST, AT(where), "FILTER", NULL, "x" },
	{ 0, "nul", DP_OPT_CHOICE, AT(nul), "reject|pass", "reject", "x" },
	{ 0, "count", DP_OPT_FLAG, AT(count), NULL, NULL, "x" },
};
#define N (sizeof table / sizeof table[0])

static struct options o;

/* Parses one argument (or none); returns the status. */
static enum dp_status
parse(const char *arg, struct dp_err *err)
{
	char program[] = "dp-test", *copy = strdup(arg);
	char *argv[] = { program, copy, NULL };
	struct dp_opt_set *set;
	enum dp_status status = DP_OK;
	int operands;

	memset(&o, 0, sizeof o);
	memset(err, 0, sizeof *err);
	set = dp_opt_new("dp-test", table, N, &o, err);
	if (dp_opt_parse(set, *arg != '\0' ? 2 : 1, argv, &operands, err) ==
		-1 ||
	    dp_opt_environment(set, err) == -1)
		status = err->status;
	dp_opt_free(set);
	free(copy);
	return status;
}

static void
test_values(void)
{
	struct dp_err err;

	OK(parse("", &err) == DP_OK && o.max_record == 1048576 &&
		o.tries == 5 && o.nul == 0 && !o.max_rejects.set,
	    "defaults");
	OK(parse("-m64k", &err) == DP_OK && o.max_record == 65536, "a size");
	OK(parse("--every=5m", &err) == DP_OK && o.every == 300000, "a time");
	OK(parse("--max-rejects=5%", &err) == DP_OK && o.max_rejects.percent,
	    "a share");
	OK(parse("--nul=pass", &err) == DP_OK && o.nul == 1, "a choice");
	OK(parse("--where=.a", &err) == DP_OK && o.where.n == 1, "a list");
	OK(parse("--max-rec=2", &err) == DP_OK && o.max_record == 2,
	    "an abbreviation that is clear");
}

static void
test_faults(void)
{
	static const char *const bad[] = { "--max-record=1x",
		"--max-record=", "--max-record=-1",
		"--max-record=99999999999999999999", "--every=5y",
		"--max-rejects=101%", "--nul=maybe", "--count=1",
		"--max-tries=5k", "--rejects", "-z", "--rejcts=x",
		"--max-r=1" };
	struct dp_err err;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		OK(parse(bad[i], &err) == DP_USAGE, "%s", err.msg);
	(void)parse("--rejcts=x", &err);
	OK(strstr(err.msg, "did you mean --rejects?") != NULL, "a near miss");
}

static void
test_environment(void)
{
	struct dp_err err;

	(void)setenv("DP_MAX_RECORD", "3k", 1);
	OK(parse("", &err) == DP_OK && o.max_record == 3072, "environment");
	OK(parse("-m5", &err) == DP_OK && o.max_record == 5,
	    "an option wins over the environment");
	(void)setenv("DP_MAX_RECORD", "x", 1);
	OK(parse("", &err) == DP_CONFIG, "%s", err.msg);
	(void)unsetenv("DP_MAX_RECORD");
}

static void
test_share(void)
{
	struct dp_opt_share s = { .n = 5, .percent = true, .set = true };

	OK(!dp_opt_share_over(&s, 5, 100), "5 of 100 is not over 5 percent");
	OK(dp_opt_share_over(&s, 6, 100), "6 of 100 is");
	s.percent = false;
	OK(!dp_opt_share_over(&s, 5, 5), "5 is not over 5");
	OK(dp_opt_share_over(&s, 6, 100), "6 is");
}

int
main(void)
{
	test_values();
	test_faults();
	test_environment();
	test_share();
	OK(dp_near_distance("user_di", 7, "user_id", 7, 3) == 1,
	    "a transposition is one step");
	return tap_done();
}
