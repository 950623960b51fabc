/*
 * keyset: which keys have been seen in which object of a line.
 *
 * A hash table over (object, key), for finding a key that stands twice in
 * one object.  The hash is seeded by the process, so that nobody outside
 * can choose keys that collide: the cost of a line is linear in its length.
 * Keys are compared as text, with escapes resolved.  The set holds offsets
 * into the line, and no copies.  A new line forgets all in constant time;
 * memory is taken only when a line has more than DP_KEYSET_SMALL / 2 keys,
 * and kept.
 */
#ifndef DP_JSON_KEYSET_H
#define DP_JSON_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_KEYSET_SMALL 256

struct dp_keyset_entry {
	uint32_t object; /* below the line's first one: the entry is free */
	uint32_t tag;    /* high bits of the hash */
	uint32_t at;     /* offset of the key in the line */
	uint32_t len;    /* in bytes, times 2, plus 1 when it is escaped */
};

struct dp_keyset {
	struct dp_keyset_entry *table;
	size_t mask; /* entries of table - 1 */
	size_t used; /* by this line */
	struct dp_keyset_entry *big;
	size_t big_mask;
	const char *line;
	uint32_t first, next; /* objects of this line */
	uint64_t seed[2];
	struct dp_keyset_entry small[DP_KEYSET_SMALL];
};

void dp_keyset_init(struct dp_keyset *k);
void dp_keyset_fini(struct dp_keyset *k);

/* Begins a line, below 2 GiB: forgets all keys. */
void dp_keyset_begin(struct dp_keyset *k, const char *line);

/* A number for the next object of the line, never 0. */
static inline uint32_t
dp_keyset_object(struct dp_keyset *k)
{
	return k->next++;
}

/*
 * Adds a key as it stands between its quotes, accepted by the scanner.
 * Returns 0, 1 when the object has it already, -1 without memory.
 */
int dp_keyset_add(struct dp_keyset *k, uint32_t object, const char *key,
    size_t len, bool escaped);

#endif
