#include "schema/keyword.h"

#include <string.h>

#include "base/near.h"

#define ALL 31
#define FROM_6 30
#define FROM_7 28
#define FROM_2019 24

static const struct dp_keyword words[] = {
	{ "$anchor", FROM_2019, DP_KW_LATER },
	{ "$comment", ALL, DP_KW_NOTE },
	{ "$defs", ALL, DP_KW_NOTE },
	{ "$dynamicAnchor", DP_DRAFT_2020, DP_KW_LATER },
	{ "$dynamicRef", DP_DRAFT_2020, DP_KW_LATER },
	{ "$id", ALL, DP_KW_NOTE },
	{ "$recursiveAnchor", DP_DRAFT_2019, DP_KW_LATER },
	{ "$recursiveRef", DP_DRAFT_2019, DP_KW_LATER },
	{ "$ref", ALL, DP_KW_LATER },
	{ "$schema", ALL, DP_KW_SCHEMA },
	{ "$vocabulary", FROM_2019, DP_KW_NOTE },
	{ "additionalItems", 15, DP_KW_LATER },
	{ "additionalProperties", ALL, DP_KW_ADDITIONAL_PROPERTIES },
	{ "allOf", ALL, DP_KW_LATER },
	{ "anyOf", ALL, DP_KW_LATER },
	{ "const", FROM_6, DP_KW_CONST },
	{ "contains", FROM_6, DP_KW_LATER },
	{ "contentEncoding", ALL, DP_KW_NOTE },
	{ "contentMediaType", ALL, DP_KW_NOTE },
	{ "contentSchema", ALL, DP_KW_NOTE },
	{ "default", ALL, DP_KW_NOTE },
	{ "definitions", ALL, DP_KW_NOTE },
	{ "dependencies", ALL, DP_KW_LATER },
	{ "dependentRequired", FROM_2019, DP_KW_LATER },
	{ "dependentSchemas", FROM_2019, DP_KW_LATER },
	{ "deprecated", ALL, DP_KW_NOTE },
	{ "description", ALL, DP_KW_NOTE },
	{ "else", FROM_7, DP_KW_LATER },
	{ "enum", ALL, DP_KW_ENUM },
	{ "examples", ALL, DP_KW_NOTE },
	{ "exclusiveMaximum", ALL, DP_KW_EXCLUSIVE_MAXIMUM },
	{ "exclusiveMinimum", ALL, DP_KW_EXCLUSIVE_MINIMUM },
	{ "format", ALL, DP_KW_LATER },
	{ "id", DP_DRAFT_4, DP_KW_NOTE },
	{ "if", FROM_7, DP_KW_LATER },
	{ "items", ALL, DP_KW_ITEMS },
	{ "maxContains", FROM_2019, DP_KW_LATER },
	{ "maxItems", ALL, DP_KW_MAX_ITEMS },
	{ "maxLength", ALL, DP_KW_MAX_LENGTH },
	{ "maxProperties", ALL, DP_KW_MAX_PROPERTIES },
	{ "maximum", ALL, DP_KW_MAXIMUM },
	{ "minContains", FROM_2019, DP_KW_LATER },
	{ "minItems", ALL, DP_KW_MIN_ITEMS },
	{ "minLength", ALL, DP_KW_MIN_LENGTH },
	{ "minProperties", ALL, DP_KW_MIN_PROPERTIES },
	{ "minimum", ALL, DP_KW_MINIMUM },
	{ "multipleOf", ALL, DP_KW_MULTIPLE_OF },
	{ "not", ALL, DP_KW_LATER },
	{ "oneOf", ALL, DP_KW_LATER },
	{ "pattern", ALL, DP_KW_LATER },
	{ "patternProperties", ALL, DP_KW_LATER },
	{ "prefixItems", DP_DRAFT_2020, DP_KW_LATER },
	{ "properties", ALL, DP_KW_PROPERTIES },
	{ "propertyNames", FROM_6, DP_KW_LATER },
	{ "readOnly", ALL, DP_KW_NOTE },
	{ "required", ALL, DP_KW_REQUIRED },
	{ "then", FROM_7, DP_KW_LATER },
	{ "title", ALL, DP_KW_NOTE },
	{ "type", ALL, DP_KW_TYPE },
	{ "unevaluatedItems", FROM_2019, DP_KW_LATER },
	{ "unevaluatedProperties", FROM_2019, DP_KW_LATER },
	{ "uniqueItems", ALL, DP_KW_LATER },
	{ "writeOnly", ALL, DP_KW_NOTE },
};

#define NWORDS (sizeof words / sizeof words[0])

const struct dp_keyword *
dp_keyword_find(const char *name, size_t len)
{
	size_t low = 0, high = NWORDS;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const size_t n = strlen(words[mid].name);
		int order = memcmp(words[mid].name, name, n < len ? n : len);

		if (order == 0)
			order = (n > len) - (n < len);
		if (order == 0)
			return &words[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct dp_keyword *
dp_keyword_near(const char *name, size_t len)
{
	const struct dp_keyword *best = NULL;
	unsigned least = dp_near_limit(len) + 1;
	size_t i;

	for (i = 0; i < NWORDS; i++) {
		const unsigned d = dp_near_distance(name, len, words[i].name,
		    strlen(words[i].name), least);

		if (d < least) {
			least = d;
			best = &words[i];
		}
	}
	return best;
}
