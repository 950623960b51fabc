#!/bin/bash
# What other ways of loading JSON lines get wrong, each as it is to be, and
# psql's \copy of the same lines beside it, to see that it is a trap.
# shellcheck disable=SC2016,SC2317 # not expanded here; called by t
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/sql.sh
. "$tests/lib/sql.sh"
big=12345678901234567890
cat >lines <<END
{"id":1,"s":"C:\\\\temp\\\\new"}
{"id":2,"s":"a\\u0000b"}
\\.

{"id":3,"s":"after","n":$big}
{"id":3,"s":"twice"}
{"id":4,"s":"\\\\N"}
{"id":5,"s":null}
{"id":6,"s":""}
{"id":7,"s":"0.1000","n":0.1000}
END

# The traps: they are there, with exit 0.
pg_psql -c 'CREATE TABLE j(j text)'
t 'psql: \copy of the lines is a success' 0 pg_psql -c "\\copy j from 'lines'"
is 'with an end at \., and other text' "$pg_url" \
    "SELECT count(*), count(*) FILTER (WHERE j LIKE '%a_u0000b%'),
    count(*) FILTER (WHERE j LIKE '%C:_temp_new%' AND j::json->>'s' LIKE
    E'C:\\temp%') FROM j WHERE j NOT LIKE '%after%'" <<'END'
2|0|1
END
t 'psql: a script that fails in a pipe is one, too' 0 sh -c \
    'echo "SELECT 1/0; SELECT 1" | psql -X -q -o /dev/null'

for db in "$pg_url" sqlite:x.db; do
	kind=${db%%:*}
	sql "$db" "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, n numeric)"
	# SQLite has no type for such numbers: see below.
	[ "$kind" != sqlite ] || sed -i 's/,"n":[0-9.]*//' lines
	rm -f rejects
	t "$kind: what is bad is told by the exit status" 1 \
	    dp-load -t t -r rejects "$db" lines
	has 'and counted' err '9 read = 6 loaded + 3 rejected; 1 blank'
	codes rejects >out
	same 'a NUL, a line \. and a duplicate are rejected, no others' out <<-'END'
	2 nul
	3 malformed
	6 duplicate
	END
	is 'backslashes stay, \N is text, null is none, "" is empty' "$db" \
	    "SELECT id, replace(s, '\\', '/'), s IS NULL FROM t
	    WHERE id IN (1, 4, 5, 6) ORDER BY id" <<-END
	1|C:/temp/new|$([ "$kind" = sqlite ] && echo 0 || echo f)
	4|/N|$([ "$kind" = sqlite ] && echo 0 || echo f)
	5||$([ "$kind" = sqlite ] && echo 1 || echo t)
	6||$([ "$kind" = sqlite ] && echo 0 || echo f)
	END
	if [ "$kind" = sqlite ]; then
		echo "{\"id\":9,\"n\":$big}" >wide
		t 'a number that would lose digits' 1 dp-load -q -t t \
		    -r wide.rejects "$db" wide
		has 'is rejected' wide.rejects '"code":"range".*/n'
	else
		is 'no digit is lost' "$db" \
		    'SELECT n FROM t WHERE n IS NOT NULL ORDER BY id' <<-END
		$big
		0.1000
		END
	fi
	t 'the same file again' 0 dp-load -v -t t "$db" lines
	has 'loads nothing' err 'known: loaded'
	is 'and doubles nothing' "$db" 'SELECT count(*) FROM t' <<-'END'
	6
	END
	t 'a pipe whose writer fails' 1 sh -c '
	    { echo "{\"id\":8}"; printf "{\"id\":9,\"s\":\"cu"; exit 1; } |
	    dp-load -t t -r cut "$1"' sh "$db"
	has 'is told' err ':2:.*\[incomplete\]'
	has 'and rejected with its bytes' cut '"raw":"{\\"id\\":9,\\"s\\":\\"cu"'
	is 'leaves no half of a line' "$db" \
	    'SELECT id, s FROM t WHERE id > 7' <<-'END'
	8|
	END
done
done_testing
