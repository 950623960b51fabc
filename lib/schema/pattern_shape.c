#include "schema/pattern_shape.h"

#include <string.h>

#include "json/text.h"

/* Three bytes are U+2028 or U+2029. */
#define IS_SEPARATOR(p) \
	((p)[0] == 0xe2 && (p)[1] == 0x80 && ((p)[2] | 1) == 0xa9)

void
dp_shape_start(struct dp_shape *s)
{
	s->unfit |= s->n > 0 || s->at_end;
	s->at_start = true;
	s->atoms++;
}

void
dp_shape_end(struct dp_shape *s)
{
	s->at_end = true;
	s->atoms++;
}

/* The next item, or NULL and no shape. */
static struct dp_shape_item *
next_item(struct dp_shape *s)
{
	if (s->at_end || s->n == DP_SHAPE_ITEMS)
		s->unfit = true;
	if (s->unfit)
		return NULL;
	s->items[s->n] = (struct dp_shape_item){ .min = 1, .max = 1 };
	return &s->items[s->n++];
}

static void
mark(struct dp_shape_item *item, unsigned char byte)
{
	item->first[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

void
dp_shape_char(struct dp_shape *s, uint32_t c)
{
	struct dp_shape_item *item = s->n > 0 ? &s->items[s->n - 1] : NULL;
	unsigned char bytes[4];
	const size_t n = dp_json_put_utf8(c, (char *)bytes);

	s->atoms++;
	if (n > DP_SHAPE_LITERAL - s->literal_len)
		s->unfit = true;
	if (item == NULL || item->literal_len == 0 || s->at_end || s->unfit) {
		item = next_item(s);
		if (item == NULL)
			return;
		item->literal = (uint16_t)s->literal_len;
		mark(item, bytes[0]);
	}
	memcpy(s->literal + s->literal_len, bytes, n);
	s->literal_len += (unsigned)n;
	item->literal_len = (uint16_t)(item->literal_len + n);
}

void
dp_shape_set(struct dp_shape *s, const struct dp_set *set)
{
	struct dp_shape_item *item = next_item(s);

	s->atoms++;
	if (item == NULL)
		return;
	s->unfit |= set->high == DP_SET_HIGH_SOME;
	item->high = set->high;
	memcpy(item->first, set->ascii, sizeof set->ascii);
	if (set->high != DP_SET_HIGH_NONE)
		item->first[2] = item->first[3] = UINT64_MAX;
}

/* Takes the last character off a literal: a count of it is a set. */
static struct dp_shape_item *
split(struct dp_shape *s)
{
	struct dp_shape_item *item = &s->items[s->n - 1];
	const unsigned char c = (unsigned char)s->literal[s->literal_len - 1];

	if (c >= 0x80) {
		s->unfit = true;
		return NULL;
	}
	s->literal_len--;
	if (--item->literal_len == 0)
		return item;
	item = next_item(s);
	if (item != NULL)
		mark(item, c);
	return item;
}

void
dp_shape_repeat(struct dp_shape *s, uint64_t min, uint64_t max)
{
	struct dp_shape_item *item;

	if (min == 1 && max == 1)
		return;
	if (s->n == 0 || s->at_end)
		s->unfit = true;
	if (s->unfit)
		return;
	item = &s->items[s->n - 1];
	if (item->min != 1 || item->max != 1) {
		s->unfit = true;
		return;
	}
	if (item->literal_len > 0)
		item = split(s);
	if (item == NULL)
		return;
	item->min = min;
	item->max = max;
}

/* True when what follows item i cannot begin with a byte of its set. */
static bool
decided(const struct dp_shape *s, unsigned i)
{
	const struct dp_shape_item *item = &s->items[i];
	unsigned j, w;

	if (item->min == item->max)
		return true;
	for (j = i + 1; j < s->n; j++) {
		for (w = 0; w < 4; w++)
			if ((item->first[w] & s->items[j].first[w]) != 0)
				return false;
		if (s->items[j].min > 0)
			break;
	}
	return true;
}

bool
dp_shape_finish(struct dp_shape *s)
{
	unsigned i;

	if (s->unfit)
		return false;
	/* Without $ the last count need only be reached. */
	while (!s->at_end && s->n > 0) {
		struct dp_shape_item *last = &s->items[s->n - 1];

		last->max = last->min;
		if (last->min > 0)
			break;
		s->n--;
	}
	if (!s->at_start)
		return s->n == 0 ||
		    (s->n == 1 && (s->items[0].literal_len > 0 || !s->at_end));
	for (i = 0; i < s->n; i++)
		if (!decided(s, i))
			return false;
	return true;
}

static size_t
char_bytes(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static bool
has(const struct dp_shape_item *item, unsigned char c)
{
	return (item->first[c >> 6] >> (c & 63) & 1) != 0;
}

/* Steps over as many characters of the set as there are, up to its max. */
static const unsigned char *
run(const struct dp_shape_item *item, const unsigned char *p,
    const unsigned char *end, uint64_t *count)
{
	uint64_t n = 0;

	if (item->high == DP_SET_HIGH_NONE) {
		const unsigned char *const start = p;

		if ((uint64_t)(end - p) > item->max)
			end = p + item->max;
		while (p < end && has(item, *p))
			p++;
		*count = (uint64_t)(p - start);
		return p;
	}
	while (n < item->max && p < end && has(item, *p)) {
		if (item->high == DP_SET_HIGH_DOT && end - p >= 3 &&
		    IS_SEPARATOR(p))
			break;
		p += char_bytes(*p);
		n++;
	}
	*count = n;
	return p < end ? p : end;
}

/* Is there a run of at least min characters of the set anywhere? */
static bool
anywhere(const struct dp_shape_item *item, const unsigned char *p,
    const unsigned char *end)
{
	uint64_t n;

	for (;;) {
		p = run(item, p, end, &n);
		if (n >= item->min)
			return true;
		if (p == end)
			return false;
		p += char_bytes(*p);
		if (p > end)
			return false;
	}
}

static bool
floating(const struct dp_shape *s, const char *text, size_t len)
{
	const struct dp_shape_item *item = &s->items[0];
	const size_t n = item->literal_len;

	if (s->n == 0)
		return true;
	if (n == 0)
		return anywhere(item, (const unsigned char *)text,
		    (const unsigned char *)text + len);
	if (s->at_end)
		return len >= n &&
		    memcmp(text + len - n, s->literal + item->literal, n) == 0;
	return memmem(text, len, s->literal + item->literal, n) != NULL;
}

bool
dp_shape_match(const struct dp_shape *s, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	const unsigned char *const end = p + len;
	unsigned i;
	uint64_t n;

	if (!s->at_start)
		return floating(s, text, len);
	for (i = 0; i < s->n; i++) {
		const struct dp_shape_item *item = &s->items[i];

		if (item->literal_len > 0) {
			if ((size_t)(end - p) < item->literal_len ||
			    memcmp(p, s->literal + item->literal,
				item->literal_len) != 0)
				return false;
			p += item->literal_len;
			continue;
		}
		p = run(item, p, end, &n);
		if (n < item->min)
			return false;
	}
	return !s->at_end || p == end;
}
