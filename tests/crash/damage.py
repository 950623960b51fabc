#!/usr/bin/env python3
"""Harms a spool at rest, and looks at what dp-drain makes of it.

usage: damage.py [STEP]    (BIN: the folder of the programs)

Every STEP-th bit of a small segment is flipped, blocks are zeroed, frames
are forged inside of payloads, files of state are removed in turn, the spool
is copied, and restored from an older copy.  What is intact is delivered,
nothing is made up, damage is told (74) and kept in bad/.
"""
import ctypes
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

BIN = os.path.abspath(os.environ.get("BIN", "build"))
FAULT = os.path.join(BIN, "crash", "fault.so")
top = tempfile.mkdtemp(prefix="dp-damage.")
env = dict(os.environ, LD_PRELOAD=FAULT)
count = bad = 0

xxh = ctypes.CDLL("libxxhash.so.0").XXH3_64bits_withSeed
xxh.restype = ctypes.c_uint64
xxh.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def ok(good, name, notes=()):
    global count, bad
    count += 1
    bad += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name), flush=True)
    for note in notes[:12] if not good else ():
        print("# %s" % note)


def run(*args, text=b""):
    done = subprocess.run([os.path.join(BIN, args[0])] + list(args[1:]),
                          input=text, capture_output=True, env=env)
    return done.returncode, done.stdout, done.stderr.decode()


def path(name):
    return os.path.join(top, name)


def segment(queue, number):
    return os.path.join(queue, "seg", "%016d.ndj" % number)


def make(name, frames, *options):
    """A spool; each of frames is a commit."""
    for frame in frames:
        status, _, err = run("dp-enqueue", *options, path(name), text=frame)
        assert status == 0, err
    return path(name)


def copy(old, name):
    shutil.rmtree(path(name), ignore_errors=True)
    shutil.copytree(old, path(name))
    return path(name)


def lines(n, p=0):
    return b"".join(b'{"p":%d,"n":%d}\n' % (p, k) for k in range(n))


def flips(step):
    """One bit of a frame or of the head is wrong."""
    frames = [lines(2, p) for p in range(5)]
    whole = make("flip", frames)
    with open(segment(whole, 1), "rb") as f:
        data = f.read().rstrip(b"\0")
    size = len(data)
    # A length that is too long covers the zeros behind the last frame: that
    # looks like one whose writer died.
    length = data.rindex(b"#dp1 f ") + 37
    notes, all_lines = [], b"".join(frames).splitlines()
    for bit in range(0, size * 8, step):
        q = copy(whole, "flipped")
        with open(segment(q, 1), "r+b") as f:
            f.seek(bit // 8)
            byte = f.read(1)[0]
            f.seek(bit // 8)
            f.write(bytes([byte ^ 1 << bit % 8]))
        # A new segment makes this one final.
        status, _, err = run("dp-enqueue", q, text=b'{"new":1}\n')
        if status != 0:
            notes.append("bit %d: dp-enqueue: %s" % (bit, err))
        status, out, err = run("dp-drain", q)
        got = out.splitlines()
        lost = [x for x in all_lines if x not in got]
        told = status == 74 or length <= bit // 8 < length + 10
        if not told or len(lost) not in (0, 2) or \
                (bit >= 256 * 8) != (len(lost) == 2):
            notes.append("bit %d: exit %d, lost %d: %s" % (
                bit, status, len(lost), err))
        if set(got) - set(all_lines) - {b'{"new":1}'}:
            notes.append("bit %d: invented" % bit)
        if lost and not os.listdir(os.path.join(q, "bad")):
            notes.append("bit %d: nothing in bad/" % bit)
        status, out, err = run("dp-drain", q)
        if status != 0 or out:
            notes.append("bit %d: the next run: exit %d" % (bit, status))
    ok(not notes, "a flipped bit costs its frame alone (%d bits)" % (
        size * 8 // step), notes)


def zeros():
    frames = [lines(300, p) for p in range(6)]
    whole = make("zero", frames)
    with open(segment(whole, 1), "rb") as f:
        size = len(f.read().rstrip(b"\0"))
    notes, all_lines = [], b"".join(frames).splitlines()
    for at in range(0, size, 4096):
        q = copy(whole, "zeroed")
        with open(segment(q, 1), "r+b") as f:
            f.seek(at)
            f.write(bytes(4096))
        run("dp-enqueue", q, text=b'{"new":1}\n')
        status, out, err = run("dp-drain", q)
        got = out.splitlines()
        lost = len([x for x in all_lines if x not in got])
        # The end of a last frame may be a writer's that died.
        last = at + 4096 >= size - len(frames[-1])
        if (status != 74 and not last) or lost not in (300, 600) or \
                set(got) - set(all_lines) - {b'{"new":1}'}:
            notes.append("at %d: exit %d, lost %d: %s" % (
                at, status, lost, err))
    ok(not notes, "a block of zeros costs the frames it lies in", notes)


def forged():
    """Who knows all but the id cannot put a frame into a payload."""
    head = b"#dp1 f %016d %012d %010d %016d %010d "
    inner = b'{"evil":1}\n'
    q = path("forged")
    run("dp-enqueue", q, text=lines(1))
    with open(segment(q, 1), "rb") as f:
        end = len(f.read().rstrip(b"\0"))
    at = end + 93 + len(b'{"a":"')
    fake = head % (1, at, len(inner), 0, 1)
    fake += b"%016x\n" % xxh(fake[:76] + inner, 76 + len(inner), 0)
    run("dp-enqueue", q, text=b'{"a":"' + fake + inner)
    run("dp-enqueue", q, text=b'{"last":1}\n')
    with open(segment(q, 1), "r+b") as f:
        f.seek(end + 10)
        f.write(b"7")
    status, out, err = run("dp-drain", q)
    ok(status == 74 and out == lines(1) + b'{"last":1}\n',
       "a frame forged inside of a payload is none", [status, out, err])


def state():
    """Losing files of state causes duplicates, never loss."""
    whole = make("state", [lines(5, p) for p in range(3)],
                 "--segment-bytes=400")
    want = sorted(b"".join(lines(5, p) for p in range(3)).splitlines())
    run("dp-drain", "--batch-records=4", "--max-tries=1", whole, "--",
        "false")
    kept = [os.path.relpath(p, whole) for p in
            glob.glob(whole + "/**/*", recursive=True)
            if os.path.isfile(p) and "/seg/" not in p and
            "/dead/" not in p and os.path.basename(p) != "format"]
    notes = []
    for name in kept + ["group", "bad"]:
        q = copy(whole, "without")
        victim = os.path.join(q, name)
        shutil.rmtree(victim) if os.path.isdir(victim) else os.remove(victim)
        status, out, err = run("dp-drain", q)
        status2, _, err2 = run("dp-enqueue", q, text=b'{"new":1}\n')
        if status != 0 or status2 != 0 or sorted(
                set(out.splitlines()) | dead(q)) != want:
            notes.append("%s: exit %d %d: %s%s" % (
                name, status, status2, err, err2))
    ok(not notes and len(kept) >= 3, "each file of state removed: %s" % (
        " ".join(kept)), notes)
    q = copy(whole, "without")
    os.remove(os.path.join(q, "format"))
    status, _, err = run("dp-enqueue", q, text=b'{"new":1}\n')
    ok(status == 78 and "segments" in err,
       "without its format it is not made anew", [status, err])


def dead(queue):
    found = set()
    for name in glob.glob(queue + "/dead/*/*.ndjson"):
        with open(name) as f:
            found.update(json.loads(x)["raw"].encode() for x in f)
    return found


def copies():
    """A spool that was copied, or restored, gives positions anew."""
    q = make("copied", [lines(3, 1)])
    other = copy(q, "other")
    run("dp-enqueue", q, text=lines(1, 2))
    run("dp-enqueue", other, text=lines(1, 3))
    positions = []
    for one in (q, other):
        for _ in range(2):
            run("dp-drain", one, "--", "sh", "-c",
                'cat >>"%s.$(basename "$DP_BATCH")"' % one)
        positions += [(os.path.basename(p).split(".", 1)[1], open(p).read())
                      for p in glob.glob(one + ".*")]
    where = {}
    clash = [p for p, text in positions if where.setdefault(p, text) != text]
    # The first three lines are one thing in both.
    ok(not clash and len(os.listdir(os.path.join(other, "seg"))) >= 1,
       "a copy goes on in a segment of its own", clash)


def lives():
    """A cursor that saw another life of the spool names none of its lanes."""
    one = make("life", [lines(3, 1)])
    other = copy(one, "life2")
    # In the first life, lane 2 is open at line 3, and all before it settled.
    run("dp-drain", one)
    make("life", [lines(6, 2)])
    run("dp-drain", "--batch-records=3", one, "--", "sh", "-c",
        'cat >/dev/null; [ "${DP_BATCH##*:}" = 0-3 ] || exit 78')
    # In the second one, lane 2 and 3 hold other lines.
    make("life2", [lines(6, 3)])
    run("dp-drain", "--batch-records=3", other, "--", "sh", "-c",
        "cat >/dev/null; exit 78")
    again = copy(other, "life3")
    make("life3", [lines(6, 4)])
    notes = []
    for name in ("cursor", "tries"):
        for q in (other, again):
            shutil.copy(os.path.join(one, "group", "main", name),
                        os.path.join(q, "group", "main", name))
    for q, want in ((other, lines(6, 3)), (again, lines(6, 3) + lines(6, 4))):
        status, out, err = run("dp-drain", q)
        if status != 0 or set(want.splitlines()) - set(out.splitlines()):
            notes.append("exit %d, %d lines: %s" % (
                status, len(out.splitlines()), err))
    ok(not notes, "a cursor of another life hides no line", notes)


def floors():
    """The same for its floor: what is below it was not settled."""
    one = make("floor", [lines(4, p) for p in range(4)],
               "--segment-bytes=300")
    run("dp-drain", one)
    # The other one has the first one's id, as a copy has.
    shutil.copytree(one, path("floor3"))
    three = path("floor3")
    shutil.rmtree(os.path.join(three, "seg"))
    os.mkdir(os.path.join(three, "seg"))
    for p in range(8):
        run("dp-enqueue", three, text=lines(4, p))
    status, out, err = run("dp-drain", three)
    ok(status == 0 and
       out == b"".join(lines(4, p) for p in range(8)),
       "a floor of another life hides no line", [status, err, len(out)])


def boots():
    """Nothing is appended to what another boot has written."""
    q = make("boot", [lines(3)])
    boot = path("boot_id")
    with open(boot, "w") as f:
        f.write("01234567-89ab-cdef-0123-456789abcdef\n")
    record = os.path.join(BIN, "crash", "record.so")
    done = subprocess.run(
        [os.path.join(BIN, "dp-enqueue"), q], input=lines(2, 1),
        capture_output=True,
        env=dict(os.environ, LD_PRELOAD=record, CRASH_BOOT=boot))
    rolled = os.path.exists(segment(q, 2))
    status, out, err = run("dp-drain", q)
    ok(done.returncode == 0 and status == 0 and rolled and
       out == lines(3) + lines(2, 1), "another boot begins a segment",
       [done.stderr, status, err, os.listdir(os.path.join(q, "seg"))])


def clocks():
    """A clock that is set back changes nothing but what is shown."""
    if shutil.which("faketime") is None:
        ok(True, "a clock that is set back # SKIP no faketime")
        return
    q = make("clock", [lines(3, 1)])
    run("dp-queue", "keep", "--keep-age=1h", q)
    notes = []
    for when in ("-2h", "+0", "-30d"):
        done = subprocess.run(
            ["faketime", "-f", when, os.path.join(BIN, "dp-enqueue"), q],
            input=lines(3, 2), capture_output=True)
        back = subprocess.run(
            ["faketime", "-f", when, os.path.join(BIN, "dp-drain"), q],
            stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode or back.returncode or \
                back.stdout[-len(lines(3, 2)):] != lines(3, 2):
            notes += [when, done.stderr, back.stderr]
    ok(not notes, "a clock that is set back", notes)


def kept():
    """A flipped bit of a compressed segment costs what it touches."""
    frames = [b"".join(b'{"p":%d,"x":"%d"}\n' % (p, k * k * 7919)
                       for k in range(1500)) for p in range(40)]
    text = b"".join(frames)
    q = make("kept", frames)
    run("dp-queue", "keep", "--keep-bytes=1g", q)
    run("dp-drain", q)
    name = segment(q, 1) + ".zst"
    if not os.path.exists(name):
        ok(True, "compressed segments # SKIP zstd is not built in")
        return
    with open(name, "rb") as f:
        data = f.read()
    notes, want = [], set(text.splitlines())
    places = list(range(0, len(data), len(data) // 40)) + \
        list(range(len(data) - 60, len(data)))
    for at in places:
        one = copy(q, "kept2")
        with open(segment(one, 1) + ".zst", "r+b") as f:
            f.seek(at)
            f.write(bytes([data[at] ^ 1 << at % 8]))
        status, out, err = run("dp-drain", "--group=again", one)
        got = out.splitlines()
        lost = len(want) - len(set(got))
        if set(got) - want or lost > 20000 or (lost and status != 74):
            notes.append("byte %d: exit %d, %d lost, %d made up: %s" % (
                at, status, lost, len(set(got) - want), err))
    ok(not notes, "a flipped bit of a compressed segment", notes)


def texts():
    """Lines of state with a digit that is wrong are not believed."""
    q = make("texts", [lines(12)])
    run("dp-drain", "--batch-records=4", q, "--", "sh", "-c",
        'cat >/dev/null; [ "${DP_BATCH##*:}" = 0-4 ] || exit 78')
    cursor, tries = (os.path.join(q, "group", "main", n)
                     for n in ("cursor", "tries"))
    with open(cursor, "rb") as f:
        slots = f.read()
    # The line where the lane stands, in both slots: 4 becomes 9.
    with open(cursor, "r+b") as f:
        f.write(slots.replace(b" %016d " % 4, b" %016d " % 9))
    status, out, err = run("dp-drain", "--peek", q)
    ok(status == 0 and out == lines(12), "a cursor that is wrong", [err, out])
    with open(cursor, "r+b") as f:
        f.write(slots)
    with open(tries, "r+b") as f:
        text = f.read()
        f.seek(0)
        f.write(text.replace(b" %016d " % 8, b" %016d " % 9))
    run("dp-drain", "--batch-records=3", q, "--", "sh", "-c",
        'cat >/dev/null; echo "${DP_BATCH##*:}" >>"$DP_QUEUE.bounds"')
    with open(q + ".bounds") as f:
        bounds = f.read().split()
    ok(" %016d " % 8 in text.decode() and bounds == ["4-7", "7-10", "10-12"],
       "an attempt that is wrong", bounds)


def behind():
    """What a writer finds behind the last frame, and in the tail."""
    q = make("behind", [lines(3)])
    with open(segment(q, 1), "rb") as f:
        end = len(f.read().rstrip(b"\0"))
    os.truncate(os.path.join(q, "tail"), 0)
    with open(segment(q, 1), "r+b") as f:
        f.seek(end + 2000)
        f.write(b"junk")
    run("dp-enqueue", q, text=lines(2, 1))
    ok(os.path.exists(segment(q, 2)), "nothing is put in front of junk",
       os.listdir(os.path.join(q, "seg")))
    q = make("tailed", [lines(3)])
    with open(segment(q, 1), "rb") as f:
        end = len(f.read().rstrip(b"\0"))
    run("dp-enqueue", q, text=lines(40, 1))
    os.truncate(segment(q, 1), end)
    os.truncate(segment(q, 1), 1 << 16)
    run("dp-enqueue", q, text=lines(2, 2))
    status, out, err = run("dp-drain", q)
    ok(status == 0 and out == lines(3) + lines(2, 2),
       "a tail of what is gone", [status, err, len(out)])


def misplaced():
    """A frame that lies where another one was is none."""
    q = make("moved", [lines(4, p) for p in range(6)], "--segment-bytes=710")
    size = 93 + len(lines(4))
    with open(segment(q, 1), "rb") as f:
        frames = f.read()[256:256 + 3 * size]
    notes = []
    for number, lost in ((1, 1), (2, 4)):
        one = copy(q, "moved2")
        with open(segment(one, number), "r+b") as f:
            # In the same segment, its neighbor; else the one of its place.
            at = 0 if number == 1 else size
            f.seek(256 + size)
            f.write(frames[at:at + size])
        status, out, err = run("dp-drain", one)
        if status != 74 or not os.listdir(os.path.join(one, "bad")) or \
                out != b"".join(lines(4, p) for p in range(6)
                                           if p != lost):
            notes.append("segment %d: exit %d, %d lines: %s" % (
                number, status, len(out.splitlines()), err))
    ok(not notes, "a frame that was moved is none", notes)


def refusals():
    q = make("version", [lines(1)])
    with open(os.path.join(q, "format"), "r+b") as f:
        f.write(b"data-pipe spool 2")
    before = sorted(os.listdir(q) + os.listdir(os.path.join(q, "seg")))
    notes = []
    for args in (("dp-enqueue", q), ("dp-drain", q), ("dp-drain", "--peek", q)):
        status, out, err = run(*args, text=lines(1))
        if status != 78 or "version" not in err or out:
            notes.append("%s: exit %d: %s" % (args, status, err))
    after = sorted(os.listdir(q) + os.listdir(os.path.join(q, "seg")))
    ok(not notes and before == after,
       "a newer version is refused, and nothing is touched", notes)
    shm = tempfile.mkdtemp(prefix="dp-damage.", dir="/dev/shm")
    try:
        status, _, err = run("dp-enqueue", shm + "/q", text=lines(1))
        ok(status == 78 and "--unsafe-fs" in err and
           not os.path.exists(shm + "/q"), "tmpfs is refused", [status, err])
        status, _, err = run("dp-enqueue", "--unsafe-fs", shm + "/q",
                             text=lines(1))
        ok(status == 0, "unless it is allowed", [status, err])
    finally:
        shutil.rmtree(shm)


def missing():
    q = make("missing", [lines(4, p) for p in range(4)],
             "--segment-bytes=300")
    os.remove(segment(q, 2))
    status, out, err = run("dp-drain", q)
    ok(status == 74 and "segment 2 is missing" in err and
       out == lines(4, 0) + lines(4, 2) + lines(4, 3),
       "a segment that is missing is told", [status, err])


def hidden():
    """A folder that changes under readdir shows N+2, and not N+1."""
    q = make("hidden", [lines(4, p) for p in range(3)],
             "--segment-bytes=300")
    notes, hits = [], 0
    for at in range(1, 40):
        one = copy(q, "hide")
        hit = path("hit")
        if os.path.exists(hit):
            os.remove(hit)
        env.update(FAULT_CALL="readdir", FAULT_AT=str(at), FAULT_ROOT=one,
                   FAULT_HIDE="%016d.ndj" % 2, FAULT_HIT=hit, FAULT_ERRNO="0")
        status, out, err = run("dp-drain", one)
        for name in [n for n in env if n.startswith("FAULT")]:
            del env[name]
        hits += os.path.exists(hit)
        if status != 0 or out != b"".join(lines(4, p) for p in range(3)):
            notes.append("look %d: exit %d, %d lines: %s" % (
                at, status, len(out.splitlines()), err))
    ok(not notes and hits > 0,
       "an entry that one look misses is no end (%d looks)" % hits, notes)


def main():
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    flips(step)
    zeros()
    forged()
    state()
    copies()
    lives()
    floors()
    boots()
    clocks()
    kept()
    misplaced()
    texts()
    behind()
    refusals()
    missing()
    hidden()
    print("1..%d" % count)
    return bad != 0


try:
    sys.exit(main())
finally:
    shutil.rmtree(top, ignore_errors=True)
