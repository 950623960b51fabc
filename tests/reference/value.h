/*
 * value: a JSON text as a tree, read the obvious way.
 *
 * The reference shares no code with lib/: it is there to be compared with.
 */
#ifndef REFERENCE_VALUE_H
#define REFERENCE_VALUE_H

#include <stdbool.h>
#include <stddef.h>

enum ref_kind {
	REF_NULL,
	REF_FALSE,
	REF_TRUE,
	REF_NUMBER,
	REF_STRING,
	REF_ARRAY,
	REF_OBJECT
};

struct ref_value {
	enum ref_kind kind;
	const char *raw; /* as it stands; a string's quotes included */
	size_t raw_len;
	const char *text; /* of a string: unescaped; of a number: raw */
	size_t len;
	const char *raw_key; /* of a member, with its quotes; else NULL */
	size_t raw_key_len;
	const char *key; /* the same unescaped */
	size_t key_len;
	struct ref_value *first, *next, *parent;
	size_t n;     /* children */
	size_t index; /* among its siblings */
	/* Of a schema: it has an $id of its own; was met; is being met. */
	bool is_resource, reached, done, open;
};

struct ref_rules {
	unsigned max_depth;
	bool nul_passes;
};

/* Memory until the next ref_reset(): never freed piece by piece. */
void *ref_take(size_t size);
size_t ref_mark(void);
void ref_reset(size_t mark);

/* The text's one value; NULL: it is no JSON, or against the rules. */
struct ref_value *ref_read(const char *text, size_t len,
    const struct ref_rules *rules);

const struct ref_value *ref_member(const struct ref_value *object,
    const char *key);
bool ref_key_is(const struct ref_value *member, const char *key);
bool ref_text_is(const struct ref_value *string, const char *text);

/* Deep: numbers by value, members in any order. */
bool ref_equal(const struct ref_value *a, const struct ref_value *b);

/* Steps over one character of UTF-8; *at < len. */
unsigned ref_character(const char *text, size_t len, size_t *at);

#endif
