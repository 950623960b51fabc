#include <stdlib.h>
#include <string.h>

#include "http/body.h"
#include "json/work.h"
#include "tap.h"

static const struct {
	const char *name;
	enum dp_body_kind kind;
	const char *body;
	const char *code;   /* of a refusal; NULL: taken */
	const char *events; /* each with its number and "|" behind */
} cases[] = {
	{ "one event", DP_BODY_JSON, "{\"a\":1}", NULL, "1{\"a\":1}|" },
	{ "white space around it", DP_BODY_JSON, " \t\r\n{}\r\n\n", NULL,
	    "1{}|" },
	{ "a pretty-printed event", DP_BODY_JSON, "{\n \"a\":\r\n1\n}", NULL,
	    "1{  \"a\":\r 1 }|" },
	{ "an escaped newline stays", DP_BODY_JSON, "{\n\"a\":\"\\n\"}", NULL,
	    "1{ \"a\":\"\\n\"}|" },
	{ "a quote in a string", DP_BODY_JSON, "{\"a\\\"\":\n1}", NULL,
	    "1{\"a\\\"\": 1}|" },
	{ "a newline in a string", DP_BODY_JSON, "{\"a\n\":1}", "malformed",
	    NULL },
	{ "a newline behind a backslash", DP_BODY_JSON, "{\"a\\\n\":1}",
	    "malformed", NULL },
	{ "a broken event is for the chain", DP_BODY_JSON, "{\n\"a", NULL,
	    "1{ \"a|" },
	{ "two events are not JSON, and stay one line", DP_BODY_JSON,
	    "{}\n{}\n", NULL, "1{} {}|" },
	{ "nothing", DP_BODY_JSON, "", "empty", NULL },
	{ "white space alone", DP_BODY_JSON, " \n ", "empty", NULL },
	{ "an array", DP_BODY_JSON, "[{\"a\":1}, 2 ,\n\"x\"]", NULL,
	    "1{\"a\":1}|22|3\"x\"|" },
	{ "an array of arrays", DP_BODY_JSON, "[[1,[2]],[]]", NULL,
	    "1[1,[2]]|2[]|" },
	{ "an empty array", DP_BODY_JSON, " [ ] ", "empty", NULL },
	{ "an array that ends too soon", DP_BODY_JSON, "[{},", "incomplete",
	    NULL },
	{ "an array with a comma too many", DP_BODY_JSON, "[{},]", "malformed",
	    NULL },
	{ "an array and more", DP_BODY_JSON, "[{}] {}", "malformed", NULL },
	{ "an array with a broken last event", DP_BODY_JSON, "[{},{\"a\"}]",
	    "malformed", NULL },
	{ "an array that is not UTF-8", DP_BODY_JSON, "[\"\xff\"]", "encoding",
	    NULL },
	{ "duplicate keys are for the chain", DP_BODY_JSON,
	    "[{\"a\":1,\"a\":2}]", NULL, "1{\"a\":1,\"a\":2}|" },
	{ "five events", DP_BODY_JSON, "[1,2,3,4,5]", NULL, "11|22|33|44|55|" },
	{ "six events", DP_BODY_JSON, "[1,2,3,4,5,6]", "too-long", NULL },
	{ "lines", DP_BODY_LINES, "{}\n[1]\n", NULL, "1{}|2[1]|" },
	{ "a last line without its newline", DP_BODY_LINES, "1\n2", NULL,
	    "11|22|" },
	{ "blank lines", DP_BODY_LINES, "\n1\n \r\n\n2\n\n", NULL, "21|52|" },
	{ "a carriage return stays", DP_BODY_LINES, "1\r\n2\r\n", NULL,
	    "11\r|22\r|" },
	{ "no line", DP_BODY_LINES, "\n\n", "empty", NULL },
	{ "an empty body of lines", DP_BODY_LINES, "", "empty", NULL },
	{ "six lines", DP_BODY_LINES, "1\n2\n3\n4\n5\n6", "too-long", NULL },
	{ "an array as one event", DP_BODY_ONE, "[1,\n2]", NULL, "1[1, 2]|" },
};

static void
list(struct dp_body *b, char *out, size_t room)
{
	struct dp_body_event e;
	size_t at = 0;

	while (dp_body_next(b, &e)) {
		int n = snprintf(out + at, room - at, "%u%.*s|", e.number,
		    (int)e.len, e.text);

		at += (size_t)n;
		if (n < 0 || at >= room)
			abort();
	}
}

int
main(void)
{
	const struct dp_scan_opts opts = { .nul_passes = true,
		.dup_passes = true };
	struct dp_scan_work work;
	size_t i;

	if (dp_scan_work_init(&work, &opts) == -1)
		return 1;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t len = strlen(cases[i].body);
		char *data = calloc(1, len + DP_SCAN_PAD);
		char out[256] = "";
		struct dp_body_fault fault = { 0 };
		struct dp_body b;
		int rc;

		if (data == NULL)
			return 1;
		memcpy(data, cases[i].body, len);
		data[len] = 'G'; /* of the next request */
		rc = dp_body_open(&b, cases[i].kind, data, len, 5, &work,
		    &fault);
		if (cases[i].code != NULL) {
			OK(rc == -1 && strcmp(fault.code, cases[i].code) == 0 &&
				fault.at <= len && data[len] == 'G',
			    "%s", cases[i].name);
		} else {
			if (rc == 0)
				list(&b, out, sizeof out);
			dp_body_close(&b);
			OK(rc == 0 && strcmp(out, cases[i].events) == 0 &&
				data[len] == 'G',
			    "%s", cases[i].name);
		}
		free(data);
	}
	dp_scan_work_fini(&work);
	return tap_done();
}
