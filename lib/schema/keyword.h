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

enum dp_keyword_id {
	DP_KW_NOTE,  /* says nothing about what is valid */
	DP_KW_LATER, /* would constrain, and is not built */
	DP_KW_SCHEMA,
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
	DP_KW_ITEMS,
	DP_KW_MIN_ITEMS,
	DP_KW_MAX_ITEMS,
	DP_KW_PROPERTIES,
	DP_KW_REQUIRED,
	DP_KW_ADDITIONAL_PROPERTIES,
	DP_KW_MIN_PROPERTIES,
	DP_KW_MAX_PROPERTIES,
	DP_KW_COUNT
};

struct dp_keyword {
	const char *name;
	unsigned drafts; /* that have it */
	enum dp_keyword_id id;
};

/* NULL: no draft has such a word. */
const struct dp_keyword *dp_keyword_find(const char *name, size_t len);

/* The word that a mistyped one may mean, or NULL. */
const struct dp_keyword *dp_keyword_near(const char *name, size_t len);

#endif
