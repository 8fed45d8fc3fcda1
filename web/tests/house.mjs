// What the browser tests share: a house and a camera in processes of their own, and
// a count of promises kept.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

export const root = resolve(import.meta.dirname, '../..');
export const targetFolder = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
export const binary = process.env.BETANG ?? join(targetFolder, 'debug/betang');
export const foreign = join(root, 'crates/betang/tests/foreign');
export const python = '/usr/bin/python3';
export const ADMIN = { username: 'admin', password: 'huma-betang-kahayan-24' };
// A guard against hanging, not a measure: nothing waits for it to pass.
export const HANG_MS = 30_000;

export const run = promisify(execFile);
const children = [];
const folders = [];
let passed = 0;
let failed = 0;

export async function promise(name, check) {
	try {
		const note = await check();
		passed += 1;
		console.log(`ok    ${name}${note ? `: ${note}` : ''}`);
	} catch (error) {
		failed += 1;
		console.log(`FAIL  ${name}: ${error.message ?? error}`);
	}
}

export function expect(condition, message) {
	if (!condition) throw new Error(message);
}

/** Asks again until it says something, and not for ever. */
export async function until(check) {
	for (const began = performance.now(); performance.now() - began < 3 * HANG_MS; ) {
		const found = await check();
		if (found) return found;
		await new Promise((done) => setTimeout(done, 50));
	}
	throw new Error(`it never came: ${check}`);
}

/** Starts a program and waits for the first line that the pattern reads; `said` holds all until then. */
export function start(program, args, pattern, env = {}, patience_ms = HANG_MS) {
	const child = spawn(program, args, {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, ...env }
	});
	children.push(child);
	const errors = [];
	const said = [];
	child.stderr.on('data', (data) => errors.push(data));
	return new Promise((done, refuse) => {
		const late = setTimeout(() => refuse(new Error(`${program} said nothing in time`)), patience_ms);
		child.on('exit', (code, signal) => {
			clearTimeout(late);
			refuse(new Error(`${program} ended with ${code ?? signal}: ${Buffer.concat(errors)}`));
			// Who ends something says so to it; all else is told, since what follows then fails for no reason of its own.
			if (!child.killed) console.log(`NOTE  ${program} ended with ${code ?? signal}: ${Buffer.concat(errors).subarray(-2000)}`);
		});
		createInterface({ input: child.stdout }).on('line', (line) => {
			said.push(line);
			const found = pattern.exec(line);
			if (!found) return;
			clearTimeout(late);
			done({ child, found, said, errors });
		});
	});
}

export class House {
	constructor(url) {
		this.url = url;
	}

	async ask(method, path, { body, token, cookie } = {}) {
		const headers = {};
		if (body !== undefined) headers['content-type'] = 'application/json';
		if (token) headers.authorization = `Bearer ${token}`;
		if (cookie) headers.cookie = cookie;
		const answer = await fetch(this.url + path, {
			method,
			headers,
			body: body === undefined ? undefined : JSON.stringify(body)
		});
		return answer;
	}

	async json(method, path, options) {
		const answer = await this.ask(method, path, options);
		const text = await answer.text();
		expect(answer.ok, `${method} ${path} → ${answer.status} ${text}`);
		return text ? JSON.parse(text) : null;
	}

	async login(person) {
		const answer = await this.ask('POST', '/api/v1/session', { body: person });
		expect(answer.ok, `login → ${answer.status} ${await answer.text()}`);
		return answer.headers.getSetCookie()[0].split(';')[0];
	}
}

/** Starts a camera that this project did not write; its RTSP address. */
export async function camera(...args) {
	const { child, found } = await start(python, [join(foreign, 'rtsp_camera.py'), ...args], /^port (\d+)/);
	return { child, port: found[1], rtsp: `rtsp://127.0.0.1:${found[1]}` };
}

/** Starts a house on a new folder, with its admin's token and command line. */
export async function house(...args) {
	const folder = mkdtempSync(join(tmpdir(), 'betang-e2e-'));
	folders.push(folder);
	const data = join(folder, 'data');
	const serve = (listen, media) =>
		start(binary, ['serve', '--data', data, '--listen', listen, '--media', media, '--sites', '127.0.0.1:0', ...args], /^media\s+udp (\S+)$/, { BETANG_ADMIN_PASSWORD: ADMIN.password, BETANG_CAMERA_NETWORKS: '127.0.0.0/8,192.0.2.0/24' });
	let served = await serve('127.0.0.1:0', '0.0.0.0:0');
	const logs = [served.errors];
	const house = new House(served.said.map((line) => /^betang\s+(https?:\/\/\S+?)\/?$/.exec(line)?.[1]).find(Boolean));
	const cookie = await house.login(ADMIN);
	const { token } = await house.json('POST', '/api/v1/tokens', { cookie, body: { name: 'uji' } });
	const cli = (...words) => run(binary, [...words, '--server', house.url, '--token', token]);
	/** Ends the house, by a signal of choice; it is gone when this returns. */
	const stop = async (signal = 'SIGTERM') => {
		const gone = once(served.child, 'exit');
		served.child.kill(signal);
		await gone;
	};
	/** Starts it again with the same data, address and media port. */
	const again = async () => {
		served = await serve(new URL(house.url).host, served.found[1]);
		logs.push(served.errors);
	};
	/** All that it has logged, in every life. */
	const logged = () => Buffer.concat(logs.flat()).toString();
	return { house, token, cli, data, stop, again, logged };
}

/** A browser as Debian has it; WebGL is computed, since there may be no graphics card. */
export function browser(...more) {
	return chromium.launch({
		executablePath: '/usr/bin/chromium',
		args: ['--no-sandbox', '--enable-unsafe-swiftshader', '--disable-background-networking', ...more]
	});
}

/** Logs somebody in, the admin if nobody is named, by the page that people use. */
export async function logIn(page, url, { username, password } = ADMIN) {
	await page.goto(`${url}/masuk`);
	await page.fill('input[autocomplete="username"]', username);
	await page.fill('input[autocomplete="current-password"]', password);
	await page.keyboard.press('Enter');
	await page.waitForURL((url) => !url.pathname.startsWith('/masuk'));
}

/**
 * Pictures of a page on a phone and on a wall, by day and by night, into the folder SHOTS;
 * none without it. Of all of it, or as much as the screen holds.
 */
export async function shots(page, name, { fullPage = false, height = 1000 } = {}) {
	if (!process.env.SHOTS) return;
	const size = page.viewportSize();
	for (const width of [360, 1920])
		for (const colorScheme of ['light', 'dark']) {
			await page.setViewportSize({ width, height });
			await page.emulateMedia({ colorScheme });
			await page.screenshot({ path: join(process.env.SHOTS, `${name}-${width}-${colorScheme}.png`), fullPage });
		}
	await page.setViewportSize(size);
	await page.emulateMedia({ colorScheme: null });
}

/** What axe finds, and whether anything is wider than a phone. The page's policy has to let a script in. */
export async function fit(page) {
	const size = page.viewportSize();
	await page.setViewportSize({ width: 360, height: 740 });
	if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(readFileSync(join(root, 'web/node_modules/axe-core/axe.min.js'), 'utf8'));
	const { violations } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']);
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	await page.setViewportSize(size);
	expect(violations.length === 0, violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`).join(' | '));
	expect(wide <= 0, `${wide} px wider than the screen`);
}

/** Runs all promises of a script, ends what was started, and says the count. */
export async function keep(promises) {
	try {
		await promises();
	} catch (error) {
		failed += 1;
		console.log(`FAIL  ${error.stack ?? error}`);
	}
	for (const child of children) child.kill('SIGCONT');
	for (const child of children) child.kill('SIGTERM');
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed ? 1 : 0);
}
