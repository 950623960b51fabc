/*
 * peer: SQLite as a queue, for comparison: the usual table, WAL with
 * synchronous=FULL, 10,000 lines a transaction.
 *
 *     peer in DB <lines       peer out DB >lines
 *
 * And rows into the tables of the examples, by statements that are prepared,
 * in one transaction: as fast as anybody can.
 *
 *     peer rows DB COUNT
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

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st;

	must(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	return st;
}

/* The shares of gen-events: 5 purchases, 3 installs, 2 crashes. */
static void
rows(sqlite3 *db, long count)
{
	static const char sku[] = "com.example.app.pack-123";
	static const char message[] =
	    "java.lang.NullPointerException\n\tat App.run(App.java:123)";
	sqlite3_stmt *st[] = {
		prepare(db,
		    "INSERT INTO purchase(user_id, timestamp, sku) "
		    "VALUES (?, ?, ?)"),
		prepare(db,
		    "INSERT INTO install(user_id, timestamp) VALUES (?, ?)"),
		prepare(db,
		    "INSERT INTO crash_report(user_id, timestamp, message) "
		    "VALUES (?, ?, ?)"),
	};
	long i;

	run(db, "BEGIN IMMEDIATE");
	for (i = 0; i < count; i++) {
		const int k = i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : 2;

		(void)sqlite3_bind_int64(st[k], 1, 100000 + i * 7919 % 900000);
		(void)sqlite3_bind_int64(st[k], 2, 1795492800 + i);
		if (k == 0)
			(void)sqlite3_bind_text(st[k], 3, sku, sizeof sku - 1,
			    SQLITE_STATIC);
		else if (k == 2)
			(void)sqlite3_bind_text(st[k], 3, message,
			    sizeof message - 1, SQLITE_STATIC);
		must(db, sqlite3_step(st[k]), SQLITE_DONE);
		must(db, sqlite3_reset(st[k]), SQLITE_OK);
	}
	run(db, "COMMIT");
	for (i = 0; i < 3; i++)
		(void)sqlite3_finalize(st[i]);
}

int
main(int argc, char **argv)
{
	sqlite3 *db;

	if (argc < 3 || argc > 4)
		return 64;
	must(NULL, sqlite3_open(argv[2], &db), SQLITE_OK);
	if (argc == 4) {
		rows(db, atol(argv[3]));
		return sqlite3_close(db) == SQLITE_OK ? 0 : 74;
	}
	run(db,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "CREATE TABLE IF NOT EXISTS q(id INTEGER PRIMARY KEY, body TEXT)");
	if (strcmp(argv[1], "in") == 0)
		put(db);
	else
		take(db);
	return sqlite3_close(db) == SQLITE_OK ? 0 : 74;
}
