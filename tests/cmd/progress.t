#!/bin/bash
# Progress: a line for SIGUSR1, also while a program waits, and nothing else
# where stderr is no terminal.
. "${0%/*}/../lib/tap.sh"

ask() {
	mkfifo pipe
	"$@" >/dev/null 2>err <pipe &
	pid=$!
	exec 3>pipe
	echo '{"a":1}' >&3
	# The queue is opened after signals are caught.
	until [ -e q/format ]; do sleep 0.02; done
	for _ in $(seq 100); do
		kill -USR1 "$pid"
		sleep 0.05
		grep -q 'B/s; 1 read' err && break
	done
	exec 3>&-
	wait "$pid"
}

t 'SIGUSR1 does not end a program that waits' 0 ask dp-enqueue q
has 'and it tells how far it is' err '^dp-enqueue: 8 B, [0-9]* B/s; 1 read, 1 enq'
t 'without control characters' 1 grep -q '[[:cntrl:]]' err
# On a terminal a line a second, erased at the end.
cat >slow.py <<'END'
import os, pty, subprocess, sys, time
master, slave = pty.openpty()
p = subprocess.Popen(["dp-enqueue", "q2"], stdin=subprocess.PIPE,
                     stdout=subprocess.DEVNULL, stderr=slave)
for i in range(24):
    p.stdin.write(b'{"a":1}\n' * 10)
    p.stdin.flush()
    time.sleep(0.1)
p.stdin.close()
assert p.wait() == 0
os.close(slave)
# What is there comes in pieces, and an error is its end.
try:
    while piece := os.read(master, 65536):
        os.write(1, piece)
except OSError:
    pass
END
t 'on a terminal' 0 python3 slow.py
cp out err
has 'there is a line over the last one' err "$(printf '\r')dp-enqueue: .*B/s; .* read"
has 'which goes away before the summary' err "$(printf '\033')\[Kdp-enqueue: 240 read = 240 enq"
# What a signal ends says how far it came.
mkfifo lines
dp-enqueue ended <lines 2>told &
pid=$!
exec 9>lines
echo '{"n":1}' >&9
for _ in $(seq 100); do
	dp-queue peek ended 2>/dev/null | grep -q n && break
	sleep 0.05
done
kill -TERM $pid
wait $pid
status=$?
t 'it ends by the signal' 0 test $status -eq 143
exec 9>&-
has 'and tells what is stored' told '^dp-enqueue: 1 read = 1 enqueued ('
done_testing
