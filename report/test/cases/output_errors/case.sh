trace=$TESTDATA/traces/known_tree_static.zst
ddrec report -o /nonexistent/f "$trace"; echo "no directory: $?"
ddrec report -o . "$trace"; echo "a directory: $?"
[ -c /dev/full ] || exit 77
ddrec report -o /dev/full "$trace"; echo "full: $?"
ddrec report --folded "$trace" >/dev/full; echo "full stdout: $?"
printf 'app;main 3\n' >stacks.folded
ddrec report --folded -o ./stacks.folded stacks.folded; echo "itself: $?"
ddrec report --folded -o stacks.folded - <stacks.folded; echo "standard input: $?"
ddrec report -q --pprof stacks.folded
ddrec report --pprof profile.pb.gz; echo "a default: $?"
ddrec annotate -o stacks.folded main stacks.folded; echo "annotate: $?"
ddrec report --folded profile.pb.gz
cat stacks.folded
