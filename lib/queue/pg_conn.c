/* Connections to PostgreSQL: statements, and what their faults mean. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/stop.h"
#include "base/time.h"
#include "queue/pg.h"

#define NAP_MS 100
#define NAP_MAX_MS 2000
#define ANSWERS 3

void
pg_arg(struct pg_args *a, const char *text)
{
	a->values[a->n] = text;
	a->lengths[a->n] = 0;
	a->formats[a->n] = 0;
	a->n++;
}

void
pg_arg_number(struct pg_args *a, uint64_t n)
{
	char *text = a->numbers[a->n];

	/* bigint: checksums use all of its bits. */
	(void)snprintf(text, sizeof a->numbers[0], "%jd", (intmax_t)n);
	pg_arg(a, text);
}

void
pg_arg_bytes(struct pg_args *a, const char *data, size_t len)
{
	a->values[a->n] = data;
	a->lengths[a->n] = (int)len;
	a->formats[a->n] = 1;
	a->n++;
}

static void
ignore_notice(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

bool
pg_is_lost(PGconn *c)
{
	return c == NULL || PQstatus(c) != CONNECTION_OK;
}

/* libpq's messages have several lines, and end with a newline. */
static void
first_line(const char *text, char *line, size_t size)
{
	(void)snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
}

static enum dp_status
status_of(const char *state)
{
	static const struct {
		const char *prefix;
		enum dp_status status;
	} table[] = {
		{ "DP075", DP_TRYAGAIN },
		{ "DP066", DP_NOINPUT },
		{ "08", DP_UNAVAILABLE },
		{ "57P", DP_UNAVAILABLE },
		{ "53", DP_TRYAGAIN },
		{ "40", DP_TRYAGAIN },
		{ "55P03", DP_TRYAGAIN },
		{ "57014", DP_TRYAGAIN },
		{ "42501", DP_NOPERM },
		{ "28", DP_NOPERM },
		{ "25006", DP_CONFIG },
		{ "3F000", DP_CONFIG },
		{ "42P01", DP_CONFIG },
		{ "42883", DP_CONFIG },
	};

	size_t i;

	for (i = 0; state != NULL && i < sizeof table / sizeof table[0]; i++)
		if (strncmp(state, table[i].prefix, strlen(table[i].prefix)) ==
		    0)
			return table[i].status;
	return DP_FAILED;
}

int
pg_fail(const struct pg *p, PGconn *c, const PGresult *r, struct dp_err *err)
{
	const char *state =
	    r == NULL ? NULL : PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *text =
	    r == NULL ? NULL : PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	/* libpq's own fault: a write that failed leaves the state as it was. */
	bool lost = pg_is_lost(c) || (r != NULL && state == NULL);
	char line[512];

	first_line(text != NULL ? text : PQerrorMessage(c), line, sizeof line);
	return dp_err_set(err, lost ? DP_UNAVAILABLE : status_of(state),
	    "%s: %s", p->base.name, line);
}

PGresult *
pg_query(const struct pg *p, PGconn *c, const char *sql,
    const struct pg_args *a, bool binary, struct dp_err *err)
{
	static const struct pg_args none = { 0 };
	ExecStatusType s;
	PGresult *r;

	if (a == NULL)
		a = &none;
	r = PQexecParams(c, sql, a->n, NULL, a->values, a->lengths, a->formats,
	    binary);
	s = PQresultStatus(r);
	if ((s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK) && !pg_is_lost(c))
		return r;
	(void)pg_fail(p, c, r, err);
	PQclear(r);
	return NULL;
}

int
pg_run(const struct pg *p, PGconn *c, const char *sql, const struct pg_args *a,
    struct dp_err *err)
{
	PGresult *r = pg_query(p, c, sql, a, false, err);
	int n;

	if (r == NULL)
		return -1;
	n = PQntuples(r);
	/* "UPDATE 3"; an INSERT has an oid before the number. */
	if (*PQcmdTuples(r) >= '1' && *PQcmdTuples(r) <= '9' && n == 0)
		n = 1;
	PQclear(r);
	return n;
}

uint64_t
pg_number(const PGresult *r, int row, int column)
{
	const char *p = PQgetvalue(r, row, column);
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9' && n < UINT64_MAX / 10 - 1; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	return n;
}

/*
 * What is acknowledged must last, a lease may take long, and no setting of
 * the user may turn one statement into another.
 */
static int
settings(const struct pg *p, PGconn *c, struct dp_err *err)
{
	static const char sql[] =
	    "set search_path = pg_catalog;"
	    "set idle_in_transaction_session_timeout = 0;"
	    "set statement_timeout = 0;"
	    "set lock_timeout = '30s';"
	    "set default_transaction_isolation = 'read committed';"
	    "set default_transaction_deferrable = off;"
	    "set client_encoding = 'UTF8';"
	    "select set_config('synchronous_commit', 'on', false)"
	    " where current_setting('synchronous_commit') = 'off'";
	PGresult *r = PQexec(c, sql);
	int rc =
	    PQresultStatus(r) == PGRES_TUPLES_OK ? 0 : pg_fail(p, c, r, err);

	PQclear(r);
	return rc;
}

static PGconn *
try_connect(const struct pg *p, const char *const *keys,
    const char *const *values, struct dp_err *err)
{
	PGconn *c = PQconnectdbParams(keys, values, 1);

	if (c == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	(void)PQsetNoticeReceiver(c, ignore_notice, NULL);
	if (PQstatus(c) != CONNECTION_OK)
		(void)pg_fail(p, c, NULL, err);
	else if (settings(p, c, err) == 0)
		return c;
	PQfinish(c);
	return NULL;
}

PGconn *
pg_connect(const struct pg *p, struct dp_err *err)
{
	const char *const keys[] = { "connect_timeout",
		"fallback_application_name", "dbname", NULL };
	const char *const values[] = { "10", "data-pipe", p->conninfo, NULL };
	uint64_t until = dp_time_now_ms() + PG_RETRY_MS, nap = NAP_MS;
	int answers = 0;

	for (;;) {
		PGconn *c = try_connect(p, keys, values, err);
		PGPing state;

		if (c != NULL)
			return c;
		state = PQpingParams(keys, values, 1);
		/*
		 * It answers: waiting will not help, unless it did not yet a
		 * moment ago.
		 */
		if (state == PQPING_NO_ATTEMPT ||
		    (state == PQPING_OK && ++answers == ANSWERS) ||
		    dp_time_now_ms() >= until || dp_stop_signal() != 0)
			break;
		dp_time_sleep_ms(nap);
		nap = nap * 2 > NAP_MAX_MS ? NAP_MAX_MS : nap * 2;
	}
	return NULL;
}

void
pg_finish(PGconn **c)
{
	if (*c != NULL)
		PQfinish(*c);
	*c = NULL;
}

void
pg_abandon(PGconn **c)
{
	int fd = *c == NULL ? -1 : PQsocket(*c);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* libpq's farewell, which would end the session, goes nowhere. */
	if (fd != -1 && null != -1)
		(void)dup3(null, fd, O_CLOEXEC);
	if (null != -1)
		(void)close(null);
	pg_finish(c);
}
