#!/bin/bash
# perf and ddrec read the same from what perf records, in every way it does: number of samples of each
# event, and of each sample its time, thread, address, period, call chain, registers and bytes of stack;
# number of names, exits and executable mappings. Their order is that of time.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$BUILD/bin:$PATH
progs=$BUILD/testdata
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

command -v perf >/dev/null || { echo 'perf is not installed'; exit 77; }
command -v python3 >/dev/null || { echo 'python3 is not installed'; exit 77; }
perf record -qN -e cpu-clock -o "$scratch/probe" -- true 2>/dev/null || { echo 'perf cannot record'; exit 77; }

failed()
{
	echo "$1: $2"
	status=1
}

# The names of the events, one a line.
events()
{
	ddrec script "$1" | sed -n 's/^event samples [0-9]* //p'
}

compare_counts()
{
	local name=$1 file=$2 event
	perf script -i "$file" -G -F event 2>/dev/null | sed 's/^ *//; s/: *$//' | sort | uniq -c |
		awk '{ print $2, $1 }' >"$scratch/perf.counts"
	ddrec script "$file" | sed -n 's/^event samples \([0-9]*\) \(.*\)/\2 \1/p' | grep -v ' 0$' |
		sort >"$scratch/ddrec.counts"
	diff "$scratch/perf.counts" "$scratch/ddrec.counts" >&2 || failed "$name" "samples of the events"
	grep -c '\(PERF_RECORD_COMM\|PERF_RECORD_EXIT\|PERF_RECORD_MMAP2.*: ..x. \)' "$scratch/dump" \
		>"$scratch/perf.counts"
	event=$(events "$file" | head -n 1)
	ddrec script --event "$event" "$file" | grep -v ' name swapper$' |
		grep -c '^\(comm\|exit\|mmap\) ' >"$scratch/ddrec.counts"
	diff "$scratch/perf.counts" "$scratch/ddrec.counts" >&2 || failed "$name" "other records"
}

compare_samples()
{
	local name=$1 file=$2
	for event in $(events "$file"); do
		ddrec script --event "$event" "$file" >"$scratch/script" || failed "$name" 'ddrec script'
		report/test/perf_samples.py ddrec "$name" <"$scratch/script" >"$scratch/event"
		sort -n -k 1,1 -s -c "$scratch/event" 2>/dev/null || failed "$name" "the order of $event"
		cat "$scratch/event"
	done | sort >"$scratch/ddrec.samples"
	report/test/perf_samples.py perf "$name" <"$scratch/dump" | sort >"$scratch/perf.samples"
	[ -s "$scratch/perf.samples" ] || failed "$name" 'no samples'
	cmp -s "$scratch/perf.samples" "$scratch/ddrec.samples" && return
	failed "$name" 'samples differ, as the first of these:'
	diff "$scratch/perf.samples" "$scratch/ddrec.samples" | head -n 4
}

# way NAME COMMAND... -- OPTIONS OF PERF RECORD...
way()
{
	local name=$1 command=()
	shift
	while [ "$1" != -- ]; do command+=("$1"); shift; done
	shift
	if [ "$name" = pipe ]; then
		perf record -qN "$@" -o - -- "${command[@]}" >"$scratch/data" 2>/dev/null
	elif ! perf record -qN "$@" -o "$scratch/data" -- "${command[@]}" >/dev/null 2>"$scratch/err"; then
		echo "perf record $*: $(head -n 1 "$scratch/err")"
		return
	fi
	perf script -D -i "$scratch/data" >"$scratch/dump" 2>/dev/null
	compare_counts "$name" "$scratch/data"
	compare_samples "$name" "$scratch/data"
	ddrec report -q "$scratch/data" >/dev/null || failed "$name" 'ddrec report'
	n_ways=$((n_ways + 1))
}

n_ways=0
busy=("$progs/known_tree" 0.1)
way plain "${busy[@]}" -- -e cpu-clock -F 1999
way fp "$progs/known_tree_fp" 0.1 -- -e cpu-clock -F 1999 -g
way dwarf "${busy[@]}" -- -e cpu-clock -F 1999 --call-graph dwarf
way dwarf-large "$progs/deep_recursion" 0.1 -- -e cpu-clock -F 999 --call-graph dwarf,65528
way compressed "${busy[@]}" -- -z -e cpu-clock -F 1999 --call-graph dwarf
way compressed-9 "$progs/fork_storm" 30 -- -z9 -e cpu-clock -F 1999 -g
way pipe "${busy[@]}" -- -e cpu-clock -F 1999 -g
way several "${busy[@]}" -- -e cpu-clock,page-faults,context-switches -F 1999 -g
way fixed "${busy[@]}" -- -e task-clock -c 500000 -g
way user "${busy[@]}" -- -e cpu-clock:u -F 1999 -g
way no-time "${busy[@]}" -- -e cpu-clock -F 1999 -g --per-thread --no-inherit
way everything "${busy[@]}" -- -e cpu-clock -F 999 -g -d --phys-data --code-page-size --data-page-size -W -R \
	--sample-cpu --period --timestamp --sample-identifier --running-time
way regs "${busy[@]}" -- -e cpu-clock -F 999 --user-regs=ip,sp,bp --intr-regs=ip,sp
way sideband "$progs/threads200" 0.2 -- -e cpu-clock -F 999 -g --switch-events --namespaces --all-cgroups
way build-ids "$progs/dlopen_loop" 0.2 -- -e cpu-clock -F 999 -g --buildid-mmap
way small-ring "$progs/fork_storm" 50 -- -e cpu-clock -F 1999 -g -m 1
way all-cpus sleep 0.2 -- -a -e cpu-clock -F 1999 -g
way all-cpus-dwarf sleep 0.2 -- -a -e cpu-clock,page-faults -F 999 --call-graph dwarf
way clock "${busy[@]}" -- -e cpu-clock -F 999 -g -k CLOCK_MONOTONIC
way group "${busy[@]}" -- -e '{cpu-clock,page-faults}' -F 999 -g
way tail "${busy[@]}" -- -e cpu-clock -F 999 -g --tail-synthesize --overwrite
echo "$n_ways ways to record agree or not"
[ "$n_ways" -gt 15 ] || failed all 'too few could be recorded'
exit $status
