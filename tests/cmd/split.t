#!/usr/bin/env python3
"""The same verdicts and bytes however the input arrives.

A corpus of good and bad lines goes through dp-validate as one file, then in
packets of 1, 2, 3, ... bytes over a socket whose reads end where its packets
do.  Records, messages and rejects are the same each time; so are they for
every number of threads, where the program has them.
"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading

here = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ["BIN"]
SIZES = [1, 2, 3, 5, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 1000, 4095,
         4096, 4097, 16384]
count = 0
bad = 0


def ok(good, name):
    global count, bad
    count += 1
    bad += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name))


def corpus():
    """Events, and the lines of the golden files with all their faults."""
    folder = os.path.join(here, "..", "golden")
    lines = subprocess.run(
        [os.path.join(here, "..", "lib", "gen-events"), "-n", "200"],
        stdout=subprocess.PIPE, check=True).stdout.splitlines()
    wild = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".in"):
            with open(os.path.join(folder, name), "rb") as f:
                wild += f.read().split(b"\n")
    out = []
    for i, line in enumerate(lines):
        out.append(line)
        out += wild[i:i + 1]
        if i % 50 == 0:
            out += [b"", b" ", line[:40], b'{"event_name":"purchase\r',
                    b'{"a":"' + b"x" * 5000 + b'"}']
    return b"\n".join(out) + b"\n" + lines[0]


def send(sock, data, size):
    try:
        for i in range(0, len(data), size):
            sock.send(data[i:i + size])
    except OSError:
        pass
    sock.close()


def judge(data, size, options):
    """Records, messages and rejects of one run; size 0: from a file."""
    rejects = os.path.join(tmp, "rejects")
    if os.path.exists(rejects):
        os.unlink(rejects)
    command = [os.path.join(BIN, "dp-validate"), "-s", events, "-r", rejects,
               "--max-record=4k"] + options
    if size == 0:
        with open(os.path.join(tmp, "in"), "wb") as f:
            f.write(data)
        with open(os.path.join(tmp, "in"), "rb") as f:
            p = subprocess.run(command, stdin=f, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        return p.returncode, p.stdout, untimed(p.stderr), kept(rejects)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    p = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    theirs.close()
    sender = threading.Thread(target=send, args=(ours, data, size))
    sender.start()
    out, err = p.communicate()
    sender.join()
    return p.returncode, out, untimed(err), kept(rejects)


def untimed(messages):
    return re.sub(rb"[(][0-9.]+ s[)]", b"", messages)


def kept(path):
    """The rejects, but for the time at which they were."""
    with open(path, "rb") as f:
        return re.sub(rb'"time":"[^"]*"', b'', f.read())


def has_threads():
    text = subprocess.run([os.path.join(BIN, "dp-validate"), "--help"],
                          stdout=subprocess.PIPE).stdout.decode()
    return re.search(r"^ *-j", text, re.M) is not None


with tempfile.TemporaryDirectory(prefix="dp.") as tmp:
    events = os.path.join(here, "..", "..", "examples", "events")
    data = corpus()
    whole = judge(data, 0, [])
    ok(whole[0] == 1 and whole[1].count(b"\n") >= 200 and
       whole[3].count(b"\n") > 50,
       "a corpus of %d bytes: %d records pass, %d do not" %
       (len(data), whole[1].count(b"\n"), whole[3].count(b"\n")))
    for size in SIZES:
        ok(judge(data, size, []) == whole, "in packets of %d bytes" % size)
    if has_threads():
        for threads in ["1", "2", "3", "8"]:
            ok(judge(data, 0, ["-j" + threads]) == whole, "-j%s" % threads)
            for size in [1, 17, 4096]:
                ok(judge(data, size, ["-j" + threads]) == whole,
                   "-j%s in packets of %d bytes" % (threads, size))
print("1..%d" % count)
sys.exit(1 if bad else 0)
