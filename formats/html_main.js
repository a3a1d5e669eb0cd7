"use strict";
/*
 * The application: the state, what is worked out from it, and who shows it. set() changes the state;
 * update() works out anew what depends on the change, in this order:
 *
 *	data -> forest (by group) -> sums (by filters) -> matches (by search) -> trees (by view)
 */

class App {
	constructor(data) {
		this.data = data;
		this.state = hashToState(window.location.hash, data);
		this.keys = {};
		this.fullValues = new Map();
		fillHeader(data);
		fillInfo(data);
		this.work();
		fillLegend(this.forest);
		fillSelect(
			"value",
			data.values.map((type, i) => [i, type.type])
		);
		this.graph = new Graph(document.getElementById("scroller"), this);
		this.timeline = new Timeline(document.getElementById("timeline"), this);
		this.table = new Table(document.getElementById("table"), this);
		this.tip = new Tip();
		this.menu = new Menu((key) => this.actOn(key, this.menuFunction, this.menuAt));
		this.startTheme();
		listenToGraph(this);
		listenToSearch(this);
		listenToTools(this);
		window.addEventListener("keydown", (event) => windowKey(this, event));
		window.addEventListener("hashchange", () => this.readHash());
		this.update(true);
	}

	set(changes) {
		this.tip.hide();
		Object.assign(this.state, changes);
		this.update();
		this.saveHash();
	}

	saveHash() {
		const hash = stateToHash(this.state, startState(this.data));
		this.hash = hash ? "#" + hash : "";
		try {
			window.history.replaceState(
				null,
				"",
				this.hash || window.location.pathname + window.location.search
			);
		} catch (error) {
			/* a sandboxed page keeps no state */
		}
	}

	readHash() {
		if (window.location.hash === this.hash) return;
		this.state = hashToState(window.location.hash, this.data);
		this.update();
	}

	/* Whether that part must be worked out anew, because what it depends on has changed. */
	isStale(part, dependsOn) {
		const key = JSON.stringify(dependsOn, (name, v) =>
			v instanceof Set ? [...v] : v === Infinity ? -1 : v
		);
		const isStale = this.keys[part] !== key;
		this.keys[part] = key;
		return isStale;
	}

	filter() {
		const filter = emptyFilter();
		for (const key of Object.keys(filter)) filter[key] = this.state[key];
		return filter;
	}

	get valueType() {
		return this.data.values[this.state.value];
	}

	/* Everything but pictures. Yields which parts are new. */
	work() {
		const s = this.state,
			filter = this.filter(),
			isNew = {};
		isNew.forest = this.isStale("forest", s.group);
		if (isNew.forest) this.forest = new Forest(this.data, s.group);
		isNew.sums = this.isStale("sums", [s.group, filter]);
		if (isNew.sums) this.sums = new Sums(this.forest, filter);
		isNew.matches = this.isStale("matches", [s.group, filter, s.search, s.anyCase]);
		if (isNew.matches) this.matches = this.findMatches();
		this.fullValue = this.findFullValue();
		return isNew;
	}

	findFullValue() {
		if (!this.fullValues.has(this.state.value))
			this.fullValues.set(
				this.state.value,
				this.data.rows.sums[this.state.value].reduce((sum, v) => sum + v, 0)
			);
		return this.fullValues.get(this.state.value);
	}

	findMatches() {
		this.badSearch = false;
		if (!this.state.search) return null;
		try {
			const regex = new RegExp(this.state.search, this.state.anyCase ? "i" : "");
			return Object.assign(new Matches(this.sums, regex), { regex });
		} catch (error) {
			this.badSearch = true;
			return null;
		}
	}

	/* Nanoseconds of CPU in what is shown, by the second value type. */
	timeShown() {
		let sum = 0;
		this.sums.eachRow((row) => {
			sum += this.data.rows.sums[1][row];
		});
		return sum;
	}

	makePanes() {
		const { view, order, func } = this.state,
			isByWeight = order === "weight";
		const make = (isUpwards, start, f) =>
			new Pane(new CallTree(this.sums, isUpwards, isByWeight, start, f));
		if (view === "sandwich") {
			const start = this.sums.outermostStacks(func);
			return this.graph.show(make(true, start, func), make(false, start, func));
		}
		return this.graph.show(null, make(view === "reversed", null));
	}

	update(isFirst = false) {
		const s = this.state,
			isNew = this.work();
		const isNewTree = this.isStale("tree", [
			s.group,
			this.filter(),
			s.view,
			s.order,
			s.upright,
			s.view === "sandwich" && s.func
		]);
		if (isNewTree) this.makePanes();
		if (isNewTree || s.zoom) this.restoreZoom();
		if (isNew.sums || isNew.matches || isFirst) this.table.update();
		if (isNew.matches || isNew.forest) this.timeline.redraw();
		else this.timeline.list.show();
		this.table.list.show();
		this.showControls();
		fillChips(this);
		fillTotals(this);
		this.showZoom();
		this.graph.redraw();
	}

	/* The zoom that the state holds, if that box is still there. */
	restoreZoom() {
		const { zoom } = this.state,
			{ graph } = this;
		const pane = zoom && zoom.pane === 1 ? graph.upwards : graph.downwards;
		const node = zoom && pane ? pane.tree.find(zoom.depth, zoom.x) : 0;
		if (!node) this.state.zoom = null;
		else if (pane.target !== node) graph.zoom(pane, node, true);
	}

	showControls() {
		const { state } = this;
		document.querySelectorAll("#views button").forEach((button) =>
			button.setAttribute(
				"aria-selected",
				String(button.dataset.view === state.view)
			)
		);
		for (const id of ["value", "group", "order"])
			document.getElementById(id).value = state[id];
		for (const id of ["kernel", "inlined"])
			document.getElementById(id).checked = state[id];
		document.getElementById("value-label").hidden = this.data.values.length < 2;
		document.getElementById("case").setAttribute("aria-pressed", String(state.anyCase));
		const field = document.getElementById("search");
		if (field !== document.activeElement || state.search === "")
			field.value = state.search;
		field.classList.toggle("bad", this.badSearch);
		show("empty", !this.sums.samples);
		show("timeline", this.data.pairs.n > 0);
		setText("empty", this.data.health.empty || "No samples pass these filters.");
		this.showSandwich();
	}

	showSandwich() {
		const { state, sums, forest, valueType } = this,
			isShown = state.view === "sandwich";
		show("chosen", isShown);
		if (!isShown) return;
		const value = (v) =>
			formatValue(valueType, v) +
			" (" +
			formatPercent(share(v, sums.whole)) +
			")";
		const [name, numbers] = document.getElementById("chosen").children;
		name.textContent = forest.name(state.func);
		name.title = name.textContent.slice(0, 2000);
		numbers.textContent =
			"self " +
			value(sums.byFunction.self[state.func]) +
			" · total " +
			value(sums.byFunction.total[state.func]) +
			" · " +
			forest.moduleName(state.func) +
			" · callers above, callees below";
	}

	/* The way to the zoomed box, and how much of it the search found. */
	showZoom() {
		const { graph } = this,
			crumbs = document.getElementById("crumbs");
		const pane = graph.panes.find((p) => p.target > 0) || graph.downwards,
			{ tree } = pane;
		const path = [];
		for (let node = pane.target; node >= 0; node = tree.parent[node])
			path.unshift(node);
		const shown = path.length > 7 ? [path[0], -1, ...path.slice(-5)] : path;
		crumbs.replaceChildren(
			...shown.map((node) => {
				if (node < 0) return element("span", "", "…");
				const name = this.forest.name(tree.func[node]);
				const crumb = element(
					"button",
					"crumb",
					name.length > 40 ? name.slice(0, 38) + ".." : name
				);
				crumb.title = name.slice(0, 2000);
				crumb.addEventListener("click", () => this.zoomTo({ pane, node }));
				return crumb;
			})
		);
		show("hint", path.length === 1);
		setText(
			"hint",
			(graph.nHidden
				? formatCount(graph.nHidden) +
					" outer frames: scroll " +
					(this.state.upright ? "down" : "up") +
					" · "
				: "") + "click a box to zoom, right-click for more"
		);
		show("crumbs", path.length > 1);
		show(
			"unzoom",
			graph.panes.some(
				(p) => p.target > 0 || p.from > 0 || p.to < p.tree.total[0]
			)
		);
		let text = this.badSearch ? "not a regular expression" : "";
		if (this.matches)
			text =
				"Matched: " +
				share(
					tree.matchedIn(pane.target, this.matches),
					tree.total[pane.target]
				).toFixed(1) +
				"%";
		setText("matched", text);
	}

	/* What the user does. */

	zoomTo({ pane, node }) {
		const { graph } = this,
			{ tree } = pane;
		graph.panes.forEach((other) => {
			if (other !== pane && other.target) graph.zoom(other, 0, true);
		});
		graph.zoom(pane, node, false);
		this.state.zoom = node
			? {
					pane: pane === graph.upwards ? 1 : 0,
					depth: tree.depth[node],
					x: tree.x[node]
				}
			: null;
		this.showZoom();
		this.saveHash();
	}

	unzoom() {
		this.graph.panes.forEach((pane) =>
			this.graph.zoom(pane, 0, this.graph.panes.length > 1)
		);
		this.state.zoom = null;
		this.showZoom();
		this.saveHash();
	}

	goTo(at) {
		if (!at) return;
		this.graph.point(at);
		this.graph.reveal(at);
		const lines = describe(this, at),
			box = at.pane.boxOf(at.node);
		setText(
			"details",
			lines.name.slice(0, 300) + " – " + lines.where + " – " + lines.numbers
		);
		if (box < 0) return;
		const rect = this.graph.canvas.getBoundingClientRect();
		const y =
			this.graph.rowTop(at.pane, at.pane.tree.depth[at.node]) -
			this.graph.scroller.scrollTop;
		this.tip.show(lines, rect.left + Math.max(0, at.pane.left[box]), rect.top + y);
	}

	nextMatch(step) {
		const next = this.matches && this.graph.nextMatch(this.matches, step);
		if (next) this.goTo(next);
	}

	setView(view) {
		const changes = { view, zoom: null };
		if (view === "sandwich" && this.state.func < 0) changes.func = this.hottest();
		if (changes.func === -1) return;
		if (view !== "sandwich") changes.order = view === "reversed" ? "weight" : "name";
		this.set(changes);
	}

	hottest() {
		const { self, samples } = this.sums.byFunction;
		let best = -1;
		for (let f = 0; f < this.data.functions.n; f++)
			if (samples[f] && (best < 0 || self[f] > self[best])) best = f;
		return best;
	}

	/* A group is chosen by its threads. */
	focusGroup(func) {
		const name = this.forest.name(func),
			chosen = new Set();
		this.data.threads.forEach((thread, i) => {
			if (
				groupNames(thread, this.state.group).includes(name) &&
				this.timeline.pairsOf.has(i)
			)
				chosen.add(i);
		});
		this.set({ threads: chosen, zoom: null });
	}

	/* Whether the key did something for that function, or for that box of it. */
	actOn(key, func, at) {
		const { state, forest } = this,
			add = (list) => [...new Set([...list, func])].slice(0, 29);
		if (key === "Enter" && at) {
			this.zoomTo(at);
			return true;
		}
		if (func < 0 || !"sfxhc".includes(key) || key.length !== 1) return false;
		this.tip.hide();
		if (key === "c") this.copy(forest.name(func));
		else if (forest.isGroup(func)) key === "f" && this.focusGroup(func);
		else if (key === "s") this.set({ view: "sandwich", func, zoom: null });
		else
			this.change(
				{ f: "focus", x: "drop", h: "hide" }[key],
				add(state[{ f: "focus", x: "drop", h: "hide" }[key]])
			);
		return true;
	}

	change(list, functions) {
		this.set({ [list]: functions, zoom: null });
	}

	copy(name) {
		const area = document.body.appendChild(element("textarea", "offscreen"));
		area.value = name;
		area.select();
		document.execCommand("copy");
		area.remove();
	}

	openMenu(func, at, x, y) {
		this.tip.hide();
		this.menuFunction = func;
		this.menuAt = at;
		const isGroup = func < 0 || this.forest.isGroup(func);
		const actions = ACTIONS.filter(
			(action) =>
				(at || !action.needsNode) &&
				(!isGroup || ["Enter", "f", "c"].includes(action.key))
		);
		this.menu.open(
			this.forest.name(func),
			func < 0 ? actions.slice(0, 1) : actions,
			x,
			y
		);
	}

	escape() {
		const { state, graph } = this;
		this.tip.hide();
		if (
			graph.panes.some(
				(pane) =>
					pane.target > 0 || pane.to - pane.from < pane.tree.total[0]
			)
		)
			this.unzoom();
		else if (state.search) this.set({ search: "" });
		else if (state.view === "sandwich") this.setView("graph");
	}

	resetFilters() {
		const start = startState(this.data),
			changes = { zoom: null };
		for (const key of ["threads", "from", "to", "focus", "drop", "hide", "module"])
			changes[key] = start[key];
		this.set(changes);
	}

	/* Light or dark: as the system, unless somebody chose here. */
	startTheme() {
		const query = window.matchMedia("(prefers-color-scheme: dark)");
		const follow = () =>
			this.setTheme(this.ownTheme || (query.matches ? "dark" : "light"));
		query.addEventListener("change", follow);
		follow();
	}

	setTheme(theme) {
		document.documentElement.dataset.theme = theme;
		this.colours = COLOURS[theme];
		setText("theme", theme === "dark" ? "Light" : "Dark");
		this.graph.setTheme(theme);
		this.timeline.redraw();
	}

	toggleTheme() {
		this.ownTheme =
			document.documentElement.dataset.theme === "dark" ? "light" : "dark";
		this.setTheme(this.ownTheme);
	}
}

/* For scripts: see docs/html.md. */
if (typeof document !== "undefined")
	window.ddrec = new App(readData(document.getElementById("data").textContent));
