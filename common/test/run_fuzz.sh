#!/bin/sh
# Runs each fuzzer for a while: run_fuzz.sh BUILD_DIR SECONDS FUZZER... The corpus of fuzz_NAME lives in
# BUILD_DIR/corpus/NAME, seeded from testdata/fuzz/NAME and kept between runs; what makes it fail is
# left in BUILD_DIR/crashes. The last line counts fuzzers.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$1 seconds=$2
shift 2
passed=0 failed=0
mkdir -p "$build/crashes"

for fuzzer; do
	name=$(basename "$fuzzer" | sed 's/^fuzz_//')
	corpus=$build/corpus/$name
	mkdir -p "$corpus"
	log=$build/crashes/$name.log
	seeds=testdata/fuzz/$name
	[ -d "$seeds" ] || seeds=
	if "$fuzzer" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
		-artifact_prefix="$build/crashes/$name-" "$corpus" $seeds >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "ok    $name: $(grep -o '^Done .*' "$log")"
	else
		failed=$((failed + 1))
		echo "FAIL  $name; the end of $log:"
		tail -n 40 "$log" | sed 's/^/    | /'
	fi
done
echo
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
