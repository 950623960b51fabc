#include "schema/pattern_parse.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define PCRE_REPEAT_MAX 65535

int
dp_pattern_fault(struct dp_pattern_parse *p, size_t at, const char *why)
{
	if (p->fault == NULL) {
		p->fault = why;
		p->fault_at = at;
	}
	return -1;
}

void
dp_pattern_unfit(struct dp_pattern_parse *p, size_t at, const char *why)
{
	if (p->unfit == NULL) {
		p->unfit = why;
		p->unfit_at = at;
	}
}

void
dp_pattern_put(struct dp_pattern_parse *p, const char *text)
{
	if (p->out != NULL)
		(void)dp_buf_adds(p->out, text);
}

void
dp_pattern_put_char(struct dp_pattern_parse *p, uint32_t c)
{
	if (p->out == NULL)
		return;
	if (c < 0x80 &&
	    (dp_pattern_digit((char)c) || dp_pattern_letter((char)c)))
		(void)dp_buf_addc(p->out, (char)c);
	else
		(void)dp_buf_addf(p->out, "\\x{%x}", (unsigned)c);
}

void
dp_pattern_needs_engine(struct dp_pattern_parse *p)
{
	if (p->shape != NULL)
		p->shape->unfit = true;
	if (p->tree != NULL)
		p->tree->unfit = true;
}

/* A character that stands for itself: to all that want to know. */
static void
tell_char(struct dp_pattern_parse *p, uint32_t c)
{
	dp_pattern_put_char(p, c);
	if (p->shape != NULL)
		dp_shape_char(p->shape, c);
	if (p->tree != NULL) {
		struct dp_set set = { 0 };

		dp_set_add(&set, c, c);
		dp_tree_set(p->tree, &set);
	}
}

static void
tell_set(struct dp_pattern_parse *p, const struct dp_set *set)
{
	if (p->shape != NULL)
		dp_shape_set(p->shape, set);
	if (p->tree != NULL)
		dp_tree_set(p->tree, set);
}

bool
dp_pattern_peek(const struct dp_pattern_parse *p, char c)
{
	return p->at < p->len && p->text[p->at] == c;
}

uint32_t
dp_pattern_char(struct dp_pattern_parse *p)
{
	const unsigned char *s = (const unsigned char *)p->text + p->at;
	uint32_t c = *s;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, i;

	if (n > p->len - p->at)
		n = p->len - p->at;
	if (n > 1)
		c &= 0x7fU >> n;
	for (i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	p->at += n;
	return c;
}

/* A count in braces, p->at behind the first one. */
static int
counts(struct dp_pattern_parse *p, uint64_t *min, uint64_t *max)
{
	const size_t start = p->at - 1;
	uint64_t *n = min;

	*min = 0;
	*max = DP_SHAPE_ENDLESS;
	for (; p->at < p->len; p->at++) {
		const char c = p->text[p->at];

		if (dp_pattern_digit(c)) {
			if (n == max && *max == DP_SHAPE_ENDLESS)
				*max = 0;
			if (*n < UINT64_MAX / 16)
				*n = *n * 10 + (uint64_t)(c - '0');
		} else if (c == ',' && n == min && p->at > start + 1) {
			n = max;
		} else {
			break;
		}
	}
	if (!dp_pattern_peek(p, '}') || p->at == start + 1)
		return dp_pattern_fault(p, start,
		    "{ is neither a count nor escaped");
	p->at++;
	if (n == min)
		*max = *min;
	if (*max < *min)
		return dp_pattern_fault(p, start,
		    "a count that runs backwards");
	return 0;
}

/* True when p->at is on a { that begins a count, or what looks like one. */
static bool
at_count(const struct dp_pattern_parse *p)
{
	return dp_pattern_peek(p, '{') && p->at + 1 < p->len &&
	    (dp_pattern_digit(p->text[p->at + 1]) || p->text[p->at + 1] == ',');
}

/* Writes a count, and says where PCRE ends. */
static void
put_counts(struct dp_pattern_parse *p, size_t at, uint64_t min, uint64_t max)
{
	char text[64];

	if (min > PCRE_REPEAT_MAX ||
	    (max > PCRE_REPEAT_MAX && max != DP_SHAPE_ENDLESS))
		dp_pattern_unfit(p, at, "PCRE counts to 65535");
	if (max == DP_SHAPE_ENDLESS)
		(void)snprintf(text, sizeof text, "{%llu,}",
		    (unsigned long long)min);
	else
		(void)snprintf(text, sizeof text, "{%llu,%llu}",
		    (unsigned long long)min, (unsigned long long)max);
	dp_pattern_put(p, text);
}

/*
 * What may follow an atom.  Returns 0 without, 1 with one, and writes it;
 * -1 with a fault.
 */
static int
quantifier(struct dp_pattern_parse *p, uint64_t *min, uint64_t *max)
{
	const size_t start = p->at;

	*min = *max = 1;
	if (p->at == p->len)
		return 0;
	switch (p->text[p->at]) {
	case '*':
		*min = 0;
		*max = DP_SHAPE_ENDLESS;
		break;
	case '+':
		*max = DP_SHAPE_ENDLESS;
		break;
	case '?':
		*min = 0;
		break;
	default:
		if (!at_count(p))
			return 0;
		break;
	}
	p->at++;
	if (p->text[start] == '{' && counts(p, min, max) != 0)
		return -1;
	put_counts(p, start, *min, *max);
	if (dp_pattern_peek(p, '?')) {
		p->at++;
		dp_pattern_put(p, "?");
	}
	return 1;
}

/* The quantifier of a single atom. */
int
dp_pattern_repeat(struct dp_pattern_parse *p)
{
	uint64_t min, max;

	if (quantifier(p, &min, &max) < 0)
		return -1;
	if (p->shape != NULL)
		dp_shape_repeat(p->shape, min, max);
	if (p->tree != NULL)
		dp_tree_repeat(p->tree, min, max);
	return 0;
}

/* p->at behind the backslash. */
static int
escaped(struct dp_pattern_parse *p)
{
	const size_t start = p->at - 1;
	struct dp_set set = { 0 };
	uint32_t c;
	int rc;

	if (p->at == p->len)
		return dp_pattern_fault(p, start, "\\ at the end");
	if (dp_pattern_peek(p, 'b') || dp_pattern_peek(p, 'B')) {
		dp_pattern_put(p, p->text[p->at++] == 'b' ? "\\b" : "\\B");
		dp_pattern_needs_engine(p);
		return 0;
	}
	if (dp_pattern_peek(p, 'k') ||
	    (dp_pattern_digit(p->text[p->at]) && p->text[p->at] != '0'))
		return dp_pattern_backreference(p);
	if (strchr("dDsSwWpP", p->text[p->at]) != NULL &&
	    p->text[p->at] != '\0') {
		dp_pattern_put(p, "[");
		rc = dp_pattern_class_escape(p, &set);
		dp_pattern_put(p, "]");
		if (rc < 0)
			return -1;
		tell_set(p, &set);
		return dp_pattern_repeat(p);
	}
	if (dp_pattern_escape(p, false, &c) != 0)
		return -1;
	tell_char(p, c);
	return dp_pattern_repeat(p);
}

/* What stands behind the bracket: how many bytes, and how PCRE has it. */
static const struct opening {
	const char *text;
	bool captures, looks_around;
} openings[] = {
	{ "?:", false, false },
	{ "?=", false, true },
	{ "?!", false, true },
	{ "?<=", false, true },
	{ "?<!", false, true },
	{ "?<", true, false },
	{ "", true, false },
};

static int
open_group(struct dp_pattern_parse *p)
{
	const size_t start = p->at - 1;
	const struct opening *o = openings;
	struct dp_pattern_group *g;
	size_t n;

	while (p->len - p->at < strlen(o->text) ||
	    memcmp(p->text + p->at, o->text, strlen(o->text)) != 0)
		o++;
	p->at += strlen(o->text);
	if (o->text[0] == '\0' && dp_pattern_peek(p, '?'))
		return dp_pattern_fault(p, start, "no group of ECMA-262");
	if (p->depth == DP_PATTERN_DEPTH)
		return dp_pattern_fault(p, start,
		    "more than 200 nested groups");
	if (o->captures && o->text[0] == '?') {
		/* dp_pattern_find_captures() has looked at the name. */
		(void)dp_pattern_name(p, p->at, &n);
		p->at += n + 1;
	}
	dp_pattern_put(p, "(");
	dp_pattern_put(p, o->captures ? "" : o->text);
	g = &p->open[p->depth++];
	*g = (struct dp_pattern_group){ .captures = (uint16_t)p->captures_seen,
		.captures_itself = o->captures,
		.looks_around = o->looks_around,
		.looks_back = o->looks_around && o->text[1] == '<' };
	p->captures_seen += o->captures;
	p->looks_ahead |= strcmp(o->text, "?=") == 0;
	if (o->looks_around)
		dp_pattern_needs_engine(p);
	if (p->shape != NULL)
		g->atoms = p->shape->atoms;
	if (p->tree != NULL)
		dp_tree_open(p->tree);
	return 0;
}

static int
close_group(struct dp_pattern_parse *p)
{
	const struct dp_pattern_group *g;
	uint64_t min, max;
	int rc;

	if (p->depth == 0)
		return dp_pattern_fault(p, p->at - 1, ") without (");
	g = &p->open[--p->depth];
	dp_pattern_put(p, ")");
	if (p->tree != NULL)
		dp_tree_close(p->tree);
	if (g->looks_around) {
		dp_pattern_close_captures(p, g, 1, 1);
		return 0;
	}
	rc = quantifier(p, &min, &max);
	if (rc < 0)
		return -1;
	dp_pattern_close_captures(p, g, min, max);
	if (p->tree != NULL)
		dp_tree_repeat(p->tree, min, max);
	if (p->shape != NULL && rc > 0) {
		p->shape->unfit |= p->shape->atoms != g->atoms + 1;
		dp_shape_repeat(p->shape, min, max);
	}
	return 0;
}

/* All but the ends of lines (ECMA-262, 12.3). */
static void
dot(struct dp_pattern_parse *p, struct dp_set *set)
{
	dp_pattern_put(p, "[^\\x{a}\\x{d}\\x{2028}\\x{2029}]");
	dp_set_add(set, '\n', '\n');
	dp_set_add(set, '\r', '\r');
	dp_set_add(set, 0x2028, 0x2029);
	dp_set_invert(set);
	set->high = DP_SET_HIGH_DOT;
}

/* A character or set that stands for itself, p->at behind its first byte. */
static int
single(struct dp_pattern_parse *p, char first)
{
	struct dp_set set = { 0 };
	uint32_t c;

	if (first != '.' && first != '[') {
		p->at--;
		c = dp_pattern_char(p);
		tell_char(p, c);
		return dp_pattern_repeat(p);
	}
	if (first == '.')
		dot(p, &set);
	else if (dp_pattern_class(p, &set) != 0)
		return -1;
	tell_set(p, &set);
	return dp_pattern_repeat(p);
}

static int
anchor(struct dp_pattern_parse *p, char c)
{
	dp_pattern_put(p, c == '^' ? "\\A" : "\\z");
	if (p->shape != NULL && c == '^')
		dp_shape_start(p->shape);
	else if (p->shape != NULL)
		dp_shape_end(p->shape);
	if (p->tree != NULL)
		dp_tree_anchor(p->tree, c == '^' ? DP_TREE_START : DP_TREE_END);
	return 0;
}

static int
term(struct dp_pattern_parse *p)
{
	const char c = p->text[p->at++];

	switch (c) {
	case '^':
	case '$':
		return anchor(p, c);
	case '(':
		return open_group(p);
	case ')':
		return close_group(p);
	case '|':
		dp_pattern_put(p, "|");
		if (p->depth > 0)
			p->open[p->depth - 1].chooses = true;
		if (p->shape != NULL)
			p->shape->unfit = true;
		if (p->tree != NULL)
			dp_tree_or(p->tree);
		return 0;
	case '\\':
		return escaped(p);
	case '*':
	case '+':
	case '?':
		return dp_pattern_fault(p, p->at - 1, "nothing to repeat");
	case '{':
		p->at--;
		if (at_count(p))
			return dp_pattern_fault(p, p->at, "nothing to repeat");
		p->at++;
		return single(p, c);
	default:
		return single(p, c);
	}
}

int
dp_pattern_parse(struct dp_pattern_parse *p)
{
	if (p->len > DP_PATTERN_MAX)
		return dp_pattern_fault(p, DP_PATTERN_MAX, "longer than 1 MiB");
	if (dp_pattern_find_captures(p) != 0)
		return -1;
	while (p->at < p->len)
		if (term(p) != 0)
			return -1;
	if (p->depth > 0)
		return dp_pattern_fault(p, p->len, "( without )");
	dp_pattern_check_captures(p);
	return 0;
}
