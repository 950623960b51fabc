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
	const struct dp_node *node; /* of the value at p */
	const struct dp_prop **guess;
	struct dp_frame *f;
};

/* True when the member at key, behind its quote, begins as guessed. */
DP_LEX_INLINE bool
dp_check_is(const struct dp_prop *prop, const char *key)
{
#if defined(DP_LEX_PORTABLE)
	/* The guess that is none has no length, and one byte that differs. */
	return memcmp(prop->text, key, prop->skip + (prop->skip == 0)) == 0;
#elif defined(DP_LEX_AVX2)
	const __m256i a = _mm256_loadu_si256((const void *)key);
	const __m256i b = _mm256_load_si256((const void *)prop->text);
	const unsigned m =
	    (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b));

	return (~m & prop->mask) == 0;
#else
	const __m128i a = _mm_loadu_si128((const void *)key);
	const __m128i b = _mm_load_si128((const void *)prop->text);
	unsigned m = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));

	if (DP_LIKELY(prop->skip <= 16))
		return (~m & prop->mask) == 0;
	m |= (unsigned)_mm_movemask_epi8(
		 _mm_cmpeq_epi8(_mm_loadu_si128((const void *)(key + 16)),
		     _mm_load_si128((const void *)(prop->text + 16))))
	    << 16;
	return (~m & prop->mask) == 0;
#endif
}

/* Notes that a key was seen; false when that was so already. */
DP_LEX_INLINE bool
dp_check_mark(const struct dp_check *k, const struct dp_frame *f,
    const struct dp_prop *prop)
{
	uint64_t *word = &f->seen[prop->slot / 64];
	const uint64_t bit = UINT64_C(1) << prop->slot % 64;

	if (DP_UNLIKELY((*word & bit) != 0 && !k->work.dup_passes))
		return false;
	*word |= bit;
	return true;
}

/* A key and its colon, p on the quote. */
DP_LEX_INLINE bool
dp_check_member(struct dp_check *k, struct dp_cursor *c)
{
	const struct dp_prop *prop = *c->guess;

	if (DP_UNLIKELY(*c->p != '"'))
		return false;
	if (DP_LIKELY(dp_check_is(prop, c->p + 1))) {
		c->p = dp_lex_ws(c->p + 1 + prop->skip);
	} else {
		c->p = dp_check_key(k, c->f, c->p + 1, c->guess);
		if (c->p == NULL)
			return false;
		prop = k->found;
		if (prop == NULL) {
			c->node = c->f->node->object->additional;
			return true;
		}
	}
	if (!dp_check_mark(k, c->f, prop))
		return false;
	c->guess = &k->guess[prop->number];
	c->node = prop->node;
	return true;
}

/* A value that is no container. */
DP_LEX_INLINE const char *
dp_check_plain(struct dp_check *k, const char *p, const struct dp_node *n)
{
	const char *const start = p;
	enum dp_json_type type;
	bool escaped = false;

	if (*p == '"') {
		type = DP_JSON_STRING;
		p = dp_lex_string(p + 1, k->work.nul_passes, &escaped);
	} else if ((unsigned)*p - '0' < 10 || *p == '-') {
		p = dp_lex_number(p, &type);
	} else {
		p = dp_lex_word(p, &type);
	}
	if (DP_UNLIKELY(p == NULL || (n->types & type) == 0))
		return NULL;
	if (DP_UNLIKELY((n->look & type) != 0) &&
	    !dp_check_scalar(k, n, type, start, p, escaped))
		return NULL;
	return p;
}

/* A container of which the schema asks nothing, or what needs the tape. */
DP_LEX_COLD const char *
dp_check_whole(struct dp_check *k, const char *p, const struct dp_node *n,
    const struct dp_frame *f)
{
	const uint8_t type = *p == '{' ? DP_JSON_OBJECT : DP_JSON_ARRAY;
	const char *const start = p;

	if (!k->keys_begun) {
		dp_keyset_begin(&k->work.keys, p);
		k->keys_begun = true;
	}
	p = dp_scan_container(&k->work, p, (unsigned)(f - k->frames) + 1);
	if (p != NULL && (n->look & type) != 0 && !dp_check_tape(k, n, start))
		return NULL;
	return p;
}

/* Opens a frame for a container of node n. */
DP_LEX_INLINE void
dp_check_push(const struct dp_check *k, struct dp_cursor *c,
    const struct dp_node *n)
{
	struct dp_frame *f;

	c->f->guess = c->guess;
	f = ++c->f;
	f->node = n;
	f->count = 0;
	if (n->object != NULL) {
		uint32_t i;

		f->object = 0;
		for (i = 1; DP_UNLIKELY(i < n->object->words); i++)
			f->seen[i] = 0;
		f->seen[0] = 0;
		c->guess = &k->guess[n->object->first];
	}
}

/*
 * Enters the container at p, or passes over it whole.  Returns 1 when a
 * value follows, 0 when it stands behind a value or before a last bracket,
 * -1 at a fault.
 */
DP_LEX_INLINE int
dp_check_enter(struct dp_check *k, struct dp_cursor *c)
{
	const struct dp_node *n = c->node;
	const bool is_array = *c->p == '[';
	const uint8_t type = is_array ? DP_JSON_ARRAY : DP_JSON_OBJECT;

	if (DP_UNLIKELY((n->types & type) == 0))
		return -1;
	if ((n->look & ~n->tape & type) == 0) {
		c->p = dp_check_whole(k, c->p, n, c->f);
		return c->p == NULL ? -1 : 0;
	}
	if (DP_UNLIKELY((size_t)(c->f - k->frames) == k->work.max_depth))
		return -1;
	dp_check_push(k, c, n);
	c->f->is_array = is_array;
	c->p = dp_lex_ws(c->p + 1);
	if (DP_UNLIKELY(*c->p == (is_array ? ']' : '}')))
		return 0;
	if (!is_array)
		return dp_check_member(k, c) ? 1 : -1;
	c->f->count = 1;
	c->node = dp_array_element(n->array, 0);
	return 1;
}

/* Behind the last member or element: what can only be said at the end. */
DP_LEX_INLINE bool
dp_check_complete(const struct dp_frame *f, char bracket)
{
	const struct dp_object *o;
	uint64_t count = f->count;
	uint32_t i;

	if (f->is_array)
		return bracket == ']' && count >= f->node->array->min &&
		    count <= f->node->array->max;
	o = f->node->object;
	if (DP_UNLIKELY(bracket != '}' || (~f->seen[0] & o->required[0]) != 0))
		return false;
	for (i = 1; DP_UNLIKELY(i < o->words); i++)
		if ((~f->seen[i] & o->required[i]) != 0)
			return false;
	if (DP_LIKELY(!o->bounded))
		return true;
	for (i = 0; i < o->words; i++)
		count += (uint64_t)__builtin_popcountll(f->seen[i]);
	return count >= o->min && count <= o->max;
}

/*
 * One value, from c on, to behind its end.  With c.node NULL a frame is
 * open, and p is behind a member of it.
 */
DP_LEX_INLINE const char *
dp_check_value(struct dp_check *k, struct dp_cursor c)
{
	int rc;

	if (c.node == NULL)
		goto after;
value:
	if (DP_UNLIKELY(*c.p == '{' || *c.p == '[')) {
		rc = dp_check_enter(k, &c);
		if (rc == 1)
			goto value;
		if (rc == -1)
			return NULL;
	} else {
		c.p = dp_check_plain(k, c.p, c.node);
		if (DP_UNLIKELY(c.p == NULL))
			return NULL;
	}
after:
	if (DP_UNLIKELY(*c.p != ','))
		c.p = dp_lex_ws(c.p);
	if (DP_LIKELY(*c.p == ',')) {
		c.p = dp_lex_ws(c.p + 1);
		if (DP_UNLIKELY(c.f->is_array)) {
			c.node =
			    dp_array_element(c.f->node->array, c.f->count++);
			goto value;
		}
		if (DP_LIKELY(dp_check_member(k, &c)))
			goto value;
		return NULL;
	}
	/* A value that is no container, at the top. */
	if (DP_UNLIKELY(c.f == k->frames))
		return c.p;
	if (!dp_check_complete(c.f, *c.p))
		return NULL;
	c.p++;
	if (--c.f == k->frames)
		return c.p;
	c.guess = c.f->guess;
	goto after;
}

/* The type's name comes first, and its schema asks nothing odd of it. */
DP_LEX_INLINE bool
dp_check_typed(struct dp_check *k, struct dp_cursor *c)
{
	const char *name = dp_lex_ws(c->p + 1), *end;
	const struct dp_schema *s;
	bool escaped = false;
	int64_t i;

	if (*name != '"' || !dp_check_is(&k->type_key, name + 1))
		return false;
	name = dp_lex_ws(name + 1 + k->type_key.skip);
	if (*name++ != '"')
		return false;
	end = dp_lex_string(name, k->work.nul_passes, &escaped);
	if (DP_UNLIKELY(end == NULL || escaped))
		return false;
	i = dp_keytable_find(&k->catalog->names, name,
	    (size_t)(end - 1 - name));
	if (DP_UNLIKELY(i < 0))
		return false;
	s = &k->catalog->schemas[i];
	if (DP_UNLIKELY(s->type_prop == NULL))
		return false;
	k->schema = s;
	dp_check_push(k, c, s->root);
	c->f->is_array = false;
	c->p = end;
	(void)dp_check_mark(k, c->f, s->type_prop);
	c->guess = &k->guess[s->type_prop->number];
	return true;
}

/* A line to behind its newline, or NULL. */
DP_LEX_INLINE const char *
dp_check_one(struct dp_check *k, const char *p)
{
	struct dp_cursor c = { .p = dp_lex_ws(p),
		.node = k->root,
		.f = k->frames };

	k->keys_begun = false;
	if (DP_UNLIKELY(k->objects_only && *c.p != '{'))
		return NULL;
	if (k->root == NULL && !dp_check_typed(k, &c)) {
		k->schema = dp_check_type(k, c.p);
		if (k->schema == NULL)
			return NULL;
		c.node = k->schema->root;
	}
	p = dp_check_value(k, c);
	if (DP_UNLIKELY(p == NULL))
		return NULL;
	if (DP_UNLIKELY(*p != '\n'))
		p = dp_lex_ws(p);
	return *p == '\n' ? p + 1 : NULL;
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
