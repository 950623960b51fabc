#!/bin/sh
# access-log.sh DATABASE LOG: an access log of nginx, written as
# ../nginx/access-log.conf says, into the table access.  Once more when it has
# grown: what is new is loaded.
set -eu
[ -f schemas/access.json ] || dp-schema infer -t access -o schemas "$2"
dp-load -s schemas/access.json --create "$1" "$2"
