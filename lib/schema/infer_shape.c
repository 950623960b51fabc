#include "schema/infer_shape.h"

#include <string.h>

#include "json/decimal.h"
#include "json/lex.h"
#include "json/text.h"

#define INT64_DIGITS 18 /* that always fit */
#define DOUBLE_DIGITS 17
#define DOUBLE_EXP 300

void *
dp_infer_take(struct dp_infer *f, size_t n)
{
	void *p = NULL;

	if (n <= f->left) {
		p = dp_arena_take(&f->arena, n);
		f->left -= n;
	}
	if (p == NULL)
		f->memory_out = true;
	return p;
}

void
dp_shape_init(struct dp_shape *s, unsigned depth)
{
	*s = (struct dp_shape){ .depth = (uint8_t)depth,
		.formats = UINT16_MAX,
		.min = INT64_MAX,
		.max = INT64_MIN };
}

uint64_t
dp_shape_total(const struct dp_shape *s)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < DP_SHAPE_TYPES; i++)
		n += s->seen[i];
	return n;
}

unsigned
dp_shape_types(const struct dp_shape *s)
{
	unsigned mask = 0, i;

	for (i = 0; i < DP_SHAPE_TYPES; i++)
		if (s->seen[i] > 0)
			mask |= 1u << i;
	return mask;
}

static void
see_number(struct dp_shape *s, const struct dp_scan_value *v)
{
	struct dp_decimal d;

	if (s->exact)
		return;
	dp_decimal_read(&d, v->text, v->len);
	s->exact = d.ndigits > DOUBLE_DIGITS || d.exp > DOUBLE_EXP ||
	    d.exp < -DOUBLE_EXP;
}

static void
see_integer(const struct dp_infer *f, struct dp_shape *s,
    const struct dp_scan_value *v)
{
	const char *const digits = v->text + (*v->text == '-');
	int64_t n;

	if (dp_lex_digits(digits) != v->text + v->len) {
		s->fraction = true;
		see_number(s, v);
		return;
	}
	if (!f->opts.tight && v->len <= INT64_DIGITS)
		return;
	if (dp_decimal_int64(v->text, v->len, &n) == -1) {
		s->big = true;
		return;
	}
	if (n < s->min)
		s->min = n;
	if (n > s->max)
		s->max = n;
}

static void
see_array(struct dp_infer *f, struct dp_shape *s, const struct dp_scan_value *v)
{
	struct dp_scan_value element;
	const char *at = NULL;

	if (s->items_lost)
		return;
	while (dp_scan_next_element(v, &at, &element)) {
		if (s->items == NULL) {
			if (s->depth < DP_INFER_DEPTH)
				s->items = dp_infer_take(f, sizeof *s->items);
			if (s->items == NULL) {
				s->items_lost = true;
				return;
			}
			dp_shape_init(s->items, s->depth + 1u);
		}
		dp_shape_see(f, s->items, &element);
	}
}

/* The member of a key that did not come as guessed; NULL: it has none. */
static struct dp_shape_member *
member_of(struct dp_infer *f, struct dp_shape *s, const char *key, size_t len,
    bool escaped)
{
	struct dp_shape_object *o = s->object;
	struct dp_shape_member *m;
	uint32_t hash;

	if (escaped) {
		dp_buf_clear(&f->text);
		dp_json_unescape(&f->text, key, len);
		if (f->text.failed) {
			o->full = true;
			return NULL;
		}
		key = f->text.data;
		len = f->text.len;
	}
	hash = dp_shape_hash(key, len);
	m = dp_shape_find(&o->members, key, len, hash);
	if (m != NULL || o->full || o->rest != NULL)
		return m;
	if (o->members.n == DP_INFER_KEYS) {
		dp_shape_overflow(f, s);
		return NULL;
	}
	if (len <= DP_INFER_KEY_BYTES)
		m = dp_shape_add(f, &o->members, key, len, hash, s->depth + 1u);
	if (m == NULL)
		o->full = true;
	return m;
}

static void
see_rest(struct dp_infer *f, struct dp_shape_object *o,
    const struct dp_scan_value *v)
{
	if (o->full)
		return;
	o->rest_seen++;
	dp_shape_see(f, o->rest, v);
}

static void
see_members(struct dp_infer *f, struct dp_shape *s,
    const struct dp_scan_value *v)
{
	struct dp_shape_object *o = s->object;
	struct dp_shape_member **guess = &o->first;
	struct dp_scan_member m;
	const char *at = NULL;

	while (dp_scan_next_member(v, &at, &m)) {
		struct dp_shape_member *p = *guess;

		if (p == NULL || m.key_escaped || p->len != m.key_len ||
		    memcmp(p->key, m.key, m.key_len) != 0) {
			p = member_of(f, s, m.key, m.key_len, m.key_escaped);
			/* A map may just have taken the members away. */
			if (p == NULL) {
				guess = &o->first;
				see_rest(f, o, &m.value);
				continue;
			}
			*guess = p;
		}
		guess = &p->after;
		dp_shape_see(f, &p->shape, &m.value);
	}
}

static void
see_object(struct dp_infer *f, struct dp_shape *s,
    const struct dp_scan_value *v)
{
	if (s->object_lost)
		return;
	if (s->object == NULL) {
		if (s->depth < DP_INFER_DEPTH)
			s->object = dp_infer_take(f, sizeof *s->object);
		if (s->object == NULL) {
			s->object_lost = true;
			return;
		}
	}
	see_members(f, s, v);
}

void
dp_shape_see(struct dp_infer *f, struct dp_shape *s,
    const struct dp_scan_value *v)
{
	s->seen[__builtin_ctz((unsigned)v->type)]++;
	switch (v->type) {
	case DP_JSON_INTEGER:
		see_integer(f, s, v);
		break;
	case DP_JSON_NUMBER:
		see_number(s, v);
		break;
	case DP_JSON_STRING:
		dp_shape_see_string(f, s, v);
		break;
	case DP_JSON_ARRAY:
		see_array(f, s, v);
		break;
	case DP_JSON_OBJECT:
		see_object(f, s, v);
		break;
	case DP_JSON_NULL:
	case DP_JSON_FALSE:
	case DP_JSON_TRUE:
	default:
		break;
	}
}
