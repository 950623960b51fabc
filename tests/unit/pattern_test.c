#include "schema/pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "schema/pattern_dfa.h"
#include "schema/pattern_parse.h"
#include "schema/pattern_pcre.h"
#include "suite.h"
#include "tap.h"

#define SEPARATOR "\xe2\x80\xa8"
#define DRAGON "\xf0\x9f\x90\xb2"

static const struct {
	const char *pattern, *text;
	const char *want; /* yes no fault unfit limit */
} cases[] = {
	{ "", "", "yes" },
	{ "", "abc", "yes" },
	{ "^$", "", "yes" },
	{ "^$", "\n", "no" },
	{ "abc", "xabcx", "yes" },
	{ "abc", "xabx", "no" },
	{ "^abc", "abcd", "yes" },
	{ "^abc", "xabc", "no" },
	{ "abc$", "xabc", "yes" },
	{ "abc$", "abc\n", "no" },
	{ "^abc$", "abc\n", "no" },
	{ "^[A-Z]{3}-\\d+$", "ABC-12", "yes" },
	{ "^[A-Z]{3}-\\d+$", "ABC-", "no" },
	{ "^[A-Z]{3}-\\d+$", "ABCD-1", "no" },
	{ "^[a-z]{2,4}$", "abcde", "no" },
	{ "^[a-z]{2,4}$", "abcd", "yes" },
	{ "^[a-z]{2,4}$", "a", "no" },
	{ "^[a-z]{2,4}", "abcde", "yes" },
	{ "^a{0}b$", "b", "yes" },
	{ "^[^/]{3}$",
	    "\xc3\xa9"
	    "b" DRAGON,
	    "yes" },
	{ "^.{2}$", DRAGON DRAGON, "yes" },
	{ "^.$", SEPARATOR, "no" },
	{ "^.*$", "a\nb", "no" },
	{ "^.*$", "a\rb", "no" },
	{ "^.*$", "a\xc2\x85", "yes" },
	{ "^[^]$", "\n", "yes" },
	{ "[]", "a", "no" },
	{ "^[]*$", "", "yes" },
	{ "^[]*$", "a", "no" },
	{ "[a-z]{3}", "12ab3abc", "yes" },
	{ "[a-z]{3}", "12ab3ab", "no" },
	{ "^" DRAGON "*$", DRAGON DRAGON, "yes" },
	{ "^" DRAGON "*$", "\xf0\x9f\x90\x89", "no" },
	{ "^\\ud83d\\udc32$", DRAGON, "yes" },
	{ "^\\u{1f432}$", DRAGON, "yes" },
	{ "^[\\ud83d\\udc32]$", DRAGON, "yes" },
	{ "^[\\ud800-\\udfff]$", DRAGON, "no" },
	{ "\\ud83d", DRAGON, "no" },
	{ "^\\x41\\u0042$", "AB", "yes" },
	{ "^\\cA\\0$", "\x01", "no" },
	{ "^\\ca$", "\x01", "yes" },
	{ "^\\t\\n\\v\\f\\r$", "\t\n\v\f\r", "yes" },
	{ "^\\s$", "\xef\xbb\xbf", "yes" },
	{ "^[\\s]$", "\xe2\x80\x83", "yes" },
	{ "^\\S$", "\xe2\x80\xa8", "no" },
	{ "^[^\\S]$", "\xc2\xa0", "yes" },
	{ "^[^\\s]$", "\xc2\x85", "yes" },
	{ "^[\\D]$", "\xdf\x80", "yes" },
	{ "^\\d$", "\xdf\x80", "no" },
	{ "^\\w$", "\xc3\xa9", "no" },
	{ "^\\W$", "\xc3\xa9", "yes" },
	{ "^[\\w-.]+$", "a-.", "yes" },
	{ "^[\\b]$", "\b", "yes" },
	{ "\\bfoo\\b", "a foo b", "yes" },
	{ "\\Boo", "foo", "yes" },
	{ "^\\p{Letter}+$", "\xcf\x80", "yes" },
	{ "^\\p{L}+$", "12", "no" },
	{ "^\\P{Lu}$", "a", "yes" },
	{ "^\\p{Lowercase_Letter}$", "a", "yes" },
	{ "^\\p{Script=Greek}$", "\xcf\x80", "yes" },
	{ "^\\p{sc=Grek}$", "a", "no" },
	{ "^\\p{Script_Extensions=Greek}$", "\xcf\x80", "yes" },
	{ "^[\\p{L}\\p{Nd}_]+$", "a1_", "yes" },
	{ "^\\p{General_Category=Decimal_Number}$", "1", "yes" },
	{ "^\\p{Assigned}$", "a", "yes" },
	{ "^\\P{Assigned}$", "a", "no" },
	{ "^\\p{LC}$", "A", "yes" },
	{ "^\\p{Any}$", "\n", "yes" },
	{ "^\\p{ASCII}$", "\xc3\xa9", "no" },
	{ "^\\p{Emoji_Presentation}$", DRAGON, "yes" },
	{ "\\p{greek}", "", "fault" },
	{ "\\p{Greek}", "", "fault" },
	{ "\\p{letter}", "", "fault" },
	{ "\\p{Script=greek}", "", "fault" },
	{ "\\pL", "", "fault" },
	{ "\\p{L", "", "fault" },
	{ "\\p{^L}", "", "fault" },
	{ "^(?<y>a)\\k<y>$", "aa", "yes" },
	{ "^(?<y>a)\\k<y>$", "ab", "no" },
	{ "(?<y>a)(?<y>b)", "", "fault" },
	{ "\\k<y>", "", "fault" },
	{ "^(a)?\\1b$", "b", "yes" },
	{ "^(?:(a)|b)*\\1$", "abb", "unfit" },
	{ "^(?:([\"'])x\\1)*$", "'x'\"x\"", "yes" },
	{ "^(?:\\1(a))*$", "aa", "yes" },
	{ "^(\\1a)$", "a", "yes" },
	{ "([ab]){0,3}(a)\\1{1,2}", "ab1-1", "yes" },
	{ "(?<=(a)\\1)b", "aab", "unfit" },
	{ "(?<=a)b", "ab", "yes" },
	{ "(?<!a)b", "ab", "no" },
	{ "(?<=a+)b", "ab", "unfit" },
	{ "^(?=.*\\d)(?!.*x).{3,}$", "ab1", "yes" },
	{ "^(?=.*\\d)(?!.*x).{3,}$", "xb1", "no" },
	{ "(?=a)x*a$", "ba", "yes" },
	{ "^(foo|bar)$", "bar", "yes" },
	{ "^a{3}?$", "aaa", "yes" },
	{ "a{2}{3}", "", "fault" },
	{ "^{a}$", "{a}", "yes" },
	{ "^\\[.*]$", "[x]", "yes" },
	{ "^\\-\\@\\_\\/$", "-@_/", "yes" },
	{ "a{,5}", "", "fault" },
	{ "a{5", "", "fault" },
	{ "a{5,2}", "", "fault" },
	{ "{5}", "", "fault" },
	{ "^[a-z]{0,70000}$", "abc", "yes" },
	{ "^(?:ab){0,70000}$", "abc", "unfit" },
	{ "^a{18446744073709551617}$", "a", "no" },
	{ "[z-a]", "", "fault" },
	{ "[a", "", "fault" },
	{ "[[:alpha:]]", "", "fault" },
	{ "(", "", "fault" },
	{ ")", "", "fault" },
	{ "(a", "", "fault" },
	{ "*", "", "fault" },
	{ "a**", "", "fault" },
	{ "a++", "", "fault" },
	{ "a?+", "", "fault" },
	{ "\\", "", "fault" },
	{ "[\\", "", "fault" },
	{ "\\a", "", "fault" },
	{ "\\A", "", "fault" },
	{ "\\z", "", "fault" },
	{ "\\Z", "", "fault" },
	{ "\\Q\\E", "", "fault" },
	{ "\\e", "", "fault" },
	{ "\\G", "", "fault" },
	{ "\\h", "", "fault" },
	{ "\\K", "", "fault" },
	{ "\\R", "", "fault" },
	{ "\\X", "", "fault" },
	{ "\\C", "", "fault" },
	{ "\\N", "", "fault" },
	{ "\\g{1}", "", "fault" },
	{ "\\1", "", "fault" },
	{ "(a)\\2", "", "fault" },
	{ "\\01", "", "fault" },
	{ "\\u12", "", "fault" },
	{ "\\u{110000}", "", "fault" },
	{ "\\x4", "", "fault" },
	{ "\\c1", "", "fault" },
	{ "(?i)a", "", "fault" },
	{ "(?i:a)", "", "fault" },
	{ "(?>a)", "", "fault" },
	{ "(?P<n>a)", "", "fault" },
	{ "(?#c)a", "", "fault" },
	{ "(?R)", "", "fault" },
	{ "(?1)", "", "fault" },
	{ "(?(1)a|b)", "", "fault" },
	{ "(?|a|b)", "", "fault" },
	{ "(*FAIL)", "", "fault" },
	{ "(*UTF)a", "", "fault" },
	{ "(?=a)*", "", "fault" },
	{ "^*", "", "fault" },
	{ "(?<1>a)", "", "fault" },
	{ "(?<a", "", "fault" },
	{ "(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "no" },
	{ "(?=a)(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
	    "limit" },
	{ "^(?:$)+$", "", "yes" },
	{ "$^", "", "yes" },
	{ "a$^", "a", "no" },
	{ "(?:(?:(?:){4000}){4000}){4000}", "a", "unfit" },
	{ "^(?:[\\u0800-\\ud7ff]|[\\ud800-\\uffff]{2})$", "\xef\xbf\xbd",
	    "no" },
};

static const char *
verdict(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	static const char *const words[] = { "no", "yes", "limit" };
	struct dp_err err = { 0 };
	struct dp_pattern *p = dp_pattern_new(pattern, pattern_len, &err);
	enum dp_pattern_result rc;

	if (p == NULL)
		return dp_pattern_valid(pattern, pattern_len) ? "unfit"
							      : "fault";
	rc = dp_pattern_match(p, text, len);
	dp_pattern_free(p);
	return words[rc];
}

static void
test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *got =
		    verdict(cases[i].pattern, strlen(cases[i].pattern),
			cases[i].text, strlen(cases[i].text));

#ifndef DP_HAVE_PCRE
		if (strcmp(got, "unfit") == 0)
			continue;
#endif
		OK(strcmp(got, cases[i].want) == 0, "%s: %s (%s)",
		    cases[i].pattern, cases[i].want, got);
	}
}

static void
test_errors(void)
{
	struct dp_err err = { 0 };
	struct dp_pattern *p;

	OK(dp_pattern_new("ab\\a", 4, &err) == NULL &&
		err.status == DP_CONFIG &&
		strcmp(err.msg, "pattern: offset 2: no escape of ECMA-262") ==
		    0,
	    "a fault tells offset and reason");
	p = dp_pattern_new("a\0b", 3, &err);
	OK(p != NULL && dp_pattern_match(p, "xa\0b", 4) == DP_PATTERN_YES,
	    "NUL is a character");
	dp_pattern_free(p);
}

/* Which patterns must not need PCRE. */
static void
test_simple(void)
{
	static const char *const simple[] = { "", "abc", "^abc$", "^abc",
		"abc$", "^[A-Z]{3}-\\d+$", "^.*$", "^.{1,50}$", "^\\d+$",
		"^[^/]+$", "[a-z]+", "^(abc)$", "^([a-z])*$", "^a*$", "a+",
		"^\\d{4}-\\d{2}-\\d{2}$", "^#[0-9a-fA-F]{6}$", "^https://",
		"^[a-z]+\\.[a-z]{2,}$",
		"^a literal that is longer than the items of a shape$" };
	static const char *const others[] = { "a|b", "^[a-z]+[a-z0-9]$",
		"^\\s+$", "(?=a)", "(a)\\1", "^(ab)*$", "[a-z]+$", "\\ba" };
	struct dp_err err = { 0 };
	size_t i;

	for (i = 0; i < sizeof simple / sizeof simple[0]; i++) {
		struct dp_pattern *p =
		    dp_pattern_new(simple[i], strlen(simple[i]), &err);

		OK(p != NULL && dp_pattern_simple(p), "%s is simple",
		    simple[i]);
		dp_pattern_free(p);
	}
	for (i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct dp_pattern *p =
		    dp_pattern_new(others[i], strlen(others[i]), &err);

#ifdef DP_HAVE_PCRE
		OK(p != NULL && !dp_pattern_simple(p), "%s is not", others[i]);
#else
		OK(p == NULL ? err.status == DP_CONFIG
			     : !dp_pattern_simple(p) && dp_pattern_linear(p),
		    "%s is not, or refused", others[i]);
#endif
		dp_pattern_free(p);
	}
}

static void
suite_case(const struct suite_case *c, void *arg)
{
	struct dp_scan_value v;
	struct dp_buf pattern, text;
	size_t *count = arg;
	const char *got;

	if (c->schema.type != DP_JSON_OBJECT ||
	    c->data.type != DP_JSON_STRING ||
	    !suite_member(&c->schema, "pattern", &v))
		return;
	dp_buf_init(&pattern, 0);
	dp_buf_init(&text, 0);
	suite_text(&pattern, &v);
	suite_text(&text, &c->data);
	got = verdict(pattern.data, pattern.len, text.data, text.len);
	++*count;
#ifdef DP_HAVE_PCRE
	OK(strcmp(got, c->valid ? "yes" : "no") == 0, "%s: %.*s: %.*s", c->path,
	    (int)c->group.len, c->group.data, (int)c->name.len, c->name.data);
#else
	OK(strcmp(got, "unfit") == 0 ||
		strcmp(got, c->valid ? "yes" : "no") == 0,
	    "%s: %.*s", c->path, (int)c->name.len, c->name.data);
#endif
	dp_buf_fini(&pattern);
	dp_buf_fini(&text);
}

static void
test_suite(void)
{
	size_t count = 0;

	if (suite_run("draft[467]*/pattern.json", suite_case, &count) == 0)
		return;
	(void)suite_run("draft20*/pattern.json", suite_case, &count);
	(void)suite_run("draft*/optional/ecmascript-regex.json", suite_case,
	    &count);
	(void)suite_run("draft*/optional/non-bmp-regex.json", suite_case,
	    &count);
	OK(count > 200, "%zu cases of the suite", count);
}

#ifdef DP_HAVE_PCRE
static uint64_t
next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static size_t
pick(char *out, const char *const *from, size_t n, uint64_t *seed)
{
	const char *s = from[next(seed) % n];

	memcpy(out, s, strlen(s));
	return strlen(s);
}

#define PICK(out, from) pick(out, from, sizeof(from) / sizeof(from)[0], seed)

/* Parts of which most make a shape. */
static size_t
random_pattern(char *out, bool any, uint64_t *seed)
{
	static const char *const atoms[] = { "a", "b", "ab", "[ab]", "[^a]",
		".", "\\d", "\\w", "1", "\xc3\xa9", "[^\\d]", "\\W", "-",
		"[a-b1]", "\\n", "()", "(a)", "(?:b)", "([ab])" };
	static const char *const more[] = { "a|b", "(a|1)", "(?=a)", "(?!b)",
		"(?<=a)", "(?<!b)", "\\s", "\\S", "[\\s\\d]", "[^\\S]", "\\b",
		"\\B", "(a)\\1", "(?:a|b1)", "[^]", "[]", "\\p{L}", "\\P{Lu}",
		"[\\p{Nd}a-]", "(?:a*b)*", "(\\1a)", "[\\w-]", "\\u{e9}",
		"\\x61", "(?<n>b)\\k<n>", "\\cJ", "{", "}", "]", "(a", ")", "[",
		"\\", "\\e", "\\u00e9", "(?:", "\\ud83d\\udc32",
		"[\\ud83d\\udc32]", "[" DRAGON "a]", "\\p{Script=Latin}" };
	static const char *const counts[] = { "", "", "", "", "*", "+", "?",
		"{2}", "{1,2}", "{0}", "{1,}", "{0,3}", "*?", "+?", "{2,}?" };
	const size_t n = next(seed) % 5;
	size_t len = 0, i;

	if (next(seed) % 3 != 0)
		out[len++] = '^';
	for (i = 0; i < n; i++) {
		len += any && next(seed) % 2 == 0 ? PICK(out + len, more)
						  : PICK(out + len, atoms);
		len += PICK(out + len, counts);
	}
	if (next(seed) % 3 != 0)
		out[len++] = '$';
	return len;
}

static size_t
random_text(char *out, uint64_t *seed)
{
	static const char *const parts[] = { "a", "b", "1", "-", "\xc3\xa9",
		"\n", SEPARATOR, DRAGON, "ab", "a1", " ", "A", "\xc2\x85" };
	const size_t n = next(seed) % 7;
	size_t len = 0, i;

	for (i = 0; i < n; i++)
		len += PICK(out + len, parts);
	return len;
}

/* Every shape says what PCRE says. */
static void
test_shapes(void)
{
	uint64_t seed = UINT64_C(88172645463325252);
	size_t i, j, shapes = 0, pairs = 0, bad = 0;

	for (i = 0; i < 8000; i++) {
		static struct dp_shape shape;
		struct dp_buf out;
		struct dp_pattern_parse p = { .shape = &shape, .out = &out };
		struct dp_err err = { 0 };
		struct dp_pcre *pcre;
		char pattern[512], text[128];

		memset(&shape, 0, sizeof shape);
		dp_buf_init(&out, 0);
		p.text = pattern;
		p.len = random_pattern(pattern, false, &seed);
		if (dp_pattern_parse(&p) == 0 && dp_shape_finish(&shape)) {
			shapes++;
			pcre = dp_pcre_new(out.len == 0 ? "" : out.data,
			    out.len, p.looks_ahead, &err);
			for (j = 0; pcre != NULL && j < 20; j++) {
				const size_t len = random_text(text, &seed);
				const bool got =
				    dp_shape_match(&shape, text, len);

				pairs++;
				if (got ==
				    (dp_pcre_match(pcre, text, len) ==
					DP_PATTERN_YES))
					continue;
				if (bad++ < 10)
					(void)printf("# %.*s: %.*s: %d\n",
					    (int)p.len, pattern, (int)len, text,
					    got);
			}
			dp_pcre_free(pcre);
		}
		dp_buf_fini(&out);
	}
	OK(bad == 0 && shapes > 2000 && pairs == shapes * 20,
	    "%zu shapes on %zu texts say what PCRE says", shapes, pairs);
}

/* Every table says what PCRE says. */
static void
test_tables(void)
{
	uint64_t seed = UINT64_C(362436069362436069);
	size_t i, j, tables = 0, bad = 0;

	for (i = 0; i < 8000; i++) {
		struct dp_buf out;
		struct dp_tree tree;
		struct dp_pattern_parse p = { .out = &out, .tree = &tree };
		struct dp_err err = { 0 };
		struct dp_pcre *pcre = NULL;
		struct dp_dfa *dfa = NULL;
		char pattern[512], text[128];

		dp_buf_init(&out, 0);
		(void)dp_buf_reserve(&out, 1);
		(void)dp_tree_init(&tree);
		p.text = pattern;
		p.len = random_pattern(pattern, i % 2 == 0, &seed);
		if (dp_pattern_parse(&p) == 0 && p.unfit == NULL) {
			dfa = dp_dfa_new(&tree);
			pcre =
			    dp_pcre_new(out.data, out.len, p.looks_ahead, &err);
		}
		tables += dfa != NULL;
		for (j = 0; dfa != NULL && pcre != NULL && j < 20; j++) {
			const size_t len = random_text(text, &seed);
			const bool got = dp_dfa_match(dfa, text, len);

			if (got ==
			    (dp_pcre_match(pcre, text, len) == DP_PATTERN_YES))
				continue;
			if (bad++ < 10)
				(void)printf("# %.*s: %.*s: %d\n", (int)p.len,
				    pattern, (int)len, text, got);
		}
		dp_pcre_free(pcre);
		dp_dfa_free(dfa);
		dp_tree_fini(&tree);
		dp_buf_fini(&out);
	}
	OK(bad == 0 && tables > 4000, "%zu tables say what PCRE says", tables);
}

static void
write_pairs(FILE *f)
{
	uint64_t seed = 42;
	struct dp_buf line;
	const char *want = getenv("ROUNDS");
	const size_t rounds = want == NULL ? 10000 : strtoul(want, NULL, 10);
	size_t i, j;

	dp_buf_init(&line, 0);
	for (i = 0; i < rounds; i++) {
		char pattern[512], text[128];
		const size_t pattern_len = random_pattern(pattern, true, &seed);

		for (j = 0; j < 5; j++) {
			const size_t len = random_text(text, &seed);
			const char *got =
			    verdict(pattern, pattern_len, text, len);

			if (strcmp(got, "unfit") == 0)
				continue;
			dp_buf_clear(&line);
			(void)dp_buf_addc(&line, '[');
			dp_json_quote(&line, pattern, pattern_len);
			(void)dp_buf_addc(&line, ',');
			dp_json_quote(&line, text, len);
			(void)dp_buf_addf(&line, ",\"%s\"]\n", got);
			(void)fwrite(line.data, 1, line.len, f);
		}
	}
	dp_buf_fini(&line);
}

/* Where there is node, its RegExp is the reference. */
static void
test_node(void)
{
	char path[] = "/tmp/dp-pattern.XXXXXX", line[1024], command[256];
	const int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	size_t bad = 0, lines = 0;

	if (access("/usr/bin/node", X_OK) != 0) {
		(void)printf("# SKIPPED: no node to compare with\n");
		return;
	}
	OK(f != NULL, "a file for pairs");
	if (f == NULL)
		return;
	write_pairs(f);
	(void)fclose(f);
	(void)snprintf(command, sizeof command,
	    "/usr/bin/node tests/unit/pattern.js %s", path);
	f = popen(command, "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (sscanf(line, "lines %zu", &lines) == 1)
			continue;
		if (bad++ < 30)
			(void)printf("# %s", line);
	}
	OK(f != NULL && pclose(f) == 0 && bad == 0 && lines > 20000,
	    "%zu pairs as RegExp says, %zu not", lines, bad);
	(void)unlink(path);
}
#endif

/* A deep match needs more than the usual stack. */
static void
test_long(void)
{
	const size_t len = 100000;
	char *text = malloc(len);
	size_t i;

	if (text == NULL)
		return;
	for (i = 0; i < len; i++)
		text[i] = "ab"[i & 1];
	OK(strcmp(verdict("^[ab]*$", 7, text, len), "yes") == 0,
	    "100,000 characters");
#ifdef DP_HAVE_PCRE
	OK(strcmp(verdict("^(?:a|b)*$", 10, text, len), "yes") == 0,
	    "100,000 characters one by one");
#endif
	free(text);
}

#ifdef DP_HAVE_PCRE
/* Patterns that explode end at their limit, in bounded time. */
static void
test_slow(void)
{
	static const char *const slow[] = { "(?<!x)[ab]+$",
		"(?<!x)[ab]*[ab]*[ab]*$", "(?=a)(?:a|b|ab)*$",
		"^(?=[ab])[ab]*[ab]*[ab]*[ab]*$", "([ab]+)\\1$" };
	const size_t sizes[] = { 200, 1500, 20000, 1000000 };
	size_t i, k;

	for (k = 0; k < 4; k++) {
		char *text = malloc(sizes[k]);

		if (text == NULL)
			return;
		for (i = 0; i < sizes[k]; i++)
			text[i] = "ab"[i & 1];
		text[sizes[k] - 1] = '!';
		for (i = 0; i < sizeof slow / sizeof slow[0]; i++) {
			const clock_t begun = clock();
			const char *got =
			    verdict(slow[i], strlen(slow[i]), text, sizes[k]);
			const double s =
			    (double)(clock() - begun) / CLOCKS_PER_SEC;

			OK(strcmp(got, "yes") != 0 && s < 30,
			    "%s on %zu bytes: %s", slow[i], sizes[k], got);
			if (s > 2)
				(void)printf("# %.1f s\n", s);
		}
		free(text);
	}
}
#endif

int
main(void)
{
	test_cases();
	test_errors();
	test_simple();
	test_suite();
	test_long();
#ifdef DP_HAVE_PCRE
	test_shapes();
	test_tables();
	test_slow();
	test_node();
#else
	(void)printf("# SKIPPED: comparison with PCRE, which is not built\n");
#endif
	return tap_done();
}
