#!/bin/sh
# dp-validate --all-errors: every fault of a record in messages and rejects,
# and each record still counted once.  What is told is in tests/golden.
# shellcheck disable=SC2016 # filters, not variables
. "${0%/*}/../lib/tap.sh"
cp "$tests/golden/all-errors.schema" schema
cp "$tests/golden/all-errors.in" in.golden
cp in.golden in

t 'rejects without it' 1 dp-validate -s schema -r one
t 'rejects with it' 1 dp-validate -s schema --all-errors -r all
jq -S -c 'del(.time)' one >one.told
jq -S -c 'del(.time, .errors)' all >all.told
t 'they are the same but for the errors' 0 cmp one.told all.told
t 'each stands among its errors' 0 jq -s -e 'all(.[]; . as $r |
    (.errors == null) or any(.errors[]; . ==
    ($r | {code, pointer, schema, detail, column})))' all
jq -c '(.errors // [.])[] | [.code, .pointer, .column]' all | sed -n 1,6p >told
same 'the errors of one' told <<'END'
["type","/id",7]
["format","/mail",18]
["pattern","/items/0/sku",43]
["type","/items/0/price",57]
["additionalProperties","/items/1/prize",79]
["required","/items/1/price",66]
END
t 'one fault has no errors' 0 jq -s -e \
    'map(select(.code == "malformed" or .code == "duplicate-key" or
    .code == "not-object")) | length == 3 and all(.[]; .errors == null)' all
cp all in
t 'such rejects are replayed' 1 dp-validate -s schema --from-rejects \
    --all-errors -r again
jq -c 'del(.time, .attempt)' all >all.told
jq -c 'del(.time, .attempt)' again >again.told
t 'and are what they were' 0 cmp all.told again.told
cp in.golden in

t 'a table without it' 1 dp-validate -s schema --count
mv out table
t 'a table with it' 1 dp-validate -s schema --count --all-errors
mv out other
t 'counts each record once' 0 cmp other table
t 'the summary too' 1 dp-validate -s schema --all-errors --summary=sum
has 'and that adds up' sum '"read":11,"passed":1,"rejected":10'
t 'a page has it likewise' 1 dp-validate -s schema --all-errors \
    --report=page.html
has 'with its examples' page.html 'want integer, got string'
t 'as JSON' 1 dp-validate -s schema --all-errors --json
mv err notes
t 'a note for each fault' 0 jq -s -e \
    'map(select(.kind == "note" and .line == 2).code) ==
    ["type", "format", "pattern", "type", "additionalProperties",
    "required"]' notes

# More than are told, and longer ones.
jq -n -c '[range(150)]' >in
jq -n -c '[1, 2]' >>in
jq -n -c '[range(20) | {("k" * 5000 + tostring): .}]' >>in
echo '{"items":{"type":"null","additionalProperties":{"type":"null"}}}' >wide
echo '{"items":{"additionalProperties":{"type":"null"}}}' >long
t 'more than 100' 1 dp-validate -s wide --any-value --all-errors -r many
t 'are cut, and that is told' 0 jq -s -e '.[0].errors_cut and
    (.[0].errors | length == 100) and .[0].errors[99].pointer == "/99" and
    .[1].errors_cut == null and (.[1].errors | length == 2)' many
sed -n 3p in >line
mv line in
t 'texts of more than 32 KiB' 1 dp-validate -s long --any-value --all-errors \
    -r longer
mv err notes
t 'are cut' 0 jq -e '.errors_cut and (.errors | length == 6)' longer
has 'which has its message' notes \
    '(stdin):1: there are more faults than are told \[type\]'
cp longer in
t 'such a reject is replayed' 1 dp-validate -s long --any-value --all-errors \
    --from-rejects -r longer.2
t 'as it was' 0 sh -c '[ "$(jq -c .errors longer)" = "$(jq -c .errors longer.2)" ]'

# What a filter made has no columns.
echo '{"id":1,"mail":"a@b.example","items":[]}' >in
t 'after a filter' 1 dp-validate -s schema --all-errors \
    -m '.id = "x" | del(.mail)' -r made
has 'each says so' err ': /id: after --map: want integer, got string "x"'
jq -c '.column, .errors[].column, .errors[].detail' made >told
same 'in the rejects' told <<'END'
null
null
null
"after --map: want integer, got string \"x\""
"after --map: the key \"mail\" is missing"
END

# By threads.
i=0
while [ $i -lt 300 ]; do
	cat in.golden
	i=$((i + 1))
done >many.in
: >in
for n in 1 2 3; do
	rm -f "r.$n"
	dp-validate -s schema --all-errors -j$n -r "r.$n" many.in >"o.$n" \
	    2>"e.raw"
	sed 's/ ([0-9.]* s)$//' e.raw >"e.$n"
	sed 's/"time":"[^"]*"//' "r.$n" >"t.$n"
done
t 'the same of 2 threads' 0 sh -c 'cmp t.1 t.2 && cmp o.1 o.2 && cmp e.1 e.2'
t 'and of 3' 0 sh -c 'cmp t.1 t.3 && cmp o.1 o.3 && cmp e.1 e.3'
t 'the chain has one for each' 64 dp-validate --tag --all-errors
done_testing
