#include "schema/format.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "tap.h"

/* Cases of our own, each with where it is written. */
static const struct {
	const char *format, *text;
	bool valid;
	const char *why;
} cases[] = {
	/* RFC 3339, 5.6: date-fullyear is 4DIGIT, and ISO 8601's year 0 */
	{ "date", "0000-02-29", true, "3339 5.6: 0 is a leap year" },
	{ "date", "1900-02-29", false, "3339 C: 1900 is none" },
	{ "date", "2000-02-29", true, "3339 C: 2000 is one" },
	{ "date", "2023-11-31", false, "3339 5.7: November has 30 days" },
	{ "date-time", "2023-11-30 10:00:00Z", false, "3339 5.6: T" },
	{ "date-time", "2023-11-30T10:00:00.Z", false, "3339 5.6: 1*DIGIT" },
	{ "date-time", "2023-11-30T10:00:00", false, "3339 5.6: an offset" },
	{ "date-time", "2023-11-30T10:00:00+0100", false, "3339 5.6: a colon" },
	{ "date-time", "2023-11-30T10:00:00-00:00", true, "3339 4.3" },
	{ "date-time", "2023-11-30T10:00:00+23:59", true, "3339 5.6" },
	{ "date-time", "2023-11-30", false, "3339 5.6: a time" },
	{ "date-time", "2017-01-01T00:59:60+01:00", true, "3339 5.7: leap" },
	{ "date-time", "2016-12-31T23:59:60-00:01", false, "3339 5.7" },
	{ "date-time", "2016-12-31T18:59:60-05:00", true, "3339 5.8" },
	{ "date-time", "2016-12-30T23:59:60Z", false, "3339 5.7: mid-month" },
	{ "date-time", "2016-12-31T00:59:60+01:00", false, "3339 5.7" },
	{ "date-time", "2016-12-30T22:59:60-01:00", false, "3339 5.7" },
	{ "date-time", "2015-07-01T05:29:60+05:30", true, "3339 5.7" },
	{ "date-time", "2024-02-29T23:59:60Z", true, "3339 D: any month" },
	{ "date-time", "2024-02-28T23:59:60Z", false, "3339 D" },
	{ "time", "23:59:60.5Z", true, "3339 5.7" },
	{ "time", "23:59:59.Z", false, "3339 5.6" },
	{ "time", "", false, "3339 5.6" },
	/* RFC 3339, appendix A */
	{ "duration", "P1Y2M3DT4H5M6S", true, "3339 A" },
	{ "duration", "P3W", true, "3339 A" },
	{ "duration", "P3WT1H", false, "3339 A" },
	{ "duration", "P1H", false, "3339 A" },
	{ "duration", "P1S1M", false, "3339 A" },
	{ "duration", "PT", false, "3339 A" },
	{ "duration", "PY", false, "3339 A" },
	{ "duration", "P1YT", false, "3339 A" },
	{ "duration", "p1y", false, "ISO 8601 4.4.3.1: capital letters" },
	/* RFC 5321 */
	{ "email", "a@b", true, "5321 2.3.5: one label" },
	{ "email", "\"\"@b.c", true, "5321 4.1.2: *QcontentSMTP" },
	{ "email", "\"a\\\"b\"@c.d", true, "5321 4.1.2: quoted-pair" },
	{ "email", "\"a\"b@c.d", false, "5321 4.1.2" },
	{ "email", "a@-b.c", false, "5321 4.1.2: Let-dig first" },
	{ "email", "a@b-.c", false, "5321 4.1.2: Let-dig last" },
	{ "email", "a@b..c", false, "5321 4.1.2" },
	{ "email", "a@b.c.", false, "5321 4.1.2" },
	{ "email", "a@[1.2.3]", false, "5321 4.1.3" },
	{ "email", "a@[IPv6:1::2]", true, "5321 4.1.3" },
	{ "email", "a@[IPv6:1:2]", false, "5321 4.1.3" },
	{ "email", "\xc3\xa9@b.c", false, "5321 4.1.2: ASCII" },
	{ "email",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "@b.c",
	    false, "5321 4.5.3.1.1: 64 octets" },
	{ "email", "a b@c.d", false, "5321 4.1.2" },
	{ "email", "a@b.c\n", false, "5321 4.1.2" },
	/* RFC 1123, 2.1 and RFC 1034, 3.1 */
	{ "hostname", "3com.com", true, "1123 2.1: a digit first" },
	{ "hostname", "a.b-c.d", true, "1034 3.5" },
	{ "hostname", "a..b", false, "1034 3.5" },
	{ "hostname", "xn--", false, "5890 2.3.2.1" },
	{ "hostname", "127.0.0.1", true, "1123 2.1: a name by its form" },
	/* RFC 4291, 2.2 */
	{ "ipv6", "1:2:3:4:5:6:7::", true, "4291 2.2: one group is a gap" },
	{ "ipv6", "1:2:3:4:5:6:7:8::", false, "4291 2.2" },
	{ "ipv6", "::1:2:3:4:5:6:7:8", false, "4291 2.2" },
	{ "ipv6", ":::", false, "4291 2.2" },
	{ "ipv6", "::1::", false, "4291 2.2" },
	{ "ipv6", "1::2:", false, "4291 2.2" },
	{ "ipv6", "::1.2.3.4:5", false, "4291 2.2: IPv4 last" },
	{ "ipv6", "1:2:3:4:5::1.2.3.4", true, "4291 2.2" },
	{ "ipv6", "1:2:3:4:5:6::1.2.3.4", false, "4291 2.2" },
	{ "ipv6", "", false, "4291 2.2" },
	{ "ipv4", "01.2.3.4", false, "2673 3.2" },
	{ "ipv4", "1.2.3.4.", false, "2673 3.2" },
	{ "ipv4", "1.2.3", false, "2673 3.2" },
	/* RFC 3986 */
	{ "uri", "a:", true, "3986 3: path-empty" },
	{ "uri", "a:b:c@d", true, "3986 3.3: pchar" },
	{ "uri", "a://b:", true, "3986 3.2.3: *DIGIT" },
	{ "uri", "a://", true, "3986 3.2.2: reg-name may be empty" },
	{ "uri", "a:///b", true, "3986 3.2" },
	{ "uri", "a://[v1.x:y]", true, "3986 3.2.2: IPvFuture" },
	{ "uri", "a://[v.x]", false, "3986 3.2.2" },
	{ "uri", "a://[v1.]", false, "3986 3.2.2" },
	{ "uri", "a://[::1", false, "3986 3.2.2" },
	{ "uri", "a://[::1]x", false, "3986 3.2.2" },
	{ "uri", "a://b?c#d#e", false, "3986 3.5: no second #" },
	{ "uri", "a://b?c?d/e#f?/g", true, "3986 3.4" },
	{ "uri", "a:b%", false, "3986 2.1" },
	{ "uri", "a:b%4", false, "3986 2.1" },
	{ "uri-reference", "a/b:c", true, "3986 4.2: not the first segment" },
	{ "uri-reference", "?:", true, "3986 4.2" },
	{ "uri-reference", ":", false, "3986 4.2" },
	{ "uri-reference", "//[::1]:80/", true, "3986 4.2" },
	/* RFC 3987, 2.2 */
	{ "iri", "a:?\xee\x80\x80", true, "3987 2.2: iprivate in a query" },
	{ "iri", "a:\xee\x80\x80", false, "3987 2.2: not in a path" },
	{ "iri", "a:#\xee\x80\x80", false, "3987 2.2: nor in a fragment" },
	{ "iri", "a:#\xc3\xa9?", true, "3987 2.2" },
	{ "iri", "a:\xc2\x85", false, "3987 2.2: no controls" },
	{ "iri", "a:\xef\xbf\xbf", false, "3987 2.2: no noncharacters" },
	{ "iri", "a:\xef\xb7\x90", false, "3987 2.2: no noncharacters" },
	{ "iri", "\xc3\xa9:b", false, "3987 2.2: a scheme is ASCII" },
	/* RFC 6570 */
	{ "uri-template", "{?x,y*,z:3}", true, "6570 2.2" },
	{ "uri-template", "{=x}", true, "6570 2.2: op-reserve is grammar" },
	{ "uri-template", "{x:3*}", false, "6570 2.4" },
	{ "uri-template", "{.}", false, "6570 2.2" },
	{ "uri-template", "{a.}", false, "6570 2.3" },
	{ "uri-template", "{{a}}", false, "6570 2.1" },
	{ "uri-template", "%4", false, "6570 2.1" },
	{ "uri-template", "\xee\x80\x80", true, "6570 2.1: iprivate" },
	/* RFC 6901, and the draft of relative pointers */
	{ "json-pointer", "/~", false, "6901 3" },
	{ "relative-json-pointer", "0+1/a", true, "index-manipulation" },
	{ "relative-json-pointer", "0-1#", true, "index-manipulation" },
	{ "relative-json-pointer", "0+0", false, "positive-integer" },
	{ "relative-json-pointer", "0+", false, "positive-integer" },
	{ "relative-json-pointer", "1a", false, "3" },
	{ "regex", "^(?!a)b{2,}$", true, "ECMA-262" },
	{ "regex", "a**", false, "ECMA-262" },
	{ "uuid", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}", false, "9562 4" },
#ifdef DP_HAVE_IDN
	/* RFC 5891 to 5893 */
	{ "hostname", "xn--bcher-kva.example", true, "5891 4.2" },
	{ "hostname", "XN--bcher-KVA", true, "4343 2: case" },
	{ "idn-hostname",
	    "b\xc3\xbc"
	    "cher.example",
	    true, "5891 4.2" },
	{ "idn-hostname",
	    "B\xc3\xbc"
	    "cher",
	    false, "5892 2.2: no upper case" },
	{ "idn-hostname",
	    "bu\xcc\x88"
	    "cher",
	    false, "5891 4.2.1: form C" },
	{ "idn-email",
	    "a@bu\xcc\x88"
	    "cher",
	    true, "6531 3.3" },
	{ "idn-hostname", "\xd7\x90.1a", false, "5893 2: rule 1" },
	{ "idn-hostname", "\xd7\x90.a1", true, "5893 2" },
	{ "idn-hostname",
	    "\xd7\x90"
	    "1\xd9\xa0",
	    false, "5893 2: rule 4" },
	{ "idn-hostname", "1a.a", true, "5893 2: no bidi domain" },
	{ "idn-hostname", "\xe2\x98\x83", false, "5892 2: no symbols" },
	{ "idn-email", "\xc3\xa9@\xc3\xa9", true, "6531 3.3" },
	{ "idn-email", "\xc3\xa9@", false, "6531 3.3" },
	{ "idn-email", "a@[127.0.0.1]", true, "6531 3.3" },
#endif
};

static bool
matches(const char *format, const char *text, size_t len)
{
	const struct dp_format *f = dp_format_find(format, strlen(format));

	return f != NULL && dp_format_match(f, text, len);
}

static void
test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		OK(matches(cases[i].format, cases[i].text,
		       strlen(cases[i].text)) == cases[i].valid,
		    "%s: %s is %s (%s)", cases[i].format, cases[i].text,
		    cases[i].valid ? "one" : "none", cases[i].why);
}

/* No reader looks behind the text: each prefix in memory of its size. */
static void
test_prefixes(void)
{
	static const char *const names[] = { "date-time", "date", "time",
		"duration", "email", "idn-email", "hostname", "idn-hostname",
		"ipv4", "ipv6", "uri", "uri-reference", "iri", "iri-reference",
		"uri-template", "uuid", "json-pointer", "relative-json-pointer",
		"regex" };
	size_t i, n, k, found = 0, texts = 0;

	for (k = 0; k < sizeof names / sizeof names[0]; k++)
		found += dp_format_find(names[k], strlen(names[k])) != NULL ||
		    dp_format_missing(names[k], strlen(names[k]));
	OK(found == 19, "19 formats");
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (n = 0; n <= strlen(cases[i].text); n++) {
			char *copy = malloc(n == 0 ? 1 : n);

			if (copy == NULL)
				return;
			memcpy(copy, cases[i].text, n);
			for (k = 0; k < sizeof names / sizeof names[0]; k++)
				(void)matches(names[k], copy, n);
			texts++;
			free(copy);
		}
	OK(texts > 1000, "%zu prefixes", texts);
	OK(dp_format_find("date-tim", 8) == NULL &&
		!dp_format_missing("color", 5),
	    "no other format is known");
	OK(!matches("duration", "P1D\0Y", 6) &&
		!matches("duration", "PT4\0S", 5) &&
		!matches("uri-template", "{\0}", 3) &&
		!matches("ipv4", "1.2.3.4\0", 8),
	    "NUL is no part of any");
	OK(strcmp(dp_format_name(dp_format_find("uuid", 4)), "uuid") == 0,
	    "a format tells its name");
}

/* Punycode, the one thing that hostname cannot do alone. */
static bool
needs_idn(const char *format, const struct dp_buf *text)
{
#ifdef DP_HAVE_IDN
	(void)format;
	(void)text;
	return false;
#else
	return strncmp(format, "idn-", 4) == 0 ||
	    memmem(text->data, text->len, "xn--", 4) != NULL ||
	    memmem(text->data, text->len, "XN--", 4) != NULL;
#endif
}

static void
suite_case(const struct suite_case *c, void *arg)
{
	size_t *count = arg;
	struct dp_scan_value v;
	struct dp_buf format, text;
	const char *name;

	if (c->schema.type != DP_JSON_OBJECT ||
	    c->data.type != DP_JSON_STRING ||
	    !suite_member(&c->schema, "format", &v))
		return;
	dp_buf_init(&format, 0);
	dp_buf_init(&text, 0);
	suite_text(&format, &v);
	suite_text(&text, &c->data);
	(void)dp_buf_reserve(&text, 1);
	name = dp_buf_text(&format);
	if (dp_format_find(name, format.len) == NULL &&
	    !dp_format_missing(name, format.len)) {
		OK(c->valid, "%s: %s is no format, and asks for nothing",
		    c->path, name);
	} else if (!needs_idn(name, &text)) {
		++*count;
		OK(matches(name, text.data, text.len) == c->valid, "%s: %.*s",
		    c->path, (int)c->name.len, c->name.data);
	}
	dp_buf_fini(&format);
	dp_buf_fini(&text);
}

static void
test_suite(void)
{
	size_t count = 0;

	if (suite_run("draft[467]/optional/format/*.json", suite_case,
		&count) == 0)
		return;
	(void)suite_run("draft20*/optional/format/*.json", suite_case, &count);
	OK(count > 1500, "%zu cases of the suite", count);
}

int
main(void)
{
	test_cases();
	test_prefixes();
	test_suite();
	return tap_done();
}
