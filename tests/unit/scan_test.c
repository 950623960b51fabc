/* The scanner: verdicts, places, and that all widths agree. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "json/scan.h"
#include "json/scan_variant.h"
#include "tap.h"

#define ROOM 65536

/* A line as the scanner wants it: newline behind it, then rubbish. */
static char line[ROOM];

static size_t
lay(const char *text, size_t len)
{
	memcpy(line, text, len);
	memset(line + len, '"', DP_SCAN_PAD);
	line[len] = '\n';
	return len;
}

#define T(text) text, sizeof text - 1

static const struct {
	const char *name;
	const char *text;
	size_t len;
	enum dp_scan_fault want;
	size_t at;
} cases[] = {
	{ "an object", T("{\"a\":1}"), DP_SCAN_OK, 7 },
	{ "white space all around", T(" \t\r{ \"a\" : [ 1 , 2 ] } \r"),
	    DP_SCAN_OK, 24 },
	{ "a bare word", T("true"), DP_SCAN_OK, 4 },
	{ "nothing", T(""), DP_SCAN_INCOMPLETE, 0 },
	{ "two values", T("1 2"), DP_SCAN_MALFORMED, 2 },
	{ "a comma too many", T("[1,]"), DP_SCAN_MALFORMED, 3 },
	{ "a comma too many in an object", T("{\"a\":1,}"), DP_SCAN_MALFORMED,
	    7 },
	{ "an open string", T("{\"a"), DP_SCAN_INCOMPLETE, 3 },
	{ "an open array", T("[1,[2]"), DP_SCAN_INCOMPLETE, 6 },
	{ "the wrong bracket", T("[1}"), DP_SCAN_MALFORMED, 2 },
	{ "a bracket too many", T("[1]]"), DP_SCAN_MALFORMED, 3 },
	{ "a leading zero", T("[01]"), DP_SCAN_MALFORMED, 2 },
	{ "a point without digits", T("[1.]"), DP_SCAN_MALFORMED, 3 },
	{ "an exponent without digits", T("[1e+]"), DP_SCAN_MALFORMED, 4 },
	{ "a plus sign", T("[+1]"), DP_SCAN_MALFORMED, 1 },
	{ "a minus alone", T("-"), DP_SCAN_INCOMPLETE, 1 },
	{ "half a word", T("[tru"), DP_SCAN_INCOMPLETE, 4 },
	{ "a word gone wrong", T("[trux]"), DP_SCAN_MALFORMED, 4 },
	{ "NaN", T("NaN"), DP_SCAN_MALFORMED, 0 },
	{ "single quotes", T("{'a':1}"), DP_SCAN_MALFORMED, 1 },
	{ "a tab in a string", T("\"a\tb\""), DP_SCAN_MALFORMED, 2 },
	{ "a NUL in a string", T("\"a\0b\""), DP_SCAN_MALFORMED, 2 },
	{ "a NUL outside", T("[1\0]"), DP_SCAN_MALFORMED, 2 },
	{ "DEL is a character like others", T("\"\x7f\""), DP_SCAN_OK, 3 },
	{ "an escape of no kind", T("\"\\x41\""), DP_SCAN_MALFORMED, 1 },
	{ "hex digits missing", T("\"\\u00g0\""), DP_SCAN_MALFORMED, 5 },
	{ "an escaped NUL", T("\"a\\u0000\""), DP_SCAN_NUL, 2 },
	{ "a pair of surrogates", T("\"\\ud83d\\uDE80\""), DP_SCAN_OK, 14 },
	{ "a high surrogate alone", T("\"\\ud83d\""), DP_SCAN_SURROGATE, 1 },
	{ "a low surrogate alone", T("\"\\ude80\""), DP_SCAN_SURROGATE, 1 },
	{ "two high surrogates", T("\"\\ud83d\\ud83d\""), DP_SCAN_SURROGATE,
	    1 },
	{ "two bytes", T("\"\xc3\xb6\""), DP_SCAN_OK, 4 },
	{ "four bytes", T("\"\xf0\x9f\x9a\x80\""), DP_SCAN_OK, 6 },
	{ "an overlong slash", T("\"\xc0\xaf\""), DP_SCAN_ENCODING, 1 },
	{ "an overlong of three", T("\"\xe0\x80\xaf\""), DP_SCAN_ENCODING, 1 },
	{ "a surrogate in UTF-8", T("\"\xed\xa0\x80\""), DP_SCAN_ENCODING, 1 },
	{ "beyond U+10FFFF", T("\"\xf4\x90\x80\x80\""), DP_SCAN_ENCODING, 1 },
	{ "a stray continuation", T("\"a\x80\""), DP_SCAN_ENCODING, 2 },
	{ "a cut character before the quote", T("\"\xe2\x82\""),
	    DP_SCAN_ENCODING, 1 },
	{ "UTF-8 outside a string", T("\xc3\xb6"), DP_SCAN_MALFORMED, 0 },
	{ "a BOM", T("\xef\xbb\xbf{}"), DP_SCAN_MALFORMED, 0 },
	{ "a key twice", T("{\"a\":1,\"b\":2,\"a\":3}"), DP_SCAN_DUPLICATE,
	    13 },
	{ "a key twice, once escaped", T("{\"a\":1,\"\\u0061\":3}"),
	    DP_SCAN_DUPLICATE, 7 },
	{ "an empty key twice", T("{\"\":1,\"\":3}"), DP_SCAN_DUPLICATE, 6 },
	{ "a key twice far down", T("[[{\"x\":{\"k\":[],\"k\":0}}]]"),
	    DP_SCAN_DUPLICATE, 15 },
	{ "the same key in two objects", T("[{\"a\":{\"a\":1}},{\"a\":2}]"),
	    DP_SCAN_OK, 23 },
	{ "a key again behind an inner object",
	    T("{\"a\":{\"b\":1},\"c\":2,\"a\":3}"), DP_SCAN_DUPLICATE, 19 },
	{ "a duplicate is told after the syntax", T("{\"a\":1,\"a\":2,x}"),
	    DP_SCAN_MALFORMED, 13 },
	{ "keys that differ in a NUL's place", T("{\"ab\":1,\"a\\u0062c\":2}"),
	    DP_SCAN_OK, 21 },
	{ "the depth limit", T("[[[[[]]]]]"), DP_SCAN_OK, 10 },
	{ "one over the depth limit", T("[[[[[[]]]]]]"), DP_SCAN_DEPTH_OVER,
	    5 },
};

static void
test_cases(void)
{
	const struct dp_scan_opts opts = { .max_depth = 5 };
	size_t i, at;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const size_t len = lay(cases[i].text, cases[i].len);
		struct dp_scan_value v;
		enum dp_scan_fault got =
		    dp_scan_line(line, len, &opts, &v, &at);

		OK(got == cases[i].want && at == cases[i].at, "%s (%s at %zu)",
		    cases[i].name, dp_scan_code(got), at);
	}
}

static void
test_options(void)
{
	const struct dp_scan_opts nul = { .nul_passes = true };
	const struct dp_scan_opts dup = { .dup_passes = true };
	struct dp_scan_value v;
	size_t at;

	OK(dp_scan_line(line, lay(T("\"\\u0000\"")), &nul, &v, &at) ==
		    DP_SCAN_OK &&
		v.escaped && v.type == DP_JSON_STRING,
	    "an escaped NUL passes when asked to");
	OK(dp_scan_line(line, lay(T("{\"a\":1,\"a\":2}")), &dup, &v, &at) ==
		DP_SCAN_OK,
	    "a key twice passes when asked to");
}

static const struct {
	const char *text;
	enum dp_json_type want;
} types[] = {
	{ "0", DP_JSON_INTEGER },
	{ "-0", DP_JSON_INTEGER },
	{ "1.0", DP_JSON_INTEGER },
	{ "1e3", DP_JSON_INTEGER },
	{ "100e-2", DP_JSON_INTEGER },
	{ "12345678901234567890123", DP_JSON_INTEGER },
	{ "1.5", DP_JSON_NUMBER },
	{ "9007199254740992.5", DP_JSON_NUMBER },
	{ "1e-1", DP_JSON_NUMBER },
	{ "0.0e-99999999999999999999", DP_JSON_INTEGER },
	{ "1e99999999999999999999", DP_JSON_INTEGER },
	{ "1e-99999999999999999999", DP_JSON_NUMBER },
	{ "null", DP_JSON_NULL },
	{ "true", DP_JSON_TRUE },
	{ "false", DP_JSON_FALSE },
	{ "\"\"", DP_JSON_STRING },
	{ "{}", DP_JSON_OBJECT },
	{ "[]", DP_JSON_ARRAY },
};

static void
test_types(void)
{
	const struct dp_scan_opts opts = { 0 };
	size_t i, at;

	for (i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct dp_scan_value v = { 0 };
		size_t len = lay(types[i].text, strlen(types[i].text));

		OK(dp_scan_line(line, len, &opts, &v, &at) == DP_SCAN_OK &&
			v.type == types[i].want && v.len == len,
		    "the type of %s", types[i].text);
	}
}

/* Every proper prefix of a good line is incomplete, and nothing else. */
static void
test_prefixes(void)
{
	static const char *const lines[] = {
		"{\"a\":[true,false,null,-1.5e+10],\"b\\u0041\\ud83d\\ude80\""
		":\"gr\xc3\xb6\xe2\x82\xac\xf0\x9f\x9a\x80\"}",
		"[[],{},{\"\":{\"x\":[0,\"\\\\\\\"\"]}}  ]",
		"{\"event_name\":\"purchase\",\"user_id\":12345678901234567890,"
		"\"timestamp\":1,\"sku\":\"abcdefghijklmnopqrstuvwxyz0123456789\"}",
	};
	const struct dp_scan_opts opts = { 0 };
	size_t i, n, at, bad = 0;

	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		for (n = 0; n < strlen(lines[i]); n++) {
			(void)lay(lines[i], n);
			if (dp_scan_line(line, n, &opts, NULL, &at) !=
				DP_SCAN_INCOMPLETE ||
			    at != n)
				bad++;
		}
		(void)lay(lines[i], n);
		bad += dp_scan_line(line, n, &opts, NULL, &at) != DP_SCAN_OK;
	}
	OK(bad == 0, "every prefix of a line is incomplete");
}

/* All widths and the slow scanner say the same of line[0..len). */
static int
agree(struct dp_scan_work *w, size_t len)
{
	struct dp_scan_value v;
	size_t at;
	const char *const end = line + len + 1;
	const bool good = dp_scan_fault(w, line, len, &at) == DP_SCAN_OK;
	int same = (dp_scan_line_plain(w, line, &v) == end) == good &&
	    (dp_scan_line_words(w, line, &v) == end) == good;

#ifdef DP_HAVE_AVX2
	if (dp_scan_has_avx2())
		same = same && (dp_scan_line_avx2(w, line, &v) == end) == good;
#endif
	return same ? good : -1;
}

static uint64_t
roll(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void
mutate(char *text, size_t *len, uint64_t *seed)
{
	static const char likely[] = "\"\\{}[]:,0123456789-+.eEtrufalsn \t"
				     "u00dD8cC\x80\xbf\xc3\xe2\xed\xf0\xf4";
	const size_t at = roll(seed) % *len;
	const char c = likely[roll(seed) % (sizeof likely - 1)];

	switch (roll(seed) % 4) {
	case 0:
		text[at] = c;
		break;
	case 1:
		memmove(text + at + 1, text + at, *len - at);
		text[at] = c;
		(*len)++;
		break;
	case 2:
		memmove(text + at, text + at + 1, *len - at - 1);
		(*len)--;
		break;
	default:
		text[at] = (char)roll(seed);
		break;
	}
}

static void
test_mutations(void)
{
	static const char seed_line[] =
	    "{\"event_name\":\"purchase\",\"user_id\":123456789012345678,"
	    "\"x\":[1.5e3,{\"a\":null,\"b\":[true,\"gr\xc3\xb6\xc3\x9f"
	    "e \xe2\x82\xac \xf0\x9f\x9a\x80 and some more text\"]}],"
	    "\"e\":\"a\\u0041\\ud83d\\ude80\\n\",\"\\u0066\":-0.25}";
	const struct dp_scan_opts opts = { 0 };
	struct dp_scan_work w;
	uint64_t seed = 88172645463325252u;
	size_t i, bad = 0, good = 0;

	(void)dp_scan_work_init(&w, &opts);
	for (i = 0; i < 300000; i++) {
		char text[512];
		size_t len = sizeof seed_line - 1, k, n = roll(&seed) % 4;
		int r;

		memcpy(text, seed_line, len);
		for (k = 0; k < n; k++)
			mutate(text, &len, &seed);
		if (memchr(text, '\n', len) != NULL)
			continue;
		r = agree(&w, lay(text, len));
		bad += r == -1;
		good += r == 1;
	}
	OK(bad == 0, "all widths agree on 300,000 mutations");
	OK(good > 50000, "of which many are good (%zu)", good);
	dp_scan_work_fini(&w);
}

/* One object of 1 MiB, keys a0, a1, ...: linear, and a repeat is found. */
static void
test_many_keys(void)
{
	const size_t room = (size_t)1 << 21;
	char *text = malloc(room + DP_SCAN_PAD);
	const struct dp_scan_opts opts = { 0 };
	size_t n = 0, len = 0, at;

	if (text == NULL)
		return;
	text[len++] = '{';
	for (; len < (size_t)1 << 20; n++)
		len += (size_t)sprintf(text + len, "\"%zx\":0,", n);
	text[len - 1] = '}';
	text[len] = '\n';
	OK(n > 110000 &&
		dp_scan_line(text, len, &opts, NULL, &at) == DP_SCAN_OK,
	    "%zu keys in one object", n);
	len += (size_t)sprintf(text + len - 1, ",\"77\":0}\n") - 2;
	OK(dp_scan_line(text, len, &opts, NULL, &at) == DP_SCAN_DUPLICATE &&
		memcmp(text + at, "\"77\":0}", 7) == 0,
	    "and one of them again at its end");
	free(text);
}

static void
test_deep(void)
{
	const struct dp_scan_opts deep = { .max_depth = 20000 };
	const struct dp_scan_opts usual = { 0 };
	size_t at;

	memset(line, '[', 20000);
	memset(line + 20000, ']', 20000);
	line[40000] = '\n';
	OK(dp_scan_line(line, 40000, &deep, NULL, &at) == DP_SCAN_OK,
	    "20,000 deep, when that is allowed");
	OK(dp_scan_line(line, 40000, &usual, NULL, &at) == DP_SCAN_DEPTH_OVER &&
		at == DP_SCAN_DEPTH,
	    "512 is the default");
	memset(line, '[', 60000);
	line[60000] = '\n';
	OK(dp_scan_line(line, 60000, &usual, NULL, &at) == DP_SCAN_DEPTH_OVER,
	    "nothing but brackets");
}

static void
test_walk(void)
{
	const struct dp_scan_opts opts = { 0 };
	size_t at,
	    n = 0,
	    len = lay(T(
		" {\"a\" : [1, \"x]\\\"\", {\"b\":{}} ] , \"\\u0062\":\"}\"}"));
	const char *m_at = NULL, *e_at = NULL;
	struct dp_scan_value v, e;
	struct dp_scan_member m;

	OK(dp_scan_line(line, len, &opts, &v, &at) == DP_SCAN_OK, "walk");
	OK(dp_scan_next_member(&v, &m_at, &m) && m.key_len == 1 &&
		*m.key == 'a' && m.value.type == DP_JSON_ARRAY,
	    "the first member");
	while (dp_scan_next_element(&m.value, &e_at, &e))
		n++;
	OK(n == 3 && e.type == DP_JSON_OBJECT && e.len == 8,
	    "its three elements");
	OK(dp_scan_next_member(&v, &m_at, &m) && m.key_escaped &&
		dp_scan_equal(m.key, m.key_len, true, "b", 1) &&
		!dp_scan_equal(m.key, m.key_len, true, "bc", 2) &&
		!dp_scan_equal(m.key, m.key_len, true, "", 0),
	    "the second one, by its text");
	OK(!dp_scan_next_member(&v, &m_at, &m), "and no third");
}

/* What we say of a file of JSONTestSuite, with raw newlines as the line
 * scanner never sees them: made carriage returns, which are no less bad
 * inside a string and no worse outside. */
static enum dp_scan_fault
judge(const char *path, bool loose)
{
	const struct dp_scan_opts opts = { .dup_passes = loose,
		.nul_passes = loose };
	char *text = malloc(300000);
	enum dp_scan_fault fault;
	size_t len, i, at;
	FILE *f = fopen(path, "rb");

	if (text == NULL || f == NULL)
		return DP_SCAN_MEMORY;
	len = fread(text, 1, 300000 - DP_SCAN_PAD, f);
	(void)fclose(f);
	for (i = 0; i < len; i++)
		if (text[i] == '\n')
			text[i] = '\r';
	text[len] = '\n';
	fault = dp_scan_line(text, len, &opts, NULL, &at);
	free(text);
	return fault;
}

static void
test_suite(void)
{
	const char *suites = getenv("DP_SUITES");
	char dir[512], path[1024];
	unsigned n[3] = { 0 }, bad = 0, taken = 0, strict = 0;
	struct dirent *d;
	DIR *dh;

	(void)snprintf(dir, sizeof dir, "%s/JSONTestSuite/test_parsing",
	    suites == NULL ? "../shared/suites" : suites);
	dh = opendir(dir);
	if (dh == NULL) {
		OK(1, "JSONTestSuite # SKIP not found in %s", dir);
		return;
	}
	while ((d = readdir(dh)) != NULL) {
		enum dp_scan_fault got;

		if (strchr("yni", d->d_name[0]) == NULL || d->d_name[1] != '_')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", dir, d->d_name);
		got = judge(path, true);
		strict += got == DP_SCAN_OK && judge(path, false) != got;
		if (d->d_name[0] == 'i') {
			n[2]++;
			taken += got == DP_SCAN_OK;
			(void)printf("# %s: %s\n", d->d_name,
			    got == DP_SCAN_OK ? "ok" : dp_scan_code(got));
			continue;
		}
		n[d->d_name[0] == 'n']++;
		if ((got == DP_SCAN_OK) != (d->d_name[0] == 'y')) {
			bad++;
			(void)printf("# %s: %s\n", d->d_name,
			    dp_scan_code(got));
		}
	}
	(void)closedir(dh);
	OK(bad == 0 && n[0] >= 95 && n[1] >= 188,
	    "JSONTestSuite: %u y_ accepted, %u n_ rejected", n[0], n[1]);
	OK(strict == 4,
	    "JSONTestSuite: but for two with a key twice and two "
	    "with an escaped NUL, unless asked to pass them");
	OK(n[2] >= 35, "JSONTestSuite: %u i_ decided, %u accepted", n[2],
	    taken);
}

int
main(void)
{
	test_cases();
	test_options();
	test_types();
	test_prefixes();
	test_mutations();
	test_many_keys();
	test_deep();
	test_walk();
	test_suite();
	return tap_done();
}
