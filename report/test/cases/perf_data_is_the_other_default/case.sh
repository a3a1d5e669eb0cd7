# Without a file named, perf's own default is read where there is no trace.zst.
cp "$TESTDATA/fuzz/perf_data/dwarf.data" perf.data
for command in report info script; do ddrec $command | grep -c 'perf record'; done
ddrec convert -q --stack full
ddrec info | sed -n '1s/,.*//p'
