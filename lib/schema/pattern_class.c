#include <stdio.h>
#include <string.h>

#include "schema/pattern_parse.h"

/* White space and line ends of ECMA-262, 12.2 and 12.3, and all the rest. */
#define SPACES                                                    \
	"\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}" \
	"\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NOT_SPACES                                                    \
	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}" \
	"\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}"   \
	"\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}"   \
	"\\x{ff00}-\\x{10ffff}"

/* What the letters stand for, in ASCII and beyond it. */
static const struct letter {
	char name;
	const char *text;
	struct dp_set set;
} letters[] = {
	{ 'd', "0-9", { { 0x03ff000000000000, 0 }, DP_SET_HIGH_NONE } },
	{ 'D', "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}",
	    { { ~UINT64_C(0x03ff000000000000), UINT64_MAX },
		DP_SET_HIGH_ALL } },
	{ 's', SPACES, { { 0x100003e00, 0 }, DP_SET_HIGH_SOME } },
	{ 'S', NOT_SPACES,
	    { { ~UINT64_C(0x100003e00), UINT64_MAX }, DP_SET_HIGH_SOME } },
	{ 'w', "0-9A-Z_a-z",
	    { { 0x03ff000000000000, 0x07fffffe87fffffe }, DP_SET_HIGH_NONE } },
	{ 'W',
	    "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}"
	    "\\x{7b}-\\x{10ffff}",
	    { { ~UINT64_C(0x03ff000000000000), ~UINT64_C(0x07fffffe87fffffe) },
		DP_SET_HIGH_ALL } },
};

static void
set_join(struct dp_set *set, const struct dp_set *other)
{
	set->ascii[0] |= other->ascii[0];
	set->ascii[1] |= other->ascii[1];
	if (set->high == DP_SET_HIGH_ALL || other->high == DP_SET_HIGH_NONE)
		return;
	if (set->high == DP_SET_HIGH_NONE || other->high == DP_SET_HIGH_ALL)
		set->high = other->high;
}

static void
set_range(struct dp_set *set, uint32_t from, uint32_t to)
{
	uint32_t c;

	for (c = from; c <= to && c < 0x80; c++)
		set->ascii[c >> 6] |= UINT64_C(1) << (c & 63);
	if (from <= 0x80 && to == DP_PATTERN_CHAR_MAX)
		set->high = DP_SET_HIGH_ALL;
	else if (to >= 0x80 && set->high == DP_SET_HIGH_NONE)
		set->high = DP_SET_HIGH_SOME;
}

static void
set_invert(struct dp_set *set)
{
	set->ascii[0] = ~set->ascii[0];
	set->ascii[1] = ~set->ascii[1];
	if (set->high == DP_SET_HIGH_NONE)
		set->high = DP_SET_HIGH_ALL;
	else if (set->high == DP_SET_HIGH_ALL)
		set->high = DP_SET_HIGH_NONE;
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
	return 1;
}

int
dp_pattern_class_escape(struct dp_pattern_parse *p, struct dp_set *set)
{
	const char c = p->text[p->at];
	size_t i;

	if (c == 'p' || c == 'P')
		return property(p, set);
	for (i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].name == c) {
			dp_pattern_put(p, letters[i].text);
			set_join(set, &letters[i].set);
			p->at++;
			return 1;
		}
	return 0;
}

static void
put_range(struct dp_pattern_parse *p, uint32_t from, uint32_t to)
{
	dp_pattern_put_char(p, from);
	if (from == to)
		return;
	dp_pattern_put(p, "-");
	dp_pattern_put_char(p, to);
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
			put_range(p, from, from);
			set_range(set, from, from);
			from = to = '-';
		}
		if (from > to)
			return dp_pattern_fault(p, start,
			    "a range that runs backwards");
	}
	put_range(p, from, to);
	set_range(set, from, to);
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
	*set = (struct dp_set){ { 0, 0 }, DP_SET_HIGH_NONE };
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
		set_invert(set);
	return 0;
}
