/*
 * pg_lib: libpq, loaded when a queue in PostgreSQL is opened.
 *
 * Linked, it would bring thirty libraries and five megabytes into every
 * dp-enqueue and dp-drain.  The names below are those of libpq, with its
 * types, looked up by the dynamic linker at each call: next to a round trip
 * that is nothing.
 */
#ifndef DP_QUEUE_PG_LIB_H
#define DP_QUEUE_PG_LIB_H

#include <libpq-fe.h>

struct dp_err;

typedef void pg_function(void);

/* Before anything else here.  DP_CONFIG: it is not installed. */
int pg_lib_load(struct dp_err *err);
pg_function *pg_lib_find(const char *name);

#define PG_LIB(name) (*(__typeof__(&(name)))pg_lib_find(#name))

#define PQclear PG_LIB(PQclear)
#define PQcmdTuples PG_LIB(PQcmdTuples)
#define PQconnectdbParams PG_LIB(PQconnectdbParams)
#define PQconninfoFree PG_LIB(PQconninfoFree)
#define PQconninfoParse PG_LIB(PQconninfoParse)
#define PQconsumeInput PG_LIB(PQconsumeInput)
#define PQerrorMessage PG_LIB(PQerrorMessage)
#define PQexec PG_LIB(PQexec)
#define PQexecParams PG_LIB(PQexecParams)
#define PQfinish PG_LIB(PQfinish)
#define PQfreemem PG_LIB(PQfreemem)
#define PQgetResult PG_LIB(PQgetResult)
#define PQgetlength PG_LIB(PQgetlength)
#define PQgetvalue PG_LIB(PQgetvalue)
#define PQnotifies PG_LIB(PQnotifies)
#define PQntuples PG_LIB(PQntuples)
#define PQpingParams PG_LIB(PQpingParams)
#define PQputCopyData PG_LIB(PQputCopyData)
#define PQputCopyEnd PG_LIB(PQputCopyEnd)
#define PQresultErrorField PG_LIB(PQresultErrorField)
#define PQresultStatus PG_LIB(PQresultStatus)
#define PQsetNoticeReceiver PG_LIB(PQsetNoticeReceiver)
#define PQsocket PG_LIB(PQsocket)
#define PQstatus PG_LIB(PQstatus)

#endif
