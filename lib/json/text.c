#include "json/text.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "json/lex.h"
#include "json/unescape.h"

#define GROWS 6                    /* bytes that an escape takes at most */
#define PIECE 256                  /* bytes that are quoted at a time */
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Bytes of the character at p, 0 when it is none that UTF-8 has. */
static size_t
char_len(const char *p, const char *end)
{
	char safe[8] = { 0 };
	const char *after;
	size_t n = (size_t)(end - p);

	if ((unsigned char)*p < 0x80)
		return 1;
	memcpy(safe, p, n < 4 ? n : 4);
	after = dp_lex_utf8(safe);
	return after == NULL ? 0 : (size_t)(after - safe);
}

bool
dp_json_utf8(const char *data, size_t len)
{
	const char *p = data, *const end = data + len;

	while (p < end) {
		size_t n;

		while (
		    end - p >= 8 && (dp_lex_load8(p) & DP_LEX_EVERY(0x80)) == 0)
			p += 8;
		if (p == end)
			break;
		n = char_len(p, end);
		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

/* The escape of a character that must not stand as it is. */
static char *
put_escape(char *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char names[] = "bfnrt\"\\", bytes[] = "\b\f\n\r\t\"\\";
	const char *name = c == 0 ? NULL : strchr(bytes, c);

	*out++ = '\\';
	if (name != NULL) {
		*out++ = names[name - bytes];
		return out;
	}
	memcpy(out, "u00", 3);
	out[3] = hex[c >> 4];
	out[4] = hex[c & 15];
	return out + 5;
}

static bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/*
 * True when none of 8 bytes asks for a look: no control byte, DEL, quote,
 * backslash, or byte of a longer character.
 */
static bool
are_plain(const char *p)
{
	const uint64_t w = dp_lex_load8(p), ones = DP_LEX_EVERY(1);
	const uint64_t q = w ^ DP_LEX_EVERY('"'), b = w ^ DP_LEX_EVERY('\\');
	const uint64_t hit =
	    (q - ones) | (b - ones) | (w - DP_LEX_EVERY(0x20)) | (w + ones) | w;

	return (hit & DP_LEX_EVERY(0x80)) == 0;
}

/* One character of data, or 8; returns behind it, *out behind the output. */
static const char *
quote_some(char **out, const char *p, const char *end, bool any)
{
	const unsigned char c = (unsigned char)*p;
	size_t n = 1;

	if (end - p >= 8 && are_plain(p)) {
		memcpy(*out, p, 8);
		*out += 8;
		return p + 8;
	}
	if (needs_escape(c)) {
		*out = put_escape(*out, c);
		return p + 1;
	}
	if (c >= 0x80 && any) {
		n = char_len(p, end);
		if (n == 0) {
			memcpy(*out, REPLACEMENT, 3);
			*out += 3;
			return p + 1;
		}
	}
	for (; n > 0; n--)
		*(*out)++ = *p++;
	return p;
}

static void
quote(struct dp_buf *b, const char *data, size_t len, bool any)
{
	const char *p = data, *const end = data + len;

	(void)dp_buf_addc(b, '"');
	while (p < end) {
		const char *const stop = end - p > PIECE ? p + PIECE : end;
		char *out;

		/* A character of up to 4 bytes may begin before stop. */
		if (dp_buf_reserve(b, (PIECE + 8) * GROWS) == -1)
			return;
		out = b->data + b->len;
		while (p < stop)
			p = quote_some(&out, p, end, any);
		b->len = (size_t)(out - b->data);
	}
	(void)dp_buf_addc(b, '"');
}

void
dp_json_quote(struct dp_buf *b, const char *data, size_t len)
{
	quote(b, data, len, false);
}

void
dp_json_quote_any(struct dp_buf *b, const char *data, size_t len)
{
	quote(b, data, len, true);
}

void
dp_json_base64(struct dp_buf *b, const char *data, size_t len)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	if (dp_buf_reserve(b, (len + 2) / 3 * 4) == -1)
		return;
	for (i = 0; i < len; i += 3) {
		const size_t n = len - i < 3 ? len - i : 3;
		uint32_t w = 0;
		char four[4];
		size_t k;

		for (k = 0; k < 3; k++)
			w = w << 8 | (k < n ? (unsigned char)data[i + k] : 0u);
		for (k = 0; k < 4; k++)
			four[k] = k > n ? '=' : set[w >> (18 - 6 * k) & 63];
		(void)dp_buf_add(b, four, sizeof four);
	}
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
dp_json_unbase64(struct dp_buf *b, const char *data, size_t len)
{
	size_t i, k, pad = 0;

	if (len % 4 != 0)
		return -1;
	while (pad < 2 && len > 0 && data[len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < len; i += 4) {
		const size_t n = i + 4 < len ? 3 : 3 - pad;
		uint32_t w = 0;
		char three[3];

		for (k = 0; k < 4; k++) {
			const int v = k > n ? 0 : base64_value(data[i + k]);

			if (v < 0)
				return -1;
			w = w << 6 | (uint32_t)v;
		}
		/* Bits behind the last byte must be 0: one text, one form. */
		if (n < 3 && (w & (n == 2 ? 0xffu : 0xffffu)) != 0)
			return -1;
		for (k = 0; k < 3; k++)
			three[k] = (char)(w >> (16 - 8 * k) & 0xff);
		(void)dp_buf_add(b, three, n);
	}
	return 0;
}

void
dp_json_unescape(struct dp_buf *b, const char *raw, size_t len)
{
	struct dp_unescape u = dp_unescape_of(raw, len);

	/* The text is never longer than its JSON. */
	if (dp_buf_reserve(b, len) == -1)
		return;
	b->len += dp_unescape_some(&u, b->data + b->len, len);
}

void
dp_json_pointer_add(struct dp_buf *b, const char *key, size_t len)
{
	size_t i;

	(void)dp_buf_addc(b, '/');
	for (i = 0; i < len; i++) {
		if (key[i] == '~')
			(void)dp_buf_adds(b, "~0");
		else if (key[i] == '/')
			(void)dp_buf_adds(b, "~1");
		else
			(void)dp_buf_addc(b, key[i]);
	}
}
