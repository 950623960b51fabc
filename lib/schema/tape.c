#include "schema/tape.h"

#include <string.h>

#include "json/decimal.h"
#include "json/lex.h"
#include "json/text.h"
#include "json/unescape.h"

void
dp_tape_init(struct dp_tape *t)
{
	dp_buf_init(&t->items, 0);
	t->n = 0;
}

void
dp_tape_fini(struct dp_tape *t)
{
	dp_buf_fini(&t->items);
	t->n = 0;
}

struct dp_scan_value
dp_tape_value(const struct dp_tape *t, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(t, i);

	return (struct dp_scan_value){ .type = (enum dp_json_type)it->type,
		.text = it->text,
		.len = it->len,
		.escaped = it->escaped };
}

static struct dp_tape_item *
item(struct dp_tape *t, uint32_t i)
{
	return (struct dp_tape_item *)(void *)t->items.data + i;
}

/* A new item, a child of parent. */
static struct dp_tape_item *
push(struct dp_tape *t, uint32_t parent, const char *text)
{
	struct dp_tape_item *it;

	if (dp_buf_reserve(&t->items, sizeof *it) == -1)
		return NULL;
	t->items.len += sizeof *it;
	it = item(t, (uint32_t)t->n);
	memset(it, 0, sizeof *it);
	it->text = text;
	it->parent = parent;
	if (t->n++ > 0)
		it->index = item(t, parent)->count++;
	return it;
}

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

/* A scalar, or the opening bracket of a container. */
static const char *
read_start(struct dp_tape_item *it, const char *p)
{
	enum dp_json_type type = DP_JSON_NULL;

	it->text = p;
	if (*p == '{' || *p == '[') {
		it->type = *p == '{' ? DP_JSON_OBJECT : DP_JSON_ARRAY;
		return p + 1;
	}
	if (*p == '"') {
		it->type = DP_JSON_STRING;
		p = string_end(p + 1, &it->escaped) + 1;
	} else {
		p = dp_lex_scalar(p, true, &type);
		it->type = (uint8_t)type;
	}
	it->len = (uint32_t)(p - it->text);
	return p;
}

static const char *
read_key(struct dp_tape_item *it, const char *p)
{
	if (*p != '"')
		return p;
	it->key = p + 1;
	p = string_end(p + 1, &it->key_escaped);
	it->key_len = (uint32_t)(p - it->key);
	return dp_lex_ws(dp_lex_ws(p + 1) + 1);
}

/*
 * Steps from behind a value over closing brackets to the next child of an
 * open container.  NULL: the root is complete.
 */
static const char *
close_all(struct dp_tape *t, const char *p, uint32_t *open)
{
	for (;;) {
		struct dp_tape_item *it = item(t, *open);

		p = dp_lex_ws(p);
		if (*p == ',')
			return dp_lex_ws(p + 1);
		p++;
		it->len = (uint32_t)(p - it->text);
		it->next = (uint32_t)t->n;
		if (*open == 0)
			return NULL;
		*open = it->parent;
	}
}

int
dp_tape_read(struct dp_tape *t, const char *text)
{
	const char *p = text;
	uint32_t open = 0;

	dp_buf_clear(&t->items);
	t->n = 0;
	for (;;) {
		struct dp_tape_item *it = push(t, open, p);

		if (it == NULL)
			return -1;
		if (t->n > 1 && item(t, open)->type == DP_JSON_OBJECT)
			p = read_key(it, p);
		p = read_start(it, p);
		it->next = (uint32_t)t->n;
		if (it->len == 0) {
			open = (uint32_t)t->n - 1;
			p = dp_lex_ws(p);
			if (*p != '}' && *p != ']')
				continue;
		} else if (t->n == 1) {
			return 0;
		}
		p = close_all(t, p, &open);
		if (p == NULL)
			return 0;
	}
}

uint32_t
dp_tape_member(const struct dp_tape *t, uint32_t object, const char *name,
    size_t len)
{
	const uint32_t end = dp_tape_at(t, object)->next;
	uint32_t i;

	for (i = object + 1; i < end; i = dp_tape_at(t, i)->next) {
		const struct dp_tape_item *it = dp_tape_at(t, i);

		if (dp_scan_equal(it->key, it->key_len, it->key_escaped, name,
			len))
			return i;
	}
	return 0;
}

/* The key as a token of a pointer, escapes resolved. */
static void
add_token(struct dp_buf *b, const struct dp_tape_item *it)
{
	struct dp_buf text;

	if (it->key == NULL) {
		(void)dp_buf_addc(b, '/');
		(void)dp_buf_addu(b, it->index);
		return;
	}
	if (!it->key_escaped) {
		dp_json_pointer_add(b, it->key, it->key_len);
		return;
	}
	dp_buf_init(&text, 0);
	dp_json_unescape(&text, it->key, it->key_len);
	dp_json_pointer_add(b, text.data, text.len);
	b->failed = b->failed || text.failed;
	dp_buf_fini(&text);
}

void
dp_tape_pointer(const struct dp_tape *t, uint32_t i, struct dp_buf *b)
{
	uint32_t at = 0;

	/* Down from the root: the child whose span holds i. */
	while (at != i) {
		const uint32_t end = dp_tape_at(t, at)->next;
		uint32_t child = at + 1;

		while (child < end && dp_tape_at(t, child)->next <= i)
			child = dp_tape_at(t, child)->next;
		if (child >= end)
			return;
		add_token(b, dp_tape_at(t, child));
		at = child;
	}
}

static bool equal(const struct dp_tape *a, uint32_t i, const struct dp_tape *b,
    uint32_t j, uint64_t *steps, unsigned depth);

static bool
same_text(const struct dp_tape_item *x, const struct dp_tape_item *y)
{
	if (!x->escaped && !y->escaped)
		return x->len == y->len &&
		    memcmp(x->text, y->text, x->len) == 0;
	return dp_unescape_equal(x->text + 1, x->len - 2, y->text + 1,
	    y->len - 2);
}

/* The member of the same name, sought at the same place first. */
static uint32_t
namesake(const struct dp_tape *b, uint32_t object, uint32_t guess,
    const struct dp_tape_item *x, uint64_t *steps)
{
	const uint32_t end = dp_tape_at(b, object)->next;
	uint32_t k;

	if (guess < end &&
	    dp_unescape_equal(x->key, x->key_len, dp_tape_at(b, guess)->key,
		dp_tape_at(b, guess)->key_len))
		return guess;
	for (k = object + 1; k<end && * steps> 0; k = dp_tape_at(b, k)->next) {
		--*steps;
		if (dp_unescape_equal(x->key, x->key_len, dp_tape_at(b, k)->key,
			dp_tape_at(b, k)->key_len))
			return k;
	}
	return 0;
}

static bool
equal_children(const struct dp_tape *a, uint32_t i, const struct dp_tape *b,
    uint32_t j, uint64_t *steps, unsigned depth)
{
	const bool object = dp_tape_at(a, i)->type == DP_JSON_OBJECT;
	const uint32_t end = dp_tape_at(a, i)->next;
	uint32_t x = i + 1, y = j + 1;

	if (dp_tape_at(a, i)->count != dp_tape_at(b, j)->count)
		return false;
	while (x < end) {
		uint32_t k = y;

		if (object)
			k = namesake(b, j, y, dp_tape_at(a, x), steps);
		if (k == 0 || !equal(a, x, b, k, steps, depth + 1))
			return false;
		x = dp_tape_at(a, x)->next;
		y = dp_tape_at(b, k)->next;
	}
	return true;
}

static bool
equal(const struct dp_tape *a, uint32_t i, const struct dp_tape *b, uint32_t j,
    uint64_t *steps, unsigned depth)
{
	const struct dp_tape_item *x = dp_tape_at(a, i), *y = dp_tape_at(b, j);

	if (x->type != y->type || *steps == 0)
		return false;
	--*steps;
	switch ((enum dp_json_type)x->type) {
	case DP_JSON_INTEGER:
	case DP_JSON_NUMBER:
		return dp_decimal_compare(x->text, x->len, y->text, y->len) ==
		    0;
	case DP_JSON_STRING:
		return same_text(x, y);
	case DP_JSON_ARRAY:
	case DP_JSON_OBJECT:
		if (depth < DP_SCAN_DEPTH)
			return equal_children(a, i, b, j, steps, depth);
		*steps = 0;
		return false;
	case DP_JSON_NULL:
	case DP_JSON_FALSE:
	case DP_JSON_TRUE:
	default:
		return true;
	}
}

bool
dp_tape_equal(const struct dp_tape *a, uint32_t i, const struct dp_tape *b,
    uint32_t j, uint64_t *steps)
{
	return equal(a, i, b, j, steps, 0);
}
