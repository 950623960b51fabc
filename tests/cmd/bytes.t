#!/bin/sh
# Events that a careless program changes come out as they went in.
# EVENTS=1000000 is the campaign (make bytes).
. "${0%/*}/../lib/tap.sh"

python3 "$tests/bytes/wild.py" "${EVENTS:-20000}" >events
gzip -k events

if needs dp-validate; then
	t 'dp-validate passes them on' 0 sh -c 'dp-validate events >valid'
	t 'byte for byte' 0 cmp events valid
	t 'from gzip too, against a schema' 0 \
	    sh -c "dp-validate -s '$tests/bytes/wild.json' events.gz >valid"
	t 'byte for byte' 0 cmp events valid
fi
t 'dp-enqueue stores them' 0 dp-enqueue ./q events.gz
t 'dp-drain hands them out' 0 sh -c 'dp-drain ./q >drained'
t 'byte for byte' 0 cmp events drained

done_testing
