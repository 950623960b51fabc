/* All faults of a record: which there are, in which order, and how many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "schema/catalog_state.h"
#include "tap.h"

static struct dp_check *
open_check(const char *schema, struct dp_catalog **c)
{
	const struct dp_catalog_opts opts = { .any_value = true };
	struct dp_err err = { 0 };
	struct dp_check *k = NULL;

	*c = dp_catalog_text(schema, strlen(schema), &opts, &err);
	if (*c != NULL)
		k = dp_check_new(*c, &err);
	if (k == NULL) {
		(void)printf("# %s\n", err.msg);
		exit(99);
	}
	return k;
}

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

/* "code pointer, code pointer", as they are told. */
static const char *
all_of(struct dp_check *k, const char *record, struct dp_fault *f)
{
	static char text[4096];
	char *block = lay(record);
	struct dp_err err;
	size_t i, n = 0;

	text[0] = '\0';
	dp_check_tell_all(k);
	if (dp_check_explain(k, block, strlen(record), f, &err) == -1)
		exit(99);
	for (i = 0; i < f->nall && n < sizeof text; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s",
		    i == 0 ? "" : ", ", f->all[i].code, f->all[i].pointer);
	if (f->nall == 0)
		(void)snprintf(text, sizeof text, "%s %s", f->code, f->pointer);
	free(block);
	return text;
}

static const struct {
	const char *schema, *record, *all;
} cases[] = {
	/* As they stand in the text; of a container behind its content. */
	{ "{\"required\":[\"x\",\"y\"],\"properties\":{\"a\":{\"type\":"
	  "\"null\"},\"b\":{\"items\":{\"type\":\"null\"},\"minItems\":3}}}",
	    "{\"b\":[1,null],\"a\":1}",
	    "type /b/0, minItems /b, type /a, required /x, required /y" },
	{ "{\"allOf\":[{\"properties\":{\"b\":false}},"
	  "{\"properties\":{\"a\":false}}]}",
	    "{\"a\":1,\"b\":1}", "false /a, false /b" },
	/* All that a value does not keep to. */
	{ "{\"minLength\":3,\"maxLength\":0,\"pattern\":\"b\",\"format\":"
	  "\"email\",\"enum\":[\"c\"],\"const\":\"d\"}",
	    "\"a\"",
	    "const , enum , minLength , maxLength , pattern , format " },
	{ "{\"minimum\":5,\"exclusiveMinimum\":4,\"maximum\":1,"
	  "\"exclusiveMaximum\":2,\"multipleOf\":2}",
	    "3",
	    "minimum , maximum , exclusiveMinimum , exclusiveMaximum , "
	    "multipleOf " },
	{ "{\"$schema\":\"http://json-schema.org/draft-04/schema#\","
	  "\"type\":\"integer\",\"minimum\":2}",
	    "1.0", "type , minimum " },
	{ "{\"minItems\":3,\"maxItems\":1,\"uniqueItems\":true,\"contains\":"
	  "{\"const\":2}}",
	    "[1,1]", "minItems , maxItems , contains , uniqueItems " },
	{ "{\"contains\":{\"type\":\"null\"},\"maxContains\":1,\"items\":"
	  "{\"type\":\"null\"}}",
	    "[null,1,null]", "type /1, maxContains " },
	{ "{\"minProperties\":3,\"propertyNames\":{\"maxLength\":1},"
	  "\"additionalProperties\":false,\"properties\":{\"ab\":true}}",
	    "{\"ab\":1,\"c\":2}",
	    "propertyNames /ab, additionalProperties /c, minProperties " },
	{ "{\"patternProperties\":{\"a\":{\"type\":\"null\"},\"b\":"
	  "{\"minimum\":5}}}",
	    "{\"ab\":1}", "type /ab, minimum /ab" },
	/* A value of another type is told as that, and nothing else is. */
	{ "{\"type\":\"string\",\"minimum\":5,\"allOf\":[{\"maximum\":0}]}",
	    "3", "type " },
	{ "{\"type\":\"object\",\"required\":[\"a\"]}", "[]", "type " },
	{ "false", "1", "false " },
	/* References, conditions, and what a key asks for. */
	{ "{\"$ref\":\"#/$defs/a\",\"maximum\":1,\"$defs\":{\"a\":"
	  "{\"multipleOf\":2}}}",
	    "3", "maximum , multipleOf " },
	{ "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\","
	  "\"c\"]},\"not\":{\"required\":[\"a\"]}}",
	    "{\"a\":1}", "not , required /b, required /c" },
	{ "{\"dependentRequired\":{\"a\":[\"b\",\"c\"]},\"dependentSchemas\":"
	  "{\"a\":{\"required\":[\"d\",\"e\"]}}}",
	    "{\"a\":1}",
	    "dependentRequired /b, dependentRequired /c, required /d, "
	    "required /e" },
	/* Of branches the nearest is in the detail: one fault. */
	{ "{\"anyOf\":[{\"required\":[\"a\",\"b\"]},{\"required\":[\"c\"]}],"
	  "\"oneOf\":[{\"minProperties\":1},{\"minProperties\":2}],"
	  "\"maxProperties\":0}",
	    "{\"x\":1}", "maxProperties , anyOf " },
	{ "{\"oneOf\":[true,true],\"anyOf\":[false]}", "1", "anyOf , oneOf " },
	/* The same of two schemas is told once. */
	{ "{\"required\":[\"a\"],\"allOf\":[{\"required\":[\"a\"]},"
	  "{\"required\":[\"b\",\"a\"]}]}",
	    "{}", "required /a, required /b" },
	/* What a schema speaks of is evaluated, though it fails. */
	{ "{\"properties\":{\"a\":{\"type\":\"null\"}},\"allOf\":"
	  "[{\"properties\":{\"b\":{\"type\":\"null\"}}}],"
	  "\"unevaluatedProperties\":false}",
	    "{\"a\":1,\"b\":1,\"c\":1,\"d\":1}",
	    "type /a, type /b, unevaluatedProperties /c, "
	    "unevaluatedProperties /d" },
	{ "{\"prefixItems\":[{\"type\":\"null\"}],\"unevaluatedItems\":"
	  "{\"type\":\"null\"}}",
	    "[1,null,2,3]", "type /0, type /2, type /3" },
	/* Of which branch is meant nothing is known, nor what it speaks of. */
	{ "{\"anyOf\":[{\"properties\":{\"a\":false}},{\"properties\":{\"b\":"
	  "false}}],\"unevaluatedProperties\":false}",
	    "{\"a\":1,\"b\":1,\"c\":1}", "anyOf " },
	{ "{\"properties\":{\"o\":{\"allOf\":[{\"oneOf\":[{\"properties\":"
	  "{\"a\":false}}]}],\"unevaluatedProperties\":false}},"
	  "\"unevaluatedProperties\":false}",
	    "{\"o\":{\"a\":1},\"p\":1}", "oneOf /o, unevaluatedProperties /p" },
	/* A pattern that takes too long ends the search. */
	{ "{\"properties\":{\"a\":{\"type\":\"null\"},\"b\":{\"pattern\":"
	  "\"^(?=a)(a+)+$\"}},\"required\":[\"z\"]}",
	    "{\"a\":1,\"b\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\","
	    "\"a2\":1}",
	    "type /a, pattern-limit /b" },
	/* One of each, and syntax, are what they were. */
	{ "{\"type\":\"null\"}", "1", "type " },
	{ "{\"required\":[\"a\",\"b\"]}", "{\"x\":1,}", "malformed " },
	{ "{\"required\":[\"a\",\"b\"]}", "{\"x\":1,\"x\":2}",
	    "duplicate-key /x" },
};

static void
test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dp_catalog *c;
		struct dp_check *k = open_check(cases[i].schema, &c);
		struct dp_fault f;
		const char *all = all_of(k, cases[i].record, &f);

		OK(strcmp(all, cases[i].all) == 0 && !f.cut, "%s in %s",
		    cases[i].all, cases[i].record);
		if (strcmp(all, cases[i].all) != 0)
			(void)printf("# told: %s\n", all);
		dp_check_free(k);
		dp_catalog_free(c);
	}
}

/* An array of n numbers, or an object of n members with names that long. */
static char *
wide(size_t n, size_t name)
{
	char *text = malloc(n * (name + 8) + 16), *p = text;
	size_t i;

	if (text == NULL)
		exit(99);
	*p++ = name == 0 ? '[' : '{';
	for (i = 0; i < n; i++) {
		if (name > 0) {
			*p++ = '"';
			memset(p, 'k', name);
			p[i] = 'x';
			p += name;
			*p++ = '"';
			*p++ = ':';
		}
		*p++ = '1';
		*p++ = i + 1 < n ? ',' : name == 0 ? ']' : '}';
	}
	*p = '\0';
	return text;
}

static void
test_bounds(void)
{
	static const struct {
		size_t n, name, nall;
		bool cut;
	} bounds[] = {
		{ 100, 0, 100, false },
		{ 101, 0, 100, true },
		{ 100000, 0, 100, true },
		/* Texts of 32 KiB: some 30 pointers of 1,000 bytes. */
		{ 20, 1000, 20, false },
		{ 90, 1000, 30, true },
		{ 2, 40000, 0, true },
	};

	static const char schema[] = "{\"items\":{\"type\":\"null\"},"
				     "\"additionalProperties\":{\"type\":"
				     "\"null\"}}";
	struct dp_catalog *c;
	struct dp_check *k = open_check(schema, &c);
	struct dp_fault f;
	size_t i;

	for (i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
		char *text = wide(bounds[i].n, bounds[i].name);

		(void)all_of(k, text, &f);
		OK(f.cut == bounds[i].cut && f.nall == bounds[i].nall,
		    "of %zu faults with names of %zu bytes %zu are told",
		    bounds[i].n, bounds[i].name, f.nall);
		OK(strcmp(f.code, "type") == 0 &&
			strcmp(f.detail, "want null, got integer 1") == 0,
		    "and the first stands for the record");
		free(text);
	}
	/* The search is not cut for good. */
	OK(strcmp(all_of(k, "[1,2]", &f), "type /0, type /1") == 0 && !f.cut,
	    "the next record is told whole");
	dp_check_free(k);
	dp_catalog_free(c);
}

/* The place of each fault, whatever has been told before it. */
static void
test_places(void)
{
	struct dp_catalog *c;
	struct dp_check *k;
	struct dp_buf schema;
	char record[64], want[64];
	unsigned i, wrong = 0;

	dp_buf_init(&schema, 0);
	(void)dp_buf_adds(&schema, "{\"properties\":{");
	for (i = 0; i < 40; i++)
		(void)dp_buf_addf(&schema,
		    "%s\"p%u\":{\"type\":\"integer\",\"minimum\":5}",
		    i == 0 ? "" : ",", i);
	(void)dp_buf_adds(&schema, "}}");
	k = open_check(dp_buf_text(&schema), &c);
	for (i = 0; i < 400; i++) {
		const unsigned p = i * i / 3 % 40;
		const bool type = i % 3 == 0;
		struct dp_fault f;

		(void)snprintf(record, sizeof record, "{\"p%u\":%s}", p,
		    type ? "null" : "1");
		(void)snprintf(want, sizeof want, "schema#/properties/p%u/%s",
		    p, type ? "type" : "minimum");
		(void)all_of(k, record, &f);
		wrong += f.schema == NULL || strcmp(f.schema, want) != 0;
	}
	OK(wrong == 0, "each fault has its own place in the schema");
	dp_check_free(k);
	dp_catalog_free(c);
	dp_buf_fini(&schema);
}

int
main(void)
{
	test_cases();
	test_places();
	test_bounds();
	return tap_done();
}
