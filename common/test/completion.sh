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

commands='annotate cache convert help info record report script'
compare 'ddrec' "$(complete_words ddrec '' | xargs)" "--help --version $commands"
compare 'ddrec rep' "$(complete_words ddrec rep)" report
for command in record report annotate info script convert cache; do
	options=$(ddrec $command --help | grep -o '^  \(-.\|   \).*' | cut -c1-40 |
		grep -o -- '^  -.\|--[a-z][a-z0-9-]*' | tr -d ' ' | sort -u)
	compare "ddrec $command -" "$(complete_words ddrec $command -)" "$options"
done
# Values of options, also behind "=", which is a word of its own in bash; the lists are those of --help.
for format in $(complete_words ddrec report --format ''); do
	ddrec report --help | grep -q -- "^      --$format\([[ ]\|$\)" || { echo "$format is no format"; status=1; }
done
compare 'ddrec report --format fl' "$(complete_words ddrec report --format fl)" flamegraph
compare 'ddrec annotate --syntax' "$(complete_words ddrec annotate --syntax '' | xargs)" 'att intel'
compare 'ddrec report --by=' "$(complete_words ddrec report --by = '' | xargs)" 'module process thread'
compare 'ddrec report --by=' "$(complete_words ddrec report --by = | xargs)" 'module process thread'
compare 'ddrec report --by=thr' "$(complete_words ddrec report --by = thr)" thread
compare 'ddrec-report --by thr' "$(complete_words ddrec-report --by thr)" thread
compare 'ddrec-report info --bl' "$(complete_words ddrec-report info --bl)" --blocks
compare 'ddrec-record --no' "$(complete_words ddrec-record --no)" --no-kernel
for event in cycles cpu-clock context-switches; do
	compare "ddrec record -e ${event%?}" "$(complete_words ddrec record -e "${event%?}")" $event
done
for event in $(complete_words ddrec record -e ''); do
	ddrec record --help | grep -q -- "[ (]$event\\b" || { echo "$event is no event"; status=1; }
done

# The recorded command's words are left to that command's own completion.
_command_offset()
{
	COMPREPLY=("offset $1")
}
compare 'ddrec record make ' "$(complete_words ddrec record make '')" 'offset 2'
compare 'ddrec record -o x -- make --al' "$(complete_words ddrec record -o x -- make --al)" 'offset 5'
compare 'ddrec record -q --stack full make -' "$(complete_words ddrec record -q --stack full make -)" 'offset 5'
compare 'ddrec-record --stack=full make -' "$(complete_words ddrec-record --stack = full make -)" 'offset 4'
compare 'ddrec record --no' "$(complete_words ddrec record --no)" --no-kernel

for shell in zsh fish; do
	command -v $shell >/dev/null && { $shell -n docs/completion/ddrec.$shell || status=1; }
done
exit $status
