/*
 * format_kind: the functions behind schema/format.h, and what they share,
 * for format.c and format_*.c alone.
 */
#ifndef DP_SCHEMA_FORMAT_KIND_H
#define DP_SCHEMA_FORMAT_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef bool dp_format_fn(const char *text, size_t len);

dp_format_fn dp_format_date, dp_format_time, dp_format_date_time;
dp_format_fn dp_format_duration;
dp_format_fn dp_format_email, dp_format_idn_email;
dp_format_fn dp_format_hostname, dp_format_idn_hostname;
dp_format_fn dp_format_ipv4, dp_format_ipv6;
dp_format_fn dp_format_uri, dp_format_uri_reference;
dp_format_fn dp_format_iri, dp_format_iri_reference;
dp_format_fn dp_format_uri_template, dp_format_uuid;
dp_format_fn dp_format_json_pointer, dp_format_relative_json_pointer;

/* What a name in an international address may be; see format_idn.c. */
bool dp_idn_host(const char *text, size_t len, bool normalize);

/* Letters, digits and inner hyphens, 1 to 63 of them (RFC 1123, 2.1). */
bool dp_format_label(const char *label, size_t len);

/* A set of ASCII characters. */
struct dp_ascii {
	uint64_t bits[2];
};

static inline bool
dp_ascii_has(const struct dp_ascii *set, char c)
{
	const unsigned char u = (unsigned char)c;

	return u < 0x80 && (set->bits[u >> 6] >> (u & 63) & 1) != 0;
}

static inline bool
dp_ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
dp_ascii_hex(char c)
{
	const char low = (char)(c | 0x20);

	return dp_ascii_digit(c) || (low >= 'a' && low <= 'f');
}

static inline bool
dp_ascii_letter(char c)
{
	const char low = (char)(c | 0x20);

	return low >= 'a' && low <= 'z';
}

/* True when label begins with xn--: the form of RFC 5890, 2.3.2.1. */
static inline bool
dp_format_a_label(const char *label, size_t len)
{
	return len >= 4 && (label[0] | 0x20) == 'x' &&
	    (label[1] | 0x20) == 'n' && label[2] == '-' && label[3] == '-';
}

/*
 * The length of an escape %XX or of a character beyond ASCII that an IRI
 * may have (RFC 3987: ucschar, and with private_use iprivate) at p; 0 when
 * there is none.
 */
size_t dp_format_escape(const char *p, const char *end);
size_t dp_format_ucschar(const char *p, const char *end, bool private_use);

#endif
