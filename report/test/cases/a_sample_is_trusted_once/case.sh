# In a pipe perf writes no build-ids, so program, libc and loader are all trusted by their paths: a
# sample that goes through several of them counts once.
command -v perf >/dev/null || exit 77
perf record -qN -e cpu-clock:u -F 997 --call-graph dwarf,4096 -o - "$BUILD/testdata/known_tree" 0.2 >piped 2>errors </dev/null || exit 77
ddrec report -q piped | awk '/kept/ { kept = $2 } /trusted by their path/ { trusted = $(NF - 12) }
	END { print (trusted > 0 && trusted <= kept ? "ok" : "trusted: " trusted " of " kept) }'
