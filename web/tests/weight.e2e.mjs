// What a page weighs when it is opened for the first time: all octets that the
// browser receives over TLS, headers too, of whatever it asks for.
import { join } from 'node:path';
import { browser, expect, house as newHouse, keep, logIn, promise, start, targetFolder, until } from './house.mjs';

const KB = 1000;
// The house vouches for itself here; that it does so rightly is tried elsewhere.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

await keep(async () => {
	const own = await newHouse('--tls', 'own');
	const { house } = own;
	const chrome = await browser();

	/** The octets of each file until the page has settled, heaviest first. */
	async function weigh(options, path, shown = 'h1') {
		const context = await chrome.newContext({ ignoreHTTPSErrors: true, ...options });
		const page = await context.newPage();
		const network = await context.newCDPSession(page);
		await network.send('Network.enable');
		const addresses = new Map();
		// What is on its way; the stream of events stays open, and a picture in memory is none.
		const coming = new Set();
		network.on('Network.requestWillBeSent', ({ requestId, request }) => /^https/.test(request.url) && !request.url.endsWith('/api/v1/live') && coming.add(requestId));
		for (const end of ['Network.loadingFinished', 'Network.loadingFailed']) network.on(end, ({ requestId }) => coming.delete(requestId));
		const files = [];
		network.on('Network.responseReceived', ({ requestId, response }) => addresses.set(requestId, response.url));
		network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
			files.push({ address: addresses.get(requestId).replace(house.url, ''), octets: encodedDataLength });
		});
		await page.goto(house.url + path);
		await page.waitForSelector(shown);
		await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
		await page.evaluate(() => document.fonts.ready);
		// Whatever a page asks for it asks for in its first idle moment, or after what it waits for has come.
		do await page.evaluate(() => new Promise((done) => requestIdleCallback(() => requestAnimationFrame(done))));
		while (coming.size > 0);
		await context.close();
		return files.sort((a, b) => b.octets - a.octets);
	}

	function within(files, most) {
		const sum = files.reduce((sum, { octets }) => sum + octets, 0);
		const said = `${(sum / KB).toFixed(1)} kB of ${most}, ${files.length} files`;
		const list = files.map(({ address, octets }) => `${octets} ${address}`);
		if (process.env.FILES) console.log(list.join('\n'));
		expect(sum > 0 && sum <= most * KB, `${said}: ${list.slice(0, 8).join(', ')}`);
		return said;
	}

	const phone = { width: 360, height: 740 };
	const wall = { width: 1920, height: 1080 };
	await promise('the shell on a phone', async () => within(await weigh({ viewport: phone }, '/masuk'), 60));
	const context = await chrome.newContext({ ignoreHTTPSErrors: true });
	await logIn(await context.newPage(), house.url);
	const storageState = await context.storageState();
	await context.close();
	for (const [name, viewport] of Object.entries({ phone, wall })) {
		await promise(`the situation, ${name}`, async () => within(await weigh({ viewport, storageState }, '/situasi'), 150));
	}

	// The pictures of a simulated province, since a test card weighs less than any street.
	const films = await start(join(targetFolder, 'debug/sim'), ['cameras', '--films', join(targetFolder, 'films')], /port (\d+)|^cameras (\d+)|:(\d+)/);
	const port = films.found.slice(1).find(Boolean);
	const { token } = own;
	const rtsp = `rtsp://127.0.0.1:${port}/cam-1`;
	await house.json('POST', '/api/v1/cameras', { token, body: { short: 'jembatan', name: 'Jembatan', area: '62.71.01', main: `${rtsp}/main`, sub: `${rtsp}/sub`, always_on: true, point: { lat_deg: -2.2, lon_deg: 113.9 } } });
	await until(async () => (await house.json('GET', '/api/v1/cameras/jembatan', { token })).state.word === 'live');
	// The small picture is pulled once somebody asks for it: whoever is refused first asks again.
	await until(async () => (await fetch(`${house.url}/api/v1/cameras/jembatan/still?layer=sub`, { headers: { authorization: `Bearer ${token}` } })).ok);
	const saving = { ...storageState, origins: [{ origin: house.url, localStorage: [{ name: 'betang.saver', value: 'on' }] }] };
	await promise('the situation, a phone that saves', async () => within(await weigh({ viewport: phone, storageState: saving }, '/situasi'), 100));
	await promise('a camera with its still, a phone that saves', async () => {
		const files = await weigh({ viewport: phone, storageState: saving }, '/kamera/jembatan', '.tile img');
		const stills = files.filter(({ address }) => /\/still\?/.test(address));
		expect(stills.length === 1, `${stills.length} stills`);
		return `${within(files, 100)}, ${(stills[0].octets / KB).toFixed(1)} kB of them the picture`;
	});
	await promise('the page of the field, phone', async () => within(await weigh({ viewport: phone, storageState }, '/lapangan'), 100));
	await chrome.close();
});
