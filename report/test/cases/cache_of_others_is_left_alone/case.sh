# A place where others may write, no place at all, and one that cannot be made: the report goes on.
trace=$TESTDATA/traces/known_tree_static.zst
mkdir -m 777 ddrec
unset HOME
XDG_CACHE_HOME=$PWD ddrec cache 2>&1 | sed "s|$PWD|HERE|"
XDG_CACHE_HOME=relative ddrec cache
echo file >file
for place in "$PWD" relative "$PWD/file"; do
	XDG_CACHE_HOME=$place ddrec report -v --folded "$trace" 2>&1 >folded | grep cache | sed "s|$PWD|HERE|"
	wc -l <folded
done
find ddrec
[ ! -e relative ]
