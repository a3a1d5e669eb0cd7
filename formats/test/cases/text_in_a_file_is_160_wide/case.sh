# Where text goes to no terminal, tables and trees keep to 160 columns; --width says otherwise.
widest()
{
	ddrec report -q "$@" "$TESTDATA/demo.trace.zst" | sed '1,/^Functions/d; /^Health/,$d' |
		LC_ALL=C.UTF-8 wc -L
}
[ "$(widest)" -le 160 ] || echo "$(widest) columns"
[ "$(widest --width 120)" -le 120 ] || echo "$(widest --width 120) columns of 120"
