#!/bin/sh
# JSONTestSuite: every y_ passes, every n_ is rejected, each i_ as
# dp-validate(1) says.  A newline would end the record: they are made carriage
# returns, which are no less bad inside of a string.
. "${0%/*}/../lib/tap.sh"
suite=${DP_SUITES:-$tests/../../shared/suites}/JSONTestSuite/test_parsing
[ -d "$suite" ] || { skip "JSONTestSuite is not in $suite"; done_testing; }

# What is not blank, and comes out as it went in, has passed.
: >said
n=0
for file in "$suite"/*.json; do
	tr '\n' '\r' <"$file" >record
	echo >>record
	code=-
	dp-validate --any-value --nul=pass --dup-keys=pass record \
	    >out 2>err || code=$(sed -n 's/.*\[\(.*\)\]$/\1/p' err)
	if [ -s out ]; then
		# A byte order mark in front is left out.
		sed '1s/^\xef\xbb\xbf//' record | cmp -s - out || code=changed
	elif [ "$code" = - ]; then
		code=blank
	fi
	name=${file##*/}
	echo "${name%.json} $code" >>said
	n=$((n + 1))
done
t "$n files" 0 test "$n" -ge 318
grep '^y_' said | grep -v ' -$' >rejected
same 'every y_ passes' rejected </dev/null
grep '^n_' said | grep ' \(-\|changed\)$' >passed
same 'every n_ is rejected' passed </dev/null
sed -n '/^\.Ss JSONTestSuite/,/^\.Ss /s/^\.It \(i_[^ ]*\) Ta \(.*\)$/\1 \2/p' \
    "$tests/../man/dp-validate.1" >told
grep '^i_' said | sed 's/ -$/ passes/' >decided
same 'each i_ is as the page says' told <decided
done_testing
