#!/bin/bash
# A queue in PostgreSQL does what every engine of queues must do, and what
# dp-queue-postgresql(7) says.
# shellcheck disable=SC2016,SC2154,SC2317 # expanded later; set in pg.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=../lib/pg.sh
. "$tests/lib/pg.sh"
# shellcheck source=./conform.sh
. "$tests/drivers/conform.sh"
number=0
if dp-drain --peek 'postgresql://nowhere' 2>&1 | grep -q 'no such kind'; then
	skip 'built without PostgreSQL'
	done_testing
fi
pg_start

new_queue() {
	number=$((number + 1))
	q="$pg_url&queue=q$number&state=$tmp/state"
}

no_queue() {
	echo "$pg_url&queue=nowhere&state=$tmp/state"
}

dead_of() {
	pg_psql -c "select convert_from(reject, 'UTF8') from dp_queue.dead
	    join dp_queue.queue using (queue) where name = 'q$number'
	    and grp = '$1' order by lane, first, n"
}

# Immediate stop, and again: what was not committed is gone.
crash() {
	pg_stop QUIT
	pg_run
}

c_address() {
	q="postgresql://u:secret@localhost/x?queue=q"
	t 'a password in the address is refused' 64 dp-enqueue "$q"
	t 'and not repeated' 1 grep -q secret err
	t 'so is one among the parameters' 64 \
	    dp-enqueue 'postgresql://h/x?password=secret&queue=q'
	t 'an address without a queue' 64 dp-enqueue "$pg_url"
	t 'a folder of rejects that is not absolute' 78 \
	    dp-drain "${q_made%state=*}state=here"
	t 'a database that is not there' 69 \
	    dp-enqueue "postgresql:///nowhere?host=$pg_dir&user=postgres&queue=q"
	name='a "b'"'"'; drop schema dp_queue cascade; --'
	coded=$(printf %s "$name" | od -An -tx1 | tr -d '\n' | tr ' ' %)
	q="$pg_url&queue=$coded&state=$tmp/state"
	echo '{}' | put
	t 'a name of any bytes is a name' 0 count_is 1 waits
}

c_rights() {
	pg_psql -c 'create role plain login; grant usage on schema dp_queue
	    to plain; grant select, insert, update, delete
	    on all tables in schema dp_queue to plain'
	fresh
	q="postgresql:///postgres?host=$pg_dir&user=plain&queue=plain&state=$tmp/state"
	lines 9 | put
	t 'the documented rights suffice' 0 dp-drain "$q" -- ./told
	t 'for all of it' 0 count_is 9 cat got
	pg_psql -c 'revoke insert on dp_queue.frame from plain'
	echo '{}' >in
	t 'without them it is a matter of permission' 77 put
}

# The answer to a COMMIT is lost: the frame is there, once.
c_commit() {
	fresh
	mkdir -p cut && chmod 755 cut
	python3 "$tests/drivers/cut.py" cut "$pg_dir" '"n":777}' >cut.log &
	pid=$!
	until_true test -S cut/.s.PGSQL.5432
	lines 1000 >expect
	t 'the connection is lost between COMMIT and answer' 0 dp-enqueue \
	    --batch-records=10 "${q/host=$pg_dir/host=$tmp/cut}" expect
	kill "$pid"
	wait "$pid" 2>/dev/null
	t 'as it was' 0 grep -q cut cut.log
	t 'each line is there once' 0 eval 'waits | cmp - expect'
}

# The server stops at once, again and again, while all are at work.
c_server() {
	local writers='' w consumer i
	fresh
	put
	for w in 1 2 3 4; do
		lines 1500 "$w" | while read -r line; do
			echo "$line"
			[ $((RANDOM % 40)) -ne 0 ] || sleep 0.03
		done | dp-enqueue --batch-records=$((w * 5)) "$q" 2>"err.w$w" &
		writers="$writers $!"
	done
	(
		while [ ! -e stop ]; do
			dp-drain -f -w 2 --batch-records=60 "$q" -- ./keep
			sleep 0.05
		done 2>err.drain
	) &
	consumer=$!
	for i in 1 2 3 4 5 6; do
		sleep "0.$((i * 3 % 7 + 1))"
		crash
	done
	for w in $writers; do
		t 'dp-enqueue outlives immediate stops of the server' 0 \
		    wait "$w"
	done
	for w in 1 2 3 4; do
		lines 1500 "$w"
	done | sort >expect
	t 'all lines come' 0 \
	    until_true eval '[ "$(kept | wc -l)" -ge 6000 ]'
	: >stop
	until_true eval 'pkill -TERM -P $consumer; ! kill -0 $consumer' \
	    2>/dev/null
	wait "$consumer"
	t 'each once' 0 eval 'kept | sort | cmp - expect'
	t 'from positions that mean the same' 0 sound
	t 'and do not overlap' 1 overlaps
	t 'in the order of each writer' 0 ordered
	t 'and nothing waits' 0 count_is 0 waits
	fresh
	put
	dp-drain -f "$q" -- sh -c 'cat >>followed2' 2>err.follow &
	pid=$!
	sleep 0.3
	crash
	put <<<'{"after":1}'
	t 'an idle follower outlives it too' 0 \
	    until_true grep -qs after followed2
	kill "$pid"
	wait "$pid" 2>/dev/null
}

# A database from an older backup: its lanes get no lines any more.
c_backup() {
	fresh
	lines 50 a | put
	pg_stop
	cp -a "$pg_dir/data" "$pg_dir/backup"
	pg_run
	lines 50 lost | put
	t 'what a backup does not have' 0 dp-drain "$q" -- ./keep
	pg_stop
	rm -rf "$pg_dir/data"
	mv "$pg_dir/backup" "$pg_dir/data"
	pg_run
	lines 70 new | put
	t 'and what comes after it is restored' 0 dp-drain "$q" -- ./keep
	t 'have different positions' 0 sound
	t 'the new lines too' 1 overlaps
	t 'and nothing new is missing' 0 count_is 70 grep -rh '"new"' "$OUT"
}

c_settings() {
	fresh
	lines 5 | put
	pg_stop
	pg_run fsync=off
	t 'a server that does not sync is refused' 78 dp-enqueue "$q"
	t 'unless that is allowed' 0 dp-drain --peek --unsafe-fs "$q"
	pg_stop
	pg_run synchronous_commit=off default_transaction_isolation=serializable
	lines 5 | put
	t 'other settings do no harm' 0 dp-drain --group=x "$q" -- ./told
	t 'to any line' 0 count_is 10 cat got
	pg_stop
	pg_run
}

# An attempt is bound to the folder where its rejects are.
c_machines() {
	other=${q_made/state=$tmp\/state/state=$tmp\/other}
	fresh
	other="${q%state=*}state=$tmp/other"
	lines 10 | put
	cat >stores <<-'SCRIPT'
	#!/bin/sh
	cat >/dev/null
	if [ ! -e stored2 ]; then
		echo '{"raw":"one"}' >"$DP_REJECTS"
		: >stored2
		kill -9 "$PPID" $$
	fi
	SCRIPT
	chmod +x stores
	rm -f stored2
	t 'a machine dies with its loader' 137 dp-drain "$q" -- ./stores
	sleep 0.2
	t 'another one does not try its batch' 75 dp-drain "$other" -- ./stores
	t 'but it does' 0 empty "$q" -- ./stores
	t 'and has its rejects' 0 count_is 1 dead_of main
	rm -f stored2
	lines 10 | put
	t 'dies for good' 137 dp-drain "$q" -- ./stores
	pg_psql -c "delete from dp_queue.attempt where host = '$(hostname)'"
	t 'after a word from its owner the other one goes on' 0 \
	    empty "$other" -- ./stores
	t 'without its rejects' 0 count_is 1 dead_of main
	# The same file, once more, as if we had died before its removal.
	rm -f stored2
	sed -i 's/^	kill -9.*/	cp "$DP_REJECTS" again; echo "$DP_REJECTS" >where/; s/^	*kill -9.*/cp "$DP_REJECTS" again; echo "$DP_REJECTS" >where/' stores
	lines 3 | put
	t 'rejects become dead letters' 0 empty "$other" -- ./stores
	t 'by then' 0 count_is 2 dead_of main
	where=$(cat where)
	t 'and their file is removed' 1 test -e "$where"
	cp again "$where"
	t 'a file that was left' 0 dp-drain "$other"
	t 'goes' 1 test -e "$where"
	t 'and is not there twice' 0 count_is 2 dead_of main
	echo '{"raw":"late"}' >"$where"
	t 'one with other rejects' 0 dp-drain "$other"
	t 'stays while somebody may write to it' 0 test -e "$where"
	touch -d '10 minutes ago' "$where"
	t 'and then' 0 dp-drain "$other"
	t 'becomes dead letters' 0 count_is 3 dead_of main
}

c_damage() {
	fresh
	lines 10 | put
	pg_psql -c "update dp_queue.frame set body = replace(convert_from(
	    body, 'UTF8'), '7', '8')::bytea where queue = (select queue
	    from dp_queue.queue where name = 'q$number')"
	t 'a frame that was changed' 74 dp-drain "$q"
	cp out got
	has 'is told with its place' err 'lane .*line 0 is damaged'
	t 'and not handed out' 1 test -s got
}

# Settled frames, lanes that are closed, writers: nothing is left behind.
c_space() {
	fresh
	lines 3000 | put --segment-bytes=4k --batch-bytes=1k
	t 'a queue of several lanes' 0 eval \
	    '[ "$(pg_psql -c "select count(*) from dp_queue.lane join
	    dp_queue.queue using (queue) where name = '\''q$number'\''")" -gt 5 ]'
	lines 3000 >expect
	dp-drain -w 1 "$q" >got
	t 'comes in order' 0 cmp got expect
	pg_stop
	pg_run
	t 'and after another look' 0 dp-drain "$q"
	pg_psql -c "select count(*) from dp_queue.frame" \
	    -c "select count(*) from dp_queue.lane join dp_queue.queue
		using (queue) where name = 'q$number'" >left
	t 'has no lane left' 0 eval '[ "$(tail -n 1 left)" -le 17 ]'
	t 'writers that have ended left nothing' 0 eval \
	    '[ "$(pg_psql -c "select count(*) from dp_queue.writer")" -lt 100 ]'
}

# Exactly once, from a queue in PostgreSQL into tables.
c_load() {
	needs dp-load || return
	fresh
	"$tests/lib/gen-events" -n 4000 >expect
	put --batch-records=50 expect
	cat >loader2 <<-'SCRIPT'
	#!/bin/sh
	exec dp-load -s "$EVENTS" --create sqlite:load.db
	SCRIPT
	chmod +x loader2
	EVENTS=$tests/../examples/events
	export EVENTS
	for i in $(seq "$ROUNDS"); do
		dp-drain --batch-records=100 "$q" -- ./loader2 2>>err.load &
		pid=$!
		sleep "0.$((i * 13 % 4))$((i % 10))"
		for c in $(pgrep -P "$pid"); do
			kill -9 "$c"
		done 2>/dev/null
		[ $((i % 2)) -eq 0 ] || kill -9 "$pid" 2>/dev/null
		[ $((i % 5)) -ne 0 ] || crash
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	t 'after kills of dp-drain, dp-load and the server' 0 \
	    empty "$q" -- ./loader2
	t 'each event is in its table once' 0 eval '[ "$(sqlite3 load.db \
	    "select (select count(*) from purchase) + (select count(*) from
	    install) + (select count(*) from crash_report)")" = 4000 ]'
}

new_queue
q_made=$q
t 'without the schema nothing goes' 78 dp-enqueue "$q"
has 'and it is told what makes it' err 'no schema.*--create'
t 'this does' 0 dp-enqueue --create "$q"
t 'and again' 0 dp-enqueue --create "$q"
conform
for part in ${PART:-address rights commit server backup settings machines \
    damage space load}; do
	echo "# $part"
	"c_$part"
done
done_testing
