/*
 * Drives HTML pages in headless Chromium as a user would: mouse, keys, brush, search, reload.
 *
 *	node html_browser.mjs PAGE.html FOLDED.txt HOSTILE.html DEEP.html BIG.html SUMS.html OUTPUT_DIR
 *
 * Writes screenshots to OUTPUT_DIR. The pages are what `tool_demo html` writes: the default, hostile,
 * deep, walk and walk-sums (both with more than 500,000 frames); FOLDED is the default's folded
 * stacks, from which the expected numbers are worked out. Times are told, but do not fail the test.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { browserTest } from "./browser.mjs";

const [pageFile, foldedFile, hostileFile, deepFile, bigFile, sumsFile, outputDir] =
	process.argv.slice(2);
if (!outputDir) {
	console.error("usage: html_browser.mjs PAGE FOLDED HOSTILE DEEP BIG SUMS OUTPUT_DIR");
	process.exit(1);
}
const { check, finish, open, start } = browserTest("html_browser", outputDir);

const stacks = readFileSync(foldedFile, "utf8")
	.split("\n")
	.filter(Boolean)
	.map((line) => {
		const at = line.lastIndexOf(" ");
		return { frames: line.slice(0, at).split(";"), count: Number(line.slice(at + 1)) };
	});
const sum = (isWanted) => stacks.reduce((n, s) => n + (isWanted(s.frames) ? s.count : 0), 0);
const all = sum(() => true);
const totalOf = (name) => sum((frames) => frames.includes(name));
const selfOf = (name) => sum((frames) => frames[frames.length - 1] === name);

const text = (page, selector) =>
	page.evaluate((s) => document.querySelector(s).textContent, selector);
const screenshot = (page, name) =>
	page.screenshot({ path: path.join(outputDir, "html-" + name + ".png") });
const settled = (page) =>
	page.evaluate(
		() =>
			new Promise((done) =>
				setTimeout(
					() =>
						requestAnimationFrame(() =>
							requestAnimationFrame(done)
						),
					250
				)
			)
	);

/* Where the first drawn box of that name is, in the window; it is scrolled into sight. */
const placeOf = (page, name) =>
	page.evaluate((wanted) => {
		const { graph, forest } = window.ddrec;
		for (const pane of graph.panes)
			for (let i = 0; i < pane.rows[pane.nRows]; i++)
				if (forest.name(pane.tree.func[pane.node[i]]) === wanted) {
					graph.reveal({ pane, node: pane.node[i] });
					graph.draw();
					const rect = graph.canvas.getBoundingClientRect();
					const top =
						graph.rowTop(pane, pane.tree.depth[pane.node[i]]) -
						graph.scroller.scrollTop;
					return {
						x: rect.left + (pane.left[i] + pane.right[i]) / 2,
						y: rect.top + top + 9,
						width: pane.right[i] - pane.left[i]
					};
				}
		return null;
	}, name);

async function clickBox(page, name, options) {
	const place = await placeOf(page, name);
	await page.mouse.click(place.x, place.y, options);
	await settled(page);
}

/* The table's row of that function, as it is shown: percent of self and of total. */
const rowOf = (page, name) =>
	page.evaluate((wanted) => {
		const { table } = window.ddrec,
			i = table.items.findIndex((item) => item.name === wanted);
		if (i < 0) return null;
		table.list.reveal(i);
		const row = table.list.rows.find((r) => !r.hidden && r.listIndex === i);
		return {
			self: row.children[0].title,
			total: row.children[1].title,
			name: row.children[2].title
		};
	}, name);

const samples = (n) => n.toLocaleString("en-US") + (n === 1 ? " sample" : " samples");
const shown = async (page) =>
	Number(/^Shown: ([\d,]+)/.exec(await text(page, "#totals"))[1].replaceAll(",", ""));

async function testTotals(page) {
	check(
		(await shown(page)) === all,
		"all samples are shown: " + (await text(page, "#totals"))
	);
	for (const name of ["mark", "lex_token", "optimize", "memcpy", "bitmap_find"]) {
		const row = await rowOf(page, name);
		check(
			row &&
				row.self === samples(selfOf(name)) &&
				row.total === samples(totalOf(name)),
			"the table's numbers of " + name + ": " + JSON.stringify(row)
		);
	}
	const place = await placeOf(page, "optimize");
	await page.mouse.move(place.x, place.y);
	await page.waitForTimeout(50);
	const tip = await text(page, "#tip");
	check(
		tip.includes("optimize") && tip.includes(samples(totalOf("optimize"))),
		"hovering says: " + tip
	);
	const width = await page.evaluate(() => window.ddrec.graph.width);
	check(
		Math.abs(place.width / width - totalOf("optimize") / all) < 1e-6,
		"a box is as wide as its share"
	);
}

async function testZoom(page) {
	const before = await placeOf(page, "optimize");
	await clickBox(page, "optimize");
	const after = await placeOf(page, "optimize");
	check(
		after.width > before.width * 2 && (await placeOf(page, "parse_file")) === null,
		"a click zooms in"
	);
	check(/zoom=/.test(page.url()), "the address holds it: " + page.url().split("#")[1]);
	check(
		/optimize$/.test(await text(page, "#crumbs")),
		"so does the way there: " + (await text(page, "#crumbs"))
	);
	await screenshot(page, "zoomed");
	await page.reload();
	check(
		Math.abs((await placeOf(page, "optimize")).width - after.width) < 1,
		"a reload restores it"
	);
	await page.keyboard.press("Escape");
	await settled(page);
	check(
		Math.abs((await placeOf(page, "optimize")).width - before.width) < 1,
		"Escape shows all again"
	);
	await page.mouse.move(before.x, before.y);
	await page.keyboard.down("Control");
	await page.mouse.wheel(0, -300);
	await page.keyboard.up("Control");
	await settled(page);
	check(
		(await placeOf(page, "optimize")).width > before.width * 1.5,
		"Ctrl and the wheel zoom"
	);
	await page.keyboard.press("Escape");
	await settled(page);
}

async function testSearch(page) {
	await page.keyboard.press("/");
	await page.keyboard.type("^parse_");
	await settled(page);
	const expected = (100 * sum((frames) => frames.some((name) => /^parse_/.test(name)))) / all;
	check(
		(await text(page, "#matched")) === "Matched: " + expected.toFixed(1) + "%",
		"search says what share matches: " + (await text(page, "#matched"))
	);
	const names = await page.evaluate(() => window.ddrec.table.items.map((item) => item.name));
	check(
		names.length === 4 && names.every((name) => /^parse_/.test(name)),
		"the table is filtered: " + names
	);
	await page.keyboard.press("Enter");
	const first = await text(page, "#details");
	await page.keyboard.press("Enter");
	const second = await text(page, "#details");
	await page.keyboard.press("Shift+Enter");
	check(
		/^parse_/.test(first) &&
			first !== second &&
			(await text(page, "#details")) === first,
		"Enter and Shift-Enter go through the matches"
	);
	await screenshot(page, "search");
	await page.reload();
	check(/^Matched: \d/.test(await text(page, "#matched")), "a reload restores it");
	for (const view of ["2", "1"]) {
		await page.keyboard.press(view);
		await settled(page);
		check(
			(await text(page, "#matched")) === "Matched: " + expected.toFixed(1) + "%",
			"the same in view " + view
		);
	}
	await page.keyboard.press("/");
	await page.keyboard.type("([");
	await settled(page);
	check(/not a regular/.test(await text(page, "#matched")), "a bad expression is told");
	await page.keyboard.press("Escape");
	check((await text(page, "#matched")) === "", "Escape ends the search");
}

async function testSandwich(page) {
	await page.evaluate(() =>
		window.ddrec.table.list.reveal(
			window.ddrec.table.items.findIndex((item) => item.name === "mark")
		)
	);
	await page
		.locator("#table .row:visible", { hasText: /^.*mark.*$/ })
		.first()
		.click();
	await settled(page);
	const numbers = await text(page, "#chosen");
	check(
		numbers.startsWith("mark") &&
			numbers.includes("self " + samples(selfOf("mark"))) &&
			numbers.includes("total " + samples(totalOf("mark"))),
		"a click in the table shows callers and callees: " + numbers
	);
	const roots = await page.evaluate(() =>
		window.ddrec.graph.panes.map((pane) => pane.tree.total[0])
	);
	check(
		roots.length === 2 && roots.every((total) => total === totalOf("mark")),
		"both halves are as wide as its total"
	);
	await screenshot(page, "sandwich");
	await page.reload();
	check((await text(page, "#chosen")).startsWith("mark"), "a reload restores it");
	await page.keyboard.press("2");
	await settled(page);
	const widths = await page.evaluate(() => {
		const { tree } = window.ddrec.graph.downwards;
		return Array.from({ length: tree.count[0] }, (_, i) => [
			window.ddrec.forest.name(tree.func[tree.first[0] + i]),
			tree.total[tree.first[0] + i]
		]);
	});
	check(
		widths.every(([name, total]) => total === selfOf(name)) &&
			widths.reduce((n, [, total]) => n + total, 0) === all,
		"reversed, each function's width is its self"
	);
	await screenshot(page, "reversed");
	await page.keyboard.press("1");
	await settled(page);
}

async function testTime(page) {
	const canvas = page.locator("#timeline .lane canvas").first(),
		box = await canvas.boundingBox();
	await page.mouse.move(box.x + 1, box.y + 10);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width / 4, box.y + 10);
	await page.mouse.move(box.x + box.width / 2, box.y + 10);
	check(
		/ – 35\d ms/.test(await text(page, "#tip")),
		"while dragging it says the time: " + (await text(page, "#tip"))
	);
	await page.mouse.up();
	await settled(page);
	/* a sample each millisecond */
	check(
		Math.abs((await shown(page)) - all / 2) <= 2,
		"half of the time holds half of the samples: " + (await shown(page))
	);
	const tableSum = await page.evaluate(() =>
		window.ddrec.table.items.reduce((n, item) => n + item.self, 0)
	);
	check(tableSum === (await shown(page)), "so does the table");
	check(
		(await page.evaluate(() => window.ddrec.graph.downwards.tree.total[0])) ===
			(await shown(page)),
		"and the graph"
	);
	await screenshot(page, "brushed");
	await page.reload();
	check(Math.abs((await shown(page)) - all / 2) <= 2, "a reload restores it");
	await page.locator("#timeline .label").first().focus();
	const before = await shown(page);
	await page.keyboard.press("Shift+ArrowRight");
	check((await shown(page)) > before, "Shift and an arrow widen it: " + (await shown(page)));
	await page.keyboard.press("Escape");
	check((await shown(page)) === all, "Escape ends it");
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("Enter");
	const one = sum((frames) => !frames.includes("worker"));
	check(
		(await shown(page)) === one,
		"Down and Enter choose a thread: " + (await shown(page)) + " of " + one
	);
	await page.locator(".chip").first().click();
	check((await shown(page)) === all, "its chip lets it go");
}

async function testFilters(page) {
	await clickBox(page, "optimize", { button: "right" });
	await screenshot(page, "menu");
	await page.keyboard.press("f");
	await settled(page);
	check(
		(await shown(page)) === totalOf("optimize"),
		"focus: " + (await text(page, "#chips"))
	);
	await page.locator(".chip").first().click();
	await clickBox(page, "optimize", { button: "right" });
	await page.keyboard.press("x");
	await settled(page);
	check(
		(await shown(page)) === all - totalOf("optimize"),
		"drop: " + (await text(page, "#chips"))
	);
	await page.locator(".chip").first().click();
	await page.locator("#kernel").click();
	await settled(page);
	const kernel = ["entry_SYSCALL_64", "asm_exc_page_fault"];
	const below = sum(
		(frames) => frames.some((name) => kernel.includes(name)) && frames.includes("write")
	);
	check(
		(await rowOf(page, "write")).self === samples(below) &&
			(await rowOf(page, "vfs_write")) === null &&
			(await shown(page)) === all,
		"without the kernel its time is its caller's"
	);
	await page.locator("#kernel").click();
	await page.locator("#inlined").click();
	await settled(page);
	check(
		(await rowOf(page, "analyze")).self === samples(totalOf("bitmap_find")),
		"without inlined, too"
	);
	await page.locator("#inlined").click();
	await page.selectOption("#value", "1");
	await settled(page);
	check(
		(await text(page, "#totals")).startsWith("Shown: " + all + " ms"),
		"by time: " + (await text(page, "#totals"))
	);
	await page.selectOption("#value", "0");
	await page.selectOption("#group", "thread");
	await settled(page);
	check(
		(await placeOf(page, "t1 (tid 101)")) !== null && (await shown(page)) === all,
		"roots by thread"
	);
	await page.selectOption("#group", "process");
	await page.locator("#table .tabs button").nth(1).click();
	const modules = await page.evaluate(() =>
		window.ddrec.table.items.reduce((n, item) => n + item.self, 0)
	);
	check(modules === all, "the modules' self is all");
	await screenshot(page, "modules");
	await page.locator("#table .tabs button").nth(0).click();
}

async function testKeys(page) {
	await page.locator("#scroller").focus();
	await page.keyboard.press("ArrowDown");
	const first = await text(page, "#details");
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("ArrowDown");
	const second = await text(page, "#details");
	check(first.startsWith("all") && second !== first, "arrows walk: " + second);
	await page.keyboard.press("Enter");
	await settled(page);
	check(/zoom=/.test(page.url()), "Enter zooms");
	await page.keyboard.press("s");
	await settled(page);
	check(
		second.startsWith(await text(page, "#chosen b")),
		"s shows its callers and callees: " + (await text(page, "#chosen b"))
	);
	await page.keyboard.press("Escape");
	await settled(page);
	const upper = (await placeOf(page, "main")).y - (await placeOf(page, "app")).y;
	await page.keyboard.press("i");
	await settled(page);
	const root = await placeOf(page, "app");
	check(upper > 0 && (await placeOf(page, "main")).y < root.y, "i turns it round");
	await page.mouse.move(root.x, root.y);
	await page.waitForTimeout(50);
	check((await text(page, "#tip")).startsWith("app"), "and boxes are found there");
	await screenshot(page, "upright");
	await page.keyboard.press("i");
	await page.keyboard.press("?");
	check(await page.evaluate(() => document.getElementById("help").open), "? opens the help");
	await screenshot(page, "help");
	await page.keyboard.press("Escape");
	await page.locator("#info-button").click();
	check(/samples/.test(await text(page, "#health")), "the health is in the info panel");
	await screenshot(page, "info");
	await page.keyboard.press("Escape");
}

async function testPage(browser) {
	const page = await open(browser, pageFile, {
		colorScheme: "light",
		reducedMotion: "no-preference"
	});
	await settled(page);
	await screenshot(page, "light");
	for (const test of [
		testTotals,
		testZoom,
		testSearch,
		testSandwich,
		testTime,
		testFilters,
		testKeys
	])
		await test(page);
	check(page.troubles.length === 0, "no script fails: " + page.troubles.join("; "));
	const dark = await open(browser, pageFile, { colorScheme: "dark" });
	await settled(dark);
	await screenshot(dark, "dark");
	const back = () => dark.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const first = await back();
	await dark.keyboard.press("d");
	check(
		first === "rgb(22, 24, 29)" && (await back()) === "rgb(255, 255, 255)",
		"dark as the system; d changes it: " + first
	);
	const narrow = await open(browser, pageFile, { viewport: { width: 1000, height: 700 } });
	await settled(narrow);
	await screenshot(narrow, "narrow");
	check(
		(await narrow.evaluate(() => document.documentElement.scrollWidth)) <= 1000,
		"1000 pixels are enough"
	);
}

async function testHostile(browser) {
	const page = await open(
		browser,
		hostileFile,
		{},
		"#search=%3Cscript%3E&func=1e9&zoom=0:1:x&__proto__=1"
	);
	await settled(page);
	await screenshot(page, "hostile");
	for (const name of ["<script>alert(1)</script>", '"onload="alert(3)']) {
		await page.evaluate(() => window.ddrec.set({ search: "" }));
		check(
			(await rowOf(page, name)) !== null && (await placeOf(page, name)) !== null,
			"shown as it is: " + name
		);
		await clickBox(page, name, { button: "right" });
		await page.keyboard.press("s");
		await settled(page);
		check((await text(page, "#chosen b")) === name, "and chosen");
		await page.keyboard.press("1");
	}
	const scripts = await page.evaluate(
		() => document.querySelectorAll("script, img, iframe, object").length
	);
	check(scripts === 2, "there are the data and our script, nothing else");
	check(page.troubles.length === 0, "no name does anything: " + page.troubles.join("; "));
}

async function testDeep(browser) {
	const page = await open(browser, deepFile, {});
	await settled(page);
	const place = await placeOf(page, "level_2999");
	check(place && place.y > 0 && place.y < 700, "a box 3,000 frames deep can be scrolled to");
	await page.mouse.move(place.x, place.y);
	await page.waitForTimeout(50);
	check((await text(page, "#tip")).startsWith("level_2999"), "and pointed at");
	check(page.troubles.length === 0, "no script fails: " + page.troubles.join("; "));
}

async function testBig(browser) {
	const begin = Date.now();
	const page = await open(browser, bigFile, {});
	await page.waitForFunction(() => window.ddrec && window.ddrec.graph.timing.frames > 0);
	console.log("     opened in " + (Date.now() - begin) + " ms");
	const facts = await page.evaluate(() => ({
		frames: window.ddrec.forest.n,
		samples: window.ddrec.sums.samples
	}));
	check(facts.frames > 500000 && facts.samples === 1000000, "big: " + JSON.stringify(facts));
	const steps = await page.evaluate(async () => {
		const { graph } = window.ddrec,
			pane = graph.downwards,
			times = [];
		const frame = () => new Promise((done) => requestAnimationFrame(done));
		for (let i = 0; i < 40; i++) {
			graph.zoomAround(
				pane,
				graph.canvas.getBoundingClientRect().left + 300 + i * 5,
				i < 20 ? 0.85 : 1 / 0.85
			);
			await frame();
			times.push(graph.timing.layout + graph.timing.draw);
		}
		return {
			boxes: pane.rows[pane.nRows],
			worst: Math.max(...times),
			mean: times.reduce((a, b) => a + b) / times.length
		};
	});
	console.log(
		"     a step of zooming takes " +
			steps.mean.toFixed(1) +
			" ms, at most " +
			steps.worst.toFixed(1) +
			" ms; " +
			steps.boxes +
			" boxes"
	);
	await page.mouse.move(400, 600);
	await page.waitForTimeout(100);
	check(
		!(await page.evaluate(() => document.getElementById("tip").hidden)),
		"hovering answers"
	);
	for (const [what, act] of [
		["search", () => window.ddrec.set({ search: "visit_1\\d" })],
		["time", () => window.ddrec.timeline.select(100, 700)],
		["reversed", () => window.ddrec.setView("reversed")],
		["sandwich", () => window.ddrec.setView("sandwich")]
	]) {
		const before = Date.now();
		await page.evaluate(act);
		await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
		console.log("     " + what + ": " + (Date.now() - before) + " ms");
		check(
			await page.evaluate(() => window.ddrec.graph.downwards.nRows > 1),
			what + " answers"
		);
	}
	await settled(page);
	await screenshot(page, "big");
	check(page.troubles.length === 0, "no script fails: " + page.troubles.join("; "));
}

async function testSums(browser) {
	const page = await open(browser, sumsFile, {});
	await settled(page);
	check(await page.locator("#timeline .note").isVisible(), "without times it says so");
	check((await shown(page)) === 1000000, "and shows all");
	await screenshot(page, "sums");
	check(page.troubles.length === 0, "no script fails: " + page.troubles.join("; "));
}

const browser = await start();
try {
	for (const test of [testPage, testHostile, testDeep, testBig, testSums])
		await test(browser);
} catch (error) {
	check(false, "the test ran to its end: " + error.stack);
} finally {
	await finish(browser);
}
