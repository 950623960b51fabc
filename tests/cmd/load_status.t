#!/bin/bash
# dp-load --status: the ledger as a person reads it, and what a load would do
# with files, which is what it then does.
# shellcheck disable=SC2016,SC2086,SC2317 # expanded later; words; called by t
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/pg.sh
. "$tests/lib/pg.sh"
if ! needs dp-load; then
	done_testing
fi
pg_start
lite=sqlite:x.db
cp -r "$tests/../examples/events" schemas
sql() { # DATABASE SQL
	case $1 in
	sqlite:*) sqlite3 "${1#sqlite:}" "$2" ;;
	*) pg_psql -c "$2" ;;
	esac
}
# lines FIRST LAST
lines() {
	seq "$1" "$2" |
	    sed 's/.*/{"event_name":"install","user_id":&,"timestamp":1}/'
}
# verdicts FILE...: the verb of each.
verdicts() {
	dp-load --status "$db" "$@" | grep '^[a-z]' | tr -s ' '
}
no_times() {
	sed 's/20[-0-9]*T[:0-9]*Z/TIME                /' "$@"
}
# In one transaction a row is written; it stays open until stop.
hold() {
	mkfifo hold
	case $db in
	sqlite:*) sqlite3 x.db <hold >held 2>&1 & ;;
	*) psql -X -At <hold >held 2>&1 & ;;
	esac
	holder=$!
	exec 9>hold
	[ "$db" = $lite ] || echo 'BEGIN; LOCK TABLE dp_load_ledger IN
	    ROW EXCLUSIVE MODE;' >&9
	[ "$db" != $lite ] || echo 'BEGIN IMMEDIATE;' >&9
	echo "UPDATE dp_load_ledger SET rows = 77; SELECT 'held';" >&9
	for _ in $(seq 200); do
		grep -q held held && break
		sleep 0.05
	done
}
release() {
	exec 9>&-
	wait $holder
	rm -f hold
}

lines 1 100 >log
head -n 50 log >part
lines 101 101 >tiny
cp tiny tiny.copy
: >empty
long=a-name-that-is-longer-than-any-line-of-a-terminal-$(seq -s- 40).ndjson
lines 200 300 >"$long"
lines 500 502 | head -c 120 >torn
for db in $lite "$pg_url"; do
	kind=${db%%:*}
	[ "$db" != $lite ] || sqlite3 x.db 'CREATE TABLE other(a)'
	t "$kind: no ledger" 0 dp-load --status "$db"
	same 'is said' out <<'END'
There is no ledger: nothing was loaded with one.
END
	t 'with files all is to be loaded' 0 dp-load --status "$db" log
	has 'since none is known' out 'new: none that begins like it'
	t 'looking has made none' 0 dp-load --status --json "$db"
	same 'which is no line in JSON' out </dev/null
	dp-load --check --create -s schemas "$db"
	t "$kind: an empty one" 0 dp-load --status "$db"
	same 'is said' out <<'END'
The ledger is empty: no file or batch is loaded yet.
END
	for step in part "tiny $long torn" '--source=there tiny'; do
		dp-load -q -s schemas "$db" $step
	done
	{ lines 400 401; echo 1; } >in
	DP_BATCH=0123456789abcdef0123456789abcdef/main/1-ab:0-3 \
	    DP_REJECTS=$PWD/new dp-load -q -s schemas "$db" <in
	DP_BATCH=0123456789abcdef0123456789abcdef/main/2-cd:0-3 \
	    DP_REJECTS=$PWD/new dp-load -q -s schemas "$db" <in
	DP_BATCH=ab/two/2-cd:0-3 \
	    DP_REJECTS=$PWD/new dp-load -q -s schemas "$db" <in
	: >in
	t "$kind: what is loaded" 0 dp-load --status "$db"
	no_times out >got
	same 'is told, the oldest first, queues behind it' got <<'END'
LOADED                       ROWS  REJECTED  FROM
TIME                           50         0  part
TIME                            1         0  tiny
TIME                          101         0  ...2-33-34-35-36-37-38-39-40.ndjson
TIME                            2         0  torn
TIME                            1         0  there: tiny
TIME                            4         2  queue 01234567../main, 2 lanes
TIME                            2         1  queue ab/two, 1 lane
END
	t 'in 80 columns' 1 grep -q '.\{81\}' out
	t 'and in JSON' 0 dp-load --status --json "$db"
	has 'with the whole name' out "\"file\":\"$long\",.*\"rows\":101,"
	jq -r '[.source, .rows, .rejected] | @tsv' out >got
	t 'a line for each place' 0 [ "$(wc -l <got)" -eq 8 ]

	dp-load --status "$db" log part tiny tiny.copy empty torn "$long" \
	    schemas/install.json >out
	no_times out >got
	same "$kind: what would become of files" got <<END
continue  log
          grown or interrupted: from byte 2591 on
          loaded TIME                , 50 rows, 0 rejected
          as part
skip      part
          all of it is loaded
          loaded TIME                , 50 rows, 0 rejected
skip      tiny
          all of it is loaded
          loaded TIME                , 1 rows, 0 rejected
load      tiny.copy
          equal to one that was loaded, but too small to be sure
skip      empty
          nothing is in it
wait      torn
          the last line may be cut: not loaded until it ends
          loaded TIME                , 2 rows, 0 rejected
skip      ...$(printf %s "$long" | tail -c 67)
          all of it is loaded
          loaded TIME                , 101 rows, 0 rejected
load      schemas/install.json
          new: none that begins like it was loaded
END
	t 'in 80 columns' 1 grep -q '.\{81\}' out
	t 'none of it was loaded' 0 dp-load --status --json "$db" log
	has 'in JSON, too' out '^{"file":"log","action":"continue",.*"rows":50'
	t 'a file that was changed' 0 sh -c "
	    sed 's/:60,/:61,/; s/:20,/:21,/' log >other
	    dp-load --status '$db' other"
	has 'is new' out 'new: begins like one that was loaded, but differs'
	t 'one that was cut shorter' 0 sh -c "
	    head -n 40 log >shorter; dp-load --status '$db' shorter"
	has 'is new' out 'new: begins like one that was loaded, but differs'
	t 'one that is written to' 0 dp-load --status --settle=1h "$db" other
	has 'waits' out '^wait  *other$'
	t '--force loads' 0 dp-load --status --force "$db" part
	has 'all' out '^load  *part$'
	t 'from another source' 0 dp-load --status --source=x "$db" part
	has 'it is new' out '^load  *part$'
	t 'compressed' 0 sh -c "
	    gzip -kf part; dp-load --status '$db' part.gz"
	has 'it is the same' out '^skip  *part.gz$'
	t 'a file that is not there' 66 dp-load --status "$db" part none tiny
	n=$(grep -c ^skip out)
	t 'leaves the others' 0 [ "$n" -eq 2 ]
	t 'standard input has no past' 0 sh -c "
	    dp-load --status '$db' - <part | grep -q '^load'"
	t 'but with a label' 0 sh -c "
	    dp-load -q --source=in -s schemas '$db' <part
	    dp-load --status --source=in '$db' - <log | grep -q '^continue'"
	t 'without a ledger there is nothing to tell' 64 \
	    dp-load --status --ledger=none "$db"

	# What it says is what then happens.
	for f in log part tiny.copy; do
		dp-load --status "$db" $f | grep -q '^skip' && want=known ||
		    want=loaded
		dp-load -v -s schemas "$db" $f 2>err
		has "$kind: as told of $f" err "$want"
		t 'then it is known' 0 sh -c "
		    dp-load --status '$db' $f | grep -q '^skip'"
	done

	hold
	t "$kind: while another one writes" 0 \
	    dp-load --status --retry-for=1s "$db"
	t 'it sees what was committed' 1 grep -q ' 77 ' out
	release
done

# Reading is enough.
pg_psql -c 'CREATE ROLE reader LOGIN; GRANT SELECT ON dp_load_ledger TO reader'
t 'a role that may only read the ledger' 0 \
    dp-load --status "host=$pg_dir user=reader dbname=postgres" part
sum=$(cksum <x.db)
dp-load --status $lite >out && dp-load --status $lite log >out
t 'a database is left as it was' 0 [ "$(cksum <x.db)" = "$sum" ]
chmod 444 x.db
t 'one that cannot be written' 0 dp-load --status $lite
chmod 644 x.db
sqlite3 x.db 'PRAGMA journal_mode=WAL' >out
t 'one with a write-ahead log' 0 dp-load --status $lite
sqlite3 x.db 'PRAGMA journal_mode=DELETE' >out
t 'one that is not there' 78 dp-load --status sqlite:none.db
t 'is not made' 1 test -e none.db

# A writer that was killed leaves a journal: it is rolled back.
mkfifo hold
sqlite3 x.db <hold >held &
holder=$!
exec 9>hold
echo "PRAGMA cache_size=2; BEGIN IMMEDIATE; CREATE TABLE big(a);
    INSERT INTO big SELECT randomblob(1000) FROM generate_series(1, 500);
    UPDATE dp_load_ledger SET rows = 77; SELECT 'held';" >&9
for _ in $(seq 200); do
	grep -q held held && break
	sleep 0.05
done
kill -9 $holder
wait $holder 2>kill.out
exec 9>&-
t 'there is one' 0 test -s x.db-journal
t 'after a kill the last commit counts' 0 dp-load --status $lite
t 'and nothing else' 1 grep -q ' 77 ' out
done_testing
