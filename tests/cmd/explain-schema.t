#!/bin/sh
# --explain-schema: how each subschema is checked, and why.
. "${0%/*}/../lib/tap.sh"
cat >shop.json <<'END'
{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"type": "object",
	"required": ["kind"],
	"properties": {
		"kind": { "enum": ["sale", "refund"] },
		"note": {},
		"ref": { "$ref": "#/$defs/id" },
		"price": { "oneOf": [{ "type": "number" }, { "type": "null" }] },
		"tags": { "uniqueItems": true, "contains": { "const": "new" } },
		"back": { "pattern": "^(a|b)\\1$" },
		"shape": {
			"anyOf": [
				{ "properties": { "w": { "type": "integer" } } },
				{ "properties": { "w": { "type": "string" } } }
			]
		},
		"lines": {
			"items": {
				"type": "object",
				"properties": { "sku": { "type": "string" } },
				"unevaluatedProperties": false
			}
		},
		"text": {
			"type": "string",
			"properties": { "a": { "type": "integer" } }
		},
		"x-1": { "maximum": 5 }
	},
	"patternProperties": { "^x-": { "type": "number" } },
	"oneOf": [
		{ "properties": { "kind": { "const": "sale" } } },
		{
			"properties": { "kind": { "const": "refund" } },
			"required": ["reason"]
		}
	],
	"$defs": { "id": { "type": "string", "minLength": 1 } }
}
END
t 'a schema is explained' 0 dp-validate --explain-schema -s shop.json
same 'each subschema, the slowest last' out <<'END'
shop#/properties/text/properties/a            unused
shop#/properties/lines/items/unevaluatedProperties  never
shop#/properties/note                         any
shop#/properties/ref                          ref     #/$defs/id
shop#/properties/price/oneOf/0                merged  into #/properties/price
shop#/properties/price/oneOf/1                merged  into #/properties/price
shop#/oneOf/0                                 merged  into #
shop#/oneOf/0/properties/kind                 merged  into #
shop#/oneOf/1                                 merged  into #
shop#/properties/kind                         pass
shop#/properties/price                        pass
shop#/properties/tags                         pass    contains: elements read twice; uniqueItems: by a list, but for few plain strings
shop#/properties/tags/contains                pass
shop#/properties/back                         pass    pattern by PCRE2
shop#/properties/shape/anyOf/0                pass
shop#/properties/shape/anyOf/0/properties/w   pass
shop#/properties/shape/anyOf/1                pass
shop#/properties/shape/anyOf/1/properties/w   pass
shop#/properties/lines                        pass
shop#/properties/text                         pass
shop#/properties/x-1                          pass    with #/patternProperties/^x-
shop#/patternProperties/^x-                   pass    with #/properties/x-1
shop#/oneOf/1/properties/kind                 pass    with #/properties/kind
shop#/$defs/id                                pass
shop#                                         switch  by "kind": 2 values
shop#/properties/shape                        tries   anyOf of 2
shop#/properties/lines/items                  tape    unevaluatedProperties for objects
shop#/properties/lines/items/properties/sku   tape    with #/properties/lines/items

28 subschemas:
     2  tape    read once more, as a list of its parts: slowest
     1  tries   branches are read one by one; a const in each would tell which
     1  switch  a member is sought first: it tells what to check
    15  pass    checked while the record is read, once
     5  merged  checked with the one that it is a part of
     1  ref     is the other one
     1  any     everything passes
     1  never   nothing passes
     1  unused  no value gets there
END
same 'nothing else is said' err </dev/null
t 'with --json' 0 dp-validate --explain-schema --json -s shop.json
cp out told
t 'it is one object a subschema' 0 jq -e -s \
    'length > 10 and all(.[]; keys == ["file","how","schema","why"])' told
t 'of which each has its place once' 0 jq -e -s \
    '(map(.schema) | unique | length) == length' told

# Nothing is read: not the schemas' records, not stdin.
echo '{' >in
t 'records are not read' 0 dp-validate --explain-schema -s shop.json in
t 'a schema that is wrong' 78 dp-validate --explain-schema -s in
t 'no schema: there is nothing to say' 0 dp-validate --explain-schema --json
same 'and nothing is said' out </dev/null

# A reference whose meaning depends on its place: the tape, for all of it.
cat >strict.json <<'END'
{ "$id": "http://example.org/strict", "$dynamicAnchor": "node", "$ref": "tree",
  "unevaluatedProperties": false,
  "$defs": { "tree": { "$id": "tree", "$dynamicAnchor": "node", "properties": {
    "data": { "type": "string" },
    "children": { "items": { "$dynamicRef": "#node" } } } } } }
END
t 'references by place' 0 dp-validate --explain-schema -s strict.json
same 'have the whole record on the tape' out <<'END'
strict#/unevaluatedProperties                 never
strict#                                       tape    a $dynamicRef somewhere in it
strict#/$defs/tree                            tape    with #
strict#/$defs/tree/properties/data            tape    with #
strict#/$defs/tree/properties/children        tape    with #
strict#/$defs/tree/properties/children/items  tape    with #

6 subschemas:
     5  tape    read once more, as a list of its parts: slowest
     1  never   nothing passes
END

# A folder of types, and who has part in what.
mkdir types
cat >types/b.json <<'END'
{ "allOf": [ { "properties": { "a": { "minimum": 1 } } },
             { "properties": { "a": { "maximum": 2 } } } ] }
END
cat >types/a.json <<'END'
{ "properties": { "u": { "$ref": "b.json#/allOf/0" } } }
END
t 'a folder' 0 dp-validate --explain-schema -s types
same 'is told by its files' out <<'END'
a#/properties/u          ref     b#/allOf/0
b#/allOf/1               merged  into #
a#                       pass
b#                       pass
b#/allOf/0               pass
b#/allOf/0/properties/a  pass    with #/allOf/1/properties/a
b#/allOf/1/properties/a  pass    with #/allOf/0/properties/a

7 subschemas:
     5  pass    checked while the record is read, once
     1  merged  checked with the one that it is a part of
     1  ref     is the other one
END
done_testing
