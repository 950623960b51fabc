#!/bin/sh
# dp-validate --report: a page that is complete, holds no script, shows the
# place of each fault, and lets nothing of the input act in a browser.
# shellcheck disable=SC2016 # expanded by the inner shell
. "${0%/*}/../lib/tap.sh"
events=$tests/../examples/events

{
	printf '{"event_name":"install","user_id":"<script>alert(1)</script>",'
	printf '"timestamp":5}\n\377\376\n{"a":"%s"}\n' \
	    "$(head -c 5000 /dev/zero | tr '\0' x)"
	"$tests/lib/gen-events" -n 2000 -b 20
} >events
t 'a report' 1 dp-validate -q -s "$events" --report=page.html events
cp out passed
t 'the good lines pass all the same' 0 sh -c '
    [ $(($(wc -l <passed) + $(dp-validate -q -s "$0" events 2>/dev/null |
    wc -l))) -eq $((2 * $(wc -l <passed))) ]' "$events"
t 'with --count they do not' 1 dp-validate -q --count -s "$events" \
    --report=page2.html events
has 'but the table does' out '^install '
cat >check.py <<'END'
import html.parser, re, sys

VOID = {"meta", "br"}
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.marks, self.text = [], 0, ""
    def handle_starttag(self, tag, attrs):
        assert tag != "script" and tag != "img", tag
        assert not any(k.startswith("on") or k in ("src", "href")
                       for k, _ in attrs), attrs
        self.marks += tag == "mark"
        if tag not in VOID:
            self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
    def handle_data(self, data):
        self.text += data

page = Page()
text = open(sys.argv[1], encoding="utf-8").read()
page.feed(text)
page.close()
assert page.open == [], page.open
assert page.marks >= 8, page.marks
assert "2,003read" in page.text, page.text[:2000]
assert '"<script>alert(1)</script>"' in page.text
assert "\\xff\\xfe" in page.text
assert "5,008 bytes" in page.text
assert len(text) < 100000
END
t 'the page is whole, and says what is there' 0 python3 check.py page.html
t 'the mode is not for all' 0 sh -c '[ "$(stat -c %a page.html)" = 640 ]'
t 'a folder that is not there' 78 dp-validate --report=no/page.html events
same 'which is told before anything is read' out </dev/null
t 'a full disk' 74 dp-validate -q --report=/dev/full events
if command -v chromium >/dev/null; then
	t 'a browser shows it' 0 sh -c '
	    chromium --headless --no-sandbox --disable-gpu --no-first-run \
	    --disable-background-networking --disable-component-update \
	    --disable-sync --user-data-dir="$PWD/user" --window-size=390,900 \
	    --dump-dom "file://$PWD/page.html" 2>/dev/null'
	has 'with the places marked' out '<mark>'
else
	skip 'no chromium here'
fi
done_testing
