#!/usr/bin/env python3
"""Cuts the power of a recorded run at any point, and looks at what is left.

usage: images.py [--mutations] [--keep=DIR] IMAGES [SEED]
       images.py --replay=LOG CUT MODE SEED
       (BIN: the folder of the programs; CRASH: that of record.so and sink)

Runs of dp-enqueue, dp-drain and dp-queue (requeue, rewind; segments are kept
for replay, compressed) are recorded by record.c.  For a cut of such
a log an image is built: what was synced before the cut is there; what was
not is kept, dropped, reordered, torn, zeroed or garbled, entries of folders
too.  On each image dp-drain and dp-enqueue run again, and the invariants of
dp-spool(5) are checked:

  - what was acknowledged is delivered or in the dead letters, and so is what
    was handed to a command (3, 4, 6, 9); nothing is there that was not put in;
  - what is settled for good does not come again (11);
  - a position never names another line (1); lanes go in order (7), and so do
    the lines of a writer in a lane; a batch that was attempted keeps its
    bounds, or is divided;
  - a segment that is gone was below the cursor of the image (10);
  - a reader that was written from the page sees what dp-drain --peek sees;
  - what is kept is there, plain or compressed, and whole;
  - the spool goes on to work, and what is put in then comes out once.

With --mutations the log is changed first as if the programs had left out a
sync or a rule of order: each of these must make the campaign fail.
"""
import ctypes
import fcntl
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

BIN = os.environ.get("BIN", "build")
CRASH = os.environ.get("CRASH", os.path.join(BIN, "crash"))
RECORD = os.path.abspath(os.path.join(CRASH, "record.so"))
SINK = os.path.abspath(os.path.join(CRASH, "sink"))
LINES = 220         # of a producer in a run
IMAGES_A_RUN = 100
MODES = ["keep", "drop", "prefix", "mix", "mix", "entries", "torn", "garble"]
# After these nothing may be called damaged.
CLEAN = ("keep", "drop")

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "reader"))
import spool  # noqa: E402

xxh = ctypes.CDLL("libxxhash.so.0").XXH3_64bits_withSeed
xxh.restype = ctypes.c_uint64
xxh.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def program(name):
    return os.path.abspath(os.path.join(BIN, name))


# -- A run, and its log --

class Run:
    """Producers and consumers at work on one spool, recorded."""

    def __init__(self, folder, seed):
        self.rng = random.Random(seed)
        self.root = os.path.join(folder, "root")
        self.log = os.path.join(folder, "log")
        os.mkdir(self.root)
        self.queue = os.path.join(self.root, "q")
        self.env = dict(os.environ, LD_PRELOAD=RECORD, CRASH_LOG=self.log,
                        CRASH_ROOT=self.root)
        self.producing = 0

    def line(self, rng, producer, n):
        event = {"p": producer, "n": n,
                 "x": "y" * rng.choice([0, 1, 30, 300, 300, 700, 5000])}
        if rng.random() < 0.06:
            event["bad"] = True
        return json.dumps(event).encode()

    def produce(self, producer):
        rng = random.Random(self.rng.random() + producer)
        proc = None
        sent = 0
        for n in range(LINES):
            if proc is None:
                proc = subprocess.Popen(
                    [program("dp-enqueue"), "--tag", "--segment-bytes=24k",
                     "--batch-bytes=8k", self.queue],
                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                    env=dict(self.env, CRASH_STDOUT="1"))
            line = self.line(rng, producer, n)
            proc.stdin.write(b"%d\t0\t%s\n" % (producer * 100000 + n, line))
            if rng.random() < 0.3:
                proc.stdin.flush()
                time.sleep(rng.random() * 0.01)
            sent += 1
            if rng.random() < 0.01:
                proc.stdin.close()
                proc.wait()
                proc = None
        if proc is not None:
            proc.stdin.close()
            proc.wait()
        self.producing -= 1

    def consume(self, number, until):
        rng = random.Random(self.rng.random() + number)
        while time.time() < until[0]:
            proc = subprocess.Popen(
                [program("dp-drain"), "--workers=2", "--max-tries=2",
                 "--batch-records=%d" % rng.choice([3, 17, 40]),
                 self.queue, "--", SINK],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=dict(self.env, CRASH_FAIL="1"))
            while proc.poll() is None and time.time() < until[0]:
                time.sleep(0.005)
            if proc.poll() is None:
                proc.kill()
            status = proc.wait()
            if status not in (0, 66, 75, -9):
                raise RuntimeError("dp-drain in a run: exit %d" % status)
            time.sleep(0.002)

    def queue_do(self, *args):
        """dp-queue; another may be at work, or the position gone."""
        done = subprocess.run([program("dp-queue"), *args],
                              stdin=subprocess.DEVNULL, env=self.env,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        if done.returncode not in (0, 65, 66, 75):
            raise RuntimeError("dp-queue %s in a run: exit %d: %s" % (
                args[0], done.returncode, done.stderr.decode()))
        return done.returncode

    def note(self, text):
        with open(self.log, "ab") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            f.write(b"N 0 %d\n%s" % (len(text), text))

    def administer(self):
        """Takes dead letters, and goes back to what is kept."""
        rng = random.Random(self.rng.random())
        while self.producing > 0:
            time.sleep(rng.random() * 0.15)
            verb = rng.choice(["requeue", "keep", "keep", "rewind"])
            if verb != "rewind":
                self.queue_do(verb, self.queue)
                continue
            try:
                there = os.listdir(os.path.join(self.queue, "seg"))
            except OSError:
                continue
            kept = sorted(int(n[:16]) for n in there)
            self.note(b"rewind begins\n")
            for _ in range(40):
                if self.queue_do("rewind", self.queue,
                                 "%d" % rng.choice(kept)) != 75:
                    break
                time.sleep(0.002)
            self.note(b"rewind ends\n")

    def run(self):
        subprocess.run([program("dp-enqueue"), "--segment-bytes=24k",
                        self.queue], stdin=subprocess.DEVNULL, env=self.env,
                       check=True)
        self.queue_do("keep", "--keep-bytes=90k", self.queue)
        self.producing = 3
        until = [time.time() + 30]
        producers = [threading.Thread(target=self.produce, args=(p,))
                     for p in range(1, 4)]
        consumers = [threading.Thread(target=self.consume, args=(c, until))
                     for c in range(2)]
        admin = threading.Thread(target=self.administer)
        for t in producers + consumers + [admin]:
            t.start()
        for t in producers + [admin]:
            t.join()
        until[0] = time.time() + 0.7
        for t in consumers:
            t.join()


class Event:
    __slots__ = ("kind", "pid", "args", "data")

    def __init__(self, kind, pid, args, data):
        self.kind, self.pid, self.args, self.data = kind, pid, args, data


def read_log(path):
    events = []
    with open(path, "rb") as f:
        while True:
            head = f.readline()
            if not head.endswith(b"\n"):
                return events
            kind, pid, rest = head[:-1].split(b" ", 2)
            kind, rest, data = kind.decode(), rest.decode(), None
            if kind in "WON":
                data = f.read(int(rest.split(" ")[-1]))
            if kind == "R":
                args = rest.split("\t")
            elif kind in "CD":
                args = rest.split(" ", 1)
                args[0] = int(args[0])
            elif kind == "U":
                args = [rest]
            else:
                args = [int(n) for n in rest.split(" ")]
            events.append(Event(kind, int(pid), args, data))


# -- The disk --

class Thing:
    """A file or a folder, with all that was done to it."""

    def __init__(self, kind, path):
        self.kind, self.path = kind, path
        self.ops = []
        self.synced = -1


class Disk:
    """What stands on the disk at the moment of the cut."""

    def __init__(self, events, cut, root):
        self.root = Thing("D", root)
        self.live = {root: self.root}
        self.inodes = {}
        self.begun = {}
        self.segments = {}  # the bytes of each, by number
        self.kept = set()   # that are compressed and not removed
        self.packer = None  # who made kept.new
        for i in range(cut):
            self.take(i, events[i])

    def folder(self, path):
        return self.live[os.path.dirname(path)]

    def thing(self, inode):
        return self.inodes.get(inode, self.root)

    def plain(self, number, size):
        """What was written to a segment; damage is copied as it is."""
        data = bytearray(size)
        for _, kind, *op in self.segments[number].ops:
            if kind == "W" and op[0] < size:
                data[op[0]:op[0] + len(op[1])] = op[1]
            elif kind == "T":
                data[op[0]:] = bytes(max(0, size - op[0]))
        return bytes(data)

    def note_kept(self, e):
        """Which plain segments have given way to compressed ones."""
        name = os.path.basename(e.args[-1])
        if e.kind == "R" and name.endswith(".ndj.zst"):
            if os.path.join(os.path.dirname(e.args[1]), name[:-4]) \
                    in self.live:
                self.kept.add(name[:-4])
        elif e.kind == "R" and name.endswith(".ndj"):
            self.segments[name[:16]] = self.live[e.args[1]]
        elif e.kind == "U" and name.endswith(".zst"):
            self.kept.discard(name[:-4])
        elif e.kind == "U" and name.endswith(".ndj") and \
                e.pid == self.packer and \
                os.path.join(self.root.path, "q", "kept.new") in self.live:
            self.kept.add(name)

    def take(self, i, e):
        self.change(i, e)
        if e.kind in "RU":
            self.note_kept(e)

    def change(self, i, e):
        if e.kind in "CD":
            if e.args[1].endswith("/kept.new"):
                self.packer = e.pid
            thing = Thing(e.kind, e.args[1])
            self.inodes[e.args[0]] = self.live[e.args[1]] = thing
            self.folder(e.args[1]).ops.append(
                (i, "add", os.path.basename(e.args[1]), thing))
        elif e.kind == "U":
            self.folder(e.args[0]).ops.append(
                (i, "del", os.path.basename(e.args[0])))
            self.live.pop(e.args[0])
        elif e.kind == "R":
            old, new = e.args
            thing = self.live[new] = self.live.pop(old)
            thing.path = new
            self.folder(new).ops.append(
                (i, "ren", os.path.basename(old), os.path.basename(new),
                 thing))
        elif e.kind == "W":
            self.thing(e.args[0]).ops.append((i, "W", e.args[1], e.data))
        elif e.kind in "TA":
            self.thing(e.args[0]).ops.append((i, e.kind) + tuple(e.args[1:]))
        elif e.kind == "B":
            self.begun[(e.pid, e.args[0])] = (self.thing(e.args[1]), i)
        elif e.kind == "E":
            thing, since = self.begun.pop((e.pid, e.args[0]))
            thing.synced = max(thing.synced, since)


class Image:
    """Chooses what is there of that which was not synced."""

    def __init__(self, disk, cut, mode, rng):
        self.mode, self.rng = mode, rng
        self.disk = disk
        # The journal of a file system keeps the order: up to here.
        self.limit = rng.randrange(max(0, cut - 40), cut + 1)

    def keeps(self, i, entry):
        if self.mode == "drop":
            return False
        if self.mode == "prefix":
            return i < self.limit
        if self.mode == "entries":
            return not entry or self.rng.random() < 0.5
        if self.mode in ("mix", "garble"):
            return self.rng.random() < 0.5
        return True

    def write(self, data, at, piece, harm):
        if at + len(piece) > len(data):
            data.extend(bytes(at + len(piece) - len(data)))
        if not harm:
            data[at:at + len(piece)] = piece
            return
        unit = self.rng.choice([512, 4096])
        how = "torn" if self.mode != "garble" else \
            self.rng.choice(["zero", "garble"])
        pos = 0
        while pos < len(piece):
            end = min(len(piece), pos + unit - (at + pos) % unit)
            if self.rng.random() < 0.5:
                data[at + pos:at + end] = piece[pos:end]
            elif how == "zero":
                data[at + pos:at + end] = bytes(end - pos)
            elif how == "garble":
                data[at + pos:at + end] = self.rng.randbytes(end - pos)
            pos = end

    def content(self, thing):
        data = bytearray()
        for op in thing.ops:
            old = op[0] <= thing.synced
            if not old and not self.keeps(op[0], False):
                continue
            if op[1] == "T":
                if op[2] < len(data):
                    del data[op[2]:]
                else:
                    data.extend(bytes(op[2] - len(data)))
            elif op[1] == "A":
                data.extend(bytes(max(0, op[2] + op[3] - len(data))))
            else:
                self.write(data, op[2], op[3],
                           not old and self.mode in ("mix", "torn", "garble")
                           and self.rng.random() < 0.6)
        return data

    def entries(self, folder):
        names = {}
        for op in folder.ops:
            if op[0] > folder.synced and not self.keeps(op[0], True):
                continue
            if op[1] == "add":
                names[op[2]] = op[3]
            elif op[1] == "del":
                names.pop(op[2], None)
            else:
                names.pop(op[2], None)
                names[op[3]] = op[4]
        return names

    def put(self, folder, path):
        for name, thing in sorted(self.entries(folder).items()):
            at = os.path.join(path, name)
            if thing.kind == "D":
                os.mkdir(at, 0o750)
                self.put(thing, at)
                continue
            with open(at, "wb") as f:
                f.write(self.content(thing))
                if name.endswith(".ndj"):
                    self.own_inode(f.fileno(), at)

    def own_inode(self, fd, path):
        """The image's file is to be the file that it is a picture of."""
        with open(path, "r+b") as f:
            head = f.read(256)
            if len(head) < 256 or not head.startswith(b"#dp1 s "):
                return
            checked = head[:158]
            seed = xxh(head[41:73], 32, 0)
            if b"%016x" % xxh(checked, len(checked), seed) != head[158:174]:
                return
            head = bytearray(head)
            head[107 - 1:126] = b"%020d" % os.fstat(fd).st_ino
            checked = bytes(head[:158])
            head[158:174] = b"%016x" % xxh(checked, len(checked), seed)
            f.seek(0)
            f.write(head)


# -- What had been promised by the cut --

class Batch:
    def __init__(self, name, data):
        self.name = name
        m = re.match(r"[0-9a-f]{32}/(\w+)/(\d{16}-[0-9a-f]{16}):(\d+)-(\d+)$",
                     name)
        self.group, self.lane = m.group(1), m.group(2)
        self.first, self.end = int(m.group(3)), int(m.group(4))
        self.lines = data.split(b"\n")[:-1]
        self.stored = self.written = False
        self.rewound = False  # since: it may come again in other bounds


def note_of(data):
    head, _, rest = data.partition(b"\n")
    return head.decode().split(" "), rest


class Promise:
    """What the world outside knows of the first `cut` events."""

    def __init__(self, events, cut, root, lines):
        self.acked = set()
        self.batches = []
        self.settled = set()
        self.rewinds = 0
        rewinding = False
        open_batch = {}
        waiting = {}
        cursors = set()
        syncing = {}
        for i in range(cut):
            e = events[i]
            if e.kind == "O":
                for receipt in e.data.split(b"\n")[:-1]:
                    tag, code = receipt.split(b"\t")[:2]
                    if code == b"0":
                        self.acked.add(lines[int(tag)])
            elif e.kind == "N":
                words, rest = note_of(e.data)
                if words[0] == "rewind":
                    rewinding = words[1] == "begins"
                    self.rewinds += 1
                    self.settled.clear()
                    for b in self.batches:
                        b.rewound = True
                elif words[0] == "read":
                    b = Batch(words[1], rest)
                    b.drain = int(words[2])
                    self.batches.append(b)
                    open_batch[e.pid] = b
                elif words[2] == "0":
                    b = open_batch.pop(e.pid)
                    b.stored = True
                    waiting.setdefault(b.drain, []).append(b)
            elif e.kind == "C" and e.args[1].endswith("/cursor"):
                cursors.add(e.args[0])
            elif e.kind == "W" and e.args[0] in cursors:
                # Whose batches are in this slot by now.
                self.find_in_slot(e, waiting)
            elif e.kind == "B" and e.args[1] in cursors:
                syncing[(e.pid, e.args[0])] = [
                    b for b in waiting.get(e.pid, []) if b.written]
            elif e.kind == "E":
                for b in syncing.pop((e.pid, e.args[0]), []):
                    if b in waiting[e.pid]:
                        waiting[e.pid].remove(b)
                    if not rewinding:
                        self.settled.update((b.lane, b.first + k)
                                            for k in range(len(b.lines)))

    def find_in_slot(self, e, waiting):
        for b in waiting.get(e.pid, []):
            m = re.search(rb"%s (\d{16}) \d{12} (open|done)\n" %
                          b.lane.encode(), e.data)
            b.written = m is not None and (int(m.group(1)) >= b.end or
                                           m.group(2) == b"done")


def sent_lines(events):
    """Every line that was put in, by its tag: taken from the frames."""
    lines = {}
    for e in events:
        if e.kind == "W" and e.data.startswith(b"#dp1 f "):
            for line in e.data[93:].split(b"\n")[:-1]:
                event = json.loads(line)
                lines[event["p"] * 100000 + event["n"]] = line
    return lines


# -- Recovery and checks --

class Check:
    def __init__(self, events, cut, mode, seed, root, lines, folder):
        self.rng = random.Random("%d %s %d" % (cut, mode, seed))
        self.mode, self.lines, self.folder = mode, lines, folder
        self.faults = []
        self.disk = Disk(events, cut, root)
        self.promise = Promise(events, cut, root, lines)
        self.queue = os.path.join(folder, "root", "q")
        os.mkdir(os.path.join(folder, "root"))
        Image(self.disk, cut, mode, self.rng).put(
            self.disk.root, os.path.join(folder, "root"))
        with open(os.path.join(folder, "boot"), "w") as f:
            f.write("01234567-89ab-cdef-0123-456789abcdef\n")
        self.env = dict(os.environ, LD_PRELOAD=RECORD)
        if mode != "keep":
            self.env["CRASH_BOOT"] = os.path.join(folder, "boot")
        self.new = 0

    def fault(self, text):
        self.faults.append(text)

    def enqueue(self):
        self.new += 1
        line = b'{"p":9,"n":%d}' % self.new
        done = subprocess.run(
            [program("dp-enqueue"), "--segment-bytes=24k", self.queue],
            input=line + b"\n", stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=self.env)
        if done.returncode != 0:
            self.fault("dp-enqueue afterwards: exit %d: %s" % (
                done.returncode, done.stderr.decode(errors="replace")))
        return line

    def drain(self, number):
        out = os.path.join(self.folder, "out%d" % number)
        done = subprocess.run(
            [program("dp-drain"), "--batch-records=%d" % self.rng.choice(
                [5, 29, 1000]), self.queue, "--", SINK],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=dict(self.env, CRASH_OUT=out))
        batches = []
        if os.path.exists(out):
            for e in read_log(out):
                words, rest = note_of(e.data)
                if words[0] == "read":
                    batches.append(Batch(words[1], rest))
        return done, batches

    def dead_files(self):
        for path, _, names in os.walk(os.path.join(self.queue, "dead")):
            for name in names:
                yield os.path.join(path, name)

    def dead(self):
        found = []
        for path in self.dead_files():
            if path.endswith(".requeued"):
                continue
            with open(path, "rb") as f:
                for line in f.read().split(b"\n")[:-1]:
                    try:
                        event = json.loads(line)
                        line = event.get("raw", "").encode() or line
                    except ValueError:
                        pass
                    found.append(line)
        return found

    def run(self):
        p = self.promise
        known = set(self.lines.values())
        if not os.path.exists(os.path.join(self.queue, "format")):
            if p.acked or p.batches:
                self.fault("the spool is gone, with %d acknowledged lines" %
                           len(p.acked))
            return self.faults
        self.check_segments()
        self.check_kept()
        self.check_reader()
        fresh = [self.enqueue()] if self.rng.random() < 0.5 else []
        done, batches = self.drain(1)
        if done.returncode != 0 and not (
                done.returncode == 74 and self.mode not in CLEAN):
            self.fault("dp-drain: exit %d: %s" % (
                done.returncode, done.stderr.decode(errors="replace")))
        got = [line for b in batches for line in b.lines]
        dead = self.dead()
        self.check_lines(p, known | set(fresh), got, dead)
        self.check_batches(p, batches)
        if any(line not in got for line in fresh):
            self.fault("what was put in afterwards is lost")
        fresh = [self.enqueue()]
        done, batches = self.drain(2)
        if done.returncode != 0 and not (
                done.returncode == 74 and self.mode not in CLEAN):
            self.fault("the second dp-drain: exit %d: %s" % (
                done.returncode, done.stderr.decode(errors="replace")))
        if [line for b in batches for line in b.lines] != fresh:
            self.fault("the second dp-drain gave other lines: %s" %
                       [(b.name, b.lines[0][:40]) for b in batches])
        for path in self.dead_files():
            if path.endswith(".new"):
                self.fault("left behind: " + os.path.basename(path))
        return self.faults

    def check_reader(self):
        """What was written from the page sees what dp-drain sees."""
        done = subprocess.run(
            [program("dp-drain"), "--peek", self.queue], env=self.env,
            stdin=subprocess.DEVNULL, capture_output=True)
        if not os.path.isdir(os.path.join(self.queue, "seg")):
            return
        try:
            seen = b"".join(spool.Spool(self.queue).waiting())
        except ValueError:
            seen = None
        if (seen is None) != (done.returncode == 78) or \
                (seen is not None and seen != done.stdout):
            self.fault("the reader of tests/reader sees other lines")

    def check_lines(self, p, known, got, dead):
        stored = set()
        for b in p.batches:
            if b.stored:
                stored.update(x for x in b.lines if b"bad" not in x)
        have = stored | set(got)
        have -= {x for x in have if b"bad" in x}
        have.update(dead)
        lost = p.acked - have
        if lost:
            self.fault("%d acknowledged lines are lost: %s" % (
                len(lost), sorted(lost)[0][:60]))
        handed = {x for b in p.batches for x in b.lines} - have
        if handed:
            self.fault("%d lines that were handed out are lost: %s" % (
                len(handed), sorted(handed)[0][:60]))
        invented = (set(got) | set(dead)) - known
        if invented:
            self.fault("invented: %s" % sorted(invented)[0][:60])
        # Dead letters that were put in again are there twice.
        good = [x for x in got if b"bad" not in x]
        if len(good) != len(set(good)):
            self.fault("a line comes twice in one run")

    def check_batches(self, p, batches):
        at = {}
        for b in p.batches + batches:
            if b.end - b.first != len(b.lines):
                self.fault("%s has %d lines" % (b.name, len(b.lines)))
            for k, line in enumerate(b.lines):
                if at.setdefault((b.lane, b.first + k), line) != line:
                    self.fault("%s: line %d is another one" % (
                        b.lane, b.first + k))
        seen, last = {}, {}
        for b in batches:
            if b.first < seen.get(b.lane, 0):
                self.fault("%s: not in order" % b.name)
            seen[b.lane] = b.end
            for k, line in enumerate(b.lines):
                if (b.lane, b.first + k) in p.settled:
                    self.fault("%s: line %d was settled for good" % (
                        b.lane, b.first + k))
                    break
            for line in b.lines:
                if b"bad" in line:
                    continue
                event = json.loads(line)
                key = (b.lane, event["p"])
                if event["n"] <= last.get(key, -1):
                    self.fault("%s: a writer's lines changed places" % b.lane)
                last[key] = event["n"]
            for old in p.batches:
                if old.lane == b.lane and old.first < b.end and \
                        not old.rewound and b.first < old.end and not (
                            old.first <= b.first and b.end <= old.end):
                    self.fault("%s has other bounds than %s" % (
                        b.name, old.name))

    def check_segments(self):
        """Invariant 10, by the files themselves."""
        seg = os.path.join(self.queue, "seg")
        there = {n[:16] for n in os.listdir(seg)} if os.path.isdir(seg) \
            else set()
        made = {}
        for thing in self.disk.inodes.values():
            if thing.path.endswith(".ndj") and thing.synced >= 0:
                made[os.path.basename(thing.path)[:16]] = thing
        gone = [n for n in made if n not in there and
                n < max(there, default="")]
        # One that is removed while a group goes back to it was settled.
        if not there or not gone or self.promise.rewinds > 0:
            return
        floor = self.floor()
        if max(gone) >= floor:
            self.fault("segment %s is gone, the cursor is at %s" % (
                max(gone), floor))

    def check_kept(self):
        """A compressed segment holds what the plain one did."""
        seg = os.path.join(self.queue, "seg")
        there = set(os.listdir(seg)) if os.path.isdir(seg) else set()
        for name in sorted(self.disk.kept):
            if not {name, name + ".zst"} & there:
                self.fault("%s was compressed, and is gone" % name)
        for name in sorted(there):
            if not name.endswith(".zst") or name[:-4] in there:
                continue
            done = subprocess.run(["zstd", "-dcq", os.path.join(seg, name)],
                                  capture_output=True)
            if done.returncode != 0 or done.stdout != self.disk.plain(
                    name[:16], len(done.stdout)):
                self.fault("%s does not hold its segment" % name)

    def floor(self):
        best, floor = -1, "0"
        try:
            with open(os.path.join(self.queue, "group", "main", "cursor"),
                      "rb") as f:
                data = f.read()
            with open(os.path.join(self.queue, "format"), "rb") as f:
                seed = xxh(f.read()[21:53], 32, 0)
        except OSError:
            return floor
        for at in (0, 4096):
            m = re.match(rb"(#dp1 c (\d{20}) (\d{16})-.*?\n)#dp1 e (.{16})",
                         data[at:at + 4096], re.S)
            if m and b"%016x" % xxh(m.group(1), len(m.group(1)),
                                    seed) == m.group(4) and \
                    int(m.group(2)) > best:
                best, floor = int(m.group(2)), m.group(3).decode()
        return floor


# -- Mutations: the log as if the programs were wrong --

# Orders behind which another one stands, so that no cut may show them.
BEHIND = {
    "dead letters named before their sync":
        "a batch that is not settled writes its dead letters anew",
    "a kept segment named before its sync":
        "the plain one stays until the folder is synced",
}


def named(events):
    """The events with the kind of the file that each is about, and the
    processes that drain.  Numbers of inodes are used again."""
    paths, drains, kinds = {}, set(), []
    for e in events:
        if e.kind in "CD":
            paths[e.args[0]] = e.args[1]
        if e.kind == "N":
            words, _ = note_of(e.data)
            if words[0] == "read":
                drains.add(int(words[2]))
        inode = e.args[1] if e.kind == "B" else e.args[0] \
            if e.kind in "CDWTA" else None
        kinds.append("parent" if e.kind == "B" and inode not in paths
                     else kind_of(paths.get(inode)))
    return kinds, drains


def kind_of(path):
    tail = path.split("/q", 1)[1] if path is not None and "/q" in path else ""
    for pattern, kind in [
            (r"^/kept", "kept segment"), (r"^/keep", "keep"),
            (r"^/seg/", "segment"), (r"^/seg$", "seg/"), (r"^$", "Q"),
            (r"^/format", "format"), (r"/cursor$", "cursor"),
            (r"/tries", "tries"), (r"^/group", "group/"),
            (r"^/dead/\w+/", "dead letter"), (r"^/dead", "dead/")]:
        if re.search(pattern, tail):
            return kind
    return "other"


def without_sync(events, kinds, kind, drains=None):
    """The events without these syncs; none of them went anywhere."""
    out, dropped = [], set()
    for e, k in zip(events, kinds):
        if e.kind == "B" and k == kind and (drains is None or
                                            e.pid in drains):
            dropped.add((e.pid, e.args[0]))
        elif e.kind == "E" and (e.pid, e.args[0]) in dropped:
            dropped.discard((e.pid, e.args[0]))
        else:
            out.append(e)
    return out, set()


def earlier(events, kinds, moves, before):
    """Each event that moves goes before the last one of its process that
    `before` names.  Returns the events, and those that went."""
    out, went = [], set()
    for e, k in zip(events, kinds):
        at = len(out)
        if moves(e, k):
            near = range(len(out) - 1, max(-1, len(out) - 400), -1)
            at = next((i for i in near if out[i][0].pid == e.pid and
                       before(*out[i])), at)
            # Nothing goes before what made it.
            if any(o.kind in "CR" and e.kind in "UR" and
                   e.args[0] == o.args[1] for o, _ in out[at:]):
                at = len(out)
            if at < len(out):
                went.add(id(e))
        out.insert(at, (e, k))
    return [e for e, _ in out], went


def removed_for_kept(events):
    """The removals of plain segments for their compressed files."""
    last, found = {}, set()
    for e in events:
        if e.kind == "R" and e.args[1].endswith(".zst"):
            last[e.pid] = e.args[1][:-4]
        elif e.kind == "U" and e.args[0] == last.pop(e.pid, None):
            found.add(id(e))
    return found


def mutations(events):
    """Yields names, changed logs, and which events went to another place."""
    kinds, drains = named(events)

    def is_sync(kind):
        return lambda e, k: e.kind == "B" and k == kind

    def is_cursor(e, k):
        return e.kind == "W" and k == "cursor"

    def renames(pattern):
        return lambda e, k: e.kind == "R" and re.search(pattern, e.args[1])

    for kind in ["segment", "seg/", "Q", "parent", "format", "cursor",
                 "tries", "group/", "dead letter", "dead/", "kept segment"]:
        yield "no sync: " + kind, *without_sync(events, kinds, kind)
    for kind in ["segment", "seg/"]:
        yield ("no sync before handing out: " + kind,
               *without_sync(events, kinds, kind, drains))
    yield ("the receipt before the sync of the segment",
           *earlier(events, kinds, lambda e, k: e.kind == "O",
                    is_sync("segment")))
    yield ("the cursor before the dead letters",
           *earlier(events, kinds, is_cursor, is_sync("dead letter")))
    yield ("the receipt before the sync of the folder above",
           *earlier(events, kinds, lambda e, k: e.kind == "O",
                    is_sync("parent")))
    yield ("the file format named before its sync",
           *earlier(events, kinds, renames("/format$"), is_sync("format")))
    yield ("a segment named before its sync",
           *earlier(events, kinds, renames(r"/seg/\d+\.ndj$"),
                    is_sync("segment")))
    yield ("dead letters named before their sync",
           *earlier(events, kinds, renames(r"/dead/.*\.ndjson$"),
                    is_sync("dead letter")))
    yield ("dead letters put aside before their lines are synced",
           *earlier(events, kinds, renames(r"\.requeued$"),
                    is_sync("segment")))
    yield ("a kept segment named before its sync",
           *earlier(events, kinds, renames(r"\.zst$"),
                    is_sync("kept segment")))
    packed = removed_for_kept(events)
    yield ("a plain segment removed before the kept one has its name",
           *earlier(events, kinds, lambda e, k: id(e) in packed,
                    renames(r"\.zst$")))
    yield ("a plain segment removed before the folder is synced",
           *earlier(events, kinds, lambda e, k: id(e) in packed,
                    is_sync("seg/")))
    yield ("a segment removed before the cursor is written",
           *earlier(events, kinds,
                    lambda e, k: e.kind == "U" and "/seg/" in e.args[0],
                    is_cursor))


# -- The campaign --

def choose_cut(rng, events):
    """Anywhere, while the spool is made, or near a rename or removal, or
    when a command has just read its batch."""
    chance = rng.random()
    if chance < 0.1:
        return rng.randrange(min(rng.choice([30, 200]), len(events)))
    if chance < 0.3:
        near = [i for i, e in enumerate(events)
                if e.kind == "N" and e.data.startswith(b"read ")]
        return min(len(events), rng.choice(near) + rng.randrange(1, 4))
    if chance < 0.5:
        near = [i for i, e in enumerate(events) if e.kind in "RU"]
        return min(len(events), rng.choice(near) + rng.randrange(8))
    return rng.randrange(len(events) + 1)


def image(events, cut, mode, seed, root, lines):
    folder = tempfile.mkdtemp(prefix="dp-image.")
    try:
        return Check(events, cut, mode, seed, root, lines, folder).run()
    finally:
        if os.environ.get("KEEP") is None:
            shutil.rmtree(folder)
        else:
            print("# " + folder)


def record(folder, seed):
    os.mkdir(folder)
    Run(folder, seed).run()
    events = read_log(os.path.join(folder, "log"))
    return events, os.path.join(folder, "root"), sent_lines(events)


def campaign(top, images, seed, keep):
    rng = random.Random(seed)
    bad = done = number = 0
    while done < images:
        folder = os.path.join(top, "r%d" % number)
        events, root, lines = record(folder, seed + number)
        faulty = 0
        for _ in range(min(IMAGES_A_RUN, images - done)):
            cut, mode = choose_cut(rng, events), rng.choice(MODES)
            one = rng.randrange(1 << 30)
            faults = image(events, cut, mode, one, root, lines)
            done += 1
            if faults:
                faulty += 1
                print("# cut %d %s %d of run %d" % (cut, mode, one, number))
                for fault in faults[:4]:
                    print("#   " + fault.rstrip())
        number += 1
        print("%sok %d - %d events, %d lines: %d images so far" % (
            "not " if faulty else "", number, len(events), len(lines), done),
            flush=True)
        bad += faulty > 0
        if faulty and keep is not None:
            shutil.copy(os.path.join(folder, "log"),
                        os.path.join(keep, "log%d" % (number - 1)))
            print("# root " + root)
        shutil.rmtree(folder)
    print("1..%d" % number)
    return bad != 0


def campaign_of_mutations(top, images, seed):
    """Each mutation must be seen within so many images of some run."""
    runs = [record(os.path.join(top, "m%d" % i), seed + i) for i in range(6)]
    tables = [list(mutations(events)) for events, _, _ in runs]
    bad = 0
    for n, (name, _, _) in enumerate(tables[0]):
        rng = random.Random("%d %s" % (seed, name))
        seen, first = 0, ""
        why = BEHIND.get(name)
        many = images if why is None else images // 10
        for done in range(1, many + 1):
            _, root, lines = runs[done % 6]
            _, events, went = tables[done % 6][n]
            cut = choose_cut(rng, events)
            spots = [i for i, e in enumerate(events) if id(e) in went]
            if spots and rng.random() < 0.5:
                cut = min(len(events), rng.choice(spots) + rng.randrange(1, 9))
            mode = rng.choice(["drop", "mix", "entries", "prefix"])
            faults = image(events, cut, mode, done, root, lines)
            if faults:
                seen, first = done, faults[0].rstrip()
                break
        print("%sok %d - %s: %s" % (
            "" if seen or why else "not ", n + 1, name,
            "image %d: %s" % (seen, first) if seen else
            "not seen in %d images%s" % (
                many, "; " + why if why else "")), flush=True)
        bad += not seen and not why
    print("1..%d" % len(tables[0]))
    return bad != 0


def replay(log, cut, mode, seed):
    events = read_log(log)
    root = os.path.dirname(next(e.args[1] for e in events if e.kind == "D"))
    for fault in image(events, cut, mode, seed, root, sent_lines(events)):
        print(fault)


def main():
    options = [a for a in sys.argv[1:] if a.startswith("--")]
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    keep = None
    for o in options:
        if o.startswith("--replay="):
            replay(o.split("=", 1)[1], int(args[0]), args[1], int(args[2]))
            return 0
        if o.startswith("--keep="):
            keep = o.split("=", 1)[1]
            os.makedirs(keep, exist_ok=True)
    seed = int(args[1]) if len(args) > 1 else int(time.time())
    print("# seed %d" % seed, flush=True)
    top = tempfile.mkdtemp(prefix="dp-crash.")
    try:
        if "--mutations" in options:
            return campaign_of_mutations(top, int(args[0]), seed)
        return campaign(top, int(args[0]), seed, keep)
    finally:
        shutil.rmtree(top, ignore_errors=True)


sys.exit(main())
