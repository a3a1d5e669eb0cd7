"use strict";
/*
 * The time line: CPU use over time of all threads and of each, the busiest first, coloured by the
 * kind of code at the leaf; violet is what the search found. A brush chooses a range of time, a
 * click on a name a thread; both filter everything else, but not what is drawn here.
 *
 * The samples lie in buckets of time; *columns* of some pixels gather as many buckets as it takes
 * for the height to mean something. Without times there are the threads with a bar each.
 */

const LANE = 30;
const LABEL = 190; /* pixels, as in html.css */
const KIND_ORDER = [KIND.USER, KIND.LIBRARY, KIND.JIT, KIND.KERNEL, KIND.OTHER];

class Timeline {
	constructor(root, owner) {
		this.root = root;
		this.owner = owner;
		this.data = owner.data;
		this.lanes = root.querySelector(".lanes");
		this.axis = root.querySelector("canvas.axis");
		this.cache = new Map();
		this.cpuValue = this.data.values.findIndex((type) => type.unit === "nanoseconds");
		this.list = new List(
			this.lanes,
			LANE,
			() => this.makeLane(),
			(row, i) => this.fillLane(row, i)
		);
		this.sortThreads();
		this.brush = new Brush(this);
		this.list.setLength(this.order.length);
		const shown = Math.min(this.order.length, 6);
		this.lanes.style.height =
			shown * LANE + (this.order.length > shown ? LANE / 2 : 0) + "px";
		root.querySelector(".note").hidden = this.data.hasTimes;
		root.querySelector(".note span").textContent =
			this.data.times.buckets === 1
				? "there are too many different stacks to keep the times of all"
				: "this profile holds sums, not the times of its samples";
		this.axis.hidden = !this.data.hasTimes;
		new ResizeObserver(() => this.redraw()).observe(this.lanes);
	}

	/* Thread -1 is all of them. */
	sortThreads() {
		const { pairs, rows, threads } = this.data;
		const values = rows.sums[this.value];
		this.totals = new Float64Array(threads.length);
		for (let p = 0; p < pairs.n; p++)
			for (let r = pairs.first[p]; r < pairs.first[p + 1]; r++)
				this.totals[pairs.thread[p]] += values[r];
		const used = new Set(pairs.thread);
		this.threads = [...used].sort((a, b) => this.totals[b] - this.totals[a] || a - b);
		this.order = this.threads.length === 1 ? this.threads : [-1, ...this.threads];
		this.whole = this.totals.reduce((sum, v) => sum + v, 0);
		this.pairsOf = new Map(this.threads.map((thread) => [thread, []]));
		for (let p = 0; p < pairs.n; p++) this.pairsOf.get(pairs.thread[p]).push(p);
	}

	/* The value type that is drawn: CPU time, where there is one. */
	get value() {
		return this.cpuValue >= 0 ? this.cpuValue : this.owner.state.value;
	}

	get width() {
		return Math.max(50, this.lanes.clientWidth - LABEL);
	}

	/* Buckets in a column: two pixels at least, and ten sampling periods, for each to mean much. */
	get step() {
		const { buckets, bucketNs } = this.data.times,
			{ frequency } = this.data.meta;
		const least = frequency ? Math.ceil(1e10 / frequency / bucketNs) : 1;
		return Math.max(
			1,
			Math.ceil((2 * buckets) / this.width),
			Math.min(least, Math.ceil(buckets / 100))
		);
	}

	redraw() {
		this.cache.clear();
		this.threadFull = 0;
		this.list.show();
		this.drawAxis();
	}

	/* Of a thread, by kind and column: values; and those that the search found. */
	columnsOf(thread) {
		if (this.cache.has(thread)) return this.cache.get(thread);
		const n = Math.ceil(this.data.times.buckets / this.step);
		const kinds = KIND_ORDER.map(() => new Float64Array(n)),
			found = new Float64Array(n);
		const threads = thread < 0 ? this.threads : [thread];
		threads.forEach((t) =>
			this.pairsOf.get(t).forEach((p) => this.addPair(p, kinds, found))
		);
		const columns = { n, kinds, found };
		this.cache.set(thread, columns);
		return columns;
	}

	addPair(p, kinds, found) {
		const { pairs, rows, stacks, functions } = this.data,
			{ forest, matches } = this.owner;
		const values = rows.sums[this.value];
		const kind = KIND_ORDER.indexOf(functions.kind[stacks.func[pairs.stack[p]]]);
		const isFound = matches && matches.inStack[forest.pairStack[p]],
			step = this.step;
		for (let r = pairs.first[p]; r < pairs.first[p + 1]; r++) {
			const column = Math.floor(rows.bucket[r] / step);
			kinds[kind][column] += values[r];
			if (isFound) found[column] += values[r];
		}
	}

	makeLane() {
		const lane = element("div", "lane"),
			button = element("button", "label");
		button.append(element("span", "name"), element("span", "percent"));
		lane.append(button, element("canvas"));
		return lane;
	}

	laneName(thread) {
		const t = this.data.threads[thread];
		return thread < 0
			? "all " + formatCount(this.threads.length) + " threads"
			: t.name + (t.tid ? " " + t.tid : "");
	}

	fillLane(lane, index) {
		const thread = this.order[index],
			{ threads } = this.owner.state,
			[button, canvas] = lane.children;
		const total = thread < 0 ? this.whole : this.totals[thread];
		button.children[0].textContent = this.laneName(thread);
		button.children[1].textContent =
			this.order.length > 1 ? formatPercent(share(total, this.whole)) : "";
		const t = this.data.threads[thread];
		const type = this.data.values[this.value];
		button.title =
			thread < 0
				? "Show all threads"
				: t.name +
					", thread " +
					t.tid +
					" of " +
					t.process +
					" (" +
					t.pid +
					"), " +
					formatValue(type, total) +
					"\nClick: this thread only. Ctrl-click: add or remove it.";
		const isOn = thread < 0 ? !threads : threads !== null && threads.has(thread);
		button.setAttribute("aria-pressed", String(isOn));
		lane.classList.toggle(
			"off",
			thread >= 0 && threads !== null && !threads.has(thread)
		);
		this.drawLane(canvas, thread, total);
	}

	prepare(canvas, height) {
		const ratio = window.devicePixelRatio || 1,
			c = canvas.getContext("2d");
		canvas.width = Math.round(this.width * ratio);
		canvas.height = Math.round(height * ratio);
		canvas.style.width = this.width + "px";
		canvas.style.height = height + "px";
		c.setTransform(ratio, 0, 0, ratio, 0, 0);
		return c;
	}

	drawLane(canvas, thread, total) {
		const c = this.prepare(canvas, LANE - 3);
		if (!this.owner.colours) return;
		if (this.data.hasTimes) this.drawColumns(c, thread);
		else this.drawBar(c, total);
	}

	drawBar(c, total) {
		c.fillStyle = this.owner.colours.boxes[0][2];
		c.fillRect(0, 5, (this.width * share(total, this.whole)) / 100, LANE - 13);
	}

	/* The most that a thread has in a column. */
	mostOf(thread) {
		const { pairs, rows } = this.data,
			step = this.step;
		const values = rows.sums[this.value];
		const columns = new Float64Array(Math.ceil(this.data.times.buckets / step));
		for (const p of this.pairsOf.get(thread))
			for (let r = pairs.first[p]; r < pairs.first[p + 1]; r++)
				columns[Math.floor(rows.bucket[r] / step)] += values[r];
		return columns.reduce((most, v) => Math.max(most, v), 0);
	}

	/* What a full lane stands for. It is the same for all threads, so that they can be compared: one
	 * CPU, or less where none uses as much. */
	fullValue(thread, columns) {
		if (thread < 0)
			return columns.kinds[0].reduce(
				(most, _, i) =>
					Math.max(
						most,
						columns.kinds.reduce(
							(sum, kind) => sum + kind[i],
							0
						)
					),
				0
			);
		if (!this.threadFull) {
			const most = this.threads.reduce((m, t) => Math.max(m, this.mostOf(t)), 0);
			const cpu = this.data.times.bucketNs * this.step;
			this.threadFull = this.cpuValue >= 0 ? Math.min(cpu, most * 1.1) : most;
		}
		return this.threadFull;
	}

	drawColumns(c, thread) {
		const columns = this.columnsOf(thread),
			{ colours } = this.owner,
			height = LANE - 4;
		const full = this.fullValue(thread, columns) || 1;
		const wide = (this.width * this.step) / this.data.times.buckets;
		for (let i = 0; i < columns.n; i++) {
			let y = height;
			const paint = (value, colour) => {
				const tall = Math.min(y, (value / full) * height);
				c.fillStyle = colour;
				c.fillRect(i * wide, y - tall, wide + 0.3, tall);
				y -= tall;
			};
			KIND_ORDER.forEach(
				(kind, k) =>
					columns.kinds[k][i] &&
					paint(columns.kinds[k][i], colours.boxes[kind][2])
			);
			if (columns.found[i]) {
				y = height;
				paint(columns.found[i], colours.match);
			}
		}
		c.fillStyle = colours.rule;
		c.fillRect(0, height, this.width, 1);
		this.drawBrush(c, height);
	}

	xOf(bucket) {
		return (bucket / this.data.times.buckets) * this.width;
	}

	drawBrush(c, height) {
		const { from, to } = this.brush.range || this.owner.state;
		if (from === 0 && to === Infinity) return;
		const left = this.xOf(from),
			right = Math.min(this.width, this.xOf(to));
		c.fillStyle = this.owner.colours.dim;
		c.fillRect(0, 0, left, height);
		c.fillRect(right, 0, this.width - right, height);
		c.fillStyle = this.owner.colours.match;
		c.fillRect(Math.max(0, left - 1), 0, 1.5, height);
		c.fillRect(right - 1, 0, 1.5, height);
	}

	timeOf(bucket) {
		const { buckets, bucketNs, startNs } = this.data.times;
		return startNs + Math.min(bucket, buckets) * bucketNs;
	}

	/* Ticks at round times. */
	drawAxis() {
		if (!this.data.hasTimes || !this.owner.colours) return;
		const c = this.prepare(this.axis, 18),
			{ colours } = this.owner;
		const span = this.timeOf(Infinity) - this.timeOf(0),
			rough = (span * 90) / this.width;
		const power = 10 ** Math.floor(Math.log10(rough));
		const tick = power * [1, 2, 5, 10].find((m) => m * power >= rough);
		c.font = "11px system-ui, sans-serif";
		c.textBaseline = "middle";
		for (
			let t = Math.ceil(this.timeOf(0) / tick) * tick;
			t < this.timeOf(Infinity);
			t += tick
		) {
			const x = ((t - this.timeOf(0)) / span) * this.width;
			const text =
				tick >= 1e9
					? Math.round(t / 1e9) + " s"
					: Number((t / 1e9).toPrecision(12)) + " s";
			c.fillStyle = colours.rule;
			c.fillRect(x, 0, 1, 18);
			c.fillStyle = colours.faint;
			if (x + c.measureText(text).width + 4 < this.width)
				c.fillText(text, x + 4, 9);
		}
	}

	/* Chooses a range of buckets. */
	select(from, to) {
		const { buckets } = this.data.times;
		const start = Math.max(0, Math.min(from, buckets - 1));
		const isAll = start === 0 && to >= buckets;
		this.brush.range = null;
		this.owner.set({
			from: start,
			to: isAll ? Infinity : Math.max(start + 1, Math.min(to, buckets)),
			zoom: null
		});
	}

	timeName(from, to) {
		return formatDuration(this.timeOf(from)) + " – " + formatDuration(this.timeOf(to));
	}

	describe(thread, bucket) {
		const columns = this.columnsOf(thread),
			at = Math.min(columns.n - 1, Math.floor(bucket / this.step));
		const value = columns.kinds.reduce((sum, kind) => sum + kind[at], 0),
			from = at * this.step;
		const type = this.data.values[this.value];
		const inColumn = this.data.times.bucketNs * this.step;
		return {
			name: this.laneName(thread),
			where: this.timeName(from, from + this.step),
			numbers:
				formatValue(type, value) +
				(this.cpuValue >= 0
					? ", " + formatPercent(share(value, inColumn)) + " of a CPU"
					: "")
		};
	}
}
