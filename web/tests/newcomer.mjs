// What somebody does on the first day, by hand and not part of ./test: `./run --yes` in
// a clone, the link it prints, a password, the map, a camera.
//
//   node web/tests/newcomer.mjs [CLONE]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ADMIN, browser, expect, keep, promise, root } from './house.mjs';

const clone = resolve(process.argv[2] ?? root);
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

await keep(async () => {
	const began = performance.now();
	const env = { HOME: process.env.HOME, PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
	const run = spawn('./run', ['--yes', '--', '--listen', '127.0.0.1:0', '--media', '127.0.0.1:0', '--sites', '127.0.0.1:0'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'inherit'] });
	let door;
	await promise('./run prints where it is and who may come in first', async () => {
		for await (const line of createInterface({ input: run.stdout })) {
			door = /^admin\s+(http\S+)/.exec(line)?.[1];
			if (door || line.startsWith('media')) break;
		}
		expect(door, 'it has an administrator already, or ended before');
		return seconds(began);
	});
	const chrome = await browser();
	const page = await (await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID' })).newPage();
	await promise('the link makes the first administrator, who is in', async () => {
		await page.goto(door);
		await page.fill('input[autocomplete="name"]', 'Dinas Kominfo');
		await page.fill('input[autocomplete="username"]', ADMIN.username);
		await page.fill('input[autocomplete="new-password"]', ADMIN.password);
		await page.keyboard.press('Enter');
		await page.waitForURL((url) => !url.pathname.startsWith('/masuk'));
		return seconds(began);
	});
	await promise('on the map a camera is opened, and plays', async () => {
		await page.locator('a[href="/peta"]').first().click();
		await page.waitForSelector('[data-map="idle"]');
		await page.locator('#peta-baris-0').click();
		await page.waitForFunction(() => Number(document.querySelector('video[data-state="live"]')?.dataset.frames) > 25);
		const shot = process.env.SHOT;
		if (shot) await page.screenshot({ path: resolve(shot) });
		return `${await page.locator('[aria-labelledby="peta-terpilih"] h2, #peta-terpilih').first().innerText()}, ${seconds(began)}`;
	});
	await promise('Ctrl-C ends it, and leaves no child', async () => {
		await chrome.close();
		const gone = once(run, 'exit');
		run.kill('SIGINT');
		const [code] = await gone;
		return `exit ${code}`;
	});
});
