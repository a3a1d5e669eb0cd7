trace=$TESTDATA/traces/known_tree_static.zst
ddrec annotate; echo "nothing: $?"
ddrec annotate leaf no-such-trace.zst; echo "no trace: $?"
ddrec annotate leaf "$trace" more; echo "two traces: $?"
ddrec annotate leef "$trace"; echo "mistyped: $?"
ddrec annotate no_such_function "$trace"; echo "no such function: $?"
ddrec annotate leaf@0xyz "$trace"; echo "no address: $?"
ddrec annotate --syntax arm leaf "$trace"; echo "no such syntax: $?"
ddrec annotate --source nowhere leaf "$trace"; echo "no such directory: $?"
ddrec annotate --debuginfod leaf "$trace"; echo "no server: $?"
ddrec annotate --comm nobody leaf "$trace"; echo "no sample: $?"
ddrec annotate "$trace" 2>text; echo "no function: $?"; sed "s|$trace|TRACE|" text
