"use strict";
/*
 * The page's data: what html_data.c wrote, as typed arrays, and the forest of stacks that all views
 * are made from. Also numbers as people read them, as number.c writes them.
 *
 * A *forest* is the tree of stacks below *groups* (processes, threads, or none): stack s has a
 * parent (-1: none, and always below s) and a function. Groups are functions behind the real ones.
 * Functions, stacks, threads and so on are indices. A *pair* is a thread and a stack that have
 * samples; its *rows* are the sums of its samples in one bucket of time each.
 */

const KIND = { USER: 0, LIBRARY: 1, KERNEL: 2, JIT: 3, OTHER: 4, INLINED: 5 };
const KIND_LABELS = ["program", "library", "kernel", "generated code (JIT)", "other", "inlined"];

/* [0, of the first, of the first two, ...] */
function runningSums(counts) {
	const sums = new Uint32Array(counts.length + 1);
	for (let i = 0; i < counts.length; i++) sums[i + 1] = sums[i] + counts[i];
	return sums;
}

function readStacks(raw) {
	const n = raw.code.length,
		parent = new Int32Array(n),
		func = new Int32Array(n);
	const inlined = new Uint8Array(n);
	for (let i = 0; i < n; i++) {
		parent[i] = raw.parent[i] ? i - raw.parent[i] : -1;
		func[i] = raw.code[i] >>> 1;
		inlined[i] = raw.code[i] & 1;
	}
	return { n, parent, func, inlined };
}

function readRows(raw, first, hasTimes) {
	const n = first[first.length - 1],
		bucket = new Uint16Array(n);
	for (let p = 0; hasTimes && p + 1 < first.length; p++)
		for (let r = first[p], at = 0; r < first[p + 1]; r++)
			bucket[r] = at += raw.bucket[r];
	const counts = Float64Array.from(raw.sums[0]);
	const sums = raw.sums.map((column) =>
		Array.isArray(column)
			? Float64Array.from(column)
			: counts.map((count) => count * column.each)
	);
	return { n, bucket, sums };
}

function readThreads(raw, pairThreads) {
	const threads = raw.name.map((name, i) => ({
		name: name || "[unnamed]",
		tid: raw.tid[i],
		pid: raw.pid[i],
		process: raw.process[i] || "[unknown process]"
	}));
	if (pairThreads.some((thread) => thread >= threads.length))
		threads.push({ name: "[unknown]", process: "[unknown process]", tid: 0, pid: 0 });
	return threads;
}

function readFunctions(raw) {
	return {
		n: raw.name.length,
		name: raw.name.map((name) => name || "[unnamed]"),
		module: Int32Array.from(raw.module),
		kind: Uint8Array.from(raw.kind)
	};
}

function readData(text) {
	const raw = JSON.parse(text);
	const first = runningSums(raw.pairs.rows),
		hasTimes = raw.times.buckets > 1;
	const threads = readThreads(raw.threads, raw.pairs.thread);
	const pairThread = raw.pairs.thread.map((thread) => Math.min(thread, threads.length - 1));
	return {
		meta: raw.meta,
		health: raw.health,
		start: raw.start,
		times: raw.times,
		hasTimes,
		threads,
		values: raw.values.length ? raw.values : [{ type: "samples", unit: "count" }],
		modules: { n: raw.modules.name.length, ...raw.modules },
		functions: readFunctions(raw.functions),
		stacks: readStacks(raw.stacks),
		pairs: {
			n: pairThread.length,
			thread: Int32Array.from(pairThread),
			stack: Int32Array.from(raw.pairs.stack),
			first
		},
		rows: readRows(raw.rows, first, hasTimes)
	};
}

/* The names of the groups above a thread's stacks, outermost first; as call_leaves.c names them. */
function groupNames(thread, by) {
	if (by === "none") return [];
	const own = thread.name + " (tid " + thread.tid + ")";
	return by === "process" ? [thread.process] : [thread.process, own];
}

class Forest {
	constructor(data, by) {
		this.data = data;
		this.groups = [];
		this.groupIds = new Map();
		this.n = 0;
		this.reserve(data.stacks.n + 64);
		this.pairStack = new Int32Array(data.pairs.n);
		this.addPairs(by);
		this.nFunctions = data.functions.n + this.groups.length;
	}

	reserve(n) {
		const grown = (Type, old) => {
			const array = new Type(n);
			if (old) array.set(old);
			return array;
		};
		this.parent = grown(Int32Array, this.parent);
		this.func = grown(Int32Array, this.func);
		this.inlined = grown(Uint8Array, this.inlined);
	}

	push(parent, func, inlined) {
		if (this.n === this.parent.length) this.reserve(this.n * 2);
		this.parent[this.n] = parent;
		this.func[this.n] = func;
		this.inlined[this.n] = inlined;
		return this.n++;
	}

	groupFunction(name) {
		if (!this.groupIds.has(name)) {
			this.groupIds.set(name, this.data.functions.n + this.groups.length);
			this.groups.push(name);
		}
		return this.groupIds.get(name);
	}

	/* Pairs by the names of their groups. */
	sortPairs(by) {
		const lists = new Map();
		const keys = this.data.threads.map((thread) => groupNames(thread, by));
		for (let p = 0; p < this.data.pairs.n; p++) {
			const names = keys[this.data.pairs.thread[p]],
				key = names.join("\0");
			if (!lists.has(key)) lists.set(key, { names, pairs: [] });
			lists.get(key).pairs.push(p);
		}
		return lists.values();
	}

	addPairs(by) {
		const n = this.data.stacks.n,
			tops = new Map();
		const copy = new Int32Array(n),
			round = new Int32Array(n);
		let nRounds = 0;
		for (const { names, pairs } of this.sortPairs(by)) {
			nRounds++;
			let top = -1,
				key = "";
			for (const name of names) {
				key += name + "\0";
				if (!tops.has(key))
					tops.set(key, this.push(top, this.groupFunction(name), 0));
				top = tops.get(key);
			}
			for (const p of pairs)
				this.pairStack[p] = this.copyStack(
					this.data.pairs.stack[p],
					top,
					copy,
					round,
					nRounds
				);
		}
	}

	/* Copies the stack and those above it that this round has not seen. */
	copyStack(stack, top, copy, round, nRounds) {
		const { parent, func, inlined } = this.data.stacks;
		const path = [];
		let s = stack;
		for (; s >= 0 && round[s] !== nRounds; s = parent[s]) path.push(s);
		let at = s >= 0 ? copy[s] : top;
		for (let i = path.length - 1; i >= 0; i--) {
			s = path[i];
			at = this.push(at, func[s], inlined[s]);
			copy[s] = at;
			round[s] = nRounds;
		}
		return at;
	}

	isGroup(func) {
		return func >= this.data.functions.n;
	}

	name(func) {
		if (func < 0) return "all";
		return this.isGroup(func)
			? this.groups[func - this.data.functions.n]
			: this.data.functions.name[func];
	}

	kind(func) {
		return func < 0 || this.isGroup(func) ? KIND.OTHER : this.data.functions.kind[func];
	}

	moduleName(func) {
		return func < 0 || this.isGroup(func)
			? ""
			: this.data.modules.name[this.data.functions.module[func]];
	}

	/* By function: its place in the order of names. */
	get rank() {
		if (!this.ranks) {
			const names = Array.from({ length: this.nFunctions }, (_, f) =>
				this.name(f)
			);
			const order = names
				.map((_, f) => f)
				.sort((a, b) =>
					names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : a - b
				);
			this.ranks = new Int32Array(order.length);
			order.forEach((f, i) => {
				this.ranks[f] = i;
			});
		}
		return this.ranks;
	}
}

/* Names where room is short: "lock" and "RawMutex::lock" for "<T as m::RawMutex<A, B>>::lock(int)". */

/* The parts between "::" that stand outside of all brackets; without what follows "(". */
function nameParts(name) {
	const parts = [""];
	let depth = 0;
	for (let i = 0; i < name.length; i++) {
		const c = name[i],
			last = parts.length - 1;
		if (depth === 0 && c === "(" && i > 0 && parts[last] !== "") break;
		if ("<([{".includes(c)) depth++;
		if (depth === 0 && name.startsWith("::", i)) {
			parts.push("");
			i++;
		} else {
			parts[last] += c;
		}
		if (
			depth > 0 &&
			(")]}".includes(c) ||
				(c === ">" && name[i - 1] !== "-" && name[i - 1] !== "="))
		)
			depth--;
	}
	return parts.filter((part) => part !== "");
}

/* "RawMutex<T>", "<RawMutex<T> as Lock>" and "<impl Lock for RawMutex<T>>" are all "RawMutex". */
function withoutArguments(part) {
	const inner = /^<(?:impl )?(.+)>$/.exec(part);
	if (inner) return shortName(inner[1].replace(/^.* for /, "").replace(/ as .*$/, ""), 1);
	return /^[<({[]/.test(part) || part.startsWith("operator")
		? part
		: part.replace(/<.*$/, "") || part;
}

function shortName(name, nParts) {
	if (name.length > 2000 || !/::|^&|<.*>$/.test(name)) return name;
	const whole = nameParts(name.replace(/^&(mut )?/, ""));
	while (whole.length > 1 && whole[whole.length - 1].startsWith("<"))
		whole.pop(); /* the arguments of a generic function */
	const parts = whole.map(withoutArguments);
	const isNameless =
		parts.length && parts[parts.length - 1].startsWith("{"); /* {{closure}} */
	return parts.slice(-Math.max(nParts, isNameless ? 2 : 1)).join("::") || name;
}

/* Numbers. */

function formatCount(n) {
	return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}

function formatDuration(ns) {
	const scaled = (v, unit) => v.toFixed(v < 9.995 ? 2 : v < 99.95 ? 1 : 0) + " " + unit;
	const s = Math.round(ns / 1e9);
	if (ns < 1000) return Math.round(ns) + " ns";
	if (ns < 999500) return scaled(ns / 1e3, "µs");
	if (ns < 999500000) return scaled(ns / 1e6, "ms");
	if (s < 1000) return scaled(ns / 1e9, "s");
	if (s < 7200) return Math.floor(s / 60) + " min " + (s % 60) + " s";
	return Math.floor((s + 30) / 3600) + " h " + (Math.floor((s + 30) / 60) % 60) + " min";
}

function formatPercent(percent) {
	if (percent > 0 && percent < 0.05) return "<0.1 %";
	if (percent < 100 && percent >= 99.95) return ">99.9 %";
	return percent.toFixed(1) + " %";
}

function share(part, whole) {
	return whole ? (100 * part) / whole : 0;
}

function formatValue(type, value) {
	if (type.unit === "nanoseconds" && value >= 0) return formatDuration(value);
	const noun = type.unit === "count" ? type.type : type.unit;
	const drop =
		value !== 1 || noun.length <= 3 || !noun.endsWith("s")
			? 0
			: /(ses|hes)$/.test(noun)
				? 2
				: 1;
	return formatCount(value) + " " + noun.slice(0, noun.length - drop);
}
