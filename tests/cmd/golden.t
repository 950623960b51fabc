#!/bin/sh
# Golden files: tests/golden/NAME.in against NAME.schema (a file or a folder;
# none: JSON alone), with the options of NAME.args; what comes out must be
# NAME.out, NAME.err and NAME.exit.  GOLDEN=write writes these anew: read
# them before you keep them.
. "${0%/*}/../lib/tap.sh"
cp -r "$tests/golden/." . || exit 99
rm -f ./*.out ./*.err ./*.exit

for in in *.in; do
	n=${in%.in}
	set --
	[ ! -e "$n.schema" ] || set -- -s "$n.schema"
	# The options are words.
	# shellcheck disable=SC2046
	[ ! -e "$n.args" ] || set -- "$@" $(cat "$n.args")
	dp-validate "$@" "$in" >"$n.out" 2>"$n.err.raw" </dev/null
	echo $? >"$n.exit"
	sed 's/ ([0-9.]* s)$//' "$n.err.raw" >"$n.err"
	for part in out err exit; do
		if [ "${GOLDEN:-}" = write ]; then
			cp "$n.$part" "$tests/golden/$n.$part"
		fi
		same "$n.$part" "$n.$part" <"$tests/golden/$n.$part"
	done
done
done_testing
