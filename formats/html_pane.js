"use strict";
/*
 * A tree, and the part of it that is looked at: a range of x, and the boxes that are wide enough to
 * be seen in it, row by row from the root. Knows pixels but draws nothing (html_graph.js does).
 */

const NARROWEST = 0.5; /* pixels; what is narrower is not drawn */

class Pane {
	constructor(tree) {
		this.tree = tree;
		this.target = 0; /* the node that is zoomed to */
		this.from = 0;
		this.to = tree.total[0];
		this.node = new Int32Array(1024);
		this.left = new Float64Array(1024);
		this.right = new Float64Array(1024);
		this.rows = [0]; /* row r is boxes rows[r] to rows[r + 1] */
	}

	push(at, node, left, right) {
		if (at === this.node.length)
			for (const key of ["node", "left", "right"])
				this[key] = CallTree.grow(this[key], at * 2);
		this.node[at] = node;
		this.left[at] = left;
		this.right[at] = right;
	}

	/* The node's children as far as they are in sight, behind box n; yields the new n. */
	layoutChildren(node, n, scale, width) {
		const { tree } = this;
		tree.expand(node);
		const first = tree.first[node];
		for (let i = first; i < first + tree.count[node]; i++) {
			const left = (tree.x[i] - this.from) * scale,
				wide = tree.total[i] * scale;
			if (left >= width) break;
			if (wide >= NARROWEST && left + wide > 0)
				this.push(n++, i, Math.max(left, 0), Math.min(left + wide, width));
			else if (wide < NARROWEST && tree.isByWeight) break;
		}
		return n;
	}

	layout(width) {
		const span = this.to - this.from;
		const scale = span > 0 ? width / span : 0;
		this.push(0, 0, 0, width);
		this.rows = [0];
		let n = 1;
		while (n > this.rows[this.rows.length - 1]) {
			const start = this.rows[this.rows.length - 1],
				end = n;
			this.rows.push(end);
			for (let i = start; i < end; i++)
				n = this.layoutChildren(this.node[i], n, scale, width);
		}
	}

	get nRows() {
		return this.rows.length - 1;
	}

	/* The box at x in the row, or -1. */
	boxAt(row, x) {
		let low = this.rows[row],
			high = this.rows[row + 1] - 1;
		while (low <= high) {
			const middle = (low + high) >> 1;
			if (x < this.left[middle]) high = middle - 1;
			else if (x >= this.right[middle]) low = middle + 1;
			else return middle;
		}
		return -1;
	}

	/* The box of a node that is in sight, or -1. */
	boxOf(node) {
		const row = this.tree.depth[node];
		for (let i = this.rows[row]; row < this.nRows && i < this.rows[row + 1]; i++)
			if (this.node[i] === node) return i;
		return -1;
	}

	/* Whether the node leads to the one that is zoomed to. */
	leadsToTarget(node) {
		return this.tree.depth[node] < this.tree.depth[this.target];
	}
}
