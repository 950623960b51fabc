#!/bin/sh
# A small file system that fills up: nothing acknowledged is lost, and work
# goes on when there is space again.  Needs root and loop devices.
. "${0%/*}/../lib/tap.sh"
mkdir mnt
truncate -s 4m img
if ! { mkfs.ext4 -q -m 0 img && mount -o loop img mnt; } 2>/dev/null; then
	skip 'no file system can be mounted here'
	done_testing
fi
trap 'umount "$tmp/mnt"; rm -rf "$tmp"' EXIT
pad=$(printf '%0200d' 0)
seq 400 | sed "s/.*/&\t0\t{\"n\":&,\"x\":\"$pad\"}/" >lines

for spare in 4 16 28 40 64 88; do
	rm -rf mnt/q mnt/ballast
	: >in
	t "a queue, and $spare KiB to spare" 0 dp-enqueue --segment-bytes=64k \
	    --min-free=0 mnt/q
	free=$(df --output=avail -k mnt | tail -1)
	fallocate -l $((free - spare))k mnt/ballast
	cp lines in
	t 'a stage of a chain stays' 0 dp-enqueue --tag --batch-records=7 \
	    --min-free=0 mnt/q
	mv out receipts
	t 'and answers each line' 0 test "$(wc -l <receipts)" -eq 400
	grep "	0\$" receipts | cut -f1 | sort >acked
	: >in
	dp-drain mnt/q >got 2>err || :
	rm mnt/ballast
	dp-drain mnt/q >>got
	sed -n 's/.*"n":\([0-9]*\),.*/\1/p' got | sort -u >came
	t 'what was acknowledged comes' 0 sh -c '
	    comm -23 acked came >lost; [ ! -s lost ]'
	t 'no line is cut' 1 grep -qv '^{"n":[0-9]*,"x":"0*"}$' got
	printf '{"last":1}\n' >in
	t 'with space again it takes lines' 0 dp-enqueue --min-free=0 mnt/q
	: >in
	t 'and gives them' 0 dp-drain mnt/q
	same 'those alone' out <<-'END'
	{"last":1}
	END
done
done_testing
