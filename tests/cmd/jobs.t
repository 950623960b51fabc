#!/bin/sh
# dp-validate --jobs: for every N the bytes, messages, counts and statuses
# of one job.
# shellcheck disable=SC2016 # filters, not variables
. "${0%/*}/../lib/tap.sh"
events=$tests/../examples/events

# once N OPTION...: what a run leaves, without its times, in ./all.N
once() {
	rm -f rejects summary page
	n=$1
	shift
	dp-validate "-j$n" --summary=summary "$@" <in >out 2>err
	echo "status $?" >>err
	touch rejects page
	for f in out err rejects summary page; do
		echo "== $f"
		sed 's/"time":"[^"]*"//; s/"milliseconds":[0-9]*//
		    s/ ([0-9.]* s)$//; s/validate, [^,]*,//; s/, [0-9.]* s<//' $f
	done >"all.$n"
}

# alike NAME OPTION...: the same for some N.
alike() {
	what=$1
	shift
	once 1 "$@"
	# shellcheck disable=SC2086
	for jobs in $numbers; do
		once $jobs "$@"
		t "$what, by $jobs jobs" 0 cmp "all.1" "all.$jobs"
	done
}

numbers='2 3 8'
"$tests/lib/gen-events" -n 30000 -b 30 >events
: >in
alike 'files' -s "$events" -r rejects events events
has 'of which one has rejects' all.1 'status 1'
t 'and much that passes' 0 sh -c '[ "$(wc -l <all.1)" -gt 55000 ]'
gzip -c events >events.gz
head -c 300000 events.gz >cut.gz
alike 'files that are missing or cut' -s "$events" events nowhere cut.gz \
    events.gz
has 'are told in their place' all.1 'line [0-9]* was not taken'
alike 'a table and a page' -s "$events" --count --report=page events
for max in 0 1 99 300 1% 3%; do
	alike "--max-rejects=$max" -s "$events" -r rejects --max-rejects=$max \
	    events
done
has 'and the last of them stops' all.1 'status 65'
mv events in
alike 'standard input' -s "$events" -r rejects
cp rejects rejects.old
alike 'rejects' -s "$events" -r rejects --from-rejects rejects.old
awk '{ print NR "\t" $0 }' in >tagged
mv in events
mv tagged in
alike 'the chain' -s "$events" --tag
# Odd lines: too long, empty, without an end, not UTF-8.
{
	printf '\357\273\277{"a":1}\n\n \n{"a":"%01500d"}\n\377\n' 1
	yes '' | head -20000
	yes 'x' | head -20000
	printf '{"b":"%0900000d"}\n{"c":1}\n{"d":"%080000d"}\n' 1 1
	yes '{}' | head -300000
	printf '{"last":1}'
} >in
alike 'odd lines' -r rejects --max-record=1k
alike 'long lines' --max-record=2m -r rejects
printf '[' >>in
alike 'a tail that is none' -r rejects
head -2000 events >in
# The allocator of that sanitizer hangs in a child of a program with threads.
sanitized && numbers=1
alike 'filters' -s "$events" -r rejects -w '.user_id % 7 != 0' \
    -m 'if .user_id % 5 == 0 then empty elif .user_id % 3 == 0 then .,. else . end'
has 'that drop and double' all.1 '"dropped":[1-9]'
alike 'filters that fail' -q --rule-time=2s --max-rejects=30 \
    -w 'if .user_id % 50 == 0 then halt else true end'

# Errors keep their statuses.
: >in
t 'no such N' 64 dp-validate -j65
t '0 is one for each processor' 0 dp-validate -j0
t 'a filter that is none' 64 dp-validate -j3 -w '.a =='
has 'is told once' err "^dp-validate: --where='.a ==': "
t 'once' 0 sh -c '[ "$(wc -l <err)" -le 1 ]'
yes '{"a":1}' | head -500000 >many
t 'a full disk' 74 sh -c 'dp-validate -j2 many >/dev/full'
has 'is told' err 'cannot write standard output: No space'
t 'a full disk, found while the input is waited for' 74 sh -c \
    '(head -5 many; sleep 0.3; head -5 many) | dp-validate -j2 >/dev/full'
t 'rejects that cannot be written' 74 sh -c \
    'yes x | head -100000 | dp-validate -q -j2 -r /dev/full'
t 'a reader that goes away' 0 bash -c 'dp-validate -j2 many many many | head -1
    [ ${PIPESTATUS[0]} -eq 141 ]'

# A slow input: each line comes out at once.
mkfifo pipe
dp-validate -j3 >slow.out 2>slow.err <pipe &
pid=$!
exec 9>pipe
soon() {
	i=0
	while [ "$(wc -l <slow.out)" -lt "$1" ] && [ $i -lt 100 ]; do
		sleep 0.05
		i=$((i + 1))
	done
	t "line $1 comes at once" 0 grep -q "{\"a\":$1}" slow.out
}
for n in 1 2 3 4 5; do
	echo "{\"a\":$n}" >&9
	soon $n
done
printf '{"a":6}\n{"a"' >&9
soon 6
kill -TERM $pid
wait $pid 2>/dev/null
t 'SIGTERM ends it' 0 test $? -eq 143
exec 9>&-
t 'a line that was not ended is not taken' 1 grep -q 7 slow.out

# SIGTERM in the middle: what was read was passed on, and counted.
yes '{"a":1}' | dp-validate -j2 --summary=sum >some 2>/dev/null &
pid=$!
sleep 0.5
kill -TERM $pid
wait $pid 2>/dev/null
t 'SIGTERM in full run' 0 test $? -eq 143
t 'the counts are those of the output' 0 sh -c '
    [ "$(sed "s/.*\"passed\":\([0-9]*\).*/\1/" sum)" -eq "$(wc -l <some)" ]'
done_testing
