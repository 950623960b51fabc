#!/bin/sh
# dp-schema: what it writes, and what it refuses.
. "${0%/*}/../lib/tap.sh"

cat >in <<'END'
{"event_name":"sale","id":1,"price":1.5,"items":[{"sku":"a","n":2}]}
{"event_name":"sale","id":2,"price":2,"items":[],"note":null}
{"event_name":"visit","id":3}
{"id":4}
not JSON

END
cp in sample
t 'a folder of types' 1 dp-schema infer -o new
has 'the counts add up' err '5 read = 3 seen + 2 rejected; 1 blank'
same 'nothing is passed on' out </dev/null
has 'with the place of what is rejected' err '(stdin):4: /event_name: .*\[required\]'
ls new >names
same 'one file a type' names <<'END'
sale.json
visit.json
END
same 'with what was seen' new/sale.json <<'END'
{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"title": "sale",
	"$comment": "2 records",
	"type": "object",
	"properties": {
		"event_name": {
			"$comment": "2 of 2 records; 1 different string",
			"const": "sale"
		},
		"id": {
			"$comment": "2 of 2 records",
			"type": "integer"
		},
		"price": {
			"$comment": "2 of 2 records: 1 number, 1 integer",
			"type": "number"
		},
		"items": {
			"$comment": "2 of 2 records",
			"type": "array",
			"items": {
				"$comment": "1 element",
				"type": "object",
				"properties": {
					"sku": {
						"$comment": "1 of 1 object; 1 different string",
						"type": "string"
					},
					"n": {
						"$comment": "1 of 1 object",
						"type": "integer"
					}
				}
			}
		},
		"note": {
			"$comment": "1 of 2 records",
			"type": "null"
		}
	},
	"required": ["event_name"]
}
END
t 'it accepts what it has seen' 1 dp-validate -s new
has 'and nothing else' err '5 read = 3 passed + 2 rejected'
echo kept >new/sale.json
t 'a file that is there stays' 64 dp-schema infer -o new
has 'and the option is told' err 'sale.json is there already: --force'
same 'as it was' new/sale.json <<'END'
kept
END
t 'unless it is to be replaced' 1 dp-schema infer -o new --force
has 'by the new one' new/sale.json '"title": "sale"'
ls -A new >names
same 'and nothing else is left there' names <<'END'
sale.json
visit.json
END
t 'several types need a folder' 64 dp-schema infer sample
has 'and their names are told' err 'there are 2 types (sale, visit'
t 'one type goes to stdout' 1 dp-schema infer -t record sample
has 'for all records' out 'comment": "4 records"'
t 'a closed stdout is told' 74 sh -c 'dp-schema infer --any sample >&-'
t 'a full disk too' 74 sh -c 'dp-schema infer --any sample >/dev/full'
: >in
t 'nothing to infer from' 65 dp-schema infer --any
has 'is told' err '^dp-schema: no record to infer from$'
printf '[1,]\n{"a":1\n' >broken
t 'records that are no JSON' 65 dp-schema infer --any broken
has 'are told as dp-validate tells them' err \
    '^dp-schema: broken:1:4: unexpected ] behind a comma \[malformed\]$'
has 'each of them' err 'broken:2:7: .* \[incomplete\]$'
t 'no type in any record' 65 sh -c 'echo "{}" | dp-schema infer'
has 'the options for that are told' err '--type-key'
t 'a missing file' 66 dp-schema infer --any nowhere sample
t 'no verb' 64 dp-schema
has 'the verbs are told' err 'infer'
t 'another verb' 64 dp-schema infre
t 'a type key that is no pointer' 64 dp-schema infer -k event sample
t 'too many rejects' 65 dp-schema infer --max-rejects=1 -o other sample
t 'nothing is written then' 1 test -e other
t 'the type may lie deeper' 0 sh -c \
    'echo "{\"m\":{\"a/b\":\"x\"}}" | dp-schema infer -k /m/a~1b'
has 'and is a constant' out '"const": "x"'
t 'rejects are kept' 1 dp-schema infer -r rejects -o kept sample
t 'two of them' 0 test "$(grep -c . rejects)" -eq 2

# Formats, where the values say so.
i=10
while [ $i -lt 60 ]; do
	echo "{\"at\":\"2026-11-24T04:00:${i}Z\",\"ip\":\"10.0.0.$i\",\"day\":\"2026-01-01\",\"host\":\"127.0.0.1\"}"
	i=$((i + 1))
done >in
t 'formats' 0 dp-schema infer --any
grep '"format"' out >formats
same 'of what differs and is alike' formats <<'END'
			"format": "date-time"
			"format": "ipv4"
			"format": "date"
END
t 'one address is enough when tight' 0 dp-schema infer --any --tight
t 'or two' 0 test "$(grep -c '"format": "ipv4"' out)" -eq 2
echo '{"at":"yesterday","ip":"::1","day":"","host":""}' >>in
t 'one that is not alike' 0 dp-schema infer --any --tight
mv out schema.json
t 'takes the format away' 1 grep '"format"' schema.json
# lint
mkdir lint
cat >lint/a.json <<'END'
{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"type": "object",
	"properties": {
		"id": { "type": "integer", "minimum": 5, "maximum": 1 },
		"kind": { "enum": ["a", 1, "a"] },
		"at": { "type": "string", "format": "datetime" },
		"re": { "type": "string", "pattern": "^(a+b?)+$" },
		"two": { "type": ["string", "integer"] },
		"n": { "type": "integer", "maxLength": 3 },
		"c": { "type": "integer", "const": "x" },
		"o": { "type": "object", "properties": { "p": {} },
		    "required": ["q"], "additionalProperties": false },
		"properties": { "type": "string" }
	},
	"required": ["id", "nowhere"]
}
END
echo '{ "type": "object", "propertis": {} }' >lint/b.json
: >in
t 'what is doubtful is told' 1 dp-schema lint lint/a.json
same 'with its place' out <<'END'
lint/a.json:16:21: /required/1: is required, but properties does not describe it [required]
lint/a.json:5:30: /properties/id/minimum: no value is between minimum and maximum [never]
lint/a.json:6:30: /properties/kind/enum/2: this value stands there already [enum]
lint/a.json:6:13: /properties/kind/enum: values of several types [enum]
lint/a.json:7:29: /properties/at/format: "datetime" is no format of JSON Schema: it says nothing [format]
lint/a.json:8:29: /properties/re/pattern: a loop within a loop may take very many steps [pattern]
lint/a.json:10:29: /properties/n/maxLength: says nothing: the type allows no such value [no-effect]
lint/a.json:11:29: /properties/c/const: the type does not allow this value [never]
lint/a.json:13:20: /properties/o/required/0: is required, and additionalProperties forbids it [never]
lint/a.json:9:3: /properties/two: values of several types: the column is JSON [column]
lint/a.json:9:3: /properties/two: strings of any length: the first of 2 such places [unbounded]
END
t 'a schema that is wrong is told, and the others too' 78 dp-schema lint lint
has 'with what may be meant' out 'b.json:1:.*did you mean "properties".*\[schema\]'
has 'and both are looked at' out 'a.json:5'
t 'what is not there' 66 dp-schema lint nowhere

# diff
mkdir old new2
cat >old/a.json <<'END'
{ "type": "object", "properties": {
	"id": { "type": "integer", "minimum": 0 },
	"kind": { "enum": ["a", "b"] },
	"gone": { "type": "string" },
	"list": { "type": "array", "items": { "$ref": "#/$defs/x" } } },
  "required": ["id"], "$defs": { "x": { "maxLength": 5 } } }
END
cp old/a.json old/c.json
cat >new2/a.json <<'END'
{ "type": "object", "properties": {
	"id": { "type": ["integer", "null"], "minimum": -1 },
	"kind": { "enum": ["a", "c"] },
	"more": { "type": "string" },
	"list": { "type": "array", "items": { "$ref": "#/$defs/x" } } },
  "required": [], "$defs": { "x": { "maxLength": 4 } } }
END
cp new2/a.json new2/d.json
t 'a change that narrows' 1 dp-schema diff old new2
same 'is told among the others' out <<'END'
a: /properties/id/type: widens: was integer, is integer or null
a: /properties/id/minimum: widens: was 0, is -1
a: /properties/kind/enum: narrows: "b" is gone
a: /properties/kind/enum: widens: "c" is new
a: /properties/gone: says: is gone; any value is allowed here now
a: /properties/list/items/maxLength: narrows: was 5, is 4
a: /properties/more: says: is new; any value was allowed here
a: /required: widens: "id" is not required any more
c: : narrows: the type is gone
d: : widens: the type is new
backward compatible: no; forward compatible: no
END
t 'asked for nothing, nothing breaks' 0 \
    dp-schema diff --compatible=none old/a.json new2/a.json
t 'the same is compatible' 0 dp-schema diff --compatible=full --strict old old
same 'in both ways' out <<'END'
backward compatible: yes; forward compatible: yes
END
echo '{"properties":{"a":{"type":"integer"}}}' >p.json
echo '{}' >q.json
t 'a new property is no break' 0 dp-schema diff --compatible=full q.json p.json
t 'unless strictly taken' 1 dp-schema diff --strict q.json p.json
t 'what widens' 1 dp-schema diff --strict --compatible=forward p.json q.json
t 'is backward compatible' 0 dp-schema diff --strict p.json q.json
t 'two schemas are wanted' 64 dp-schema diff p.json
has 'by their names' err '^dp-schema: want diff OLD NEW$'
t 'one that is not there' 66 dp-schema diff p.json nowhere
same 'gets no verdict' out </dev/null

# doc
t 'a page' 0 dp-schema doc old/a.json
same 'in Markdown' out <<'END'
# a

## a

| property | type | required | meaning |
|---|---|---|---|
| `id` | integer | yes | at least 0 |
| `kind` | listed | | one of "a", "b" |
| `gone` | string | |  |
| `list` | array | |  |
| `list[]` | any | | characters at most 5 |
END
echo '{"description":"<script>alert(1)</script>"}' >x.json
t 'a page in HTML' 0 dp-schema doc --html -o page.html x.json
t 'to a file' 0 test -s page.html
t 'has no script' 1 grep -i '<script' page.html
t 'nor anything from elsewhere' 1 grep -iE 'src=|href="[^#]|@import|url\(' \
    page.html
t 'is not replaced' 64 dp-schema doc --html -o page.html x.json
mkfifo page.pipe
cat page.pipe >piped &
t 'but a pipe is written to' 0 dp-schema doc --html -o page.pipe x.json
wait $!
t 'with all of it' 0 cmp page.html piped
t 'and stays one' 0 test -p page.pipe

# test
cat >cases.json <<'END'
[{ "description": "group", "schema": { "type": "integer" },
   "tests": [
	{ "description": "one", "data": 1, "valid": true },
	{ "description": "text", "data": "1", "valid": false },
	{ "description": "wrong", "data": [1,
	    2], "valid": true },
	{ "description": "wrong too", "data": 2, "valid": false } ] },
 { "description": "bad", "schema": { "type": "int" },
   "tests": [ { "description": "x", "data": 1, "valid": true } ] },
 { "description": "a type", "type": "a",
   "tests": [
	{ "description": "y", "data": { "event_name": "a", "id": 1 },
	  "valid": true },
	{ "description": "z", "data": { "event_name": "c", "id": 1 },
	  "valid": true } ] }]
END
t 'cases that fail' 1 dp-schema test -s old cases.json
sed 's/: schema.json.*/: .../' out >shorter
same 'are told' shorter <<'END'
ok 1 - group: one
ok 2 - group: text
not ok 3 - group: wrong
# cases.json: : want integer, got array [type]
not ok 4 - group: wrong too
# cases.json: is valid, and should not be
not ok 5 - bad: x
# cases.json: ...
ok 6 - a type: y
not ok 7 - a type: z
# cases.json: is of another type: c
1..7
END
echo '{}' >none.json
t 'a file that is none' 65 dp-schema test none.json
suite=${DP_SUITES:-$tests/../../shared/suites}/JSON-Schema-Test-Suite/tests
if [ -d "$suite" ]; then
	# Of the drafts that say in each schema which they are.  format.json
	# wants formats that say nothing; ours are checked.
	for d in 2019-09 2020-12; do
		dir=$suite/draft$d
		t "the cases of the suite, draft $d" 0 dp-schema test \
		    --refs="http://localhost:1234/=${suite%/*}/remotes" \
		    "$dir"/[a-e]*.json "$dir"/[g-z]*.json
		[ "$got" -eq 0 ] || grep -A 1 '^not ok' out | head -20
	done
else
	skip "no JSON-Schema-Test-Suite in $suite"
fi

# ddl
t 'tables' 0 dp-schema ddl sqlite: old
has 'of the schemas' out 'CREATE TABLE IF NOT EXISTS "a"'
dp-schema ddl sqlite: old/a.json >x
t 'as dp-load' 0 dp-load --print-ddl -s old/a.json sqlite:
mv out y
t 'has them' 1 grep -vxFf y x

# One that is killed or fails leaves nothing half-written: no other file.
t 'nothing is left beside' 1 sh -c 'ls old new2 | grep -v "^[a-z]*\.json$\|:$\|^$"'
# What dp-validate is told, dp-schema is told too.
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 \
    27 28 29 30; do
	echo '{"a":1,"a":"x\u0000"}'
	echo '{}'
done >twice
: >in
t 'infer: a key twice is rejected' 1 dp-schema infer --any twice
t 'infer: or passes' 0 dp-schema infer --any --dup-keys=pass --nul=pass \
    -o inferred twice
t 'and what is inferred accepts its own input' 0 dp-validate \
    -s inferred/record.json --dup-keys=pass --nul=pass twice
echo '[[[1]]]' >deep
t 'infer: deeper than allowed' 65 dp-schema infer --any-value --max-depth=2 deep
t 'infer: a depth that is none' 64 dp-schema infer --max-depth=0 deep
cat >draft.json <<'END'
[{"description": "d", "schema": {"type": "integer", "format": "date"},
  "tests": [{"description": "1.0", "data": 1.0, "valid": false}]},
 {"description": "e", "schema": {"format": "ipv4"},
  "tests": [{"description": "x", "data": "x", "valid": true}]}]
END
t 'test: of another draft, without formats' 0 dp-schema test --draft=4 \
    --formats=annotate draft.json
t 'test: of the usual one' 1 dp-schema test draft.json
done_testing
