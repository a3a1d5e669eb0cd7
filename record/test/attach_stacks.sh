#!/bin/bash
# Stacks are as complete when ddrec attaches (by CPU and by thread, in turn) as when it launches, ten times
# in a row, with every thread there; the target's output and exit status are its own.
set -u
# shellcheck source=common/test/run_live.sh
. "$(dirname "$0")/../../common/test/run_live.sh"
workers=$BUILD/record/test/tool_running

# The share of complete stacks in a trace, in percent.
complete()
{
	ddrec report -q --no-cache "$1" | sed -n 's/^  stacks *\([0-9.]*\) % complete.*/\1/p'
}

# Whether $1 is at least $2 less a point.
as_good_as()
{
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && b != "" && a >= b - 1) }'
}

ddrec record -q -F 499 -o launch.zst "$workers" workers 1500 >/dev/null
launched=$(complete launch.zst)
as_good_as "$launched" 99 || fail "a launch gives $launched % complete stacks"

"$workers" workers 30000 >output &
target=$!
sleep 0.3
shares=
for i in 1 2 3 4 5 6 7 8 9 10; do
	way=$([ $((i % 2)) = 0 ] && echo --per-thread)
	# shellcheck disable=SC2086 # it may be no word
	ddrec record -q $way -F 499 -d 0.7 -o $i.zst -p $target || fail "recording $i: $?"
	share=$(complete $i.zst)
	shares="$shares $share"
	as_good_as "$share" "$launched" || fail "attached, only $share % complete, launched $launched %"
	threads=$(ddrec report -q --no-cache --by thread $i.zst | grep -c 'worker-[ab] (tid\|tool_running (tid')
	[ "$threads" = 3 ] || fail "recording $i has $threads threads"
done
echo "complete stacks: launched $launched %, attached$shares %"
wait $target
[ $? = 7 ] || fail "the target's exit status changed"
[ "$(cat output)" = "$(printf 'ready\nthe result is 42')" ] || fail "the target's output changed: $(cat output)"
exit $status
