#!/bin/sh
# A database is restored from an older backup, and the queue goes back: what
# was missing is there, and nothing twice, rejects included.
# shellcheck disable=SC2154 # set in tap.sh and pg.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=../lib/pg.sh
. "$tests/lib/pg.sh"
if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
	skip 'no PostgreSQL here'
	done_testing
fi
pg_start

# events FIRST LAST: of each hundred, one is more than a bigint holds.
events() {
	seq "$1" "$2" | awk '{
		printf "{\"event_name\":\"install\",\"user_id\":%d,", $1
		printf "\"timestamp\":%d%s}\n", 1400000000,
		    $1 % 100 == 17 ? "0000000000000" : "" }'
}
enqueue() {
	events "$1" "$2" | dp-enqueue --segment-bytes=20k --batch-bytes=2k q
}
drain() {
	dp-drain --batch-records="${1:-70}" q -- \
	    dp-load -q -s "$tests/../examples/events" --create "$pg_url"
}
# What is in the table: how many, how many different ones, their sum.
rows() {
	pg_psql -F ' ' -c 'select count(*), count(distinct user_id),
	    coalesce(sum(user_id), 0) from install'
}
# What must be there of events 1 to N.
wanted() {
	seq "$1" | awk '$1 % 100 != 17 { n++; s += $1 } END { print n, n, s }'
}
is() {
	rows | grep -qx "$(wanted "$1")"
}
dead() {
	dp-queue dead --show q | grep -c user_id
}

save_copy() {
	pg_as "$pg_bin/pg_basebackup" -D "$pg_dir/older" -h "$pg_dir" \
	    -U postgres --checkpoint=fast
}
restore_copy() {
	pg_stop
	rm -rf "$pg_dir/data"
	mv "$pg_dir/older" "$pg_dir/data"
	pg_run
}
save_dump() {
	pg_dump -f "$tmp/older.sql"
}
restore_dump() {
	pg_psql -c 'drop table install, purchase, crash_report, dp_load_ledger'
	psql -X -q -v ON_ERROR_STOP=1 -f "$tmp/older.sql" >/dev/null
}

for kind in copy dump; do
	rm -rf q
	pg_psql -c 'drop table if exists install, purchase, crash_report,
	    dp_load_ledger' 2>/dev/null
	enqueue 1 1000
	first=$(dp-queue ls q | sed -n '1s/ .*//p')
	t 'somebody keeps what was loaded' 0 dp-drain --check --group=archive q
	t 'a thousand events' 0 drain
	t 'are loaded' 0 is 1000
	t "a backup: $kind" 0 save_$kind
	enqueue 1001 2500
	t 'and more events' 0 drain
	t 'are loaded, too' 0 is 2500
	t 'with their dead letters' 0 test "$(dead)" -eq 25
	enqueue 2501 2600
	t 'the backup comes back' 0 restore_$kind
	t 'without what came later' 0 is 1000
	t 'the queue goes back' 0 dp-queue rewind q "$first"
	[ $kind = copy ] && same=70 || same=131
	t "and drains again, in batches of $same" 0 drain "$same"
	t 'exactly what was missing is there' 0 is 2600
	dp-queue dead --show q | grep -o '"raw":.*' | sort >letters
	t 'and each dead letter' 0 test "$(sort -u letters | wc -l)" -eq 26
	# Batches of other bounds are other batches.
	[ $kind = dump ] || t 'once' 0 test "$(wc -l <letters)" -eq 26
	t 'another time' 0 dp-queue rewind q "$first"
	t 'nothing is loaded' 0 drain 333
	t 'twice' 0 is 2600
	dp-queue dead --show q | grep -o '"raw":.*' | sort | cmp -s - letters
	t 'nor dead' 0 sh -c "exit $?"
done
done_testing
