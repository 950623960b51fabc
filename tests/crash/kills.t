#!/bin/sh
# A sample of the kill campaign; "make crash" runs the whole of it.
for p in dp-validate dp-enqueue dp-drain dp-load dp-httpd; do
	[ -x "${BIN:?}/$p" ] || { echo "Bail out! $p is not built"; exit 1; }
done
exec python3 "${0%/*}/kills.py" "${ROUNDS:-20}"
