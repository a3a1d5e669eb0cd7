head -c 3000 "$TESTDATA/traces/known_tree_static.zst" >cut.zst
for format in text folded flamegraph; do
	ddrec report --$format -o out cut.zst; echo "$format: $?"
done
ddrec report -q --folded cut.zst >/dev/null; echo "quiet: $?"
