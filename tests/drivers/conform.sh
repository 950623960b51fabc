# conform.sh: what every engine of queues must do, whatever it is made of.
#
# The test of an engine sources tap.sh, then this file, defines the functions
# below, and calls conform.  dp-enqueue(1) and dp-drain(1) are the promises.
#
#   new_queue       sets $q to the address of a queue that is not there yet
#   no_queue        prints the address of a queue that nobody makes
#   dead_of GROUP   prints the dead letters of $q, one a line
#
# shellcheck shell=bash disable=SC2016,SC2154,SC2034,SC2317
# (expanded later; set in tap.sh; called by t)

ROUNDS=${ROUNDS:-12}

# -- Commands for dp-drain --

# Keeps each batch under its position.  A batch that comes again must be the
# same bytes, and as many lines as its name says.
cat >keep <<'SCRIPT'
#!/bin/sh
name=${DP_BATCH##*/}
new=$OUT/new.$$
cat >"$new"
range=${name##*:}
[ "$(wc -l <"$new")" -eq $((${range#*-} - ${range%-*})) ] || : >"$OUT/MISCOUNTED"
if [ -e "$OUT/$name" ] && ! cmp -s "$new" "$OUT/$name"; then
	: >"$OUT/DIFFERENT"
fi
[ -z "${SLOW:-}" ] || sleep "$SLOW"
mv "$new" "$OUT/$name"
SCRIPT

# Keeps its input, tells its attempts, and exits as ./status says, line by
# line: "75 75 0" are three attempts; the last one stays.
cat >told <<'SCRIPT'
#!/bin/sh
cat >batch
echo "$DP_ATTEMPT ${DP_BATCH##*:}" >>attempts
read -r now rest <status
[ -z "$rest" ] || echo "$rest" >status
[ "$now" != 0 ] || cat batch >>got
[ "$now" -lt 256 ] || kill -"$((now - 256))" $$
exit "$now"
SCRIPT

# Takes no line with "bad" in it.
cat >picky <<'SCRIPT'
#!/bin/sh
cat >"picky.$$"
if grep -q bad "picky.$$"; then rm "picky.$$"; exit 65; fi
cat "picky.$$" >>got
rm "picky.$$"
SCRIPT
chmod +x keep told picky

# -- What the tests need --

fresh() {
	rm -rf got attempts out-* status
	new_queue
	echo 0 >status
	: >in
	OUT=$tmp/out-main
	export OUT
	mkdir -p "$OUT"
}

# lines N [WRITER]: unique lines, with the writer's name and a number.
lines() {
	seq "$1" | sed "s/.*/{\"w\":\"${2:-a}\",\"n\":&}/"
}

put() {
	dp-enqueue "$q" "$@"
}

# All that waits for GROUP.
waits() {
	dp-drain --peek --group="${1:-main}" "$q"
}

# Batches that were kept, in the order of their positions.
kept() {
	find "${1:-$OUT}" -name '*:*' | sed 's/.*\///' | sort -t : -k 1,1 -k 2n |
	    while read -r f; do cat "${1:-$OUT}/$f"; done
}

sound() {
	[ ! -e "$OUT/DIFFERENT" ] && [ ! -e "$OUT/MISCOUNTED" ]
}

# Batches of a lane that overlap: positions were used twice.
overlaps() {
	find "$OUT" -name '*:*' | sed 's/.*\///; s/[:-]\([0-9]*\)-\([0-9]*\)$/ \1 \2/' |
	    sort -k 1,1 -k 2n | awk '
	    $1 == lane && $2 < end { print; bad = 1 }
	    { lane = $1; end = $3 } END { exit !bad }'
}

# Until the queue is empty for the group; 75 (busy) for ten seconds.
empty() {
	local rc
	for _ in $(seq 200); do
		dp-drain "$@"
		rc=$?
		[ $rc -eq 75 ] || return $rc
		sleep 0.05
	done
	return 75
}

# Until the command is true, for ten seconds.
until_true() {
	for _ in $(seq 200); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}

count_is() { # WANTED COMMAND...
	local want=$1 got
	shift
	got=$("$@" | wc -l)
	[ "$got" -eq "$want" ] || { echo "$got lines, not $want" >&2; false; }
}

# -- The promises --

c_bytes() {
	fresh
	t 'a queue that is not there' 66 dp-drain "$(no_queue)"
	printf 'a\r\n{"b": 1e400}\n\n \t\n\377\200\\x\n{"c":"\\u0000"}' >in
	t 'lines go in' 0 dp-enqueue -v "$q"
	has 'and are counted, blank ones apart' err '4 read = 4 enqueued; 2 blank'
	: >in
	printf 'a\r\n{"b": 1e400}\n\377\200\\x\n{"c":"\\u0000"}\n' >expect
	t 'a look' 0 waits
	same 'shows them byte for byte' out <expect
	t 'and leaves them' 0 dp-drain "$q"
	same 'there' out <expect
	t 'what is settled' 0 dp-drain "$q"
	same 'is gone' out </dev/null
	head -c 300000 /dev/zero | tr '\0' x >long
	echo >>long
	t 'a line longer than a batch' 0 dp-enqueue --batch-bytes=4k "$q" long
	t 'goes through' 0 dp-drain --batch-bytes=1k "$q"
	cp out got
	t 'alone and whole' 0 cmp got long
	t 'the address may be looked at' 0 dp-enqueue --check "$q"
}

c_order() {
	fresh
	lines 5000 >in
	cp in expect
	t 'five thousand lines in small commits' 0 \
	    dp-enqueue --batch-records=13 "$q"
	: >in
	t 'come out in batches of 700' 0 \
	    dp-drain --batch-records=700 "$q" -- ./keep
	t 'in order' 0 eval 'kept | cmp - expect'
	t 'none over its bound' 0 eval '! wc -l "$OUT"/*:* |
	    awk "\$2 != \"total\" && \$1 > 700" | grep -q .'
	t 'nor empty, nor miscounted' 0 sound
	fresh
	lines 5000 | put
	t 'bytes bound a batch too' 0 dp-drain --batch-bytes=10k "$q" -- ./keep
	t 'every one' 0 eval '! find "$OUT" -name "*:*" -size +10k | grep -q .'
	t 'and nothing is lost' 0 eval 'kept | cmp - expect'
}

c_statuses() {
	fresh
	lines 100 | put
	t 'a command that reads nothing acknowledges nothing' 78 \
	    dp-drain "$q" -- true
	t 'unless that is allowed' 0 dp-drain --unread-ok "$q" -- true
	t 'then nothing waits' 0 count_is 0 waits
	for s in 64 78; do
		fresh
		lines 5 | put
		echo $s >status
		t "a command that exits $s stops the run" 78 \
		    dp-drain "$q" -- ./told
		t 'and the lines stay' 0 count_is 5 waits
	done
	t 'so does one that is not there' 78 dp-drain "$q" -- ./nothing
	for s in 69 75; do
		fresh
		lines 5 >expect
		put expect
		echo $s $s 0 >status
		t "status $s: again, and not counted" 0 \
		    dp-drain --max-tries=1 "$q" -- ./told
		t 'until it is taken' 0 cmp got expect
		same 'in three attempts at the same batch' attempts <<-END
		1 0-5
		2 0-5
		3 0-5
		END
		t 'with no dead letter' 0 count_is 0 dead_of main
	done
	fresh
	lines 2 >expect
	put expect
	echo 3 265 0 >status
	t 'another status, and a signal: again' 0 \
	    dp-drain --max-tries=3 "$q" -- ./told
	t 'until it is taken' 0 cmp got expect
	fresh
	lines 2 | put
	echo 3 >status
	t 'but not more often than --max-tries' 0 \
	    dp-drain --max-tries=1 "$q" -- ./told
	same 'then divided, and each line tried alone' attempts <<-END
	1 0-2
	1 0-1
	1 1-2
	END
	t 'then a dead letter' 0 count_is 2 dead_of main
	t 'and nothing waits' 0 count_is 0 waits
	fresh
	lines 3 | put
	t 'a command that takes too long' 0 dp-drain --timeout=200ms \
	    --max-tries=1 "$q" -- sh -c 'sed -n /2/q\;p; sleep 9'
	t 'counts like that' 0 count_is 3 dead_of main
}

c_bisection() {
	fresh
	{
		lines 20 a
		echo '{"bad":1}'
		lines 20 b
		echo '{"bad":2}'
		lines 3 c
	} >expect
	put expect
	t 'bad lines do not stop the others' 0 dp-drain "$q" -- ./picky
	t 'which went through in order' 0 eval 'grep -v bad expect | cmp - got'
	dead_of main >dead
	t 'two are dead letters' 0 count_is 2 cat dead
	has 'with their bytes' dead '"raw":"{\\"bad\\":1}"'
	has 'each with its own' dead '"raw":"{\\"bad\\":2}"'
	t 'and nothing waits' 0 count_is 0 waits
	put expect
	t 'too many dead letters stop the run' 65 \
	    dp-drain --max-dead=1 "$q" -- ./picky
	# The command that runs by then may go on, with its lease.
	t 'and keep the rest' 0 empty "$q"
}

c_bounds() {
	fresh
	lines 1000 >expect
	head -n 100 expect | put
	echo 78 >status
	t 'a batch is attempted' 78 dp-drain "$q" -- ./told
	tail -n +101 expect | put --batch-records=50
	t 'keeps its bounds' 78 dp-drain --batch-records=30 "$q" -- ./told
	echo 3 78 >status
	t 'whatever the options say' 78 dp-drain "$q" -- ./told
	echo 0 >status
	t 'until it is settled' 0 dp-drain --batch-records=400 "$q" -- ./told
	same 'and counts its attempts' attempts <<-END
	1 0-100
	2 0-100
	3 0-100
	4 0-100
	5 0-100
	1 100-500
	1 500-900
	1 900-1000
	END
	t "nothing is lost or doubled" 0 cmp got expect
}

c_environment() {
	fresh
	lines 3 | put
	cat >look <<-'SCRIPT'
	#!/bin/sh
	cat >/dev/null
	env | grep ^DP_ | sort >env
	cd / && dp-drain --peek "$DP_QUEUE" >"$HOME_TMP/peek"
	echo '{"status_code":5,"raw":"kept"}' >"$DP_REJECTS"
	SCRIPT
	chmod +x look
	HOME_TMP=$tmp
	export HOME_TMP
	t 'the command finds its batch' 0 dp-drain "$q" -- ./look
	has 'and its dead lines are counted' err '3 read = 2 drained + 1 dead'
	t 'by a name' 0 grep -qxE \
	    'DP_BATCH=[0-9a-f]{32}/main/[0-9]{16}-[0-9a-f]{16}:0-3' env
	t 'the attempt' 0 grep -qx 'DP_ATTEMPT=1' env
	t 'the queue, under a name that is good in any folder' 0 count_is 3 \
	    cat peek
	t 'and an absolute path' 0 grep -q '^DP_REJECTS=/' env
	dead_of main >dead
	same 'what it writes there becomes dead letters' dead <<-'END'
	{"status_code":5,"raw":"kept"}
	END
}

# A loader stores, writes its rejects, and everything dies before dp-drain
# hears of it; its next attempt finds the batch stored and leaves them.
c_rejects() {
	cat >loader <<-'SCRIPT'
	#!/bin/sh
	cat >/dev/null
	if [ ! -e stored ]; then
		printf '{"raw":"one"}\n{"raw":"two"}\n' >"$DP_REJECTS"
		: >stored
		kill -9 "$PPID" $$
	fi
	SCRIPT
	chmod +x loader
	fresh
	rm -f stored
	lines 10 | put
	t 'dp-drain and its command are killed' 137 dp-drain "$q" -- ./loader
	t 'the rejects are no dead letters yet' 0 count_is 0 dead_of main
	t 'the next attempt finds them' 0 empty "$q" -- ./loader
	dead_of main >dead
	same 'and settles them, once' dead <<-'END'
	{"raw":"one"}
	{"raw":"two"}
	END
	fresh
	lines 4 | put
	cat >refuse <<-'SCRIPT'
	#!/bin/sh
	cat >"one.$$"
	echo '{"raw":"mine"}' >"$DP_REJECTS"
	[ "$(wc -l <"one.$$")" -eq 1 ] || exit 65
	SCRIPT
	chmod +x refuse
	t 'what an attempt wrote that stored nothing' 0 dp-drain "$q" -- ./refuse
	t 'means nothing' 0 count_is 4 dead_of main
}

# An attempt that dies may have stored its batch, with its rejects, or not:
# once it has been divided, only the parts know.
c_divided() {
	cat >dying <<-'SCRIPT'
	#!/bin/sh
	cat >batch
	head -n 1 batch >"$DP_REJECTS"
	[ "$(wc -l <batch)" -eq 1 ] || kill -9 $$
	SCRIPT
	chmod +x dying
	fresh
	lines 4 | put
	t 'a command that dies on more than a line' 0 \
	    dp-drain --max-tries=1 "$q" -- ./dying
	lines 4 >expect
	dead_of main >dead
	t 'leaves each dead letter once' 0 cmp expect dead
	# This one had stored all, and finds that in its ledger.
	cat >stored <<-'SCRIPT'
	#!/bin/sh
	cat >/dev/null
	[ ! -e ledger ] || exit 0
	printf 'one\ntwo\n' >"$DP_REJECTS"
	: >ledger
	kill -9 $$
	SCRIPT
	chmod +x stored
	fresh
	rm -f ledger
	lines 4 | put
	t 'one that dies after it stored all' 0 \
	    dp-drain --max-tries=1 "$q" -- ./stored
	dead_of main >dead
	same 'leaves its rejects' dead <<-'END'
	one
	two
	END
}

c_groups() {
	fresh
	lines 50 a | put
	t 'one group' 0 dp-drain --group=one "$q"
	cp out got
	t 'takes all' 0 count_is 50 cat got
	lines 50 b | put
	t 'another one starts at the oldest line that is there' 0 \
	    eval 'waits two | grep -c "\"b\"" | grep -qx 50'
	dp-drain --group=two "$q" >two
	lines 7 c | put
	t 'each has its own position' 0 count_is 7 waits two
	t 'whatever the other has done' 0 count_is 57 waits one
	t 'a group whose name is none' 64 dp-drain --group=../x "$q"
	OUT=$tmp/out-one dp-drain --group=one "$q" -- sh -c \
	    'cat >/dev/null; echo $DP_BATCH' >name
	t 'and its name is in the batch' 0 grep -q '/one/' name
}

c_writers() {
	local writers='' consumers=''
	fresh
	put
	for w in 1 2 3 4 5 6 7 8; do
		lines 400 $w | dp-enqueue --batch-records=$((w * 3)) "$q" &
		writers="$writers $!"
	done
	for g in main other; do
		mkdir -p "$tmp/out-$g"
		for c in 1 2 3 4; do
			OUT=$tmp/out-$g dp-drain -f --group=$g -w 2 \
			    --batch-records=50 "$q" -- ./keep 2>>err.$g &
			consumers="$consumers $!"
		done
	done
	for w in 1 2 3 4 5 6 7 8; do
		lines 400 $w
	done | sort >expect
	for g in main other; do
		OUT=$tmp/out-$g
		t "8 writers, 4 consumers with 2 workers, group $g: all comes" \
		    0 until_true eval '[ "$(kept | wc -l)" -ge 3200 ]'
	done
	# shellcheck disable=SC2086 # words
	kill -TERM $consumers
	# shellcheck disable=SC2086
	wait $writers $consumers
	for g in main other; do
		OUT=$tmp/out-$g
		t "group $g: each line once" 0 eval 'kept | sort | cmp - expect'
		t 'nothing miscounted' 0 sound
		t 'no position used twice' 1 overlaps
		t 'lines of a writer in order, within a lane' 0 ordered
	done
	t 'and nothing waits' 0 count_is 0 waits
}

# For each lane and writer the numbers rise.
ordered() {
	find "$OUT" -name '*:*' | sed 's/.*\///' | sort -t : -k 1,1 -k 2n |
	    while read -r f; do
		sed "s/^/${f%%:*} /" "$OUT/$f"
	    done | sed 's/{"w":"\(.*\)","n":\(.*\)}/\1 \2/' |
	    awk '$3 <= last[$1, $2] { print; bad = 1 }
		{ last[$1, $2] = $3 } END { exit bad }'
}

c_chain() {
	fresh
	printf '1\t0\t{"a":1}\n2\t5\t{"code":"type"}\n3\t0\t{"a":3}\n' >in
	t 'the tagged chain: a receipt for each line' 0 dp-enqueue --tag "$q"
	same 'in order' out <<-END
	1	0
	2	5	{"code":"type"}
	3	0
	END
	: >in
	t 'and the good ones are stored' 0 dp-drain "$q"
	same 'those' out <<-'END'
	{"a":1}
	{"a":3}
	END
}

c_full() {
	fresh
	lines 100 >expect
	put expect
	t 'a full queue' 75 dp-enqueue --max-bytes=2k "$q" expect
	t 'takes nothing in part' 0 eval 'waits | cmp - expect'
	seq 3 | sed 's/.*/&\t0\t{"n":&}/' >in
	t 'a stage of the chain stays' 0 dp-enqueue --tag --max-bytes=1k "$q"
	cut -f 1,2 out >got
	same 'and answers with code 100' got <<-END
	1	100
	2	100
	3	100
	END
	: >in
	dp-drain "$q" >got
	t 'what is settled makes room' 0 dp-enqueue --max-bytes=2k "$q" expect
	(sleep 0.5; dp-drain "$q" >>got) &
	pid=$!
	t 'and may be waited for' 0 \
	    dp-enqueue --wait=20s --max-bytes=3k "$q" expect
	wait $pid
	dp-drain "$q" >>got
	cat expect expect expect >want
	t 'nothing is lost' 0 cmp got want
}

c_busy() {
	fresh
	lines 10 | put
	cat >slow <<-'SCRIPT'
	#!/bin/sh
	cat >/dev/null
	: >started
	while [ ! -e go ]; do sleep 0.05; done
	SCRIPT
	chmod +x slow
	rm -f started go
	dp-drain "$q" -- ./slow &
	pid=$!
	t 'a command runs' 0 until_true test -e started
	t 'its lane is leased' 75 dp-drain "$q"
	has 'and that is told' err leased
	t 'another group is free' 0 dp-drain --group=other "$q"
	kill -9 $pid
	wait $pid 2>/dev/null
	t 'dp-drain is killed: its command still has the lane' 75 dp-drain "$q"
	: >go
	t 'until that has ended' 0 empty "$q"
	cp out got
	t 'then the lines come again' 0 count_is 10 cat got
	cat >leaves <<-'SCRIPT'
	#!/bin/sh
	cat >/dev/null
	[ -e go ] || (while [ ! -e go ]; do sleep 0.05; done) &
	[ -e go ] || exit "$1"
	SCRIPT
	chmod +x leaves
	for s in 78 3; do
		fresh
		lines 10 | put
		rm -f go
		if [ $s -eq 78 ]; then
			t 'a command ends, but not all of it' 78 \
			    dp-drain "$q" -- ./leaves $s
		else
			t 'it fails, but not all of it ends' 75 \
			    dp-drain "$q" -- ./leaves $s
		fi
		t 'the lane is leased until that is gone' 75 \
		    dp-drain "$q" -- ./told
		: >go
		t 'and no longer' 0 empty "$q" -- ./told
		t 'and the lines come again' 0 count_is 10 cat got
	done
}

c_follow() {
	fresh
	put <<<'{"first":1}'
	dp-drain -f "$q" -- sh -c 'cat >>followed; date +%s%N >>times' &
	pid=$!
	t 'a follower takes what is there' 0 \
	    until_true grep -qs first followed
	slowest=0
	for i in 1 2 3 4 5; do
		sleep 0.3
		before=$(date +%s%N)
		put <<<"{\"next\":$i}"
		until_true eval "[ \"\$(wc -l <times)\" -gt $i ]"
		took=$((($(tail -n 1 times) - before) / 1000000))
		[ $took -le $slowest ] || slowest=$took
	done
	t 'and what comes' 0 count_is 6 cat followed
	# The whole of two programs, and others on the machine.
	t "within a second of dp-enqueue's start ($slowest ms)" 0 \
	    [ "$slowest" -lt 1000 ]
	ticks=$(awk '{ print $14 + $15 }' /proc/$pid/stat)
	sleep 1
	now=$(awk '{ print $14 + $15 }' /proc/$pid/stat)
	t 'idle, it takes no time of the processor' 0 [ $((now - ticks)) -le 1 ]
	kill -TERM $pid
	wait $pid
	t 'and SIGTERM ends it' 143 eval "(exit $?)"
}

# What dp-queue(1) does, whatever the engine.
c_admin() {
	fresh
	lines 60 >expect
	put --batch-records=5 expect
	t 'stat' 0 dp-queue stat "$q"
	has 'says how much waits' out 'waiting: 60 lines, .* in 1 lane$'
	has 'and that nobody ever drained' out 'dp-drain has never run'
	t 'ls' 0 dp-queue ls "$q"
	has 'has a line for each lane' out \
	    '^[0-9]\{16\}-[0-9a-f]\{16\} 20.*Z  *60 lines'
	lane=$(cut -d ' ' -f 1 out)
	t 'peek' 0 dp-queue peek -n 2 "$q"
	cp out got
	t 'shows the next lines' 0 eval 'head -n 2 expect | cmp - got'
	t 'cat shows all' 0 eval 'dp-queue cat "$q" | cmp - expect'
	t 'from a position' 0 dp-queue cat -n 4 "$q" "$lane:18"
	cp out got
	t 'across frames' 0 eval 'sed -n 19,22p expect | cmp - got'
	t 'a lane of another nonce is another lane' 65 \
	    dp-queue cat "$q" "${lane%-*}-0123456789abcdef:1"
	t 'check' 0 dp-queue check "$q"
	has 'counts what is intact' out '12 frames, 60 lines: intact'
	t 'a command that fails' 78 dp-drain --batch-records=20 "$q" -- sh -c \
	    'cat >/dev/null; echo wrong table >&2; exit 78'
	t 'is told' 0 dp-queue stat "$q"
	has 'with its status' out 'last failure: .*exit status 78, attempt 1 of'
	has 'and its last words' out '^    it said: wrong table$'
	has 'and what waits is nobody'"'"'s' out 'NOBODY DRAINS IT'
	t 'as JSON' 0 dp-queue stat --json "$q"
	has 'too' out '"status":78,"attempt":1,.*"said":"wrong table"'
	t 'and for Prometheus' 0 dp-queue stat --prometheus "$q"
	has 'too' out 'datapipe_queue_lines{queue=".*",group="main"} 60$'
	t 'top' 0 dp-queue top --once "$q"
	has 'shows it' out '^main  *60 '
	c_admin_moves
	c_admin_dead
	c_admin_purge
}

c_admin_moves() {
	# A group that takes nothing keeps all.
	t 'another group' 0 dp-drain --check --group=late "$q"
	t 'one drains all' 0 dp-drain "$q" -- ./keep
	t 'and goes back' 0 dp-queue rewind "$q" "$lane:18"
	t 'and again, to where it stands' 0 dp-queue rewind "$q" "$lane:18"
	t 'to a line, from where all comes again' 0 \
	    eval 'dp-drain "$q" >got; tail -n +19 expect | cmp - got'
	t 'not to a line beyond the last' 65 dp-queue rewind "$q" "$lane:999"
	t 'nor to one that it has not come to' 65 \
	    dp-queue rewind --group=late "$q" "$lane:3"
	rm -f started go
	cat >slow <<-'SCRIPT'
	#!/bin/sh
	cat >/dev/null
	: >started
	while [ ! -e go ]; do sleep 0.05; done
	SCRIPT
	chmod +x slow
	dp-drain --group=late "$q" -- ./slow 2>/dev/null &
	pid=$!
	t 'a command runs' 0 until_true test -e started
	t 'stat names it' 0 dp-queue stat "$q"
	has 'with its batch' out 'leased: lane .*command [0-9]*, attempt 1 of 0-60'
	t 'its group does not move under it' 75 \
	    dp-queue rewind --group=late "$q" "$lane"
	: >go
	wait $pid
}

c_admin_dead() {
	fresh
	printf '{"n":1}\n{"bad":1}\n{"bad":2}\n' >in
	put <in
	: >in
	t 'bad lines become dead letters' 0 dp-drain "$q" -- ./picky
	t 'dead counts them' 0 dp-queue dead "$q"
	has 'by code' out '^ *2 unavailable$'
	t 'and shows them' 0 dp-queue dead --show "$q"
	has 'as they are' out '"raw":"{\\"bad\\":2}"'
	t 'requeue' 0 dp-queue requeue "$q"
	has 'says how many' out '^2 lines of 2 files$'
	t 'they are there again' 0 dp-drain "$q"
	same 'byte for byte' out <<-'END'
	{"bad":1}
	{"bad":2}
	END
	t 'once' 0 dp-queue requeue "$q"
	has 'only' out '^0 lines of 0 files$'
}

c_admin_purge() {
	fresh
	lines 60 >expect
	put --segment-bytes=800 --batch-records=5 expect
	dp-queue ls "$q" >lanes
	t 'a queue of several lanes' 0 eval '[ "$(wc -l <lanes)" -gt 1 ]'
	second=$(sed -n '2s/ .*//p' lanes)
	dp-queue cat "$q" "$second" >rest
	dp-drain --group=one --batch-records=1 "$q" -- false 2>/dev/null &
	pid=$!
	sleep 0.3
	t 'purge waits for a group that is at work' 75 \
	    dp-queue purge --yes --before="$second" "$q"
	kill $pid
	wait $pid 2>/dev/null
	t 'purge asks' 64 dp-queue purge --before="$second" "$q"
	t 'and removes what was not read' 0 \
	    dp-queue purge --yes --before="$second" "$q"
	t 'and no more' 0 eval 'dp-queue cat "$q" | cmp - rest'
	t 'a new group begins there' 0 eval 'waits | cmp - rest'
	t 'the old one goes on there' 0 \
	    eval 'dp-drain --group=one "$q" >got; cmp got rest'
}

# -- Kills --

# Kills of the process that $1 names, in a loop, while a consumer goes on.
c_kill_consumers() {
	fresh
	for w in 1 2 3; do
		lines 1000 $w | dp-enqueue --batch-records=40 "$q"
	done
	for w in 1 2 3; do
		lines 1000 $w
	done | sort >expect
	for i in $(seq "$ROUNDS"); do
		SLOW=0.01 dp-drain -w 2 --batch-records=20 "$q" -- ./keep \
		    2>>err.kill &
		pid=$!
		sleep "0.$((i * 13 % 10))$((i % 10))"
		case $((i % 3)) in
		0) kill -9 $pid ;;
		1) for c in $(pgrep -P $pid); do kill -9 "$c"; done
		   kill -9 $pid ;;
		*) for c in $(pgrep -P $pid); do kill -9 "$c"; done
		   sleep 0.05; kill -9 $pid ;;
		esac 2>/dev/null
		wait $pid 2>/dev/null
	done
	t "after $ROUNDS kills of dp-drain and of its command" 0 \
	    empty -w 3 "$q" -- ./keep
	t 'each line was taken' 0 eval 'kept | sort | cmp - expect'
	t 'from positions that mean the same' 0 sound
	t 'and do not overlap' 1 overlaps
	t 'no line is dead' 0 count_is 0 dead_of main
}

# The chain's receipts say what must be there.
c_kill_writers() {
	fresh
	: >acknowledged
	: >sent
	for i in $(seq "$ROUNDS"); do
		lines 3000 "$i" >in
		cat in >>sent
		mkfifo chain
		exec 9<>chain
		dp-enqueue --tag "$q" <chain >receipts 9>&- 2>>err.kill &
		pid=$!
		awk '{ print NR "\t0\t" $0 }' in >chain 2>/dev/null 9>&- &
		feeder=$!
		sleep "0.0$((i * 7 % 10))$((i % 10))"
		until_true test -s receipts
		kill -9 $pid $feeder 2>/dev/null
		wait $pid $feeder 2>/dev/null
		exec 9>&-
		rm chain
		# A receipt that was cut is none.
		grep -aE '^[0-9]+.0$' receipts | cut -f 1 |
		    awk 'NR == FNR { ok[$1] = 1; next } FNR in ok' - in \
		    >>acknowledged
	done
	: >in
	t "after $ROUNDS kills of dp-enqueue" 0 empty "$q"
	sort out >got
	sort -u got >once
	t 'some lines were acknowledged' 0 test -s acknowledged
	t 'what was acknowledged is there' 0 \
	    eval '! sort acknowledged | comm -13 once - | grep -q .'
	t 'each line once' 0 cmp got once
	t 'and none that was not sent' 0 \
	    eval '! sort sent | comm -23 once - | grep -q .'
}

conform() {
	for part in ${CONFORM:-bytes order statuses bisection bounds \
	    environment rejects divided groups writers chain full busy follow admin \
	    kill_consumers kill_writers}; do
		echo "# $part"
		"c_$part"
	done
}
