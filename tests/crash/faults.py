#!/usr/bin/env python3
"""Each system call of dp-enqueue and dp-drain fails once, in turn.

usage: faults.py [BYTES [CALLS]]    (BIN: the folder of the programs)

Whatever fails, and how: what was acknowledged is delivered by a dp-drain
that runs afterwards, nothing is lost or made up, the exit status is one that
says what happened, and work goes on when the fault is over.  STEP takes only
every STEP-th byte at which the disk is full.
"""
import errno
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile

BIN = os.path.abspath(os.environ.get("BIN", "build"))
CRASH = os.path.join(BIN, "crash")
FAULT = os.path.join(CRASH, "fault.so")
SINK = os.path.join(CRASH, "sink")
CALLS = ["openat", "pread", "write", "pwrite", "fsync", "fdatasync",
         "ftruncate", "fallocate", "renameat", "unlinkat", "mkdirat",
         "fstat", "fstatat", "faccessat", "flock", "fcntl"]
LINES = [b'{"n":%d,"x":"%s"}' % (n, b"y" * (n % 4 * 40)) for n in range(12)]
LINES[5] = b'{"n":5,"x":"bad"}'

top = tempfile.mkdtemp(prefix="dp-faults.")
count = bad = 0


def ok(good, name, notes=()):
    global count, bad
    count += 1
    bad += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name), flush=True)
    for note in notes[:12]:
        print("# " + note)


class Case:
    def __init__(self, template=None):
        self.root = os.path.join(top, "root")
        shutil.rmtree(self.root, ignore_errors=True)
        if template is None:
            os.mkdir(self.root)
        else:
            shutil.copytree(template, self.root)
        self.queue = os.path.join(self.root, "q")
        self.hit = os.path.join(top, "hit")
        self.out = os.path.join(top, "out")
        for path in (self.hit, self.out):
            if os.path.exists(path):
                os.remove(path)
        self.faults = []

    def env(self, call, at, code):
        if call is None:
            return dict(os.environ, CRASH_OUT=self.out, LD_PRELOAD=FAULT)
        return dict(os.environ, CRASH_OUT=self.out, LD_PRELOAD=FAULT,
                    FAULT_CALL=call, FAULT_AT=str(at),
                    FAULT_ERRNO=str(code), FAULT_ROOT=self.root,
                    FAULT_HIT=self.hit)

    def was_hit(self):
        return os.path.exists(self.hit)

    def enqueue(self, call=None, at=0, code=0):
        """Returns what was acknowledged."""
        text = b"".join(b"%d\t0\t%s\n" % (n, x) for n, x in enumerate(LINES))
        done = subprocess.run(
            [os.path.join(BIN, "dp-enqueue"), "--tag", "--batch-records=2",
             "--segment-bytes=700", "--min-free=0", self.queue],
            input=text, capture_output=True, env=self.env(call, at, code))
        self.status, self.err = done.returncode, done.stderr.decode()
        acked = []
        for receipt in done.stdout.split(b"\n")[:-1]:
            tag, number = receipt.split(b"\t")[:2]
            if number == b"0":
                acked.append(LINES[int(tag)])
        return acked

    def enqueue_file(self, call=None, at=0, code=0, segment=900):
        """The same from a file, where batches share a sync."""
        name = os.path.join(self.root, "..", "lines")
        with open(name, "wb") as f:
            f.write(b"".join(x + b"\n" for x in LINES))
        done = subprocess.run(
            [os.path.join(BIN, "dp-enqueue"), "--batch-records=2",
             "--segment-bytes=%d" % segment, "--min-free=0", self.queue,
             name],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=self.env(call, at, code))
        self.status, self.err = done.returncode, done.stderr.decode()
        return LINES if self.status == 0 else []

    def drain(self, call=None, at=0, code=0, group="main"):
        done = subprocess.run(
            [os.path.join(BIN, "dp-drain"), "--batch-records=3",
             "--max-tries=9", "--group=" + group, self.queue, "--", SINK],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=self.env(call, at, code))
        self.status, self.err = done.returncode, done.stderr.decode()

    def stored(self):
        """What the sink took; and the dead letters for the bad ones."""
        got = []
        if os.path.exists(self.out):
            with open(self.out, "rb") as f:
                got = [x for x in f.read().split(b"\n")
                       if x.startswith(b"{") and b"bad" not in x]
        for path, _, names in os.walk(os.path.join(self.queue, "dead")):
            for name in names:
                if not name.endswith(".new"):
                    with open(os.path.join(path, name), "rb") as f:
                        got += [json.loads(x)["raw"].encode()
                                for x in f.read().split(b"\n")[:-1]]
        return got

    def fault(self, text):
        self.faults.append(text)

    def finish(self, acked):
        """Without the fault all comes, and then no more."""
        self.drain()
        if self.status != 0:
            self.fault("dp-drain afterwards: exit %d: %s" % (
                self.status, self.err))
        got = self.stored()
        # As often as it was acknowledged, at least.
        lost = [x for x in set(acked) if got.count(x) < acked.count(x)]
        if lost:
            self.fault("lost: %r" % lost[:3])
        if not set(got) <= set(LINES):
            self.fault("invented: %r" % (set(got) - set(LINES)))
        self.drain()
        if self.status != 0 or len(self.stored()) != len(got):
            self.fault("not empty afterwards, exit %d: %s" % (
                self.status, self.err))


def enqueue_case(call, at, code, how=Case.enqueue):
    c = Case()
    acked = how(c, call, at, code)
    was_hit = c.was_hit()
    if c.status not in (0, 74, 75, 77):
        c.fault("dp-enqueue: exit %d: %s" % (c.status, c.err))
    if not was_hit and (c.status != 0 or len(acked) != len(LINES)):
        c.fault("dp-enqueue without a fault: exit %d, %s" % (c.status, c.err))
    if was_hit and c.status not in (0,) and not c.err:
        c.fault("no message")
    # The same lines again: now there must be room, and no leftovers.
    more = c.enqueue()
    if c.status != 0 or len(more) != len(LINES):
        c.fault("dp-enqueue afterwards: exit %d: %s" % (c.status, c.err))
    c.finish(acked + more)
    if (call not in ("fdatasync", "fsync", "room", "pwrite") and was_hit and
            acked):
        twice = [x for x in LINES if c.stored().count(x) >
                 acked.count(x) + 1]
        if twice:
            c.fault("too often: %r" % twice[:3])
    return was_hit, c.faults


def file_case(call, at, code):
    return enqueue_case(call, at, code, Case.enqueue_file)


def roomy_case(call, at, code):
    """One segment holds all: the last sync fails with frames before it."""
    return enqueue_case(call, at, code, functools.partial(
        Case.enqueue_file, segment=65536))


def kept_case(template, call, at, code):
    """What is settled stays, compressed: it is there for another group."""
    c = Case(template)
    subprocess.run([os.path.join(BIN, "dp-queue"), "keep", "--keep-bytes=1m",
                    c.queue], check=True, env=c.env(None, 0, 0))
    was_hit, faults = drain_case(template, call, at, code, c)
    os.remove(c.out)
    c.drain(group="again")
    again = [x for x in c.stored() if b"bad" not in x]
    if c.status != 0 or again != [x for x in LINES if b"bad" not in x]:
        faults.append("replay: exit %d, %d lines: %s" % (
            c.status, len(again), c.err))
    if os.path.exists(os.path.join(c.queue, "kept.new")):
        faults.append("left behind: kept.new")
    return was_hit, faults


def drain_case(template, call, at, code, c=None):
    c = c or Case(template)
    c.drain(call, at, code)
    was_hit = c.was_hit()
    if c.status not in (0, 74, 75, 77):
        c.fault("dp-drain: exit %d: %s" % (c.status, c.err))
    if c.status == 0 and set(c.stored()) != set(LINES):
        c.fault("exit 0, but not all is settled")
    if c.status != 0 and not c.err:
        c.fault("no message")
    if "damaged" in c.err or "verify" in c.err:
        c.fault("called damage: " + c.err)
    c.finish(LINES)
    return was_hit, c.faults


def sweep(name, one, call, code, numbers):
    notes, n = [], 0
    for n in numbers:
        was_hit, faults = one(call, n, code)
        notes += ["%s %d: %s" % (call, n, f.rstrip()) for f in faults]
        if not was_hit:
            break
    ok(not notes, "%s: %s fails (%s), %d times" % (
        name, call, errno.errorcode.get(code, "short"), n), notes)


def main():
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    calls = range(1, 2000, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    c = Case()
    c.enqueue()
    template = os.path.join(top, "template")
    shutil.copytree(c.root, template)

    def drained(call, at, code):
        return drain_case(template, call, at, code)

    def kept(call, at, code):
        return kept_case(template, call, at, code)

    for call in CALLS:
        codes = {"openat": [errno.EMFILE, errno.EIO],
                 "pwrite": [errno.EIO, 0], "write": [errno.EIO, 0],
                 "fallocate": [errno.ENOSPC],
                 "fcntl": [errno.ENOLCK]}.get(call, [errno.EIO])
        for code in codes:
            sweep("dp-enqueue", enqueue_case, call, code, calls)
            sweep("dp-enqueue FILE", file_case, call, code, calls)
            if call == "fdatasync":
                sweep("dp-enqueue FILE, one segment", roomy_case, call, code,
                      calls)
            sweep("dp-drain", drained, call, code, calls)
            sweep("dp-drain, and keep", kept, call, code, calls)
    for code in (errno.EOPNOTSUPP, errno.ENOSPC):
        sweep("dp-enqueue, the disk full at each byte", enqueue_case, "room",
              code, range(0, 200000, step))
        sweep("dp-drain, the disk full at each byte", drained, "room",
              code, range(0, 200000, step * 13))
        sweep("dp-drain, and keep, the disk full at each byte", kept, "room",
              code, range(0, 200000, step * 13))
    print("1..%d" % count)
    return bad != 0


try:
    sys.exit(main())
finally:
    shutil.rmtree(top, ignore_errors=True)
