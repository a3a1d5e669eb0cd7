"use strict";
/*
 * The table of functions or of modules: self, total, name, module; sorted by a column, filtered by
 * the search. A click chooses: a function for the sandwich, a module as a filter.
 */

function element(tag, className, text) {
	const e = document.createElement(tag);
	if (className) e.className = className;
	if (text !== undefined) e.textContent = text;
	return e;
}

class Table {
	constructor(root, owner) {
		this.owner = owner;
		this.root = root;
		this.sort = { key: "self", down: true };
		this.of = "functions";
		this.items = [];
		this.cursor = -1;
		this.body = root.querySelector(".rows");
		new ResizeObserver(() => this.measure()).observe(this.body);
		this.list = new List(
			this.body,
			24,
			() => this.makeRow(),
			(row, i) => this.fillRow(row, i)
		);
		root.querySelectorAll(".head button").forEach((button) =>
			button.addEventListener("click", () => this.sortBy(button.dataset.key))
		);
		root.querySelectorAll(".tabs button").forEach((button) =>
			button.addEventListener("click", () => this.show(button.dataset.of))
		);
		this.body.addEventListener("click", (event) =>
			this.choose(this.list.indexOf(event.target))
		);
		this.body.addEventListener("contextmenu", (event) => this.openMenu(event));
		this.body.addEventListener("keydown", (event) => this.onKey(event));
	}

	show(of) {
		this.of = of;
		this.cursor = -1;
		this.update();
	}

	sortBy(key) {
		const isText = key === "name" || key === "module";
		this.sort = { key, down: this.sort.key === key ? !this.sort.down : !isText };
		this.update();
	}

	functions() {
		const { forest, sums, matches } = this.owner,
			{ byFunction } = sums,
			items = [];
		for (let f = 0; f < forest.data.functions.n; f++)
			if (byFunction.samples[f] && (!matches || matches.isMatch[f]))
				items.push({
					id: f,
					name: forest.name(f),
					module: forest.moduleName(f),
					kind: byFunction.inlined[f] ? KIND.INLINED : forest.kind(f),
					self: byFunction.self[f],
					total: byFunction.total[f]
				});
		return items;
	}

	modules() {
		const { forest, sums, matches } = this.owner,
			{ modules } = forest.data,
			items = [];
		for (let m = 0; m < modules.n; m++)
			if (
				sums.byModule.samples[m] &&
				(!matches || matches.regex.test(modules.name[m]))
			)
				items.push({
					id: m,
					name: modules.name[m],
					module: modules.path[m],
					kind: modules.kind[m],
					self: sums.byModule.self[m],
					total: sums.byModule.total[m]
				});
		return items;
	}

	compare(a, b) {
		const { key, down } = this.sort;
		const by = (x, y) => (x < y ? -1 : x > y ? 1 : 0);
		const order = by(a[key], b[key]) * (down ? -1 : 1);
		return (
			order ||
			b.self - a.self ||
			b.total - a.total ||
			by(a.name, b.name) ||
			a.id - b.id
		);
	}

	update() {
		this.items = this[this.of]().sort((a, b) => this.compare(a, b));
		this.root.querySelectorAll(".head button").forEach((button) => {
			const isSorted = button.dataset.key === this.sort.key;
			button.parentNode.setAttribute(
				"aria-sort",
				!isSorted ? "none" : this.sort.down ? "descending" : "ascending"
			);
			if (button.dataset.key === "name")
				button.textContent =
					this.of === "functions" ? "Function" : "Module";
			if (button.dataset.key === "module")
				button.textContent = this.of === "functions" ? "Module" : "Path";
		});
		this.root
			.querySelectorAll(".tabs button")
			.forEach((button) =>
				button.setAttribute(
					"aria-selected",
					String(button.dataset.of === this.of)
				)
			);
		this.root.querySelector(".count").textContent = formatCount(this.items.length);
		this.body.setAttribute("aria-rowcount", this.items.length);
		this.measure();
		this.list.setLength(this.items.length);
	}

	makeRow() {
		const row = element("div", "row");
		row.setAttribute("role", "row");
		for (const name of ["self", "total", "name", "module"]) {
			const cell = row.appendChild(element("div", "cell " + name));
			cell.setAttribute("role", "cell");
			if (name === "self" || name === "total")
				cell.append(
					element("i", "bar"),
					element("span", "percent"),
					element("span", "value")
				);
			if (name === "name") cell.append(element("i", "kind"), element("span"));
		}
		return row;
	}

	/* Characters of a name that have room. */
	measure() {
		this.room =
			Math.floor(this.root.querySelector(".head .name").clientWidth / 7.3) - 2;
	}

	fillRow(row, index) {
		const item = this.items[index],
			{ sums, valueType } = this.owner;
		const [self, total, name, module] = row.children;
		const number = (cell, value) => {
			const percent = share(value, sums.whole);
			cell.children[0].style.width = Math.min(100, Math.max(0, percent)) + "%";
			cell.children[1].textContent = value ? formatPercent(percent) : "–";
			cell.title = formatValue(valueType, value);
		};
		number(self, item.self);
		number(total, item.total);
		name.children[0].className = "kind k" + item.kind;
		name.children[0].title = KIND_LABELS[item.kind];
		name.children[1].textContent =
			item.name.length > this.room
				? shortName(item.name, 2).slice(0, 500)
				: item.name;
		name.title = item.name.slice(0, 2000);
		module.textContent = item.module.slice(0, 200);
		module.title = item.module.slice(0, 2000);
		const chosen =
			this.of === "functions" ? this.owner.state.func : this.owner.state.module;
		row.classList.toggle("chosen", item.id === chosen);
		row.classList.toggle("cursor", index === this.cursor);
		row.setAttribute("aria-selected", String(item.id === chosen));
		row.setAttribute("aria-rowindex", index + 1);
	}

	choose(index) {
		const item = this.items[index];
		if (!item) return;
		this.cursor = index;
		if (this.of === "functions")
			this.owner.set({ func: item.id, view: "sandwich", zoom: null });
		else
			this.owner.set({
				module: this.owner.state.module === item.id ? -1 : item.id,
				zoom: null
			});
		this.list.show();
	}

	openMenu(event) {
		const item = this.items[this.list.indexOf(event.target)];
		if (!item || this.of !== "functions") return;
		event.preventDefault();
		this.owner.openMenu(item.id, null, event.clientX, event.clientY);
	}

	onKey(event) {
		const page = Math.max(1, Math.floor(this.body.clientHeight / 24) - 1);
		const steps = {
			ArrowDown: 1,
			ArrowUp: -1,
			PageDown: page,
			PageUp: -page,
			Home: -Infinity,
			End: Infinity
		};
		if (event.key === "Enter" || event.key === " ") {
			this.choose(this.cursor);
		} else if (event.key in steps) {
			this.cursor = Math.max(
				0,
				Math.min(this.items.length - 1, this.cursor + steps[event.key])
			);
			this.list.reveal(this.cursor);
		} else {
			const item = this.items[this.cursor];
			if (
				!item ||
				this.of !== "functions" ||
				!this.owner.actOn(event.key, item.id, null)
			)
				return;
		}
		event.preventDefault();
		event.stopPropagation();
	}
}
