#!/bin/bash
# Records and reports each of the programs that ddrec must live with, and prints a table:
# workloads.sh [BUILD_DIR] [PATTERN]. Samples, losses, how many stacks are complete, the most frequent
# reason why not, bytes per sample. A tool that is missing is skipped, loudly. The reports stay in
# BUILD_DIR/workloads. The exit status is 1 when a recording or a report failed.
# With RECORDER=perf it is perf that records, CPU time and page faults with copies of stacks, and the
# samples of both that ddrec counts must be as many as those that perf script prints.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$(cd "${1:-build}" && pwd) || exit 1
pattern=${2:-}
recorder=${RECORDER:-ddrec}
PATH=$build/bin:$PATH
progs=$build/testdata
work=$build/workloads
status=0
rm -rf "$work"
mkdir -p "$work"
big_c=$(testdata/bench/sqlite3.sh "$build/bench")

# What `ddrec report` says under Health, by its labels.
health()
{
	awk -v label="$2" '/^Health/ { on = 1 } on && $1 == label { $1 = ""; print substr($0, 2); exit }' "$1"
}

row()
{
	local name=$1 trace=$2 report=$3 samples lost
	samples=$(health "$report" samples | sed 's/ kept.*//; s/,//g')
	lost=$(health "$report" samples | sed 's/.*kept, \([0-9,]*\) lost.*/\1/; s/,//g')
	local complete reason bytes=-
	complete=$(health "$report" stacks | sed -n 's/ complete.*//p')
	reason=$(health "$report" incomplete)
	[ "${samples:-0}" -gt 0 ] && bytes=$(($(stat -c %s "$trace") / samples))
	printf '%-18s %8s %6s %9s %7s  %s\n' "$name" "${samples:-?}" "${lost:-?}" "${complete:--}" \
		"$bytes" "${reason:0:60}"
}

# record TRACE COMMAND...
record()
{
	local trace=$1
	shift
	if [ "$recorder" = perf ]; then
		perf record -qN -F 999 -e cpu-clock,page-faults --call-graph dwarf -o "$trace" -- "$@"
	else
		ddrec record -F 999 -o "$trace" -- "$@"
	fi
}

# Whether perf script and ddrec see equally many samples of each event.
counts_agree()
{
	perf script -G -F event -i "$1" 2>/dev/null | sort | uniq -c | awk '{ print $1, $2 }' | tr -d : >"$work/perf"
	ddrec script "$1" | sed -n 's/^event samples //p' | grep -v '^0 ' >"$work/ddrec"
	[ -s "$work/perf" ] && cmp -s "$work/perf" "$work/ddrec"
}

failed()
{
	printf '%-18s FAILED: %s\n' "$1" "$2"
	status=1
}

# workload NAME EXPECTED_STATUS COMMAND...: skipped when COMMAND is not there.
workload()
{
	local name=$1 expected=$2 trace=$work/$1.zst report=$work/$1.txt
	shift 2
	case $name in *$pattern*) ;; *) return ;; esac
	if ! command -v "$1" >/dev/null && [ "$expected" -ne 127 ]; then
		printf '%-18s SKIPPED: there is no %s\n' "$name" "$1"
		return
	fi
	record "$trace" "$@" >"$work/$name.out" 2>"$work/$name.err"
	local got=$?
	if [ "$recorder" = perf ] && [ "$expected" -eq 127 ]; then
		return
	elif [ $got -ne "$expected" ]; then
		failed "$name" "exit status $got, not $expected: $(tail -n 1 "$work/$name.err")"
	elif [ "$expected" -eq 127 ]; then
		printf '%-18s %s\n' "$name" "$(tail -n 1 "$work/$name.err")"
	elif ! ddrec report "$trace" >"$report" 2>"$work/$name.report.err"; then
		failed "$name" "report: $(tail -n 1 "$work/$name.report.err")"
	elif [ "$recorder" = perf ] && ! counts_agree "$trace"; then
		failed "$name" "perf script prints $(xargs <"$work/perf"), ddrec counts $(xargs <"$work/ddrec")"
	else
		row "$name" "$trace" "$report"
	fi
}

python_work='
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
fib(31)'
node_work='
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
fib(39); JSON.parse(JSON.stringify(Array.from({ length: 300000 }, (_, i) => ({ i }))))'
perl_work='my %h; for my $i (1 .. 4000000) { $h{$i % 5000} .= "x" if "k$i" =~ /(\d+)7$/ }'

printf '%-18s %8s %6s %9s %7s  %s\n' workload samples lost complete B/sample 'top reason for incomplete'
workload gcc 0 gcc -O1 -c "$big_c" -o "$work/big.o"
workload python3 0 python3 -c "$python_work"
workload node 0 node -e "$node_work"
workload rust 0 "$progs/shares_rust" 1
workload git-log 0 git log -p
workload perl 0 perl -e "$perl_work"
workload exceptions 0 "$progs/exceptions" 1
workload signal-altstack 0 "$progs/signal_altstack" 1
workload signal-samestack 0 "$progs/signal_samestack" 1
workload static 0 "$progs/known_tree_static" 1
workload static-pie 0 "$progs/known_tree_static_pie" 1
workload stripped 0 "$progs/known_tree_stripped" 1
workload clang 0 "$progs/known_tree_clang" 1
workload threads200 0 "$progs/threads200" 2
workload fork-storm 0 "$progs/fork_storm" 500
workload dlopen-loop 0 "$progs/dlopen_loop" 1
workload deep-recursion 0 "$progs/deep_recursion" 1
workload jit-like 0 "$progs/jit_like" 1
workload sleep 0 sleep 1
workload no-such-command 127 ddrec-no-such-command
exit $status
