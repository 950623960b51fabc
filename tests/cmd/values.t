#!/bin/sh
# Random values of every type go into tables and are read back: each is what
# exact arithmetic says, or its line is rejected with the code that fits.
# VALUES=1000000 is the campaign (make values).
# shellcheck disable=SC2086 # words
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/pg.sh
. "$tests/lib/pg.sh"
needs dp-load || { done_testing; }

python3 "$tests/values/values.py" make "${VALUES:-20000}" . ${SEED:-} || exit 99

# told NAME: what was rejected, with its codes, is what was to be.
told() {
	jq -r '"\(.line) \(.code)"' "$1.rejects" | sort -n >"$1.told"
	t 'the others are rejected, with their codes' 0 \
	    diff -u "$1.bad" "$1.told"
	head -n 20 out | sed 's/^/# /'
}

sqlite3 v.db <lite.sql
t 'values of each type, into SQLite' 1 \
    dp-load -q -t v -r lite.rejects sqlite:v.db lite.ndjson
t 'are there, each what it is' 0 \
    python3 "$tests/values/values.py" sqlite v.db .
told lite

pg_start max_wal_size=4GB
pg_psql -f pg.sql
t 'values of each type, into PostgreSQL' 1 \
    dp-load -q -t v -r pg.rejects "$pg_url" pg.ndjson
pg_psql -f pg.read >pg.have
t 'are there, each what it is' 0 cmp pg.want pg.have
if ! cmp -s pg.want pg.have; then
	diff pg.want pg.have | cut -c 1-300 | head -n 6 | sed 's/^/# /'
fi
told pg
pg_stop INT
done_testing
