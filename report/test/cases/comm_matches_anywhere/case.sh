ddrec report -q --folded --comm tree "$TESTDATA/traces/known_tree_static.zst" | wc -l
ddrec report -q --folded --comm '^tree' "$TESTDATA/traces/known_tree_static.zst" | wc -l
