/* infer_string: what strings have in common: a format, or a few values. */
#include <string.h>

#include "json/text.h"
#include "json/unescape.h"
#include "schema/format.h"
#include "schema/infer_shape.h"

/*
 * A rule is made only of what the data say clearly.  Values seen once say
 * how likely the next value is a new one (Good, 1953): so each value of an
 * enum must have been seen several times.
 */
#define ENUM_SEEN 100
#define ENUM_SEEN_TIGHT 20
#define ENUM_EACH 4
#define ENUM_EACH_TIGHT 2
#define ENUM_VALUES 8
#define FORMAT_SEEN 20
#define FORMAT_SEEN_TIGHT 2
#define FORMAT_DIFFERENT 3
#define FORMAT_BYTES 2048 /* longer strings are not asked */

/* The narrow ones first: the first that holds is the one. */
static const char *const formats[] = { "uuid", "date-time", "date", "ipv4",
	"ipv6", "email", "uri" };

/* One value, seen often, shows these, and none of the others. */
#define NFORMATS_SURE 3

#define NFORMATS (sizeof formats / sizeof formats[0])
#define ALL_FORMATS ((1u << NFORMATS) - 1)

static bool
has_format(size_t i, const char *text, size_t len)
{
	const char *const name = formats[i];

	/* "12:30" is a URI of the scheme 12, as the standard goes. */
	if (strcmp(name, "uri") == 0 && memmem(text, len, "://", 3) == NULL)
		return false;
	return dp_format_match(dp_format_find(name, strlen(name)), text, len);
}

static void
see_formats(struct dp_shape *s, const char *text, size_t len)
{
	unsigned left = s->formats & ALL_FORMATS;

	for (; left != 0; left &= left - 1) {
		const unsigned i = (unsigned)__builtin_ctz(left);

		if (len > FORMAT_BYTES || !has_format(i, text, len))
			s->formats &= (uint16_t) ~(1u << i);
	}
}

void
dp_shape_drop_values(struct dp_infer *f, struct dp_shape *s)
{
	s->values_lost = true;
	if (s->values == NULL)
		return;
	s->values->next = f->free_values;
	f->free_values = s->values;
	s->values = NULL;
}

static void
add_values(struct dp_infer *f, struct dp_shape *s, const char *text, size_t len,
    uint64_t seen)
{
	struct dp_shape_values *v = s->values;
	uint32_t i;

	if (v == NULL)
		return;
	if (len > DP_SHAPE_VALUE_BYTES) {
		dp_shape_drop_values(f, s);
		return;
	}
	for (i = 0; i < v->n; i++)
		if (v->len[i] == len && memcmp(v->text[i], text, len) == 0)
			break;
	if (i == DP_SHAPE_VALUES) {
		dp_shape_drop_values(f, s);
		return;
	}
	if (i == v->n) {
		memcpy(v->text[i], text, len);
		v->len[i] = (uint8_t)len;
		v->seen[i] = 0;
		v->n++;
	}
	v->seen[i] += seen;
	v->last = i;
}

static void
see_values(struct dp_infer *f, struct dp_shape *s, const char *text, size_t len)
{
	struct dp_shape_values *v = s->values;

	if (v == NULL) {
		v = f->free_values;
		if (v != NULL)
			f->free_values = v->next;
		else
			v = dp_infer_take(f, sizeof *v);
		if (v == NULL) {
			s->values_lost = true;
			return;
		}
		v->n = v->last = 0;
		s->values = v;
	}
	if (v->n > 0 && v->len[v->last] == len &&
	    memcmp(v->text[v->last], text, len) == 0)
		v->seen[v->last]++;
	else
		add_values(f, s, text, len, 1);
}

void
dp_shape_see_string(struct dp_infer *f, struct dp_shape *s,
    const struct dp_scan_value *v)
{
	const char *text = v->text + 1;
	size_t len = v->len - 2;

	if (s->values_lost && (s->formats & ALL_FORMATS) == 0)
		return;
	if (v->escaped) {
		dp_buf_clear(&f->text);
		dp_json_unescape(&f->text, text, len);
		if (f->text.failed) {
			dp_shape_drop_values(f, s);
			s->formats = 0;
			return;
		}
		text = f->text.data;
		len = f->text.len;
	}
	see_formats(s, text, len);
	if (!s->values_lost)
		see_values(f, s, text, len);
}

/*
 * A shape that saw no string knows all about the strings it saw; so one
 * without values has either lost them or had none.
 */
void
dp_shape_merge_string(struct dp_infer *f, struct dp_shape *to,
    struct dp_shape *from)
{
	struct dp_shape_values *v = from->values;
	uint32_t i;

	to->formats &= from->formats;
	if (from->values_lost)
		dp_shape_drop_values(f, to);
	if (!to->values_lost && to->values == NULL) {
		to->values = v;
		from->values = NULL;
	} else if (v != NULL) {
		for (i = 0; i < v->n && !to->values_lost; i++)
			add_values(f, to, v->text[i], v->len[i], v->seen[i]);
	}
	dp_shape_drop_values(f, from);
}

const char *
dp_shape_format(const struct dp_infer *f, const struct dp_shape *s)
{
	const unsigned left = s->formats & ALL_FORMATS;
	const uint64_t n = dp_shape_seen(s, DP_JSON_STRING);
	const uint32_t different =
	    s->values_lost || s->values == NULL ? UINT32_MAX : s->values->n;

	if (left == 0 || n == 0 ||
	    !dp_shape_enough(f, n, FORMAT_SEEN, FORMAT_SEEN_TIGHT) ||
	    (__builtin_ctz(left) >= NFORMATS_SURE &&
		!dp_shape_enough(f, different, FORMAT_DIFFERENT, 1)))
		return NULL;
	return formats[__builtin_ctz(left)];
}

/* A name for something, as against a number or a piece of free text. */
static bool
is_word(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i] | 0x20;

		if ((c < 'a' || c > 'z') && c != ' ' && c != '-' && c != '.' &&
		    c != '/' && text[i] != '_')
			return false;
	}
	return len > 0;
}

bool
dp_shape_is_enum(const struct dp_infer *f, const struct dp_shape *s)
{
	const struct dp_shape_values *v = s->values;
	const uint64_t n = dp_shape_seen(s, DP_JSON_STRING);
	uint32_t i;

	if (v == NULL || s->values_lost ||
	    !dp_shape_enough(f, n, ENUM_SEEN, ENUM_SEEN_TIGHT) ||
	    !dp_shape_enough(f, v->n, 2, 1) ||
	    (!f->opts.tight && v->n > ENUM_VALUES))
		return false;
	for (i = 0; i < v->n; i++)
		if (!dp_shape_enough(f, v->seen[i], ENUM_EACH,
			ENUM_EACH_TIGHT) ||
		    (!f->opts.tight && !is_word(v->text[i], v->len[i])))
			return false;
	return true;
}
