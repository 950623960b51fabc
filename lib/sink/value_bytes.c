/* Bytes that are written as text: base16, base64, uuid, macaddr. */
#include <string.h>

#include "sink/value.h"

static const struct dp_value_fault want_string = { "type", "a string" };

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits; -1 when they are none. */
static int
pair(const char *p)
{
	const int high = hex(p[0]), low = hex(p[1]);

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

dp_value_result
dp_value_uuid(const struct dp_scan_value *v, uint8_t id[16])
{
	static const struct dp_value_fault format = { "format", "a uuid" };
	char scratch[64];
	const char *p;
	size_t i, at = 0;

	if (v->type != DP_JSON_STRING)
		return &want_string;
	if (dp_value_text(v, scratch, sizeof scratch, &p) != 36)
		return &format;
	for (i = 0; i < 16; i++) {
		int byte;

		if (i == 4 || i == 6 || i == 8 || i == 10)
			if (p[at++] != '-')
				return &format;
		byte = pair(p + at);
		if (byte < 0)
			return &format;
		id[i] = (uint8_t)byte;
		at += 2;
	}
	return NULL;
}

dp_value_result
dp_value_macaddr(const struct dp_scan_value *v, size_t n, uint8_t *id)
{
	static const struct dp_value_fault format = { "format",
		"a MAC address" };
	char scratch[64];
	const char *p;
	size_t i;

	if (v->type != DP_JSON_STRING)
		return &want_string;
	if (dp_value_text(v, scratch, sizeof scratch, &p) != 3 * n - 1)
		return &format;
	for (i = 0; i < n; i++, p += 3) {
		const int byte = pair(p);

		/* One kind of mark between them all. */
		if (byte < 0 ||
		    (i > 0 &&
			((p[-1] != ':' && p[-1] != '-') ||
			    (i > 1 && p[-1] != p[-4]))))
			return &format;
		id[i] = (uint8_t)byte;
	}
	return NULL;
}

static dp_value_result
base16(const char *p, size_t len, char *out, size_t *n)
{
	static const struct dp_value_fault format = { "format",
		"pairs of hexadecimal digits" };
	size_t i;

	if (len % 2 != 0)
		return &format;
	for (i = 0; i < len; i += 2) {
		const int byte = pair(p + i);

		if (byte < 0)
			return &format;
		*out++ = (char)byte;
	}
	*n = len / 2;
	return NULL;
}

static int
letter(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Padded, and without a bit that would be dropped. */
static dp_value_result
base64(const char *p, size_t len, char *out, size_t *n)
{
	static const struct dp_value_fault format = { "format",
		"base64, or \\x and hexadecimal digits" };
	size_t i, pad = 0, bits = 0;
	uint32_t word = 0;
	char *to = out;

	if (len % 4 != 0)
		return &format;
	while (pad < 2 && pad < len && p[len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < len - pad; i++) {
		const int six = letter(p[i]);

		if (six < 0)
			return &format;
		word = word << 6 | (uint32_t)six;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		*to++ = (char)(word >> bits);
		word &= (UINT32_C(1) << bits) - 1;
	}
	*n = (size_t)(to - out);
	return word == 0 ? NULL : &format;
}

dp_value_result
dp_value_bytes(const struct dp_scan_value *v, bool digits, char *out,
    size_t *len)
{
	const char *p;
	size_t n;

	if (v->type != DP_JSON_STRING)
		return &want_string;
	/* What is written never passes what is read. */
	n = dp_value_text(v, out, v->len - 2, &p);
	if (digits)
		return base16(p, n, out, len);
	if (n >= 2 && p[0] == '\\' && p[1] == 'x')
		return base16(p + 2, n - 2, out, len);
	return base64(p, n, out, len);
}
