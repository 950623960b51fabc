/*
 * The rows of a part by COPY, and who is to blame when the server refuses.
 *
 * A COPY fails as a whole.  What it says of the line is a hint: the rows
 * before it are sent again, and then the suspect alone, so that only a row
 * that fails by itself is refused.  Without a hint, halves are tried.  The
 * size of what is tried follows the distance between bad rows.  When there
 * are many, the server tries each (sink_pg_stage).
 */
#include <string.h>

#include "base/err.h"
#include "json/text.h"
#include "sink/copy.h"
#include "sink/sink_pg.h"

#define TRY_MIN 64
#define PIECE 131072

/* When to stop looking for bad rows one by one. */
#define FEW 16
#define ONE_IN 300
#define BLIND 24
#define SOON 8 /* a bad row in the first of so many parts */

static size_t
end_of(const struct dp_pg_part *part, size_t i)
{
	return i + 1 < part->out.n ? dp_pg_row_at(part, i + 1)->at
				   : part->out.tuples.len;
}

/* Rows from lo to hi that are not refused, in runs. */
static int
send(struct dp_sink_pg *s, const struct dp_pg_part *part, size_t lo, size_t hi,
    struct dp_pg_fault *fault)
{
	size_t i = lo;

	while (i < hi) {
		size_t from = i;

		if (dp_pg_is_out(dp_pg_row_at(part, i))) {
			i++;
			continue;
		}
		while (i < hi && !dp_pg_is_out(dp_pg_row_at(part, i)))
			i++;
		if (dp_pg_copy_data(s->conn,
			part->out.tuples.data + dp_pg_row_at(part, from)->at,
			end_of(part, i - 1) - dp_pg_row_at(part, from)->at,
			fault) == -1)
			return -1;
	}
	return 0;
}

/* The same for the table between, with the two fields that are its own. */
static int
send_staged(struct dp_sink_pg *s, const struct dp_pg_part *part,
    enum dp_pg_way way, size_t lo, size_t hi, struct dp_pg_fault *fault)
{
	const uint32_t *fields = way == DP_PG_KEYS ? part->key : NULL;
	const size_t nfields = part->target->nkey;
	struct dp_buf *b = &s->run.piece;
	size_t i;

	dp_buf_clear(b);
	for (i = lo; i < hi; i++) {
		const struct dp_pg_row *row = dp_pg_row_at(part, i);
		const size_t end = end_of(part, i);

		if (dp_pg_is_out(row))
			continue;
		if (dp_copy_staged(b, row->text, part->number,
			part->out.tuples.data + row->at, end - row->at, fields,
			nfields) == -1)
			return dp_pg_nomem(fault);
		if (b->len < PIECE)
			continue;
		if (dp_pg_copy_data(s->conn, b->data, b->len, fault) == -1)
			return -1;
		dp_buf_clear(b);
	}
	return dp_pg_copy_data(s->conn, b->data, b->len, fault);
}

/* Rows that leave all columns to their defaults: COPY has no word for them. */
static int
insert_defaults(struct dp_sink_pg *s, const struct dp_pg_part *part, size_t lo,
    size_t hi, struct dp_pg_fault *fault)
{
	struct dp_buf *b = &s->run.sql;
	size_t n = 0;

	for (; lo < hi; lo++)
		n += !dp_pg_is_out(dp_pg_row_at(part, lo));
	dp_buf_clear(b);
	(void)dp_buf_adds(b, "SAVEPOINT dp_rows; INSERT INTO ");
	dp_ddl_ident(b, part->target->table);
	(void)dp_buf_addf(b, " SELECT FROM pg_catalog.generate_series(1, %zu)",
	    n);
	if (dp_buf_text(b) == NULL)
		return dp_pg_nomem(fault);
	return dp_pg_exec(s->conn, b->data, fault);
}

/* The COPY of keys: it is rare enough to be written each time. */
static const char *
copy_keys(struct dp_sink_pg *s, const struct dp_target *t)
{
	struct dp_buf *b = &s->run.sql;

	dp_buf_clear(b);
	(void)dp_buf_adds(b,
	    "SAVEPOINT dp_rows; COPY pg_temp.dp_stage (n, shape, ");
	dp_pg_staged(b, t->key, t->nkey, "");
	(void)dp_buf_adds(b, ") FROM STDIN (FORMAT binary)");
	return dp_buf_text(b);
}

static int
copy(struct dp_sink_pg *s, const struct dp_pg_part *part, enum dp_pg_way way,
    size_t lo, size_t hi, struct dp_pg_fault *fault)
{
	const bool staged = way != DP_PG_DIRECT;
	const char *sql = way == DP_PG_KEYS ? copy_keys(s, part->target)
	    : staged                        ? part->stage
					    : part->copy;

	if (sql == NULL)
		return dp_pg_nomem(fault);
	if (!staged && part->shape->n == 0)
		return insert_defaults(s, part, lo, hi, fault);
	if (dp_pg_copy_begin(s->conn, sql, fault) == -1 ||
	    dp_pg_copy_data(s->conn, dp_copy_head, DP_COPY_HEAD, fault) == -1 ||
	    (staged ? send_staged(s, part, way, lo, hi, fault)
		    : send(s, part, lo, hi, fault)) == -1 ||
	    dp_pg_copy_data(s->conn, dp_copy_tail, DP_COPY_TAIL, fault) == -1)
		return -1;
	return dp_pg_copy_end(s->conn,
	    staged ? "dp_stage" : part->target->table, fault);
}

/* So many rows in a savepoint.  1: refused, and as before; -1: fault. */
static int
attempt(struct dp_sink_pg *s, const struct dp_pg_part *part, enum dp_pg_way way,
    size_t lo, size_t hi, struct dp_pg_fault *fault)
{
	struct dp_pg_fault worse;

	if (copy(s, part, way, lo, hi, fault) == 0)
		return dp_pg_exec(s->conn, "RELEASE SAVEPOINT dp_rows", fault);
	if (fault->class != DP_PG_ROW)
		return -1;
	if (dp_pg_exec(s->conn,
		"ROLLBACK TO SAVEPOINT dp_rows; RELEASE SAVEPOINT dp_rows",
		&worse) == -1) {
		*fault = worse;
		return -1;
	}
	return 1;
}

int
dp_pg_try(struct dp_sink_pg *s, const struct dp_pg_part *part,
    enum dp_pg_way way)
{
	return attempt(s, part, way, 0, part->out.n, &s->run.fault);
}

/* The row that the server's line number means, or hi. */
static size_t
suspect(const struct dp_pg_part *part, size_t lo, size_t hi, uint64_t line)
{
	size_t i;

	for (i = lo; line > 0 && i < hi; i++)
		if (!dp_pg_is_out(dp_pg_row_at(part, i)) && --line == 0)
			return i;
	return hi;
}

static const char *
code_of(const char *state)
{
	static const struct {
		const char *state, *code;
	} codes[] = { { "23505", "duplicate" }, { "23502", "null" },
		{ "23", "constraint" }, { "22003", "range" },
		{ "22008", "range" }, { "22001", "maxLength" } };

	size_t i;

	for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (strncmp(state, codes[i].state, strlen(codes[i].state)) == 0)
			return codes[i].code;
	return "database";
}

/* The row is taken out now, and told when the thread is at its end. */
int
dp_pg_refuse(struct dp_sink_pg *s, struct dp_pg_part *part, size_t i)
{
	struct dp_pg_row *row = dp_pg_row_at(part, i);
	const struct dp_pg_refusal r = { .part = part,
		.row = *row,
		.fault = s->run.fault };

	if (dp_buf_add(&s->run.refusals, &r, sizeof r) == -1)
		return dp_pg_nomem(&s->run.fault);
	row->refused = true;
	s->run.to.rows--;
	s->run.to.rejected++;
	return 0;
}

static int
tell(struct dp_sink_pg *s, const struct dp_pg_refusal *r, struct dp_err *err)
{
	const struct dp_column *c =
	    dp_columns_find(&r->part->target->columns, r->fault.column);
	struct dp_buf *b = &s->sink.scratch;
	struct dp_reject fault = { .code = code_of(r->fault.sqlstate),
		.detail = r->fault.text,
		.detail_len = strlen(r->fault.text),
		.sqlstate = r->fault.sqlstate,
		.raw = s->run.texts.data + r->row.text,
		.raw_len = r->row.len,
		.line = r->row.line };

	dp_buf_clear(b);
	if (c != NULL && c->key != NULL) {
		dp_json_pointer_add(b, c->key, c->key_len);
		fault.pointer = b->data;
		fault.pointer_len = b->len;
	}
	return s->sink.opts.refused(s->sink.opts.refused_arg, &fault, err);
}

/* The row whose line is at `text` of run.texts. */
size_t
dp_pg_find(const struct dp_pg_part *part, uint64_t text)
{
	size_t lo = 0, hi = part->out.n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (dp_pg_row_at(part, mid)->text < text)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t
dp_pg_left(const struct dp_pg_part *part)
{
	size_t i, n = 0;

	for (i = 0; i < part->out.n; i++)
		n += !dp_pg_is_out(dp_pg_row_at(part, i));
	return n;
}

static void
all_stored(struct dp_sink_pg *s, struct dp_pg_part *part)
{
	size_t i;

	(void)s;
	for (i = 0; i < part->out.n; i++)
		if (!dp_pg_row_at(part, i)->refused)
			dp_pg_row_at(part, i)->stored = true;
}

static void
pardon(struct dp_sink_pg *s, const struct dp_pg_refusal *r)
{
	struct dp_pg_row *row =
	    dp_pg_row_at(r->part, dp_pg_find(r->part, r->row.text));

	row->refused = row->stored = false;
	s->run.to.rows++;
	s->run.to.rejected--;
}

static struct dp_pg_refusal *
refusals(struct dp_sink_pg *s, size_t *n)
{
	struct dp_buf *b = &s->run.refusals;

	*n = b->len / sizeof(struct dp_pg_refusal);
	return (struct dp_pg_refusal *)(void *)b->data;
}

void
dp_pg_pardon(struct dp_sink_pg *s, size_t from)
{
	size_t n, i;
	const struct dp_pg_refusal *all = refusals(s, &n);

	for (i = from; i < n; i++)
		pardon(s, &all[i]);
	s->run.refusals.len = from * sizeof *all;
}

size_t
dp_pg_reconsider(struct dp_sink_pg *s, size_t before)
{
	size_t n, i, kept = 0;
	struct dp_pg_refusal *all = refusals(s, &n);

	for (i = 0; i < n; i++)
		kept += strcmp(all[i].fault.sqlstate, "23503") != 0;
	if (kept == n || n - kept >= before)
		return 0;
	dp_pg_each(s, all_stored);
	for (i = kept = 0; i < n; i++) {
		if (strcmp(all[i].fault.sqlstate, "23503") != 0)
			all[kept++] = all[i];
		else
			pardon(s, &all[i]);
	}
	s->run.refusals.len = kept * sizeof *all;
	return n - kept;
}

int
dp_pg_tell(struct dp_sink_pg *s, struct dp_err *err)
{
	struct dp_buf *b = &s->run.refusals;
	size_t at;
	int rc = 0;

	for (at = 0; rc == 0 && at < b->len; at += sizeof(struct dp_pg_refusal))
		rc = tell(s, (const void *)(b->data + at), err);
	dp_buf_clear(b);
	return rc;
}

/*
 * True when a CHECK constraint that can be told beforehand has refused a row,
 * and it came so soon that others are to be expected.
 */
static bool
checks_know(struct dp_sink_pg *s, struct dp_pg_part *part, size_t gap,
    size_t rows)
{
	struct dp_pg_fault before = s->run.fault;

	if (strcmp(before.sqlstate, "23514") != 0 || gap >= rows / SOON ||
	    rows < TRY_MIN || dp_pg_checks(s, part) == -1)
		return false;
	return *part->checks != '\0';
}

/*
 * True when the search for bad rows costs more than to have the server try
 * each: beyond so many of a batch, or when it does not say which.
 */
static bool
too_many(size_t refused, size_t blind, size_t rows)
{
	return refused > FEW + rows / ONE_IN || blind > BLIND;
}

int
dp_pg_put_rows(struct dp_sink_pg *s, struct dp_pg_part *part,
    enum dp_pg_way way, size_t *lo, bool patient)
{
	struct dp_pg_fault *fault = &s->run.fault;
	const size_t n = part->out.n;
	size_t size = part->run > 0 && part->run < n ? part->run : n;
	size_t doubt = SIZE_MAX, refused = 0, blind = 0;

	while (*lo < n) {
		size_t hi = n - *lo < size ? n : *lo + size;
		int rc;

		/* Up to the row in doubt, then that row alone. */
		if (*lo == doubt)
			hi = *lo + 1;
		else if (doubt > *lo && doubt < hi)
			hi = doubt;
		rc = attempt(s, part, way, *lo, hi, fault);
		if (rc == -1)
			return -1;
		if (rc == 0) {
			*lo = hi;
			size = size < n / 2 ? size * 2 : n;
			continue;
		}
		if (hi - *lo == 1) {
			if (dp_pg_refuse(s, part, *lo) == -1)
				return -1;
			++*lo;
			refused++;
			if (size < TRY_MIN)
				size = TRY_MIN;
			continue;
		}
		doubt = suspect(part, *lo, hi, fault->line);
		if (doubt == hi) {
			size = (hi - *lo) / 2;
			blind++;
		} else {
			size = (doubt - *lo) * 2 + 1;
		}
		if (!patient &&
		    (too_many(refused, blind, *lo) ||
			checks_know(s, part, doubt - *lo, n - *lo)))
			return 1;
	}
	part->run = size;
	return 0;
}

static int
put_part(struct dp_sink_pg *s, struct dp_pg_part *part)
{
	size_t lo = 0;
	int rc = dp_pg_put_rows(s, part, DP_PG_DIRECT, &lo, s->no_stage);

	if (rc == 1)
		rc = dp_pg_isolate(s, &part, 1, lo);
	if (rc == 1)
		rc = dp_pg_put_rows(s, part, DP_PG_DIRECT, &lo, true);
	return rc;
}

/* 1: a row was refused because another one is there, maybe of this batch. */
static int
put_each(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n,
    size_t before)
{
	const struct dp_pg_refusal *all;
	size_t i, end;

	for (i = 0; i < n; i++)
		if (dp_pg_left(parts[i]) > 0 && put_part(s, parts[i]) == -1)
			return -1;
	all = refusals(s, &end);
	for (i = before; i < end; i++)
		if (strcmp(all[i].fault.sqlstate, "23505") == 0 ||
		    strcmp(all[i].fault.sqlstate, "23P01") == 0)
			return 1;
	return 0;
}

int
dp_pg_put(struct dp_sink_pg *s, struct dp_pg_part *const *parts, size_t n)
{
	static const char release[] = "RELEASE SAVEPOINT dp_table";
	struct dp_pg_fault *f = &s->run.fault;
	size_t before;
	int rc;

	if (n == 1)
		return put_part(s, parts[0]);
	(void)refusals(s, &before);
	if (dp_pg_exec(s->conn, "SAVEPOINT dp_table", f) == -1)
		return -1;
	rc = put_each(s, parts, n, before);
	if (rc == 1 && !s->no_stage) {
		dp_pg_pardon(s, before);
		if (dp_pg_exec(s->conn, "ROLLBACK TO SAVEPOINT dp_table", f) ==
		    -1)
			return -1;
		rc = dp_pg_isolate(s, parts, n, 0);
		if (rc == 1)
			rc = put_each(s, parts, n, before);
	}
	return rc == -1 ? -1 : dp_pg_exec(s->conn, release, f);
}
