#include "sink/sink_pg_conn.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY_PIECE 262144

static const struct {
	const char *state; /* the beginning of a SQLSTATE */
	enum dp_pg_class class;
	enum dp_status status;
} classes[] = {
	{ "22", DP_PG_ROW, DP_DATA },
	{ "23", DP_PG_ROW, DP_DATA },
	{ "21", DP_PG_ROW, DP_DATA },
	{ "P0", DP_PG_ROW, DP_DATA },
	{ "54", DP_PG_ROW, DP_DATA },
	{ "40001", DP_PG_AGAIN, DP_TRYAGAIN },
	{ "40P01", DP_PG_AGAIN, DP_TRYAGAIN },
	{ "55P03", DP_PG_AGAIN, DP_TRYAGAIN },
	{ "08", DP_PG_LOST, DP_UNAVAILABLE },
	{ "57P0", DP_PG_LOST, DP_UNAVAILABLE },
	{ "57", DP_PG_STOP, DP_TRYAGAIN },
	{ "53", DP_PG_STOP, DP_TRYAGAIN },
	{ "25006", DP_PG_STOP, DP_TRYAGAIN },
	{ "28", DP_PG_STOP, DP_NOPERM },
	{ "42501", DP_PG_STOP, DP_NOPERM },
	{ "42", DP_PG_STOP, DP_CONFIG },
	{ "3", DP_PG_STOP, DP_CONFIG },
};

static void
quiet(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static void
copy_text(char *to, size_t size, const char *text)
{
	const char *from = to;
	size_t len;

	(void)snprintf(to, size, "%s", text == NULL ? "" : text);
	for (len = strlen(to); len > 0 && to[len - 1] == '\n'; len--)
		to[len - 1] = '\0';
	for (; *from != '\0'; from++) /* libpq indents its second line */
		if (*from != '\t')
			*to++ = *from == '\n' ? ' ' : *from;
	*to = '\0';
}

static int
lost(struct pg_conn *c, struct dp_pg_fault *fault)
{
	fault->class = DP_PG_LOST;
	fault->status = DP_UNAVAILABLE;
	copy_text(fault->text, sizeof fault->text, PQerrorMessage(c));
	return -1;
}

/*
 * "COPY purchase, line 7" in whatever language: of the last line of the
 * context that names the table, the first number that is not in the name.
 */
static uint64_t
line_of(const char *context, const char *table)
{
	const size_t len = strlen(table);
	const char *at = NULL, *p;

	if (context == NULL)
		return 0;
	for (p = strstr(context, table); p != NULL && len > 0;
	     p = strstr(p + len, table))
		at = p + len;
	if (at == NULL)
		return 0;
	p = at + strcspn(at, "0123456789\n");
	if (*p == '\0' || *p == '\n') {
		for (p = at - len; p > context && p[-1] != '\n';)
			p--;
		p += strcspn(p, "0123456789");
		if (p >= at - len)
			return 0;
	}
	return strtoull(p, NULL, 10);
}

void
dp_pg_fault_of(struct dp_pg_fault *fault, const char *sqlstate,
    const char *text, const char *column)
{
	size_t i;

	memset(fault, 0, sizeof *fault);
	fault->class = DP_PG_STOP;
	fault->status = DP_FAILED;
	for (i = sizeof classes / sizeof classes[0]; i-- > 0;)
		if (strncmp(sqlstate, classes[i].state,
			strlen(classes[i].state)) == 0) {
			fault->class = classes[i].class;
			fault->status = classes[i].status;
		}
	copy_text(fault->sqlstate, sizeof fault->sqlstate, sqlstate);
	copy_text(fault->text, sizeof fault->text, text);
	copy_text(fault->column, sizeof fault->column, column);
}

static int
tell(struct pg_conn *c, const struct pg_result *r, const char *table,
    struct dp_pg_fault *fault)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);

	if (PQstatus(c) != CONNECTION_OK || state == NULL) {
		memset(fault, 0, sizeof *fault);
		return lost(c, fault);
	}
	dp_pg_fault_of(fault, state, text,
	    PQresultErrorField(r, PG_DIAG_COLUMN_NAME));
	if (detail != NULL) {
		size_t len = strlen(fault->text);

		(void)snprintf(fault->text + len, sizeof fault->text - len,
		    ": ");
		len = strlen(fault->text);
		copy_text(fault->text + len, sizeof fault->text - len, detail);
	}
	if (table != NULL)
		fault->line =
		    line_of(PQresultErrorField(r, PG_DIAG_CONTEXT), table);
	return -1;
}

struct pg_conn *
dp_pg_connect(const char *conninfo, struct dp_pg_fault *fault)
{
	/* Later ones win: what the user says over what we would. */
	const char *const names[] = { "connect_timeout",
		"fallback_application_name", "dbname", "client_encoding",
		NULL };
	const char *const values[] = { "10", "dp-load", conninfo, "UTF8",
		NULL };
	PGconn *c = PQconnectdbParams(names, values, 1);
	PGPing ping;

	memset(fault, 0, sizeof *fault);
	if (c == NULL) {
		copy_text(fault->text, sizeof fault->text, "out of memory");
		fault->class = DP_PG_STOP;
		fault->status = DP_FAILED;
		return NULL;
	}
	if (PQstatus(c) == CONNECTION_OK) {
		(void)PQsetNoticeProcessor(c, quiet, NULL);
		return c;
	}
	(void)lost(c, fault);
	ping = PQpingParams(names, values, 1);
	if (ping == PQPING_NO_ATTEMPT) {
		fault->class = DP_PG_STOP;
		fault->status = DP_CONFIG;
	} else if (ping == PQPING_OK &&
	    (PQconnectionNeedsPassword(c) || PQconnectionUsedPassword(c))) {
		fault->class = DP_PG_STOP;
		fault->status = DP_NOPERM;
	}
	PQfinish(c);
	return NULL;
}

void
dp_pg_disconnect(struct pg_conn *c)
{
	if (c != NULL)
		PQfinish(c);
}

int
dp_pg_exec(struct pg_conn *c, const char *sql, struct dp_pg_fault *fault)
{
	PGresult *r = PQexec(c, sql);
	const ExecStatusType status = PQresultStatus(r);
	int rc = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		rc = tell(c, r, NULL, fault);
	PQclear(r);
	return rc;
}

struct pg_result *
dp_pg_several(struct pg_conn *c, const char *sql, struct dp_pg_fault *fault)
{
	PGresult *r = PQexec(c, sql);

	if (PQresultStatus(r) == PGRES_TUPLES_OK ||
	    PQresultStatus(r) == PGRES_COMMAND_OK)
		return r;
	(void)tell(c, r, NULL, fault);
	PQclear(r);
	return NULL;
}

int
dp_pg_commit(struct pg_conn *c, struct dp_pg_fault *fault)
{
	PGresult *r = PQexec(c, "COMMIT");
	int rc = 0;

	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		rc = tell(c, r, NULL, fault);
	} else if (strcmp(PQcmdStatus(r), "COMMIT") != 0) {
		memset(fault, 0, sizeof *fault);
		fault->class = DP_PG_STOP;
		fault->status = DP_FAILED;
		copy_text(fault->text, sizeof fault->text,
		    "the server rolled back instead of committing");
		rc = -1;
	}
	PQclear(r);
	return rc;
}

struct pg_result *
dp_pg_query(struct pg_conn *c, const char *sql, const char *const *params,
    int n, struct dp_pg_fault *fault)
{
	PGresult *r = PQexecParams(c, sql, n, NULL, params, NULL, NULL, 0);
	const ExecStatusType status = PQresultStatus(r);

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return r;
	(void)tell(c, r, NULL, fault);
	PQclear(r);
	return NULL;
}

int
dp_pg_rows(const struct pg_result *r)
{
	return PQntuples(r);
}

uint64_t
dp_pg_changed(struct pg_result *r)
{
	return strtoull(PQcmdTuples(r), NULL, 10);
}

const char *
dp_pg_get(const struct pg_result *r, int row, int column)
{
	return PQgetvalue(r, row, column);
}

void
dp_pg_clear(struct pg_result *r)
{
	PQclear(r);
}

int
dp_pg_copy_begin(struct pg_conn *c, const char *sql, struct dp_pg_fault *fault)
{
	PGresult *r = PQexec(c, sql);
	int rc = 0;

	if (PQresultStatus(r) != PGRES_COPY_IN)
		rc = tell(c, r, NULL, fault);
	PQclear(r);
	return rc;
}

int
dp_pg_copy_data(struct pg_conn *c, const char *data, size_t len,
    struct dp_pg_fault *fault)
{
	while (len > 0) {
		const int n = len < COPY_PIECE ? (int)len : COPY_PIECE;

		if (PQputCopyData(c, data, n) != 1) {
			memset(fault, 0, sizeof *fault);
			return lost(c, fault);
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int
dp_pg_copy_end(struct pg_conn *c, const char *table, struct dp_pg_fault *fault)
{
	PGresult *r;
	int rc = 0;

	if (PQputCopyEnd(c, NULL) != 1) {
		memset(fault, 0, sizeof *fault);
		return lost(c, fault);
	}
	while ((r = PQgetResult(c)) != NULL) {
		if (rc == 0 && PQresultStatus(r) != PGRES_COMMAND_OK)
			rc = tell(c, r, table, fault);
		PQclear(r);
		/* A connection that is gone gives results for ever. */
		if (PQstatus(c) == CONNECTION_BAD && rc == -1)
			break;
	}
	return rc;
}
