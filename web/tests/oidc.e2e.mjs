// The way in by a provider of identities, against one that this project did not write:
// oidc-provider, which is certified for what it does here, in a browser, on this machine.
import { createServer } from 'node:http';
import { once } from 'node:events';
import Provider from 'oidc-provider';
import { ADMIN, browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const people = {
	'budi-7': { email: 'Budi@Dinas.example', email_verified: true, preferred_username: 'budi' },
	'siti-9': { email: 'siti@dinas.example', email_verified: false, preferred_username: 'siti' },
	'admin-1': { email: 'admin@dinas.example', email_verified: true, preferred_username: 'kepala' },
	'nobody-3': { email: 'lain@dinas.example', email_verified: true, preferred_username: 'lain' }
};

await keep(async () => {
	// Another site than the house's, as a browser counts: localhost and not 127.0.0.1.
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const issuer = `http://localhost:${server.address().port}`;
	const own = await newHouse();
	const { house, token } = own;
	await own.stop();
	const quiet = console.warn;
	console.warn = console.info = () => undefined;
	const provider = new Provider(issuer, {
		clients: [{ client_id: 'betang', client_secret: 'rahasia-&-uji', redirect_uris: [`${house.url}/masuk`], post_logout_redirect_uris: [`${house.url}/masuk`] }],
		claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['preferred_username'] },
		findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
		cookies: { keys: ['uji'] },
		pkce: { required: () => true }
	});
	console.warn = quiet;
	const errors = [];
	provider.on('server_error', (_, error) => errors.push(error.stack));
	server.on('request', provider.callback());
	Object.assign(process.env, { BETANG_OIDC_ISSUER: issuer, BETANG_OIDC_CLIENT: 'betang', BETANG_OIDC_SECRET: 'rahasia-&-uji', BETANG_OIDC_HOME: house.url, BETANG_OIDC_NAME: 'SSO Kalteng' });
	await own.again();

	const chrome = await browser();
	const fresh = async () => {
		const context = await chrome.newContext({ locale: 'id-ID', viewport: { width: 1280, height: 900 }, bypassCSP: true });
		// Its pages ask for a typeface of others, which is nowhere here.
		await context.route(/googleapis/, (route) => route.abort());
		return context.newPage();
	};
	/** Logs in at the provider, by its own pages. */
	async function vouch(page, id) {
		await page.fill('input[name="login"]', id);
		await page.fill('input[name="password"]', 'x');
		await page.click('button[type="submit"]');
		const consent = page.locator('form button[type="submit"]', { hasText: 'Continue' });
		await Promise.race([consent.waitFor(), page.waitForURL(`${house.url}/**`)]);
		if (page.url().startsWith(issuer)) await consent.click();
		await page.waitForURL(`${house.url}/**`);
	}
	async function enter(page, id, path = '/masuk') {
		await page.goto(house.url + path);
		await page.click('[data-provider] button');
		await page.waitForURL(`${issuer}/**`);
		await vouch(page, id);
	}
	const added = async (username) => house.json('POST', '/api/v1/staff', { token, body: { username, name: username[0].toUpperCase() + username.slice(1), password: ADMIN.password, grants: [{ role: 'operator' }] } });
	const [budi, siti] = [await added('budi'), await added('siti')];
	const count = async () => (await house.json('GET', '/api/v1/staff', { token })).items.length;
	const before = await count();

	await promise('the door has one button more', async () => {
		const page = await fresh();
		await page.goto(`${house.url}/masuk`);
		const button = page.locator('[data-provider] button');
		await button.waitFor();
		expect((await button.innerText()) === 'Masuk dengan SSO Kalteng', await button.innerText());
		await shots(page, 'masuk-penyedia');
		await fit(page);
	});

	await promise('whom nobody has linked the provider does not let in, and makes nobody', async () => {
		const page = await fresh();
		await enter(page, 'nobody-3');
		await page.getByText('Akun itu belum ditautkan di sini').waitFor();
		expect(!page.url().includes('code='), page.url());
		await shots(page, 'masuk-belum-ditautkan');
		await fit(page);
		expect((await count()) === before, 'somebody was made');
	});

	const admin = await fresh();
	await promise('an admin names whom the provider will vouch for', async () => {
		await logIn(admin, house.url);
		await admin.goto(`${house.url}/pengaturan?bagian=sesi`);
		for (const [person, kind, value] of [[budi, 'email', 'budi@dinas.example'], [siti, 'email', 'siti@dinas.example']]) {
			await admin.click('text=Tautkan orang lain');
			const [who, by] = [admin.locator('dialog select').first(), admin.locator('dialog select').last()];
			await who.selectOption(person.id);
			await by.selectOption(kind);
			await admin.fill('dialog input', value);
			if (person === budi) await shots(admin, 'identitas-form');
			await admin.click('dialog button[type="submit"]');
			await admin.getByText(`menunggu masuk pertama sebagai ${value}`).waitFor();
		}
		await shots(admin, 'identitas');
		await fit(admin);
	});

	await promise('who is named comes in, and on to the page that he asked for', async () => {
		const page = await fresh();
		await enter(page, 'budi-7', '/masuk?kembali=%2Fpeta');
		await page.waitForURL(`${house.url}/peta`);
		const me = await page.evaluate(async () => (await fetch('/api/v1/session')).json());
		expect(me.person.name === 'Budi' && me.grants[0].role === 'operator', JSON.stringify(me.person));
	});

	await promise('not by an address that the provider has not verified', async () => {
		const page = await fresh();
		await enter(page, 'siti-9');
		await page.getByText('Akun itu belum ditautkan di sini').waitFor();
	});

	await promise('nowhere but to a page of the house', async () => {
		const page = await fresh();
		await enter(page, 'budi-7', '/masuk?kembali=%2F%2Fevil.example');
		await page.waitForURL(`${house.url}/situasi`);
		const begun = await house.json('POST', '/api/v1/session/provider', { body: { back: '//evil.example/' } });
		expect(begun.url.startsWith(`${issuer}/auth?`), begun.url);
	});

	await promise('what came back counts once, and in its browser', async () => {
		const page = await fresh();
		// It is on its way, and does not reach the house: a redirect is followed by the browser alone.
		const ANSWER = '**/api/v1/session/provider/answer';
		await page.route(ANSWER, (route) => route.abort());
		const came = page.waitForRequest((request) => request.isNavigationRequest() && /\/masuk\?.*code=/.test(request.url()));
		await page.goto(`${house.url}/masuk`);
		await page.click('[data-provider] button');
		await page.waitForURL(`${issuer}/**`);
		await vouch(page, 'budi-7').catch(() => undefined);
		const answer = (await came).url();
		const thief = await fresh();
		await thief.goto(answer);
		await thief.getByText('Proses masuk ini tidak berlaku lagi').waitFor();
		await page.unroute(ANSWER);
		await page.goto(answer);
		await page.getByText('Proses masuk ini tidak berlaku lagi').waitFor();
	});

	await promise('who gives up there is told so here', async () => {
		const page = await fresh();
		await page.goto(`${house.url}/masuk`);
		await page.click('[data-provider] button');
		await page.waitForURL(`${issuer}/**`);
		await page.click('a[href$="/abort"]');
		await page.getByText('Masuk lewat penyedia tidak berhasil').waitFor();
		await page.click('text=Kembali ke pintu masuk');
		await page.waitForSelector('input[autocomplete="username"]');
	});

	await promise('who is here links himself, and comes in by it from then on', async () => {
		await admin.click('text=Tautkan akun saya');
		await admin.waitForURL(`${issuer}/**`);
		await vouch(admin, 'admin-1');
		await admin.waitForURL('**/pengaturan?bagian=sesi');
		await admin.getByText('tertaut sebagai admin@dinas.example').waitFor();
		const page = await fresh();
		await enter(page, 'admin-1');
		await page.waitForURL(`${house.url}/situasi`);
		await page.locator('header button').last().click();
		await page.waitForURL('**/masuk');
		const leave = page.locator('[data-provider] a');
		await leave.click();
		await page.waitForURL(`${issuer}/**`);
		await page.click('button[name="logout"], button:has-text("Yes")');
		await page.waitForURL(`${house.url}/masuk**`);
		await page.click('[data-provider] button');
		await page.waitForSelector('input[name="login"]');
		return 'and its session there is over, too';
	});

	await promise('a password may be turned off for who is linked', async () => {
		await house.login({ username: 'budi', password: ADMIN.password });
		process.env.BETANG_OIDC_PASSWORDS = 'off';
		await own.stop();
		await own.again();
		const page = await fresh();
		await page.goto(`${house.url}/masuk`);
		await page.waitForSelector('[data-provider]');
		await page.fill('input[autocomplete="username"]', 'budi');
		await page.fill('input[autocomplete="current-password"]', ADMIN.password);
		await page.keyboard.press('Enter');
		await page.getByText('Kata sandi Anda dimatikan di sini').waitFor();
		await house.login({ username: 'siti', password: ADMIN.password });
		await enter(page, 'budi-7');
		await page.waitForURL(`${house.url}/situasi`);
	});

	await promise('a provider that is down is told in a plain sentence, and passwords count', async () => {
		server.closeAllConnections();
		await new Promise((done) => server.close(done));
		await own.stop();
		await own.again();
		const page = await fresh();
		await page.goto(`${house.url}/masuk`);
		await page.click('[data-provider] button');
		await page.getByText('Penyedia identitas tidak menjawab').waitFor();
		await shots(page, 'masuk-penyedia-diam');
		await logIn(page, house.url, { username: 'siti', password: ADMIN.password });
	});
	expect(errors.length === 0, errors.join('\n'));
	await chrome.close();
});
