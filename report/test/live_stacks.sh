#!/bin/bash
# Records programs of many kinds and checks their stacks against two judges:
# - libdwfl, which unwinds the same registers and words (tool_libdwfl_agreement tells the classes);
# - the sieve itself: stacks of a --stack full recording are the same before and after sieving.
# The health block's percentage of complete stacks must be what the program allows.
set -u
. "$(dirname "$0")/../../common/test/run_live.sh"

# Prints the classes, and where stacks differ, these.
agrees()
{
	"$BUILD/report/test/tool_libdwfl_agreement" "$1" && return
	"$BUILD/report/test/tool_libdwfl_agreement" -v "$1"
	fail "$1: libdwfl disagrees"
}

# check NAME COMPLETE COMMAND...: at least COMPLETE percent of the stacks are complete.
check()
{
	local name=$1 complete=$2
	shift 2
	if ! command -v "$1" >/dev/null; then
		echo "not checked, as there is no $1: $name"
		return
	fi
	ddrec record -q -F 997 -o "$name.zst" -- "$@" >"$name.out" 2>&1
	ddrec record -q -F 997 --stack full -o "$name.full.zst" -- "$@" >"$name.out" 2>&1
	echo "== $name"
	agrees "$name.zst"
	agrees "$name.full.zst"
	"$BUILD/report/test/tool_sieve_equality" "$name.full.zst" || fail "$name: the sieve costs stacks"
	ddrec report -q --require "complete>=$complete,lost<=5" "$name.zst" >"$name.txt" ||
		fail "$name: $(sed -n '/^Health/,$p' "$name.txt")"
}

cat >loop.py <<'EOF'
import json
for i in range(400):
    json.loads(json.dumps({str(k): [k] * 20 for k in range(200)}))
EOF
{
	echo '#include <stdio.h>'
	for i in $(seq 300); do
		echo "int f$i(int *a, int n) { int s = 0; for (int i = 0; i < n; i++)" \
			"s += a[i] * $i + (s >> (i & 7)); printf(\"%d\", s); return s; }"
	done
} >big.c

check gcc 99 "${CC:-cc}" -O2 -c -o big.o big.c
check python3 97 python3 loop.py
check perl 98 perl -e 'my %h; for my $i (1..300000) { $h{$i % 1000} .= sprintf("%d", $i); } print length join ",", sort values %h;'
check exceptions 99 "$progs/exceptions" 1
check rust 99 "$progs/shares_rust" 1
check signal-samestack 99 "$progs/signal_samestack" 1
check signal-altstack 50 "$progs/signal_altstack" 1
check static 99 "$progs/known_tree_static" 1
check static-pie 99 "$progs/known_tree_static_pie" 1
check stripped 99 "$progs/known_tree_stripped" 1
check clang 99 "$progs/known_tree_clang" 1
check dlopen-loop 99 "$progs/dlopen_loop" 1
check jit 99 "$progs/jit_like" 1
exit $status
