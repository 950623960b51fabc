/*
 * The slow scanner that names a fault.  It shares nothing with json/lex.h
 * but the set of keys, so that the tests can hold one against the other.
 */
#include <string.h>

#include "json/keyset.h"
#include "json/scan_variant.h"
#include "json/work.h"

struct slow {
	struct dp_scan_work *w;
	const char *text;
	size_t at, len;
	enum dp_scan_fault fault; /* the first */
	size_t fault_at;
	bool twice; /* a key was; told when all else is well */
	size_t twice_at;
};

static int
fail(struct slow *s, enum dp_scan_fault fault, size_t at)
{
	s->fault = at >= s->len ? DP_SCAN_INCOMPLETE : fault;
	s->fault_at = at >= s->len ? s->len : at;
	return -1;
}

/* The byte n further on; the newline at the end. */
static int
peek(const struct slow *s, size_t n)
{
	return n < s->len - s->at ? (unsigned char)s->text[s->at + n] : '\n';
}

static void
skip_ws(struct slow *s)
{
	while (peek(s, 0) == ' ' || peek(s, 0) == '\t' || peek(s, 0) == '\r')
		s->at++;
}

/* Four hex digits n further on.  -1 and a fault. */
static int
hex(struct slow *s, size_t n)
{
	int v = 0, i;

	for (i = 0; i < 4; i++) {
		const int c = peek(s, n + (size_t)i);

		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v * 16 + (c - 'A' + 10);
		else
			return fail(s, DP_SCAN_MALFORMED,
			    s->at + n + (size_t)i);
	}
	return v;
}

static int
escape_u(struct slow *s)
{
	const int high = hex(s, 2);
	int low;

	if (high == -1)
		return -1;
	if (high == 0 && !s->w->nul_passes)
		return fail(s, DP_SCAN_NUL, s->at);
	if (high < 0xd800 || high > 0xdfff) {
		s->at += 6;
		return 0;
	}
	if (high > 0xdbff)
		return fail(s, DP_SCAN_SURROGATE, s->at);
	/* The end of the text here may be the middle of a pair. */
	if (s->at + 6 >= s->len || (peek(s, 6) == '\\' && s->at + 7 >= s->len))
		return fail(s, DP_SCAN_INCOMPLETE, s->len);
	if (peek(s, 6) != '\\' || peek(s, 7) != 'u')
		return fail(s, DP_SCAN_SURROGATE, s->at);
	low = hex(s, 8);
	if (low == -1)
		return -1;
	if (low < 0xdc00 || low > 0xdfff)
		return fail(s, DP_SCAN_SURROGATE, s->at);
	s->at += 12;
	return 0;
}

static int
escape(struct slow *s)
{
	const int c = peek(s, 1);

	if (c == 'u')
		return escape_u(s);
	if (c == '\n' || strchr("\"\\/bfnrt", c) == NULL || c == 0)
		return fail(s, DP_SCAN_MALFORMED,
		    s->at + (s->at + 1 >= s->len));
	s->at += 2;
	return 0;
}

/* Table 3-7 of the Unicode standard: what may be the second byte. */
static int
utf8(struct slow *s)
{
	static const struct {
		unsigned char first, last, low, high, n;
	} rows[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	const int c = peek(s, 0);
	size_t i, k;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (c >= rows[i].first && c <= rows[i].last)
			break;
	if (i == sizeof rows / sizeof rows[0])
		return fail(s, DP_SCAN_ENCODING, s->at);
	for (k = 1; k < rows[i].n; k++) {
		const int more = peek(s, k);

		if (s->at + k >= s->len)
			return fail(s, DP_SCAN_INCOMPLETE, s->len);
		if (more < (k == 1 ? rows[i].low : 0x80) ||
		    more > (k == 1 ? rows[i].high : 0xbf))
			return fail(s, DP_SCAN_ENCODING, s->at);
	}
	s->at += rows[i].n;
	return 0;
}

static int
string(struct slow *s, bool *escaped)
{
	s->at++;
	for (;;) {
		const int c = peek(s, 0);
		int rc = 0;

		if (c == '"' && s->at < s->len) {
			s->at++;
			return 0;
		}
		if (c == '\\') {
			*escaped = true;
			rc = escape(s);
		} else if (c < 0x20) {
			return fail(s, DP_SCAN_MALFORMED, s->at);
		} else if (c < 0x80) {
			s->at++;
		} else {
			rc = utf8(s);
		}
		if (rc == -1)
			return -1;
	}
}

/* At least one digit. */
static int
digits(struct slow *s)
{
	const size_t start = s->at;

	while (peek(s, 0) >= '0' && peek(s, 0) <= '9')
		s->at++;
	return s->at > start ? 0 : fail(s, DP_SCAN_MALFORMED, s->at);
}

static int
number(struct slow *s)
{
	if (peek(s, 0) == '-')
		s->at++;
	if (peek(s, 0) == '0')
		s->at++;
	else if (digits(s) == -1)
		return -1;
	if (peek(s, 0) == '.') {
		s->at++;
		if (digits(s) == -1)
			return -1;
	}
	if (peek(s, 0) == 'e' || peek(s, 0) == 'E') {
		s->at++;
		if (peek(s, 0) == '+' || peek(s, 0) == '-')
			s->at++;
		return digits(s);
	}
	return 0;
}

static int
word(struct slow *s)
{
	const char *w = peek(s, 0) == 't' ? "true"
	    : peek(s, 0) == 'f'           ? "false"
	    : peek(s, 0) == 'n'           ? "null"
					  : "";
	size_t i;

	if (*w == '\0')
		return fail(s, DP_SCAN_MALFORMED, s->at);
	for (i = 0; w[i] != '\0'; i++)
		if (peek(s, i) != w[i])
			return fail(s, DP_SCAN_MALFORMED, s->at + i);
	s->at += i;
	return 0;
}

static int
scalar(struct slow *s)
{
	const int c = peek(s, 0);
	bool escaped;

	if (c == '"')
		return string(s, &escaped);
	if (c == '-' || (c >= '0' && c <= '9'))
		return number(s);
	return word(s);
}

/* A key and its colon. */
static int
key(struct slow *s, uint32_t object)
{
	const size_t start = s->at;
	bool escaped = false;
	int twice = 0;

	if (peek(s, 0) != '"')
		return fail(s, DP_SCAN_MALFORMED, s->at);
	if (string(s, &escaped) == -1)
		return -1;
	if (!s->w->dup_passes)
		twice = dp_keyset_add(&s->w->keys, object, s->text + start + 1,
		    s->at - start - 2, escaped);
	if (twice == -1) {
		s->fault = DP_SCAN_MEMORY;
		s->fault_at = start;
		return -1;
	}
	if (twice == 1 && !s->twice) {
		s->twice = true;
		s->twice_at = start;
	}
	skip_ws(s);
	if (peek(s, 0) != ':')
		return fail(s, DP_SCAN_MALFORMED, s->at);
	s->at++;
	skip_ws(s);
	return 0;
}

/* Steps over brackets and commas from behind a value to the next one.
 * 1: there is one; 0: the outermost value is complete. */
static int
step(struct slow *s, unsigned *depth)
{
	while (*depth > 0) {
		const uint32_t object = s->w->open[*depth];

		skip_ws(s);
		if (peek(s, 0) == ',') {
			s->at++;
			skip_ws(s);
			return object != 0 && key(s, object) == -1 ? -1 : 1;
		}
		if (peek(s, 0) != (object != 0 ? '}' : ']'))
			return fail(s, DP_SCAN_MALFORMED, s->at);
		s->at++;
		(*depth)--;
	}
	return 0;
}

/* Enters a container.  1: a value follows; 0: it was empty. */
static int
enter(struct slow *s, unsigned *depth)
{
	const bool object = peek(s, 0) == '{';
	uint32_t n = object ? dp_keyset_object(&s->w->keys) : 0;

	if (*depth == s->w->max_depth) {
		s->fault = DP_SCAN_DEPTH_OVER;
		s->fault_at = s->at;
		return -1;
	}
	s->w->open[++*depth] = n;
	s->at++;
	skip_ws(s);
	if (peek(s, 0) == (object ? '}' : ']')) {
		s->at++;
		(*depth)--;
		return 0;
	}
	return object && key(s, n) == -1 ? -1 : 1;
}

static int
value(struct slow *s)
{
	unsigned depth = 0;
	int rc;

	do {
		do {
			rc = peek(s, 0) == '{' || peek(s, 0) == '['
			    ? enter(s, &depth)
			    : scalar(s);
		} while (rc == 1);
		if (rc == 0)
			rc = step(s, &depth);
	} while (rc == 1);
	return rc;
}

enum dp_scan_fault
dp_scan_fault(struct dp_scan_work *w, const char *text, size_t len, size_t *at)
{
	struct slow s = { .w = w, .text = text, .len = len };

	dp_keyset_begin(&w->keys, text);
	skip_ws(&s);
	if (value(&s) == -1) {
		*at = s.fault_at;
		return s.fault;
	}
	skip_ws(&s);
	*at = s.at;
	if (s.at < len)
		return DP_SCAN_MALFORMED;
	if (s.twice)
		*at = s.twice_at;
	return s.twice ? DP_SCAN_DUPLICATE : DP_SCAN_OK;
}
