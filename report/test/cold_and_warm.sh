#!/bin/sh
# A report is the same whatever the cache holds: nothing, everything, damaged files, files that other
# reports are writing at the same time; and without it.
. "$(dirname "$0")/../../common/test/run_live.sh"
ddrec record -q -F 999 -o trace.zst "$progs/known_tree" 0.3 || fail "ddrec record: $?"

# report NAME [OPTION...]: all formats, and what the cache did, in files NAME.*
report()
{
	name=$1
	shift
	for format in text folded flamegraph; do
		ddrec report "$@" -v --$format -o "$name.$format" trace.zst >"$name.$format.log" 2>&1 || fail "$name: $?"
	done
}

# same NAME: equal to what the report without cache has.
same()
{
	for format in text folded flamegraph; do
		cmp "without.$format" "$1.$format" || fail "the $format of the $1 report is another one"
	done
}

counts()
{
	sed -n "s|^ddrec: cache $XDG_CACHE_HOME/ddrec: ||p" "$1.$2.log"
}

report without --no-cache
[ ! -e "$XDG_CACHE_HOME/ddrec" ] || fail "--no-cache made a cache"
grep -q 'ddrec: cache' without.text.log && fail "--no-cache used a cache"

report cold
same cold
case $(counts cold text) in
*' 0 stored'*) fail "nothing was stored: $(counts cold text)" ;;
'0 files found, '*) ;;
*) fail "an empty cache gave: $(counts cold text)" ;;
esac

report warm
same warm
case $(counts warm text) in
'0 files found'* | *' 0 stored, '[1-9]*) fail "a full cache gave: $(counts warm text)" ;;
*' 0 missing, 0 unusable; 0 stored, 0 '*) ;;
*) fail "a full cache gave: $(counts warm text)" ;;
esac

find "$XDG_CACHE_HOME" -name '*.*' -type f | while read -r file; do
	head -c -100 "$file" >cut && mv cut "$file"
done
report damaged
same damaged
case $(counts damaged text) in
*' 0 unusable'*) fail "damaged files gave: $(counts damaged text)" ;;
'0 files found, '*) ;;
*) fail "damaged files gave: $(counts damaged text)" ;;
esac

# Several at once, on an empty cache that somebody clears again and again.
ddrec cache --clear >cleared || fail "ddrec cache --clear: $?"
for i in 1 2 3; do
	report together$i &
done
for i in 1 2 3 4 5 6 7 8; do
	ddrec cache --clear --older-than 0 >>cleared || fail "ddrec cache --clear while others use it: $?"
	ddrec cache --limit 100k >>cleared || fail "ddrec cache --limit while others use it: $?"
done
wait
for i in 1 2 3; do
	same together$i
done
exit $status
