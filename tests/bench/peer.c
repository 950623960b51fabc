/*
 * peer: SQLite as a queue, for comparison: the usual table, WAL with
 * synchronous=FULL, 10,000 lines a transaction.
 *
 *     peer in DB <lines       peer out DB >lines
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 10000

static void
must(sqlite3 *db, int rc, int wanted)
{
	if (rc == wanted)
		return;
	(void)fprintf(stderr, "peer: %s\n", sqlite3_errmsg(db));
	exit(74);
}

static void
run(sqlite3 *db, const char *sql)
{
	must(db, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void
put(sqlite3 *db)
{
	sqlite3_stmt *st;
	char *line = NULL;
	size_t cap = 0, n = 0;
	ssize_t len;

	must(db,
	    sqlite3_prepare_v2(db, "INSERT INTO q(body) VALUES (?)", -1, &st,
		NULL),
	    SQLITE_OK);
	run(db, "BEGIN IMMEDIATE");
	while ((len = getline(&line, &cap, stdin)) > 0) {
		must(db,
		    sqlite3_bind_text(st, 1, line, (int)len - 1, SQLITE_STATIC),
		    SQLITE_OK);
		must(db, sqlite3_step(st), SQLITE_DONE);
		must(db, sqlite3_reset(st), SQLITE_OK);
		if (++n % BATCH == 0)
			run(db, "COMMIT; BEGIN IMMEDIATE");
	}
	run(db, "COMMIT");
	free(line);
	(void)sqlite3_finalize(st);
}

static void
take(sqlite3 *db)
{
	sqlite3_stmt *st, *del;
	sqlite3_int64 last;
	int rc;

	must(db,
	    sqlite3_prepare_v2(db,
		"SELECT id, body FROM q ORDER BY id LIMIT 10000", -1, &st,
		NULL),
	    SQLITE_OK);
	must(db,
	    sqlite3_prepare_v2(db, "DELETE FROM q WHERE id <= ?", -1, &del,
		NULL),
	    SQLITE_OK);
	do {
		last = 0;
		run(db, "BEGIN IMMEDIATE");
		while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
			last = sqlite3_column_int64(st, 0);
			(void)fwrite(sqlite3_column_text(st, 1), 1,
			    (size_t)sqlite3_column_bytes(st, 1), stdout);
			(void)putchar('\n');
		}
		must(db, rc, SQLITE_DONE);
		must(db, sqlite3_reset(st), SQLITE_OK);
		must(db, sqlite3_bind_int64(del, 1, last), SQLITE_OK);
		must(db, sqlite3_step(del), SQLITE_DONE);
		must(db, sqlite3_reset(del), SQLITE_OK);
		(void)fflush(stdout);
		run(db, "COMMIT");
	} while (last != 0);
	(void)sqlite3_finalize(st);
	(void)sqlite3_finalize(del);
}

int
main(int argc, char **argv)
{
	sqlite3 *db;

	if (argc != 3)
		return 64;
	must(NULL, sqlite3_open(argv[2], &db), SQLITE_OK);
	run(db,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "CREATE TABLE IF NOT EXISTS q(id INTEGER PRIMARY KEY, body TEXT)");
	if (strcmp(argv[1], "in") == 0)
		put(db);
	else
		take(db);
	return sqlite3_close(db) == SQLITE_OK ? 0 : 74;
}
