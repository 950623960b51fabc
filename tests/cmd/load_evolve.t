#!/bin/bash
# dp-load --evolve: columns for properties that are new, and nothing else.
# shellcheck disable=SC2016,SC2086,SC2154 # expanded later; words; set in pg.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/sql.sh
. "$tests/lib/sql.sh"
lite=sqlite:x.db
columns() { # DATABASE
	case $1 in
	sqlite:*) sql "$1" "SELECT name, type, \"notnull\"
	    FROM pragma_table_info('e')" ;;
	*) sql "$1" "SELECT attname, format_type(atttypid, atttypmod),
	    attnotnull::int FROM pg_attribute WHERE attrelid = 'e'::regclass
	    AND attnum > 0 ORDER BY attnum" ;;
	esac
}
mkdir old new other bad
cat >old/e.json <<'END'
{"type":"object","required":["a"],
 "properties":{"a":{"type":"integer"},"b":{"type":"string"}}}
END
cat >new/e.json <<'END'
{"type":"object","required":["a","n"],
 "properties":{"a":{"type":"string"},"n":{"type":"integer",
    "description":"it's \\ new"},
    "w \"x\"":{"type":"number"},"j":{}}}
END
sed 's/"j"/"k"/' new/e.json >other/e.json
sed 's/"j":{}/"j":{"x-dp-type":"text; DROP TABLE e"}/' new/e.json >bad/e.json
echo '{"a":1,"b":"x"}' >first
echo '{"a":"2","n":7,"w \"x\"":1.5,"j":[1]}' >second
grown() {
	columns "$db" >got
	case $db in
	sqlite:*) same "$1" got <<'END' ;;
a|INTEGER|1
b|TEXT|0
n|INTEGER|0
w "x"|REAL|0
j|TEXT|0
END
	*) same "$1" got <<'END' ;;
a|bigint|1
b|text|0
n|bigint|0
w "x"|double precision|0
j|jsonb|0
END
	esac
}
for db in $lite "$pg_url"; do
	kind=${db%%:*}
	t "$kind: a table" 0 dp-load -t e -s old/e.json --create "$db" first
	columns "$db" >before
	t 'properties without a column' 78 dp-load -t e -s new/e.json "$db" \
	    second
	has 'are told, and what would help' err 'column n is not there.*--evolve'
	t '--create does nothing about them' 78 \
	    dp-load -t e -s new/e.json --create "$db" second
	t "$kind: --print-ddl" 0 dp-load -t e -s new/e.json --evolve \
	    --print-ddl "$db"
	cp out ddl
	has 'shows three columns' ddl 'ALTER TABLE "e" ADD COLUMN .*"n"'
	n=$(grep -c '^ALTER' ddl)
	t 'and no more' 0 [ "$n" -eq 3 ]
	t 'a dry run' 1 dp-load -t e -s new/e.json --evolve --dry-run "$db" \
	    second
	columns "$db" >after
	t 'both change nothing' 0 cmp before after
	t 'a type that is none' 78 dp-load -t e -s bad/e.json --evolve "$db"
	t "$kind: --evolve" 1 dp-load -t e -s new/e.json -r rejects --evolve \
	    "$db" second
	has 'a type that has changed is not changed there' rejects \
	    '"type".*/a\|/a.*"type"'
	grown 'columns are added, which may be NULL'
	is 'rows that are there stay' "$db" 'SELECT * FROM e' <<'END'
1|x|||
END
	t 'again' 0 dp-load -t e -s new/e.json --evolve --check "$db"
	t 'there is nothing to do' 0 dp-load -t e -s new/e.json --evolve \
	    --print-ddl "$db"
	same 'nor to print' out </dev/null
	t 'an old schema' 0 dp-load -t e -s old/e.json --evolve --source=b \
	    "$db" first
	grown 'takes nothing away'

	# What is printed makes the same table.
	sql "$db" 'DROP TABLE e'
	dp-load -t e -s old/e.json --create --check "$db"
	case $db in
	sqlite:*) t 'the statements' 0 sh -c 'sqlite3 x.db <ddl' ;;
	*) t 'the statements' 0 pg_psql -f ddl ;;
	esac
	grown 'do the same'

	# Several at a time, with schemas that have grown in two ways.
	sql "$db" 'DROP TABLE e'
	dp-load -t e -s old/e.json --create --check "$db"
	runs=
	for i in 1 2 3 4; do
		dp-load -t e -s new/e.json --evolve --check "$db" 2>err.$i &
		runs="$runs $!"
		dp-load -t e -s other/e.json --evolve --check "$db" \
		    2>err.o$i &
		runs="$runs $!"
	done
	rc=0
	for r in $runs; do
		wait $r || rc=$?
	done
	cat err.* >err
	t "$kind: several at a time" 0 [ $rc -eq 0 ]
	columns "$db" | cut -d '|' -f 1 | sort >got
	same 'add each column once' got <<'END'
a
b
j
k
n
w "x"
END
done

# Somebody uses the table: it is given up in time, nothing has changed.
pg_psql -c 'DROP TABLE e'
dp-load -t e -s old/e.json --create --check "$pg_url"
mkfifo hold
psql -X -At <hold >held 2>&1 &
holder=$!
exec 9>hold
echo "BEGIN; SELECT count(*) FROM e; SELECT 'held';" >&9
for _ in $(seq 400); do
	grep -q held held && break
	sleep 0.05
done
t 'a table that is in use' 75 dp-load -t e -s new/e.json --evolve \
    --retry-for=100ms "$pg_url" second
is 'is not changed' "$pg_url" "SELECT count(*) FROM pg_attribute
    WHERE attrelid = 'e'::regclass AND attnum > 0" <<'END'
2
END
dp-load -t e -s new/e.json --evolve --check "$pg_url" \
    2>err.late 9>&- &
late=$!
sleep 0.2
exec 9>&-
wait $holder
wait $late
t 'and when it is free it is' 0 [ $? -eq 0 ]
is 'with a comment' "$pg_url" "SELECT col_description('e'::regclass, 3)" <<'END'
it's \ new
END
pg_psql -c 'CREATE ROLE plain LOGIN; GRANT SELECT, INSERT ON e TO plain;
    GRANT SELECT, INSERT, UPDATE ON dp_load_ledger TO plain'
sed -i 's/"j"/"later"/' new/e.json
t 'who does not own the table' 77 dp-load -t e -s new/e.json --evolve \
    "host=$pg_dir user=plain dbname=postgres" second
done_testing
