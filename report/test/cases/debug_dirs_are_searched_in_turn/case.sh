# The debug file is in the second of two directories. Recorded here and now, with a program that is
# stripped; skipped where recording is not allowed.
cp "$BUILD/testdata/known_tree" tree
id=$(readelf -n tree | sed -n 's/.*Build ID: //p')
[ -n "$id" ] || exit 77
dir=debug/.build-id/$(echo "$id" | cut -c1-2)
mkdir -p empty "$dir"
objcopy --only-keep-debug tree "$dir/$(echo "$id" | cut -c3-).debug"
strip -s tree
ddrec record -q -F 997 -o t.zst ./tree 0.2 || exit 77
ddrec report -q --folded --debug-dir empty --debug-dir debug t.zst | grep -c ';main;' | sed 's/^[1-9].*/some/'
ddrec report -q --folded t.zst | grep -c ';main;'
true
