/*
 * value: JSON values as the scanner found them, into what databases keep.
 *
 * Each function takes a value that the scanner has accepted, straight from
 * the text: no integer ever passes through a double.  It returns NULL, or a
 * fault: a code word (base/code.h) and what was wanted, both constant.
 * Nothing is rounded but fractions of a second (to microseconds, half up)
 * and floating point numbers (to the nearest, ties to even: IEEE 754).
 * Sources: RFC 3339 (date-time, duration), RFC 9562 (uuid), RFC 4648
 * (base16, base64), PostgreSQL's receive functions for the binary forms.
 */
#ifndef DP_SINK_VALUE_H
#define DP_SINK_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/scan.h"

struct dp_buf;

struct dp_value_fault {
	const char *code;
	const char *wanted; /* "want a date-time" */
};

typedef const struct dp_value_fault *dp_value_result;

/* A string's text that is short: escapes resolved, at most cap bytes. */
size_t dp_value_text(const struct dp_scan_value *v, char *scratch, size_t cap,
    const char **text);

/* Integral values only, min <= *n <= max. */
dp_value_result dp_value_int(const struct dp_scan_value *v, int64_t min,
    int64_t max, int64_t *n);

/* Range: what is no finite number, or would become 0 and is not. */
dp_value_result dp_value_double(const struct dp_scan_value *v, double *d);
dp_value_result dp_value_float(const struct dp_scan_value *v, float *f);

/*
 * Appends PostgreSQL's binary numeric: digits in base 10000, exact.
 * precision 0: any; else what has more than scale digits behind the point,
 * or more than precision - scale before it, is out of range.
 */
dp_value_result dp_value_numeric(const struct dp_scan_value *v, int precision,
    int scale, struct dp_buf *out);

/* Microseconds since 2000-01-01T00:00:00Z; years 1 to 9999. */
dp_value_result dp_value_timestamp(const struct dp_scan_value *v,
    bool with_zone, int64_t *us);

/* The same from a number of units since 1970; per_second 1 to 10^9. */
dp_value_result dp_value_epoch(const struct dp_scan_value *v,
    int64_t per_second, int64_t *us);
dp_value_result dp_value_date(const struct dp_scan_value *v, int32_t *days);
dp_value_result dp_value_time(const struct dp_scan_value *v, int64_t *us);
/* The offset from UTC in seconds, below 16 hours as PostgreSQL has it. */
dp_value_result dp_value_timetz(const struct dp_scan_value *v, int64_t *us,
    int32_t *offset);

/* A duration of ISO 8601, its sign in front of P or of any number. */
struct dp_value_interval {
	int64_t us;
	int32_t days, months;
};

dp_value_result dp_value_interval(const struct dp_scan_value *v,
    struct dp_value_interval *out);

/*
 * Bytes from base64 (RFC 4648, 4) or, behind "\x" or with hex, from
 * hexadecimal digits; out has room for the length of the text.
 */
dp_value_result dp_value_bytes(const struct dp_scan_value *v, bool digits,
    char *out, size_t *len);

/* n pairs of hexadecimal digits, with ":" or "-" between them. */
dp_value_result dp_value_macaddr(const struct dp_scan_value *v, size_t n,
    uint8_t *id);
dp_value_result dp_value_uuid(const struct dp_scan_value *v, uint8_t id[16]);

/* family 4 or 6, bits of the mask, the address of 4 or 16 bytes. */
struct dp_value_inet {
	uint8_t family, bits, len;
	uint8_t address[16];
};

/* A network has no bit set behind its mask. */
dp_value_result dp_value_cidr(const struct dp_scan_value *v,
    struct dp_value_inet *a);

dp_value_result dp_value_inet(const struct dp_scan_value *v,
    struct dp_value_inet *a);

/* Characters of a string, an escape counting as what it means. */
uint64_t dp_value_chars(const struct dp_scan_value *v);

#endif
