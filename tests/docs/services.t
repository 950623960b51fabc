#!/bin/sh
# The service files are ones that their readers take, and their commands have
# options that the programs have.
. "${0%/*}/../lib/tap.sh"
top=$(cd "$tests/.." && pwd)

if command -v systemd-analyze >/dev/null; then
	mkdir units
	for u in "$top"/examples/systemd/*; do
		sed "s|/usr/local/bin|$BIN|g" "$u" >"units/${u##*/}"
	done
	for p in dp-validate dp-enqueue dp-drain dp-load dp-httpd; do
		# One that is not written yet is stood in for.
		[ -e "$top/cmd/$p.c" ] || sed -i "s|$BIN/$p|/bin/true|" units/*
	done
	t 'systemd takes the units' 0 systemd-analyze verify --man=no units/*
	same 'without a word' err </dev/null
else
	skip 'no systemd-analyze here'
fi

if command -v nginx >/dev/null && command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=test \
	    -keyout key.pem -out cert.pem 2>/dev/null
	{
		echo "pid $tmp/pid; error_log stderr; events { } http {"
		echo 'access_log off;'
		for d in client_body proxy fastcgi uwsgi scgi; do
			echo "${d}_temp_path $tmp/$d;"
		done
		sed "s|/etc/ssl/certs/[^;]*|$tmp/cert.pem|
		    s|/etc/ssl/private/[^;]*|$tmp/key.pem|" \
		    "$top/examples/nginx/data-pipe.conf"
		echo '}'
	} >nginx.conf
	t 'nginx takes its file' 0 nginx -t -q -p "$tmp" -c "$tmp/nginx.conf"
else
	skip 'no nginx or openssl here'
fi

# Every command line of the examples, asked for its settings instead of run.
grep -rhoE '(/usr/local/bin/)?dp-[a-z]+ --?[a-z][^|"]*' \
    "$top/examples" --include='*.service' --include='*.conf' \
    --include=run --include=Procfile --include='cron*' |
    grep -v '^dp-[a-z]*[.;]' | sed 's|/usr/local/bin/||g' |
    sed "s/ '\$//; s/ -- .*//; s/ service=.*//; s/ \/bin\/.*//" |
    sed 's|/etc/data-pipe/events|examples/events|g
	s|/var/lib/data-pipe/|./|g; s| *\\$||' | sort -u >commands
cp -r "$top/examples" .
t 'there are command lines' 0 test -s commands
while read -r line; do
	: >in
	[ -e "$top/cmd/${line%% *}.c" ] || { skip "no ${line%% *} yet"; continue; }
	# shellcheck disable=SC2086 # words
	t "the options of: $line" 0 ${line%% *} --print-config ${line#* }
done <commands

t 'the settings file of the origin is taken' 0 \
    env DATAPIPE_CNF="$top/examples/datapipe.json" dp-drain --print-config
has 'and sets what it set' out '^every  *5m\|^every  *300s'
t 'the Procfile names a web process' 0 grep -q '^web: dp-httpd' \
    "$top/examples/Procfile"
for f in "$top"/examples/s6/*/* "$top"/examples/*.sh; do
	t "sh reads ${f#"$top"/}" 0 sh -n "$f"
done
done_testing
