#!/bin/bash
# The spool does what every engine of queues must do.
. "${0%/*}/../lib/tap.sh"
# shellcheck source=./conform.sh
. "$tests/drivers/conform.sh"
number=0

new_queue() {
	number=$((number + 1))
	q=$tmp/q$number
}

no_queue() {
	echo "$tmp/nowhere"
}

dead_of() {
	find "$q/dead/$1" -name '*.ndjson' 2>/dev/null | sort | xargs -r cat
}

conform
done_testing
