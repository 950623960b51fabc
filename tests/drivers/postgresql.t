#!/bin/bash
# A queue in PostgreSQL does what every engine of queues must do.
. "${0%/*}/../lib/tap.sh"
# shellcheck source=../lib/pg.sh
. "$tests/lib/pg.sh"
# shellcheck source=./conform.sh
. "$tests/drivers/conform.sh"
number=0
if dp-drain --peek 'postgresql://nowhere' 2>&1 | grep -q 'no such kind'; then
	skip 'built without PostgreSQL'
	done_testing
fi
pg_start

new_queue() {
	number=$((number + 1))
	q="$pg_url&queue=q$number&state=$tmp/state"
}

no_queue() {
	echo "$pg_url&queue=nowhere&state=$tmp/state"
}

dead_of() {
	pg_psql -c "select convert_from(reject, 'UTF8') from dp_queue.dead
	    join dp_queue.queue using (queue) where name = 'q$number'
	    and grp = '$1' order by lane, first, n"
}

new_queue
t 'without the schema nothing goes' 78 dp-enqueue "$q"
has 'and it is told what makes it' err 'no schema.*--create'
t 'this does' 0 dp-enqueue --create "$q"
t 'and again' 0 dp-enqueue --create "$q"
conform
done_testing
