/*
 * lex: the hot primitives of the scanner, inline (RFC 8259).
 *
 * Each takes a pointer into text as json/scan.h describes it (a newline
 * ends it, DP_SCAN_PAD bytes behind it are readable), and returns the byte
 * behind what it read, or NULL when that is not JSON.  A fault is named by
 * a second, slow look (json/fault.h), so nothing here says why.
 *
 * Width: 32 bytes where the including file defines DP_LEX_AVX2 (and turns
 * AVX2 on), 16 with SSE2, words of 8 with DP_LEX_PORTABLE or elsewhere.
 */
#ifndef DP_JSON_LEX_H
#define DP_JSON_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "json/decimal.h"
#include "json/scan.h"

#if defined(DP_PORTABLE) || !defined(__SSE2__)
#undef DP_LEX_PORTABLE
#define DP_LEX_PORTABLE 1
#endif
#if !defined(DP_LEX_PORTABLE)
#include <immintrin.h>
#endif

#define DP_LEX_INLINE static inline __attribute__((always_inline, unused))
#define DP_LEX_COLD static __attribute__((noinline, unused))
#define DP_LIKELY(x) __builtin_expect(!!(x), 1)
#define DP_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define DP_LEX_EVERY(byte) (UINT64_C(0x0101010101010101) * (byte))

DP_LEX_INLINE uint64_t
dp_lex_load8(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* The first byte that is a quote, a backslash, below 0x20 or above 0x7f. */
DP_LEX_INLINE const char *
dp_lex_plain(const char *p)
{
#if defined(DP_LEX_PORTABLE)
	for (;; p += 8) {
		const uint64_t ones = DP_LEX_EVERY(1);
		const uint64_t w = dp_lex_load8(p);
		const uint64_t q = w ^ DP_LEX_EVERY('"');
		const uint64_t b = w ^ DP_LEX_EVERY('\\');
		uint64_t hit = ((q - ones) & ~q) | ((b - ones) & ~b) |
		    ((w - DP_LEX_EVERY(0x20)) & ~w) | w;

		hit &= DP_LEX_EVERY(0x80);
		if (hit != 0)
			return p + (__builtin_ctzll(hit) >> 3);
	}
#elif defined(DP_LEX_AVX2)
	const __m256i quote = _mm256_set1_epi8('"');
	const __m256i slash = _mm256_set1_epi8('\\');
	const __m256i space = _mm256_set1_epi8(0x20);

	for (;; p += 32) {
		const __m256i v = _mm256_loadu_si256((const void *)p);
		/* Signed: catches control bytes and 0x80 up at once. */
		const __m256i hit = _mm256_or_si256(_mm256_cmpgt_epi8(space, v),
		    _mm256_or_si256(_mm256_cmpeq_epi8(v, quote),
			_mm256_cmpeq_epi8(v, slash)));
		const unsigned m = (unsigned)_mm256_movemask_epi8(hit);

		if (m != 0)
			return p + __builtin_ctz(m);
	}
#else
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i slash = _mm_set1_epi8('\\');
	const __m128i space = _mm_set1_epi8(0x20);

	for (;; p += 16) {
		const __m128i v = _mm_loadu_si128((const void *)p);
		const __m128i hit = _mm_or_si128(_mm_cmplt_epi8(v, space),
		    _mm_or_si128(_mm_cmpeq_epi8(v, quote),
			_mm_cmpeq_epi8(v, slash)));
		const unsigned m = (unsigned)_mm_movemask_epi8(hit);

		if (m != 0)
			return p + __builtin_ctz(m);
	}
#endif
}

/* The first byte that is no digit. */
DP_LEX_INLINE const char *
dp_lex_digits(const char *p)
{
#if defined(DP_LEX_PORTABLE)
	for (;; p += 8) {
		const uint64_t x = dp_lex_load8(p) ^ DP_LEX_EVERY('0');
		const uint64_t hit =
		    (x | (x + DP_LEX_EVERY(6))) & DP_LEX_EVERY(0xf0);

		if (hit != 0)
			return p + (__builtin_ctzll(hit) >> 3);
	}
#else
	for (;; p += 16) {
		const __m128i v = _mm_sub_epi8(_mm_loadu_si128((const void *)p),
		    _mm_set1_epi8('0'));
		const __m128i digit =
		    _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v);
		const unsigned m = ~(unsigned)_mm_movemask_epi8(digit);

		if ((m & 0xffff) != 0)
			return p + __builtin_ctz(m);
	}
#endif
}

/* White space within a line. */
DP_LEX_INLINE const char *
dp_lex_ws(const char *p)
{
	/* One comparison tells the usual case that there is none. */
	while (DP_UNLIKELY((unsigned char)*p <= ' ') &&
	    (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* Four hex digits, or -1. */
DP_LEX_COLD int
dp_lex_hex4(const char *p)
{
	unsigned v = 0;
	int i;

	for (i = 0; i < 4; i++) {
		const unsigned c = (unsigned char)p[i];
		const unsigned d =
		    c - '0' < 10 ? c - '0' : (c | 0x20) - 'a' + 10;

		if (c - '0' >= 10 && (c | 0x20) - 'a' >= 6)
			return -1;
		v = v << 4 | d;
	}
	return (int)v;
}

/* One escape, p on the backslash. */
DP_LEX_COLD const char *
dp_lex_escape(const char *p, bool nul_passes)
{
	int u, low;

	switch (p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 2;
	case 'u':
		break;
	default:
		return NULL;
	}
	u = dp_lex_hex4(p + 2);
	if (u < 0 || (u == 0 && !nul_passes) || (u >= 0xdc00 && u < 0xe000))
		return NULL;
	if (u < 0xd800 || u >= 0xe000)
		return p + 6;
	if (p[6] != '\\' || p[7] != 'u')
		return NULL;
	low = dp_lex_hex4(p + 8);
	return low >= 0xdc00 && low < 0xe000 ? p + 12 : NULL;
}

/* One character of two to four bytes (RFC 3629). */
DP_LEX_INLINE const char *
dp_lex_utf8(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	const unsigned c = *p;

#define MORE(i) ((p[i] & 0xc0u) == 0x80u)
	if (c < 0xc2)
		return NULL;
	if (c < 0xe0)
		return MORE(1) ? text + 2 : NULL;
	if (c < 0xf0) {
		const unsigned second = p[1];

		if (!MORE(1) || !MORE(2) || (c == 0xe0 && second < 0xa0) ||
		    (c == 0xed && second > 0x9f))
			return NULL;
		return text + 3;
	}
	if (c > 0xf4 || !MORE(1) || !MORE(2) || !MORE(3) ||
	    (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
		return NULL;
	return text + 4;
#undef MORE
}

/* Goes on behind what dp_lex_plain() stopped at, which is no quote. */
DP_LEX_COLD const char *
dp_lex_special(const char *p, bool nul_passes, bool *escaped)
{
	for (;;) {
		if (*p == '\\') {
			*escaped = true;
			p = dp_lex_escape(p, nul_passes);
		} else if ((unsigned char)*p >= 0x80) {
			p = dp_lex_utf8(p);
		} else {
			return (unsigned char)*p >= 0x20 ? p : NULL;
		}
		if (p == NULL || *p == '"')
			return p;
	}
}

/* A string, p behind its opening quote; sets *escaped at a backslash. */
DP_LEX_INLINE const char *
dp_lex_string(const char *p, bool nul_passes, bool *escaped)
{
	p = dp_lex_plain(p);
	while (DP_UNLIKELY(*p != '"')) {
		p = dp_lex_special(p, nul_passes, escaped);
		if (p == NULL)
			return NULL;
		p = dp_lex_plain(p);
	}
	return p + 1;
}

/* What follows the integer part of the number that begins at start. */
DP_LEX_COLD const char *
dp_lex_fraction(const char *start, const char *p, enum dp_json_type *type)
{
	const char *digits;
	bool whole;

	if (*p == '.') {
		digits = p + 1;
		p = dp_lex_digits(digits);
		if (p == digits)
			return NULL;
	}
	/* A last digit that is not 0 settles it, when no exponent follows. */
	whole = p[-1] == '0';
	if ((*p | 0x20) == 'e') {
		p++;
		if (*p == '+' || *p == '-')
			p++;
		digits = p;
		p = dp_lex_digits(digits);
		if (p == digits)
			return NULL;
		whole = true;
	}
	if (whole)
		whole = dp_decimal_integral(start, (size_t)(p - start));
	*type = whole ? DP_JSON_INTEGER : DP_JSON_NUMBER;
	return p;
}

/*
 * A number.  "01" ends behind its 0: the caller sees a digit where a comma
 * or an end must stand.
 */
DP_LEX_INLINE const char *
dp_lex_number(const char *p, enum dp_json_type *type)
{
	const char *const start = p;
	const char *digits;

	p += *p == '-';
	digits = p;
	p = dp_lex_digits(digits);
	if (DP_UNLIKELY(p == digits))
		return NULL;
	if (DP_UNLIKELY(*digits == '0'))
		p = digits + 1;
	/* A comma follows most numbers. */
	if (DP_UNLIKELY(*p != ',' && (*p == '.' || (*p | 0x20) == 'e')))
		return dp_lex_fraction(start, p, type);
	*type = DP_JSON_INTEGER;
	return p;
}

/* true, false or null. */
DP_LEX_INLINE const char *
dp_lex_word(const char *p, enum dp_json_type *type)
{
	if (memcmp(p, "true", 4) == 0) {
		*type = DP_JSON_TRUE;
		return p + 4;
	}
	if (memcmp(p, "false", 5) == 0) {
		*type = DP_JSON_FALSE;
		return p + 5;
	}
	if (memcmp(p, "null", 4) == 0) {
		*type = DP_JSON_NULL;
		return p + 4;
	}
	return NULL;
}

/* Any value that is no container. */
DP_LEX_INLINE const char *
dp_lex_scalar(const char *p, bool nul_passes, enum dp_json_type *type)
{
	bool escaped;

	if (*p == '"') {
		*type = DP_JSON_STRING;
		return dp_lex_string(p + 1, nul_passes, &escaped);
	}
	if ((unsigned)*p - '0' < 10 || *p == '-')
		return dp_lex_number(p, type);
	return dp_lex_word(p, type);
}

#endif
