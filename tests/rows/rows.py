#!/usr/bin/env python3
"""Random tables and rows: dp-load against an INSERT of each row by itself.

usage: rows.py DATABASE ROUNDS [SEED]    DATABASE: pg (PGHOST and others say
                                         which), or sqlite

Each round makes a table with random columns, constraints, triggers and rows
that are there, twice; writes random lines; loads them into the one, and
inserts them into the other, one at a time in the order of the input, each in
a savepoint of its own.  Then both have the same rows, the same lines are
rejected, and the counts say what happened.  A round that differs is left in
the current folder, as r.sql, r.ndjson and r.why, and the exit status is 1.

What may differ, because dp-load(1) says so, is in may_differ().
"""
import json
import os
import random
import re
import sqlite3
import subprocess
import sys

R = random.Random()
CONNINFO = "dbname=postgres options=-csearch_path=loaded"
LITE_URL = "sqlite:r.db"

# Once, in PostgreSQL.
BEFORE = """
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE SCHEMA IF NOT EXISTS kit;
DO $$ BEGIN
CREATE COLLATION kit.blind (provider = icu, locale = 'und-u-ks-level2',
    deterministic = false);
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN
CREATE DOMAIN kit.pos AS integer CHECK (VALUE > 0);
CREATE DOMAIN kit.key AS text COLLATE "C" NOT NULL CHECK (VALUE <> 'c');
CREATE TYPE kit.color AS ENUM ('red', 'green');
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TABLE IF NOT EXISTS kit.parent(p integer PRIMARY KEY);
INSERT INTO kit.parent SELECT generate_series(0, 5) ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION kit.lower_k() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.k := lower(NEW.k); RETURN NEW; END $$;
CREATE OR REPLACE FUNCTION kit.no_nines() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF NEW.a = 9 THEN RAISE EXCEPTION 'no nines'; END IF; RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION kit.try(line integer, statement text, out result text)
    LANGUAGE plpgsql AS $$
DECLARE fresh boolean;
BEGIN
	EXECUTE statement INTO fresh;
	SET CONSTRAINTS ALL IMMEDIATE;
	SET CONSTRAINTS ALL DEFERRED;
	result := line || CASE fresh WHEN true THEN ' loaded'
	    WHEN false THEN ' updated' ELSE ' ignored' END;
EXCEPTION WHEN OTHERS THEN result := line || ' ' || SQLSTATE;
END $$;
"""

KEYS = ["a", "b", "A", "B", "c", "a "]

# name: types of PostgreSQL, types of SQLite, values in JSON.
COLUMNS = {
    "a": (["integer", "bigint", "smallint", "numeric(6,2)", "numeric",
           "kit.pos", "real"],
          ["INTEGER", "REAL"], range(10)),
    "b": (["integer", "bigint", "kit.pos"], ["INTEGER"], range(4)),
    "k": (["text", "varchar(9)", "char(3)", "kit.key",
           "text COLLATE kit.blind", "text COLLATE \"C\""],
          ["TEXT", "TEXT COLLATE NOCASE"], KEYS),
    "e": (["kit.color", "text"], ["TEXT"], ["red", "green"]),
    "t": (["timestamptz", "timestamp"], ["TEXT"],
          ["2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00",
           "2024-01-02T00:00:00.5Z"]),
    "v": (["integer", "bigint"], ["INTEGER"], range(1000000)),
}
UNIQUE = [["a"], ["b"], ["k"], ["a", "b"], ["k", "a"], ["b", "k"],
          ["t", "k"], ["e", "a"], ["a", "k", "b"]]
CHECKS = ["a > 0", "a < 8", "a <> 3 OR b = 1", "k <> 'b'", "10 / a > 0",
          "a + b < 11", "(a > 4) = (b > 1)", "a IS NOT NULL OR b IS NOT NULL",
          "length(k) < 2", "e <> 'green' OR a < 7"]
PG_CHECKS = ["left(k, 1) <> 'B'", "t >= '2024-01-01'",
             "clock_timestamp() > '2024-01-01' AND a <> 5"]


def pick(some, most=2):
    return R.sample(some, min(len(some), R.choice([0, 0, 1, 1, most])))


class Table:
    def __init__(self, pg):
        self.pg = pg
        names = [c for c in "abket" if R.random() < .75] or ["a"]
        self.columns = names + ["v"]
        R.shuffle(self.columns)
        self.types = {c: R.choice(COLUMNS[c][0 if pg else 1])
                      for c in self.columns}
        self.defaults = {c: R.choice(self.values(c))
                         for c in self.columns if R.random() < .3}
        if self.types.get("k") == "char(3)":
            self.defaults.pop("k", None)
        self.not_null = [c for c in self.columns if R.random() < .15]
        sets = [u for u in UNIQUE if set(u) <= set(self.columns)]
        self.unique = pick(sets)
        self.primary = R.choice(sets) if sets and R.random() < .5 else None
        if self.primary in self.unique:
            self.unique.remove(self.primary)
        # In SQLite a NULL is the next number there, NOT NULL or not.
        if not pg and self.primary and len(self.primary) == 1:
            self.not_null = [c for c in self.not_null
                             if c != self.primary[0]]
            # SQLite 3.40 does not find an index that has it among others.
            self.unique = [u for u in self.unique
                           if self.primary[0] not in u]
        self.partitioned = pg and self.primary is None and not self.unique \
            and R.random() < .1
        self.later = []  # unique constraints that are deferred
        self.odd = False  # something that ON CONFLICT cannot take is there
        self.lines = []

    def values(self, c):
        """Values that the column takes, each written alike in JSON and SQL."""
        values = COLUMNS[c][2]
        return values[::2] if self.types[c] == "timestamp" else values

    def column(self, c):
        text = "%s %s" % (c, self.types[c])
        if c in self.defaults:
            text += " DEFAULT '%s'" % self.defaults[c]
        if c in self.not_null:
            text += " NOT NULL"
        return text

    def has(self, text):
        return all(w in self.columns for w in re.findall(
            r"\b[abket]\b", re.sub(r"'[^']*'|kit\.", "", text)))

    def constraints(self):
        out = []
        if self.primary:
            out.append("PRIMARY KEY (%s)" % ", ".join(self.primary))
        for u in self.unique:
            text = "UNIQUE (%s)" % ", ".join(u)
            n = R.random() if self.pg else 1
            if n < .15:
                text = text.replace("UNIQUE", "UNIQUE NULLS NOT DISTINCT")
            elif n < .3:
                text += " DEFERRABLE INITIALLY DEFERRED"
                self.later.append(u)
            out.append(text)
        checks = CHECKS + (PG_CHECKS * 2 if self.pg else [])
        for c in pick([c for c in checks if self.has(c)], 3):
            out.append("CHECK (%s)" % c)
        if "a" in self.columns and self.pg and R.random() < .2 and \
                self.types["a"] in ("integer", "bigint"):
            out.append("FOREIGN KEY (a) REFERENCES kit.parent" + R.choice(
                ["", " DEFERRABLE INITIALLY DEFERRED"]))
        if self.pg and "b" in self.columns and not self.partitioned and \
                R.random() < .08:
            out.append("EXCLUDE USING gist (b WITH =)")
            self.odd = True
        if "b" in self.columns and R.random() < .15 and not self.partitioned:
            out.append("g integer GENERATED ALWAYS AS (b * 2) STORED")
        return out

    def indexes(self):
        out = []
        if self.partitioned:
            return out
        if "k" in self.columns and R.random() < .12:
            out.append("CREATE UNIQUE INDEX ON t (lower(k))")
        if {"a", "b"} <= set(self.columns) and R.random() < .12:
            out.append("CREATE UNIQUE INDEX ON t (a) WHERE b > 1")
        if self.pg and "k" in self.columns and R.random() < .1:
            out.append("CREATE UNIQUE INDEX ON t (k COLLATE \"C\")")
        self.odd = self.odd or out != []
        return out if self.pg else [
            o.replace("ON t", "i%d ON t" % i) for i, o in enumerate(out)]

    def triggers(self):
        out = []
        if not self.pg:
            if "a" in self.columns and R.random() < .15:
                out.append("CREATE TRIGGER no BEFORE INSERT ON t "
                           "WHEN NEW.a = 9 BEGIN "
                           "SELECT RAISE(%s, 'no nines'); END"
                           % R.choice(["ABORT", "FAIL"]))
            if "a" in self.columns and R.random() < .1:
                out.append("CREATE TRIGGER late AFTER INSERT ON t "
                           "WHEN NEW.a = 8 BEGIN "
                           "SELECT RAISE(%s, 'no eights'); END"
                           % R.choice(["ABORT", "FAIL"]))
            return out
        if "k" in self.columns and R.random() < .15:
            out.append("CREATE TRIGGER l BEFORE INSERT ON t FOR EACH ROW "
                       "EXECUTE FUNCTION kit.lower_k()")
        if "a" in self.columns and R.random() < .15:
            out.append("CREATE TRIGGER n %s INSERT ON t FOR EACH ROW "
                       "EXECUTE FUNCTION kit.no_nines()"
                       % R.choice(["BEFORE", "AFTER"]))
        return out

    def sql(self):
        body = [self.column(c) for c in self.columns] + self.constraints()
        # Columns go first.
        body.sort(key=lambda s: s[0].isupper())
        text = "CREATE TABLE t(%s)" % ", ".join(body)
        out = [text]
        if self.partitioned:
            c = R.choice([c for c in self.columns if c != "v"])
            out = [text + " PARTITION BY LIST (%s)" % c]
            values = ["'%s'" % v for v in list(COLUMNS[c][2])[1:]]
            half = len(values) // 2 + 1
            for i, some in enumerate([values[:half], values[half:]]):
                if some:
                    out.append("CREATE TABLE t%d PARTITION OF t FOR VALUES "
                               "IN (%s)" % (i, ", ".join(some)))
        return out + self.indexes() + self.triggers()

    def row(self):
        row = {}
        for c in R.sample(self.columns, len(self.columns)):
            n = R.random()
            if n < self.omits.get(c, 0):
                continue
            row[c] = None if n > 1 - self.nulls.get(c, 0) \
                else R.choice(self.values(c))
        return row

    def filled(self, row):
        """What is missing is NULL where there is no default."""
        out = {c: None for c in self.columns if c not in self.defaults}
        out.update(row)
        return out

    def rows(self, n):
        rare = R.choice([0, .002, .05])
        self.omits = {c: R.choice([0, 0, rare, .3]) for c in self.columns}
        self.nulls = {c: R.choice([0, 0, rare, .2]) for c in self.columns}
        self.omits["v"] = R.choice([0, 0, .3])
        self.nulls["v"] = 0
        return [self.row() for _ in range(n)]


def literal(value):
    return "NULL" if value is None else "'%s'" % value \
        if isinstance(value, str) else str(value)


def statement(row, how, key, told):
    """The INSERT of a row; told: it answers with whether it is new."""
    text = "INSERT INTO t"
    if row:
        text += " (%s) VALUES (%s)" % (
            ", ".join(row), ", ".join(literal(v) for v in row.values()))
    else:
        text += " DEFAULT VALUES"
        if how == "update":
            how = "error"
    if how != "error":
        text += " ON CONFLICT" + (" (%s)" % ", ".join(key) if key else "")
    if how == "ignore":
        text += " DO NOTHING"
    elif how == "update":
        some = [c for c in row if c not in key] or key[:1]
        text += " DO UPDATE SET " + ", ".join(
            "%s = excluded.%s" % (c, c) for c in some)
    if told and how == "update":
        return text + " RETURNING xmax = 0"
    return text + (" RETURNING true" if told else "")


class Pg:
    url = CONNINFO

    def __init__(self):
        self.psql = subprocess.Popen(
            ["psql", "-X", "-q", "-At", "-d", "postgres"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.run(BEFORE)

    def run(self, sql):
        """What statements answer; they end where the first one fails."""
        self.psql.stdin.write(sql + ";\n\\echo that is all\n")
        self.psql.stdin.flush()
        out = []
        for line in self.psql.stdout:
            if line == "that is all\n":
                break
            out.append(line[:-1])
        if any(line.startswith("ERROR:") for line in out):
            raise ValueError("\n".join(out))
        return out

    def make(self, sql, there):
        for schema in "loaded", "wanted":
            self.run("SET client_min_messages = warning;"
                     "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s;"
                     "SET search_path = %s;%s;%s" % (
                         schema, schema, schema, ";".join(sql),
                         self.tries(there, "error", [])))

    def tries(self, rows, how, key):
        return "".join("SELECT kit.try(%d, $q$%s$q$);" % (
            i, statement(r, how, key, True)) for i, r in enumerate(rows, 1))

    def want(self, rows, how, key):
        out = self.run("BEGIN; SET LOCAL search_path = wanted;"
                       "SET LOCAL client_min_messages = warning;"
                       + self.tries(rows, how, key) + "COMMIT")
        return dict(line.split() for line in out)

    def content(self, schema):
        return self.run("SELECT t FROM %s.t ORDER BY t::text COLLATE \"C\""
                        % schema)


class Lite:
    url = LITE_URL

    def __init__(self):
        self.all = {}

    def make(self, sql, there):
        for name in "loaded", "wanted":
            path = "r.db" if name == "loaded" else "w.db"
            if name in self.all:
                self.all[name].close()
            if os.path.exists(path):
                os.remove(path)
            db = sqlite3.connect(path, isolation_level=None)
            self.all[name] = db
            for s in ["PRAGMA synchronous=OFF", "PRAGMA foreign_keys=ON",
                      *sql]:
                try:
                    db.execute(s)
                except sqlite3.Error as e:
                    raise ValueError(str(e))
            self.tries(db, there, "error", [])

    @staticmethod
    def try_one(db, row, how, key):
        """An update is an insert that does nothing first: to be told."""
        for now in ["ignore", how] if how == "update" else [how]:
            before = db.total_changes
            db.execute(statement(row, now, key, False))
            if db.total_changes > before:
                return "loaded" if now != "update" else "updated"
        return "ignored"

    def tries(self, db, rows, how, key):
        said = {}
        db.execute("BEGIN")
        for i, r in enumerate(rows, 1):
            db.execute("SAVEPOINT one")
            try:
                said[str(i)] = self.try_one(db, r, how, key)
            except sqlite3.Error as e:
                said[str(i)] = str(e)
                db.execute("ROLLBACK TO one")
            db.execute("RELEASE one")
        db.execute("COMMIT")
        return said

    def want(self, rows, how, key):
        return self.tries(self.all["wanted"], rows, how, key)

    def content(self, name):
        return sorted(map(repr, self.all[name].execute("SELECT * FROM t")))


def load(url, how, key, batch):
    if os.path.exists("r.rejects"):
        os.remove("r.rejects")
    args = [os.path.join(os.environ["BIN"], "dp-load"), "-v", "-t", "t",
            "--on-conflict=" + how, "--ledger=none", "-r", "r.rejects",
            "--batch-records=%d" % batch, "--retry-for=0"]
    if key:
        args.append("--key=" + ",".join(key))
    p = subprocess.run(args + [url, "r.ndjson"], capture_output=True,
                       text=True)
    lines = {}
    if os.path.exists("r.rejects"):
        with open("r.rejects") as f:
            for r in map(json.loads, f):
                if str(r["line"]) in lines:
                    raise AssertionError("line %d twice" % r["line"])
                lines[str(r["line"])] = r.get("sqlstate", r["code"])
    counts = {w: int(n) for n, w in re.findall(
        r"(\d+) (\w+)", p.stderr.strip().split("\n")[-1])}
    return p.returncode, p.stderr, lines, counts


def may_differ(how, key, rows, said, told, batch):
    """Lines that the one rejects and the other does not, and may not.

    A row whose key is there need not be looked at any further when it is
    ignored; nor one that is updated, if one behind it in its batch replaces
    it in all columns.  That neither is stored shows in the table.
    """
    out = []
    for line in said:
        rejects = said[line] not in ("loaded", "updated", "ignored")
        if rejects == (line in told):
            continue
        i = int(line) - 1
        rest = rows[i + 1:(i // batch + 1) * batch]
        if rejects and (how == "ignore" or how == "update" and any(
                set(r) == set(rows[i]) for r in rest)):
            continue
        out.append(line)
    return out


def compare(db, how, key, rows, said, batch):
    """What differs, as a text; empty when nothing does."""
    status, err, told, counts = load(db.url, how, key, batch)
    if status not in (0, 1) or "read" not in counts:
        return "exit %d: %s" % (status, err)
    lines = may_differ(how, key, rows, said, told, batch)
    why = ["line %s: want %s, have %s" % (i, said[i], told.get(i, "taken"))
           for i in lines]
    have, want = db.content("loaded"), db.content("wanted")
    if have != want:
        why += ["- " + r for r in want if r not in have]
        why += ["+ " + r for r in have if r not in want]
        why.append("%d rows wanted, %d there" % (len(want), len(have)))
    words = list(said.values())
    for w in "loaded", "updated", "ignored":
        if not why and counts.get(w, 0) != words.count(w) and \
                len(told) == len(said) - sum(
                    map(words.count, ("loaded", "updated", "ignored"))):
            why.append("%s: want %d, have %d" % (
                w, words.count(w), counts.get(w, 0)))
    if counts["read"] != sum(counts.get(w, 0) for w in (
            "loaded", "updated", "ignored", "rejected")):
        why.append("counts do not add up: %s" % counts)
    return "\n".join(why)


def one(db, pg):
    """A round: what differs, or None when the table cannot be."""
    t = Table(pg)
    how = R.choice(["error", "ignore", "ignore", "update", "update"])
    sql = t.sql()
    there = t.rows(R.choice([0, 0, 3, 20]))
    rows = t.rows(R.choice([5, 30, 30, 200, 800]))
    batch = R.choice([1, 7, 50, 1000])
    keys = [u for u in t.unique if u not in t.later]
    if t.primary:
        keys += [t.primary, []]
    if how == "ignore" and not t.later and not t.odd:
        keys.append([])
    if how != "error" and not keys:
        return None
    key = R.choice(keys) if how != "error" else []
    if how == "ignore" and not key and t.later:
        return None
    with open("r.sql", "w") as f:
        f.write(";\n".join(sql) + ";\n" + "".join(
            statement(r, "error", [], False) + ";\n" for r in there))
    with open("r.ndjson", "w") as f:
        f.write("".join(json.dumps(r) + "\n" for r in rows))
    try:
        db.make(sql, there)
    except ValueError:
        return None
    names = key or (t.primary if how == "update" else [])
    full = [t.filled(r) for r in rows]
    said = db.want(full, how, names)
    why = compare(db, how, key, full, said, batch)
    with open("r.why", "w") as f:
        f.write("--on-conflict=%s --key=%s --batch-records=%d\n%s\n" % (
            how, ",".join(key), batch, why))
    return why


def main():
    pg = sys.argv[1] == "pg"
    rounds = int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    db = Pg() if pg else Lite()
    done = 0
    while done < rounds:
        R.seed(seed)
        why = one(db, pg)
        if why:
            with open("r.why") as f:
                sys.exit("seed %d: %s" % (seed, f.read()))
        done += why is not None
        seed += 1
    print("%d rounds" % done)


main()
