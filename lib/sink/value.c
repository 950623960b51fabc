/* Numbers and texts; times are in value_time.c. */
#include "sink/value.h"

#include <arpa/inet.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/decimal.h"
#include "json/lex.h"
#include "json/unescape.h"

size_t
dp_value_text(const struct dp_scan_value *v, char *scratch, size_t cap,
    const char **text)
{
	struct dp_unescape u;

	if (!v->escaped) {
		*text = v->text + 1;
		return v->len - 2;
	}
	u = dp_unescape_of(v->text + 1, v->len - 2);
	*text = scratch;
	return dp_unescape_some(&u, scratch, cap);
}

/*
 * The n digits at p, 1 to 8; false when they are not all digits.  8 bytes
 * may be read.  Pairs, then fours, then all (Lemire, 2018).
 */
DP_LEX_INLINE bool
some_digits(const char *p, size_t n, uint64_t *u)
{
	const uint64_t low = UINT64_C(0x000000ff000000ff);
	uint64_t w = (dp_lex_load8(p) ^ DP_LEX_EVERY('0')) << (64 - 8 * n);

	if (((w | (w + DP_LEX_EVERY(6))) & DP_LEX_EVERY(0xf0)) != 0)
		return false;
	w = w * 10 + (w >> 8);
	w = ((w & low) * UINT64_C(0x000f424000000064)) +
	    ((w >> 16 & low) * UINT64_C(0x0000271000000001));
	*u = w >> 32;
	return true;
}

dp_value_result
dp_value_int(const struct dp_scan_value *v, int64_t min, int64_t max,
    int64_t *n)
{
	static const struct dp_value_fault type = { "type", "an integer" };
	static const struct dp_value_fault range = { "range", "an integer" };
	const bool negative = *v->text == '-';
	const char *p = v->text + negative;
	const size_t len = v->len - negative;
	uint64_t high = 0, low;
	bool plain;

	if (v->type != DP_JSON_INTEGER)
		return &type;
	/* 16 digits fit whatever they are. */
	if (len <= 8)
		plain = some_digits(p, len, &low);
	else
		plain = len <= 16 && some_digits(p, len - 8, &high) &&
		    some_digits(p + len - 8, 8, &low);
	if (DP_LIKELY(plain)) {
		low += high * 100000000;
		*n = negative ? -(int64_t)low : (int64_t)low;
	} else if (dp_decimal_int64(v->text, v->len, n) == -1) {
		return &range;
	}
	return *n < min || *n > max ? &range : NULL;
}

/*
 * A short decimal is exact in two doubles, and one operation on them rounds
 * once (Clinger, How to read floating point numbers accurately, 1990).
 */
static bool
short_double(const char *p, const char *end, double *d)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
		1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	const bool negative = *p == '-';
	uint64_t u = 0;
	int scale = 0;
	bool point = false;

	if (FLT_EVAL_METHOD != 0 || end - p > 16)
		return false;
	for (p += negative; p < end; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		if ((unsigned)*p - '0' >= 10)
			return false;
		u = u * 10 + ((unsigned)*p - '0');
		scale += point;
	}
	if (u >= UINT64_C(1) << 53)
		return false;
	*d = (double)u / powers[scale];
	if (negative)
		*d = -*d;
	return true;
}

static bool
is_zero(const struct dp_scan_value *v)
{
	struct dp_decimal d;

	dp_decimal_read(&d, v->text, v->len);
	return d.zero;
}

static const struct dp_value_fault number_type = { "type", "a number" };
static const struct dp_value_fault number_range = { "range", "a number" };

dp_value_result
dp_value_double(const struct dp_scan_value *v, double *d)
{
	const char *const end = v->text + v->len;

	if ((v->type & (DP_JSON_INTEGER | DP_JSON_NUMBER)) == 0)
		return &number_type;
	if (short_double(v->text, end, d))
		return NULL;
	/* What follows the value in its line ends the number. */
	*d = strtod(v->text, NULL);
	if (isinf(*d) || (fpclassify(*d) == FP_ZERO && !is_zero(v)))
		return &number_range;
	return NULL;
}

dp_value_result
dp_value_float(const struct dp_scan_value *v, float *f)
{
	if ((v->type & (DP_JSON_INTEGER | DP_JSON_NUMBER)) == 0)
		return &number_type;
	*f = strtof(v->text, NULL);
	if (isinf(*f) || (fpclassify(*f) == FP_ZERO && !is_zero(v)))
		return &number_range;
	return NULL;
}

/* Digits behind the point, as the text has them; never below 0. */
static int64_t
text_scale(const struct dp_scan_value *v, const struct dp_decimal *d)
{
	const char *const end = v->text + v->len;
	const char *const point = memchr(v->text, '.', v->len);
	const char *p = point != NULL ? point + 1 : v->text;
	int64_t digits = 0, exp = 0;
	bool negative = false;

	for (; p < end && *p != 'e' && *p != 'E'; p++)
		digits += point != NULL;
	if (p < end) {
		p++;
		negative = *p == '-';
		p += *p == '-' || *p == '+';
		for (; p < end && exp < 1000000; p++)
			exp = exp * 10 + (*p - '0');
	}
	digits -= negative ? -exp : exp;
	/* Zeros behind the last digit may be left out, digits may not. */
	if (digits > 16383)
		digits = d->zero ? 0 : (int64_t)d->ndigits - d->exp;
	return digits < 0 ? 0 : digits;
}

static void
put16(struct dp_buf *b, unsigned n)
{
	const char two[2] = { (char)(n >> 8), (char)n };

	(void)dp_buf_add(b, two, 2);
}

/* Groups of four digits, the point between two groups. */
static void
numeric_digits(struct dp_buf *out, const struct dp_decimal *d, int64_t weight)
{
	const size_t at = out->len;
	int64_t power = d->exp - 1;
	size_t i = 0, left = d->ndigits, groups = 0;

	put16(out, 0);
	put16(out, (unsigned)weight & 0xffff);
	put16(out, d->negative ? 0x4000 : 0);
	put16(out, 0);
	while (left > 0) {
		unsigned group = 0;

		/* Powers count down; a group ends at a multiple of 4. */
		for (;; power--) {
			group *= 10;
			if (left > 0) {
				i += d->digits[i] == '.';
				group += (unsigned)(d->digits[i++] - '0');
				left--;
			}
			if ((power & 3) == 0)
				break;
		}
		power--;
		put16(out, group);
		groups++;
	}
	if (!out->failed) {
		out->data[at] = (char)(groups >> 8);
		out->data[at + 1] = (char)groups;
	}
}

dp_value_result
dp_value_numeric(const struct dp_scan_value *v, int precision, int scale,
    struct dp_buf *out)
{
	const size_t at = out->len;
	struct dp_decimal d;
	int64_t dscale, whole, weight;

	if ((v->type & (DP_JSON_INTEGER | DP_JSON_NUMBER)) == 0)
		return &number_type;
	dp_decimal_read(&d, v->text, v->len);
	dscale = text_scale(v, &d);
	whole = d.zero ? 0 : d.exp;
	if (whole > 131072 || dscale > 16383)
		return &number_range;
	if (precision > 0 && !d.zero &&
	    (whole > precision - scale || (int64_t)d.ndigits - whole > scale))
		return &number_range;
	/* Floor of a power that may be negative. */
	weight = d.zero ? 0 : whole > 0 ? (whole - 1) / 4 : -((4 - whole) / 4);
	numeric_digits(out, &d, weight);
	if (!out->failed) {
		out->data[at + 6] = (char)(dscale >> 8);
		out->data[at + 7] = (char)dscale;
	}
	return NULL;
}

/* "/24" behind an address; -1 when it is none. */
static int
mask_bits(const char *slash, int max)
{
	int n = 0;
	const char *p = slash + 1;

	if (*p < '0' || *p > '9' || (*p == '0' && p[1] != '\0'))
		return -1;
	for (; *p >= '0' && *p <= '9' && n <= max; p++)
		n = n * 10 + (*p - '0');
	return *p == '\0' && n <= max ? n : -1;
}

dp_value_result
dp_value_inet(const struct dp_scan_value *v, struct dp_value_inet *a)
{
	static const struct dp_value_fault type = { "type", "a string" };
	static const struct dp_value_fault format = { "format",
		"an IP address" };
	char scratch[64], copy[65];
	const char *text;
	size_t len;
	char *slash;
	int bits;

	if (v->type != DP_JSON_STRING)
		return &type;
	len = dp_value_text(v, scratch, sizeof scratch, &text);
	if (len >= sizeof copy || memchr(text, '\0', len) != NULL)
		return &format;
	memcpy(copy, text, len);
	copy[len] = '\0';
	a->family = strchr(copy, ':') != NULL ? 6 : 4;
	a->len = a->family == 6 ? 16 : 4;
	bits = a->len * 8;
	slash = strchr(copy, '/');
	if (slash != NULL) {
		bits = mask_bits(slash, bits);
		*slash = '\0';
	}
	if (bits < 0 ||
	    inet_pton(a->family == 6 ? AF_INET6 : AF_INET, copy, a->address) !=
		1)
		return &format;
	a->bits = (uint8_t)bits;
	return NULL;
}

dp_value_result
dp_value_cidr(const struct dp_scan_value *v, struct dp_value_inet *a)
{
	static const struct dp_value_fault bits = { "format",
		"a network without bits behind its mask" };
	dp_value_result bad = dp_value_inet(v, a);
	unsigned i;

	for (i = a->bits; bad == NULL && i < a->len * 8u; i++)
		if ((a->address[i / 8] >> (7 - i % 8) & 1) != 0)
			bad = &bits;
	return bad;
}

uint64_t
dp_value_chars(const struct dp_scan_value *v)
{
	struct dp_unescape u = dp_unescape_of(v->text + 1, v->len - 2);
	uint64_t chars = 0;
	char piece[256];
	size_t n, i;

	do {
		n = dp_unescape_some(&u, piece, sizeof piece);
		for (i = 0; i < n; i++)
			chars += ((unsigned char)piece[i] & 0xc0) != 0x80;
	} while (n == sizeof piece);
	return chars;
}
