#include "sink/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "json/lex.h"
#include "json/text.h"
#include "json/unescape.h"
#include "sink/value.h"

#define NO_KEY UINT32_MAX

/* The escaped form of a key is rare: resolved, then compared. */
static bool
same_key(const struct dp_target_key *k, const char *key, size_t len,
    bool escaped)
{
	if (!escaped)
		return k->len == len && memcmp(k->text, key, len) == 0;
	return dp_scan_equal(key, len, true, k->text, k->len);
}

static uint32_t
search(const struct dp_target *t, const char *key, size_t len, bool escaped)
{
	size_t i;

	if (escaped) {
		for (i = 0; i < t->nkeys; i++)
			if (same_key(&t->keys[i], key, len, true))
				return (uint32_t)i;
		return NO_KEY;
	}
	for (i = dp_hash64(key, len, 0) & t->mask; t->hash[i] != 0;
	     i = (i + 1) & t->mask)
		if (same_key(&t->keys[t->hash[i] - 1], key, len, false))
			return t->hash[i] - 1;
	return NO_KEY;
}

/* A member that no column has. */
static int
further(struct dp_target *t, const struct dp_scan_member *m, int extra,
    const char *text, struct dp_reject *fault, struct dp_buf *scratch)
{
	if (extra == DP_EXTRA_IGNORE)
		return 0;
	if (extra == DP_EXTRA_COLUMN && t->extra >= 0) {
		struct dp_buf *b = &t->further;

		(void)dp_buf_addc(b, b->len == 0 ? '{' : ',');
		(void)dp_buf_addc(b, '"');
		(void)dp_buf_add(b, m->key, m->key_len);
		(void)dp_buf_add(b, "\":", 2);
		(void)dp_buf_add(b, m->value.text, m->value.len);
		return 0;
	}
	dp_buf_clear(scratch);
	{
		struct dp_buf plain;

		dp_buf_init(&plain, 0);
		dp_json_unescape(&plain, m->key, m->key_len);
		dp_json_pointer_add(scratch, plain.data, plain.len);
		dp_buf_fini(&plain);
	}
	fault->code = "extra";
	fault->pointer = scratch->data;
	fault->pointer_len = scratch->len;
	fault->detail = "the table has no column for this key";
	fault->detail_len = strlen(fault->detail);
	fault->column = (size_t)(m->value.text - text) + 1;
	return 1;
}

/* True when the key, its quotes and the colon stand at p. */
DP_LEX_INLINE bool
is_next(const struct dp_target_key *k, const char *p)
{
	size_t i;

	if (k->words == 0)
		return false;
	for (i = 0; i + 1 < k->words; i++)
		if (dp_lex_load8(p + 8 * i) != dp_lex_load8(k->quoted + 8 * i))
			return false;
	return ((dp_lex_load8(p + 8 * i) ^ dp_lex_load8(k->quoted + 8 * i)) &
		   k->mask) == 0;
}

/* p on a value; returns behind it. */
DP_LEX_INLINE const char *
take(const char *p, struct dp_scan_value *v)
{
	v->text = p;
	v->escaped = false;
	if (*p == '"') {
		v->type = DP_JSON_STRING;
		p = dp_lex_string(p + 1, true, &v->escaped);
	} else if ((unsigned)*p - '0' < 10 || *p == '-') {
		p = dp_lex_number(p, &v->type);
	} else {
		return dp_scan_take(p, v);
	}
	if (p == NULL)
		__builtin_unreachable(); /* the scanner has accepted it */
	v->len = (size_t)(p - v->text);
	return p;
}

/* A member whose key was not the expected one.  NULL: rejected. */
DP_LEX_COLD const char *
take_other(struct dp_target *t, const char *p, uint32_t *k, int extra,
    const char *text, struct dp_reject *fault, struct dp_buf *scratch)
{
	struct dp_scan_member m;
	struct dp_scan_value key;

	p = dp_scan_take(p, &key);
	m.key = key.text + 1;
	m.key_len = key.len - 2;
	m.key_escaped = key.escaped;
	*k = search(t, m.key, m.key_len, m.key_escaped);
	p = dp_lex_ws(dp_lex_ws(p) + 1);
	if (*k != NO_KEY)
		return p;
	p = dp_scan_take(p, &m.value);
	return further(t, &m, extra, text, fault, scratch) != 0 ? NULL : p;
}

/* text on the bracket of an object that the scanner has accepted. */
static int
walk(struct dp_target *t, const char *text, int extra, struct dp_reject *fault,
    struct dp_buf *scratch)
{
	const uint32_t record = t->record;
	uint32_t *guess = &t->first;
	const char *p = dp_lex_ws(text + 1);

	for (; *p != '}'; p = dp_lex_ws(p + 1)) {
		uint32_t k = *guess;

		if (k < t->nkeys && is_next(&t->keys[k], p)) {
			p = dp_lex_ws(p + t->keys[k].quoted_len);
		} else {
			p = take_other(t, p, &k, extra, text, fault, scratch);
			if (p == NULL)
				return 1;
		}
		if (k != NO_KEY) {
			/* Cell -1 is of keys that go nowhere. */
			struct dp_cell *cell = t->cells + t->keys[k].column;

			*guess = k;
			guess = &t->keys[k].after;
			cell->record = record;
			p = take(p, &cell->v);
		}
		p = dp_lex_ws(p);
		if (*p == '}')
			break;
	}
	return 0;
}

static int
new_shape(struct dp_target *t, uint64_t omitted, struct dp_shape **shape,
    struct dp_err *err)
{
	struct dp_shape *s;
	size_t i;

	if (t->nshapes == DP_TARGET_SHAPES)
		return dp_err_set(err, DP_CONFIG,
		    "records for %s leave out columns with defaults in more "
		    "than %d ways: use --missing=null",
		    t->table, DP_TARGET_SHAPES);
	s = &t->shapes[t->nshapes];
	*s = (struct dp_shape){ .omitted = omitted };
	s->columns = calloc(t->columns.n + 1, sizeof *s->columns);
	if (s->columns == NULL)
		return dp_err_nomem(err);
	for (i = 0; i < t->columns.n; i++)
		if (t->bit[i] == 0 || (omitted >> (t->bit[i] - 1) & 1) == 0)
			s->columns[s->n++] = (uint32_t)i;
	t->last_shape = t->nshapes++;
	*shape = s;
	return 0;
}

static int
find_shape(struct dp_target *t, int missing, struct dp_shape **shape,
    struct dp_err *err)
{
	uint64_t omitted = 0;
	size_t i;

	if (t->defaults != 0 && missing == DP_MISSING_DEFAULT)
		for (i = 0; i < t->columns.n; i++)
			if (t->bit[i] != 0 && t->cells[i].record != t->record)
				omitted |= UINT64_C(1) << (t->bit[i] - 1);
	if (t->nshapes > 0 && t->shapes[t->last_shape].omitted == omitted) {
		*shape = &t->shapes[t->last_shape];
		return 0;
	}
	for (i = 0; i < t->nshapes; i++)
		if (t->shapes[i].omitted == omitted) {
			t->last_shape = i;
			*shape = &t->shapes[i];
			return 0;
		}
	return new_shape(t, omitted, shape, err);
}

/* --missing=reject: each key must be there, null or not. */
static int
check_missing(const struct dp_target *t, const char *text,
    struct dp_reject *fault, struct dp_buf *scratch)
{
	static const struct dp_value_fault bad = { "required", NULL };
	size_t i;

	for (i = 0; i < t->columns.n; i++)
		if (t->cells[i].record != t->record && (int32_t)i != t->extra)
			return dp_target_fault(t, i, &bad, text, fault,
			    scratch);
	return 0;
}

/* The record's own number; when it wraps, all cells are forgotten. */
static void
next_record(struct dp_target *t)
{
	if (++t->record == 0) {
		memset(t->cells, 0, t->columns.n * sizeof *t->cells);
		t->record = 1;
	}
	dp_buf_clear(&t->further);
}

int
dp_target_take(struct dp_target *t, const char *text,
    const struct dp_sink_opts *opts, struct dp_shape **shape,
    struct dp_reject *fault, struct dp_buf *scratch, struct dp_err *err)
{
	next_record(t);
	if (walk(t, dp_lex_ws(text), opts->extra, fault, scratch) != 0)
		return 1;
	if (t->further.len > 0) {
		struct dp_cell *c = &t->cells[t->extra];

		if (dp_buf_addc(&t->further, '}') == -1)
			return dp_err_nomem(err);
		c->v = (struct dp_scan_value){ .type = DP_JSON_OBJECT,
			.text = t->further.data,
			.len = t->further.len };
		c->record = t->record;
	}
	if (opts->missing == DP_MISSING_REJECT &&
	    check_missing(t, text, fault, scratch) != 0)
		return 1;
	return find_shape(t, opts->missing, shape, err);
}

int
dp_target_fault(const struct dp_target *t, size_t column,
    const struct dp_value_fault *bad, const char *text, struct dp_reject *fault,
    struct dp_buf *scratch)
{
	const struct dp_column *c = &t->columns.at[column];
	const struct dp_cell *cell = &t->cells[column];
	size_t pointer;

	dp_buf_clear(scratch);
	if (c->key != NULL)
		dp_json_pointer_add(scratch, c->key, c->key_len);
	pointer = scratch->len;
	if (strcmp(bad->code, "required") == 0)
		(void)dp_buf_addf(scratch, "the key of column %s is missing",
		    c->name);
	else if (strcmp(bad->code, "null") == 0)
		(void)dp_buf_addf(scratch, "column %s is NOT NULL", c->name);
	else if (strcmp(bad->code, "range") == 0)
		(void)dp_buf_addf(scratch, "does not fit column %s of type %s",
		    c->name, c->type);
	else
		(void)dp_buf_addf(scratch, "column %s of type %s wants %s",
		    c->name, c->type, bad->wanted);
	fault->code = bad->code;
	fault->pointer = scratch->data;
	fault->pointer_len = pointer;
	fault->detail = scratch->data + pointer;
	fault->detail_len = scratch->len - pointer;
	fault->column = 0;
	if (cell->record == t->record && cell->v.text >= text &&
	    (int32_t)column != t->extra)
		fault->column = (size_t)(cell->v.text - text) + 1;
	return 1;
}
