#include "json/text.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "json/lex.h"
#include "json/unescape.h"

#define CHUNK 4096
#define SHORT 256 /* most names, pointers and lines are */
#define STEP ((size_t)16)
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

unsigned
dp_json_put_utf8(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool
dp_json_utf8(const char *data, size_t len)
{
	const char *p = data, *const end = data + len;

	while (p < end) {
		size_t n;

		while (end - p >= 16 &&
		    ((dp_lex_load8(p) | dp_lex_load8(p + 8)) &
			DP_LEX_EVERY(0x80)) == 0)
			p += 16;
		/* Of the last ones, all are in the last 16. */
		if (end - p < 16 && end - data >= 16 &&
		    ((dp_lex_load8(end - 16) | dp_lex_load8(end - 8)) &
			DP_LEX_EVERY(0x80)) == 0)
			return true;
		while (p < end && (unsigned char)*p < 0x80)
			p++;
		if (p == end)
			break;
		n = char_len(p, end);
		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

/* What stands for a byte that cannot stand for itself. */
static char *
put_escape(char *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[32] = { ['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't' };

	*out++ = '\\';
	if (c < 0x20 && letters[c] != '\0') {
		*out++ = letters[c];
	} else {
		memcpy(out, "u00", 3);
		out[3] = hex[c >> 4];
		out[4] = hex[c & 15];
		out += 5;
	}
	return out;
}

/* Of STEP bytes those that cannot stand as they are, a bit for each. */
struct marks {
	unsigned slash; /* a backslash goes before it */
	unsigned odd;   /* all others: control bytes and, if any, 0x80 up */
};

DP_LEX_INLINE struct marks
marks_of(const char *p, bool any)
{
#if defined(DP_LEX_PORTABLE)
	struct marks m = { 0 };
	unsigned i;

	for (i = 0; i < STEP; i++) {
		const unsigned char c = (unsigned char)p[i];

		m.slash |= (unsigned)(c == '"' || c == '\\') << i;
		m.odd |= (unsigned)(c < 0x20 || c == 0x7f || (any && c >= 0x80))
		    << i;
	}
	return m;
#else
	const __m128i v = _mm_loadu_si128((const void *)p);
	const __m128i slash =
	    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
		_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	/* Signed: control bytes, and 0x80 up. */
	const __m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)),
	    _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
	const unsigned high = (unsigned)_mm_movemask_epi8(v);

	return (struct marks){ .slash = (unsigned)_mm_movemask_epi8(slash),
		.odd = (unsigned)_mm_movemask_epi8(odd) & (any ? ~0u : ~high) };
#endif
}

/* The first n of STEP bytes, with the backslashes that they want.  Reads
 * and writes as much as STEP bytes too many. */
DP_LEX_INLINE char *
copy_slashed(char *out, const char *p, size_t n, unsigned slash)
{
	memcpy(out, p, STEP);
	for (slash &= (1u << n) - 1; slash != 0; slash &= slash - 1) {
		const size_t i = (size_t)__builtin_ctz(slash);

		out[i] = '\\';
		out++;
		memcpy(out + i, p + i, STEP);
	}
	return out + n;
}

/* One character that is odd. */
static char *
put_char(char *out, const char **text, const char *end)
{
	const char *p = *text;
	const unsigned char c = (unsigned char)*p;
	const size_t n = char_len(p, end);

	*text = p + (n == 0 ? 1 : n);
	if (n == 0) {
		memcpy(out, REPLACEMENT, sizeof REPLACEMENT - 1);
		return out + sizeof REPLACEMENT - 1;
	}
	if (c < 0x80)
		return put_escape(out, c);
	memcpy(out, p, n);
	return out + n;
}

/* From *text to stop, or to the end of the character there. */
static char *
quote_some(char *out, const char **text, const char *stop, const char *end,
    bool any)
{
	char last[4 * STEP]; /* the last bytes, with others behind them */
	const char *p = *text, *from;

	/* Most of a text has more behind it, and nothing odd. */
	while ((size_t)(stop - p) >= 2 * STEP) {
		const struct marks m = marks_of(p, any);

		if (m.odd != 0)
			break;
		out = copy_slashed(out, p, STEP, m.slash);
		p += STEP;
	}
	from = p;
	while (p < stop) {
		const size_t left = (size_t)(stop - p);
		size_t n = left < STEP ? left : STEP;
		const char *const before = p;
		struct marks m;

		if (left < 2 * STEP && from == p) {
			memcpy(last, p, left);
			from = last;
		}
		m = marks_of(from, any);
		m.odd &= (1u << n) - 1;
		if (m.odd != 0)
			n = (size_t)__builtin_ctz(m.odd);
		out = copy_slashed(out, from, n, m.slash);
		p += n;
		if (m.odd != 0)
			out = put_char(out, &p, end);
		from += p - before;
	}
	*text = p;
	return out;
}

/* any: what is not UTF-8 is not known to be. */
static void
quote(struct dp_buf *b, const char *data, size_t len, bool any)
{
	const char *p = data, *const end = data + len;

	do {
		const size_t left = (size_t)(end - p);
		const size_t some = left < CHUNK ? left : CHUNK;
		char *out;

		/* A byte takes 6 at most, a character no more than it is. */
		if (dp_buf_reserve(b, some * 6 + 2 * STEP) == -1)
			return;
		out = b->data + b->len;
		if (p == data)
			*out++ = '"';
		out = quote_some(out, &p, p + some, end, any);
		if (p == end)
			*out++ = '"';
		b->len = (size_t)(out - b->data);
	} while (p < end);
}

/*
 * A short text with its quotes; false when one of its bytes is odd.  It is
 * read from a copy that has others behind it, behind all that is written.
 */
DP_LEX_INLINE bool
quote_short(struct dp_buf *b, const char *data, size_t len, bool any)
{
	char *out, *from;
	size_t i;

	if (len > SHORT || dp_buf_reserve(b, len * 3 + 4 * STEP) == -1)
		return false;
	out = b->data + b->len;
	from = out + len * 2 + 2 * STEP;
	if (len > 0)
		memcpy(from, data, len);
	memset(from + len, ' ', STEP);
	*out++ = '"';
	for (i = 0; i < len; i += STEP) {
		const struct marks m = marks_of(from + i, any);

		if (m.odd != 0)
			return false;
		out = copy_slashed(out, from + i, STEP, m.slash);
	}
	out -= i - len;
	*out++ = '"';
	b->len = (size_t)(out - b->data);
	return true;
}

void
dp_json_quote(struct dp_buf *b, const char *data, size_t len)
{
	if (!quote_short(b, data, len, false))
		quote(b, data, len, false);
}

void
dp_json_quote_any(struct dp_buf *b, const char *data, size_t len)
{
	if (!quote_short(b, data, len, true))
		quote(b, data, len, true);
}

bool
dp_json_quote_utf8(struct dp_buf *b, const char *data, size_t len)
{
	/* Most is ASCII. */
	if (quote_short(b, data, len, true))
		return true;
	if (!dp_json_utf8(data, len))
		return false;
	quote(b, data, len, false);
	return true;
}

/* U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069; 0: none of them. */
static unsigned
turning_mark(const char *p)
{
	const unsigned char *s = (const unsigned char *)p;
	unsigned c;

	if (s[0] != 0xe2)
		return 0;
	c = 0x2000 | (s[1] & 0x3fU) << 6 | (s[2] & 0x3fU);
	return c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
		(c >= 0x2066 && c <= 0x2069)
	    ? c
	    : 0;
}

void
dp_json_visible(struct dp_buf *b, const char *data, size_t len)
{
	const char *p = data, *const end = data + len;

	while (p < end) {
		const size_t n = char_len(p, end);
		const unsigned char c = (unsigned char)*p;
		const unsigned mark = n == 3 ? turning_mark(p) : 0;

		if (n == 0 || c < 0x20 || c == 0x7f)
			(void)dp_buf_addf(b, "\\x%02x", c);
		else if (n == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0)
			(void)dp_buf_addf(b, "\\x%02x", (unsigned char)p[1]);
		else if (mark != 0)
			(void)dp_buf_addf(b, "\\u%04x", mark);
		else
			(void)dp_buf_add(b, p, n);
		p += n == 0 ? 1 : n;
	}
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

bool
dp_json_replace_nul(char *text, size_t len)
{
	char *p = text, *const end = text + len;
	bool any = false;

	while (
	    (p = memchr(p, '\\', (size_t)(end - p))) != NULL && end - p >= 6) {
		if (memcmp(p + 1, "u0000", 5) == 0) {
			memcpy(p + 2, "fffd", 4);
			any = true;
		}
		p += 2;
	}
	return any;
}

/* A bit for each of 8 bytes that is c, and perhaps for some behind one. */
static uint64_t
bytes_that_are(uint64_t w, char c)
{
	const uint64_t x = w ^ DP_LEX_EVERY((unsigned char)c);

	return (x - DP_LEX_EVERY(1)) & ~x & DP_LEX_EVERY(0x80);
}

void
dp_json_pointer_add(struct dp_buf *b, const char *key, size_t len)
{
	uint64_t marks = 0;
	size_t i;
	char *out;

	if (dp_buf_reserve(b, len * 2 + 1 + sizeof marks) == -1)
		return;
	out = b->data + b->len;
	*out++ = '/';
	memcpy(out, key, len);
	memset(out + len, 0, sizeof marks);
	for (i = 0; i < len; i += sizeof marks) {
		const uint64_t w = dp_lex_load8(out + i);

		marks |= bytes_that_are(w, '/') | bytes_that_are(w, '~');
	}
	if (marks == 0) {
		b->len += len + 1;
		return;
	}
	for (i = 0; i < len; i++) {
		*out++ = key[i] == '/' ? '~' : key[i];
		if (key[i] == '~' || key[i] == '/')
			*out++ = key[i] == '~' ? '0' : '1';
	}
	b->len = (size_t)(out - b->data);
}
