/*
 * scan: the strict JSON scanner (RFC 8259), one line at a time.
 *
 * Every function works on text that ends with a newline which is part of
 * the line's buffer, with DP_SCAN_PAD readable bytes behind it, so that
 * wide loads never fault; a raw newline cannot stand inside a JSON string,
 * so it stops every scan.  Strings are valid UTF-8, escapes are whole,
 * surrogates are paired; numbers are the grammar's, and stay text.  Nothing
 * recurses, nothing writes to the text; lines are below 2 GiB.
 *
 * The hot primitives are inline in json/lex.h; this header is for who wants
 * a value checked or walked.
 */
#ifndef DP_JSON_SCAN_H
#define DP_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_SCAN_PAD 64
#define DP_SCAN_DEPTH 512 /* default of --max-depth */
#define DP_SCAN_DEPTH_MAX 65536

/* Bits, so that a set of types is a mask. */
enum dp_json_type {
	DP_JSON_NULL = 1,
	DP_JSON_FALSE = 2,
	DP_JSON_TRUE = 4,
	DP_JSON_INTEGER = 8, /* an integral value: 1, 1.0, 1e3 */
	DP_JSON_NUMBER = 16, /* any other number */
	DP_JSON_STRING = 32,
	DP_JSON_ARRAY = 64,
	DP_JSON_OBJECT = 128
};

/* What is wrong with a text; the word of base/code.h is dp_scan_code(). */
enum dp_scan_fault {
	DP_SCAN_OK = 0,
	DP_SCAN_MALFORMED,
	DP_SCAN_INCOMPLETE, /* the text ends inside a value */
	DP_SCAN_ENCODING,   /* not UTF-8 */
	DP_SCAN_SURROGATE,  /* a lone \uD800..\uDFFF */
	DP_SCAN_NUL,        /* \u0000, where nul is not allowed */
	DP_SCAN_DEPTH_OVER,
	DP_SCAN_DUPLICATE, /* the same key twice in one object */
	DP_SCAN_MEMORY     /* none left to remember the line's keys */
};

struct dp_scan_work; /* scratch memory that one line leaves to the next */

struct dp_scan_opts {
	unsigned max_depth; /* 0: DP_SCAN_DEPTH; at most DP_SCAN_DEPTH_MAX */
	bool nul_passes;    /* \u0000 allowed */
	bool dup_passes;    /* duplicate keys allowed */

	/*
	 * For who scans many lines: json/work.h.  NULL: dp_scan_line() sets
	 * up its own on the stack, and takes memory for a line of more than
	 * 128 keys or a max_depth above DP_SCAN_DEPTH.
	 */
	struct dp_scan_work *work;
};

/* A value as it stands in the text. */
struct dp_scan_value {
	enum dp_json_type type;
	const char *text; /* its first byte: a string's is the quote */
	size_t len;
	bool escaped; /* STRING: has a backslash */
};

/* A member of an object. */
struct dp_scan_member {
	const char *key; /* between the quotes, as it stands */
	size_t key_len;
	bool key_escaped;
	struct dp_scan_value value;
};

const char *dp_scan_code(enum dp_scan_fault fault);

/*
 * Checks one line, text[0..len), text[len] being a newline: exactly one
 * value and white space.  On a fault *at is its offset.  Complete: every
 * rule above, duplicate keys at every depth included (compared as text:
 * "a" is "\u0061").  A line that ends too soon is DP_SCAN_INCOMPLETE with
 * *at == len; the syntax of the whole line is told before a duplicate.
 * value may be NULL; *value is set when all is well.
 */
enum dp_scan_fault dp_scan_line(const char *text, size_t len,
    const struct dp_scan_opts *opts, struct dp_scan_value *value, size_t *at);

/*
 * Walks the members of an object, or the elements of an array, that
 * dp_scan_line() has accepted: *at is NULL at first, then a cursor.
 * Returns true with the next one, false at the end.
 */
bool dp_scan_next_member(const struct dp_scan_value *object, const char **at,
    struct dp_scan_member *m);
bool dp_scan_next_element(const struct dp_scan_value *array, const char **at,
    struct dp_scan_value *v);

/* The value that begins at p in such a text; returns the byte behind it. */
const char *dp_scan_take(const char *p, struct dp_scan_value *v);

/* Compares a key or string as it stands, escapes resolved, with text. */
bool dp_scan_equal(const char *raw, size_t raw_len, bool escaped,
    const char *text, size_t len);

#endif
