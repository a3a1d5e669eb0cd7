#!/bin/bash
# Records what the suite looks at: traces.sh BUILD_DIR DIR. Each is short: some thousand samples. What
# is there already stays. Where a recording is denied or its program is missing, DIR/NAME.lack says why.
# The last, `demo`, is recorded already, so that there is always one.
set -u
cd "$(dirname "$0")/../../.." || exit 1
build=$(cd "$1" && pwd) && mkdir -p "$2" && dir=$(cd "$2" && pwd) || exit 1
PATH=$build/bin:$PATH

# trace NAME COMMAND...
trace()
{
	local name=$1 out=$dir/$1.zst
	shift
	[ -s "$out" ] && return
	rm -f "$dir/$name.lack"
	if ! command -v "$1" >/dev/null; then
		echo "there is no $1" >"$dir/$name.lack"
	elif ! ddrec record -e cpu-clock -F 999 -o "$out" -- "$@" >"$dir/$name.log" 2>&1; then
		grep -v '^$' "$dir/$name.log" | tail -n 1 >"$dir/$name.lack"
		rm -f "$out"
	fi
}

node_work='
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
fib(41); JSON.parse(JSON.stringify(Array.from({ length: 200000 }, (_, i) => ({ i }))))'

source=$(testdata/bench/sqlite3.sh "$build/bench")
trace gcc gcc -O0 -c "$source" -o "$dir/gcc.o"
trace node node -e "$node_work"
trace rust "$build/testdata/shares_rust" 2
trace threads "$build/testdata/threads200" 2 50
trace forks "$build/testdata/fork_storm" 1000
cp testdata/demo.trace.zst "$dir/demo.zst"
