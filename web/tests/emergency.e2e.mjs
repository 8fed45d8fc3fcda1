// The sealed envelope as people meet it: made on the machine, typed from paper by somebody in
// a hurry, seen by everybody who commands the house, and over.
import { ADMIN, binary, browser, expect, fit, house as newHouse, keep, logIn, promise, run, shots } from './house.mjs';

await keep(async () => {
	const { house, token, data } = await newHouse();
	const chrome = await browser();
	const page = async () => (await chrome.newContext({ locale: 'id-ID', viewport: { width: 1280, height: 900 }, bypassCSP: true })).newPage();
	const admin = await page();
	await logIn(admin, house.url);
	const settings = async () => {
		await admin.goto(`${house.url}/pengaturan?bagian=sesi`);
		const card = admin.locator('[data-envelope]');
		await card.waitFor();
		return card;
	};

	await promise('without an envelope the page says how one is made', async () => {
		const card = await settings();
		expect((await card.getAttribute('data-envelope')) === 'none', await card.innerText());
		expect((await card.innerText()).includes('betang emergency seal'), await card.innerText());
	});

	const { stdout } = await run(binary, ['emergency', 'seal', '--data', data]);
	const code = stdout.split('\n')[0];
	await promise('sealed on the machine it is intact, and its code is nowhere', async () => {
		const card = await settings();
		expect((await card.getAttribute('data-envelope')) === 'intact', await card.innerText());
		expect(!(await admin.content()).includes(code), 'the code is on a page');
		await shots(admin, 'amplop');
		await fit(admin);
	});

	const stranger = await page();
	await promise('the door of the envelope says what it does', async () => {
		await stranger.goto(`${house.url}/masuk?darurat`);
		await stranger.waitForSelector('textarea');
		await shots(stranger, 'darurat');
		await fit(stranger);
	});

	await promise('a mistyped code uses nothing up, and stays in its field', async () => {
		const wrong = (code[0] === 'A' ? 'B' : 'A') + code.slice(1);
		await stranger.fill('textarea', wrong);
		await stranger.click('button[type="submit"]');
		await stranger.waitForSelector('[role="alert"]');
		expect((await stranger.inputValue('textarea')) === wrong, 'what was typed is gone');
		await shots(stranger, 'darurat-salah');
		await fit(stranger);
	});

	await promise('the right one, as people type it, opens the house under a red banner', async () => {
		await stranger.fill('textarea', code.toLowerCase().replaceAll('-', ' '));
		await stranger.click('button[type="submit"]');
		await stranger.waitForURL('**/situasi');
		for (const path of ['/situasi', '/pengaturan', '/kejadian', '/audit', '/peta?kios=1']) {
			await stranger.goto(house.url + path);
			await stranger.waitForSelector('[data-alarm="own"]');
		}
		await stranger.goto(`${house.url}/kejadian`);
		await stranger.waitForSelector('h1');
		await shots(stranger, 'alarm');
		await fit(stranger);
	});

	await promise('a page that was open shows it without being asked', async () => {
		await admin.waitForSelector('[data-alarm="other"]');
		const card = admin.locator('[data-envelope="used"]');
		await card.waitFor();
		await shots(admin, 'alarm-admin');
	});

	await promise('there is an incident of the highest severity, and its words', async () => {
		const { items } = await house.json('GET', '/api/v1/incidents?kind=house.emergency', { token });
		expect(items.length === 1 && items[0].severity === 'critical', JSON.stringify(items));
		await stranger.getByText('Amplop darurat dibuka', { exact: false }).first().waitFor();
	});

	await promise('whoever is in makes an administrator who stays', async () => {
		const cookies = await stranger.context().cookies();
		const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
		await house.json('POST', '/api/v1/staff', { cookie, body: { username: 'penerus', name: 'Penerus', password: ADMIN.password, grants: [{ role: 'admin' }] } });
		await house.login({ username: 'penerus', password: ADMIN.password });
	});

	await promise('leaving ends it everywhere, and the code is void', async () => {
		await stranger.goto(`${house.url}/situasi`);
		await stranger.locator('header button').last().click();
		await stranger.waitForURL('**/masuk');
		await admin.waitForSelector('[data-alarm]', { state: 'detached' });
		const again = await house.ask('POST', '/api/v1/session/emergency', { body: { code } });
		expect(again.status === 403, `${again.status}`);
		const { items } = await house.json('GET', '/api/v1/audit?limit=200', { token });
		const steps = items.map(({ verb }) => verb).filter((verb) => verb.startsWith('emergency.')).reverse();
		expect(steps.join() === 'emergency.sealed,emergency.refused,emergency.used,emergency.ended,emergency.refused', steps.join());
	});
	await chrome.close();
});
