/*
 * --on-conflict: rows of which some are there, through the table between,
 * and from there in one statement a part.
 */
#include <stdlib.h>
#include <string.h>

#include "sink/key.h"
#include "sink/sink_pg.h"

/* A batch is sorted in memory. */
static const char work_mem_sql[] =
    "SELECT pg_catalog.set_config('work_mem', '64MB', true) "
    "WHERE pg_catalog.pg_size_bytes("
    "pg_catalog.current_setting('work_mem')) < 67108864";

void
dp_pg_key_columns(struct dp_buf *b, const struct dp_target *t)
{
	bool null = false;
	size_t i;

	dp_pg_staged(b, t->key, t->nkey, "");
	for (i = 0; i < t->nkey; i++)
		null = null || !t->columns.at[t->key[i]].not_null ||
		    t->columns.at[t->key[i]].has_default;
	if (!null)
		return;
	(void)dp_buf_adds(b, ", CASE WHEN pg_catalog.num_nulls(");
	dp_pg_staged(b, t->key, t->nkey, "");
	(void)dp_buf_adds(b, ") > 0 THEN n END");
}

/*
 * For an update the last one of the rows with one key.  Keys are in order, so
 * that two runs do not wait for each other in a ring, where those that are the
 * same stay in the order of the input.
 */
static void
write_merge(struct dp_sink_pg *s, const struct dp_pg_part *part,
    struct dp_buf *b)
{
	const bool update = s->sink.opts.on_conflict == DP_CONFLICT_UPDATE;
	const struct dp_target *t = part->target;

	dp_pg_insert_into(b, part);
	(void)dp_buf_adds(b, "SELECT ");
	if (update) {
		(void)dp_buf_adds(b, "DISTINCT ON (");
		dp_pg_key_columns(b, t);
		(void)dp_buf_adds(b, ") ");
	}
	dp_pg_staged(b, part->shape->columns, part->shape->n, "");
	(void)dp_buf_addf(b,
	    " FROM pg_temp.dp_stage WHERE shape = %u ORDER BY ", part->number);
	if (update || (t->nkey > 0 && t->plain_key && !t->triggers)) {
		dp_pg_key_columns(b, t);
		(void)dp_buf_adds(b, ", ");
	}
	(void)dp_buf_adds(b, update ? "n DESC" : "n");
	dp_key_clause(b, t, part->shape, s->sink.opts.on_conflict);
}

/* The same, so that it says how many rows were inserted. */
static void
write_counted(struct dp_sink_pg *s, const struct dp_pg_part *part,
    struct dp_buf *b)
{
	const bool tells = dp_pg_tells_new(s, part->target);

	dp_buf_clear(b);
	if (tells)
		(void)dp_buf_adds(b, "WITH w AS (");
	write_merge(s, part, b);
	if (tells)
		(void)dp_buf_adds(b,
		    " RETURNING xmax = 0 AS fresh) "
		    "SELECT pg_catalog.count(*) FILTER (WHERE fresh) FROM w");
}

/* All rows of a part in one statement. */
static int
merge_part(struct dp_sink_pg *s, struct dp_pg_part *part, uint64_t *fresh)
{
	struct dp_pg_fault *f = &s->run.fault;
	struct dp_buf *b = &s->run.sql;
	struct pg_result *r;

	write_counted(s, part, b);
	if (dp_buf_text(b) == NULL)
		return dp_pg_nomem(f);
	r = dp_pg_several(s->conn, b->data, f);
	if (r == NULL)
		return -1;
	*fresh += dp_pg_tells_new(s, part->target)
	    ? strtoull(dp_pg_get(r, 0, 0), NULL, 10)
	    : dp_pg_changed(r);
	dp_pg_clear(r);
	return 0;
}

/*
 * The server alone knows which rows are the same: by an index that has its own
 * mind, by what a trigger makes of them or a default.  Or an update may make
 * room for another row, by another unique index.
 */
static bool
are_hidden(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n)
{
	const bool update = s->sink.opts.on_conflict == DP_CONFLICT_UPDATE;
	const struct dp_target *t = parts[0]->target;
	size_t i;

	for (i = 0; i < n; i++)
		if (parts[i]->shape->n == 0)
			return true;
	if (update && (!t->plain_key || t->others))
		return true;
	return n > 1 &&
	    (t->nkey == 0 || !t->plain_key || t->triggers ||
		!dp_pg_have_keys(parts, n));
}

/*
 * True when parts may not go one after the other: rows of several have one
 * key, and the order of the input decides.
 */
static int
are_mixed(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n,
    bool *mixed)
{
	const struct dp_target *t = parts[0]->target;
	struct dp_buf *b = &s->run.sql;
	struct pg_result *r;

	*mixed = are_hidden(s, parts, n);
	if (n == 1 || *mixed)
		return 0;
	dp_buf_clear(b);
	(void)dp_buf_adds(b, "SELECT FROM pg_temp.dp_stage GROUP BY ");
	dp_pg_key_columns(b, t);
	(void)dp_buf_adds(b,
	    " HAVING pg_catalog.min(shape) <> pg_catalog.max(shape) LIMIT 1");
	if (dp_buf_text(b) == NULL)
		return dp_pg_nomem(&s->run.fault);
	r = dp_pg_several(s->conn, b->data, &s->run.fault);
	if (r == NULL)
		return -1;
	*mixed = dp_pg_rows(r) > 0;
	dp_pg_clear(r);
	return 0;
}

/* A statement a part.  1: a row is refused, and nothing done. */
static int
merge_parts(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n,
    uint64_t *fresh)
{
	struct dp_pg_fault *f = &s->run.fault;
	size_t i;
	int rc = dp_pg_exec(s->conn, "SAVEPOINT dp_rows", f);

	if (rc == -1)
		return -1;
	for (i = 0; rc == 0 && i < n; i++)
		rc = merge_part(s, parts[i], fresh);
	if (rc == 0)
		return dp_pg_exec(s->conn, "RELEASE SAVEPOINT dp_rows", f);
	return f->class != DP_PG_ROW || dp_pg_take_back(s) == -1 ? -1 : 1;
}

/* A statement a part, or one a row. */
static int
merge_all(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n,
    uint64_t *fresh)
{
	bool mixed;
	int rc = are_mixed(s, parts, n, &mixed);

	*fresh = 0;
	if (rc == 0)
		rc = mixed ? 1 : merge_parts(s, parts, n, fresh);
	if (rc != 1)
		return rc;
	*fresh = 0;
	return dp_pg_stage_loop(s, parts, n, false, fresh);
}

int
dp_pg_merge(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n)
{
	uint64_t fresh = 0, rest = 0;
	size_t i, lo;

	if (dp_pg_stage_make(s, parts[0]->target) == -1 ||
	    dp_pg_exec(s->conn, work_mem_sql, &s->run.fault) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		lo = 0;
		if (dp_pg_put_rows(s, parts[i], DP_PG_STAGED, &lo, true) == -1)
			return -1;
	}
	if (merge_all(s, parts, n, &fresh) == -1)
		return -1;
	for (i = 0; i < n; i++)
		rest += dp_pg_left(parts[i]);
	rest = rest > fresh ? rest - fresh : 0;
	if (s->sink.opts.on_conflict == DP_CONFLICT_IGNORE)
		s->run.ignored += rest;
	else
		s->run.updated += rest;
	return dp_pg_stage_drop(s);
}
