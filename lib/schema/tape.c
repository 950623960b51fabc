#include "schema/tape.h"

#include <limits.h>
#include <string.h>

#include "json/decimal.h"
#include "json/lex.h"
#include "json/text.h"
#include "json/unescape.h"
#include "json/work.h"

#define FEW 32 /* members that are looked at one by one */

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

/* What is read, and where. */
struct reader {
	struct dp_tape *t;
	uint32_t open; /* the container that is */
	unsigned depth, max_depth;
	bool nul_passes, dup_passes;
	bool in_object; /* the newest item is a member */
	bool twice;     /* an object may have a key twice */
	bool memory;    /* there is none left */
};

/* A new item, a child of what is open. */
static struct dp_tape_item *
push(struct reader *r, const char *text)
{
	struct dp_tape *t = r->t;
	struct dp_tape_item *it;

	if (dp_buf_reserve(&t->items, sizeof *it) == -1) {
		r->memory = true;
		return NULL;
	}
	t->items.len += sizeof *it;
	it = item(t, (uint32_t)t->n);
	*it = (struct dp_tape_item){ .text = text, .parent = r->open };
	if (t->n++ > 0) {
		struct dp_tape_item *up = item(t, r->open);

		it->index = up->count++;
		r->in_object = up->type == DP_JSON_OBJECT;
	}
	it->next = (uint32_t)t->n;
	return it;
}

/* Whether an object may have the key of its newest member already. */
static bool
may_be_twice(const struct reader *r, const struct dp_tape_item *it)
{
	struct dp_tape_item *object = item(r->t, r->open);
	const uint32_t len = it->key_len;
	uint32_t bit = 1;

	if (len > 0)
		bit <<= (len + (unsigned char)it->key[0] * 5u +
			    (unsigned char)it->key[len - 1] * 11u) %
		    32;
	if (it->key_escaped)
		return true;
	if ((object->keys & bit) == 0) {
		object->keys |= bit;
		return false;
	}
	if (it->index > FEW)
		return true;
	object->next = (uint32_t)r->t->n - 1;
	return dp_tape_member(r->t, r->open, it->key, len) != 0;
}

static const char *
read_key(struct reader *r, struct dp_tape_item *it, const char *p)
{
	if (*p != '"')
		return NULL;
	it->key = p + 1;
	p = dp_lex_string(p + 1, r->nul_passes, &it->key_escaped);
	if (p == NULL)
		return NULL;
	it->key_len = (uint32_t)(p - 1 - it->key);
	if (!r->dup_passes && may_be_twice(r, it)) {
		r->twice = true;
		return NULL;
	}
	p = dp_lex_ws(p);
	return *p == ':' ? dp_lex_ws(p + 1) : NULL;
}

static const char *
read_scalar(const struct reader *r, struct dp_tape_item *it, const char *p)
{
	enum dp_json_type type = DP_JSON_STRING;

	it->text = p;
	p = *p == '"' ? dp_lex_string(p + 1, r->nul_passes, &it->escaped)
		      : dp_lex_scalar(p, r->nul_passes, &type);
	it->type = (uint8_t)type;
	it->len = (uint32_t)(p - it->text);
	return p;
}

/*
 * Steps from behind a value over closing brackets to the next child of an
 * open container, or behind the root, when depth is 0 then.
 */
static const char *
close_all(struct reader *r, const char *p)
{
	while (r->depth > 0) {
		struct dp_tape_item *it = item(r->t, r->open);

		p = dp_lex_ws(p);
		if (*p == ',')
			return dp_lex_ws(p + 1);
		if (*p != (it->type == DP_JSON_OBJECT ? '}' : ']'))
			return NULL;
		p++;
		it->len = (uint32_t)(p - it->text);
		it->next = (uint32_t)r->t->n;
		r->open = it->parent;
		r->depth--;
	}
	return p;
}

/* Opens a container: to its first child, or behind it when it has none. */
static const char *
open_one(struct reader *r, struct dp_tape_item *it, const char *p)
{
	const char close = *p == '{' ? '}' : ']';

	if (r->depth++ == r->max_depth)
		return NULL;
	it->text = p;
	it->type = *p == '{' ? DP_JSON_OBJECT : DP_JSON_ARRAY;
	r->open = (uint32_t)r->t->n - 1;
	p = dp_lex_ws(p + 1);
	return *p == close ? close_all(r, p) : p;
}

/* The value at p; returns what is behind it, NULL at a fault. */
static const char *
read_value(struct reader *r, const char *p)
{
	dp_buf_clear(&r->t->items);
	r->t->n = 0;
	do {
		struct dp_tape_item *it = push(r, p);

		if (it == NULL)
			return NULL;
		if (r->in_object)
			p = read_key(r, it, p);
		if (p != NULL && (*p == '{' || *p == '[')) {
			p = open_one(r, it, p);
			continue;
		}
		if (p != NULL)
			p = read_scalar(r, it, p);
		if (p != NULL)
			p = close_all(r, p);
	} while (p != NULL && r->depth > 0);
	return p;
}

int
dp_tape_read(struct dp_tape *t, const char *text)
{
	struct reader r = { .t = t,
		.max_depth = UINT_MAX,
		.nul_passes = true,
		.dup_passes = true };

	return read_value(&r, text) == NULL ? -1 : 0;
}

int
dp_tape_line(struct dp_tape *t, const char *text, size_t len,
    const struct dp_scan_work *w)
{
	struct reader r = { .t = t,
		.max_depth = w->max_depth,
		.nul_passes = w->nul_passes,
		.dup_passes = w->dup_passes };
	const char *p = read_value(&r, dp_lex_ws(text));

	if (r.memory)
		return -1;
	if (r.twice)
		return 2;
	/* A raw newline before len ends a line too early. */
	return p == NULL || dp_lex_ws(p) != text + len;
}

uint32_t
dp_tape_member(const struct dp_tape *t, uint32_t object, const char *name,
    size_t len)
{
	const uint32_t end = dp_tape_at(t, object)->next;
	uint32_t i;

	for (i = object + 1; i < end; i = dp_tape_at(t, i)->next)
		if (dp_tape_named(dp_tape_at(t, i), name, len))
			return i;
	return 0;
}

static void
add_escaped(struct dp_buf *b, const struct dp_tape_item *it)
{
	struct dp_buf text;

	dp_buf_init(&text, 0);
	dp_json_unescape(&text, it->key, it->key_len);
	dp_json_pointer_add(b, text.data, text.len);
	b->failed = b->failed || text.failed;
	dp_buf_fini(&text);
}

/* The key as a token of a pointer, escapes resolved. */
static void
add_token(struct dp_buf *b, const struct dp_tape_item *it)
{
	if (it->key != NULL && !it->key_escaped) {
		dp_json_pointer_add(b, it->key, it->key_len);
	} else if (it->key != NULL) {
		add_escaped(b, it);
	} else {
		(void)dp_buf_addc(b, '/');
		(void)dp_buf_addu(b, it->index);
	}
}

void
dp_tape_pointer(const struct dp_tape *t, uint32_t i, struct dp_buf *b)
{
	uint32_t at = 0;

	/* Down from the root: the child whose span holds i. */
	while (at != i) {
		const uint32_t end = dp_tape_at(t, at)->next;
		uint32_t child = dp_tape_at(t, i)->parent == at ? i : at + 1;

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
