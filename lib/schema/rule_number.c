#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/decimal.h"
#include "schema/rule_worker.h"

#define SAFE_DIGITS 15  /* that every double keeps */
#define SAFE_LEN 300    /* a longer number is looked at as too long */
#define SHORTEST_MAX 17 /* digits that tell any double from all others */

static bool
in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
	    c == 'e' || c == 'E';
}

/* The shortest decimal that reads as d again has the value of text. */
static bool
keeps(const char *text, size_t len)
{
	char copy[SAFE_LEN + 1], shortest[40];
	int digits;
	double d;

	if (len > SAFE_LEN)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	d = strtod(copy, NULL);
	if (d - d != 0.0)
		return false; /* too large: infinite */
	for (digits = SAFE_DIGITS; digits <= SHORTEST_MAX; digits++) {
		(void)snprintf(shortest, sizeof shortest, "%.*g", digits, d);
		if (strtod(shortest, NULL) == d)
			break;
	}
	return dp_decimal_compare(text, len, shortest, strlen(shortest)) == 0;
}

bool
dp_rule_numbers_keep(const char *line, size_t len, const char **number,
    size_t *number_len)
{
	const char *p = line, *const end = line + len;

	while (p < end) {
		const char *start = p;

		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\';
			p++;
			continue;
		}
		if (*p != '-' && (*p < '0' || *p > '9')) {
			p++;
			continue;
		}
		while (p < end && in_number(*p))
			p++;
		/* A short one without an exponent needs no look. */
		if (p - start <= SAFE_DIGITS &&
		    memchr(start, 'e', (size_t)(p - start)) == NULL &&
		    memchr(start, 'E', (size_t)(p - start)) == NULL)
			continue;
		if (!keeps(start, (size_t)(p - start))) {
			*number = start;
			*number_len = (size_t)(p - start);
			return false;
		}
	}
	return true;
}
