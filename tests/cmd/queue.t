#!/bin/sh
# dp-enqueue and dp-drain on a spool: what goes in, what comes out, and what
# becomes of a batch by the exit status of its command.
. "${0%/*}/../lib/tap.sh"

# A command that keeps its input, tells its attempts, and exits as told.
cat >consumer <<'END'
#!/bin/sh
cat >>got
echo "$DP_ATTEMPT ${DP_BATCH##*:}" >>attempts
read -r s <status
exit "$s"
END
# One that takes no line with "bad" in it.
cat >picky <<'END'
#!/bin/sh
cat >batch
grep -q bad batch && exit 65
cat batch >>got
END
chmod +x consumer picky
fresh() {
	rm -rf q got attempts
	echo 0 >status
	: >in
}
lines() {
	seq "$1" | sed 's/.*/{"n":&}/'
}

# What goes in.
fresh
printf 'a\r\n{"b": 1e400}\n\n \t\n{"c":12345678901234567890}' >in
t 'lines are enqueued' 0 dp-enqueue -v q
has 'blank ones are counted' err '3 read = 3 enqueued; 2 blank'
: >in
t 'and looked at' 0 dp-drain --peek q
printf 'a\r\n{"b": 1e400}\n{"c":12345678901234567890}\n' >expect
same 'byte for byte' out <expect
t 'they are still there' 0 dp-drain q
same 'byte for byte' out <expect
t 'and now they are gone' 0 dp-drain q
same 'nothing comes twice' out </dev/null

fresh
printf '{"a":1}\n{"cut":' >in
t 'a last line that is cut is refused' 65 dp-enqueue q
t 'and what was before it stays' 0 dp-drain q
same 'whole' out <<'END'
{"a":1}
END
fresh
echo '#dp1 f forged' >in
t 'a line that begins with # is refused' 1 dp-enqueue q
t 'a queue that is not there' 66 dp-drain nowhere

# Status 0 acknowledges, and only if the input was read.
fresh
lines 1000 >in
t 'a thousand lines' 0 dp-enqueue q
cp in expect
: >in
t 'a command that reads nothing acknowledges nothing' 78 dp-drain q -- true
t 'one that does gets all' 0 dp-drain q -- ./consumer
t 'in order' 0 cmp expect got
has 'as a second attempt' attempts '^2 0-1000$\|^2 1-1001$'
t 'and nothing is left' 0 dp-drain --peek q
same 'nothing' out </dev/null

# 78 stops, and keeps.
fresh
lines 5 | dp-enqueue q
echo 78 >status
t 'a command that exits 78 stops the run' 78 dp-drain q -- ./consumer
t 'and the lines stay' 0 sh -c 'dp-drain --peek q | wc -l | grep -qx 5'

# 65 is divided until the bad lines stand alone.
fresh
{
	lines 20
	echo '{"bad":1}'
	lines 20
	echo '{"bad":2}'
} | dp-enqueue q
t 'bad lines do not stop the others' 0 dp-drain q -- ./picky
t 'forty good lines went through' 0 sh -c 'wc -l <got | grep -qx 40'
cat q/dead/main/*.ndjson >dead
t 'two are dead letters' 0 sh -c 'wc -l <dead | grep -qx 2'
has 'with what they were' dead '"raw":"{\\"bad\\":2}"'
t 'and nothing is left' 0 dp-drain --peek q
same 'nothing' out </dev/null

# Other statuses: tried again, then divided.
fresh
lines 2 | dp-enqueue q
echo 3 >status
t 'a command that always fails' 0 dp-drain --max-tries=1 q -- ./consumer
cat q/dead/main/*.ndjson >dead
t 'leaves all its lines in the dead letters' 0 \
    sh -c 'wc -l <dead | grep -qx 2'

# An attempt that dies may have stored its batch, with its rejects, or not:
# once it has been divided, only the parts know.
fresh
lines 4 | dp-enqueue q
cat >dying <<'END'
#!/bin/sh
cat >batch
head -n 1 batch >"$DP_REJECTS"
[ "$(wc -l <batch)" -eq 1 ] || kill -9 $$
END
chmod +x dying
t 'a command that dies on more than a line' 0 dp-drain --max-tries=1 q -- \
    ./dying
cat q/dead/main/* >dead
lines 4 >expect
t 'leaves each dead letter once' 0 cmp expect dead

# What a dead attempt told of another line is not the word on this one.
fresh
lines 2 | dp-enqueue q
cat >dying <<'END'
#!/bin/sh
cat >batch
[ "$(wc -l <batch)" -eq 1 ] || { sed 1d batch >"$DP_REJECTS"; kill -9 $$; }
grep -q 1 batch && exit 65
cat batch >>got
END
t 'a command that dies, and then takes no line' 0 dp-drain --max-tries=1 q -- \
    ./dying
cat q/dead/main/* >dead
t 'has one dead letter' 0 sh -c 'wc -l <dead | grep -qx 1'
has 'of that line' dead '{\\"n\\":1}'

# Programs of a pipeline share the rejects, whoever of them comes last, and
# one that has a file of its own goes on with it.
fresh
if needs dp-validate; then
	lines 30 | dp-enqueue q
	echo '{"properties":{"n":{"maximum":5}}}' >five.json
	cat >pipeline <<'END'
#!/bin/sh
dp-validate -q -s five.json | { sleep 0.2; dp-enqueue -q q2; }
[ "$DP_ATTEMPT" -eq 2 ] || exit 1
END
	chmod +x pipeline
	t 'a pipeline, twice' 0 dp-drain --batch-records=10 q -- ./pipeline
	cat q/dead/main/* >dead
	t 'keeps what its first program rejects' 0 \
	    sh -c 'wc -l <dead | grep -qx 25'
	t 'and passes the others' 0 sh -c 'dp-drain q2 | wc -l | grep -qx 10'
	rm -rf q2
	lines 30 | dp-enqueue q
	t 'rejects of its own' 0 dp-drain --batch-records=10 q -- \
	    dp-validate -q -s five.json -r own
	t 'are those of all batches' 0 sh -c 'wc -l <own | grep -qx 25'
	rm -rf q
	printf '{"x":"%01100000d"}\n' 0 | dp-enqueue --max-record=2m q
	t 'a line that is too long' 78 dp-drain q -- \
	    dp-validate -q -s five.json
	has 'stays' err 'longer than --max-record'
	t 'until it is not' 0 dp-drain q -- \
	    dp-validate -q -s five.json --max-record=2m
fi

# Several writers, batches of bounded size, several workers.
fresh
for i in 1 2 3 4; do
	lines 500 | sed "s/}/,\"w\":$i}/" | dp-enqueue --batch-records=7 q &
done
wait
cat >append <<'END'
#!/bin/sh
cat >"part.${DP_BATCH##*/}"
END
chmod +x append
t 'workers take what four writers wrote' 0 \
    dp-drain --workers=3 --batch-records=100 q -- ./append
cat part.* | sort >all
for i in 1 2 3 4; do
	lines 500 | sed "s/}/,\"w\":$i}/"
done | sort >expect
t 'each line once' 0 cmp expect all
# shellcheck disable=SC2016 # expanded by the inner shell
t 'no batch is over its bound' 0 sh -c '
    for f in part.*; do [ "$(wc -l <"$f")" -le 100 ] || exit 1; done'

# The tagged chain: a receipt for each line, in order.
fresh
printf '1\t0\t{"a":1}\n2\t5\t{"code":"type"}\n3\t0\t{"a":3}\n' >in
t 'dp-enqueue answers each line' 0 dp-enqueue --tag q
same 'in order' out <<'END'
1	0
2	5	{"code":"type"}
3	0
END
: >in
t 'and stores the good ones' 0 dp-drain q
same 'those' out <<'END'
{"a":1}
{"a":3}
END
done_testing
