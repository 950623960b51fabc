/*
 * keyword: the words of JSON Schema, and which of them are built.
 *
 * Sources: JSON Schema drafts 4, 6 and 7, 2019-09 and 2020-12
 * (https://json-schema.org/specification-links).
 */
#ifndef DP_SCHEMA_KEYWORD_H
#define DP_SCHEMA_KEYWORD_H

#include <stddef.h>

/* Bits, so that a set of drafts is a mask. */
enum dp_draft {
	DP_DRAFT_4 = 1,
	DP_DRAFT_6 = 2,
	DP_DRAFT_7 = 4,
	DP_DRAFT_2019 = 8,
	DP_DRAFT_2020 = 16
};

/* Sets of keywords that a meta-schema may choose ($vocabulary). */
enum dp_vocabulary {
	DP_VOCAB_CORE = 1,
	DP_VOCAB_APPLICATOR = 2,
	DP_VOCAB_UNEVALUATED = 4,
	DP_VOCAB_VALIDATION = 8,
	DP_VOCAB_FORMAT = 16,
	DP_VOCAB_NOTES = 32,
	DP_VOCAB_ALL = 63,
	DP_VOCAB_ASSERT = 64 /* format is to be checked in any case */
};

/* What stands under a keyword, where it holds schemas. */
enum dp_shape {
	DP_SHAPE_NONE,
	DP_SHAPE_ONE,
	DP_SHAPE_LIST,
	DP_SHAPE_MAP,
	DP_SHAPE_ITEMS, /* one, or a list */
	DP_SHAPE_DEPEND /* a map of schemas or lists of keys */
};

enum dp_keyword_id {
	DP_KW_NOTE, /* says nothing about what is valid */
	DP_KW_REF,
	DP_KW_DYNAMIC_REF,
	DP_KW_RECURSIVE_REF,
	DP_KW_TYPE,
	DP_KW_CONST,
	DP_KW_ENUM,
	DP_KW_MINIMUM,
	DP_KW_MAXIMUM,
	DP_KW_EXCLUSIVE_MINIMUM,
	DP_KW_EXCLUSIVE_MAXIMUM,
	DP_KW_MULTIPLE_OF,
	DP_KW_MIN_LENGTH,
	DP_KW_MAX_LENGTH,
	DP_KW_PATTERN,
	DP_KW_FORMAT,
	DP_KW_PREFIX_ITEMS,
	DP_KW_ITEMS,
	DP_KW_ADDITIONAL_ITEMS,
	DP_KW_MIN_ITEMS,
	DP_KW_MAX_ITEMS,
	DP_KW_UNIQUE_ITEMS,
	DP_KW_CONTAINS,
	DP_KW_MIN_CONTAINS,
	DP_KW_MAX_CONTAINS,
	DP_KW_PROPERTIES,
	DP_KW_PATTERN_PROPERTIES,
	DP_KW_ADDITIONAL_PROPERTIES,
	DP_KW_PROPERTY_NAMES,
	DP_KW_REQUIRED,
	DP_KW_MIN_PROPERTIES,
	DP_KW_MAX_PROPERTIES,
	DP_KW_DEPENDENCIES,
	DP_KW_DEPENDENT_REQUIRED,
	DP_KW_DEPENDENT_SCHEMAS,
	DP_KW_ALL_OF,
	DP_KW_ANY_OF,
	DP_KW_ONE_OF,
	DP_KW_NOT,
	DP_KW_IF,
	DP_KW_THEN,
	DP_KW_ELSE,
	DP_KW_UNEVALUATED_ITEMS,
	DP_KW_UNEVALUATED_PROPERTIES,
	DP_KW_COUNT
};

struct dp_keyword {
	const char *name;
	unsigned drafts; /* that have it */
	enum dp_keyword_id id;
	enum dp_shape shape;
	enum dp_vocabulary vocabulary;
};

/* A key as it stands, escaped or not.  NULL: no draft has such a word. */
const struct dp_keyword *dp_keyword_find(const char *name, size_t len);

/* The word that a mistyped one may mean, or NULL. */
const struct dp_keyword *dp_keyword_near(const char *name, size_t len);

#endif
