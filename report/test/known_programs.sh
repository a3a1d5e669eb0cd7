#!/bin/bash
# Programs whose profile is known before it is recorded: shares, call trees, thread names, a name that
# is no harmless text. From the recorder to the outputs, as a user calls them.
set -u
. "$(dirname "$0")/../../common/test/run_live.sh"

# record NAME COMMAND...: leaves NAME.zst and NAME.folded.
record()
{
	local name=$1
	shift
	ddrec record -q -F 997 -o "$name.zst" -- "$@" >"$name.out" 2>"$name.err" ||
		fail "$name: $(tail -n 1 "$name.err")"
	ddrec report -q --folded "$name.zst" >"$name.folded" || fail "$name: no folded stacks"
}

# share FOLDED PATTERN LOW HIGH: percent of the samples whose stack matches.
share()
{
	awk -v low="$3" -v high="$4" -v pattern="$2" '
		{ total += $NF }
		$0 ~ pattern { hit += $NF }
		END {
			percent = total ? 100 * hit / total : -1
			printf "%6.2f %%  %s\n", percent, pattern
			exit !(percent >= low && percent <= high)
		}' "$1" || fail "$1: '$2' is not between $3 and $4 percent"
}

echo 'shares of CPU time, within 2 points'
record shares "$progs/known_shares" 8
share shares.folded ';main;takes_60_percent' 58 62
share shares.folded ';main;takes_30_percent' 28 32
share shares.folded ';main;takes_10_percent' 8 12

# What folded counts add up to: samples, or where the clock is a counter of cycles their sum.
kept()
{
	ddrec script "$1" | awk '
		/^meta / { is_time = / event (cpu|task)-clock / }
		/^sample / { n += is_time || !match($0, / period [0-9]+/) ? 1 : substr($0, RSTART + 8, RLENGTH - 8) }
		END { printf "%.0f\n", n }'
}

echo 'folded counts add up to what was kept'
for name in shares probe; do
	[ -e $name.folded ] || ddrec report -q --folded $name.zst >$name.folded
	folded=$(awk '{ n += $NF } END { printf "%.0f\n", n }' $name.folded)
	[ "$(kept $name.zst)" = "$folded" ] ||
		fail "$name: $(kept $name.zst) kept, but $folded in folded stacks"
done

for tree in known_tree known_tree_static known_tree_static_pie known_tree_fp known_tree_clang; do
	[ -x "$progs/$tree" ] || { echo "not checked, as it was not built: $tree"; continue; }
	echo "every frame of $tree"
	record $tree "$progs/$tree" 1
	share $tree.folded "^${tree:0:15};_start;(.*;)?main;left;deep;leaf" 68 82
	share $tree.folded "^${tree:0:15};_start;(.*;)?main;right;leaf" 18 32
done

echo 'a stripped program: the same depth, told by address'
record stripped "$progs/known_tree_stripped" 1
module='\\[known_tree_stripped\\+0x[0-9a-f]+\\]'
share stripped.folded "^[^;]*;$module;.*;$module;$module;$module;$module" 66 84

echo '200 threads by name'
record threads "$progs/threads200" 2
ddrec report -q --folded --by thread threads.zst >by-thread.folded
threads=$(cut -d';' -f2 by-thread.folded | sort -u | wc -l)
[ "$threads" -ge 190 ] || fail "only $threads of 200 threads were seen"

echo 'a function called <script>alert(1)</script>'
record script "$progs/script_name" 1
grep -q '<script>alert(1)</script>' script.folded || fail 'its name is not in the folded stacks'
ddrec report -q --flamegraph -o script.svg script.zst || fail 'no flame graph of it'
grep -q 'alert(1)' script.svg || fail 'its name is not in the flame graph'
! grep -q '<script>alert' script.svg || fail 'its name is markup in the flame graph'
if command -v xmllint >/dev/null; then
	xmllint --noout script.svg || fail 'the flame graph is not well-formed'
fi

echo 'a trace through a pipe'
ddrec record -q -F 997 -o - -- "$progs/known_tree" 1 2>pipe.err | ddrec report -q --folded - >pipe.folded
share pipe.folded ';main;left;deep;leaf' 66 84

echo 'requirements'
ddrec report -q --require 'complete>=99,samples>100' known_tree.zst >/dev/null || fail 'they hold, but exit status is not 0'
ddrec report -q --require 'samples>100000' known_tree.zst >/dev/null 2>&1
[ $? -eq 3 ] || fail 'they do not hold, but exit status is not 3'
exit $status
