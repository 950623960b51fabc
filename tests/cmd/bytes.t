#!/bin/sh
# Events that a careless program changes come out as they went in: through
# files, through a queue, and into tables.  EVENTS=1000000 is the campaign
# (make bytes).
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/pg.sh
. "$tests/lib/pg.sh"

python3 "$tests/bytes/wild.py" "${EVENTS:-20000}" >events
gzip -k events

if needs dp-validate; then
	t 'dp-validate passes them on' 0 sh -c 'dp-validate events >valid'
	t 'byte for byte' 0 cmp events valid
	t 'from gzip too, against a schema' 0 \
	    sh -c "dp-validate -s '$tests/bytes/wild.json' events.gz >valid"
	t 'byte for byte' 0 cmp events valid
	rm -f valid
fi
t 'dp-enqueue stores them' 0 dp-enqueue ./q events.gz
t 'dp-drain hands them out' 0 sh -c 'dp-drain ./q >drained'
t 'byte for byte' 0 cmp events drained
rm -f drained

if needs dp-load; then
	t 'dp-load takes them into SQLite' 0 dp-load -s "$tests/bytes/wild.json" \
	    --create --extra=ignore sqlite:wild.db events
	t 'value by value' 0 "$tests/bytes/compare.py" events sqlite wild.db
	rm -f wild.db*
	pg_start max_wal_size=4GB
	t 'and into PostgreSQL' 0 dp-load -s "$tests/bytes/wild.json" \
	    --create --extra=ignore "$pg_url" events
	t 'which gives them back' 0 pg_psql -c \
	    '\copy (SELECT id, big, text, flag, "any", long FROM wild ORDER BY id) TO dump'
	t 'value by value' 0 "$tests/bytes/compare.py" events copy dump
	pg_stop INT
fi

done_testing
