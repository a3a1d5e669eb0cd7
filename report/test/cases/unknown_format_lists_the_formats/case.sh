# However many there are.
ddrec report --format foo "$TESTDATA/traces/known_tree_static.zst" 2>message; echo "$?"
sed 's/folded.*flamegraph[^;]*/.../' message
