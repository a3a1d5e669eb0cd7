trace=$TESTDATA/traces/known_tree_static.zst
ddrec report -o /nonexistent/f "$trace"; echo "no directory: $?"
ddrec report -o . "$trace"; echo "a directory: $?"
[ -c /dev/full ] || exit 77
ddrec report -o /dev/full "$trace"; echo "full: $?"
ddrec report --folded "$trace" >/dev/full; echo "full stdout: $?"
