"""One table in PostgreSQL, for tests/bench/run: "bad-rows", "concurrent".

Rows that are refused: one table, and lines of which some are bad: found by dp-load, by a CHECK of
the table, or there already.  What must be rejected is compared, by content.
"""
import json

TABLE = ("set client_min_messages = error; drop table if exists rows; "
         "create table rows(id bigint%s, n bigint "
         "check (n > 0), sku text)")


def make(b, name, fault, every):
    """Lines of which each every-th is bad: fault is its value of n."""
    with open(name, "w") as f:
        for i in range(1, b.EVENTS + 1):
            n = fault if every and i % every == 0 else str(i)
            f.write('{"id":%d,"n":%s,"sku":"com.example.pack-%d"}\n' % (
                i, n, i % 97))


def compare(b, name, every):
    """Exactly the bad lines are rejected: code, pointer, line, bytes."""
    with open(name) as f:
        want = {i: line.rstrip("\n") for i, line in enumerate(f, 1)
                if i % every == 0}
    got = {}
    with open(name + ".rejects") as f:
        for line in f:
            r = json.loads(line)
            if r["line"] in got or not (r["code"] and (
                    r.get("sqlstate") or r.get("pointer"))):
                raise SystemExit("bench: %s: %s" % (name, line))
            got[r["line"]] = r["raw"]
    if got != want:
        raise SystemExit("bench: %s: %d rejects, not the %d bad lines" % (
            name, len(got), len(want)))


def bad_row_cases(b, folder):
    pg = b.Postgres(folder + "/pgbad")
    psql = "psql -X -q -v ON_ERROR_STOP=1 '%s' -c " % pg.url()
    load = "%s -q --force -t rows '%s'" % (b.program("dp-load"), pg.url())
    plain = psql + "\"%s\"" % (TABLE % "")
    unique = psql + "\"%s\"" % (TABLE % " primary key")
    parts = [("client", '"x"', 1000), ("server", "-1", 1000),
             ("many", "-1", 20)]
    try:
        make(b, "clean", "", 0)
        for name, fault, every in parts:
            make(b, name, fault, every)
        b.sh("head -n %d clean >half; cat half half >twice" % (b.EVENTS // 2))

        def case(title, name, before=plain, more="", **how):
            return b.Case(title, "%s %s -r %s.rejects %s || [ $? -eq 1 ]" % (
                load, more, name, name), before=before +
                "; rm -f %s.rejects" % name, **how)

        b.group("bad rows, one table in PostgreSQL", [
            case("limit: all rows are good", "clean", limit=True),
            case("0.1 % bad, found by dp-load", "client", wanted=1 / 1.1),
            case("0.1 % bad, found by a CHECK", "server", wanted=0.5),
            case("5 % bad, found by a CHECK", "many"),
        ])
        for name, _, every in parts:
            compare(b, name, every)
        b.group("rows that are there, one table with a primary key", [
            case("limit: none is there", "clean", unique, limit=True),
            case("ignore, none is there", "clean", unique,
                 "--on-conflict=ignore"),
            case("ignore, half of the lines", "twice", unique,
                 "--on-conflict=ignore"),
            case("update, half of the lines", "twice", unique,
                 "--on-conflict=update"),
        ])
    finally:
        pg.stop()


def concurrent_cases(b, folder):
    """The same lines by one dp-load, and by four at a time: all are there,
    and none has met another in a deadlock."""
    pg = b.Postgres(folder + "/pgmany")
    psql = "psql -X -q -At -v ON_ERROR_STOP=1 '%s' -c " % pg.url()
    load = "%s -q --force -t rows" % b.program("dp-load")
    check = psql + "'select count(*), count(distinct id) from rows' " \
        "| grep -qx '%d|%d'" % (b.EVENTS, b.EVENTS)
    deadlocks = psql + "\"select deadlocks from pg_stat_database " \
        "where datname = 'postgres'\" | grep -qx 0"
    try:
        make(b, "clean", "", 0)
        b.sh("split -n l/4 -d clean clean.")

        def case(title, command, key, **how):
            return b.Case(title + key, command, before=psql + "\"%s\"" % (
                TABLE % (" primary key" if key else "")), **how)

        def group(title, more, key):
            one = "%s %s '%s' " % (load, more, pg.url())
            four = "pids=; for f in clean.0*; do %s $f & " \
                "pids=\"$pids $!\"; done; " \
                "for p in $pids; do wait $p || exit; done" % one
            b.group(title, [
                case("limit: one dp-load", one + "clean", key, limit=True),
                case("dp-load --jobs=4", one + "--jobs=4 clean.0*", key,
                     wanted=1),
                case("four dp-load", four, key, wanted=1),
            ])
            b.sh(check)

        group("at a time, one table in PostgreSQL", "", "")
        group("the same with a primary key", "--on-conflict=ignore",
              ", ignore")
        b.sh(deadlocks)
    finally:
        pg.stop()
