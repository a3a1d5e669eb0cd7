# shellcheck shell=bash
# The programs to profile; run.sh reads it in. `take_target NAME` sets the array `target` to a command
# that takes some seconds of CPU, or fails with a reason in `why`. What has to be built or fetched is
# built once, into $work.

seconds=${quick:+2}
seconds=${seconds:-5}

# gcc's compiler proper: deep stacks, no frame pointers. SQLite's amalgamation, about 9 s at -O1.
target_cc1()
{
	local source level=-O1
	[ "$quick" ] && level=-O0
	if [ ! -s "$work/big.i" ]; then
		source=$("$here/sqlite3.sh" "$work")
		gcc -E "$source" -o "$work/big.i.tmp" || { why='gcc -E failed'; return 1; }
		mv "$work/big.i.tmp" "$work/big.i"
	fi
	target=("$(gcc -print-prog-name=cc1)" -quiet "$level" "$work/big.i" -o "$work/big.s")
}

# The same as its users do it: the driver, the compiler, the assembler.
target_gcc()
{
	local level=-O1
	[ "$quick" ] && level=-O0
	target=(gcc "$level" -c "$("$here/sqlite3.sh" "$work")" -o "$work/big.o")
}

# A release build with full debug information, about 200 MB of it: the Python interpreter RustPython.
target_rust()
{
	local program=$work/rust/bin/rustpython
	if [ ! -x "$program" ]; then
		have cargo || { why='there is no cargo'; return 1; }
		say 'building rustpython, once; this takes minutes'
		CARGO_PROFILE_RELEASE_DEBUG=2 CARGO_PROFILE_RELEASE_STRIP=none \
			CARGO_PROFILE_RELEASE_LTO=off cargo install --quiet --locked \
			--root "$work/rust" --target-dir "$work/rust-target" rustpython@0.4.0 \
			>"$work/rust.log" 2>&1 ||
			{ why="cargo: $(last_line "$work/rust.log")"; return 1; }
		rm -rf "$work/rust-target"
	fi
	target=("$program" -c "$python_work" "$seconds")
}

# A JIT compiler: code without files, frame pointers.
target_node()
{
	have node || { why='there is no node'; return 1; }
	target=(node -e "$node_work" "$seconds")
}

# 200 threads at the same time.
target_threads()
{
	"${CC:-cc}" -O2 -g -fomit-frame-pointer -pthread -o "$work/threads" "$here/threads.c" ||
		{ why='threads.c does not compile'; return 1; }
	target=("$work/threads" "$seconds")
}

# Both are a fixed amount of work, about a second of it for each unit of the argument.
python_work='
import sys
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def sieve(n):
    flags = [True] * n
    for i in range(2, n):
        if flags[i]:
            for j in range(2 * i, n, i): flags[j] = False
    return flags.count(True)
for _ in range(4 * int(sys.argv[1])):
    fib(22)
    sieve(100000)
    words = {}
    for i in range(60000):
        words.setdefault("w%d" % (i * 7919 % 5003), []).append(i)
    sorted(words.items(), key=lambda item: (len(item[1]), item[0]))
'
node_work='
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
const rows = Array.from({ length: 60000 }, (_, i) => ({ key: i * 7919 % 60013, name: "n" + i }));
for (let i = 0; i < 6 * Number(process.argv[1]); i++) {
	fib(33);
	for (let j = 0; j < 4; j++)
		JSON.parse(JSON.stringify(rows)).sort((a, b) => a.key - b.key);
	rows.filter(row => /^n\d*7\d*$/.test(row.name)).map(row => row.name + "x").join();
}
'

take_target()
{
	why=
	"target_$1"
}
