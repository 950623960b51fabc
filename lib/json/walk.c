/* Walking a text that dp_scan_line() has accepted. */
#include <string.h>

#include "json/lex.h"
#include "json/scan.h"

/* p behind the opening quote of a good string; returns the closing one. */
static const char *
string_end(const char *p, bool *escaped)
{
	for (;;) {
		p = dp_lex_plain(p);
		if (*p == '"')
			return p;
		if (*p == '\\') {
			*escaped = true;
			p += 2;
		} else {
			p++;
		}
	}
}

/* p on the bracket of a good container; returns behind its end. */
static const char *
container_end(const char *p)
{
	unsigned depth = 0;
	bool escaped;

	for (;; p++) {
		switch (*p) {
		case '"':
			p = string_end(p + 1, &escaped);
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return p + 1;
			break;
		default:
			break;
		}
	}
}

const char *
dp_scan_take(const char *p, struct dp_scan_value *v)
{
	v->text = p;
	v->escaped = false;
	switch (*p) {
	case '"':
		v->type = DP_JSON_STRING;
		p = string_end(p + 1, &v->escaped) + 1;
		break;
	case '{':
		v->type = DP_JSON_OBJECT;
		p = container_end(p);
		break;
	case '[':
		v->type = DP_JSON_ARRAY;
		p = container_end(p);
		break;
	default:
		p = dp_lex_scalar(p, true, &v->type);
		break;
	}
	v->len = (size_t)(p - v->text);
	return p;
}

/* The next item's first byte, or NULL at the end. */
static const char *
next_item(const char *open, const char *at)
{
	const char *p;

	if (at == NULL) {
		p = dp_lex_ws(open + 1);
		return *p == '}' || *p == ']' ? NULL : p;
	}
	p = dp_lex_ws(at);
	return *p == ',' ? dp_lex_ws(p + 1) : NULL;
}

bool
dp_scan_next_member(const struct dp_scan_value *object, const char **at,
    struct dp_scan_member *m)
{
	const char *p = next_item(object->text, *at);

	if (p == NULL)
		return false;
	m->key = p + 1;
	m->key_escaped = false;
	p = string_end(m->key, &m->key_escaped);
	m->key_len = (size_t)(p - m->key);
	p = dp_lex_ws(dp_lex_ws(p + 1) + 1);
	*at = dp_scan_take(p, &m->value);
	return true;
}

bool
dp_scan_next_element(const struct dp_scan_value *array, const char **at,
    struct dp_scan_value *v)
{
	const char *p = next_item(array->text, *at);

	if (p == NULL)
		return false;
	*at = dp_scan_take(p, v);
	return true;
}
