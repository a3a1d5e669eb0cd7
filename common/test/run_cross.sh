#!/bin/sh
# Compiles common and record, with their tests, for another architecture, and runs common's tests under
# qemu: run_cross.sh BUILD_DIR COMPILER_PREFIX. Linking needs that architecture's libzstd and libcmocka,
# running them a qemu-user; what is not there is skipped, loudly. The last line counts.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$1
cc=${2}gcc
passed=0 failed=0 skipped=0

finish()
{
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ]
	exit
}

skip()
{
	echo "SKIP  check-cross: $*"
	skipped=$((skipped + 1))
	finish
}

cross_make()
{
	make --no-print-directory O="$build" CC="$cc" CFLAGS='-O2 -g -idirafter /usr/include' SAN= \
		NO_PROBES=1 "$@"
}

links()
{
	for library; do
		CC=$cc common/probe/probe.sh test "$library" || return 1
	done
}

command -v "$cc" >/dev/null || skip "$cc is not installed (Debian: gcc-aarch64-linux-gnu)"
if cross_make cross-objs; then
	passed=1
	echo "ok    everything compiles with $cc"
else
	failed=1
	finish
fi

links zstd cmocka || skip "no libzstd or libcmocka for $cc to link with; tests were not run"
cross_make cross-tests || { failed=$((failed + 1)); finish; }
machine=$("$cc" -dumpmachine | cut -d- -f1)
qemu=$(command -v "qemu-$machine-static" || command -v "qemu-$machine") ||
	skip "no qemu-$machine (Debian: qemu-user-static); tests were linked, not run"
for test in "$build"/common/test/*_test; do
	if EMULATED=1 timeout 300 "$qemu" -L "/usr/$machine-linux-gnu" "$test" >"$test.log" 2>&1; then
		passed=$((passed + $(grep -c '^\[       OK' "$test.log")))
		skipped=$((skipped + $(grep -c '^\[  SKIPPED \] [^0-9]' "$test.log")))
		echo "ok    $test"
	else
		failed=$((failed + 1))
		echo "FAIL  $test"
		cat "$test.log"
	fi
done
finish
