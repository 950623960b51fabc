#!/bin/sh
# What all groups have settled, kept for replay.
# shellcheck disable=SC2016 # expanded by the inner shells
. "${0%/*}/../lib/tap.sh"
reader=$tests/reader/spool.py
lines() {
	seq "$1" "$2" | sed 's/.*/{"n":&,"x":"some text that is the same each time"}/'
}
segments() {
	find q/seg -name "*.$1" | wc -l
}
plain_of() {
	printf 'q/seg/%016d.ndj' "$1"
}

lines 1 4000 >all
dp-enqueue --segment-bytes=20k --batch-records=100 q all
t 'keep with a time' 0 dp-queue keep --keep-age=1h q
t 'drain' 0 dp-drain q
same 'gives all lines' out <all
n=$(segments zst)
if [ "$n" -eq 0 ]; then
	skip 'zstd is not built in'
	t 'then they are kept as they are' 0 sh -c 'dp-queue cat q | cmp - all'
	printf 'no more than a magic number' | dd of="$(plain_of 1).zst" 2>/dev/null
	rm "$(plain_of 1)"
	t 'a compressed one is refused' 78 dp-queue cat q
	has 'and says why' err 'zstd, which is not built into'
	done_testing
	exit
fi
t 'all but the active one are compressed' 0 test "$(segments ndj)" -eq 1
t 'in less space' 0 test "$(cat q/seg/*.zst | wc -c)" -lt 60000
t 'zstdcat and grep find every line' 0 \
    sh -c 'zstdcat q/seg/*.zst | grep -av "^#" | cmp - all'
t 'cat' 0 dp-queue cat q
same 'finds them too' out <all
t 'ls' 0 dp-queue ls q
has 'names them' out '^0000000000000002-.* lines .* kept zstd$'
t 'stat' 0 dp-queue stat q
has 'counts them' out "^kept for replay: $n segments, .* for 60 m$"
has 'and nothing waits' out '^group main: nothing waits$'
t 'check reads them' 0 dp-queue check q
has 'whole' out ' 4000 lines: intact'
t 'nothing comes twice' 0 dp-drain q
same 'nothing' out </dev/null

# Replay.
t 'a new group begins at the oldest line' 0 dp-drain --group=late q
same 'that is kept' out <all
t 'rewind to a line' 0 dp-queue rewind q 3:17
dp-queue cat q 3:17 >want.lines
t 'a reader that knows only the page' 0 python3 "$reader" q
same 'sees it' out <want.lines
t 'drain after it' 0 dp-drain --batch-records=70 q
same 'gives what follows it' out <want.lines
t 'rewind to a time' 0 dp-queue rewind q 1h
t 'drains all' 0 dp-drain q
same 'once more' out <all
t 'they are still kept' 0 test "$(segments zst)" -eq "$n"
dp-queue rewind q 5
t 'a drain that dies' 137 dp-drain q -- sh -c 'cat >got; kill -9 $PPID'
dp-queue cat q 5 >want.lines
t 'does not lose its place' 0 dp-drain q
same 'all of it' out <want.lines

# Both files: the plain one counts, and is compressed again.
zstdcat "$(plain_of 2).zst" >"$(plain_of 2)"
printf 'broken' >"$(plain_of 2).zst"
t 'with both files the plain one counts' 0 sh -c 'dp-queue cat q | cmp - all'
t 'and is compressed once more' 0 dp-queue keep q
t 'with the same content' 0 sh -c 'dp-queue cat q | cmp - all'
t 'alone' 1 test -e "$(plain_of 2)"
: >q/kept.new
lines 1 10 >ten
dp-enqueue q ten
dp-drain q >out
dp-drain --group=late q >out
t 'what somebody began is begun anew' 0 dp-drain q
t 'and ended' 1 test -e q/kept.new

# Bounds.
t 'keep less' 0 dp-queue keep --keep-bytes=5k q
t 'that is all there is' 0 sh -c '[ "$(cat q/seg/*.zst | wc -c)" -le 5120 ]'
t 'at least one' 0 sh -c 'ls q/seg/*.zst'
dp-queue cat q >left
t 'the newest ones' 0 sh -c 'cat all ten | tail -n "$(wc -l <left)" | cmp - left'
t 'check is content' 0 dp-queue check q
sleep 1.1
t 'keep for a second' 0 dp-queue keep --keep-age=1s q
t 'they are gone' 0 test "$(segments zst)" -eq 0
dp-queue keep --keep-age=1h q
lines 1 2000 >all
dp-enqueue q all
dp-drain q >out
t 'purge takes kept ones too' 0 sh -c '
    last=$(dp-queue ls q | tail -n 1 | cut -d- -f1 | sed "s/^0*//")
    dp-queue purge --yes --before="$last" q'
t 'all of them' 0 test "$(segments zst)" -eq 0
dp-enqueue q all
dp-drain q >out
printf X | dd of=q/keep bs=1 seek=10 conv=notrunc 2>/dev/null
n=$(segments zst)
lines 1 5 | dp-enqueue q
t 'bounds that do not verify' 0 dp-drain q
t 'remove nothing' 0 test "$(segments zst)" -ge "$n"
t 'stat' 0 dp-queue stat q
has 'says so' out 'keep does not verify: nothing is removed'
t 'keep nothing' 0 dp-queue keep --keep-age=0 q
t 'so nothing stays' 0 test "$(segments zst)" -eq 0
t 'nor a file that says so' 1 test -e q/keep

# Damage costs the frames that it touches.
rm -rf q
lines 1 40000 >all
dp-enqueue --batch-bytes=20k q all
dp-queue keep --keep-bytes=1g q
dp-drain q >out
z=$(plain_of 1).zst
cp "$z" whole
size=$(wc -c <"$z")
printf XXXX | dd of="$z" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
t 'a block that does not decode' 74 dp-drain --group=harmed q
mv out harmed
t 'costs its lines' 0 sh -c 'n=$(wc -l <harmed); [ "$n" -gt 30000 ] && [ "$n" -lt 40000 ]'
sort all >sorted; sort harmed >got
t 'no other ones' 0 sh -c 'comm -13 sorted got | cmp - /dev/null'
t 'the block is in bad' 0 sh -c 'ls q/bad/*.zst'
head -c $((size - 3)) whole >"$z"
t 'a file without its end' 74 dp-drain --group=cut q
same 'still gives what is there' out <all
has 'and says so' err 'without its end'
head -c $((size / 2)) whole >"$z"
t 'half of a file' 74 dp-drain --group=half q
mv out half
t 'gives half' 0 sh -c 'n=$(wc -l <half); [ "$n" -gt 10000 ] && head -n "$n" all | cmp - half'
cp whole "$z"
t 'and whole again' 0 dp-queue rewind --group=half q 1
t 'all of it' 0 dp-drain --group=half q
same 'is there' out <all

# A writer's last frame was cut by the power: it is packed as it is.
rm -rf q
lines 1 400 >all
dp-enqueue --segment-bytes=10k --batch-records=20 q all
dp-queue keep --keep-age=1h q
truncate -s 8704 "$(plain_of 1)"
t 'a segment without its end' 0 dp-drain q
mv out got
t 'is compressed' 1 test -e "$(plain_of 1)"
t 'and read' 0 dp-drain --group=late q
same 'as before' out <got
done_testing
