#!/bin/bash
# dp-load through pgbouncer, which hands out connections by transaction: two
# of them to the server, for any number of clients.
# shellcheck disable=SC2016,SC2086,SC2154 # expanded later; words; set in pg.sh
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/pg.sh
. "$tests/lib/pg.sh"
if ! needs dp-load; then
	done_testing
fi
bouncer=$(PATH=$PATH:/usr/sbin command -v pgbouncer) || {
	skip 'no pgbouncer'
	done_testing
}
pg_start
mkdir -p pool
chmod 755 "$tmp"
[ "$(id -u)" -ne 0 ] || chown postgres pool
cat >pool/pgbouncer.ini <<END
[databases]
* = host=$pg_dir
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = $tmp/pool
auth_type = any
pool_mode = transaction
pidfile = $tmp/pool/pid
default_pool_size = 2
END
# Any user is postgres.
sed -i "s,^\* = .*,& user=postgres," pool/pgbouncer.ini
pg_as "$bouncer" -q "$tmp/pool/pgbouncer.ini" >pool.log 2>&1 &
pool_stop() {
	pid=$(cat pool/pid 2>/dev/null) && kill "$pid" 2>/dev/null || return
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.02
	done
}
trap 'pool_stop; pg_stop; rm -rf "$tmp"' EXIT
url="postgresql:///postgres?host=$tmp/pool&port=6432&user=postgres"
for _ in $(seq 200); do
	psql -X "$url" -c 'SELECT 1' >/dev/null 2>&1 && break
	sleep 0.05
done
is() { # NAME SQL
	pg_psql -c "$2" >is.out 2>&1
	same "$1" is.out
}
cp -r "$tests/../examples/events" schemas

t 'tables are made through the pool' 0 \
    dp-load --create --check -s schemas "$url"
"$tests/lib/gen-events" -n 2000 -s 3 >events
cp events stdin
sed -n '1,1000p' events >first
t 'a file' 0 dp-load -s schemas --batch-records=300 "$url" first
t 'goes on' 0 dp-load -v -s schemas --batch-records=300 "$url" events
has 'where it ended' err '1000 read = 1000 loaded'
total='SELECT (SELECT count(*) FROM purchase) + (SELECT count(*) FROM install)
    + (SELECT count(*) FROM crash_report)'
is 'each line once' "$total" <<'END'
2000
END
t '--status' 0 dp-load --status "$url" events
has 'knows it' out '^skip'

# Rows that the server refuses, few and many; keys that are there.
pg_psql -c 'CREATE TABLE k(id int8 PRIMARY KEY, v int8 DEFAULT 5,
    CHECK (v <> 13), pid int8 REFERENCES k)'
seq 2000 | sed 's/.*/{"id":&,"v":&}/; 700s/"id":700/"id":1/' >rows
t 'bad rows' 1 dp-load -q -t k -r bad "$url" rows
t 'cost themselves' 0 [ "$(wc -l <bad)" -eq 2 ]
is 'and no others' 'SELECT count(*) FROM k' <<'END'
1998
END
sed 's/"v":.*/"v":13}/' rows | sed '1~2s/}/,"pid":99999}/; s/"id":/&9/' >most
sed 's/"id":/"id":8888/' rows >>most
t 'many of them' 1 dp-load -q -t k -r many --batch-records=500 "$url" most
t 'too' 0 [ "$(wc -l <many)" -eq 2002 ]
for how in ignore update; do
	t "--on-conflict=$how" 1 dp-load -v -t k --key=id --on-conflict=$how \
	    --source=$how --batch-records=300 "$url" rows
done
is 'no key is there twice' 'SELECT count(*), count(DISTINCT id) FROM k' <<'END'
3996|3996
END

# Several on one file, with fewer connections than runs.
pg_psql -c 'TRUNCATE purchase, install, crash_report'
runs=
for i in 1 2 3 4; do
	dp-load -q -s schemas --source=race --batch-records=100 \
	    "$url" events 2>err.$i &
	runs="$runs $!"
done
wait $runs
t 'several runs on one file' 0 dp-load -q -s schemas --source=race "$url" \
    events
is 'load it once' "$total" <<'END'
2000
END
pg_psql -c 'TRUNCATE purchase, install, crash_report'
dp-enqueue q events
t 'a queue, with several workers' 0 dp-drain --batch-records=100 -w 3 q -- \
    dp-load -s schemas "$url"
is 'is loaded once' "$total" <<'END'
2000
END
t 'a dry run' 0 dp-load --dry-run --source=dry -s schemas "$url" events
is 'stores nothing' "$total" <<'END'
2000
END

# Nothing stays behind in the connections of the pool.
is 'no temporary table is left' "SELECT count(*) FROM pg_class
    WHERE relpersistence = 't'" <<'END'
0
END
is 'no lock, and no setting' "SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory'" <<'END'
0
END
t 'settings of sessions are as they were' 0 sh -c "
    [ \"\$(psql -X -At '$url' -c 'SHOW synchronous_commit')\" = on ]"

# The pool is shut off while a load runs, and comes back.
pool_stop
t 'a pool that is down' 69 dp-load --retry-for=200ms --source=down -t k "$url" rows
done_testing
