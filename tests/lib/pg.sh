# pg.sh: a PostgreSQL of the test's own, for scripts that source tap.sh first.
#
# pg_start makes a cluster in ./pg, with fsync, on a unix socket there, and
# sets $pg_url, and libpq's PGHOST, PGUSER and PGDATABASE; pg_psql is psql on
# it; pg_stop ends it, by its own pid, and so does the end of the script.
# initdb refuses root: then the user postgres runs it.
# shellcheck shell=sh disable=SC2034,SC2154,SC2120

pg_as() {
	if [ "$(id -u)" -eq 0 ]; then
		(cd / && exec setpriv --reuid=postgres --regid=postgres \
		    --init-groups -- "$@")
	else
		(cd / && exec "$@")
	fi
}

pg_psql() {
	psql -X -q -At -v ON_ERROR_STOP=1 "$@"
}

# pg_start [NAME=VALUE ...]: settings of the server.
pg_start() {
	pg_bin=$(for d in /usr/lib/postgresql/*/bin; do echo "$d"; done |
	    sort -V | tail -1)
	pg_dir=$tmp/pg
	mkdir -p "$pg_dir" && chmod 755 "$tmp" "$pg_dir" || exit 99
	[ "$(id -u)" -ne 0 ] || chown postgres "$pg_dir" || exit 99
	pg_as "$pg_bin/initdb" -D "$pg_dir/data" -A trust -U postgres -E UTF8 \
	    --locale=C.UTF-8 --no-sync >"$tmp/pg.init" 2>&1 ||
	    { sed 's/^/# /' "$tmp/pg.init"; exit 99; }
	pg_url="postgresql:///postgres?host=$pg_dir&user=postgres"
	PGHOST=$pg_dir PGUSER=postgres PGDATABASE=postgres
	export PGHOST PGUSER PGDATABASE
	trap 'pg_stop; rm -rf "$tmp"' EXIT
	pg_run "$@"
}

# pg_run [NAME=VALUE ...]: starts the server of pg_start again.
pg_run() {
	pg_set=
	for set; do
		pg_set="$pg_set -c $set"
	done
	# shellcheck disable=SC2086 # words
	pg_as "$pg_bin/postgres" -D "$pg_dir/data" -k "$pg_dir" -h '' $pg_set \
	    >>"$tmp/pg.log" 2>&1 &
	for _ in $(seq 300); do
		"$pg_bin/pg_isready" -q -h "$pg_dir" && return 0
		sleep 0.05
	done
	sed 's/^/# /' "$tmp/pg.log"
	exit 99
}

# pg_stop [SIGNAL]: INT is a fast stop, QUIT an immediate one.
pg_stop() {
	pg_pid=$(head -n 1 "$pg_dir/data/postmaster.pid" 2>/dev/null) ||
	    return 0
	kill -"${1:-INT}" "$pg_pid" 2>/dev/null || return 0
	while kill -0 "$pg_pid" 2>/dev/null; do
		sleep 0.02
	done
}
