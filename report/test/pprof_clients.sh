#!/bin/bash
# `go tool pprof` reads what --pprof writes: it accepts it, shows the same functions with the same
# values as the text report, compares two profiles and serves its pages; so does protoc, against the
# schema, where Go's module cache or PPROF_PROTO has profile.proto. And ddrec reads what Go's runtime
# writes, with pprof's own sums. Needs go and python3.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$BUILD/bin:$PATH:/usr/local/go/bin
command -v go >/dev/null && command -v python3 >/dev/null && go tool pprof -h 2>&1 | grep -q nodecount ||
	{ echo 'SKIPPED: no go tool pprof, or no python3'; exit 77; }
export GOCACHE=$BUILD/go-cache PPROF_TMPDIR=$TMPDIR
tmp=$TMPDIR
status=0
failed()
{
	echo "FAILED: $*"
	status=1
}

ddrec report -q --pprof -o "$tmp/a.pb.gz" "$TESTDATA/demo.trace.zst" || failed 'to write'
ddrec report -q --pprof --focus _int_malloc -o "$tmp/b.pb.gz" "$TESTDATA/demo.trace.zst" || failed 'to write'

for view in -raw -top -traces -tags '-top -base' '-top -diff_base' '-proto -output=merged.pb.gz'; do
	base=
	case $view in *base) base=$tmp/b.pb.gz ;; esac
	# shellcheck disable=SC2086 # words
	(cd "$tmp" && go tool pprof $view $base a.pb.gz) >"$tmp/out" 2>"$tmp/err" || failed "pprof $view: $(cat "$tmp/err")"
done
go tool pprof -top "$tmp/a.pb.gz" 2>/dev/null | grep -q '^Type: cpu$' || failed 'cpu is not what pprof shows'
go tool pprof -top "$tmp/a.pb.gz" 2>/dev/null | grep -q '^File: cc1$' || failed 'cc1 is not the main program'

echo 'the same values as the text report'
report/test/pprof_top.py "$TESTDATA/demo.trace.zst" "$tmp/a.pb.gz" 50 || status=1

echo 'what pprof writes is read'
ddrec report -q --folded "$tmp/merged.pb.gz" >"$tmp/merged.folded" || failed 'to read what pprof wrote'
ddrec report -q --folded "$TESTDATA/demo.trace.zst" | cmp - "$tmp/merged.folded" || status=1

echo 'pages'
port=$((20000 + $$ % 20000))
go tool pprof -no_browser -http=127.0.0.1:$port "$tmp/a.pb.gz" >"$tmp/http" 2>&1 &
server=$!
for _ in $(seq 50); do
	grep -qs Serving "$tmp/http" && break
	sleep 0.2
done
pages='flamegraph top peek source?f=main'
command -v dot >/dev/null && pages="$pages graph"
for page in $pages; do
	code=$(curl -sL -o "$tmp/page" -w '%{http_code}' "http://127.0.0.1:$port/ui/$page")
	[ "$code" = 200 ] || failed "/ui/$page: $code"
done
# The tool starts pprof as a child of its own.
for child in $(cat /proc/$server/task/*/children); do kill "$child"; done
kill $server 2>/dev/null

proto=${PPROF_PROTO:-$(find "$(go env GOMODCACHE)/github.com/google" -name profile.proto 2>/dev/null | sort | tail -n 1)}
if command -v protoc >/dev/null && [ -n "$proto" ]; then
	echo "protoc with $(basename "$proto")"
	gzip -dc "$tmp/a.pb.gz" | protoc --proto_path="$(dirname "$proto")" \
		--decode=perftools.profiles.Profile "$proto" >"$tmp/decoded" || failed protoc
	grep -Eq '^[0-9]+:' "$tmp/decoded" && failed 'fields that the schema does not know'
else
	echo 'not checked by protoc, which is not here or lacks profile.proto (PPROF_PROTO)'
fi

tree=$BUILD/testdata/known_tree
if command -v objdump >/dev/null && ddrec record -q -o "$tmp/tree.zst" -- "$tree" 1 >/dev/null 2>&1; then
	echo 'source lines and instructions, found by mappings and addresses'
	ddrec report -q --pprof -o "$tmp/tree.pb.gz" "$tmp/tree.zst" || failed 'known_tree'
	(cd / && go tool pprof -list '^leaf$' "$tmp/tree.pb.gz") 2>&1 | grep -Eq '[0-9]m?s +[0-9]+:.*return spin' ||
		failed 'pprof -list does not find the line'
	(cd / && go tool pprof -disasm leaf "$tmp/tree.pb.gz") 2>&1 | grep -Eq '[0-9]m?s +[0-9a-f]+: .*;leaf known_tree.c' ||
		failed 'pprof -disasm does not find the instructions'
else
	echo 'not checked: source lines and instructions, for nothing can be recorded or there is no objdump'
fi

echo "profiles of Go's runtime"
cat >"$tmp/go.go" <<'GO'
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

var keep [][]byte

//go:noinline
func alloc() {
	for i := 0; i < 2000; i++ {
		keep = append(keep, make([]byte, 4096))
	}
}

//go:noinline
func burn() (sum int) {
	for start := time.Now(); time.Since(start) < 300*time.Millisecond; sum++ {
	}
	return
}

func main() {
	runtime.MemProfileRate = 512
	cpu, _ := os.Create("cpu.pb.gz")
	pprof.StartCPUProfile(cpu)
	burn()
	pprof.StopCPUProfile()
	alloc()
	runtime.GC()
	heap, _ := os.Create("heap.pb.gz")
	pprof.WriteHeapProfile(heap)
	goroutine, _ := os.Create("goroutine.pb.gz")
	pprof.Lookup("goroutine").WriteTo(goroutine, 0)
}
GO
(cd "$tmp" && GO111MODULE=off go run go.go) || failed 'to run a program of Go'
for kind in cpu heap goroutine; do
	ddrec report -q "$tmp/$kind.pb.gz" >"$tmp/$kind.txt" || failed "$kind of Go"
	ddrec report -q --pprof -o "$tmp/again.pb.gz" "$tmp/$kind.pb.gz" || failed "$kind of Go"
	for file in "$tmp/$kind.pb.gz" "$tmp/again.pb.gz"; do
		go tool pprof -top -nodefraction=0 "$file" 2>/dev/null | grep '%.*%.*%' | sort
	done >"$tmp/tops"
	[ "$(sort "$tmp/tops" | uniq -c | grep -vc '^ *2 ')" -eq 0 ] || failed "$kind of Go, written again"
done
grep -q 'main.burn' "$tmp/cpu.txt" || failed 'cpu of Go lacks main.burn'
grep -q '99.*main.alloc' "$tmp/heap.txt" || failed 'heap of Go is not that of main.alloc'
exit $status
