"""Parts of the bench about the queue alone: many writers, a long backlog."""
import os
import shutil
import statistics
import subprocess
import time

WRITERS = 8


def lone_syncs(seconds=1.0):
    """A lone loop: 128 bytes and an fdatasync, into space allocated ahead."""
    fd = os.open("alone", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    os.posix_fallocate(fd, 0, 1 << 24)
    os.fsync(fd)
    n, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        os.pwrite(fd, b"x" * 128, n * 128 % (1 << 24))
        os.fdatasync(fd)
        n += 1
    rate = n / (time.monotonic() - began)
    os.close(fd)
    return rate


def durable_lines(bench, writers, lines=4000):
    """Writers that commit each line by itself, into one spool."""
    shutil.rmtree("q", ignore_errors=True)
    with open("tagged", "wb") as f:
        f.write(b"".join(b'%d\t0\t{"n":%d}\n' % (n, n) for n in range(lines)))
    began = time.monotonic()
    procs = [subprocess.Popen(
        [bench.program("dp-enqueue"), "--tag", "--batch-records=1", "./q"],
        stdin=open("tagged", "rb"), stdout=subprocess.DEVNULL)
        for _ in range(writers)]
    if any([p.wait() for p in procs]):
        raise SystemExit("bench: dp-enqueue failed")
    return writers * lines / (time.monotonic() - began)


def writer_cases(bench):
    rates = {}
    for _ in range(bench.RUNS):
        rates.setdefault("limit: a lone loop of fdatasync", []).append(
            lone_syncs())
        for n in (1, 2, WRITERS):
            rates.setdefault("dp-enqueue, %d writer%s" % (
                n, "s" if n > 1 else ""), []).append(durable_lines(bench, n))
    print("\n%-46s %12s %7s" % ("a line a commit, durable", "lines/s", "ratio"))
    limit = None
    for name, found in rates.items():
        rate = statistics.median(found)
        limit = limit or rate
        print("%-46s %12.0f %7.2f" % (name, rate, rate / limit), flush=True)


def timed(command, runs=5):
    """Milliseconds of a command, the median."""
    found = []
    for _ in range(runs):
        began = time.monotonic()
        subprocess.run(command, shell=True, check=True,
                       stdout=subprocess.DEVNULL)
        found.append((time.monotonic() - began) * 1000)
    return statistics.median(found)


def rss_of(pid):
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0


def first_byte(command):
    """Milliseconds until a command has written something."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as proc:
        proc.stdout.read(1)
        found = (time.monotonic() - began) * 1000
        proc.kill()
    return found


def backlog_cases(bench):
    """LINES wait: do start, stat, rate and memory depend on how many?"""
    lines = int(os.environ.get("LINES", "10000000"))
    shutil.rmtree("q", ignore_errors=True)
    began = time.monotonic()
    done = 0
    with subprocess.Popen([bench.program("dp-enqueue"), "./q"],
                          stdin=subprocess.PIPE) as proc:
        with open("events", "rb") as f:
            text = f.read()
        while done < lines:
            proc.stdin.write(text)
            done += bench.EVENTS
    print("\na backlog of %d lines, %.1f GB, put in at %.0f lines/s" % (
        done, sum(os.path.getsize("q/seg/" + n)
                  for n in os.listdir("q/seg")) / 1e9,
        done / (time.monotonic() - began)))
    drain, queue = bench.program("dp-drain"), bench.program("dp-queue")
    print("dp-queue stat                %8.1f ms   wanted < 50" %
          timed(queue + " stat ./q"))
    print("the first line of dp-drain   %8.1f ms   wanted < 20" %
          statistics.median(first_byte([drain, "--peek", "./q"])
                            for _ in range(5)))
    drain_flat(drain, done)


def drain_flat(drain, lines):
    print("%10s %12s %8s" % ("drained", "lines/s", "RSS MB"))
    with subprocess.Popen([drain, "./q"], stdout=subprocess.PIPE) as proc:
        left, tenth, began = proc.stdout.fileno(), 0, time.monotonic()
        seen = part = 0
        while True:
            piece = os.read(left, 1 << 20)
            part += piece.count(b"\n")
            if part < lines / 10 and piece:
                continue
            tenth += 1
            now, rss = time.monotonic(), 0
            if piece:
                rss = rss_of(proc.pid)
            seen += part
            if part:
                print("%9d%% %12.0f %8.1f" % (
                    seen * 100 // lines, part / (now - began), rss),
                    flush=True)
            part, began = 0, now
            if not piece:
                break
    if proc.returncode != 0 or seen != lines:
        raise SystemExit("bench: %d of %d lines" % (seen, lines))
