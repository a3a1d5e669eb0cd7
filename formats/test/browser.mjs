/*
 * What the tests in headless Chromium share: finding Chromium, installing playwright-core (pinned) by
 * npm unless it is there, opening a page that may ask the network for nothing, and counting failures.
 *
 *	const { check, finish, open, start } = browserTest("NAME", outputDir);
 *	const browser = await start();
 *	const page = await open(browser, file, { colorScheme: "dark" });
 *	await finish(browser);
 *
 * Exit status: 0 passed, 1 failed, 77 skipped: no chromium, or no npm to install with.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const PLAYWRIGHT = "playwright-core@1.65.1";
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync"
];

export function browserTest(name, outputDir) {
	let failures = 0;
	let profileDir;

	function skip(why) {
		console.log("SKIPPED " + name + ": " + why);
		process.exit(77);
	}

	function check(condition, what) {
		console.log((condition ? "ok   " : "FAIL ") + what);
		failures += condition ? 0 : 1;
	}

	function loadPlaywright() {
		const modules = path.join(outputDir, "npm");
		mkdirSync(modules, { recursive: true });
		const require = createRequire(path.join(path.resolve(modules), "x.js"));
		if (!existsSync(path.join(modules, "node_modules", "playwright-core")))
			try {
				execFileSync(
					"npm",
					[
						"install",
						"--prefix",
						modules,
						"--no-audit",
						"--no-fund",
						"--ignore-scripts",
						PLAYWRIGHT
					],
					{ stdio: "pipe" }
				);
			} catch (error) {
				skip("npm cannot install " + PLAYWRIGHT);
			}
		return require("playwright-core");
	}

	async function start() {
		const chromium = CHROMIUM.find((file) => existsSync(file));
		if (!chromium) skip("no chromium");
		mkdirSync(outputDir, { recursive: true });
		const playwright = loadPlaywright();
		profileDir = mkdtempSync(path.join(path.resolve(outputDir), "chromium-"));
		return playwright.chromium.launch({
			executablePath: chromium,
			args: FLAGS,
			env: { ...process.env, HOME: profileDir, XDG_CONFIG_HOME: profileDir }
		});
	}

	async function open(browser, file, settings, query = "") {
		const context = await browser.newContext({
			viewport: { width: 1400, height: 700 },
			...settings
		});
		const page = await context.newPage();
		page.troubles = [];
		page.on("dialog", (dialog) => {
			page.troubles.push("dialog");
			dialog.dismiss();
		});
		page.on("pageerror", (error) => page.troubles.push(error.message));
		page.on(
			"console",
			(message) =>
				message.type() === "error" && page.troubles.push(message.text())
		);
		page.on(
			"request",
			(request) =>
				request.url().startsWith("file:") ||
				page.troubles.push("request for " + request.url())
		);
		await page.goto(pathToFileURL(path.resolve(file)).href + query);
		return page;
	}

	async function finish(browser) {
		await browser.close();
		rmSync(profileDir, { recursive: true, force: true });
		process.exit(failures ? 1 : 0);
	}

	return { check, finish, open, start };
}
