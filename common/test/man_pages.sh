#!/bin/sh
# The man pages are well-formed, and agree with --help: every long option that a tool knows stands at
# the head of an entry in its page, and every such entry is an option of the tool.
set -u
cd "$(dirname "$0")/../.." || exit 1
if ! command -v mandoc >/dev/null; then
	echo 'mandoc is not installed'
	exit 77
fi
status=0
PATH=$BUILD/bin:$PATH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A heading's year or an unknown OS is no flaw of the text.
lint()
{
	mandoc -T lint -W warning "$1" >"$scratch/lint" && return
	cat "$scratch/lint"
	status=1
}

page_options()
{
	mandoc -T ascii -O width=200 "$1" | sed 's/.\x08//g' |
		grep '^ *-[-a-zA-Z0-9]' | grep -o -- '--[a-z][a-z0-9-]*' | sort -u
}

help_options()
{
	for command; do
		ddrec "$command" --help || echo "ddrec $command --help fails" >&2
	done | grep '^  \(-.\|  \)' | sed 's/^  \(-., \|    \)\(--[a-z][a-z0-9-]*\).*/\2/; t; d' | sort -u
}

# agree PAGE COMMAND...
agree()
{
	page=$1
	shift
	[ -e "$page" ] || { echo "$page is missing"; status=1; return; }
	page_options "$page" >"$scratch/page"
	help_options "$@" >"$scratch/help"
	[ -s "$scratch/help" ] || { echo "no options in the help of $*"; status=1; }
	comm -13 "$scratch/page" "$scratch/help" | sed "s|.*|$page lacks &, which ddrec ($*) knows|" \
		>"$scratch/differences"
	comm -23 "$scratch/page" "$scratch/help" | sed "s|.*|$page tells of &, which ddrec ($*) does not know|" \
		>>"$scratch/differences"
	[ -s "$scratch/differences" ] || return
	cat "$scratch/differences"
	status=1
}

for page in docs/*.[1-8]; do
	lint "$page"
done
agree docs/ddrec-record.1 record
agree docs/ddrec-report.1 report info script
agree docs/ddrec-annotate.1 annotate
agree docs/ddrec-cache.1 cache
agree docs/ddrec-convert.1 convert
exit $status
