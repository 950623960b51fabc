#include <string.h>

#include "schema/format_kind.h"

/* Atoms of a local part (RFC 5322, 3.2.3). */
static const struct dp_ascii atext = { { 0xa3ffacfa00000000,
    0x7fffffffc7fffffe } };

bool
dp_format_ipv4(const char *text, size_t len)
{
	const char *p = text, *const end = text + len;
	int part;

	if (len < 7 || len > 15)
		return false;
	for (part = 0; part < 4; part++) {
		const char *const start = p;
		int n = 0;

		if (part > 0 && (p == end || *p++ != '.'))
			return false;
		for (; p < end && dp_ascii_digit(*p); p++) {
			const char *const first = start + (part > 0);

			/* No zero in front: it would look octal. */
			if (p > first && *first == '0')
				return false;
			n = n * 10 + (*p - '0');
			if (n > 255)
				return false;
		}
		if (p == start + (part > 0))
			return false;
	}
	return p == end;
}

/* RFC 4291, 2.2: groups of 16 bits, one run of them as "::". */
bool
dp_format_ipv6(const char *text, size_t len)
{
	const char *p = text, *const end = text + len;
	bool gap = false;
	int groups = 0;

	if (len < 2 || len > 45)
		return false;
	while (p < end) {
		const char *start = p;

		if (*p == ':') {
			/* Between groups one, and two for the gap. */
			if (p + 1 < end && p[1] == ':') {
				if (gap)
					return false;
				gap = true;
				p += 2;
				if (p == end)
					break;
			} else if (groups == 0 || ++p == end) {
				return false;
			}
			start = p;
		} else if (groups > 0) {
			return false;
		}
		while (p < end && dp_ascii_hex(*p))
			p++;
		if (p < end && *p == '.') {
			if (!dp_format_ipv4(start, (size_t)(end - start)))
				return false;
			groups += 2;
			break;
		}
		if (p == start || p - start > 4 || ++groups > 8)
			return false;
	}
	return gap ? groups < 8 : groups == 8;
}

bool
dp_format_label(const char *label, size_t len)
{
	static const struct dp_ascii ldh = { { 0x03ff200000000000,
	    0x07fffffe07fffffe } };
	size_t i;

	if (len == 0 || len > 63 || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++)
		if (!dp_ascii_has(&ldh, label[i]))
			return false;
	return true;
}

bool
dp_format_hostname(const char *text, size_t len)
{
	const char *p = text, *const end = text + len;
	bool encoded = false;

	/* 255 octets on the wire, with a length before each label. */
	if (len > 253)
		return false;
	for (;;) {
		const char *dot = memchr(p, '.', (size_t)(end - p));
		const size_t n = (size_t)((dot == NULL ? end : dot) - p);

		if (!dp_format_label(p, n))
			return false;
		encoded |= dp_format_a_label(p, n);
		if (dot == NULL)
			break;
		p = dot + 1;
	}
#ifdef DP_HAVE_IDN
	return !encoded || dp_idn_host(text, len, false);
#else
	return true;
#endif
}

/* The local part, quoted or not (RFC 5321, 4.1.2); NULL when it is none. */
static const char *
local_part(const char *p, const char *end, bool international)
{
	const char *const start = p;

	if (p < end && *p == '"') {
		for (p++; p < end && *p != '"'; p++) {
			if (*p == '\\' && ++p == end)
				return NULL;
			if (((unsigned char)*p < 0x20 || *p == 0x7f) ||
			    ((unsigned char)*p >= 0x80 && !international))
				return NULL;
		}
		return p == end ? NULL : p + 1;
	}
	for (; p < end && *p != '@'; p++) {
		if (*p == '.') {
			if (p == start || p[-1] == '.' || p + 1 == end ||
			    p[1] == '@')
				return NULL;
		} else if (!dp_ascii_has(&atext, *p) &&
		    ((unsigned char)*p < 0x80 || !international)) {
			return NULL;
		}
	}
	return p == start ? NULL : p;
}

/* [127.0.0.1] and [IPv6:::1] (RFC 5321, 4.1.3). */
static bool
address_literal(const char *p, size_t len)
{
	static const char tag[] = "ipv6:";
	size_t i;

	if (len < 2 || p[0] != '[' || p[len - 1] != ']')
		return false;
	p++;
	len -= 2;
	for (i = 0; i < 5 && i < len && (p[i] | 0x20) == (tag[i] | 0x20); i++)
		;
	return i == 5 ? dp_format_ipv6(p + 5, len - 5) : dp_format_ipv4(p, len);
}

static bool
mailbox(const char *text, size_t len, bool international)
{
	const char *const end = text + len;
	const char *at = local_part(text, end, international);
	size_t n;

	/* RFC 5321, 4.5.3.1.1; an international one may be counted anew. */
	if (at == NULL || at == end || *at != '@' ||
	    (at - text > 64 && !international))
		return false;
	at++;
	n = (size_t)(end - at);
	if (n > 0 && *at == '[')
		return address_literal(at, n);
#ifdef DP_HAVE_IDN
	if (international)
		return dp_idn_host(at, n, true);
#endif
	return dp_format_hostname(at, n);
}

bool
dp_format_email(const char *text, size_t len)
{
	return mailbox(text, len, false);
}

bool
dp_format_idn_email(const char *text, size_t len)
{
	return mailbox(text, len, true);
}
