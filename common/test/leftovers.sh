#!/bin/sh
# Nothing unfinished and nothing of one machine is left in the tree: no marks to come back to, no
# conflict markers, no home directories, no trailing blanks.
set -u
cd "$(dirname "$0")/../.." || exit 1
files=$(find Makefile README.md CHANGELOG.md common record formats report docs testdata .ci -type f \
	\( -name '*.[ch158]' -o -name '*.sh' -o -name '*.md' -o -name '*.mk' -o -name '*.js' \
	-o -name Makefile -o -name run \))
status=0

none()
{
	# shellcheck disable=SC2086 # files are words
	if grep -nE "$1" $files; then
		echo "^ $2"
		status=1
	fi
}

none '\b(TO[D]O|FIX[M]E|XX[X])\b' 'unfinished'
none '^(<<<<<<[<]|>>>>>>[>]|======[=]$)' 'a conflict marker'
none '/(hom[e]|roo[t]|Users)/[a-z]' 'a path of one machine'
none '[[:blank:]]$' 'a trailing blank'
exit $status
