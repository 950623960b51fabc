#!/bin/bash
# What a batch gives is what each of its rows by itself would have given, in
# the order of the input: whatever constraints and triggers a table has.
# ROWS=10000 is the campaign (make rows).
# shellcheck disable=SC2086 # words
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/sql.sh
. "$tests/lib/sql.sh"
lite=sqlite:x.db

# rejected FILE NAME <WANTED: lines and their codes.
rejected() {
	codes "$1" >told
	same "$2" told
}

# Rows with columns of their own go to PostgreSQL apart, but count in their
# order all the same.
printf '{"id":1,"v":1}\n{"id":2,"v":1,"w":1}\n' >first
cat >shapes <<'END'
{"id":3,"v":1,"w":1}
{"id":3,"v":2}
{"id":4,"v":3}
{"id":4,"v":4,"w":1}
{"id":5,"v":5,"w":1}
{"id":5,"v":6}
END
for db in "$pg_url" "$lite"; do
	sql "$db" 'CREATE TABLE s(id INTEGER UNIQUE, v INTEGER,
	    w INTEGER DEFAULT 0)'
	t "one key, columns that differ: ${db%%:*}" 1 dp-load -q -t s \
	    -r shapes.rej "$db" first shapes
	is 'the first one is stored' "$db" 'SELECT id, v FROM s ORDER BY id' \
	    <<'END'
1|1
2|1
3|1
4|3
5|5
END
	rejected shapes.rej 'and the others are rejected' <<'END'
2 duplicate
4 duplicate
6 duplicate
END
	rm -f shapes.rej
done

# What is the same is not seen by its value: an index that does not care for
# case, a trigger that changes the key, a key that is left to its default.
pg_psql <<'SQL'
CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2',
    deterministic = false);
CREATE TABLE k_blind(k text COLLATE blind PRIMARY KEY, v int, w int DEFAULT 0);
CREATE TABLE k_lower(k text PRIMARY KEY, v int, w int DEFAULT 0);
CREATE FUNCTION lowered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.k := lower(NEW.k); RETURN NEW; END $$;
CREATE TRIGGER l BEFORE INSERT ON k_lower
    FOR EACH ROW EXECUTE FUNCTION lowered();
CREATE TABLE k_left(k text DEFAULT 'b' PRIMARY KEY, v int, w int DEFAULT 0);
SQL
printf '{"k":"z","v":1,"w":1}\n{"k":"y","v":1}\n' >keys.first
cat >keys.blind <<'END'
{"k":"b","v":2}
{"k":"B","v":3,"w":1}
{"k":"a","v":4}
{"k":"A","v":5}
END
cp keys.blind keys.lower
cat >keys.left <<'END'
{"k":"b","v":2}
{"v":3,"w":1}
{"k":"a","v":4}
{"k":"a","v":5}
END
cat >ignore <<'END'
a|4|0
b|2|0
y|1|0
z|1|1
END
cat >update <<'END'
a|5|0
b|3|1
y|1|0
z|1|1
END
for how in ignore update; do
	for table in blind lower left; do
		pg_psql -c "TRUNCATE k_$table"
		t "$how, $table" 0 dp-load -t k_$table --on-conflict=$how \
		    --key=k --ledger=none "$pg_url" keys.first keys.$table
		is 'their order counts' "$pg_url" "SELECT lower(k), v, w
		    FROM k_$table ORDER BY 1" <$how
	done
done

# An update may make room for another row, and does not do so beforehand.
printf '{"id":%d,"u":%d}\n' 2 5 1 6 >room
for db in "$pg_url" "$lite"; do
	sql "$db" 'CREATE TABLE room(id INTEGER PRIMARY KEY, u INTEGER UNIQUE);
	    INSERT INTO room VALUES (1, 5)'
	t "room: ${db%%:*}" 1 dp-load -q -t room --on-conflict=update "$db" room
	is 'is not there yet' "$db" 'SELECT id, u FROM room' <<'END'
1|6
END
done

# A CHECK that says something else each time it is asked, about rows of which
# many are bad: each line is in one place all the same.
pg_psql <<'SQL'
CREATE SEQUENCE turns;
CREATE FUNCTION turns(int8) RETURNS bool LANGUAGE sql AS
    $$ SELECT $1 > 100 OR nextval('turns') % 3 > 0 $$;
CREATE TABLE fickle(n int8 CHECK (turns(n)));
SQL
seq 3000 | awk '{ print "{\"n\":" ($1 % 2 ? $1 % 100 : $1) "}" }' >turns
t 'a fickle CHECK' 1 dp-load -v -t fickle -r turns.rej "$pg_url" turns
n=$(sql "$pg_url" 'SELECT count(*) FROM fickle')
t 'each line is in one place' 0 [ $((n + $(wc -l <turns.rej))) -eq 3000 ]

# A row that a deferred constraint refuses stood in the way of another one.
pg_psql <<'SQL'
CREATE TABLE par(p int8 PRIMARY KEY);
INSERT INTO par VALUES (1);
CREATE TABLE way(id int8 UNIQUE, p int8 REFERENCES par
    DEFERRABLE INITIALLY DEFERRED);
SQL
printf '{"id":1,"p":%d}\n' 9 1 1 >way
t 'a row in the way' 1 dp-load -q -t way -r way.rej "$pg_url" way
codes way.rej | cut -d ' ' -f 1 >told
same 'is rejected, and the third one' told <<'END'
1
3
END

# An integer that is a part of the primary key is no number of its own.
sql "$lite" 'CREATE TABLE part(b INTEGER, k TEXT, a INTEGER UNIQUE,
    PRIMARY KEY (b, k)); INSERT INTO part VALUES (1, 2, 3)'
printf '{"a":3,"k":"4"}\n' >part
t 'a part of a key' 0 dp-load -t part --on-conflict=update --key=a "$lite" part
is 'that is missing is NULL' "$lite" 'SELECT b IS NULL, k, a FROM part' <<'END'
1|4|3
END

# What a trigger refuses leaves nothing, even if it says so.
sql "$lite" "CREATE TABLE fail(id INTEGER PRIMARY KEY, v INTEGER UNIQUE);
    CREATE TABLE log(v INTEGER);
    CREATE TRIGGER f AFTER INSERT ON fail BEGIN
	INSERT INTO log VALUES (NEW.v);
	SELECT RAISE(FAIL, 'no eights') WHERE NEW.v = 8;
    END"
printf '{"v":%d}\n' 7 8 9 7 >fail
t 'a trigger fails' 1 dp-load -q -t fail -r fail.rej "$lite" fail
rejected fail.rej 'its row is rejected' <<'END'
2 constraint
4 duplicate
END
is 'and nothing of it is stored' "$lite" 'SELECT v FROM fail UNION ALL
    SELECT v FROM log ORDER BY v' <<'END'
7
7
9
9
END

# Random tables and rows of all kinds.
for kind in pg sqlite; do
	t "random tables: $kind" 0 python3 "$tests/rows/rows.py" $kind \
	    "${ROWS:-25}" ${SEED:-}
	head -n 20 err | sed 's/^/# /'
done
done_testing
