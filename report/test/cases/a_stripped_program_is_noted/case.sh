# A program without symbols is named in the notes, both for its innermost functions and for all frames.
# It is recorded here and now; where that is not allowed, the case is skipped.
ddrec record -q -F 997 -o t.zst "$BUILD/testdata/known_tree_stripped" 0.2 || exit 77
ddrec report -q t.zst | grep -o 'samples .*known_tree_stripped.*' | sort
