#!/bin/sh
# Runs all tests and counts them: run_checks.sh BUILD_DIR [PATTERN...]. A test whose path matches none
# of the patterns (shell patterns, anywhere in the path) is left out.
#
# Kinds of test, each with its runner in run_one.sh:
#	PART/test/*_test.c	a cmocka program; every test in it counts
#	PART/test/fuzz_*.c	a fuzz entry, over testdata/fuzz/NAME/
#	PART/test/*.sh		a script: exit status 0 passed, 77 skipped, else failed. Names that
#				begin with run_ or fetch_ are tools of the tests
#	PART/test/cases/*/	a command line with its expected output (run_case.sh)
#
# JOBS tests run at a time, each at most TEST_TIMEOUT seconds. The last line of the output is
# "N passed, N failed, N skipped"; the exit status is 1 when anything failed or nothing ran.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(mkdir -p "$1" && cd "$1" && pwd) || exit 1
shift
results=$build/check
rm -rf "$results"
mkdir -p "$results"

is_wanted()
{
	path=$1
	shift
	[ $# -eq 0 ] && return 0
	for pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		case $path in *$pattern*) return 0 ;; esac
	done
	return 1
}

list_tests()
{
	for file in */test/*_test.c; do echo "cmocka $file"; done
	for file in */test/fuzz_*.c; do echo "fuzz $file"; done
	for file in */test/*.sh; do
		case $file in */run_* | */fetch_*) ;; *) echo "script $file" ;; esac
	done
	for file in */test/cases/*/case.sh; do echo "case $file"; done
}

list_tests | while read -r kind file; do
	[ -e "$file" ] && is_wanted "$file" "$@" && echo "$kind" "$file"
done >"$results/list"

export LC_ALL=C NO_COLOR=1 CI="${CI:-}" TEST_TIMEOUT="${TEST_TIMEOUT:-300}"
export BUILD="$build" TESTDATA="$PWD/testdata" RESULTS="$results"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}"
unset DEBUGINFOD_URLS
xargs -P "${JOBS:-2}" -n 2 common/test/run_one.sh <"$results/list"

cat "$results"/*.skipped >"$results/all-skipped" 2>/dev/null
if [ -s "$results/all-skipped" ]; then
	printf '\nSKIPPED, so NOT tested:\n'
	sed 's/^/  /' "$results/all-skipped"
fi
if [ -n "$(find "$results" -name '*.failed')" ]; then
	printf '\nFAILED:\n'
	cat "$results"/*.failed | sed 's/^/  /'
fi
echo
cat "$results"/*.count 2>/dev/null | awk '
	{ passed += $1; failed += $2; skipped += $3 }
	END {
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit failed > 0 || passed + skipped == 0
	}'
