# shellcheck shell=bash
# What recording costs: the recorder's CPU time and bytes for a sample, and how much slower the target
# gets; run.sh reads it in. Each workload runs alone and under each recorder, in turn, so that a machine
# that gets slower meanwhile is slow for all. STACKS='16384 32768' also measures these limits of a
# snapshot.
#
# The recorder's CPU is all of it, start and end included, by run_cost.c. samply unwinds while it
# records and writes a profile of addresses, so it does more of the work in the recorder.

recorders='alone ddrec perf-fp perf-dwarf samply'
for size in ${STACKS:-}; do
	recorders="$recorders ddrec-$size"
done

tool_name()
{
	case $1 in
	alone) echo alone ;;
	ddrec) echo 'ddrec record' ;;
	ddrec-*) echo "ddrec record --stack ${1#ddrec-}" ;;
	perf-fp) echo 'perf record -g' ;;
	perf-dwarf) echo 'perf record -z --call-graph dwarf' ;;
	samply) echo 'samply record' ;;
	esac
}

# take_recorder NAME HZ FILE: sets the array `recorder` to the command in front of the target.
take_recorder()
{
	case $1 in
	alone) recorder=() ;;
	ddrec) recorder=(ddrec record -q -e "$event" -F "$2" -o "$3" --) ;;
	ddrec-none) recorder=(ddrec record -q -e "$event" -F "$2" --stack none -o "$3" --) ;;
	ddrec-*) recorder=(ddrec record -q -e "$event" -F "$2" --stack "sieve,${1#ddrec-}" -o "$3" --) ;;
	perf-fp) recorder=("${perf[@]}" record -q -e "$event" -F "$2" -g -o "$3" --) ;;
	perf-dwarf) recorder=("${perf[@]}" record -q -e "$event" -F "$2" -z --call-graph dwarf -o "$3" --) ;;
	samply) recorder=(samply record --save-only -r "$2" -o "$3" --) ;;
	esac
}

# count_samples NAME FILE: sets samples and lost.
count_samples()
{
	case $1 in
	alone) samples=0 lost=0 ;;
	ddrec*) read -r samples lost <<<"$(ddrec info "$2" | awk '/^samples:/ {
		match($0, /; [0-9]+ lost/); print $2, substr($0, RSTART + 2) + 0 }')" ;;
	perf*) samples=$(perf report --stats -i "$2" 2>/dev/null |
		awk '/SAMPLE events:/ { print $3; exit }')
		lost=$(perf script --show-lost-events -F pid -i "$2" 2>/dev/null |
			awk '/RECORD_LOST_SAMPLES/ { all += $NF } /RECORD_LOST / { n += $NF } END { print all ? all : n + 0 }') ;;
	samply) read -r samples lost <<<"$(python3 -c '
import gzip, json, sys
threads = json.load(gzip.open(sys.argv[1]))["threads"]
print(sum(t["samples"]["length"] for t in threads), 0)' "$2")" ;;
	esac
}

# works RECORDER: tries it once; sets why.
works()
{
	[ "$1" = alone ] && return
	take_recorder "$1" 999 "$work/recording"
	have "${recorder[0]}" || { why='not installed'; return 1; }
	"${recorder[@]}" true >"$work/out" 2>"$work/err" && return
	why="cannot record here: $(grep -v '^ *$' "$work/err" | head -n 1 | cut -c 1-90)"
	[ "$1$event" = samplycpu-clock ] && why="$why (it asks for hardware cycles, and there are none)"
	return 1
}

# record_once SUBJECT HZ RECORDER: the array target under the recorder.
record_once()
{
	local subject="$1, $2 Hz" tool file=$work/recording outer target_wall target_cpu rest
	tool=$(tool_name "$3")
	rm -f "$file"
	take_recorder "$3" "$2" "$file"
	if ! cost_of "${recorder[@]}" "$work/run_cost" "$work/inner" "${target[@]}"; then
		missing recorder_us "$subject" "$tool" "failed: $(last_line "$work/err")"
		return
	fi
	outer=$cpu
	read -r target_wall target_cpu rest <"$work/inner"
	count_samples "$3" "$file"
	put target_s "$subject" "$tool" "$target_wall"
	put target_cpu_s "$subject" "$tool" "$target_cpu"
	[ "$3" = alone ] && return
	[ "${samples:-0}" -gt 0 ] || { missing samples "$subject" "$tool" 'no samples'; return; }
	put samples "$subject" "$tool" "$samples"
	put lost "$subject" "$tool" "$lost"
	put bytes "$subject" "$tool" "$(calc "$(stat -c %s "$file") / $samples")"
	put recorder_us "$subject" "$tool" \
		"$(calc "($outer - $target_cpu - ${rest#* }) / $samples * 1e6")"
}

# record_workload NAME HZ...: all recorders at all rates.
record_workload()
{
	local name=$1 hz who
	shift
	take_target "$name" || { missing recorder_us "$name" 'all' "$why"; return; }
	for hz; do
		for who in $(in_turn $recorders); do
			record_once "$name" "$hz" "$who"
		done
	done
}

record_cc1()
{
	record_workload cc1 199 999 4999
}

record_others()
{
	local name
	for name in rust node threads; do
		record_workload "$name" 999 4999
	done
}

part_record()
{
	local who working=
	for who in $recorders; do
		if works "$who"; then
			working="$working $who"
		else
			missing recorder_us 'all workloads' "$(tool_name "$who")" "$why"
		fi
	done
	recorders=$working
	each_round 40 record_cc1
	each_round 60 record_others
}
