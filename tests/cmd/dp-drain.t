#!/bin/sh
# dp-drain as a service: what the service manager is told, and what becomes
# of the batch in hand at SIGTERM.
# shellcheck disable=SC2016 # expanded by the inner shells
. "${0%/*}/../lib/tap.sh"

until_true() {
	for _ in $(seq 200); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}
listen() {
	rm -f socket told
	"$tests/lib/notified" "$tmp/socket" >told &
	listener=$!
	until_true test -S socket
}
# How often the watchdog is fed in the next second.
fed() {
	before=$(grep -c WATCHDOG told)
	sleep 1
	echo $(($(grep -c WATCHDOG told) - before))
}
finish() {
	kill -TERM "$pid"
	wait "$pid"
	ended=$?
	kill "$listener"
	wait "$listener" 2>/dev/null
}
NOTIFY_SOCKET=$tmp/socket WATCHDOG_USEC=400000
export NOTIFY_SOCKET WATCHDOG_USEC

# A follower.
listen
t 'a queue that is not there' 66 dp-drain -f q -- cat
t 'is not ready' 1 test -s told
dp-enqueue q
dp-drain -f q -- sh -c 'cat >>got; env >env; sleep 0.1' >/dev/null &
pid=$!
t 'a follower of an empty queue is ready' 0 until_true grep -qs READY=1 told
t 'and says so first' 0 sh -c 'head -n 1 told | grep -qx READY=1'
t 'waiting is told' 0 until_true \
    grep -qx 'STATUS=waits: 0 lines drained, 0 dead letters' told
t 'and is progress' 0 test "$(fed)" -ge 3
echo '{"n":1}' | dp-enqueue q
t 'what was drained is told' 0 until_true \
    grep -qx 'STATUS=waits: 1 lines drained, 0 dead letters' told
t 'the command knows nothing of it' 1 grep -q 'NOTIFY_SOCKET\|WATCHDOG' env
finish
t 'SIGTERM ends it' 143 sh -c "exit $ended"
t 'and that was told before' 0 grep -qx STOPPING=1 told

# Commands that hang, and such as take their time.
hang() {
	rm -rf q started
	listen
	seq 100000 | sed 's/.*/{"n":&}/' | dp-enqueue q
	dp-drain -f q -- "$@" >/dev/null &
	pid=$!
	until_true test -e started
}
hang sh -c ': >started; head -c 100 >/dev/null; exec sleep 4'
sleep 0.7
t 'a command that hangs feeds no watchdog' 0 test "$(fed)" -eq 0
kill -KILL "$pid" # as the service manager does
wait "$pid" 2>/dev/null
kill "$listener"
sleep 4
hang sh -c ': >started; while [ "$(head -c 65536 | wc -c)" -gt 0 ]; do
	sleep 0.15; done'
sleep 0.7
t 'one that reads on does' 0 test "$(fed)" -ge 3
finish
t 'SIGTERM waits for the batch in hand' 0 sh -c \
    'test -z "$(dp-drain --peek q)"'
unset NOTIFY_SOCKET WATCHDOG_USEC

# The batch in hand, at SIGTERM.
for s in 0 75 3; do
	echo '{"n":1}' | dp-enqueue q
	rm -f started
	dp-drain -f --max-tries=1 q -- \
	    sh -c 'cat >/dev/null; : >started; sleep 0.5; exit '$s \
	    2>/dev/null &
	pid=$!
	until_true test -e started
	kill -TERM "$pid"
	wait "$pid"
	dp-queue dead q >letters
	dp-drain q >left
	[ "$s" -eq 0 ] && want=0 || want=1
	t "a command that ends with $s after SIGTERM: $want line waits" 0 \
	    test "$(wc -l <left)" -eq "$want"
	t 'and no dead letter' 1 grep -q unavailable letters
done

# What is dead is shown, and stays.
rm -rf q
printf '{"n":1}\n{"n":2}\n' | dp-enqueue q
t 'dead letters are made' 0 dp-drain --batch-records=1 q -- \
    sh -c 'grep -q 1 || exit 65'
t 'they are shown' 0 dp-drain -v --dead q
mv out shown
sed 's/.*"code":"\([a-z]*\)".*"raw":/\1 /' shown >dead
same 'as rejects' dead <<'END'
unavailable "{\"n\":2}"}
END
has 'with a count' err '1 read = 1 drained'
t 'again, as by dp-queue' 0 sh -c 'dp-queue dead --show q | cmp - shown'
t 'of a group' 0 dp-drain -q --dead --group=other q
same 'that has none' out </dev/null
t 'not with a command' 64 dp-drain --dead q -- cat
t 'not with --follow' 64 dp-drain --dead -f q

# A command that is gone while it is replaced.
rm -rf q got
printf '#!/bin/sh\ncat >>got\n' >loader
chmod +x loader
echo '{"n":1}' | dp-enqueue q
dp-drain -f q -- ./loader 2>drain.err &
pid=$!
t 'a command works' 0 until_true test -s got
chmod -x loader
echo '{"n":2}' | dp-enqueue q
t 'then it cannot be run' 0 until_true grep -q 'cannot run ./loader' drain.err
t 'which is no end' 0 kill -0 "$pid"
chmod +x loader
t 'it is tried again' 0 until_true grep -q '"n":2' got
kill -TERM "$pid"
wait "$pid"
chmod -x loader
echo '{"n":3}' | dp-enqueue q
t 'one that never could' 78 dp-drain -f q -- ./loader
has 'is a fault' err 'cannot run ./loader: Permission denied'
done_testing
