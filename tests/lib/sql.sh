# shellcheck shell=bash
# What tests of dp-load ask of SQLite and of PostgreSQL alike, which runs then.
# Sourced after tap.sh.  A DATABASE is a name that dp-load takes.

# shellcheck source=tests/lib/pg.sh
. "$tests/lib/pg.sh"
if ! needs dp-load; then
	done_testing
fi
pg_start

# sql DATABASE SQL
sql() {
	case $1 in
	sqlite:*) sqlite3 -cmd '.timeout 5000' "${1#sqlite:}" "$2" ;;
	*) pg_psql -c "$2" ;;
	esac
}

# is NAME DATABASE SQL <WANTED: one test, of what the statement answers.
is() {
	sql "$2" "$3" >is.out 2>&1
	same "$1" is.out
}

# codes FILE: the line and the code of each reject, in the order of lines.
codes() {
	sed 's/.*"code":"\([a-zA-Z-]*\)".*"line":\([0-9]*\).*/\2 \1/' "$1" |
	    sort -n
}
