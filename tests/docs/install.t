#!/bin/sh
# make install puts everything in its place; make uninstall removes it.
# shellcheck disable=SC2317 # called by t
. "${0%/*}/../lib/tap.sh"
top=$(cd "$tests/.." && pwd)
root=$tmp/root/opt/dp
install() {
	BIN=$BIN PREFIX=/opt/dp DESTDIR=$tmp/root "$top/tests/lib/install" "$1"
}

t 'install' 0 install install
for source in "$top"/cmd/*.c; do
	p=${source##*/}
	p=${p%.c}
	t "$p runs" 0 "$root/bin/$p" --version
	t "$p has bash completions" 0 \
	    test -s "$root/share/bash-completion/completions/$p"
	t "$p has its page" 0 test -s "$root/share/man/man1/$p.1"
done
t 'data-pipe(7) is there' 0 test -s "$root/share/man/man7/data-pipe.7"
t 'dp-spool(5) is there' 0 test -s "$root/share/man/man5/dp-spool.5"
has 'the units name the place' \
    "$root/lib/systemd/system/dp-httpd.service" '/opt/dp/bin/dp-httpd'
t 'the examples are there' 0 \
    test -s "$root/share/doc/data-pipe/examples/events/install.json"
t 'a second time' 0 install install
t 'uninstall' 0 install uninstall
find "$tmp/root" -type f >left
same 'nothing is left' left </dev/null
done_testing
