#!/bin/bash
# Settings of all programs: the configuration file, the environment, what
# --print-config and --help print, and where messages and summaries go.
# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"

# cnf TEXT: the configuration file.
cnf() {
	printf '%s' "$1" >cnf.json
	DATAPIPE_CNF=$PWD/cnf.json
	export DATAPIPE_CNF
}
p=dp-validate

# holds NAME COMMAND...: a check of out and err, which stay as they are.
holds() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >/dev/null 2>&1; then
		echo "ok $count - $name"
	else
		bad=1
		echo "not ok $count - $name"
		head -5 err | cut -c 1-300 | sed 's/^/# err: /'
	fi
}
lacks() {
	! grep -q -e "$2" "$1"
}

# A broken file must not be printed: it may hold a password.
cnf '{"db_password":"hunter2","lock":}'
t 'a file that is no JSON is 78' 78 $p --print-config
has 'the message names the file' err 'cnf.json: .*line 1, column'
holds 'and does not print it' lacks err 'hunter2\|while parsing'

cnf '{"db_password":"hunter2","db_user":["hunter2"]}'
t 'a wrong type under a key of the origin is 78' 78 $p --print-config
has 'it is named' err 'db_user: want text'
holds 'and does not print it' lacks err hunter2

cnf '{"DB_Password":"hunter2","dB_nAme":"x"}'
t 'keys of the origin in either case' 0 $p --print-config
holds 'no password is printed' lacks out hunter2

for text in '{"max_record":true}' '{"max_record":null}' '{"max_record":{}}' \
    '{"max_record":"12q"}' '{"max_record":-1}' '{"max_record":1.5}' \
    '{"max_record":1e300}' '{"json":"true"}' '{"json":1}' '{"lock":1}' \
    '{"help":true}' '{"nosuch":1}' '{"max_record":1}{"json":true}' '[]' '' \
    '{"lock":"a\u0000b"}' '{"lock\u0000x":"a"}' '{"dp-validate":1}' \
    '{"dp-validate":{"nosuch":1}}' '{"encoding_scheme":"latin1"}'; do
	cnf "$text"
	t "$text is 78" 78 $p --print-config
	holds 'with one line of message' [ "$(wc -l <err)" -eq 1 ]
done
cnf '{"help":true}'
t 'an option that is no setting' 78 $p --print-config
has 'is told as that' err 'help: no setting of a file'

cnf '{"max_record":"2k","dp-validate":{"max_record":"3k"},"dp-load":{"x":1}}'
t 'what is for the program alone wins' 0 $p --print-config
has 'over what is for all' out '^max-record  *3k '

if needs dp-httpd; then
	cnf '{"listen":["a:1","b:2"],"dp-httpd":{"listen":["c:3","d:4"]}}'
	t 'a list for the program alone' 0 dp-httpd --print-config
	grep '^listen' out >listen
	same 'is instead of the list for all, and printed whole' listen \
	    <<-END
	listen             c:3                      # $PWD/cnf.json
	listen             d:4                      # $PWD/cnf.json
	END
fi
cnf "{\"summary\":\"$(head -c 1000000 /dev/zero | tr '\0' x)\"}"
t 'a value of 1 MB' 0 $p --print-config
head -c 2000000 /dev/zero | tr '\0' ' ' >big.json
DATAPIPE_CNF=$PWD/big.json t 'a file of 2 MB is 78' 78 $p --print-config
DATAPIPE_CNF=$PWD t 'a folder is 78' 78 $p --print-config
DATAPIPE_CNF=$PWD/none.json t 'no such file is 78' 78 $p --print-config
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 cnf.json
	t 'an unreadable file is 78' 78 $p --print-config
fi
cnf '{"lock":"\u001b[31m\n"}'
t 'control bytes in a setting' 0 $p --print-config
holds 'are printed so that no terminal obeys' lacks out "$(printf '\033')"
holds 'on one line' [ "$(grep -c . out)" -eq "$(grep -c '#' out)" ]
unset DATAPIPE_CNF

DP_LOCK=$(printf '\033[31m') t 'control bytes from the environment' 0 \
    $p --print-config
holds 'neither' lacks out "$(printf '\033')"
DP_MAX_RECORD=12q t 'a wrong value in the environment is 78' 78 $p
has 'and named' err 'DP_MAX_RECORD: --max-record: want a size'
DP_MAX_RECORD=12q t 'an option goes before it' 0 $p --max-record=1k

# Help fits the terminal.
for program in "$BIN"/dp-*; do
	[ -x "$program" ] || continue
	t "${program##*/} --help" 0 "$program" --help
	holds 'has no line over 80 columns' awk 'length > 80 { exit 1 }' out
done

# Where the output goes.
echo '{"a":1}' >in
for option in --help --version --print-config --completion=bash; do
	t "$option to a full disk is 74" 74 \
	    sh -c 'exec "$@" >/dev/full' sh $p $option
	t "$option to a closed stdout is 74" 74 \
	    sh -c 'exec "$@" >&-' sh $p $option
done
t 'records to a full disk are 74' 74 sh -c 'exec "$@" >/dev/full' sh $p
t 'records to a closed stdout are 74' 74 sh -c 'exec "$@" >&-' sh $p
t 'all descriptors closed' 74 sh -c 'exec "$@" <&- >&- 2>&-' sh $p
t 'a summary to a full disk is 74' 74 $p --summary=/dev/full
has 'and told' err 'summary=/dev/full: No space left'
t 'a summary to a folder is 78' 78 $p --summary=.
holds 'and told before anything is read' [ ! -s out ]
t 'metrics in no folder are 78' 78 $p --metrics-file=none/m
holds 'and told as early' [ ! -s out ]
mkfifo metrics
cat metrics >told &
t 'metrics into a pipe' 0 $p --metrics-file=metrics
wait $!
has 'go through it' told '^dp_.*_last_run_exit_status 0'
holds 'and it stays one' [ -p metrics ]
t 'a summary beside a good run' 0 $p --summary=sum
has 'is one line of JSON' sum '"read":1,.*"passed":1'
t 'stderr closed' 0 sh -c 'exec "$@" 2>&-' sh $p -v
# shellcheck disable=SC2016 # for the other shell
t 'a reader that goes away' 0 bash -c \
    'yes "{\"a\":1}" | { "$1"; echo $? >status; } | head -1 >/dev/null' sh $p
has 'is SIGPIPE, quietly' status '^141$'
holds 'no message of it' [ ! -s err ]
t 'a lock in no folder' 78 $p --lock=none/lock
t 'a lock that is a folder' 78 $p --lock=.
t 'a lock that another run holds' 75 \
    flock lock "$p" --lock=lock

# Messages: bytes that a terminal might obey.
name=$(printf 'a\033[31m\377\302\233b')
t 'a file whose name is no text' 66 $p "$name"
has 'is printed visibly' err 'a\\x1b\[31m\\xff\\x9bb'
t 'a text that turns around, and bytes that are no text' 66 \
    $p "$(printf 'caf\303\251\342\200\256\377')"
has 'what is good is printed as it is' err \
    "$(printf 'caf\303\251')"'\\u202e\\xff'
t 'as JSON, too' 66 $p --json "$name"
holds 'in UTF-8' jq -e .message err

done_testing
