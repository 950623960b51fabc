"""Loaders of others, for tests/bench/run: the section "load-peers".

The same events into PostgreSQL by psql, jq, mlr, pgloader and by INSERT ...
SELECT from a table of jsonb; then rows of twenty columns, of jsonb and of long
text, each against \\copy of premade binary.  What the server's processes need
for a row is measured, too.  And SQLite, against an INSERT that is prepared
and bound to numbers that need no parsing.
"""
import json
import os
import random
import shutil
import time

WIDE = ("a bigint, b bigint, c bigint, d integer, e integer, f smallint, "
        "g double precision, h double precision, i numeric(12,2), "
        "j boolean, k boolean, l text, m text, n text, o varchar(40), "
        "p timestamptz, q timestamptz, r date, s uuid, t inet")


def wide(r, i):
    return {
        "a": i, "b": r.getrandbits(62), "c": -i, "d": i % 100000, "e": -i,
        "f": i % 30000, "g": r.random(), "h": r.random() * 1e9,
        "i": r.randrange(10 ** 11) / 100, "j": i % 2 == 0, "k": None,
        "l": "item %d" % i, "m": "caf\u00e9 %d" % (i % 97), "n": "a\tb\n\"c\"",
        "o": "v%036d" % i, "p": "2026-11-%02dT%02d:00:00Z" % (
            i % 28 + 1, i % 24), "q": "2026-01-02T03:04:05.678+02:00",
        "r": "2026-11-%02d" % (i % 28 + 1),
        "s": "%08x-1111-4222-8333-%012x" % (r.getrandbits(32), i),
        "t": "10.%d.%d.%d" % (i % 256, i // 256 % 256, i // 65536 % 256)}


def document(r, i):
    return {"id": i, "doc": {
        "user": {"id": i, "name": "n%d" % i, "tags": ["a", "b", str(i % 9)]},
        "items": [{"sku": "com.example.pack-%d" % r.randrange(999),
                   "price": r.randrange(9999) / 100} for _ in range(4)]}}


def text(r, i):
    return {"id": i, "body": "".join(
        "line %d says \"%d\"\n" % (k, r.getrandbits(30)) for k in range(60))}


TABLES = [("wide", WIDE, wide, 5), ("docs", "id bigint, doc jsonb", document,
                                    5),
          ("texts", "id bigint, body text", text, 20)]


class Server:
    """CPU seconds of the backends that have ended."""

    def __init__(self, pg):
        with open(os.path.join(pg.data, "postmaster.pid")) as f:
            self.pid = int(f.readline())

    def seconds(self):
        with open("/proc/%d/stat" % self.pid) as f:
            parts = f.read().rsplit(")", 1)[1].split()
        return (int(parts[13]) + int(parts[14])) / os.sysconf("SC_CLK_TCK")


def server_costs(b, pg, cases):
    """Of each case once more: server CPU for a row."""
    server = Server(pg)
    print("%-46s %12s" % ("CPU of the server's processes", "us/row"))
    for c in cases:
        if c.before:
            b.sh(c.before)
        began = server.seconds()
        b.sh(c.command)
        time.sleep(0.1)     # until the server knows that they have ended
        print("%-46s %12.2f" % (c.name, (server.seconds() - began) * 1e6 /
                                (b.EVENTS // c.part)), flush=True)


def event_cases(b, pg, psql, load):
    """The events in three tables; what is slow takes a part of them."""
    empty = psql + " -c 'truncate %s, staged'" % ", ".join(b.TABLES)
    b.sh(psql + " -c 'create table staged(j jsonb)'")
    b.sh("%s -s %s --create --force '%s' events" % (
        load, b.SCHEMAS, pg.url()))
    columns = {"purchase": "user_id,timestamp,sku",
               "install": "user_id,timestamp",
               "crash_report": "user_id,timestamp,message"}
    with open("binary.sql", "w") as f, open("csv.sql", "w") as g, \
            open("jsonb.sql", "w") as h:
        h.write("\\copy staged from 'part5' (format csv, quote e'\\x01', "
                "delimiter e'\\x02')\n")
        for t in b.TABLES:
            b.sh(psql + " -c \"\\copy %s to '%s.bin' (format binary)\"" % (
                t, t))
            b.sh(psql + " -c \"\\copy %s to '%s.csv' (format csv)\"" % (t, t))
            f.write("\\copy %s from '%s.bin' (format binary)\n" % (t, t))
            g.write("\\copy %s from '%s.csv' (format csv)\n" % (t, t))
            cast = ", ".join("(j->>'%s')%s" % (
                c, "::bigint" if c in ("user_id", "timestamp") else "")
                for c in columns[t].split(","))
            h.write("insert into %s(%s) select %s from staged where "
                    "j->>'event_name' = '%s';\n" % (t, columns[t], cast, t))
    jq = " && ".join(
        "jq -r 'select(.event_name == \"%s\")|[.%s]|@csv' part | %s -c "
        "'\\copy %s(%s) from stdin (format csv)'" % (
            t, columns[t].replace(",", ",."), psql, t, columns[t])
        for t in b.TABLES)
    mlr = " && ".join(
        "mlr --ijsonl --ocsv --headerless-csv-output filter "
        "'$event_name == \"%s\"' then cut -o -f %s part | %s -c "
        "'\\copy %s(%s) from stdin (format csv)'" % (
            t, columns[t], psql, t, columns[t]) for t in b.TABLES)
    cases = [
        b.Case("limit: psql \\copy of premade binary",
               psql + " -1 -f binary.sql", before=empty, limit=True),
        b.Case("psql \\copy of premade csv", psql + " -1 -f csv.sql",
               before=empty),
        b.Case("dp-load", "%s -s %s --force '%s' events" % (
            load, b.SCHEMAS, pg.url()), before=empty, wanted=0.85),
        b.Case("jsonb, then INSERT ... SELECT", psql + " -1 -f jsonb.sql",
               part=5, before=empty),
        b.Case("jq | psql \\copy", jq, part=20, before=empty)]
    if shutil.which("mlr"):
        cases.append(b.Case("mlr | psql \\copy", mlr, part=20, before=empty))
    if shutil.which("pgloader"):
        cases.append(b.Case("pgloader, of premade csv", pgloader(
            b, pg, columns), part=5, before=empty))
    b.group("into PostgreSQL, three tables, fsync", cases)
    server_costs(b, pg, cases)


def pgloader(b, pg, columns):
    """A fifth of each table, since the limit is a csv that others made."""
    commands = []
    for t in b.TABLES:
        b.sh("head -n $(($(wc -l <%s.csv) / 5)) %s.csv >%s.5.csv" % (t, t, t))
        fields = ",".join(c for c in columns[t].split(","))
        with open("%s.load" % t, "w") as f:
            f.write("LOAD CSV FROM '%s/%s.5.csv' (%s) INTO postgresql://"
                    "postgres@unix:%s:5432/postgres?tablename=%s (%s) WITH "
                    "fields terminated by ',';\n" % (
                        os.getcwd(), t, fields, pg.folder, t, fields))
        commands.append("pgloader --quiet %s.load" % t)
    return " && ".join(commands)


def table_cases(b, pg, psql, load):
    events = b.EVENTS
    for name, columns, make, share in TABLES:
        r = random.Random(1)
        b.EVENTS = events // share
        with open(name, "w") as f:
            for i in range(b.EVENTS):
                f.write(json.dumps(make(r, i)) + "\n")
        b.sh(psql + " -c 'create table %s(%s)'" % (name, columns))
        into = "%s -t %s --force '%s' %s" % (load, name, pg.url(), name)
        b.sh(into)
        for form in ("binary", "csv"):
            b.sh(psql + " -c \"\\copy %s to '%s.%s' (format %s)\"" % (
                name, name, form, form))
        empty = psql + " -c 'truncate %s'" % name
        cases = [b.Case("%s\\copy of premade %s" % (
            "limit: psql " if form == "binary" else "psql ", form),
                        psql + " -c \"\\copy %s from '%s.%s' (format %s)\"" % (
                            name, name, form, form), before=empty,
                        limit=form == "binary") for form in ("binary", "csv")]
        cases.append(b.Case("dp-load", into, before=empty, wanted=0.85))
        b.group("%s, %d rows of %d bytes" % (
            name, b.EVENTS, os.path.getsize(name) // b.EVENTS), cases)
        server_costs(b, pg, cases)
        b.sh("rm %s*" % name)
    b.EVENTS = events


def sqlite_limit_cases(b):
    load = "%s -q -s %s --create --force sqlite:" % (
        b.program("dp-load"), b.SCHEMAS)
    b.sh("rm -f base.db; %sbase.db events" % load)
    for t in b.TABLES:
        b.sh("sqlite3 -csv base.db 'select * from %s' >%s.sq.csv" % (t, t))
        b.sh("sqlite3 base.db 'delete from %s'" % t)
    b.sh("sqlite3 base.db vacuum")
    fresh = "rm -f l.db*; cp base.db l.db"
    b.group("into SQLite, three tables", [
        b.Case("limit: prepared INSERT, values at hand",
               "%s rows l.db %d" % (b.program("tests/peer"), b.EVENTS),
               before=fresh, limit=True),
        b.Case("sqlite3 .import of premade csv", "sqlite3 l.db " + " ".join(
            "'.import --csv %s.sq.csv %s'" % (t, t) for t in b.TABLES),
               before=fresh),
        b.Case("dp-load", load + "l.db events", before=fresh, wanted=0.8),
    ])


def loader_cases(b, folder):
    pg = b.Postgres(os.path.join(folder, "pgpeers"))
    psql = "psql -X -q -v ON_ERROR_STOP=1 '%s'" % pg.url()
    load = b.program("dp-load") + " -q"
    try:
        event_cases(b, pg, psql, load)
        table_cases(b, pg, psql, load)
    finally:
        pg.stop()
    sqlite_limit_cases(b)
