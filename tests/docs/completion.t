#!/bin/bash
# The completions load, and complete.
# shellcheck disable=SC2012,SC1091,SC2317
. "${0%/*}/../lib/tap.sh"
programs=$(ls "$tests"/../cmd/*.c | sed 's/.*\///; s/\.c$//')

# completes PROGRAM WORD WANTED
completes() {
	(
		# shellcheck source=/dev/null
		. ./comp.bash
		COMP_WORDS=("$1" "$2") COMP_CWORD=1 COMPREPLY=()
		compopt() { :; }
		f=$(complete -p "$1" | sed 's/.*-F \([^ ]*\) .*/\1/')
		"$f" "$1" "$2" "$1"
		printf '%s\n' "${COMPREPLY[@]}" | grep -qx -e "$3"
	)
}

for p in $programs; do
	t "$p --completion=bash" 0 "$p" --completion=bash
	cp out comp.bash
	t 'bash reads it' 0 bash -n comp.bash
	t 'it completes --he' 0 completes "$p" --he --help
	t "$p --completion=zsh" 0 "$p" --completion=zsh
	cp out comp.zsh
	has 'it names its program' comp.zsh "^#compdef $p"
	if command -v zsh >/dev/null; then
		t 'zsh reads it' 0 zsh -n comp.zsh
	else
		skip 'no zsh here'
	fi
	t "$p --completion=fish" 0 "$p" --completion=fish
	cp out comp.fish
	if command -v fish >/dev/null; then
		t 'fish reads it' 0 fish -n comp.fish
	else
		skip 'no fish here'
	fi
	t "$p refuses another shell" 64 "$p" --completion=csh
done
done_testing
