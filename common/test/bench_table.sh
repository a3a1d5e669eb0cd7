#!/bin/sh
# The benchmark's table says what its results say: medians, spread, ratios within each round, slowdown
# against the target alone, growth against the smallest trace, and what is missing.
set -u
command -v python3 >/dev/null || { echo 'SKIPPED: there is no python3'; exit 77; }
work=$RESULTS/bench_table
mkdir -p "$work"
status=0

{
	printf 'about\tsome machine\n'
	for round in 1 2 3; do
		printf 'target_s\tcc1, 999 Hz\talone\t%d\t%d\n' $round $((round * 10))
		printf 'target_s\tcc1, 999 Hz\tperf record -g\t%d\t%d\n' $round $((round * 12))
		printf 'recorder_us\tcc1, 999 Hz\tperf record -g\t%d\t%d\n' $round $((round * 20))
		printf 'recorder_us\tcc1, 999 Hz\tddrec record\t%d\t%d\n' $round $((round * 4))
		printf 'report_s\t100 samples\tddrec report, cold\t%d\t2\n' $round
		printf 'report_s\t100 samples\tddrec report, warm\t%d\t1\n' $round
		printf 'report_s\t1000 samples\tddrec report, warm\t%d\t%d\n' $round $((round + 1))
	done
	printf 'report_s\t100 samples\tperf script\t1\t300\n'
	printf 'missing\treport_s\tall\tsamply\tnot installed\n'
} >"$work/results"

# expect PATTERN: in the table, blanks pressed together.
expect()
{
	grep -qxF -- "$1" "$work/pressed" || { echo "the table lacks: $1"; status=1; }
}

python3 testdata/bench/table.py "$work/results" >"$work/text" || status=1
sed 's/  */ /g; s/^ //' "$work/text" >"$work/pressed"
expect 'some machine'
expect 'cc1, 999 Hz ddrec record 8.00 4.00 to 12.00 1.00'
expect 'perf record -g 40.00 20.00 to 60.00 5.00'
expect 'cc1, 999 Hz perf record -g 20.0 20.0'
expect '100 samples ddrec report, cold 2.000 2.000 1.00 2.00'
expect 'perf script 300.000 once 150 300'
expect '1,000 samples ddrec report, warm 3.000 2.000 to 4.000 1.00 1.00'
expect 'time, 10.0 times the samples ddrec report, warm 3.00 2.00 to 4.00'
expect 'samply, all: not installed'

python3 testdata/bench/table.py --markdown "$work/results" >"$work/pressed" || status=1
expect '| cc1, 999 Hz | perf record -g | 40.00 | 20.00 to 60.00 | 5.00 |  |'
exit $status
