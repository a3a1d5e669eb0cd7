#!/bin/sh
# The JSON report as others use it: the examples of docs/json.md run with jq and answer; fields and
# documentation agree; docs/ddrec-report.schema.json accepts it (python3 jsonschema, if it is there).
set -u
cd "$(dirname "$0")/../.." || exit 1
repo=$PWD
if ! command -v jq >/dev/null; then
	echo 'jq is not installed'
	exit 77
fi
PATH=$BUILD/bin:$PATH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch"
cd "$scratch" || exit 1
cp "$TESTDATA/demo.trace.zst" trace.zst
status=0

fail()
{
	echo "$*"
	status=1
}

# Each example becomes a file; its answer must not be empty, but for the last, which says nothing.
awk '/^```sh$/ { n++; inside = 1; next } /^```$/ { inside = 0 } inside { print > ("example" n ".sh") }' \
	"$repo/docs/json.md"
hottest=$(ddrec report -q --json trace.zst | jq -r '[.functions[].name | select(test("^[a-z_]+$"))][0]')
for example in example*.sh; do
	sed "s/memcpy/$hottest/g" "$example" >runnable.sh
	sh -e runnable.sh >answer 2>errors || fail "$example fails: $(cat errors)"
	[ -s answer ] || grep -q /dev/null "$example" || fail "$example has no answer"
	grep -q null answer && fail "$example: $(cat answer)"
done
[ -e example6.sh ] || fail 'docs/json.md has fewer examples than it had'

# Every field of the output is in the documentation, and the schema knows it.
ddrec report -q --json --title t trace.zst >report.json || fail 'ddrec report fails'
jq -r '[paths | map(select(type == "string"))[-1]] | unique[]' report.json >fields
while read -r field; do
	grep -q "\`$field\`" "$repo/docs/json.md" || fail "docs/json.md does not tell of $field"
	grep -q "\"$field\"" "$repo/docs/ddrec-report.schema.json" || fail "the schema lacks $field"
done <fields

# The answers to simple questions are those of the text and of the folded stacks.
total=$(jq '.totals[0]' report.json)
folded=$(ddrec report -q --folded trace.zst | awk '{ n += $NF } END { print n }')
[ "$total" = "$folded" ] || fail "$total samples, folded $folded"
for sum in '[.functions[].self] | add' '[.modules[].self] | add' '[.threads[].values[0]] | add' \
	'.tree[0].total' '.health.shown'; do
	[ "$(jq "$sum" report.json)" = "$total" ] || fail "$sum is not $total"
done

if python3 -c 'import jsonschema' 2>/dev/null; then
	ddrec report -q --json --comm '^nobody$' --reverse --by module trace.zst >empty.json
	python3 - "$repo/docs/ddrec-report.schema.json" report.json empty.json <<'EOF' || fail 'the schema rejects it'
import json, sys, jsonschema
schema, *reports = (json.load(open(path)) for path in sys.argv[1:])
for report in reports:
    jsonschema.validate(report, schema)
    del report["health"]["lost"]
    try:
        jsonschema.validate(report, schema)
    except jsonschema.ValidationError:
        continue
    sys.exit("a report without health.lost is accepted")
EOF
else
	echo 'SKIPPED: no python3 jsonschema, so the schema was not tried'
fi
exit $status
