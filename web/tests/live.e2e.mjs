// One camera that this project did not write, live in a browser through the real
// program: GStreamer's RTSP server → betang → Chromium, and → GStreamer's WHEP.
//
//   node web/tests/live.e2e.mjs        (BETANG: the binary; else target/debug/betang)
//
// Prints one line per promise and ends with `N passed, N failed`.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const root = resolve(import.meta.dirname, '../..');
const targetFolder = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const binary = process.env.BETANG ?? join(targetFolder, 'debug/betang');
const foreign = join(root, 'crates/betang/tests/foreign');
const python = '/usr/bin/python3';
const ADMIN = { username: 'admin', password: 'huma-betang-kahayan-24' };
// A guard against hanging, not a measure: nothing waits for it to pass.
const HANG_MS = 30_000;

const run = promisify(execFile);
const children = [];
let passed = 0;
let failed = 0;

async function promise(name, check) {
	try {
		const note = await check();
		passed += 1;
		console.log(`ok    ${name}${note ? `: ${note}` : ''}`);
	} catch (error) {
		failed += 1;
		console.log(`FAIL  ${name}: ${error.message ?? error}`);
	}
}

function expect(condition, message) {
	if (!condition) throw new Error(message);
}

/** Starts a program and waits for the first line that the pattern reads. */
function start(program, args, pattern, env = {}) {
	const child = spawn(program, args, {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, ...env }
	});
	children.push(child);
	const errors = [];
	child.stderr.on('data', (data) => errors.push(data));
	return new Promise((done, refuse) => {
		const late = setTimeout(() => refuse(new Error(`${program} said nothing in time`)), HANG_MS);
		child.on('exit', (code) => {
			clearTimeout(late);
			refuse(new Error(`${program} ended with ${code}: ${Buffer.concat(errors)}`));
		});
		createInterface({ input: child.stdout }).on('line', (line) => {
			const found = pattern.exec(line);
			if (!found) return;
			clearTimeout(late);
			done({ child, found });
		});
	});
}

class House {
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

/** Pictures per second by their own time stamps, over `count` pictures. */
function playedAt(page, count) {
	return page.evaluate(
		(count) =>
			new Promise((done, refuse) => {
				const video = document.querySelector('video');
				const stamps = [];
				const late = setTimeout(() => refuse(new Error(`${stamps.length} pictures`)), 20_000);
				const seen = (_, picture) => {
					stamps.push(picture.rtpTimestamp);
					if (stamps.length < count) return video.requestVideoFrameCallback(seen);
					clearTimeout(late);
					const ticks = stamps.at(-1) - stamps[0];
					done({
						width: picture.width,
						height: picture.height,
						// What the page's own rate of painting leaves out is in the stamps.
						rate: video.getVideoPlaybackQuality().totalVideoFrames,
						ticks
					});
				};
				video.requestVideoFrameCallback(seen);
			}),
		count
	);
}

async function main() {
	const folder = mkdtempSync(join(tmpdir(), 'betang-live-'));
	const camera = await start(python, [join(foreign, 'rtsp_camera.py')], /^port (\d+)/);
	const rtsp = `rtsp://127.0.0.1:${camera.found[1]}`;
	const served = await start(
		binary,
		['serve', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0', '--media', '0.0.0.0:0'],
		/^betang\s+(http:\/\/\S+?)\/?$/,
		{ BETANG_ADMIN_PASSWORD: ADMIN.password }
	);
	const house = new House(served.found[1]);
	const admin = await house.login(ADMIN);
	const { token } = await house.json('POST', '/api/v1/tokens', {
		cookie: admin,
		body: { name: 'uji' }
	});
	const cli = (...args) => run(binary, [...args, '--server', house.url, '--token', token]);

	await promise('the command line probes and adds the foreign camera', async () => {
		const probed = await cli('cameras', 'probe', `${rtsp}/main`);
		expect(/h264 1280x720, first picture received/.test(probed.stdout), probed.stdout);
		const added = await cli(
			...['cameras', 'add', '--short', 'pasar-besar', '--name', 'Pasar Besar'],
			...['--area', '62.71.01', '--main', `${rtsp}/main`, '--sub', `${rtsp}/sub`]
		);
		return added.stdout.trim();
	});

	const browser = await chromium.launch({
		executablePath: '/usr/bin/chromium',
		args: ['--no-sandbox', '--enable-unsafe-swiftshader', '--disable-background-networking']
	});
	const context = await browser.newContext({ locale: 'id-ID' });
	const page = await context.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));

	await promise('a person logs in and sees the camera live, main and sub', async () => {
		await page.goto(`${house.url}/masuk`);
		await page.fill('input[autocomplete="username"]', ADMIN.username);
		await page.fill('input[autocomplete="current-password"]', ADMIN.password);
		await page.keyboard.press('Enter');
		await page.waitForURL((url) => !url.pathname.startsWith('/masuk'));
		const notes = [];
		for (const [layer, width] of [
			['main', 1280],
			['sub', 640]
		]) {
			await page.goto(`${house.url}/kamera/pasar-besar?lapis=${layer}`);
			await page.waitForSelector('video');
			const played = await playedAt(page, 50);
			expect(played.width === width, `${layer} is ${played.width} wide`);
			notes.push(`${layer} ${played.width}x${played.height}`);
		}
		return notes.join(', ');
	});

	await promise('it plays at the rate of the camera', async () => {
		const rate = await page.evaluate(
			() =>
				new Promise((done) => {
					const video = document.querySelector('video');
					const start = { frames: video.getVideoPlaybackQuality().totalVideoFrames, stamp: null };
					const seen = (_, picture) => {
						start.stamp ??= picture.rtpTimestamp;
						const seconds = ((picture.rtpTimestamp - start.stamp) >>> 0) / 90_000;
						if (seconds < 3) return video.requestVideoFrameCallback(seen);
						const frames = video.getVideoPlaybackQuality().totalVideoFrames - start.frames;
						done(frames / seconds);
					};
					video.requestVideoFrameCallback(seen);
				})
		);
		expect(Math.abs(rate - 25) < 1.5, `${rate.toFixed(2)} pictures a second`);
		return `${rate.toFixed(2)} pictures a second`;
	});

	await promise('a foreign WHEP client plays it and leaves', async () => {
		const args = [join(foreign, 'whep_player.py'), `${house.url}/whep/pasar-besar`, token, '100'];
		const { stdout } = await run(python, args, { timeout: HANG_MS });
		const rate = Number(/rate ([\d.]+)/.exec(stdout)?.[1]);
		expect(/width 1280 height 720/.test(stdout) && Math.abs(rate - 25) < 1, stdout);
		return stdout.trim();
	});

	await promise('who may not see it gets no row, no still, no picture', async () => {
		const other = { username: 'kapuas', password: 'sungai-barito-hulu-94' };
		await house.json('POST', '/api/v1/staff', {
			token,
			body: {
				name: 'Operator Kapuas',
				username: other.username,
				password: other.password,
				grants: [{ role: 'operator', area: '62.03' }]
			}
		});
		const cookie = await house.login(other);
		const list = await house.json('GET', '/api/v1/cameras', { cookie });
		expect(list.items.length === 0, `${list.items.length} rows`);
		for (const [method, path] of [
			['GET', '/api/v1/cameras/pasar-besar'],
			['GET', '/api/v1/cameras/pasar-besar/still'],
			['POST', '/whep/pasar-besar']
		]) {
			const answer = await fetch(house.url + path, {
				method,
				headers: { cookie, 'content-type': 'application/sdp' },
				body: method === 'POST' ? 'v=0' : undefined
			});
			expect(answer.status === 404, `${method} ${path} → ${answer.status}`);
		}
	});

	await promise('a still has its time and a reason to be kept', async () => {
		const answer = await house.ask('GET', '/api/v1/cameras/pasar-besar/still', { token });
		const bytes = new Uint8Array(await answer.arrayBuffer());
		expect(bytes[0] === 0xff && bytes[1] === 0xd8, 'not a JPEG');
		expect(Number(answer.headers.get('x-picture-us')) > 0, 'no time');
		const kept = await house.json('POST', '/api/v1/cameras/pasar-besar/stills', {
			token,
			body: { reason: 'Uji simpan gambar' }
		});
		return `${bytes.length} octets, sha256 ${kept.sha256.slice(0, 12)}…`;
	});

	await promise('a revoked session stops playing', async () => {
		const { items } = await house.json('GET', '/api/v1/sessions', { token });
		const ended = page.evaluate(
			() =>
				new Promise((done) => {
					const video = document.querySelector('video');
					let last = performance.now();
					const seen = () => {
						last = performance.now();
						video.requestVideoFrameCallback(seen);
					};
					video.requestVideoFrameCallback(seen);
					const look = () =>
						performance.now() - last > 1_500 ? done(last) : requestAnimationFrame(look);
					look();
				})
		);
		for (const session of items) await house.ask('DELETE', `/api/v1/sessions/${session.id}`, { token });
		await Promise.race([
			ended,
			new Promise((_, refuse) => setTimeout(() => refuse(new Error('still playing')), 5_000))
		]);
	});

	await promise('the chain of what was done is whole, beside the running house', async () => {
		const { stdout } = await run(binary, ['audit', 'verify', '--data', join(folder, 'data')]);
		const acts = await house.json('GET', '/api/v1/audit?limit=200', { token });
		const verbs = new Set(acts.items.map((item) => item.verb));
		for (const verb of ['camera.added', 'camera.watch', 'camera.watched', 'still.kept']) {
			expect(verbs.has(verb), `${verb} is not in the chain: ${[...verbs].join(' ')}`);
		}
		return stdout.trim();
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await browser.close();
	rmSync(folder, { recursive: true, force: true });
}

try {
	await main();
} catch (error) {
	failed += 1;
	console.log(`FAIL  ${error.stack ?? error}`);
}
for (const child of children) child.kill('SIGTERM');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
