# Times differ. The recorded program is not on this machine.
ddrec report -v --folded "$TESTDATA/traces/known_tree_static.zst" 2>&1 >/dev/null | sed -e 's/ took .*/ took T/' -e "s|$XDG_CACHE_HOME|CACHE|"
