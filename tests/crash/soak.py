#!/usr/bin/env python3
"""The whole chain for a long time, and a database that is restarted.

usage: soak.py SECONDS [RATE]      (BIN: the folder of the programs)

Clients post bodies of events to dp-httpd, whose chain is dp-validate and
dp-enqueue; dp-drain -f with dp-load empties the spool into PostgreSQL, which
is stopped at once every MINUTE seconds (60) and started again.  RATE is in
events a second; without it, half of what the chain did in its first ten
seconds.  At the end what was acknowledged is in the tables, each event once,
or in the dead letters, with the bytes that were sent; no process has more
descriptors or memory than after its first minute; no file is left behind.
Prints TAP, and a line a minute.
"""
import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kills import Postgres, SCHEMAS, children, name_of, program  # noqa: E402

MINUTE = float(os.environ.get("MINUTE", "60"))
BODY = 200
CLIENTS = 4
BAD = 997           # each event of this number is one that no bigint holds
TABLES = ("purchase", "install", "crash_report")
GROWTH_KB = 1024


def event(n):
    if n % BAD == 0:
        return ('{"event_name":"install","user_id":%d,"timestamp":1%020d}'
                % (n, n))
    return ('{"event_name":"purchase","user_id":%d,"timestamp":1400000000,'
            '"sku":"a-%d"}' % (n, n % 1000))


class Client(threading.Thread):
    """Posts until told to end, at its share of the rate."""

    def __init__(self, soak):
        super().__init__()
        self.soak, self.sent, self.total, self.bad = soak, 0, 0, 0
        self.unsure = self.faults = 0

    def connect(self):
        while True:
            try:
                conn = http.client.HTTPConnection("127.0.0.1",
                                                  self.soak.port, timeout=60)
                conn.connect()
                return conn
            except OSError:
                time.sleep(0.05)

    def run(self):
        conn, debt = self.connect(), time.monotonic()
        while not self.soak.ending:
            first = self.soak.take(BODY)
            body = "\n".join(event(n) for n in range(first, first + BODY))
            while not self.post(conn, body):
                # Nothing of it is stored: refused as a whole.
                time.sleep(0.05)
            self.sent += BODY
            self.total += sum(range(first, first + BODY))
            self.bad += sum(n % BAD == 0 for n in range(first, first + BODY))
            rate = self.soak.rate
            if rate is None:
                debt = time.monotonic()
                continue
            debt += BODY * CLIENTS / rate
            time.sleep(max(0, debt - time.monotonic()))
            debt = max(debt, time.monotonic() - 1)
        conn.close()

    def post(self, conn, body):
        conn.request("POST", "/v1/events", body,
                     {"Content-Type": "application/x-ndjson"})
        reply = conn.getresponse()
        said = reply.read()
        if reply.status == 503:
            return False
        if reply.status != 200:
            self.faults += 1
            print("# status %d: %s" % (reply.status, said[:200]))
        return True


class Soak:
    def __init__(self, folder, seconds, rate):
        self.folder, self.seconds, self.rate = folder, seconds, rate
        self.queue = os.path.join(folder, "q")
        self.log = open(os.path.join(folder, "log"), "ab")
        self.lock = threading.Lock()
        self.next = 0
        self.ending = False
        self.count = self.faults = 0
        self.early, self.late = {}, {}
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.pg = Postgres(os.path.join(folder, "pg"))

    def take(self, n):
        with self.lock:
            self.next += n
            return self.next - n

    def ok(self, good, name, why=""):
        self.count += 1
        self.faults += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, name),
              flush=True)
        if not good:
            print("# " + str(why)[:2000])

    def start(self):
        run = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=self.log)
        self.httpd = subprocess.Popen(
            [program("dp-httpd"), "--listen=127.0.0.1:%d" % self.port, "--",
             program("dp-validate"), "--tag", "-s", SCHEMAS, "|",
             program("dp-enqueue"), "--tag", "--max-bytes=4g", self.queue],
            **run)
        while not os.path.exists(os.path.join(self.queue, "format")):
            time.sleep(0.05)
        self.drain = subprocess.Popen(self.drain_command(["-f"]), **run)

    def drain_command(self, how):
        return [program("dp-drain"), "--workers=2"] + how + [
            self.queue, "--", program("dp-load"), "-s", SCHEMAS, "--create",
            "--retry-for=60s", self.pg.url()]

    def look(self, into):
        """The most memory that each process has had, by its name, and the
        most and the fewest descriptors: some are open for a moment."""
        for pid in [self.httpd.pid, self.drain.pid] + children(
                self.httpd.pid):
            try:
                with open("/proc/%d/status" % pid) as f:
                    kb = [int(x.split()[1]) for x in f if
                          x.startswith("VmRSS")]
                fds = len(os.listdir("/proc/%d/fd" % pid))
            except OSError:
                continue
            name = name_of(pid)
            old = into.get(name, (0, 0, fds))
            into[name] = (max(old[0], kb[0] if kb else 0),
                          max(old[1], fds), min(old[2], fds))

    def psql(self, sql):
        return subprocess.run(
            [os.path.join(self.pg.bin, "psql"), "-X", "-At", "-h",
             self.pg.folder, "-U", "postgres", "-c", sql],
            capture_output=True, check=True, text=True).stdout.strip()

    def tally(self):
        """Counts what is in the tables, and empties them: a disk is finite.
        (rows, sum of user_id), or a fault when a row is there twice."""
        rows = total = 0
        for table in TABLES:
            if self.psql("select to_regclass('%s') is null" % table) == "t":
                continue
            n, different, s = self.psql(
                "begin; lock table %s; create temp table x on commit drop as "
                "select user_id from %s; truncate %s; select count(*), "
                "count(distinct user_id), coalesce(sum(user_id), 0) from x; "
                "commit" % (table, table, table)).split("\n")[-2].split("|")
            if n != different:
                self.ok(False, "an event is in %s twice" % table)
            rows += int(n)
            total += int(s)
        return rows, total

    def first_seconds(self, clients):
        """Half of what went in at full speed, if nobody said a rate."""
        time.sleep(min(10, self.seconds / 4))
        if self.rate is None:
            self.rate = sum(c.sent for c in clients) / min(
                10, self.seconds / 4) / 2
        print("# %.0f events/s" % self.rate, flush=True)

    def minutes(self, rows, total):
        until = time.monotonic() + self.seconds
        minute = 0
        while time.monotonic() < until:
            end = min(until, time.monotonic() + MINUTE)
            self.late = {}
            while time.monotonic() < end:
                time.sleep(min(1, max(0.05, end - time.monotonic())))
                self.look(self.early if minute < 1 else self.late)
            self.pg.kill([signal.SIGINT, signal.SIGQUIT, signal.SIGKILL][
                minute % 3])
            time.sleep(1)
            self.pg.start()
            n, s = self.tally()
            rows, total, minute = rows + n, total + s, minute + 1
            print("# minute %d: %d rows more; %s" % (minute, n, ", ".join(
                "%s %.1f MB %d fds" % (k, v[0] / 1024, v[1])
                for k, v in sorted((self.late or self.early).items()))),
                flush=True)
        return rows, total

    def run(self):
        self.start()
        clients = [Client(self) for _ in range(CLIENTS)]
        for c in clients:
            c.start()
        self.first_seconds(clients)
        rows, total = self.minutes(0, 0)
        self.ending = True
        for c in clients:
            c.join()
        ends = []
        for p in (self.httpd, self.drain):
            p.terminate()
            ends.append(p.wait())
        self.ok(all(e in (0, -signal.SIGTERM) for e in ends),
                "all end by SIGTERM", ends)
        last = subprocess.run(self.drain_command([]), stderr=self.log,
                              stdin=subprocess.DEVNULL)
        self.ok(last.returncode == 0, "the queue is emptied",
                last.returncode)
        n, s = self.tally()
        self.compare(clients, rows + n, total + s)
        self.compare_processes()
        self.left_behind()

    def compare(self, clients, rows, total):
        sent = sum(c.sent for c in clients)
        bad = sum(c.bad for c in clients)
        self.ok(not any(c.faults for c in clients), "every body was taken")
        dead = []
        for path in glob.glob(self.queue + "/dead/*/*"):
            with open(path) as f:
                dead += [json.loads(x)["raw"] for x in f]
        numbers = [json.loads(d)["user_id"] for d in dead]
        self.ok(len(dead) == bad == len(set(numbers)) and
                all(d == event(n) for d, n in zip(dead, numbers)),
                "%d dead letters, byte for byte" % bad, len(dead))
        self.ok(rows + len(dead) == sent,
                "%d sent = %d in tables + %d dead" % (sent, rows, len(dead)))
        self.ok(total + sum(numbers) == sum(c.total for c in clients),
                "the same ones")

    def compare_processes(self):
        for name, (kb, _, fds) in sorted(self.late.items()):
            was = self.early.get(name, (0, 0, 0))
            self.ok(fds <= was[1], "%s: no descriptor more at the end than in "
                    "the first minute" % name, (was, fds))
            self.ok(kb <= was[0] + GROWTH_KB, "%s: no memory more" % name,
                    (was, kb))

    def left_behind(self):
        """What is in the spool, but for its dead letters."""
        left = []
        for at, _, names in os.walk(self.queue):
            left += [os.path.relpath(os.path.join(at, n), self.queue)
                     for n in names]
        extra = [n for n in left if not n.startswith("dead/") and n not in (
            "format", "tail", "group/main/cursor", "group/main/tries")]
        self.ok(len(extra) == 1 and extra[0].startswith("seg/"),
                "one segment is left", extra)
        self.ok(not [n for n in left if n.endswith(".new")],
                "no file is left open", left)


def main():
    folder = tempfile.mkdtemp(prefix="dp-soak.")
    os.chmod(folder, 0o755)
    soak = None
    try:
        soak = Soak(folder, float(sys.argv[1]),
                    float(sys.argv[2]) if len(sys.argv) > 2 else None)
        soak.run()
        if soak.faults:
            with open(os.path.join(folder, "log"), errors="replace") as f:
                print("# " + "# ".join(f.readlines()[-20:]))
    finally:
        if soak is not None:
            soak.ending = True
            soak.pg.kill(signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)
    print("1..%d" % soak.count)
    return soak.faults != 0


if __name__ == "__main__":
    sys.exit(main())
