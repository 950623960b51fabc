#!/usr/bin/env python3
"""Random values of every type, and what a table must hold of them.

usage: values.py make COUNT FOLDER [SEED]   values.ndjson, tables, and what
                                            is to be read back or rejected
       values.py sqlite DB FOLDER           compares a table in SQLite

What a value is comes from Python's own exact arithmetic (decimal, fractions,
datetime, ipaddress), never from the program under test.  In PostgreSQL each
column is read back through an expression that shows its bytes or its exact
text, and all of it is compared as one file.
"""
import base64
import datetime
import decimal
import fractions
import ipaddress
import json
import random
import sqlite3
import struct
import sys
import uuid

decimal.getcontext().prec = 200000
decimal.getcontext().Emax = decimal.MAX_EMAX
decimal.getcontext().Emin = decimal.MIN_EMIN
R = random.Random()
EPOCH = datetime.datetime(2000, 1, 1)
US = datetime.timedelta(microseconds=1)
CHARS = ["a", "Z", " ", "'", '"', "\\", "/", "\n", "\t", "\x01", "\x1f",
         "\x7f", "é", "β", "中", "\ufffd", "😀", "𠀀", "\U0010ffff", "{", ",",
         "\u2028", "\\N", "\\.", "|", "%"]


class Bad(Exception):
    """The value is to be rejected, with a code."""


def quote(s):
    """The JSON string of s, each character in one of the ways JSON has."""
    out = []
    short = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f",
             "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    for c in s:
        n = R.randrange(12)
        if n == 0:
            for unit in struct.unpack(">%dH" % (len(c.encode("utf-16-be")) // 2),
                                      c.encode("utf-16-be")):
                out.append(("\\u%04x" if R.random() < .5 else "\\u%04X") % unit)
        elif c in short and (c != "/" or n == 1):
            out.append(short[c])
        elif c < " ":
            out.append("\\u%04x" % ord(c))
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def plain(s):
    """A string that is rarely written with escapes."""
    return quote(s) if R.random() < .1 else '"' + s + '"'


def text(longest):
    return "".join(R.choice(CHARS) for _ in range(R.randrange(longest + 1)))


def integer(bits):
    low, high = -2 ** (bits - 1), 2 ** (bits - 1) - 1

    def make(bad):
        if bad:
            if R.random() < .3:
                raise Bad(R.choice(["1.5", '"1"', "true", "[1]", "1e-1"]),
                          "type")
            raise Bad(str(R.choice([low - 1, high + 1, 10 ** 30, -10 ** 19])),
                      "range")
        n = R.choice([low, high, 0, R.randrange(low, high + 1),
                      R.randrange(-1000, 1000)])
        form = R.choice(["%d", "%d", "%d", "%d.0", "%d00e-2", "%de0"])
        if n % 1000 == 0 and R.random() < .5:
            return "%de3" % (n // 1000), str(n)
        if n == 0 and R.random() < .3:
            return "-0", "0"
        return form % n if n != 0 else R.choice(["0", "0.00", "0e5"]), str(n)
    return make


def digits(n):
    return "".join(R.choice("0123456789") for _ in range(n))


def number():
    """A JSON number."""
    whole = R.choice(["0", str(R.randrange(1, 10)) + digits(R.randrange(25))])
    n = R.choice(["", "-"]) + whole
    if R.random() < .6:
        n += "." + digits(R.randrange(1, 25))
    if R.random() < .3:
        n += R.choice("eE") + R.choice(["", "+", "-"]) + str(R.randrange(40))
    return n


def fixed(text):
    d = decimal.Decimal(text)
    return format(abs(d) if d == 0 else d, "f")


def numeric(bad):
    if bad:
        n = R.randrange(3)
        if n == 0:
            raise Bad(R.choice(['"1"', "false", "{}"]), "type")
        raise Bad(R.choice(["1e131072", "-1e999999999999", "1e-16384",
                            "0." + "0" * 16383 + "1"]), "range")
    n = number() if R.random() < .99 else R.choice([
        "1e131071", "-9.99e-16381", "1e-16383", "-0.00", "1e400"])
    if len(fixed(n).partition(".")[2]) > 16383:
        return numeric(bad)
    return n, fixed(n)


def money(bad):
    """numeric(12,4)"""
    if bad:
        raise Bad(R.choice(["100000000", "-1e8", "0.00001", "1.00005",
                            "1e-5", "99999999.99999"]), "range")
    n = R.choice([1, -1]) * R.randrange(1, 10 ** 12)
    d = decimal.Decimal(n).scaleb(-4)
    form = R.choice([format(d, "f"), "%de-4" % n, "%d0e-5" % n,
                     format(d.normalize(), "f")])
    return form, fixed(format(d, ".4f"))


def nearest32(text):
    """The float32 nearest to a decimal, ties to even; None beyond."""
    exact = fractions.Fraction(text)
    try:
        near = struct.unpack(">i", struct.pack(">f", float(exact)))[0]
    except OverflowError:
        near = 0x7f7fffff if exact > 0 else 0x7f7fffff - 2 ** 31
    best = None
    for step in (-1, 0, 1):
        bits = near + step
        value = struct.unpack(">f", struct.pack(">I", bits & 0xffffffff))[0]
        if value != value:
            continue
        at = fractions.Fraction(2) ** 128 * (1 if value > 0 else -1) \
            if value in (float("inf"), float("-inf")) \
            else fractions.Fraction(value)
        rank = (abs(at - exact), bits & 1)
        if best is None or rank < best[0]:
            best = (rank, value)
    if best[1] in (float("inf"), float("-inf")):
        return None
    return best[1]


def negative_zero(text, value):
    return -0.0 if value == 0 and text.startswith("-") else value


def float4(bad):
    if bad:
        raise Bad(R.choice(["3.5e38", "-1e39", "1e-46", "7e-46", "1e400"]),
                  "range")
    n = R.choice([number(), "3.4028235e38", "-1.1754944e-38", "1e-45",
                  "16777217", "0.1", "-0.0", "3.4028235677973366e38",
                  repr(struct.unpack(">f", struct.pack(
                      ">I", R.randrange(0x7f800000)))[0])])
    value = nearest32(n)
    if value is None or (value == 0 and fractions.Fraction(n) != 0):
        raise Bad(n, "range")
    return n, struct.pack(">f", negative_zero(n, value)).hex()


def double(bad):
    if bad:
        raise Bad(R.choice(["1e309", "-1.8e308", "1e-324", "2e-324",
                            "1e99999"]), "range")
    n = R.choice([number(), "1.7976931348623157e308", "5e-324", "-0.0",
                  "2.2250738585072011e-308", "9007199254740993", "0.1",
                  repr(struct.unpack(">d", struct.pack(
                      ">Q", R.randrange(0x7ff0000000000000)))[0]),
                  "%.30e" % R.uniform(-1e10, 1e10)])
    value = float(n)
    if value == 0 and fractions.Fraction(n) != 0:
        raise Bad(n, "range")
    return n, value


def float8(bad):
    n, value = double(bad)
    return n, struct.pack(">d", value).hex()


def boolean(bad):
    if bad:
        raise Bad(R.choice(["0", "1", '"true"', "[]"]), "type")
    return R.choice([("true", "t"), ("false", "f")])


def string(bad):
    if bad:
        raise Bad(*R.choice([("1", "type"), ("{}", "type"),
                             ('"a\\u0000b"', "nul")]))
    s = text(30)
    return quote(s), s.encode().hex()


def short(pad):
    def make(bad):
        if bad:
            raise Bad(quote("é" * 6), "maxLength")
        s = "".join(R.choice("aé中😀 ") for _ in range(R.randrange(6)))
        return quote(s), (s.rstrip(" ") if pad else s).encode().hex()
    return make


def label(bad):
    if bad:
        raise Bad(*R.choice([('"Red"', "enum"), ('""', "enum"),
                             ("1", "type")]))
    s = R.choice(["red", "it's", "blau é", 'a"b'])
    return quote(s), s


def fraction():
    """Digits of a second, and the microseconds they are, half up."""
    if R.random() < .4:
        return "", 0
    d = digits(R.randrange(1, 12))
    return "." + d, (int(d.ljust(12, "0")) + 500000) // 1000000


def clock():
    h, m, s = R.randrange(24), R.randrange(60), R.choice(
        [R.randrange(60), 59, 60])
    if s == 60:
        h, m = 23, 59
    frac, us = ("", 0) if s == 60 else fraction()
    return "%02d:%02d:%02d%s" % (h, m, s, frac), \
        ((h * 60 + m) * 60 + s) * 1000000 + us


def day():
    d = R.choice([datetime.date(1, 1, 1), datetime.date(9999, 12, 31),
                  datetime.date(2000, 2, 29), datetime.date(1900, 2, 28),
                  datetime.date.fromordinal(R.randrange(1, 3652060))])
    return "%04d-%02d-%02d" % (d.year, d.month, d.day), \
        d.toordinal() - EPOCH.toordinal()


def offset(limit=24):
    if R.random() < .4:
        return R.choice("Zz"), 0
    h, m, sign = R.randrange(limit), R.randrange(60), R.choice([1, -1])
    return "%s%02d:%02d" % ("+" if sign > 0 else "-", h, m), \
        sign * (h * 60 + m) * 60


def stamp(zone):
    bad_ones = ["2026-02-29T00:00:00", "2026-13-01T00:00:00",
                "2026-01-01T24:00:00", "2026-1-1T00:00:00",
                "2026-01-01T00:00", "infinity", "-infinity", "now", "",
                "2026-01-01T00:00:61", "2026-01-01T00:00:00.",
                "10000-01-01T00:00:00"]

    def make(bad):
        if bad:
            if R.random() < .1:
                raise Bad("1764000000", "type")
            if R.random() < .1:
                raise Bad('"0000-06-01T00:00:00Z"', "range")
            raise Bad(plain(R.choice(bad_ones) + ("Z" if zone else "")) if
                      R.random() < .8 or not zone
                      else '"2026-01-01T00:00:00"', "format")
        d, days = day()
        c, us = clock()
        z, east = offset() if zone else R.choice([("", 0), ("Z", 0)])
        total = days * 86400000000 + us - east * 1000000
        return plain(d + R.choice("Tt ") + c + z), \
            struct.pack(">q", total).hex()
    return make


def date(bad):
    if bad:
        raise Bad(*R.choice([('"1900-02-29"', "format"), ("20260101", "type"),
                             ('"2026-01-01T00:00:00Z"', "format"),
                             ('"infinity"', "format"),
                             ('"0000-01-01"', "range")]))
    d, days = day()
    return plain(d), struct.pack(">i", days).hex()


def time(bad):
    if bad:
        raise Bad(*R.choice([('"24:00:00"', "format"), ("1", "type"),
                             ('"12:00:00+01:00"', "format"),
                             ('"12:00"', "format")]))
    c, us = clock()
    return plain(c + R.choice(["", "Z"])), struct.pack(">q", us).hex()


def timetz(bad):
    if bad:
        raise Bad(*R.choice([('"12:00:00"', "format"), ("1", "type"),
                             ('"12:00:00+16:00"', "range"),
                             ('"12:00:00+1:00"', "format")]))
    c, us = clock()
    z, east = offset(16)
    return plain(c + z), struct.pack(">qi", us, -east).hex()


def interval(bad):
    if bad:
        raise Bad(*R.choice([
            ('"P"', "format"), ('"PT"', "format"), ('"P1S"', "format"),
            ('"1 day"', "format"), ('"P1.5D"', "format"), ("5", "type"),
            ('"P1D1Y"', "format"), ('"P1DT"', "format"), ('""', "format"),
            ('"P178956971Y"', "range"), ('"P306783379W"', "range"),
            ('"PT2562047789H"', "range"), ('"PT99999999999999999999S"',
                                           "range")]))
    months = days = us = 0
    out = ""
    sign = R.choice([1, 1, -1])

    def part(letter, limit):
        nonlocal out
        if R.random() < .5:
            return 0
        n = R.choice([0, 1, R.randrange(limit)]) * R.choice([1, 1, -1])
        out += "%d%s" % (n, letter)
        return n * sign
    months += 12 * part("Y", 10000) + part("M", 1000000)
    days += 7 * part("W", 1000000) + part("D", 100000000)
    clock_at = len(out)
    us += part("H", 2000000) * 3600000000 + part("M", 1000000) * 60000000
    if R.random() < .5 or not out:
        f, micro = fraction()
        minus = R.choice(["", "-"])
        n = R.randrange(100000000)
        out += "%s%d%sS" % (minus, n, f)
        us += sign * (-1 if minus else 1) * (n * 1000000 + micro)
    if len(out) > clock_at:
        out = out[:clock_at] + "T" + out[clock_at:]
    return plain(("-" if sign < 0 else "") + "P" + out), \
        struct.pack(">qii", us, days, months).hex()


def bytes_(bad):
    if bad:
        raise Bad(*R.choice([('"abc"', "format"), ('"ab=="', "format"),
                             ('"a==="', "format"), ('"QUI*"', "format"),
                             ('"\\\\x123"', "format"), ("1", "type"),
                             ('"\\\\xzz"', "format"), ('"QUJD\\n"', "format"),
                             ('"Q=JD"', "format")]))
    b = R.randbytes(R.randrange(40))
    s = R.choice([base64.b64encode(b).decode(), "\\x" + b.hex(),
                  "\\x" + b.hex().upper()])
    return quote(s), b.hex()


def uuid_(bad):
    if bad:
        raise Bad(*R.choice([
            ('"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1"', "format"),
            ('"a0eebc999c0b4ef8bb6d6bb9bd380a11"', "format"),
            ('"g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"', "format"),
            ("1", "type")]))
    u = str(uuid.UUID(bytes=R.randbytes(16)))
    return plain(R.choice([u, u.upper()])), u


def network(cidr):
    def make(bad):
        if bad:
            raise Bad(*R.choice([
                ('"1.2.3"', "format"), ('"1.2.3.256"', "format"),
                ('"1.2.3.4/33"', "format"), ('"::/129"', "format"),
                ('"1.2.3.4/"', "format"), ("1", "type"), ('""', "format"),
                ('"fe80::1%eth0"', "format")] +
                ([('"10.0.0.1/8"', "format"), ('"::1/64"', "format")]
                 if cidr else [])))
        size, family = R.choice([(4, 2), (16, 3)])
        bits = R.choice([size * 8, R.randrange(size * 8 + 1)])
        b = R.choice([R.randbytes(size), bytes(size),
                      b"\0" * 10 + b"\xff\xff\1\2\3\4" if size == 16
                      else b"\xff" * 4])
        if cidr:
            n = int.from_bytes(b, "big") >> (size * 8 - bits) \
                << (size * 8 - bits)
            b = n.to_bytes(size, "big")
        a = ipaddress.ip_address(b)
        s = R.choice([str(a), a.exploded])
        if bits != size * 8 or R.random() < .2:
            s += "/%d" % bits
        return plain(s), (bytes([family, bits, cidr, size]) + b).hex()
    return make


def mac(n):
    def make(bad):
        if bad:
            raise Bad(*R.choice([('"08:00:2b"', "format"), ("8", "type"),
                                 (quote(":".join(["0g"] * n)), "format"),
                                 (quote("-".join(["00"] * (n - 1)) + ":00"),
                                  "format")]))
        b = R.randbytes(n)
        return plain(b.hex(R.choice(":-"))), b.hex()
    return make


def any_json(depth=3):
    """A JSON text, and what jsonb makes of it."""
    n = R.randrange(8 if depth > 0 else 5)
    if n == 0:
        return R.choice([("true", "true"), ("false", "false"),
                         ("null", "null")])
    if n < 3:
        t = number()
        return t, fixed(t)
    if n < 5:
        s = text(8)
        return quote(s), jsonb_text(s)
    if n == 5:
        items = [any_json(depth - 1) for _ in range(R.randrange(4))]
        return "[" + R.choice([",", " , "]).join(i[0] for i in items) + "]", \
            "[" + ", ".join(i[1] for i in items) + "]"
    members = [(text(3) + str(k), any_json(depth - 1))
               for k in range(R.randrange(4))]
    kept = sorted(members, key=lambda m: (len(m[0].encode()), m[0].encode()))
    return "{" + ",".join(quote(k) + ": " + v[0] for k, v in members) + "}", \
        "{" + ", ".join(jsonb_text(k) + ": " + v[1] for k, v in kept) + "}"


def jsonb_text(s):
    short_ = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f",
              "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(short_.get(c) or
                         ("\\u%04x" % ord(c) if c < " " else c)
                         for c in s) + '"'


def document(binary):
    def make(bad):
        if bad:
            raise Bad('{"a":"\\u0000"}', "nul")
        t, b = any_json()
        if t == "null":
            return make(bad)
        return t, (b if binary else t).encode().hex()
    return make


def array(make_one):
    def make(bad):
        items = []
        spoiled = R.randrange(5) if bad else -1
        if bad and R.random() < .2:
            raise Bad(R.choice(["1", '"{}"', "{}"]), "type")
        for i in range(R.randrange(spoiled + 1, 7)):
            if R.random() < .1 and i != spoiled:
                items.append(("null", "null"))
                continue
            try:
                items.append(make_one(i == spoiled))
            except Bad as b:
                t = R.choice([",", ", "]).join(x[0] for x in items)
                raise Bad("[" + t + ("," if t else "") + b.args[0] + "]",
                          b.args[1]) from None
        return "[" + ",".join(i[0] for i in items) + "]", \
            ",".join(i[1] for i in items)
    return make


def hexed(e):
    return "encode(convert_to(%s,'UTF8'),'hex')" % e


def sent(function):
    return "encode(%s_send({0}),'hex')" % function


# Name, type, how a value is made, and how it is read back.
COLUMNS = [
    ("i2", "int2", integer(16), "{0}::text"),
    ("i4", "int4", integer(32), "{0}::text"),
    ("i8", "int8", integer(64), "{0}::text"),
    ("num", "numeric", numeric, "{0}::text"),
    ("money_", "numeric(12,4)", money, "{0}::text"),
    ("f4", "float4", float4, "encode(float4send({0}),'hex')"),
    ("f8", "float8", float8, "encode(float8send({0}),'hex')"),
    ("bool_", "bool", boolean, "{0}::text::char"),
    ("text_", "text", string, hexed("{0}")),
    ("v5", "varchar(5)", short(False), hexed("{0}")),
    ("c5", "char(5)", short(True), hexed("{0}::text")),
    ("enum_", "color", label, "{0}::text"),
    ("tz", "timestamptz", stamp(True), sent("timestamptz")),
    ("ts", "timestamp", stamp(False), sent("timestamp")),
    ("date_", "date", date, sent("date")),
    ("time_", "time", time, sent("time")),
    ("timetz_", "timetz", timetz, sent("timetz")),
    ("interval_", "interval", interval, sent("interval")),
    ("bytea_", "bytea", bytes_, "encode({0},'hex')"),
    ("uuid_", "uuid", uuid_, "{0}::text"),
    ("inet_", "inet", network(0), sent("inet")),
    ("cidr_", "cidr", network(1), sent("cidr")),
    ("mac_", "macaddr", mac(6), sent("macaddr")),
    ("mac8_", "macaddr8", mac(8), sent("macaddr8")),
    ("json_", "json", document(False), hexed("{0}::text")),
    ("jsonb_", "jsonb", document(True), hexed("{0}::text")),
    ("d_int", "d_int", integer(64), "{0}::text"),
    ("d_text", "d_text", short(False), hexed("{0}")),
    ("d_enum", "d_enum", label, "{0}::text"),
]
COLUMNS += [("a_" + name, kind + "[]", array(make),
             "CASE WHEN {0} IS NULL THEN NULL ELSE (SELECT coalesce(string_agg("
             "coalesce(%s,'null'),',' ORDER BY o),'') FROM unnest({0}) "
             "WITH ORDINALITY u(x,o)) END" % read.format("x"))
            for name, kind, make, read in COLUMNS
            if kind not in ("d_text",)]
COLUMNS.append(("d_ints", "d_ints", array(integer(32)),
                "array_to_string({0}, ',', 'null')"))
TYPES = """
CREATE TYPE color AS ENUM ('red', 'it''s', 'blau é', 'a"b');
CREATE DOMAIN d_int AS int8;
CREATE DOMAIN d_text0 AS varchar(5);
CREATE DOMAIN d_text AS d_text0;
CREATE DOMAIN d_enum AS color;
CREATE DOMAIN d_ints AS int4[];
"""

# SQLite: name, declared type, how a value is made; (text, Python value).
def lite_integer(bad):
    if bad:
        raise Bad(*R.choice([("1.5", "type"), ('"1"', "type"), ("[1]", "type"),
                             ("9223372036854775808", "range"),
                             ("-1e19", "range")]))
    t, want = integer(64)(bad)
    return t, int(want)


def lite_text(bad):
    if bad:
        raise Bad(*R.choice([("1", "type"), ('"\\u0000"', "nul")]))
    t, want = string(bad)
    return t, bytes.fromhex(want).decode()


def lite_json(bad):
    """A column declared JSON keeps texts, but not those of numbers."""
    if bad:
        raise Bad(*R.choice([('["\\u0000"]', "nul"),
                             ("12345678901234567890", "range")]))
    t = document(False)(False)[0]
    if t[0] in "-0123456789":
        return lite_any(False, ["integer", "double"])
    return t, t


def lite_numeric(bad):
    """What NUMERIC affinity would make a number of is no text."""
    if bad:
        raise Bad(quote(R.choice(["1", " 007 ", "-1.50", ".5", "1e5", "2.",
                                  "12345678901234567890"])), "type")
    return lite_any(False, ["integer", "double", "bool", "text", "text"])


def lite_blob(bad):
    t, want = bytes_(bad)
    return t, bytes.fromhex(want)


def lite_any(_, kinds=("integer", "double", "bool", "text")):
    kind = R.choice(kinds)
    if kind == "bool":
        return R.choice([("true", 1), ("false", 0)])
    if kind == "text":
        return lite_text(False)
    if kind == "double":
        t, value = double(False)
        if fractions.Fraction(t).denominator != 1 and \
                value != int(value):
            return t, value
    return lite_integer(False)


LITE = [("i", "INTEGER", lite_integer), ("r", "REAL", double),
        ("t", "TEXT", lite_text), ("j", "JSON", lite_json),
        ("b", "BLOB", lite_blob), ("n", "", lite_any),
        ("nm", "NUMERIC", lite_numeric)]


def rows(columns, count, folder, name):
    """Yields (id, values) of the rows that are to be stored."""
    lines = open("%s/%s.ndjson" % (folder, name), "w")
    bad_lines = open("%s/%s.bad" % (folder, name), "w")
    for i in range(1, count // len(columns) + 2):
        members, wanted, code = ['"id":%d' % i], [], None
        spoiled = R.choice(columns)[0] if R.random() < .05 else None
        for column in columns:
            if column[0] != spoiled and R.random() < .05:
                if R.random() < .5:
                    members.append('"%s":null' % column[0])
                wanted.append(None)
                continue
            try:
                t, want = column[2](column[0] == spoiled)
            except Bad as b:
                if code is None or b.args[1] == "nul":
                    code = b.args[1]
                t, want = b.args[0], None
            members.append('"%s":%s' % (column[0], t))
            wanted.append(want)
        lines.write("{" + ",".join(members) + "}\n")
        if code is None:
            yield i, wanted
        else:
            bad_lines.write("%d %s\n" % (i, code))
    lines.close()
    bad_lines.close()


def make(count, folder):
    with open(folder + "/pg.sql", "w") as f:
        f.write(TYPES + "CREATE TABLE v(id int8, %s);\n" % ", ".join(
            "%s %s" % c[:2] for c in COLUMNS))
    with open(folder + "/pg.read", "w") as f:
        f.write("COPY (SELECT id, %s FROM v ORDER BY id) TO STDOUT\n" %
                ", ".join(c[3].format(c[0]) for c in COLUMNS))
    with open(folder + "/pg.want", "w") as f:
        for i, values in rows(COLUMNS, count, folder, "pg"):
            f.write("\t".join([str(i)] + ["\\N" if v is None else v
                                          for v in values]) + "\n")
    with open(folder + "/lite.sql", "w") as f:
        f.write("CREATE TABLE v(id INTEGER, %s);\n" % ", ".join(
            "%s %s" % c[:2] for c in LITE))
    with open(folder + "/lite.want", "w") as f:
        for i, values in rows(LITE, count, folder, "lite"):
            # SQLite keeps no negative zero.
            f.write(repr((i,) + tuple(
                0.0 if v == 0 and isinstance(v, float) else v
                for v in values)) + "\n")


def compare_sqlite(db, folder):
    got = sqlite3.connect(db).execute("SELECT * FROM v ORDER BY id")
    with open(folder + "/lite.want") as f:
        for line in f:
            have = repr(got.fetchone())
            if have != line[:-1]:
                sys.exit("want %s\nhave %s" % (line[:-1], have))
    if got.fetchone() is not None:
        sys.exit("there are more rows than wanted")


if sys.argv[1] == "make":
    R.seed(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    make(int(sys.argv[2]), sys.argv[3])
else:
    compare_sqlite(sys.argv[2], sys.argv[3])
