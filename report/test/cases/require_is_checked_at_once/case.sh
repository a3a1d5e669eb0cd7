try() { ddrec report -q --folded --require "$1" "$2" >/dev/null; echo "$1: $?"; }
try 'whole>=5' no-such-trace.zst
try 'complete>=x' no-such-trace.zst
try 'samples = 50, lost <= 1' "$TESTDATA/traces/known_tree_static.zst"
try 'samples > 50' "$TESTDATA/traces/known_tree_static.zst"
