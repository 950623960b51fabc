#!/bin/sh
# dp-schema infer on what real programs write: the schema accepts its input,
# loose and tight, and of any part of it.
. "${0%/*}/../lib/tap.sh"
# shellcheck source=tests/lib/pg.sh
. "$tests/lib/pg.sh"
: >in
logs=$tests/../examples/logs

# accepts NAME FILE: at least one record; what is inferred of its first
# lines accepts those.
accepts() {
	t "$1: there are records" 0 test -s "$2"
	all=$(wc -l <"$2")
	for n in 1 2 3 10 $((all / 3)) $((all / 2)) "$all"; do
		if [ "$n" -lt 1 ] || [ "$n" -gt "$all" ]; then
			continue
		fi
		head -n "$n" "$2" >part
		for how in '' --tight; do
			# shellcheck disable=SC2086 # no word or one
			dp-schema infer --force -q --any-value $how \
			    --max-record=64m -o real part &&
			    dp-validate -s real/record.json --any-value \
				--max-record=64m part >passed 2>err &&
			    cmp -s part passed && continue
			t "$1: ${how:-loose}, $n records" 0 cat err
			sed 's/^/# /' err
			bad=1
		done
	done
	t "$1: $all records" 0 cmp part passed
}

# made NAME COMMAND: runs it, each line of its output being a record.
made() {
	name=$1
	shift
	if ! "$@" >made.ndjson 2>made.err || [ ! -s made.ndjson ]; then
		skip "$name: $* says nothing here: $(head -n 1 made.err)"
		return
	fi
	accepts "$name" made.ndjson
}

# table NAME SCRIPT TABLE LOG: an example takes a log, all of it, and what it
# has grown by.
table() {
	rows="select count(*) from $3"
	head -n "$(($(wc -l <"$4") / 2))" "$4" >"half.$4"
	t "$1: into a table" 0 "$logs/$2" sqlite:log.db "half.$4"
	cp "$4" "half.$4"
	t "$1: when it has grown" 0 "$logs/$2" sqlite:log.db "half.$4"
	t "$1: all of it" 0 test "$(sqlite3 log.db "$rows")" -eq "$(wc -l <"$4")"
	[ -n "${pg_url-}" ] || return 0
	t "$1: into PostgreSQL" 0 "$logs/$2" "$pg_url" "$4"
	t "$1: all of it there" 0 test "$(pg_psql -c "$rows")" -eq "$(wc -l <"$4")"
}

# listed NAME FILTER COMMAND: of one JSON document, what jq makes records of.
listed() {
	name=$1 filter=$2
	shift 2
	if ! command -v "$1" >/dev/null || ! "$@" >made.json 2>made.err ||
	    [ ! -s made.json ]; then
		skip "$name: $* does not run here: $(head -n 1 made.err)"
		return
	fi
	jq -c "$filter" made.json >made.ndjson
	if [ ! -s made.ndjson ]; then
		skip "$name: there is none here"
		return
	fi
	accepts "$name" made.ndjson
}

listed 'ip addr' '.[]' ip -j addr
listed 'ip route' '.[]' ip -j route
listed 'ip -s link' '.[]' ip -j -s -d link
listed lsblk '.blockdevices[]' lsblk -J -O
listed findmnt '.filesystems[]' findmnt -J --output-all
listed lscpu '.lscpu[]' lscpu -J
listed lsns '.namespaces[]' lsns -J
listed lsipc '.ipclimits[]?' lsipc -J
listed lsmem '.memory[]' lsmem -J
listed losetup '.loopdevices[]' losetup -J
listed nstat '.kernel' nstat -j -a -z
listed systemd-analyze '.[]' systemd-analyze security --offline=true \
    --json=short "$tests/../examples/systemd/dp-drain.service"
listed 'tc qdisc' '.[]' tc -j qdisc
listed 'npm config' . npm config ls -l --json
listed sqlite3 '.[]' sqlite3 -json :memory: \
    "with recursive n(i) as (select 1 union all select i+1 from n where i<500)
     select i, i/3.0 as third, 'text '||i as t, iif(i%7=0, null, i) as maybe,
     datetime(i*86400,'unixepoch') as at from n"

# The parts of Debian packages, as dpkg has them.
# shellcheck disable=SC2016 # dpkg's
made dpkg-query sh -c 'dpkg-query -W -f "\${Package}\t\${Version}\t\${Architecture}\t\${Installed-Size}\t\${Depends}\n" |
    jq -Rc "split(\"\t\") | { package: .[0], version: .[1], arch: .[2],
	size: (.[3] | tonumber? // null), depends: (.[4] | split(\", \")) }"'

# package.json of installed packages: many shapes, maps of dependencies.
find /usr /opt -xdev -name package.json -path '*/node_modules/*' \
    -size -1000k -print0 2>/dev/null >packages
find /usr/share/nodejs -name package.json -size -1000k -print0 \
    2>/dev/null >>packages
if [ -s packages ]; then
	xargs -0 cat <packages 2>/dev/null | jq -c . >package.ndjson 2>/dev/null
	accepts package.json package.ndjson
else
	skip 'no npm packages here'
fi

# Other JSON documents that packages brought, one a record.
find /usr/share /usr/lib -xdev -name '*.json' -size -1000k 2>/dev/null |
    grep -v node_modules | head -n 2000 >documents
if [ -s documents ]; then
	xargs -d '\n' cat <documents 2>/dev/null | jq -c . >document.ndjson \
	    2>/dev/null
	accepts 'JSON documents' document.ndjson
else
	skip 'no JSON documents here'
fi

# A journal of journald's own format, from messages in its export format.
remote=/lib/systemd/systemd-journal-remote
if [ -x $remote ] && command -v journalctl >/dev/null; then
	for i in $(seq 300); do
		printf '__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n' \
		    $((1700000000000000 + i)) "$i"
		printf '_BOOT_ID=0123456789abcdef0123456789abcdef\n'
		printf 'MESSAGE=message %d\nPRIORITY=%d\n_UID=%d\n' "$i" \
		    $((i % 8)) $((i % 3))
		[ $((i % 3)) -ne 0 ] || printf 'UNIT=a.service\nUNIT=b.service\n'
		printf '\n'
	done >made.export
	t 'a journal is made' 0 $remote -o "$tmp/made.journal" made.export
	made journalctl journalctl --file "$tmp/made.journal" -o json --no-pager
	t 'journal: into a table' 0 "$logs/journal.sh" sqlite:journal.db \
	    --file "$tmp/made.journal"
	t 'journal: again' 0 "$logs/journal.sh" sqlite:journal.db \
	    --file "$tmp/made.journal"
	has 'journal: which has nothing new' err '1 file known'
	t 'journal: all of it' 0 test "$(sqlite3 journal.db \
	    'select count(*), count(UNIT), max(_UID) from journal')" = '300|100|2'
else
	skip 'no systemd-journal-remote here'
fi
made 'the journal of this machine' journalctl -o json --no-pager -n 2000

# An access log of nginx, of odd requests too.
if command -v nginx >/dev/null; then
	port=8200
	while ss -Hltn "sport = :$port" | grep -q .; do port=$((port + 1)); done
	{
		echo "pid $tmp/nginx.pid; error_log $tmp/nginx.err; daemon off;"
		echo 'worker_processes 1; events { } http {'
		for d in client_body proxy fastcgi uwsgi scgi; do
			echo "${d}_temp_path $tmp/$d;"
		done
		cat <<'END'
log_format events escape=json '{"time":"$time_iso8601",'
    '"remote_addr":"$remote_addr","method":"$request_method",'
    '"uri":"$uri","args":"$args","status":$status,"bytes":$body_bytes_sent,'
    '"seconds":$request_time,"referer":"$http_referer",'
    '"user_agent":"$http_user_agent","id":"$request_id"}';
END
		echo "access_log $tmp/access.ndjson events;"
		echo "server { listen 127.0.0.1:$port; location / { return 200 ok; }"
		echo 'location /no { return 404; } } }'
	} >nginx.conf
	nginx -p "$tmp" -c "$tmp/nginx.conf" 2>/dev/null &
	nginx=$!
	for _ in $(seq 100); do
		curl -s "http://127.0.0.1:$port/" >/dev/null && break
		sleep 0.05
	done
	i=0
	while [ $i -lt 150 ]; do
		echo "url = \"http://127.0.0.1:$port/item/$i?n=$i&q=%22%C3%A9\""
		echo "url = \"http://127.0.0.1:$port/no\""
		i=$((i + 1))
	done >urls
	curl -s -K urls -A 'test "agent" \ 1.0' >/dev/null
	curl -s -X PUT -d x -e 'http://example.org/é' \
	    "http://127.0.0.1:$port/no" >/dev/null
	cp access.ndjson requests.ndjson
	wrk -t1 -c4 -d1s "http://127.0.0.1:$port/" >/dev/null
	kill "$nginx" && wait "$nginx"
	accepts nginx requests.ndjson
	t 'nginx: a log of a benchmark' 0 test "$(wc -l <access.ndjson)" -gt 1000
	# From the log that a benchmark leaves to a table.
	table 'nginx' access-log.sh access access.ndjson
else
	skip 'no nginx here'
fi

# The log of a PostgreSQL.
if command -v psql >/dev/null; then
	pg_start log_destination=jsonlog logging_collector=on \
	    log_directory="$tmp/pg" log_filename=server log_statement=all \
	    log_connections=on log_min_messages=debug1
	psql -X -q -c 'create table t (a int)' >/dev/null
	for i in $(seq 30); do
		psql -X -q -c "insert into t values ($i)" -c "select 'x'||1/($i%3)" \
		    -c "select \$\$a \"quoted\" \\ text\$\$" >/dev/null 2>&1
	done
	pg_stop
	accepts 'PostgreSQL jsonlog' pg/server.json
	# Into a table of the same server.
	cp pg/server.json server.ndjson
	pg_run
	table 'jsonlog' jsonlog.sh server_log server.ndjson
	pg_stop
else
	skip 'no PostgreSQL here'
fi
done_testing
