/* A row into SQLite: statements, values, and what is refused. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json/text.h"
#include "sink/key.h"
#include "sink/sink_sqlite.h"
#include "sink/value.h"

#define SPACE " \t\n\v\f\r"
#define NUMBER_MAX 512 /* of a text with escapes that may be a number */

void
dp_sqlite_free_shape(struct dp_sqlite_shape *own)
{
	if (own == NULL)
		return;
	dp_lite_finish(own->insert);
	dp_lite_finish(own->update);
	free(own);
}

static struct sqlite3_stmt *
prepare_insert(struct dp_sink_sqlite *s, const struct dp_target *t,
    const struct dp_shape *shape, int on_conflict, struct dp_err *err)
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
	dp_key_clause(b, t, shape, on_conflict);
	if (dp_buf_text(b) == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	return dp_lite_prepare(&s->lite, b->data, err);
}

/* An update is an insert that does nothing, and then one that updates: so
 * that the two can be counted. */
static const struct dp_sqlite_shape *
prepare_shape(struct dp_sink_sqlite *s, const struct dp_target *t,
    struct dp_shape *shape, struct dp_err *err)
{
	const int on_conflict = s->sink.opts.on_conflict;
	struct dp_sqlite_shape *own = calloc(1, sizeof *own);

	if (own == NULL) {
		dp_err_nomem(err);
		return NULL;
	}
	own->insert = prepare_insert(s, t, shape,
	    on_conflict == DP_CONFLICT_UPDATE ? DP_CONFLICT_IGNORE
					      : on_conflict,
	    err);
	if (own->insert != NULL && on_conflict == DP_CONFLICT_UPDATE)
		own->update = prepare_insert(s, t, shape, on_conflict, err);
	if (own->insert == NULL ||
	    (on_conflict == DP_CONFLICT_UPDATE && own->update == NULL)) {
		dp_sqlite_free_shape(own);
		return NULL;
	}
	shape->own = own;
	return own;
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

/* Binds the values of the row at hand.  1: rejected. */
static int
bind_row(struct dp_sink_sqlite *s, struct sqlite3_stmt *st,
    const struct dp_target *t, const struct dp_shape *shape,
    const struct dp_sink_line *line, struct dp_reject *fault,
    struct dp_err *err)
{
	static const struct dp_value_fault null = { "null", NULL };
	size_t i;

	dp_buf_clear(&s->texts);
	if (dp_buf_reserve(&s->texts, line->len + 1) == -1)
		return dp_err_nomem(err);
	for (i = 0; i < shape->n; i++) {
		const uint32_t column = shape->columns[i];
		const struct dp_column *c = &t->columns.at[column];
		const struct dp_scan_value *v = dp_target_value(t, column);
		dp_value_result bad = NULL;

		if (v != NULL)
			bad = bind_value(s, st, (int)i + 1, c, v);
		else if (c->not_null)
			bad = &null;
		else
			dp_lite_null(st, (int)i + 1);
		if (bad != NULL)
			return dp_target_fault(t, column, bad, line->text,
			    fault, &s->sink.scratch);
	}
	return 0;
}

/* 0: done; 1: rejected. */
static int
put(struct dp_sink_sqlite *s, struct sqlite3_stmt *st,
    const struct dp_target *t, const struct dp_shape *shape,
    const struct dp_sink_line *line, struct dp_reject *fault,
    struct dp_err *err)
{
	const char *code, *why;
	int rc = bind_row(s, st, t, shape, line, fault, err);

	if (rc != 0)
		return rc;
	rc = dp_lite_insert(&s->lite, st, &code, &why, err);
	return rc == 1 ? refuse(s, code, why, fault) : rc;
}

/* One of the statements round a row. */
static int
run(struct dp_sink_sqlite *s, struct sqlite3_stmt **st, const char *sql,
    struct dp_err *err)
{
	if (*st == NULL)
		*st = dp_lite_prepare(&s->lite, sql, err);
	return *st == NULL ? -1 : dp_lite_step(&s->lite, *st, err);
}

/*
 * Of a row that a trigger refuses with RAISE(FAIL), what was done until then
 * stays, the row itself with it.
 */
static int
put_whole(struct dp_sink_sqlite *s, struct sqlite3_stmt *st,
    const struct dp_target *t, const struct dp_shape *shape,
    const struct dp_sink_line *line, struct dp_reject *fault,
    struct dp_err *err)
{
	int rc;

	if (!t->triggers)
		return put(s, st, t, shape, line, fault, err);
	if (run(s, &s->save, "SAVEPOINT dp_row", err) == -1)
		return -1;
	rc = put(s, st, t, shape, line, fault, err);
	if (rc == -1 ||
	    (rc == 1 && run(s, &s->back, "ROLLBACK TO dp_row", err) == -1))
		return -1;
	return run(s, &s->release, "RELEASE dp_row", err) == -1 ? -1 : rc;
}

int
dp_sqlite_row(struct dp_sink *sink, struct dp_target *t, struct dp_shape *shape,
    const struct dp_sink_line *line, struct dp_reject *fault,
    struct dp_err *err)
{
	struct dp_sink_sqlite *s = (struct dp_sink_sqlite *)sink;
	const struct dp_sqlite_shape *own;
	int rc;

	if (!dp_lite_in_transaction(&s->lite) &&
	    dp_sqlite_start(s, line->mark, err) == -1)
		return -1;
	own = shape->own;
	if (own == NULL)
		own = prepare_shape(s, t, shape, err);
	if (own == NULL)
		return -1;
	rc = put_whole(s, own->insert, t, shape, line, fault, err);
	if (rc != 0 || sink->opts.on_conflict == DP_CONFLICT_ERROR ||
	    dp_lite_changes(&s->lite) > 0)
		return rc;
	if (own->update == NULL) {
		s->ignored++;
		return 0;
	}
	rc = put_whole(s, own->update, t, shape, line, fault, err);
	s->updated += rc == 0;
	return rc;
}
