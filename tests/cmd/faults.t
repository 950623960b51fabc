#!/bin/bash
# Bad input and bad surroundings: each gets a message with place and cure,
# one of the exit statuses of data-pipe(7), and loses nothing.
# shellcheck disable=SC2016,SC2317 # expanded later; called by t
. "${0%/*}/../lib/tap.sh"
events=$tests/../examples/events
good='{"event_name":"install","user_id":1,"timestamp":2}'
printf '%s\n' "$good" >one
mkdir folder

# As somebody who may not read everything.
as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
	else
		"$@"
	fi
}

# told NAME TEXT: the last t() has said so, in one line a fault.
told() {
	has "$1" err "$2"
}

# Inputs, for each program that reads files: none of them is special.
chmod 755 .
cp one secret && chmod 000 secret
gzip -kc one >cut.gz
head -c 30 cut.gz >cut2.gz
mv cut2.gz cut.gz
printf '\050\265\057\375cut' >cut.zst
printf '%s\n\0\n%s\n' "$good" "$good" >nul
for p in 'dp-validate' 'dp-enqueue q' 'dp-load -s schemas --create sqlite:x.db'
do
	program=${p%% *}
	needs "$program" || continue
	[ -e schemas ] || cp -r "$events" schemas
	# shellcheck disable=SC2086 # words
	{
		t "$program: a missing file, and another" 66 $p missing one
		told 'is told by name' 'cannot read missing: No such file'
		t "$program: a folder for a file" 66 $p folder one
		told 'is told' 'folder: it is a folder'
		t "$program: a cut gzip" 65 $p cut.gz
		told 'is told' 'cut.gz: '
		t "$program: a broken zstd" 65 $p cut.zst
		told 'is told' 'cut.zst: '
		t "$program: an option that is none" 64 $p --no-such-thing
		told 'is told' '--help'
		t "$program: an option without its value" 64 $p --max-record
		told 'is told' 'value'
		t "$program: a size that is none" 64 $p --max-record=much one
		told 'is told' '--max-record: want'
	}
done
if needs dp-validate; then
	t 'an unreadable file' 77 as_nobody "$BIN/dp-validate" secret
	told 'is told' 'secret: Permission denied'
	t 'a NUL is one bad line' 1 dp-validate nul
	told 'with its place' 'nul:2:1: .*\[malformed\]'
	cp out passed
	t 'the others pass' 0 sh -c '[ "$(wc -l <passed)" -eq 2 ]'

	# Schemas.
	mkdir bad
	printf '{\n  "type": "object",\n  "required": [,]\n}\n' >bad/a.json
	t 'a schema that is no JSON' 78 dp-validate -s bad one
	told 'is told with line and column' 'bad/a.json:3:16: '
	printf '{"type": "objekt"}\n' >bad/a.json
	t 'a type that is none' 78 dp-validate -s bad one
	told 'is told with line and column' 'bad/a.json:1:2: /type'
	printf '{"properties":{"a":{"pattern":"("}}}\n' >bad/a.json
	t 'a pattern that is none' 78 dp-validate -s bad one
	told 'is told with its place' 'bad/a.json:1:.*/properties/a/pattern'
	t 'no such schemas' 78 dp-validate -s nowhere one
	told 'is told' 'nowhere'
	t 'a folder without a schema' 78 dp-validate -s folder one
	told 'is told' 'folder'
	t 'nothing was passed' 0 test ! -s out

	# A line of 2 GB, in bounded memory.
	t 'a line of 2 GB, between two good ones' 1 bash -c '
	    { cat one; head -c 2147483648 /dev/zero | tr "\0" a; echo; cat one
	    } | /usr/bin/time -f %M -o rss dp-validate -r rejects'
	told 'is told' ':2:.*\[too-long\]'
	cp out passed
	t 'the others pass' 0 sh -c '[ "$(wc -l <passed)" -eq 2 ]'
	t 'and it is in the rejects, cut' 0 \
	    grep -q '"truncated":true.*"bytes":2147483648\|"bytes":2147483648.*"truncated":true' rejects
	if sanitized; then
		skip 'its memory is not ours to measure'
	else
		t 'in less than 16 MB' 0 sh -c '[ "$(tail -1 rss)" -le 16384 ]'
	fi

	# Outputs.
	t 'a full disk' 74 sh -c 'dp-validate one >/dev/full'
	told 'is told' 'standard output: No space left'
	t 'a full disk for the rejects' 74 dp-validate -r /dev/full nul
	t 'rejects in a folder that is not there' 78 \
	    dp-validate -r no/rejects one
	t 'a closed standard output' 74 sh -c 'dp-validate one >&-'
	yes "$good" | head -n 100000 >many
	t 'a reader that goes away ends it quietly' 0 bash -c '
	    dp-validate many | head -n 1; [ "${PIPESTATUS[0]}" -eq 141 ]'
	same 'without a word' err </dev/null
	t 'no permission for the rejects' 77 \
	    as_nobody "$BIN/dp-validate" -r ./rejects2 one
fi

# Queues.
t 'a queue whose parent is not there' 66 dp-enqueue no/where/q one
t 'a file for a queue' 66 dp-enqueue one one
t 'a folder that is no queue' 78 dp-enqueue schemas one
t 'no permission' 77 as_nobody "$BIN/dp-enqueue" ./q2 <one
rm -rf q && dp-enqueue q one
sed -i '1s/spool 1/spool 9/' q/format
t 'a spool of a newer version' 78 dp-enqueue q one
t 'is not drained' 78 dp-drain q
t 'nor changed' 0 grep -q 'spool 9' q/format
if [ -w /dev/shm ] && [ "$(stat -f -c %T /dev/shm)" = tmpfs ]; then
	shm=$(mktemp -d /dev/shm/dp.XXXXXX)
	t 'a spool on tmpfs' 78 dp-enqueue "$shm/q" one
	told 'says what would allow it' '--unsafe-fs'
	t 'which does' 0 dp-enqueue --unsafe-fs "$shm/q" one
	rm -rf "$shm"
else
	skip 'no tmpfs here'
fi
rm -rf q && dp-enqueue q one
t 'a command that is not there' 78 dp-drain q -- ./no-such-command
told 'is told' 'no-such-command'
t 'and the lines stay' 0 sh -c 'dp-drain --peek q | cmp - one'

# Databases.
if needs dp-load; then
	db="dp-load -s $events --retry-for=1s"
	# shellcheck disable=SC2086 # words
	{
		t 'a database that is down' 69 $db 'host=/nowhere user=x' one
		told 'is told' '/nowhere'
		t 'a database that is none' 78 $db oracle:x one
		t 'a SQLite file in no folder' 78 $db sqlite:no/x.db one
		t 'a file that is no database' 78 $db sqlite:many one
		t 'a table that is missing' 78 $db sqlite:new.db one
		told 'says what makes it' '--create'
		sqlite3 narrow.db 'CREATE TABLE install(user_id INTEGER)'
		t 'a column that is missing' 78 $db sqlite:narrow.db one
		told 'is told' 'timestamp'
	}
fi

# Ports.
if needs dp-httpd; then
	python3 -c '
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(60)' >port &
	holder=$!
	until [ -s port ]; do sleep 0.05; done
	t 'a port in use' 75 dp-httpd --listen="127.0.0.1:$(cat port)"
	told 'is told' 'Address already in use'
	kill "$holder"
	t 'a stage that is not there' 78 dp-httpd --listen=127.0.0.1:0 -- \
	    ./no-such-stage
	told 'is told' 'no-such-stage'
	t 'an address that is none' 64 dp-httpd --listen=here:there
fi
done_testing
