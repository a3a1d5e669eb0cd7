trace=$TESTDATA/traces/known_tree_static.zst
for format in text folded flamegraph; do
	ddrec report --$format -o out --comm nobody "$trace"; echo "$format: $?"
done
ddrec report -q --folded --comm nobody "$trace"; echo "quiet: $?"
