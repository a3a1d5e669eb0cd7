#!/bin/sh
# A multiplied trace is a whole trace with the same stacks, each as often as it should be.
set -u
work=$RESULTS/multiply_trace
mkdir -p "$work"
status=0

fail()
{
	echo "FAILED: $*"
	status=1
}

# multiply TRACE TIMES: compares the folded stacks.
multiply()
{
	"$BUILD/report/test/tool_multiply_trace" "$1" "$2" "$work/long.zst" >"$work/said" ||
		fail "$1 was not multiplied"
	"$BUILD/bin/ddrec" report -q --folded -o - "$1" | awk -v n="$2" '{ $NF *= n } 1' |
		sort >"$work/expected"
	"$BUILD/bin/ddrec" report -q --folded -o - "$work/long.zst" | sort >"$work/got"
	[ -s "$work/expected" ] || fail "$1 has no stacks"
	cmp "$work/expected" "$work/got" || fail "$1: stacks of $2 times differ"
	total=$(awk '{ n += $NF } END { print n }' "$work/got")
	[ "$(cat "$work/said")" = "$total samples" ] || fail "said $(cat "$work/said"), not $total"
	"$BUILD/bin/ddrec" info "$work/long.zst" | grep -q '^health: *whole$' ||
		fail "$1: the long trace is not whole"
}

multiply testdata/traces/known_tree_static.zst 1
multiply testdata/traces/known_tree_static.zst 7
multiply testdata/demo.trace.zst 3
"$BUILD/report/test/tool_multiply_trace" testdata/README.md 2 "$work/none" 2>/dev/null &&
	fail 'multiplied what is no trace'
exit $status
