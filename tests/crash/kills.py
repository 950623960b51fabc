#!/usr/bin/env python3
"""Kills programs of the chain at random instants and compares by content.

usage: kills.py ROUNDS [SEED [KIND ...]]    (BIN: the folder of the programs)

A round sends events with unique numbers into a spool, through dp-enqueue
--tag or through dp-httpd, while dp-drain with dp-load empties the spool into
SQLite or PostgreSQL, and strikes what the round's kind names, again and again:
with SIGKILL, with SIGSTOP and a while later SIGCONT, or with SIGSTOP and
SIGKILL.  In half of the rounds somebody runs dp-queue meanwhile (operate.py):
looks at everything, goes back, puts dead letters into the queue again, purges
what is settled.  Then everything runs to its end once, from the oldest line
that is there, and what is in the tables, in the dead letters and in the
rejects is compared with what was sent:

  - an acknowledged event is in its table once, or in the dead letters once;
  - no event is anywhere twice, and none is there that was not sent;
  - an event that the database cannot take is in the dead letters, with the
    bytes that were sent; one that fails its schema was refused.

Some of the rounds load with --on-conflict=update.  There a trigger refuses
some rows, so that the server tries each, and another one writes down all that
was inserted or updated: that is what is compared.

Prints TAP, one line a round.
"""
import base64
import glob
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from operate import Operator  # noqa: E402

BIN = os.environ.get("BIN", "build")
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = os.path.join(HERE, "..", "..", "examples", "events")
EVENTS = 1500
KINDS = ["enqueue", "drain", "load", "drain+load", "postgres", "httpd",
         "validate-stage", "enqueue-stage"]


def program(name):
    return os.path.join(BIN, name)


# What watches a table in rounds with --on-conflict.
WATCH_PG = """
create table if not exists watched(name text, user_id bigint);
create or replace function watch() returns trigger language plpgsql as $$
begin
    if new.user_id % 100 = 71 then raise exception 'not this one'; end if;
    if tg_when = 'AFTER' then
        insert into watched values (tg_table_name, new.user_id);
    end if;
    return new;
end $$;
create trigger before_it before insert on TABLE
    for each row execute function watch();
create trigger after_it after insert or update on TABLE
    for each row execute function watch();
"""
WATCH_SQLITE = """
create table if not exists watched(name text, user_id bigint);
create trigger TABLE_no before insert on TABLE when new.user_id % 100 = 71
begin select raise(abort, 'not this one'); end;
create trigger TABLE_new after insert on TABLE
begin insert into watched values ('TABLE', new.user_id); end;
create trigger TABLE_old after update on TABLE
begin insert into watched values ('TABLE', new.user_id); end;
"""
TABLES = ("purchase", "install", "crash_report")
CONFLICT = ["--on-conflict=update", "--key=user_id"]


def make_event(rng, number, watched):
    """One event and what must become of it: good, dead or refused."""
    kind = rng.choice(["purchase", "install", "crash_report"])
    event = {"event_name": kind, "user_id": number, "timestamp": 1400000000}
    if kind == "purchase":
        event["sku"] = "s%d" % (number % 97)
    if kind == "crash_report":
        event["message"] = 'a\\b\t"%d"\n' % number
    fate = "good"
    if number % 100 == 17:
        # An integer that the schema takes and no bigint holds.
        event["timestamp"] = 10 ** 20 + number
        fate = "dead"
    elif number % 100 == 53:
        event["timestamp"] = "never"
        fate = "refused"
    elif watched and number % 100 == 71:
        fate = "dead"
    return json.dumps(event).encode(), fate


class Postgres:
    """A cluster of its own on a unix socket."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.data = os.path.join(folder, "data")
        self.as_user = []
        os.makedirs(folder, exist_ok=True)
        if os.geteuid() == 0:
            self.as_user = ["runuser", "-u", "postgres", "--"]
            shutil.chown(folder, "postgres")
            os.chmod(folder, 0o755)
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres",
                 "-E", "UTF8", "--no-sync")
        self.proc = None
        self.start()

    def run(self, name, *args):
        subprocess.run(self.as_user + [os.path.join(self.bin, name), *args],
                       check=True, stdout=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, cwd="/")

    def start(self):
        pidfile = os.path.join(self.data, "postmaster.pid")
        if os.path.exists(pidfile):
            os.unlink(pidfile)
        log = open(os.path.join(self.folder, "log"), "ab")
        self.proc = subprocess.Popen(
            self.as_user + [os.path.join(self.bin, "postgres"), "-D",
                            self.data, "-k", self.folder, "-h", ""],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/")
        for _ in range(600):
            if subprocess.run([os.path.join(self.bin, "pg_isready"), "-q",
                               "-h", self.folder]).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not start")

    def pid(self):
        with open(os.path.join(self.data, "postmaster.pid")) as f:
            return int(f.readline())

    def kill(self, sig):
        """Ends the server; its children notice and end by themselves."""
        pid = self.pid()
        os.kill(pid, sig)
        self.proc.wait()
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.01)
        # SIGKILL leaves backends behind for a moment.
        for _ in range(500):
            if not self.backends(pid):
                return
            time.sleep(0.02)

    def backends(self, _pid):
        left = subprocess.run(["fuser", self.data], capture_output=True)
        return left.stdout.strip() != b""

    def url(self):
        return "postgresql:///postgres?host=%s&user=postgres" % self.folder

    def psql(self, sql):
        return subprocess.run(
            [os.path.join(self.bin, "psql"), "-X", "-q", "-At", "-h",
             self.folder, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-c",
             sql], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            check=True).stdout

    def rows(self, table, where=""):
        return [int(n) for n in self.psql(
            "select user_id from %s %s" % (table, where)).split()]

    def clean(self):
        self.psql("drop table if exists purchase, install, crash_report, "
                  "watched, dp_load_ledger")

    def watch(self, table):
        self.psql(WATCH_PG.replace("TABLE", table))


class Sqlite:
    def __init__(self, path):
        self.path = path

    def url(self):
        return "sqlite:" + self.path

    def rows(self, table, where=""):
        with sqlite3.connect(self.path) as db:
            return [n for (n,) in db.execute("select user_id from %s %s" % (
                table, where))]

    def watch(self, table):
        with sqlite3.connect(self.path) as db:
            db.executescript(WATCH_SQLITE.replace("TABLE", table))


class TagProducer(threading.Thread):
    """Feeds dp-enqueue --tag; starts a new one when it is killed."""

    def __init__(self, round_):
        super().__init__()
        self.round = round_
        self.proc = None

    def start_one(self):
        return subprocess.Popen(
            [program("dp-enqueue"), "--tag", "--segment-bytes=64k",
             self.round.queue],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.round.log)

    def run(self):
        number = 0
        while number < EVENTS:
            self.proc = self.start_one()
            number = self.feed(self.proc, number)
            self.proc.wait()

    def feed(self, proc, number):
        """Sends until the end or the process's death; returns the next."""
        sent = []
        reader = threading.Thread(target=self.read, args=(proc, sent))
        reader.start()
        try:
            while number < EVENTS:
                for _ in range(self.round.rng.randrange(1, 20)):
                    if number == EVENTS:
                        break
                    event, fate = make_event(self.round.rng, number,
                                             self.round.watched)
                    if fate != "refused":
                        self.round.sent[number] = (event, fate)
                        sent.append(number)
                        proc.stdin.write(b"%d\t0\t%s\n" % (number, event))
                    number += 1
                proc.stdin.flush()
                time.sleep(0.002)
            proc.stdin.close()
        except (BrokenPipeError, OSError):
            pass
        reader.join()
        return number

    def read(self, proc, _sent):
        for line in proc.stdout:
            if not line.endswith(b"\n"):
                break
            tag, code = line.split(b"\t")[:2]
            if int(code) == 0:
                self.round.acked.add(int(tag))


class HttpProducer(threading.Thread):
    """Several clients of one dp-httpd, which is started anew when killed."""

    CLIENTS = 8

    def __init__(self, round_):
        super().__init__()
        self.round = round_
        self.proc = None
        self.ending = False
        self.lock = threading.Lock()
        self.next = 0
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]

    def start_one(self):
        return subprocess.Popen(
            [program("dp-httpd"), "--listen=127.0.0.1:%d" % self.port, "--",
             program("dp-validate"), "--tag", "-s", SCHEMAS, "|",
             program("dp-enqueue"), "--tag", "--segment-bytes=64k",
             self.round.queue],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.round.log)

    def supervise(self):
        while not self.ending:
            self.proc = self.start_one()
            self.proc.wait()

    def run(self):
        supervisor = threading.Thread(target=self.supervise)
        supervisor.start()
        clients = [threading.Thread(target=self.client)
                   for _ in range(self.CLIENTS)]
        for c in clients:
            c.start()
        for c in clients:
            c.join()
        self.ending = True
        if self.proc is not None and self.proc.poll() is None:
            self.proc.terminate()
        supervisor.join()

    def take(self):
        with self.lock:
            number = self.next
            self.next += 1
            return number

    def client(self):
        conn = None
        while True:
            number = self.take()
            if number >= EVENTS:
                break
            event, fate = make_event(random.Random(number), number,
                                     self.round.watched)
            self.round.sent[number] = (event, fate)
            # Nothing is sent a second time: a producer's own retries are
            # outside of what the spool promises.
            status = None
            for _ in range(200):
                try:
                    if conn is None:
                        conn = http.client.HTTPConnection(
                            "127.0.0.1", self.port, timeout=20)
                        conn.connect()
                    break
                except OSError:
                    conn = None
                    time.sleep(0.05)
            try:
                conn.request("POST", "/", event,
                             {"Content-Type": "application/json"})
                reply = conn.getresponse()
                reply.read()
                status = reply.status
                if reply.will_close:
                    conn.close()
                    conn = None
            except (OSError, AttributeError, http.client.HTTPException):
                if conn is not None:
                    conn.close()
                conn = None
            self.judge(number, fate, status)
            time.sleep(0.004)

    def judge(self, number, fate, status):
        if status == 200:
            if fate == "refused":
                self.round.faults.append("%d was not refused" % number)
            self.round.acked.add(number)
        elif status == 422 and fate == "refused":
            pass
        elif status is not None and status not in (503, 504):
            self.round.faults.append("%d: status %d" % (number, status))


class Consumer(threading.Thread):
    """dp-drain with dp-load, again and again until told to end."""

    def __init__(self, round_):
        super().__init__()
        self.round = round_
        self.proc = None
        self.ending = False

    def command(self):
        r = self.round
        return [program("dp-drain"), "--batch-records=200", r.queue, "--",
                program("dp-load"), "-s", SCHEMAS, "--create",
                "--retry-for=20s", r.database.url()] + (
                    CONFLICT if r.watched else [])

    def run(self):
        while not self.ending:
            if not os.path.exists(os.path.join(self.round.queue, "format")):
                time.sleep(0.01)
                continue
            self.proc = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=self.round.log)
            self.proc.wait()
            time.sleep(0.005)


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(n) for n in f.read().split()]
    except OSError:
        return []


def name_of(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return ""


def tell(pid, sig):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


class Round:
    def __init__(self, folder, kind, seed, postgres):
        self.rng = random.Random(seed)
        self.kind = kind
        self.folder = folder
        self.queue = os.path.join(folder, "q")
        self.sent = {}
        self.acked = set()
        self.faults = []
        self.log = open(os.path.join(folder, "log"), "wb")
        self.database = Sqlite(os.path.join(folder, "db"))
        if kind == "postgres" or (postgres and self.rng.random() < 0.5):
            postgres.clean()
            self.database = postgres
        self.watched = self.rng.random() < 0.3
        if self.watched:
            subprocess.run([program("dp-load"), "-s", SCHEMAS, "--create",
                            self.database.url()] + CONFLICT, input=b"",
                           stderr=self.log, check=True)
            for table in TABLES:
                self.database.watch(table)
        over_http = kind in ("httpd", "validate-stage", "enqueue-stage")
        self.producer = (HttpProducer if over_http else TagProducer)(self)
        self.consumer = Consumer(self)
        self.operator = None
        if self.rng.random() < 0.5:
            self.operator = Operator(self, program("dp-queue"),
                                     program("dp-drain"))
        self.kills = self.stops = 0

    def victims(self):
        p, c = self.producer.proc, self.consumer.proc
        loads = [n for n in children(c.pid)] if c else []
        if self.kind == "enqueue":
            return [p.pid] if p else []
        if self.kind == "drain":
            return [c.pid] if c else []
        if self.kind == "load":
            return loads
        if self.kind == "drain+load":
            return ([c.pid] if c else []) + loads
        if self.kind == "httpd":
            return [p.pid] if p else []
        stage = "dp-" + self.kind.split("-")[0]
        return [n for n in (children(p.pid) if p else [])
                if name_of(n) == stage]

    def wait_for_victims(self):
        """A dp-load lasts a few milliseconds: strike within its life."""
        until = time.monotonic() + 1
        victims = self.victims()
        while not victims and time.monotonic() < until:
            time.sleep(0.0005)
            victims = self.victims()
        time.sleep(self.rng.random() * 0.006)
        return victims

    def strike(self):
        if self.kind == "postgres":
            self.database.kill(self.rng.choice(
                [signal.SIGKILL, signal.SIGQUIT]))
            self.database.start()
            self.kills += 1
            return
        if "load" in self.kind:
            self.wait_for_victims()
        victims = self.victims()
        how = self.rng.random()
        if how < 0.4:
            for pid in victims:
                tell(pid, signal.SIGSTOP)
            time.sleep(self.rng.random() * 0.2)
            self.stops += len(victims) > 0
        for pid in victims:
            tell(pid, signal.SIGCONT if how < 0.25 else signal.SIGKILL)
        self.kills += len(victims) > 0 and how >= 0.25

    def run(self):
        self.producer.start()
        self.consumer.start()
        if self.operator is not None:
            self.operator.start()
        while self.producer.is_alive():
            time.sleep(self.rng.random() * 0.25)
            self.strike()
        for _ in range(3):
            time.sleep(self.rng.random() * 0.1)
            self.strike()
        self.consumer.ending = True
        self.consumer.join()
        if self.operator is not None:
            self.operator.ending = True
            self.operator.join()
        self.finish()
        if self.operator is not None:
            for verb in ("requeue", "rewind"):
                self.operator.last(verb)
                self.finish()
        self.compare()

    def finish(self):
        """The last run, without a kill, must empty the queue."""
        for _ in range(100):
            done = subprocess.run(
                self.consumer.command(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=self.log)
            if done.returncode != 75:
                break
            time.sleep(0.1)
        if done.returncode not in (0, 1):
            self.faults.append("the last dp-drain: exit %d" % done.returncode)

    def dead_letters(self):
        dead = []
        for path in glob.glob(self.queue + "/dead/*/*"):
            if path.endswith(".requeued"):
                continue
            if path.endswith(".new"):
                self.faults.append("left behind: " + os.path.basename(path))
            with open(path, "rb") as f:
                for line in f:
                    reject = json.loads(line)
                    raw = reject.get("raw")
                    dead.append(raw.encode() if raw is not None else
                                base64.b64decode(reject["raw_base64"]))
        return dead

    def doubled(self):
        """requeue was killed: dead letters may be there twice."""
        return self.operator is not None and self.operator.doubled

    def rows(self, table):
        """What is in a table, as often as it was written."""
        rows = self.database.rows(table)
        if not self.watched:
            return rows
        written = self.database.rows("watched", "where name = '%s'" % table)
        if set(written) != set(rows):
            self.faults.append("%s: rows that nobody saw" % table)
        return written

    def compare(self):
        seen = {}
        for table in TABLES:
            try:
                rows = self.rows(table)
            except (sqlite3.OperationalError,
                    subprocess.CalledProcessError) as e:
                self.faults.append("%s: %s" % (table, e))
                continue
            for n in rows:
                seen.setdefault(n, []).append("good")
                if json.loads(self.sent[n][0])["event_name"] != table:
                    self.faults.append("%d in the wrong table" % n)
        for raw in self.dead_letters():
            n = json.loads(raw)["user_id"]
            seen.setdefault(n, []).append("dead")
            if raw != self.sent[n][0]:
                self.faults.append("%d: dead letter changed" % n)
        for n, (_, fate) in self.sent.items():
            places = seen.get(n, [])
            if len(places) > 1 and not (
                    set(places) == {"dead"} and self.doubled()):
                self.faults.append("%d is there %d times: %s" % (
                    n, len(places), places))
            elif n in self.acked and not places:
                self.faults.append("%d was acknowledged and is lost" % n)
            elif places and places[0] != fate:
                self.faults.append("%d: want %s, got %s" % (
                    n, fate, places[0]))
        for n in seen:
            if n not in self.sent:
                self.faults.append("%d was never sent" % n)


def one_round(folder, kind, seeds, postgres):
    """A round in which something was there to be struck."""
    for seed in itertools.islice(seeds, 5):
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        r = Round(folder, kind, seed, postgres)
        r.run()
        if r.faults or r.kills + r.stops > 0:
            break
    return r


def main():
    rounds = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    kinds = sys.argv[3:] or KINDS
    top = tempfile.mkdtemp(prefix="dp-kills.")
    os.chmod(top, 0o755)
    bad = 0
    postgres = None
    print("# seed %d" % seed, flush=True)
    try:
        if glob.glob("/usr/lib/postgresql/*/bin/postgres"):
            postgres = Postgres(os.path.join(top, "pg"))
        for i in range(rounds):
            kind = kinds[i % len(kinds)]
            folder = os.path.join(top, "r%d" % i)
            r = one_round(folder, kind, range(seed + i, sys.maxsize, rounds),
                          postgres)
            ok = not r.faults and r.kills + r.stops > 0 and len(r.acked) > 0
            print("%sok %d - %s: %d kills, %d stops, %d sent, "
                  "%d acknowledged, %s%s%s" % (
                      "" if ok else "not ", i + 1, kind, r.kills, r.stops,
                      len(r.sent), len(r.acked), type(r.database).__name__,
                      ", watched" if r.watched else "",
                      ", " + r.operator.told() if r.operator else ""),
                  flush=True)
            for fault in r.faults[:10]:
                print("# " + fault)
            r.log.close()
            if ok:
                shutil.rmtree(folder)
            else:
                bad += 1
                with open(os.path.join(folder, "log"), errors="replace") as f:
                    for line in f.readlines()[-15:]:
                        print("# log: " + line.rstrip())
    finally:
        if postgres is not None:
            postgres.kill(signal.SIGINT)
        if bad == 0 or os.environ.get("KEEP") is None:
            shutil.rmtree(top, ignore_errors=True)
    print("1..%d" % rounds)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
