#!/bin/bash
# Our disassembly is objdump's: the same instructions at the same addresses, in all functions of
# programs in C, C++ and Rust, and of a whole glibc, for x86-64 and aarch64.
set -u
cd "$(dirname "$0")/../.." || exit 1
tool=$BUILD/report/test/tool_disassemble
status=77

command -v python3 >/dev/null && command -v readelf >/dev/null || { echo 'needs python3 and readelf'; exit 77; }

# judge OBJDUMP FILE...
judge()
{
	[ $status = 77 ] && status=0
	report/test/disasm_agreement.py "$tool" "$@" || status=1
}

if [ "$(uname -m)" != x86_64 ] || ! command -v objdump >/dev/null; then
	echo 'SKIPPED: x86-64: needs objdump on x86-64'
else
	for program in known_tree_static exceptions shares_rust; do
		[ -e "$BUILD/testdata/$program" ] && judge objdump "$BUILD/testdata/$program"
	done
fi
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v aarch64-linux-gnu-objdump >/dev/null &&
	aarch64-linux-gnu-gcc -O2 -g -static -D_GNU_SOURCE -Wno-attributes -o "$TMPDIR/a64" testdata/programs/known_tree.c; then
	judge aarch64-linux-gnu-objdump "$TMPDIR/a64"
else
	echo 'SKIPPED: aarch64: needs aarch64-linux-gnu-gcc and its objdump'
fi
exit $status
