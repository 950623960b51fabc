#!/bin/sh
# A sample of the cut images; `make crash` has more, and the mutations.
here=${0%/*}
if [ ! -e "${BIN:?}/crash/record.so" ]; then
	echo 'Bail out! The recorder is not built: make tests builds it.'
	exit 1
fi
# The recorder stands in the way of a sanitizer's own library.
if grep -q __asan_init "$BIN/dp-drain" 2>/dev/null; then
	echo '1..1'
	echo 'ok 1 # SKIP not under the address sanitizer'
	exit 0
fi
exec python3 "$here/images.py" "${IMAGES:-80}"
