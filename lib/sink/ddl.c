#include "sink/ddl.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

#define HASH_LEN 9 /* "_" and 8 hex digits */

void
dp_ddl_name(const char *name, size_t len, char out[DP_DDL_NAME])
{
	size_t keep = DP_DDL_NAME - 1 - HASH_LEN;

	if (len < DP_DDL_NAME) {
		memcpy(out, name, len);
		out[len] = '\0';
		return;
	}
	while (keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80)
		keep--;
	memcpy(out, name, keep);
	(void)snprintf(out + keep, HASH_LEN + 1, "_%08x",
	    (unsigned)(dp_hash64(name, len, 0) & 0xffffffff));
}

static void
quoted(struct dp_buf *b, const char *text, char quote)
{
	(void)dp_buf_addc(b, quote);
	for (; *text != '\0'; text++) {
		if (*text == quote)
			(void)dp_buf_addc(b, quote);
		(void)dp_buf_addc(b, *text);
	}
	(void)dp_buf_addc(b, quote);
}

void
dp_ddl_ident(struct dp_buf *b, const char *name)
{
	quoted(b, name, '"');
}

void
dp_ddl_literal(struct dp_buf *b, const char *text)
{
	quoted(b, text, '\'');
}

/* True when pointer is "/" and the name, ~0 and ~1 resolved. */
static bool
is_type_key(const char *pointer, const char *name, size_t len)
{
	const char *p = pointer;
	size_t i;

	if (p == NULL || *p++ != '/')
		return false;
	for (i = 0; i < len && *p != '\0'; i++, p++) {
		char c = *p;

		if (c == '/')
			return false;
		if (c == '~')
			c = *++p == '1' ? '/' : '~';
		if (c != name[i])
			return false;
	}
	return i == len && *p == '\0';
}

bool
dp_ddl_column(const struct dp_property *p, const char *type_key,
    char out[DP_DDL_NAME])
{
	if (p->dp_column != NULL) {
		dp_ddl_name(p->dp_column, strlen(p->dp_column), out);
		return *p->dp_column != '\0';
	}
	dp_ddl_name(p->name, p->name_len, out);
	return !is_type_key(type_key, p->name, p->name_len);
}

static bool
is_not_null(const struct dp_property *p)
{
	return p->required && (p->types & DP_JSON_NULL) == 0;
}

/* x-dp-type goes into a statement as it stands. */
static int
check_type(const struct dp_property *p, const char *table, struct dp_err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
				      " (),[]";

	if (p->dp_type == NULL ||
	    (p->dp_type[strspn(p->dp_type, allowed)] == '\0' &&
		dp_ddl_kind_of(p->dp_type) != DP_COLUMN_NONE))
		return 0;
	return dp_err_set(err, DP_CONFIG,
	    "%s: property %s: x-dp-type \"%s\" is no type that is written here",
	    table, p->name, p->dp_type);
}

static void
comment(struct dp_buf *b, const char *what, const char *table,
    const char *column, const char *text)
{
	if (text == NULL)
		return;
	(void)dp_buf_addf(b, "COMMENT ON %s ", what);
	dp_ddl_ident(b, table);
	if (column != NULL) {
		(void)dp_buf_addc(b, '.');
		dp_ddl_ident(b, column);
	}
	/* An escape string, whatever standard_conforming_strings says. */
	(void)dp_buf_adds(b, " IS ");
	if (strchr(text, '\\') != NULL) {
		(void)dp_buf_adds(b, "E'");
		for (; *text != '\0'; text++) {
			if (*text == '\'' || *text == '\\')
				(void)dp_buf_addc(b, *text);
			(void)dp_buf_addc(b, *text);
		}
		(void)dp_buf_addc(b, '\'');
	} else {
		dp_ddl_literal(b, text);
	}
	(void)dp_buf_adds(b, ";\n");
}

static void
comments(struct dp_buf *b, const struct dp_schema *type, const char *table,
    const char *type_key)
{
	char name[DP_DDL_NAME];
	size_t i;

	comment(b, "TABLE", table, NULL, dp_schema_description(type));
	for (i = 0; i < dp_schema_property_count(type); i++) {
		const struct dp_property *p = dp_schema_property(type, i);

		if (dp_ddl_column(p, type_key, name))
			comment(b, "COLUMN", table, name, p->description);
	}
}

int
dp_ddl_table(struct dp_buf *b, const struct dp_schema *type, const char *table,
    const char *type_key, enum dp_dialect dialect, struct dp_err *err)
{
	const char *sep = "";
	char name[DP_DDL_NAME];
	size_t i;

	(void)dp_buf_adds(b, "CREATE TABLE IF NOT EXISTS ");
	dp_ddl_ident(b, table);
	(void)dp_buf_adds(b, " (");
	for (i = 0; i < dp_schema_property_count(type); i++) {
		const struct dp_property *p = dp_schema_property(type, i);

		if (!dp_ddl_column(p, type_key, name))
			continue;
		if (check_type(p, table, err) == -1)
			return -1;
		(void)dp_buf_addf(b, "%s\n\t", sep);
		dp_ddl_ident(b, name);
		(void)dp_buf_addf(b, " %s%s", dp_ddl_type(p, dialect),
		    is_not_null(p) ? " NOT NULL" : "");
		sep = ",";
	}
	if (*sep == '\0')
		return dp_err_set(err, DP_CONFIG,
		    "%s: its schema has no property that makes a column",
		    table);
	(void)dp_buf_adds(b,
	    dialect == DP_DIALECT_SQLITE ? "\n) STRICT;\n" : "\n);\n");
	if (dialect == DP_DIALECT_PG)
		comments(b, type, table, type_key);
	return b->failed ? dp_err_nomem(err) : 0;
}

int
dp_ddl_add_columns(struct dp_buf *b, const struct dp_schema *type,
    const char *table, const char *type_key, const struct dp_columns *there,
    enum dp_dialect dialect, struct dp_err *err)
{
	char name[DP_DDL_NAME];
	size_t i;

	for (i = 0; i < dp_schema_property_count(type); i++) {
		const struct dp_property *p = dp_schema_property(type, i);

		if (!dp_ddl_column(p, type_key, name) ||
		    dp_columns_find(there, name) != NULL)
			continue;
		if (check_type(p, table, err) == -1)
			return -1;
		(void)dp_buf_adds(b, "ALTER TABLE ");
		dp_ddl_ident(b, table);
		(void)dp_buf_adds(b,
		    dialect == DP_DIALECT_PG ? " ADD COLUMN IF NOT EXISTS "
					     : " ADD COLUMN ");
		dp_ddl_ident(b, name);
		(void)dp_buf_addf(b, " %s;\n", dp_ddl_type(p, dialect));
		if (dialect == DP_DIALECT_PG)
			comment(b, "COLUMN", table, name, p->description);
	}
	return b->failed ? dp_err_nomem(err) : 0;
}

void
dp_ddl_ledger(struct dp_buf *b, const char *table, enum dp_dialect dialect)
{
	const bool lite = dialect == DP_DIALECT_SQLITE;
	const char *text = lite ? "TEXT" : "text";
	const char *big = lite ? "INTEGER" : "bigint";

	(void)dp_buf_adds(b, "CREATE TABLE IF NOT EXISTS ");
	dp_ddl_ident(b, table);
	(void)dp_buf_addf(b,
	    " (\n\tsource %s NOT NULL,\n\tlane %s NOT NULL,\n"
	    "\tnext %s NOT NULL,\n\trows %s NOT NULL,\n"
	    "\trejected %s NOT NULL,\n\tupdated_at %s NOT NULL,\n"
	    "\thash %s,\n\tinode %s,\n\tfile %s,\n"
	    "\tPRIMARY KEY (source, lane)\n)%s;\n",
	    text, text, big, big, big, lite ? "TEXT" : "timestamptz", text,
	    text, text, lite ? " STRICT" : "");
}

int
dp_ddl_columns(const struct dp_schema *type, const char *type_key,
    struct dp_columns *columns, struct dp_err *err)
{
	char name[DP_DDL_NAME];
	size_t i;

	for (i = 0; i < dp_schema_property_count(type); i++) {
		const struct dp_property *p = dp_schema_property(type, i);
		const char *text = dp_ddl_type(p, DP_DIALECT_PG);
		struct dp_column *c;

		if (!dp_ddl_column(p, type_key, name))
			continue;
		if (check_type(p, dp_schema_name(type), err) == -1)
			return -1;
		c = dp_columns_add(columns, err);
		if (c == NULL)
			return -1;
		c->name = dp_column_text(name, strlen(name), err);
		c->type = dp_column_text(text, strlen(text), err);
		if (c->name == NULL || c->type == NULL)
			return -1;
		c->kind = dp_ddl_kind(p);
		c->not_null = is_not_null(p);
		c->hex = dp_ddl_is_hex(p);
		if (c->kind == DP_COLUMN_ARRAY && dp_ddl_elem(c, err) == -1)
			return -1;
	}
	return 0;
}
