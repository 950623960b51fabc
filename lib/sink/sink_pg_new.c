/*
 * --on-conflict: what is new goes by COPY.
 *
 * As long as no row of a batch is there already, COPY takes it as it is.
 * Once one was, and what is there is to stay, the keys alone are sent first
 * (into the table between), the server tells which of them are new, and COPY
 * takes those.  What another run stores in between makes that COPY fail, and
 * it is taken back: then, and for updates, the statements of sink_pg_merge
 * decide.  They take rows in the order of their keys, so a batch that has met
 * another one in a deadlock goes that way at once.
 */
#include <stdlib.h>
#include <string.h>

#include "sink/sink_pg.h"

/* 1: it cannot be so, and all since the savepoint is taken back. */
static int
give_up(struct dp_sink_pg *s, struct dp_target *t, const char *back)
{
	struct dp_pg_fault *f = &s->run.fault;

	t->contended = f->class == DP_PG_AGAIN;
	if (f->class == DP_PG_AGAIN || f->class == DP_PG_LOST)
		return -1;
	return dp_pg_exec(s->conn, back, f) == -1 ? -1 : 1;
}

/* All rows by COPY.  1: some are there, or refused, and nothing is done. */
static int
put_new(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n)
{
	struct dp_pg_fault *f = &s->run.fault;
	int rc = dp_pg_exec(s->conn, "SAVEPOINT dp_new", f);
	size_t i;

	if (rc == -1)
		return -1;
	for (i = 0; rc == 0 && i < n; i++)
		if (dp_pg_left(parts[i]) > 0)
			rc = dp_pg_try(s, parts[i], DP_PG_DIRECT);
	if (rc == 0)
		return dp_pg_exec(s->conn, "RELEASE SAVEPOINT dp_new", f);
	return give_up(s, parts[0]->target,
	    "ROLLBACK TO SAVEPOINT dp_new; RELEASE SAVEPOINT dp_new");
}

/* Where the key's columns are among the shape's.  False: not all are. */
static bool
find_key(struct dp_pg_part *part)
{
	const struct dp_target *t = part->target;
	const struct dp_shape *shape = part->shape;
	uint32_t *key;
	size_t i, k;

	if (part->key != NULL)
		return true;
	key = calloc(t->nkey, sizeof *key);
	if (key == NULL)
		return false;
	for (i = 0; i < t->nkey; i++) {
		for (k = 0; k < shape->n && shape->columns[k] != t->key[i]; k++)
			;
		if (k == shape->n) {
			free(key);
			return false;
		}
		key[i] = (uint32_t)k;
	}
	part->key = key;
	return true;
}

bool
dp_pg_have_keys(struct dp_pg_part *const *parts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!find_key(parts[i]))
			return false;
	return true;
}

/* The first row of each key that is not in the table. */
static void
write_unknown(struct dp_buf *b, const struct dp_target *t)
{
	size_t i;

	dp_buf_clear(b);
	(void)dp_buf_adds(b,
	    "SELECT pg_catalog.array_to_string(pg_catalog.array_agg(m), ' ') "
	    "FROM (SELECT pg_catalog.min(n) AS m FROM pg_temp.dp_stage AS dp_s "
	    "WHERE (SELECT true FROM ");
	dp_ddl_ident(b, t->table);
	(void)dp_buf_adds(b, " AS dp_t WHERE ");
	for (i = 0; i < t->nkey; i++) {
		(void)dp_buf_adds(b, i == 0 ? "dp_t." : " AND dp_t.");
		dp_ddl_ident(b, t->columns.at[t->key[i]].name);
		(void)dp_buf_addf(b, " OPERATOR(pg_catalog.=) dp_s.c%u",
		    t->key[i]);
	}
	/* With a limit it is asked row by row, by the index, whatever the
	 * size of the table. */
	(void)dp_buf_adds(b, " LIMIT 1) IS NULL GROUP BY ");
	dp_pg_key_columns(b, t);
	(void)dp_buf_adds(b, ") AS dp_k");
}

static void
mark_all(struct dp_pg_part *part, bool known)
{
	size_t i;

	for (i = 0; i < part->out.n; i++)
		dp_pg_row_at(part, i)->known = known;
}

/* The row whose line is at `text` of run.texts is to be sent. */
static void
mark_new(struct dp_pg_part *const *parts, size_t n, uint64_t text)
{
	size_t i, row;

	for (i = 0; i < n; i++) {
		row = dp_pg_find(parts[i], text);
		if (row < parts[i]->out.n &&
		    dp_pg_row_at(parts[i], row)->text == text)
			dp_pg_row_at(parts[i], row)->known = false;
	}
}

/* Asks for the new ones among the keys that were sent, and marks the rest. */
static int
mark_known(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n)
{
	struct pg_result *r;
	const char *p;
	char *end;
	size_t i;

	write_unknown(&s->run.sql, parts[0]->target);
	if (dp_buf_text(&s->run.sql) == NULL)
		return dp_pg_nomem(&s->run.fault);
	r = dp_pg_several(s->conn, s->run.sql.data, &s->run.fault);
	if (r == NULL)
		return -1;
	for (i = 0; i < n; i++)
		mark_all(parts[i], true);
	for (p = dp_pg_get(r, 0, 0); *p != '\0';
	     p = *end == ' ' ? end + 1 : end)
		mark_new(parts, n, strtoull(p, &end, 10));
	dp_pg_clear(r);
	return 0;
}

static uint64_t
left_of(struct dp_pg_part *const *parts, size_t n)
{
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < n; i++)
		all += dp_pg_left(parts[i]);
	return all;
}

/* The keys go ahead.  1: it cannot be so, and nothing is done. */
static int
put_unknown(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n)
{
	const uint64_t all = left_of(parts, n);
	int rc = dp_pg_stage_make(s, parts[0]->target);
	size_t i;

	for (i = 0; rc == 0 && i < n; i++)
		rc = dp_pg_try(s, parts[i], DP_PG_KEYS);
	if (rc == 0)
		rc = mark_known(s, parts, n);
	if (rc == 0)
		rc = put_new(s, parts, n);
	if (rc == 0) {
		s->run.ignored += all - left_of(parts, n);
		return dp_pg_stage_drop(s);
	}
	for (i = 0; i < n; i++)
		mark_all(parts[i], false);
	return give_up(s, parts[0]->target,
	    "ROLLBACK TO SAVEPOINT dp_stage; RELEASE SAVEPOINT dp_stage");
}

int
dp_pg_meet(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n)
{
	const bool update = s->sink.opts.on_conflict == DP_CONFLICT_UPDATE;
	struct dp_target *t = parts[0]->target;
	const uint64_t before = s->run.ignored + s->run.updated;
	int rc = 1;

	if (!t->meets && !t->contended)
		rc = put_new(s, parts, n);
	if (rc == 1 && !update && t->plain_key && t->nkey > 0 &&
	    !t->contended && dp_pg_have_keys(parts, n))
		rc = put_unknown(s, parts, n);
	if (rc == 1)
		rc = dp_pg_merge(s, parts, n);
	if (rc == 0) {
		t->meets = s->run.ignored + s->run.updated > before;
		t->contended = false;
	}
	return rc;
}
