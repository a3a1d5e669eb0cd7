#!/usr/bin/env node
/*
 * What speedscope reads in its own format: speedscope_totals.mjs NPM_DIR FILE [SCREENSHOT.png].
 *
 * The file is held against the JSON schema that comes with speedscope, then opened in its web app in
 * headless Chromium, as its #profileURL does; the sums are those of the profiles that the app made,
 * got at by one assignment put into the served script.
 * NPM_DIR/node_modules holds speedscope@1.25.0, ajv@6 and playwright-core. Prints
 *
 *	{"total": n, "unit": "nanoseconds", "active": i, "threads": {"name/tid": n},
 *	 "functions": {name: [self, total]}}
 *
 * A function's total counts a sample once, however many frames have its name. Requests to anywhere but our own server are refused.
 */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const [npm, file, screenshot] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(npm), "x.js"));
const app = path.join(npm, "node_modules/speedscope/dist/release");
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const TIMEOUT_MS = 120000;

function checkSchema() {
	const Ajv = require("ajv");
	const schema = JSON.parse(readFileSync(path.join(app, "file-format-schema.json")));
	const validate = new Ajv().compile(schema);
	if (!validate(JSON.parse(readFileSync(file))))
		throw new Error(`against the schema: ${JSON.stringify(validate.errors[0])}`);
}

/* The state that holds the loaded profiles is made by: NAME = new CLASS(null, "profileGroup"). */
function expose(script) {
	const exposed = script.replace(/=new ([\w$]+)\(null,"profileGroup"\)/,
		'=window.__profileGroup=new $1(null,"profileGroup")');
	if (exposed === script)
		throw new Error("speedscope's script is not as expected: no profileGroup");
	return exposed;
}

function read(url) {
	if (url === "/file.speedscope.json")
		return readFileSync(file);
	const body = readFileSync(path.join(app, path.basename(url)));
	return /^\/speedscope-.*\.js$/.test(url) ? expose(body.toString()) : body;
}

function serve() {
	const server = createServer((request, response) => {
		try {
			const body = read(new URL(request.url, "http://x").pathname);
			const type = TYPES[path.extname(request.url.split("#")[0])];
			response.writeHead(200, { "content-type": type || "application/octet-stream" });
			response.end(body);
		} catch (error) {
			response.writeHead(404).end(String(error));
		}
	});
	return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

/* Runs in the page. A call of a name that is open already has counted its samples. */
function sums() {
	const group = window.__profileGroup.get();
	const answer = { total: 0, active: group.indexToView, threads: {}, functions: [] };
	const functions = new Map();
	const row = (name) => functions.get(name) || functions.set(name, [0, 0]).get(name);
	for (const { profile } of group.profiles) {
		const found = /^([\s\S]*?) ?\((\d+)\/(\d+)\)$/.exec(profile.getName());
		const key = found ? `${found[1]}/${found[3]}` : profile.getName();
		const n = profile.getTotalNonIdleWeight();
		const open = new Map();
		answer.unit = profile.getWeightUnit();
		answer.total += n;
		answer.threads[key] = (answer.threads[key] || 0) + n;
		profile.forEachFrame((frame) => { row(frame.name)[0] += frame.getSelfWeight(); });
		profile.forEachCall((node, value) => {
			open.set(node.frame.name, (open.get(node.frame.name) || 0) + 1);
			if (open.get(node.frame.name) === 1)
				row(node.frame.name)[1] -= value;
		}, (node, value) => {
			open.set(node.frame.name, open.get(node.frame.name) - 1);
			if (open.get(node.frame.name) === 0)
				row(node.frame.name)[1] += value;
		});
	}
	answer.functions = [...functions];
	return answer;
}

async function open(browser, origin) {
	const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
	const problems = [];
	page.on("pageerror", (error) => problems.push(String(error)));
	page.on("dialog", (dialog) => (problems.push(dialog.message()), dialog.dismiss()));
	await page.route("**", (route) => route.request().url().startsWith(origin) ?
		route.continue() : route.abort());
	await page.goto(`${origin}/index.html#profileURL=${origin}/file.speedscope.json`);
	await page.waitForFunction(() => window.__profileGroup?.get(), null, { timeout: TIMEOUT_MS })
		.catch((error) => problems.push(String(error)));
	if (problems.length)
		throw new Error(`speedscope: ${problems.join("; ")}`);
	return page;
}

async function main() {
	checkSchema();
	const { chromium } = require("playwright-core");
	const server = await serve();
	const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
	try {
		const page = await open(browser, `http://127.0.0.1:${server.address().port}`);
		const answer = await page.evaluate(sums);
		answer.functions = Object.fromEntries(answer.functions);
		process.stdout.write(JSON.stringify(answer) + "\n");
		if (screenshot) {
			await page.waitForTimeout(1000);
			await page.screenshot({ path: screenshot });
			await page.keyboard.press("3");
			await page.waitForTimeout(1000);
			await page.screenshot({ path: screenshot.replace(/\.png$/, "-sandwich.png") });
		}
	} finally {
		await browser.close();
		server.close();
	}
}

main().catch((error) => {
	console.error(`speedscope_totals.mjs: ${error.message}`);
	process.exit(1);
});
