# shellcheck shell=bash
# How a report grows with the trace: about 10^4, 10^5 and 10^6 samples of cc1, on all CPUs at 4999 Hz;
# run.sh reads it in. A quick run multiplies a short trace instead, through the writer
# (report/test/tool_multiply_trace.c).

# compile_for SECONDS: prints a script that runs cc1 again and again on each CPU. timeout(1) ends the
# loop with all that it started.
compile_for()
{
	local cpu
	echo "while :; do $(printf "'%s' " "${target[@]}") -o /dev/null; done" >"$work/loop.sh"
	for cpu in $(seq "$(getconf _NPROCESSORS_ONLN)"); do
		echo "timeout $1 sh '$work/loop.sh' &"
	done
	echo wait
}

# record_samples COUNT FILE
record_samples()
{
	compile_for "$(calc "$1 / 4999 / $(getconf _NPROCESSORS_ONLN)")" >"$work/loops.sh"
	ddrec record -q -e "$event" -F 4999 -o "$2" -- sh "$work/loops.sh" >"$work/out" 2>&1
}

multiply_samples()
{
	local tool=$build/report/test/tool_multiply_trace
	[ -x "$tool" ] || { why="there is no $tool"; return 1; }
	make_recordings || return 1
	count_samples ddrec "$own_trace"
	"$tool" "$own_trace" $((($1 + samples - 1) / samples)) "$2" >"$work/out" 2>&1
}

growth_round()
{
	local file
	for file in $growth_files; do
		count_samples ddrec "$file"
		report_cold_and_warm "$samples samples" "$file" 'ddrec report'
	done
}

part_growth()
{
	local why='' count file make_trace=record_samples
	[ "$quick" ] && make_trace=multiply_samples
	take_target cc1 || { missing report_s growth all "$why"; return; }
	growth_files=
	for count in 10000 100000 1000000; do
		file=$work/growth-$count.zst
		say "a trace of about $count samples"
		if "$make_trace" "$count" "$file"; then
			growth_files="$growth_files $file"
		else
			missing report_s "$count samples" 'ddrec report' "${why:-$(last_line "$work/out")}"
		fi
	done
	each_round 90 growth_round
}
