/*
 * A table between COPY and the table that is meant.
 *
 * It is temporary, of the transaction's own, and takes what COPY sends
 * without a constraint to refuse it: columns n (where the row's line is in
 * run.texts, so that the order is that of the input), shape (the part), and
 * c0, c1, ... (the columns of the target, domains taken off).  From there
 * rows go on in one statement, or each by itself in a loop of PL/pgSQL that
 * files what is refused in a second table; its cost does not grow with the
 * share of bad rows.  Where only CHECK constraints refuse rows, those that
 * hold go on in one statement, and the others in the loop.
 *
 * Statements that touch n rows so are made of the names of the catalog, all
 * quoted, and of nothing else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/key.h"
#include "sink/sink_pg.h"

/* The row dp_s is in dp_out. */
#define IN_OUT "(SELECT FROM pg_temp.dp_out AS dp_o WHERE dp_o.n = dp_s.n)"

int
dp_pg_stage_run(struct dp_sink_pg *s, struct dp_buf *b)
{
	const char *sql = dp_buf_text(b);

	if (sql == NULL)
		return dp_pg_nomem(&s->run.fault);
	return dp_pg_exec(s->conn, sql, &s->run.fault);
}

int
dp_pg_stage_make(struct dp_sink_pg *s, const struct dp_target *t)
{
	struct dp_buf *b = &s->run.sql;
	size_t i;

	dp_buf_clear(b);
	(void)dp_buf_adds(b,
	    "SAVEPOINT dp_stage; CREATE TEMPORARY TABLE dp_stage "
	    "(n bigint NOT NULL, shape integer NOT NULL");
	for (i = 0; i < t->columns.n; i++)
		(void)dp_buf_addf(b, ", c%zu %s", i, t->columns.at[i].base);
	(void)dp_buf_adds(b,
	    ") ON COMMIT DROP; CREATE TEMPORARY TABLE dp_out "
	    "(n bigint, state text, message text, name text) ON COMMIT DROP");
	return dp_pg_stage_run(s, b);
}

int
dp_pg_stage_drop(struct dp_sink_pg *s)
{
	return dp_pg_exec(s->conn,
	    "DROP TABLE pg_temp.dp_stage, pg_temp.dp_out; "
	    "RELEASE SAVEPOINT dp_stage",
	    &s->run.fault);
}

void
dp_pg_insert_into(struct dp_buf *b, const struct dp_pg_part *part)
{
	const struct dp_target *t = part->target;
	size_t i;

	(void)dp_buf_adds(b, "INSERT INTO ");
	dp_ddl_ident(b, t->table);
	for (i = 0; i < part->shape->n; i++) {
		(void)dp_buf_adds(b, i == 0 ? " (" : ", ");
		dp_ddl_ident(b, t->columns.at[part->shape->columns[i]].name);
	}
	(void)dp_buf_adds(b, part->shape->n > 0 ? ") " : " ");
}

void
dp_pg_staged(struct dp_buf *b, const uint32_t *columns, size_t n,
    const char *prefix)
{
	size_t i;

	for (i = 0; i < n; i++)
		(void)dp_buf_addf(b, "%s%sc%u", i == 0 ? "" : ", ", prefix,
		    columns[i]);
}

bool
dp_pg_tells_new(const struct dp_sink_pg *s, const struct dp_target *t)
{
	return s->sink.opts.on_conflict == DP_CONFLICT_UPDATE &&
	    !t->partitioned;
}

/* How a row of one part goes into the table. */
static void
write_insert(struct dp_sink_pg *s, const struct dp_pg_part *part,
    struct dp_buf *b)
{
	(void)dp_buf_addf(b, "IF dp_r.shape = %u THEN\n", part->number);
	dp_pg_insert_into(b, part);
	(void)dp_buf_adds(b,
	    part->shape->n > 0 ? "VALUES (" : "DEFAULT VALUES");
	dp_pg_staged(b, part->shape->columns, part->shape->n, "dp_r.");
	(void)dp_buf_adds(b, part->shape->n > 0 ? ")" : "");
	dp_key_clause(b, part->target, part->shape, s->sink.opts.on_conflict);
	(void)dp_buf_adds(b,
	    dp_pg_tells_new(s, part->target)
		? "\nRETURNING xmax = 0 INTO dp_fresh;\n"
		  "IF dp_fresh THEN dp_new := dp_new + 1; END IF;\n"
		: ";\nGET DIAGNOSTICS dp_k = ROW_COUNT;\n"
		  "dp_new := dp_new + dp_k;\n");
	(void)dp_buf_adds(b, "END IF;\n");
}

/*
 * The loop, over all rows or those that dp_out has: state 'new' counts the
 * rows that were inserted.
 */
static void
write_loop(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n,
    bool some, struct dp_buf *b)
{
	size_t i;

	(void)dp_buf_adds(b,
	    "#variable_conflict use_column\n"
	    "DECLARE dp_r record; dp_new bigint := 0; dp_k bigint;\n"
	    "dp_fresh boolean; dp_state text; dp_text text; dp_more text;\n"
	    "dp_name text;\n"
	    "BEGIN FOR dp_r IN SELECT * FROM pg_temp.dp_stage AS dp_s\n");
	if (some)
		(void)dp_buf_adds(b, "WHERE EXISTS " IN_OUT "\n");
	(void)dp_buf_adds(b, "ORDER BY n LOOP BEGIN\n");
	for (i = 0; i < n; i++)
		write_insert(s, parts[i], b);
	(void)dp_buf_adds(b,
	    "EXCEPTION WHEN assert_failure OR OTHERS THEN\n"
	    "GET STACKED DIAGNOSTICS dp_state = RETURNED_SQLSTATE,\n"
	    "dp_text = MESSAGE_TEXT, dp_more = PG_EXCEPTION_DETAIL,\n"
	    "dp_name = COLUMN_NAME;\n"
	    "IF pg_catalog.left(dp_state, 2) NOT IN\n"
	    "('21', '22', '23', '54', 'P0') THEN RAISE; END IF;\n"
	    "INSERT INTO pg_temp.dp_out VALUES (dp_r.n, dp_state, dp_text ||\n"
	    "CASE WHEN dp_more <> '' THEN ': ' || dp_more ELSE '' END,\n"
	    "dp_name);\nEND; END LOOP;\n"
	    "INSERT INTO pg_temp.dp_out VALUES (dp_new, 'new'); END");
}

/* A body in dollar quotes, of a tag that is not in it. */
static void
write_do(struct dp_buf *b, const char *body)
{
	char tag[32];
	unsigned n = 0;

	do
		(void)snprintf(tag, sizeof tag, "$dp%u$", n++);
	while (strstr(body, tag) != NULL);
	(void)dp_buf_addf(b, "DO %s\n", tag);
	(void)dp_buf_adds(b, body);
	(void)dp_buf_addf(b, "\n%s", tag);
}

/* Refuses the row whose line is at `text`, of whatever part. */
static int
refuse(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n,
    uint64_t text)
{
	size_t i, row;

	for (i = 0; i < n; i++) {
		row = dp_pg_find(parts[i], text);
		if (row < parts[i]->out.n &&
		    dp_pg_row_at(parts[i], row)->text == text)
			return dp_pg_refuse(s, parts[i], row);
	}
	return 0;
}

/* What the loop has filed.  *fresh: rows that were inserted. */
static int
take_out(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n,
    uint64_t *fresh)
{
	struct dp_pg_fault *f = &s->run.fault;
	struct pg_result *r = dp_pg_query(s->conn,
	    "SELECT n, state, message, name FROM pg_temp.dp_out "
	    "WHERE state IS NOT NULL ORDER BY n",
	    NULL, 0, f);
	int i, rc = 0;

	if (r == NULL)
		return -1;
	for (i = 0; rc == 0 && i < dp_pg_rows(r); i++) {
		const uint64_t at = strtoull(dp_pg_get(r, i, 0), NULL, 10);

		if (strcmp(dp_pg_get(r, i, 1), "new") == 0) {
			*fresh = at;
			continue;
		}
		dp_pg_fault_of(f, dp_pg_get(r, i, 1), dp_pg_get(r, i, 2),
		    dp_pg_get(r, i, 3));
		rc = refuse(s, parts, n, at);
	}
	dp_pg_clear(r);
	return rc;
}

int
dp_pg_stage_loop(struct dp_sink_pg *s, struct dp_pg_part *const *parts,
    size_t n, bool some, uint64_t *fresh)
{
	struct dp_buf body;
	const char *text;
	int rc;

	dp_buf_init(&body, 0);
	write_loop(s, parts, n, some, &body);
	text = dp_buf_text(&body);
	dp_buf_clear(&s->run.sql);
	if (text != NULL)
		write_do(&s->run.sql, text);
	rc = text == NULL ? dp_pg_nomem(&s->run.fault)
			  : dp_pg_stage_run(s, &s->run.sql);
	dp_buf_fini(&body);
	return rc == 0 ? take_out(s, parts, n, fresh) : -1;
}

/* 1: it is not for this role, or not on this server. */
static int
not_here(struct dp_sink_pg *s)
{
	static const char *const states[] = { "42501", "42704", "0A000",
		"25006" };
	struct dp_pg_fault ignored;
	size_t i;

	for (i = 0; i < sizeof states / sizeof states[0]; i++)
		if (strcmp(s->run.fault.sqlstate, states[i]) == 0) {
			s->no_stage = true;
			return dp_pg_exec(s->conn,
				   "ROLLBACK TO SAVEPOINT dp_stage; "
				   "RELEASE SAVEPOINT dp_stage",
				   &ignored) == -1
			    ? -1
			    : 1;
		}
	return -1;
}

int
dp_pg_take_back(struct dp_sink_pg *s)
{
	return dp_pg_exec(s->conn,
	    "ROLLBACK TO SAVEPOINT dp_rows; RELEASE SAVEPOINT dp_rows",
	    &s->run.fault);
}

/*
 * All rows for which the CHECK constraints hold, in one statement.  *some:
 * the others are in dp_out, for the loop.  Whether they hold is asked once:
 * a function may say something else next time.  0 or -1.
 */
static int
put_checked(struct dp_sink_pg *s, const struct dp_pg_part *part, bool *some)
{
	struct dp_buf *b = &s->run.sql;

	*some = false;
	if (part->checks == NULL || *part->checks == '\0')
		return 0;
	dp_buf_clear(b);
	(void)dp_buf_adds(b,
	    "SAVEPOINT dp_rows; INSERT INTO pg_temp.dp_out (n) "
	    "SELECT dp_s.n FROM pg_temp.dp_stage AS dp_s WHERE (");
	(void)dp_buf_adds(b, part->checks);
	(void)dp_buf_adds(b, ") IS NOT TRUE; ");
	dp_pg_insert_into(b, part);
	(void)dp_buf_adds(b, "SELECT ");
	dp_pg_staged(b, part->shape->columns, part->shape->n, "dp_s.");
	(void)dp_buf_adds(b,
	    " FROM pg_temp.dp_stage AS dp_s WHERE NOT EXISTS " IN_OUT);
	if (dp_pg_stage_run(s, b) == 0) {
		*some = true;
		return dp_pg_exec(s->conn, "RELEASE SAVEPOINT dp_rows",
		    &s->run.fault);
	}
	/* Something else refuses one of them, or the table is another now. */
	return s->run.fault.class == DP_PG_LOST ||
		s->run.fault.class == DP_PG_AGAIN
	    ? -1
	    : dp_pg_take_back(s);
}

int
dp_pg_isolate(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n,
    size_t lo)
{
	uint64_t fresh = 0;
	bool some = false;
	size_t i;

	if (dp_pg_stage_make(s, parts[0]->target) == -1)
		return not_here(s);
	for (i = 0; i < n; i++) {
		size_t from = lo;

		if (dp_pg_put_rows(s, parts[i], DP_PG_STAGED, &from, true) ==
		    -1)
			return -1;
	}
	if (n == 1 && put_checked(s, parts[0], &some) == -1)
		return -1;
	if (dp_pg_stage_loop(s, parts, n, some, &fresh) == -1)
		return not_here(s);
	return dp_pg_stage_drop(s);
}
