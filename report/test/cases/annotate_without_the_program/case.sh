# The recorded program is not on this machine: its sampled addresses are told, as text, page and JSON.
trace=$TESTDATA/traces/known_tree_static.zst
ddrec report -q --folded --no-inline "$trace" | sed 's/.*;//' | sort | head -n 3
name=$(ddrec report -q --folded --no-inline "$trace" | sort | head -n 1 | sed 's/.*;//; s/ [0-9]*$//')
ddrec annotate -q --width 100 "$name" "$trace" | sed -n '1,20p'
ddrec annotate --html "$name" "$trace"; grep -c '<tr id=' annotate.html
ddrec annotate --json "$name" "$trace" | grep -o '"no_code":"[^"]*"'
