/*
 * The CHECK constraints of a table, as a condition on rows of dp_stage.
 *
 * With it the server tells in one statement which rows are well, and only
 * the others are tried each by itself.  It decides nothing: a row that it is
 * wrong about is refused, or taken, by the table.
 */
#include <stdlib.h>
#include <string.h>

#include "sink/sink_pg.h"

/* A row a column.  Not those about the row as a whole: column 0. */
static const char query[] =
    "SELECT k.oid, pg_catalog.pg_get_expr(k.conbin, k.conrelid), a.attname "
    "FROM pg_catalog.pg_constraint k LEFT JOIN pg_catalog.pg_attribute a "
    "ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) "
    "WHERE k.conrelid = "
    "pg_catalog.to_regclass(pg_catalog.quote_ident($1))::oid "
    "AND k.contype = 'c' AND k.conbin IS NOT NULL "
    "AND (0 = ANY (k.conkey)) IS NOT TRUE ORDER BY k.oid";

static bool
has_column(const struct dp_pg_part *part, const char *name)
{
	const struct dp_shape *shape = part->shape;
	size_t i;

	for (i = 0; i < shape->n; i++)
		if (strcmp(part->target->columns.at[shape->columns[i]].name,
			name) == 0)
			return true;
	return false;
}

/* Constraints whose columns are all there; what is left to a default is
 * not.  Returns how many. */
static size_t
write_constraints(struct dp_buf *b, const struct dp_pg_part *part,
    const struct pg_result *r)
{
	size_t n = 0;
	int i, k;

	for (i = 0; i < dp_pg_rows(r); i = k) {
		bool all = true;

		for (k = i; k < dp_pg_rows(r) &&
		     strcmp(dp_pg_get(r, k, 0), dp_pg_get(r, i, 0)) == 0;
		     k++)
			all = all && has_column(part, dp_pg_get(r, k, 2));
		if (!all)
			continue;
		(void)dp_buf_adds(b, n == 0 ? "(SELECT (" : " AND (");
		(void)dp_buf_adds(b, dp_pg_get(r, i, 1));
		(void)dp_buf_adds(b, ") IS NOT FALSE");
		n++;
	}
	return n;
}

/* The columns by their own names, which hide those of dp_stage. */
static void
write_columns(struct dp_buf *b, const struct dp_pg_part *part)
{
	const struct dp_shape *shape = part->shape;
	size_t i;

	for (i = 0; i < shape->n; i++) {
		(void)dp_buf_addf(b, "%sdp_s.c%u AS ",
		    i == 0 ? " FROM (SELECT " : ", ", shape->columns[i]);
		dp_ddl_ident(b,
		    part->target->columns.at[shape->columns[i]].name);
	}
	(void)dp_buf_adds(b, ") AS dp_row)");
}

int
dp_pg_checks(struct dp_sink_pg *s, struct dp_pg_part *part)
{
	const char *const params[] = { part->target->table };
	struct dp_pg_fault *f = &s->run.fault;
	struct dp_buf b;
	struct pg_result *r;

	if (part->checks != NULL)
		return 0;
	r = dp_pg_query(s->conn, query, params, 1, f);
	if (r == NULL)
		return -1;
	dp_buf_init(&b, 0);
	if (write_constraints(&b, part, r) > 0)
		write_columns(&b, part);
	dp_pg_clear(r);
	if (dp_buf_text(&b) != NULL)
		part->checks = strdup(dp_buf_text(&b));
	dp_buf_fini(&b);
	return part->checks == NULL ? dp_pg_nomem(f) : 0;
}
