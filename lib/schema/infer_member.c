/* infer_member: keys of one object, in order of appearance. */
#include <string.h>

#include "base/hash.h"
#include "schema/infer_shape.h"

#define FIRST_CAP 8

uint32_t
dp_shape_hash(const char *key, size_t len)
{
	return (uint32_t)dp_hash64(key, len, 0);
}

struct dp_shape_member *
dp_shape_find(const struct dp_shape_members *m, const char *key, size_t len,
    uint32_t hash)
{
	const uint32_t mask = 2 * m->cap - 1;
	uint32_t i;

	if (m->n == 0)
		return NULL;
	for (i = hash & mask; m->slots[i] != 0; i = (i + 1) & mask) {
		struct dp_shape_member *p = m->at[m->slots[i] - 1];

		if (p->hash == hash && p->len == len &&
		    memcmp(p->key, key, len) == 0)
			return p;
	}
	return NULL;
}

static void
put_slot(struct dp_shape_members *m, uint32_t number)
{
	const uint32_t mask = 2 * m->cap - 1;
	uint32_t i = m->at[number]->hash & mask;

	while (m->slots[i] != 0)
		i = (i + 1) & mask;
	m->slots[i] = number + 1;
}

/* What was taken for the smaller table stays with the arena. */
static int
grow(struct dp_infer *f, struct dp_shape_members *m)
{
	struct dp_shape_members more = { .n = m->n,
		.cap = m->cap == 0 ? FIRST_CAP : 2 * m->cap };
	uint32_t i;

	more.at = dp_infer_take(f, (size_t)more.cap * sizeof(void *));
	more.slots =
	    dp_infer_take(f, (size_t)more.cap * 2 * sizeof *more.slots);
	if (more.at == NULL || more.slots == NULL)
		return -1;
	for (i = 0; i < m->n; i++) {
		more.at[i] = m->at[i];
		put_slot(&more, i);
	}
	*m = more;
	return 0;
}

struct dp_shape_member *
dp_shape_add(struct dp_infer *f, struct dp_shape_members *m, const char *key,
    size_t len, uint32_t hash, unsigned depth)
{
	struct dp_shape_member *p = f->free_members;
	char *copy;

	if (m->n == m->cap && grow(f, m) == -1)
		return NULL;
	copy = dp_infer_take(f, len + 1);
	if (copy == NULL)
		return NULL;
	if (p != NULL)
		f->free_members = p->after;
	else
		p = dp_infer_take(f, sizeof *p);
	if (p == NULL)
		return NULL;
	memcpy(copy, key, len);
	*p = (struct dp_shape_member){ .key = copy,
		.len = (uint32_t)len,
		.hash = hash };
	dp_shape_init(&p->shape, depth);
	m->at[m->n] = p;
	put_slot(m, m->n++);
	return p;
}
