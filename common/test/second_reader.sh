#!/bin/bash
# Two readers of the trace format, one opinion: `ddrec script --words` and
# second_reader.py, which was written from docs/trace-format.md alone, must
# print the same for every trace, whole or cut.
#
# BUILD     build directory: bin/ddrec, testdata/ with programs to record
# TESTDATA  folder with traces (*.zst), may hold none
# TMPDIR    scratch space
# CUTS      how many places to cut each trace at, 15 by default
#
# Exit status: 0 passed, 1 failed, 77 skipped (the last line says why).

set -u
export LC_ALL=C

reader=$(dirname "$0")/second_reader.py
ddrec=${BUILD:?}/bin/ddrec
scratch=$(mktemp -d "${TMPDIR:-/tmp}/second_reader.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
compared=0
failures=0

skip() {
    echo "SKIPPED: $*"
    exit 77
}

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# record NAME OPTIONS... -- COMMAND: a trace of its own, if that can be had.
record() {
    local name=$1 status=0
    shift
    "$ddrec" record -q -o "$scratch/$name.zst" "$@" \
        >"$scratch/$name.log" 2>&1 </dev/null || status=$?
    if [ "$status" -eq 125 ]; then
        rm -f "$scratch/$name.zst"
        echo "not recorded: $name: $(head -n 1 "$scratch/$name.log")"
    elif [ ! -s "$scratch/$name.zst" ]; then
        fail "$name: record exits $status, but there is no trace"
    fi
}

record_all() {
    local sum='my %h; $h{$_ % 999} .= sprintf("%d", $_) for 1..200000;'
    local loop='i=0; while [ $i -lt 60 ]; do /bin/true; i=$((i + 1)); done'

    record sleep -F 997 -- sleep 0.2
    record forks -F 997 -- sh -c "$loop"
    if command -v perl >/dev/null; then
        record sieve -F 997 -- perl -e "$sum"
        record full -F 997 --stack full -- perl -e "$sum"
        record short -F 997 --stack sieve,512 -- perl -e "$sum"
        record fp -F 997 --stack fp -- perl -e "$sum"
        record none -F 997 --stack none -- perl -e "$sum"
        record user -F 997 --no-kernel -- perl -e "$sum"
    fi
    if [ -x "$BUILD/testdata/threads200" ]; then
        record threads -F 997 -- "$BUILD/testdata/threads200" 1
    fi
    if [ -x "$BUILD/testdata/deep_recursion" ]; then
        record deep -F 499 -- "$BUILD/testdata/deep_recursion" 1
    fi
}

# Runs both readers over a file. Their output, messages and exit statuses
# are in one, two; one.log, two.log; status_one, status_two.
read_twice() {
    status_one=0
    status_two=0
    "$ddrec" script --words "$1" >"$scratch/one" 2>"$scratch/one.log" ||
        status_one=$?
    python3 "$reader" "$1" >"$scratch/two" 2>"$scratch/two.log" ||
        status_two=$?
}

# same WHAT: whether both readers printed the same and ended the same way.
same() {
    if ! cmp -s "$scratch/one" "$scratch/two"; then
        fail "$1: the readers differ (< ddrec, > second reader)"
        diff "$scratch/one" "$scratch/two" | head -n 6 | cut -c 1-400
    elif [ "$status_one" -ne "$status_two" ]; then
        fail "$1: ddrec exits $status_one, second reader $status_two"
    else
        return 0
    fi
    head -n 2 "$scratch/one.log" "$scratch/two.log"
    return 1
}

# The whole trace, in which neither may find fault.
compare_whole() {
    read_twice "$1"
    same "$2" || return 1
    if [ "$status_two" -ne 0 ]; then
        fail "$2: the trace is bad: $(head -n 1 "$scratch/two.log")"
        return 1
    fi
    compared=$((compared + 1))
    lines=$(wc -l <"$scratch/one")
}

# The trace up to byte $3: the first so many bytes of it.
compare_cut() {
    head -c "$3" "$1" >"$scratch/cut"
    read_twice "$scratch/cut"
    same "$2, the first $3 bytes"
}

compare() {
    local trace=$1 name size cut i
    name=$(basename "$trace")
    size=$(wc -c <"$trace")
    compare_whole "$trace" "$name" || return
    for cut in 1 7 67 68 69 $((size - 33)) $((size - 32)) $((size - 1)); do
        compare_cut "$trace" "$name" "$cut" || return
    done
    for ((i = 1; i < ${CUTS:-15}; i++)); do
        compare_cut "$trace" "$name" $((size * i / ${CUTS:-15})) || return
    done
    echo "same: $name, $size bytes, $lines lines"
}

[ -x "$ddrec" ] || skip "there is no $ddrec"
command -v python3 >/dev/null || skip "there is no python3"

# A file that is no trace: 1 if the second reader works, 77 if it cannot.
echo "no trace" >"$scratch/cut"
read_twice "$scratch/cut"
[ "$status_two" -ne 77 ] || skip "neither libzstd nor zstd is there"
same "no trace"
[ "$status_two" -eq 1 ] || fail "no trace: the second reader exits $status_two"

record_all
for trace in "${TESTDATA:-/nonexistent}"/*.zst "$scratch"/*.zst; do
    [ ! -f "$trace" ] || compare "$trace"
done

if [ "$failures" -gt 0 ]; then
    echo "$failures failures, $compared whole traces agree"
    exit 1
fi
[ "$compared" -gt 0 ] || skip "there is no trace, and none can be recorded"
echo "passed: $compared traces, whole and cut"
