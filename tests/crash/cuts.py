#!/usr/bin/env python3
"""Cuts the connection to PostgreSQL at every byte, and compares by content.

usage: cuts.py [STEP [FIRST]]      (BIN: the folder of the programs)

A proxy between dp-load and the server ends the first connection when so many
bytes have passed in one direction, and lets the next ones through.  dp-load
must come to its end by itself, and each event must be in its table once: a
COMMIT whose answer was lost too.  STEP bytes lie between two cuts (default
1: all of them), FIRST is the first cut.  All of it once for rows as they are,
and once with --on-conflict for lines that are there twice: then the counts of
the summary must be right, too.  At last the cut is before a COMMIT reaches
the server, and before its answer is back.  Prints TAP.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kills import Postgres, SCHEMAS, program  # noqa: E402

EVENTS = b"".join(
    b'{"event_name":"%s","user_id":%d,"timestamp":1400000000%s}\n' % (
        kind, n, extra)
    for n, (kind, extra) in enumerate(
        [(b"purchase", b',"sku":"a"'), (b"install", b""),
         (b"crash_report", b',"message":"\\u00e9\\t\\"x\\""')] * 7))
COUNT = EVENTS.count(b"\n")


class Proxy:
    """Ends its first connection after `limit` bytes in one direction, or at
    the COMMIT: before it reaches the server, or before its answer is back."""

    def __init__(self, folder, server):
        self.server = server
        self.limit = self.direction = self.commit = None
        self.deaf = False
        self.passed = [0, 0]
        self.armed = False
        self.path = os.path.join(folder, ".s.PGSQL.5432")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o777)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def arm(self, direction, limit, commit=None):
        self.direction, self.limit, self.commit = direction, limit, commit
        self.deaf = False
        self.passed = [0, 0]
        self.armed = True

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.server)
            cut, self.armed = self.armed, False
            for n, pair in enumerate(((client, server), (server, client))):
                threading.Thread(target=self.pump, daemon=True,
                                 args=(n, cut) + pair).start()

    def pump(self, n, cut, source, sink):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                if cut and n == 0 and data.endswith(b"COMMIT\0"):
                    if self.commit == "lost":
                        break
                    self.deaf = self.commit == "done"
                if cut and n == 1 and self.deaf:
                    break
                if cut and n == self.direction:
                    data = data[:self.limit - self.passed[n]]
                    self.passed[n] += len(data)
                    sink.sendall(data)
                    if self.passed[n] >= self.limit:
                        break
                else:
                    sink.sendall(data)
                    if cut:
                        self.passed[n] += len(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


CONFLICT = [[], ["--on-conflict=ignore", "--key=user_id"],
            ["--on-conflict=update", "--key=user_id"]]
COUNTS = ["%d read = %d loaded (" % (COUNT, COUNT),
          "%d read = %d loaded + %d ignored" % (COUNT * 2, COUNT, COUNT),
          "%d read = %d loaded + %d updated" % (COUNT * 2, COUNT, COUNT)]


def load(folder, how):
    return subprocess.run(
        [program("dp-load"), "-v", "-s", SCHEMAS, "--retry-for=30s",
         "--source=cuts", "host=%s user=postgres dbname=postgres" % folder] +
        CONFLICT[how],
        input=EVENTS if how == 0 else EVENTS * 2, capture_output=True,
        timeout=60)


def look(postgres):
    """What is wrong with the tables, or None."""
    rows = sorted(n for table in ("purchase", "install", "crash_report")
                  for n in postgres.rows(table))
    if rows == list(range(COUNT)):
        return None
    return "%d rows, %d of them different" % (len(rows), len(set(rows)))


def empty(postgres):
    subprocess.run(
        [os.path.join(postgres.bin, "psql"), "-X", "-q", "-h",
         postgres.folder, "-U", "postgres", "-c",
         "truncate purchase, install, crash_report, dp_load_ledger"],
        check=True)


def check(postgres, folder, how, place):
    """One load through the proxy; what is wrong with it, or None."""
    done = load(folder, how)
    fault = look(postgres)
    told = done.stderr.decode()
    if done.returncode != 0 or fault is not None or COUNTS[how] not in told:
        return "cut %s: exit %d, %s; %s" % (
            place, done.returncode, fault, told[-300:])
    return None


def direction(postgres, proxy, folder, n, how, step, first):
    """Cuts until a load passes whole.  Returns (cuts, faults)."""
    at, cuts, faults = first, 0, []
    while True:
        empty(postgres)
        proxy.arm(n, at)
        fault = check(postgres, folder, how, "at byte %d" % at)
        if fault is not None:
            faults.append(fault)
        if proxy.passed[n] < at or len(faults) > 5:
            return cuts, faults
        cuts += 1
        at += step


class Tap:
    def __init__(self):
        self.count = self.bad = 0

    def tell(self, name, faults):
        self.count += 1
        self.bad += bool(faults)
        print("%sok %d - %s" % ("not " if faults else "", self.count, name),
              flush=True)
        for fault in faults:
            print("# " + fault.replace("\n", "\n# "))


def run(postgres, proxy, folder, step, first):
    tap = Tap()
    for how in (0, 1, 2):
        name = " ".join(CONFLICT[how]) or "rows as they are"
        for commit in ("lost", "done"):
            empty(postgres)
            proxy.arm(0, 1 << 30, commit)
            fault = check(postgres, folder, how, "at COMMIT")
            tap.tell("%s: a COMMIT that is %s" % (name, commit),
                     [fault] if fault else [])
        if how == 2:
            continue
        for n, way in enumerate(("to the server", "from the server")):
            cuts, faults = direction(postgres, proxy, folder, n, how, step,
                                     first)
            tap.tell("%s: %d cuts of what goes %s" % (name, cuts, way),
                     faults)
    print("1..%d" % tap.count)
    return tap.bad


def main():
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    top = tempfile.mkdtemp(prefix="dp-cuts.")
    os.chmod(top, 0o755)
    postgres, bad = None, 0
    try:
        postgres = Postgres(os.path.join(top, "pg"))
        subprocess.run(
            [program("dp-load"), "-q", "-s", SCHEMAS, "--create",
             "--key=user_id", postgres.url()], input=b"", check=True)
        proxy = Proxy(top, os.path.join(postgres.folder, ".s.PGSQL.5432"))
        bad = run(postgres, proxy, top, step, first)
    finally:
        if postgres is not None:
            postgres.kill(2)
        shutil.rmtree(top, ignore_errors=True)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
