// The video wall in a real browser: what is saved, shared and removed, that nothing is
// pulled for a tile that nobody sees, and that a wall comes back by itself.
//
//   node web/tests/wall.e2e.mjs
import { browser, camera, expect, house as newHouse, keep, logIn, promise, until } from './house.mjs';

const OTHER = { username: 'kapuas', password: 'sungai-barito-hulu-94' };
const WALL = '/kamera/videowall';

/** Waits until so many tiles play, each with pictures that go on coming. */
const play = (page, count) =>
	page.waitForFunction((count) => {
		const videos = [...document.querySelectorAll('video')];
		return videos.filter((video) => video.dataset.state === 'live' && Number(video.dataset.frames) > 5).length === count;
	}, count);
const tiles = (page) => page.locator('[data-camera]').evaluateAll((all) => all.map((tile) => tile.dataset.camera).join());
/** Waits until the wall shows these cameras in this order. */
const shows = (page, names) =>
	page.waitForFunction((names) => [...document.querySelectorAll('[data-camera]')].map((tile) => tile.dataset.camera).join() === names, names);
/** Cameras that the house pulls for somebody now. */
async function pulled(house, token) {
	const { items } = await house.json('GET', '/api/v1/cameras', { token });
	return items.filter((each) => each.state.word !== 'idle').map((each) => each.short);
}

await keep(async () => {
	// Several cameras in one, whose house is killed.
	const source = await camera('--apart');
	const { house, token, cli, stop, again } = await newHouse();
	const names = ['bundaran', 'dermaga', 'gerbang', 'jembatan', 'kantor', 'pasar'];
	for (const name of names) {
		const area = name === 'kantor' ? '62.03' : '62.71.01';
		await cli('cameras', 'add', '--short', name, '--name', `Kamera ${name}`, '--area', area, '--main', `${source.rtsp}/main`, '--sub', `${source.rtsp}/sub`);
	}
	await house.json('POST', '/api/v1/staff', { token, body: { name: 'Operator Kapuas', ...OTHER, grants: [{ role: 'operator', area: '62.03' }] } });

	const chrome = await browser();
	const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: 'id-ID' });
	const page = await context.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	await logIn(page, house.url);

	await promise('cameras are chosen for a wall, and the address holds them', async () => {
		await page.goto(`${house.url}${WALL}/4`);
		await shows(page, 'bundaran,dermaga,gerbang,jembatan');
		await page.locator('button:has-text("Pilih kamera")').click();
		await page.locator('dialog label:has-text("Semua kamera") input').uncheck();
		for (const name of ['pasar', 'kantor', 'dermaga']) await page.locator(`dialog li label:has-text("Kamera ${name}") input`).check();
		await page.locator('dialog button:has-text("Tampilkan")').click();
		await shows(page, 'pasar,kantor,dermaga');
		expect(page.url().endsWith(`${WALL}/4?kamera=pasar,kantor,dermaga`), page.url());
		await play(page, 3);
	});

	await promise('a wall is saved by name and its address opens it', async () => {
		await page.locator('button:has-text("Simpan sebagai")').click();
		await page.locator('dialog input.input').fill('Piket Malam');
		await page.keyboard.press('Enter');
		await page.waitForURL(`**${WALL}/piket-malam`);
		const other = await context.newPage();
		await other.goto(`${house.url}${WALL}/piket-malam`);
		await shows(other, 'pasar,kantor,dermaga');
		await other.close();
	});

	await promise('what is changed on it stands in the address until it is saved', async () => {
		await page.locator('label:has-text("Putar") select').selectOption('30');
		await page.waitForURL(`**${WALL}/piket-malam?putar=30`);
		await page.reload();
		await shows(page, 'pasar,kantor,dermaga');
		await page.locator('button:has-text("Simpan perubahan")').click();
		await page.waitForURL(`**${WALL}/piket-malam`);
		const saved = await house.json('GET', '/api/v1/layouts/piket-malam', { token });
		expect(saved.turn_s === 30 && saved.cameras.join() === 'pasar,kantor,dermaga', JSON.stringify(saved));
	});

	const apart = await chrome.newContext({ viewport: { width: 1280, height: 800 }, locale: 'id-ID' });
	const theirs = await apart.newPage();
	await theirs.goto(`${house.url}/masuk`);
	await theirs.fill('input[autocomplete="username"]', OTHER.username);
	await theirs.fill('input[autocomplete="current-password"]', OTHER.password);
	await theirs.keyboard.press('Enter');
	await theirs.waitForURL((url) => !url.pathname.startsWith('/masuk'));

	await promise('another person finds it only when it is shared, and sees only his cameras on it', async () => {
		await theirs.goto(`${house.url}${WALL}/piket-malam`);
		await theirs.waitForSelector('text=Tata letak tidak ditemukan');
		expect((await tiles(theirs)) === '', 'it shows cameras that nobody asked for');
		await page.locator('button[aria-label="Ubah tata letak"]').click();
		await page.locator('dialog label:has-text("Bagikan") input').check();
		await page.locator('dialog button:has-text("Simpan")').click();
		await page.waitForSelector('header :text("bersama")');
		await theirs.reload();
		await shows(theirs, 'kantor');
		await theirs.waitForSelector('text=2 kamera di luar hak Anda');
		expect((await theirs.locator('button[aria-label="Ubah tata letak"]').count()) === 0, 'he may change what is not his');
	});
	await apart.close();

	await promise('it is removed after a question, and its address says so', async () => {
		await page.locator('button[aria-label="Ubah tata letak"]').click();
		await page.locator('dialog button:has-text("Hapus")').click();
		await page.waitForSelector('text=Hapus Piket Malam?');
		await page.locator('dialog button:has-text("Hapus")').click();
		await page.waitForURL((url) => url.pathname === `${WALL}/4`);
		await shows(page, 'pasar,kantor,dermaga');
		await page.goto(`${house.url}${WALL}/piket-malam`);
		await page.waitForSelector('text=Tata letak tidak ditemukan');
		const { items } = await house.json('GET', '/api/v1/audit?limit=200', { token });
		const verbs = new Set(items.map((item) => item.verb));
		for (const verb of ['layout.saved', 'layout.changed', 'layout.removed']) expect(verbs.has(verb), `${verb} is not in the audit`);
	});

	await promise('nothing is pulled for tiles out of sight', async () => {
		const narrow = await chrome.newContext({ viewport: { width: 600, height: 300 }, locale: 'id-ID' });
		const small = await narrow.newPage();
		await logIn(small, house.url);
		await page.goto(`${house.url}/audit`);
		await small.goto(`${house.url}${WALL}/9`);
		await shows(small, names.join());
		await small.locator('[data-camera="pasar"]').scrollIntoViewIfNeeded();
		await small.waitForFunction(() => document.querySelector('[data-camera="pasar"] video')?.dataset.state === 'live');
		await small.waitForFunction(() => document.querySelector('[data-camera="bundaran"] video')?.dataset.state === 'off');
		const seen = await until(async () => {
			const now = await pulled(house, token);
			return now.includes('pasar') && !now.includes('bundaran') ? now : undefined;
		});
		await small.evaluate(() => scrollTo(0, 0));
		await small.waitForFunction(() => document.querySelector('[data-camera="bundaran"] video')?.dataset.state === 'live');
		await narrow.close();
		return `with the last tile in sight the house pulls ${seen.join(', ')}`;
	});

	await promise('a wall says that the house is gone, and plays again by itself when it is back', async () => {
		const saved = await house.json('POST', '/api/v1/layouts', { token, body: { name: 'Dinding', grid: 4, cameras: ['pasar', 'kantor', 'dermaga', 'gerbang'] } });
		await page.goto(`${house.url}${WALL}/${saved.slug}`);
		await play(page, 4);
		const before = await page.evaluate(() => [...document.querySelectorAll('video')].map((video) => Number(video.dataset.frames)));
		await page.evaluate(() => (window.stays = true));
		await stop('SIGKILL');
		await page.waitForFunction(() => [...document.querySelectorAll('.tile')].every((tile) => tile.classList.contains('old')));
		await page.waitForSelector('[role="alert"]:has-text("TIDAK ADA DATA")');
		await again();
		const began = performance.now();
		await page.waitForFunction(
			(before) => {
				const videos = [...document.querySelectorAll('video')];
				return videos.length === before.length && videos.every((video, i) => video.dataset.state === 'live' && Number(video.dataset.frames) > before[i] + 25);
			},
			before,
			{ timeout: 60_000 }
		);
		const ms = Math.round(performance.now() - began);
		await page.waitForFunction(() => !document.querySelector('[role="alert"]'));
		expect(await page.evaluate(() => window.stays === true), 'the page was loaded again');
		return `all four play ${ms} ms after the house said that it is ready`;
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
