# shellcheck shell=bash
# What a report costs: the same perf.data, made by perf of gcc compiling SQLite at 999 Hz, goes to perf,
# hotspot's perfparser, samply and ddrec, in turn; run.sh reads it in. Then a trace that ddrec made of
# the same command. All files are in the page cache, and all tools write their output to a file.
#
# Cold: ddrec finds no cache of its own; warm: one of an earlier report. The peers keep no cache of what
# they compute. perf script with inlines takes minutes, so it runs once in all, with a time limit.

inline_limit=${quick:+90}
inline_limit=${inline_limit:-240}
perf_data='' own_trace='' no_perf_data=''

# Sets own_trace and perf_data, which stays empty, with a reason in no_perf_data, if there is none.
make_recordings()
{
	[ "$own_trace" ] && return
	take_target gcc || return 1
	ddrec record -q -e "$event" -F 999 -o "$work/gcc.zst" -- "${target[@]}" || return 1
	own_trace=$work/gcc.zst
	have perf || { no_perf_data='perf is not installed'; return; }
	if "${perf[@]}" record -q -e "$event" -F 999 --call-graph dwarf -o "$work/gcc.perf.data" -- \
		"${target[@]}" >"$work/out" 2>"$work/err"; then
		perf_data=$work/gcc.perf.data
	else
		no_perf_data="perf cannot record: $(last_line "$work/err")"
	fi
}

# report_once SUBJECT TOOL COMMAND...: sets `said`, the file with its output.
report_once()
{
	local subject=$1 tool=$2 status
	shift 2
	cost_of "$@"
	status=$?
	if [ $status -ne 0 ]; then
		[ $status -eq 124 ] && why="stopped after $inline_limit s" ||
			why="failed: $(last_line "$work/err")"
		missing report_s "$subject" "$tool" "$why"
		return 1
	fi
	put report_s "$subject" "$tool" "$wall"
	put report_cpu_s "$subject" "$tool" "$cpu"
	put report_mb "$subject" "$tool" "$(calc "$peak * 1024 / 1e6")"
}

# What the tool told, as samples.
put_samples()
{
	put report_samples "$1" "$2" "${3:-0}"
}

folded_samples()
{
	awk '{ n += $NF } END { print n + 0 }' "$1"
}

# report_ddrec SUBJECT FILE TOOL
report_ddrec()
{
	if report_once "$1" "$3" ddrec report -q --folded -o "$work/folded" "$2"; then
		[ "$event" = cycles ] || put_samples "$1" "$3" "$(folded_samples "$work/folded")"
	fi
}

# report_cold_and_warm SUBJECT FILE TOOL
report_cold_and_warm()
{
	rm -rf "$XDG_CACHE_HOME"
	report_ddrec "$1" "$2" "$3, cold"
	report_ddrec "$1" "$2" "$3, warm"
}

report_perf_script()
{
	report_once "$subject" 'perf script --no-inline' "${perf[@]}" script --no-inline \
		-i "$perf_data" &&
		put_samples "$subject" 'perf script --no-inline' "$(grep -c '^[^[:space:]#]' "$work/out")"
}

report_perf_inline()
{
	report_once "$subject" 'perf script' timeout "$inline_limit" "${perf[@]}" script \
		-i "$perf_data" &&
		put_samples "$subject" 'perf script' "$(grep -c '^[^[:space:]#]' "$work/out")"
}

report_perf_report()
{
	report_once "$subject" 'perf report --no-inline' "${perf[@]}" report --stdio --no-children \
		--no-inline -g graph -i "$perf_data"
}

report_perfparser()
{
	local tool='hotspot-perfparser'
	[ "$perfparser" ] || { missing report_s "$subject" "$tool" 'not installed'; return; }
	report_once "$subject" "$tool" "$perfparser" --input "$perf_data" --output "$work/perfparser" &&
		put_samples "$subject" "$tool" "$("$perfparser" --input "$perf_data" --print-stats \
			2>/dev/null | awk '/^samples:/ { print $2 }')"
}

report_samply()
{
	local tool='samply import (no names)'
	have samply || { missing report_s "$subject" "$tool" 'not installed'; return; }
	report_once "$subject" "$tool" samply import --save-only -o "$work/samply.json.gz" \
		"$perf_data" || return
	count_samples samply "$work/samply.json.gz"
	put_samples "$subject" "$tool" "$samples"
}

report_perf_data()
{
	if [ "$refused" ]; then
		missing report_s "$subject" 'ddrec report' "$refused"
	else
		report_cold_and_warm "$subject" "$perf_data" 'ddrec report'
	fi
}

report_own_trace()
{
	report_cold_and_warm 'its own trace of it' "$own_trace" 'ddrec report'
}

report_round()
{
	local name
	for name in $(in_turn $report_tools); do
		"report_$name"
	done
}

part_report()
{
	local why='' refused='' subject='perf.data of gcc'
	make_recordings || { missing report_s all all "${why:-no recording}"; return; }
	report_tools=own_trace
	if [ "$perf_data" ]; then
		ddrec report -q --folded -o "$work/folded" "$perf_data" 2>"$work/err" ||
			refused="does not read it: $(last_line "$work/err")"
		report_tools='perf_data own_trace perf_script perf_report perfparser samply'
		say 'perf script with inlines, once'
		report_perf_inline
	else
		missing report_s "$subject" 'all tools' "$no_perf_data"
	fi
	each_round 75 report_round
	[ "$perf_data" ] && about "perf.data of gcc has $(stat -c %s "$perf_data") bytes,\
 ddrec's own trace of it $(stat -c %s "$own_trace")"
}
