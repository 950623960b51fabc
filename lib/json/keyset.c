#include "json/keyset.h"

#include <sys/auxv.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "json/unescape.h"

#define SHORT 16
#define CHUNK 256

void
dp_keyset_init(struct dp_keyset *k)
{
	/* 16 random bytes that the kernel gives to each process. */
	const unsigned long at = getauxval(AT_RANDOM);

	memset(k, 0, sizeof *k);
	if (at != 0)
		memcpy(k->seed, (const void *)at, sizeof k->seed);
	k->next = 1;
	dp_keyset_begin(k, NULL);
}

void
dp_keyset_fini(struct dp_keyset *k)
{
	free(k->big);
	k->big = NULL;
	k->big_mask = 0;
}

void
dp_keyset_begin(struct dp_keyset *k, const char *line)
{
	/* Numbers of objects go on from line to line; before they wrap, all
	 * entries are wiped. */
	if (k->next > UINT32_MAX / 2) {
		memset(k->small, 0, sizeof k->small);
		if (k->big != NULL)
			memset(k->big, 0, (k->big_mask + 1) * sizeof *k->big);
		k->next = 1;
	}
	k->first = k->next;
	k->line = line;
	k->used = 0;
	k->table = k->small;
	k->mask = DP_KEYSET_SMALL - 1;
}

static uint64_t
load(const char *p, size_t n)
{
	uint64_t w = 0;

	memcpy(&w, p, n);
	return w;
}

/*
 * Up to SHORT bytes by two multiplications (the construction of wyhash,
 * with our seed for its secrets).
 */
static uint64_t
hash_short(const struct dp_keyset *k, uint32_t object, const char *key,
    size_t len)
{
#ifdef __SIZEOF_INT128__
	__extension__ typedef unsigned __int128 wide;
	uint64_t a = 0, b = 0;
	wide w;

	if (len >= 8) {
		a = load(key, 8);
		b = load(key + len - 8, 8);
	} else if (len >= 4) {
		a = load(key, 4);
		b = load(key + len - 4, 4);
	} else if (len > 0) {
		a = load(key, 1) | load(key + len / 2, 1) << 8 |
		    load(key + len - 1, 1) << 16;
	}
	w = (wide)(a ^ k->seed[0]) * (b ^ k->seed[1] ^ len);
	a = (uint64_t)w ^ (uint64_t)(w >> 64);
	w = (wide)(a ^ k->seed[1] ^ object) * (k->seed[0] | 1);
	return (uint64_t)w ^ (uint64_t)(w >> 64);
#else
	return dp_hash64(key, len, k->seed[0] ^ object);
#endif
}

/* Text of any length, CHUNK bytes at a time: escaped or not, the same. */
static uint64_t
hash_long(const struct dp_keyset *k, uint32_t object, const char *key,
    size_t len)
{
	struct dp_unescape u = dp_unescape_of(key, len);
	uint64_t h = k->seed[0] ^ object;
	char chunk[CHUNK];
	size_t n;

	n = dp_unescape_some(&u, chunk, sizeof chunk);
	if (n <= SHORT)
		return hash_short(k, object, chunk, n);
	for (; n > 0; n = dp_unescape_some(&u, chunk, sizeof chunk))
		h = dp_hash64(chunk, n, h ^ k->seed[1]);
	return h;
}

static uint64_t
hash(const struct dp_keyset *k, uint32_t object, const char *key, size_t len,
    bool escaped)
{
	if (len <= SHORT && !escaped)
		return hash_short(k, object, key, len);
	return hash_long(k, object, key, len);
}

static bool
same(const struct dp_keyset *k, const struct dp_keyset_entry *e,
    const char *key, size_t len, bool escaped)
{
	const char *other = k->line + e->at;

	if ((e->len & 1) == 0 && !escaped)
		return e->len >> 1 == len && memcmp(other, key, len) == 0;
	return dp_unescape_equal(other, e->len >> 1, key, len);
}

/* Moves the keys of this line into a table of twice the size. */
static int
grow(struct dp_keyset *k)
{
	const size_t old_n = k->mask + 1;
	struct dp_keyset_entry *old = k->table, *table = k->big;
	size_t mask = k->big_mask, i;

	if (mask <= k->mask) {
		mask = old_n * 4 - 1;
		table = calloc(mask + 1, sizeof *table);
		if (table == NULL)
			return -1;
	}
	for (i = 0; i < old_n; i++) {
		const struct dp_keyset_entry *e = &old[i];
		size_t at;

		if (e->object < k->first)
			continue;
		at = hash(k, e->object, k->line + e->at, e->len >> 1,
			 (e->len & 1) != 0) &
		    mask;
		while (table[at].object >= k->first)
			at = (at + 1) & mask;
		table[at] = *e;
	}
	if (table != k->big)
		free(k->big);
	k->big = k->table = table;
	k->big_mask = k->mask = mask;
	return 0;
}

int
dp_keyset_add(struct dp_keyset *k, uint32_t object, const char *key, size_t len,
    bool escaped)
{
	uint64_t h;
	uint32_t tag;
	size_t at;

	if (k->used * 2 > k->mask && grow(k) == -1)
		return -1;
	h = hash(k, object, key, len, escaped);
	tag = (uint32_t)(h >> 32);
	at = (size_t)h & k->mask;
	for (; k->table[at].object >= k->first; at = (at + 1) & k->mask) {
		const struct dp_keyset_entry *e = &k->table[at];

		if (e->tag == tag && e->object == object &&
		    same(k, e, key, len, escaped))
			return 1;
	}
	k->table[at] = (struct dp_keyset_entry){ object, tag,
		(uint32_t)(key - k->line), (uint32_t)len << 1 | escaped };
	k->used++;
	return 0;
}
