/*
 * Tests what the HTML page's scripts make of its data, without a browser:
 *
 *	node html_scripts.mjs PAGE.html FOLDED.txt FOLDED_NO_INLINE.txt
 *
 * The page and the folded stacks are of the same profile. What is expected is worked out from the
 * folded stacks alone. Names must be unique in the profile, and hold no ';'.
 */
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [pageFile, foldedFile, noInlineFile] = process.argv.slice(2);
let failures = 0;

function check(condition, what) {
	if (!condition) console.log("FAIL " + what);
	failures += condition ? 0 : 1;
}

const same = (actual, expected, what) =>
	check(actual === expected, what + ": " + actual + " is not " + expected);

/* [{ frames: [process, root, ..., leaf], count }] */
function readFolded(file) {
	return readFileSync(file, "utf8")
		.split("\n")
		.filter(Boolean)
		.map((line) => {
			const at = line.lastIndexOf(" ");
			return {
				frames: line.slice(0, at).split(";"),
				count: Number(line.slice(at + 1))
			};
		});
}

/* By name: what was spent in it, and in or below it. */
function flatOf(stacks) {
	const self = new Map(),
		total = new Map();
	const add = (map, name, count) => map.set(name, (map.get(name) || 0) + count);
	for (const { frames, count } of stacks) {
		add(self, frames[frames.length - 1], count);
		new Set(frames).forEach((name) => add(total, name, count));
	}
	return { self, total };
}

/* "path;of;names" -> total, of stacks read in either direction. */
function prefixTotals(stacks) {
	const totals = new Map();
	for (const { frames, count } of stacks)
		for (let i = 1; i <= frames.length; i++) {
			const key = frames.slice(0, i).join(";");
			totals.set(key, (totals.get(key) || 0) + count);
		}
	return totals;
}

const page = readFileSync(pageFile, "utf8");
const text = page.split('id="data">')[1].split("</script>")[0];
const scripts = ["data", "sums", "tree", "pane", "state"].map((name) =>
	readFileSync(new URL("../html_" + name + ".js", import.meta.url), "utf8")
);
vm.runInThisContext(scripts.join("\n").replaceAll('"use strict";', ""));
const inPage = (code) => vm.runInThisContext(code);
const data = inPage("readData")(text);
const { Forest, Sums, CallTree, Pane, Matches } = inPage(
	"({ Forest, Sums, CallTree, Pane, Matches })"
);
const forest = new Forest(data, "process");
const sumsOf = (changes) => new Sums(forest, { ...inPage("emptyFilter")(), ...changes });
const idOf = (name) => data.functions.name.indexOf(name);

const clean = (name) => name.replaceAll(";", ":").replace(/[\n\t]/g, " ");

function checkFlat(sums, stacks, what) {
	const { self, total } = flatOf(stacks);
	for (let f = 0; f < forest.nFunctions; f++) {
		const name = clean(forest.name(f));
		same(sums.byFunction.self[f], self.get(name) || 0, what + ", self of " + name);
		same(sums.byFunction.total[f], total.get(name) || 0, what + ", total of " + name);
	}
	same(
		sums.whole,
		stacks.reduce((sum, s) => sum + s.count, 0),
		what + ", all"
	);
}

/* Expands all of the tree and compares it, path by path. */
function checkTree(tree, totals, what) {
	const paths = [""];
	let n = 0;
	for (let node = 0; node < tree.n; node++) {
		tree.expand(node);
		let x = tree.x[node];
		for (let i = tree.first[node]; i < tree.first[node] + tree.count[node]; i++) {
			const name = clean(forest.name(tree.func[i]));
			paths[i] = node === 0 ? name : paths[node] + ";" + name;
			same(
				tree.total[i],
				totals.get(paths[i]),
				what + ", total of " + paths[i].slice(-80)
			);
			same(tree.x[i], x, what + ", siblings stand side by side");
			x += tree.total[i];
			n++;
		}
		check(x <= tree.x[node] + tree.total[node], what + ", children fit their parent");
	}
	same(n, totals.size, what + ", number of paths");
}

const folded = readFolded(foldedFile),
	noInline = readFolded(noInlineFile);
const all = sumsOf({});
checkFlat(all, folded, "flat");
checkFlat(sumsOf({ inlined: false }), noInline, "without inlined");
checkTree(new CallTree(all, false, false, null), prefixTotals(folded), "downwards");
checkTree(
	new CallTree(all, true, true, null),
	prefixTotals(folded.map((s) => ({ ...s, frames: [...s.frames].reverse() }))),
	"upwards"
);

/* Of each function: sandwich, focus, drop and hide. */
const { total } = flatOf(folded);
for (
	let f = 0;
	f < data.functions.n;
	f += Math.ceil((data.functions.n / 60) * (data.functions.n > 1000 ? 12 : 1))
) {
	const name = clean(data.functions.name[f]),
		start = all.outermostStacks(f);
	const withIt = folded.filter((s) => s.frames.includes(name));
	const below = withIt.map((s) => ({
		...s,
		frames: s.frames.slice(s.frames.indexOf(name) + 1)
	}));
	const above = withIt.map((s) => ({
		...s,
		frames: s.frames.slice(0, s.frames.indexOf(name)).reverse()
	}));
	const callees = new CallTree(all, false, false, start, f),
		callers = new CallTree(all, true, false, start, f);
	same(callees.total[0], total.get(name) || 0, "sandwich, total of " + name);
	checkTree(callees, prefixTotals(below), "callees of " + name);
	checkTree(callers, prefixTotals(above), "callers of " + name);
	checkFlat(sumsOf({ focus: [f] }), withIt, "focus on " + name);
	checkFlat(
		sumsOf({ drop: [f] }),
		folded.filter((s) => !withIt.includes(s)),
		"without " + name
	);
	const hidden = folded.map((s) => ({
		...s,
		frames: s.frames.filter((frame) => frame !== name)
	}));
	checkFlat(sumsOf({ hide: [f] }), hidden, "hiding " + name);
	const matches = new Matches(
		all,
		new RegExp("^" + data.functions.name[f].replace(/[^\w]/g, "\\$&") + "$")
	);
	same(matches.whole, total.get(name) || 0, "search for " + name);
	same(
		new CallTree(all, true, true, null).matchedIn(0, matches),
		matches.whole,
		"upwards, search for " + name
	);
}

/* Threads and times part the samples. */
const threads = [...new Set(data.pairs.thread)];
same(
	threads.reduce((sum, t) => sum + sumsOf({ threads: new Set([t]) }).whole, 0),
	all.whole,
	"threads"
);
const half = data.times.buckets / 2;
same(
	sumsOf({ to: half }).whole + sumsOf({ from: half }).whole,
	all.whole,
	"two halves of the time"
);
for (const by of ["process", "thread", "none"])
	same(
		new Sums(new Forest(data, by), inPage("emptyFilter")()).whole,
		all.whole,
		"grouped by " + by
	);

/* A pane shows what is wide enough, in order, and finds it again. */
const pane = new Pane(new CallTree(all, false, false, null));
pane.layout(1000);
for (let row = 0; row < pane.nRows; row++)
	for (let i = pane.rows[row]; i < pane.rows[row + 1]; i++) {
		check(pane.right[i] - pane.left[i] >= 0.5 - 1e-9, "boxes are wide enough");
		same(
			pane.boxAt(row, (pane.left[i] + pane.right[i]) / 2),
			i,
			"a box is found by its place"
		);
		same(
			pane.tree.find(row, pane.tree.x[pane.node[i]]),
			pane.node[i],
			"and by depth and x"
		);
	}

/* Whatever the address says. */
const { hashToState, stateToHash, startState } = inPage(
	"({ hashToState, stateToHash, startState })"
);
const start = startState(data);
for (const hash of [
	"",
	"#view=x&func=-1&zoom=9:9:9&time=9-1&threads=a.b.99999",
	"#func=1e9&focus=.&value=77",
	"#__proto__=1&search=%28%5B"
])
	check(
		Object.keys(hashToState(hash, data)).length === Object.keys(start).length,
		"hash " + hash
	);
const state = {
	...start,
	view: "sandwich",
	func: 0,
	focus: [1],
	threads: new Set([threads[0]]),
	from: 1,
	to: 5,
	kernel: false,
	search: "a&b=c#",
	zoom: { pane: 0, depth: 2, x: 3 }
};
same(
	stateToHash(hashToState(stateToHash(state, start), data), start),
	stateToHash(state, start),
	"hash and back"
);

const { formatCount, formatDuration, formatPercent, shortName } = inPage(
	"({ formatCount, formatDuration, formatPercent, shortName })"
);
same([0, 999, 1000, 1234567].map(formatCount).join(" "), "0 999 1,000 1,234,567", "counts");
same(
	[850, 1500, 999499999, 2.29e9, 1205e9].map(formatDuration).join("; "),
	"850 ns; 1.50 µs; 999 ms; 2.29 s; 20 min 5 s",
	"durations"
);
same(
	[0, 0.01, 12.34, 99.97, 100].map(formatPercent).join("; "),
	"0.0 %; <0.1 %; 12.3 %; >99.9 %; 100.0 %",
	"percents"
);
same(shortName("<alloc::Vec<T> as X<T,I>>::from_iter", 1), "from_iter", "short name");
same(
	shortName("std::map<int, std::pair<A,B> >::operator[](int const&)", 2),
	"map::operator[]",
	"short name"
);
same(
	shortName("a::catch_unwind::<&dyn X, i32>", 1),
	"catch_unwind",
	"short name of a generic function"
);
same(shortName("<a::Lock<T> as b::C>::d", 2), "Lock::d", "short name of a trait's function");
same(shortName("x::<impl a::T for b::P>::d", 2), "P::d", "short name in an implementation");
same(shortName("a::b::{{closure}}", 1), "b::{{closure}}", "short name of a closure");

console.log(
	failures
		? failures + " failures"
		: "ok: " + folded.length + " stacks, " + data.functions.n + " functions"
);
process.exit(failures ? 1 : 0);
