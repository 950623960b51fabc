#!/bin/sh
# A sample of cut connections to PostgreSQL; "make crash" has more.
[ -x "${BIN:?}/dp-load" ] || { echo "1..0 # SKIP dp-load is not built"; exit 0; }
exec python3 "${0%/*}/cuts.py" 450 "$(($$ % 450 + 1))"
