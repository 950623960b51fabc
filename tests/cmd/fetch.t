#!/bin/bash
# dp-validate --fetch-refs: schemas of a real server on this machine, over
# TLS with an authority of its own; what is refused; and the cache.
# shellcheck disable=SC2016 # $ref is no variable, and some are expanded later
. "${0%/*}/../lib/tap.sh"
if ! grep -q curl_easy_init "$BIN/dp-validate"; then
	skip 'libcurl is not built in'
	done_testing
fi

# authority NAME SUBJECT-ALT-NAME: a certificate that signs itself.
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$1.key" \
	    -out "$1.pem" -subj "/CN=$1" -addext "subjectAltName=$2" \
	    >/dev/null 2>&1 || exit 99
}
authority own IP:127.0.0.1
authority other DNS:example.invalid

# start NAME: sets port, and stop ends it; a server that reads a pipe of ours.
start() {
	mkfifo "$1.end" && : >"$1.log"
	python3 "$tests/cmd/refs.py" "$1.pem" "$1.key" "$1.log" <"$1.end" \
	    >"$1.port" &
	server=$!
	exec {hold}>"$1.end"
	for _ in $(seq 200); do
		[ ! -s "$1.port" ] || break
		sleep 0.05
	done
	port=$(cat "$1.port")
	site=https://127.0.0.1:$port
}
stop() {
	exec {hold}>&-
	wait "$server"
	rm -f ./*.end
}
trap 'kill "${server:-}" 2>/dev/null; rm -rf "$tmp"' EXIT

export SSL_CERT_FILE=$tmp/own.pem XDG_CACHE_HOME=$tmp/cache
unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY
start own

# refers URI: ./schema names it, and what is cached is forgotten.
refers() {
	printf '{"properties":{"p":{"$ref":"%s"}}}' "$1" >schema
	rm -rf cache
}
with() { # STATUS NAME PATH [OPTION...]
	want=$1 what=$2
	refers "$site/$3"
	shift 3
	t "$what" "$want" dp-validate --fetch-refs "$@" -s schema
}

printf '{"p":1}\n{"p":-1}\n' >in
refers "$site/price.json"
t 'nothing is fetched unasked' 78 dp-validate -s schema
has 'and the options are named' err 'see --refs and --fetch-refs'
same 'no request was made' own.log </dev/null
t 'nor a cache' 1 test -e cache
with 1 'a schema is fetched' price.json
has 'and is checked' err ':2:6: /p: -1 is less than 0 \[minimum\]'
dp-validate --fetch-refs -s schema -r rejects <in >/dev/null 2>&1
has 'its name is in rejects' rejects '"schema":"price#/minimum"'
same 'it was fetched once' own.log <<'END'
/price.json
END
t 'the folder of the cache is private' 0 sh -c \
    '[ "$(stat -c %a cache cache/data-pipe cache/data-pipe/* | tr "\n" " ")" = "700 700 600 " ]'

with 0 'a circle of schemas' a.json
with 1 'a redirect' there.json
has 'leads to the schema' err 'is less than 0'
printf '{"$schema":"%s/meta.json","minimum":5}' "$site" >schema
echo 4 >in
t 'a meta-schema' 1 dp-validate --fetch-refs --any-value -s schema
has 'turns its keywords on' err '4 is less than 5'
echo '{"p":1}' >in

# What does not go well: 78 when it will not, 69 when it may.
with 78 'what is not there' nothing.json
has 'is told, with the place' err \
    "schema:1:21: /properties/p/\$ref: cannot fetch $site/nothing.json: status 404"
with 78 'no JSON' no.json
has 'has its place in it' err "$site/no.json:1:10: not JSON here"
with 78 'nothing at all' empty.json
with 78 'a wrong schema' wrong.json
has 'is told by its URI' err "$site/wrong.json:1:2: /type"
with 78 'a schema of more than 1 MiB' large.json
has 'is too large' err 'it has more than 1048576 bytes'
with 78 'and in chunks' chunked.json
has 'likewise' err 'it has more than 1048576 bytes'
t 'it is not cached' 0 sh -c '[ -z "$(ls cache/data-pipe)" ]'
with 69 'a server that is slow' slow.json --fetch-time=300ms
has 'is not waited for' err 'cannot fetch .*slow.json: .*timed out'
: >own.log
with 69 'a server that is busy' busy.json --fetch-time=5s
has 'is told' err 'busy.json: status 503'
t 'was asked three times' 0 sh -c '[ "$(wc -l <own.log)" -eq 3 ]'
with 78 'a redirect to http' http.json
has 'is not followed' err 'cannot fetch .*http.json: Protocol "http"'
with 78 'a redirect to a file' local.json
has 'neither' err 'cannot fetch .*local.json: Protocol "file"'
with 78 'a redirect to itself' loop.json
has 'ends' err 'Maximum (5) redirects followed'
: >own.log
with 78 'schemas without end' chain/1
has 'end at 100' err 'it would be more than 100 schemas'
t 'and no more are asked for' 0 sh -c '[ "$(wc -l <own.log)" -eq 100 ]'
refers http://127.0.0.1:1/x.json
t 'http' 78 dp-validate --fetch-refs -s schema
has 'is not fetched' err 'only https is fetched, not http://127.0.0.1:1/x.json'
refers "https://user:secret@127.0.0.1:$port/price.json"
t 'a password' 78 dp-validate --fetch-refs -s schema
has 'is not sent' err 'with a user.s name in it is not fetched'
t 'and what it is' 1 grep secret err

# Files: of a schema that is one, and of no other.
mkdir other
echo '{"minimum":7}' >other/seven.json
refers "file://$tmp/other/seven.json"
t 'a file unasked' 78 dp-validate -s schema
t 'a file' 1 dp-validate --fetch-refs -s schema
has 'is read' err '1 is less than 7'
with 78 'a file that a server names' "file.json?$tmp/other/seven.json"
has 'is not' err 'no schema is known as file:'
mkfifo pipe.json
refers "file://$tmp/pipe.json"
t 'a pipe is no schema' 78 dp-validate --fetch-refs -s schema

# The cache.
with 0 'a schema is kept' price.json
: >own.log
cp -r cache/data-pipe kept
t 'for a day it is not asked for' 0 dp-validate --fetch-refs -s schema
same 'no request' own.log </dev/null
touch -d '-2 days' cache/data-pipe/*
t 'later it is' 0 dp-validate --fetch-refs -s schema
t 'and kept anew' 0 sh -c '[ -n "$(find cache/data-pipe -type f -mmin -5)" ]'
same 'one request' own.log <<'END'
/price.json
END
: >own.log
for f in cache/data-pipe/*; do sed -i 's/number/string/' "$f"; done
t 'a damaged copy is none' 0 dp-validate --fetch-refs -s schema
same 'it is fetched' own.log <<'END'
/price.json
END
chmod 777 cache/data-pipe
: >own.log
t 'a folder that others may write to' 0 dp-validate --fetch-refs -s schema
same 'is not used' own.log <<'END'
/price.json
END
rm -r cache/data-pipe
mkdir elsewhere && ln -s ../elsewhere cache/data-pipe
t 'nor one that is a link' 0 dp-validate --fetch-refs -s schema
t 'which stays empty' 0 sh -c '[ -z "$(ls elsewhere)" ]'
rm cache/data-pipe
XDG_CACHE_HOME=relative t 'a relative XDG_CACHE_HOME' 0 \
    env HOME="$tmp/home" dp-validate --fetch-refs -s schema
t 'is ignored' 1 test -e relative
t 'and no home is no fault' 0 env -u HOME -u XDG_CACHE_HOME \
    dp-validate --fetch-refs -s schema
rm -rf cache && mkdir cache && cp -r kept cache/data-pipe
t 'dp-schema has it too' 1 dp-schema lint --fetch-refs schema
mv out lint.out
t 'and all compiles' 1 grep 'no schema is known' lint.out

# The certificate.
SSL_CERT_FILE=$tmp/other.pem with 78 'an unknown authority' price.json
has 'is not believed' err 'certificate'
rm -rf cache && mkdir cache && cp -r kept cache/data-pipe
touch -d '-2 days' cache/data-pipe/*
t 'nor does the cache help' 78 env SSL_CERT_FILE="$tmp/other.pem" \
    dp-validate --fetch-refs -s schema
stop
t 'a server that is gone' 0 dp-validate --fetch-refs --fetch-time=2s -s schema
has 'leaves an older copy' err 'an older copy of .*price.json is used'
rm -rf cache
t 'without one' 69 dp-validate --fetch-refs --fetch-time=2s -s schema
start other
export SSL_CERT_FILE=$tmp/other.pem
with 78 'a certificate of another name' price.json
has 'is not believed' err 'cannot fetch .*price.json: SSL'
stop
done_testing
