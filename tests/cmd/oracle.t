#!/usr/bin/env python3
"""dp-httpd --compat against the service that Data-pipe replaces.

tests/http/oracle/answers.ndjson holds requests, that service's exact replies
and what it put into its queue.  Each request gets the same body here, and
the queue holds the same event: the bytes that were sent, which become that
service's text when its rules are applied to them.  What differs is named
below, with the fault of the old service that is not copied.
"""
import base64
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "http"))
from httpd import (SCHEMAS, Client, Server, done, equal, ok,
                   program)  # noqa: E402

ROWS = os.path.join(here, "..", "http", "oracle", "answers.ndjson")
DEVIATIONS = {
    "timestamp_NaN": "NaN passes as JSON",
    "message_lone_surrogate":
        "text that is not UTF-8 (half a surrogate pair), stored as ???",
}
CONTENT = {"install": [], "purchase": ["sku"], "crash_report": ["message"]}


def request(row, body):
    fields = [f for f in (row["request_headers"] or "").split("; ")
              if f and not f.startswith("Content-Type")]
    if (row["request_headers"] or "").startswith("Content-Type"):
        fields = [row["request_headers"]]
    head = ["%s %s HTTP/1.1" % (row["method"], row["target"]), "Host: a",
            *fields]
    if row["case"] == "http10_close":
        head[0] = head[0].replace("1.1", "1.0")
    if row["chunked"]:
        head.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    elif row["case"] != "no_content_length_post":
        head.append("Content-Length: %d" % len(body))
    return "\r\n".join(head).encode() + b"\r\n\r\n", body


def old_text(line):
    """What the old service would have queued for an event."""
    e = json.loads(line)
    kind = e["event_name"]
    values = [e["user_id"], e["timestamp"]] + [e[k] for k in CONTENT[kind]]
    return "%s\t%s\n" % (kind, ",".join(str(v) for v in values))


def main():
    if not os.access(program("dp-httpd"), os.X_OK):
        print("1..0 # SKIP dp-httpd is not built")
        return
    with open(ROWS, encoding="utf-8") as f:
        rows = [json.loads(l) for l in f]
    chain = [program("dp-validate"), "--tag", "--compat", "-s", SCHEMAS, "|",
             program("dp-enqueue"), "--tag"]
    expected, deviated, same = [], 0, 0
    with Server("--compat", chain=["true"], wait=False) as f:
        f.p.wait()
        with Server("--compat", chain=chain + [f.queue]) as s:
            s.queue = f.queue
            for row in rows:
                body = base64.b64decode(row["body_b64"] or "")
                head, rest = request(row, body)
                with Client(s) as c:
                    c.send(head)
                    if "Expect" in (row["request_headers"] or ""):
                        equal(c.read().status, 100, "100 Continue")
                    c.send(rest)
                    a = c.read()
                if row["case"] in DEVIATIONS:
                    deviated += 1
                    j = a.json()
                    ok(j["status_code"] == 3, "%s: refused; the old fault: "
                       "%s" % (row["case"], DEVIATIONS[row["case"]]), a)
                    continue
                same += equal((a.status, a.body.decode()),
                              (200, row["response_body"]), row["case"])
                if row["queued_b64"]:
                    expected.append((row, body))
            s.stop()
            lines = s.queued().split(b"\n")[:-1]
    equal(len(lines), len(expected), "as many events are queued")
    for (row, body), line in zip(expected, lines):
        text = base64.b64decode(row["queued_b64"])
        ok(line == body.strip(b" \t\r\n"), row["case"] +
           ": the event is queued as it was sent", line)
        ok(old_text(line).encode() == text, row["case"] +
           ": and is the event that was queued there", old_text(line), text)
    print("# %d of %d answers are the same, %d differ by a fault that is "
          "not copied" % (same, len(rows), deviated))
    equal(deviated, len(DEVIATIONS), "each deviation that is named is there")


main()
done()
