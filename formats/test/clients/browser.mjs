/*
 * Reads files with programs that live in a browser, in headless Chromium:
 *
 *	node browser.mjs CLIENTS_DIR
 *
 * Each line of standard input is a job, KIND:FILE, and is answered by a line: a table as JSON, or
 * {"boxes": [...]}, or {"error": "..."}. KIND is speedscope: the file goes through speedscope's own
 * importer, and what it exports again is summed; svg: the boxes of a flame graph, as the browser's DOM
 * has them; html: the table and the threads of an HTML page, from its own objects. Requests to anything but our own server are refused and make the answer an error.
 */
import { createRequire } from "node:module";
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const clients = process.argv[2];
const jobs = []; /* files, in the order in which they came */
const require = createRequire(path.join(path.resolve(clients), "npm", "x.js"));
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];
const TIMEOUT = 60000;

/* Serves speedscope's web app, and the files by number: /file/0/NAME. */
function serve() {
	const app = path.join(clients, "npm/node_modules/speedscope/dist/release");
	const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css",
		".wasm": "application/wasm" };
	const server = createServer((request, response) => {
		const url = decodeURIComponent(new URL(request.url, "http://x").pathname);
		const job = /^\/file\/(\d+)\//.exec(url);
		const file = job ? jobs[job[1]] :
			path.join(app, path.normalize(url));
		if (!existsSync(file))
			return response.writeHead(404).end();
		response.writeHead(200, { "content-type": types[path.extname(file)] ||
			"application/octet-stream" });
		createReadStream(file).pipe(response);
	});
	return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/* One of speedscope's evented profiles: per function what it took itself, and with all it called,
 * once however often it recurs. */
function addEvented(table, profile, frames) {
	const open = [];
	const depth = new Map();
	let last = profile.startValue, weight = 0;
	const sums = (frame) => table.functions[frames[frame].name] ||= [0, 0];
	for (const event of profile.events) {
		const spent = event.at - last;
		last = event.at;
		if (spent && open.length) {
			weight += spent;
			sums(open[open.length - 1])[0] += spent;
			for (const name of new Set(open.map((frame) => frames[frame].name)))
				table.functions[name][1] += spent;
		}
		if (event.type === "O") {
			open.push(event.frame);
			sums(event.frame);
		} else
			open.pop();
	}
	return weight;
}

function sumSpeedscope(group) {
	const table = { total: 0, threads: {}, functions: Object.create(null), units: [] };
	for (const profile of group.profiles) {
		const weight = addEvented(table, profile, group.shared.frames);
		table.total += weight;
		table.threads[profile.name] = (table.threads[profile.name] || 0) + weight;
		table.units.push(profile.unit);
	}
	return table;
}

/* The key does nothing until the profile is shown, and how long that takes nobody tells. */
async function exported(page, troubles) {
	let download = null;
	page.on("download", (file) => { download = file; });
	for (const deadline = Date.now() + TIMEOUT; !download && Date.now() < deadline;) {
		await page.keyboard.press("Control+s");
		for (let i = 0; i < 20 && !download; i++)
			await page.waitForTimeout(50);
	}
	if (!download)
		throw new Error("speedscope exports nothing: " + troubles.join("; "));
	return download;
}

async function readSpeedscope(page, base, index, file) {
	const troubles = [];
	page.on("dialog", (dialog) => { troubles.push(dialog.message()); dialog.dismiss(); });
	page.on("pageerror", (error) => troubles.push(error.message));
	const name = path.basename(file);
	const url = `/file/${index}/${encodeURIComponent(name)}`;
	await page.goto(`${base}/index.html#profileURL=${encodeURIComponent(url)}`);
	const deadline = Date.now() + TIMEOUT;
	/* It has a canvas when a profile is shown. */
	while (!troubles.length && !await page.evaluate(() => document.querySelector("canvas"))) {
		if (Date.now() > deadline)
			throw new Error("speedscope shows nothing: " +
				await page.evaluate(() => document.body.innerText));
		await page.waitForTimeout(50);
	}
	if (troubles.length)
		throw new Error("speedscope: " + troubles.join("; "));
	const download = await exported(page, troubles);
	return sumSpeedscope(JSON.parse(readFileSync(await download.path(), "utf8")));
}

/* Opens a page that must ask for nothing, say nothing and throw nothing. */
async function openQuietly(page, file) {
	const troubles = [];
	page.on("dialog", (dialog) => { troubles.push(dialog.message()); dialog.dismiss(); });
	page.on("pageerror", (error) => troubles.push(error.message));
	await page.goto(pathToFileURL(path.resolve(file)).href);
	return troubles;
}

/* Functions are a list, for a name may be that of several. Threads are in CPU time, where there is
 * one. */
async function readHtml(page, file) {
	const troubles = await openQuietly(page, file);
	const table = await page.evaluate(() => {
		const { table, timeline, data } = window.ddrec;
		const rows = (items) => items.map((item) => [item.name, item.self, item.total]);
		return { functions: rows(table.functions()), modules: rows(table.modules()),
			threads: data.threads.map((t, i) => [t.name + "/" + t.tid, timeline.totals[i]]) };
	});
	if (troubles.length)
		throw new Error(troubles.join("; "));
	return table;
}

async function readSvg(page, file) {
	const troubles = await openQuietly(page, file);
	const boxes = await page.evaluate(() => [...document.querySelectorAll("#frames .row")]
		.flatMap((row) => [...row.querySelectorAll(":scope > g")].map((g) => {
			const rect = g.querySelector("rect");
			return [parseFloat(row.getAttribute("transform").split(",")[1]),
				parseFloat(rect.getAttribute("x")),
				parseFloat(rect.getAttribute("width")),
				...g.querySelector("title").textContent.split("\n")];
		})));
	if (troubles.length)
		throw new Error(troubles.join("; "));
	return { boxes };
}

const server = await serve();
const base = `http://127.0.0.1:${server.address().port}`;
const { chromium } = require("playwright-core");
const home = mkdtempSync(path.join(path.resolve(clients), "chromium-"));
const browser = await chromium.launch({ executablePath: CHROMIUM.find((file) => existsSync(file)),
	args: FLAGS, env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home } });

async function answer(job) {
	const [, kind, file] = /^(\w+):(.*)$/s.exec(job);
	const index = jobs.push(file) - 1;
	const context = await browser.newContext({ acceptDownloads: true });
	const foreign = [];
	let result;
	await context.route((url) => /^https?:$/.test(url.protocol) && url.origin !== base,
		(route) => { foreign.push(route.request().url()); route.abort(); });
	try {
		const page = await context.newPage();
		result = kind === "svg" ? await readSvg(page, file) :
			kind === "html" ? await readHtml(page, file) :
			await readSpeedscope(page, base, index, file);
	} catch (error) {
		result = { error: error.message.slice(0, 500) };
	}
	await context.close();
	return foreign.length && kind !== "speedscope" ?
		{ error: "it asked for " + foreign.join(", ") } : result;
}

for await (const job of createInterface({ input: process.stdin }))
	console.log(JSON.stringify(await answer(job)));
await browser.close();
server.close();
rmSync(home, { recursive: true, force: true });
