#!/bin/sh
# dp-validate: what passes, what is rejected, and how that is told.
# shellcheck disable=SC2016 # expanded later
. "${0%/*}/../lib/tap.sh"
events=$tests/../examples/events

"$tests/lib/gen-events" -n 20000 -b 50 >events
: >in
t 'some events are bad' 1 dp-validate -s "$events" --summary=sum \
    -r rejects events
mv out good
has 'the counts add up' sum '"read":20000,"passed":19[0-9]*,"rejected":'
t 'what passed, passes' 0 dp-validate -s "$events" good
mv out passed
t 'byte for byte' 0 cmp passed good
mv events in
t 'the same from standard input' 1 dp-validate -s "$events"
mv out passed
t 'byte for byte' 0 cmp passed good
mv in events
gzip -c events >events.gz
: >in
t 'the same from gzip' 1 dp-validate -s "$events" events.gz
mv out passed
t 'byte for byte' 0 cmp passed good
t 'rejects are replayed' 1 dp-validate -s "$events" --from-rejects \
    -r again rejects
same 'none passes' out </dev/null
has 'as a second attempt' again '"attempt":2'
t 'no reject is lost' 0 sh -c \
    '[ "$(wc -l <again)" -eq "$(wc -l <rejects)" ]'

printf '%s\n' '{"event_name":"install","user_id":1,"timestamp":2}' '' \
    '{"event_name":"install","user_id":1}' \
    '{"user_id":1,"timestamp":2,"event_name":"install"}' \
    '{"user_id":1,"event_name":"instal","timestamp":2}' \
    '{"user_id":1}' '[1]' '{"event_name":"install",}' \
    '{"event_name":"install","event_name":"install"}' >in
t 'one of each' 1 dp-validate -s "$events"
same 'good ones' out <<'END'
{"event_name":"install","user_id":1,"timestamp":2}
{"user_id":1,"timestamp":2,"event_name":"install"}
END
sed 's/ (.* s)$//' err >told
same 'and why the others are not' told <<'END'
dp-validate: (stdin):3:1: /timestamp: the key "timestamp" is missing [required]
dp-validate: (stdin):5:27: /event_name: no schema for "instal"; did you mean "install"? [unknown-type]
dp-validate: (stdin):6:1: /event_name: the key "event_name" is missing: it names the type [required]
dp-validate: (stdin):7:1: want object, got an array [not-object]
dp-validate: (stdin):8:25: unexpected } behind a comma [malformed]
dp-validate: (stdin):9:25: /event_name: the key "event_name" is there twice [duplicate-key]
dp-validate: 8 read = 2 passed + 6 rejected; 1 blank
END

t 'a table' 1 dp-validate -s "$events" --count
same 'of types and codes' out <<'END'
type     ok  malformed  not-object  duplicate-key  required  unknown-type
install   2          0           0              0         1             0
(none)    0          1           1              1         1             1
all       2          1           1              1         2             1
END
t '--max-rejects stops' 65 dp-validate -s "$events" --max-rejects=2
same 'with what passed until then' out <<'END'
{"event_name":"install","user_id":1,"timestamp":2}
{"user_id":1,"timestamp":2,"event_name":"install"}
END
t '--max-rejects=50% of few is told at the end' 65 dp-validate -s "$events" \
    --max-rejects=50%

printf '{"event_name":"install","user_id":1,"timestamp":2}' >in
t 'a last line without its newline' 0 dp-validate -s "$events"
same 'gets it' out <<'END'
{"event_name":"install","user_id":1,"timestamp":2}
END
printf '{"event_name":"install","user_id":1,"time' >in
t 'one that is cut is rejected' 1 dp-validate -s "$events"
has 'as such' err 'incomplete'
printf '1\n"x"\n' >in
t 'any value' 0 dp-validate --any-value
t 'objects only' 1 dp-validate

printf '%s\n' '["event_name":"install","user_id":1,"timestamp":2}' \
    '{ "event_name" : "install" , "user_id" : 1, "timestamp" : 2 }' \
    '{"event_name":"inst\u0061ll","user_id":1,"timestamp":2}' \
    '{"event_name":"install","event_name":"install","timestamp":2}' >in
# A type of so many keys that that of the type has no bit of its own.
mkdir wide
{
	printf '{"properties":{"k0":{}'
	for i in $(seq 99); do printf ',"k%d":{}' "$i"; done
	printf '},"required":["id"]}'
} >wide/purchase.json
printf '%s\n' '{"id":"purchase","k5":1,"id":3}' >twice
t 'the key of a wide type, twice' 1 dp-validate --type-key=/id -s wide twice
has 'is seen' err '"id" is there twice \[duplicate-key\]'
printf '%s\n' '{"id":"purchase","k5":1}' >once
t 'once' 0 dp-validate --type-key=/id -s wide once
# Patterns of escaped names, around a value whose names are escaped too.
echo '{"patternProperties":{"^[^/]+$":{"minimum":0},"^.{1,3}$":
    {"patternProperties":{}},"^(a|b)":{"const":0}}}' >names.json
echo '{"\u0031":{"\u0061":0}}' >names
t 'names with escapes' 0 dp-validate -s names.json names
cat >twice.json <<'END'
{"dependentSchemas":{"a":{"maxProperties":3,"properties":{"b":{"type":"null"}}}}}
END
cat >twice <<'END'
{"a":1,"\u0061":2}
{"b":null,"a":1,"a":2}
{"b":0,"a":1,"a":2}
{"b":0}
END
t 'a key that is there twice, and asks for something' 1 \
    dp-validate --dup-keys=pass -s twice.json twice
same 'asks once' out <<'END'
{"a":1,"\u0061":2}
{"b":null,"a":1,"a":2}
{"b":0}
END
has 'and not more' err '3 passed + 1 rejected'
t 'types with any value' 1 dp-validate --any-value --dup-keys=pass -s "$events"
same 'however they are written' out <<'END'
{ "event_name" : "install" , "user_id" : 1, "timestamp" : 2 }
{"event_name":"inst\u0061ll","user_id":1,"timestamp":2}
END

# The input may come in pieces of any size.
head -200 events >few
dp-validate -q -s "$events" few >few.good
for size in 1 7 93 4096; do
	t "in pieces of $size bytes" 1 sh -c "dd ibs=$size obs=$size <few \
	    2>/dev/null | dp-validate -q -s '$events' >few.out"
	t 'the same passes' 0 cmp few.out few.good
done
: >in

# The tagged chain.
printf '%s\n' '7	{"event_name":"install","user_id":1,"timestamp":2}' '8	{}' \
    '9	' '' >in
t 'a stage answers each line' 0 dp-validate --tag -s "$events"
same 'in order' out <<'END'
7	0	{"event_name":"install","user_id":1,"timestamp":2}
8	4	{"code":"required","pointer":"/event_name","detail":"the key \"event_name\" is missing: it names the type"}
9	2	{"code":"empty","detail":"no event"}
0	2	{"code":"empty","detail":"no event"}
END

# Schemas that are wrong.
: >in
wrong() {
	cat >bad.json
	t "$1" 78 dp-validate -s bad.json
	has 'with its place' err "$2"
}
wrong 'a schema that is no JSON' 'bad.json:2:1: ' <<'END'
{"type":
}
END
wrong 'a keyword that is not built' \
    'bad.json:1:14: /properties: want an object' <<'END'
{"type": [], "properties": 3}
END
wrong 'a type that is none' 'bad.json:2:2: /properties/a/type: no type' <<'END'
{"properties": {"a": {
	"type": "int"}}}
END
cat >bad.json <<'END'
{"requried": ["a"]}
END
echo '{}' >in
t 'a mistyped keyword is told' 0 dp-validate -s bad.json
has 'with the nearest' err 'bad.json:1:2: /requried: .*"required"? \[keyword\]'
t '--strict: it is an error' 78 dp-validate --strict -s bad.json
has 'with the same words' err 'did you mean "required"?'
: >in
mkdir types
echo '{"properties": {"n": {"type": "integer"}}}' >types/known.json
cat >in <<'END'
{"event_name":"known","n":1}
{"event_name":"known","n":"1"}
{"event_name":"other","n":"1"}
{"n":"1","event_name":"other"}
{"n":"1","m":[{"event_name":"known"}],"event_name":"\u006fther"}
{"event_name":"other","n":1,"n":2}
{"event_name":7}
{"n":1}
END
t 'an unknown type is rejected' 1 dp-validate -s types
has 'with its code' err 'no schema for "other"'
t '--unplanned=pass: it passes' 1 dp-validate -s types --unplanned=pass
same 'what is of a known type is checked all the same' out <<'END'
{"event_name":"known","n":1}
{"event_name":"other","n":"1"}
{"n":"1","event_name":"other"}
{"n":"1","m":[{"event_name":"known"}],"event_name":"\u006fther"}
END
: >in
mkdir empty
t 'a folder without schemas' 78 dp-validate -s empty
t 'no such folder' 78 dp-validate -s nowhere
t 'a code is explained' 0 dp-validate --explain=required
t 'one that is not there' 64 dp-validate --explain=requierd
has 'with the nearest' err 'did you mean required?'
t 'a folder of --refs that is not there' 78 dp-validate --refs=none \
    -s "$events"
done_testing
