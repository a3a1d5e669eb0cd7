/*
 * Drives flame graphs in headless Chromium as a user would: hover, click, search, keys, reload.
 *
 *	node flamegraph_browser.mjs GRAPH.svg OUTPUT_DIR [HOSTILE.svg]
 *
 * Writes screenshots to OUTPUT_DIR. The graph is what `tool_demo flamegraph` writes, the hostile one
 * `tool_demo flamegraph hostile`. browser.mjs says what it needs, and its exit status.
 */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { browserTest } from "./browser.mjs";

const [graph, outputDir, hostile] = process.argv.slice(2);
if (!graph || !outputDir) {
	console.error("usage: flamegraph_browser.mjs GRAPH.svg OUTPUT_DIR [HOSTILE.svg]");
	process.exit(1);
}
const { check, finish, open, start } = browserTest("flamegraph_browser", outputDir);

const widthOf = (page, name) => page.evaluate((wanted) => {
	for (const g of document.querySelectorAll("#frames .row > g"))
		if (g.querySelector("title").textContent.split("\n")[0] === wanted)
			return g.classList.contains("hide") ? 0 :
				g.querySelector("rect").getBoundingClientRect().width;
	return -1;
}, name);

const clickBox = (page, name) => page.evaluate((wanted) => {
	for (const g of document.querySelectorAll("#frames .row > g"))
		if (g.querySelector("title").textContent.split("\n")[0] === wanted)
			return g.querySelector("rect").dispatchEvent(
				new MouseEvent("click", { bubbles: true }));
}, name);

const textOf = (page, id) => page.evaluate((i) => document.getElementById(i).textContent, id);
const countOf = (page, selector) =>
	page.evaluate((s) => document.querySelectorAll(s).length, selector);
const screenshot = (page, name) => page.screenshot({ path: path.join(outputDir, name + ".png") });

async function testLayout(page) {
	const all = await widthOf(page, "all");
	check(Math.abs(all - 1380) < 2, "the graph fills the window: " + all);
	await page.setViewportSize({ width: 900, height: 700 });
	for (let i = 0; i < 50 && await widthOf(page, "all") > 900; i++)
		await page.waitForTimeout(20);
	check(Math.abs(await widthOf(page, "all") - 880) < 2, "and follows when it is resized");
	await screenshot(page, "narrow");
	await page.setViewportSize({ width: 1400, height: 700 });
	const overflow = await page.evaluate(() => [...document.querySelectorAll("#frames .row > g")]
		.filter((g) => g.querySelector("text") && g.querySelector("text").textContent &&
			g.querySelector("text").getBoundingClientRect().right >
			g.querySelector("rect").getBoundingClientRect().right + 1).length);
	check(overflow === 0, "no text leaves its box");
	await page.mouse.move(700, 300);
	const rect = await page.evaluate(() => {
		const r = document.querySelector("#frames .row:nth-of-type(5) rect").getBoundingClientRect();
		return [r.x + 5, r.y + 5];
	});
	await page.mouse.move(rect[0], rect[1]);
	check(/samples, [\d.]+ %/.test(await textOf(page, "details")),
		"hovering shows name and numbers: " + await textOf(page, "details"));
}

async function testZoom(page) {
	const before = await widthOf(page, "optimize");
	await clickBox(page, "optimize");
	check(await widthOf(page, "optimize") > before * 2, "a click zooms in");
	check(await widthOf(page, "parse_file") === 0, "and hides what is elsewhere");
	check(/[?&]x=/.test(page.url()), "the address holds the zoom: " + page.url().split("?")[1]);
	await screenshot(page, "zoomed");
	await page.reload();
	check(await widthOf(page, "optimize") > before * 2, "which a reload restores");
	await page.click("#unzoom");
	check(Math.abs(await widthOf(page, "optimize") - before) < 1, "reset zoom shows all again");
	await clickBox(page, "optimize");
	await page.keyboard.press("Escape");
	check(Math.abs(await widthOf(page, "optimize") - before) < 1, "so does Escape");
}

async function testSearch(page) {
	await page.keyboard.press("Control+f");
	await page.keyboard.type("^parse_");
	const shown = await textOf(page, "matched");
	check(/^Matched: 26\.0%$/.test(shown), "search says what share matches: " + shown);
	check(await countOf(page, "#frames .match") >= 4, "and marks the boxes");
	await page.keyboard.press("Enter");
	check(await countOf(page, "#frames .at") === 1, "Enter goes to the next match");
	await screenshot(page, "search");
	check(/s=%5Eparse_/.test(page.url()), "the address holds the term");
	await page.reload();
	check(await textOf(page, "matched") === shown, "which a reload restores");
	await page.evaluate(() => window.search("PARSE_FILE"));
	check(await textOf(page, "matched") === "Matched: 0.0%", "case counts");
	await page.keyboard.press("Control+i");
	check(await textOf(page, "matched") === "Matched: 26.0%", "until Ctrl-I");
	await page.evaluate(() => window.search("(["));
	check(/Not a regular/.test(await textOf(page, "matched")), "a bad expression is reported");
	await page.click("#search");
	check(await textOf(page, "matched") === "" && await countOf(page, "#frames .match") === 0,
		"reset search clears it");
	check(!/[?&]s=/.test(page.url()), "from the address, too");
}

async function testKeys(page) {
	await page.keyboard.press("ArrowUp");
	await page.keyboard.press("ArrowUp");
	const first = await textOf(page, "details");
	await page.keyboard.press("ArrowUp");
	check(first && await textOf(page, "details") !== first, "arrow keys walk the boxes");
	await page.keyboard.press("Enter");
	check(/[?&]x=|y=/.test(page.url()) || await countOf(page, "#unzoom.hide") === 1,
		"Enter zooms to the box");
	await page.keyboard.press("Escape");
}

async function testGraph(browser) {
	const page = await open(browser, graph, { colorScheme: "light" });
	await screenshot(page, "light");
	await testLayout(page);
	await testZoom(page);
	await testSearch(page);
	await testKeys(page);
	check(page.troubles.length === 0, "no script fails: " + page.troubles.join("; "));
	const dark = await open(browser, graph, { colorScheme: "dark" });
	await screenshot(dark, "dark");
	const fill = await dark.evaluate(() =>
		getComputedStyle(document.querySelector(".background")).fill);
	check(fill !== "rgb(255, 255, 255)", "dark mode is dark: " + fill);
	await dark.evaluate(() => window.search("optimize|mark"));
	await screenshot(dark, "dark-search");
	const still = await open(browser, graph, { javaScriptEnabled: false,
		viewport: { width: 1200, height: 500 } });
	await screenshot(still, "static");
}

async function testHostile(browser) {
	const page = await open(browser, hostile, {});
	await screenshot(page, "hostile");
	for (const name of ["<script>alert(1)</script>", "\"onload=\"alert(3)"]) {
		check(await widthOf(page, name) > 0, "shown as it is: " + name);
		await clickBox(page, name);
		await page.evaluate((n) => { window.search(n); window.unzoom(); }, name);
	}
	await page.goto(pathToFileURL(path.resolve(hostile)).href +
		"?s=%3Cscript%3Ealert(8)%3C/script%3E&x=%22&y=%3Cb%3E");
	check(await countOf(page, "script") === 1, "there is one script, ours");
	check(page.troubles.length === 0, "no name does anything: " + page.troubles.join("; "));
}

const browser = await start();
try {
	await testGraph(browser);
	if (hostile)
		await testHostile(browser);
} catch (error) {
	check(false, "the test ran to its end: " + error.message);
} finally {
	await finish(browser);
}
