#include "random.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) ((unsigned)(sizeof(a) / sizeof(a)[0]))

static const char *const keys[] = { "a", "b", "c", "ab", "abc", "id", "type",
	"", "é", "ключ", "\xf0\x9f\x98\x80", "a/b", "a~b", "~0", "a b", "\"q",
	"back\\slash", "shipping_address_1", "shipping_address_2",
	"a_key_of_more_than_thirty_two_bytes_1",
	"a_key_of_more_than_thirty_two_bytes_2",
	"exactly_thirty_bytes_in_a_key_", "exactly_thirty_bytes_in_a_keys_",
	"prefix_1", "prefix_2", "x-note", "\t", "k0", "k1", "k2", "k3", "k63",
	"k64", "0", "1", "00", "%25", "properties", "$ref", "$id", "required",
	"items", "enum", "a\xc3\xa9", "name\":", "a,b", "{", "]", "\x7f" };

static const char *const texts[] = {
	"", "a", "b", "ab", "abc", "aaa", "é", "éa", "\xf0\x9f\x98\x80",
	"\xf0\x9f\x98\x80"
	"b",
	"0", "10", "a1", "A", "2024-02-29", "2023-02-29", "2024-1-1",
	"127.0.0.1", "256.0.0.1", "01.2.3.4", "a\nb", "\xe2\x80\xa8", "null",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "b\\", "\"", "a\"b", "\x7f",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
};

static const char *const numbers[] = { "0", "-0", "1", "-1", "2", "3", "0.1",
	"0.2", "0.3", "0.30", "1.5", "2.5", "-2.5", "1e0", "10e-1", "1.0",
	"1e2", "100", "99", "101", "1E+2", "9007199254740992",
	"9007199254740993", "9007199254740992.5", "-9007199254740993",
	"18446744073709551615", "18446744073709551616", "1e400", "-1e-400",
	"0e5", "0.0", "-0.0", "123456789012345678901234567890", "1.10", "3.14",
	"1e19", "9223372036854775807", "9223372036854775808",
	"-9223372036854775808", "-9223372036854775809", "999999999999999999",
	"1000000000000000000", "1000000000000000001", "0.000000000000000001",
	"1e-18", "12345678901234567", "12345678901234567.0", "1.5e1", "15" };

uint64_t
random_next(struct random *r)
{
	uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

unsigned
random_below(struct random *r, unsigned n)
{
	return (unsigned)(random_next(r) >> 33) % n;
}

bool
random_chance(struct random *r, unsigned percent)
{
	return random_below(r, 100) < percent;
}

void
random_bytes(struct random *r, const char *text, size_t len)
{
	if (len > RANDOM_ROOM - 64 - r->n)
		return;
	memcpy(r->out + r->n, text, len);
	r->n += len;
	r->out[r->n] = '\0';
}

void
random_put(struct random *r, const char *text)
{
	random_bytes(r, text, strlen(text));
}

static void
blanks(struct random *r)
{
	static const char *const some[] = { " ", "  ", "\t", "\r",
		"                                  " };

	if (r->spaces && random_chance(r, 30))
		random_put(r, some[random_below(r, COUNT(some))]);
}

void
random_token(struct random *r, const char *text)
{
	blanks(r);
	random_put(r, text);
	blanks(r);
}

static void
put_unit(struct random *r, unsigned unit)
{
	char text[8];

	(void)snprintf(text, sizeof text,
	    random_chance(r, 50) ? "\\u%04x" : "\\u%04X", unit);
	random_put(r, text);
}

static void
put_escaped(struct random *r, unsigned c)
{
	static const char from[] = "\"\\/\b\f\n\r\t", to[] = "\"\\/bfnrt";
	const char *at = c == 0 || c > 127 ? NULL : strchr(from, (int)c);
	char two[3] = { '\\' };

	if (at != NULL && random_chance(r, 60)) {
		two[1] = to[at - from];
		random_put(r, two);
	} else if (c >= 0x10000) {
		put_unit(r, 0xd800 + ((c - 0x10000) >> 10));
		put_unit(r, 0xdc00 + ((c - 0x10000) & 0x3ff));
	} else {
		put_unit(r, c);
	}
}

void
random_quote(struct random *r, const char *text, size_t len)
{
	const bool odd = random_chance(r, 8);
	size_t at = 0;

	random_put(r, "\"");
	while (at < len) {
		const size_t from = at;
		const unsigned c = ref_character(text, len, &at);

		if (c < 0x20 || c == '"' || c == '\\' ||
		    (odd && random_chance(r, 30)))
			put_escaped(r, c);
		else
			random_bytes(r, text + from, at - from);
	}
	random_put(r, "\"");
}

const char *
random_key(struct random *r)
{
	/* Some keys more than others, so that they meet. */
	return random_chance(r, 60) ? keys[random_below(r, 7)]
				    : keys[random_below(r, COUNT(keys))];
}

const char *
random_text(struct random *r)
{
	static const char *const alphabet[] = { "a", "b", "a", "b", "0", "1",
		"é", "_", " ", "A", "-", "\n", "\xf0\x9f\x98\x80" };
	static char made[64];
	unsigned n = random_below(r, 7);

	if (random_chance(r, 40))
		return texts[random_below(r, COUNT(texts))];
	for (made[0] = '\0'; n > 0; n--)
		strcat(made, alphabet[random_below(r, COUNT(alphabet))]);
	return made;
}

const char *
random_number(struct random *r)
{
	static char made[32];

	if (random_chance(r, 45))
		return numbers[random_below(r, COUNT(numbers))];
	if (random_chance(r, 70))
		(void)snprintf(made, sizeof made, "%d",
		    (int)random_below(r, 26) - 5);
	else
		(void)snprintf(made, sizeof made, "%u.%u", random_below(r, 4),
		    random_below(r, 100));
	return made;
}

const char *
random_count(struct random *r, bool strict)
{
	static const char *const plain[] = { "0", "1", "1", "2", "2", "3",
		"4" };
	static const char *const odd[] = { "0.0", "1.0", "2e0", "20e-1",
		"1000000000000000000", "100000000000000000000", "1e30" };

	return strict || random_chance(r, 92)
	    ? plain[random_below(r, COUNT(plain))]
	    : odd[random_below(r, COUNT(odd))];
}

static void
respell_number(struct random *r, const struct ref_value *v)
{
	random_bytes(r, v->text, v->len);
	if (memchr(v->text, 'e', v->len) != NULL ||
	    memchr(v->text, 'E', v->len) != NULL)
		return;
	if (random_chance(r, 15))
		random_put(r,
		    memchr(v->text, '.', v->len) == NULL ? ".0" : "00");
	if (random_chance(r, 10))
		random_put(r, random_chance(r, 50) ? "e0" : "E+00");
}

/* Members begin somewhere, and go round. */
static void
respell_children(struct random *r, const struct ref_value *v)
{
	const struct ref_value *c = v->first;
	size_t i, skip;

	skip = v->kind == REF_OBJECT && v->n > 0
	    ? random_below(r, (unsigned)v->n)
	    : 0;
	for (i = 0; i < skip; i++)
		c = c->next;
	for (i = 0; i < v->n; i++) {
		if (i > 0)
			random_token(r, ",");
		if (v->kind == REF_OBJECT) {
			random_quote(r, c->key, c->key_len);
			random_token(r, ":");
		}
		random_respell(r, c);
		c = c->next == NULL ? v->first : c->next;
	}
}

void
random_respell(struct random *r, const struct ref_value *v)
{
	const bool array = v->kind == REF_ARRAY;

	if (v->kind == REF_NUMBER)
		respell_number(r, v);
	else if (v->kind == REF_STRING)
		random_quote(r, v->text, v->len);
	else if (!array && v->kind != REF_OBJECT)
		random_bytes(r, v->raw, v->raw_len);
	else {
		random_token(r, array ? "[" : "{");
		respell_children(r, v);
		random_token(r, array ? "]" : "}");
	}
}

static void
random_children(struct random *r, unsigned depth, bool object)
{
	const char *key, *before[4] = { NULL };
	unsigned i, k, n = random_below(r, 4);

	for (i = 0; i < n; i++) {
		before[i] = key = random_key(r);
		for (k = 0; before[k] != key; k++)
			continue;
		if (object && k < i)
			return;
		if (i > 0)
			random_token(r, ",");
		if (object) {
			random_quote(r, key, strlen(key));
			random_token(r, ":");
		}
		random_value(r, depth - 1);
	}
}

void
random_value(struct random *r, unsigned depth)
{
	static const char *const words[] = { "null", "true", "false" };
	const unsigned kind = random_below(r, depth > 0 ? 6 : 4);
	const char *text;

	switch (kind) {
	case 0:
		random_put(r, words[random_below(r, 3)]);
		return;
	case 1:
		random_put(r, random_number(r));
		return;
	case 2:
	case 3:
		text = random_text(r);
		random_quote(r, text, strlen(text));
		return;
	default:
		random_token(r, kind == 4 ? "[" : "{");
		random_children(r, depth, kind == 5);
		random_token(r, kind == 4 ? "]" : "}");
	}
}

size_t
random_damage(struct random *r, char *text, size_t len)
{
	static const char bytes[] =
	    "{}[]\",:\\0123456789.eE+-tfn \t\x01\xc3\xa9"
	    "\xed\xa0\x80\xf0\xff/u";
	unsigned n = 1 + random_below(r, 3);

	for (; n > 0 && len > 0; n--) {
		const size_t at = random_below(r, (unsigned)len);

		switch (random_below(r, 4)) {
		case 0:
			memmove(text + at, text + at + 1, --len - at);
			break;
		case 1:
			memmove(text + at + 1, text + at, len++ - at);
			text[at] = bytes[random_below(r, sizeof bytes - 1)];
			break;
		case 2:
			text[at] = bytes[random_below(r, sizeof bytes - 1)];
			break;
		default:
			if (random_chance(r, 30))
				len = at;
			else
				text[at] ^= (char)(1 << random_below(r, 8));
		}
	}
	/* A line has no newline inside. */
	for (n = 0; n < len; n++)
		if (text[n] == '\n')
			text[n] = ' ';
	return len;
}
