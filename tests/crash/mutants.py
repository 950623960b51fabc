#!/usr/bin/env python3
"""Takes checks out of the source, one at a time: the tests must see it.

usage: mutants.py [IMAGES [NAME ...]]

Each mutant is one change of one place of a copy of the source.  Its programs
run damage.py, and, if that finds nothing, images.py with IMAGES (300) cut
images.  One that neither notices is a hole in the tests.
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "..", ".."))
Q = "lib/queue/"
MUTANTS = [
    ("checksum of a frame", Q + "spool_frame.c",
     "dp_hash64_two(line, CHECKED, payload, f->bytes, seed) == f->check",
     "true"),
    ("segment of a frame", Q + "spool_read.c",
     "f->segment != r->number ||", ""),
    ("place of a frame", Q + "spool_read.c",
     "    f->offset != offset)", "    false)"),
    ("seed of checksums", Q + "spool_format.c",
     "s->seed = spool_seed(s->base.id);", "s->seed = 0;"),
    ("checksum of a cursor's slot", Q + "spool_cursor.c",
     "dp_fixed_take_hex(&in, 16) != check || in.bad",
     "(dp_fixed_take_hex(&in, 16) != check && false) || in.bad"),
    ("nonce of a lane in the cursor", Q + "spool_cursor.c",
     " && c->lanes[i].nonce == nonce", ""),
    ("nonce of the cursor's floor", Q + "spool_cursor.c",
     "if (rc == 0 || nonce != c->floor_nonce) {", "if (rc == 0) {"),
    ("inode of the active segment", Q + "spool_active.c",
     " && h.inode == (uint64_t)st.st_ino", ""),
    ("boot of the active segment", Q + "spool_active.c",
     "strcmp(h.boot, s->boot) == 0 && ", ""),
    ("zeros behind the last frame", Q + "spool_active.c",
     "return rc == -1 ? -1 : spool_zeros(&r, from, clear, err);",
     "*clear = true;\n\treturn rc == -1 ? -1 : 0;"),
    ("the frame of the tail", Q + "spool_active.c",
     "if (rc != 1 || t.offset + SPOOL_FRAME_HEAD + f.bytes != t.end)",
     "if (rc == -1)"),
    ("checksum of the tries", Q + "spool_tries.c",
     "check != dp_hash64(line, RECORD - 17, seed)", "false"),
    ("a second look for N+2", Q + "spool_segment.c",
     "while (rc == 1);\n\treturn rc;", "while (false);\n\treturn rc;"),
    ("whether a compressed block decodes", Q + "packed.c",
     "z->harmed = true;", "z->harmed = false;"),
    ("sum of a compressed segment's table", Q + "packed.c",
     "return z->n == n && block(z, z->n)->from == size - len;",
     "return z->n == n;"),
    ("what compressed frames say", Q + "packed.c",
     "rc = ask_frames(z, err);", "rc = 1;"),
]


def build(tree):
    done = subprocess.run(
        ["make", "-s", "-j2", "B=build", "all", "build/crash/record.so",
         "build/crash/fault.so", "build/crash/sink"], cwd=tree,
        capture_output=True)
    return done.returncode == 0, done.stderr.decode()


def verdict(tree, images):
    """Who notices, and what; None: nobody does."""
    env = dict(os.environ, BIN=os.path.join(tree, "build"))
    for args in (["damage.py", "211"], ["images.py", str(images), "1"]):
        try:
            done = subprocess.run(
                [sys.executable, os.path.join(HERE, args[0])] + args[1:],
                env=env, capture_output=True, timeout=600, cwd=tree)
        except subprocess.TimeoutExpired:
            return args[0] + ": it does not end"
        if done.returncode != 0:
            lines = done.stdout.decode(errors="replace").splitlines()
            bad = [x for x in lines if x.startswith("not ok")] or \
                done.stderr.decode(errors="replace").splitlines()[-1:]
            return args[0] + ": " + " ".join(bad[:1])[:90]
    return None


def main():
    images = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    names = sys.argv[2:]
    tree = tempfile.mkdtemp(prefix="dp-mutants.")
    bad = count = 0
    try:
        for part in ("lib", "cmd", "tests", "Makefile"):
            path = os.path.join(TOP, part)
            (shutil.copytree if os.path.isdir(path) else shutil.copy)(
                path, os.path.join(tree, part))
        good, err = build(tree)
        seen = verdict(tree, 20) if good else err
        if seen is not None:
            print("Bail out! as it is: %s" % seen)
            return 1
        for name, path, old, new in MUTANTS:
            if names and name not in names:
                continue
            count += 1
            path = os.path.join(tree, path)
            with open(path) as f:
                text = f.read()
            seen = None
            if text.count(old) != 1:
                err = "the place is there %d times" % text.count(old)
            else:
                with open(path, "w") as f:
                    f.write(text.replace(old, new))
                good, err = build(tree)
                seen = verdict(tree, images) if good else None
                if good and seen is None:
                    err = "not seen in damage.py, nor in %d images" % images
                with open(path, "w") as f:
                    f.write(text)
            bad += seen is None
            print("%sok %d - without %s: %s" % (
                "not " if seen is None else "", count, name, seen or err),
                flush=True)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    print("1..%d" % count)
    return bad != 0


sys.exit(main())
