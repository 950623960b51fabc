/* What is inferred: by cases, and for random records what is accepted. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/catalog.h"
#include "schema/check.h"
#include "schema/infer.h"
#include "tap.h"

#define LINES 400
#define LINE 4096
#define ROUNDS 20

struct text {
	char *at;
	size_t len, cap;
};

/* -- Random records (xorshift, Marsaglia 2003) -- */

static uint64_t
next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static unsigned
below(uint64_t *seed, unsigned n)
{
	return (unsigned)(next(seed) % n);
}

static void
say(struct dp_buf *b, const char *text)
{
	(void)dp_buf_adds(b, text);
}

static void
random_string(struct dp_buf *b, uint64_t *seed)
{
	static const char *const some[] = { "GET", "POST", "", "x",
		"2026-11-24T04:00:00Z", "2026-11-24", "127.0.0.1", "::1",
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "a@example.org",
		"https://example.org/a?b=c", "\\u0041\\n", "caf\\u00e9",
		"\\ud83d\\ude00", "\xc3\xa9", "0", "null", "12.5" };

	(void)dp_buf_addf(b, "\"%s\"", some[below(seed, 18)]);
}

static void
random_number(struct dp_buf *b, uint64_t *seed)
{
	static const char *const some[] = { "0", "-0", "1.0", "1e3", "1e400",
		"-1E+2", "0.1", "12345678901234567890", "-9223372036854775808",
		"9223372036854775808", "3.000000000000000000001", "1e-400" };

	if (below(seed, 2) == 0)
		(void)dp_buf_addf(b, "%u", below(seed, 100000));
	else
		say(b, some[below(seed, 12)]);
}

static void random_value(struct dp_buf *b, uint64_t *seed, unsigned depth);

static void
random_object(struct dp_buf *b, uint64_t *seed, unsigned depth, unsigned max,
    unsigned keys)
{
	unsigned i, at = below(seed, 3), n = below(seed, max + 1);

	/* Keys go up, so that none comes twice; some with an escape. */
	for (i = 0; i < n; i++, at += 1 + below(seed, keys)) {
		(void)dp_buf_addf(b,
		    at % 7 == 3 ? "%s\"\\u006b%u\":" : "%s\"k%u\":",
		    i == 0 ? "" : ",", at);
		random_value(b, seed, depth + 1);
	}
}

static void
random_value(struct dp_buf *b, uint64_t *seed, unsigned depth)
{
	unsigned i, n, kind = below(seed, depth > 5 ? 6 : 9);

	if (kind < 2) {
		random_string(b, seed);
	} else if (kind < 4) {
		random_number(b, seed);
	} else if (kind == 4) {
		say(b, below(seed, 2) == 0 ? "true" : "false");
	} else if (kind == 5) {
		say(b, "null");
	} else if (kind == 6) {
		say(b, "[");
		for (i = 0, n = below(seed, 4); i < n; i++) {
			say(b, i == 0 ? "" : ",");
			random_value(b, seed, depth + 1);
		}
		say(b, "]");
	} else {
		say(b, "{");
		random_object(b, seed, depth, kind == 7 ? 4 : 12,
		    kind == 7 ? 3 : 2000);
		say(b, "}");
	}
}

/* Keys that are data, beside one that is not; maps of maps. */
static void
random_map(struct dp_buf *b, uint64_t *seed, unsigned levels)
{
	const unsigned range = below(seed, 2) == 0 ? 80 : 4000;
	unsigned i, at = 0, n = 1 + below(seed, 4);

	say(b, below(seed, 9) == 0 ? "{" : "{\"c\":1,");
	for (i = 0; i < n; i++) {
		at += 1 + below(seed, range);
		(void)dp_buf_addf(b, "%s\"%u\":", i == 0 ? "" : ",", at);
		/* Rare enough to come when the map is one already. */
		if (below(seed, 1000) == 0)
			random_value(b, seed, 5);
		else if (levels > 0)
			random_map(b, seed, levels - 1);
		else
			say(b, "1");
	}
	say(b, "}");
}

/* A record: the type somewhere, and a kind of it that keeps its shape. */
static void
random_line(struct dp_buf *b, uint64_t *seed, uint64_t shape)
{
	uint64_t mood = below(seed, 4) == 0 ? *seed : shape;
	struct dp_buf members;

	dp_buf_init(&members, 0);
	random_object(&members, &mood, 0, 9, 3);
	say(b, "{");
	if (below(seed, 2) == 0) {
		say(b, "\"event_name\":\"a\"");
		say(b, members.len > 0 ? "," : "");
		(void)dp_buf_add(b, members.data, members.len);
	} else {
		(void)dp_buf_add(b, members.data, members.len);
		say(b, members.len > 0 ? "," : "");
		say(b, "\"event_name\":\"a\"");
	}
	if (below(seed, 3) != 0) {
		say(b, ",\"m\":");
		random_map(b, seed, 2);
	}
	say(b, "}\n");
	dp_buf_fini(&members);
}

/* -- Infer, and check with what was inferred -- */

static char folder[] = "/tmp/infer_test.XXXXXX";

static const char *
path_of(char *path, size_t size)
{
	(void)snprintf(path, size, "%s/a.json", folder);
	return path;
}

static int
keep(const struct dp_buf *schema)
{
	char path[64];
	FILE *f = fopen(path_of(path, sizeof path), "w");
	size_t n;

	if (f == NULL)
		return -1;
	n = fwrite(schema->data, 1, schema->len, f);
	return fclose(f) == 0 && n == schema->len ? 0 : -1;
}

/* The number of the first of n lines that the schema refuses, or n. */
static size_t
first_refused(const struct dp_buf *lines, const size_t *at, size_t n,
    struct dp_err *err)
{
	const struct dp_catalog_opts o = { 0 };
	struct dp_catalog *c = dp_catalog_open(folder, &o, err);
	struct dp_check *k = c == NULL ? NULL : dp_check_new(c, err);
	const struct dp_schema *type;
	size_t i;

	for (i = 0; k != NULL && i < n; i++)
		if (dp_check_line(k, lines->data + at[i], at[i + 1] - at[i] - 1,
			&type) == -1)
			break;
	dp_check_free(k);
	dp_catalog_free(c);
	return k == NULL ? 0 : i;
}

/* True when the schema after each step of lines accepts those so far. */
static bool
accepts(const struct dp_infer_opts *opts, const struct dp_buf *lines,
    const size_t *at, size_t n, size_t step)
{
	struct dp_err err = { 0 };
	struct dp_infer *f = dp_infer_new(opts, &err);
	struct dp_buf schema;
	bool good = f != NULL;
	size_t i;

	dp_buf_init(&schema, 0);
	for (i = 0; i < n && good; i++) {
		struct dp_infer_fault fault;

		if (dp_infer_line(f, lines->data + at[i], at[i + 1] - at[i] - 1,
			&fault) == -1) {
			printf("# line %zu: %s\n", i, fault.detail);
			good = false;
		}
		if ((i + 1) % step != 0 && i + 1 != n)
			continue;
		dp_buf_clear(&schema);
		good = good && dp_infer_write(f, 0, &schema, &err) == 0 &&
		    keep(&schema) == 0 &&
		    first_refused(lines, at, i + 1, &err) == i + 1;
		if (!good)
			printf("# prefix %zu: %s\n# %.*s\n", i + 1, err.msg,
			    (int)(at[i + 1] - at[i] < 200 ? at[i + 1] - at[i]
							  : 200),
			    lines->data + at[i]);
	}
	dp_buf_fini(&schema);
	dp_infer_free(f);
	return good;
}

static void
random_rounds(bool tight, size_t max_bytes)
{
	const struct dp_infer_opts opts = { .tight = tight,
		.max_bytes = max_bytes };
	static size_t at[LINES + 1];
	struct dp_buf lines;
	uint64_t seed = 88172645463325252u;
	size_t i;
	unsigned round, good = 0;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t shape = next(&seed);

		dp_buf_init(&lines, 0);
		for (i = 0; i < LINES; i++) {
			random_line(&lines, &seed, shape);
			at[i + 1] = lines.len;
		}
		(void)dp_buf_reserve(&lines, DP_SCAN_PAD);
		good += accepts(&opts, &lines, at, LINES,
		    round == 0 ? 1 : LINES / 8);
		dp_buf_fini(&lines);
	}
	OK(good == ROUNDS, "random records match what is inferred of them%s%s",
	    tight ? ", tightly" : "",
	    max_bytes > 0 ? ", in little memory" : "");
}

/* -- Cases -- */

struct a_case {
	const char *name;
	const char *line; /* a printf format of the number of the record */
	unsigned times;
	const char *has; /* what the schema has */
	const char *hasnt;
	bool tight;
};

static const struct a_case cases[] = {
	{ "integers", "{\"a\":%u}", 20, "\"type\": \"integer\"", "minimum",
	    false },
	{ "and their bounds", "{\"a\":%u}", 20, "\"maximum\": 19", NULL, true },
	{ "1.0 is meant for a number", "{\"a\":1.0}", 20,
	    "\"type\": \"number\"", "maximum", true },
	{ "numbers", "{\"a\":%u.5}", 20, "\"type\": \"number\"", NULL, false },
	{ "big integers", "{\"a\":9223372036854775%03u}", 900,
	    "\"x-dp-type\": \"numeric\"", NULL, false },
	{ "1e400 is one", "{\"a\":1e400}", 3, "\"x-dp-type\": \"numeric\"",
	    NULL, false },
	{ "digits that a double loses", "{\"a\":0.1234567890123456789}", 3,
	    "\"x-dp-type\": \"numeric\"", NULL, false },
	{ "always there", "{\"a\":%u}", 20, "\"required\": [\"a\"]", NULL,
	    false },
	{ "but three records show nothing", "{\"a\":%u}", 3, "\"a\": {",
	    "required", false },
	{ "unless tight", "{\"a\":%u}", 3, "\"required\": [\"a\"]", NULL,
	    true },
	{ "elements", "{\"a\":[%u,null]}", 3,
	    "\"type\": [\"integer\", \"null\"]", NULL, false },
	{ "an empty array", "{\"a\":[]}", 3, "\"type\": \"array\"", "items",
	    false },
	{ "no further keys, when tight", "{\"a\":%u}", 1,
	    "\"additionalProperties\": false", NULL, true },
	{ "booleans", "{\"a\":true}", 20, "\"type\": \"boolean\"", NULL,
	    false },
	{ "one word is no enum", "{\"a\":\"GET\"}", 500, "1 different string",
	    "enum", false },
	{ "unless tight", "{\"a\":\"GET\"}", 500, "\"enum\": [\"GET\"]", NULL,
	    true },
	{ "free text is none", "{\"a\":\"a%u\"}", 500, "\"type\": \"string\"",
	    "enum", false },
};

static bool
run_case(const struct a_case *c)
{
	const struct dp_infer_opts opts = { .only = "t", .tight = c->tight };
	struct dp_err err = { 0 };
	struct dp_infer *f = dp_infer_new(&opts, &err);
	struct dp_infer_fault fault;
	struct dp_buf schema;
	const char *text;
	bool good = true;
	unsigned i;

	dp_buf_init(&schema, 0);
	for (i = 0; i < c->times; i++) {
		char line[LINE] = { 0 };
		int n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		n = snprintf(line, sizeof line - 1, c->line, i);
#pragma GCC diagnostic pop
		line[n] = '\n';
		good = good && dp_infer_line(f, line, (size_t)n, &fault) == 0;
	}
	good = good && dp_infer_write(f, 0, &schema, &err) == 0;
	text = dp_buf_text(&schema);
	if (!good || strstr(text, c->has) == NULL ||
	    (c->hasnt != NULL && strstr(text, c->hasnt) != NULL)) {
		printf("# %s", text);
		good = false;
	}
	dp_buf_fini(&schema);
	dp_infer_free(f);
	return good;
}

/* Words in turn, and one value that is rare. */
static void
enums(void)
{
	static const char *const words[] = { "GET", "POST", "HEAD" };
	const struct dp_infer_opts opts = { .only = "t" };
	struct dp_err err = { 0 };
	struct dp_infer *f = dp_infer_new(&opts, &err);
	struct dp_infer_fault fault;
	struct dp_buf b;
	unsigned i;

	dp_buf_init(&b, 0);
	for (i = 0; i < 300; i++) {
		char line[256] = { 0 };
		int n = snprintf(line, sizeof line, "{\"m\":\"%s\",\"n\":%s}\n",
		    words[i % 3], i % 5 == 0 ? "null" : "\"on\"");

		(void)dp_infer_line(f, line, (size_t)n - 1, &fault);
	}
	(void)dp_infer_write(f, 0, &b, &err);
	OK(strstr(dp_buf_text(&b), "\"enum\": [\"GET\", \"POST\", \"HEAD\"]") !=
		NULL,
	    "a few words, each often, are an enum");
	{
		char line[256] = "{\"m\":\"PATCH\",\"n\":\"on\"}\n";

		(void)dp_infer_line(f, line, strlen(line) - 1, &fault);
	}
	dp_buf_clear(&b);
	(void)dp_infer_write(f, 0, &b, &err);
	OK(strstr(dp_buf_text(&b), "enum") == NULL,
	    "a word that came once shows that there are more");
	dp_buf_fini(&b);
	dp_infer_free(f);
}

static unsigned notes;

static void
count_note(void *arg, const char *type, const char *pointer, const char *text)
{
	(void)arg;
	(void)type;
	notes++;
	printf("# %s: %s\n", pointer, text);
}

/* A line of n members: what makes the ith is pair, a format. */
static void
wide_line(struct dp_buf *b, unsigned n, const char *pair)
{
	unsigned i;

	dp_buf_clear(b);
	say(b, "{");
	for (i = 0; i < n; i++) {
		say(b, i == 0 ? "" : ",");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)dp_buf_addf(b, pair, i);
#pragma GCC diagnostic pop
	}
	say(b, "}\n");
	(void)dp_buf_reserve(b, DP_SCAN_PAD);
}

static void
limits(void)
{
	const struct dp_infer_opts opts = { .only = "t", .tight = true };
	static char deep[4096];
	struct dp_err err = { 0 };
	struct dp_infer *f = dp_infer_new(&opts, &err);
	struct dp_infer_fault fault;
	struct dp_buf line, b;

	dp_buf_init(&line, 0);
	dp_buf_init(&b, 0);
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	(void)dp_buf_addf(&line, "{\"deep\":%s}\n", deep);
	(void)dp_buf_reserve(&line, DP_SCAN_PAD);
	OK(dp_infer_line(f, line.data, line.len - 1, &fault) == 0,
	    "a hundred levels are taken");
	(void)dp_infer_write(f, 0, &b, &err);
	dp_infer_notes(f, 0, count_note, NULL);
	OK(notes == 1, "the limit of the depth is told");
	dp_infer_free(f);

	f = dp_infer_new(&opts, &err);
	wide_line(&line, 100000, "\"key %u\":1");
	OK(dp_infer_line(f, line.data, line.len - 1, &fault) == 0,
	    "a hundred thousand keys are taken");
	dp_buf_clear(&b);
	(void)dp_infer_write(f, 0, &b, &err);
	OK(b.len < 2000 &&
		strstr(dp_buf_text(&b), "100000 values of other") != NULL,
	    "as a map");
	dp_infer_free(f);

	f = dp_infer_new(&opts, &err);
	wide_line(&line, 2000, "\"key %1$u\":%1$u,\"s%1$u\":\"\"");
	OK(dp_infer_line(f, line.data, line.len - 1, &fault) == 0,
	    "keys of several kinds are taken");
	dp_buf_clear(&b);
	(void)dp_infer_write(f, 0, &b, &err);
	OK(strstr(dp_buf_text(&b), "additionalProperties") == NULL &&
		strstr(dp_buf_text(&b), "too many") != NULL,
	    "as no map, up to the limit");
	dp_infer_free(f);
	dp_buf_fini(&line);
	dp_buf_fini(&b);
}

/* Objects with a key of their own, and maps that have it as one of many. */
static void
maps_of_maps(void)
{
	const struct dp_infer_opts opts = { 0 };
	static size_t at[4 * LINES + 1];
	struct dp_buf lines;
	size_t i;

	dp_buf_init(&lines, 0);
	for (i = 0; i < 4 * LINES; i++) {
		say(&lines, "{\"event_name\":\"a\",\"m\":{");
		if (i == 0)
			say(&lines, "\"zz\":{\"k1\":\"s\"}");
		else if (i < LINES)
			(void)dp_buf_addf(&lines, "\"m%zu\":{\"k%zu\":%zu}",
			    i % 5, i, i);
		else
			(void)dp_buf_addf(&lines, "\"x%zu\":{\"z\":%zu}", i, i);
		say(&lines, "}}\n");
		at[i + 1] = lines.len;
	}
	(void)dp_buf_reserve(&lines, DP_SCAN_PAD);
	OK(accepts(&opts, &lines, at, 4 * LINES, LINES),
	    "a key of one object may be data in another");
	dp_buf_fini(&lines);
}

static void
refused(void)
{
	static const struct {
		const char *line, *code;
	} bad[] = {
		{ "{\"event_name\":\"a\"", "incomplete" },
		{ "[1]", "not-object" },
		{ "{\"a\":1}", "required" },
		{ "{\"event_name\":7}", "type" },
		{ "{\"event_name\":\"../a\"}", "unknown-type" },
		{ "{\"event_name\":\"\"}", "unknown-type" },
		{ "{\"event_name\":\"\\u0001\"}", "unknown-type" },
		{ "{\"event_name\":\"a\",\"event_name\":\"b\"}",
		    "duplicate-key" },
	};
	const struct dp_infer_opts opts = { 0 };
	struct dp_err err = { 0 };
	struct dp_infer *f = dp_infer_new(&opts, &err);
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char line[256] = { 0 };
		struct dp_infer_fault fault = { 0 };

		(void)snprintf(line, sizeof line, "%s\n", bad[i].line);
		OK(dp_infer_line(f, line, strlen(line) - 1, &fault) == -1 &&
			strcmp(fault.code, bad[i].code) == 0,
		    "refused: %s: %s", bad[i].code, bad[i].line);
	}
	OK(dp_infer_count(f) == 0, "and nothing is left of them");
	dp_infer_free(f);
}

int
main(void)
{
	char path[64];
	size_t i;

	if (mkdtemp(folder) == NULL)
		return 99;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		OK(run_case(&cases[i]), "%s", cases[i].name);
	enums();
	limits();
	refused();
	maps_of_maps();
	random_rounds(false, 0);
	random_rounds(true, 0);
	random_rounds(false, 20000);
	random_rounds(true, 100000);
	(void)unlink(path_of(path, sizeof path));
	(void)rmdir(folder);
	return tap_done();
}
