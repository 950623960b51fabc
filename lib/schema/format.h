/*
 * format: the formats of JSON Schema, as assertions.
 *
 * All of the specification: date, time, date-time and duration (RFC 3339,
 * a leap second only at the end of a UTC month, no offset of 24 hours),
 * email (RFC 5321) and idn-email (RFC 6531), hostname (RFC 1123; a label
 * xn-- is decoded and checked) and idn-hostname (IDNA2008, RFC 5890 to
 * 5893), ipv4, ipv6 (RFC 4291), uri and uri-reference (RFC 3986), iri and
 * iri-reference (RFC 3987), uri-template (RFC 6570), uuid (RFC 9562),
 * json-pointer (RFC 6901), relative-json-pointer, regex (ECMA-262).
 *
 * Each is a pure function of the text, linear in its length, and takes no
 * memory, but for labels beyond ASCII, which libidn2 decides.  A build
 * without it has no idn-hostname and no idn-email, and takes a label xn--
 * for what it is in ASCII.
 */
#ifndef DP_SCHEMA_FORMAT_H
#define DP_SCHEMA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct dp_format; /* one of a const table */

/* NULL: the specification has no such format, or this build has not. */
const struct dp_format *dp_format_find(const char *name, size_t len);

/* True when the specification has it, but this build has not. */
bool dp_format_missing(const char *name, size_t len);

const char *dp_format_name(const struct dp_format *f);

/* text is UTF-8 without JSON escapes; it may hold NUL. */
bool dp_format_match(const struct dp_format *f, const char *text, size_t len);

#endif
