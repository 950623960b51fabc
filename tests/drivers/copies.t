#!/bin/sh
# Spools that are moved, copied, restored and made anew, and a loader's
# ledger: each line is in the database once.
. "${0%/*}/../lib/tap.sh"
# shellcheck source=../lib/pg.sh
. "$tests/lib/pg.sh"
needs dp-load || { done_testing; exit; }
schemas=$tests/../examples/events
as=

# lines FIRST LAST
lines() {
	seq "$1" "$2" |
	    sed 's/.*/{"event_name":"install","user_id":&,"timestamp":1}/'
}
# drain QUEUE [OPTION...]; start, the same, in the background: $! is dp-drain
drain() {
	queue=$1
	shift
	$as dp-drain --batch-records=30 "$@" "$queue" -- \
	    dp-load -s "$schemas" --create "$db"
}
start() {
	as='exec'
	drain "$@" >out 2>&1
}
# stop PID: a process that must end when it is told to
stop() {
	kill -TERM "$1" 2>/dev/null
	for _ in $(seq 50); do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null && echo 'not ended in time' >late
	wait "$1"
	t "$kind: what is told to end does" 1 test -e late
	rm -f late
}
# in_table NAME LINES SUM: so many rows, all different.
in_table() {
	if [ "$kind" = sqlite ]; then
		sqlite3 -separator ' ' events.db 'select count(*),
		    count(distinct user_id), sum(user_id) from install' >rows
	else
		pg_psql -F ' ' -c 'select count(*), count(distinct user_id),
		    sum(user_id) from install' >rows
	fi
	echo "$2 $2 $3" >want.rows
	t "$kind: $1" 0 diff want.rows rows
}
sum() {
	seq "$1" "$2" | awk '{ s += $1 } END { printf "%d\n", s }'
}

backup() {
	if [ "$kind" = sqlite ]; then
		sqlite3 events.db '.backup backup.db'
	else
		pg_dump >backup.sql
	fi
}
restore() {
	if [ "$kind" = sqlite ]; then
		rm -f events.db*
		mv backup.db events.db
	else
		pg_psql -c 'drop schema public cascade; create schema public'
		pg_psql -f backup.sql >restored 2>&1
	fi
}

cases() {
	rm -rf q q2 old
	lines 1 100 | dp-enqueue --segment-bytes=4k --batch-records=10 q
	# Some are loaded, and then it moves.
	start q &
	sleep 0.2
	stop $!
	if command -v rsync >/dev/null; then
		rsync -a q/ q2
	else
		cp -a q q2
	fi
	t "$kind: a spool that was moved" 0 drain q2
	in_table 'is loaded to its end' 100 "$(sum 1 100)"
	# Both go on: the common lines are one thing, what follows is not.
	rm -rf q
	cp -a q2 q
	lines 101 150 | dp-enqueue q
	lines 151 220 | dp-enqueue q2
	t "$kind: a copy, and" 0 drain q2
	t "$kind: what it was made of, go on" 0 drain q
	in_table 'each line once' 220 "$(sum 1 220)"

	# An older copy takes the place of the spool.
	lines 221 260 | dp-enqueue q
	cp -a q old
	lines 261 300 | dp-enqueue q
	t "$kind: all is loaded" 0 drain q
	rm -rf q
	mv old q
	lines 301 340 | dp-enqueue q
	t "$kind: an older copy is restored" 0 drain q
	in_table 'nothing twice, nothing less' 340 "$(sum 1 340)"
	t "$kind: and drained once more for another group" 0 drain q --group=b
	in_table 'which has a position of its own' 340 "$(sum 1 340)"

	# Without its cursor all that is there comes again, and is known.
	lines 341 400 | dp-enqueue --segment-bytes=4k q
	dp-queue keep --keep-bytes=1m q
	t "$kind: a queue that keeps" 0 drain q
	rm -rf q/group
	t "$kind: and loses its state" 0 drain q
	in_table 'is loaded as it was' 400 "$(sum 1 400)"
	dp-queue rewind q 1h
	t "$kind: and goes back an hour" 0 drain q
	in_table 'is loaded as it was' 400 "$(sum 1 400)"

	# The database is restored from a backup; what it missed is kept.
	backup
	lines 401 440 | dp-enqueue q
	t "$kind: more is loaded" 0 drain q
	in_table 'after a backup' 440 "$(sum 1 440)"
	restore
	in_table 'which is restored' 400 "$(sum 1 400)"
	t "$kind: it lacks them" 0 drain q
	in_table 'and they do not come by themselves' 400 "$(sum 1 400)"
	dp-queue rewind q 1h
	t "$kind: after a rewind" 0 drain q
	in_table 'exactly what was missing is there' 440 "$(sum 1 440)"

	# Made anew under a loader that is at work.
	start q --follow &
	sleep 0.3
	rm -rf q
	lines 441 450 | dp-enqueue q
	sleep 0.3
	stop $!
	t "$kind: a spool of the same name" 0 drain q
	in_table 'is another one' 450 "$(sum 1 450)"
}

kind=sqlite db=sqlite:events.db
cases
pg_start
kind=postgresql db=$pg_url
cases
done_testing
