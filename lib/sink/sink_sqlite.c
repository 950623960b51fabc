/*
 * SQLite: rows by prepared statements, in one transaction a batch.
 *
 * Source: sqlite.org, "Strict tables", "PRAGMA synchronous", "Result codes".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "json/text.h"
#include "sink/driver.h"
#include "sink/sink_sqlite.h"
#include "sink/value.h"

#define SPACE " \t\n\v\f\r"
#define NUMBER_MAX 512 /* of a text with escapes that may be a number */

static struct dp_sink_sqlite *
of(struct dp_sink *sink)
{
	return (struct dp_sink_sqlite *)sink;
}

static void
lite_close(struct dp_sink *sink)
{
	struct dp_sink_sqlite *s = of(sink);
	size_t i, k;

	for (i = 0; i < sink->ntargets; i++)
		for (k = 0;
		     sink->targets[i] != NULL && k < sink->targets[i]->nshapes;
		     k++)
			dp_lite_finish(sink->targets[i]->shapes[k].own);
	dp_lite_finish(s->lock);
	dp_lite_finish(s->move);
	dp_lite_close(&s->lite);
	dp_buf_fini(&s->sql);
	dp_buf_fini(&s->texts);
	free(s);
}

/*
 * What is acknowledged must last: FULL suffices with a write-ahead log,
 * else the folder's entry of the journal must be synced too.
 */
static int
set_up(struct dp_sink_sqlite *s, struct dp_err *err)
{
	struct sqlite3_stmt *st =
	    dp_lite_prepare(&s->lite, "PRAGMA journal_mode", err);
	bool wal;

	if (st == NULL || dp_lite_step(&s->lite, st, err) == -1) {
		dp_lite_finish(st);
		return -1;
	}
	wal = strcasecmp(dp_lite_get_text(st, 0), "wal") == 0;
	dp_lite_finish(st);
	return dp_lite_exec(&s->lite,
	    wal ? "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON"
		: "PRAGMA synchronous=EXTRA; PRAGMA foreign_keys=ON",
	    err);
}

static struct dp_sink *
lite_open(const char *rest, const struct dp_sink_opts *opts, struct dp_err *err)
{
	struct dp_sink_sqlite *s = calloc(1, sizeof *s);

	if (s == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	dp_buf_init(&s->sql, 0);
	dp_buf_init(&s->texts, 0);
	if (dp_lite_open(&s->lite, rest, opts->create, opts->retry_ms, err) ==
	    -1) {
		free(s);
		return NULL;
	}
	if (set_up(s, err) == -1 ||
	    (opts->ledger != NULL &&
		dp_sqlite_ledger(s, opts->ledger, opts->dry_run, err) == -1)) {
		lite_close(&s->sink);
		return NULL;
	}
	return &s->sink;
}

static int
lite_create(struct dp_sink *sink, const char *sql, struct dp_err *err)
{
	struct dp_sink_sqlite *s = of(sink);

	if (sink->opts.dry_run && dp_sqlite_begin(s, err) == -1)
		return -1;
	return dp_lite_exec(&s->lite, sql, err);
}

/* sqlite.org, "Datatypes in SQLite", 3.1: how a type's name decides. */
static enum dp_column_kind
kind_of(const char *type)
{
	static const struct {
		const char *part;
		enum dp_column_kind kind;
	} rules[] = { { "INT", DP_COLUMN_INT8 }, { "CHAR", DP_COLUMN_TEXT },
		{ "CLOB", DP_COLUMN_TEXT }, { "TEXT", DP_COLUMN_TEXT },
		{ "JSON", DP_COLUMN_JSON }, { "BLOB", DP_COLUMN_BYTES },
		{ "REAL", DP_COLUMN_FLOAT8 }, { "FLOA", DP_COLUMN_FLOAT8 },
		{ "DOUB", DP_COLUMN_FLOAT8 } };

	size_t i;

	for (i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (strcasestr(type, rules[i].part) != NULL)
			return rules[i].kind;
	return DP_COLUMN_ANY;
}

/*
 * What SQLite makes numbers of, "Datatypes in SQLite", 3: a column of any
 * other name has NUMERIC affinity, unless its table is STRICT.
 */
static bool
is_affine(const struct dp_column *c, bool strict)
{
	return !strict && *c->type != '\0' &&
	    (c->kind == DP_COLUMN_ANY || c->kind == DP_COLUMN_JSON);
}

static int
take_column(struct sqlite3_stmt *st, struct dp_columns *columns,
    struct dp_err *err)
{
	const char *name = dp_lite_get_text(st, 0);
	const char *type = dp_lite_get_text(st, 1);
	struct dp_column *c;

	/* Generated and hidden columns cannot be written. */
	if (dp_lite_get_int(st, 5) != 0)
		return 0;
	c = dp_columns_add(columns, err);
	if (c == NULL)
		return -1;
	c->name = dp_column_text(name, strlen(name), err);
	c->type = dp_column_text(type, strlen(type), err);
	c->kind = kind_of(type);
	c->not_null = dp_lite_get_int(st, 2) != 0;
	/* INTEGER PRIMARY KEY is the row's number, given when left out. */
	c->has_default = *dp_lite_get_text(st, 3) != '\0' ||
	    (dp_lite_get_int(st, 4) != 0 && strcasecmp(type, "INTEGER") == 0);
	if (c->name == NULL || c->type == NULL)
		return -1;
	c->affine = is_affine(c, dp_lite_get_int(st, 6) != 0);
	return 0;
}

static int
lite_describe(struct dp_sink *sink, const char *table,
    struct dp_columns *columns, bool *there, struct dp_err *err)
{
	struct dp_sink_sqlite *s = of(sink);
	struct sqlite3_stmt *st = dp_lite_prepare(&s->lite,
	    "SELECT name, type, \"notnull\", dflt_value, pk, hidden, "
	    "(SELECT strict FROM pragma_table_list WHERE name = ?1 "
	    "AND schema = 'main') "
	    "FROM pragma_table_xinfo((SELECT name FROM sqlite_schema "
	    "WHERE type = 'table' AND name = ?1 AND name NOT LIKE 'sqlite!_%' "
	    "ESCAPE '!'))",
	    err);
	int rc;

	if (st == NULL)
		return -1;
	dp_lite_text(st, 1, table, strlen(table));
	while ((rc = dp_lite_step(&s->lite, st, err)) == 1) {
		*there = true;
		if (take_column(st, columns, err) == -1) {
			rc = -1;
			break;
		}
	}
	dp_lite_finish(st);
	return rc;
}

static int
prepare_insert(struct dp_sink_sqlite *s, const struct dp_target *t,
    struct dp_shape *shape, struct dp_err *err)
{
	struct dp_buf *b = &s->sql;
	size_t i;

	dp_buf_clear(b);
	(void)dp_buf_adds(b, "INSERT INTO ");
	dp_ddl_ident(b, t->table);
	for (i = 0; i < shape->n; i++) {
		(void)dp_buf_adds(b, i == 0 ? " (" : ", ");
		dp_ddl_ident(b, t->columns.at[shape->columns[i]].name);
	}
	(void)dp_buf_adds(b, shape->n == 0 ? " DEFAULT VALUES" : ") VALUES (");
	for (i = 0; i < shape->n; i++)
		(void)dp_buf_adds(b, i == 0 ? "?" : ",?");
	if (shape->n > 0)
		(void)dp_buf_addc(b, ')');
	if (dp_buf_text(b) == NULL)
		return dp_err_nomem(err);
	shape->own = dp_lite_prepare(&s->lite, b->data, err);
	return shape->own == NULL ? -1 : 0;
}

/* Escapes are resolved into texts, which has room: it must not move. */
static void
bind_text(struct dp_sink_sqlite *s, struct sqlite3_stmt *st, int index,
    const struct dp_scan_value *v)
{
	const size_t at = s->texts.len;

	if (!v->escaped) {
		dp_lite_text(st, index, v->text + 1, v->len - 2);
		return;
	}
	dp_json_unescape(&s->texts, v->text + 1, v->len - 2);
	dp_lite_text(st, index, s->texts.data + at, s->texts.len - at);
}

/* The same for bytes. */
static dp_value_result
bind_bytes(struct dp_sink_sqlite *s, struct sqlite3_stmt *st, int index,
    const struct dp_column *c, const struct dp_scan_value *v)
{
	char *const to = s->texts.data + s->texts.len;
	size_t n;
	dp_value_result bad = dp_value_bytes(v, c->hex, to, &n);

	if (bad != NULL)
		return bad;
	s->texts.len += n;
	dp_lite_blob(st, index, to, n);
	return NULL;
}

static dp_value_result
bind_number(struct sqlite3_stmt *st, int index, enum dp_column_kind kind,
    const struct dp_scan_value *v)
{
	dp_value_result bad;
	int64_t n;
	double d;

	if (kind == DP_COLUMN_INT8 || v->type == DP_JSON_INTEGER)
		if (kind != DP_COLUMN_FLOAT8) {
			bad = dp_value_int(v, INT64_MIN, INT64_MAX, &n);
			if (bad == NULL)
				dp_lite_int(st, index, n);
			return bad;
		}
	bad = dp_value_double(v, &d);
	if (bad == NULL)
		dp_lite_double(st, index, d);
	return bad;
}

static size_t
span_digits(const char **p, const char *end)
{
	const char *const first = *p;

	while (*p < end && (unsigned)**p - '0' < 10)
		++*p;
	return (size_t)(*p - first);
}

/* Leading and trailing space, a sign, digits and a point, an exponent. */
static bool
looks_numeric(const struct dp_scan_value *v)
{
	char scratch[NUMBER_MAX];
	const char *p, *end;
	size_t len, digits;

	len = dp_value_text(v, scratch, sizeof scratch, &p);
	end = p + len;
	while (p < end && strchr(SPACE, *p) != NULL)
		p++;
	while (p < end && strchr(SPACE, end[-1]) != NULL)
		end--;
	p += p < end && (*p == '-' || *p == '+');
	digits = span_digits(&p, end);
	if (p < end && *p == '.') {
		p++;
		digits += span_digits(&p, end);
	}
	if (digits > 0 && p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '-' || *p == '+');
		digits = span_digits(&p, end);
	}
	return digits > 0 && p == end;
}

static dp_value_result
bind_string(struct dp_sink_sqlite *s, struct sqlite3_stmt *st, int index,
    const struct dp_column *c, const struct dp_scan_value *v)
{
	static const struct dp_value_fault number = { "type",
		"a number, or a string that SQLite does not take for one" };

	if (c->affine && looks_numeric(v))
		return &number;
	bind_text(s, st, index, v);
	return NULL;
}

static dp_value_result
bind_value(struct dp_sink_sqlite *s, struct sqlite3_stmt *st, int index,
    const struct dp_column *c, const struct dp_scan_value *v)
{
	static const struct dp_value_fault text = { "type", "a string" };
	const bool container =
	    (v->type & (DP_JSON_ARRAY | DP_JSON_OBJECT)) != 0;
	const bool boolean = (v->type & (DP_JSON_TRUE | DP_JSON_FALSE)) != 0;
	const bool number = (v->type & (DP_JSON_INTEGER | DP_JSON_NUMBER)) != 0;
	const bool any = c->kind == DP_COLUMN_TEXT || c->kind == DP_COLUMN_ANY;

	if (c->kind == DP_COLUMN_BYTES)
		return bind_bytes(s, st, index, c, v);
	if ((c->kind == DP_COLUMN_JSON && !(c->affine && number)) ||
	    (container && any)) {
		dp_lite_text(st, index, v->text, v->len);
		return NULL;
	}
	if (v->type == DP_JSON_STRING && any)
		return bind_string(s, st, index, c, v);
	if (c->kind == DP_COLUMN_TEXT)
		return &text;
	/* SQLite has no boolean: 0 and 1. */
	if (boolean && c->kind != DP_COLUMN_FLOAT8) {
		dp_lite_int(st, index, v->type == DP_JSON_TRUE);
		return NULL;
	}
	return bind_number(st, index, c->kind, v);
}

static int
refuse(struct dp_sink_sqlite *s, const char *code, const char *why,
    struct dp_reject *fault)
{
	struct dp_buf *b = &s->sink.scratch;

	dp_buf_clear(b);
	(void)dp_buf_adds(b, why);
	fault->code = code;
	fault->pointer = NULL;
	fault->pointer_len = 0;
	fault->detail = b->data;
	fault->detail_len = b->len;
	fault->column = 0;
	return 1;
}

static int
lite_row(struct dp_sink *sink, struct dp_target *t, struct dp_shape *shape,
    const struct dp_sink_line *line, struct dp_reject *fault,
    struct dp_err *err)
{
	static const struct dp_value_fault null = { "null", NULL };
	struct dp_sink_sqlite *s = of(sink);
	const char *code, *why;
	size_t i;
	int rc;

	if (!dp_lite_in_transaction(&s->lite) &&
	    dp_sqlite_start(s, line->mark, err) == -1)
		return -1;
	if (shape->own == NULL && prepare_insert(s, t, shape, err) == -1)
		return -1;
	dp_buf_clear(&s->texts);
	if (dp_buf_reserve(&s->texts, line->len + 1) == -1)
		return dp_err_nomem(err);
	for (i = 0; i < shape->n; i++) {
		const uint32_t column = shape->columns[i];
		const struct dp_column *c = &t->columns.at[column];
		const struct dp_scan_value *v = dp_target_value(t, column);
		dp_value_result bad = NULL;

		if (v != NULL)
			bad = bind_value(s, shape->own, (int)i + 1, c, v);
		else if (c->not_null)
			bad = &null;
		else
			dp_lite_null(shape->own, (int)i + 1);
		if (bad != NULL)
			return dp_target_fault(t, column, bad, line->text,
			    fault, &sink->scratch);
	}
	rc = dp_lite_insert(&s->lite, shape->own, &code, &why, err);
	return rc == 1 ? refuse(s, code, why, fault) : rc;
}

static size_t
lite_held(const struct dp_sink *sink)
{
	(void)sink;
	return 0;
}

static int
lite_flush(struct dp_sink *sink, const struct dp_mark *mark, struct dp_err *err)
{
	(void)sink;
	(void)mark;
	(void)err;
	return 0;
}

static int
lite_start(struct dp_sink *sink, const struct dp_mark *mark,
    const struct dp_mark *to, struct dp_err *err)
{
	struct dp_sink_sqlite *s = of(sink);

	if (!dp_lite_in_transaction(&s->lite) &&
	    dp_sqlite_start(s, mark, err) == -1)
		return -1;
	if (to != NULL && s->move != NULL && dp_sqlite_move(s, to, err) == -1)
		return -1;
	if (sink->opts.sync(sink->opts.arg, err) == -1)
		return -1;
	return sink->opts.dry_run ? 0 : dp_lite_exec(&s->lite, "COMMIT", err);
}

/* The start has done it all. */
static int
lite_wait(struct dp_sink *sink, struct dp_err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static void
lite_rollback(struct dp_sink *sink)
{
	struct dp_sink_sqlite *s = of(sink);
	struct dp_err err = { 0 };

	if (dp_lite_in_transaction(&s->lite))
		(void)dp_lite_exec(&s->lite, "ROLLBACK", &err);
}

const struct dp_sink_ops dp_sink_sqlite = {
	.scheme = "sqlite",
	.dialect = DP_DIALECT_SQLITE,
	.open = lite_open,
	.close = lite_close,
	.create = lite_create,
	.describe = lite_describe,
	.row = lite_row,
	.held = lite_held,
	.flush = lite_flush,
	.start = lite_start,
	.wait = lite_wait,
	.rollback = lite_rollback,
	.marks = dp_sqlite_marks,
};
