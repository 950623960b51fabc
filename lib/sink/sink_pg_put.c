/*
 * The rows of a part by COPY, and who is to blame when the server refuses.
 *
 * A COPY fails as a whole.  What it says of the line is a hint: the rows
 * before it are sent again, and then the suspect alone, so that only a row
 * that fails by itself is refused.  Without a hint, halves are tried.  The
 * size of what is tried follows the distance between bad rows.
 */
#include <string.h>

#include "base/err.h"
#include "json/text.h"
#include "sink/copy.h"
#include "sink/sink_pg.h"

#define TRY_MIN 64

static struct dp_pg_row *
row_at(const struct dp_pg_part *part, size_t i)
{
	return (struct dp_pg_row *)(void *)part->out.rows.data + i;
}

static size_t
end_of(const struct dp_pg_part *part, size_t i)
{
	return i + 1 < part->out.n ? row_at(part, i + 1)->at
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

		if (row_at(part, i)->refused) {
			i++;
			continue;
		}
		while (i < hi && !row_at(part, i)->refused)
			i++;
		if (dp_pg_copy_data(s->conn,
			part->out.tuples.data + row_at(part, from)->at,
			end_of(part, i - 1) - row_at(part, from)->at,
			fault) == -1)
			return -1;
	}
	return 0;
}

/* One COPY in a savepoint.  1: refused, and as before; -1: fault. */
static int
attempt(struct dp_sink_pg *s, const struct dp_pg_part *part, size_t lo,
    size_t hi, struct dp_pg_fault *fault)
{
	struct dp_pg_fault worse;

	if (dp_pg_copy_begin(s->conn, part->copy, fault) == -1)
		return -1;
	if (dp_pg_copy_data(s->conn, dp_copy_head, DP_COPY_HEAD, fault) == -1 ||
	    send(s, part, lo, hi, fault) == -1 ||
	    dp_pg_copy_data(s->conn, dp_copy_tail, DP_COPY_TAIL, fault) == -1)
		return -1;
	if (dp_pg_copy_end(s->conn, part->target->table, fault) == 0)
		return dp_pg_exec(s->conn, "RELEASE SAVEPOINT dp_rows", fault);
	if (fault->class != DP_PG_ROW)
		return -1;
	if (dp_pg_exec(s->conn, "ROLLBACK TO SAVEPOINT dp_rows", &worse) ==
	    -1) {
		*fault = worse;
		return -1;
	}
	return 1;
}

/* The row that the server's line number means, or hi. */
static size_t
suspect(const struct dp_pg_part *part, size_t lo, size_t hi, uint64_t line)
{
	size_t i;

	for (i = lo; line > 0 && i < hi; i++)
		if (!row_at(part, i)->refused && --line == 0)
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
static int
refuse(struct dp_sink_pg *s, struct dp_pg_part *part, size_t i)
{
	struct dp_pg_row *row = row_at(part, i);
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

int
dp_pg_put(struct dp_sink_pg *s, struct dp_pg_part *part)
{
	struct dp_pg_fault *fault = &s->run.fault;
	size_t lo = 0, size = part->out.n, doubt = SIZE_MAX;

	while (lo < part->out.n) {
		size_t hi = part->out.n - lo < size ? part->out.n : lo + size;
		int rc;

		/* Up to the row in doubt, then that row alone. */
		if (lo == doubt)
			hi = lo + 1;
		else if (doubt > lo && doubt < hi)
			hi = doubt;
		rc = attempt(s, part, lo, hi, fault);
		if (rc == -1)
			return -1;
		if (rc == 0) {
			lo = hi;
			size = size < part->out.n / 2 ? size * 2 : part->out.n;
			continue;
		}
		if (hi - lo == 1) {
			if (refuse(s, part, lo) == -1)
				return -1;
			lo++;
			if (size < TRY_MIN)
				size = TRY_MIN;
			continue;
		}
		doubt = suspect(part, lo, hi, fault->line);
		if (doubt == hi)
			size = (hi - lo) / 2;
		else
			size = (doubt - lo) * 2 + 1;
	}
	return 0;
}
