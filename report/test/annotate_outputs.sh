#!/bin/bash
# What ddrec annotate writes, of programs that are recorded here and now: the hot line is the right one,
# text keeps to its width and has colours on a terminal only, JSON is JSON, a page holds no name as it
# is, and source is found at its path, below --source, and at a server that is a folder.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$BUILD/bin:$PATH
status=0
cd "$TMPDIR" || exit 1

failed()
{
	echo "FAILED: $1"
	status=1
}

# expect WHAT COMMAND...: it succeeds.
expect()
{
	what=$1
	shift
	"$@" >out 2>err || { failed "$what"; head -n 5 out err; }
}

# The program is compiled as on another machine: its source is not at the path that it names.
mkdir -p src folder
cp "$TESTDATA/programs/known_shares.c" "$TESTDATA/programs/burn.h" src/
(cd src && gcc -O2 -g -D_GNU_SOURCE -Wno-attributes -Wl,--build-id "-fdebug-prefix-map=$PWD=/no/such" \
	-o ../shares known_shares.c) || { echo 'needs gcc'; exit 77; }
ddrec record -q -F 997 -o t.zst ./shares 1 2>/dev/null || { echo 'cannot record here'; exit 77; }
ddrec record -q -F 997 -o script.zst "$BUILD/testdata/script_name" 0.3 2>/dev/null

# All time of these programs goes to the loop of spin, three lines of burn.h.
expect 'annotate' ddrec annotate -q takes_60_percent t.zst
grep -q 'note .*no source.*/no/such/burn.h' out || failed 'a missing source is told'
grep -q 'spin.*inlined at known_shares.c:' out || failed 'the inlined call is marked'
grep -q '└─.* j' out || failed 'the loop has an arrow'
ddrec annotate -q --json takes_60_percent t.zst >t.json
python3 - <<'END' || failed 'the hot lines are those of the loop'
import json
f = json.load(open('t.json'))['functions'][0]
hot = {line['line'] for line in f['lines'][:3]}
text = open('src/burn.h').read().splitlines()
assert all('x ^= x' in text[n - 1] for n in hot), hot
assert sum(i['self'] for i in f['instructions']) == f['self'] > 300
targets = {i['target'] for i in f['instructions'] if i['flow'] == 'branch'}
assert targets <= {i['address'] for i in f['instructions']}, targets
END

expect '--source' ddrec annotate -q --source folder --source src takes_60_percent t.zst
grep -q 'x ^= x << 13;' out || failed '--source shows the lines'
grep -q 'no source' out && failed '--source finds all'
grep -q 'newer than the program' out && failed 'an older source is not newer'
touch -d '+1 hour' src/burn.h
ddrec annotate -q --source src takes_60_percent t.zst | grep -q 'newer than the program.*burn.h' ||
	failed 'a newer source is told'
id=$(readelf -n shares | sed -n 's/.*Build ID: //p')
mkdir -p "server/buildid/$id/source/no/such"
cp src/* "server/buildid/$id/source/no/such/"
expect '--debuginfod' env "DEBUGINFOD_CACHE_PATH=$PWD/fetched" "DEBUGINFOD_URLS=file://$PWD/server" \
	ddrec annotate -q --debuginfod takes_60_percent t.zst
grep -q 'from debuginfod: /no/such/burn.h' out && grep -q 'x ^= x << 13;' out || failed '--debuginfod fetches'
env "DEBUGINFOD_CACHE_PATH=$PWD/unfetched" "DEBUGINFOD_URLS=file://$PWD/server" ddrec annotate -q takes_60_percent \
	t.zst >out
{ [ -e unfetched ] || grep -q 'x ^= x' out; } && failed 'nothing is fetched unasked'

expect '--no-asm' ddrec annotate -q --source src --no-asm takes_60_percent t.zst
grep -q 'Hottest instructions\|%rax' out && failed '--no-asm shows no instruction'
grep -q '%.* 2[0-9] ┃.*x ^= x << 13;' out || failed '--no-asm shows lines'
expect '--no-source' ddrec annotate -q --source src --no-source takes_60_percent t.zst
grep -q 'burn.h:\|x ^= x' out && failed '--no-source shows no line'
expect '--syntax' ddrec annotate -q --syntax intel takes_60_percent t.zst
[ "$(uname -m)" != x86_64 ] || grep -q 'shl .*rax, 0x11' out || failed '--syntax intel'

expect 'inlined' ddrec annotate -q spin t.zst
[ "$(grep -c 'inlined into takes_' out)" = 3 ] || failed 'an inlined function is found in its three callers'
[ "$(grep -c ', which contains spin' out)" = 3 ] || failed 'the three are shown'
grep -q ' ▌ ' out || failed 'its instructions are marked'
ddrec annotate -q takes_ t.zst >out && failed 'several parts of names are no success'
[ "$(grep -c 'shares:@0x' out)" = 3 ] || failed 'several are listed'
grep -q 'Hottest' out && failed 'and not shown'
ddrec annotate -q "$(grep -o 'shares:@0x[0-9a-f]*' out | tail -n 1)" t.zst | grep -q '^takes_10_percent' ||
	failed 'the words of the list choose'

ddrec annotate -q --width 60 --source src spin t.zst >out
python3 -c 'import sys
sys.exit(any(len(line.rstrip("\n")) > 60 and "@0x" not in line for line in open("out", encoding="utf-8")))' ||
	failed '--width is kept'
grep -q "$(printf '\033')" out && failed 'no colour in a file'
if command -v script >/dev/null; then
	env -u NO_COLOR TERM=xterm script -qec 'ddrec annotate -q takes_60_percent t.zst' /dev/null >out </dev/null
	grep -q "$(printf '\033')\[1;31m" out || failed 'colours on a terminal'
	env NO_COLOR=1 TERM=xterm script -qec 'ddrec annotate -q takes_60_percent t.zst' /dev/null >out </dev/null
	grep -q "$(printf '\033')\[1;31m" out && failed 'NO_COLOR is honoured'
fi

expect '--html' ddrec annotate -q --html '<script>alert(1)</script>' script.zst
grep -qi '<script' annotate.html && failed 'a name is escaped in the page'
grep -q '&lt;script&gt;alert(1)' annotate.html || failed 'the name is in the page'
grep -qi 'src=\|href="[^#]\|url(' annotate.html && failed 'the page refers to nothing else'
expect '--json' ddrec annotate -q --json -o s.json '<script>alert(1)</script>' script.zst
python3 -c 'import json; assert json.load(open("s.json"))["functions"][0]["symbol"] == "<script>alert(1)</script>"' ||
	failed 'JSON has the name as it is'
exit $status
