#!/bin/sh
# dp-validate: jq filters over records, and that the pipe goes on.
# shellcheck disable=SC2016 # filters, not variables
. "${0%/*}/../lib/tap.sh"
events=$tests/../examples/events

told() {
	sed 's/ ([0-9.]* s)$//' err >told
	same "$1" told
}

printf '%s\n' '{"a": 1, "n":9007199254740993}' '{"a":2}' '' '{"b":1}' \
    '{"a":null}' 'bad' '{ "a":1.0 }' >in
t '--where lets pass what yields true' 1 dp-validate -w '.a == 1'
same 'byte for byte, integers beyond 2^53 too' out <<'END'
{"a": 1, "n":9007199254740993}
{ "a":1.0 }
END
told 'and tells of the others, in order' <<'END'
dp-validate: (stdin):2: want true, got false [rule]
dp-validate: (stdin):4: want true, got false [rule]
dp-validate: (stdin):5: want true, got false [rule]
dp-validate: (stdin):6:1: unexpected b [malformed]
dp-validate: 6 read = 2 passed + 4 rejected; 1 blank
END
t 'each of several must yield true' 1 dp-validate -q -w '.a' -w '.b == 1'
same 'and nothing else is as good' out </dev/null
t 'a filter that yields nothing' 1 dp-validate -w 'empty'
has 'is told' err '(stdin):1: want true, got nothing \[rule\]'
t 'one that yields two values' 1 dp-validate -w 'true,true'
has 'is told' err '(stdin):1: want true once, got several values \[rule\]'
t 'one that yields null' 1 dp-validate -w 'null'
has 'is told' err 'want true, got null \[rule\]'
t 'one that throws' 1 dp-validate -w 'if .a == 2 then error("two") else true end'
has 'is told' err '(stdin):2: two \[rule-error\]'
same 'and the others pass' out <<'END'
{"a": 1, "n":9007199254740993}
{"b":1}
{"a":null}
{ "a":1.0 }
END

t '--map replaces a record' 1 dp-validate -r rej -m '{x:.a}'
same 'by what jq prints' out <<'END'
{"x":2}
{"x":null}
{"x":null}
{"x":1}
END
told 'but for numbers that it would change' <<'END'
dp-validate: (stdin):1: jq would change the number 9007199254740993 [number-limit]
dp-validate: (stdin):6:1: unexpected b [malformed]
dp-validate: 6 read = 4 passed + 2 rejected; 1 blank; 4 written
END
has 'a reject has the place' rej \
    '"code":"number-limit".*"source":"(stdin)","line":1,'
has 'and the record as it came' rej \
    '"raw":"{\\"a\\": 1, \\"n\\":9007199254740993}"'
t 'several outputs, or none' 1 dp-validate --summary=sum -q \
    -m 'if .a == 2 then .,.,{} elif .a == null then empty else . end'
same 'each is a line' out <<'END'
{"a":2}
{"a":2}
{}
{"a":1}
END
has 'and the counts add up' sum \
    '"read":6,"passed":2,"rejected":2,"blank":1,"dropped":2,"written":4'
t 'an output that is not valid' 1 dp-validate -r bad -m '., [.a]'
same 'rejects its record whole' out </dev/null
has 'and says so' err \
    '(stdin):2: after --map: want object, got an array \[not-object\]'
has 'with the record as it came' bad '"raw":"{\\"a\\":2}"'
t 'outputs are checked by the schema' 1 sh -c '
    echo "{\"event_name\":\"install\",\"user_id\":1,\"timestamp\":2}" |
    dp-validate -s "$0" -m "del(.user_id)"' "$events"
has 'of their type' err \
    'after --map: the key "user_id" is missing \[required\]'
t 'where comes before map' 1 dp-validate -q -w '.a == 2' -m '{y:.a}'
same 'one after the other' out <<'END'
{"y":2}
END

# What is no filter.
for o in where map; do
	t "--$o with no filter" 64 dp-validate "--$o=.a =="
	has 'tells option and jq' err \
	    "^dp-validate: --$o='.a ==': .*syntax error"
done
t '--check looks at filters' 64 dp-validate --check -w '.a =='
t 'the second one is named' 64 dp-validate -w true -m . -w nosuch
has 'by its text' err "^dp-validate: --where='nosuch': .*nosuch/0 is not defined"
t '--fix alone' 64 dp-validate --fix=.
has 'points to --map' err '--fix goes with --from-rejects'
t 'no time' 64 dp-validate -w true --rule-time=0
for c in rule rule-error number-limit; do
	t "$c is explained" 0 dp-validate --explain=$c
done

# Filters that go wild: the record is lost, the pipe goes on.
printf '%s\n' '{"a":1}' '{"a":2}' '{"a":3}' '{"a":4}' >in
survives() {
	t "a filter that $1" 1 dp-validate --rule-time=300ms --rule-memory=64m \
	    -w "if .a == 2 then $2 else true end"
	same 'takes its record along, and no other' out <<'END'
{"a":1}
{"a":3}
{"a":4}
END
	has 'with its place' err "(stdin):2: .*$3.*\\[rule-error\\]"
}
survives 'loops' 'def f: f; f' 'longer than 300 ms'
survives 'collects without end' '[range(1e12)] | true' 'jq \|longer'
survives 'eats memory' '"x" * 1e9 | length == 0' 'jq \|longer'
survives 'halts' 'halt' 'halts'
survives 'throws an object' 'error({b:1})' '{"b":1}'
t 'a map that prints without end' 1 dp-validate --rule-time=30s \
    -m 'if .a == 3 then range(1e9) | {a:("x" * 1000000)} else . end'
has 'is stopped' err '(stdin):3: .*too large \[rule-error\]'
same 'and the others pass' out <<'END'
{"a":1}
{"a":2}
{"a":4}
END
# The worker is killed from outside, between two records.
mkfifo pipe
dp-validate -w true >killed.out 2>killed.err <pipe &
pid=$!
exec 9>pipe
echo '{"a":1}' >&9
i=0
while [ ! -s killed.out ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
worker=$(ps -o pid= --ppid "$pid")
# shellcheck disable=SC2086
t 'a worker that is killed' 0 kill -9 $worker
printf '%s\n' '{"a":2}' '{"a":3}' >&9
exec 9>&-
wait $pid
t 'ends nothing' 0 test $? -eq 0
same 'and costs no record' killed.out <<'END'
{"a":1}
{"a":2}
{"a":3}
END

# Large outputs come in bounded memory, in order.
seq 1 300 | sed 's/.*/{"a":&}/' >in
t 'outputs of 60 MB' 0 sh -c '
    dp-validate --any-value \
	-m ".a as \$a | range(20) | [\$a, \"x\" * 10000]" |
    tr -d x | sed "s/,.*//" | uniq -c >lines'
has 'the first' lines '^ *20 \[1$'
has 'the last' lines '^ *20 \[300$'
t 'none is missing' 0 sh -c '[ "$(wc -l <lines)" -eq 300 ]'

# With other options.
t '--max-rejects stops at its record' 65 dp-validate -w '.a % 10 != 0' \
    --max-rejects=2
has 'what passed before has passed' out '^{"a":29}$'
mv out kept
t 'and nothing behind it' 1 grep '{"a":3[0-9]}' kept
printf '%s\n' '{"event_name":"install","user_id":1,"timestamp":2}' \
    '{"event_name":"install","user_id":2,"timestamp":2}' \
    '{"event_name":"install","user_id":"3","timestamp":2}' \
    '{"event_name":"install","user_id":4,"timestamp":9007199254740993}' >in
t 'a table' 1 dp-validate -s "$events" --count --report=page.html \
    -w '.user_id != 2' -m .
same 'has the codes of filters' out <<'END'
type     ok  type  rule  number-limit
install   1     1     1             1
all       1     1     1             1
END
has 'and so has the page' page.html 'number-limit'
t 'rejects' 1 dp-validate -q -s "$events" -r rejects -w '.user_id != 2'
t 'are mended by --fix' 0 dp-validate -s "$events" -r again --from-rejects \
    --fix '.user_id |= (tonumber | . + 10)' rejects
same 'before they are checked' out <<'END'
{"event_name":"install","user_id":12,"timestamp":2}
{"event_name":"install","user_id":13,"timestamp":2}
END
t 'what --fix makes worse' 1 dp-validate -s "$events" -r again --from-rejects \
    --fix 'del(.user_id)' rejects
has 'is told' err ':3: .*after --fix: the key "user_id" is missing \[required\]'
has 'and stays as it was' again \
    '"line":3,"attempt":2.*\\"user_id\\":\\"3\\"'
t 'a fix of two' 1 dp-validate --from-rejects --fix '.,.' rejects
has 'is none' err 'want one output of the filter, got several \[rule\]'

printf '%s\n' '1	{"a":1}' '2	{"a":2}' '' '3	bad' \
    '4	{"a":9007199254740993}' >in
t 'a stage of the chain' 0 dp-validate --tag -w '.a != 2' -m '.b = 3'
same 'answers each line, in order' out <<'END'
1	0	{"a":1,"b":3}
2	5	{"code":"rule","detail":"want true, got false"}
0	2	{"code":"empty","detail":"no event"}
3	3	{"code":"malformed","pointer":"","detail":"unexpected b"}
4	5	{"code":"number-limit","detail":"jq would change the number 9007199254740993"}
END
t 'with exactly one output' 0 dp-validate --tag -m '.,.'
has 'else the rule' out '^1	5	{"code":"rule","detail":"want one output'

# A pipe that closes, and a signal.
yes '{"a":1}' | head -100000 >many
t 'a reader that goes away' 0 bash -c 'dp-validate -w true many | head -1
    [ ${PIPESTATUS[0]} -eq 141 ]'
# What stops a run stops its filters: nobody waits for all their loops.
(
	echo '{"a":1}'
	yes '{"a":2}' | head -1000
) >loops
dp-validate --rule-time=1s -w 'def f: f; if .a == 1 then true else f end' \
    loops >term.out 2>term.err &
pid=$!
sleep 2.5
kill -TERM $pid
i=0
while kill -0 $pid 2>/dev/null && [ $i -lt 50 ]; do
	sleep 0.1
	i=$((i + 1))
done
t 'SIGTERM while filters loop' 1 kill -9 $pid
wait $pid
t 'ends the run by the signal' 0 test $? -eq 143
has 'with a summary that adds up' term.err '[2-9] read = 1 passed + [1-8] rej'
same 'what was decided is there' term.out <<'END'
{"a":1}
END
done_testing
