#include <string.h>

#include "schema/format_kind.h"

/* RFC 3986, appendix A; an escape %XX may stand beside each of them. */
static const struct dp_ascii scheme_set = { { 0x03ff680000000000,
    0x07fffffe07fffffe } };
static const struct dp_ascii name_set = { { 0x2bff7fd200000000,
    0x47fffffe87fffffe } }; /* unreserved, sub-delims */
static const struct dp_ascii user_set = { { 0x2fff7fd200000000,
    0x47fffffe87fffffe } }; /* and : */
static const struct dp_ascii path_set = { { 0x2fffffd200000000,
    0x47fffffe87ffffff } }; /* and : @ / */
static const struct dp_ascii query_set = { { 0xafffffd200000000,
    0x47fffffe87ffffff } }; /* and : @ / ? */

size_t
dp_format_escape(const char *p, const char *end)
{
	return end - p >= 3 && p[0] == '%' && dp_ascii_hex(p[1]) &&
		dp_ascii_hex(p[2])
	    ? 3
	    : 0;
}

size_t
dp_format_ucschar(const char *p, const char *end, bool private_use)
{
	const unsigned char *s = (const unsigned char *)p;
	const size_t n = *s < 0xc0 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	uint32_t c = *s;
	size_t i;

	if (n == 1 || (size_t)(end - p) < n)
		return 0;
	c &= 0x7fU >> n;
	for (i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	/* RFC 3987, 2.2: no controls, surrogates, noncharacters, tags. */
	if (c < 0xa0 || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c < 0xfdf0) ||
	    (c >= 0xfff0 && c <= 0xffff) || (c >= 0xe0000 && c < 0xe1000))
		return 0;
	if ((c >= 0xe000 && c < 0xf900) || c >= 0xf0000)
		return private_use ? n : 0;
	return n;
}

/* Steps over what a part may hold. */
static const char *
run(const char *p, const char *end, const struct dp_ascii *set, bool iri)
{
	while (p < end) {
		size_t n = 1;

		if (!dp_ascii_has(set, *p)) {
			n = dp_format_escape(p, end);
			if (n == 0 && iri)
				n = dp_format_ucschar(p, end,
				    set == &query_set);
			if (n == 0)
				break;
		}
		p += n;
	}
	return p;
}

/* What stands in brackets: IPv6address or IPvFuture (RFC 3986, 3.2.2). */
static bool
ip_literal(const char *p, size_t len)
{
	const char *const end = p + len;

	if (len == 0 || (*p | 0x20) != 'v')
		return dp_format_ipv6(p, len);
	for (p++; p < end && dp_ascii_hex(*p); p++)
		;
	return p > end - len + 1 && p + 1 < end && *p == '.' &&
	    memchr(p, '%', (size_t)(end - p)) == NULL &&
	    run(p + 1, end, &user_set, false) == end;
}

/* Behind "//", up to the path; false when it is no authority. */
static bool
authority(const char *p, const char *end, bool iri)
{
	const char *at = memchr(p, '@', (size_t)(end - p));

	if (at != NULL) {
		if (run(p, at, &user_set, iri) != at)
			return false;
		p = at + 1;
	}
	if (p < end && *p == '[') {
		const char *close = memchr(p, ']', (size_t)(end - p));

		if (close == NULL ||
		    !ip_literal(p + 1, (size_t)(close - p - 1)))
			return false;
		p = close + 1;
	} else {
		p = run(p, end, &name_set, iri);
	}
	if (p < end && *p == ':')
		for (p++; p < end && dp_ascii_digit(*p); p++)
			;
	return p == end;
}

/* The length of a scheme and its colon, 0 without one. */
static size_t
scheme(const char *text, size_t len)
{
	size_t n = 0;

	if (len == 0 || !dp_ascii_letter(text[0]))
		return 0;
	while (n < len && dp_ascii_has(&scheme_set, text[n]))
		n++;
	return n < len && text[n] == ':' ? n + 1 : 0;
}

static bool
identifier(const char *text, size_t len, bool relative, bool iri)
{
	const char *p = text, *const end = text + len;
	const size_t n = scheme(text, len);

	if (n == 0 && !relative)
		return false;
	p += n;
	if (end - p >= 2 && p[0] == '/' && p[1] == '/') {
		const char *host = p + 2;

		for (p = host; p < end && *p != '/' && *p != '?' && *p != '#';)
			p++;
		if (!authority(host, p, iri))
			return false;
	} else if (n == 0) {
		/* No colon in the first segment: it would be a scheme. */
		const char *s = p;

		while (s < end && *s != '/' && *s != '?' && *s != '#')
			if (*s++ == ':')
				return false;
	}
	p = run(p, end, &path_set, iri);
	if (p < end && *p == '?')
		p = run(p + 1, end, &query_set, iri);
	if (p < end && *p == '#') {
		/* A fragment has the same set, but nothing private. */
		for (p++; p < end;) {
			const char *after = run(p, end, &query_set, false);
			const size_t high = after < end && iri
			    ? dp_format_ucschar(after, end, false)
			    : 0;

			if (after < end && high == 0)
				return false;
			p = after + high;
		}
	}
	return p == end;
}

bool
dp_format_uri(const char *text, size_t len)
{
	return identifier(text, len, false, false);
}

bool
dp_format_uri_reference(const char *text, size_t len)
{
	return identifier(text, len, true, false);
}

bool
dp_format_iri(const char *text, size_t len)
{
	return identifier(text, len, false, true);
}

bool
dp_format_iri_reference(const char *text, size_t len)
{
	return identifier(text, len, true, true);
}
