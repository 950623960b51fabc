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
				"$comment": "1 elements",
				"type": "object",
				"properties": {
					"sku": {
						"$comment": "1 of 1 objects; 1 different string",
						"type": "string"
					},
					"n": {
						"$comment": "1 of 1 objects",
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
	echo "{\"at\":\"2026-11-24T04:00:${i}Z\",\"ip\":\"10.0.0.$i\",\"day\":\"2026-01-01\"}"
	i=$((i + 1))
done >in
t 'formats' 0 dp-schema infer --any
grep '"format"' out >formats
same 'of what differs and is alike' formats <<'END'
			"format": "date-time"
			"format": "ipv4"
END
t 'one value is enough when tight' 0 dp-schema infer --any --tight
has 'a date' out '"format": "date"'
echo '{"at":"yesterday","ip":"::1","day":""}' >>in
t 'one that is not alike' 0 dp-schema infer --any --tight
mv out schema.json
t 'takes the format away' 1 grep '"format"' schema.json
done_testing
