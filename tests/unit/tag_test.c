#include <string.h>

#include "base/buf.h"
#include "base/code.h"
#include "base/tag.h"
#include "tap.h"

enum kind { REQUEST, VERDICT, RECEIPT };

static const struct {
	const char *name;
	const char *line;
	enum kind kind;
	int rc;
	uint64_t tag;
	int code;
	const char *rest;
} cases[] = {
	{ "a request", "7\t{}", REQUEST, 0, 7, 0, "{}" },
	{ "a probe", "8\t", REQUEST, 0, 8, 0, "" },
	{ "a request without TAB", "8", REQUEST, -1, 0, 0, "" },
	{ "an event with a TAB", "1\ta\tb", REQUEST, 0, 1, 0, "a\tb" },
	{ "no tag", "\t{}", REQUEST, -1, 0, 0, "" },
	{ "a negative tag", "-1\t{}", REQUEST, -1, 0, 0, "" },
	{ "a tag with a blank", "1 \t{}", REQUEST, -1, 0, 0, "" },
	{ "the largest tag", "9999999999999999999\t", REQUEST, 0,
	    9999999999999999999u, 0, "" },
	{ "a tag too large", "10000000000000000000\t", REQUEST, -1, 0, 0, "" },
	{ "a good verdict", "7\t0\t{\"a\":1}", VERDICT, 0, 7, 0, "{\"a\":1}" },
	{ "a bad verdict", "7\t5\t{}", VERDICT, 0, 7, 5, "{}" },
	{ "a verdict without its event", "7\t0", VERDICT, -1, 0, 0, "" },
	{ "an empty verdict", "", VERDICT, -1, 0, 0, "" },
	{ "a receipt", "7\t0", RECEIPT, 0, 7, 0, "" },
	{ "a receipt with a message", "7\t100\t{}", RECEIPT, 0, 7, 100, "{}" },
	{ "a receipt without a code", "7\t", RECEIPT, -1, 0, 0, "" },
	{ "a code too large", "7\t1234567", RECEIPT, -1, 0, 0, "" },
};

static void
test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *line = cases[i].line;
		const size_t len = strlen(line);
		struct dp_tag t = { 0 };
		int rc = cases[i].kind == REQUEST
		    ? dp_tag_parse_request(line, len, &t)
		    : cases[i].kind == VERDICT
		    ? dp_tag_parse_verdict(line, len, &t)
		    : dp_tag_parse_receipt(line, len, &t);

		OK(rc == cases[i].rc &&
			(rc == -1 ||
			    (t.tag == cases[i].tag && t.code == cases[i].code &&
				t.rest_len == strlen(cases[i].rest) &&
				memcmp(t.rest, cases[i].rest, t.rest_len) ==
				    0)),
		    "%s", cases[i].name);
	}
}

static void
test_codes(void)
{
	const struct dp_code *c;
	size_t i, bad = 0;

	for (i = 0; (c = dp_code_at(i)) != NULL; i++)
		bad += dp_code_find(c->word, strlen(c->word)) != c ||
		    *c->means == '\0' || *c->example == '\0' ||
		    *c->cure == '\0' || dp_code_text(c->number) == NULL;
	OK(bad == 0 && i > 40, "%zu codes, each explained, none twice", i);
	OK(dp_code_find("requir", 6) == NULL, "half a word is no code");
	OK(strcmp(dp_code_text(4), "mandatory key missing") == 0,
	    "the origin's text");
}

int
main(void)
{
	struct dp_buf b;

	test_cases();
	dp_buf_init(&b, 0);
	dp_tag_add_request(&b, 12, "{}", 2);
	dp_tag_add(&b, 12, 0, "{}", 2);
	dp_tag_add(&b, 13, 100, NULL, 0);
	OK(strcmp(dp_buf_text(&b), "12\t{}\n12\t0\t{}\n13\t100\n") == 0,
	    "lines as the protocol has them");
	dp_buf_fini(&b);
	test_codes();
	return tap_done();
}
