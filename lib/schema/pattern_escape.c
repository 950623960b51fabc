#include <string.h>

#include "schema/pattern_parse.h"

/* n hexadecimal digits; -1 when they are not there. */
static int
hex(struct dp_pattern_parse *p, size_t n, uint32_t *c)
{
	size_t i;
	uint32_t v = 0;

	if (n > p->len - p->at)
		return -1;
	for (i = 0; i < n; i++) {
		const char d = p->text[p->at + i];
		const char low = (char)(d | 0x20);

		if (dp_pattern_digit(d))
			v = v << 4 | (uint32_t)(d - '0');
		else if (low >= 'a' && low <= 'f')
			v = v << 4 | (uint32_t)(low - 'a' + 10);
		else
			return -1;
	}
	p->at += n;
	*c = v;
	return 0;
}

/* \u{...}, p->at behind the brace. */
static int
braced(struct dp_pattern_parse *p, uint32_t *c)
{
	uint32_t digit;
	size_t n = 0;

	*c = 0;
	for (; hex(p, 1, &digit) == 0; n++) {
		*c = *c << 4 | digit;
		if (*c > DP_PATTERN_CHAR_MAX)
			return -1;
	}
	if (n == 0 || !dp_pattern_peek(p, '}'))
		return -1;
	p->at++;
	return 0;
}

/* p->at behind \u. */
static int
unicode(struct dp_pattern_parse *p, uint32_t *c)
{
	const size_t start = p->at - 2;
	uint32_t low;

	if (dp_pattern_peek(p, '{')) {
		p->at++;
		if (braced(p, c) != 0)
			return dp_pattern_fault(p, start,
			    "\\u{...} is no code point");
		return 0;
	}
	if (hex(p, 4, c) != 0)
		return dp_pattern_fault(p, start,
		    "\\u without four hexadecimal digits");
	if (*c >= 0xd800 && *c < 0xdc00 && p->len - p->at >= 6 &&
	    p->text[p->at] == '\\' && p->text[p->at + 1] == 'u') {
		const size_t back = p->at;

		p->at += 2;
		if (hex(p, 4, &low) == 0 && low >= 0xdc00 && low < 0xe000)
			*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
		else
			p->at = back;
	}
	return 0;
}

/* The control letters, \c and \0. */
static int
control(struct dp_pattern_parse *p, char name, uint32_t *c)
{
	static const char names[] = "fnrtv", bytes[] = "\f\n\r\t\v";
	const char *found = strchr(names, name);

	if (found != NULL) {
		*c = (uint32_t)bytes[found - names];
		return 1;
	}
	if (name == '0') {
		if (p->at < p->len && dp_pattern_digit(p->text[p->at]))
			return dp_pattern_fault(p, p->at - 2,
			    "an octal escape is not of ECMA-262");
		*c = 0;
		return 1;
	}
	if (name == 'c') {
		if (p->at == p->len || !dp_pattern_letter(p->text[p->at]))
			return dp_pattern_fault(p, p->at - 2,
			    "\\c without a letter");
		*c = (uint32_t)(p->text[p->at++] & 0x1f);
		return 1;
	}
	return 0;
}

int
dp_pattern_escape(struct dp_pattern_parse *p, bool in_class, uint32_t *c)
{
	const size_t start = p->at - 1;
	const char name = p->text[p->at++];
	int rc;

	if (name == '\0')
		return dp_pattern_fault(p, start, "no escape of ECMA-262");
	rc = control(p, name, c);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (in_class && name == 'b') {
		*c = '\b';
		return 0;
	}
	if (name == 'x') {
		if (hex(p, 2, c) != 0)
			return dp_pattern_fault(p, start,
			    "\\x without two hexadecimal digits");
		return 0;
	}
	if (name == 'u')
		return unicode(p, c);
	/* Annex B: what no letter or digit is stands for itself. */
	if (name >= 0x20 && name < 0x7f && !dp_pattern_digit(name) &&
	    !dp_pattern_letter(name)) {
		*c = (uint32_t)name;
		return 0;
	}
	return dp_pattern_fault(p, start, "no escape of ECMA-262");
}
