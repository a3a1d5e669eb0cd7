#!/bin/bash
# perf annotate and ddrec annotate give every instruction the same share: of the three hottest
# functions of the compiler's cc1, and of those of programs with debug information, one of them with
# inlined calls. Needs a perf that can record, and python3.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$BUILD/bin:$PATH
status=0
n=0

command -v perf >/dev/null && command -v python3 >/dev/null && command -v objdump >/dev/null &&
	perf record -qN -e cpu-clock -o "$TMPDIR/try.data" true >/dev/null 2>&1 ||
	{ echo 'SKIPPED: no perf that can record here, or no python3 or objdump'; exit 77; }

# judge MODULE FUNCTIONS COMMAND...
judge()
{
	module=$1
	functions=$2
	shift 2
	perf record -qN -e cpu-clock -F 1999 --call-graph dwarf,8192 -o "$TMPDIR/perf.data" -- "$@" >/dev/null 2>&1
	report/test/perf_annotate_agreement.py "$TMPDIR/perf.data" "$module" "$functions"
	case $? in
	0) n=$((n + 1)) ;;
	77) echo "SKIPPED: $module" ;;
	*) status=1 ;;
	esac
}

# Enough to do for cc1 that its functions have more than a few samples.
for ((i = 0; i < 700; i++)); do
	echo "int f$i(int *a, int n) { int s = $i; for (int i = 0; i < n; i++) { switch (a[i] % 7) { case 0: s += a[i] * $i;"
	echo "break; case 1: s ^= a[n - i - 1] << 3; break; case 5: s -= f0(a + i, n / 2); break; default: s *= a[i] | 1; } } return s; }"
done >"$TMPDIR/many.c"
judge cc1 3 gcc -O2 -w -c -o "$TMPDIR/many.o" "$TMPDIR/many.c"
judge known_shares 3 "$BUILD/testdata/known_shares" 1
judge known_tree 1 "$BUILD/testdata/known_tree" 1
[ -e "$BUILD/testdata/shares_rust" ] && judge shares_rust 2 "$BUILD/testdata/shares_rust" 1
[ $status = 0 ] && [ $n = 0 ] && exit 77
exit $status
