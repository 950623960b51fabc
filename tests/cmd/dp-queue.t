#!/bin/sh
# dp-queue: what it tells of a queue, and how it mends one.
# shellcheck disable=SC2016 # expanded by the inner shells
. "${0%/*}/../lib/tap.sh"

lines() {
	seq "$1" "$2" | sed 's/.*/{"n":&}/'
}
cat >picky <<'END'
#!/bin/sh
cat >batch
grep -q bad batch && exit 65
exit 0
END
chmod +x picky
: >in

# The first answer to "why has nothing arrived?"
t 'a queue that is not there' 66 dp-queue stat nowhere
lines 1 20 | dp-enqueue --segment-bytes=800 --batch-records=5 q
t 'stat of a queue that nobody has read' 0 dp-queue stat q
has 'how much waits' out 'waiting: 20 lines'
has 'and that dp-drain never ran' out 'dp-drain has never run'
t 'a command that is down' 75 timeout -s KILL 5 sh -c '
    dp-drain q -- sh -c "cat >/dev/null; echo first >&2
	printf \"no \\\"db\\\" \\303\\244\\n\\n\" >&2; exit 69" 2>told & pid=$!
    sleep 0.5; dp-queue stat q >running; kill -TERM $pid; wait $pid; exit 75'
has 'the lane is leased, and by whom' running 'leased: lane 0*1-[0-9a-f]*, by dp-drain [0-9]*, '
has 'how the last attempt failed' running 'exit status 69, attempt'
has 'and what it said last' running '^    it said: no "db" \\xc3\\xa4$'
t 'which was passed on' 0 grep -qx first told
t 'stat afterwards' 0 dp-queue stat q
has 'nobody drains it' out 'group main: 20 lines wait .*NOBODY DRAINS IT'
t 'as JSON' 0 dp-queue stat --json q
has 'with the group' out '"groups":\[{"group":"main","lines":20,'
if command -v jq >/dev/null; then
	t 'which is JSON' 0 sh -c 'dp-queue stat --json q | jq -e ".groups[0].failure.status == 69 and
	    (.groups[0].failure.said | startswith(\"no \\\"db\\\"\"))"'
else
	skip 'no jq'
fi
t 'for Prometheus' 0 dp-queue stat --prometheus q
has 'with labels' out '^datapipe_queue_lines{queue=".*/q",group="main"} 20$'
t 'nothing was changed' 0 sh -c 'dp-drain --peek q | wc -l | grep -qx 20'

# One line, and then none.
echo '{"n":1}' >in1
lines 1 100000 | dp-enqueue big
t 'a line that is alone' 0 dp-enqueue few in1
t 'waits' 0 dp-queue stat few
has 'in one lane' out '^waiting: 1 line, [0-9]* bytes, in 1 lane$'
t 'is taken' 0 dp-drain few
t 'then nothing is left' 0 dp-queue stat few
has 'of what came, which is told' out \
    '^last line in: not known, all that came is settled and removed$'
: >none
t 'a queue that never had a line' 0 dp-enqueue fresh none
t 'is another' 0 dp-queue stat fresh
has 'thing' out '^last line in: none yet$'
t 'a full disk' 74 sh -c 'dp-queue peek q >/dev/full'
mv err told
t 'is told once' 0 sh -c '[ "$(wc -l <told)" -eq 1 ]'
t 'a reader that goes away' 0 bash -c \
    '{ dp-drain --peek big; echo $? >status; } | head -1 >/dev/null'
mv err told
t 'ends a look' 0 grep -qx 141 status
t 'without a word' 0 test ! -s told
t 'purge wants to know what' 64 dp-queue purge --yes q
has 'and says how' err 'with --before of purge$'
if script -qec true /dev/null >/dev/null 2>&1; then
	t 'a wrong command line on a terminal' 64 \
	    script -qec 'dp-enqueue' /dev/null
	tr -d '\r' <out >told
	same 'is one message, without counts of nothing' told <<-'END'
	dp-enqueue: want a QUEUE
	END
else
	skip 'no script(1)'
fi

# One screen.
t 'top wants a terminal' 64 dp-queue top q
t 'or --once' 0 dp-queue top --once q
has 'the group' out '^main  *20  *[0-9.]* bytes .* never  *0  *0$'
has 'and how it failed' out '^main  *[0-9]* s ago, exit status 69: no "db"'
if command -v tmux >/dev/null; then
	on() {
		tmux -S "$tmp/tmux" -f /dev/null "$@"
	}
	shows() {
		for _ in $(seq 100); do
			on capture-pane -p >screen
			grep -q -e "$1" screen && return 0
			sleep 0.05
		done
		return 1
	}
	on new-session -d -x 80 -y 24 "PS1=ready: PATH=$PATH sh"
	t 'a terminal' 0 shows ready:
	on send-keys 'stty -a >before; dp-queue top q' Enter
	t 'top is there' 0 shows '^GROUP  *WAITING'
	t 'none of its lines is over 80 columns' 1 grep -q '.\{81\}' screen
	lines 21 25 | dp-enqueue q
	t 'and follows' 0 shows '^main  *25 '
	on resize-window -x 50 -y 6
	t 'another size is noticed' 0 shows '^20..-.*Z  '
	t 'what does not fit is cut' 0 grep -q '^GROUP.*OLDEST *O*$' screen
	t 'below too' 1 grep -q FAILURES screen
	on resize-window -x 120 -y 30
	t 'and is there again' 0 shows 'FAILURES'
	on send-keys q
	t 'q ends it, and the screen is as before' 0 shows 'dp-queue top q$'
	shows '^ready:$'
	on send-keys 'echo status $?; stty -a >after' Enter
	t 'that is a success' 0 shows 'status 0'
	sleep 0.2
	t 'the terminal is as before' 0 sh -c \
	    'sed 1d before >b; sed 1d after | cmp - b'
	on send-keys 'clear; dp-queue top q' Enter
	t 'again' 0 shows '^GROUP  *WAITING'
	on send-keys C-c
	t 'Ctrl-C' 0 shows '^ready:$'
	on send-keys 'echo status $?' Enter
	t 'Ctrl-C ends it, too' 0 shows 'status 0'
	on kill-server
	lines 21 25 >twentyfive
	t 'nothing was taken' 0 sh -c 'dp-queue cat q 1:20 | cmp - twentyfive'
	rm -rf q
	lines 1 20 | dp-enqueue --segment-bytes=800 --batch-records=5 q
	dp-drain --check q
else
	skip 'no tmux here'
fi

# What is in it.
t 'ls' 0 dp-queue ls q
has 'a line for each segment' out '^0000000000000001-[0-9a-f]\{16\} .* 20 lines .* active$'
t 'peek' 0 dp-queue peek -n 2 q
same 'the next lines' out <<'END'
{"n":1}
{"n":2}
END
lines 21 60 | dp-enqueue --batch-records=5 q
t 'cat from a position' 0 dp-queue cat -n 3 q 1:18
same 'crosses frames' out <<'END'
{"n":19}
{"n":20}
{"n":21}
END
t 'all of it' 0 sh -c 'dp-queue cat q | wc -l | grep -qx 60'
t 'a position that is none' 64 dp-queue cat q x

# Dead letters, and their way back.
rm -rf q
{
	lines 1 3
	echo '{"bad":1}'
	lines 4 6
	echo '{"bad":2}'
} | dp-enqueue q
t 'bad lines become dead letters' 0 dp-drain q -- ./picky
t 'dead counts them by code' 0 dp-queue dead q
has 'two' out '^ *2 unavailable$'
t 'and shows them' 0 dp-queue dead --show q
has 'as they are' out '"raw":"{\\"bad\\":2}"'
t 'requeue' 0 dp-queue requeue q
has 'says how many' out '^2 lines of 2 files$'
t 'they are there again' 0 dp-drain q
same 'byte for byte' out <<'END'
{"bad":1}
{"bad":2}
END
t 'only once' 0 dp-queue requeue q
has 'none' out '^0 lines of 0 files$'

# Back, and away.
rm -rf q
lines 1 60 | dp-enqueue --segment-bytes=800 --batch-records=5 q
dp-drain --group=other --batch-records=1 q -- false 2>/dev/null &
pid=$!
sleep 0.5
t 'a cursor is not moved under a command' 75 dp-queue rewind --group=other q 1
kill "$pid"
wait "$pid" 2>/dev/null
t 'a group drains all' 0 sh -c 'dp-drain q | wc -l | grep -qx 60'
t 'and goes back to a line' 0 dp-queue rewind q 2:3
t 'from where all comes again' 0 dp-drain q
mv out again
t 'in order' 0 sh -c 'dp-queue cat q 2:3 | cmp - again'
t 'not to what is not there' 65 dp-queue rewind q 99
t 'not to a line beyond' 65 dp-queue rewind q 1:999
t 'not to a number that no segment has' 65 dp-queue purge --yes q \
    --before=10000000000000003
cat >count <<'END'
#!/bin/sh
cat >/dev/null
echo "$DP_ATTEMPT" >>attempts
[ "$(wc -l <attempts)" -gt 3 ]
END
chmod +x count
t 'again' 0 dp-queue rewind q 2:3
t 'with attempts that fail' 0 dp-drain q -- ./count
t 'and once more' 0 dp-queue rewind q 2:3
t 'from the first attempt on' 0 dp-drain q -- ./count
t 'which are counted anew' 0 sh -c '
    head -n 4 attempts | paste -sd " " | grep -qx "1 2 3 4" &&
    [ "$(sed 1,4d attempts | sort -u)" = 1 ]'
t 'purge asks' 64 dp-queue purge --before=3 q
t 'and removes what was not read' 0 dp-queue purge --before=3 --yes q
ls q/seg >names
t 'two segments are gone' 1 grep -q '000[12].ndj' names
dp-queue cat q >want.cat
t 'the other group goes on behind them' 0 \
    sh -c 'dp-drain --group=other q | cmp - want.cat'

# Damage.
rm -rf q
lines 1 20 | dp-enqueue --batch-records=5 q
t 'check of a good queue' 0 dp-queue check q
has 'says what is there' out '^1 segment, 4 frames, 20 lines: intact$'
printf X | dd of=q/seg/0000000000000001.ndj bs=1 seek=600 conv=notrunc 2>/dev/null
t 'check of a damaged one' 65 dp-queue check q
has 'says where' out '^segment 1, offset [0-9]*: damaged, [0-9]* bytes, 5 lines'
t 'changes nothing' 0 sh -c 'test -z "$(ls q/bad)"'
t 'repair keeps the bytes' 0 dp-queue repair q
t 'in bad' 0 sh -c 'test -n "$(ls q/bad)"'
cat q/bad/* >harmed
sh -c 'ulimit -f 0; dp-queue repair q' 2>/dev/null
t 'where they stay when they cannot be written again' 0 \
    sh -c 'cat q/bad/* | cmp - harmed'
t 'stat tells of it' 0 dp-queue stat q
has 'with the next step' out 'damage: 1 piece in .*dp-queue check'

t 'no verb' 64 dp-queue q
t 'a verb that is none' 64 dp-queue frob q
done_testing
