#include "schema/keyword.h"

#include <string.h>

#include "base/near.h"
#include "json/unescape.h"

#define ALL 31
#define TO_2019 15
#define FROM_6 30
#define FROM_7 28
#define FROM_2019 24

#define WORD(name, drafts, id, shape, vocabulary)           \
	{                                                   \
		name, drafts, DP_KW_##id, DP_SHAPE_##shape, \
		    DP_VOCAB_##vocabulary                   \
	}

/* In the order of their names. */
static const struct dp_keyword words[] = {
	WORD("$anchor", FROM_2019, NOTE, NONE, CORE),
	WORD("$comment", ALL, NOTE, NONE, CORE),
	WORD("$defs", FROM_2019, NOTE, MAP, CORE),
	WORD("$dynamicAnchor", DP_DRAFT_2020, NOTE, NONE, CORE),
	WORD("$dynamicRef", DP_DRAFT_2020, DYNAMIC_REF, NONE, CORE),
	WORD("$id", ALL, NOTE, NONE, CORE),
	WORD("$recursiveAnchor", DP_DRAFT_2019, NOTE, NONE, CORE),
	WORD("$recursiveRef", DP_DRAFT_2019, RECURSIVE_REF, NONE, CORE),
	WORD("$ref", ALL, REF, NONE, CORE),
	WORD("$schema", ALL, NOTE, NONE, CORE),
	WORD("$vocabulary", FROM_2019, NOTE, NONE, CORE),
	WORD("additionalItems", TO_2019, ADDITIONAL_ITEMS, ONE, APPLICATOR),
	WORD("additionalProperties", ALL, ADDITIONAL_PROPERTIES, ONE,
	    APPLICATOR),
	WORD("allOf", ALL, ALL_OF, LIST, APPLICATOR),
	WORD("anyOf", ALL, ANY_OF, LIST, APPLICATOR),
	WORD("const", FROM_6, CONST, NONE, VALIDATION),
	WORD("contains", FROM_6, CONTAINS, ONE, APPLICATOR),
	WORD("contentEncoding", ALL, NOTE, NONE, NOTES),
	WORD("contentMediaType", ALL, NOTE, NONE, NOTES),
	WORD("contentSchema", ALL, NOTE, NONE, NOTES),
	WORD("default", ALL, NOTE, NONE, NOTES),
	WORD("definitions", ALL, NOTE, MAP, CORE),
	WORD("dependencies", ALL, DEPENDENCIES, DEPEND, APPLICATOR),
	WORD("dependentRequired", FROM_2019, DEPENDENT_REQUIRED, NONE,
	    VALIDATION),
	WORD("dependentSchemas", FROM_2019, DEPENDENT_SCHEMAS, MAP, APPLICATOR),
	WORD("deprecated", ALL, NOTE, NONE, NOTES),
	WORD("description", ALL, NOTE, NONE, NOTES),
	WORD("else", FROM_7, ELSE, ONE, APPLICATOR),
	WORD("enum", ALL, ENUM, NONE, VALIDATION),
	WORD("examples", ALL, NOTE, NONE, NOTES),
	WORD("exclusiveMaximum", ALL, EXCLUSIVE_MAXIMUM, NONE, VALIDATION),
	WORD("exclusiveMinimum", ALL, EXCLUSIVE_MINIMUM, NONE, VALIDATION),
	WORD("format", ALL, FORMAT, NONE, FORMAT),
	WORD("id", DP_DRAFT_4, NOTE, NONE, CORE),
	WORD("if", FROM_7, IF, ONE, APPLICATOR),
	WORD("items", ALL, ITEMS, ITEMS, APPLICATOR),
	WORD("maxContains", FROM_2019, MAX_CONTAINS, NONE, VALIDATION),
	WORD("maxItems", ALL, MAX_ITEMS, NONE, VALIDATION),
	WORD("maxLength", ALL, MAX_LENGTH, NONE, VALIDATION),
	WORD("maxProperties", ALL, MAX_PROPERTIES, NONE, VALIDATION),
	WORD("maximum", ALL, MAXIMUM, NONE, VALIDATION),
	WORD("minContains", FROM_2019, MIN_CONTAINS, NONE, VALIDATION),
	WORD("minItems", ALL, MIN_ITEMS, NONE, VALIDATION),
	WORD("minLength", ALL, MIN_LENGTH, NONE, VALIDATION),
	WORD("minProperties", ALL, MIN_PROPERTIES, NONE, VALIDATION),
	WORD("minimum", ALL, MINIMUM, NONE, VALIDATION),
	WORD("multipleOf", ALL, MULTIPLE_OF, NONE, VALIDATION),
	WORD("not", ALL, NOT, ONE, APPLICATOR),
	WORD("oneOf", ALL, ONE_OF, LIST, APPLICATOR),
	WORD("pattern", ALL, PATTERN, NONE, VALIDATION),
	WORD("patternProperties", ALL, PATTERN_PROPERTIES, MAP, APPLICATOR),
	WORD("prefixItems", DP_DRAFT_2020, PREFIX_ITEMS, LIST, APPLICATOR),
	WORD("properties", ALL, PROPERTIES, MAP, APPLICATOR),
	WORD("propertyNames", FROM_6, PROPERTY_NAMES, ONE, APPLICATOR),
	WORD("readOnly", ALL, NOTE, NONE, NOTES),
	WORD("required", ALL, REQUIRED, NONE, VALIDATION),
	WORD("then", FROM_7, THEN, ONE, APPLICATOR),
	WORD("title", ALL, NOTE, NONE, NOTES),
	WORD("type", ALL, TYPE, NONE, VALIDATION),
	WORD("unevaluatedItems", FROM_2019, UNEVALUATED_ITEMS, ONE,
	    UNEVALUATED),
	WORD("unevaluatedProperties", FROM_2019, UNEVALUATED_PROPERTIES, ONE,
	    UNEVALUATED),
	WORD("uniqueItems", ALL, UNIQUE_ITEMS, NONE, VALIDATION),
	WORD("writeOnly", ALL, NOTE, NONE, NOTES),
};

#define NWORDS (sizeof words / sizeof words[0])

#define NAME_MAX_LEN 32 /* no word is as long */

const struct dp_keyword *
dp_keyword_find(const char *name, size_t len)
{
	char text[NAME_MAX_LEN];
	size_t low = 0, high = NWORDS;

	if (memchr(name, '\\', len) != NULL) {
		struct dp_unescape u = dp_unescape_of(name, len);

		len = dp_unescape_some(&u, text, sizeof text);
		name = text;
	}

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
