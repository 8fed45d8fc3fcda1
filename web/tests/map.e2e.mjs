// The map in a real browser: what it draws, what a click and a key open, what a link
// brings back, and that everything is there without a map as well.
//
//   node web/tests/map.e2e.mjs
//
// The map says itself when it is at rest; nothing here waits for a time.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browser, camera, expect, house as newHouse, keep, logIn, promise, root } from './house.mjs';

const VILLAGES = 1571;
const PASAR = { at: '-2.20830,113.92130', short: 'pasar-besar', name: 'Pasar Besar' };

const rest = (page) => page.waitForSelector('[data-map="idle"]');
/** Waits until the map rests and so many cameras and villages are drawn in sight; any number where none is given. */
const drawn = (page, { cameras = null, villages = null }) =>
	page.waitForFunction(
		({ cameras, villages }) => {
			const line = document.querySelector('[data-map="idle"] [data-seen-cameras]')?.dataset;
			const is = (said, wanted) => wanted === null || (wanted === 'some' ? Number(said) > 0 : Number(said) === wanted);
			return line !== undefined && is(line.seenCameras, cameras) && is(line.seenVillages, villages);
		},
		{ cameras, villages }
	);
/** Clicks the middle of the map: an address puts there what a test wants to touch. */
async function clickMiddle(page, there) {
	await drawn(page, there);
	const box = await page.locator('[data-map] canvas').boundingBox();
	await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
}
const plays = (page) => page.waitForFunction(() => {
	const video = document.querySelector('video');
	return video?.dataset.state === 'live' && Number(video.dataset.frames) > 5;
});
const query = (page) => new URL(page.url()).searchParams;
/** Waits until the address says so. */
const says = (page, name, value) => page.waitForURL((url) => url.searchParams.get(name) === value);

await keep(async () => {
	const source = await camera();
	const { house, token, cli, data } = await newHouse();
	const add = (short, name, area, main, ...more) => cli('cameras', 'add', '--short', short, '--name', name, '--area', area, '--main', main, ...more);
	await add(PASAR.short, PASAR.name, '62.71.01', `${source.rtsp}/main`, '--sub', `${source.rtsp}/sub`, '--point', PASAR.at, '--kind', 'ruang_publik');
	await add('dermaga', 'Dermaga Rambang', '62.71.01', 'rtsp://127.0.0.1:9/main', '--always-on', '--point', '-2.20460,113.93020');
	await add('kantor-kapuas', 'Kantor Bupati Kapuas', '62.03', `${source.rtsp}/main`, '--point', '-3.00940,114.38690', '--kind', 'kantor');
	const failing = await camera();
	await add('pelabuhan', 'Pelabuhan Sampit', '62.02', `${failing.rtsp}/main`, '--always-on', '--point', '-2.53500,112.95400');
	await add('tanpa-titik', 'Kamera Tanpa Titik', '62.71', `${source.rtsp}/main`);

	const chrome = await browser();
	const context = await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID' });
	const page = await context.newPage();
	const broken = [];
	const elsewhere = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	// What the policy of the house forbids is told here; a refused request is an answer.
	page.on('console', (message) => message.type() === 'error' && !message.text().startsWith('Failed to load resource') && broken.push(message.text()));
	page.on('request', (request) => {
		if (!request.url().startsWith(house.url) && !/^(blob|data):/.test(request.url())) elsewhere.push(request.url());
	});
	await logIn(page, house.url);

	await promise('all villages and all cameras with a point are drawn', async () => {
		await page.keyboard.press('g');
		await page.keyboard.press('p');
		await page.waitForURL('**/peta');
		await drawn(page, { cameras: 4, villages: VILLAGES });
	});

	await promise('the library is fetched by this page alone, and the page beside it is small', async () => {
		const other = await context.newPage();
		let fetched = [];
		other.on('response', (answer) => /\/_app\/.*\.(js|css)$/.test(answer.url()) && fetched.push(new URL(answer.url()).pathname));
		await other.goto(`${house.url}/situasi`);
		await other.waitForSelector('h1');
		const packed = (path) => statSync(join(root, 'web/build', `${path}.br`)).size;
		const all = new Set(fetched);
		expect(![...all].some((path) => packed(path) > 80_000), 'the library came with the situation page');
		fetched = [];
		await other.keyboard.press('g');
		await other.keyboard.press('p');
		await rest(other);
		const sizes = fetched.filter((path) => !all.has(path)).map(packed);
		const [library, own] = [sizes.filter((size) => size > 80_000), sizes.filter((size) => size <= 80_000)];
		const sum = (list) => list.reduce((a, b) => a + b, 0);
		expect(library.length === 2, `${library.length} large files`);
		expect(sum(own) <= 40_000, `the page is ${sum(own)} octets`);
		await other.close();
		return `library and worker ${library.map((size) => (size / 1000).toFixed(0)).join(' + ')} kB, the page ${(sum(own) / 1000).toFixed(1)} kB in ${own.length} files, packed`;
	});

	/** A piece of the drawn map, as a picture. */
	const piece = async (x, y) => {
		await rest(page);
		const box = await page.locator('[data-map] canvas').boundingBox();
		return page.screenshot({ clip: { x: box.x + box.width * x - 14, y: box.y + box.height * y - 14, width: 28, height: 28 } });
	};
	await promise('the map follows the light of the page', async () => {
		await page.goto(`${house.url}/peta`);
		await drawn(page, { cameras: 4, villages: VILLAGES });
		const light = await piece(0.9, 0.2);
		await page.keyboard.press('t');
		await page.keyboard.press('t');
		await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
		const dark = await piece(0.9, 0.2);
		expect(!light.equals(dark), 'it is as light as before');
		await page.keyboard.press('t');
		await page.keyboard.press('t');
		await page.waitForFunction(() => document.documentElement.dataset.theme === 'auto');
		expect(light.equals(await piece(0.9, 0.2)), 'it did not come back');
	});

	await promise('a camera that fails changes its mark by itself', async () => {
		await page.goto(`${house.url}/peta?pusat=-2.53500,112.95400&zoom=12.00`);
		await drawn(page, { cameras: 1 });
		const row = page.locator('[data-list] a:has-text("Pelabuhan Sampit")');
		await row.locator('svg[data-face="ok"]').waitFor();
		const well = await piece(0.5, 0.5);
		failing.child.kill('SIGKILL');
		await row.locator('svg[data-face="crit"], svg[data-face="unknown"]').waitFor();
		expect(!well.equals(await piece(0.5, 0.5)), 'the mark is as before');
		return (await row.innerText()).split('\n')[1];
	});

	await promise('a cluster opens when it is clicked', async () => {
		await page.goto(`${house.url}/peta?pusat=-2.20645,113.92575&zoom=9.00`);
		await clickMiddle(page, { cameras: 2 });
		await page.waitForURL((url) => Number(url.searchParams.get('zoom')) > 9.5);
		await drawn(page, { cameras: 2 });
		return `zoom ${query(page).get('zoom')}`;
	});

	await promise('a click on a camera opens it and it plays', async () => {
		await page.goto(`${house.url}/peta?pusat=${PASAR.at}&zoom=14.00`);
		await clickMiddle(page, { cameras: 'some' });
		await says(page, 'pilih', `kamera:${PASAR.short}`);
		await page.waitForSelector(`h2:text("${PASAR.name}")`);
		await plays(page);
		const panel = await page.locator('[aria-labelledby="peta-terpilih"]').innerText();
		expect(/Langsung/.test(panel) && /Umur gambar/.test(panel), panel);
		expect(/Belum ada petugas/.test(panel), panel);
		const href = await page.locator('a.main').getAttribute('href');
		expect(href === `/kamera/${PASAR.short}`, href);
	});

	await promise('back closes it and forward opens it', async () => {
		await page.goBack();
		await page.waitForFunction(() => !document.querySelector('[aria-labelledby="peta-terpilih"]'));
		await page.goForward();
		await page.waitForSelector(`h2:text("${PASAR.name}")`);
		await page.keyboard.press('Escape');
		await page.waitForFunction(() => !document.querySelector('[aria-labelledby="peta-terpilih"]'));
	});

	await promise('keys find a camera, open it, and it plays', async () => {
		await page.goto(`${house.url}/peta`);
		await rest(page);
		await page.keyboard.press('/');
		await page.keyboard.type('pasar');
		await says(page, 'cari', 'pasar');
		await page.locator('#isi').focus();
		await page.keyboard.press('j');
		await page.waitForFunction(() => document.activeElement?.id === 'peta-baris-0');
		await page.keyboard.press('Enter');
		await says(page, 'pilih', `kamera:${PASAR.short}`);
		await page.waitForFunction(() => document.activeElement?.id === 'peta-terpilih');
		await plays(page);
		const [lat, lon] = query(page).get('pusat').split(',').map(Number);
		expect(Math.abs(lat + 2.2083) < 0.001 && Math.abs(lon - 113.9213) < 0.001, `it looks at ${lat}, ${lon}`);
		await page.keyboard.press('Escape');
		await page.waitForFunction(() => document.activeElement?.id === 'peta-baris-0');
	});

	await promise('a dark camera says why', async () => {
		await page.goto(`${house.url}/peta?pilih=kamera:dermaga`);
		await page.waitForFunction(() => /porta dan layanan RTSP|listrik dan jaringan/.test(document.querySelector('[aria-labelledby="peta-terpilih"]')?.textContent ?? ''));
	});

	const { items } = await house.json('GET', '/api/v1/areas?level=village&within=62.71.01&limit=5000', { token });
	const village = items.find((each) => each.point);
	await promise('a village tells what is known, that its point is indicative, and nothing more', async () => {
		await page.goto(`${house.url}/peta?pusat=${village.point.lat_deg.toFixed(5)},${village.point.lon_deg.toFixed(5)}&zoom=14.00&lapis=desa`);
		await clickMiddle(page, { villages: 'some' });
		await says(page, 'pilih', `desa:${village.code}`);
		await page.waitForSelector(`h2:text("${village.name}")`);
		await page.getByText('belum ada titik').waitFor();
		const panel = await page.locator('[aria-labelledby="peta-terpilih"]').innerText();
		for (const fact of [village.code, 'Pahandut', 'Palangka', 'indikatif', 'Koneksi internet', 'belum ada titik']) expect(panel.includes(fact), `${fact} is not in: ${panel}`);
		const connection = panel.slice(panel.indexOf('Koneksi internet'), panel.indexOf('Kamera', panel.indexOf('Koneksi internet')));
		expect(!/\d/.test(connection), `a number nobody measured: ${connection}`);
	});

	await promise('a link brings back where, how near, which layers and what', async () => {
		const link = `${house.url}/peta?pusat=-3.00940,114.38690&zoom=11.50&lapis=kamera,kecamatan&pilih=kamera:kantor-kapuas&daftar=desa`;
		const other = await context.newPage();
		await other.goto(link);
		await other.waitForSelector('h2:text("Kantor Bupati Kapuas")');
		await drawn(other, { cameras: 1, villages: 0 });
		const on = await other.locator('fieldset.switches input').evaluateAll((boxes) => boxes.map((box) => box.checked));
		expect(on.join() === 'true,false,false,true', on.join());
		expect(decodeURIComponent(other.url()) === link, other.url());
		await other.locator('fieldset.switches input').nth(1).check();
		await drawn(other, { cameras: 1, villages: 'some' });
		await other.close();
	});

	await promise('the operator’s outlines are drawn with their source', async () => {
		await page.goto(`${house.url}/peta`);
		await page.waitForSelector('text=Garis kecamatan belum diimpor');
		const file = join(data, '../batas.geojson');
		const ring = [[113.8, -2.1], [114, -2.1], [114, -2.4], [113.8, -2.4], [113.8, -2.1]];
		const feature = (code) => ({ type: 'Feature', properties: { code }, geometry: { type: 'Polygon', coordinates: [ring] } });
		writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', features: [feature('62.71'), feature('62.71.01')] }));
		await cli('areas', 'import', '--source', 'Garis Uji', file);
		await page.reload();
		await page.waitForSelector('text=Garis Uji');
		expect((await page.locator('text=belum diimpor').count()) === 0, 'it still says that none were imported');
		await rest(page);
	});

	await promise('on few data the library is fetched only when asked for, and pictures are stills', async () => {
		const other = await context.newPage();
		const scripts = [];
		other.on('response', (answer) => scripts.push(answer.url()));
		await other.goto(`${house.url}/peta?mode=hemat&pilih=kamera:${PASAR.short}`);
		await other.waitForSelector('[aria-labelledby="peta-terpilih"] img');
		expect((await other.locator('video').count()) === 0, 'a video is there');
		expect(!scripts.some((url) => url.includes('worker')), 'the library came unasked');
		await other.locator('button:text("Muat peta")').click();
		await rest(other);
		await other.goto(`${house.url}/peta?mode=penuh`);
		await other.close();
	});

	await promise('who may not see a camera does not get it', async () => {
		const other = { username: 'kapuas', password: 'sungai-barito-hulu-94' };
		await house.json('POST', '/api/v1/staff', { token, body: { name: 'Operator Kapuas', username: other.username, password: other.password, grants: [{ role: 'operator', area: '62.03' }] } });
		const apart = await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID' });
		const theirs = await apart.newPage();
		await theirs.goto(`${house.url}/masuk`);
		await theirs.fill('input[autocomplete="username"]', other.username);
		await theirs.fill('input[autocomplete="current-password"]', other.password);
		await theirs.keyboard.press('Enter');
		await theirs.waitForURL((url) => !url.pathname.startsWith('/masuk'));
		await theirs.goto(`${house.url}/peta?pilih=kamera:${PASAR.short}`);
		await theirs.waitForSelector('text=di luar hak Anda');
		await drawn(theirs, { cameras: 1, villages: VILLAGES });
		await apart.close();
	});

	await promise('no page met an error, and nothing was asked of anybody else', () => {
		expect(broken.length === 0, broken.join('; '));
		expect(elsewhere.length === 0, elsewhere.join(' '));
	});
	await chrome.close();

	await promise('without WebGL everything is in the list, and the page says so', async () => {
		const blind = await browser('--disable-3d-apis');
		const page = await (await blind.newContext({ viewport: { width: 360, height: 740 }, locale: 'id-ID' })).newPage();
		const scripts = [];
		page.on('response', (answer) => scripts.push(answer.url()));
		await logIn(page, house.url);
		await page.goto(`${house.url}/peta`);
		await page.waitForSelector('text=Peta tidak dapat digambar');
		await page.waitForSelector('#peta-baris-4');
		for (let row = 0; row < 4; row++) {
			await page.keyboard.press('j');
			await page.waitForFunction((id) => document.activeElement?.id === id, `peta-baris-${row}`);
		}
		await page.keyboard.press('Enter');
		await says(page, 'pilih', `kamera:${PASAR.short}`);
		await plays(page);
		await page.goto(`${house.url}/peta?daftar=desa&cari=${village.code}`);
		await page.waitForSelector(`[data-list] a:has-text("${village.name}")`);
		await page.locator('#peta-baris-0').click();
		await page.waitForSelector(`h2:text("${village.name}")`);
		expect(!scripts.some((url) => url.includes('worker')), 'the library came for nothing');
		await blind.close();
	});
});
