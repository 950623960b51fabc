#include "http/python.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/scan.h"
#include "json/text.h"

/* The fewest digits that read back as the same number, as d.ddde[+-]dd. */
static void
shortest(double d, char text[40])
{
	int digits = 0;

	do
		(void)snprintf(text, 40, "%.*e", digits, d);
	while (++digits < 17 && strtod(text, NULL) != d);
}

static void
add_float(struct dp_buf *b, const char *number)
{
	const double d = strtod(number, NULL);
	char text[40], digits[24] = "0";
	size_t n = 0, i;
	int exponent;

	if (isinf(d)) {
		(void)dp_buf_adds(b, d < 0 ? "-inf" : "inf");
		return;
	}
	shortest(d, text);
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	for (i = 0; text[i] != 'e'; i++)
		if (text[i] >= '0' && text[i] <= '9')
			digits[n++] = text[i];
	while (n > 1 && digits[n - 1] == '0')
		n--;
	if (text[0] == '-')
		(void)dp_buf_addc(b, '-');
	if (exponent < -4 || exponent >= 16) {
		(void)dp_buf_addc(b, digits[0]);
		if (n > 1)
			(void)dp_buf_addf(b, ".%.*s", (int)n - 1, digits + 1);
		(void)dp_buf_addf(b, "e%c%02d", exponent < 0 ? '-' : '+',
		    abs(exponent));
		return;
	}
	if (exponent < 0)
		(void)dp_buf_addf(b, "0.%.*s", -exponent - 1, "000");
	for (i = 0; i < n || (int)i <= exponent; i++) {
		(void)dp_buf_addc(b, i < n ? digits[i] : '0');
		if ((int)i == exponent)
			(void)dp_buf_adds(b, i + 1 < n ? "." : ".0");
	}
}

static void
add_number(struct dp_buf *b, const char *text, size_t len)
{
	struct dp_buf number;
	const char *p;

	dp_buf_init(&number, 0);
	(void)dp_buf_add(&number, text, len);
	p = dp_buf_text(&number);
	if (p == NULL)
		b->failed = true;
	else if (strpbrk(p, ".eE") != NULL)
		add_float(b, p);
	else
		(void)dp_buf_adds(b, strcmp(p, "-0") == 0 ? "0" : p);
	dp_buf_fini(&number);
}

/* repr() of a string: in single quotes, unless that needs more escapes. */
static void
add_repr(struct dp_buf *b, const char *text, size_t len)
{
	const char quote = len > 0 && memchr(text, '\'', len) != NULL &&
		memchr(text, '"', len) == NULL
	    ? '"'
	    : '\'';
	size_t i;

	(void)dp_buf_addc(b, quote);
	for (i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];
		const char *const short_ones = "\n\r\t";
		const char *s = c == '\0' ? NULL : strchr(short_ones, c);

		if (s != NULL)
			(void)dp_buf_addf(b, "\\%c", "nrt"[s - short_ones]);
		else if (c == (unsigned char)quote || c == '\\')
			(void)dp_buf_addf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			(void)dp_buf_addf(b, "\\x%02x", c);
		else
			(void)dp_buf_addc(b, (char)c);
	}
	(void)dp_buf_addc(b, quote);
}

/* p on the opening quote; returns behind the closing one. */
static const char *
add_string(struct dp_buf *b, const char *p)
{
	const char *end = p + 1;
	struct dp_buf text;

	while (*end != '"')
		end += *end == '\\' ? 2 : 1;
	dp_buf_init(&text, 0);
	dp_json_unescape(&text, p + 1, (size_t)(end - p) - 1);
	add_repr(b, text.data, text.len);
	b->failed = b->failed || text.failed;
	dp_buf_fini(&text);
	return end + 1;
}

static size_t
add_word(struct dp_buf *b, const char *p)
{
	switch (*p) {
	case 't':
		(void)dp_buf_adds(b, "True");
		return 4;
	case 'f':
		(void)dp_buf_adds(b, "False");
		return 5;
	default:
		(void)dp_buf_adds(b, "None");
		return 4;
	}
}

/* Token by token: Python nests as JSON does, so nothing recurses. */
static void
add_tokens(struct dp_buf *b, const char *p, const char *end)
{
	while (p < end) {
		size_t n = strspn(p, "-+.0123456789eE");

		if (*p == '"') {
			p = add_string(b, p);
		} else if (*p == '-' || (*p >= '0' && *p <= '9')) {
			add_number(b, p, n);
			p += n;
		} else if (*p == 't' || *p == 'f' || *p == 'n') {
			p += add_word(b, p);
		} else {
			if (strchr("[]{},:", *p) != NULL)
				(void)dp_buf_addc(b, *p);
			if (*p == ',' || *p == ':')
				(void)dp_buf_addc(b, ' ');
			p++;
		}
	}
}

void
dp_python_str(struct dp_buf *b, const struct dp_scan_value *v)
{
	if (v->type == DP_JSON_STRING)
		dp_json_unescape(b, v->text + 1, v->len - 2);
	else
		add_tokens(b, v->text, v->text + v->len);
}
