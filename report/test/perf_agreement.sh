#!/bin/bash
# Where perf's own unwinder reaches a stack's first frame, ddrec finds the same stack in the same
# perf.data. Needs a perf that can record, and python3.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v perf >/dev/null && command -v python3 >/dev/null &&
	perf record -qN -e cpu-clock -o "$TMPDIR/try.data" true >/dev/null 2>&1 ||
	{ echo 'SKIPPED: no perf that can record here, or no python3'; exit 77; }
status=0

# judge COMMAND...
judge()
{
	echo "$*"
	perf record -qN -e cpu-clock -F 999 --call-graph dwarf -o "$TMPDIR/perf.data" -- "$@" >/dev/null 2>&1
	report/test/perf_agreement.py "$TMPDIR/perf.data" || status=1
}

judge gcc -O2 -I. -D_GNU_SOURCE -c -o "$TMPDIR/x.o" report/replay.c
judge "$BUILD/testdata/known_tree_fp"
judge "$BUILD/testdata/known_tree"
judge perl -e '$s += length(join ",", map { $_ * $_ } 1 .. 50) for 1 .. 20000'
exit $status
