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
#include "sink/clear.h"
#include "sink/driver.h"
#include "sink/key.h"
#include "sink/sink_sqlite.h"

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
			dp_sqlite_free_shape(sink->targets[i]->shapes[k].own);
	dp_lite_finish(s->lock);
	dp_lite_finish(s->move);
	dp_lite_finish(s->marks);
	dp_lite_finish(s->save);
	dp_lite_finish(s->back);
	dp_lite_finish(s->release);
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

static int
open_ledger(struct dp_sink_sqlite *s, const struct dp_sink_opts *opts,
    struct dp_err *err)
{
	if (opts->ledger == NULL)
		return 0;
	return opts->look
	    ? dp_sqlite_look(s, opts->ledger, err)
	    : dp_sqlite_ledger(s, opts->ledger, opts->dry_run, err);
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
	if (set_up(s, err) == -1 || open_ledger(s, opts, err) == -1) {
		lite_close(&s->sink);
		return NULL;
	}
	return &s->sink;
}

static void lite_rollback(struct dp_sink *sink);

static int
lite_create(struct dp_sink *sink, const char *sql, struct dp_err *err)
{
	struct dp_sink_sqlite *s = of(sink);

	if (dp_sqlite_begin(s, err) == -1)
		return -1;
	if (dp_lite_exec(&s->lite, sql, err) == 0)
		return sink->opts.dry_run
		    ? 0
		    : dp_lite_exec(&s->lite, "COMMIT", err);
	lite_rollback(sink);
	return -1;
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
	/* INTEGER PRIMARY KEY, of it alone, is the row's number, given when
	 * left out. */
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
	    "SELECT name, type, \"notnull\", dflt_value, pk = 1 AND NOT EXISTS "
	    "(SELECT 1 FROM pragma_table_info(?1) WHERE pk = 2), hidden, "
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

/* *referred: rows of others refer to those of the table. */
static int
refuse_cascades(struct dp_sink_sqlite *s, const char *table, bool *referred,
    struct dp_err *err)
{
	struct sqlite3_stmt *st = dp_lite_prepare(&s->lite,
	    "SELECT m.name, f.on_delete NOT IN ('NO ACTION', 'RESTRICT') "
	    "FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f "
	    "WHERE m.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE",
	    err);
	int rc;

	if (st == NULL)
		return -1;
	dp_lite_text(st, 1, table, strlen(table));
	while ((rc = dp_lite_step(&s->lite, st, err)) == 1) {
		*referred = true;
		if (dp_lite_get_int(st, 1) != 0 &&
		    dp_clear_refuse(&s->sink, table, dp_lite_get_text(st, 0),
			err) == -1) {
			rc = -1;
			break;
		}
	}
	dp_lite_finish(st);
	return rc;
}

static int
lite_clear(struct dp_sink *sink, struct dp_err *err)
{
	struct dp_sink_sqlite *s = of(sink);
	bool referred = false;
	size_t i;

	for (i = 0; i < sink->ntargets; i++)
		if (refuse_cascades(s, sink->targets[i]->table, &referred,
			err) == -1)
			return -1;
	dp_buf_clear(&s->sql);
	/* Deferred, they tell no row: only where rows have to come back. */
	if (referred)
		(void)dp_buf_adds(&s->sql, "PRAGMA defer_foreign_keys=ON; ");
	dp_clear_write(sink, &s->sql);
	if (dp_buf_text(&s->sql) == NULL)
		return dp_err_nomem(err);
	return dp_sqlite_begin(s, err) == -1
	    ? -1
	    : dp_lite_exec(&s->lite, s->sql.data, err);
}

/* SQLite finds out itself whether there is such a unique index. */
static int
check_key(struct dp_sink_sqlite *s, const struct dp_target *t,
    struct dp_err *err)
{
	struct dp_buf *b = &s->sql;
	struct sqlite3_stmt *st;

	dp_buf_clear(b);
	(void)dp_buf_adds(b, "INSERT INTO ");
	dp_ddl_ident(b, t->table);
	(void)dp_buf_adds(b, " (");
	dp_key_columns(b, t);
	(void)dp_buf_adds(b, ") SELECT ");
	dp_key_columns(b, t);
	(void)dp_buf_adds(b, " FROM ");
	dp_ddl_ident(b, t->table);
	(void)dp_buf_adds(b, " WHERE 0 ON CONFLICT (");
	dp_key_columns(b, t);
	(void)dp_buf_adds(b, ") DO NOTHING");
	if (dp_buf_text(b) == NULL)
		return dp_err_nomem(err);
	st = dp_lite_prepare(&s->lite, b->data, err);
	dp_lite_finish(st);
	return st == NULL
	    ? dp_err_set(err, DP_CONFIG,
		  "--key: table %s has no unique index on these columns",
		  t->table)
	    : 0;
}

static int
take_primary(struct dp_sink_sqlite *s, struct dp_target *t, struct dp_err *err)
{
	struct sqlite3_stmt *st = dp_lite_prepare(&s->lite,
	    "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk",
	    err);
	bool whole = true;
	int rc;

	if (st == NULL)
		return -1;
	dp_lite_text(st, 1, t->table, strlen(t->table));
	while ((rc = dp_lite_step(&s->lite, st, err)) == 1) {
		const struct dp_column *c =
		    dp_columns_find(&t->columns, dp_lite_get_text(st, 0));

		whole = whole && c != NULL;
		if (c != NULL &&
		    dp_key_add(t, (size_t)(c - t->columns.at), err) == -1) {
			rc = -1;
			break;
		}
	}
	dp_lite_finish(st);
	if (rc == -1 || (whole && t->nkey > 0))
		return rc;
	return dp_err_set(err, DP_CONFIG,
	    "--on-conflict=update: table %s has no primary key whose columns "
	    "are written: use --key",
	    t->table);
}

static int
look_for_triggers(struct dp_sink_sqlite *s, struct dp_target *t,
    struct dp_err *err)
{
	struct sqlite3_stmt *st = dp_lite_prepare(&s->lite,
	    "SELECT name FROM sqlite_schema WHERE type = 'trigger' "
	    "AND tbl_name = ?1 COLLATE NOCASE LIMIT 1",
	    err);
	int rc;

	if (st == NULL)
		return -1;
	dp_lite_text(st, 1, t->table, strlen(t->table));
	rc = dp_lite_step(&s->lite, st, err);
	dp_lite_finish(st);
	t->triggers = rc == 1;
	return rc == -1 ? -1 : 0;
}

static int
lite_learn(struct dp_sink *sink, struct dp_target *t, struct dp_err *err)
{
	struct dp_sink_sqlite *s = of(sink);

	if (look_for_triggers(s, t, err) == -1)
		return -1;
	if (sink->opts.on_conflict == DP_CONFLICT_ERROR)
		return 0;
	if (t->nkey == 0 && sink->opts.on_conflict == DP_CONFLICT_UPDATE &&
	    take_primary(s, t, err) == -1)
		return -1;
	return t->nkey == 0 ? 0 : check_key(s, t, err);
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
	if (s->updated + s->ignored > 0)
		sink->opts.conflicts(sink->opts.refused_arg, s->updated,
		    s->ignored);
	if (to != NULL && s->move != NULL &&
	    dp_sqlite_move(s, to, to->rows - s->ignored, err) == -1)
		return -1;
	s->updated = s->ignored = 0;
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

	s->updated = s->ignored = 0;
	if (dp_lite_in_transaction(&s->lite))
		(void)dp_lite_exec(&s->lite, "ROLLBACK", &err);
}

const struct dp_sink_ops dp_sink_sqlite = {
	.scheme = "sqlite",
	.one_writer = true,
	.dialect = DP_DIALECT_SQLITE,
	.open = lite_open,
	.close = lite_close,
	.create = lite_create,
	.describe = lite_describe,
	.clear = lite_clear,
	.learn = lite_learn,
	.row = dp_sqlite_row,
	.held = lite_held,
	.flush = lite_flush,
	.start = lite_start,
	.wait = lite_wait,
	.rollback = lite_rollback,
	.marks = dp_sqlite_marks,
};
