#include "schema/scalar.h"

#include <string.h>

#include "json/decimal.h"
#include "json/unescape.h"
#include "schema/format.h"
#include "schema/keytable.h"
#include "schema/number.h"
#include "schema/pattern.h"

uint64_t
dp_scalar_length(const char *text, size_t len)
{
	uint64_t n = 0;
	size_t i;

	/* All bytes but those that go on with a character. */
	for (i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static bool
has_string(const struct dp_values *v, const char *text, size_t len)
{
	if (v->nstrings == 1)
		return v->strings[0].len == len &&
		    memcmp(v->strings[0].text, text, len) == 0;
	return v->nstrings > 0 && dp_keytable_find(&v->table, text, len) >= 0;
}

static bool
has_number(const struct dp_values *v, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct dp_tape_item *it =
		    dp_tape_at(&v->source->tape, v->items[i]);

		if ((it->type & DP_TYPES_NUMBER) != 0 &&
		    dp_decimal_compare(text, len, it->text, it->len) == 0)
			return true;
	}
	return false;
}

static const char *
check_text(const struct dp_node *n, const char *text, size_t len)
{
	const struct dp_string *s = n->string;

	if (n->only != NULL && !has_string(n->only, text, len))
		return "const";
	if (n->values != NULL && !has_string(n->values, text, len))
		return "enum";
	if (s == NULL)
		return NULL;
	/* A character has one to four bytes: most need no count. */
	if (len > s->max || (len + 3) / 4 < s->min) {
		const uint64_t chars = dp_scalar_length(text, len);

		if (chars < s->min)
			return "minLength";
		if (chars > s->max)
			return "maxLength";
	}
	if (s->pattern != NULL) {
		const enum dp_pattern_result r =
		    dp_pattern_match(s->pattern, text, len);

		if (r != DP_PATTERN_YES)
			return r == DP_PATTERN_NO ? "pattern" : "pattern-limit";
	}
	if (s->format != NULL && !dp_format_match(s->format, text, len))
		return "format";
	return NULL;
}

static const char *
check_string(const struct dp_node *n, const struct dp_scan_value *v,
    struct dp_buf *text)
{
	struct dp_unescape u;

	if (!v->escaped)
		return check_text(n, v->text + 1, v->len - 2);
	dp_buf_clear(text);
	if (dp_buf_reserve(text, v->len + DP_SCAN_PAD) == -1)
		return "internal";
	u = dp_unescape_of(v->text + 1, v->len - 2);
	text->len = dp_unescape_some(&u, text->data, v->len);
	return check_text(n, text->data, text->len);
}

const char *
dp_scalar_check(const struct dp_node *n, const struct dp_scan_value *v,
    struct dp_buf *text)
{
	if (v->type == DP_JSON_STRING)
		return check_string(n, v, text);
	if ((v->type & DP_TYPES_NUMBER) == 0)
		return NULL;
	if (n->only != NULL && !has_number(n->only, v->text, v->len))
		return "const";
	if (n->values != NULL && !has_number(n->values, v->text, v->len))
		return "enum";
	return n->number == NULL ? NULL
				 : dp_number_check(n->number, v->text, v->len);
}

/* What is asked, and how long it may take. */
struct asking {
	const struct dp_scan_value *v;
	struct dp_buf *text;
	uint64_t *steps;
};

static bool holds(const struct asking *a, const struct dp_node *n);

static size_t
count(const struct asking *a, const struct dp_list *list, size_t enough)
{
	size_t i, n = 0;

	for (i = 0; i < list->n && n<enough && * a->steps> 0; i++)
		n += holds(a, list->at[i]);
	return n;
}

static bool
combine_holds(const struct asking *a, const struct dp_combine *m)
{
	const struct dp_node *next;
	size_t i;

	if (m->dynamic != NULL) {
		*a->steps = 0;
		return false;
	}
	if (m->ref != NULL && !holds(a, m->ref))
		return false;
	for (i = 0; i < m->all.n; i++)
		if (!holds(a, m->all.at[i]))
			return false;
	if (m->not != NULL && holds(a, m->not ))
		return false;
	if (m->cond != NULL) {
		next = holds(a, m->cond) ? m->then : m->otherwise;
		if (next != NULL && !holds(a, next))
			return false;
	}
	if (m->any.n > 0 && count(a, &m->any, 1) == 0)
		return false;
	return m->one.n == 0 || count(a, &m->one, 2) == 1;
}

static bool
holds(const struct asking *a, const struct dp_node *n)
{
	const char *code;

	if (n->source == NULL)
		return !n->never;
	if ((n->types & a->v->type) == 0 || *a->steps == 0)
		return false;
	--*a->steps;
	if (n->string != NULL || n->number != NULL || n->only != NULL ||
	    n->values != NULL) {
		code = dp_scalar_check(n, a->v, a->text);
		if (code != NULL &&
		    (strcmp(code, "pattern-limit") == 0 ||
			strcmp(code, "internal") == 0))
			*a->steps = 0;
		if (code != NULL)
			return false;
	}
	return n->combine == NULL || combine_holds(a, n->combine);
}

bool
dp_scalar_holds(const struct dp_node *n, const struct dp_scan_value *v,
    struct dp_buf *text, uint64_t *steps)
{
	const struct asking a = { v, text, steps };

	return holds(&a, n);
}
