"use strict";
/*
 * Draws panes on a canvas: one for a flame graph, two for a sandwich (callers above the function,
 * upside down, callees below). The canvas is as big as the window on it and sticks there while a
 * spacer as tall as the whole graph is scrolled, so that graphs of any depth fit (canvases end at
 * 32,767 pixels). Drawing happens once per animation frame, however much has changed.
 *
 * Tells its owner what is pointed at, clicked and chosen; changes nothing but the zoom.
 */

const ROW = 18; /* a box is a pixel less */

/* The flame graph's colours (flamegraph.css), by kind: four shades each. */
const COLOURS = {
	light: {
		boxes: [
			["#f8a358", "#f89c4b", "#f7953f", "#f68e32"],
			["#98bff5", "#8cb7f4", "#80b0f2", "#74a8f1"],
			["#d580af", "#d176a9", "#ce6da2", "#cb639c"],
			["#fafa99", "#f9f98c", "#f8f880", "#f8f873"],
			["#dddfe3", "#d6d8dd", "#cfd1d7", "#c8cad1"],
			["#73c994", "#6ac58d", "#60c185", "#56bd7e"]
		],
		background: "#ffffff",
		text: "#15181d",
		match: "#6d28d9",
		matchText: "#ffffff",
		edge: "#15181d",
		faint: "#5a6270",
		rule: "#e3e6ea",
		dim: "rgba(255,255,255,0.72)"
	},
	dark: {
		boxes: [
			["#804e22", "#784920", "#71451e", "#6a401c"],
			["#20579b", "#1e5394", "#1d4f8c", "#1b4b84"],
			["#632a3d", "#5c2839", "#562535", "#502231"],
			["#7e7510", "#766d0f", "#6d650e", "#655e0d"],
			["#5d6172", "#595d6d", "#555968", "#515463"],
			["#2f7857", "#2c7152", "#2a6b4d", "#276449"]
		],
		background: "#16181d",
		text: "#ffffff",
		match: "#c4a7ff",
		matchText: "#16181d",
		edge: "#ffffff",
		faint: "#9ba4b2",
		rule: "#2b2f37",
		dim: "rgba(22,24,29,0.72)"
	}
};

/* A shade for a name: the same in every graph. */
function shadeOf(name) {
	let hash = 0;
	for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) | 0;
	return (hash ^ (hash >>> 7)) & 3;
}

/* Characters that take two columns: those of East Asia, and symbols. */
function columns(character) {
	const c = character.codePointAt(0);
	return c >= 0x1100 &&
		(c <= 0x115f ||
			(c >= 0x2e80 && c <= 0xa4cf) ||
			(c >= 0xac00 && c <= 0xd7a3) ||
			(c >= 0xf900 && c <= 0xfaff) ||
			(c >= 0xff00 && c <= 0xff60) ||
			c >= 0x1f300)
		? 2
		: 1;
}

/* As much of the name as has room, in columns; nothing when that is too little. */
function fitName(name, room) {
	if (room < 3) return "";
	if (name.length * 2 <= room) return name;
	let used = 0,
		kept = "";
	for (const character of name) {
		used += columns(character);
		if (used > room) return kept + "..";
		if (used <= room - 2) kept += character;
	}
	return name;
}

/* The whole name where it fits; else its end, what a function itself is called. */
function labelOf(name, room) {
	return name.length <= room ? fitName(name, room) : fitName(shortName(name, 1), room);
}

class Graph {
	constructor(scroller, owner) {
		this.scroller = scroller;
		this.spacer = scroller.querySelector(".spacer");
		this.canvas = scroller.querySelector("canvas");
		this.context = this.canvas.getContext("2d");
		this.owner = owner;
		this.panes = [];
		this.at = null; /* the box that is pointed at: { pane, node } */
		this.shades = new Map();
		this.timing = { layout: 0, draw: 0, frames: 0 };
		scroller.addEventListener("scroll", () => this.redraw(), { passive: true });
		new ResizeObserver(() => this.resize()).observe(scroller);
	}

	setTheme(theme) {
		this.colours = COLOURS[theme];
		this.redraw();
	}

	/* upwards: a pane of callers, or null; downwards: the other. */
	show(upwards, downwards) {
		this.stopMoving();
		this.upwards = upwards;
		this.downwards = downwards;
		this.panes = upwards ? [upwards, downwards] : [downwards];
		this.forest = downwards.tree.sums.forest;
		this.shades.clear();
		this.at = null;
		this.resize();
		this.scrollToStart();
	}

	/* Rows from the root on in which one box is nearly all. */
	trunkRows() {
		const pane = this.downwards;
		const isTrunk = (row) => {
			for (let i = pane.rows[row]; i < pane.rows[row + 1]; i++)
				if (pane.right[i] - pane.left[i] > this.width * 0.95) return true;
			return false;
		};
		let row = 0;
		while (row < pane.nRows && isTrunk(row)) row++;
		return row;
	}

	/* A sandwich starts with its function in the middle; a graph at its root, or where it begins to
	 * branch, when that would be out of sight. */
	scrollToStart() {
		const trunk = this.trunkRows() * ROW;
		const hidden = this.upwards || trunk <= this.height * 0.6 ? 0 : trunk - 5 * ROW;
		this.nHidden = hidden / ROW;
		if (this.upwards)
			this.scroller.scrollTop = Math.max(
				0,
				this.nAbove * ROW - this.height * 0.4
			);
		else
			this.scroller.scrollTop = this.isUpright
				? this.tall - this.height - hidden
				: hidden;
	}

	resize() {
		const width = this.scroller.clientWidth,
			height = this.scroller.clientHeight;
		const ratio = window.devicePixelRatio || 1;
		this.width = Math.max(width, 50);
		this.height = Math.max(height, 50);
		this.canvas.width = Math.round(this.width * ratio);
		this.canvas.height = Math.round(this.height * ratio);
		this.canvas.style.width = this.width + "px";
		this.canvas.style.height = this.height + "px";
		this.layout();
		this.draw();
	}

	/* The row that others grow from stays where it is. */
	layout() {
		const start = performance.now(),
			{ nAbove, tall, scroller } = this;
		this.panes.forEach((pane) => pane.layout(this.width));
		this.nAbove = this.upwards ? Math.max(this.upwards.nRows - 1, 0) : 0;
		const rows = this.nAbove + (this.downwards ? this.downwards.nRows : 0);
		this.tall = Math.max(rows * ROW + 8, this.height);
		this.spacer.style.height = this.tall + "px";
		if (this.isUpright && tall) scroller.scrollTop += this.tall - tall;
		else if (this.upwards && this.nAbove !== nAbove)
			scroller.scrollTop += (this.nAbove - nAbove) * ROW;
		this.timing.layout = performance.now() - start;
		this.redraw();
	}

	redraw() {
		if (!this.frame)
			this.frame = requestAnimationFrame(() => {
				this.frame = 0;
				this.draw();
			});
	}

	/* Root at the bottom; never in a sandwich. */
	get isUpright() {
		return this.owner.state.upright && !this.upwards;
	}

	/* Where the row of a pane is, from the top of the graph. */
	rowTop(pane, row) {
		if (this.isUpright) return this.tall - ROW * (row + 1) - 4;
		return ROW * (pane === this.upwards ? this.nAbove - row : this.nAbove + row);
	}

	draw() {
		if (!this.downwards || !this.colours) return;
		const start = performance.now(),
			c = this.context;
		const ratio = this.canvas.width / this.width;
		c.setTransform(ratio, 0, 0, ratio, 0, 0);
		c.fillStyle = this.colours.background;
		c.fillRect(0, 0, this.width, this.height);
		c.font =
			'12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
		c.textBaseline = "middle";
		this.charWidth = this.charWidth || c.measureText("mmmmmmmmmm").width / 10;
		this.panes.forEach((pane) => this.drawPane(pane));
		this.drawEdge();
		this.timing.draw = performance.now() - start;
		this.timing.frames++;
	}

	drawPane(pane) {
		const scroll = this.scroller.scrollTop;
		for (let row = pane === this.upwards ? 1 : 0; row < pane.nRows; row++) {
			const y = this.rowTop(pane, row) - scroll;
			if (y > -ROW && y < this.height)
				for (let i = pane.rows[row]; i < pane.rows[row + 1]; i++)
					this.drawBox(pane, i, y);
		}
	}

	colourOf(pane, node, func) {
		const { matches } = this.owner;
		if (matches && func >= 0 && matches.isMatch[func]) return this.colours.match;
		const kind = pane.tree.isInlined(node) ? KIND.INLINED : this.forest.kind(func);
		if (!this.shades.has(func)) this.shades.set(func, shadeOf(this.forest.name(func)));
		return this.colours.boxes[kind][this.shades.get(func)];
	}

	drawBox(pane, box, y) {
		const c = this.context,
			node = pane.node[box],
			func = pane.tree.func[node];
		const colour = this.colourOf(pane, node, func),
			isMatch = colour === this.colours.match;
		const left = pane.left[box],
			wide = pane.right[box] - left;
		const isFaint = pane.leadsToTarget(node) || (this.owner.matches && !isMatch);
		c.globalAlpha = isFaint ? 0.5 : 1;
		c.fillStyle = colour;
		c.fillRect(left, y, wide > 2 ? wide - 1 : wide, ROW - 1);
		c.globalAlpha = 1;
		const room = Math.floor((wide - 7) / this.charWidth);
		if (room < 3) return;
		c.fillStyle = isMatch ? this.colours.matchText : this.colours.text;
		c.fillText(labelOf(this.forest.name(func), room), left + 4, y + ROW / 2);
	}

	drawEdge() {
		if (!this.at) return;
		const { pane, node } = this.at,
			box = pane.boxOf(node);
		if (box < 0) return;
		const y = this.rowTop(pane, pane.tree.depth[node]) - this.scroller.scrollTop;
		this.context.strokeStyle = this.colours.edge;
		this.context.lineWidth = 2;
		this.context.strokeRect(
			pane.left[box] + 1,
			y + 1,
			Math.max(pane.right[box] - pane.left[box] - 3, 1),
			ROW - 3
		);
	}

	/* What is at a point of the window: { pane, node }, or null. */
	hit(clientX, clientY) {
		const rect = this.canvas.getBoundingClientRect();
		const y = clientY - rect.top + this.scroller.scrollTop;
		const row = Math.floor((this.isUpright ? this.tall - 4 - y : y) / ROW);
		if (clientY < rect.top || clientY >= rect.bottom || !this.downwards || row < 0)
			return null;
		const isAbove = row < this.nAbove;
		const pane = isAbove ? this.upwards : this.downwards;
		const paneRow = isAbove ? this.nAbove - row : row - this.nAbove;
		const box = paneRow < pane.nRows ? pane.boxAt(paneRow, clientX - rect.left) : -1;
		return box < 0 ? null : { pane, node: pane.node[box] };
	}

	point(at) {
		const same =
			at && this.at
				? at.node === this.at.node && at.pane === this.at.pane
				: at === this.at;
		this.at = at;
		if (!same) this.redraw();
		return !same;
	}

	/* Scrolls so that the box is in sight. */
	reveal(at) {
		const top = this.rowTop(at.pane, at.pane.tree.depth[at.node]);
		const { scrollTop } = this.scroller;
		if (top < scrollTop) this.scroller.scrollTop = top;
		else if (top + ROW > scrollTop + this.height)
			this.scroller.scrollTop = top + ROW - this.height;
	}

	/* Zoom. */

	stopMoving() {
		if (this.move) cancelAnimationFrame(this.move);
		this.move = 0;
	}

	setRange(pane, from, to) {
		pane.from = from;
		pane.to = to;
		this.layout();
	}

	/* Shows the node over the full width: in some steps, where that is quick. */
	zoom(pane, node, isInstant) {
		const { tree } = pane,
			from = tree.x[node],
			to = from + tree.total[node];
		const a = pane.from,
			b = pane.to,
			start = performance.now(),
			time = 180;
		this.stopMoving();
		pane.target = node;
		const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
		if (isInstant || still || this.timing.layout + this.timing.draw > 30)
			return this.setRange(pane, from, to);
		const step = (now) => {
			const t = Math.min(1, Math.max(0, (now - start) / time)),
				ease = t * (2 - t);
			this.move = t < 1 ? requestAnimationFrame(step) : 0;
			this.setRange(
				pane,
				t < 1 ? a + (from - a) * ease : from,
				t < 1 ? b + (to - b) * ease : to
			);
		};
		this.move = requestAnimationFrame(step);
	}

	/* Widens or narrows what is seen, around a point of the window; shifts it by pixels. */
	zoomAround(pane, clientX, factor) {
		const share = (clientX - this.canvas.getBoundingClientRect().left) / this.width;
		const span = pane.to - pane.from,
			whole = pane.tree.total[0];
		const wanted = Math.min(
			whole,
			Math.max(span * factor, Math.min(whole, 1e-9 * whole + 1))
		);
		const from = pane.from + share * (span - wanted);
		this.moveTo(pane, from, wanted);
	}

	shift(pane, pixels) {
		const span = pane.to - pane.from;
		this.moveTo(pane, pane.from + (pixels / this.width) * span, span);
	}

	moveTo(pane, from, span) {
		const start = Math.max(0, Math.min(from, pane.tree.total[0] - span));
		this.stopMoving();
		this.setRange(pane, start, start + span);
	}

	/* The next box from one, in an arrow's direction, or null. */
	neighbour(at, key) {
		const { pane, node } = at,
			{ tree } = pane,
			box = pane.boxOf(node);
		const isUp = pane === this.upwards || this.isUpright,
			row = tree.depth[node];
		if (key === "ArrowLeft" || key === "ArrowRight") {
			const next = box + (key === "ArrowLeft" ? -1 : 1);
			const inRow =
				box >= 0 && next >= pane.rows[row] && next < pane.rows[row + 1];
			return inRow ? { pane, node: pane.node[next] } : null;
		}
		if ((key === "ArrowDown") !== isUp) return this.widestChild(pane, node);
		if (node > 0)
			return {
				pane: tree.parent[node] === 0 && isUp ? this.downwards : pane,
				node: tree.parent[node]
			};
		return isUp || !this.upwards ? null : this.widestChild(this.upwards, 0);
	}

	widestChild(pane, node) {
		const { tree } = pane,
			row = tree.depth[node] + 1;
		let best = -1;
		for (let i = pane.rows[row]; row < pane.nRows && i < pane.rows[row + 1]; i++)
			if (
				tree.parent[pane.node[i]] === node &&
				(best < 0 || tree.total[pane.node[i]] > tree.total[best])
			)
				best = pane.node[i];
		return best < 0 ? null : { pane, node: best };
	}

	/* The next matching box that is drawn, from where we are; step is 1 or -1. */
	nextMatch(matches, step) {
		const boxes = this.panes.flatMap((pane) =>
			Array.from({ length: pane.rows[pane.nRows] }, (_, i) => ({
				pane,
				node: pane.node[i]
			}))
		);
		let i = this.at
			? boxes.findIndex((b) => b.pane === this.at.pane && b.node === this.at.node)
			: -1;
		i = i < 0 && step < 0 ? 0 : i;
		for (let n = 0; n < boxes.length; n++) {
			i = (i + step + boxes.length) % boxes.length;
			const func = boxes[i].pane.tree.func[boxes[i].node];
			if (
				func >= 0 &&
				matches.isMatch[func] &&
				!(boxes[i].pane === this.upwards && !boxes[i].node)
			)
				return boxes[i];
		}
		return null;
	}
}
