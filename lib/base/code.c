#include "base/code.h"

#include <string.h>

#define SCHEMA "a schema with "

static const struct dp_code codes[] = {
	{ "ok", 0, "The record is good.",
	    "{\"event_name\":\"install\",\"user_id\":1,\"timestamp\":2}",
	    "Nothing is to be done." },
	{ "empty", 2, "There is no record where one must be.",
	    "an HTTP request without a body",
	    "Send one event, an array of events, or a line for each." },
	{ "malformed", 3, "The line is not JSON (RFC 8259).",
	    "{\"user_id\":1,}", "Correct the byte that the column names." },
	{ "incomplete", 3, "The input ends inside a value, without a newline.",
	    "a file that was cut, or is still being written",
	    "Wait until it is complete, and run again." },
	{ "not-object", 3, "The record is JSON, but not an object.", "[1,2]",
	    "Write one object a line, or pass --any-value." },
	{ "encoding", 3, "A string is not UTF-8.", "a name in ISO 8859-1",
	    "Convert the file, for example with iconv -t UTF-8." },
	{ "surrogate", 3,
	    "An escape names half of a pair of UTF-16 surrogates.",
	    "{\"name\":\"\\ud83d\"}",
	    "Write both halves, or the character itself." },
	{ "nul", 3,
	    "A string holds U+0000, which databases cannot store as text.",
	    "{\"name\":\"a\\u0000b\"}", "Remove it, or pass --nul=pass." },
	{ "depth", 3, "Arrays and objects nest deeper than --max-depth.",
	    "[[[[...]]]]", "Raise --max-depth if the data are meant so." },
	{ "duplicate-key", 3, "An object has the same key twice.",
	    "{\"user_id\":1,\"user_id\":2}",
	    "Remove one of them, or pass --dup-keys=pass." },
	{ "required", 4, "A key that must be there is missing.",
	    "{\"event_name\":\"install\",\"timestamp\":2}", "Add the key." },
	{ "type", 5, "A value has a type that the schema does not allow.",
	    "{\"user_id\":\"1\"} where an integer is wanted",
	    "Write the value in the wanted type." },
	{ "enum", 5, "A value is none of those that the schema lists.",
	    "\"grey\" where \"red\" or \"green\" is wanted",
	    "Write one of the listed values, or add it to the schema." },
	{ "const", 5, "A value is not the one that the schema names.",
	    "2 where \"const\": 1 stands", "Write that value." },
	{ "minimum", 5, "A number is too small.", "-1 with \"minimum\": 0",
	    "Correct the number or the schema." },
	{ "maximum", 5, "A number is too large.", "101 with \"maximum\": 100",
	    "Correct the number or the schema." },
	{ "exclusiveMinimum", 5, "A number is not above the bound.",
	    "0 with \"exclusiveMinimum\": 0",
	    "Correct the number or the schema." },
	{ "exclusiveMaximum", 5, "A number is not below the bound.",
	    "100 with \"exclusiveMaximum\": 100",
	    "Correct the number or the schema." },
	{ "multipleOf", 5, "A number is no multiple of the step.",
	    "0.15 with \"multipleOf\": 0.1",
	    "Correct the number or the schema." },
	{ "minLength", 5, "A string has too few characters.",
	    "\"\" with \"minLength\": 1", "Correct the string or the schema." },
	{ "maxLength", 5, "A string has too many characters.",
	    "\"abc\" with \"maxLength\": 2",
	    "Correct the string or the schema." },
	{ "pattern", 5, "A string does not match its pattern.",
	    "\"12-34\" with \"pattern\": \"^[0-9]+$\"",
	    "Correct the string or the schema." },
	{ "format", 5, "A string does not have its format.",
	    "\"2026-02-30T00:00:00Z\" with \"format\": \"date-time\"",
	    "Correct the string, or the format in the schema." },
	{ "additionalProperties", 5,
	    "An object has a key that the schema does not know.",
	    "{\"user_ID\":1} where only user_id is known",
	    "Correct the key, or add it to the schema's properties." },
	{ "minProperties", 5, "An object has too few keys.",
	    "{} with \"minProperties\": 1",
	    "Correct the object or the schema." },
	{ "maxProperties", 5, "An object has too many keys.",
	    "{\"a\":1,\"b\":2} with \"maxProperties\": 1",
	    "Correct the object or the schema." },
	{ "minItems", 5, "An array has too few elements.",
	    "[] with \"minItems\": 1", "Correct the array or the schema." },
	{ "maxItems", 5, "An array has too many elements.",
	    "[1,2] with \"maxItems\": 1", "Correct the array or the schema." },
	{ "uniqueItems", 5, "Two elements of an array are equal.",
	    "[1,1.0] with \"uniqueItems\": true",
	    "Remove one of them, or correct the schema." },
	{ "contains", 5, "No element of an array matches.",
	    "[1] with \"contains\": {\"type\": \"string\"}",
	    "Correct the array or the schema." },
	{ "minContains", 5, "Too few elements of an array match.",
	    "[1] with \"contains\": {\"type\": \"integer\"} and "
	    "\"minContains\": 2",
	    "Correct the array or the schema." },
	{ "maxContains", 5, "Too many elements of an array match.",
	    "[1,2] with \"contains\": {\"type\": \"integer\"} and "
	    "\"maxContains\": 1",
	    "Correct the array or the schema." },
	{ "propertyNames", 5, "A key does not match the schema of names.",
	    "{\"User\":1} with \"propertyNames\": "
	    "{\"pattern\": \"^[a-z]+$\"}",
	    "Correct the key or the schema." },
	{ "dependentRequired", 5, "A key is missing that another one asks for.",
	    "{\"card\":1} with \"dependentRequired\": "
	    "{\"card\": [\"address\"]}",
	    "Add the key." },
	{ "unevaluatedProperties", 5,
	    "An object has a key that no schema which applies speaks of.",
	    "{\"user_ID\":1} where only user_id is known",
	    "Correct the key, or add it to a schema." },
	{ "unevaluatedItems", 5,
	    "An array has an element that no schema which applies speaks of.",
	    "[1,2] where only one element is known",
	    "Remove it, or correct the schema." },
	{ "anyOf", 5, "A value matches none of the schemas of anyOf.",
	    "true with \"anyOf\": [{\"type\": \"string\"}, "
	    "{\"type\": \"null\"}]",
	    "Correct the value; the detail names what came closest." },
	{ "oneOf", 5,
	    "A value matches none of the schemas of oneOf, or several.",
	    "6 with \"oneOf\": [{\"multipleOf\": 2}, {\"multipleOf\": 3}]",
	    "Correct the value or the schema." },
	{ "not", 5, "A value matches the schema of not.",
	    "1 with \"not\": {\"type\": \"integer\"}",
	    "Correct the value or the schema." },
	{ "false", 5, "The schema at this place allows no value at all.",
	    SCHEMA "\"properties\": {\"old\": false}",
	    "Remove the value, or correct the schema." },
	{ "rule", 5, "A --where filter did not yield true.",
	    "--where='.price > 0' and {\"price\":0}",
	    "Correct the record or the filter." },
	{ "rule-error", 5, "A jq filter failed on the record.",
	    "--where='.a.b' and {\"a\":1}", "Correct the filter." },
	{ "pattern-limit", 5,
	    "A pattern took too many steps to decide, so it is not known to "
	    "match.",
	    "\"^(?=a)(a+)+$\" and a long row of a with a b behind it",
	    "Rewrite the pattern so that it cannot explode." },
	{ "number-limit", 5,
	    "A number has too many digits to decide, or more than the filter "
	    "of --map keeps.",
	    "a number of a million digits, 9007199254740993 with --map",
	    "Correct the number, or keep it as a string." },
	{ "too-complex", 5,
	    "The record took more steps than the schema check may take.",
	    "deeply nested anyOf", "Simplify the schema." },
	{ "keyword", 5, "A schema has a word that is no keyword, but like one.",
	    "{\"requried\":[\"user_id\"]}",
	    "Correct it, or let it begin with x- if it is meant so." },
	{ "range", 5, "A number does not fit its column.",
	    "3000000000 for a column of type integer",
	    "Correct the number, or widen the column." },
	{ "null", 5, "A column that must have a value got none.",
	    "{\"sku\":null} for a column NOT NULL",
	    "Correct the record or the column." },
	{ "extra", 5, "The table has no column for a key.",
	    "a key \"color\" and --extra=reject",
	    "Add the column, or choose another --extra." },
	{ "duplicate", 5, "The table has a row with this key already.",
	    "the same primary key twice",
	    "Remove the record, or choose another --on-conflict." },
	{ "constraint", 5, "A constraint of the table refuses the row.",
	    "CHECK (price > 0) and {\"price\":0}",
	    "Correct the record or the constraint." },
	{ "database", 5, "The database refuses the row.",
	    "a trigger that raises an exception",
	    "Read the detail and the sqlstate." },
	{ "too-long", 6, "The record is longer than --max-record.",
	    "a line of 2 MiB", "Raise --max-record, or split the record." },
	{ "unknown-type", 7,
	    "The record's type has no schema in the folder of --schemas.",
	    "{\"event_name\":\"instal\"}",
	    "Correct the name, or add NAME.json to the folder." },
	{ "internal", 100, "The program failed, not the record.",
	    "no memory left", "Run again; report it if it stays." },
	{ "unavailable", 100, "A part of the chain is not there.",
	    "a full queue", "Try again later." },
};

#define NCODES (sizeof codes / sizeof codes[0])

const struct dp_code *
dp_code_find(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < NCODES; i++)
		if (len > 0 && codes[i].word[0] == word[0] &&
		    strncmp(codes[i].word, word, len) == 0 &&
		    codes[i].word[len] == '\0')
			return &codes[i];
	return NULL;
}

const struct dp_code *
dp_code_at(size_t i)
{
	return i < NCODES ? &codes[i] : NULL;
}

const char *
dp_code_text(int number)
{
	switch (number) {
	case 0:
		return "ok";
	case 2:
		return "No message content found";
	case 3:
		return "Bad json structure";
	case 4:
		return "mandatory key missing";
	case 5:
		return "invalid value type";
	case 6:
		return "input too long or too short";
	case 7:
		return "unsupported event";
	default:
		return "internal error";
	}
}
