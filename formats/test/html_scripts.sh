#!/bin/sh
# The scripts of the HTML page, run by node on the data of made-up profiles, against the folded stacks
# of the same profiles (html_scripts.mjs).
set -u
if ! command -v node >/dev/null; then
	echo 'SKIPPED: no node to run the scripts of the HTML page with'
	exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
here=$(dirname "$0")
demo=$BUILD/formats/test/tool_demo
status=0
for script in "$here"/../html_*.js; do
	node --check "$script" || status=1
done
for what in compiler deep; do
	# The first is the default, which has no name.
	"$demo" html $what >"$scratch/page.html" 2>/dev/null &&
		"$demo" folded $what >"$scratch/folded" 2>/dev/null &&
		"$demo" folded $what no-inline >"$scratch/no-inline" 2>/dev/null &&
		node "$here/html_scripts.mjs" "$scratch/page.html" "$scratch/folded" "$scratch/no-inline" || status=1
done
exit $status
