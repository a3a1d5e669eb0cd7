#!/bin/bash
# The completions offer what --help tells of, no more and no less; bash's is really run, for zsh and
# fish the syntax is checked where these shells are installed.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$BUILD/bin:$PATH
status=0
# shellcheck source=/dev/null
. docs/completion/ddrec.bash

complete_words()
{
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_ddrec
	printf '%s\n' "${COMPREPLY[@]}" | sort
}

compare()
{
	[ "$2" = "$3" ] && [ -n "$2" ] && return
	printf 'completion of %s offers:\n%s\nbut --help has:\n%s\n' "$1" "$2" "$3"
	status=1
}

commands='help info record report script'
compare 'ddrec' "$(complete_words ddrec '' | xargs)" "--help --version $commands"
compare 'ddrec rep' "$(complete_words ddrec rep)" report
for command in record report info script; do
	options=$(ddrec $command --help | grep -o '^  \(-.\|   \).*' | cut -c1-40 |
		grep -o -- '^  -.\|--[a-z][a-z0-9-]*' | tr -d ' ' | sort)
	compare "ddrec $command -" "$(complete_words ddrec $command -)" "$options"
done
for shell in zsh fish; do
	command -v $shell >/dev/null && { $shell -n docs/completion/ddrec.$shell || status=1; }
done
exit $status
