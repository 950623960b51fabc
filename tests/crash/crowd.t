#!/bin/sh
# A sample of many writers and workers; "make crowd SECONDS=600" is the whole.
for p in crash/crowd dp-enqueue dp-drain dp-queue; do
	[ -x "${BIN:?}/$p" ] || { echo "Bail out! $p is not built"; exit 1; }
done
exec python3 "${0%/*}/crowd.py" "${SECONDS_CROWD:-3}"
