#include "value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

#define POOL (64u << 20)

static char *pool;
static size_t taken;

void *
ref_take(size_t size)
{
	void *p;

	if (pool == NULL && (pool = malloc(POOL)) == NULL)
		abort();
	size = (size + 15) / 16 * 16;
	if (size > POOL - taken) {
		(void)fputs("the reference is out of memory\n", stderr);
		abort();
	}
	p = pool + taken;
	taken += size;
	return memset(p, 0, size);
}

size_t
ref_mark(void)
{
	return taken;
}

void
ref_reset(size_t mark)
{
	taken = mark;
}

struct reader {
	const char *p, *end;
	const struct ref_rules *rules;
	unsigned depth;
};

static bool read_any(struct reader *r, struct ref_value *v);

static void
skip(struct reader *r)
{
	while (r->p < r->end && strchr(" \t\r\n", *r->p) != NULL && *r->p != 0)
		r->p++;
}

static bool
eat(struct reader *r, const char *word)
{
	const size_t n = strlen(word);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

static size_t
put_utf8(char *out, unsigned c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* The four digits of an escape; UINT_MAX-like 0x110000: there are not. */
static unsigned
four(struct reader *r)
{
	unsigned v = 0, i;

	if (!eat(r, "u") || r->end - r->p < 4)
		return 0x110000;
	for (i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		const char c = *r->p++;
		const char *at =
		    strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);

		if (c == 0 || at == NULL)
			return 0x110000;
		v = v * 16 + (unsigned)(at - digits);
	}
	return v;
}

/* Behind the backslash; the character, or 0x110000. */
static unsigned
escaped(struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	unsigned high, low;

	if (r->p == r->end)
		return 0x110000;
	if (*r->p != 'u') {
		const char *at = *r->p == 0 ? NULL : strchr(from, *r->p);

		r->p++;
		return at == NULL ? 0x110000 : (unsigned)to[at - from];
	}
	high = four(r);
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || !eat(r, "\\"))
		return 0x110000;
	low = four(r);
	if (low < 0xdc00 || low > 0xdfff)
		return 0x110000;
	return 0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00);
}

/* 0x110000: not UTF-8. */
unsigned
ref_character(const char *text, size_t len, size_t *at)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char c = (unsigned char)text[(*at)++];
	unsigned n, v, i;

	if (c < 0x80)
		return c;
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc0 || c >= 0xf8 || len - *at < n - 1)
		return 0x110000;
	v = c & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		const unsigned char d = (unsigned char)text[(*at)++];

		if (d < 0x80 || d > 0xbf)
			return 0x110000;
		v = v << 6 | (d & 63u);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0x110000;
	return v;
}

static bool
read_string(struct reader *r, const char **raw, size_t *raw_len,
    const char **text, size_t *len)
{
	const char *q = r->p + 1;
	size_t n = 0;
	char *out;

	while (q < r->end && *q != '"')
		q += *q == '\\' ? 2 : 1;
	out = ref_take((size_t)(q - r->p) + 2);
	*raw = r->p;
	*text = out;
	if (!eat(r, "\""))
		return false;
	while (r->p < r->end && *r->p != '"') {
		size_t at = 0;
		unsigned c;

		if ((unsigned char)*r->p < 0x20)
			return false;
		if (eat(r, "\\")) {
			c = escaped(r);
		} else {
			c = ref_character(r->p, (size_t)(r->end - r->p), &at);
			r->p += at;
		}
		if (c == 0x110000 || (c == 0 && !r->rules->nul_passes))
			return false;
		n += put_utf8(out + n, c);
	}
	*len = n;
	if (!eat(r, "\""))
		return false;
	*raw_len = (size_t)(r->p - *raw);
	return true;
}

static size_t
digits(struct reader *r)
{
	size_t n = 0;

	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; n++)
		r->p++;
	return n;
}

static bool
read_number(struct reader *r, struct ref_value *v)
{
	const char *start = r->p;

	v->kind = REF_NUMBER;
	(void)eat(r, "-");
	if (!eat(r, "0") && digits(r) == 0)
		return false;
	if (eat(r, ".") && digits(r) == 0)
		return false;
	if (eat(r, "e") || eat(r, "E")) {
		if (!eat(r, "+"))
			(void)eat(r, "-");
		if (digits(r) == 0)
			return false;
	}
	v->text = start;
	v->len = (size_t)(r->p - start);
	return true;
}

static bool
same_key(const struct ref_value *a, const struct ref_value *b)
{
	return a->key_len == b->key_len &&
	    memcmp(a->key, b->key, a->key_len) == 0;
}

static bool
read_child(struct reader *r, struct ref_value *v, struct ref_value **last)
{
	struct ref_value *c = ref_take(sizeof *c), *other;

	skip(r);
	c->parent = v;
	c->index = v->n++;
	if (v->kind == REF_OBJECT) {
		if (!read_string(r, &c->raw_key, &c->raw_key_len, &c->key,
			&c->key_len))
			return false;
		for (other = v->first; other != NULL; other = other->next)
			if (same_key(c, other))
				return false;
		skip(r);
		if (!eat(r, ":"))
			return false;
		skip(r);
	}
	if (*last == NULL)
		v->first = c;
	else
		(*last)->next = c;
	*last = c;
	if (!read_any(r, c))
		return false;
	skip(r);
	return true;
}

static bool
read_container(struct reader *r, struct ref_value *v, const char *close)
{
	struct ref_value *last = NULL;

	v->kind = *close == '}' ? REF_OBJECT : REF_ARRAY;
	r->p++;
	if (++r->depth > r->rules->max_depth)
		return false;
	skip(r);
	if (!eat(r, close)) {
		do {
			if (!read_child(r, v, &last))
				return false;
		} while (eat(r, ","));
		if (!eat(r, close))
			return false;
	}
	r->depth--;
	return true;
}

static bool
read_word(struct reader *r, struct ref_value *v)
{
	v->kind = REF_NULL;
	if (eat(r, "null"))
		return true;
	v->kind = REF_TRUE;
	if (eat(r, "true"))
		return true;
	v->kind = REF_FALSE;
	return eat(r, "false");
}

static bool
read_any(struct reader *r, struct ref_value *v)
{
	const char *start = r->p;
	bool good;

	if (r->p == r->end)
		return false;
	if (*r->p == '{' || *r->p == '[')
		good = read_container(r, v, *r->p == '{' ? "}" : "]");
	else if (*r->p == '"') {
		v->kind = REF_STRING;
		good = read_string(r, &v->raw, &v->raw_len, &v->text, &v->len);
	} else if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9'))
		good = read_number(r, v);
	else
		good = read_word(r, v);
	v->raw = start;
	v->raw_len = (size_t)(r->p - start);
	return good;
}

struct ref_value *
ref_read(const char *text, size_t len, const struct ref_rules *rules)
{
	struct reader r = { .p = text, .end = text + len, .rules = rules };
	struct ref_value *v = ref_take(sizeof *v);

	skip(&r);
	if (!read_any(&r, v))
		return NULL;
	skip(&r);
	return r.p == r.end ? v : NULL;
}

bool
ref_key_is(const struct ref_value *member, const char *key)
{
	return member->key_len == strlen(key) &&
	    memcmp(member->key, key, member->key_len) == 0;
}

bool
ref_text_is(const struct ref_value *string, const char *text)
{
	return string->kind == REF_STRING && string->len == strlen(text) &&
	    memcmp(string->text, text, string->len) == 0;
}

const struct ref_value *
ref_member(const struct ref_value *object, const char *key)
{
	const struct ref_value *m;

	if (object->kind != REF_OBJECT)
		return NULL;
	for (m = object->first; m != NULL; m = m->next)
		if (ref_key_is(m, key))
			return m;
	return NULL;
}

bool
ref_equal(const struct ref_value *a, const struct ref_value *b)
{
	const struct ref_value *x, *y;

	if (a->kind != b->kind || a->n != b->n)
		return false;
	if (a->kind == REF_NUMBER)
		return ref_number_compare(a->text, a->len, b->text, b->len) ==
		    0;
	if (a->kind == REF_STRING)
		return a->len == b->len &&
		    memcmp(a->text, b->text, a->len) == 0;
	for (x = a->first, y = b->first; x != NULL; x = x->next) {
		if (a->kind == REF_OBJECT)
			for (y = b->first; y != NULL && !same_key(x, y);)
				y = y->next;
		if (y == NULL || !ref_equal(x, y))
			return false;
		y = y->next;
	}
	return true;
}
