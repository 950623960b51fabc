#include <stdio.h>
#include <string.h>

#include "schema/pattern_parse.h"

/* What is known of a capture, for backreferences to it. */
enum capture {
	MAYBE = 1, /* can be left out of what stands around it */
	STALE = 2, /* can be left out of a later round of a loop */
	USED = 4   /* a backreference names it */
};

/*
 * Characters beyond
 * ASCII are taken as they are.
 */
int
dp_pattern_name(const struct dp_pattern_parse *p, size_t at, size_t *len)
{
	size_t i = at;

	for (; i < p->len && p->text[i] != '>'; i++) {
		const char c = p->text[i];

		if (!dp_pattern_letter(c) && c != '_' && c != '$' &&
		    (unsigned char)c < 0x80 &&
		    (i == at || !dp_pattern_digit(c)))
			return -1;
	}
	*len = i - at;
	return i == p->len || i == at ? -1 : 0;
}

/* The number of the capture of a name, 0 when there is none. */
static unsigned
named(const struct dp_pattern_parse *p, size_t at, size_t len, unsigned below)
{
	unsigned i;
	size_t n;

	for (i = 1; i < below; i++)
		if (p->names[i] != 0 &&
		    dp_pattern_name(p, p->names[i], &n) == 0 && n == len &&
		    memcmp(p->text + p->names[i], p->text + at, len) == 0)
			return i;
	return 0;
}

/* Counts the captures beforehand: references may run ahead. */
int
dp_pattern_find_captures(struct dp_pattern_parse *p)
{
	bool in_class = false;
	size_t i, len;

	for (i = 0; i < p->len; i++) {
		const char c = p->text[i];
		const char *s = p->text + i + 1;
		const size_t left = p->len - i - 1;
		bool has_name = false;

		if (c == '\\')
			i++;
		else if (c == '[')
			in_class = true;
		else if (c == ']')
			in_class = false;
		if (c != '(' || in_class)
			continue;
		if (left > 0 && s[0] == '?') {
			has_name = left > 2 && s[1] == '<' && s[2] != '=' &&
			    s[2] != '!';
			if (!has_name)
				continue;
		}
		if (p->captures == DP_PATTERN_CAPTURES)
			return dp_pattern_fault(p, i, "more than 1000 groups");
		p->captures++;
		if (!has_name)
			continue;
		if (dp_pattern_name(p, i + 3, &len) != 0)
			return dp_pattern_fault(p, i, "a group without a name");
		p->names[p->captures] = (uint32_t)(i + 3);
		if (named(p, i + 3, len, p->captures) != 0)
			return dp_pattern_fault(p, i, "a name given twice");
	}
	return 0;
}

/* True when capture n ends before p->at, so that it can be set there. */
static bool
ended(const struct dp_pattern_parse *p, unsigned n)
{
	unsigned i;

	for (i = 0; i < p->depth; i++)
		if (p->open[i].captures_itself && p->open[i].captures + 1U == n)
			return false;
	return n <= p->captures_seen;
}

static int
reference(struct dp_pattern_parse *p, unsigned n)
{
	char text[32] = "(?:)";
	unsigned i;

	p->flags[n] |= USED;
	for (i = 0; i < p->depth; i++)
		if (p->open[i].looks_back)
			dp_pattern_unfit(p, p->at,
			    "a backreference in a lookbehind");
	dp_pattern_needs_engine(p);
	/*
	 * Before its end a group is always unset, which matches nothing at
	 * all.  The group around the reference is because the JIT of PCRE
	 * 10.42 fails on an unset one with a count.
	 */
	if (ended(p, n))
		(void)snprintf(text, sizeof text, "(?:\\g{%u})", n);
	dp_pattern_put(p, text);
	return dp_pattern_repeat(p);
}

/* \1 or \k<name>, p->at behind the backslash. */
int
dp_pattern_backreference(struct dp_pattern_parse *p)
{
	const size_t start = p->at - 1;
	unsigned n = 0;
	size_t len;

	if (p->text[p->at] == 'k') {
		p->at += 2;
		if (p->at > p->len || p->text[p->at - 1] != '<' ||
		    dp_pattern_name(p, p->at, &len) != 0)
			return dp_pattern_fault(p, start, "\\k without <NAME>");
		n = named(p, p->at, len, p->captures + 1);
		p->at += len + 1;
	} else {
		for (; p->at < p->len && dp_pattern_digit(p->text[p->at]);
		     p->at++)
			if (n <= DP_PATTERN_CAPTURES)
				n = n * 10 + (unsigned)(p->text[p->at] - '0');
	}
	if (n == 0 || n > p->captures)
		return dp_pattern_fault(p, start, "no such group");
	return reference(p, n);
}

/* What a group that ends means for the captures in it. */
void
dp_pattern_close_captures(struct dp_pattern_parse *p,
    const struct dp_pattern_group *g, uint64_t min, uint64_t max)
{
	unsigned i;

	for (i = g->captures + 1U; i <= p->captures_seen; i++) {
		const bool itself = g->captures_itself && i == g->captures + 1U;

		if (!itself && g->chooses)
			p->flags[i] |= MAYBE;
		if (max > 1 && (p->flags[i] & MAYBE) != 0)
			p->flags[i] |= STALE;
		if (min == 0)
			p->flags[i] |= MAYBE;
	}
}

/* What is unfit is known only when all groups have ended. */
void
dp_pattern_check_captures(struct dp_pattern_parse *p)
{
	unsigned i;

	for (i = 1; i <= p->captures; i++)
		if ((p->flags[i] & (USED | STALE)) == (USED | STALE))
			dp_pattern_unfit(p, 0,
			    "a backreference to a group that can be left out "
			    "of a later round of a loop");
}
