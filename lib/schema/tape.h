/*
 * tape: a JSON value as a flat list, for looks in any order.
 *
 * Made of a text that dp_scan_line() has accepted; points into it and holds
 * no copies.  A container stands in front of its content: its children are
 * the item behind it, the `next` of that one, and so on up to its own
 * `next`.  The memory is kept from one value to the next.
 */
#ifndef DP_SCHEMA_TAPE_H
#define DP_SCHEMA_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/scan.h"

struct dp_tape_item {
	const char *text; /* the first byte: a string's is the quote */
	const char *key;  /* between its quotes; NULL: no member */
	uint32_t len, key_len;
	uint32_t next;   /* the item behind all content */
	uint32_t count;  /* of children */
	uint32_t parent; /* of the root: itself */
	uint32_t index;  /* among its siblings, from 0 */
	uint8_t type;    /* enum dp_json_type */
	bool escaped, key_escaped;
	uint32_t keys; /* of an object, while it is read: a bit for some */
};

struct dp_tape {
	struct dp_buf items;
	size_t n;
};

static inline const struct dp_tape_item *
dp_tape_at(const struct dp_tape *t, uint32_t i)
{
	return (const struct dp_tape_item *)(const void *)t->items.data + i;
}

/* The ith item's value, for the functions of json/scan.h. */
struct dp_scan_value dp_tape_value(const struct dp_tape *t, uint32_t i);

void dp_tape_init(struct dp_tape *t);
void dp_tape_fini(struct dp_tape *t);

/* Reads the value at text; its root is item 0.  -1: no memory. */
int dp_tape_read(struct dp_tape *t, const char *text);

/*
 * Reads a line that nobody has accepted yet, text[len] being a newline,
 * within the limits of w.  Returns 0; 1 when it is not good, and 2 when it
 * may have a key twice, as dp_scan_line() must say; -1 without memory.
 */
struct dp_scan_work;
int dp_tape_line(struct dp_tape *t, const char *text, size_t len,
    const struct dp_scan_work *w);

/* Whether a member has that name. */
static inline bool
dp_tape_named(const struct dp_tape_item *it, const char *name, size_t len)
{
	return (it->key_len == len || it->key_escaped) &&
	    dp_scan_equal(it->key, it->key_len, it->key_escaped, name, len);
}

/* The child of that name of an object, or 0. */
uint32_t dp_tape_member(const struct dp_tape *t, uint32_t object,
    const char *name, size_t len);

/* Appends the JSON Pointer to an item. */
void dp_tape_pointer(const struct dp_tape *t, uint32_t i, struct dp_buf *b);

/*
 * True when two values are equal: numbers by value, strings by text, members
 * in any order.  Takes at most *steps steps, which count down; with none
 * left the answer is false.
 */
bool dp_tape_equal(const struct dp_tape *a, uint32_t i, const struct dp_tape *b,
    uint32_t j, uint64_t *steps);

#endif
