#!/bin/bash
# Reports are equal byte for byte whatever the number of threads: of stored traces, of a damaged and a
# cut one, and of one that is recorded here, where that is allowed.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$BUILD/bin:$PATH
tmp=$TMPDIR
status=0

# compare TRACE OPTION...
compare()
{
	local n
	: >"$tmp/one"
	ddrec report -j 1 -o "$tmp/one" "$@" 2>"$tmp/one.err"
	for n in 2 3 16; do
		: >"$tmp/many"
		ddrec report -j $n -o "$tmp/many" "$@" 2>"$tmp/many.err"
		sed -i 's:/many$:/one:' "$tmp/many.err" # "wrote FILE"
		cmp "$tmp/one" "$tmp/many" && cmp "$tmp/one.err" "$tmp/many.err" && continue
		echo "ddrec report $* differs with $n threads"
		status=1
	done
}

compare_all()
{
	local view
	for view in --text --folded --flamegraph '--text --by thread --time 10%-60%' '--folded --no-inline'; do
		# shellcheck disable=SC2086 # words
		compare "$1" $view
	done
}

damage()
{
	local bytes
	bytes=$(stat -c %s "$1")
	cp "$1" "$tmp/damaged.zst"
	printf '\377\377\377' | dd of="$tmp/damaged.zst" bs=1 seek=$((bytes / 2)) conv=notrunc status=none
	head -c $((bytes * 2 / 3)) "$1" >"$tmp/cut.zst"
	compare "$tmp/damaged.zst"
	compare "$tmp/cut.zst"
}

for trace in testdata/demo.trace.zst testdata/traces/*.zst; do
	compare_all "$trace"
	damage "$trace"
done
work='for i in 1 2 3 4 5 6; do gcc -O2 -I. -D_GNU_SOURCE -c -o /dev/null common/snapshot.c & done; wait'
if ddrec record -q -F 2000 -o "$tmp/live.zst" -- sh -c "$work" 2>"$tmp/record.err"; then
	compare_all "$tmp/live.zst"
	damage "$tmp/live.zst"
else
	echo "only stored traces were compared; nothing can be recorded here: $(tail -n 1 "$tmp/record.err")"
fi
exit $status
