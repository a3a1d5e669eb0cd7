# shellcheck shell=bash
# How long one sample stops the target, by the target's own clock; run.sh reads it in. The slowdown of
# a whole program, which part_record.sh measures, moves by some percent from run to run of the same; this
# is the part of it that a recorder causes, to a tenth of a microsecond. stops.c has a stack of so many
# KiB: ddrec has the kernel copy all of it, perf's dwarf mode 8 KiB, perf -g the frame-pointer chain.

stops_once()
{
	local subject="$1 KiB of stack, $2 Hz" tool median p95 n long sum
	tool=$(tool_name "$3")
	rm -f "$work/stops.out"
	take_recorder "$3" "$2" "$work/recording"
	"${recorder[@]}" "$work/stops" "$work/stops.out" 1 "$1" >"$work/out" 2>"$work/err"
	if ! read -r n median p95 long sum <"$work/stops.out"; then
		missing stop_us "$subject" "$tool" "failed: $(last_line "$work/err")"
		return
	fi
	put stop_percent "$subject" "$tool" "$sum"
	[ "$3" = alone ] || put stop_us "$subject" "$tool" "$median"
}

stops_round()
{
	local who kib
	for kib in 2 12 48; do
		for who in $(in_turn $stoppers); do
			stops_once "$kib" 4999 "$who"
		done
	done
	for who in $(in_turn $stoppers); do
		stops_once 12 199 "$who"
		stops_once 12 999 "$who"
	done
}

part_stops()
{
	local who stoppers=
	for who in alone ddrec ddrec-none perf-fp perf-dwarf; do
		works "$who" && stoppers="$stoppers $who"
	done
	each_round 66 stops_round
}
