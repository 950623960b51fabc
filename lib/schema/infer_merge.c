/*
 * infer_merge: two shapes made one, and objects with many keys made maps.
 *
 * An object whose keys are data ({"alice": 3, "bob": 5}) has one shape for
 * all its values.
 */
#include "schema/infer_shape.h"

#define MAP_KEYS 40   /* fewer are listed, unless the limit asks */
#define MAP_OBJECTS 8 /* fewer do not show how often a key comes */
#define MAP_SHARE 10  /* a key of a map is in one of that many, or fewer */

static bool
is_rare(const struct dp_shape_member *m, uint64_t objects)
{
	return objects < MAP_OBJECTS ||
	    dp_shape_total(&m->shape) <= objects / MAP_SHARE + 1;
}

/* The types of a value, null left out, numbers as one. */
static unsigned
kind_of(const struct dp_shape *s)
{
	unsigned t = dp_shape_types(s) & ~(unsigned)DP_JSON_NULL;

	return (t & DP_JSON_INTEGER) != 0 ? t | DP_JSON_NUMBER : t;
}

/*
 * Nine keys of ten are rare.  Of few objects nothing can be said about
 * that, nor of fewer keys than at the limit: there the values must be alike.
 */
static bool
looks_like_map(const struct dp_shape *s)
{
	const struct dp_shape_members *m = &s->object->members;
	const uint64_t objects = dp_shape_seen(s, DP_JSON_OBJECT);
	const bool at_limit = m->n >= DP_INFER_KEYS;
	uint32_t i, rare = 0, alike = 0;
	unsigned kind = 0;

	for (i = 0; i < m->n; i++) {
		const unsigned k = kind_of(&m->at[i]->shape);

		if (!is_rare(m->at[i], objects))
			continue;
		if (kind == 0)
			kind = k;
		rare++;
		alike += k == 0 || k == kind;
	}
	if (m->n < MAP_KEYS || rare < m->n / 10 * 9 ||
	    (!at_limit && objects < MAP_OBJECTS))
		return false;
	return alike == rare || (at_limit && objects >= MAP_OBJECTS);
}

static void
give_back(struct dp_infer *f, struct dp_shape_member *m)
{
	m->after = f->free_members;
	f->free_members = m;
}

/* Moves what member m saw to the shape of the rest. */
static void
move_to_rest(struct dp_infer *f, struct dp_shape_object *o,
    struct dp_shape_member *m)
{
	o->rest_seen += dp_shape_total(&m->shape);
	if (o->rest != NULL && !o->full)
		dp_shape_merge(f, o->rest, &m->shape);
	give_back(f, m);
}

/* Member m is not to be looked for any more: the slots are filled anew. */
static void
keep_only(struct dp_shape_object *o, uint32_t kept)
{
	struct dp_shape_members *m = &o->members;
	const uint32_t mask = 2 * m->cap - 1;
	uint32_t i, at;

	for (i = 0; i <= mask; i++)
		m->slots[i] = 0;
	m->n = kept;
	for (i = 0; i < kept; i++) {
		at = m->at[i]->hash & mask;
		while (m->slots[at] != 0)
			at = (at + 1) & mask;
		m->slots[at] = i + 1;
		m->at[i]->after = NULL;
	}
	o->first = NULL;
}

static void
make_map(struct dp_infer *f, struct dp_shape *s)
{
	const uint64_t objects = dp_shape_seen(s, DP_JSON_OBJECT);
	struct dp_shape_object *o = s->object;
	struct dp_shape_members *m = &o->members;
	uint32_t i, kept = 0;

	if (o->rest == NULL && !o->full) {
		o->rest = dp_infer_take(f, sizeof *o->rest);
		if (o->rest == NULL)
			o->full = true;
		else
			dp_shape_init(o->rest, s->depth + 1u);
	}
	o->map = true;
	for (i = 0; i < m->n; i++)
		if (is_rare(m->at[i], objects))
			move_to_rest(f, o, m->at[i]);
		else
			m->at[kept++] = m->at[i];
	keep_only(o, kept);
}

void
dp_shape_overflow(struct dp_infer *f, struct dp_shape *s)
{
	if (looks_like_map(s))
		make_map(f, s);
	else
		s->object->full = true;
}

void
dp_shape_settle(struct dp_infer *f, struct dp_shape *s)
{
	struct dp_shape_object *o = s->object;
	uint32_t i;

	if (s->items != NULL)
		dp_shape_settle(f, s->items);
	if (o == NULL)
		return;
	if (!o->map && looks_like_map(s))
		make_map(f, s);
	for (i = 0; i < o->members.n; i++)
		dp_shape_settle(f, &o->members.at[i]->shape);
	if (o->rest != NULL)
		dp_shape_settle(f, o->rest);
}

/* What the rest of `to` saw must be what has no member in either. */
static void
merge_rest(struct dp_infer *f, struct dp_shape_object *to,
    struct dp_shape_object *from)
{
	to->rest_seen += from->rest_seen;
	to->full = to->full || from->full;
	to->map = to->map || from->map;
	if (to->rest == NULL)
		to->rest = from->rest;
	else if (from->rest != NULL && !to->full)
		dp_shape_merge(f, to->rest, from->rest);
}

/* A member of one side alone stays one only if the other has no rest. */
static void
merge_member(struct dp_infer *f, struct dp_shape *s,
    struct dp_shape_member *from)
{
	struct dp_shape_object *to = s->object;
	struct dp_shape_member *m =
	    dp_shape_find(&to->members, from->key, from->len, from->hash);

	if (m == NULL && to->rest == NULL && !to->full &&
	    to->members.n == DP_INFER_KEYS)
		dp_shape_overflow(f, s);
	if (m == NULL && to->rest == NULL && !to->full) {
		m = dp_shape_add(f, &to->members, from->key, from->len,
		    from->hash, from->shape.depth);
		if (m == NULL)
			to->full = true;
	}
	if (m != NULL) {
		dp_shape_merge(f, &m->shape, &from->shape);
		give_back(f, from);
	} else {
		move_to_rest(f, to, from);
	}
}

/*
 * Members that `from` has no member for, though its rest may have seen their
 * key: they join the rest too.
 */
static void
drop_unsure(struct dp_infer *f, struct dp_shape_object *to,
    const struct dp_shape_object *from)
{
	struct dp_shape_members *m = &to->members;
	uint32_t i, kept = 0;

	if (from->rest == NULL && !from->full)
		return;
	for (i = 0; i < m->n; i++)
		if (dp_shape_find(&from->members, m->at[i]->key, m->at[i]->len,
			m->at[i]->hash) != NULL)
			m->at[kept++] = m->at[i];
		else
			move_to_rest(f, to, m->at[i]);
	if (m->cap > 0)
		keep_only(to, kept);
}

static void
merge_object(struct dp_infer *f, struct dp_shape *to, struct dp_shape *from)
{
	struct dp_shape_object *o = from->object;
	uint32_t i;

	to->object_lost = to->object_lost || from->object_lost;
	if (to->object_lost || o == NULL)
		return;
	if (to->object == NULL) {
		to->object = o;
		return;
	}
	merge_rest(f, to->object, o);
	drop_unsure(f, to->object, o);
	for (i = 0; i < o->members.n; i++)
		merge_member(f, to, o->members.at[i]);
}

void
dp_shape_merge(struct dp_infer *f, struct dp_shape *to, struct dp_shape *from)
{
	size_t i;

	merge_object(f, to, from);
	to->items_lost = to->items_lost || from->items_lost;
	if (to->items == NULL)
		to->items = from->items;
	else if (from->items != NULL)
		dp_shape_merge(f, to->items, from->items);
	dp_shape_merge_string(f, to, from);
	if (from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
	to->fraction = to->fraction || from->fraction;
	to->big = to->big || from->big;
	to->exact = to->exact || from->exact;
	for (i = 0; i < DP_SHAPE_TYPES; i++)
		to->seen[i] += from->seen[i];
}
