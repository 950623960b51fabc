#!/usr/bin/env python3
"""Cuts the connection to PostgreSQL at every byte, and compares by content.

usage: cuts.py [STEP [FIRST]]      (BIN: the folder of the programs)

A proxy between dp-load and the server ends the first connection when so many
bytes have passed in one direction, and lets the next ones through.  dp-load
must come to its end by itself, and each event must be in its table once: a
COMMIT whose answer was lost too.  STEP bytes lie between two cuts (default
1: all of them), FIRST is the first cut.  Prints TAP, one line a direction
and a hundred cuts.
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
    """Ends its first connection after `limit` bytes in one direction."""

    def __init__(self, folder, server):
        self.server = server
        self.limit = self.direction = None
        self.passed = [0, 0]
        self.armed = False
        self.path = os.path.join(folder, ".s.PGSQL.5432")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o777)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def arm(self, direction, limit):
        self.direction, self.limit = direction, limit
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


def load(folder):
    return subprocess.run(
        [program("dp-load"), "-q", "-s", SCHEMAS, "--retry-for=30s",
         "--source=cuts", "host=%s user=postgres dbname=postgres" % folder],
        input=EVENTS, capture_output=True, timeout=60)


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


def direction(postgres, proxy, folder, n, step, first):
    """Cuts until a load passes whole.  Returns (cuts, faults)."""
    at, cuts, faults = first, 0, []
    while True:
        empty(postgres)
        proxy.arm(n, at)
        done = load(folder)
        whole = proxy.passed[n] < at
        fault = look(postgres)
        if done.returncode != 0 or fault is not None:
            faults.append("cut at byte %d: exit %d, %s; %s" % (
                at, done.returncode, fault, done.stderr.decode()[-300:]))
        if whole or len(faults) > 5:
            return cuts, faults
        cuts += 1
        at += step


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
             postgres.url()], input=b"", check=True)
        proxy = Proxy(top, os.path.join(postgres.folder, ".s.PGSQL.5432"))
        for n, name in enumerate(("to the server", "from the server")):
            cuts, faults = direction(postgres, proxy, top, n, step, first)
            bad += bool(faults)
            print("%sok %d - %d cuts of what goes %s" % (
                "not " if faults else "", n + 1, cuts, name), flush=True)
            for fault in faults:
                print("# " + fault.replace("\n", "\n# "))
        print("1..2")
    finally:
        if postgres is not None:
            postgres.kill(2)
        shutil.rmtree(top, ignore_errors=True)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
