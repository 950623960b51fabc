#include "schema/rule.h"

#include <sys/wait.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/time.h"
#include "json/decimal.h"
#include "schema/rule_worker.h"
#include "tap.h"

/* One filter on one record. */
static const struct {
	const char *where, *map, *record;
	const char *code;   /* NULL: it passes */
	const char *detail; /* a part of it */
	const char *text;
	bool one_output;
} cases[] = {
	{ ".a == 1", NULL, "{\"a\":1}", NULL, "", "", false },
	{ ".a == 1", NULL, "{\"a\":2}", "rule", "got false", "", false },
	{ ".a", NULL, "{\"a\":null}", "rule", "got null", "", false },
	{ ".a", NULL, "{\"a\":1}", "rule", "got 1", "", false },
	{ "empty", NULL, "{}", "rule", "got nothing", "", false },
	{ "true,true", NULL, "{}", "rule", "several", "", false },
	{ "true,false", NULL, "{}", "rule", "several", "", false },
	{ "error(\"no\\u0001\")", NULL, "{}", "rule-error", "no\x01", "",
	    false },
	{ "error({a:1})", NULL, "{}", "rule-error", "{\"a\":1}", "", false },
	{ "error(null)", NULL, "{}", "rule", "got nothing", "", false },
	{ ".a.b", NULL, "{\"a\":1}", "rule-error", "Cannot index number", "",
	    false },
	{ "halt", NULL, "{}", "rule-error", "halts", "", false },
	{ "halt_error", NULL, "{}", "rule-error", "halts", "", false },
	{ "input", NULL, "{}", "rule-error", "break", "", false },
	{ "[inputs] == []", NULL, "{}", NULL, "", "", false },
	{ "$ENV == {} and env == {}", NULL, "{}", NULL, "", "", false },
	{ "input_filename == null", NULL, "{}", NULL, "", "", false },
	{ "\"x\" | debug | stderr | . == \"x\"", NULL, "{}", NULL, "", "",
	    false },
	{ NULL, ".", "{\"b\":1,\"a\":[1.5,\"\\u00e9\",null]}", NULL, "",
	    "{\"b\":1,\"a\":[1.5,\"\xc3\xa9\",null]}\n", false },
	{ NULL, ".[]", "[1,\"a\\nb\",{}]", NULL, "", "1\n\"a\\nb\"\n{}\n",
	    false },
	{ NULL, "empty", "{}", NULL, "", "", false },
	{ NULL, "empty", "{}", "rule", "got none", "", true },
	{ NULL, ".,.", "{}", "rule", "got several", "", true },
	{ NULL, ".a", "{\"a\":2}", NULL, "", "2\n", true },
	{ NULL, "1,error(\"late\")", "{}", "rule-error", "late", "", false },
	{ ".a == 1", ".a", "{\"a\":1}", NULL, "", "1\n", false },
	{ ".a == 1", ".a", "{\"a\":2}", "rule", "got false", "", false },
	{ NULL, ".", "{\"a\":9007199254740993}", "number-limit",
	    "9007199254740993", "", false },
	{ NULL, ".", "{\"a\":9007199254740992}", NULL, "",
	    "{\"a\":9007199254740992}\n", false },
	{ NULL, ".", "[-9007199254740993]", "number-limit", "", "", false },
	{ NULL, ".", "[1e400]", "number-limit", "1e400", "", false },
	{ NULL, ".", "[1e-400]", "number-limit", "1e-400", "", false },
	{ NULL, ".", "[0.1234567890123456789]", "number-limit", "", "", false },
	{ NULL, ".", "[0.1,1e2,-0.5,1e20]", NULL, "", "[0.1,100,-0.5,1e+20]\n",
	    false },
	{ NULL, ".", "[1152921504606846976]", "number-limit", "", "", false },
	{ NULL, ".", "[\"9007199254740993\\\"9007199254740993\"]", NULL, "",
	    "[\"9007199254740993\\\"9007199254740993\"]\n", false },
	{ "true", NULL, "[9007199254740993]", NULL, "", "", false },
};

/* ASan ends a process in its own way when there is no memory. */
#ifdef __SANITIZE_ADDRESS__
#define GAVE_UP(more) "jq "
#else
#define GAVE_UP(more) "jq gave up" more
#endif

static const struct dp_verdict *
one(struct dp_rule *r, const char *record)
{
	struct dp_err err = { 0 };

	dp_rule_clear(r);
	if (dp_rule_add(r, record, strlen(record), &err) != 0 ||
	    dp_rule_run(r, &err) != 0) {
		(void)printf("# %s\n", err.msg);
		return NULL;
	}
	return dp_rule_verdict(r, 0);
}

static bool
is(const struct dp_verdict *v, const char *code, const char *detail)
{
	if (v == NULL)
		return false;
	if (v->code == NULL)
		return code == NULL;
	if (code != NULL && strcmp(code, v->code) == 0 &&
	    memmem(v->detail, v->detail_len, detail, strlen(detail)) != NULL)
		return true;
	(void)printf("# %s: %.*s\n", v->code, (int)v->detail_len, v->detail);
	return false;
}

static void
test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct dp_rule_opts opts = { .where = &cases[i].where,
			.where_n = cases[i].where != NULL,
			.map = cases[i].map,
			.one_output = cases[i].one_output };
		struct dp_err err = { 0 };
		struct dp_rule *r = dp_rule_new(&opts, &err);
		const struct dp_verdict *v =
		    r == NULL ? NULL : one(r, cases[i].record);

		OK(is(v, cases[i].code, cases[i].detail) &&
			v->len == strlen(cases[i].text) &&
			memcmp(v->text, cases[i].text, v->len) == 0,
		    "where %s map %s on %s: %s", cases[i].where, cases[i].map,
		    cases[i].record,
		    cases[i].code == NULL ? "passes" : cases[i].code);
		if (v != NULL && v->len != strlen(cases[i].text))
			(void)printf("# %.*s\n", (int)v->len, v->text);
		OK(v != NULL &&
			is(one(r, cases[i].record), cases[i].code,
			    cases[i].detail),
		    "and once more");
		OK(r != NULL && dp_rule_restarts(r) == 0, "by one worker");
		dp_rule_free(r);
	}
}

static void
test_filters(void)
{
	static const struct {
		const char *filter, *message;
	} bad[] = {
		{ ".a ==", "syntax error" },
		{ "nosuch", "nosuch/0 is not defined" },
		{ "import \"x\" as x; .", "module not found" },
		{ "include \"x\"; .", "module not found" },
		{ "$x", "$x is not defined" },
	};

	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const struct dp_rule_opts opts = { .map = bad[i].filter };
		struct dp_err err = { 0 };

		OK(dp_rule_new(&opts, &err) == NULL && err.status == DP_USAGE &&
			strstr(err.msg, bad[i].message) != NULL &&
			strchr(err.msg, '\n') == NULL,
		    "%s is none: %s", bad[i].filter, err.msg);
	}
}

/* What passes map has its value still, by exact comparison of decimals. */
static void
test_numbers(void)
{
	const struct dp_rule_opts opts = { .map = "." };
	struct dp_err err = { 0 };
	struct dp_rule *r = dp_rule_new(&opts, &err);
	uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
	static char texts[20000][48];
	size_t i, passed = 0, changed = 0, refused = 0;

	for (i = 0; r != NULL && i < 20000; i++) {
		const unsigned kind = (unsigned)(i % 4);

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		if (kind == 0)
			(void)snprintf(texts[i], 48, "%lld",
			    (long long)(seed >> (seed % 40)));
		else if (kind == 1)
			(void)snprintf(texts[i], 48, "-0.%llu",
			    (unsigned long long)seed >> (seed % 50));
		else if (kind == 2)
			(void)snprintf(texts[i], 48, "%llue%d",
			    (unsigned long long)seed >> (10 + seed % 50),
			    (int)(seed % 700) - 350);
		else
			(void)snprintf(texts[i], 48, "%.*g",
			    (int)(seed % 18) + 1,
			    (double)(seed >> 11) / 65537.0);
		(void)dp_rule_add(r, texts[i], strlen(texts[i]), &err);
	}
	if (r == NULL || dp_rule_run(r, &err) != 0) {
		OK(0, "%s", err.msg);
		return;
	}
	for (i = 0; i < 20000; i++) {
		const struct dp_verdict *v = dp_rule_verdict(r, i);

		if (v->code != NULL) {
			refused++;
			continue;
		}
		passed++;
		if (dp_decimal_compare(texts[i], strlen(texts[i]), v->text,
			v->len - 1) == 0)
			continue;
		changed++;
		(void)printf("# %s became %.*s", texts[i], (int)v->len,
		    v->text);
	}
	OK(changed == 0 && passed > 5000 && refused > 2000,
	    "of %zu numbers that passed none has changed; %zu refused", passed,
	    refused);
	dp_rule_free(r);
}

/* Filters that kill or hold the worker: that record alone is an error. */
static void
test_deaths(void)
{
	static const struct {
		const char *name, *filter, *detail;
		unsigned deadline_ms;
		bool dies;
	} deadly[] = {
		{ "loops", "if .bad then last(range(0; 1e18)) else true end",
		    "took longer than 300 ms", 300, true },
		{ "recurses for ever", "def f: f; if .bad then f else true end",
		    "took longer than 300 ms", 300, true },
		{ "eats memory", "if .bad then [range(0; 1e9)] else true end",
		    GAVE_UP(": it needs more than 64 MiB"), 20000, true },
		{ "doubles a string",
		    "if .bad then \"x\" | until(false; . + .) else true end",
		    GAVE_UP(""), 20000, true },
		{ "throws", "if .bad then error(\"thrown\") else true end",
		    "thrown", 1000, false },
	};

	static const char good[] = "{\"bad\":false}", bad[] = "{\"bad\":true}";
	size_t i, k;

	for (i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
		const struct dp_rule_opts opts = { .where = &deadly[i].filter,
			.where_n = 1,
			.max_memory = 64 << 20,
			.deadline_ms = deadly[i].deadline_ms };
		struct dp_err err = { 0 };
		struct dp_rule *r = dp_rule_new(&opts, &err);
		size_t wrong = 0;
		uint64_t begun = dp_time_now_ms();

		if (r == NULL) {
			OK(0, "%s: %s", deadly[i].name, err.msg);
			continue;
		}
		for (k = 0; k < 1000; k++)
			(void)dp_rule_add(r, k % 400 == 300 ? bad : good,
			    k % 400 == 300 ? strlen(bad) : strlen(good), &err);
		(void)dp_rule_add(r, bad, strlen(bad), &err);
		OK(dp_rule_run(r, &err) == 0 && dp_rule_count(r) == 1001,
		    "a filter that %s: the batch goes on (%s)", deadly[i].name,
		    err.msg);
		for (k = 0; k <= 1000; k++)
			wrong += k % 400 == 300 || k == 1000
			    ? !is(dp_rule_verdict(r, k), "rule-error",
				  deadly[i].detail)
			    : !is(dp_rule_verdict(r, k), NULL, "");
		OK(wrong == 0, "those three records alone are rule-error");
		OK(dp_rule_restarts(r) == (deadly[i].dies ? 3 : 0),
		    "%d restarts", (int)dp_rule_restarts(r));
		OK(dp_time_now_ms() - begun < 30000, "in time");
		OK(is(one(r, good), NULL, ""), "the next batch goes on, too");
		dp_rule_free(r);
	}
}

static void
test_large(void)
{
	const struct dp_rule_opts opts = { .map = ".[]",
		.max_output = 1 << 20 };
	struct dp_err err = { 0 };
	struct dp_rule *r = dp_rule_new(&opts, &err);
	const size_t len = 900000;
	char *record = malloc(len);
	const struct dp_verdict *v;
	size_t i, done, whole = 0;
	unsigned runs = 0;

	if (r == NULL || record == NULL) {
		OK(0, "%s", err.msg);
		return;
	}
	memset(record, 'x', len);
	memcpy(record, "[\"", 2);
	memcpy(record + len - 2, "\"]", 2);
	/* Their outputs are more than a run is to keep: it takes several. */
	for (done = 0; done < 20; done += dp_rule_decided(r), runs++) {
		dp_rule_clear(r);
		for (i = done; i < 20; i++)
			(void)dp_rule_add(r, record, len, &err);
		if (dp_rule_run(r, &err) != 0 || dp_rule_decided(r) == 0)
			break;
		for (i = 0; i < dp_rule_decided(r); i++) {
			v = dp_rule_verdict(r, i);
			whole += v->code == NULL && v->len == len - 1 &&
			    v->outputs == 1 &&
			    memcmp(v->text, record + 1, len - 2) == 0;
		}
	}
	OK(dp_rule_full(r), "what is left at last is a full batch");
	OK(whole == 20, "large records come back whole: %s", err.msg);
	OK(runs > 1 && runs < 10, "in %u runs", runs);
	dp_rule_clear(r);
	OK(dp_rule_count(r) == 0 && dp_rule_run(r, &err) == 0,
	    "an empty batch is none");
	OK(is(one(r, "[[1,2],3]"), NULL, "") &&
		dp_rule_verdict(r, 0)->outputs == 2,
	    "two outputs are counted");
	free(record);
	dp_rule_free(r);
}

static void
test_output_limit(void)
{
	const struct dp_rule_opts opts = { .map = "range(0; .n)",
		.max_output = 1000 };
	struct dp_err err = { 0 };
	struct dp_rule *r = dp_rule_new(&opts, &err);

	OK(r != NULL && is(one(r, "{\"n\":1e9}"), "rule-error", "too large"),
	    "more output than allowed");
	OK(r != NULL && is(one(r, "{\"n\":3}"), NULL, "") &&
		dp_rule_verdict(r, 0)->outputs == 3,
	    "and then what is allowed");
	OK(r != NULL && dp_rule_restarts(r) == 0, "without a restart");
	dp_rule_free(r);
}

static void
test_deep(void)
{
	static const char *const yes = "true";
	const struct dp_rule_opts opts = { .where = &yes, .where_n = 1 };
	struct dp_err err = { 0 };
	struct dp_rule *r = dp_rule_new(&opts, &err);
	char deep[1025];

	memset(deep, '[', 512);
	memset(deep + 512, ']', 512);
	deep[1024] = '\0';
	OK(r != NULL && is(one(r, deep), "rule-error", "depth"),
	    "a record deeper than jq can read");
	OK(r != NULL &&
		memchr(dp_rule_verdict(r, 0)->detail, '[',
		    dp_rule_verdict(r, 0)->detail_len) == NULL,
	    "is not quoted");
	dp_rule_free(r);
}

/* The descriptors and the process that a worker leaves: none. */
static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		(void)closedir(d);
	return n;
}

static void
test_leaves(void)
{
	static const char *const yes = "true";
	const struct dp_rule_opts opts = { .where = &yes,
		.where_n = 1,
		.max_memory = DP_RULE_MEMORY,
		.max_output = DP_RULE_OUTPUT,
		.deadline_ms = DP_RULE_DEADLINE_MS };
	struct dp_err err = { 0 };
	const size_t before = descriptors();
	struct dp_rule *r = dp_rule_new(&opts, &err);
	struct dp_rule_page page = { 0 };
	int fd;
	pid_t pid;
	char path[64], link[64] = "";
	ssize_t n;

	OK(r != NULL && is(one(r, "1"), NULL, ""), "a worker");
	dp_rule_free(r);
	OK(descriptors() == before, "its descriptor is closed");

	/* Looked at from outside: what it has open. */
	OK(dp_rule_start(&opts, &page, &fd, &pid, &err) == 0, "another worker");
	dp_time_sleep_ms(300);
	(void)snprintf(path, sizeof path, "/proc/%d/fd/2", (int)pid);
	n = readlink(path, link, sizeof link - 1);
	OK(n > 0 && strcmp(link, "/dev/null") == 0, "its stderr is /dev/null");
	(void)snprintf(path, sizeof path, "/proc/%d/fd/4", (int)pid);
	OK(access(path, F_OK) != 0, "it has no descriptor 4");
	(void)close(fd);
	OK(waitpid(pid, NULL, 0) == pid, "it ends when we close ours");
}

/* Answers that a worker took along are asked for again, and the record at
 * which it ended is the one that is rejected. */
static void
test_blame(void)
{
	const struct dp_rule_opts opts = {
		.map = "if . % 400 == 399 then [range(1e9)] else . + 1 end",
		.max_memory = 32 << 20,
		.deadline_ms = 5000
	};
	struct dp_err err = { 0 };
	struct dp_rule *r = dp_rule_new(&opts, &err);
	unsigned batch, i, right = 0;
	char text[16];

	for (batch = 0; r != NULL && batch < 2; batch++) {
		dp_rule_clear(r);
		for (i = 0; i < 1000; i++) {
			(void)snprintf(text, sizeof text, "%u", i);
			(void)dp_rule_add(r, text, strlen(text), &err);
		}
		if (dp_rule_run(r, &err) != 0)
			break;
		for (i = 0; i < dp_rule_decided(r); i++) {
			const struct dp_verdict *v = dp_rule_verdict(r, i);

			(void)snprintf(text, sizeof text, "%u\n", i + 1);
			right += i % 400 == 399
			    ? v->code != NULL &&
				strcmp(v->code, "rule-error") == 0
			    : v->code == NULL && v->len == strlen(text) &&
				memcmp(v->text, text, v->len) == 0;
		}
	}
	OK(right == 2000, "%u of 2000 verdicts are right: %s", right, err.msg);
	OK(r != NULL && dp_rule_restarts(r) == 4, "each loss is one restart");
	dp_rule_free(r);
}

/* Someone kills the worker while nothing is under way. */
static void
test_killed(void)
{
	static const char *const yes = "true";
	const struct dp_rule_opts opts = { .where = &yes, .where_n = 1 };
	struct dp_err err = { 0 };
	struct dp_rule *r = dp_rule_new(&opts, &err);
	char path[64];
	unsigned long child = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/self/task/%d/children",
	    (int)getpid());
	f = fopen(path, "r");
	if (r == NULL || f == NULL || fscanf(f, "%lu", &child) != 1) {
		(void)printf("# SKIPPED: no list of children\n");
	} else {
		(void)kill((pid_t)child, SIGKILL);
		OK(is(one(r, "1"), NULL, ""),
		    "a worker that waited was killed: no record is to blame");
		OK(dp_rule_restarts(r) == 1, "and there is a new one");
	}
	if (f != NULL)
		(void)fclose(f);
	dp_rule_free(r);
}

int
main(void)
{
	test_cases();
	test_filters();
	test_numbers();
	test_deaths();
	test_large();
	test_output_limit();
	test_deep();
	test_leaves();
	test_blame();
	test_killed();
	return tap_done();
}
