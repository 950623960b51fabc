#!/bin/bash
# The examples of the man pages and of the README, run as they stand.
#
# In EXAMPLES of a page, ".Dl $ command" is run; any other ".Dl" is not, and
# is told as skipped.  In the README, blocks of "```sh" are run, and those of
# "```sh (reason)" are told as skipped.  The examples of a page share a
# folder with events.ndjson, events-2.ndjson, both as .gz too, and
# examples/events.  An example passes with exit status 0, or 1 if it says
# that records were rejected.  dp-httpd is started in the background, and is
# stopped at the end of its page.
. "${0%/*}/../lib/tap.sh"
set -o pipefail
top=$(cd "$tests/.." && pwd)
server='' port=8080

# The lines to run, each with "run " or "skip " in front.
of_page() {
	mandoc -T ascii -O width=1000 "$1" | col -bx |
	    awk '/^[A-Z]/ { on = $0 == "EXAMPLES" } on' >text
	# Only displays are indented by more than the section.
	sed -n 's/^           *\$ /run /p; t; s/^ \{11,\}\([^ ].*\)/skip \1/p' \
	    text
}

of_readme() {
	awk '/^```sh$/ { what = "run "; next }
	    /^```sh \(/ { what = "skip "; next }
	    /^```/ { what = ""; next }
	    what != "" && NF > 0 { print what $0 }' "$1"
}

free_port() {
	while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		port=$((port + 1))
	done
}

folder() {
	mkdir -p "$tmp/run/$1" && cd "$tmp/run/$1" || exit 99
	cp -r "$top/examples" . && cp examples/events*.ndjson .
	gzip -k events.ndjson events-2.ndjson
}

start() {
	free_port
	eval "${1//:8080/:$port} &" >/dev/null 2>server.log
	server=$!
	for _ in $(seq 100); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	cat server.log >err
	return 99
}

stop() {
	[ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null
	server=''
}

# one PAGE COMMAND
one() {
	if [[ $2 == dp-httpd\ * && $2 == *--listen=* && $2 != *--check* ]]; then
		stop
		start "$2"
	else
		eval "${2//:8080/:$port}" </dev/null >out 2>err
	fi
	got=$?
	count=$((count + 1))
	if [ $got -eq 0 ] || { [ $got -eq 1 ] && grep -q rejected err; }; then
		echo "ok $count - $1: ${2//#/}"
	else
		bad=1
		echo "not ok $count - $1: ${2//#/}"
		echo "# exit status $got"
		head -5 err | sed 's/^/# /'
	fi
}

# Programs that the source has not got yet; a page may speak of them.
missing() {
	local p
	for p in dp-validate dp-enqueue dp-drain dp-load dp-httpd; do
		[ -e "$top/cmd/$p.c" ] || [[ $1 != *$p\ * ]] || return 0
	done
	[[ $1 == curl\ * && -z $server ]] && [ ! -e "$top/cmd/dp-httpd.c" ]
}

shopt -s expand_aliases
for page in "$top"/man/*.[1-9] "$top/README.md"; do
	name=${page##*/}
	case $name in
	*.md) of_readme "$page" ;;
	*) of_page "$page" ;;
	esac >lines
	mv lines "$tmp/lines.$name"
	folder "$name"
	while read -r what line <&4; do
		case $what in
		run)
			if missing "$line"; then
				skip "$name: no such program yet: ${line//#/}"
			else
				one "$name" "$line"
			fi
			;;
		*) skip "$name: not run here: ${line//#/}" ;;
		esac
	done 4<"$tmp/lines.$name"
	stop
	cd "$tmp" || exit 99
done
done_testing
