#include <stdio.h>
#include <string.h>

#include "schema/pattern_parse.h"

#define LETTER_RANGES 12

/* What the letters stand for; white space is ECMA-262's, 12.2 and 12.3. */
static const struct letter {
	char name;
	unsigned n;
	struct dp_range ranges[LETTER_RANGES];
} letters[] = {
	{ 'd', 1, { { '0', '9' } } },
	{ 'D', 2, { { 0, '0' - 1 }, { '9' + 1, DP_PATTERN_CHAR_MAX } } },
	{ 's', 10,
	    { { 0x9, 0xd }, { 0x20, 0x20 }, { 0xa0, 0xa0 }, { 0x1680, 0x1680 },
		{ 0x2000, 0x200a }, { 0x2028, 0x2029 }, { 0x202f, 0x202f },
		{ 0x205f, 0x205f }, { 0x3000, 0x3000 }, { 0xfeff, 0xfeff } } },
	{ 'S', 11,
	    { { 0, 0x8 }, { 0xe, 0x1f }, { 0x21, 0x9f }, { 0xa1, 0x167f },
		{ 0x1681, 0x1fff }, { 0x200b, 0x2027 }, { 0x202a, 0x202e },
		{ 0x2030, 0x205e }, { 0x2060, 0x2fff }, { 0x3001, 0xfefe },
		{ 0xff00, DP_PATTERN_CHAR_MAX } } },
	{ 'w', 4, { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } } },
	{ 'W', 5,
	    { { 0, '0' - 1 }, { '9' + 1, 'A' - 1 }, { 'Z' + 1, '_' - 1 },
		{ '`', '`' }, { 'z' + 1, DP_PATTERN_CHAR_MAX } } },
};

/* Writes a range, and adds it to the set. */
static void
put_range(struct dp_pattern_parse *p, struct dp_set *set, uint32_t from,
    uint32_t to)
{
	dp_set_add(set, from, to);
	dp_pattern_put_char(p, from);
	if (from == to)
		return;
	dp_pattern_put(p, "-");
	dp_pattern_put_char(p, to);
}

/* p->at on the p or P of \p{...}. */
static int
property(struct dp_pattern_parse *p, struct dp_set *set)
{
	const size_t start = p->at - 1;
	const bool negated = p->text[p->at++] == 'P';
	const char *name, *close = NULL;
	char found[DP_PATTERN_PROPERTY], text[DP_PATTERN_PROPERTY + 8];
	size_t left;

	if (dp_pattern_peek(p, '{')) {
		left = p->len - ++p->at;
		close = memchr(p->text + p->at, '}', left < 64 ? left : 64);
	}
	if (close == NULL)
		return dp_pattern_fault(p, start, "\\p without {NAME}");
	name = p->text + p->at;
	if (!dp_pattern_property(name, (size_t)(close - name), found))
		return dp_pattern_fault(p, start,
		    "no such Unicode property (upper and lower case count)");
	if (strstr(found, "NFKC") != NULL || strcmp(found, "CWKCF") == 0)
		dp_pattern_unfit(p, start,
		    "PCRE has no Changes_When_NFKC_Casefolded");
	(void)snprintf(text, sizeof text, "\\%c{%s}", negated ? 'P' : 'p',
	    found);
	dp_pattern_put(p, text);
	p->at = (size_t)(close + 1 - p->text);
	set->high = DP_SET_HIGH_SOME;
	set->unknown = true;
	return 1;
}

int
dp_pattern_class_escape(struct dp_pattern_parse *p, struct dp_set *set)
{
	const char c = p->text[p->at];
	size_t i, k;

	if (c == 'p' || c == 'P')
		return property(p, set);
	for (i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].name == c) {
			for (k = 0; k < letters[i].n; k++)
				put_range(p, set, letters[i].ranges[k].from,
				    letters[i].ranges[k].to);
			p->at++;
			return 1;
		}
	return 0;
}

/*
 * One end of a range, p->at on it.  Returns 0 with the character, 1 when it
 * was a class of its own, -1 with a fault.
 */
static int
atom(struct dp_pattern_parse *p, struct dp_set *set, uint32_t *c)
{
	int rc;

	if (!dp_pattern_peek(p, '\\')) {
		*c = dp_pattern_char(p);
		return 0;
	}
	p->at++;
	if (p->at == p->len)
		return dp_pattern_fault(p, p->at - 1, "\\ at the end");
	rc = dp_pattern_class_escape(p, set);
	return rc != 0 ? rc : dp_pattern_escape(p, true, c);
}

/* One character, range or class escape inside a class. */
static int
member(struct dp_pattern_parse *p, struct dp_set *set)
{
	const size_t start = p->at;
	uint32_t from = 0, to = 0;
	int rc = atom(p, set, &from);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	to = from;
	if (dp_pattern_peek(p, '-') && p->at + 1 < p->len &&
	    p->text[p->at + 1] != ']') {
		p->at++;
		rc = atom(p, set, &to);
		if (rc < 0)
			return -1;
		if (rc > 0) { /* a-\d: three members (Annex B) */
			put_range(p, set, from, from);
			from = to = '-';
		}
		if (from > to)
			return dp_pattern_fault(p, start,
			    "a range that runs backwards");
	}
	put_range(p, set, from, to);
	return 0;
}

/* [[:alpha:]] and its like have another meaning elsewhere. */
static bool
looks_posix(const struct dp_pattern_parse *p)
{
	const char *s = p->text + p->at;
	const size_t left = p->len - p->at;
	size_t i = 2;

	if (left < 5 || s[0] != '[' || s[1] != ':')
		return false;
	while (i < left && ((s[i] >= 'a' && s[i] <= 'z') || s[i] == '^'))
		i++;
	return i + 1 < left && s[i] == ':' && s[i + 1] == ']';
}

int
dp_pattern_class(struct dp_pattern_parse *p, struct dp_set *set)
{
	const size_t start = p->at - 1;
	const bool negated = dp_pattern_peek(p, '^');

	p->at += negated;
	if (dp_pattern_peek(p, ']')) {
		dp_pattern_put(p,
		    negated ? "[\\x{0}-\\x{10ffff}]" : "[^\\x{0}-\\x{10ffff}]");
	} else {
		dp_pattern_put(p, negated ? "[^" : "[");
	}
	while (p->at < p->len && p->text[p->at] != ']') {
		if (looks_posix(p))
			return dp_pattern_fault(p, p->at,
			    "[:name:] is not of ECMA-262");
		if (member(p, set) != 0)
			return -1;
	}
	if (p->at == p->len)
		return dp_pattern_fault(p, start, "[ without ]");
	if (p->at - start > 1U + negated)
		dp_pattern_put(p, "]");
	p->at++;
	if (negated)
		dp_set_invert(set);
	return 0;
}
