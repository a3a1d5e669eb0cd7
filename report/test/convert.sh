#!/bin/bash
# A perf.data file and the trace that ddrec convert makes of it give the same report, byte for byte, in
# every format; so does a trace made of a trace. What the sieve drops is not in the trace.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$BUILD/bin:$PATH
progs=$BUILD/testdata
tmp=$TMPDIR
status=0

failed()
{
	echo "$1"
	status=1
}

# reports NAME INPUT [OPTION...]: all formats of it, into NAME.FORMAT. Some tell the input's name, so it
# has one.
reports()
{
	local name=$1 input=$2 format
	shift 2
	ln -sf "$(realpath "$input")" "$tmp/input"
	for format in $formats; do
		rm -f "$tmp/out"
		ddrec report -q "--$format" -o "$tmp/out" "$@" "$tmp/input" >"$tmp/err" 2>&1 ||
			failed "$name: ddrec report --$format $input: $(head -n 1 "$tmp/err")"
		mv "$tmp/out" "$tmp/$name.$format"
	done
}

# perf 6.1 aborts now and then, on a busy machine, when it reads build-ids at the end: not ours.
perf_record()
{
	local try
	for try in 1 2 3 4 5; do
		perf record -qN -o "$tmp/perf.data" "$@" >/dev/null 2>&1 && return
		[ $? -eq 134 ] || return
		sleep 1
	done
}

# compare WHAT INPUT MODE [OPTION...]
compare()
{
	local what=$1 input=$2 mode=$3 format
	shift 3
	ddrec convert -q --stack "$mode" "$@" -o "$tmp/trace.zst" "$input" 2>"$tmp/err" ||
		failed "$what: ddrec convert: $(head -n 1 "$tmp/err")"
	zstd -q -t "$tmp/trace.zst" || failed "$what: the trace is no zstd file"
	reports direct "$input" "$@"
	reports converted "$tmp/trace.zst"
	for format in $formats; do
		[ -s "$tmp/direct.$format" ] || failed "$what: no $format"
		cmp "$tmp/direct.$format" "$tmp/converted.$format" || failed "$what: $format differs ($mode)"
	done
}

# way WHAT COMMAND... -- OPTIONS OF PERF RECORD...
way()
{
	local what=$1 command=()
	shift
	while [ "$1" != -- ]; do command+=("$1"); shift; done
	shift
	if ! perf_record "$@" -- "${command[@]}"; then
		failed "$what: perf record"
		return
	fi
	compare "$what" "$tmp/perf.data" sieve
	compare "$what" "$tmp/perf.data" full
}

# The formats are the first options, down to --format.
formats=$(ddrec report --help | sed -n -e '/--format/q' -e 's/^      --\([a-z0-9-]*\).*/\1/p')
[ -n "$formats" ] || failed 'there are no formats'
# Of sums with all words, and of samples one by one with threads, times, CPUs and addresses.
most_telling='text folded firefox pprof'

for trace in testdata/traces/known_tree_static.zst testdata/demo.trace.zst; do
	compare "$trace" "$trace" sieve
done
ddrec convert -q -o "$tmp/trace.zst" "$tmp/trace.zst" 2>"$tmp/err" && failed 'converted a file into itself'
grep -q 'cannot be turned into itself' "$tmp/err" || failed "itself: $(cat "$tmp/err")"
[ "$(ddrec info "$tmp/trace.zst" | grep -c whole)" = 1 ] || failed 'the trace is harmed'

ddrec convert -o - - <testdata/fuzz/perf_data/fp.data 2>"$tmp/err" | ddrec report -q --folded - >"$tmp/piped"
ddrec report -q --folded testdata/fuzz/perf_data/fp.data | cmp - "$tmp/piped" || failed 'pipes make a difference'
grep -q '^ddrec: standard output: 50 samples of cpu-clock' "$tmp/err" || failed "pipes: $(cat "$tmp/err")"

if ! perf record -qN -e cpu-clock -o "$tmp/probe" -- true 2>/dev/null; then
	echo 'only stored traces were compared; perf cannot record here'
	exit $status
fi
formats=$most_telling
way dwarf "$progs/known_tree" 0.3 -- -e cpu-clock -F 1999 --call-graph dwarf
way fp "$progs/known_tree_fp" 0.3 -- -e cpu-clock -F 1999 -g
way compressed "$progs/exceptions" 0.3 -- -z -e cpu-clock -F 1999 --call-graph dwarf
way threads "$progs/threads200" 0.5 -- -e cpu-clock -F 999 --call-graph dwarf
way forks "$progs/fork_storm" 60 -- -e cpu-clock -F 1999 --call-graph dwarf
way dlopen "$progs/dlopen_loop" 0.3 -- -e cpu-clock -F 999 --call-graph dwarf --buildid-mmap
way signals "$progs/signal_samestack" 0.3 -- -e cpu-clock -F 999 --call-graph dwarf
way deep "$progs/deep_recursion" 0.3 -- -e cpu-clock -F 999 --call-graph dwarf,65528
# Whatever runs here has stacks that outgrow the copy. Without its data words such a walk, astray at
# its end, may stop for another reason; the frames are the same.
perf_record -a -e cpu-clock -F 999 --call-graph dwarf -- sleep 0.3
compare all-cpus "$tmp/perf.data" full
all_formats=$formats formats=folded
compare all-cpus "$tmp/perf.data" sieve
# A trace cannot tell that the kernel gave no times; a report of it has a duration.
way no-time "$progs/known_tree" 0.2 -- -e cpu-clock -F 999 -g --per-thread --no-inherit
formats=$all_formats
perf_record -e cpu-clock,page-faults --call-graph dwarf -- "$progs/known_tree" 0.2
compare 'the second event' "$tmp/perf.data" sieve --event page-faults

perf_record -F 999 -e cpu-clock --call-graph dwarf -- "$progs/secret_stack" 0.2
secret=$(python3 -c 'print(bytes(0xa5 ^ (7 * i) for i in range(8)).hex())' 2>/dev/null)
holds()
{
	ddrec script --words "$1" | grep -c "$(echo "$secret" | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)/\8\7\6\5\4\3\2\1/')"
}
if [ -n "$secret" ]; then
	ddrec convert -q -o "$tmp/sieved.zst" "$tmp/perf.data"
	ddrec convert -q --stack full -o "$tmp/full.zst" "$tmp/perf.data"
	[ "$(holds "$tmp/full.zst")" -gt 0 ] || failed 'the secret is nowhere: nothing is proven'
	[ "$(holds "$tmp/sieved.zst")" = 0 ] || failed 'the secret is in the trace'
fi
exit $status
