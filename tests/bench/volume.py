"""Does the cost of a record stay when there are many, or many files?"""
import os
import shutil
import subprocess
import sys
import time


def file_cases(bench):
    """The events in 10,000 files, into SQLite: new, and known."""
    shutil.rmtree("f", ignore_errors=True)
    os.mkdir("f")
    bench.sh("split -l %d -a 5 -d events f/e" % max(1, bench.EVENTS // 10000))
    load = "%s -q -s %s --create sqlite:" % (
        bench.program("dp-load"), bench.SCHEMAS)
    bench.group("%d files" % len(os.listdir("f")), [
        bench.Case("limit: cat", "cat f/* >/dev/null", limit=True),
        bench.Case("dp-load, all of them known", load + "known.db f/*",
                   before="[ -f known.db ] || %sknown.db f/*" % load,
                   wanted=0.5),
        bench.Case("dp-load, all of them new", load + "new.db f/*",
                   before="rm -f new.db*"),
        bench.Case("dp-load, new, a write-ahead log", load + "wal.db f/*",
                   before="rm -f wal.db*; "
                   "sqlite3 wal.db 'pragma journal_mode=wal' >/dev/null"),
        bench.Case("dp-load, one file of the same", load + "one.db events",
                   before="rm -f one.db*"),
    ])


def memory(pid):
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0


def flat(title, command, lines, bench):
    """Feeds so many lines to a command; the rate of each tenth of them."""
    with open("events", "rb") as f:
        text = f.read()
    blocks = max(10, lines // bench.EVENTS // 10 * 10)
    print("\n%s, %d lines of %d bytes\n%10s %12s %8s" % (
        title, blocks * bench.EVENTS, len(text) // bench.EVENTS,
        "done", "lines/s", "MB"))
    with subprocess.Popen(command, stdin=subprocess.PIPE) as proc:
        began = time.monotonic()
        for i in range(blocks):
            proc.stdin.write(text)
            if (i + 1) % (blocks // 10) == 0:
                now = time.monotonic()
                print("%9d%% %12.0f %8.1f" % (
                    (i + 1) * 100 // blocks,
                    blocks // 10 * bench.EVENTS / (now - began),
                    memory(proc.pid)), flush=True)
                began = now
        proc.stdin.close()
    if proc.returncode != 0:
        sys.exit("bench: %s failed" % command[0])
    return blocks * bench.EVENTS


def archive_cases(bench, folder):
    """LINES through dp-validate, and into both databases."""
    lines = int(os.environ.get("LINES", "10000000"))
    flat("dp-validate", ["sh", "-c", "exec %s -q -s %s >/dev/null" % (
        bench.program("dp-validate"), bench.SCHEMAS)], lines, bench)
    load = [bench.program("dp-load"), "-q", "-s", bench.SCHEMAS, "--create"]
    n = flat("dp-load into SQLite", load + ["sqlite:archive.db"], lines,
             bench)
    check(n, ["sqlite3", "archive.db"], bench)
    os.remove("archive.db")
    pg = bench.Postgres(os.path.join(folder, "pg-archive"))
    try:
        n = flat("dp-load into PostgreSQL", load + [pg.url()], lines, bench)
        check(n, ["psql", "-X", "-q", "-At", pg.url(), "-c"], bench)
    finally:
        pg.stop()
        shutil.rmtree(pg.folder)


def check(lines, client, bench):
    rows = subprocess.run(client + ["select " + " + ".join(
        "(select count(*) from %s)" % t for t in bench.TABLES)],
        stdout=subprocess.PIPE, check=True).stdout
    if int(rows) != lines:
        sys.exit("bench: %d lines, %s rows" % (lines, rows.decode()))
