/* What PostgreSQL's catalog says of a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sink/sink_pg.h"

#define NUMERIC_HEAD 4 /* VARHDRSZ, in every typmod */
#define INTERVAL_FULL 0x7fff

/* The name that a type goes by here: y of namespace m. */
#define BASE                                                            \
	"CASE WHEN y.typtype = 'e' THEN 'enum' "                        \
	"WHEN EXISTS (SELECT FROM pg_catalog.pg_type e "                \
	"WHERE e.oid = y.typelem AND e.typarray = y.oid) THEN 'array' " \
	"WHEN m.nspname = 'pg_catalog' THEN y.typname ELSE '' END"

/* Domains are followed down to what they are made of. */
static const char query[] =
    "WITH RECURSIVE t AS ("
    "SELECT c.oid, c.relpersistence FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relname = $1 AND c.relkind IN ('r', 'p') "
    "AND n.nspname NOT IN ('pg_catalog', 'information_schema') "
    "AND pg_catalog.pg_table_is_visible(c.oid)), "
    "d AS (SELECT a.attnum, a.atttypid AS typ, a.atttypmod AS mod, "
    "a.attnotnull AS nn, a.atthasdef OR a.attidentity <> '' AS def "
    "FROM pg_catalog.pg_attribute a JOIN t ON a.attrelid = t.oid "
    "WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' "
    "AND a.attidentity <> 'a' "
    "UNION ALL SELECT d.attnum, y.typbasetype, "
    "CASE WHEN y.typtypmod >= 0 THEN y.typtypmod ELSE d.mod END, "
    "d.nn OR y.typnotnull, d.def OR y.typdefault IS NOT NULL "
    "FROM d JOIN pg_catalog.pg_type y ON y.oid = d.typ "
    "WHERE y.typtype = 'd') "
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), " BASE
    ", d.mod, d.nn::int, d.def::int, d.typ, y.typelem, "
    "t.relpersistence "
    "FROM d JOIN pg_catalog.pg_type y ON y.oid = d.typ "
    "JOIN pg_catalog.pg_namespace m ON m.oid = y.typnamespace "
    "JOIN t ON true JOIN pg_catalog.pg_attribute a "
    "ON a.attrelid = t.oid AND a.attnum = d.attnum "
    "WHERE y.typtype <> 'd' ORDER BY d.attnum";

/* The same of a type by itself. */
static const char elem_query[] =
    "WITH RECURSIVE d AS ("
    "SELECT $1::oid AS typ, $2::int AS mod, false AS nn "
    "UNION ALL SELECT y.typbasetype, "
    "CASE WHEN y.typtypmod >= 0 THEN y.typtypmod ELSE d.mod END, "
    "d.nn OR y.typnotnull "
    "FROM d JOIN pg_catalog.pg_type y ON y.oid = d.typ "
    "WHERE y.typtype = 'd') "
    "SELECT '', pg_catalog.format_type($1::oid, $2::int), " BASE
    ", d.mod, d.nn::int, 0, d.typ, 0 "
    "FROM d JOIN pg_catalog.pg_type y ON y.oid = d.typ "
    "JOIN pg_catalog.pg_namespace m ON m.oid = y.typnamespace "
    "WHERE y.typtype <> 'd'";

/* Columns of both queries. */
enum { NAME, TYPE, BASE_NAME, MOD, NOT_NULL, DEFAULT, OID, ELEM, PERSISTENCE };

static enum dp_column_kind
kind_of(const char *name)
{
	if (strcmp(name, "enum") == 0)
		return DP_COLUMN_ENUM;
	if (strcmp(name, "array") == 0)
		return DP_COLUMN_ARRAY;
	if (strcmp(name, "bpchar") == 0)
		return DP_COLUMN_TEXT;
	return *name == '\0' ? DP_COLUMN_NONE : dp_ddl_kind_of(name);
}

static void
bounds(struct dp_column *c, const char *name, int mod)
{
	if (mod < NUMERIC_HEAD)
		return;
	/* What an interval of some fields has not would be dropped. */
	if (c->kind == DP_COLUMN_INTERVAL &&
	    (mod >> 16 & INTERVAL_FULL) != INTERVAL_FULL)
		c->kind = DP_COLUMN_NONE;
	mod -= NUMERIC_HEAD;
	if (strcmp(name, "varchar") == 0 || strcmp(name, "bpchar") == 0)
		c->max_chars = (uint64_t)mod;
	if (c->kind == DP_COLUMN_NUMERIC) {
		c->precision = mod >> 16 & 0xffff;
		c->scale = ((mod & 0x7ff) ^ 1024) - 1024;
	}
}

static int
labels(struct dp_sink_pg *s, struct dp_column *c, const char *type,
    struct dp_err *err)
{
	const char *const params[] = { type };
	struct pg_result *r = dp_pg_ask(s,
	    "SELECT enumlabel FROM pg_catalog.pg_enum "
	    "WHERE enumtypid = $1::oid ORDER BY enumsortorder",
	    params, 1, err);
	int i, rc = 0;

	if (r == NULL)
		return -1;
	c->labels = calloc((size_t)dp_pg_rows(r) + 1, sizeof *c->labels);
	if (c->labels == NULL)
		rc = dp_err_nomem(err);
	for (i = 0; c->labels != NULL && rc == 0 && i < dp_pg_rows(r); i++) {
		const char *text = dp_pg_get(r, i, 0);

		c->labels[i] = dp_column_text(text, strlen(text), err);
		if (c->labels[i] == NULL)
			rc = -1;
		else
			c->nlabels++;
	}
	dp_pg_clear(r);
	return rc;
}

/* All but what an array is made of. */
static int
fill(struct dp_sink_pg *s, struct dp_column *c, const struct pg_result *r,
    int i, struct dp_err *err)
{
	const char *name = dp_pg_get(r, i, NAME), *type = dp_pg_get(r, i, TYPE);
	const char *base = dp_pg_get(r, i, BASE_NAME);

	c->name = dp_column_text(name, strlen(name), err);
	c->type = dp_column_text(type, strlen(type), err);
	if (c->name == NULL || c->type == NULL)
		return -1;
	c->kind = kind_of(base);
	bounds(c, base, (int)strtol(dp_pg_get(r, i, MOD), NULL, 10));
	c->not_null = *dp_pg_get(r, i, NOT_NULL) == '1';
	c->has_default = *dp_pg_get(r, i, DEFAULT) == '1';
	return c->kind == DP_COLUMN_ENUM
	    ? labels(s, c, dp_pg_get(r, i, OID), err)
	    : 0;
}

static int
take_elem(struct dp_sink_pg *s, struct dp_column *c, const char *oid,
    const char *mod, struct dp_err *err)
{
	const char *const params[] = { oid, mod };
	struct pg_result *r = dp_pg_ask(s, elem_query, params, 2, err);
	int rc = -1;

	if (r == NULL)
		return -1;
	if (dp_column_elem(c, err) != NULL && dp_pg_rows(r) == 1)
		rc = fill(s, c->elem, r, 0, err);
	dp_pg_clear(r);
	if (rc == -1)
		return -1;
	c->elem->oid = (uint32_t)strtoul(oid, NULL, 10);
	if (c->elem->kind == DP_COLUMN_NONE || c->elem->kind == DP_COLUMN_ARRAY)
		c->kind = DP_COLUMN_NONE;
	return 0;
}

static int
take_column(struct dp_sink_pg *s, const struct pg_result *r, int i,
    struct dp_columns *columns, struct dp_err *err)
{
	struct dp_column *c = dp_columns_add(columns, err);

	if (c == NULL || fill(s, c, r, i, err) == -1)
		return -1;
	return c->kind != DP_COLUMN_ARRAY
	    ? 0
	    : take_elem(s, c, dp_pg_get(r, i, ELEM), dp_pg_get(r, i, MOD), err);
}

int
dp_pg_describe(struct dp_sink *sink, const char *table,
    struct dp_columns *columns, bool *there, struct dp_err *err)
{
	struct dp_sink_pg *s = (struct dp_sink_pg *)sink;
	const char *const params[] = { table };
	struct pg_result *r = dp_pg_ask(s, query, params, 1, err);
	char text[256];
	int i, rc = 0;

	if (r == NULL)
		return -1;
	*there = dp_pg_rows(r) > 0;
	for (i = 0; rc == 0 && i < dp_pg_rows(r); i++)
		rc = take_column(s, r, i, columns, err);
	if (rc == 0 && *there && *dp_pg_get(r, 0, PERSISTENCE) != 'p') {
		(void)snprintf(text, sizeof text,
		    "table %s is unlogged: a crash of the server empties it",
		    table);
		s->sink.opts.tell(s->sink.opts.arg, NULL, text);
	}
	dp_pg_clear(r);
	return rc;
}
