#include "schema/number.h"

#include <string.h>

#include "base/code.h"
#include "json/decimal.h"

#define FAST_DIGITS 18

static const char *const bound_names[] = { "minimum", "maximum",
	"exclusiveMinimum", "exclusiveMaximum" };

void
dp_number_bound(struct dp_bound *b, const char *text, size_t len,
    enum dp_bound_kind kind)
{
	const int64_t limit = INT64_C(1000000000000000000);

	b->text = text;
	b->len = len;
	b->kind = kind;
	b->fits = dp_decimal_int64(text, len, &b->n) == 0 && b->n < limit &&
	    b->n > -limit;
}

int
dp_number_step(struct dp_number *n, const char *text, size_t len)
{
	struct dp_decimal d;
	size_t i;

	dp_decimal_read(&d, text, len);
	if (d.zero || d.negative || d.ndigits > DP_NUMBER_STEP_DIGITS)
		return -1;
	n->step = 0;
	for (i = 0; i < d.len; i++)
		if (d.digits[i] != '.')
			n->step = n->step * 10 + (uint64_t)(d.digits[i] - '0');
	n->exp = d.exp - (int64_t)d.ndigits;
	n->step_text = text;
	n->step_len = len;
	return 0;
}

/* a * b modulo m, which is below 2^60. */
static uint64_t
mul_mod(uint64_t a, uint64_t b, uint64_t m)
{
#ifdef __SIZEOF_INT128__
	__extension__ typedef unsigned __int128 wide;

	return (uint64_t)((wide)a * b % m);
#else
	uint64_t r = 0;

	for (a %= m; b > 0; b >>= 1) {
		if ((b & 1) != 0)
			r = (r + a) % m;
		a = (a + a) % m;
	}
	return r;
#endif
}

static uint64_t
power_of_ten_mod(uint64_t e, uint64_t m)
{
	uint64_t r = 1 % m, base = 10 % m;

	for (; e > 0; e >>= 1) {
		if ((e & 1) != 0)
			r = mul_mod(r, base, m);
		base = mul_mod(base, base, m);
	}
	return r;
}

/*
 * With both written D * 10^e, D not divisible by 10: where the value's e is
 * the smaller one, D would have to be divisible by 10, so it is no multiple.
 */
static bool
is_multiple(const struct dp_number *n, const char *text, size_t len)
{
	struct dp_decimal d;
	uint64_t r = 0;
	int64_t exp;
	size_t i;

	dp_decimal_read(&d, text, len);
	if (d.zero)
		return true;
	exp = d.exp - (int64_t)d.ndigits;
	if (exp < n->exp)
		return false;
	for (i = 0; i < d.len; i++)
		if (d.digits[i] != '.')
			r = (r * 10 + (uint64_t)(d.digits[i] - '0')) % n->step;
	return mul_mod(r, power_of_ten_mod((uint64_t)(exp - n->exp), n->step),
		   n->step) == 0;
}

/* An integer of few digits; false: not one. */
static bool
small(const char *text, size_t len, int64_t *n)
{
	const bool negative = *text == '-';
	size_t i = negative;
	int64_t v = 0;

	if (len - i > FAST_DIGITS)
		return false;
	for (; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (text[i] - '0');
	}
	*n = negative ? -v : v;
	return true;
}

static bool
keeps(enum dp_bound_kind kind, int order)
{
	switch (kind) {
	case DP_BOUND_MIN:
		return order >= 0;
	case DP_BOUND_MAX:
		return order <= 0;
	case DP_BOUND_ABOVE:
		return order > 0;
	case DP_BOUND_BELOW:
	default:
		return order < 0;
	}
}

static bool
has_point(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] == '.' || text[i] == 'e' || text[i] == 'E')
			return true;
	return false;
}

const char *
dp_number_check(const struct dp_number *n, const char *text, size_t len)
{
	int64_t v = 0;
	const bool is_small = small(text, len, &v);
	unsigned i;

	if (n->literal && !is_small && has_point(text, len))
		return "type";
	for (i = 0; i < n->nbounds; i++) {
		const struct dp_bound *b = &n->bounds[i];
		int order;

		if (is_small && b->fits)
			order = (v > b->n) - (v < b->n);
		else
			order = dp_decimal_compare(text, len, b->text, b->len);
		if (!keeps(b->kind, order))
			return bound_names[b->kind];
	}
	if (n->step != 0 && !is_multiple(n, text, len))
		return "multipleOf";
	return NULL;
}

const struct dp_bound *
dp_number_bound_of(const struct dp_number *n, const char *keyword)
{
	unsigned i;

	for (i = 0; i < n->nbounds; i++)
		if (dp_code_is(keyword, bound_names[n->bounds[i].kind]))
			return &n->bounds[i];
	return NULL;
}
