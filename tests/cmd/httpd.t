#!/usr/bin/env python3
"""dp-httpd, with real clients: answers, limits, deadlines, the chain."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "http"))
from httpd import (EVENT, Client, Server, done, equal, free_port, ok,
                   post, program, skip, stage)  # noqa: E402

NDJSON = "Content-Type: application/x-ndjson"
OK = b'{"status_code": 0, "status_message": "ok"}'


def test_answers():
    with Server(admin=True) as s:
        a = s.post(EVENT)
        equal((a.status, a.body), (200, OK), "one event")
        equal(a.fields["content-type"], "application/json", "its type")
        ok(a.fields["x-content-type-options"] == "nosniff" and
           "default-src 'none'" in a.fields["content-security-policy"] and
           a.fields["date"].endswith(" GMT"), "fields of every answer", a)
        a = s.post(b'{"event_name":"install","timestamp":2}')
        equal((a.status, a.json()["status_code"], a.json()["code"],
               a.json()["pointer"]), (422, 4, "required", "/user_id"),
              "a key is missing")
        a = s.post(b'{"event_name":"nobody\\u0022\\n"}')
        equal((a.status, a.json()["status_code"]), (422, 7),
              "an unknown type, with a quote in its name, is valid JSON")
        equal(s.post(b'{"a').status, 400, "no JSON")
        equal(s.post(b"").json()["status_code"], 2, "an empty body")
        equal(s.post(b"[1,").json()["code"], "incomplete", "a broken array")
        a = s.post(b"[" + EVENT + b",\n 5, " + EVENT + b"]")
        j = a.json()
        equal((a.status, j["accepted"], j["rejected"], j["items"][0]["line"],
               j["items"][0]["code"]), (200, 2, 1, 2, "not-object"),
              "an array")
        a = s.post(EVENT + b"\n\nx\n" + EVENT, NDJSON, target="/v1/events")
        j = a.json()
        equal((a.status, j["accepted"], j["rejected"], j["items"][0]["line"]),
              (200, 2, 1, 3), "lines")
        a = s.post(b"x\n" * 200, NDJSON)
        j = a.json()
        equal((a.status, j["rejected"], len(j["items"]), j["status_code"]),
              (422, 200, 100, 3), "200 failures, 100 of them listed")
        a = s.post(b'{\n  "event_name": "install",\r\n "user_id":1,\n'
                   b'"timestamp": 3\n}\n')
        equal(a.status, 200, "a pretty-printed event")
        equal(s.post(b'{"event_name":"install","user_id":1,"timestamp":2,'
                     b'"a":"\n"}').status, 400, "a newline in a string")
        for kind, want in (("text/plain; charset=UTF-8", 200),
                           ("application/x-www-form-urlencoded", 200),
                           ("application/xml", 415),
                           ("multipart/form-data", 415)):
            equal(s.post(EVENT, "Content-Type: " + kind).status, want, kind)
        a = s.post(EVENT, "Content-Encoding: gzip")
        equal(a.status, 415, "a Content-Encoding")
        equal(s.post(EVENT, "Origin: http://evil").status, 403,
              "a request from a web page")
        equal(s.post(EVENT, target="/nothing").status, 404, "another path")
        equal(s.post(EVENT, target="/?x=1").status, 200, "a query")
        a = s.get("/")
        equal((a.status, a.fields["allow"]), (405, "POST, OPTIONS"), "GET /")
        a = s.ask(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", head=True)
        equal(a.status, 405, "HEAD /")
        a = s.ask(b"HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n", head=True)
        equal((a.status, a.fields["content-length"]), (200, "16"),
              "HEAD /healthz")
        equal(s.ask(b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n").status, 501,
              "an unknown method")
        equal(s.ask(post(EVENT, method="PUT")).status, 405, "PUT")
        a = s.ask(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
        equal((a.status, "allow" in a.fields), (204, True), "OPTIONS *")
        equal(s.get("/metrics").status, 404, "no metrics for the public")
        equal(s.ask(b"GET / HTTP/1.1\r\n\r\n").json()["status_code"], 400,
              "no Host")
        test_metrics(s)
        equal(s.stop(), -signal.SIGTERM, "SIGTERM ends it by the signal")
        equal(s.queued().count(b"\n"), 9, "what was accepted is queued")


def test_metrics(s):
    with socket.create_connection(("127.0.0.1", s.admin_port)) as c:
        c.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        text = b""
        while True:
            more = c.recv(65536)
            if not more:
                break
            text += more
    text = text.decode()
    m = re.search(r'^dp_httpd_events_total{code="0"} (\d+)$', text, re.M)
    ok(m and int(m.group(1)) == 9, "/metrics counts the events", text)
    ok(re.search(r"^dp_httpd_ready 1$", text, re.M), "and says ready", text)
    with socket.create_connection(("127.0.0.1", s.admin_port)) as c:
        c.sendall(post(EVENT))
        ok(b" 404 " in c.recv(100), "no events at the admin's port")


def test_connections():
    with Server("--max-body=64k") as s:
        with Client(s) as c:
            c.send(post(EVENT) * 50)
            got = [c.read().status for _ in range(50)]
            equal(got, [200] * 50, "50 requests at once, answered in order")
            bad = b'{"event_name":"install","user_id":1}'
            c.send(post(bad) + post(EVENT))
            equal((c.read().status, c.read().status), (422, 200),
                  "an event that is refused does not close the connection")
            for b in post(EVENT):
                c.send(bytes([b]))
            equal(c.read().status, 200, "byte by byte")
            c.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n")
            for b in b"%x\r\n%s\r\n0\r\n\r\n" % (len(EVENT), EVENT):
                c.send(bytes([b]))
            equal(c.read().status, 200, "chunks, byte by byte")
            chunks = b"".join(b"1\r\n%c\r\n" % b for b in EVENT)
            c.send((b"POST / HTTP/1.1\r\nHost: a\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n" + chunks +
                    b"0\r\nT: x\r\n\r\n") * 3)
            equal([c.read().status for _ in range(3)], [200] * 3,
                  "three chunked requests at once")
            c.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                   b"Content-Length: %d\r\n\r\n" % len(EVENT))
            equal(c.read().status, 100, "100 Continue")
            c.send(EVENT)
            equal(c.read().status, 200, "and then the answer")
            c.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                   b"Content-Length: 70000\r\n\r\n")
            a = c.read()
            equal((a.status, a.fields["connection"]), (413, "close"),
                  "a body too long is refused before it is read")
            ok(c.at_end(), "and the connection is closed")
        a = s.ask(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                  b"\r\n\r\n%x\r\n%s" % (70000, b" " * 70000))
        equal(a.status, 413, "the same in chunks")
        with Client(s) as c:
            c.send(post(b" " * 70000)[:60000])
            equal(c.read().status, 413,
                  "the answer is read by who goes on sending")
        with Client(s) as c:
            c.send(b"POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" %
                   (len(EVENT), EVENT))
            a = c.read()
            equal((a.status, c.at_end()), (200, True), "HTTP/1.0 closes")
        with Client(s) as c:
            c.send(post(EVENT))
            c.s.shutdown(socket.SHUT_WR)
            a = c.read()
            equal((a.status, c.at_end()), (200, True),
                  "a client that has closed its half gets its answer")
        r = subprocess.run(
            ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "-d",
             EVENT, "http://127.0.0.1:%d/" % s.port], capture_output=True,
            check=False)
        equal(r.stdout, b"200", "curl -d")


def test_fair():
    """Who sends many requests at once does not hold up the others."""
    with Server() as s:
        ending = []

        def flood(data):
            with Client(s) as c:
                threading.Thread(target=drain, args=(c,), daemon=True).start()
                while not ending:
                    try:
                        c.send(data)
                    except OSError:
                        return

        def drain(c):
            try:
                while c.s.recv(1 << 16):
                    pass
            except (OSError, ValueError):
                pass

        floods = [threading.Thread(target=flood, args=(d,)) for d in (
            b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 500,
            post(b"\n".join([EVENT] * 5000), NDJSON))]
        for f in floods:
            f.start()
        late = 0
        with Client(s) as c:
            for _ in range(100):
                t = time.time()
                c.send(post(EVENT))
                ok_ = c.read().status == 200
                late = max(late, time.time() - t)
                if not ok_:
                    break
        ending.append(1)
        ok(ok_ and late < 2, "others are served beside two that flood", late)
        print("# the slowest of 100 beside two that flood: %.1f ms" %
              (late * 1000))
        for f in floods:
            f.join()


def test_limits():
    with Server("--max-conns=4", "--max-events=10", "--max-memory=300k",
                "--timeout=1s", "--idle-timeout=1s") as s:
        equal(s.post(b"1\n" * 11, NDJSON).status, 413, "11 events of 10")
        equal(s.post(b"[" + b"1," * 10 + b"1]").status, 413,
              "the same in an array")
        held = [Client(s) for _ in range(4)]
        for c in held[1:]:
            c.send(b"POST / HT")
        held[0].send(post(EVENT))
        equal(held[0].read().status, 200, "at the limit of connections")
        with Client(s) as c:
            c.send(post(EVENT))
            equal(c.read().status, 200, "one more takes an idle one's place")
            ok(held[0].at_end(), "which is closed")
            c.send(b"P")
            a = s.post(EVENT)
            equal(a.status, 503, "and when none is idle it is refused")
        equal([held[i].read().status for i in (1, 2, 3)], [408] * 3,
              "headers that take too long")
        with Client(s) as c:
            c.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
            equal(c.read().status, 408, "a body that takes too long")
        with Client(s) as c:
            c.send(post(EVENT))
            equal(c.read().status, 200, "a request")
            ok(c.at_end(), "and a connection that is idle for too long")
        time.sleep(0.3)
        big = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n"
        with Client(s) as c:
            c.send(big + b" " * 400000)
            a = c.read()
            equal((a.status, "retry-after" in a.fields), (503, True),
                  "over the memory of all")
        equal(s.post(EVENT).status, 200, "others are served")
    with Server("--per-ip=2") as s:
        a, b = Client(s), Client(s)
        equal(s.post(EVENT).status, 503, "a third connection of two")
        a.close()
        time.sleep(0.1)
        equal(s.post(EVENT).status, 200, "one of them is closed")
        b.close()


def test_slow_clients():
    """300 clients that send a byte a second; one that never reads."""
    with Server("--timeout=6s") as s:
        slow = [Client(s) for _ in range(300)]
        for c in slow:
            c.send(b"P")
        stop = time.time() + 4
        n = late = 0
        with Client(s) as c:
            drip = time.time()
            while time.time() < stop:
                t = time.time()
                c.send(post(EVENT))
                n += c.read().status == 200
                late = max(late, time.time() - t)
                if time.time() - drip > 1:
                    drip = time.time()
                    for i in slow:
                        i.send(b"O")
        ok(n > 500 and late < 1, "300 slow clients: others are served",
           "%d requests, the slowest took %.3f s" % (n, late))
        print("# %d requests beside 300 slow clients, the slowest %.1f ms" %
              (n, late * 1000))
        equal([c.read().status for c in slow[:3]], [408] * 3,
              "after their time they get 408")
        for c in slow:
            c.close()
        # A million answers of 100 items would not fit into its buffers.
        c = Client(s)
        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.s.settimeout(0.5)
        body = post(b"x\n" * 100, NDJSON)
        sent = 0
        try:
            while sent < 20000:
                c.send(body)
                sent += 1
        except (socket.timeout, OSError):
            pass
        ok(sent < 20000, "who never reads is not read either", sent)
        equal(s.post(EVENT).status, 200, "others are served")
        ok(s.rss_kb() < 20000, "in a few megabytes", s.rss_kb())
        until = time.time() + 12
        gone = False
        while not gone and time.time() < until:
            try:
                c.send(b"x")
                time.sleep(0.2)
            except socket.timeout:
                pass
            except OSError:
                gone = True
        ok(gone, "and is cut off")
        c.close()


def test_token():
    with Server("--token-file=/dev/stdin", wait=False) as s:
        s.p.wait()
        equal(s.p.returncode, 78, "an empty token file: 78")
    with Server(wait=False) as s:
        s.stop(signal.SIGKILL)
        path = os.path.join(s.folder, "tokens")
        with open(path, "w") as f:
            f.write("first\nsecond-token\n")
        with Server("--token-file=" + path) as t:
            for token, want in (("", 401), ("Bearer first", 200),
                                ("bearer second-token", 200),
                                ("Bearer firs", 401), ("Bearer first\t", 200),
                                ("Bearer firsT", 401), ("Basic first", 401),
                                ("Bearer first\nsecond", 400),
                                ("Bearer", 401)):
                fields = ["Authorization: " + token] if token else []
                a = t.post(EVENT, *fields)
                equal(a.status, want, "token %r" % token)
            a = t.post(EVENT)
            equal(a.fields["www-authenticate"], "Bearer", "401 names Bearer")
            equal(t.get("/readyz").status, 200, "/readyz needs none")
            ok("first" not in t.log_text(), "no token in the log")


def test_chain_faults():
    cases = [
        ("writes garbage", "out('garbage\\n')", "no receipt"),
        ("writes a line without an end", "out('x' * 9000)", "longer than"),
        ("answers out of order", "out('%d\\t0\\n' % (int(tag) + 1))",
         "out of order"),
        ("answers twice", "out((tag + '\\t0\\n') * 2)", "out of order"),
        ("ends", "sys.exit(7)", "exit status 7"),
        ("dies", "os.kill(os.getpid(), 9)", "signal 9"),
        ("closes its output", "os.close(1); time.sleep(9)",
         "closed its output"),
        ("closes its input", "os.close(0); time.sleep(9)",
         "closed its input|no receipt"),
    ]
    for what, code, why in cases:
        with Server("--chain-timeout=3s",
                    chain=stage("if n == 2:\n    " + code +
                                "\nelse:\n    out(tag + '\\t0\\n')")) as s:
            equal(s.post(EVENT).status, 200, "a stage that soon " + what)
            a = s.post(EVENT)
            ok(a.status in ((200,) if "twice" in what else (503,)),
               "%s: who waits gets an answer" % what, a)
            ok(s.wait_ready(), "%s: it is started anew" % what)
            equal(s.post(EVENT).status, 200, "%s: and serves" % what)
            ok(re.search(why, s.log_text()), "%s: the message" % what,
               s.log_text())
            equal(len(s.stages()), 1, "%s: the old one is gone" % what)
    with Server("--chain-timeout=1s", chain=stage(
            "time.sleep(1000) if n == 2 else out(tag + '\\t0\\n')")) as s:
        equal(s.post(EVENT).status, 200, "a stage that soon hangs")
        t = time.time()
        a = s.post(EVENT)
        equal((a.status, a.json()["status_code"], 0.8 < time.time() - t < 4),
              (503, 100, True), "503 after --chain-timeout")
        ok(s.wait_ready(), "and it is started anew")
    with Server("--answer-timeout=500ms", chain=stage(
            "time.sleep(1.5 if n == 1 else 0)\nout(tag + '\\t0\\n')")) as s:
        a = s.post(EVENT)
        equal((a.status, a.fields["connection"]), (504, "close"),
              "a verdict that is late")
        time.sleep(1.3)
        equal(s.post(EVENT).status, 200, "its receipt is nobody's")
    with Server("--answer-timeout=500ms", chain=stage(
            "if n > 3:\n    time.sleep(1.5)\nout(tag + '\\t0\\n')")) as s:
        a = s.post(EVENT + b"\n" + EVENT + b"\n" + EVENT + b"\n" + EVENT,
                   NDJSON)
        j = a.json()
        equal((a.status, j["accepted"], j["unknown"]), (504, 3, 1),
              "late for one of four")
    with Server(chain=stage("if n > 3:\n    sys.exit(1)\n"
                            "out(tag + '\\t0\\n')")) as s:
        a = s.post(b"\n".join([EVENT] * 6), NDJSON)
        j = a.json()
        equal((a.status, j["accepted"], j["unknown"]), (503, 3, 3),
              "the chain ends in the middle of a batch")
    with Server(chain=stage(
            "out(tag + '\\t5\\t{\"code\":\"<x>\",\"detail\":1}\\n' if n == 1 "
            "else tag + '\\t5\\t}{\\n')")) as s:
        equal(s.post(EVENT).json().get("code"), "<x>", "a message's word")
        equal(s.post(EVENT).json(), {"status_code": 5, "status_message":
                                     "invalid value type"},
              "a message that is no JSON is left out")
    for chain, status in ((["/nonexistent"], 78),
                          ([program("dp-validate"), "--tag", "-s", "/none"],
                           78),
                          (["true"], 74), (["a", "|"], 64)):
        with Server(chain=chain, wait=False) as s:
            equal(s.p.wait(20), status, "%s: exit %d" % (chain[0], status))


class Load(threading.Thread):
    """Posts until told to end; remembers what was acknowledged."""

    def __init__(self, server, first):
        super().__init__()
        self.server, self.n, self.ending = server, first, False
        self.acked, self.statuses = [], set()

    def run(self):
        c = None
        while not self.ending:
            try:
                c = c or Client(self.server)
                c.send(post(b'{"event_name":"install","user_id":%d,'
                            b'"timestamp":2}' % self.n))
                a = c.read()
                self.statuses.add(a.status if a else None)
                if a and a.status == 200:
                    self.acked.append(self.n)
                if not a or a.fields.get("connection") == "close":
                    c.close()
                    c = None
            except OSError:
                c = None
                time.sleep(0.01)
            self.n += 1


def test_kills():
    with Server() as s:
        loads = [Load(s, i * 1000000) for i in range(8)]
        for l in loads:
            l.start()
        for name in ("dp-validate", "dp-enqueue") * 3:
            time.sleep(0.3)
            for pid in s.stage(name):
                os.kill(pid, signal.SIGKILL)
            ok(s.wait_ready(), "kill -9 of %s: ready again" % name)
        time.sleep(0.2)
        for l in loads:
            l.ending = True
        for l in loads:
            l.join()
        statuses = set().union(*[l.statuses for l in loads])
        ok(statuses <= {200, 503}, "200 or 503, nothing else", statuses)
        acked = sorted(n for l in loads for n in l.acked)
        equal(s.stop(), -signal.SIGTERM, "it ends")
        lines = s.queued().split(b"\n")[:-1]
        queued = sorted(int(re.search(rb'"user_id":(\d+)', l).group(1))
                        for l in lines)
        ok(len(set(queued)) == len(queued), "no event is there twice")
        ok(set(acked) <= set(queued), "none that was acknowledged is missing",
           sorted(set(acked) - set(queued))[:9])
        print("# %d acknowledged, %d queued" % (len(acked), len(queued)))
        ok(len(acked) > 100, "there was load")


def test_stop():
    slow = stage("time.sleep(0.8 if n == 1 else 0)\nout(tag + '\\t0\\n')")
    with Server(chain=slow) as s:
        with Client(s) as c, Client(s) as d, Client(s) as e:
            c.send(post(EVENT))
            d.send(post(EVENT)[:-5])
            time.sleep(0.3)
            s.p.send_signal(signal.SIGTERM)
            time.sleep(0.1)
            try:
                Client(s)
                ok(False, "nobody new is accepted")
            except OSError:
                ok(True, "nobody new is accepted")
            ok(e.at_end(), "who has not begun is closed")
            a = c.read()
            equal((a.status, a.fields["connection"]), (200, "close"),
                  "a request in flight is answered")
            d.send(post(EVENT)[-5:])
            equal(d.read().status, 200, "and one that was half sent")
        equal(s.p.wait(10), -signal.SIGTERM, "then it ends")
    with Server() as s:
        with Client(s) as c:
            c.send(post(EVENT))
            c.read()
            old = s.stages()
            with open(os.path.join(s.folder, "new.json"), "w") as f:
                f.write("{}")
            s.p.send_signal(signal.SIGHUP)
            n = 0
            until = time.time() + 10
            while time.time() < until and set(old) & set(s.stages()):
                c.send(post(EVENT))
                n += c.read().status != 200
            ok(not set(old) & set(s.stages()) and n == 0,
               "SIGHUP: a new chain, and no request lost", n)
            equal(len(s.stages()), 2, "of two stages")
        s.p.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        ok("requests" in s.log_text(), "SIGUSR1: a line of progress")


def test_queue_full():
    with Server(chain=[program("dp-validate"), "--tag", "|",
                       program("dp-enqueue"), "--tag", "--max-bytes=64k",
                       "--segment-bytes=64k", "/tmp/none"], wait=False) as s:
        s.stop(signal.SIGKILL)
        q = s.queue
        with Server(chain=[program("dp-validate"), "--tag", "|",
                           program("dp-enqueue"), "--tag",
                           "--max-bytes=64k", "--segment-bytes=64k", q]) as t:
            event = b'{"a":"%s"}' % (b"x" * 4000)
            statuses = [t.post(event).status for _ in range(40)]
            ok(statuses[0] == 200 and statuses[-1] == 503,
               "a full queue: 503", statuses)
            a = t.post(event)
            equal((a.json()["status_code"], a.fields["retry-after"],
                   a.json()["code"]), (100, "1", "unavailable"),
                  "with code 100")
            equal(t.get("/readyz").status, 503, "and not ready")
            subprocess.run([program("dp-drain"), q], check=True,
                           stdout=subprocess.DEVNULL)
            equal(t.post(event).status, 200, "room again: 200")
            equal(t.get("/readyz").status, 200, "and ready")


def test_sockets():
    with Server(unix=True) as s:
        equal(s.post(EVENT).status, 200, "a unix socket")
        with Server(unix=True, folder=s.folder, wait=False) as t:
            equal(t.p.wait(10), 75, "a socket in use: 75")
            os.makedirs(t.folder, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as stale:
        with Server(wait=False) as s:
            s.stop(signal.SIGKILL)
            path = os.path.join(s.folder, "s")
            stale.bind(path)
            stale.close()
            with Server("--listen=unix:" + path) as t:
                ok(os.path.exists(path), "a dead server's socket is replaced")
                t.stop()
                ok(not os.path.exists(path), "and removed at the end")
    with Server() as s:
        with Server("--listen=127.0.0.1:%d" % s.port, wait=False) as t:
            equal(t.p.wait(10), 75, "a port in use: 75")
            ok("in use" in t.log_text(), "and why", t.log_text())
    port = free_port()
    with Server("--reuse-port", "--listen=127.0.0.1:%d" % port) as s:
        with Server("--reuse-port", "--listen=127.0.0.1:%d" % port) as t:
            equal(t.p.poll(), None, "--reuse-port shares a port")
    r = subprocess.run([program("dp-httpd"), "--check", "--listen=127.0.0.1:0",
                        "--", program("dp-validate"), "--tag"],
                       capture_output=True, timeout=20, check=False)
    equal(r.returncode, 0, "--check of a chain that starts")
    r = subprocess.run([program("dp-httpd"), "--check", "--listen=127.0.0.1:0",
                        "--", "false"], capture_output=True, timeout=20,
                       check=False)
    equal(r.returncode, 74, "--check of one that does not")
    r = subprocess.run([program("dp-httpd"), "--check", "--listen=127.0.0.1:0",
                        "--", "cat"], capture_output=True, timeout=20,
                       check=False)
    ok(r.returncode == 74 and b"do its programs run with --tag?" in r.stderr,
       "one that does not keep to the tags: what to look at", r.stderr)
    r = subprocess.run([program("dp-httpd"), "--listen=nowhere"],
                       capture_output=True, timeout=20, check=False)
    equal(r.returncode, 64, "an address that is none: 64")


def test_service_manager():
    with socket.socket() as s, socket.socket(socket.AF_UNIX,
                                             socket.SOCK_DGRAM) as n:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        n.bind("\0dp-httpd-test-%d" % os.getpid())
        n.settimeout(10)
        script = ("import os, sys; os.dup2(%d, 3); "
                  "os.environ['LISTEN_PID'] = str(os.getpid()); "
                  "os.execv(sys.argv[1], sys.argv[1:])" % s.fileno())
        p = subprocess.Popen(
            [sys.executable, "-c", script, program("dp-httpd"), "--",
             *stage("out(tag + '\\t%d\\n' % "
                    "(0 if 'LISTEN_FDS' not in os.environ else 5))")],
            pass_fds=(3, s.fileno()) if s.fileno() != 3 else (3,),
            env=dict(os.environ, LISTEN_FDS="1", WATCHDOG_USEC="400000",
                     NOTIFY_SOCKET="@dp-httpd-test-%d" % os.getpid()))
        said = {n.recv(100)}
        while b"READY=1" not in said:
            said.add(n.recv(100))
        ok(True, "READY=1 is told")
        with socket.create_connection(("127.0.0.1", port)) as c:
            c.sendall(post(EVENT))
            ok(b" 200 " in c.recv(1000),
               "LISTEN_FDS, of which the stages know nothing")
        until = time.time() + 3
        while b"WATCHDOG=1" not in said and time.time() < until:
            said.add(n.recv(100))
        ok(b"WATCHDOG=1" in said, "WATCHDOG=1 is told")
        p.terminate()
        while b"STOPPING=1" not in said:
            said.add(n.recv(100))
        equal(p.wait(10), -signal.SIGTERM, "STOPPING=1, and it ends")


def test_stdout():
    r, w = os.pipe()
    with Server(chain=[], stdout=w) as s:
        os.close(w)
        a = s.post(EVENT)
        equal((a.status, os.read(r, 1000)), (202, EVENT + b"\n"),
              "without a chain: 202, and the event on stdout")
        a = s.post(b"[1,\n2]")
        equal((a.status, os.read(r, 1000)), (202, b"1\n2\n"), "an array")
        os.close(r)
        try:
            s.post(EVENT)
        except OSError:
            pass
        equal(s.p.wait(10), 74, "stdout is closed: 74")


def test_access_log():
    with Server("--access-log") as s:
        s.post(EVENT, target="/v1/events?secret=1")
        s.ask(b"\x16\x03\x01")
        time.sleep(0.1)
        text = s.log_text()
        ok(re.search(r'^{"time":"[0-9TZ:-]*","client":"127.0.0.1","method":'
                     r'"POST","target":"/v1/events","status":200,"events":1,'
                     r'"bytes":42,"milliseconds":\d+}$', text, re.M),
           "a line of the access log", text)
        ok('"client":"127.0.0.1","status":400' in text, "of a bad request",
           text)
        ok("secret" not in text, "without the query")
    # A standard error that nobody reads must not stop anything.
    r, w = os.pipe()
    with Server(wait=False) as s:
        s.stop(signal.SIGKILL)
        port = free_port()
        p = subprocess.Popen(
            [program("dp-httpd"), "--access-log",
             "--listen=127.0.0.1:%d" % port, "--",
             *stage("out(tag + '\\t0\\n')")], stderr=w)
        os.close(w)
        s.port, s.p = port, p
        s.wait_up()
        good = 0
        with Client(s) as c:
            for _ in range(3000):
                c.send(post(EVENT))
                good += c.read().status == 200
        equal(good, 3000, "an access log that nobody reads")
        os.close(r)
        s.stop()


def test_proxy():
    """examples/nginx in front: TLS and HTTP/2."""
    if not shutil.which("nginx") or not shutil.which("openssl"):
        print("ok %d # SKIP no nginx or openssl here" % skip())
        return
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../examples/nginx/data-pipe.conf")) as f:
        conf = f.read()
    with Server() as s:
        os.chmod(s.folder, 0o755)  # nginx works as another user
        tls = free_port()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-days", "1", "-subj", "/CN=a", "-keyout", s.folder + "/key",
             "-out", s.folder + "/cert"], check=True,
            stderr=subprocess.DEVNULL)
        conf = re.sub(r"/etc/ssl/certs/[^;]*", s.folder + "/cert", conf)
        conf = re.sub(r"/etc/ssl/private/[^;]*", s.folder + "/key", conf)
        conf = conf.replace("listen 443", "listen 127.0.0.1:%d" % tls)
        conf = conf.replace("127.0.0.1:8080", "127.0.0.1:%d" % s.port)
        paths = " ".join("%s_temp_path %s/n;" % (k, s.folder) for k in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(s.folder + "/nginx.conf", "w") as f:
            f.write("daemon off; pid %s/pid; error_log stderr; events { } "
                    "http { access_log off; %s %s }" % (s.folder, paths, conf))
        p = subprocess.Popen(
            ["nginx", "-p", s.folder, "-c", s.folder + "/nginx.conf"],
            stderr=s.log)
        try:
            url = "https://127.0.0.1:%d/v1/events" % tls
            got = b""
            for _ in range(100):
                got = subprocess.run(
                    ["curl", "-sk", "--http2", "-w", " %{http_code}", "-H",
                     NDJSON, "--data-binary", EVENT + b"\n" + EVENT, url],
                    capture_output=True, check=False).stdout
                if not got.endswith(b" 000"):
                    break
                time.sleep(0.05)
            ok(b'"accepted":2' in got and got.endswith(b" 200"),
               "nginx in front", got, s.log_text())
            got = subprocess.run(
                ["curl", "-sk", "-H", "Expect:", "--data-binary", "@-", "-w",
                 "%{http_code}", "-o", os.devnull, url], check=False,
                input=b" " * 900000 + EVENT, capture_output=True).stdout
            equal(got, b"200", "a body of 900 KB through it")
        finally:
            p.terminate()
            p.wait()


if not os.access(program("dp-httpd"), os.X_OK):
    print("1..0 # SKIP dp-httpd is not built")
    sys.exit(0)
tests = [(n[5:], f) for n, f in list(globals().items())
         if n.startswith("test_") and n != "test_metrics"]
for name, run in tests:
    if len(sys.argv) == 1 or name in sys.argv[1:]:
        print("# " + name)
        run()
done()
