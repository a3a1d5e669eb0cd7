/*
 * What a flame graph does in a browser: zoom, search, keys, and its state in the address.
 *
 * The drawing is complete without this. Each row is a <g class="row">, the root's first; each box
 * in it is a <g> with a <title> (name, module, numbers: a line each), a <rect> in percent of the
 * row, and a <text> where there is room for one. From that the tree is rebuilt here: a box's parent
 * is the box of the row before that it lies over.
 *
 * Names are foreign. They are read from and written to textContent only, and a search term goes
 * nowhere but into RegExp.
 */
"use strict";
(function () {
	const SVG = "http://www.w3.org/2000/svg";
	const XHTML = "http://www.w3.org/1999/xhtml";
	const MARGIN = 10;
	const HINT = "Click: zoom.  Ctrl-F: search.  Arrows and Enter: walk.  Escape: back.";
	const frames = document.getElementById("frames");
	const root = frames.ownerSVGElement;
	const header = document.getElementById("header");
	const details = document.getElementById("details");
	const matched = document.getElementById("matched");
	const upright = !root.hasAttribute("data-inverted");
	const fluid = !root.hasAttribute("data-fixed");
	const boxes = []; /* in the order of rows, the root first */
	let zoomed = 0, at = -1, term = "", ignoreCase = false, input = null;
	let charWidth = 7.23;

	function readBoxes() {
		let above = [0, 0];
		frames.querySelectorAll(".row").forEach(function (row, rowNumber) {
			const from = boxes.length;
			let parent = above[0];
			for (const g of row.children) {
				const rect = g.querySelector("rect");
				const x = parseFloat(rect.getAttribute("x"));
				const width = parseFloat(rect.getAttribute("width"));
				while (parent + 1 < above[1] &&
					boxes[parent + 1].x <= x + width / 2)
					parent++;
				g.boxIndex = boxes.length;
				boxes.push({ g: g, rect: rect, text: g.querySelector("text"), x: x,
					width: width, row: rowNumber, parent: parent, left: x, span: width,
					name: g.querySelector("title").textContent.split("\n")[0] });
			}
			above = [from, boxes.length];
		});
	}

	/* Columns: characters of East Asian scripts and emoji are twice as wide. */
	const WIDE = new RegExp("[\\u1100-\\u115f\\u2e80-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff" +
		"\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6\\u{1f300}-\\u{1faff}]", "u");
	function columns(character) {
		return character >= "\u1100" && WIDE.test(character) ? 2 : 1;
	}

	function fit(name, room) {
		if (room < 3)
			return "";
		if (name.length <= room / 2)
			return name;
		let used = 0, kept = "";
		for (const character of name) {
			used += columns(character);
			if (used <= room - 2)
				kept += character;
			if (used > room)
				return kept + "..";
		}
		return name;
	}

	function frameWidth() {
		return parseFloat(frames.getAttribute("width"));
	}

	function drawText(box) {
		const room = Math.floor((box.span / 100 * frameWidth() - 6) / charWidth);
		const shown = fit(box.name, room);
		if (!box.text) {
			if (!shown)
				return;
			box.text = document.createElementNS(SVG, "text");
			box.text.setAttribute("dx", "4");
			box.text.setAttribute("y", "12");
			box.g.appendChild(box.text);
		}
		box.text.setAttribute("x", box.left + "%");
		if (box.text.textContent !== shown)
			box.text.textContent = shown;
	}

	function ancestors(index) {
		const set = new Set();
		while (index > 0)
			set.add(index = boxes[index].parent);
		return set;
	}

	/* Shows the zoomed box over the full width, what it calls, and faintly what led to it. */
	function draw() {
		const target = boxes[zoomed], led = ancestors(zoomed);
		const inside = new Array(boxes.length);
		boxes.forEach(function (box, i) {
			const above = led.has(i);
			inside[i] = i === zoomed || (i > 0 && inside[box.parent]);
			box.g.classList.toggle("above", above);
			box.g.classList.toggle("hide", !above && !inside[i]);
			if (!above && !inside[i])
				return;
			box.left = above ? 0 : (box.x - target.x) / target.width * 100;
			box.span = above ? 100 : box.width / target.width * 100;
			box.rect.setAttribute("x", box.left + "%");
			box.rect.setAttribute("width", box.span + "%");
			drawText(box);
		});
		document.getElementById("unzoom").classList.toggle("hide", zoomed === 0);
	}

	function showHint() {
		details.textContent = HINT;
		details.classList.add("hint");
	}

	function describe(index) {
		const lines = boxes[index].g.querySelector("title").textContent.split("\n");
		const room = Math.floor((root.getBoundingClientRect().width - 190) / charWidth);
		const rest = " \u2013 " + lines[2] + " \u2013 " + lines[1];
		details.textContent = fit(lines[0], Math.max(12, room - rest.length)) + rest;
		details.classList.remove("hint");
	}

	function saveState() {
		const url = new URL(window.location.href);
		["s", "x", "y", "i"].forEach((key) => url.searchParams.delete(key));
		if (term)
			url.searchParams.set("s", term);
		if (term && ignoreCase)
			url.searchParams.set("i", "1");
		if (zoomed) {
			url.searchParams.set("x", boxes[zoomed].x);
			url.searchParams.set("y", boxes[zoomed].row);
		}
		try {
			window.history.replaceState(null, "", url.href);
		} catch (error) {
			/* a sandboxed page or a data: address keeps no state */
		}
	}

	function zoom(index) {
		zoomed = index;
		draw();
		mark();
		saveState();
	}

	function unzoom() {
		zoom(0);
	}

	function clearMarks() {
		root.classList.remove("seeking");
		boxes.forEach((box) => { box.match = false; box.g.classList.remove("match"); });
		matched.textContent = "";
	}

	function expression() {
		try {
			return new RegExp(term, ignoreCase ? "i" : "");
		} catch (error) {
			return null;
		}
	}

	/* Marks what matches and says how much of the shown part that is; a match within a match
	 * counts once. */
	function mark() {
		const regex = term ? expression() : null;
		if (input)
			input.classList.toggle("bad", term !== "" && !regex);
		clearMarks();
		if (!term)
			return;
		if (!regex) {
			matched.textContent = "Not a regular expression";
			return;
		}
		const covered = new Array(boxes.length);
		let sum = 0;
		boxes.forEach(function (box, i) {
			const shown = i === zoomed || !box.g.classList.contains("hide") &&
				!box.g.classList.contains("above");
			const parentCovered = i > 0 && i !== zoomed && covered[box.parent];
			box.match = regex.test(box.name);
			box.g.classList.toggle("match", box.match);
			covered[i] = parentCovered || (box.match && shown);
			if (box.match && shown && !parentCovered)
				sum += box.width;
		});
		root.classList.add("seeking");
		matched.textContent = "Matched: " +
			Math.min(100, sum / boxes[zoomed].width * 100).toFixed(1) + "%";
	}

	function showSearching() {
		const button = document.getElementById("search");
		button.classList.toggle("on", term !== "");
		button.querySelector("text").textContent = term ? "Reset search" : "Search";
	}

	function search(wanted) {
		term = wanted === undefined || wanted === null ? "" : String(wanted);
		mark();
		showSearching();
		saveState();
	}

	function openSearch() {
		const field = document.createElementNS(SVG, "foreignObject");
		if (!input) {
			[["x", -336], ["y", 11], ["width", 184], ["height", 24]].forEach(
				(pair) => field.setAttribute(pair[0], pair[1]));
			input = document.createElementNS(XHTML, "input");
			input.setAttribute("type", "text");
			input.setAttribute("spellcheck", "false");
			input.setAttribute("placeholder", "regular expression");
			input.setAttribute("aria-label", "Search function names");
			input.addEventListener("input", () => search(input.value));
			input.addEventListener("keydown", searchKey);
			field.appendChild(input);
			document.getElementById("tools").appendChild(field);
			document.getElementById("unzoom").setAttribute("transform", "translate(-192,0)");
		}
		input.value = term;
		input.focus();
		input.select();
	}

	function closeSearch() {
		if (!input)
			return;
		input.parentNode.remove();
		document.getElementById("unzoom").removeAttribute("transform");
		input = null;
	}

	function resetSearch() {
		closeSearch();
		search("");
	}

	function searchKey(event) {
		if (event.key === "Enter")
			nextMatch(event.shiftKey ? -1 : 1);
		else if (event.key === "Escape")
			resetSearch();
		else if (event.ctrlKey || event.metaKey || event.key === "F3")
			return;
		event.stopPropagation();
	}

	function toggleCase() {
		ignoreCase = !ignoreCase;
		document.getElementById("ignorecase").classList.toggle("on", ignoreCase);
		mark();
		saveState();
	}

	function goTo(index) {
		if (at >= 0)
			boxes[at].g.classList.remove("at");
		at = index;
		boxes[at].g.classList.add("at");
		boxes[at].rect.scrollIntoView({ block: "nearest" });
		keepHeader();
		describe(at);
	}

	function isShown(box) {
		return !box.g.classList.contains("hide");
	}

	function nextMatch(step) {
		for (let n = 0, i = at; n < boxes.length; n++) {
			i = (i + step + boxes.length) % boxes.length;
			if (boxes[i].match && isShown(boxes[i]))
				return goTo(i);
		}
	}

	function widestChild(index) {
		let best = -1;
		boxes.forEach(function (box, i) {
			if (i && box.parent === index && isShown(box) &&
				(best < 0 || box.width > boxes[best].width))
				best = i;
		});
		return best;
	}

	function neighbour(index, step) {
		const i = index + step;
		return boxes[i] && boxes[i].row === boxes[index].row && isShown(boxes[i]) ? i : -1;
	}

	function move(key) {
		const from = at < 0 || !isShown(boxes[at]) ? zoomed : at;
		const outward = key === (upright ? "ArrowUp" : "ArrowDown");
		let to = from;
		if (at >= 0 && (key === "ArrowLeft" || key === "ArrowRight"))
			to = neighbour(from, key === "ArrowLeft" ? -1 : 1);
		else if (at >= 0)
			to = outward ? widestChild(from) : boxes[from].parent;
		if (to >= 0)
			goTo(to);
	}

	function escape() {
		if (term || input)
			resetSearch();
		else
			unzoom();
	}

	const keys = {
		"F3": openSearch,
		"Escape": escape,
		"Enter": () => at >= 0 && zoom(at),
		"n": () => nextMatch(1),
		"N": () => nextMatch(-1),
		"/": openSearch,
		"ArrowUp": () => move("ArrowUp"),
		"ArrowDown": () => move("ArrowDown"),
		"ArrowLeft": () => move("ArrowLeft"),
		"ArrowRight": () => move("ArrowRight"),
	};
	const controlKeys = { "f": openSearch, "i": toggleCase };

	function onKey(event) {
		if (event.altKey)
			return;
		const control = event.ctrlKey || event.metaKey;
		const button = event.target.closest && event.target.closest(".button");
		const action = button && (event.key === "Enter" || event.key === " ") ?
			() => press(button.id) : (control ? controlKeys : keys)[event.key];
		if (!action)
			return;
		event.preventDefault();
		action();
	}

	function press(id) {
		if (id === "unzoom")
			unzoom();
		else if (id === "search")
			term || input ? resetSearch() : openSearch();
		else if (id === "ignorecase")
			toggleCase();
	}

	function boxOf(event) {
		const g = event.target.closest("#frames g");
		return g && g.boxIndex !== undefined ? g.boxIndex : -1;
	}

	function onClick(event) {
		const button = event.target.closest(".button");
		const index = boxOf(event);
		if (button)
			press(button.id);
		else if (index >= 0)
			zoom(index);
	}

	function onHover(event) {
		const index = boxOf(event);
		if (index >= 0)
			describe(index);
		else
			showHint();
	}

	/* The header stays in sight however far one scrolls. */
	function keepHeader() {
		if (fluid)
			header.setAttribute("transform",
				"translate(" + window.scrollX + "," + window.scrollY + ")");
	}

	function fitTitle(width) {
		const title = document.getElementById("title");
		const subtitle = document.getElementById("subtitle");
		const legend = document.getElementById("legend");
		const full = root.querySelector("title").textContent;
		title.textContent = full;
		while (title.textContent.length > 4 &&
			title.getComputedTextLength() > width - 450)
			title.textContent = fit(full, Math.floor(title.textContent.length * 0.9));
		const box = legend.getBBox();
		legend.classList.toggle("hide",
			subtitle.getComputedTextLength() + box.width + 40 > width);
	}

	function resize() {
		const width = fluid ? root.getBoundingClientRect().width : root.viewBox.baseVal.width;
		if (fluid)
			frames.setAttribute("width", Math.max(100, width - 2 * MARGIN));
		fitTitle(width);
		keepHeader();
		boxes.forEach((box) => { if (isShown(box)) drawText(box); });
	}

	function measure() {
		const probe = document.createElementNS(SVG, "text");
		probe.textContent = "mmmmmmmmmm";
		frames.appendChild(probe);
		charWidth = probe.getComputedTextLength() / 10 || charWidth;
		probe.remove();
	}

	function findBox(x, row) {
		for (let i = 0; i < boxes.length; i++)
			if (boxes[i].row === row && Math.abs(boxes[i].x - x) < 1e-4)
				return i;
		return 0;
	}

	function restoreState() {
		const state = new URL(window.location.href).searchParams;
		const x = parseFloat(state.get("x")), row = parseInt(state.get("y"), 10);
		zoomed = isNaN(x) || isNaN(row) ? 0 : findBox(x, row);
		term = state.get("s") || "";
		ignoreCase = state.get("i") === "1";
		showSearching();
		document.getElementById("ignorecase").classList.toggle("on", ignoreCase);
		if (zoomed)
			draw();
		mark();
	}

	function start() {
		if (fluid) {
			root.removeAttribute("viewBox");
			root.setAttribute("width", "100%");
		}
		showHint();
		document.getElementById("tools").removeAttribute("visibility");
		document.getElementById("legend").removeAttribute("transform");
		measure();
		readBoxes();
		resize();
		restoreState();
		window.addEventListener("resize", resize);
		window.addEventListener("scroll", keepHeader, { passive: true });
		window.addEventListener("keydown", onKey);
		root.addEventListener("click", onClick);
		root.addEventListener("mouseover", onHover);
		if (upright && fluid)
			window.scrollTo(0, root.getBoundingClientRect().height);
	}

	window.search = search;
	window.unzoom = unzoom;
	start();
})();
