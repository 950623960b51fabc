#!/usr/bin/env python3
"""8 writers, 8 workers, 2 groups, for a while: what goes in comes out.

usage: crowd.py SECONDS      (BIN: the folder of the programs)

Writers with frames of different sizes share a spool that is bounded, so that
they wait for the workers; each group has four dp-drain with two workers.  For
each group, what its commands took is compared with what was written as a
multiset, by the number of lines and the sum of their hashes (crowd.c); the
batches of a lane must lie one behind the other, and the lines of a writer
rise in it.  Prints TAP, and the rates and the memory of it.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BIN = os.path.abspath(os.environ.get("BIN", "build"))
WRITERS, DRAINS, WORKERS = 8, 4, 2
GROUPS = ("main", "other")
ROOM = "1g"


def program(name):
    return os.path.join(BIN, name)


class Crowd:
    def __init__(self, folder, seconds):
        self.folder, self.seconds = folder, seconds
        self.queue = os.path.join(folder, "q")
        self.log = open(os.path.join(folder, "log"), "wb")
        self.peaks = {}
        self.count = self.bad = 0

    def ok(self, good, name, why=""):
        self.count += 1
        self.bad += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, name),
              flush=True)
        if not good:
            print("# " + str(why)[:2000])

    def path(self, name):
        return os.path.join(self.folder, name)

    def writer(self, n):
        """Frames of 1 MiB, of 1,000 lines, of 17 lines ..."""
        size = ["--batch-bytes=1m", "--batch-records=1000",
                "--batch-records=17", "--batch-bytes=64k"][n % 4]
        made = subprocess.Popen(
            [program("crash/crowd"), "make", "w%d" % n, str(self.seconds),
             self.path("made")], stdout=subprocess.PIPE, stderr=self.log,
            stdin=subprocess.DEVNULL)
        stored = subprocess.Popen(
            [program("dp-enqueue"), size, "--max-bytes=" + ROOM,
             "--wait=1h", "--segment-bytes=16m", self.queue],
            stdin=made.stdout, stdout=self.log, stderr=self.log)
        made.stdout.close()
        return made, stored

    def drain(self, group, follow):
        return subprocess.Popen(
            [program("dp-drain"), "--group=" + group,
             "--workers=%d" % WORKERS, "--batch-bytes=4m"] + follow +
            [self.queue, "--", program("crash/crowd"), "take",
             self.path("took." + group)], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log)

    def note_peaks(self, procs):
        for name, p in procs:
            try:
                with open("/proc/%d/status" % p.pid) as f:
                    for line in f:
                        if line.startswith("VmHWM"):
                            self.peaks[name] = max(
                                self.peaks.get(name, 0), int(line.split()[1]))
            except OSError:
                pass

    def made(self):
        """(lines, sum) of all writers."""
        with open(self.path("made")) as f:
            rows = [line.split() for line in f]
        return (sum(int(n) for _, n, _ in rows),
                sum(int(s, 16) for _, _, s in rows) % 2 ** 64)

    def took(self, group):
        """[lane, first, end, lines, sum, [(writer, first, last)]]"""
        out = []
        try:
            f = open(self.path("took." + group))
        except FileNotFoundError:
            return out
        with f:
            for line in f:
                if not line.endswith("\n"):
                    break
                name, lines, total, *writers = line.split()
                lane, span = name.split("/")[-1].split(":")
                first, end = span.split("-")
                out.append((lane, int(first), int(end), int(lines),
                            int(total, 16),
                            [(w.split("=")[0],
                              *map(int, w.split("=")[1].split("-")))
                             for w in writers]))
        return sorted(out)

    def compare(self, group):
        rows = self.took(group)
        lines, total = self.made()
        self.ok(sum(r[3] for r in rows) == lines,
                "%s: as many lines as were written, %d" % (group, lines),
                sum(r[3] for r in rows))
        self.ok(sum(r[4] for r in rows) % 2 ** 64 == total,
                "%s: the same lines" % group)
        faults, at, last = [], {}, {}
        for lane, first, end, n, _, writers in rows:
            if n != end - first or first != at.get(lane, 0):
                faults.append("%s:%d-%d, %d lines, behind %d" % (
                    lane, first, end, n, at.get(lane, 0)))
            at[lane] = end
            for w, low, high in writers:
                if low <= last.get((lane, w), -1):
                    faults.append("%s: %s out of order" % (lane, w))
                last[lane, w] = high
        self.ok(not faults, "%s: %d batches of %d lanes, without a gap, in "
                "order" % (group, len(rows), len(at)), faults[:5])

    def ended(self, group):
        lines, _ = self.made()
        return sum(r[3] for r in self.took(group)) >= lines

    def run(self):
        began = time.monotonic()
        subprocess.run([program("dp-enqueue"), "--segment-bytes=16m",
                        self.queue], input=b"", check=True)
        writers = [self.writer(n) for n in range(WRITERS)]
        drains = [self.drain(g, ["-f"]) for g in GROUPS
                  for _ in range(DRAINS)]
        named = [("dp-enqueue", s) for _, s in writers] + \
                [("dp-drain", d) for d in drains]
        while any(s.poll() is None for _, s in writers):
            self.note_peaks(named)
            time.sleep(0.5)
        self.ok(all(m.wait() == 0 and s.wait() == 0 for m, s in writers),
                "%d writers end well" % WRITERS,
                [(m.returncode, s.returncode) for m, s in writers])
        wrote = time.monotonic() - began
        until = time.monotonic() + 60 + self.seconds
        while time.monotonic() < until and \
                not all(self.ended(g) for g in GROUPS):
            time.sleep(0.2)
        took = time.monotonic() - began
        for d in drains:
            d.send_signal(signal.SIGTERM)
        ends = [d.wait() for d in drains]
        self.ok(all(e == -signal.SIGTERM for e in ends),
                "%d followers end by SIGTERM" % len(ends), ends)
        for group in GROUPS:
            self.ok(self.drain(group, []).wait() == 0,
                    "%s: nothing is left" % group)
            self.compare(group)
        self.ok(subprocess.run([program("dp-queue"), "check", self.queue],
                               stdout=self.log).returncode == 0,
                "dp-queue check finds no fault")
        left = os.listdir(os.path.join(self.queue, "seg"))
        self.ok(len(left) == 1, "one segment is left", left)
        lines, _ = self.made()
        print("# %.0f lines/s in, %.0f lines/s out to each of %d groups; "
              "peak RSS, MB: %s" % (
                  lines / wrote, lines / took, len(GROUPS),
                  ", ".join("%s %.1f" % (n, k / 1024)
                            for n, k in sorted(self.peaks.items()))))


def main():
    seconds = float(sys.argv[1])
    folder = tempfile.mkdtemp(prefix="dp-crowd.")
    crowd = Crowd(folder, seconds)
    try:
        crowd.run()
        if crowd.bad:
            with open(crowd.path("log"), errors="replace") as f:
                print("# " + "# ".join(f.readlines()[-20:]))
    finally:
        if not (crowd.bad and os.environ.get("KEEP")):
            shutil.rmtree(folder, ignore_errors=True)
    print("1..%d" % crowd.count)
    return crowd.bad != 0


if __name__ == "__main__":
    sys.exit(main())
