// A television from its first code to its revocation, through both pages, in a real browser
// with a profile of its own: killed, cut off, and coming from another address.
//
//   node web/tests/screens.e2e.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { browser, camera, expect, fit, house as newHouse, keep, logIn, promise, shots, until } from './house.mjs';

const OPERATOR = { username: 'piket', password: 'sungai-rungan-hulu-31' };
const NAME = 'Dinding timur';
/** Two groups of four, without what is taken for something else. */
const CODE = /^[AC-FHJKMNP-RTV-Y34679]{4}-[AC-FHJKMNP-RTV-Y34679]{4}$/;
const ADDRESSES = ['127.0.0.2', '127.0.0.3'];

/** The cable between the television and the house: it can be pulled, and lies at an address. */
async function cable(port) {
	const open = new Set();
	const state = { from: ADDRESSES[0], cut: false };
	const server = createServer((near) => {
		if (state.cut) return near.destroy();
		const far = connect({ port, host: '127.0.0.1', localAddress: state.from });
		for (const [one, other] of [[near, far], [far, near]]) {
			open.add(one);
			one.pipe(other);
			one.on('error', () => other.destroy());
			one.on('close', () => open.delete(one) && other.destroy());
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const drop = () => open.forEach((socket) => socket.destroy());
	return {
		url: `http://127.0.0.1:${server.address().port}`,
		pull: () => drop(void (state.cut = true)),
		plug: () => (state.cut = false),
		move: (from) => drop(void (state.from = from))
	};
}

/** A television: a browser with a profile on disk, which begins at one address. */
async function television(profile, url) {
	const args = ['--headless=new', '--no-sandbox', '--enable-unsafe-swiftshader', '--disable-background-networking', '--no-first-run', '--lang=id', '--window-size=1920,1080', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
	const child = spawn('/usr/bin/chromium', args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
	const gone = once(child, 'exit');
	let said = '';
	const socket = await new Promise((done) => {
		child.stderr.on('data', (octets) => {
			said += octets;
			const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
			if (found) done(found);
		});
	});
	const over = await chromium.connectOverCDP(socket);
	const context = over.contexts()[0];
	const page = context.pages()[0] ?? (await context.newPage());
	await page.goto(url);
	/** All of it at once, as when the power fails. */
	const kill = async () => {
		process.kill(-child.pid, 'SIGKILL');
		await gone;
	};
	return { page, kill };
}

/**
 * Whether a profile holds the cookie for good. A browser writes it some time after it got it,
 * and what its journal could still undo (SQLite, "hot journal") is not there yet.
 */
function holdsCookie(profile) {
	const files = readdirSync(profile, { recursive: true, encoding: 'utf8' });
	const has = files.filter((name) => /(^|\/)Cookies$/.test(name)).filter((name) => readFileSync(join(profile, name)).includes('betang_session'));
	const hot = (name) => existsSync(join(profile, `${name}-journal`)) && readFileSync(join(profile, `${name}-journal`)).subarray(0, 8).some((octet) => octet !== 0);
	return has.some((name) => !hot(name));
}

/** The field of a form by its label. */
const field = (label) => `dialog[open] div:has(> label:text-is("${label}")) > :is(input, select)`;
const codeOn = (page, not = '') => page.waitForFunction((not) => document.querySelector('[data-code]')?.dataset.code !== not && document.querySelector('[data-code]')?.dataset.code, not).then((handle) => handle.jsonValue());
const kiosk = (page, path) => page.waitForFunction((path) => location.pathname === path && document.querySelector('main[inert]') && document.querySelector('footer time'), path);
const plays = (page) => page.waitForFunction(() => [...document.querySelectorAll('video')].some((video) => video.dataset.state === 'live' && Number(video.dataset.frames) > 5));

await keep(async () => {
	process.env.BETANG_LOG = 'debug';
	const source = await camera();
	const { house, token, cli, stop, again, logged } = await newHouse();
	await cli('cameras', 'add', '--short', 'bundaran', '--name', 'Bundaran Besar', '--area', '62.71.01', '--main', `${source.rtsp}/main`, '--sub', `${source.rtsp}/sub`);
	await house.json('POST', '/api/v1/staff', { token, body: { name: 'Petugas Piket', ...OPERATOR, grants: [{ role: 'operator', area: '62.71' }] } });
	await house.json('POST', '/api/v1/layouts', { token, body: { name: 'Piket malam', grid: 4, cameras: ['bundaran'], shared: true } });

	const line = await cable(Number(new URL(house.url).port));
	const profile = mkdtempSync(join(tmpdir(), 'betang-tv-'));
	let tv = await television(profile, `${line.url}/layar`);
	const chrome = await browser();
	const desk = await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: 'id-ID', bypassCSP: true });
	const page = await desk.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	await logIn(page, house.url, OPERATOR);
	const row = page.locator(`[data-screen="${NAME}"]`);
	const codes = [];

	await promise('a television shows a code to nobody in particular, and where to type it', async () => {
		codes.push(await codeOn(tv.page));
		expect(CODE.test(codes[0]), codes[0]);
		const text = await tv.page.textContent('main');
		expect(text.includes(`${new URL(line.url).host}/pengaturan/layar`), text);
		// 4 m away a capital has to be 2 cm high: on a screen a metre wide, a fiftieth of it.
		const height = await tv.page.locator('.code').evaluate((code) => Number.parseFloat(getComputedStyle(code).fontSize) * 0.7);
		expect(height > 1920 / 50, `${height} px`);
		expect((await tv.page.locator('img.qr').count()) === 1, 'no QR');
	});

	await promise('without a line it says so, and goes on with the same code', async () => {
		line.pull();
		await tv.page.waitForSelector('text=TIDAK ADA SAMBUNGAN');
		line.plug();
		await tv.page.waitForFunction(() => !document.body.textContent.includes('TIDAK ADA SAMBUNGAN'));
		expect((await codeOn(tv.page)) === codes[0], 'another code');
	});

	await promise('a code that is over is followed by another, by itself', async () => {
		await tv.page.route('**/api/v1/screens/session', (route) => route.fulfill({ json: { state: 'expired' } }), { times: 1 });
		codes.push(await codeOn(tv.page, codes[0]));
	});

	await promise('a wrong code is refused, and the form keeps what was typed', async () => {
		await page.goto(`${house.url}/pengaturan/layar?kode=AAAA-AAAA`);
		await page.fill(field('Nama layar'), NAME);
		await page.selectOption(field('Yang ditampilkan'), 'situasi');
		await page.click('dialog button[type="submit"]');
		await page.waitForSelector('dialog [role="alert"]:has-text("tidak sedang tampil")');
		expect((await page.inputValue(field('Nama layar'))) === NAME, 'the name is gone');
		expect((await page.inputValue(field('Kode di layar'))) === 'AAAA-AAAA', 'the code is gone');
		await fit(page);
		await shots(page, 'layar-pasang');
	});

	await promise('the right one pairs it, and it shows its page without bars, pointer or doors', async () => {
		await page.fill(field('Kode di layar'), codes[1].toLowerCase().replace('-', ' '));
		await page.click('dialog button[type="submit"]');
		await row.waitFor();
		await kiosk(tv.page, '/situasi');
		expect((await tv.page.locator('nav').count()) === 0, 'there are doors');
		expect((await tv.page.evaluate(() => getComputedStyle(document.elementFromPoint(960, 400)).cursor)) === 'none', 'there is a pointer');
		// All of the page is in sight once it is there, in type as large as that allows.
		await tv.page.waitForFunction(() => {
			const sheet = document.querySelector('main[inert]');
			return document.querySelector('h2') && !document.querySelector('[aria-busy="true"]') && sheet.scrollHeight <= sheet.parentElement.clientHeight && document.documentElement.scrollHeight <= innerHeight;
		});
		await page.waitForSelector(`[data-screen="${NAME}"] [data-standing="shows"]`);
		const { items } = await house.json('GET', '/api/v1/screens', { token });
		expect(items.length === 1 && items[0].area === '62.71' && items[0].address === ADDRESSES[0] && items[0].paired_by.name === 'Petugas Piket', JSON.stringify(items));
		if (process.env.SHOTS) await tv.page.screenshot({ path: join(process.env.SHOTS, 'layar-situasi.png') });
	});

	await promise('what it shows is changed from the desk, and it turns', async () => {
		for (const [kind, path] of [['peta', '/peta'], ['tata', '/kamera/videowall/piket-malam']]) {
			await row.locator('button:has-text("Ubah")').click();
			await page.selectOption(field('Yang ditampilkan'), kind);
			if (kind === 'tata') await page.selectOption(field('Tata letak bersama'), 'piket-malam');
			await page.click('dialog button[type="submit"]');
			await kiosk(tv.page, path);
			if (kind === 'peta') await tv.page.waitForSelector('[data-map="idle"]');
			if (process.env.SHOTS) await tv.page.screenshot({ path: join(process.env.SHOTS, `layar-${kind}.png`) });
		}
		await plays(tv.page);
		const { items } = await house.json('GET', '/api/v1/screens', { token });
		expect(items[0].shows === '/kamera/videowall/piket-malam', items[0].shows);
		await fit(page);
		await shots(page, 'layar-daftar');
	});

	await promise('it is killed, and shows again what it showed, without a code', async () => {
		await until(() => holdsCookie(profile));
		await tv.kill();
		tv = await television(profile, `${line.url}/layar`);
		await kiosk(tv.page, '/kamera/videowall/piket-malam');
		await plays(tv.page);
	});

	await promise('a page that is loaded in the middle finds its frame again', async () => {
		await tv.page.goto(`${line.url}/pengaturan`);
		await kiosk(tv.page, '/kamera/videowall/piket-malam');
		await plays(tv.page);
	});

	await promise('the house is killed: the age grows, and it plays again by itself when the house is back', async () => {
		await tv.page.evaluate(() => (window.stays = true));
		const before = await tv.page.evaluate(() => Number(document.querySelector('video').dataset.frames));
		await stop('SIGKILL');
		await tv.page.waitForSelector('footer [role="alert"]:has-text("TIDAK ADA DATA sejak")');
		await tv.page.waitForFunction(() => Number(/data (\d+) dtk/.exec(document.querySelector('[data-age]').textContent)?.[1]) >= 3);
		await again();
		await tv.page.waitForFunction(() => !document.querySelector('footer [role="alert"]'));
		await tv.page.waitForFunction((before) => { const video = document.querySelector('video'); return video?.dataset.state === 'live' && Number(video.dataset.frames) > before + 25; }, before, { timeout: 60_000 });
		expect(await tv.page.evaluate(() => window.stays === true), 'the page was loaded again');
	});

	await promise('it comes from another address: nothing is refused, and the desk sees which', async () => {
		line.move(ADDRESSES[1]);
		await page.waitForSelector(`[data-screen="${NAME}"]:has-text("${ADDRESSES[1]}")`, { timeout: 60_000 });
		await kiosk(tv.page, '/kamera/videowall/piket-malam');
		expect(await tv.page.evaluate(() => window.stays === true), 'the page was loaded again');
	});

	await promise('revoked after a question, it says so, stops, and shows another code', async () => {
		await row.locator('button:has-text("Cabut")').click();
		await page.waitForSelector(`text=Cabut ${NAME}?`);
		await shots(page, 'layar-cabut');
		await page.click('dialog[open] button.grave');
		await tv.page.waitForSelector('h1:has-text("Dicabut, pasangkan lagi")');
		codes.push(await codeOn(tv.page));
		expect(!codes.slice(0, -1).includes(codes.at(-1)), 'the same code');
		await page.waitForSelector('text=Belum ada layar');
		const viewings = await until(async () => {
			const { items } = await house.json('GET', '/api/v1/cameras', { token });
			return items.every((each) => each.state.word === 'idle') && items.length;
		});
		expect(viewings === 1, 'the camera is pulled still');
		if (process.env.SHOTS) await tv.page.screenshot({ path: join(process.env.SHOTS, 'layar-dicabut.png') });
	});

	await promise('it is paired once more where it hangs', async () => {
		await page.goto(`${house.url}/pengaturan/layar?kode=${codes.at(-1)}`);
		await page.fill(field('Nama layar'), 'Dinding barat');
		await page.click('dialog button[type="submit"]');
		await kiosk(tv.page, '/situasi');
	});

	await promise('the audit tells all of it, and neither it nor the log holds a code', async () => {
		const { items } = await house.json('GET', '/api/v1/audit?limit=500', { token });
		const told = items.filter((item) => item.verb.startsWith('screen.')).reverse();
		const verbs = told.map((item) => item.verb).join(' ');
		expect(verbs === 'screen.refused screen.paired screen.changed screen.changed screen.moved screen.revoked screen.paired', verbs);
		const moved = told.find((item) => item.verb === 'screen.moved');
		expect(moved.who.name === NAME && moved.detail.from === ADDRESSES[0] && moved.detail.to === ADDRESSES[1], JSON.stringify(moved));
		expect(told.filter((item) => item !== moved).every((item) => item.who.name === 'Petugas Piket'), 'by somebody else');
		const log = logged();
		expect(log.includes('answered'), 'the log was not kept');
		for (const code of codes) expect(!`${JSON.stringify(items)}${log}`.includes(code), `${code} is written down`);
	});

	await promise('the page of a code is fit for everybody, at both sizes and in both lights', async () => {
		const fresh = await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: 'id-ID', bypassCSP: true });
		const other = await fresh.newPage();
		await other.goto(`${house.url}/layar`);
		await codeOn(other);
		await fit(other);
		await shots(other, 'layar-kode', { height: 1080 });
		await fresh.close();
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await tv.kill();
	rmSync(profile, { recursive: true, force: true });
	await chrome.close();
});
