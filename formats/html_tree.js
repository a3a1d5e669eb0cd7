"use strict";
/*
 * The tree that a flame graph draws: stacks merged by function, downwards (callees) or upwards
 * (callers), from all stacks or from those of one function. As call_tree.c does, a node gets its
 * children when somebody looks at them, so that half a million frames cost nothing until shown.
 *
 * Behind a node stands a run of *places*: stacks of the forest, each with a weight. Downwards the
 * weight is the stack's total, upwards what was handed on from where the walk began. A node's x and
 * total are in the unit of the value; siblings lie side by side from their parent's x on.
 */

class CallTree {
	/* start: the stacks to begin at; null: all, from the roots or, upwards, from the leaves. */
	constructor(sums, isUpwards, isByWeight, start, func) {
		this.sums = sums;
		this.isUpwards = isUpwards;
		this.isByWeight = isByWeight;
		this.isWhole = start === null;
		this.n = 0;
		this.nPlaces = 0;
		this.reserveNodes(1024);
		this.reservePlaces(1024);
		this.slotRound = new Int32Array(sums.forest.nFunctions);
		this.slot = new Int32Array(sums.forest.nFunctions);
		this.rounds = 0;
		const total =
			start === null
				? sums.whole
				: start.reduce((sum, s) => sum + sums.total[s], 0);
		this.addNode(func === undefined ? -1 : func, -1, 0, total);
		if (start !== null) this.addStart(start);
	}

	addStart(start) {
		this.reservePlaces(start.length + 1);
		start.forEach((s) => this.addPlace(s, this.sums.total[s]));
		this.placeEnd[0] = this.nPlaces;
	}

	static grow(array, n) {
		const grown = new array.constructor(n);
		grown.set(array);
		return grown;
	}

	reserveNodes(n) {
		const columns = {
			func: Int32Array,
			parent: Int32Array,
			depth: Int32Array,
			first: Int32Array,
			count: Int32Array,
			placeStart: Int32Array,
			placeEnd: Int32Array,
			inlined: Uint8Array,
			x: Float64Array,
			total: Float64Array
		};
		for (const key of Object.keys(columns))
			this[key] = this[key] ? CallTree.grow(this[key], n) : new columns[key](n);
	}

	reservePlaces(n) {
		if (this.places && this.places.length >= n) return;
		const more = this.places ? Math.max(n, this.places.length * 2) : n;
		this.places = this.places ? CallTree.grow(this.places, more) : new Int32Array(more);
		this.weights = this.weights
			? CallTree.grow(this.weights, more)
			: new Float64Array(more);
	}

	addNode(func, parent, x, total) {
		if (this.n === this.func.length) this.reserveNodes(this.n * 2);
		const id = this.n++;
		this.func[id] = func;
		this.parent[id] = parent;
		this.depth[id] = parent < 0 ? 0 : this.depth[parent] + 1;
		this.first[id] = -1; /* not expanded */
		this.x[id] = x;
		this.total[id] = total;
		return id;
	}

	addPlace(stack, weight) {
		this.places[this.nPlaces] = stack;
		this.weights[this.nPlaces++] = weight;
	}

	/* One step on from the node's places: stacks and weights, in two lists. */
	steps(node) {
		const { sums } = this,
			stacks = [],
			weights = [];
		const push = (stack, weight) => {
			stacks.push(stack);
			weights.push(weight);
		};
		const pushAll = (first) => {
			for (let s = first; s >= 0; s = sums.nextSibling[s]) push(s, sums.total[s]);
		};
		if (node === 0 && this.isWhole && !this.isUpwards) pushAll(sums.firstRoot);
		else if (node === 0 && this.isWhole)
			for (let s = 0; s < sums.n; s++) sums.self[s] && push(s, sums.self[s]);
		for (let i = this.placeStart[node]; i < this.placeEnd[node]; i++)
			if (!this.isUpwards) pushAll(sums.firstChild[this.places[i]]);
			else if (sums.parent[this.places[i]] >= 0)
				push(sums.parent[this.places[i]], this.weights[i]);
		return { stacks, weights };
	}

	/* The steps by function: each becomes a child. */
	groupSteps({ stacks, weights }) {
		const { func, inlined } = this.sums.forest,
			children = [];
		const childOf = new Int32Array(stacks.length);
		this.rounds++;
		stacks.forEach((stack, i) => {
			const f = func[stack];
			if (this.slotRound[f] !== this.rounds) {
				this.slotRound[f] = this.rounds;
				this.slot[f] = children.length;
				children.push({ func: f, total: 0, n: 0, inlined: 1 });
			}
			const child = children[(childOf[i] = this.slot[f])];
			child.total += weights[i];
			child.inlined &= inlined[stack];
			child.n++;
		});
		return { children, childOf };
	}

	order(children) {
		const { rank } = this.sums.forest;
		const byName = (a, b) => rank[a.func] - rank[b.func];
		return [...children].sort(
			!this.isByWeight ? byName : (a, b) => b.total - a.total || byName(a, b)
		);
	}

	/* Makes the node's children, once. */
	expand(node) {
		if (this.first[node] >= 0) return;
		const steps = this.steps(node),
			{ children, childOf } = this.groupSteps(steps);
		let x = this.x[node],
			place = this.nPlaces;
		this.first[node] = this.n;
		this.count[node] = children.length;
		for (const child of this.order(children)) {
			const id = this.addNode(child.func, node, x, child.total);
			this.inlined[id] = child.inlined;
			this.placeStart[id] = this.placeEnd[id] = place;
			child.id = id;
			place += child.n;
			x += child.total;
		}
		this.reservePlaces(place + 1);
		this.nPlaces = place;
		steps.stacks.forEach((stack, i) => {
			const at = this.placeEnd[children[childOf[i]].id]++;
			this.places[at] = stack;
			this.weights[at] = steps.weights[i];
		});
	}

	/* Whether all that is summed here was inlined. */
	isInlined(node) {
		return node > 0
			? this.inlined[node] === 1
			: this.func[0] >= 0 && this.sums.byFunction.inlined[this.func[0]] === 1;
	}

	/* Downwards: what was spent in the node itself. */
	selfOf(node) {
		let self = 0;
		for (let i = this.placeStart[node]; i < this.placeEnd[node]; i++)
			self += this.sums.self[this.places[i]];
		return self;
	}

	/* How much of the node is in a match, below it or, upwards, above it. */
	matchedIn(node, matches) {
		if (this.func[node] >= 0 && matches.isMatch[this.func[node]])
			return this.total[node];
		if (node === 0 && this.isWhole) return matches.whole;
		let sum = 0;
		for (let i = this.placeStart[node]; i < this.placeEnd[node]; i++)
			sum += !this.isUpwards
				? matches.below[this.places[i]]
				: matches.above[this.places[i]]
					? this.weights[i]
					: 0;
		return sum;
	}

	/* The node in that depth which begins at x, or the root. */
	find(depth, x) {
		let node = 0;
		while (this.depth[node] < depth) {
			this.expand(node);
			let next = -1;
			for (let i = this.first[node]; i < this.first[node] + this.count[node]; i++)
				if (this.x[i] <= x && x < this.x[i] + this.total[i]) next = i;
			if (next < 0) return 0;
			node = next;
		}
		return node;
	}
}
