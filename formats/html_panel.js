"use strict";
/*
 * The small parts around the views: header, totals, filter chips, tool tip, menu, dialogs.
 */

const ACTIONS = [
	{ key: "Enter", label: "Zoom", needsNode: true },
	{ key: "s", label: "Callers and callees (sandwich)" },
	{ key: "f", label: "Focus: only samples with this function" },
	{ key: "x", label: "Drop: no samples with this function" },
	{ key: "h", label: "Hide: its cost goes to its callers" },
	{ key: "c", label: "Copy the name" }
];

function show(id, isShown) {
	document.getElementById(id).hidden = !isShown;
}

function setText(id, text) {
	document.getElementById(id).textContent = text;
}

function fillHeader(data) {
	const { meta, health } = data;
	setText("title", meta.title || meta.command || "Profile");
	document.getElementById("title").title = meta.title || meta.command;
	const parts = [health.phrase];
	if (meta.durationNs) parts.push(formatDuration(meta.durationNs));
	if (meta.host) parts.push("on " + meta.host);
	setText("about", parts.join(" · "));
	setText("warning", health.warning.trim());
	show("warning", health.warning.trim() !== "");
}

function fillInfo(data) {
	const { meta } = data,
		list = document.getElementById("facts");
	const start = meta.startMs
		? new Date(meta.startMs).toISOString().replace("T", " ").slice(0, 19) + " UTC"
		: "";
	const facts = [
		["Command", meta.command],
		["Source", meta.source],
		["Host", meta.host],
		["Kernel", [meta.kernel, meta.arch].filter(Boolean).join(", ")],
		["Recorded", start],
		["Duration", meta.durationNs ? formatDuration(meta.durationNs) : ""],
		["Event", meta.event],
		["Sampling", meta.clock],
		["Tool", meta.tool]
	];
	for (const [name, value] of facts)
		if (value) list.append(element("dt", "", name), element("dd", "", value));
	setText("health", data.health.lines);
}

function fillLegend(forest) {
	const used = new Set(forest.data.functions.kind),
		legend = document.getElementById("legend");
	used.add(KIND.OTHER);
	if (forest.data.stacks.inlined.includes(1)) used.add(KIND.INLINED);
	for (const kind of [0, 5, 1, 3, 2, 4])
		if (used.has(kind)) {
			const entry = legend.appendChild(element("span", "entry"));
			entry.append(element("i", "kind k" + kind), KIND_LABELS[kind]);
		}
}

function fillSelect(id, choices) {
	const select = document.getElementById(id);
	choices.forEach(([value, label]) => {
		const option = select.appendChild(element("option", "", label));
		option.value = value;
	});
}

/* What each filter is called, and what removes it. */
function chipsOf(app) {
	const { state, forest, data } = app,
		chips = [];
	const list = (key, word) =>
		state[key].forEach((f) =>
			chips.push({
				word,
				text: forest.name(f),
				without: { [key]: state[key].filter((other) => other !== f) }
			})
		);
	if (state.to !== Infinity)
		chips.push({
			word: "time",
			text: app.timeline.timeName(state.from, state.to),
			without: { from: 0, to: Infinity }
		});
	if (state.threads) {
		const first = [...state.threads][0],
			more = state.threads.size - 1;
		chips.push({
			word: more ? "threads" : "thread",
			without: { threads: null },
			text: app.timeline.laneName(first) + (more ? " and " + more + " more" : "")
		});
	}
	if (state.module >= 0)
		chips.push({
			word: "in module",
			text: data.modules.name[state.module],
			without: { module: -1 }
		});
	list("focus", "focus");
	list("drop", "without");
	list("hide", "hidden");
	return chips;
}

function fillChips(app) {
	const box = document.getElementById("chips"),
		chips = chipsOf(app);
	box.replaceChildren();
	for (const { word, text, without } of chips) {
		const chip = element("button", "chip");
		chip.title = "Remove this filter";
		chip.append(
			element("b", "", word),
			" " + text.slice(0, 80) + " ",
			element("span", "", "×")
		);
		chip.addEventListener("click", () => app.set({ ...without, zoom: null }));
		box.append(chip);
	}
	if (chips.length > 1) {
		const all = box.appendChild(element("button", "chip all", "Reset all"));
		all.addEventListener("click", () => app.resetFilters());
	}
}

function fillTotals(app) {
	const { sums, data, valueType, state } = app;
	const value = formatValue(valueType, sums.whole),
		whole = formatValue(valueType, app.fullValue);
	const isPart = app.fullValue !== sums.whole,
		unit = / [^\d ]+$/.exec(whole)[0];
	let text = "Shown: " + value;
	if (isPart)
		text =
			"Shown: " +
			(value.endsWith(unit) ? value.slice(0, -unit.length) : value) +
			" of " +
			whole +
			" (" +
			formatPercent(share(sums.whole, app.fullValue)) +
			")";
	if (state.value > 0)
		text +=
			" in " +
			formatCount(sums.samples) +
			(sums.samples === 1 ? " sample" : " samples");
	else if (data.values[1] && data.values[1].unit === "nanoseconds")
		text += ", " + formatDuration(app.timeShown()) + " of CPU time";
	setText("totals", text);
}

/* What a box stands for, in words. */
function describe(app, at) {
	const { pane, node } = at,
		{ tree } = pane,
		{ forest, sums, valueType } = app;
	const func = tree.func[node],
		total = tree.total[node];
	const kind = tree.isInlined(node) ? KIND.INLINED : forest.kind(func);
	const numbers = [formatValue(valueType, total), formatPercent(share(total, sums.whole))];
	if (tree.parent[node] > 0)
		numbers.push(
			formatPercent(share(total, tree.total[tree.parent[node]])) +
				" of the " +
				(tree.isUpwards ? "callee" : "caller")
		);
	if (!tree.isUpwards && func >= 0) {
		const self = tree.selfOf(node);
		numbers.push("self " + (self ? formatPercent(share(self, sums.whole)) : "0"));
	}
	const where = func >= 0 && !forest.isGroup(func) ? forest.moduleName(func) : "";
	const kindText = KIND_LABELS[kind];
	return {
		name: forest.name(func),
		where: where && where !== kindText ? where + ", " + kindText : kindText,
		numbers: numbers.join(" · ")
	};
}

class Tip {
	constructor() {
		this.box = document.getElementById("tip");
	}

	show(lines, x, y) {
		const [name, where, numbers] = this.box.children;
		name.textContent =
			lines.name.length > 600 ? lines.name.slice(0, 600) + ".." : lines.name;
		where.textContent = lines.where;
		numbers.textContent = lines.numbers;
		this.box.hidden = false;
		const { width, height } = this.box.getBoundingClientRect();
		const below = y + 20 + height < window.innerHeight;
		this.box.style.left =
			Math.max(4, Math.min(x + 12, window.innerWidth - width - 8)) + "px";
		this.box.style.top = Math.max(4, below ? y + 18 : y - height - 10) + "px";
	}

	hide() {
		this.box.hidden = true;
	}
}

class Menu {
	constructor(act) {
		this.box = document.getElementById("menu");
		this.act = act;
		this.box.addEventListener("click", (event) =>
			this.choose(event.target.closest("button"))
		);
		this.box.addEventListener("keydown", (event) => this.onKey(event));
		document.addEventListener(
			"pointerdown",
			(event) => this.box.contains(event.target) || this.hide()
		);
	}

	open(name, actions, x, y) {
		this.box.replaceChildren(element("div", "name", name.slice(0, 120)));
		for (const { key, label } of actions) {
			const button = this.box.appendChild(element("button", "", label));
			button.setAttribute("role", "menuitem");
			button.dataset.key = key;
			button.append(element("kbd", "", key));
		}
		this.box.hidden = false;
		const { width, height } = this.box.getBoundingClientRect();
		this.box.style.left =
			Math.max(4, Math.min(x, window.innerWidth - width - 8)) + "px";
		this.box.style.top =
			Math.max(4, Math.min(y, window.innerHeight - height - 8)) + "px";
		this.before = document.activeElement;
		this.box.querySelector("button").focus();
	}

	choose(button) {
		if (!button) return;
		this.hide();
		this.act(button.dataset.key);
	}

	hide() {
		if (this.box.hidden) return;
		this.box.hidden = true;
		if (this.before) this.before.focus({ preventScroll: true });
	}

	onKey(event) {
		const buttons = [...this.box.querySelectorAll("button")],
			i = buttons.indexOf(document.activeElement);
		if (event.key === "Escape") this.hide();
		else if (event.key === "ArrowDown" || event.key === "ArrowUp")
			buttons[
				(i + (event.key === "ArrowDown" ? 1 : -1) + buttons.length) %
					buttons.length
			].focus();
		else if (event.key !== "Enter" && event.key !== " ")
			this.choose(buttons.find((button) => button.dataset.key === event.key));
		else return event.stopPropagation();
		event.preventDefault();
		event.stopPropagation();
	}
}
