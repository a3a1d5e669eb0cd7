touch file
ddrec report --debug-dir nowhere "$TESTDATA/traces/known_tree_static.zst"; echo "status $?"
ddrec report --debug-dir . --debug-dir file "$TESTDATA/traces/known_tree_static.zst"; echo "status $?"
