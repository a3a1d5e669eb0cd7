#!/bin/bash
# What ddrec annotate says adds up to what ddrec report says: for every function with samples of its
# own, its bodies have the samples that the report without inlined frames shows, and each body's
# instructions have the body's. Of a program with inlined calls, of Rust, and of a whole compiler.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$BUILD/bin:$PATH
command -v python3 >/dev/null || { echo 'needs python3'; exit 77; }
status=77

# add_up COMMAND...
add_up()
{
	ddrec record -q -F 997 -o "$TMPDIR/t.zst" -- "$@" >/dev/null 2>&1 || { echo "SKIPPED: cannot record $1"; return; }
	[ $status = 77 ] && status=0
	report/test/annotate_sums.py "$TMPDIR/t.zst" 25 || status=1
}

add_up "$BUILD/testdata/known_shares" 0.5
add_up "$BUILD/testdata/known_tree" 0.5
[ -e "$BUILD/testdata/shares_rust" ] && add_up "$BUILD/testdata/shares_rust" 0.5
add_up gcc -O1 -I. -D_GNU_SOURCE -w -c -o "$TMPDIR/x.o" report/elf_file.c
exit $status
