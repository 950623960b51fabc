. "${0%/*}/../lib/tap.sh"
. "$tests/lib/pg.sh"
pg_start max_wal_size=4GB checkpoint_timeout=1h
cp -r "$tests/../examples/events" schemas
"$tests/lib/gen-events" -n 1000000 -s 3 >events
load="dp-load -s schemas --force"
$load --create "$pg_url" events
for t in purchase install crash_report; do
 pg_psql -c "\\copy $t to '$t.bin' (format binary)"
 printf '%s\n' "\\copy $t from '$t.bin' (format binary)"
done >c1
(echo "begin;"; cat c1; echo "commit;") >copy.sql
for i in 1 2 3; do
pg_psql -c 'truncate purchase, install, crash_report'; sync
/usr/bin/time -f "psql %e s %U user" psql -X -q -f copy.sql
pg_psql -c 'truncate purchase, install, crash_report'; sync
/usr/bin/time -f "load %e s %U user %S sys %M kB" $load "$pg_url" events
done
/usr/bin/time -f "null %e s %U user %S sys %M kB" $load null: events
rm -f l.db; $load --create --check sqlite:l.db
/usr/bin/time -f "sqlite %e s %U user %S sys %M kB" $load sqlite:l.db events
