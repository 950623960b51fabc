"""Somebody who runs dp-queue while everything is at work, for kills.py.

Verbs that only look must find no damage, whatever runs beside them; those
that change something may say that they have to wait (75).  Each is killed now
and then.  What may be doubled by that is told: requeue says so in its page.
"""
import glob
import os
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "reader"))
import spool  # noqa: E402

LOOK = ["stat", "ls", "peek", "cat", "check", "dead"]
CHANGE = ["rewind", "requeue", "purge"]


class Operator(threading.Thread):
    def __init__(self, round_, dp_queue, dp_drain):
        super().__init__()
        self.round = round_
        self.program, self.drain = dp_queue, dp_drain
        self.rng = random.Random(round_.rng.random())
        self.ending = False
        self.done = {}      # verb: how often it ended well
        self.doubled = False

    def run(self):
        while not os.path.exists(os.path.join(self.round.queue, "format")):
            time.sleep(0.01)
        while not self.ending:
            time.sleep(self.rng.random() * 0.05)
            verb = self.rng.choice(LOOK + CHANGE * 2)
            words = getattr(self, verb, lambda: [])()
            if words is not None:
                self.one(verb, words, self.rng.random() < 0.2)

    def last(self, verb):
        """When nobody is at work any more: each must do what it does."""
        words = ["--group=main"]
        if verb == "rewind":
            there = self.segments()
            if len(there) == 1 and not self.has_lines(there[0]):
                return      # all is settled and removed: no way back
            words.append(str(there[0]))
        before = self.done.get(verb, 0)
        self.one(verb, words, False)
        if self.done.get(verb, 0) == before:
            self.round.faults.append("the last dp-queue %s failed" % verb)

    def told(self):
        return " ".join("%s %d" % (v, n) for v, n in sorted(
            self.done.items()) if v in CHANGE) or "no verb"

    def one(self, verb, words, kill):
        proc = subprocess.Popen(
            [self.program, verb] + [w for w in words if w[0] == "-"] +
            [self.round.queue] + [w for w in words if w[0] != "-"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        if kill:
            time.sleep(self.rng.random() * 0.006)
            proc.send_signal(signal.SIGKILL)
        said = proc.communicate()[1].decode(errors="replace")
        status = proc.returncode
        if status == 0:
            self.done[verb] = self.done.get(verb, 0) + 1
        if status == -signal.SIGKILL and verb == "requeue":
            self.doubled = True
        # 1: a frame that its writer did not finish.  65: a position that is
        # gone by now, or that the group has not come to.
        allowed = {0, -signal.SIGKILL} | (
            {75} if verb in CHANGE else set()) | (
            {65} if verb in ("rewind", "purge") else set()) | (
            {1} if verb == "check" else set())
        if status not in allowed:
            self.round.faults.append("dp-queue %s: status %d: %s" % (
                verb, status, said.strip()[-300:]))

    def segments(self):
        return sorted(int(os.path.basename(p)[:16]) for p in glob.glob(
            os.path.join(self.round.queue, "seg", "*.ndj")))

    def has_lines(self, number):
        """Is there a frame behind the first line of the segment?"""
        with open(os.path.join(self.round.queue, "seg",
                               "%016d.ndj" % number), "rb") as f:
            return b"\n#dp1 f " in f.read()

    def rewind(self):
        there = self.segments()
        if not there:
            return None
        where = str(self.rng.choice(there))
        if self.rng.random() < 0.5:
            where += ":%d" % self.rng.randrange(40)
        return ["--group=main", where]

    def purge(self):
        """Only what main has settled: the group late keeps that."""
        subprocess.run([self.drain, "--check", "--group=late",
                        self.round.queue], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            floor = spool.Spool(self.round.queue).floor[:16]
        except (ValueError, OSError):
            return None
        if not floor or int(floor) == 0:
            return None
        return ["--yes", "--before=%d" % int(floor)]
