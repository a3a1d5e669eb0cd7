# shellcheck shell=bash
# What the hardware and the kernel must cost, and where ddrec's own time goes; run.sh reads it in.
# floors.c times reading, copying and decompressing; recordings with stacks of several sizes tell the
# kernel's copy from its interrupt; ddrec records itself.

floor()
{
	local seconds bytes
	read -r seconds bytes <<<"$("$work/floors" "$2" "$3")"
	[ "${bytes:-0}" -gt 0 ] && put floor_ms "$4" "$1" "$(calc "$seconds * 1e3")"
}

# beside_floor SUBJECT FILE: what a warm report of it takes.
beside_floor()
{
	ddrec report -q --folded -o "$work/folded" "$2" 2>"$work/err" || return
	cost_of ddrec report -q --folded -o "$work/folded" "$2" &&
		put floor_ms "$1" 'ddrec report, warm' "$(calc "$wall * 1e3")"
	cost_of ddrec-report --version &&
		put floor_ms "$1" 'start and end of ddrec-report' "$(calc "$wall * 1e3")"
}

floors_round()
{
	local who
	beside_floor 'report of the trace of gcc' "$own_trace"
	floor 'decompress the trace' decompress "$own_trace" 'report of the trace of gcc'
	if [ "$perf_data" ]; then
		beside_floor 'report of perf.data of gcc' "$perf_data"
		floor 'read perf.data' read "$perf_data" 'report of perf.data of gcc'
		floor 'copy perf.data in memory' copy "$perf_data" 'report of perf.data of gcc'
	fi
	if [ -s "$long_trace" ]; then
		beside_floor 'report of the longest trace' "$long_trace"
		floor 'decompress the trace' decompress "$long_trace" 'report of the longest trace'
	fi
	for who in $(in_turn alone ddrec-65528 ddrec-8192 ddrec-1024 ddrec-none); do
		record_once 'cc1 by stack size' 4999 "$who"
	done
}

# profile TITLE COMM COMMAND...: the top functions of a process that the command starts.
profile()
{
	local title=$1 comm=$2
	shift 2
	ddrec record -q -F 4999 -o "$work/self.zst" -- "$@" >"$work/out" 2>&1
	ddrec report -q --comm "^$comm" --width 100 -n 12 -o - "$work/self.zst" 2>"$work/err" |
		sed -n '/^shown/p; /^Functions/,/^$/p' | while IFS= read -r line; do
		printf 'text\t%s\t%s\n' "$title" "$line" >>"$results"
	done
}

part_floors()
{
	local why='' long_trace=$work/growth-1000000.zst
	make_recordings || { missing floor_ms all all "${why:-no recording}"; return; }
	each_round 97 floors_round
	profile 'ddrec report of the trace of gcc, warm, twenty times' ddrec-report sh -c \
		"for i in \$(seq 20); do ddrec report -q --folded -o '$work/folded' '$own_trace'; done"
	[ -s "$long_trace" ] && profile 'ddrec report of the longest trace, warm' ddrec-report \
		ddrec report -q --folded -o "$work/folded" "$long_trace"
	take_target cc1
	profile 'ddrec record of cc1 at 4999 Hz' ddrec-record \
		ddrec record -q -F 4999 -o "$work/recording" -- "${target[@]}"
}
