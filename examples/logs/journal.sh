#!/bin/sh
# journal.sh DATABASE [OPTION ...]: the journal of systemd, into the table
# journal.  OPTIONs are those of journalctl, as -u nginx.  Once more, and what
# has come since is loaded.
set -eu
database=$1
shift
journalctl -o json --no-pager --cursor-file=journal.cursor "$@" >>journal.ndjson
[ -f schemas/journal.json ] || dp-schema infer -t journal -o schemas journal.ndjson
dp-load -s schemas/journal.json --create "$database" journal.ndjson
