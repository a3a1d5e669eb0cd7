#!/bin/sh
# Runs one test for run_checks.sh, which sets the environment: run_one.sh KIND FILE. Prints a line
# about it, and the whole output when it fails. Leaves NAME.count ("passed failed skipped") and, for
# those who want to know, NAME.failed and NAME.skipped in RESULTS.
set -u
kind=$1
file=$2
name=$(echo "${file%.*}" | tr / .)
log=$RESULTS/$name.log
start=$(date +%s)

run()
{
	scratch=$(mktemp -d) || exit 1
	XDG_CACHE_HOME=$scratch/cache TMPDIR=$scratch timeout -k 5 "$TEST_TIMEOUT" "$@" >"$log" 2>&1 </dev/null
	status=$?
	chmod -R u+rwX "$scratch"
	rm -rf "$scratch"
	[ $status -lt 124 ] || echo "(exit status $status; 124 is a timeout after ${TEST_TIMEOUT}s)" >>"$log"
}

# cmocka's own summary, all groups of the program together. A program may also skip itself as a whole,
# as a script does.
count_of()
{
	awk -v word="$1" 'index($0, "[  " word) == 1 && / test\(s\)/ {
		for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+$/) { n += $i; break }
	} END { print n + 0 }' "$log"
}

count_cmocka()
{
	if [ $status -eq 77 ]; then
		count_script
		return
	fi
	passed=$(count_of PASSED)
	failed=$(count_of FAILED)
	skipped=$(count_of SKIPPED)
	ran=$((passed + failed + skipped))
	# Crashed, or left early, or tests nothing.
	if [ "$failed" -eq 0 ] && { [ $status -ne 0 ] || [ $ran -eq 0 ]; }; then
		failed=1
	fi
}

count_script()
{
	passed=0 failed=0 skipped=0
	case $status in
	0) passed=1 ;;
	77) skipped=1 ;;
	*) failed=1 ;;
	esac
}

# What the test says about it: a line "SKIPPED: why", or the last line of a script.
skip_reason()
{
	reasons=$(grep -i '^skip[a-z]*:* ' "$log" | sort -u | tr '\n' ' ')
	if [ -z "$reasons" ] && [ "$kind" = cmocka ]; then
		reasons=$(sed -n 's/^\[  SKIPPED \] \([a-z]\)/\1/p' "$log" | sort -u | tr '\n' ' ')
	fi
	[ -n "$reasons" ] && echo "$reasons" || tail -n 1 "$log"
}

case $kind in
cmocka)
	run "$BUILD/${file%.c}"
	count_cmocka
	;;
fuzz)
	corpus=$TESTDATA/fuzz/$(basename "$file" .c | sed 's/^fuzz_//')
	if [ -d "$corpus" ]; then
		run "$BUILD/${file%.c}" "$corpus"
	else
		run "$BUILD/${file%.c}"
	fi
	count_script
	;;
script)
	run "$file"
	count_script
	;;
case)
	run common/test/run_case.sh "$(dirname "$file")"
	count_script
	;;
esac

seconds=$(($(date +%s) - start))
echo "$passed $failed $skipped" >"$RESULTS/$name.count"
if [ "$failed" -gt 0 ]; then
	echo "$file ($failed)" >"$RESULTS/$name.failed"
	{
		echo "FAIL  $file (${seconds}s); its output:"
		sed 's/^/    | /' "$log"
	} >"$log.shown"
	cat "$log.shown"
elif [ "$skipped" -gt 0 ]; then
	reason=$(skip_reason | cut -c1-240)
	echo "$file ($skipped): $reason" >"$RESULTS/$name.skipped"
	echo "SKIP  $file: $reason"
else
	echo "ok    $file ($passed, ${seconds}s)"
fi
