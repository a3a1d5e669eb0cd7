#!/bin/bash
# What recording costs: bytes and recorder CPU per sample, beside perf.
# bytes_per_sample.sh [BUILD_DIR] [ROUNDS]. HZ=4999 samples faster than 999 Hz; STACKS='16384 32768' also
# measures these limits of a snapshot.
#
# The target is gcc's cc1 compiling a very large C file, at 999 Hz: deep stacks, no frame pointers. Each
# round runs it alone, under ddrec, and under perf in two modes, in turn, so that a machine that gets
# slower meanwhile is slow for all. own_cpu.c takes the recorder's CPU time apart from the target's.
# The table shows medians.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(cd "${1:-build}" && pwd) || exit 1
rounds=${2:-3}
hz=${HZ:-999}
PATH=$build/bin:$PATH
work=$build/bench
mkdir -p "$work"

source=$(testdata/bench/sqlite3.sh "$work") || exit 1
cc1=$(gcc -print-prog-name=cc1)
gcc -E "$source" -o "$work/big.i" || exit 1

gcc -O2 -o "$work/own_cpu" testdata/bench/own_cpu.c || exit 1
target=("$cc1" -quiet -O1 "$work/big.i" -o "$work/big.s")

samples_alone()
{
	echo 0
}

samples_ddrec()
{
	ddrec report --folded -o - "$1" 2>/dev/null | awk '{ n += $NF } END { print n + 0 }'
}

samples_perf()
{
	perf report --stats -i "$1" 2>/dev/null | awk '/SAMPLE events:/ { print $3; exit }'
}

# measure NAME FILE [RECORDER...]: runs the target under the recorder, which writes FILE.
measure()
{
	local name=$1 file=$2 wall cpu
	shift 2
	rm -f "$file"
	"$work/own_cpu" "$work/cpu" "$@" "${target[@]}" >"$work/$name.log" 2>&1 ||
		{ echo "$name failed:" >&2; tail -n 3 "$work/$name.log" >&2; return 1; }
	read -r wall cpu <"$work/cpu"
	echo "$name $(samples_"${name%%-*}" "$file") $(stat -c %s "$file" 2>/dev/null || echo 0)" \
		"$cpu $wall" >>"$work/results"
}

have_perf()
{
	perf record -q -e cpu-clock -o "$work/try.data" true >/dev/null 2>&1
}

: >"$work/results"
have_perf && perf=1 || { perf= && echo 'SKIPPED: perf is not here or cannot record; no comparison'; }
for round in $(seq "$rounds"); do
	echo "round $round of $rounds" >&2
	measure alone "$work/none" env || exit 1
	measure ddrec "$work/trace.zst" ddrec record -q -F $hz -o "$work/trace.zst" -- || exit 1
	for size in ${STACKS:-}; do
		measure "ddrec-$size" "$work/trace.zst" ddrec record -q -F "$hz" --stack "sieve,$size" \
			-o "$work/trace.zst" -- || exit 1
	done
	[ "$perf" ] || continue
	measure perf-fp "$work/fp.data" perf record -q -e cpu-clock -F $hz -g -o "$work/fp.data" --
	measure perf-dwarf "$work/dwarf.data" perf record -q -e cpu-clock -F $hz --call-graph dwarf -z \
		-o "$work/dwarf.data" --
done

echo "cc1 -O1 on $(basename "$source"), $hz Hz, medians of $rounds"
sort -k1,1 "$work/results" | awk '
	function median(field,    n, i, j, v, t) {
		n = split(values[field], v, " ")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
				t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
			}
		return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
	}
	function flush_name() {
		if (name) {
			m[name, "samples"] = median("samples"); m[name, "bytes"] = median("bytes")
			m[name, "per"] = median("per"); m[name, "us"] = median("us"); m[name, "s"] = median("s")
			seen[name] = 1
		}
		delete values
	}
	function row(name,    base) {
		if (!seen[name]) return
		base = m["alone", "s"]
		printf "%-12s %8d %11d %9.1f %10.2f %9.2f %+8.1f%%", name, m[name, "samples"],
			m[name, "bytes"], m[name, "per"], m[name, "us"], m[name, "s"],
			(m[name, "s"] / base - 1) * 100
		if (seen["perf-fp"] && m["perf-fp", "per"] && m[name, "per"])
			printf " %9.2f %9.2f", m[name, "per"] / m["perf-fp", "per"], m[name, "us"] / m["perf-fp", "us"]
		print ""
	}
	$1 == "alone" { $4 = 0 }
	$1 != name { flush_name(); name = $1 }
	{
		n = $2 ? $2 : 1
		values["samples"] = values["samples"] " " $2; values["bytes"] = values["bytes"] " " $3
		values["per"] = values["per"] " " $3 / n; values["us"] = values["us"] " " $4 / n
		values["s"] = values["s"] " " $5
	}
	END {
		flush_name()
		printf "%-12s %8s %11s %9s %10s %9s %9s %9s %9s\n", "recorder", "samples", "bytes", "bytes/",
			"CPU us/", "target s", "slower", "bytes to", "CPU to"
		printf "%-12s %8s %11s %9s %10s %9s %9s %9s %9s\n", "", "", "", "sample", "sample", "", "",
			"perf-fp", "perf-fp"
		row("alone"); row("ddrec")
		for (name in seen)
			if (name ~ /^ddrec-/) row(name)
		row("perf-fp"); row("perf-dwarf")
	}'
