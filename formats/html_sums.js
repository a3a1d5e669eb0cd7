"use strict";
/*
 * What passes the filters, summed up: by stack of the forest, by function and by module. Everything
 * that a view shows is made from one of these, so that all views agree.
 *
 * A filter chooses samples (threads, time, focus, drop, module) and hides frames (hide, kernel,
 * inlined): a hidden frame's samples count for the function that called it, the nearest above that
 * is not hidden. A function's total counts a sample once, however often it recurs in its stack.
 */

function emptyFilter() {
	return {
		value: 0,
		threads: null,
		from: 0,
		to: Infinity,
		focus: [],
		drop: [],
		hide: [],
		kernel: true,
		inlined: true,
		module: -1
	};
}

class Sums {
	constructor(forest, filter) {
		this.forest = forest;
		this.filter = filter;
		this.n = forest.n;
		this.findVisible();
		this.findPassing();
		this.addRows();
		this.carryUp();
		this.sumFunctions();
	}

	isHiddenFunction() {
		const { functions } = this.forest.data,
			hidden = new Uint8Array(this.forest.nFunctions);
		this.filter.hide.forEach((f) => {
			hidden[f] = 1;
		});
		for (let f = 0; !this.filter.kernel && f < functions.n; f++)
			hidden[f] |= functions.kind[f] === KIND.KERNEL ? 1 : 0;
		return hidden;
	}

	/* visible[s]: the nearest that is not hidden of s and those above it, or -1. An inlined frame
	 * that nothing contains stays. */
	findVisible() {
		const { parent, func, inlined, n } = this.forest,
			hidden = this.isHiddenFunction();
		const nReal = this.forest.data.functions.n,
			keep = this.filter.inlined;
		this.visible = new Int32Array(n);
		for (let s = 0; s < n; s++) {
			const p = parent[s],
				contained = p >= 0 && func[p] < nReal;
			const hide = hidden[func[s]] || (!keep && inlined[s] && contained);
			this.visible[s] = !hide ? s : p >= 0 ? this.visible[p] : -1;
		}
	}

	/* passes[s]: whether focus, drop and module let the samples of stack s through. */
	findPassing() {
		const { parent, func, n, data } = this.forest,
			{ focus, drop, module } = this.filter;
		const bits = new Uint32Array(this.forest.nFunctions),
			wanted = 2 ** focus.length - 1;
		focus.forEach((f, i) => {
			bits[f] |= 1 << i;
		});
		drop.forEach((f) => {
			bits[f] |= 1 << 30;
		});
		const seen = new Uint32Array(n);
		this.passes = new Uint8Array(n);
		for (let s = 0; s < n; s++) {
			seen[s] = bits[func[s]] | (parent[s] >= 0 ? seen[parent[s]] : 0);
			const leaf = this.visible[s] >= 0 ? func[this.visible[s]] : -1;
			this.passes[s] =
				seen[s] === wanted &&
				(module < 0 ||
					(leaf >= 0 &&
						leaf < data.functions.n &&
						data.functions.module[leaf] === module))
					? 1
					: 0;
		}
	}

	/* Calls back for each row that the filter lets through. */
	eachRow(callback) {
		const { pairs, rows } = this.forest.data,
			{ threads, from, to } = this.filter;
		for (let p = 0; p < pairs.n; p++) {
			const stack = this.forest.pairStack[p];
			if (!this.passes[stack] || (threads && !threads.has(pairs.thread[p])))
				continue;
			for (let r = pairs.first[p]; r < pairs.first[p + 1]; r++)
				if (rows.bucket[r] >= from && rows.bucket[r] < to)
					callback(r, stack);
		}
	}

	addRows() {
		const { sums } = this.forest.data.rows,
			values = sums[this.filter.value];
		this.self = new Float64Array(this.n);
		this.total = new Float64Array(this.n);
		this.counts = new Float64Array(this.n); /* samples; only to tell what is there */
		this.whole = 0;
		this.samples = 0;
		this.eachRow((r, stack) => {
			const at = this.visible[stack];
			this.whole += values[r];
			this.samples += sums[0][r];
			if (at < 0) return;
			this.self[at] += values[r];
			this.counts[at] += sums[0][r];
		});
	}

	/* Totals, and the lists of children, of visible stacks that have samples. */
	carryUp() {
		const { parent } = this.forest;
		this.parent = new Int32Array(this.n);
		this.firstChild = new Int32Array(this.n).fill(-1);
		this.nextSibling = new Int32Array(this.n).fill(-1);
		this.firstRoot = -1;
		for (let s = this.n - 1; s >= 0; s--) {
			this.parent[s] = parent[s] >= 0 ? this.visible[parent[s]] : -1;
			this.total[s] += this.self[s];
			if (this.visible[s] !== s || !this.counts[s]) continue;
			const up = this.parent[s];
			this.nextSibling[s] = up < 0 ? this.firstRoot : this.firstChild[up];
			if (up < 0) {
				this.firstRoot = s;
				continue;
			}
			this.firstChild[up] = s;
			this.total[up] += this.total[s];
			this.counts[up] += this.counts[s];
		}
	}

	/* Visits all stacks, parents first: enter(s) on the way down, leave(s) on the way up. */
	walk(enter, leave) {
		let s = this.firstRoot;
		while (s >= 0) {
			enter(s);
			if (this.firstChild[s] >= 0) {
				s = this.firstChild[s];
				continue;
			}
			leave(s);
			while (s >= 0 && this.nextSibling[s] < 0) {
				s = this.parent[s];
				if (s >= 0) leave(s);
			}
			if (s >= 0) s = this.nextSibling[s];
		}
	}

	/* outermost[s]: none above s has its function. */
	sumFunctions() {
		const { forest } = this,
			{ functions, modules } = forest.data;
		const inPath = new Uint32Array(forest.nFunctions),
			modulesInPath = new Uint32Array(modules.n);
		const table = (n) => ({
			self: new Float64Array(n),
			total: new Float64Array(n),
			samples: new Float64Array(n)
		});
		this.byFunction = {
			...table(forest.nFunctions),
			inlined: new Uint8Array(forest.nFunctions).fill(1)
		};
		this.byModule = table(modules.n);
		this.outermost = new Uint8Array(this.n);
		const add = (sums, at, s, isFirst) => {
			sums.self[at] += this.self[s];
			sums.total[at] += isFirst ? this.total[s] : 0;
			sums.samples[at] += isFirst ? this.counts[s] : 0;
		};
		this.walk(
			(s) => {
				const f = forest.func[s],
					isFirst = inPath[f]++ === 0;
				this.outermost[s] = isFirst ? 1 : 0;
				add(this.byFunction, f, s, isFirst);
				this.byFunction.inlined[f] &= forest.inlined[s];
				if (f < functions.n)
					add(
						this.byModule,
						functions.module[f],
						s,
						modulesInPath[functions.module[f]]++ === 0
					);
			},
			(s) => {
				const f = forest.func[s];
				inPath[f]--;
				if (f < functions.n) modulesInPath[functions.module[f]]--;
			}
		);
	}

	/* The stacks in which the function is called, but not by itself. */
	outermostStacks(func) {
		const stacks = [];
		for (let s = 0; s < this.n; s++)
			if (this.outermost[s] && this.forest.func[s] === func && this.counts[s])
				stacks.push(s);
		return stacks;
	}
}

/* What a search found: by function, and by stack how much of it is in or below a match. */
class Matches {
	constructor(sums, regex) {
		const { forest } = sums,
			{ func, parent } = forest;
		this.isMatch = new Uint8Array(forest.nFunctions);
		for (let f = 0; f < forest.nFunctions; f++)
			this.isMatch[f] = regex.test(forest.name(f)) ? 1 : 0;
		/* In the stack itself or above it, in the frames that the data has; in those shown. */
		this.inStack = new Uint8Array(sums.n);
		this.above = new Uint8Array(sums.n);
		this.below = new Float64Array(sums.n);
		for (let s = 0; s < sums.n; s++) {
			const m = this.isMatch[func[s]],
				up = sums.parent[s];
			this.inStack[s] = m | (parent[s] >= 0 ? this.inStack[parent[s]] : 0);
			this.above[s] = m | (up >= 0 ? this.above[up] : 0);
		}
		this.whole = 0;
		for (let s = sums.n - 1; s >= 0; s--) {
			if (sums.visible[s] !== s) continue;
			if (this.isMatch[func[s]]) this.below[s] = sums.total[s];
			if (sums.parent[s] >= 0) this.below[sums.parent[s]] += this.below[s];
			else this.whole += this.below[s];
		}
	}
}
