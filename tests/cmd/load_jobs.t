#!/bin/bash
# dp-load --jobs: several files at a time are what they are one by one, under
# signals and kills, too.
# shellcheck disable=SC2016,SC2086,SC2317 # expanded later; words; called by t
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/pg.sh
. "$tests/lib/pg.sh"
if ! needs dp-load; then
	done_testing
fi
pg_start
is() { # NAME SQL
	pg_psql -c "$2" >is.out 2>&1
	same "$1" is.out
}
lines() { # FILE FIRST LAST: every hundredth is bad
	seq "$2" "$3" | sed 's/.*/{"id":&,"v":1}/; s/\(.*00\),"v":1/\1,"v":-1/' >"$1"
}
workers() {
	pgrep -P "$1"
}
until_true() {
	for _ in $(seq 200); do
		"$@" && return
		sleep 0.05
	done
	return 1
}
pg_psql -c 'CREATE TABLE r(id int8 PRIMARY KEY, v int8 CHECK (v > 0))'
mkdir f
for i in 0 1 2 3 4 5 6 7; do
	lines f/$i $((i * 5000 + 1)) $((i * 5000 + 5000))
done
load="dp-load -t r -j 4 -r rejects"
t 'several files at a time' 66 $load --summary=summary --metrics-file=prom \
    "$pg_url" f/0 f/1 f/missing f/2 f/3 </dev/null
has 'one that is not there is told' err 'f/missing'
is 'the others are loaded' 'SELECT count(*), count(DISTINCT id) FROM r' <<'END'
19800|19800
END
t 'rejects are whole lines, one a bad one' 0 [ "$(jq -r .line rejects |
    sort -n | uniq -c | awk '$1 == 4' | wc -l)" -eq 50 ]
t 'there is one summary' 0 [ "$(wc -l <summary)" -eq 1 ]
jq -c '[.exit, .read, .loaded, .rejected]' summary >out
same 'of all' out <<'END'
[66,20000,19800,200]
END
has 'and so with the metrics' prom 'dp_load_count_total{name="loaded"} 19800'
t 'the second time' 0 $load -v "$pg_url" f/0 f/1 f/2 f/3
has 'all is known' err ' 0 read = 0 loaded; 4 files known'
t 'some are new' 1 $load -v "$pg_url" f/*
has 'and counted' err '20000 read = 19800 loaded + 200 rejected; 4 files known'
is 'the ledger has each' 'SELECT count(*), sum(rows), sum(rejected)
    FROM dp_load_ledger' <<'END'
8|39600|400
END
t 'too many rejects, of all together' 65 $load --force --batch-records=100 \
    --max-rejects=150 "$pg_url" f/*
has 'are told' err 'more than --max-rejects'
t 'no such database' 69 $load --retry-for=0 "host=$pg_dir/none" f/0 f/1
t 'is told once' 0 [ "$(wc -l <err)" -eq 1 ]
sqlite3 r.db 'CREATE TABLE r(id INTEGER PRIMARY KEY, v INTEGER CHECK (v > 0))'
rm rejects
t 'SQLite has one writer, and that is no fault' 1 $load sqlite:r.db f/*
t 'all is loaded' 0 [ "$(sqlite3 r.db 'SELECT count(*) FROM r')" -eq 39600 ]
mkfifo pipe
jq -r .line >piped <pipe &
t 'rejects that go into a pipe' 1 dp-load -q --force -t r -j 4 --ledger=none \
    -r pipe "$pg_url" f/0 f/1
wait $!
t 'are whole lines' 0 [ "$(wc -l <piped)" -eq 10000 ]

# Batches take a while, so that there is time for a signal.
mkdir g
for i in $(seq 20); do
	seq $((i * 4000)) $((i * 4000 + 3999)) | sed 's/.*/{"id":&}/' >g/$i
done
pg_psql <<'SQL'
CREATE TABLE slow(id int8 PRIMARY KEY, v int8);
CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.02); RETURN NULL; END $$;
CREATE TRIGGER nap AFTER INSERT ON slow EXECUTE FUNCTION nap();
SQL
slow() {
	dp-load -t slow -j 4 --batch-records=100 "$pg_url" g/* 2>slow.err
}
begun() {
	[ "$(pg_psql -c 'SELECT count(*) FROM slow')" -gt "$1" ]
}
gone() {
	! kill -0 "$@" 2>/dev/null
}
strike() { # SIGNAL WHOM WANTED
	n=$(pg_psql -c 'SELECT count(*) FROM slow')
	slow &
	subshell=$!
	t "$2: batches are stored" 0 until_true begun "$n"
	run=$(workers $subshell)
	all=$(workers "$run")
	t 'by several' 0 [ "$(echo "$all" | wc -l)" -eq 4 ]
	case $2 in
	run) kill -"$1" "$run" ;;
	worker) kill -"$1" "$(echo "$all" | head -1)" ;;
	all) kill -"$1" $run $all ;;
	esac
	wait $subshell
	t "SIG$1: $2" 0 [ $? -eq "$3" ]
	t 'none is left' 0 until_true gone $all
	is 'each row is there once, or not yet' \
	    'SELECT sum(rows) = (SELECT count(*) FROM slow)
	    FROM dp_load_ledger' <<-'END'
	t
	END
}
pg_psql -c 'TRUNCATE dp_load_ledger'
strike KILL run 137
strike TERM run 143
strike INT all 130
strike KILL worker 74
has 'which is told' slow.err 'was killed by signal 9'
t 'the next run ends it' 0 slow
is 'each row is there once' 'SELECT count(*), count(DISTINCT id) FROM slow' <<'END'
80000|80000
END
done_testing
