#include "json/decimal.h"

#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The exponent behind the e, text[0..len): saturates. */
static int64_t
read_exp(const char *text, size_t len)
{
	bool negative = len > 0 && text[0] == '-';
	size_t i = len > 0 && !is_digit(text[0]) ? 1 : 0;
	int64_t n = 0;

	for (; i < len; i++) {
		n = n * 10 + (text[i] - '0');
		if (n > DP_DECIMAL_EXP_MAX) {
			n = DP_DECIMAL_EXP_MAX;
			break;
		}
	}
	return negative ? -n : n;
}

void
dp_decimal_read(struct dp_decimal *d, const char *text, size_t len)
{
	size_t i = 0, point, last, end;

	memset(d, 0, sizeof *d);
	if (len > 0 && text[0] == '-') {
		d->negative = true;
		i = 1;
	}
	for (end = i; end < len && (is_digit(text[end]) || text[end] == '.');)
		end++;
	if (end < len)
		d->exp = read_exp(text + end + 1, len - end - 1);
	for (point = i; point < end && text[point] != '.';)
		point++;
	while (i < end && (text[i] == '0' || text[i] == '.'))
		i++;
	if (i == end) {
		d->zero = true;
		return;
	}
	for (last = end; text[last - 1] == '0' || text[last - 1] == '.';)
		last--;
	d->digits = text + i;
	d->len = last - i;
	d->ndigits = d->len - (i < point && point < last);
	if (i < point)
		d->exp += (int64_t)(point - i);
	else
		d->exp -= (int64_t)(i - point - 1);
}

/* Compares 0.d1d2... of both. */
static int
compare_digits(const struct dp_decimal *a, const struct dp_decimal *b)
{
	size_t i = 0, j = 0;

	for (;;) {
		if (i < a->len && a->digits[i] == '.')
			i++;
		if (j < b->len && b->digits[j] == '.')
			j++;
		if (i == a->len || j == b->len)
			return (i < a->len) - (j < b->len);
		if (a->digits[i] != b->digits[j])
			return a->digits[i] < b->digits[j] ? -1 : 1;
		i++;
		j++;
	}
}

int
dp_decimal_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct dp_decimal x, y;
	int sign, order;

	dp_decimal_read(&x, a, a_len);
	dp_decimal_read(&y, b, b_len);
	if (x.zero || y.zero) {
		if (x.zero && y.zero)
			return 0;
		if (x.zero)
			return y.negative ? 1 : -1;
		return x.negative ? -1 : 1;
	}
	if (x.negative != y.negative)
		return x.negative ? -1 : 1;
	sign = x.negative ? -1 : 1;
	if (x.exp != y.exp)
		order = x.exp < y.exp ? -1 : 1;
	else
		order = compare_digits(&x, &y);
	return sign * order;
}

bool
dp_decimal_integral(const char *text, size_t len)
{
	struct dp_decimal d;

	dp_decimal_read(&d, text, len);
	return d.zero || (d.exp > 0 && (uint64_t)d.exp >= d.ndigits);
}

int
dp_decimal_int64(const char *text, size_t len, int64_t *n)
{
	const uint64_t limit = UINT64_C(1) << 63;
	struct dp_decimal d;
	uint64_t v = 0;
	int64_t left;
	size_t i;

	dp_decimal_read(&d, text, len);
	*n = 0;
	if (d.zero)
		return 0;
	if (d.exp <= 0 || d.exp > 19 || (uint64_t)d.exp < d.ndigits)
		return -1;
	left = d.exp;
	for (i = 0; i < d.len; i++) {
		if (d.digits[i] == '.')
			continue;
		v = v * 10 + (uint64_t)(d.digits[i] - '0');
		left--;
	}
	while (left-- > 0) {
		if (v > UINT64_MAX / 10)
			return -1;
		v *= 10;
	}
	if (v > limit - !d.negative)
		return -1;
	*n = d.negative ? (int64_t)(~v + 1) : (int64_t)v;
	return 0;
}
