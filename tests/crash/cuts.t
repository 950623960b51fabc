#!/bin/sh
# A sample of cut connections to PostgreSQL; "make crash" has more.
[ -x "${BIN:?}/dp-load" ] || { echo "Bail out! dp-load is not built"; exit 1; }
exec python3 "${0%/*}/cuts.py" 450 "$(($$ % 450 + 1))"
