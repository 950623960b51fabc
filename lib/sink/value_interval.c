/* Durations (ISO 8601; RFC 3339, appendix A) into months, days, and time. */
#include <string.h>

#include "sink/value.h"

#define TEXT_MAX 128
#define TOO_LARGE (INT64_MAX / 16) /* for every unit */

static const struct dp_value_fault want_string = { "type", "a string" };
static const struct dp_value_fault want_duration = { "format",
	"an ISO 8601 duration" };
static const struct dp_value_fault too_long = { "range", "a duration" };

struct number {
	int64_t whole;
	int64_t us; /* of the fraction, with the sign of the whole */
	bool fraction;
};

/* Digits behind a point, to microseconds, half up. */
static const char *
read_fraction(const char *p, const char *end, struct number *n)
{
	int64_t unit = 100000;
	const char *const first = ++p;

	n->fraction = true;
	for (; p < end && (unsigned)*p - '0' < 10; p++) {
		if (unit > 0)
			n->us += (*p - '0') * unit;
		else if (unit == 0)
			n->us += *p >= '5';
		unit = unit > 1 ? unit / 10 : unit - 1;
	}
	return p == first ? NULL : p;
}

/* NULL when there is none; a whole part that is too large fits no unit. */
static const char *
read_number(const char *p, const char *end, bool negative, struct number *n)
{
	const char *first;

	*n = (struct number){ 0 };
	if (p < end && (*p == '-' || *p == '+'))
		negative ^= *p++ == '-';
	first = p;
	for (; p < end && (unsigned)*p - '0' < 10; p++)
		n->whole = n->whole >= TOO_LARGE ? TOO_LARGE
						 : n->whole * 10 + (*p - '0');
	if (p == first)
		return NULL;
	if (p < end && *p == '.')
		p = read_fraction(p, end, n);
	if (negative) {
		n->whole = -n->whole;
		n->us = -n->us;
	}
	return p;
}

/* What a letter counts: months, days, or microseconds, one of them. */
struct unit {
	char letter;
	bool time;
	int64_t months, days, us;
};

static bool
add(int64_t *to, int64_t n, int64_t unit, int64_t low, int64_t high)
{
	int64_t product;

	return !__builtin_mul_overflow(n, unit, &product) &&
	    !__builtin_add_overflow(*to, product, to) && *to > low &&
	    *to < high;
}

/* The parts behind P, in their order. */
static dp_value_result
read_parts(const char *p, const char *end, bool negative, int64_t sums[3])
{
	static const struct unit units[] = { { 'Y', false, 12, 0, 0 },
		{ 'M', false, 1, 0, 0 }, { 'W', false, 0, 7, 0 },
		{ 'D', false, 0, 1, 0 }, { 'H', true, 0, 0, 3600000000 },
		{ 'M', true, 0, 0, 60000000 }, { 'S', true, 0, 0, 1000000 } };
	const size_t n = sizeof units / sizeof units[0];
	struct number number;
	bool time = false;
	size_t i = 0;

	if (p == end)
		return &want_duration;
	while (p < end) {
		if (!time && *p == 'T') {
			time = true;
			p++;
		}
		p = read_number(p, end, negative, &number);
		if (p == NULL || p == end)
			return &want_duration;
		while (
		    i < n && (units[i].letter != *p || units[i].time != time))
			i++;
		if (i == n || (number.fraction && *p != 'S'))
			return &want_duration;
		if (!add(&sums[0], number.whole, units[i].months, INT32_MIN,
			INT32_MAX) ||
		    !add(&sums[1], number.whole, units[i].days, INT32_MIN,
			INT32_MAX) ||
		    !add(&sums[2], number.whole, units[i].us, INT64_MIN,
			INT64_MAX) ||
		    !add(&sums[2], number.us, 1, INT64_MIN, INT64_MAX))
			return &too_long;
		i++;
		p++;
	}
	return NULL;
}

dp_value_result
dp_value_interval(const struct dp_scan_value *v, struct dp_value_interval *out)
{
	char scratch[TEXT_MAX];
	int64_t sums[3] = { 0 };
	dp_value_result bad;
	const char *p, *end;
	bool negative;
	size_t len;

	if (v->type != DP_JSON_STRING)
		return &want_string;
	len = dp_value_text(v, scratch, sizeof scratch, &p);
	end = p + len;
	if (len < 3 || len >= TEXT_MAX)
		return &want_duration;
	negative = *p == '-';
	p += *p == '-' || *p == '+';
	if (*p++ != 'P')
		return &want_duration;
	bad = read_parts(p, end, negative, sums);
	*out = (struct dp_value_interval){ .us = sums[2],
		.days = (int32_t)sums[1],
		.months = (int32_t)sums[0] };
	return bad;
}
