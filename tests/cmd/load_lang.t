#!/bin/bash
# dp-load finds the row that a server refuses, whatever language the server
# speaks: lc_messages of each translation, made into a folder of our own.
# shellcheck disable=SC2016,SC2086 # expanded later; words
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/pg.sh
. "$tests/lib/pg.sh"
if ! needs dp-load; then
	done_testing
fi
if ! command -v localedef >/dev/null; then
	skip 'no localedef to make languages with'
	done_testing
fi
mkdir loc
chmod 755 loc "$tmp"
langs=
for lang in de_DE ja_JP ko_KR zh_CN; do
	localedef -i $lang -f UTF-8 "loc/$lang.UTF-8" >made 2>&1
	[ ! -d "loc/$lang.UTF-8" ] || langs="$langs $lang.UTF-8"
done
LOCPATH=$tmp/loc
export LOCPATH
pg_start
unset LOCPATH
# Names with numbers, and what looks like a line of a COPY.
pg_psql <<'SQL'
CREATE TABLE "t7, 8 x"(id int8 PRIMARY KEY, pid int8 REFERENCES "t7, 8 x",
    later int8 REFERENCES "t7, 8 x" DEFERRABLE INITIALLY DEFERRED,
    CHECK (id <> 77));
CREATE FUNCTION no13() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.id = 13 THEN RAISE EXCEPTION 'COPY t7, 8 x, line 4'; END IF;
	IF NEW.id = 14 THEN PERFORM 1 / 0; END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER no13 BEFORE INSERT ON "t7, 8 x" FOR EACH ROW
    EXECUTE FUNCTION no13();
SQL
seq 1000 | sed 's/.*/{"id":&}/
	500s/}/,"pid":9999}/
	501s/501/400/
	999s/}/,"later":9999}/' >rows
sed 's/.*/{"id":1}/' rows | cat - rows >many
codes() {
	sed 's/.*"code":"\([a-zA-Z-]*\)".*"sqlstate":"\([0-9A-Z]*\)".*"line":\([0-9]*\).*/\3 \1 \2/' "$1" |
	    sort -n
}
none=1
for lang in C $langs; do
	pg_psql -c "ALTER SYSTEM SET lc_messages = '$lang'" \
	    -c 'SELECT pg_reload_conf()' >set.out 2>&1 || continue
	for _ in $(seq 100); do
		now=$(pg_psql -c 'SHOW lc_messages')
		[ "$now" != $lang ] || break
		sleep 0.05
	done
	pg_psql -c 'SELECT 1/0' 2>said
	if [ $lang != C ]; then
		# Without its translation a language says nothing new.
		! grep -q 'division by zero' said || continue
		none=0
	fi
	pg_psql -c 'TRUNCATE "t7, 8 x"'
	t "$lang: bad rows" 1 dp-load -q -t 't7, 8 x' --source=$lang \
	    -r rejects.$lang "$pg_url" rows
	codes rejects.$lang >got
	same 'cost themselves' got <<'END'
13 database P0001
14 database 22012
77 constraint 23514
500 constraint 23503
501 duplicate 23505
999 constraint 23503
END
	got=$(pg_psql -c 'SELECT count(*) FROM "t7, 8 x"')
	t 'and no others' 0 [ "$got" = 994 ]
	pg_psql -c 'TRUNCATE "t7, 8 x"'
	t "$lang: many of them" 1 dp-load -q -t 't7, 8 x' --source=m$lang \
	    -r many.$lang "$pg_url" many
	got=$(pg_psql -c 'SELECT count(*) FROM "t7, 8 x"')
	t 'the same' 0 [ "$got" = 994 ]
	rm -f many.$lang
done
[ $none -eq 0 ] || skip 'no translation of the server is installed'
done_testing
