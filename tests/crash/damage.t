#!/bin/sh
# A sample of the harm; `make crash` flips every bit.
if [ ! -e "${BIN:?}/crash/fault.so" ]; then
	echo 'Bail out! The faults are not built: make tests builds them.'
	exit 1
fi
if grep -q __asan_init "$BIN/dp-drain" 2>/dev/null; then
	echo '1..1'
	echo 'ok 1 # SKIP not under the address sanitizer'
	exit 0
fi
exec python3 "${0%/*}/damage.py" "${BITS:-61}"
