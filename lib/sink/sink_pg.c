/*
 * PostgreSQL: rows by binary COPY, one a table and transaction.
 *
 * Works through a pooler that hands out connections by transaction: nothing
 * is set for a session, no lock is held outside of a transaction.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/stop.h"
#include "base/time.h"
#include "sink/clear.h"
#include "sink/copy.h"
#include "sink/sink_pg.h"

#define WAIT_FIRST_MS 50
#define WAIT_MAX_MS 2000
/* Who waits for a table has all others wait behind it. */
#define MADE_PATIENCE "SET LOCAL lock_timeout = '2s'; "
#define MADE_LOCK "7220443096735543112" /* any number of our own */

static struct dp_sink_pg *
of(struct dp_sink *sink)
{
	return (struct dp_sink_pg *)sink;
}

int
dp_pg_err(const struct dp_pg_fault *fault, struct dp_err *err)
{
	const enum dp_status status = fault->class == DP_PG_LOST
	    ? DP_UNAVAILABLE
	    : fault->class == DP_PG_AGAIN ? DP_TRYAGAIN
	    : fault->class == DP_PG_ROW   ? DP_DATA
					  : fault->status;

	return dp_err_set(err, status, "the database: %s%s%s%s", fault->text,
	    fault->sqlstate[0] != '\0' ? " [" : "", fault->sqlstate,
	    fault->sqlstate[0] != '\0' ? "]" : "");
}

void
dp_pg_well(struct dp_sink_pg *s)
{
	s->deadline_ms = 0;
	s->tries = 0;
}

/* Longer each time, and never the same for many at once. */
static void
wait_a_bit(struct dp_sink_pg *s)
{
	const uint64_t seed[2] = { dp_time_wall_us(), (uint64_t)getpid() };
	uint64_t ms = WAIT_FIRST_MS;
	uint64_t i;

	for (i = 0; i < s->tries && ms < WAIT_MAX_MS; i++)
		ms *= 2;
	s->tries++;
	ms = ms / 2 + dp_hash64(seed, sizeof seed, s->tries) % ms;
	dp_time_sleep_ms(ms);
}

int
dp_pg_again(struct dp_sink_pg *s, const struct dp_pg_fault *fault,
    struct dp_err *err)
{
	struct dp_pg_fault last = *fault;

	if (last.class == DP_PG_LOST) {
		dp_pg_disconnect(s->conn);
		s->conn = NULL;
	}
	if (s->deadline_ms == 0)
		s->deadline_ms = dp_time_now_ms() + s->sink.opts.retry_ms;
	for (;;) {
		if (last.class == DP_PG_STOP || last.class == DP_PG_ROW ||
		    dp_time_now_ms() >= s->deadline_ms || dp_stop_signal() != 0)
			return dp_pg_err(&last, err);
		wait_a_bit(s);
		if (s->conn != NULL)
			return 0;
		s->conn = dp_pg_connect(s->conninfo, &last);
		if (s->conn != NULL)
			return 0;
	}
}

struct pg_result *
dp_pg_ask(struct dp_sink_pg *s, const char *sql, const char *const *params,
    int n, struct dp_err *err)
{
	struct dp_pg_fault fault = { .class = DP_PG_LOST };

	for (;;) {
		struct pg_result *r = s->conn == NULL
		    ? NULL
		    : dp_pg_query(s->conn, sql, params, n, &fault);

		if (r != NULL) {
			dp_pg_well(s);
			return r;
		}
		if (s->open || s->sink.opts.dry_run) {
			(void)dp_pg_err(&fault, err);
			return NULL;
		}
		if (dp_pg_again(s, &fault, err) == -1)
			return NULL;
	}
}

/* Two that make the same table at a time would fail. */
static int
pg_create(struct dp_sink *sink, const char *sql, struct dp_err *err)
{
	struct dp_sink_pg *s = of(sink);
	struct dp_pg_fault fault = { .class = DP_PG_LOST }, ignored;
	struct dp_buf all;
	int rc;

	dp_buf_init(&all, 0);
	if (!sink->opts.dry_run)
		(void)dp_buf_adds(&all, "BEGIN; ");
	(void)dp_buf_adds(&all, MADE_PATIENCE);
	(void)dp_buf_adds(&all,
	    "SELECT pg_catalog.pg_advisory_xact_lock(" MADE_LOCK "); ");
	(void)dp_buf_adds(&all, sql);
	(void)dp_buf_adds(&all,
	    sink->opts.dry_run ? "SET LOCAL lock_timeout TO DEFAULT"
			       : "COMMIT");
	do {
		rc = dp_buf_text(&all) == NULL ? dp_err_nomem(err)
		    : s->conn != NULL &&
			dp_pg_exec(s->conn, all.data, &fault) == 0
		    ? 0
		    : 1;
		if (rc == 1 && s->conn != NULL && !sink->opts.dry_run &&
		    fault.class != DP_PG_LOST)
			(void)dp_pg_exec(s->conn, "ROLLBACK", &ignored);
		if (rc == 1 &&
		    (s->conn == NULL || sink->opts.dry_run ||
			(fault.class != DP_PG_LOST &&
			    fault.class != DP_PG_AGAIN)))
			rc = dp_pg_err(&fault, err);
		else if (rc == 1 && dp_pg_again(s, &fault, err) == -1)
			rc = -1;
	} while (rc == 1);
	if (rc == 0)
		dp_pg_well(s);
	dp_buf_fini(&all);
	return rc;
}

static int
pg_clear(struct dp_sink *sink, struct dp_err *err)
{
	static const char query[] =
	    "SELECT r.relname FROM pg_catalog.pg_constraint k "
	    "JOIN pg_catalog.pg_class r ON r.oid = k.conrelid "
	    "WHERE k.contype = 'f' AND k.confdeltype NOT IN ('a', 'r') AND "
	    "k.confrelid = "
	    "pg_catalog.to_regclass(pg_catalog.quote_ident($1))::oid";
	struct dp_sink_pg *s = of(sink);
	size_t i;
	int k, rc = 0;

	for (i = 0; rc == 0 && i < sink->ntargets; i++) {
		const char *const params[] = { sink->targets[i]->table };
		struct pg_result *r = dp_pg_ask(s, query, params, 1, err);

		if (r == NULL)
			return -1;
		for (k = 0; rc == 0 && k < dp_pg_rows(r); k++)
			rc = dp_clear_refuse(sink, params[0],
			    dp_pg_get(r, k, 0), err);
		dp_pg_clear(r);
	}
	s->clears = true;
	return rc;
}

static void
free_part(struct dp_sink_pg *s, struct dp_pg_part *part)
{
	(void)s;
	free(part->copy);
	free(part->stage);
	free(part->checks);
	free(part->key);
	dp_buf_fini(&part->in.tuples);
	dp_buf_fini(&part->in.rows);
	dp_buf_fini(&part->out.tuples);
	dp_buf_fini(&part->out.rows);
	free(part);
}

static void
pg_close(struct dp_sink *sink)
{
	struct dp_sink_pg *s = of(sink);

	dp_pg_rollback(sink);
	dp_pg_each(s, free_part);
	dp_pg_disconnect(s->conn);
	dp_buf_fini(&s->texts);
	dp_buf_fini(&s->run.parts);
	dp_buf_fini(&s->run.texts);
	dp_buf_fini(&s->run.refusals);
	dp_buf_fini(&s->run.sql);
	dp_buf_fini(&s->run.piece);
	free(s->conninfo);
	free(s);
}

static int
set_up(struct dp_sink_pg *s, struct dp_err *err)
{
	struct dp_pg_fault fault;
	struct pg_result *r;

	s->conn = dp_pg_connect(s->conninfo, &fault);
	if (s->conn == NULL && dp_pg_again(s, &fault, err) == -1)
		return -1;
	if (s->sink.opts.look)
		return s->sink.opts.ledger == NULL ? 0 : dp_pg_ledger(s, err);
	r = dp_pg_ask(s, "SELECT pg_catalog.current_setting('fsync')", NULL, 0,
	    err);
	if (r == NULL)
		return -1;
	if (strcmp(dp_pg_get(r, 0, 0), "off") == 0)
		s->sink.opts.tell(s->sink.opts.arg, NULL,
		    "the server has fsync=off: a crash may lose what it "
		    "acknowledges");
	dp_pg_clear(r);
	if (s->sink.opts.dry_run && dp_pg_exec(s->conn, "BEGIN", &fault) == -1)
		return dp_pg_err(&fault, err);
	return s->sink.opts.ledger == NULL ? 0 : dp_pg_ledger(s, err);
}

static struct dp_sink *
pg_open(const char *rest, const struct dp_sink_opts *opts, struct dp_err *err)
{
	struct dp_sink_pg *s = calloc(1, sizeof *s);

	if (s == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	s->sink.ops = &dp_sink_pg;
	s->sink.opts = *opts;
	s->conninfo = dp_column_text(rest, strlen(rest), err);
	if (s->conninfo == NULL || set_up(s, err) == -1) {
		pg_close(&s->sink);
		return NULL;
	}
	return &s->sink;
}

void
dp_pg_each(struct dp_sink_pg *s,
    void (*fn)(struct dp_sink_pg *s, struct dp_pg_part *part))
{
	size_t i, k;

	for (i = 0; i < s->sink.ntargets; i++) {
		struct dp_target *t = s->sink.targets[i];

		for (k = 0; t != NULL && k < t->nshapes; k++)
			if (t->shapes[k].own != NULL)
				fn(s, t->shapes[k].own);
	}
}

/* The statements: into the table, and into the one between (sink_pg_stage). */
static int
write_copies(struct dp_pg_part *part, struct dp_err *err)
{
	const struct dp_target *t = part->target;
	const struct dp_shape *shape = part->shape;
	struct dp_buf to = { 0 }, stage = { 0 };
	size_t i;

	(void)dp_buf_adds(&to, "SAVEPOINT dp_rows; COPY ");
	dp_ddl_ident(&to, t->table);
	(void)dp_buf_adds(&stage,
	    "SAVEPOINT dp_rows; COPY pg_temp.dp_stage (n, shape");
	for (i = 0; i < shape->n; i++) {
		(void)dp_buf_adds(&to, i == 0 ? " (" : ", ");
		dp_ddl_ident(&to, t->columns.at[shape->columns[i]].name);
		(void)dp_buf_addf(&stage, ", c%u", shape->columns[i]);
	}
	(void)dp_buf_adds(&to, shape->n == 0 ? " ()" : ")");
	(void)dp_buf_adds(&to, " FROM STDIN (FORMAT binary)");
	(void)dp_buf_adds(&stage, ") FROM STDIN (FORMAT binary)");
	if (to.failed || stage.failed) {
		(void)dp_err_nomem(err);
	} else {
		part->copy = dp_column_text(to.data, to.len, err);
		part->stage = dp_column_text(stage.data, stage.len, err);
	}
	dp_buf_fini(&to);
	dp_buf_fini(&stage);
	return part->copy == NULL || part->stage == NULL ? -1 : 0;
}

static struct dp_pg_part *
new_part(struct dp_sink_pg *s, struct dp_target *t,
    const struct dp_shape *shape, struct dp_err *err)
{
	struct dp_pg_part *part = calloc(1, sizeof *part);

	if (part == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	part->target = t;
	part->shape = shape;
	part->number = (uint32_t)(shape - t->shapes);
	if (write_copies(part, err) == -1) {
		free_part(s, part);
		return NULL;
	}
	return part;
}

static int
pg_row(struct dp_sink *sink, struct dp_target *t, struct dp_shape *shape,
    const struct dp_sink_line *line, struct dp_reject *fault,
    struct dp_err *err)
{
	struct dp_sink_pg *s = of(sink);
	struct dp_pg_part *part = shape->own;
	struct dp_pg_row row = { .text = s->texts.len,
		.len = line->len,
		.line = line->number };
	int rc;

	if (part == NULL) {
		part = new_part(s, t, shape, err);
		if (part == NULL)
			return -1;
		shape->own = part;
	}
	row.at = part->in.tuples.len;
	rc = dp_copy_row(sink, t, shape, line, &part->in.tuples, fault, err);
	if (rc != 0)
		return rc;
	if (dp_buf_add(&s->texts, line->raw, line->len) == -1 ||
	    dp_buf_add(&part->in.rows, &row, sizeof row) == -1)
		return dp_err_nomem(err);
	part->in.n++;
	s->held += line->len + part->in.tuples.len - row.at;
	return 0;
}

static size_t
pg_held(const struct dp_sink *sink)
{
	return ((const struct dp_sink_pg *)sink)->held;
}

const struct dp_sink_ops dp_sink_pg = {
	.scheme = NULL,
	.dialect = DP_DIALECT_PG,
	.open = pg_open,
	.close = pg_close,
	.create = pg_create,
	.describe = dp_pg_describe,
	.learn = dp_pg_learn,
	.clear = pg_clear,
	.row = pg_row,
	.held = pg_held,
	.flush = dp_pg_flush,
	.start = dp_pg_start,
	.wait = dp_pg_wait,
	.rollback = dp_pg_rollback,
	.marks = dp_pg_marks,
};
