ddrec convert; echo "no file: $?"
ddrec convert --stack fp x; echo "no such mode: $?"
ddrec convert a b; echo "two files: $?"
echo text >text
ddrec convert -o out.zst text; echo "no recording: $?"; ls out.zst 2>&1
cp "$TESTDATA/fuzz/perf_data/fp.data" perf.data
ddrec convert --event cycles; echo "no such event: $?"; ls trace.zst 2>&1
ddrec convert -o no/such/place.zst; echo "no such place: $?"
ddrec convert -o perf.data; echo "itself: $?"; cmp perf.data "$TESTDATA/fuzz/perf_data/fp.data"
