// A page of somebody else, and names that are no names: nothing of either runs in a real browser.
//
//   node web/tests/threats.e2e.mjs
import { createServer } from 'node:http';
import { ADMIN, browser, expect, house as newHouse, keep, logIn, promise } from './house.mjs';

/** Each says so in the page that runs it. */
const MARKUP = [
	'<img src=x onerror="window.ran=1">',
	'<svg onload="window.ran=1">',
	'"><script>window.ran=1</script>',
	'javascript:window.ran=1',
	'{{constructor.constructor("window.ran=1")()}}'
];
const PAGES = ['/situasi', '/peta', '/kamera', '/kamera/videowall', '/kejadian', '/desa', '/audit', '/pengaturan', '/pengaturan/opd'];
const NAMED = ['/kamera', '/pengaturan', '/pengaturan/opd'];

await keep(async () => {
	const { house, token } = await newHouse();
	const made = (path, body) => house.json('POST', path, { token, body });
	const agencies = [];
	for (const [i, name] of MARKUP.entries()) {
		const agency = await made('/api/v1/agencies', { name });
		agencies.push(agency.id);
		await made('/api/v1/cameras', {
			short: `kamera-${i}`,
			name: `${name} ${i}`,
			area: '62.71.01',
			agency: agency.id,
			main: 'rtsp://127.0.0.1:9/main',
			point: { lat_deg: -2.2, lon_deg: 113.9 },
			contact: { name, phone: name, duty: name },
			legal: { controller: name, purpose: name, basis: name }
		});
		await made('/api/v1/staff', { username: `orang-${i}`, name, password: `dermaga-biru-di-hulu-${i}`, grants: [{ role: 'operator' }] });
	}
	const chromium = await browser();
	const page = await chromium.newPage();
	const refused = [];
	page.on('dialog', (dialog) => dialog.dismiss());
	page.on('console', (message) => message.text().includes('Content Security Policy') && refused.push(message.text()));
	await logIn(page, house.url);

	await promise('markup in names is shown and never runs', async () => {
		let shown = 0;
		for (const path of [...PAGES, ...MARKUP.map((_, i) => `/kamera/kamera-${i}`)]) {
			await page.goto(house.url + path);
			await page.waitForSelector('h1');
			await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
			// These have names on them, and are looked at once they stand there.
			if (NAMED.includes(path)) await page.waitForFunction((name) => document.body.innerText.includes(name), MARKUP[0]);
			const found = await page.evaluate(() => ({
				ran: window.ran,
				images: document.querySelectorAll('img[src="x"], svg[onload], [onerror]').length,
				links: document.querySelectorAll('a[href^="javascript:"]').length,
				text: document.body.innerText
			}));
			expect(found.ran === undefined, `${path} ran a name`);
			expect(found.images === 0 && found.links === 0, `${path} made a name into markup`);
			if (found.text.includes('onerror')) shown += 1;
		}
		expect(shown >= NAMED.length, `${shown} pages show the name, as it is written`);
	});

	await promise('a script that stands in a page does not run', async () => {
		await page.evaluate(() => {
			const script = document.createElement('script');
			script.textContent = 'window.ran = 1';
			document.body.append(script);
			const image = document.createElement('div');
			image.innerHTML = '<img src="x" onerror="window.ran=1">';
			document.body.append(image);
		});
		await page.waitForFunction(() => document.querySelector('img[src="x"]').complete);
		expect((await page.evaluate(() => window.ran)) === undefined, 'it ran');
		expect(refused.length > 0, 'the browser says that it was refused');
	});

	await promise('a page of somebody else shows none of the house', async () => {
		const server = createServer((_, answer) => {
			answer.setHeader('content-type', 'text/html');
			answer.end(`<iframe src="${house.url}/kamera"></iframe><form method="post" action="${house.url}/api/v1/agencies" enctype="text/plain"><input name='{"name":"lintas situs' value='"}'></form>`);
		});
		await new Promise((done) => server.listen(0, 'localhost', done));
		const other = `http://localhost:${server.address().port}/`;
		await page.goto(other);
		await page.waitForLoadState('load');
		const frame = page.frames().find((frame) => frame !== page.mainFrame());
		const inside = frame ? await frame.evaluate(() => document.body?.innerText ?? '').catch(() => '') : '';
		expect(!inside.includes('Kamera'), inside);
		const before = await house.json('GET', '/api/v1/agencies?limit=5000', { token });
		await Promise.all([page.waitForNavigation(), page.evaluate(() => document.forms[0].submit())]);
		const after = await house.json('GET', '/api/v1/agencies?limit=5000', { token });
		expect(before.items.length === after.items.length, 'a form of another site was taken');
		server.close();
	});
	await chromium.close();
});
