# Of a file, its time stands for that of the recording.
ddrec info "$TESTDATA/fuzz/perf_data/dwarf.data" | sed -e '1s/ .*testdata/ testdata/' -e 's/^recorded: .* on/recorded: ... on/'
head -c 20000 "$TESTDATA/fuzz/perf_data/dwarf.data" >cut.data
ddrec info cut.data | grep '^health'
ddrec convert cut.data 2>&1 | sed "s/ [0-9]* bytes/ N bytes/"
ddrec info trace.zst | sed 's/ [0-9]* bytes/ N bytes/' | grep '^\(trace\|samples\|health\)'
ddrec report trace.zst | grep -o '[0-9]* *lost record.*'
