/*
 * arena: memory that is taken piece by piece and freed at once.
 *
 * For what lives as long as its owner: a catalog's program and texts.
 */
#ifndef DP_SCHEMA_ARENA_H
#define DP_SCHEMA_ARENA_H

#include <stddef.h>

#define DP_ARENA_ALIGN 64 /* of each piece; also zero bytes behind a text */

struct dp_arena_chunk;

/* Starts as { 0 }. */
struct dp_arena {
	struct dp_arena_chunk *chunks;
	char *at;
	size_t left;
};

/* n zero bytes, or NULL. */
void *dp_arena_take(struct dp_arena *a, size_t n);
void *dp_arena_array(struct dp_arena *a, size_t n, size_t size);

/* A copy with at least DP_ARENA_ALIGN zero bytes behind, or NULL. */
char *dp_arena_text(struct dp_arena *a, const char *text, size_t len);

void dp_arena_fini(struct dp_arena *a);

#endif
