#!/usr/bin/env python3
"""Compares the table "wild" with the events it was loaded from, by value.

usage: compare.py EVENTS sqlite DB
       compare.py EVENTS copy FILE     (PostgreSQL's COPY in text format of
                                        id, big, text, flag, any, long)

A slow reader that shares nothing with the programs: Python's own JSON, with
numbers as text or as exact decimals, and a COPY parser of its own.  Numbers
in SQLite must be the bytes that stood in the event; in PostgreSQL, whose
numeric and jsonb write a value anew, they must be the same value.
"""
import decimal
import json
import sqlite3
import sys

decimal.getcontext().prec = 2000
COLUMNS = ("id", "big", "text", "flag", "any", "long")
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
           "\\": "\\"}


def copy_field(field):
    """PostgreSQL manual, COPY, "Text Format"."""
    if field == "\\N":
        return None
    out, i = [], 0
    while i < len(field):
        if field[i] == "\\":
            i += 1
            out.append(ESCAPES[field[i]])
        else:
            out.append(field[i])
        i += 1
    return "".join(out)


def copy_rows(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        for line in f:
            row = [copy_field(x) for x in line.rstrip("\n").split("\t")]
            yield [int(row[0])] + row[1:3] + [row[3] == "t"] + row[4:]


def sqlite_rows(path):
    with sqlite3.connect(path) as db:
        for row in db.execute('SELECT id, big, text, flag, "any", long '
                              'FROM wild ORDER BY id'):
            yield [row[0], str(row[1]), row[2], bool(row[3]), row[4], row[5]]


def main():
    events, kind, path = sys.argv[1:]
    exact = kind == "sqlite"
    number = str if exact else decimal.Decimal
    rows = sqlite_rows(path) if exact else copy_rows(path)

    def parse(text):
        return json.loads(text, parse_int=number, parse_float=number)

    count = 0
    with open(events, encoding="utf-8", newline="\n") as f:
        for line in f:
            event = parse(line)
            row = dict(zip(COLUMNS, next(rows)))
            row["id"] = number(row["id"])
            row["big"] = number(row["big"])
            # A JSON null is SQL's.
            row["any"] = None if row["any"] is None else parse(row["any"])
            for name in COLUMNS:
                if row[name] != event.get(name):
                    sys.exit("event %d: %s is %.200r, not %.200r" % (
                        count, name, row[name], event.get(name)))
            count += 1
    if next(rows, None) is not None:
        sys.exit("there are more rows than events")
    print("%d events are in the table, value by value" % count)


main()
