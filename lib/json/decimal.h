/*
 * decimal: exact arithmetic on JSON numbers as they stand in the text.
 *
 * No double decides anything: 9007199254740992.5 is no integer, 1e3 is one,
 * 0.1 equals 1e-1.  Each function takes the text of one number that the
 * scanner has accepted.  Exponents beyond DP_DECIMAL_EXP_MAX saturate.
 */
#ifndef DP_JSON_DECIMAL_H
#define DP_JSON_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_DECIMAL_EXP_MAX INT64_C(1000000000000000000)

/* The value 0.d1d2d3... * 10^exp; d1 and the last digit are not 0. */
struct dp_decimal {
	const char *digits; /* the first digit, d1 */
	size_t len;         /* bytes up to the last digit, a '.' included */
	size_t ndigits;     /* without the '.' */
	int64_t exp;
	bool negative;
	bool zero; /* then nothing else means anything */
};

void dp_decimal_read(struct dp_decimal *d, const char *text, size_t len);

/* Below 0, 0 or above 0, as a is less than, equal to or more than b. */
int dp_decimal_compare(const char *a, size_t a_len, const char *b,
    size_t b_len);

bool dp_decimal_integral(const char *text, size_t len);

/* Sets *n and returns 0, or -1 when it is no integer or does not fit. */
int dp_decimal_int64(const char *text, size_t len, int64_t *n);

#endif
