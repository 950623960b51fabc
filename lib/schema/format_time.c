#include <string.h>

#include "schema/format_kind.h"

/* Two digits, up to max; -1 when they are not there. */
static int
two(const char *p, int max)
{
	int n;

	if (!dp_ascii_digit(p[0]) || !dp_ascii_digit(p[1]))
		return -1;
	n = (p[0] - '0') * 10 + (p[1] - '0');
	return n <= max ? n : -1;
}

static int
days_of(int year, int month)
{
	static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* A day of the calendar, and how many days its month has after it. */
struct day {
	int mday, month_days;
};

/* full-date, RFC 3339, 5.6; the 10 bytes at p. */
static bool
read_date(const char *p, struct day *d)
{
	const int century = two(p, 99);
	const int years = two(p + 2, 99);
	int month;

	if (century < 0 || years < 0 || p[4] != '-' || p[7] != '-')
		return false;
	month = two(p + 5, 12);
	d->mday = two(p + 8, 31);
	if (month < 1 || d->mday < 1)
		return false;
	d->month_days = days_of(century * 100 + years, month);
	return d->mday <= d->month_days;
}

/* time-offset: Z or +hh:mm, in minutes. */
static bool
read_offset(const char *p, size_t len, int *offset)
{
	int hours, minutes;

	*offset = 0;
	if (len == 1)
		return *p == 'Z' || *p == 'z';
	if (len != 6 || (*p != '+' && *p != '-') || p[3] != ':')
		return false;
	hours = two(p + 1, 23);
	minutes = two(p + 4, 59);
	if (hours < 0 || minutes < 0)
		return false;
	*offset = hours * 60 + minutes;
	if (*p == '-')
		*offset = -*offset;
	return true;
}

/*
 * A leap second is the last one of a UTC month (RFC 3339, 5.7 and appendix
 * D); without a date, of a UTC day.
 */
static bool
leap_allowed(int hours, int minutes, int offset, const struct day *d)
{
	const int utc = hours * 60 + minutes - offset;
	const int day = 24 * 60;

	if ((utc + 2 * day) % day != day - 1)
		return false;
	if (d == NULL)
		return true;
	if (utc < 0) /* the day before, the last one of its month */
		return d->mday == 1;
	if (utc >= day)
		return d->mday == d->month_days - 1;
	return d->mday == d->month_days;
}

/* full-time, RFC 3339, 5.6; d is its date or NULL. */
static bool
read_time(const char *p, size_t len, const struct day *d)
{
	int hours, minutes, seconds, offset;
	size_t i = 8;

	if (len < 9 || p[2] != ':' || p[5] != ':')
		return false;
	hours = two(p, 23);
	minutes = two(p + 3, 59);
	seconds = two(p + 6, 60);
	if (hours < 0 || minutes < 0 || seconds < 0)
		return false;
	if (p[i] == '.') {
		do
			i++;
		while (i < len && dp_ascii_digit(p[i]));
		if (i == 9)
			return false;
	}
	if (i == len || !read_offset(p + i, len - i, &offset))
		return false;
	return seconds < 60 || leap_allowed(hours, minutes, offset, d);
}

bool
dp_format_date(const char *text, size_t len)
{
	struct day d;

	return len == 10 && read_date(text, &d);
}

bool
dp_format_time(const char *text, size_t len)
{
	return read_time(text, len, NULL);
}

bool
dp_format_date_time(const char *text, size_t len)
{
	struct day d;

	return len > 11 && read_date(text, &d) &&
	    (text[10] == 'T' || text[10] == 't') &&
	    read_time(text + 11, len - 11, &d);
}

/*
 * Units that follow one another without a gap: each but the first needs the
 * one before it (RFC 3339, appendix A).  Returns what is behind them, or
 * NULL when there was none.
 */
static const char *
units(const char *p, const char *end, const char *names)
{
	const char *name = NULL, *s = p;

	for (;;) {
		while (s < end && dp_ascii_digit(*s))
			s++;
		if (s == p)
			return name == NULL ? NULL : p;
		if (s == end)
			return NULL;
		if (name == NULL) {
			name = *s == '\0' ? NULL : strchr(names, *s);
			if (name == NULL)
				return NULL;
		} else if (*++name != *s || *name == '\0') {
			return NULL;
		}
		p = ++s;
	}
}

bool
dp_format_duration(const char *text, size_t len)
{
	const char *p = text, *const end = text + len;

	if (len < 3 || *p++ != 'P')
		return false;
	if (*p != 'T') {
		const char *after = units(p, end, "W");

		if (after == end)
			return true;
		p = units(p, end, "YMD");
		if (p == NULL)
			return false;
		if (p == end)
			return true;
	}
	return *p == 'T' && units(p + 1, end, "HMS") == end;
}
