#!/bin/bash
# dp-load: what is stored, what is rejected, and what is known already.
# shellcheck disable=SC2016,SC2086,SC2317 # expanded later; words; called by t
. "${0%/*}/../lib/tap.sh"
needs dp-load || { done_testing; }
cp -r "$tests/../examples/events" schemas
db=sqlite:x.db
load="dp-load -s schemas"
q() {
	sqlite3 "${2:-x.db}" "$1"
}
# rows N NAME: the three tables have N rows.
rows() {
	count=$((count + 1))
	got=$(q 'SELECT (SELECT count(*) FROM purchase) +
	    (SELECT count(*) FROM install) +
	    (SELECT count(*) FROM crash_report)')
	if [ "$got" = "$1" ]; then
		echo "ok $count - $2"
	else
		bad=1
		echo "not ok $count - $2"
		echo "# $got rows, wanted $1"
	fi
}
fresh() {
	rm -f x.db* rejects
	$load --create --check $db
}
install() {
	printf '{"event_name":"install","user_id":%s,"timestamp":%s}\n' "$1" "$2"
}

# Tables, and the counts.
"$tests/lib/gen-events" -n 1000 -b 50 -s 3 >events
bad_lines=$(dp-validate -q -s schemas events | wc -l)
bad_lines=$((1000 - bad_lines))
t 'tables are not made without --create' 78 $load $db events
has 'the message says what would' err '--create'
t 'with it they are' 1 $load --create -r rejects $db events
has 'the counts add up' err \
    "1000 read = $((1000 - bad_lines)) loaded + $bad_lines rejected"
rows $((1000 - bad_lines)) 'each good line is a row'
t 'each bad one is in the rejects' 0 \
    sh -c "[ \$(wc -l <rejects) -eq $bad_lines ]"
$load --print-ddl $db >ddl
t 'sqlite3 takes --print-ddl as it is' 0 sh -c 'sqlite3 ddl.db <ddl'
t 'and the tables serve' 1 $load sqlite:ddl.db events

# Files that are known.
fresh
"$tests/lib/gen-events" -n 500 -s 5 >log
head -c 20000 log >part
t 'a file that ends in half a line' 0 $load $db part
has 'is told' err 'incomplete'
n=$(q 'SELECT sum(rows) FROM dp_load_ledger')
rows "$n" 'all before it is loaded'
cat log >part
t 'it goes on where it ended' 0 $load $db part
rows 500 'nothing is there twice'
t 'the second time it is known' 0 $load $db part
has 'and that is told' err 'part: known: loaded .*, 500 rows'
t 'renamed' 0 sh -c "cp part part.1 && $load $db part.1"
t 'gzipped' 0 sh -c "gzip -k part.1 && $load $db part.1.gz"
t 'and in zstd' 0 sh -c "zstd -q part.1 && $load $db part.1.zst"
has 'it is the same' err 'known'
rows 500 'and loaded once'
t 'with --force it is loaded all the same' 0 $load --force $db part
rows 1000 'that many'
t 'and known again' 0 $load $db part
rows 1000 'once'
t 'from another source it is another file' 0 $load --source=b $db part
rows 1500 'and loaded'

fresh
head -n 100 log >a
{ head -n 60 log; install 1 1; } >b
t 'two files with the same first kilobytes' 0 $load $db a b
rows 161 'are two files'
t 'known both' 0 $load $db b a
rows 161 'each'
install 7 7 >tiny
cp tiny tiny2
t 'tiny files that are equal' 0 $load $db tiny tiny2
rows 163 'are two files'
t 'each of them known by its inode' 0 $load $db tiny tiny2
rows 163 'and loaded once'
head -n 200 log >a.new && mv a.new a
t 'a copy that has grown, at another inode' 0 $load $db a
rows 263 'goes on'
: >empty
t 'an empty file' 0 $load $db empty
printf '\357\273\277' >bom && head -n 30 log | tail -n 10 >>bom
t 'a byte order mark' 0 $load $db bom
head -n 40 log | tail -n 10 >>bom
t 'is no part of the first line' 0 $load $db bom
rows 283 'and counted in the position'

# Lines that are too long are part of what is known, too.
fresh
{
	install 1 1
	head -c 3000000 /dev/zero | tr '\0' x
	echo
	install 2 2
} >long
t 'a line that is too long' 1 $load -r rejects $db long
has 'is rejected' rejects '"too-long".*"line":2.*"truncated":true'
install 3 3 >>long
t 'and passed when the file goes on' 0 $load -r rejects $db long
rows 3 'nothing is there twice'
head -c 3000000 /dev/zero | tr '\0' x >first
echo >>first && install 4 4 >>first
t 'so is a first line' 1 $load $db first
t 'which is known' 0 $load $db first
rows 4 'nothing is there twice'

# Standard input.
: >in
fresh
t 'stdin without a label has no ledger' 0 sh -c "$load $db <part"
rows 500 'it is loaded'
t 'each time' 0 sh -c "$load $db <part"
rows 1000 'it is loaded'
fresh
t 'a label gives it one' 0 sh -c "head -n 50 part | $load --source=s $db"
t 'then it goes on' 0 sh -c "cat part | $load --source=s $db"
rows 500 'nothing is there twice'
t 'what is shorter than what was loaded is not it' 65 \
    sh -c "head -n 20 part | $load --source=s $db"
rows 500 'and is not loaded'

# Batches of a queue.
fresh
head -n 100 log >lot
run_batch() { # FIRST-END FILE [ATTEMPT]
	DP_BATCH="id/main/1-ab:$1" DP_ATTEMPT=${3:-1} DP_REJECTS=$PWD/new \
	    $load $db <"$2"
}
t 'a batch' 0 run_batch 0-100 lot
rows 100 'is stored'
t 'the second time' 0 run_batch 0-100 lot
rows 100 'it is not'
head -n 150 log >with_more
t 'nor with what a filter adds to it' 0 run_batch 0-100 with_more
rows 100 'nothing of that is stored'
head -n 150 log | tail -n 100 >half
t 'one that is there in part' 0 run_batch 50-150 half
rows 150 'is stored in part'
t 'a batch whose lines are too few' 75 run_batch 150-300 half
t 'or too many' 75 run_batch 150-160 half
has 'says why' err 'filter'
t 'the third time is no accident' 78 run_batch 150-160 half 3
rows 150 'nothing of them is stored'
t 'a gap is not ours to judge' 0 run_batch 1000-1100 half
rows 250 'it is loaded'
t 'a name that is none' 78 run_batch 1000 half
{ head -n 5 log; echo '{"event_name":"install"}'; } >withbad
t 'a bad line of a batch does not fail it' 0 run_batch 1100-1106 withbad
rows 255 'the others are stored'
has 'it is in the rejects' new '"required"'
t 'the second attempt leaves the rejects alone' 0 run_batch 1100-1106 withbad
has 'they are still there' new '"required"'
cp withbad in
t 'too many of them stop it' 78 env DP_MAX_REJECTS=0 \
    DP_BATCH=id/main/1-ab:1106-1112 DP_REJECTS=new $load $db
rows 255 'and nothing is stored'

# A queue into tables, with a row that no table takes.
fresh
{ install 1 1; install 100000000000000000000 2; install 3 3; } |
    dp-enqueue ./q
t 'a number that fits no column' 0 dp-drain ./q -- $load $db
rows 2 'costs one row'
cat q/dead/main/*.ndjson >dead
has 'which is a dead letter' dead '"range".*"pointer":"/user_id"'

# What would be lost with its batch, since a queue is its only place.
fresh
rm -rf q
install 1 1 | dp-enqueue ./q
t 'a dry run of a batch' 78 dp-drain ./q -- $load --dry-run $db
has 'is refused' err 'dry-run stores nothing'
{ install 2 2 | tr -d '\n}'; printf ',"x":"%01100000d"}\n' 0; } |
    dp-enqueue --max-record=2m ./q
t 'a line that is too long' 78 dp-drain ./q -- $load $db
has 'is told' err 'line 1 of the batch has .* more than --max-record'
rows 1 'the one before it is stored'
t 'but with room for it' 0 dp-drain ./q -- $load --extra=ignore \
    --max-record=2m $db
rows 2 'both are'
install 3 3 | dp-enqueue ./q
printf '{"x":"%01100000d"}\n' 0 | dp-enqueue --max-record=2m ./q
t 'nor is it passed on' 78 dp-drain ./q -- dp-enqueue -q ./q2
t 'without room' 0 sh -c 'dp-drain --peek ./q | wc -l | grep -qx 2'

# Kinds of columns, without schemas.
rm -f k.db
sqlite3 k.db 'CREATE TABLE k(i INTEGER, r REAL, t TEXT, n, j JSON, d TEXT DEFAULT '"'x'"', nn INTEGER NOT NULL DEFAULT 5, u INTEGER UNIQUE, CHECK (i <> 13))'
cat >in <<'END'
{"i":9223372036854775807,"r":0.1,"t":"a\u00e9\n","n":1.5,"j":{"a": [1]},"d":"d","nn":1,"u":1}
{"i":-9223372036854775808,"r":5e-324,"u":2}
{"i":9223372036854775808}
{"i":1.5}
{"i":"1"}
{"r":1e400}
{"t":1}
{"zzz":1}
{"nn":null}
{"u":2}
{"i":13}
{"r":9007199254740993,"n":"x","i":1e3}
END
t 'rows of every kind' 1 dp-load -t k -r k.rejects sqlite:k.db
q 'SELECT i, r, t, n, j, d, nn FROM k' k.db >out
same 'good ones are stored as they are' out <<'END'
9223372036854775807|0.1|aé
|1.5|{"a": [1]}|d|1
-9223372036854775808|4.94065645841247e-324||||x|5
1000|9.00719925474099e+15||x||x|5
END
sed 's/.*"code":"\([a-zA-Z-]*\)".*"line":\([0-9]*\).*/\2 \1/' k.rejects >out
same 'the others have codes' out <<'END'
3 range
4 type
5 type
6 range
7 type
8 extra
9 null
10 duplicate
11 constraint
END
# What SQLite would make a number of.
sqlite3 k.db 'CREATE TABLE a(n NUMERIC, j JSON, b BLOB, x)'
cat >in <<'END'
{"n":"007"}
{"n":" 1e5 "}
{"n":"1.2.3","x":"007","b":"AP+A"}
{"n":1.5,"j":"5","b":"\\x00FF"}
{"j":12345678901234567890}
{"j":{"a": 1.50},"n":-7}
{"b":"AP+"}
END
t 'texts and numbers, and columns that change them' 1 \
    dp-load -t a -r a.rejects sqlite:k.db
q 'SELECT n, j, hex(b), x, typeof(n), typeof(x) FROM a' k.db >out
same 'what is stored is what it was' out <<'END'
1.2.3||00FF80|007|text|text
1.5|"5"|00FF||real|null
-7|{"a": 1.50}|||integer|null
END
sed 's/.*"code":"\([a-zA-Z-]*\)".*"line":\([0-9]*\).*/\2 \1/' a.rejects >out
same 'and the rest is rejected' out <<'END'
1 type
2 type
5 range
7 format
END
t 'without a table nor a type' 1 dp-load sqlite:k.db
has 'the message says so' err 'required'
echo '{"event_name":"k","i":77}' >in
t 'the type names the table' 0 dp-load sqlite:k.db <in
echo '{"event_name":"dp_load_ledger","next":0}' >in
t 'but not the ledger' 1 dp-load sqlite:k.db <in
echo '{"event_name":"sqlite_schema","name":"x"}' >in
t 'nor tables of the system' 1 dp-load sqlite:k.db <in
t 'a dry run stores nothing' 0 sh -c '
    echo "{\"i\":4}" | dp-load --dry-run -t k sqlite:k.db'
t 'indeed' 0 sh -c '[ "$(sqlite3 k.db "SELECT count(*) FROM k")" = 4 ]'
t '--max-rejects stops the run' 65 \
    dp-load -t k --max-rejects=0 --source=m sqlite:k.db k.rejects
: >in

# What others fall into: text that COPY would change.
fresh
cat >traps <<'END'
{"event_name":"crash_report","user_id":1,"timestamp":2,"message":"C:\\temp\\new"}
{"event_name":"crash_report","user_id":2,"timestamp":2,"message":"\\."}

{"event_name":"crash_report","user_id":3,"timestamp":2,"message":"\\N"}
{"event_name":"crash_report","user_id":4,"timestamp":2,"message":"a\u0000b"}
{"event_name":"crash_report","user_id":9223372036854775807,"timestamp":2,"message":"|,\t\"'"}
END
t 'backslashes, \., an empty line, NUL' 1 $load -r rejects $db traps
q 'SELECT user_id, message FROM crash_report ORDER BY 1' >out
printf '%s\n' '1|C:\temp\new' '2|\.' '3|\N' \
    "9223372036854775807||,	\"'" >expect
same 'are what they are' out <expect
has 'NUL is rejected' rejects '"nul"'

# From cron: silence, files that are still written, counts for a collector.
fresh
head -n 20 log >young && head -n 30 log >old && touch -d '1 hour ago' old
cron="$load --lock=l.lock --settle=10m --metrics-file=m.prom"
t 'a young file is passed over, an old one is not' 0 $cron $db young old
rows 30 'one is loaded'
has 'the other told' err '^dp-load: young: passed over: .*--settle'
has 'and counted' err '1 file unsettled'
touch -d '1 hour ago' young
t 'it is loaded when it has settled' 0 $cron $db young
same 'and a success is silent' err </dev/null
rows 50 'then it is there'
# What promtool asks of the format: each sample behind its HELP and TYPE.
awk '/^# HELP / { help[$3] = 1; next }
    /^# TYPE / { if (!help[$3] || type[$3]) bad = 1; type[$3] = $4; next }
    { name = $1; sub(/{.*/, "", name)
      if (!type[name] || $NF !~ /^[0-9.]+$/) bad = 1
      if (seen[$1]++) bad = 1
      if (type[name] == "counter" && name !~ /_total$/) bad = 1 }
    END { exit bad || !NR }' m.prom
t 'the metrics are ones that a collector takes' 0 [ $? -eq 0 ]
has 'counters go on from run to run' m.prom \
    '^dp_load_count_total{name="loaded"} 50$'
has 'each of them' m.prom '^dp_load_count_total{name="files_unsettled"} 1$'
success=$(sed -n 's/^dp_load_last_success_timestamp_seconds //p' m.prom)
t 'a run that fails' 66 $cron $db none
has 'is told' m.prom '^dp_load_last_run_exit_status 66$'
has 'and the last success is kept' m.prom \
    "^dp_load_last_success_timestamp_seconds $success$"
t 'nothing is left beside the file' 0 \
    sh -c '[ "$(ls m.prom*)" = m.prom ]'
t 'a folder that is not there' 78 $load --metrics-file=none/m $db old
for path in '' :memory: 'file:x?mode=memory'; do
	t "a database that is no file: $path" 78 \
	    $load --create "sqlite:$path" old
	has 'is refused: nobody would see the rows' err \
	    "^dp-load: sqlite:$path names no file"
done
for n in 0 65; do
	t "$n jobs" 64 $load -j $n $db old
	has 'are too few or too many' err '^dp-load: --jobs: want 1 to 64$'
done
t 'a file that cannot be made' 78 $load --create sqlite:none/x.db old
has 'is told with the reason' err 'unable to open .*: No such file or dir'
t 'a file that is not there' 78 $load sqlite:none.db old
has 'is told with what makes it' err 'there is none (--create makes it)'
exec 8>l.lock && flock 8
t 'no two at a time' 75 $cron $db old
exec 8>&-

# Locked by somebody else.
fresh
mkfifo hold
sqlite3 x.db <hold >/dev/null &
holder=$!
exec 9>hold
echo 'BEGIN IMMEDIATE; SELECT 1;' >&9
sleep 0.2
t 'a database that is locked' 75 $load --retry-for=200ms $db part
exec 9>&-
wait $holder
t 'and then is not' 0 $load --retry-for=200ms $db part
rows 500 'is loaded once'
done_testing
