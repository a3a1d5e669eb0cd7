#!/bin/sh
# callgrind_annotate, own and inclusive costs, says of every function what ddrec says.
set -u
cd "$(dirname "$0")/../.." || exit 1
for program in callgrind_annotate python3; do
	if ! command -v $program >/dev/null; then
		echo "$program is not installed"
		exit 77
	fi
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
PATH=$BUILD/bin:$PATH
export HOME="$scratch"

ddrec report -q --callgrind -o "$scratch/callgrind.out" "$TESTDATA/demo.trace.zst" || exit 1
ddrec report -q --json -o "$scratch/report.json" "$TESTDATA/demo.trace.zst" || exit 1
formats/test/clients/callgrind_totals.py "$scratch/callgrind.out" >"$scratch/totals.json" || exit 1
python3 - "$scratch/totals.json" "$scratch/report.json" <<'EOF'
import json, sys
got, report = (json.load(open(path)) for path in sys.argv[1:])
expected, modules, differ = {}, {}, 0
for f in report["functions"]:
    values = expected.setdefault(f["name"], [0, 0])
    values[0] += f["self"]
    values[1] += f["total"]
for m in report["modules"]:
    modules[m["name"]] = modules.get(m["name"], 0) + m["self"]
for name in sorted(expected.keys() | got["functions"].keys()):
    if expected.get(name) != got["functions"].get(name):
        print(name, "is", expected.get(name), "not", got["functions"].get(name))
        differ += 1
for name in modules:
    if modules[name] != got["modules"].get(name, 0):
        print("module", name, "is", modules[name], "not", got["modules"].get(name))
        differ += 1
if got["total"] != report["totals"][0] or len(expected) < 100:
    sys.exit("%d of %d, %d functions" % (got["total"], report["totals"][0], len(expected)))
sys.exit(differ > 0)
EOF
