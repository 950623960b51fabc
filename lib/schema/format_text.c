#include <string.h>

#include "schema/format_kind.h"

bool
dp_format_uuid(const char *text, size_t len)
{
	size_t i;

	if (len != 36)
		return false;
	for (i = 0; i < len; i++) {
		const bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !dp_ascii_hex(text[i]))
			return false;
	}
	return true;
}

/* RFC 6901, 3: ~ only in ~0 and ~1. */
bool
dp_format_json_pointer(const char *text, size_t len)
{
	size_t i;

	if (len > 0 && text[0] != '/')
		return false;
	for (i = 0; i < len; i++)
		if (text[i] == '~' &&
		    (++i == len || (text[i] != '0' && text[i] != '1')))
			return false;
	return true;
}

/* A number without zeros in front, from min on; its length or 0. */
static size_t
number(const char *text, size_t len, char min)
{
	size_t n = 0;

	if (len == 0 || text[0] < min || text[0] > '9')
		return 0;
	if (text[0] == '0')
		return 1;
	while (n < len && dp_ascii_digit(text[n]))
		n++;
	return n;
}

/* draft-bhutton-relative-json-pointer-00, 3. */
bool
dp_format_relative_json_pointer(const char *text, size_t len)
{
	size_t n = number(text, len, '0');

	if (n == 0)
		return false;
	if (n < len && (text[n] == '+' || text[n] == '-')) {
		const size_t more = number(text + n + 1, len - n - 1, '1');

		if (more == 0)
			return false;
		n += more + 1;
	}
	if (len - n == 1 && text[n] == '#')
		return true;
	return dp_format_json_pointer(text + n, len - n);
}

/* varname: names with single dots between them (RFC 6570, 2.3). */
static const char *
variable(const char *p, const char *end)
{
	bool may_dot = false;

	for (;;) {
		const size_t n = p == end ? 0 : dp_format_escape(p, end);

		if (n > 0 ||
		    (p < end &&
			(dp_ascii_letter(*p) || dp_ascii_digit(*p) ||
			    *p == '_'))) {
			p += n > 0 ? n : 1;
			may_dot = true;
		} else if (p < end && *p == '.' && may_dot) {
			p++;
			may_dot = false;
		} else {
			return may_dot ? p : NULL;
		}
	}
}

/* varspec, RFC 6570, 2.3 and 2.4: a name and ":1" to ":9999", or "*". */
static const char *
varspec(const char *p, const char *end)
{
	p = variable(p, end);
	if (p == NULL || p == end)
		return NULL;
	if (*p == '*')
		return p + 1;
	if (*p == ':') {
		const size_t n = number(p + 1, (size_t)(end - p - 1), '1');

		return n == 0 || n > 4 ? NULL : p + 1 + n;
	}
	return p;
}

/* An expression behind its brace, to behind the other one; or NULL. */
static const char *
expression(const char *p, const char *end)
{
	if (p < end && *p != '\0' && strchr("+#./;?&=,!@|", *p) != NULL)
		p++;
	for (;;) {
		p = varspec(p, end);
		if (p == NULL || p == end)
			return NULL;
		if (*p == '}')
			return p + 1;
		if (*p++ != ',')
			return NULL;
	}
}

bool
dp_format_uri_template(const char *text, size_t len)
{
	/* literals, RFC 6570, 2.1, with erratum 6937: an apostrophe too. */
	static const struct dp_ascii literals = { { 0xafffffda00000000,
	    0x47fffffeafffffff } };
	const char *p = text, *const end = text + len;

	while (p != NULL && p < end) {
		size_t n = 1;

		if (*p == '{') {
			p = expression(p + 1, end);
			continue;
		}
		if (!dp_ascii_has(&literals, *p)) {
			n = dp_format_escape(p, end);
			if (n == 0)
				n = dp_format_ucschar(p, end, true);
			if (n == 0)
				return false;
		}
		p += n;
	}
	return p != NULL;
}
