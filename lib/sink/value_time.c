/* Dates and times (RFC 3339), into microseconds and days. */
#include <string.h>

#include "json/decimal.h"
#include "sink/value.h"

#define DAY_US INT64_C(86400000000)
#define EPOCH_2000 10957 /* days from 1970 to 2000 */
#define TEXT_MAX 64

static const struct dp_value_fault want_string = { "type", "a string" };
static const struct dp_value_fault want_stamp = { "format", "a date-time" };
static const struct dp_value_fault want_zone = { "format",
	"a date-time with its offset from UTC" };
static const struct dp_value_fault want_utc = { "format",
	"a date-time in UTC, or without an offset" };
static const struct dp_value_fault want_date = { "format", "a date" };
static const struct dp_value_fault want_time = { "format",
	"a time in UTC, or without an offset" };
static const struct dp_value_fault bad_year = { "range",
	"a year from 0001 to 9999" };

/* n digits; -1 when they are none. */
static int
digits(const char *p, int n)
{
	int v = 0;

	while (n-- > 0) {
		if ((unsigned)*p - '0' >= 10)
			return -1;
		v = v * 10 + (*p++ - '0');
	}
	return v;
}

/* Days from 1970 of a day of the Gregorian calendar, year > 0. */
static int
days_from(int y, int m, int d)
{
	int era, doy;

	y -= m <= 2;
	era = y / 400;
	y -= era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + y * 365 + y / 4 - y / 100 + doy - 719468;
}

/* "2026-11-24", 10 bytes. */
static dp_value_result
read_date(const char *p, int *days)
{
	static const unsigned char lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	int y = digits(p, 4), m = digits(p + 5, 2), d = digits(p + 8, 2), last;

	if (y < 0 || p[4] != '-' || m < 1 || m > 12 || p[7] != '-' || d < 1)
		return &want_date;
	last = lengths[m - 1];
	last += m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	if (d > last)
		return &want_date;
	if (y == 0)
		return &bad_year;
	*days = days_from(y, m, d) - EPOCH_2000;
	return NULL;
}

/* "23:59:60.123"; returns what stands behind it, or NULL. */
static const char *
read_clock(const char *p, const char *end, int64_t *us)
{
	int h, m, s, unit = 100000;

	if (end - p < 8)
		return NULL;
	h = digits(p, 2);
	m = digits(p + 3, 2);
	s = digits(p + 6, 2);
	if (h < 0 || h > 23 || p[2] != ':' || m < 0 || m > 59 || p[5] != ':' ||
	    s < 0 || s > 60)
		return NULL;
	*us = (INT64_C(3600) * h + INT64_C(60) * m + s) * 1000000;
	p += 8;
	if (p == end || *p != '.')
		return p;
	if (++p == end || (unsigned)*p - '0' >= 10)
		return NULL;
	for (; p < end && (unsigned)*p - '0' < 10; p++) {
		if (unit > 0)
			*us += (int64_t)(*p - '0') * unit;
		else if (unit == 0)
			*us += *p >= '5';
		unit = unit > 1 ? unit / 10 : unit - 1;
	}
	return p;
}

/* "", "Z" or "+01:00"; false when it is none of these. */
static bool
read_offset(const char *p, const char *end, bool *there, int64_t *us)
{
	int h, m;

	*there = p != end;
	*us = 0;
	if (p == end || (end - p == 1 && (*p == 'Z' || *p == 'z')))
		return true;
	if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':')
		return false;
	h = digits(p + 1, 2);
	m = digits(p + 4, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*us = (INT64_C(3600) * h + INT64_C(60) * m) * 1000000;
	if (*p == '-')
		*us = -*us;
	return true;
}

dp_value_result
dp_value_timestamp(const struct dp_scan_value *v, bool with_zone, int64_t *us)
{
	char scratch[TEXT_MAX];
	const char *p, *end;
	dp_value_result bad;
	int64_t clock, offset;
	size_t len;
	bool there;
	int days;

	if (v->type != DP_JSON_STRING)
		return &want_string;
	len = dp_value_text(v, scratch, sizeof scratch, &p);
	end = p + len;
	if (end - p < 19 || end - p >= TEXT_MAX ||
	    (p[10] != 'T' && p[10] != 't' && p[10] != ' '))
		return &want_stamp;
	bad = read_date(p, &days);
	if (bad != NULL)
		return bad == &want_date ? &want_stamp : bad;
	p = read_clock(p + 11, end, &clock);
	if (p == NULL || !read_offset(p, end, &there, &offset))
		return &want_stamp;
	if (with_zone && !there)
		return &want_zone;
	if (!with_zone && offset != 0)
		return &want_utc;
	*us = days * DAY_US + clock - offset;
	return NULL;
}

dp_value_result
dp_value_epoch(const struct dp_scan_value *v, int64_t per_second, int64_t *us)
{
	static const struct dp_value_fault type = { "type",
		"an integer number of time units" };
	static const struct dp_value_fault range = { "range",
		"a time from year 1 to 9999" };
	const int64_t first = INT64_C(-62135596800),
		      end = INT64_C(253402300800);
	int64_t n, rest;

	if (v->type != DP_JSON_INTEGER)
		return &type;
	if (dp_decimal_int64(v->text, v->len, &n) == -1)
		return &range;
	rest = n % per_second;
	n /= per_second;
	if (rest < 0) {
		rest += per_second;
		n--;
	}
	if (n < first || n >= end)
		return &range;
	/* Nanoseconds are rounded, half up. */
	rest = per_second > 1000000 ? (rest + 500) / 1000
				    : rest * (1000000 / per_second);
	*us = (n - EPOCH_2000 * INT64_C(86400)) * 1000000 + rest;
	return NULL;
}

dp_value_result
dp_value_date(const struct dp_scan_value *v, int32_t *days)
{
	char scratch[TEXT_MAX];
	const char *p;

	if (v->type != DP_JSON_STRING)
		return &want_string;
	if (dp_value_text(v, scratch, sizeof scratch, &p) != 10)
		return &want_date;
	return read_date(p, days);
}

dp_value_result
dp_value_time(const struct dp_scan_value *v, int64_t *us)
{
	char scratch[TEXT_MAX];
	const char *p, *end;
	int64_t offset;
	size_t len;
	bool there;

	if (v->type != DP_JSON_STRING)
		return &want_string;
	len = dp_value_text(v, scratch, sizeof scratch, &p);
	end = p + len;
	if (end - p >= TEXT_MAX)
		return &want_time;
	p = read_clock(p, end, us);
	if (p == NULL || !read_offset(p, end, &there, &offset) || offset != 0 ||
	    *us > DAY_US)
		return &want_time;
	return NULL;
}

dp_value_result
dp_value_timetz(const struct dp_scan_value *v, int64_t *us, int32_t *offset)
{
	static const struct dp_value_fault want = { "format",
		"a time with its offset from UTC" };
	static const struct dp_value_fault range = { "range",
		"an offset below 16 hours" };
	char scratch[TEXT_MAX];
	const char *p, *end;
	int64_t east;
	size_t len;
	bool there;

	if (v->type != DP_JSON_STRING)
		return &want_string;
	len = dp_value_text(v, scratch, sizeof scratch, &p);
	end = p + len;
	if (end - p >= TEXT_MAX)
		return &want;
	p = read_clock(p, end, us);
	if (p == NULL || !read_offset(p, end, &there, &east) || !there ||
	    *us > DAY_US)
		return &want;
	*offset = (int32_t)(east / 1000000);
	return *offset <= -57600 || *offset >= 57600 ? &range : NULL;
}
