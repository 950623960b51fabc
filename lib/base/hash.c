#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#define XXH_STATIC_LINKING_ONLY /* the size of XXH3_state_t */
#include <xxhash.h>

#include "base/err.h"

struct dp_hash128 {
	XXH3_state_t *state;
};

uint64_t
dp_hash64(const void *data, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(data, len, seed);
}

uint64_t
dp_hash64_two(const void *a, size_t a_len, const void *b, size_t b_len,
    uint64_t seed)
{
	XXH3_state_t state;

	(void)XXH3_64bits_reset_withSeed(&state, seed);
	(void)XXH3_64bits_update(&state, a, a_len);
	(void)XXH3_64bits_update(&state, b, b_len);
	return XXH3_64bits_digest(&state);
}

struct dp_hash128 *
dp_hash128_new(struct dp_err *err)
{
	struct dp_hash128 *h = calloc(1, sizeof *h);

	if (h != NULL)
		h->state = XXH3_createState();
	if (h == NULL || h->state == NULL) {
		free(h);
		(void)dp_err_nomem(err);
		return NULL;
	}
	dp_hash128_reset(h);
	return h;
}

void
dp_hash128_free(struct dp_hash128 *h)
{
	if (h == NULL)
		return;
	(void)XXH3_freeState(h->state);
	free(h);
}

void
dp_hash128_reset(struct dp_hash128 *h)
{
	(void)XXH3_128bits_reset(h->state);
}

void
dp_hash128_add(struct dp_hash128 *h, const void *data, size_t len)
{
	(void)XXH3_128bits_update(h->state, data, len);
}

void
dp_hash128_text(const struct dp_hash128 *h, char text[33])
{
	const XXH128_hash_t v = XXH3_128bits_digest(h->state);

	(void)snprintf(text, 33, "%016llx%016llx", (unsigned long long)v.high64,
	    (unsigned long long)v.low64);
}
