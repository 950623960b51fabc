#!/bin/sh
# jsonlog.sh DATABASE LOG: the log that PostgreSQL writes with
# log_destination=jsonlog, into the table server_log.
set -eu
[ -f schemas/server_log.json ] || dp-schema infer -t server_log -o schemas "$2"
dp-load -s schemas/server_log.json --create "$1" "$2"
