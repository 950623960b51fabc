#!/bin/bash
# dp-load --swap: the files are the whole content, and nobody sees anything
# between the old one and the new one.
# shellcheck disable=SC2016,SC2317 # not expanded here; called by t
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/sql.sh
. "$tests/lib/sql.sh"
lines() { # FIRST LAST VALUE
	seq "$1" "$2" | sed "s/.*/{\"id\":&,\"v\":$3}/"
}
lines 1 3000 1 >old
lines 2 2000 2 >new.1
lines 2001 4001 2 >new.2
for db in "$pg_url" sqlite:x.db; do
	kind=${db%%:*}
	sql "$db" 'CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER
	    CHECK (v > 0)); CREATE VIEW w AS SELECT v, count(*) AS n FROM t
	    GROUP BY v; CREATE INDEX i ON t(v)'
	content() { # WHAT
		case $1 in
		old) is 'what was there is there' "$db" 'SELECT * FROM w' <<<'1|3000' ;;
		new) is 'the new content is there, and nothing else' "$db" \
		    'SELECT * FROM w' <<<'2|4000' ;;
		esac
	}
	t "$kind: a load" 0 dp-load -q -t t "$db" old
	t 'a swap' 0 dp-load -t t --swap "$db" new.1 new.2
	content new
	t 'again, with small batches' 0 dp-load -t t --swap --batch-bytes=4k \
	    "$db" old
	content old
	t 'and once more the same' 0 dp-load -t t --swap "$db" old
	content old
	t 'a file that is not there' 66 dp-load -t t --swap "$db" new.1 none
	content old
	has 'is told' err 'none was not read to its end: the tables stay'
	: >empty
	t 'nothing to load' 65 dp-load -t t --swap "$db" empty
	content old
	{ cat new.1; printf '{"id":7'; } >torn
	t 'a last line that may be cut' 75 dp-load -t t --swap "$db" torn
	content old
	t 'a dry run' 0 dp-load -t t --swap --dry-run "$db" new.1 new.2
	content old
	{ cat new.1; lines 5001 5100 -1; } >bad
	t 'too many rejects' 65 dp-load -q -t t --swap --max-rejects=50 \
	    --batch-bytes=4k "$db" bad
	content old
	rm -f rejects
	{ cat new.1 new.2; lines 5001 5003 -1; } >some
	t 'some rejects' 1 dp-load -q -t t --swap -r rejects "$db" some
	content new
	t 'are in their file' 0 [ "$(wc -l <rejects)" -eq 3 ]
	t 'a batch of a queue' 64 env DP_BATCH=q/main/1-a:0-1 DP_REJECTS=r \
	    dp-load -t t --swap "$db" old
	t 'no table is named' 64 dp-load --swap "$db" old

	# Killed in the middle; the input is a pipe that does not end.
	mkfifo pipe
	for s in KILL TERM; do
		dp-load -q -t t --swap --batch-bytes=4k "$db" - <pipe 2>err &
		pid=$!
		exec 3>pipe
		cat old >&3
		sleep 0.3
		kill -$s $pid
		exec 3>&-
		wait $pid
		t "SIG$s in the middle" 0 [ $? -gt 128 ]
		content new
	done
	rm pipe
	# Two at a time: one content or the other.
	dp-load -q -t t --swap "$db" old &
	pid=$!
	t 'two at a time' 0 dp-load -q -t t --swap "$db" old
	wait $pid
	content old

	# Rows of others.
	sql "$db" 'CREATE TABLE child(id INTEGER REFERENCES t ON DELETE CASCADE);
	    INSERT INTO child VALUES (3)'
	t 'rows that would be deleted with them' 78 dp-load -t t --swap \
	    "$db" new.1
	has 'are a fault' err 'would delete or change rows of child'
	content old
	sql "$db" 'DROP TABLE child; CREATE TABLE child(id INTEGER REFERENCES t
	    DEFERRABLE INITIALLY DEFERRED); INSERT INTO child VALUES (3)'
	t 'a row that refers to one that is there again' 0 \
	    dp-load -t t --swap "$db" new.1 new.2
	content new
	sql "$db" 'UPDATE child SET id = 4001'
	t 'to one that is not' 65 dp-load -t t --swap "$db" old
	content new
	sql "$db" 'DROP TABLE child; CREATE TABLE child(id INTEGER REFERENCES t);
	    INSERT INTO child VALUES (4)'
	printf '{"id":%d}\n' 3 9999 >kids
	t 'a new row that refers to none' 1 dp-load -q -t child --swap \
	    "$db" kids
	is 'is rejected, and the other one is swapped' "$db" \
	    'SELECT id FROM child' <<<3
	sql "$db" 'DROP TABLE child'
done

# Parents and children, by their types.
mkdir s
for t in a_child b_parent; do
	printf '{"type":"object","properties":{"id":{"type":"integer"},
	    "up":{"type":"integer"}}}' >s/$t.json
done
pg_psql -c 'CREATE TABLE b_parent(id int8 PRIMARY KEY, up int8);
    CREATE TABLE a_child(id int8 PRIMARY KEY,
	up int8 REFERENCES b_parent ON DELETE CASCADE)'
family() {
	seq "$1" "$2" | sed 's/.*/{"event_name":"b_parent","id":&}/'
	seq "$1" "$2" | sed 's/.*/{"event_name":"a_child","id":&,"up":&}/'
}
family 1 100 >f1
family 51 150 >f2
t 'children and parents' 0 dp-load --extra=ignore -s s --swap "$pg_url" f1
t 'again' 0 dp-load --extra=ignore -s s --swap "$pg_url" f2
is 'are swapped together' "$pg_url" 'SELECT count(*), min(up) FROM a_child' <<'END'
100|51
END

# Who reads meanwhile, through the view and as another role.
pg_psql <<'SQL'
CREATE ROLE reader LOGIN;
GRANT SELECT ON w TO reader;
SQL
look() {
	psql -X -q -At -U reader -c 'SELECT * FROM w' >>seen 2>&1
}
swaps() {
	for _ in $(seq 200); do
		[ "$(pg_psql -c "SELECT count(*) FROM pg_locks WHERE granted
		    AND relation = 't'::regclass
		    AND mode = 'ShareRowExclusiveLock'")" -eq 0 ] || return 0
		sleep 0.05
	done
	return 1
}
: >seen
mkfifo slow
dp-load -q -t t --swap --batch-bytes=4k "$pg_url" - <slow &
pid=$!
exec 9<>slow
head -n 1000 old >&9
t 'a swap is under way' 0 swaps
for _ in 1 2 3 4 5; do
	look
done
tail -n +1001 old >&9
exec 9>&-
while kill -0 $pid 2>/dev/null; do
	look
done
wait $pid
look
t 'who reads sees the old content many times' 0 \
    [ "$(grep -c '^2|4000$' seen)" -ge 5 ]
t 'then the new one' 0 [ "$(tail -1 seen)" = '1|3000' ]
t 'and never anything else' 1 grep -vxE '2\|4000|1\|3000' seen

# A role that may do that, and no more.
pg_psql <<'SQL'
CREATE ROLE loader LOGIN;
GRANT INSERT, DELETE ON t TO loader;
SQL
t 'INSERT and DELETE are enough' 0 dp-load -q -t t --swap \
    "host=$pg_dir user=loader dbname=postgres" new.1 new.2
is 'for that' "$pg_url" 'SELECT * FROM w' <<<'2|4000'
done_testing
