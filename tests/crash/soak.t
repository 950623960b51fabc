#!/bin/sh
# A sample of the soak; "make soak SECONDS=1800" is the whole.
for p in dp-validate dp-enqueue dp-drain dp-load dp-httpd; do
	[ -x "${BIN:?}/$p" ] || { echo "Bail out! $p is not built"; exit 1; }
done
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 ||
    { echo "1..0 # SKIP no PostgreSQL here"; exit 0; }
MINUTE=${MINUTE:-3} exec python3 "${0%/*}/soak.py" "${SECONDS_SOAK:-8}" 5000
