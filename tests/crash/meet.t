#!/bin/sh
# Two that meet at one instant: what the second one does is run inside of a
# system call of the first one.
# shellcheck disable=SC2154 # set in tap.sh
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
