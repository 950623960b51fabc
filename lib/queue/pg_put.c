/* The producer's side: one frame is one statement, and one commit. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/stop.h"
#include "base/time.h"
#include "queue/pg.h"

#define FRAME_MAX UINT64_C(1000000000)

uint64_t
pg_checksum(const struct pg *p, const char *writer, uint64_t seq,
    uint64_t lines, const char *body, size_t len)
{
	char head[128];
	int n = snprintf(head, sizeof head, "dp1 %.40s:%ju %ju\n", writer,
	    (uintmax_t)seq, (uintmax_t)lines);

	return dp_hash64_two(head, (size_t)n, body, len, p->seed);
}

/*
 * The batch keeps its number until it is known to be stored, or not.  An odd
 * number is of a batch in doubt: no other bytes may go under it.
 */
static bool
in_doubt(const struct pg *p)
{
	return p->seq % 2 == 1;
}

size_t
pg_room(const struct dp_queue *q)
{
	const struct pg *p = (const struct pg *)q;

	return p->batch.len < p->batch_bytes ? p->batch_bytes - p->batch.len
					     : 0;
}

int
pg_put(struct dp_queue *q, const char *data, size_t len, uint64_t lines,
    struct dp_err *err)
{
	struct pg *p = (struct pg *)q;

	if (in_doubt(p))
		return dp_err_set(err, DP_UNAVAILABLE,
		    "%s: it is not known whether the last batch is stored",
		    q->name);
	if (len > FRAME_MAX - p->batch.len)
		return dp_err_set(err, DP_DATA,
		    "%s: a field of PostgreSQL holds no line of %zu bytes",
		    q->name, len);
	if (dp_buf_add(&p->batch, data, len) == -1)
		return dp_err_nomem(err);
	p->lines += lines;
	return 0;
}

static int
send_frame(struct pg *p, struct dp_err *err)
{
	const struct dp_buf *b = &p->batch;
	struct pg_args a = { 0 };
	PGresult *r;

	pg_arg(&a, p->queue);
	pg_arg(&a, p->writer);
	pg_arg_number(&a, p->seq);
	pg_arg(&a, p->lane);
	pg_arg_number(&a, p->roll);
	pg_arg_number(&a, p->max_bytes);
	pg_arg_number(&a, p->lines);
	pg_arg_number(&a,
	    pg_checksum(p, p->writer, p->seq, p->lines, b->data, b->len));
	pg_arg_bytes(&a, b->data, b->len);
	r = pg_query(p, p->c,
	    "select dp_queue.put($1, $2, $3, $4, $5, $6, $7, $8, $9)", &a,
	    false, err);
	if (r == NULL)
		return -1;
	if (PQgetvalue(r, 0, 0)[0] != '-')
		(void)snprintf(p->lane, sizeof p->lane, "%s",
		    PQgetvalue(r, 0, 0));
	PQclear(r);
	return 0;
}

void
pg_drop(struct dp_queue *q)
{
	struct pg *p = (struct pg *)q;

	if (in_doubt(p))
		p->seq++;
	dp_buf_clear(&p->batch);
	p->lines = 0;
}

/* Until there is an answer, or PG_RETRY_MS have passed. */
static int
send_until_answered(struct pg *p, struct dp_err *err)
{
	uint64_t until = dp_time_now_ms() + PG_RETRY_MS;

	for (;;) {
		if (pg_is_lost(p->c)) {
			pg_finish(&p->c);
			p->c = pg_connect(p, err);
			if (p->c == NULL)
				return -1;
		}
		if (send_frame(p, err) == 0)
			return 0;
		if (err->status != DP_UNAVAILABLE || dp_stop_signal() != 0 ||
		    dp_time_now_ms() >= until)
			return -1;
		/* The server may have said no more than that it leaves. */
		pg_finish(&p->c);
	}
}

int
pg_sync(struct dp_queue *q, struct dp_err *err)
{
	struct pg *p = (struct pg *)q;

	if (p->lines == 0)
		return 0;
	if (!in_doubt(p))
		p->seq++;
	if (send_until_answered(p, err) == -1) {
		/* The server's no is a no: nothing is stored. */
		if (err->status != DP_UNAVAILABLE)
			p->seq++;
		return -1;
	}
	pg_drop(q);
	return 0;
}

/* A commit that changes nothing, but is one. */
int
pg_check(struct dp_queue *q, struct dp_err *err)
{
	struct pg *p = (struct pg *)q;
	struct pg_args a = { 0 };

	pg_arg(&a, p->queue);
	return pg_run(p, p->c,
		   "update dp_queue.queue set waiting = waiting "
		   "where queue = $1",
		   &a, err) == -1
	    ? -1
	    : 0;
}
