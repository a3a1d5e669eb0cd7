# shellcheck shell=bash
# How fast the two big steps of a report are, each by itself: unwinding, on a trace and a perf.data of
# gcc; and naming addresses with lines and inlined functions, on the addresses that samples of the Rust
# program hit. run.sh reads it in. Times are CPU seconds of one thread for unwinding, and of all for
# addresses.

# rate FIGURE SUBJECT TOOL COUNT: of what the last cost_of did.
rate()
{
	put "$1" "$2" "$3" "$(calc "$4 / $cpu")"
}

unwind_ddrec()
{
	local bench=$build/report/test/unwind_bench
	[ -x "$bench" ] || { missing unwind gcc 'ddrec unwinder' "no $bench"; return; }
	cost_of "$bench" "$own_trace" 1 ||
		{ missing unwind gcc 'ddrec unwinder' "$(last_line "$work/err")"; return; }
	unwind_figure alone 'ddrec, each stack alone'
	unwind_figure reuse 'ddrec, with reuse across samples'
	unwind_figure cold 'ddrec, alone, and making its tables'
}

unwind_figure()
{
	local value
	value=$(awk -v key="$1_stacks_per_s" '$1 == key { print $2 }' "$work/out")
	if [ "$value" ]; then
		put unwind gcc "$2" "$value"
	else
		missing unwind gcc "$2" "unwind_bench does not tell it"
	fi
}

# perf unwinds and looks up a symbol for each frame; there is no way to have the one alone.
unwind_perf()
{
	local tool='perf script --no-inline -F ip (and symbols)'
	[ "$perf_data" ] || { missing unwind gcc "$tool" "$no_perf_data"; return; }
	cost_of "${perf[@]}" script --no-inline -F ip -i "$perf_data" || return
	count_samples perf "$perf_data"
	rate unwind gcc "$tool" "$samples"
}

unwind_perfparser()
{
	local tool='hotspot-perfparser (and symbols)'
	[ "$perf_data" ] && [ "$perfparser" ] || return
	cost_of "$perfparser" --input "$perf_data" --output "$work/perfparser" || return
	count_samples perf "$perf_data"
	rate unwind gcc "$tool" "$samples"
}

# symbolize TOOL COMMAND...: which reads the addresses. eu-addr2line is not among them: it takes more
# than 20 ms for an address, so that a run would consist of it.
symbolize()
{
	local tool=$1 subject=rust
	shift
	have "$1" || { missing symbolize "$subject" "$tool" 'not installed'; return; }
	if cost_of timeout 60 "$@" <"$work/addresses" && [ -s "$work/out" ]; then
		rate symbolize "$subject" "$tool" "$n_addresses"
	else
		missing symbolize "$subject" "$tool" "no answer in 60 s: $(last_line "$work/err")"
	fi
}

symbolize_all()
{
	local tool=$build/report/test/tool_symbolize
	symbolize 'ddrec, from the file' "$tool" "$rust"
	rm -rf "$work/names" && mkdir -p "$work/names"
	"$tool" "$rust" "$work/names" <"$work/addresses" >"$work/out" 2>"$work/err"
	symbolize 'ddrec, from its cache' "$tool" "$rust" "$work/names"
	symbolize addr2line addr2line -f -i -C -e "$rust"
	symbolize llvm-symbolizer llvm-symbolizer --inlines --demangle --obj="$rust"
}

rates_round()
{
	unwind_ddrec
	unwind_perf
	unwind_perfparser
	[ "${n_addresses:-0}" -gt 0 ] && symbolize_all
}

take_addresses()
{
	take_target rust || return 1
	rust=${target[0]}
	ddrec record -q -F 4999 -o "$work/rust.zst" -- "${target[@]}" >"$work/out" 2>&1 ||
		{ why="$(last_line "$work/out")"; return 1; }
	ddrec script "$work/rust.zst" | "$here/addresses.py" "$rust" >"$work/addresses"
	n_addresses=$(wc -l <"$work/addresses")
	about "$n_addresses distinct addresses of $(basename "$rust"), which has $(stat -c %s \
		"$rust") bytes"
}

part_rates()
{
	local why='' n_addresses=0
	make_recordings || { missing unwind gcc all "${why:-no recording}"; return; }
	take_addresses || missing symbolize rust all "$why"
	each_round 80 rates_round
}
