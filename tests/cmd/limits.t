#!/bin/bash
# What a record, a schema or a pattern may cost at most: each limit has its
# code, and memory does not depend on what comes in.
. "${0%/*}/../lib/tap.sh"
if ! needs dp-validate; then
	done_testing
fi
python3 - <<'E2'
import itertools
import json


def put(name, *lines):
    with open(name, "w") as f:
        f.writelines(line + "\n" for line in lines)


def nest(n):
    return "[" * n + "5" + "]" * n


names = itertools.islice(
    itertools.product("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                      repeat=3), 116000)
keys = ",".join('"%s":1' % "".join(n) for n in names)
put("keys", "{%s}" % keys, '{%s,"abc":2}' % keys, '{"a":1}')
put("depth", '{"a":%s}' % nest(511), '{"a":%s}' % nest(512), '{"a":1}')
# Each level doubles the work of the one below.
put("tree.json", json.dumps({
    "$ref": "#/$defs/a",
    "$defs": {
        "a": {"type": "array", "items": {
            "anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}]}},
        "b": {"type": "array", "maxItems": 9, "items": {
            "anyOf": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/a"}]}}}}))
put("tree", "[]", nest(40), "[[]]")
put("unique.json", json.dumps({"uniqueItems": True}))
put("unique", json.dumps([[[i]] for i in range(90000)]),
    json.dumps([[i] for i in range(90000)] + [[7]]))
put("pattern.json", json.dumps(
    {"properties": {"s": {"pattern": "^(?=(a+)+b)"}}}))
put("linear.json", json.dumps({"properties": {"s": {"pattern": "^(a|aa)+$"}}}))
put("text", '{"s":"aab"}', '{"s":"%s"}' % ("a" * 1000000), '{"s":"aaab"}')
E2
codes() {
	sed -n 's/.*"code":"\([a-zA-Z-]*\)".*"line":\([0-9]*\).*/\2 \1/p' rejects
}
# bounded NAME WANTED-STATUS MB OPTION-OR-FILE...: within seconds, too.
bounded() {
	name=$1 want=$2 mb=$3
	shift 3
	rm -f rejects
	t "$name" "$want" timeout 20 /usr/bin/time -f %M -o rss \
	    dp-validate -r rejects "$@"
	cp out passed
	codes >codes.out
	if sanitized; then
		skip 'its memory is not ours to measure'
	else
		t "in less than $mb MB" 0 [ "$(tail -1 rss)" -le $((mb * 1024)) ]
	fi
}
bounded '116,000 keys' 1 16 keys
same 'a key that is there twice' codes.out <<'END'
2 duplicate-key
END
bounded 'a depth of 512' 1 16 depth
same 'and of one more' codes.out <<'END'
2 depth
END
bounded 'a schema that doubles with each level' 1 16 --any-value -s tree.json tree
same 'is given up' codes.out <<'END'
2 too-complex
END
bounded 'a million bytes of items that differ, and not' 1 32 --any-value \
    -s unique.json unique
same 'are told apart' codes.out <<'END'
2 uniqueItems
END
bounded 'a pattern that looks ahead, over a million bytes' 1 16 -s pattern.json text
same 'is given up' codes.out <<'END'
2 pattern-limit
END
bounded 'one that is linear' 1 16 -s linear.json text
same 'is not' codes.out <<'END'
1 pattern
3 pattern
END
yes '{"event_name":"install","user_id":1,"timestamp":1795492802}' |
    head -n 3000000 >stream
bounded 'three million lines' 0 16 -s "$tests/../examples/events" stream
t 'pass' 0 cmp passed stream
done_testing
