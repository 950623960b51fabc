/* Schemas and records: one verdict, whichever way it is found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json/scan_variant.h"
#include "schema/catalog_state.h"
#include "tap.h"

static struct dp_catalog *
open_text(const char *schema, const struct dp_catalog_opts *opts,
    struct dp_err *err)
{
	memset(err, 0, sizeof *err);
	return dp_catalog_text(schema, strlen(schema), opts, err);
}

/* The record in a block of its own, of exactly the size that is promised. */
static char *
lay(const char *record)
{
	const size_t len = strlen(record);
	char *block = malloc(len + 1 + DP_SCAN_PAD);

	if (block == NULL)
		exit(99);
	memset(block, '"', len + 1 + DP_SCAN_PAD);
	memcpy(block, record, len);
	block[len] = '\n';
	return block;
}

static dp_check_lines_fn *const widths[] = {
	dp_check_lines_plain,
	dp_check_lines_words,
#ifdef DP_HAVE_AVX2
	dp_check_lines_avx2,
#endif
};

#define NWIDTHS (sizeof widths / sizeof widths[0])

/* "" for a good record, else its code; "?" when the ways differ. */
static const char *
judge(struct dp_check *k, const char *record, struct dp_fault *fault)
{
	char *block = lay(record);
	const size_t len = strlen(record);
	const struct dp_schema *type;
	struct dp_err err;
	unsigned good = 0, n = 0;
	size_t i, round;

	memset(fault, 0, sizeof *fault);
	fault->pointer = "";
	/* Twice each: keys are guessed by what came before. */
	for (i = 0; i < NWIDTHS; i++)
		for (round = 0; round < 2; round++, n++) {
#ifdef DP_HAVE_AVX2
			if (widths[i] == dp_check_lines_avx2 &&
			    !dp_scan_has_avx2())
				continue;
#endif
			dp_check_width(k, widths[i]);
			if (dp_check_line(k, block, len, &type) == 0)
				good++;
		}
	if (good == 0 && dp_check_explain(k, block, len, fault, &err) == -1)
		fault->code = "?";
	free(block);
	return good == n ? "" : good > 0 ? "?" : fault->code;
}

static const struct {
	const char *schema, *record, *code, *pointer;
} cases[] = {
	{ "true", "1", "", "" },
	{ "false", "1", "false", "" },
	{ "{}", "{\"a\":[1,{}]}", "", "" },
	{ "{}", "{\"a\":1,\"a\":2}", "duplicate-key", "/a" },
	{ "{\"type\":\"integer\"}", "1", "", "" },
	{ "{\"type\":\"integer\"}", "1.0", "", "" },
	{ "{\"type\":\"integer\"}", "1e3", "", "" },
	{ "{\"type\":\"integer\"}", "9007199254740992.5", "type", "" },
	{ "{\"type\":\"number\"}", "1.5", "", "" },
	{ "{\"type\":\"number\"}", "\"1\"", "type", "" },
	{ "{\"type\":[\"null\",\"boolean\"]}", "null", "", "" },
	{ "{\"type\":[\"null\",\"boolean\"]}", "false", "", "" },
	{ "{\"type\":[\"null\",\"boolean\"]}", "0", "type", "" },
	{ "{\"type\":\"object\"}", "[]", "type", "" },
	{ "{\"const\":\"a\"}", "\"a\"", "", "" },
	{ "{\"const\":\"a\"}", "\"\\u0061\"", "", "" },
	{ "{\"const\":\"a\"}", "\"b\"", "const", "" },
	{ "{\"const\":\"a\"}", "1", "const", "" },
	{ "{\"const\":1}", "1.0", "", "" },
	{ "{\"const\":1}", "1.5", "const", "" },
	{ "{\"const\":0.1}", "1e-1", "", "" },
	{ "{\"const\":true}", "true", "", "" },
	{ "{\"const\":true}", "false", "const", "" },
	{ "{\"const\":null}", "null", "", "" },
	{ "{\"const\":{\"a\":[1,2],\"b\":\"\"}}",
	    "{ \"b\" : \"\", \"a\" : [ 1.0, 2 ] }", "", "" },
	{ "{\"const\":{\"a\":[1,2]}}", "{\"a\":[2,1]}", "const", "" },
	{ "{\"const\":[]}", "[]", "", "" },
	{ "{\"const\":[]}", "[0]", "const", "" },
	{ "{\"enum\":[\"red\",\"green\",7,null,[1]]}", "\"green\"", "", "" },
	{ "{\"enum\":[\"red\",\"green\",7,null,[1]]}", "7.0", "", "" },
	{ "{\"enum\":[\"red\",\"green\",7,null,[1]]}", "[1]", "", "" },
	{ "{\"enum\":[\"red\",\"green\",7,null,[1]]}", "8", "enum", "" },
	{ "{\"enum\":[\"red\",\"green\",7,null,[1]]}", "\"grey\"", "enum", "" },
	{ "{\"enum\":[\"red\",\"green\",7,null,[1]]}", "true", "enum", "" },
	{ "{\"enum\":[]}", "1", "enum", "" },
	{ "{\"minimum\":0}", "0", "", "" },
	{ "{\"minimum\":0}", "-0.0", "", "" },
	{ "{\"minimum\":0}", "-1", "minimum", "" },
	{ "{\"minimum\":1.5}", "1.49999999999999999999", "minimum", "" },
	{ "{\"maximum\":9007199254740992}", "9007199254740993", "maximum", "" },
	{ "{\"maximum\":9007199254740992}", "9007199254740992", "", "" },
	{ "{\"maximum\":1e400}", "123456789012345678901234567890", "", "" },
	{ "{\"exclusiveMinimum\":0}", "0", "exclusiveMinimum", "" },
	{ "{\"exclusiveMaximum\":1}", "0.9", "", "" },
	{ "{\"exclusiveMaximum\":1}", "1.0", "exclusiveMaximum", "" },
	{ "{\"$schema\":\"http://json-schema.org/draft-04/schema#\","
	  "\"minimum\":1,\"exclusiveMinimum\":true}",
	    "1", "exclusiveMinimum", "" },
	{ "{\"multipleOf\":0.01}", "19.99", "", "" },
	{ "{\"multipleOf\":0.01}", "19.995", "multipleOf", "" },
	{ "{\"multipleOf\":0.1}", "0.3", "", "" },
	{ "{\"multipleOf\":3}", "9e2", "", "" },
	{ "{\"multipleOf\":3}", "10", "multipleOf", "" },
	{ "{\"multipleOf\":7}", "1e100", "multipleOf", "" },
	{ "{\"multipleOf\":1e-300}", "1e300", "", "" },
	{ "{\"multipleOf\":2}", "0", "", "" },
	{ "{\"minLength\":2}", "\"\\u00e9\"", "minLength", "" },
	{ "{\"minLength\":2}", "\"\xc3\xa9x\"", "", "" },
	{ "{\"maxLength\":1}", "\"\\ud83d\\ude00\"", "", "" },
	{ "{\"maxLength\":1}", "\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"",
	    "maxLength", "" },
	{ "{\"maxLength\":0}", "\"\"", "", "" },
	{ "{\"items\":{\"type\":\"integer\"}}", "[1,2,3]", "", "" },
	{ "{\"items\":{\"type\":\"integer\"}}", "[1, \"2\" ,3]", "type", "/1" },
	{ "{\"items\":{\"type\":\"integer\"}}", "[]", "", "" },
	{ "{\"items\":false}", "[ ]", "", "" },
	{ "{\"items\":false}", "[1]", "false", "/0" },
	{ "{\"items\":{\"items\":{\"minimum\":1}}}", "[[1],[],[2,0]]",
	    "minimum", "/2/1" },
	{ "{\"minItems\":1}", "[]", "minItems", "" },
	{ "{\"maxItems\":2}", "[{},{},[]]", "maxItems", "" },
	{ "{\"maxItems\":2}", "[{},[]]", "", "" },
	{ "{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":1}", "",
	    "" },
	{ "{\"properties\":{\"a\":{\"type\":\"integer\"}}}",
	    "{\"b\":{\"a\":\"\"},\"a\":1}", "", "" },
	{ "{\"properties\":{\"a\":{\"type\":\"integer\"}}}",
	    "{ \"\\u0061\" : \"x\" }", "type", "/a" },
	{ "{\"properties\":{\"a\":{}}}", "{\"a\":1,\"\\u0061\":2}",
	    "duplicate-key", "/a" },
	{ "{\"properties\":{\"a\":{}}}", "{\"b\":1,\"\\u0062\":2}",
	    "duplicate-key", "/b" },
	{ "{\"properties\":{\"a\":{}}}", "{\"b\":{\"b\":1},\"c\":{\"b\":1}}",
	    "", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"b\":[{\"c\":1,\"c\":2}]}",
	    "duplicate-key", "/b/0/c" },
	{ "{\"properties\":{\"a\":false}}", "{\"a\":1}", "false", "/a" },
	{ "{\"properties\":{\"a\\\"b\":{\"type\":\"null\"}}}", "{\"a\\\"b\":1}",
	    "type", "/a\"b" },
	{ "{\"properties\":{\"\":{\"type\":\"null\"}}}", "{\"\":1}", "type",
	    "/" },
	{ "{\"properties\":{\"a/~\":{\"type\":\"null\"}}}", "{\"a/~\":1}",
	    "type", "/a~1~0" },
	{ "{\"properties\":{\"thirty_bytes_of_a_key_are_guess\":{\"type\":"
	  "\"null\"}}}",
	    "{\"thirty_bytes_of_a_key_are_guess\":1}", "type",
	    "/thirty_bytes_of_a_key_are_guess" },
	{ "{\"properties\":{\"thirty_bytes_of_a_key_are_gues\":{\"type\":"
	  "\"null\"}}}",
	    "{\"thirty_bytes_of_a_key_are_gues\":1}", "type",
	    "/thirty_bytes_of_a_key_are_gues" },
	{ "{\"properties\":{\"shipping_address_1\":{\"type\":\"null\"},"
	  "\"shipping_address_2\":{\"type\":\"integer\"}}}",
	    "{\"shipping_address_2\":2,\"shipping_address_1\":1}", "type",
	    "/shipping_address_1" },
	{ "{\"required\":[\"a\",\"b\"]}", "{\"b\":1}", "required", "/a" },
	{ "{\"required\":[\"a\",\"b\"]}", "{\"b\":1,\"a\":2}", "", "" },
	{ "{\"required\":[\"a\"],\"additionalProperties\":false}", "{\"a\":1}",
	    "additionalProperties", "/a" },
	{ "{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
	    "{\"a\":1,\"b\":1}", "additionalProperties", "/b" },
	{ "{\"properties\":{\"a\":{}},\"additionalProperties\":{\"type\":"
	  "\"string\"}}",
	    "{\"a\":1,\"b\":1}", "type", "/b" },
	{ "{\"minProperties\":1}", "{}", "minProperties", "" },
	{ "{\"maxProperties\":1,\"properties\":{\"a\":{}}}",
	    "{\"a\":1,\"b\":2}", "maxProperties", "" },
	{ "{\"maxProperties\":2,\"properties\":{\"a\":{}}}",
	    "{\"a\":1,\"b\":2}", "", "" },
	{ "{\"properties\":{\"a\":{\"properties\":{\"b\":{\"required\":[\"c\"]"
	  "}}}}}",
	    "{\"a\":{\"b\":{}}}", "required", "/a/b/c" },
	{ "{\"items\":{\"properties\":{\"a\":{\"type\":\"integer\"}},"
	  "\"required\":[\"a\"]}}",
	    "[{\"a\":1},{\"a\":2,\"b\":[]},{\"b\":{}}]", "required", "/2/a" },
	{ "{\"pattern\":\"^[a-z]+$\"}", "\"abc\"", "", "" },
	{ "{\"pattern\":\"^[a-z]+$\"}", "\"a1\"", "pattern", "" },
	{ "{\"pattern\":\"^.$\"}", "\"\\u00e9\"", "", "" },
	{ "{\"format\":\"date-time\"}", "\"2026-11-24T04:00:00Z\"", "", "" },
	{ "{\"format\":\"date-time\"}", "\"2026-02-30T04:00:00Z\"", "format",
	    "" },
	{ "{\"format\":\"no-such-format\"}", "\"x\"", "", "" },
	{ "{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "2", "", "" },
	{ "{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "4", "maximum", "" },
	{ "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "null", "",
	    "" },
	{ "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "1",
	    "anyOf", "" },
	{ "{\"oneOf\":[{\"multipleOf\":2},{\"multipleOf\":3}]}", "4", "", "" },
	{ "{\"oneOf\":[{\"multipleOf\":2},{\"multipleOf\":3}]}", "6", "oneOf",
	    "" },
	{ "{\"oneOf\":[{\"multipleOf\":2},{\"multipleOf\":3}]}", "7", "oneOf",
	    "" },
	{ "{\"not\":{\"type\":\"null\"}}", "null", "not", "" },
	{ "{\"not\":{\"type\":\"null\"}}", "[]", "", "" },
	{ "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}",
	    "{\"a\":1}", "required", "/b" },
	{ "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}",
	    "{\"c\":1}", "", "" },
	{ "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}",
	    "{}", "required", "/c" },
	{ "{\"properties\":{\"x\":{\"$ref\":\"#/$defs/n\"}},\"$defs\":{\"n\":{\"type\":\"integer\"}}}",
	    "{\"x\":\"1\"}", "type", "/x" },
	{ "{\"properties\":{\"x\":{\"$ref\":\"#n\"}},\"$defs\":{\"n\":{\"$anchor\":\"n\",\"type\":\"integer\"}}}",
	    "{\"x\":1}", "", "" },
	{ "{\"properties\":{\"x\":{\"$ref\":\"#\"}},\"additionalProperties\":false}",
	    "{\"x\":{\"x\":{\"y\":1}}}", "additionalProperties", "/x/x/y" },
	{ "{\"items\":{\"$ref\":\"#\"},\"type\":[\"array\",\"integer\"]}",
	    "[[[1],2],[]]", "", "" },
	{ "{\"items\":{\"$ref\":\"#\"},\"type\":[\"array\",\"integer\"]}",
	    "[[[\"1\"],2],[]]", "type", "/0/0/0" },
	{ "{\"$ref\":\"#/$defs/a\",\"maximum\":5,\"$defs\":{\"a\":{\"minimum\":1}}}",
	    "6", "maximum", "" },
	{ "{\"$ref\":\"#/$defs/a\",\"maximum\":5,\"$defs\":{\"a\":{\"minimum\":1}}}",
	    "0", "minimum", "" },
	{ "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"$ref\":\"#/definitions/a\",\"maximum\":5,\"definitions\":{\"a\":{\"minimum\":1}}}",
	    "6", "", "" },
	{ "{\"patternProperties\":{\"^n_\":{\"type\":\"integer\"}},\"additionalProperties\":false}",
	    "{\"n_a\":1}", "", "" },
	{ "{\"patternProperties\":{\"^n_\":{\"type\":\"integer\"}},\"additionalProperties\":false}",
	    "{\"n_a\":\"1\"}", "type", "/n_a" },
	{ "{\"patternProperties\":{\"^n_\":{\"type\":\"integer\"}},\"additionalProperties\":false}",
	    "{\"m\":1}", "additionalProperties", "/m" },
	{ "{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}",
	    "propertyNames", "/abc" },
	{ "{\"propertyNames\":{\"maxLength\":2}}", "{\"ab\":1,\"\\u0061\":1}",
	    "", "" },
	{ "{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
	    "dependentRequired", "/b" },
	{ "{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"b\":1}", "", "" },
	{ "{\"dependentSchemas\":{\"a\":{\"maxProperties\":1}}}",
	    "{\"a\":1,\"b\":2}", "maxProperties", "" },
	{ "{\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}],\"items\":false}",
	    "[\"a\",1]", "", "" },
	{ "{\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}],\"items\":false}",
	    "[\"a\",1,2]", "false", "/2" },
	{ "{\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}],\"items\":false}",
	    "[\"a\",\"b\"]", "type", "/1" },
	{ "{\"contains\":{\"type\":\"string\"}}", "[1,\"a\"]", "", "" },
	{ "{\"contains\":{\"type\":\"string\"}}", "[1,2]", "contains", "" },
	{ "{\"contains\":{\"type\":\"string\"},\"minContains\":2,\"maxContains\":3}",
	    "[\"a\",1]", "minContains", "" },
	{ "{\"contains\":{\"type\":\"string\"},\"minContains\":2,\"maxContains\":3}",
	    "[\"a\",\"b\",\"c\",\"d\"]", "maxContains", "" },
	{ "{\"uniqueItems\":true}", "[1,2,{\"a\":1},{\"a\":2},\"1\"]", "", "" },
	{ "{\"uniqueItems\":true}", "[1,2,1.0]", "uniqueItems", "" },
	{ "{\"uniqueItems\":true}",
	    "[0,1,2,3,4,5,6,7,8,9,{\"a\":1,\"b\":2},{\"b\":2,\"a\":1e0}]",
	    "uniqueItems", "" },
	{ "{\"uniqueItems\":true}", "[0,1,2,3,4,5,6,7,8,9,\"a\",\"\\u0061\"]",
	    "uniqueItems", "" },
	{ "{\"uniqueItems\":true}",
	    "[0,10,100,1e3,0.1,0.01,10.5,1.05,-1,\"0\",null,false,[],{},[0],[[]]]",
	    "", "" },
	{ "{\"allOf\":[{\"properties\":{\"a\":{}}}],\"unevaluatedProperties\":false}",
	    "{\"a\":1}", "", "" },
	{ "{\"allOf\":[{\"properties\":{\"a\":{}}}],\"unevaluatedProperties\":false}",
	    "{\"a\":1,\"b\":2}", "unevaluatedProperties", "/b" },
	{ "{\"anyOf\":[{\"prefixItems\":[{\"type\":\"integer\"}]},true],\"unevaluatedItems\":false}",
	    "[1]", "", "" },
	{ "{\"anyOf\":[{\"prefixItems\":[{\"type\":\"integer\"}]},true],\"unevaluatedItems\":false}",
	    "[\"1\"]", "unevaluatedItems", "/0" },
	{ "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"dependencies\":{\"a\":[\"b\"],\"c\":{\"required\":[\"d\"]}}}",
	    "{\"c\":1}", "required", "/d" },
	{ "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"items\":[{\"type\":\"integer\"}],\"additionalItems\":{\"type\":\"string\"}}",
	    "[1,\"a\",2]", "type", "/2" },
	{ "{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"type\":\"integer\"}",
	    "1.0", "type", "" },
	{ "{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}",
	    "{\"properties\":{\"a\":{\"minLength\":-1}}}", "minimum",
	    "/properties/a/minLength" },
	{ "{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}",
	    "{\"items\":[{\"type\":\"strin\"}]}", "anyOf", "/items" },
	{ "{\"items\":{\"type\":\"integer\"}}", "[1,2", "incomplete", "" },
	{ "{\"items\":{\"type\":\"integer\"}}", "[1,]", "malformed", "" },
	{ "{\"items\":{\"type\":\"integer\"}}", "[1}", "malformed", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"a\":1]", "malformed", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"a\":1,}", "malformed", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"a\":1}{}", "malformed", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"a\":1},1", "malformed", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"a\"", "incomplete", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"", "incomplete", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"a\" 1}", "malformed", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"b\":\"\xff\"}", "encoding", "" },
	{ "{\"properties\":{\"a\":{}}}", "{\"b\\u0000\":1}", "nul", "" },
	{ "{\"properties\":{\"a\":{\"type\":\"string\"}}}",
	    " {\t\"a\" :\t\"x\" } ", "", "" },
	/* Parts of the meta-schemas have their names. */
	{ "{\"$ref\":\"https://json-schema.org/draft/2020-12/meta/"
	  "validation#/$defs/stringArray\"}",
	    "[\"a\",\"a\"]", "uniqueItems", "" },
	{ "{\"$ref\":\"https://json-schema.org/draft/2019-09/meta/"
	  "applicator#/$defs/schemaArray\"}",
	    "[]", "minItems", "" },
	{ "{\"$ref\":\"https://json-schema.org/draft/2020-12/meta/"
	  "core#/$defs/anchorString\"}",
	    "\"#\"", "pattern", "" },
	/* A keyword may be written with escapes. */
	{ "{\"t\\u0079pe\":\"integer\"}", "\"a\"", "type", "" },
	{ "{\"\\u0024defs\":{\"a\":{\"$id\":\"b:a\",\"const\":1}},\"$ref\":\"b:a\"}",
	    "2", "const", "" },
	/* Counts that fit nowhere. */
	{ "{\"maxLength\":1e30,\"minItems\":100000000000000000000}", "\"a\"",
	    "", "" },
	{ "{\"maxLength\":1e30,\"minItems\":100000000000000000000}", "[1]",
	    "minItems", "" },
	/* A pattern that takes too long leaves the verdict open everywhere. */
	{ "{\"not\":{\"pattern\":\"^(?=a)(a+)+$\"}}",
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "pattern-limit",
	    "" },
	{ "{\"anyOf\":[{\"pattern\":\"^(?=a)(a+)+$\"},{\"type\":\"null\"}]}",
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "pattern-limit",
	    "" },
	{ "{\"oneOf\":[{\"pattern\":\"^(?=a)(a+)+$\"},true]}",
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "pattern-limit",
	    "" },
	{ "{\"if\":{\"pattern\":\"^(?=a)(a+)+$\"},\"else\":true}",
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "pattern-limit",
	    "" },
	{ "{\"contains\":{\"pattern\":\"^(?=a)(a+)+$\"},\"minContains\":0}",
	    "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"]", "pattern-limit",
	    "/0" },
	{ "{\"patternProperties\":{\"^(?=a)(a+)+$\":false},\"maxLength\":3}",
	    "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\":1}",
	    "pattern-limit", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab" },
	{ "{\"not\":{\"propertyNames\":{\"pattern\":\"^(?=a)(a+)+$\"}}}",
	    "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\":1}",
	    "pattern-limit", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab" },
};

static void
test_cases(void)
{
	const struct dp_catalog_opts opts = { .any_value = true };
	struct dp_fault fault;
	struct dp_err err;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dp_catalog *c = open_text(cases[i].schema, &opts, &err);
		struct dp_check *k = c == NULL ? NULL : dp_check_new(c, &err);
		const char *code =
		    k == NULL ? err.msg : judge(k, cases[i].record, &fault);
		const int good = strcmp(code, cases[i].code) == 0 &&
		    (k == NULL || strcmp(fault.pointer, cases[i].pointer) == 0);

		OK(good, "%s: %s: %s", cases[i].schema, cases[i].record,
		    *cases[i].code == '\0' ? "good" : cases[i].code);
		if (!good)
			printf("# %s at \"%s\": %s\n", code,
			    k == NULL ? "" : fault.pointer,
			    k == NULL || fault.detail == NULL ? ""
							      : fault.detail);
		dp_check_free(k);
		dp_catalog_free(c);
	}
}

static const struct {
	const char *schema, *message;
} wrong[] = {
	{ "1", ":1:1: want a schema" },
	{ "{", ":1:2: the file ends inside of a value" },
	{ "{\"a\":1,\n \"a\":2}", ":2:2: the object has this key already" },
	{ "{\"type\":\"int\"}", ":1:2: /type: no type" },
	{ "{\"type\":[\"string\",7]}", ":1:19: /type/1: no type" },
	{ "{\"minimum\":\"1\"}", "/minimum: want a number" },
	{ "{\"multipleOf\":0}", "/multipleOf: want a number above 0" },
	{ "{\"minLength\":-1}", "/minLength: want an integer, 0 or more" },
	{ "{\"maxItems\":1.5}", "/maxItems: want an integer, 0 or more" },
	{ "{\"enum\":1}", "/enum: want an array" },
	{ "{\"required\":true}", "/required: want an array of keys" },
	{ "{\"required\":[1]}", "/required/0: want the name of a key" },
	{ "{\"properties\":[]}", "/properties: want an object of schemas" },
	{ "{\"properties\":{\"a\":1}}", "/properties/a: want a schema" },
	{ "{\"requird\":[]}",
	    "/requird: no keyword of JSON Schema; did you "
	    "mean \"required\"?" },
	{ "{\"$schema\":\"urn:x\"}", "/$schema: not a dialect" },
	{ "{\"$ref\":\"#/$defs/x\"}", "/$ref: it leads to nothing" },
	{ "{\"$ref\":\"#x\"}", "/$ref: there is no anchor" },
	{ "{\"$ref\":\"other.json\"}",
	    "/$ref: no schema is known as file:///other.json" },
	{ "{\"$ref\":\"#\"}", "refers to itself without end" },
	{ "{\"allOf\":[{\"$ref\":\"#/$defs/a\"}],\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#\"}]}}}",
	    "refers to itself without end" },
	{ "{\"anyOf\":{}}", "/anyOf: want an array of schemas" },
	{ "{\"pattern\":\"(\"}", "/pattern: " },
	{ "{\"patternProperties\":{\"[\":true}}", "/patternProperties/[: " },
	{ "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"prefixItems\":[]}",
	    "/prefixItems: the draft" },
	{ "{\"uniqueItems\":1}", "/uniqueItems: want a boolean" },
	{ "{\"dependentRequired\":{\"a\":1}}",
	    "/dependentRequired/a: want an array of keys" },
	{ "", ":1:1: the file ends inside of a value" },
};

static void
test_wrong(void)
{
	const struct dp_catalog_opts opts = { 0 };
	struct dp_err err;
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct dp_catalog *c = open_text(wrong[i].schema, &opts, &err);

		OK(c == NULL && err.status == DP_CONFIG &&
			strstr(err.msg, wrong[i].message) != NULL,
		    "a wrong schema: %s", wrong[i].message);
		if (c == NULL && strstr(err.msg, wrong[i].message) == NULL)
			printf("# %s\n", err.msg);
		dp_catalog_free(c);
	}
}

/* More keys than fit a word of bits, in every order of pairs. */
static void
test_many_keys(void)
{
	const struct dp_catalog_opts opts = { .any_value = true };
	static char schema[20000], record[20000];
	struct dp_catalog *c;
	struct dp_check *k;
	struct dp_fault fault;
	struct dp_err err;
	size_t i, n = 0, m = 0;

	n += (size_t)sprintf(schema,
	    "{\"required\":[\"key_149\",\"key_63\"],"
	    "\"properties\":{");
	for (i = 0; i < 150; i++)
		n += (size_t)sprintf(schema + n,
		    "%s\"key_%zu\":{\"type\":\"integer\"}", i > 0 ? "," : "",
		    i);
	(void)sprintf(schema + n, "}}");
	c = open_text(schema, &opts, &err);
	k = c == NULL ? NULL : dp_check_new(c, &err);
	if (k == NULL)
		exit(99);
	m = (size_t)sprintf(record, "{");
	for (i = 0; i < 150; i++)
		m += (size_t)sprintf(record + m, "%s\"key_%zu\":%zu",
		    i > 0 ? "," : "", i * 77 % 150, i);
	(void)sprintf(record + m, "}");
	OK(strcmp(judge(k, record, &fault), "") == 0, "150 keys in any order");
	(void)sprintf(record + m, ",\"key_64\":1}");
	OK(strcmp(judge(k, record, &fault), "duplicate-key") == 0,
	    "one of them twice");
	OK(strcmp(judge(k, "{\"key_63\":1}", &fault), "required") == 0 &&
		strcmp(fault.pointer, "/key_149") == 0,
	    "one of the others missing");
	OK(strcmp(judge(k, "{\"key_63\":1,\"key_149\":null}", &fault),
	       "type") == 0,
	    "one of another type");
	dp_check_free(k);
	dp_catalog_free(c);
}

static void
test_properties(void)
{
	const struct dp_catalog_opts opts = { 0 };
	const struct dp_schema *s;
	const struct dp_property *p;
	struct dp_err err;
	struct dp_catalog *c = open_text(
	    "{\"description\":\"A thing.\",\"required\":[\"b\",\"z\"],"
	    "\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":0,"
	    "\"maximum\":32767,\"description\":\"How many.\"},"
	    "\"b\":{\"type\":[\"string\",\"null\"],\"maxLength\":20,"
	    "\"x-dp-column\":\"\",\"x-dp-type\":\"text\"},"
	    "\"c\":{\"enum\":[\"x\"]}}}",
	    &opts, &err);

	s = c == NULL ? NULL : dp_catalog_at(c, 0);
	if (s == NULL)
		exit(99);
	OK(dp_schema_property_count(s) == 3 &&
		strcmp(dp_schema_description(s), "A thing.") == 0,
	    "a schema tells its properties");
	p = dp_schema_property(s, 0);
	OK(strcmp(p->name, "a") == 0 && p->types == DP_JSON_INTEGER &&
		!p->required && strcmp(p->minimum, "0") == 0 &&
		strcmp(p->maximum, "32767") == 0 &&
		strcmp(p->description, "How many.") == 0,
	    "numbers with their bounds");
	p = dp_schema_property(s, 1);
	OK(p->types == (DP_JSON_STRING | DP_JSON_NULL) && p->required &&
		p->max_length == 20 && strcmp(p->dp_column, "") == 0 &&
		strcmp(p->dp_type, "text") == 0,
	    "strings with their length");
	p = dp_schema_property(s, 2);
	OK(p->has_enum && p->types == DP_JSON_STRING && p->dp_column == NULL,
	    "an enum with its types");
	OK(dp_schema_property_find(s, "c       ", 1, false) == 2 &&
		dp_schema_property_find(s, "\\u0062   ", 6, true) == 1 &&
		dp_schema_property_find(s, "z       ", 1, false) == -1 &&
		dp_schema_property_find(s, "d       ", 1, false) == -1,
	    "a key is found, escaped or not");
	dp_catalog_free(c);
}

int
main(void)
{
	test_cases();
	test_wrong();
	test_many_keys();
	test_properties();
	return tap_done();
}
