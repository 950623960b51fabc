"""What the tests of dp-httpd share: the server, raw clients, odd stages."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BIN = os.path.abspath(os.environ.get("BIN", "build"))
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = os.path.join(HERE, "..", "..", "examples", "events")
EVENT = b'{"event_name":"install","user_id":1,"timestamp":2}'

count = bad = 0


def ok(good, name, *more):
    global count, bad
    count += 1
    bad += not good
    print("%sok %d - %s" % ("" if good else "not ", count, name))
    if not good:
        for line in more:
            print("#", str(line)[:600])
    sys.stdout.flush()
    return good


def skip():
    global count
    count += 1
    return count


def equal(got, want, name):
    return ok(got == want, name, "got  %r" % (got,), "want %r" % (want,))


def done():
    print("1..%d" % count)
    sys.exit(bad != 0)


def program(name):
    return os.path.join(BIN, name)


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(n) for n in f.read().split()]


def name_of(pid):
    with open("/proc/%d/comm" % pid) as f:
        return f.read().strip()


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "%s %s %r" % (self.status, self.fields, self.body[:300])


def read_answer(f, head=False):
    """One answer from a buffered socket file; None at its end."""
    line = f.readline()
    if not line:
        return None
    status = int(line.split()[1])
    fields = {}
    while True:
        line = f.readline()
        if line in (b"\r\n", b""):
            break
        name, value = line.decode().rstrip("\r\n").split(": ", 1)
        fields[name.lower()] = value
    body = b""
    if not head and status not in (100, 204):
        body = f.read(int(fields.get("content-length", 0)))
    return Answer(status, fields, body)


class Client:
    def __init__(self, server, timeout=30):
        self.s = server.connect(timeout)
        self.f = self.s.makefile("rb")

    def send(self, data):
        self.s.sendall(data)

    def read(self, head=False):
        return read_answer(self.f, head)

    def at_end(self):
        try:
            return self.f.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.f.close()
        self.s.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def post(body, *fields, target="/", method="POST"):
    return b"".join([b"%s %s HTTP/1.1\r\nHost: a\r\n" %
                     (method.encode(), target.encode()),
                     *[f.encode() + b"\r\n" for f in fields],
                     b"Content-Length: %d\r\n\r\n" % len(body), body])


class Server:
    """dp-httpd on a free port, or on a unix socket."""

    def __init__(self, *options, chain=None, folder=None, env=None,
                 unix=False, pass_fds=(), wait=True, admin=False,
                 stdout=None):
        self.folder = folder or tempfile.mkdtemp(prefix="dp-http.")
        self.queue = os.path.join(self.folder, "q")
        self.unix = os.path.join(self.folder, "s") if unix else None
        self.port = free_port()
        address = "unix:" + self.unix if unix else "127.0.0.1:%d" % self.port
        if chain is None:
            chain = [program("dp-validate"), "--tag", "-s", SCHEMAS, "|",
                     program("dp-enqueue"), "--tag", self.queue]
        args = [program("dp-httpd"), "--listen=" + address, *options]
        self.admin_port = None
        if admin:
            self.admin_port = free_port()
            args.append("--admin-listen=127.0.0.1:%d" % self.admin_port)
        if chain:
            args += ["--", *chain]
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.p = subprocess.Popen(
            args, stdin=subprocess.DEVNULL, stderr=self.log,
            stdout=stdout or subprocess.DEVNULL, pass_fds=pass_fds,
            env=dict(os.environ, **(env or {})))
        if wait:
            self.wait_up()

    def wait_up(self):
        for _ in range(400):
            if self.p.poll() is not None:
                raise RuntimeError("dp-httpd ended: " + self.log_text())
            try:
                self.connect(5).close()
                return
            except OSError:
                time.sleep(0.025)
        raise RuntimeError("dp-httpd does not listen: " + self.log_text())

    def wait_ready(self, seconds=15):
        until = time.time() + seconds
        while time.time() < until:
            try:
                if self.get("/readyz").status == 200:
                    return True
            except (OSError, AttributeError):
                pass
            time.sleep(0.05)
        return False

    def connect(self, timeout=30):
        if self.unix:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(timeout)
            s.connect(self.unix)
        else:
            s = socket.create_connection(("127.0.0.1", self.port), timeout)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def ask(self, data, head=False):
        with Client(self) as c:
            c.send(data)
            return c.read(head)

    def get(self, target):
        return self.ask(b"GET %s HTTP/1.1\r\nHost: a\r\n"
                        b"Connection: close\r\n\r\n" % target.encode())

    def post(self, body, *fields, **more):
        return self.ask(post(body, "Connection: close", *fields, **more))

    def stages(self):
        return children(self.p.pid)

    def stage(self, name):
        return [n for n in self.stages() if name_of(n) == name]

    def log_text(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as f:
            return f.read()

    def queued(self):
        """What the queue holds, taken out of it."""
        return subprocess.run(
            [program("dp-drain"), self.queue], capture_output=True,
            check=True).stdout

    def stop(self, sig=signal.SIGTERM, timeout=30):
        if self.p.poll() is None:
            self.p.send_signal(sig)
        return self.p.wait(timeout)

    def rss_kb(self, pid=None):
        with open("/proc/%d/status" % (pid or self.p.pid)) as f:
            return int([l for l in f if l.startswith("VmRSS")][0].split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.p.poll() is None:
            self.p.kill()
            self.p.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stage(code):
    """A stage in Python: `code` sees each line's tag and event."""
    return [sys.executable, "-u", "-c", """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
n = 0
def out(text):
    os.write(1, text.encode())
for line in sys.stdin:
    tag, event = line.rstrip("\\n").split("\\t", 1)
    if event == "":
        out(tag + "\\t2\\n")
        continue
    n += 1
""" + "\n".join("    " + line for line in code.splitlines())]
