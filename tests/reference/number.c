#include "number.h"

#include <string.h>

#include "value.h"

/* digits[0] digits[1] ... * 10^exp; no zero at either end; zero: n == 0. */
struct number {
	bool negative;
	char *digits;
	long n, exp;
};

/* Beyond that, only which exponent is the larger one counts. */
#define EXP_MAX 1000000000000000

static long
exponent_of(const char *text, size_t len)
{
	const bool negative = len > 0 && text[0] == '-';
	long n = 0;
	size_t i = len > 0 && (text[0] == '-' || text[0] == '+');

	for (; i < len; i++)
		if (n < EXP_MAX)
			n = n * 10 + (text[i] - '0');
	if (n > EXP_MAX)
		n = EXP_MAX;
	return negative ? -n : n;
}

static struct number
number_of(const char *text, size_t len)
{
	struct number x = { .digits = ref_take(len + 1) };
	bool behind_point = false;
	size_t i = 0;

	if (text[0] == '-') {
		x.negative = true;
		i = 1;
	}
	for (; i < len && text[i] != 'e' && text[i] != 'E'; i++) {
		if (text[i] == '.') {
			behind_point = true;
			continue;
		}
		x.digits[x.n++] = (char)(text[i] - '0');
		if (behind_point)
			x.exp--;
	}
	if (i < len)
		x.exp += exponent_of(text + i + 1, len - i - 1);
	while (x.n > 0 && x.digits[0] == 0) {
		x.digits++;
		x.n--;
	}
	while (x.n > 0 && x.digits[x.n - 1] == 0) {
		x.n--;
		x.exp++;
	}
	if (x.n == 0)
		x.negative = false;
	return x;
}

static int
digit(const struct number *x, long i)
{
	return i < x->n ? x->digits[i] : 0;
}

/* Both above zero. */
static int
compare_sizes(const struct number *a, const struct number *b)
{
	long i;

	if (a->n + a->exp != b->n + b->exp)
		return a->n + a->exp < b->n + b->exp ? -1 : 1;
	for (i = 0; i < a->n || i < b->n; i++)
		if (digit(a, i) != digit(b, i))
			return digit(a, i) < digit(b, i) ? -1 : 1;
	return 0;
}

int
ref_number_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const struct number x = number_of(a, a_len), y = number_of(b, b_len);

	if (x.n == 0 && y.n == 0)
		return 0;
	if (x.n == 0)
		return y.negative ? 1 : -1;
	if (y.n == 0)
		return x.negative ? -1 : 1;
	if (x.negative != y.negative)
		return x.negative ? -1 : 1;
	return x.negative ? -compare_sizes(&x, &y) : compare_sizes(&x, &y);
}

bool
ref_number_integral(const char *text, size_t len)
{
	const struct number x = number_of(text, len);

	return x.n == 0 || x.exp >= 0;
}

/* The same with zeros behind until the exponent is exp. */
static struct number
lengthened(const struct number *x, long exp)
{
	struct number r = *x;

	r.digits = ref_take((size_t)(x->n + x->exp - exp) + 1);
	memcpy(r.digits, x->digits, (size_t)x->n);
	r.n = x->n + x->exp - exp;
	r.exp = exp;
	return r;
}

/* Integers of digits, with zeros in front where they may be. */
static bool
not_below(const char *a, const char *b, long n)
{
	return memcmp(a, b, (size_t)n) >= 0;
}

static void
subtract(char *a, const char *b, long n)
{
	int borrow = 0;
	long i;

	for (i = n - 1; i >= 0; i--) {
		const int d = a[i] - b[i] - borrow;

		borrow = d < 0;
		a[i] = (char)(d < 0 ? d + 10 : d);
	}
}

/* Long division as in school; only the rest is of interest. */
bool
ref_number_multiple(const char *text, size_t len, const char *step,
    size_t step_len)
{
	struct number x = number_of(text, len), s = number_of(step, step_len);
	char *rest, *by;
	long exp, i, width;

	if (x.n == 0)
		return true;
	/* The last digit of a step has its place; what ends far below is
	 * none of its multiples.  A step of 18 digits has no more than 100
	 * factors of 2 or 5: further zeros change nothing. */
	if (x.exp < s.exp - 1000)
		return false;
	if (x.exp > s.exp + 100)
		x.exp = s.exp + 100;
	exp = x.exp < s.exp ? x.exp : s.exp;
	x = lengthened(&x, exp);
	s = lengthened(&s, exp);
	width = s.n + 1;
	rest = ref_take((size_t)width);
	by = ref_take((size_t)width);
	memcpy(by + 1, s.digits, (size_t)s.n);
	for (i = 0; i < x.n; i++) {
		memmove(rest, rest + 1, (size_t)s.n);
		rest[s.n] = x.digits[i];
		while (not_below(rest, by, width))
			subtract(rest, by, width);
	}
	for (i = 0; i < width; i++)
		if (rest[i] != 0)
			return false;
	return true;
}
