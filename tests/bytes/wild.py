#!/usr/bin/env python3
"""Writes events that a careless program changes on their way.

usage: wild.py COUNT [SEED]

Integers of 20 digits, 1e400, numbers written in every way of the grammar,
escapes of every kind, text of every Unicode plane, empty keys, nested
values, CRLF, and a string of 1,000,000 bytes in every 10,000th event.
One type, "wild": number, text, flag and any value under fixed names, and
more under others.
"""
import random
import sys

PLANES = [0x61, 0xe9, 0x3b1, 0x4e2d, 0xfffd, 0x1f600, 0x20000, 0x30000,
          0xe0001, 0xf0000, 0x10fffd]
NUMBERS = ["0", "-0", "1.0", "1e3", "1E+3", "1e-3", "-0.0", "1e400",
           "-1e-400", "12345678901234567890", "-98765432109876543210",
           "9007199254740993", "0.1", "100000000000000000000.5",
           "3.141592653589793238462643383279", "1.7976931348623157e308",
           "5e-324", "9223372036854775807", "-9223372036854775808"]
ESCAPES = ['\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t",
           "\\u0001", "\\u001f", "\\u00e9", "\\u4E2D", "\\ud83d\\ude00",
           "\\uDBFF\\uDFFF", "\\u2028"]


def text(rng, longest=12):
    out = []
    for _ in range(rng.randrange(longest)):
        n = rng.randrange(6)
        if n == 0:
            out.append(rng.choice(ESCAPES))
        elif n == 1:
            out.append(chr(rng.choice(PLANES)))
        else:
            out.append(chr(rng.choice(
                b"abc XYZ019,;:'{}[]()#\t"[:-1])))
    return '"' + "".join(out) + '"'


def value(rng, depth):
    n = rng.randrange(9 if depth > 0 else 6)
    if n < 2:
        return rng.choice(NUMBERS)
    if n < 4:
        return text(rng)
    if n < 6:
        return rng.choice(["true", "false", "null"])
    if n == 6:
        return "[" + ", ".join(value(rng, depth - 1)
                               for _ in range(rng.randrange(4))) + "]"
    keys = [text(rng, 3) for _ in range(rng.randrange(4))]
    return "{" + ",".join('"%d%s:%s' % (i, k[1:], value(rng, depth - 1))
                          for i, k in enumerate(keys)) + "}"


def event(rng, i):
    members = ['"event_name":"wild"', '"id":%d' % i,
               '"big":%s' % rng.choice(NUMBERS),
               '"text":%s' % text(rng, 40),
               '"flag":%s' % rng.choice(["true", "false"]),
               '"any":%s' % value(rng, 3)]
    if i % 10000 == 9999:
        members.append('"long":"%s"' % (text(rng, 40)[1:-1] +
                                         "x" * 1000000))
    if rng.random() < 0.3:
        members.append('"":%s' % value(rng, 1))
    if rng.random() < 0.3:
        rng.shuffle(members)
    space = rng.choice(["", " ", "  ", "\t"])
    line = "{" + space + ("," + space).join(members) + space + "}"
    return line + ("\r" if i % 50 == 7 else "")


def main():
    count = int(sys.argv[1])
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for i in range(count):
        sys.stdout.buffer.write(event(rng, i).encode() + b"\n")


main()
