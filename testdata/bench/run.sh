#!/bin/bash
# The benchmark: ddrec and the peers that are installed do the same work in the same run, in turn.
# run.sh [OPTIONS] [PART...]. `make bench` runs all parts and prints one table.
#
#	-O DIR        build directory, build by default; all files go to DIR/bench
#	--quick       one round of short workloads: is the machinery right? No figure to quote
#	--rounds N    rounds of each part, 5 by default
#	--minutes N   begin no further round when N minutes, 24 by default, are used up
#	--markdown    print the table for docs/performance.md
#	--table       print the table of the last run and do nothing else
#
# Parts, each in its own file that says what it measures: record stops report rates growth floors.
# targets.sh has the workloads, run_cost.c tells time and memory, table.py makes the table.
#
# A peer that is missing, and a figure that cannot be had, is told under the table; the exit status
# is 0 then. The numbers go to DIR/bench/results as lines of FIGURE, SUBJECT, TOOL, ROUND, VALUE.
set -u
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 1
here=testdata/bench

build=build rounds=5 quick='' minutes=24 table_options='' only_table='' parts=''
all_parts='record stops report rates growth floors'

usage()
{
	sed -n '3,10p' "$here/run.sh" | sed 's/^# \{0,1\}//' >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	-O) build=${2:?}; shift ;;
	--quick) quick=1 rounds=1 ;;
	--rounds) rounds=${2:?}; shift ;;
	--minutes) minutes=${2:?}; shift ;;
	--markdown) table_options=--markdown ;;
	--table) only_table=1 ;;
	record | stops | report | rates | growth | floors) parts="$parts $1" ;;
	*) usage ;;
	esac
	shift
done

build=$(cd "$build" && pwd) || exit 1
work=$build/bench
results=$work/results
mkdir -p "$work"
PATH=$build/bin:$PATH
# Nobody's caches but the benchmark's own; nothing comes from the network.
export XDG_CACHE_HOME=$work/cache
unset DEBUGINFOD_URLS

print_table()
{
	python3 "$here/table.py" $table_options "$results"
}

[ "$only_table" ] && { print_table; exit; }

: >"$results"
. "$here/lib.sh"
. "$here/targets.sh"
for part in $all_parts; do
	. "$here/part_$part.sh"
done
build_helpers || exit 1
tell_about_machine
for part in ${parts:-$all_parts}; do
	say "$part"
	"part_$part"
done
tell_about_run
print_table
