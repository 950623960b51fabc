#!/usr/bin/env python3
"""Reads a spool, written from dp-spool(5) alone.

usage: spool.py QUEUE [GROUP]

Prints what waits for the group, as "dp-drain --peek" does.  It is here to
prove the page, and for the day when our own tools are missing.
"""
import ctypes
import os
import re
import subprocess
import sys

_hash = ctypes.CDLL("libxxhash.so.0").XXH3_64bits_withSeed
_hash.restype = ctypes.c_uint64
_hash.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
HEAD, LINE, SLOT = 256, 93, 4096


def check(data, seed):
    return b"%016x" % _hash(bytes(data), len(data), seed)


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


class Spool:
    def __init__(self, path, group="main"):
        self.path = path
        text = read(os.path.join(path, "format"))
        m = re.match(rb"(data-pipe spool 1\nid ([0-9a-f]{32})\n"
                     rb"created \S+\nsegment-bytes \d+\n)check (.{16})\n", text)
        if not m or check(m.group(1), 0) != m.group(3):
            raise ValueError(path + ": no spool of format 1")
        self.id = m.group(2)
        self.seed = _hash(self.id, 32, 0)
        self.floor, self.lanes = self.cursor(group)

    def segments(self):
        names = os.listdir(os.path.join(self.path, "seg"))
        return sorted({int(n[:16]) for n in names
                       if re.fullmatch(r"\d{16}\.ndj(\.zst)?", n)})

    def segment(self, number):
        name = os.path.join(self.path, "seg", "%016d.ndj" % number)
        if os.path.exists(name + ".zst") and not os.path.exists(name):
            return subprocess.run(["zstd", "-dcq", name + ".zst"],
                                  stdout=subprocess.PIPE).stdout
        return read(name)

    def lane(self, number, data):
        """NUMBER-NONCE, from the first line of the segment."""
        head = data[:HEAD].ljust(HEAD, b"\0")
        m = re.fullmatch(rb"(#dp1 s (\d{16}) ([0-9a-f]{16}) ([0-9a-f]{32}) "
                         rb"[0-9a-f]{32} \d{20} \d{20} )([0-9a-f]{16}) +\n",
                         head, re.S)
        if m and int(m.group(2)) == number and m.group(4) == self.id and \
                check(m.group(1), self.seed) == m.group(5):
            nonce = m.group(3)
        else:
            nonce = check(head, self.seed)
        return b"%016d-%s" % (number, nonce)

    def cursor(self, group):
        """The floor, and (line, done) of each lane that is named."""
        data = read(os.path.join(self.path, "group", group, "cursor"))
        best = 0, b"", {}
        for at in (0, SLOT):
            m = re.match(rb"(#dp1 c (\d{20}) (\d{16}-[0-9a-f]{16}) (\d{4})\n"
                         rb"((?:\d{16}-[0-9a-f]{16} \d{16} \d{12} "
                         rb"(?:open|done)\n)*)(?:#dp1 r [0-9 ]{75}\n)?)#dp1 e ([0-9a-f]{16})",
                         data[at:at + SLOT])
            if not m or check(m.group(1), self.seed) != m.group(6) or \
                    int(m.group(2)) <= best[0]:
                continue
            lanes = {}
            for line in m.group(5).splitlines():
                name, first, _, state = line.split(b" ")
                lanes[name] = int(first), state == b"done"
            best = int(m.group(2)), m.group(3), lanes
        return best[1:]

    def frame(self, number, data, at):
        """The frame at this place: (first, lines, payload), or None."""
        m = re.fullmatch(rb"#dp1 f (\d{16}) (\d{12}) (\d{10}) (\d{16}) "
                         rb"(\d{10}) ([0-9a-f]{16})\n", data[at:at + LINE])
        if not m or int(m.group(1)) != number or int(m.group(2)) != at:
            return None
        size = int(m.group(3))
        payload = data[at + LINE:at + LINE + size]
        if len(payload) < size or \
                check(data[at:at + 76] + payload, self.seed) != m.group(6):
            return None
        return int(m.group(4)), int(m.group(5)), payload

    def frames(self, number, data):
        at, mark = HEAD, b"#dp1 f %016d" % number
        while at != -1:
            frame = self.frame(number, data, at)
            if frame is None:
                at = data.find(mark, at + 1)
                continue
            yield frame
            at += LINE + len(frame[2])

    def waiting(self):
        """What the group has not settled, in order."""
        numbers = self.segments()
        names = {n: self.lane(n, self.segment(n)) for n in numbers}
        start = 0
        if self.floor in names.values():
            start = int(self.floor[:16])
        for n in numbers:
            if n < start:
                continue
            line, done = self.lanes.get(names[n], (0, False))
            if done:
                continue
            for first, lines, payload in self.frames(n, self.segment(n)):
                if first + lines > line:
                    skip = max(0, line - first)
                    yield b"".join(payload.splitlines(True)[skip:]) \
                        if skip else payload


if __name__ == "__main__":
    for piece in Spool(*sys.argv[1:3]).waiting():
        sys.stdout.buffer.write(piece)
