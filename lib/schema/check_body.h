/*
 * check_body: JSON and schema in one pass, for the files that choose a width
 * of json/lex.h before they include it.  No guard: it is a template.
 *
 * What a record costs is decided here.  A key that comes as guessed is told
 * by one comparison of 32 bytes, quote and colon with it, and is not
 * scanned; a value costs its scan and a test of its type.  Nothing is kept
 * of where a fault is: a line that fails is looked at again, slowly.
 */
#include "json/scan_body.h"
#include "schema/catalog_state.h"

/*
 * Where a check stands.  It lives in registers: its address goes to inline
 * functions only.
 */
struct dp_cursor {
	const char *p;
	const struct dp_plan *plan; /* of the value at p */
	unsigned easy;              /* the plan's */
	const struct dp_prop **guess;
	uint64_t seen; /* bits of keys, of the object at hand */
	struct dp_frame *f;
};

#define DP_CHECK_IS(prop, key) \
	dp_check_is((prop)->text, (prop)->mask, (prop)->skip, (key))

/* True when the member at key, behind its quote, begins as guessed. */
DP_LEX_INLINE bool
dp_check_is(const char *text, uint32_t mask, uint32_t skip, const char *key)
{
#if defined(DP_LEX_PORTABLE)
	/* The guess that is none has no length, and one byte that differs. */
	(void)mask;
	return memcmp(text, key, skip + (skip == 0)) == 0;
#elif defined(DP_LEX_AVX2)
	const __m256i a = _mm256_loadu_si256((const void *)key);
	const __m256i b = _mm256_load_si256((const void *)text);
	const unsigned m =
	    (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b));

	(void)skip;
	return (~m & mask) == 0;
#else
	const __m128i a = _mm_loadu_si128((const void *)key);
	const __m128i b = _mm_load_si128((const void *)text);
	unsigned m = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));

	if (DP_LIKELY(skip <= 16))
		return (~m & mask) == 0;
	m |= (unsigned)_mm_movemask_epi8(
		 _mm_cmpeq_epi8(_mm_loadu_si128((const void *)(key + 16)),
		     _mm_load_si128((const void *)(text + 16))))
	    << 16;
	return (~m & mask) == 0;
#endif
}

/* A key and its colon: p on the quote, or on white space before it. */
DP_LEX_INLINE bool
dp_check_member(struct dp_check *k, struct dp_cursor *c)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is one */
	const struct dp_prop *prop = *c->guess;

	if (DP_UNLIKELY(*c->p != '"')) {
		c->p = dp_lex_ws(c->p);
		if (*c->p != '"')
			return false;
	}
	if (DP_LIKELY(DP_CHECK_IS(prop, c->p + 1))) {
		c->p += 1 + prop->skip;
	} else {
		const char *value = dp_check_key(k, c->f, c->p + 1, c->guess);

		if (value == NULL)
			return false;
		c->p = value;
		prop = k->found;
		if (prop == NULL) {
			c->plan = k->unknown;
			c->easy = c->plan->easy;
			return true;
		}
	}
	/* Keys that have no bit of their own share one that is always set. */
	if (DP_UNLIKELY((c->seen & prop->bit) != 0) &&
	    !dp_check_twice(k, c->f, prop))
		return false;
	c->seen |= prop->bit;
	c->guess = &k->guess[prop->number];
	c->plan = prop->plan;
	c->easy = prop->easy;
	return true;
}

/* A value that is no container, p on its first byte. */
DP_LEX_INLINE const char *
dp_check_plain(struct dp_check *k, const char *p, const struct dp_plan *plan,
    unsigned easy)
{
	const char *const start = p;
	enum dp_json_type type;
	bool escaped = false;

	if (*p == '"') {
		type = DP_JSON_STRING;
		p = dp_lex_string(p + 1, k->work.nul_passes, &escaped);
	} else if (DP_LIKELY((unsigned)*p - '0' < 10 || *p == '-')) {
		p = dp_lex_number(p, &type);
	} else {
		p = dp_lex_word(p, &type);
	}
	if (DP_UNLIKELY(p == NULL))
		return NULL;
	if (DP_LIKELY((easy & type) != 0))
		return p;
	if ((plan->types & type) == 0 ||
	    !dp_check_scalar(k, plan, type, start, p, escaped))
		return NULL;
	return p;
}

/* A container of which the schema asks nothing, or what needs the tape. */
DP_LEX_COLD const char *
dp_check_whole(struct dp_check *k, const char *p, const struct dp_plan *plan,
    const struct dp_frame *f)
{
	const uint8_t type = *p == '{' ? DP_JSON_OBJECT : DP_JSON_ARRAY;
	const char *const start = p;

	dp_check_begin_keys(k);
	p = dp_scan_container(&k->work, p, (unsigned)(f - k->frames) + 1);
	if (p != NULL && (plan->whole & type) != 0 &&
	    !dp_check_tape(k, plan, start))
		return NULL;
	return p;
}

/* Opens a frame for an object, or an array. */
DP_LEX_INLINE void
dp_check_push(const struct dp_check *k, struct dp_cursor *c,
    const struct dp_plan_object *object, const struct dp_plan_array *array)
{
	struct dp_frame *f = c->f;

	f->guess = c->guess;
	f->seen = c->seen;
	c->f = ++f;
	f->object = object;
	f->array = array;
	f->start = c->p;
	f->count = 0;
	if (array != NULL)
		return;
	f->number = 0;
	c->seen = DP_SEEN_SHARED;
	c->guess = &k->guess[object->first];
	if (DP_UNLIKELY(object->words > 0))
		memset(f->more, 0, object->words * sizeof *f->more);
}

/* The element at the index that the frame has counted to. */
DP_LEX_INLINE void
dp_check_element(struct dp_cursor *c)
{
	c->plan = dp_plan_element(c->f->array, c->f->count++);
	c->easy = c->plan->easy;
}

/*
 * Enters the container at p, or passes over it whole.  Returns 1 when a
 * value follows, 0 when it stands behind a value or before a last bracket,
 * -1 at a fault.
 */
DP_LEX_INLINE int
dp_check_enter(struct dp_check *k, struct dp_cursor *c)
{
	const struct dp_plan *plan = c->plan;
	const bool is_array = *c->p == '[';
	const uint8_t type = is_array ? DP_JSON_ARRAY : DP_JSON_OBJECT;

	if (DP_UNLIKELY((plan->types & type) == 0))
		return -1;
	if (DP_UNLIKELY((plan->odd & type) != 0)) {
		plan = dp_check_odd(k, c->p, plan, c->f);
		if (plan == NULL)
			return -1;
	}
	if ((plan->whole & type) != 0 ||
	    (is_array ? plan->array == NULL : plan->object == NULL)) {
		const char *end = dp_check_whole(k, c->p, plan, c->f);

		if (end == NULL)
			return -1;
		c->p = end;
		return 0;
	}
	if (DP_UNLIKELY((size_t)(c->f - k->frames) == k->work.max_depth))
		return -1;
	dp_check_push(k, c, plan->object, is_array ? plan->array : NULL);
	c->p = dp_lex_ws(c->p + 1);
	if (DP_UNLIKELY(*c->p == (is_array ? ']' : '}')))
		return 0;
	if (!is_array)
		return dp_check_member(k, c) ? 1 : -1;
	dp_check_element(c);
	return 1;
}

/* Behind the last member or element: what can only be said at the end. */
DP_LEX_INLINE bool
dp_check_complete(struct dp_check *k, const struct dp_cursor *c)
{
	const struct dp_frame *f = c->f;
	const struct dp_plan_object *o = f->object;

	if (DP_UNLIKELY(f->array != NULL))
		return *c->p == ']' && f->count >= f->array->min &&
		    f->count <= f->array->max &&
		    (!f->array->unique || f->count < 2 ||
			dp_check_unique(k, f));
	return *c->p == '}' && (~c->seen & o->required) == 0 &&
	    (DP_LIKELY(o->simple) || dp_check_rest(f, c->seen));
}

/* A value behind white space, or one that is a container. */
DP_LEX_INLINE bool
dp_check_is_plain(struct dp_cursor *c)
{
	if (DP_LIKELY(*c->p == '"' || (unsigned)*c->p - '0' < 10))
		return true;
	c->p = dp_lex_ws(c->p);
	return *c->p != '{' && *c->p != '[';
}

/*
 * One value, from c on, to behind its end, where base is the frame that it
 * is in.  With c->plan NULL a frame is open, and p is behind a member of it.
 * NULL: not good, c->p being near the place.
 */
DP_LEX_INLINE const char *
dp_check_value(struct dp_check *k, struct dp_cursor *c,
    const struct dp_frame *base)
{
	const char *p;
	int rc;

	if (c->plan != NULL)
		goto value;
	if (DP_UNLIKELY(*c->p != ','))
		goto after;
member:
	c->p++;
	if (DP_UNLIKELY(!dp_check_member(k, c)))
		return NULL;
value:
	if (DP_LIKELY(dp_check_is_plain(c))) {
		p = dp_check_plain(k, c->p, c->plan, c->easy);
		if (DP_UNLIKELY(p == NULL))
			return NULL;
		c->p = p;
	} else {
		rc = dp_check_enter(k, c);
		if (rc == 1)
			goto value;
		if (rc == -1)
			return NULL;
	}
	if (*c->p == ',' && c->f->array == NULL)
		goto member;
after:
	if (c->f == base)
		return c->p;
	c->p = dp_lex_ws(c->p);
	if (*c->p == ',') {
		if (c->f->array == NULL)
			goto member;
		dp_check_element(c);
		c->p++;
		goto value;
	}
	if (!dp_check_complete(k, c))
		return NULL;
	c->p++;
	c->f--;
	c->guess = c->f->guess;
	c->seen = c->f->seen;
	goto after;
}

/* A frame that is said to be an array's ends what is in it. */
static const struct dp_plan_array dp_check_bound;

/*
 * A value that is to be tried.  Keys that stand twice are found when the
 * value is read in earnest.
 */
DP_LEX_COLD const char *
dp_check_try(struct dp_check *k, const char *p, const struct dp_plan *plan,
    struct dp_frame *f)
{
	const struct dp_plan_array *const array = f->array;
	const bool dup_passes = k->work.dup_passes;
	struct dp_cursor c = { .p = p,
		.plan = plan,
		.easy = plan->easy,
		.f = f,
		.guess = f->guess };
	const char *end;
	uint64_t read;

	if (k->nested == DP_CHECK_NESTED || k->left == 0)
		k->gave_up = true;
	if (k->gave_up)
		return NULL;
	dp_check_begin_keys(k);
	k->nested++;
	f->array = &dp_check_bound;
	k->work.dup_passes = true;
	end = dp_check_value(k, &c, f);
	k->work.dup_passes = dup_passes;
	f->array = array;
	k->nested--;
	read = (uint64_t)(c.p - p) + 64;
	k->left -= read < k->left ? read : k->left;
	return end;
}

/*
 * The type's name comes first, and its schema asks nothing odd of it: opens
 * a frame for the record, and goes behind that member.
 */
DP_LEX_INLINE bool
dp_check_typed(struct dp_check *k, struct dp_cursor *c)
{
	const struct dp_catalog *catalog = k->catalog;
	const char *name = c->p + 1;
	const struct dp_tag_of *tag;
	uint32_t i, at;

	if (DP_UNLIKELY(*c->p != '{'))
		return false;
	if (DP_UNLIKELY(*name != '"'))
		name = dp_lex_ws(name);
	if (*name != '"' || !DP_CHECK_IS(&k->type_key, name + 1))
		return false;
	name += 1 + k->type_key.skip;
	if (DP_UNLIKELY(*name != '"'))
		name = dp_lex_ws(name);
	if (*name++ != '"')
		return false;
	/* A name with escapes or beyond ASCII is looked for elsewhere. */
	at = dp_keytable_start(&catalog->names, name,
	    (size_t)(dp_lex_plain(name) - name));
	do {
		i = catalog->names.slots[at];
		if (DP_UNLIKELY(i == 0))
			return false;
		tag = &catalog->tags[i - 1];
		at = (at + 1) & catalog->names.mask;
	} while (DP_UNLIKELY(!DP_CHECK_IS(tag, name)));
	if (DP_UNLIKELY(tag->object == NULL))
		return false;
	k->schema = &catalog->schemas[i - 1];
	dp_check_push(k, c, tag->object, NULL);
	c->p = name + tag->skip;
	if (DP_UNLIKELY(tag->bit == DP_SEEN_SHARED))
		(void)dp_check_twice(k, c->f, k->schema->type_prop);
	c->seen |= tag->bit;
	c->guess = &k->guess[tag->number];
	return true;
}

/* A line to behind its newline, or NULL. */
DP_LEX_INLINE const char *
dp_check_one(struct dp_check *k, const char *line)
{
	struct dp_cursor c = { .p = dp_lex_ws(line), .f = k->frames };
	const char *const start = c.p, *p;
	bool hinted = false;

	k->line = line;
	k->keys_begun = false;
	k->left = DP_CHECK_WORK;
	if (k->plan != NULL || DP_UNLIKELY(!dp_check_typed(k, &c))) {
		if (k->objects_only && *c.p != '{')
			return NULL;
		c.plan = k->plan != NULL ? k->plan : dp_check_hint(k, start);
		hinted = k->plan == NULL && c.plan != NULL;
		if (c.plan == NULL)
			c.plan = dp_check_root(k, start);
		if (c.plan == NULL)
			return NULL;
		c.easy = c.plan->easy;
	}
	for (;;) {
		p = dp_check_value(k, &c, k->frames);
		if (DP_LIKELY(p != NULL)) {
			if (DP_UNLIKELY(*p != '\n'))
				p = dp_lex_ws(p);
			if (DP_LIKELY(*p == '\n'))
				return p + 1;
		}
		if (DP_UNLIKELY(k->gave_up))
			return dp_check_by_tape(k, line);
		if (!hinted)
			return NULL;
		/* The type is another one, or the line is bad. */
		hinted = false;
		c = (struct dp_cursor){ .p = start, .f = k->frames };
		c.plan = dp_check_root(k, start);
		if (c.plan == NULL)
			return NULL;
		c.easy = c.plan->easy;
	}
}

DP_LEX_INLINE const char *
dp_check_all(struct dp_check *k, const char *p, const char *end, uint64_t *good)
{
	while (p < end) {
		const char *next = dp_check_one(k, p);

		if (DP_UNLIKELY(next == NULL))
			break;
		++*good;
		p = next;
	}
	return p;
}
