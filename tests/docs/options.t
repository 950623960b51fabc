#!/bin/sh
# Option tables, pages and the list of settings say the same.
# shellcheck disable=SC2012 # names without blanks
. "${0%/*}/../lib/tap.sh"
top=$(cd "$tests/.." && pwd)
programs=$(ls "$top"/cmd/*.c | sed 's/.*\///; s/\.c$//')

# SHORT LONG VALUE: "s schemas =" or "- json -", from --help.
of_help() {
	grep -E '^  (-[a-zA-Z0-9],|   ) --' |
	    awk '{
		short = "-"
		i = 1
		if ($1 ~ /^-[a-zA-Z0-9],$/) { short = substr($1, 2, 1); i = 2 }
		long = $i
		sub(/^--/, "", long)
		value = long ~ /=/ ? "=" : "-"
		sub(/=.*/, "", long)
		print short, long, value
	    }' | sort
}

# The same from the .It items of a page.
of_page() {
	awk '/^\.It Fl / {
		short = "-"
		long = ""
		value = / Ns = Ns | Ns = / ? "=" : "-"
		n = split($0, w, " ")
		for (i = 3; i <= n; i++) {
			if (w[i - 1] != "Fl")
				continue
			if (w[i] ~ /^\\-/)
				long = substr(w[i], 3)
			else
				short = w[i]
		}
		gsub(/\\-/, "-", long)
		print short, long, value
	}' "$1" | sort
}

of_page "$top/man/data-pipe.7" >common
t 'data-pipe(7) names options' 0 test -s common
: >settings
for p in $programs; do
	t "$p --help" 0 "$p" --help
	of_help <out >all
	t "$p has the common options" 0 sh -c '
	    comm -13 all common >missing; cat missing >&2; [ ! -s missing ]'
	comm -23 all common >own
	page=$top/man/$p.1
	if [ ! -f "$page" ]; then
		t "$p has a page" 0 test -f "$page"
		continue
	fi
	of_page "$page" >told
	same "$p(1) has the options of --help, and no others" told <own
	t "$p --print-config" 0 "$p" --print-config
	awk '$1 != "" { print $1 }' out >>settings
done

# Every setting is known to the others, and none is known that is not there.
awk '{ print $2 }' common | sort >common.names
sort -u settings | comm -23 - common.names >there
sed -n 's/^	"\([a-z0-9-]*\)",$/\1/p' "$top/lib/app/keys.c" >known
if [ "$(echo "$programs" | wc -w)" -ge 5 ]; then
	same 'lib/app/keys.c lists the settings of all programs' known <there
else
	skip 'not all programs are there: settings of others are unknown'
	comm -23 there known >left
	same 'lib/app/keys.c lists the settings of those that are' left </dev/null
fi

# The words of codes are those of data-pipe(7).
sed -n 's/^	{ "\([A-Za-z-]*\)", [0-9]*,.*/\1/p' "$top/lib/base/code.c" |
    sort >words
sed -n '/^\.Ss Status codes/,/^\.Ss Rejects/s/^\.It \([A-Za-z-]*\)$/\1/p' \
    "$top/man/data-pipe.7" | sort >told
same 'data-pipe(7) has the words of base/code.c' told <words

# What the README says is the test command is what CI runs first.
has 'the README names make check' "$top/README.md" '^make check$'
has 'CI runs it' "$top/.ci/run" '^step make check$'
done_testing
