/*
 * keytable: from a string to its number, for strings known beforehand.
 *
 * The hash is made of the length and the first and last 8 bytes; the
 * multiplier is chosen when the table is made, so that no two of its keys
 * collide where that can be had (always for a few dozen keys).  One memcmp
 * confirms.  Strings that differ only in their middle are hashed whole.
 */
#ifndef DP_SCHEMA_KEYTABLE_H
#define DP_SCHEMA_KEYTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct dp_arena;

struct dp_key {
	const char *text; /* 8 bytes from here on may be read */
	size_t len;
};

struct dp_keytable {
	const struct dp_key *keys;
	const uint32_t *slots; /* number of the key + 1; 0: free */
	uint64_t mul;
	uint32_t mask;
	uint8_t shift;
	bool whole;
};

/* keys must live as long as the table.  -1: no memory. */
int dp_keytable_make(struct dp_keytable *t, const struct dp_key *keys, size_t n,
    struct dp_arena *a);

uint64_t dp_keytable_hash_whole(const char *text, size_t len);

static inline uint64_t
dp_keytable_word(const char *text, size_t len)
{
	uint64_t a, b = 0;

	memcpy(&a, text, sizeof a);
	if (len >= sizeof a)
		memcpy(&b, text + len - sizeof b, sizeof b);
	else
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		a = len == 0 ? 0 : a >> (64 - 8 * len);
#else
		a &= (UINT64_C(1) << 8 * len) - 1;
#endif
	return a * UINT64_C(0x9e3779b97f4a7c15) ^ (b + len);
}

/*
 * Where the search for a key begins.  t->slots from here on, up to one that
 * is 0, are the numbers + 1 of those that it may be.
 */
static inline uint32_t
dp_keytable_start(const struct dp_keytable *t, const char *text, size_t len)
{
	uint64_t h = t->whole ? dp_keytable_hash_whole(text, len)
			      : dp_keytable_word(text, len);

	return (uint32_t)((h * t->mul) >> t->shift);
}

/* The key's number, or -1.  8 bytes from text on must be readable. */
static inline int64_t
dp_keytable_find(const struct dp_keytable *t, const char *text, size_t len)
{
	uint32_t at = dp_keytable_start(t, text, len);

	for (;; at = (at + 1) & t->mask) {
		const uint32_t n = t->slots[at];

		if (n == 0)
			return -1;
		if (t->keys[n - 1].len == len &&
		    memcmp(t->keys[n - 1].text, text, len) == 0)
			return (int64_t)n - 1;
	}
}

#endif
