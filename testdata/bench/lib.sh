# shellcheck shell=bash
# What the parts of the benchmark share; run.sh reads it in. Globals from there: work, results,
# rounds, quick, minutes, build.

round=1
started=$(date +%s)
perf=(perf --buildid-dir "$work/buildid") # with a build-id cache of the benchmark's own

# Progress, to stderr.
say()
{
	printf 'bench: %3d:%02d %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2
}

# put FIGURE SUBJECT TOOL VALUE: one measurement of this round.
put()
{
	printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$round" "$4" >>"$results"
}

# missing FIGURE SUBJECT TOOL REASON: a figure that could not be had.
missing()
{
	say "left out: $3: $4"
	printf 'missing\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$results"
}

# about TEXT: a line above the table.
about()
{
	printf 'about\t%s\n' "$*" >>"$results"
}

have()
{
	command -v "$1" >/dev/null
}

calc()
{
	awk "BEGIN { printf \"%.9g\", $1 }"
}

last_line()
{
	grep -v '^ *$' "$1" | tail -n 1 | cut -c 1-160
}

# The time goes to the parts in order: time_is_left PERCENT, of all that may be used.
time_is_left()
{
	[ "$SECONDS" -lt $((minutes * 60 * $1 / 100)) ]
}

# each_round PERCENT FUNCTION: calls it for each round, as long as there is time.
each_round()
{
	for round in $(seq "$rounds"); do
		if [ "$round" -gt 1 ] && ! time_is_left "$1"; then
			about "${2//_/ }: stopped after $((round - 1)) of $rounds rounds, for lack of time"
			break
		fi
		say "${2//_/ }: round $round of $rounds"
		"$2"
	done
	round=1
}

# in_turn WORD...: prints the words, beginning with another one in each round.
in_turn()
{
	local i
	for i in $(seq 0 $(($# - 1))); do
		printf '%s\n' "${@:$(((i + round - 1) % $# + 1)):1}"
	done
}

# cost_of COMMAND...: runs it, output to $work/out and $work/err; sets wall, cpu (seconds) and
# peak (KiB). Fails as the command does.
cost_of()
{
	local own status
	wall=0 cpu=0 peak=0
	rm -f "$work/cost"
	"$work/run_cost" "$work/cost" "$@" >"$work/out" 2>"$work/err"
	status=$?
	[ -s "$work/cost" ] && read -r wall cpu peak own <"$work/cost"
	return $status
}

build_helpers()
{
	local name
	for name in run_cost stops floors; do
		"${CC:-cc}" -O2 -D_GNU_SOURCE -o "$work/$name" "$here/$name.c" -lzstd || return 1
	done
	event=cycles
	ddrec record -q -e cycles -o "$work/try" true >/dev/null 2>&1 ||
		event="cpu-clock"
	perfparser=$(find_perfparser)
}

find_perfparser()
{
	local path
	for path in "$(command -v hotspot-perfparser)" /usr/lib/*/libexec/hotspot-perfparser \
		/usr/libexec/hotspot-perfparser /usr/lib/libexec/hotspot-perfparser; do
		[ -x "$path" ] && { echo "$path"; return; }
	done
}

steal_ticks()
{
	awk '/^cpu / { print $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' /proc/stat
}

tell_about_machine()
{
	local model
	model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
	about "$(getconf _NPROCESSORS_ONLN) CPUs (${model:-unknown}), $(awk '/^MemTotal/ {
		printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r), event $event"
	about "$(ddrec --version | head -n 1), $(perf --version 2>/dev/null || echo 'no perf'),\
 $(samply --version 2>/dev/null || echo 'no samply'),\
 $(dpkg-query -W -f 'hotspot ${Version}' hotspot 2>/dev/null)"
	[ "$quick" ] && about 'QUICK RUN of short workloads: no figure to quote'
	read -r steal_before ticks_before <<<"$(steal_ticks)"
	load_before=$(cut -d ' ' -f 1 /proc/loadavg)
}

tell_about_run()
{
	local steal ticks
	read -r steal ticks <<<"$(steal_ticks)"
	about "$(($(date +%s) - started)) s; load before the run: $load_before; time stolen by the\
 hypervisor: $(calc "100 * ($steal - $steal_before) / ($ticks - $ticks_before + 1)" |
		cut -c 1-4) %"
}
