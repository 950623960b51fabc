#include "regex.h"

#include <stdlib.h>
#include <string.h>

#include "value.h"

/*
 * A pattern takes a set of positions to the set of those that it may lead
 * to.  It is read anew for each set: slow, and plain to see.
 */
struct regex {
	const unsigned *text; /* characters */
	size_t n;
	const unsigned *p, *end; /* the pattern */
};

typedef bool *set; /* n + 1 positions */

static void alternatives(struct regex *r, const bool *from, set to);

static set
none(const struct regex *r)
{
	return ref_take(r->n + 1);
}

static bool
empty(const struct regex *r, const bool *s)
{
	return memchr(s, 1, r->n + 1) == NULL;
}

/* Adds s to a set; false: all of it was there. */
static bool
join(const struct regex *r, set to, const bool *s)
{
	bool more = false;
	size_t i;

	for (i = 0; i <= r->n; i++) {
		more = more || (s[i] && !to[i]);
		to[i] = to[i] || s[i];
	}
	return more;
}

static bool
eat(struct regex *r, unsigned c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static bool
is_digit(unsigned c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(unsigned c)
{
	return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static bool
is_space(unsigned c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0xa0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	    c == 0x202f || c == 0x205f || c == 0x3000 || c == 0xfeff;
}

static bool
is_line_end(unsigned c)
{
	return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029;
}

/* A class of one letter: 1 or 0; -1: the letter is none. */
static int
in_letter(unsigned letter, unsigned c)
{
	switch (letter) {
	case 'd':
		return is_digit(c);
	case 'D':
		return !is_digit(c);
	case 'w':
		return is_word(c);
	case 'W':
		return !is_word(c);
	case 's':
		return is_space(c);
	case 'S':
		return !is_space(c);
	default:
		return -1;
	}
}

static unsigned
hex(struct regex *r, size_t most)
{
	unsigned v = 0;

	while (most-- > 0 && r->p < r->end && *r->p < 128 &&
	    strchr("0123456789abcdefABCDEF", (int)*r->p) != NULL) {
		const char c = (char)*r->p++;
		const char one[2] = { c, 0 };

		v = v * 16 + (unsigned)strtoul(one, NULL, 16);
	}
	return v;
}

/* The character behind a backslash. */
static unsigned
escape(struct regex *r)
{
	const unsigned c = *r->p++;
	unsigned v;

	if (c == 'u' && eat(r, '{')) {
		v = hex(r, 8);
		(void)eat(r, '}');
		return v;
	}
	return c == 'u' ? hex(r, 4)
	    : c == 'x'  ? hex(r, 2)
	    : c == 'n'  ? '\n'
	    : c == 't'  ? '\t'
	    : c == 'r'  ? '\r'
	    : c == 'f'  ? '\f'
	    : c == 'v'  ? '\v'
	    : c == '0'  ? 0
			: c;
}

/* Behind the [ of a class: whether c is in it. */
static bool
in_class(struct regex *r, unsigned c)
{
	const bool negated = eat(r, '^');
	bool in = false;

	while (r->p < r->end && *r->p != ']') {
		unsigned low, high;

		if (eat(r, '\\')) {
			const int is = in_letter(*r->p, c);

			if (is != -1) {
				r->p++;
				in = in || is == 1;
				continue;
			}
			low = *r->p == 'b' ? (r->p++, 8u) : escape(r);
		} else {
			low = *r->p++;
		}
		high = low;
		if (r->end - r->p > 1 && r->p[0] == '-' && r->p[1] != ']') {
			r->p++;
			high = eat(r, '\\') ? escape(r) : *r->p++;
		}
		in = in || (c >= low && c <= high);
	}
	(void)eat(r, ']');
	return in != negated;
}

/* One character that the item at r->p takes, or not. */
static bool
takes(struct regex *r, unsigned c)
{
	int is;

	if (eat(r, '.'))
		return !is_line_end(c);
	if (eat(r, '['))
		return in_class(r, c);
	if (!eat(r, '\\'))
		return *r->p++ == c;
	is = in_letter(*r->p, c);
	if (is == -1)
		return escape(r) == c;
	r->p++;
	return is == 1;
}

/* Each of these sets what of an empty set is reached. */
static void
one_character(struct regex *r, const bool *from, set to)
{
	const unsigned *const start = r->p;
	size_t i;

	/* Once for nothing, to get behind it. */
	(void)takes(r, 0);
	for (i = 0; i < r->n; i++)
		if (from[i]) {
			r->p = start;
			to[i + 1] = takes(r, r->text[i]);
		}
}

static void
border(const struct regex *r, const bool *from, bool is, set to)
{
	size_t i;

	for (i = 0; i <= r->n; i++) {
		const bool before = i > 0 && is_word(r->text[i - 1]);
		const bool behind = i < r->n && is_word(r->text[i]);

		to[i] = from[i] && (before != behind) == is;
	}
}

/* Behind (?= or (?!: where what follows would match, or would not. */
static void
look_ahead(struct regex *r, const bool *from, bool is, set to)
{
	const unsigned *const start = r->p;
	size_t i;

	alternatives(r, none(r), none(r));
	for (i = 0; i <= r->n; i++) {
		set here = none(r), there = none(r);

		if (!from[i])
			continue;
		r->p = start;
		here[i] = true;
		alternatives(r, here, there);
		to[i] = !empty(r, there) == is;
	}
	(void)eat(r, ')');
}

static bool
starts(struct regex *r, const char *word)
{
	const unsigned *const start = r->p;

	for (; *word != '\0'; word++)
		if (!eat(r, (unsigned char)*word)) {
			r->p = start;
			return false;
		}
	return true;
}

static void
atom(struct regex *r, const bool *from, set to)
{
	if (eat(r, '^')) {
		to[0] = from[0];
	} else if (eat(r, '$')) {
		to[r->n] = from[r->n];
	} else if (starts(r, "\\b")) {
		border(r, from, true, to);
	} else if (starts(r, "\\B")) {
		border(r, from, false, to);
	} else if (starts(r, "(?=")) {
		look_ahead(r, from, true, to);
	} else if (starts(r, "(?!")) {
		look_ahead(r, from, false, to);
	} else if (starts(r, "(?:") || eat(r, '(')) {
		alternatives(r, from, to);
		(void)eat(r, ')');
	} else {
		one_character(r, from, to);
	}
}

static unsigned
decimal(struct regex *r, unsigned none)
{
	unsigned v = 0;

	if (r->p == r->end || !is_digit(*r->p))
		return none;
	while (r->p < r->end && is_digit(*r->p))
		v = v * 10 + (*r->p++ - '0');
	return v;
}

/* The least and most of a quantifier at r->p; 1 and 1 where is none. */
static void
quantifier(struct regex *r, unsigned *least, unsigned *most)
{
	*least = *most = 1;
	if (eat(r, '*')) {
		*least = 0;
		*most = -1U;
	} else if (eat(r, '+')) {
		*most = -1U;
	} else if (eat(r, '?')) {
		*least = 0;
	} else if (eat(r, '{')) {
		*least = *most = decimal(r, 0);
		if (eat(r, ','))
			*most = decimal(r, -1U);
		(void)eat(r, '}');
	} else {
		return;
	}
	(void)eat(r, '?');
}

static void
term(struct regex *r, const bool *from, set to)
{
	const unsigned *const start = r->p, *behind;
	unsigned least, most, i;
	set now = none(r), next;

	atom(r, now, none(r));
	quantifier(r, &least, &most);
	behind = r->p;
	(void)join(r, now, from);
	for (i = 0; i < least; i++, now = next) {
		r->p = start;
		next = none(r);
		atom(r, now, next);
	}
	(void)join(r, to, now);
	/* More of them, until they lead nowhere new. */
	for (; i < most; i++, now = next) {
		r->p = start;
		next = none(r);
		atom(r, now, next);
		if (!join(r, to, next))
			break;
	}
	r->p = behind;
}

static void
alternatives(struct regex *r, const bool *from, set to)
{
	const size_t mark = ref_mark();

	do {
		set now = none(r), next;

		(void)join(r, now, from);
		for (; r->p < r->end && *r->p != '|' && *r->p != ')';
		     now = next) {
			next = none(r);
			term(r, now, next);
		}
		(void)join(r, to, now);
	} while (eat(r, '|'));
	ref_reset(mark);
}

static unsigned *
characters(const char *text, size_t len, size_t *n)
{
	unsigned *out = ref_take((len + 1) * sizeof *out);
	size_t at = 0;

	for (*n = 0; at < len; ++*n)
		out[*n] = ref_character(text, len, &at);
	return out;
}

bool
ref_regex(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	const size_t mark = ref_mark();
	struct regex r;
	size_t n;
	bool found;
	set from, to;

	r.text = characters(text, len, &r.n);
	r.p = characters(pattern, pattern_len, &n);
	r.end = r.p + n;
	from = none(&r);
	memset(from, 1, r.n + 1);
	to = none(&r);
	alternatives(&r, from, to);
	found = !empty(&r, to);
	ref_reset(mark);
	return found;
}
