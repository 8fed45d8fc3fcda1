// What a page weighs when it is opened for the first time: all octets that the
// browser receives over TLS, headers too, of whatever it asks for.
import { browser, expect, house as newHouse, keep, logIn, promise } from './house.mjs';

const KB = 1000;
// The house vouches for itself here; that it does so rightly is tried elsewhere.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

await keep(async () => {
	const { house } = await newHouse('--tls', 'own');
	const chrome = await browser();

	/** The octets of each file until the page has settled, heaviest first. */
	async function weigh(options, path) {
		const context = await chrome.newContext({ ignoreHTTPSErrors: true, ...options });
		const page = await context.newPage();
		const network = await context.newCDPSession(page);
		await network.send('Network.enable');
		const addresses = new Map();
		const files = [];
		network.on('Network.responseReceived', ({ requestId, response }) => addresses.set(requestId, response.url));
		network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
			files.push({ address: addresses.get(requestId).replace(house.url, ''), octets: encodedDataLength });
		});
		await page.goto(house.url + path);
		await page.waitForSelector('h1');
		await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
		await page.evaluate(() => document.fonts.ready);
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
	await promise('the page of the field, phone', async () => within(await weigh({ viewport: phone, storageState }, '/lapangan'), 100));
	await chrome.close();
});
