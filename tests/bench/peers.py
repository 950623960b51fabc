"""Queues of others, for tests/bench/run: the section "peers".

Each server runs alone in a folder of its own, on a port of 127.0.0.1, with
the strictest durability that it has; what is missing is told and left out.
"""
import os
import shutil
import subprocess


class Server:
    """A server of the bench's own: a command, and its peak of memory."""

    def __init__(self, bench, name, command):
        self.bench, self.name = bench, name
        self.port = bench.free_port()
        self.folder = os.path.abspath(name + ".data")
        os.makedirs(self.folder)
        words = [w.format(port=self.port, dir=self.folder) for w in command]
        self.log = open(name + ".log", "ab")
        self.proc = subprocess.Popen(words, stdout=self.log, stderr=self.log,
                                     stdin=subprocess.DEVNULL)
        bench.wait_port(self.port)

    def stop(self):
        name, mb = self.bench.peak(self.proc.pid)
        self.proc.terminate()
        self.proc.wait()
        return "%s %.0f" % (name, mb)


def redis(b, ins, outs):
    s = Server(b, "redis-server",
               ["redis-server", "--port", "{port}", "--bind", "127.0.0.1",
                "--dir", "{dir}", "--save", "", "--appendonly", "yes",
                "--appendfsync", "always"])
    part = 5
    cli = "redis-cli -p %d" % s.port
    # What redis-cli --pipe wants: commands in the form of the protocol.
    b.sh("head -n %d events | awk '{ printf \"*3\\r\\n$5\\r\\nRPUSH\\r\\n$1"
         "\\r\\nq\\r\\n$%%d\\r\\n%%s\\r\\n\", length($0), $0 }' "
         ">redis.in" % (b.EVENTS // part))
    fill = cli + " --pipe <redis.in >/dev/null"
    b.sh("for i in $(seq %d); do echo LRANGE q 0 9999; "
         "echo LTRIM q 10000 -1; done >redis.out" %
         (b.EVENTS // part // 10000 + 1))
    ins.append(b.Case("Redis appendfsync always, pipelined", fill, part=part,
                      before=cli + " FLUSHALL"))
    outs.append(b.Case("Redis, 10k a LRANGE and LTRIM",
                       cli + " <redis.out >/dev/null", part=part,
                       before=cli + " FLUSHALL; " + fill))
    return s


def beanstalkd(b, ins, outs):
    s = Server(b, "beanstalkd", ["beanstalkd", "-l", "127.0.0.1", "-p",
                                 "{port}", "-b", "{dir}", "-f", "0"])
    broker = b.program("tests/broker")
    empty = "%s beanstalk-out %d >/dev/null" % (broker, s.port)
    for lines, part in ((1, 100), (100, 5)):
        fill = "head -n %d events | %s beanstalk-in %d %d" % (
            b.EVENTS // part, broker, s.port, lines)
        name = "beanstalkd -f 0, %d line%s a job" % (
            lines, "s" if lines > 1 else "")
        ins.append(b.Case(name, fill, part=part, before=empty))
        outs.append(b.Case(name, empty, part=part, before=fill))
    return s


def nats(b, ins, outs):
    s = Server(b, "nats-server", ["nats-server", "-a", "127.0.0.1", "-p",
                                  "{port}", "-js", "-sd", "{dir}"])
    broker = b.program("tests/broker")
    new = "%s nats-new %d" % (broker, s.port)
    empty = "%s nats-out %d >/dev/null" % (broker, s.port)
    for lines, part in ((1, 10), (100, 5)):
        fill = "head -n %d events | %s nats-in %d %d" % (
            b.EVENTS // part, broker, s.port, lines)
        name = "NATS JetStream, %d line%s a message, no fsync" % (
            lines, "s" if lines > 1 else "")
        ins.append(b.Case(name, fill, part=part, before=new))
        outs.append(b.Case(name, empty, part=part,
                           before=new + "; " + fill))
    return s


def postgres(b, pg, ins, outs):
    """Our own queue in PostgreSQL."""
    part = 2
    q = "'%s&queue=bench&state=%s'" % (pg.url(), os.path.abspath("state"))
    enqueue = "head -n %d events | %s --create %s" % (
        b.EVENTS // part, b.program("dp-enqueue"), q)
    drain = "%s %s | cat >/dev/null" % (b.program("dp-drain"), q)
    ins.append(b.Case("dp-enqueue postgresql:", enqueue, part=part,
                      before=enqueue.replace("head -n %d" %
                                             (b.EVENTS // part),
                                             "head -n 1") + "; " + drain))
    outs.append(b.Case("dp-drain postgresql:", drain, part=part,
                       before=enqueue))


def writers(b, pg):
    """A line a commit: eight at a time against one that only syncs."""
    n = max(8, b.EVENTS // 50)
    b.sh("rm -f one.*; head -n %d events | split -n r/8 - one." % n)
    eight = ("for f in one.*; do %s %s --batch-records=1 %s $f & "
             "pids=\"$pids $!\"; done; for p in $pids; do wait $p || "
             "exit 1; done")
    dp = b.program("dp-enqueue")
    q = "'%s&queue=writers'" % pg.url()
    b.group("a line a commit, durable", [
        b.Case("limit: fdatasync of 128 bytes, preallocated",
               "%s syncs sync.file %d" % (b.program("tests/broker"), n),
               part=b.EVENTS / n, limit=True),
        b.Case("dp-enqueue, one writer",
               "head -n %d events | %s --batch-records=1 ./q1" % (n // 4, dp),
               part=b.EVENTS / (n // 4), before="rm -rf q1"),
        b.Case("dp-enqueue, eight writers", eight % (dp, "", "./q1"),
               part=b.EVENTS / n, before="rm -rf q1", wanted=1.5),
        b.Case("dp-enqueue postgresql:, eight writers",
               eight % (dp, "--create", q), part=b.EVENTS / n),
    ])


def peer_cases(b, folder):
    peer = b.program("tests/peer")
    cat = "cat events | cat >/dev/null"
    enqueue = b.program("dp-enqueue") + " ./q events"
    sqlite_in = peer + " in q.db <part5"
    ins = [b.Case("limit: cat | cat", cat, limit=True),
           b.Case("dp-enqueue", enqueue, before="rm -rf q", wanted=0.6),
           b.Case("SQLite WAL FULL, 10k a transaction", sqlite_in, part=5,
                  before="rm -f q.db*")]
    outs = [b.Case("limit: cat | cat", cat, limit=True),
            b.Case("dp-drain", b.program("dp-drain") + " ./q | cat >/dev/null",
                   before="rm -rf q; " + enqueue, wanted=0.6),
            b.Case("SQLite WAL FULL, 10k a transaction",
                   peer + " out q.db >/dev/null", part=5,
                   before="rm -f q.db*; " + sqlite_in)]
    pg = b.Postgres(os.path.join(folder, "pgq"))
    servers = []
    try:
        postgres(b, pg, ins, outs)
        for start, name in ((redis, "redis-server"),
                            (beanstalkd, "beanstalkd"),
                            (nats, "nats-server")):
            if shutil.which(name) is None:
                print("# no %s here" % name)
            else:
                servers.append(start(b, ins, outs))
        b.group("into queues, acknowledged", ins)
        b.group("out of queues, settled", outs)
        writers(b, pg)
    finally:
        pg.stop()
        print("# peak RSS of the servers, MB: " +
              ", ".join(s.stop() for s in servers))
