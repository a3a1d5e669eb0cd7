#!/bin/sh
# `make demo`: records a real program, gcc and make building ddrec itself, and reports it as text and as
# a flame graph: demo.sh BUILD_DIR. Where the kernel lets nobody record, a recording from testdata/ is
# reported instead.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
PATH=$PWD/$build/bin:$build/bin:$PATH
demo=$build/demo
trace=$demo/trace.zst
rm -rf "$demo"
mkdir -p "$demo"

# Shows a command, and runs just that.
run()
{
	echo "\$ $1"
	eval "$1"
}

# ddrec's own sources, once more, into a folder of their own.
unset MAKEFLAGS MAKELEVEL MFLAGS
run "ddrec record -o $trace make --no-print-directory CC='${CC:-cc}' O=$demo/obj >$demo/make.log"
status=$?
if [ $status -eq 125 ]; then
	echo
	echo 'Nothing can be recorded here (the reason is above): often a container forbids it.'
	echo 'The demo goes on with a recording that was made elsewhere: testdata/demo.trace.zst.'
	trace=testdata/demo.trace.zst
elif [ $status -ne 0 ]; then
	tail -n 20 "$demo/make.log"
	exit 1
fi

echo
run "ddrec report -n 10 --min-percent 2 $trace" || exit 1
echo
run "ddrec report --flamegraph $trace" || exit 1
echo
echo 'Open flamegraph.svg in a browser: click on a frame to zoom, type Ctrl-F to search.'
