"use strict";
/*
 * Mouse and keys on the graph, the search field, the tool bar and the window.
 */

function listenToGraph(app) {
	const { graph } = app,
		{ scroller } = graph;
	let drag = null;
	const pointAt = (event) => {
		const at = graph.hit(event.clientX, event.clientY);
		graph.point(at);
		scroller.classList.toggle("over", at !== null);
		if (at) app.tip.show(describe(app, at), event.clientX, event.clientY);
		else app.tip.hide();
	};
	scroller.addEventListener("pointermove", (event) => {
		if (!drag) return event.pointerType === "touch" ? undefined : pointAt(event);
		const by = event.clientX - drag.x;
		if (!drag.moved && Math.abs(event.clientX - drag.startX) < 4) return undefined;
		drag.moved = true;
		app.tip.hide();
		graph.shift(drag.pane, -by);
		drag.x = event.clientX;
		return undefined;
	});
	scroller.addEventListener("pointerdown", (event) => {
		const at = graph.hit(event.clientX, event.clientY);
		if (event.button === 0 && event.target.tagName === "CANVAS")
			drag = {
				x: event.clientX,
				startX: event.clientX,
				moved: false,
				at,
				pane: at ? at.pane : graph.downwards
			};
	});
	window.addEventListener("pointerup", () => {
		if (drag && !drag.moved && drag.at) app.zoomTo(drag.at);
		drag = null;
	});
	scroller.addEventListener("pointerleave", () => {
		app.tip.hide();
		if (!scroller.matches(":focus-visible")) graph.point(null);
	});
	scroller.addEventListener("contextmenu", (event) => {
		const at = graph.hit(event.clientX, event.clientY);
		event.preventDefault();
		if (at && at.node + at.pane.tree.func[at.node] >= 0)
			app.openMenu(at.pane.tree.func[at.node], at, event.clientX, event.clientY);
	});
	scroller.addEventListener(
		"wheel",
		(event) => {
			if (!event.ctrlKey && !event.shiftKey && !event.deltaX) return;
			const at = graph.hit(event.clientX, event.clientY),
				pane = at ? at.pane : graph.downwards;
			event.preventDefault();
			if (event.ctrlKey)
				graph.zoomAround(pane, event.clientX, Math.exp(event.deltaY / 300));
			else graph.shift(pane, event.deltaX || event.deltaY);
		},
		{ passive: false }
	);
	scroller.addEventListener("keydown", (event) => graphKey(app, event));
}

function graphKey(app, event) {
	const { graph } = app;
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	if (event.key.startsWith("Arrow")) {
		const from = graph.at || { pane: graph.downwards, node: graph.downwards.target };
		app.goTo(graph.at ? graph.neighbour(from, event.key) : from);
	} else if (event.key === "+" || event.key === "-") {
		const rect = graph.canvas.getBoundingClientRect();
		const pane = graph.at ? graph.at.pane : graph.downwards;
		graph.zoomAround(
			pane,
			rect.left + rect.width / 2,
			event.key === "+" ? 0.7 : 1 / 0.7
		);
	} else if (
		!graph.at ||
		!app.actOn(event.key, graph.at.pane.tree.func[graph.at.node], graph.at)
	) {
		return;
	}
	event.preventDefault();
	event.stopPropagation();
}

function listenToSearch(app) {
	const field = document.getElementById("search");
	let timer = 0;
	field.addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(
			() => app.set({ search: field.value }),
			app.forest.n > 50000 ? 150 : 0
		);
	});
	field.addEventListener("keydown", (event) => {
		if (event.key === "Enter") app.nextMatch(event.shiftKey ? -1 : 1);
		else if (event.key === "Escape") {
			app.set({ search: "" });
			app.graph.scroller.focus();
		} else return;
		event.preventDefault();
		event.stopPropagation();
	});
	document.getElementById("case").addEventListener("click", () =>
		app.set({ anyCase: !app.state.anyCase })
	);
	document.getElementById("previous").addEventListener("click", () => app.nextMatch(-1));
	document.getElementById("next").addEventListener("click", () => app.nextMatch(1));
}

function listenToTools(app) {
	document.querySelectorAll("#views button").forEach((button) =>
		button.addEventListener("click", () => app.setView(button.dataset.view))
	);
	for (const id of ["value", "group", "order"])
		document.getElementById(id).addEventListener("change", (event) =>
			app.set({
				[id]:
					id === "value"
						? Number(event.target.value)
						: event.target.value,
				zoom: null
			})
		);
	for (const id of ["kernel", "inlined"])
		document.getElementById(id).addEventListener("change", (event) =>
			app.set({ [id]: event.target.checked, zoom: null })
		);
	document.getElementById("theme").addEventListener("click", () => app.toggleTheme());
	for (const name of ["help", "info"]) {
		const dialog = document.getElementById(name);
		document.getElementById(name + "-button").addEventListener("click", () =>
			dialog.showModal()
		);
		dialog.querySelector("button").addEventListener("click", () => dialog.close());
		dialog.addEventListener(
			"click",
			(event) => event.target === dialog && dialog.close()
		);
	}
	document.getElementById("unzoom").addEventListener("click", () => app.unzoom());
}

function isTyping(target) {
	return target.closest && target.closest("input[type=search], select, dialog") !== null;
}

/* Keys that work wherever the focus is. */
function windowKey(app, event) {
	const isControl = event.ctrlKey || event.metaKey,
		field = document.getElementById("search");
	const isSearch =
		(isControl && event.key === "f") ||
		event.key === "F3" ||
		(event.key === "/" && !isTyping(event.target));
	const views = { 1: "graph", 2: "reversed", 3: "sandwich" };
	if (isSearch) {
		field.focus();
		field.select();
	} else if (isControl || event.altKey || isTyping(event.target)) {
		return;
	} else if (event.key === "Escape") {
		app.escape();
	} else if (event.key === "n" || event.key === "N") {
		app.nextMatch(event.key === "n" ? 1 : -1);
	} else if (event.key === "?") {
		document.getElementById("help").showModal();
	} else if (event.key in views) {
		app.setView(views[event.key]);
	} else if (event.key === "i") {
		app.set({ upright: !app.state.upright });
	} else if (event.key === "d") {
		app.toggleTheme();
	} else if (event.key.startsWith("Arrow") && event.target === document.body) {
		app.graph.scroller.focus();
		return void graphKey(app, event);
	} else if (
		!app.graph.at ||
		event.target !== document.body ||
		!app.actOn(event.key, app.graph.at.pane.tree.func[app.graph.at.node], app.graph.at)
	) {
		return;
	}
	event.preventDefault();
}
