#!/bin/sh
# demo.sh: the main job, from files and HTTP to tables.  Run by "make demo",
# with BIN set to the folder of the programs.  Everything it writes is in
# ./demo, which it makes anew.
set -u
cd "${0%/*}/.." || exit 1
top=$PWD
bin=${BIN:-$top/build}
rm -rf demo && mkdir demo && cd demo || exit 1
PATH=$bin:$PATH
export PATH
unset DATAPIPE_CNF
httpd=
trap '[ -z "$httpd" ] || kill "$httpd"' EXIT
trap 'exit 130' INT TERM

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

say() {
	printf '\n%s\n' "$*"
}

show() {
	printf '%s$ %s%s\n' "$bold" "$1" "$plain"
}

fail() {
	echo "demo: $*" >&2
	exit 1
}

# run WANTED COMMAND: shows the command, then what it prints.  WANTED is its
# exit status: 1 means that some records were rejected.
run() {
	show "$2"
	got=0
	eval "$2" 2>&1 || got=$?
	[ "$got" -eq "$1" ] || fail "exit status $got, not $1: $2"
}

say 'Every command below can be typed again, in this folder, after this line:'
show "cd $PWD && PATH=$bin:\$PATH"
ln -s ../examples examples
"$top/tests/lib/gen-events" -n 100000 -s 7 -b 5000 >events.ndjson
"$top/tests/lib/gen-events" -n 100000 -s 8 | gzip >events-2.ndjson.gz
"$top/tests/lib/gen-events" -n 100 -s 9 >events-3.ndjson

say '1. Two files of events, one of them compressed; a schema for each type.'
run 0 'ls examples/events'
run 0 'head -n 3 events.ndjson'
run 0 'zcat events-2.ndjson.gz | wc -l'

say '2. Check them and keep the good ones in a queue on disk.'
run 0 'dp-validate -s examples/events -r rejects.ndjson events.ndjson events-2.ndjson.gz 2>messages | dp-enqueue ./q'

say '3. What was wrong: file, line, column, place and reason; the first three.'
run 0 'head -n 3 messages'
run 0 'wc -l <rejects.ndjson'
run 0 'head -n 1 rejects.ndjson'

say '4. Load the queue into a database, one transaction a batch.'
run 0 'dp-drain ./q -- dp-load -s examples/events --create sqlite:events.db'
run 0 'sqlite3 -header -column events.db "SELECT * FROM purchase LIMIT 3"'

say '5. The same over HTTP: the answer comes when the event is on disk.'
port=8080
command='dp-httpd --listen=127.0.0.1:PORT -- dp-validate --tag -s examples/events "|" dp-enqueue --tag ./q'
while [ "$port" -lt 8100 ]; do
	line=$(printf '%s' "$command" | sed "s/PORT/$port/; s/\"/'/g")
	dp-httpd --listen=127.0.0.1:$port -- \
	    dp-validate --tag -s examples/events '|' dp-enqueue --tag ./q \
	    2>httpd.log &
	httpd=$!
	tries=0
	until curl -sf -o /dev/null "http://127.0.0.1:$port/readyz"; do
		tries=$((tries + 1))
		kill -0 "$httpd" 2>/dev/null || break
		[ "$tries" -lt 100 ] || break
		sleep 0.05
	done
	# A port that somebody else has: the next one.
	if kill -0 "$httpd" 2>/dev/null; then
		break
	fi
	port=$((port + 1)) httpd=
done
[ -n "$httpd" ] || { cat httpd.log; fail 'dp-httpd does not start'; }
show "$line &"
run 0 "curl -s http://127.0.0.1:$port/ -d '{\"event_name\":\"purchase\",\"user_id\":888,\"timestamp\":1000,\"sku\":\"hat\"}'; echo"
run 0 "curl -s http://127.0.0.1:$port/ -d '{\"event_name\":\"purchase\",\"timestamp\":1000,\"sku\":\"hat\"}'; echo"
run 0 "curl -s http://127.0.0.1:$port/v1/events -H 'Content-Type: application/x-ndjson' --data-binary @examples/events-2.ndjson; echo"
run 0 'dp-drain ./q -- dp-load -s examples/events --create sqlite:events.db'
show 'kill %1'
kill "$httpd" && wait "$httpd"
httpd=

say '6. Load a file straight into the database; the second time it is known.'
run 0 'dp-load -s examples/events sqlite:events.db events-3.ndjson'
run 0 'dp-load -s examples/events sqlite:events.db events-3.ndjson'

say '7. The counts: what came in is what is there.'
query='SELECT (SELECT count(*) FROM purchase) + (SELECT count(*) FROM install) + (SELECT count(*) FROM crash_report)'
run 0 "sqlite3 events.db '$query'"
rows=$(sqlite3 events.db "$query")
rejects=$(wc -l <rejects.ndjson)
# Two files, one event and 100 lines over HTTP, a file of 100 lines; one
# refused request is not in the rejects.
sent=$((100000 + 100000 + 1 + 100 + 100))
echo "sent $sent = rows $rows + rejects $((rejects))"
[ "$sent" -eq $((rows + rejects)) ] || fail 'the counts do not add up'

say 'Next:'
cat <<'EOF'
  dp-validate -s examples/events --count events.ndjson   a table type x code
  dp-validate --explain=type                             what a code means
  dp-load -s examples/events --print-ddl sqlite:x.db     the tables it makes
  dp-drain --help                                        any program, any option
  man -l ../man/data-pipe.7                              the front door
EOF
