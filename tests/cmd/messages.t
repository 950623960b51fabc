#!/bin/sh
# Messages as JSON: each line on stderr is one object, of every program.
# shellcheck disable=SC2016 # jq's variables
. "${0%/*}/../lib/tap.sh"
events=$tests/../examples/events

# lines NAME: all lines of ./told are objects with the four members.
lines() {
	t "$1 are objects, one a line" 0 jq -se \
	    --argjson n "$(wc -l <told)" 'length == $n and $n > 0 and all(.[];
		(.time | test("^20..-..-..T..:..:..Z$")) and
		(.level | IN("error", "warning", "info")) and
		(.program | startswith("dp-")) and (.kind | length > 3))' told
}

printf '{"event_name":"install","user_id":"\\u20ac","timestamp":1}\n' >bad
printf '{"\377\033":1}\n' >>bad
yes '{"event_name":"instal"}' | head -25 >>bad
t 'dp-validate' 66 dp-validate --json -s "$events" --summary=sum bad nowhere
mv err told
lines 'notes, an error, a count and a summary'
t 'once each' 0 jq -r 'del(.time, .milliseconds) | select(.line > 3 | not) |
    tojson' told
same 'with what is known' out <<'END'
{"level":"warning","program":"dp-validate","kind":"note","file":"bad","line":1,"column":35,"pointer":"/user_id","code":"type","message":"want integer, got string \"\\u20ac\""}
{"level":"warning","program":"dp-validate","kind":"note","file":"bad","line":2,"column":3,"pointer":"","code":"encoding","message":"byte 0xff is not UTF-8"}
{"level":"warning","program":"dp-validate","kind":"note","file":"bad","line":3,"column":15,"pointer":"/event_name","code":"unknown-type","message":"no schema for \"instal\"; did you mean \"install\"?"}
{"level":"error","program":"dp-validate","kind":"error","status":66,"message":"cannot read nowhere: No such file or directory"}
{"level":"warning","program":"dp-validate","kind":"more","file":"bad","code":"unknown-type","count":15,"message":"more of these"}
{"level":"error","program":"dp-validate","kind":"summary","exit":66,"read":27,"passed":0,"rejected":27,"blank":0,"dropped":0,"written":0}
END
mv sum told
lines '--summary'
t 'rejects alone' 1 dp-validate --json -s "$events" bad
t 'are a warning' 0 jq -e 'select(.kind == "summary").level == "warning"' err

# faulty STATUS COMMAND...: each has something to say.
faulty() {
	status=$1
	shift
	t "$1 fails" "$status" "$@" --json
	mv err told
	lines "its messages"
	has 'the exit status with it' told "\"status\":$status,\"message\""
}
faulty 66 dp-enqueue q nowhere
faulty 66 dp-drain nowhere
faulty 66 dp-queue stat nowhere
faulty 66 dp-schema lint nowhere
faulty 78 dp-load nosuch:db
faulty 66 dp-httpd --listen=unix:nowhere/socket

# Progress that is asked for.
mkfifo pipe
dp-validate --json >passed 2>told <pipe &
pid=$!
exec 9>pipe
echo '{"a":1}' >&9
until [ -s passed ]; do sleep 0.02; done
i=0
while ! grep -q '"read":1' told && [ $i -lt 100 ]; do
	kill -USR1 $pid
	sleep 0.05
	i=$((i + 1))
done
exec 9>&-
wait $pid
lines 'answers to SIGUSR1'
has 'which tell how far it is' told '"kind":"progress","bytes":8,.*"read":1,"pas'
done_testing
