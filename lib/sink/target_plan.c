/* The compilation of a target: which key goes to which column. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "sink/ddl.h"
#include "sink/target.h"

#define EXTRA_NAME "extra"

/* Keys that JSON writes as they are, and that are short, are looked for
 * with their quotes. */
static void
quote(struct dp_target_key *k)
{
	const size_t len = k->len + 3;
	size_t i;

	for (i = 0; i < k->len; i++)
		if ((unsigned char)k->text[i] < 0x20 || k->text[i] == '"' ||
		    k->text[i] == '\\')
			return;
	if (len > sizeof k->quoted)
		return;
	k->quoted[0] = '"';
	memcpy(k->quoted + 1, k->text, k->len);
	memcpy(k->quoted + 1 + k->len, "\":", 2);
	k->quoted_len = (uint32_t)len;
	k->words = (uint32_t)(len + 7) / 8;
	k->mask =
	    len % 8 == 0 ? UINT64_MAX : (UINT64_C(1) << (len % 8 * 8)) - 1;
}

static int
add_key(struct dp_target *t, const char *text, size_t len, int32_t column,
    struct dp_err *err)
{
	struct dp_target_key *keys = t->keys;

	if ((t->nkeys & (t->nkeys - 1)) == 0) {
		keys = calloc(t->nkeys == 0 ? 1 : t->nkeys * 2, sizeof *keys);
		if (keys == NULL)
			return dp_err_nomem(err);
		if (t->nkeys > 0)
			memcpy(keys, t->keys, t->nkeys * sizeof *keys);
		free(t->keys);
		t->keys = keys;
	}
	keys[t->nkeys] = (struct dp_target_key){ .len = len,
		.column = column,
		.after = (uint32_t)t->nkeys + 1 };
	keys[t->nkeys].text = dp_column_text(text, len, err);
	if (keys[t->nkeys].text == NULL)
		return -1;
	quote(&keys[t->nkeys++]);
	return 0;
}

/* Takes a column of the table into the target; key NULL: further keys. */
static struct dp_column *
take_column(struct dp_target *t, const struct dp_column *from, const char *key,
    size_t len, struct dp_err *err)
{
	struct dp_column *c = dp_columns_add(&t->columns, err);

	if (c == NULL || dp_column_copy(c, from, err) == -1)
		return NULL;
	if (key == NULL) {
		t->extra = (int32_t)t->columns.n - 1;
		return c;
	}
	c->key = dp_column_text(key, len, err);
	c->key_len = len;
	if (c->key == NULL ||
	    add_key(t, key, len, (int32_t)t->columns.n - 1, err) == -1)
		return NULL;
	return c;
}

static void
problem(struct dp_buf *b, const char *table, const char *fmt,
    const char *column, const char *type)
{
	(void)dp_buf_adds(b, b->len > 0 ? "; " : "");
	(void)dp_buf_addf(b, "table %s: ", table);
	(void)dp_buf_addf(b, "column %s ", column);
	(void)dp_buf_addf(b, "%s%s", fmt, type);
}

/* What a TEXT column of SQLite holds is the schema's to say. */
static void
refine(struct dp_column *c, const struct dp_property *p)
{
	const enum dp_column_kind kind = dp_ddl_kind(p);

	c->hex = dp_ddl_is_hex(p);
	if (c->kind == DP_COLUMN_TEXT &&
	    (kind == DP_COLUMN_JSON || kind == DP_COLUMN_JSONB ||
		kind == DP_COLUMN_NUMERIC))
		c->kind = DP_COLUMN_JSON;
}

static int
take_property(struct dp_target *t, const struct dp_property *p,
    const struct dp_columns *there, const struct dp_sink_opts *opts,
    struct dp_buf *problems, struct dp_err *err)
{
	const struct dp_column *from;
	struct dp_column *c;
	char name[DP_DDL_NAME];

	if (!dp_ddl_column(p, opts->type_key, name))
		return add_key(t, p->name, p->name_len, -1, err);
	from = dp_columns_find(there, name);
	if (from == NULL) {
		problem(problems, t->table, "is not there", name, "");
		return 0;
	}
	if (from->kind == DP_COLUMN_NONE) {
		problem(problems, t->table,
		    "has a type that is not written: ", name, from->type);
		return 0;
	}
	if (dp_columns_find(&t->columns, name) != NULL) {
		problem(problems, t->table, "is meant by two properties", name,
		    "");
		return 0;
	}
	c = take_column(t, from, p->name, p->name_len, err);
	if (c == NULL)
		return -1;
	refine(c, p);
	return 0;
}

static bool
takes_further(const struct dp_column *c)
{
	return strcmp(c->name, EXTRA_NAME) == 0 &&
	    (c->kind == DP_COLUMN_JSON || c->kind == DP_COLUMN_JSONB ||
		c->kind == DP_COLUMN_TEXT || c->kind == DP_COLUMN_ANY);
}

/* Columns that no property has: one takes further keys, others must not be
 * NOT NULL. */
static int
take_rest(struct dp_target *t, const struct dp_columns *there,
    const struct dp_sink_opts *opts, struct dp_buf *problems,
    struct dp_err *err)
{
	size_t i;

	for (i = 0; i < there->n; i++) {
		const struct dp_column *from = &there->at[i];
		struct dp_column *c;

		if (dp_columns_find(&t->columns, from->name) != NULL)
			continue;
		if (takes_further(from)) {
			if (opts->extra != DP_EXTRA_COLUMN)
				continue;
			c = take_column(t, from, NULL, 0, err);
			if (c == NULL)
				return -1;
			if (c->kind == DP_COLUMN_TEXT)
				c->kind = DP_COLUMN_JSON;
		} else if (from->not_null && !from->has_default) {
			problem(problems, t->table,
			    "is NOT NULL, and no property gives its value",
			    from->name, "");
		}
	}
	return 0;
}

static int
from_schema(struct dp_target *t, const struct dp_columns *there,
    const struct dp_sink_opts *opts, struct dp_buf *problems,
    struct dp_err *err)
{
	size_t i;

	for (i = 0; i < dp_schema_property_count(t->type); i++)
		if (take_property(t, dp_schema_property(t->type, i), there,
			opts, problems, err) == -1)
			return -1;
	return take_rest(t, there, opts, problems, err);
}

/* Its key is one that no column has; --extra says what becomes of it. */
static void
tell_unwritten(const struct dp_target *t, const struct dp_column *c,
    const struct dp_sink_opts *opts)
{
	char text[256];

	(void)snprintf(text, sizeof text,
	    "table %s: column %s has a type that is not written: %s", t->table,
	    c->name, c->type);
	opts->tell(opts->arg, NULL, text);
}

/* Each column takes the key of its name. */
static int
from_catalog(struct dp_target *t, const struct dp_columns *there,
    const struct dp_sink_opts *opts, struct dp_buf *problems,
    struct dp_err *err)
{
	const char *type_key = opts->type_key;
	struct dp_column *c;
	size_t i;

	for (i = 0; i < there->n; i++) {
		const struct dp_column *from = &there->at[i];
		const bool further = takes_further(from);

		if (from->kind == DP_COLUMN_NONE) {
			if (from->not_null && !from->has_default)
				problem(problems, t->table,
				    "has a type that is not written: ",
				    from->name, from->type);
			else
				tell_unwritten(t, from, opts);
			continue;
		}
		if (further && opts->extra != DP_EXTRA_COLUMN)
			continue;
		c = take_column(t, from, further ? NULL : from->name,
		    strlen(from->name), err);
		if (c == NULL)
			return -1;
		if (further && c->kind == DP_COLUMN_TEXT)
			c->kind = DP_COLUMN_JSON;
	}
	/* The name of the type is known, and goes nowhere. */
	if (type_key != NULL && type_key[0] == '/' &&
	    strpbrk(type_key + 1, "/~") == NULL &&
	    dp_columns_find(there, type_key + 1) == NULL)
		return add_key(t, type_key + 1, strlen(type_key + 1), -1, err);
	return 0;
}

/* Room for records, and the index of keys. */
static int
finish(struct dp_target *t, struct dp_err *err)
{
	size_t size = 8, i, at;
	uint32_t bits = 0;

	while (size < t->nkeys * 4)
		size *= 2;
	t->mask = size - 1;
	t->hash = calloc(size, sizeof *t->hash);
	t->cells = calloc(t->columns.n + 1, sizeof *t->cells);
	if (t->cells != NULL)
		t->cells++;
	t->bit = calloc(t->columns.n + 1, sizeof *t->bit);
	if (t->hash == NULL || t->cells == NULL || t->bit == NULL)
		return dp_err_nomem(err);
	for (i = 0; i < t->nkeys; i++) {
		at = dp_hash64(t->keys[i].text, t->keys[i].len, 0) & t->mask;
		while (t->hash[at] != 0)
			at = (at + 1) & t->mask;
		t->hash[at] = (uint32_t)i + 1;
	}
	for (i = 0; i < t->columns.n; i++)
		if (t->columns.at[i].has_default && bits < 64)
			t->bit[i] = ++bits;
	t->defaults = bits;
	return 0;
}

struct dp_target *
dp_target_new(const char *table, const struct dp_schema *type,
    const struct dp_columns *there, const struct dp_sink_opts *opts,
    struct dp_buf *problems, struct dp_err *err)
{
	struct dp_target *t = calloc(1, sizeof *t);

	if (t == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	t->extra = -1;
	t->type = type;
	dp_buf_init(&t->further, 0);
	t->table = dp_column_text(table, strlen(table), err);
	if (t->table != NULL &&
	    (type != NULL ? from_schema(t, there, opts, problems, err)
			  : from_catalog(t, there, opts, problems, err)) == 0 &&
	    finish(t, err) == 0)
		return t;
	dp_target_free(t);
	return NULL;
}

void
dp_target_free(struct dp_target *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->nkeys; i++)
		free(t->keys[i].text);
	for (i = 0; i < t->nshapes; i++)
		free(t->shapes[i].columns);
	free(t->keys);
	free(t->hash);
	if (t->cells != NULL)
		free(t->cells - 1);
	free(t->bit);
	free(t->key);
	free(t->table);
	dp_columns_fini(&t->columns);
	dp_buf_fini(&t->further);
	free(t);
}
