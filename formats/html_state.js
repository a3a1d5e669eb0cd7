"use strict";
/*
 * What the reader has chosen, and the same as the address's hash, so that a link or a reload shows
 * it again. Whatever the hash says is checked against the data; what makes no sense is left out.
 */

function startState(data) {
	const { start } = data;
	return {
		view: start.view,
		value: Math.min(start.value, data.values.length - 1),
		group: start.group,
		order: start.view === "reversed" ? "weight" : "name",
		kernel: true,
		inlined: start.inlined,
		upright: false,
		search: "",
		anyCase: false,
		threads: null,
		from: 0,
		to: Infinity,
		focus: [],
		drop: [],
		hide: [],
		module: -1,
		func: -1,
		zoom: null
	};
}

const HASH_LISTS = ["focus", "drop", "hide"];
const HASH_WORDS = {
	view: ["graph", "reversed", "sandwich"],
	group: ["process", "thread", "none"],
	order: ["name", "weight"]
};
const HASH_FLAGS = ["kernel", "inlined", "anyCase", "upright"];
const HASH_NUMBERS = ["value", "module", "func"];

/* Only what differs from the start. */
function stateToHash(state, start) {
	const hash = new URLSearchParams();
	for (const key of [...Object.keys(HASH_WORDS), ...HASH_NUMBERS, "search"])
		if (state[key] !== start[key]) hash.set(key, state[key]);
	for (const key of HASH_FLAGS)
		if (state[key] !== start[key]) hash.set(key, state[key] ? 1 : 0);
	for (const key of HASH_LISTS) if (state[key].length) hash.set(key, state[key].join("."));
	if (state.threads) hash.set("threads", [...state.threads].join("."));
	if (state.to !== Infinity) hash.set("time", state.from + "-" + state.to);
	if (state.zoom)
		hash.set("zoom", [state.zoom.pane, state.zoom.depth, state.zoom.x].join(":"));
	return hash.toString();
}

function readIndices(text, n) {
	const indices = (text || "")
		.split(".")
		.filter((part) => /^\d+$/.test(part))
		.map(Number);
	return [...new Set(indices.filter((i) => i < n))];
}

function hashToState(text, data) {
	const hash = new URLSearchParams(text.replace(/^#/, "")),
		state = startState(data);
	const limits = {
		value: data.values.length,
		module: data.modules.n,
		func: data.functions.n
	};
	for (const key of Object.keys(HASH_WORDS))
		if (HASH_WORDS[key].includes(hash.get(key))) state[key] = hash.get(key);
	for (const key of HASH_NUMBERS)
		if (/^\d+$/.test(hash.get(key) || "") && Number(hash.get(key)) < limits[key])
			state[key] = Number(hash.get(key));
	for (const key of HASH_FLAGS)
		if (/^[01]$/.test(hash.get(key) || "")) state[key] = hash.get(key) === "1";
	for (const key of HASH_LISTS)
		state[key] = readIndices(hash.get(key), data.functions.n).slice(0, 29);
	state.search = hash.get("search") || "";
	const threads = readIndices(hash.get("threads"), data.threads.length);
	state.threads = threads.length ? new Set(threads) : null;
	const time = /^(\d+)-(\d+)$/.exec(hash.get("time") || "");
	if (time && data.hasTimes && Number(time[1]) < Number(time[2]))
		Object.assign(state, {
			from: Number(time[1]),
			to: Math.min(Number(time[2]), data.times.buckets)
		});
	const zoom = /^([01]):(\d+):(\d+(?:\.\d+)?)$/.exec(hash.get("zoom") || "");
	if (zoom)
		state.zoom = { pane: Number(zoom[1]), depth: Number(zoom[2]), x: Number(zoom[3]) };
	if (state.view === "sandwich" && state.func < 0) state.view = "graph";
	return state;
}
