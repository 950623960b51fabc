#!/bin/sh
# Two that meet at one instant: what the second one does is run inside of a
# system call of the first one.
# shellcheck disable=SC2016,SC2154 # expanded later; set in tap.sh
. "${0%/*}/../lib/tap.sh"
if [ ! -e "$BIN/crash/fault.so" ]; then
	echo 'Bail out! The faults are not built: make tests builds them.'
	exit 1
fi
if sanitized; then
	skip 'not under the address sanitizer'
	done_testing
fi

# when CALL N PATH COMMAND PROGRAM...: COMMAND is run before the Nth CALL
# that PROGRAM makes about PATH.
when() {
	call=$1 at=$2 path=$3 command=$4
	shift 4
	env LD_PRELOAD="$BIN/crash/fault.so" FAULT_CALL="$call" \
	    FAULT_AT="$at" FAULT_ROOT="$path" FAULT_RUN="$command" "$@"
}
lines() { # PREFIX N
	seq "$2" | sed "s/.*/{\"k\":\"$1&\"}/"
}

# A group goes back to a segment that another one removes.
lines a 2000 >all
dp-enqueue --segment-bytes=20k --batch-records=100 q all
t 'a group that has read nothing' 78 dp-drain --group=slow q -- sh -c 'exit 78'
t 'and one that has read all' 0 dp-drain --group=fast q
t 'goes back while the other one reads' 0 when unlinkat 1 "$PWD/q/seg" \
    '{ dp-queue rewind --group=fast q 1; echo $? >status; } 2>/dev/null &
    sleep 1' dp-drain --group=slow q
while [ ! -s status ]; do
	sleep 0.1
done
t 'the segment has gone, and that is told' 0 grep -qx 65 status
t 'a segment that is there' 0 dp-queue rewind --group=fast q 2
dp-queue cat q >rest
t 'is one to go back to' 0 dp-drain --group=fast q
same 'with all lines' out <rest

# Segments go while all is looked at.
rm -rf q
dp-enqueue --segment-bytes=5k --batch-records=20 q all
t 'check' 0 when pread 2 "$PWD/q/seg" \
    'dp-queue purge --yes --before=5 q' dp-queue check q
has 'finds what is left' out 'lines: intact'

# Dead letters are put back by two at a time.
rm -rf q
lines a 3 | dp-enqueue --batch-records=1 q
t 'three dead letters' 0 dp-drain q -- sh -c 'cat >/dev/null; exit 65'
rm -f status
t 'are put back by one' 0 when renameat 1 "$PWD/q/dead" \
    '{ dp-queue requeue q; echo $? >status; } >again 2>&1 & sleep 1' \
    dp-queue requeue q
while [ ! -s status ]; do
	sleep 0.1
done
t 'the other one finds none' 0 grep -qx 0 status
has 'any more' again '^0 lines'
t 'each is there' 0 dp-drain q
lines a 3 | sort >want.lines
sort out >got
t 'once' 0 cmp want.lines got

# A segment that is compressed while the folder is read may not be seen.
lines a 100 >all
rm -rf q
dp-enqueue q all
t 'keep' 0 dp-queue keep --keep-age=1h q
t 'what was read' 0 dp-drain q
set -- q/seg/*
hidden=${1##*/}
for n in 1 2 3 4 5; do
	rm -f got
	t "a group that does not see it, $n" 0 env FAULT_HIDE="$hidden" \
	    LD_PRELOAD="$BIN/crash/fault.so" FAULT_CALL=readdir FAULT_AT="$n" \
	    FAULT_ROOT="$PWD/q" FAULT_ERRNO=0 dp-drain --batch-records=7 \
	    --group="late$n" q -- sh -c 'cat >>got'
	t 'reads it all the same' 0 dp-drain --group="late$n" q
	cat out >>got
	t 'line by line' 0 cmp all got
done

# A file takes the place of another one while it is looked at a second time.
if needs dp-load; then
	sqlite3 t.db 'create table e (k text)'
	load() {
		dp-load -q -t e sqlite:t.db "$@"
	}
	{ echo '{"k":"head"}'; lines a 200; } >one
	{ echo '{"k":"head"}'; lines b 400; } >two
	t 'two files that begin the same' 0 load one two
	{ cat one; lines c 300; } >log
	{ echo '{"k":"head"}'; lines d 600; } >other
	t 'another file takes its place' 75 when openat 2 "$PWD/log" \
	    "mv '$PWD/other' '$PWD/log'" \
	    dp-load -q -t e sqlite:t.db "$PWD/log"
	has 'which is told' err 'has changed'
	t 'the next run loads it' 0 load "$PWD/log"
	sqlite3 t.db "select count(*) from e where k like 'd%'" >all
	same 'all of it' all <<'END'
600
END
fi
done_testing
