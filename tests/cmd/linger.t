#!/bin/bash
# --linger: how long lines that have come wait for more, in any kind of input.
# shellcheck disable=SC2016 # expanded later
. "${0%/*}/../lib/tap.sh"
if ! needs dp-load || ! needs dp-enqueue; then
	done_testing
fi
mkfifo pipe
sqlite3 x.db 'CREATE TABLE t (n INTEGER)'

rows() {
	sqlite3 -cmd '.timeout 5000' x.db 'SELECT count(*) FROM t'
}
lines() {
	dp-queue -q cat --unsafe-fs q 2>/dev/null | wc -l
}
# comes N COMMAND: COMMAND prints N before long.
comes() {
	for _ in $(seq 100); do
		[ "$("$2")" -ne "$1" ] || return 0
		sleep 0.1
	done
	return 1
}
# stays N COMMAND: COMMAND prints N for a while.
stays() {
	sleep 0.5
	[ "$("$2")" -eq "$1" ]
}
load="dp-load -q -t t sqlite:x.db"
put="dp-enqueue -q --unsafe-fs"

# stdin is at its end, and the FIFO is not: what waits is asked of the input
# that is read, not of stdin.
for by in "$load --linger=100ms" "$put --linger=100ms q" "$load --linger=0" \
    "$put q"; do
	case $by in
	dp-load*) get=rows ;;
	*) get=lines ;;
	esac
	had=$($get 2>/dev/null)
	$by pipe </dev/null 2>err &
	pid=$!
	exec 9<>pipe
	echo '{"n":1}' >&9
	t "stored while the FIFO is open: $by" 0 comes $((had + 1)) $get
	echo '{"n":2}' >&9
	t 'and the next one' 0 comes $((had + 2)) $get
	exec 9>&-
	t 'its end' 0 wait $pid
done

# Longer than the test: only the end stores.
for by in "$load --linger=1h" "$put --linger=1h q"; do
	case $by in
	dp-load*) get=rows ;;
	*) get=lines ;;
	esac
	had=$($get)
	$by - <pipe 2>err &
	pid=$!
	exec 9<>pipe
	echo '{"n":3}' >&9
	t "not stored yet: $by" 0 stays "$had" $get
	echo '{"n":4}' >&9
	t 'nor with another one' 0 stays "$had" $get
	exec 9>&-
	t 'its end' 0 wait $pid
	t 'stores both' 0 comes $((had + 2)) $get
	$by - <pipe 2>err &
	pid=$!
	exec 9<>pipe
	echo '{"n":5}' >&9
	t 'one more' 0 stays $((had + 2)) $get
	t 'that is told to stop' 0 kill -TERM $pid
	t 'ends by the signal' 143 wait $pid
	exec 9>&-
	t 'and has stored it' 0 comes $((had + 3)) $get
done
done_testing
