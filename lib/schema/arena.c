#include "schema/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536

struct dp_arena_chunk {
	struct dp_arena_chunk *next;
};

static int
add_chunk(struct dp_arena *a, size_t n)
{
	const size_t head = DP_ARENA_ALIGN;
	size_t size = n > CHUNK / 4 ? n : CHUNK;
	struct dp_arena_chunk *c;

	if (size > SIZE_MAX - 2 * head)
		return -1;
	size = (size + 2 * head) / head * head;
	c = aligned_alloc(head, size);
	if (c == NULL)
		return -1;
	memset(c, 0, size);
	c->next = a->chunks;
	a->chunks = c;
	a->at = (char *)c + head;
	a->left = size - head;
	return 0;
}

void *
dp_arena_take(struct dp_arena *a, size_t n)
{
	void *p;

	if (n > SIZE_MAX - DP_ARENA_ALIGN)
		return NULL;
	n = (n + DP_ARENA_ALIGN - 1) / DP_ARENA_ALIGN * DP_ARENA_ALIGN;
	if (n > a->left && add_chunk(a, n) == -1)
		return NULL;
	p = a->at;
	a->at += n;
	a->left -= n;
	return p;
}

void *
dp_arena_array(struct dp_arena *a, size_t n, size_t size)
{
	return n > SIZE_MAX / size ? NULL : dp_arena_take(a, n * size);
}

char *
dp_arena_text(struct dp_arena *a, const char *text, size_t len)
{
	char *copy = len > SIZE_MAX - 2 * (size_t)DP_ARENA_ALIGN
	    ? NULL
	    : dp_arena_take(a, len + DP_ARENA_ALIGN);

	if (copy != NULL && len > 0)
		memcpy(copy, text, len);
	return copy;
}

void
dp_arena_fini(struct dp_arena *a)
{
	while (a->chunks != NULL) {
		struct dp_arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	a->at = NULL;
	a->left = 0;
}
