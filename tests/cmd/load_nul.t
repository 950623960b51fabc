#!/bin/bash
# dp-load --nul: U+0000 in strings and keys, in each database alike.
# shellcheck disable=SC2016,SC2086 # expanded later; words
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/sql.sh
. "$tests/lib/sql.sh"
cat >rows <<'END'
{"id":1,"s":"a\u0000b"}
{"id":2,"s":"\\u0000"}
{"id":3,"s":"\\\u0000"}
{"id":4,"j":{"k\u0000":["\u0000\u0000",{"x":"\u0000"}]}}
{"id":5,"s":"plain"}
{"id":6,"z\u0000":"\u0000"}
{"id":7,"j":{"\u0000":1,"\ufffd":2}}
{"id":8,"s":"\u0000\ud800"}
{"id":9,"s":"\u0000","n":"no number"}
{"id":10,"s":"\u0000","v":"abcd"}
{"id":11,"s":"\u0000","n":13}
{"id":12,"s":"\u0000\u00e9\uD83D\uDE00"}
{"id":13,"s":"\u000"}
END
printf '%s' '{"id":14,"s":"end\u0000"}' >>rows
printf '{"id":15,"s":"raw\0byte"}\n' >raw
raws() {
	jq -r .raw "$1"
}
for db in sqlite:x.db "$pg_url"; do
	kind=${db%%:*}
	json=jsonb v='varchar(3)'
	[ $kind != sqlite ] || json=JSON v="TEXT CHECK (length(v) < 4)"
	sql "$db" "CREATE TABLE t(id INTEGER, s TEXT, j $json, n INTEGER
	    CHECK (n <> 13), v $v, extra $json)"
	t "$kind: by default" 1 dp-load -t t -r r.$kind --source=a "$db" rows
	has 'each such line is rejected' err '= 2 loaded + 12 rejected'
	sed 's/.*"code":"\([a-zA-Z-]*\)".*"line":\([0-9]*\).*/\2 \1/' \
	    r.$kind >got
	same 'with its code' got <<'END'
1 nul
3 nul
4 nul
6 nul
7 nul
8 nul
9 nul
10 nul
11 nul
12 nul
13 malformed
14 nul
END
	sql "$db" 'DELETE FROM t'
	t "$kind: --nul=replace" 1 dp-load -t t --nul=replace --source=b \
	    -r r2.$kind "$db" rows
	has 'counts' err '= 8 loaded + 6 rejected; 11 nul replaced'
	is 'a character stands for it' "$db" \
	    'SELECT id, s, j, extra FROM t ORDER BY id' <<END
1|a�b||
2|\\u0000||
3|\\�||
$([ $kind = sqlite ] && echo '4||{"k\ufffd":["\ufffd\ufffd",{"x":"\ufffd"}]}|' ||
    echo '4||{"k�": ["��", {"x": "�"}]}|')
5|plain||
$([ $kind = sqlite ] && echo '6|||{"z\ufffd":"\ufffd"}' ||
    echo '6|||{"z�": "�"}')
12|�é😀||
14|end�||
END
	sed 's/.*"code":"\([a-zA-Z-]*\)".*"line":\([0-9]*\).*/\2 \1/' \
	    r2.$kind | sort -n >got
	same 'what is bad besides is rejected' got <<END
7 duplicate-key
8 surrogate
9 type
10 $([ $kind = sqlite ] && echo constraint || echo maxLength)
11 constraint
13 malformed
END
	raws r2.$kind | sort >got
	sed -n '7,11p; 13p' rows | sort >want.raw
	t 'with the bytes of the input' 0 diff want.raw got
	t 'a byte NUL is no JSON' 1 dp-load -t t --nul=replace "$db" raw
	t "$kind: what was loaded is known by its own bytes" 0 \
	    dp-load -t t --source=b "$db" rows
	has 'with the option or without' err 'rows: known'
	sql "$db" 'DELETE FROM t'
	t "$kind: in small batches" 1 dp-load -t t --nul=replace \
	    --batch-records=1 --source=c "$db" rows
	has 'the same' err '= 8 loaded + 6 rejected; 11 nul replaced'
done

# Under dp-drain, and with a schema that allows it or not.
mkdir s
echo '{"properties":{"event_name":{},
    "s":{"type":"string","const":"a\ufffd"}}}' >s/e.json
printf '%s\n' '{"event_name":"e","s":"a\u0000"}' \
    '{"event_name":"e","s":"\u0000"}' | dp-enqueue q
t 'in a queue' 0 dp-drain q -- dp-load -s s --create --nul=replace \
    sqlite:q.db
has 'the schema sees what is stored' err '1 loaded + 1 rejected; 2 nul replaced'
cat q/dead/main/*.ndjson >dead
has 'a dead letter has what came' dead '"raw":".*\\\\u0000'
done_testing
