#include "schema/keytable.h"

#include "base/hash.h"
#include "schema/arena.h"

#define TRIES 64       /* multipliers that are tried for one size */
#define SPARSE_MAX 128 /* keys for which larger tables are tried */

uint64_t
dp_keytable_hash_whole(const char *text, size_t len)
{
	return dp_hash64(text, len, 0);
}

/* An odd multiplier from the ith step of a Weyl sequence. */
static uint64_t
multiplier(unsigned i)
{
	uint64_t x = (i + 1) * UINT64_C(0xd1342543de82ef95);

	x ^= x >> 31;
	return (x * UINT64_C(0xda942042e4dd58b5)) | 1;
}

static uint64_t
hash(const struct dp_keytable *t, const struct dp_key *k)
{
	return t->whole ? dp_keytable_hash_whole(k->text, k->len)
			: dp_keytable_word(k->text, k->len);
}

/* Fills the slots; returns how many keys are not at their first place. */
static size_t
fill(const struct dp_keytable *t, uint32_t *slots, size_t n)
{
	size_t i, moved = 0;

	memset(slots, 0, ((size_t)t->mask + 1) * sizeof *slots);
	for (i = 0; i < n; i++) {
		uint32_t at =
		    (uint32_t)((hash(t, &t->keys[i]) * t->mul) >> t->shift);

		moved += slots[at] != 0;
		while (slots[at] != 0)
			at = (at + 1) & t->mask;
		slots[at] = (uint32_t)i + 1;
	}
	return moved;
}

/* Two different keys with one hash: the middle must take part. */
static bool
twins(const struct dp_keytable *t, size_t n)
{
	size_t i, k;

	if (n > SPARSE_MAX)
		return false;
	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			if (hash(t, &t->keys[i]) == hash(t, &t->keys[k]))
				return true;
	return false;
}

int
dp_keytable_make(struct dp_keytable *t, const struct dp_key *keys, size_t n,
    struct dp_arena *a)
{
	unsigned bits = 2, most, tries, best = 0;
	size_t moved, least = SIZE_MAX;
	uint32_t *slots;

	memset(t, 0, sizeof *t);
	t->keys = keys;
	while ((UINT64_C(1) << bits) < n * 4)
		bits++;
	t->whole = twins(t, n);
	most = n <= SPARSE_MAX ? bits + 2 : bits;
	slots = dp_arena_array(a, (size_t)1 << most, sizeof *slots);
	if (slots == NULL)
		return -1;
	t->slots = slots;
	for (; bits <= most && least > 0; bits++) {
		t->mask = (UINT32_C(1) << bits) - 1;
		t->shift = (uint8_t)(64 - bits);
		least = SIZE_MAX;
		for (tries = 0; tries < TRIES && least > 0; tries++) {
			t->mul = multiplier(tries);
			moved = fill(t, slots, n);
			if (moved < least) {
				least = moved;
				best = tries;
			}
			if (n > SPARSE_MAX)
				break;
		}
	}
	t->mul = multiplier(best);
	(void)fill(t, slots, n);
	return 0;
}
