# The samples' block cannot be read. That is said; that short processes were missed is not.
cp "$TESTDATA/traces/known_tree_static.zst" damaged.zst
at=$(ddrec info --blocks damaged.zst | sed -n 's/^samples *at \([0-9]*\) .*/\1/p')
printf 'XXXXXXXX' | dd of=damaged.zst bs=1 seek=$((at + 200)) conv=notrunc 2>/dev/null
ddrec report -q damaged.zst | grep -o 'damaged .*\|ms of the command.*'
