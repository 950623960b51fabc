/* What PostgreSQL's catalog says of a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sink/key.h"
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
    "pg_catalog.format_type(d.typ, d.mod), t.relpersistence "
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
    ", d.mod, d.nn::int, 0, d.typ, 0, pg_catalog.format_type(d.typ, d.mod) "
    "FROM d JOIN pg_catalog.pg_type y ON y.oid = d.typ "
    "JOIN pg_catalog.pg_namespace m ON m.oid = y.typnamespace "
    "WHERE y.typtype <> 'd'";

/* Columns of both queries. */
enum {
	NAME,
	TYPE,
	BASE_NAME,
	MOD,
	NOT_NULL,
	DEFAULT,
	OID,
	ELEM,
	PLAIN,
	PERSISTENCE
};

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
	const char *plain = dp_pg_get(r, i, PLAIN);

	c->name = dp_column_text(name, strlen(name), err);
	c->type = dp_column_text(type, strlen(type), err);
	c->base = dp_column_text(plain, strlen(plain), err);
	if (c->name == NULL || c->type == NULL || c->base == NULL)
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

/*
 * How far a table is from those that refer to nothing: parents go before
 * their children, and all runs take tables in one order.
 */
static const char rank_query[] =
    "WITH RECURSIVE up AS ("
    "SELECT pg_catalog.to_regclass(pg_catalog.quote_ident($1))::oid AS rel, "
    "0 AS depth "
    "UNION SELECT k.confrelid, up.depth + 1 FROM up "
    "JOIN pg_catalog.pg_constraint k ON k.conrelid = up.rel "
    "WHERE k.contype = 'f' AND k.confrelid <> k.conrelid AND up.depth < 32) "
    "SELECT pg_catalog.max(up.depth), "
    "(SELECT c.relkind = 'p' FROM pg_catalog.pg_class c WHERE c.oid = "
    "pg_catalog.to_regclass(pg_catalog.quote_ident($1))), "
    /* ROW, BEFORE and INSERT of tgtype */
    "EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgtype & 7 = 7 "
    "AND g.tgrelid IN ("
    "SELECT pg_catalog.to_regclass(pg_catalog.quote_ident($1))::oid "
    "UNION SELECT p.relid FROM pg_catalog.pg_partition_tree("
    "pg_catalog.to_regclass(pg_catalog.quote_ident($1))) p)) FROM up";

/* Columns of the unique indexes that ON CONFLICT can take, the primary
 * key's first; how many there are of those that can refuse a row; and 1 where
 * the index takes the same values for equal as the table between does. */
static const char unique_query[] =
    "SELECT i.indexrelid, i.indisprimary::int, a.attname, "
    "(SELECT pg_catalog.count(*) FROM pg_catalog.pg_index u "
    "WHERE u.indrelid = i.indrelid "
    "AND (u.indisunique OR u.indisexclusion)), "
    "(i.indcollation[k.n] = a.attcollation AND (SELECT o.opcdefault "
    "FROM pg_catalog.pg_opclass o WHERE o.oid = i.indclass[k.n]) AND "
    "(SELECT l.collisdeterministic FROM pg_catalog.pg_collation l "
    "WHERE l.oid = a.attcollation) IS NOT FALSE)::int "
    "FROM pg_catalog.pg_index i, "
    "LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) AS k(n) "
    "JOIN pg_catalog.pg_attribute a ON true "
    "WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[k.n] "
    "AND i.indrelid = "
    "pg_catalog.to_regclass(pg_catalog.quote_ident($1))::oid "
    "AND i.indisunique AND i.indimmediate AND i.indisvalid "
    "AND i.indpred IS NULL AND i.indexprs IS NULL "
    "ORDER BY i.indisprimary DESC, i.indexrelid, k.n";

static bool
in_key(const struct dp_target *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->nkey; i++)
		if (strcmp(t->columns.at[t->key[i]].name, name) == 0)
			return true;
	return false;
}

static bool
is_plain(const struct pg_result *r, int i)
{
	return *dp_pg_get(r, i, 4) == '1';
}

/* True when rows from *i on, of one index, are the key; moves *i behind. */
static bool
is_key(struct dp_target *t, const struct pg_result *r, int *i)
{
	const char *index = dp_pg_get(r, *i, 0);
	size_t n = 0, same = 0;

	t->plain_key = true;

	for (; *i < dp_pg_rows(r) && strcmp(dp_pg_get(r, *i, 0), index) == 0;
	     ++*i) {
		n++;
		t->plain_key = t->plain_key && is_plain(r, *i);
		same += in_key(t, dp_pg_get(r, *i, 2));
	}
	return n == t->nkey && same == n;
}

static int
take_primary(struct dp_target *t, const struct pg_result *r, struct dp_err *err)
{
	int i;

	t->plain_key = true;
	for (i = 0; i < dp_pg_rows(r) && *dp_pg_get(r, i, 1) == '1'; i++) {
		const char *name = dp_pg_get(r, i, 2);
		const struct dp_column *c = dp_columns_find(&t->columns, name);

		/* It cannot be written: rows never meet on it. */
		if (c == NULL) {
			t->nkey = 0;
			return 0;
		}
		if (dp_key_add(t, (size_t)(c - t->columns.at), err) == -1)
			return -1;
		t->plain_key = t->plain_key && is_plain(r, i);
	}
	return 0;
}

static int
check_key(struct dp_target *t, const struct pg_result *r, struct dp_err *err)
{
	int i = 0;

	if (t->nkey == 0)
		return dp_err_set(err, DP_CONFIG,
		    "--on-conflict=update: table %s has no primary key whose "
		    "columns are written: use --key",
		    t->table);
	while (i < dp_pg_rows(r))
		if (is_key(t, r, &i))
			return 0;
	return dp_err_set(err, DP_CONFIG,
	    "--key: table %s has no unique index on these columns", t->table);
}

static int
learn_key(struct dp_sink_pg *s, struct dp_target *t, struct dp_err *err)
{
	const bool update = s->sink.opts.on_conflict == DP_CONFLICT_UPDATE;
	const char *const params[] = { t->table };
	struct pg_result *r;
	int rc = 0;

	t->any_key = t->nkey == 0 && !update;
	r = dp_pg_ask(s, unique_query, params, 1, err);
	if (r == NULL)
		return -1;
	if (t->nkey == 0)
		rc = take_primary(t, r, err);
	/* Then rows must go in the order of the input. */
	if (t->any_key && t->nkey > 0 && strcmp(dp_pg_get(r, 0, 3), "1") != 0)
		t->nkey = 0;
	if (rc == 0 && !t->any_key)
		rc = check_key(t, r, err);
	t->others = dp_pg_rows(r) > 0 && strcmp(dp_pg_get(r, 0, 3), "1") != 0;
	dp_pg_clear(r);
	return rc;
}

int
dp_pg_learn(struct dp_sink *sink, struct dp_target *t, struct dp_err *err)
{
	struct dp_sink_pg *s = (struct dp_sink_pg *)sink;
	const char *const params[] = { t->table };
	struct pg_result *r = dp_pg_ask(s, rank_query, params, 1, err);

	if (r == NULL)
		return -1;
	t->rank = (uint32_t)strtoul(dp_pg_get(r, 0, 0), NULL, 10);
	t->partitioned = *dp_pg_get(r, 0, 1) == 't';
	t->triggers = *dp_pg_get(r, 0, 2) == 't';
	dp_pg_clear(r);
	return sink->opts.on_conflict == DP_CONFLICT_ERROR
	    ? 0
	    : learn_key(s, t, err);
}
