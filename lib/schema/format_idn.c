#include <idn2.h>
#include <string.h>

#include "schema/format_kind.h"

#define LABEL 63
#define LABEL_U 252 /* 63 code points of 4 bytes at most */

/*
 * The label as it goes on the wire, its length; 0 when IDNA2008 forbids it.
 * idn2_register_u8() makes all the tests of RFC 5891, 4.2, the contextual
 * rules and those of right-to-left text in one label.
 */
static size_t
register_label(const char *u_label, const char *a_label, int flags)
{
	uint8_t *wire = NULL;
	const int rc = idn2_register_u8((const uint8_t *)u_label,
	    (const uint8_t *)a_label, &wire, flags);
	size_t n = 0;

	if (rc == IDN2_OK && wire != NULL)
		n = strlen((const char *)wire);
	idn2_free(wire);
	return n;
}

/* A label xn-- in lower case, as DNS compares it. */
static void
lower(char out[LABEL + 1], const char *label, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = label[i] >= 'A' && label[i] <= 'Z'
		    ? (char)(label[i] | 0x20)
		    : label[i];
	out[len] = '\0';
}

/*
 * Has the label a character of right-to-left text?  By blocks, which for
 * the letters and digits that IDNA2008 allows is the same as by Bidi_Class.
 */
static bool
right_to_left(const char *label, size_t len)
{
	const unsigned char *p = (const unsigned char *)label;
	const unsigned char *const end = p + len;

	for (; end - p >= 2; p++) {
		/* U+0590 to U+08FF, but not the numbers that go both ways */
		if (p[0] >= 0xd6 && p[0] <= 0xdf &&
		    !(p[0] == 0xd6 && p[1] < 0x90))
			return true;
		if (end - p >= 3 && p[0] == 0xe0 && p[1] < 0xa4)
			return true;
		/* U+FB1D to U+FDFF, U+FE70 to U+FEFF */
		if (end - p >= 3 && p[0] == 0xef && p[1] >= 0xac &&
		    p[1] <= 0xbb)
			return true;
		/* U+10800 to U+10FFF, U+1E800 to U+1EFFF */
		if (end - p >= 4 && p[0] == 0xf0 &&
		    ((p[1] == 0x90 && p[2] >= 0xa0) ||
			(p[1] == 0x9e && p[2] >= 0xa0)))
			return true;
	}
	return false;
}

/*
 * European and Arabic-Indic digits in one label: RFC 5893, 2, rule 4, which
 * libidn2 2.3.3 does not see to.  The digits are those IDNA2008 allows.
 */
static bool
mixes_digits(const char *label, size_t len)
{
	bool european = false, arabic = false;
	size_t i;

	for (i = 0; i < len; i++) {
		const unsigned char *p = (const unsigned char *)label + i;
		const unsigned char next = i + 1 < len ? p[1] : 0;

		european |= dp_ascii_digit(label[i]) ||
		    (p[0] == 0xdb && next >= 0xb0 && next <= 0xb9);
		arabic |= p[0] == 0xd9 && next >= 0xa0 && next <= 0xa9;
		arabic |= len - i >= 4 && p[0] == 0xf0 && next == 0x90 &&
		    p[2] == 0xb4 && p[3] >= 0xb0 && p[3] <= 0xb9;
	}
	return european && arabic;
}

/* One label: its bytes on the wire, and what it is for the bidi rule. */
struct label {
	size_t wire;
	bool rtl;
	bool digit_first; /* begins with 0 to 9 */
};

static bool
ascii_label(const char *label, size_t len, struct label *l)
{
	char text[LABEL + 1];
	char *u = NULL;
	bool allowed;

	if (!dp_format_label(label, len))
		return false;
	l->wire = len;
	l->digit_first = dp_ascii_digit(label[0]);
	if (!dp_format_a_label(label, len))
		return true;
	lower(text, label, len);
	if (register_label(NULL, text, 0) == 0 ||
	    idn2_to_unicode_8z8z(text, &u, 0) != IDN2_OK)
		return false;
	l->rtl = right_to_left(u, strlen(u));
	l->digit_first = dp_ascii_digit(u[0]);
	allowed = !l->rtl || !mixes_digits(u, strlen(u));
	idn2_free(u);
	return allowed;
}

static bool
read_label(const char *label, size_t len, int flags, struct label *l)
{
	char text[LABEL_U + 1];
	bool ascii = true;
	size_t i;

	*l = (struct label){ 0 };
	for (i = 0; i < len; i++) {
		ascii = ascii && (unsigned char)label[i] < 0x80;
		if (label[i] == '\0')
			return false;
	}
	if (ascii)
		return ascii_label(label, len, l);
	if (len > LABEL_U)
		return false;
	memcpy(text, label, len);
	text[len] = '\0';
	l->wire = register_label(text, NULL, flags);
	l->rtl = right_to_left(label, len);
	l->digit_first = dp_ascii_digit(label[0]);
	if (l->rtl && mixes_digits(label, len))
		return false;
	return l->wire > 0 && l->wire <= LABEL;
}

/* The bytes of a dot at p: . or one of U+3002, U+FF0E, U+FF61; else 0. */
static size_t
dot(const char *p, const char *end)
{
	if (*p == '.')
		return 1;
	if (end - p < 3)
		return 0;
	return memcmp(p, "\xe3\x80\x82", 3) == 0 ||
		memcmp(p, "\xef\xbc\x8e", 3) == 0 ||
		memcmp(p, "\xef\xbd\xa1", 3) == 0
	    ? 3
	    : 0;
}

/*
 * A name of labels in either form, as IDNA2008 has them (RFC 5891, 4.2);
 * where one runs from right to left, none may begin with a digit (RFC 5893,
 * 2, rule 1).  normalize: text need not be in form C.
 */
bool
dp_idn_host(const char *text, size_t len, bool normalize)
{
	const char *p = text, *const end = text + len;
	const int flags = normalize ? IDN2_NFC_INPUT : 0;
	bool rtl = false, digit_first = false;
	size_t wire = 0;

	for (;;) {
		const char *const start = p;
		struct label l;
		size_t n = 0;

		while (p < end && (n = dot(p, end)) == 0)
			p++;
		if (!read_label(start, (size_t)(p - start), flags, &l))
			return false;
		wire += l.wire + 1;
		rtl |= l.rtl;
		digit_first |= l.digit_first;
		/* 255 octets on the wire are 253 with dots between. */
		if (wire > 254)
			return false;
		if (p == end)
			return !(rtl && digit_first);
		p += n;
	}
}

bool
dp_format_idn_hostname(const char *text, size_t len)
{
	return dp_idn_host(text, len, false);
}
