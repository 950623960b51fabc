/*
 * hash: XXH3 of libxxhash, the only file that includes its header.
 * Source: xxhash specification, XXH3 64 and 128 bits.
 */
#ifndef DP_BASE_HASH_H
#define DP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct dp_err;
struct dp_hash128; /* a running XXH3-128 */

uint64_t dp_hash64(const void *data, size_t len, uint64_t seed);

/* The 64-bit hash of two pieces, one after the other. */
uint64_t dp_hash64_two(const void *a, size_t a_len, const void *b, size_t b_len,
    uint64_t seed);

struct dp_hash128 *dp_hash128_new(struct dp_err *err);
void dp_hash128_free(struct dp_hash128 *h);
void dp_hash128_reset(struct dp_hash128 *h);
void dp_hash128_add(struct dp_hash128 *h, const void *data, size_t len);

/* 32 hexadecimal digits and a NUL, of all that was added; h goes on. */
void dp_hash128_text(const struct dp_hash128 *h, char text[33]);

#endif
