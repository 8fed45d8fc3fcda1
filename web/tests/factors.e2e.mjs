// The second factor in a real browser: networks of offices, an app that computes codes,
// codes on paper, passkeys by a virtual authenticator, and a page that is asked in the
// middle of what somebody types. The house sees the browser at whatever address a cable
// gives it; codes are computed here, by what Node has.
//
//   node web/tests/factors.e2e.mjs
import { createHmac } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { ADMIN, browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const OFFICE = '127.0.0.2';
const HOME = '127.0.0.3';
const STAFF = { name: 'Ani Sulastri', username: 'ani', password: 'sungai-rungan-hulu-31' };
const BARE = { name: 'Budi Hartono', username: 'budi', password: 'jembatan-kahayan-77' };

/** The cable between a browser and the house: it lies at an address, and can be moved. */
async function cable(port, from) {
	const open = new Set();
	const state = { from };
	const server = createServer((near) => {
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
	return {
		url: `http://localhost:${server.address().port}`,
		move: (to) => {
			state.from = to;
			for (const socket of open) socket.destroy();
		}
	};
}

/** What an app shows so many steps from now: RFC 6238. */
function code(secret, later = 0) {
	const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...secret.replaceAll(' ', '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)));
	const step = Buffer.alloc(8);
	step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
	const tag = createHmac('sha1', key).update(step).digest();
	const number = tag.readUInt32BE(tag[19] & 15) & 0x7fffffff;
	return String(number % 1_000_000).padStart(6, '0');
}

await keep(async () => {
	const { house, token } = await newHouse();
	for (const person of [STAFF, BARE]) await house.json('POST', '/api/v1/staff', { token, body: { ...person, grants: [{ role: 'admin' }] } });
	const chrome = await browser();
	const line = await cable(Number(new URL(house.url).port), OFFICE);
	const visit = async () => {
		const context = await chrome.newContext({ locale: 'id-ID', bypassCSP: true });
		return { context, page: await context.newPage() };
	};
	const { page } = await visit();
	const ask = page.locator('dialog[open]', { hasText: 'Anda di luar jaringan kantor' });
	let secret = '';
	let codes = [];

	await promise('an office is named by its addresses, and one sees oneself in it', async () => {
		await logIn(page, line.url, ADMIN);
		await page.goto(`${line.url}/pengaturan/jaringan`);
		await page.getByText('Belum ada jaringan kantor').waitFor();
		await page.getByRole('button', { name: 'Jaringan baru' }).click();
		await page.getByLabel('Nama jaringan').fill('Kantor Diskominfo');
		await page.getByLabel('Rentang alamat').fill('127.0.0.9/8');
		await page.getByRole('button', { name: 'Simpan' }).click();
		await page.getByText('the range that it lies in is 127.0.0.0/8').waitFor();
		expect((await page.getByLabel('Nama jaringan').inputValue()) === 'Kantor Diskominfo', 'what was typed is gone');
		await page.getByLabel('Rentang alamat').fill(`${OFFICE}/32\n2001:db8:62::/48`);
		await page.getByLabel('Wilayah atau OPD').fill('Diskominfo, Palangka Raya');
		await page.getByRole('button', { name: 'Simpan' }).click();
		await page.getByText('Anda di sini').waitFor();
		await page.getByText(`Alamat Anda menurut sistem: ${OFFICE}`).waitFor();
		await fit(page);
		await shots(page, 'jaringan');
	});

	await promise('whom the rule shuts out is shown before it is on', async () => {
		await page.getByRole('button', { name: 'Lihat siapa' }).click();
		const sheet = page.locator('dialog[open]');
		for (const name of [STAFF.name, BARE.name, 'Administrator']) await sheet.getByText(name).waitFor();
		await fit(page);
		await shots(page, 'aturan');
		await sheet.getByRole('button', { name: 'Tutup' }).click();
	});

	await promise('an app is added with a picture, a first code and ten codes on paper', async () => {
		await page.context().clearCookies();
		await logIn(page, line.url, STAFF);
		await page.goto(`${line.url}/pengaturan/faktor`);
		await page.getByText('Anda belum punya faktor kedua.').waitFor();
		await fit(page);
		await shots(page, 'faktor-kosong');
		await page.getByRole('button', { name: 'Pasang aplikasi' }).click();
		const sheet = page.locator('dialog[open]');
		await sheet.getByLabel('Kata sandi', { exact: true }).fill('bukan kata sandi');
		await sheet.getByRole('button', { name: 'Lanjut' }).click();
		await sheet.getByText('Kata sandi salah.').waitFor();
		await sheet.getByLabel('Kata sandi', { exact: true }).fill(STAFF.password);
		await sheet.getByRole('button', { name: 'Lanjut' }).click();
		await sheet.getByAltText('Kode QR').waitFor();
		secret = (await sheet.locator('p.font-mono').innerText()).trim();
		expect(/^[A-Z2-7]{4}( [A-Z2-7]{4}){7}$/.test(secret), secret);
		await fit(page);
		await shots(page, 'faktor-qr');
		const first = sheet.getByLabel('Kode 6 angka dari aplikasi');
		await first.fill(code(secret) === '000000' ? '000001' : '000000');
		await sheet.getByRole('button', { name: 'Pasang' }).click();
		await sheet.getByText('Salah, sudah lewat').waitFor();
		await first.fill(code(secret));
		await sheet.getByRole('button', { name: 'Pasang' }).click();
		await sheet.getByText('Setiap kode berlaku sekali').waitFor();
		codes = await sheet.locator('li.font-mono, ul.font-mono > li').allInnerTexts();
		expect(codes.length === 10 && codes.every((each) => /^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/.test(each)), codes.join());
		await fit(page);
		await shots(page, 'faktor-kertas');
		await sheet.getByRole('button', { name: 'Sudah saya simpan' }).click();
		await page.getByText('10 kode masih berlaku').waitFor();
		await shots(page, 'faktor');
	});

	await promise('outside the office the door asks for it after the password', async () => {
		await page.context().clearCookies();
		line.move(HOME);
		await page.goto(`${line.url}/masuk`);
		await page.fill('input[autocomplete="username"]', STAFF.username);
		await page.fill('input[autocomplete="current-password"]', STAFF.password);
		await page.keyboard.press('Enter');
		await ask.waitFor();
		await fit(page);
		await shots(page, 'masuk-faktor');
		await page.keyboard.press('Escape');
		await ask.getByLabel('Kode').fill('AAAA-AAAA-AAAA-AAAA');
		await page.keyboard.press('Enter');
		await ask.getByText('Kode salah').waitFor();
		await ask.getByLabel('Kode').fill(code(secret, 1));
		await page.keyboard.press('Enter');
		await page.waitForURL((url) => url.pathname === '/situasi');
	});

	await promise('who leaves instead is at the door, and logged out', async () => {
		await page.context().clearCookies();
		await page.goto(`${line.url}/masuk`);
		await page.fill('input[autocomplete="username"]', STAFF.username);
		await page.fill('input[autocomplete="current-password"]', STAFF.password);
		await page.keyboard.press('Enter');
		await ask.waitFor();
		await ask.getByRole('button', { name: 'Keluar' }).click();
		await ask.waitFor({ state: 'detached' });
		expect(new URL(page.url()).pathname === '/masuk', page.url());
		const status = await page.evaluate(() => fetch('/api/v1/session').then((answer) => answer.status));
		expect(status === 401, `${status}`);
	});

	await promise('a page that is carried out of the office asks, and what was typed goes on', async () => {
		line.move(OFFICE);
		await logIn(page, line.url, STAFF);
		await page.goto(`${line.url}/pengaturan?bagian=opd`);
		await page.getByRole('button', { name: 'OPD baru' }).click();
		await page.getByLabel('Nama OPD').fill('Dinas Perhubungan Uji');
		line.move(HOME);
		await page.getByRole('button', { name: 'Simpan' }).click();
		await ask.waitFor();
		await shots(page, 'faktor-di-tengah');
		await ask.getByLabel('Kode').fill(codes[0].toLowerCase().replaceAll('-', ' '));
		await page.keyboard.press('Enter');
		await ask.waitFor({ state: 'detached' });
		await page.locator('li', { hasText: 'Dinas Perhubungan Uji' }).waitFor();
	});

	await promise('with the rule on, who has none is told so in plain words', async () => {
		await page.goto(`${line.url}/pengaturan/jaringan`);
		await page.getByRole('button', { name: 'Lihat siapa' }).click();
		const sheet = page.locator('dialog[open]');
		expect(!(await sheet.innerText()).includes(STAFF.name), 'who has a factor is on the list');
		await sheet.getByRole('button', { name: 'Nyalakan aturan' }).click();
		await page.getByText('Faktor kedua wajib di luar kantor').waitFor();
		await shots(page, 'jaringan-wajib');
		const other = await visit();
		await other.page.goto(`${line.url}/masuk`);
		await other.page.fill('input[autocomplete="username"]', BARE.username);
		await other.page.fill('input[autocomplete="current-password"]', BARE.password);
		await other.page.keyboard.press('Enter');
		await other.page.getByText('Masuk dari jaringan kantor, lalu pasang').waitFor();
		await fit(other.page);
		await shots(other.page, 'masuk-tanpa-faktor');
		line.move(OFFICE);
		await logIn(other.page, line.url, BARE);
		await other.context.close();
	});

	await promise('an admin helps who has lost the phone, and the person is told', async () => {
		await page.goto(`${line.url}/pengaturan`);
		await page.getByRole('button', { name: `Ubah: Administrator` }).waitFor();
		const helper = await visit();
		await logIn(helper.page, line.url, ADMIN);
		await helper.page.goto(`${line.url}/pengaturan`);
		await helper.page.getByRole('button', { name: `Ubah: ${STAFF.name}` }).click();
		await helper.page.getByText('Atur ulang faktor kedua').first().click();
		await helper.page.getByLabel('Alasan').fill('Ponsel hilang');
		await shots(helper.page, 'atur-ulang');
		await helper.page.getByRole('button', { name: 'Atur ulang faktor kedua' }).click();
		await helper.page.getByText('dihapus dan sesinya diakhiri').first().waitFor();
		await helper.context.close();
		await page.context().clearCookies();
		await logIn(page, line.url, STAFF);
		await page.goto(`${line.url}/pengaturan/faktor`);
		await page.getByText('Administrator menghapus faktor kedua Anda').waitFor();
		await fit(page);
		await shots(page, 'faktor-diatur-ulang');
		await page.getByRole('button', { name: 'Saya tahu' }).click();
		await page.getByText('Administrator menghapus').waitFor({ state: 'detached' });
	});

	// A virtual authenticator of the browser, over its protocol: what the house believes is
	// made by code that nobody here has written.
	const network = await page.context().newCDPSession(page);
	let authenticatorId = '';
	const bare = async (at = page) => {
		await at.goto(`${line.url}/masuk`);
		await at.getByRole('button', { name: 'Masuk tanpa kata sandi' }).click();
	};
	const drop = async () => {
		await page.getByRole('button', { name: 'Lepas: Laptop uji' }).click();
		const sheet = page.locator('dialog[open]');
		await sheet.getByLabel('Kata sandi', { exact: true }).fill(STAFF.password);
		await sheet.getByRole('button', { name: 'Lepas' }).click();
		await page.getByRole('button', { name: 'Lepas: Laptop uji' }).waitFor({ state: 'detached' });
	};

	await promise('a passkey is added, with codes on paper as the first factor', async () => {
		await network.send('WebAuthn.enable');
		const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
		({ authenticatorId } = await network.send('WebAuthn.addVirtualAuthenticator', { options }));
		await page.goto(`${line.url}/pengaturan/faktor`);
		await page.getByRole('button', { name: 'Tambah kunci sandi' }).click();
		const sheet = page.locator('dialog[open]');
		await sheet.getByLabel('Nama kunci').fill('Laptop uji');
		await sheet.getByLabel('Kata sandi', { exact: true }).fill(STAFF.password);
		await sheet.getByRole('button', { name: 'Lanjut' }).click();
		await sheet.getByText('Setiap kode berlaku sekali').waitFor();
		await sheet.getByRole('button', { name: 'Sudah saya simpan' }).click();
		await page.getByText('Laptop uji').waitFor();
		const { credentials } = await network.send('WebAuthn.getCredentials', { authenticatorId });
		expect(credentials.length === 1 && credentials[0].rpId === 'localhost' && credentials[0].isResidentCredential, JSON.stringify(credentials));
		await fit(page);
		await shots(page, 'faktor-kunci');
	});

	await promise('it logs in without a password, from outside, and owes nothing', async () => {
		await page.context().clearCookies();
		line.move(HOME);
		await bare();
		await page.waitForURL((url) => url.pathname === '/situasi');
	});

	await promise('it is a second factor after a password', async () => {
		await page.context().clearCookies();
		await page.goto(`${line.url}/masuk`);
		await page.fill('input[autocomplete="username"]', STAFF.username);
		await page.fill('input[autocomplete="current-password"]', STAFF.password);
		await page.keyboard.press('Enter');
		await ask.waitFor();
		await shots(page, 'masuk-kunci');
		await ask.getByRole('button', { name: 'Pakai kunci sandi' }).click();
		await page.waitForURL((url) => url.pathname === '/situasi');
	});

	await promise('what was signed on the page of another address is not believed', async () => {
		const other = await cable(Number(new URL(house.url).port), HOME);
		const asks = async (path, body) => fetch(house.url + path, { method: 'POST', headers: { 'content-type': 'application/json', host: new URL(line.url).host, origin: line.url, 'sec-fetch-site': 'same-origin' }, body: JSON.stringify(body ?? {}) });
		const signs = async (at) => {
			const asked = await (await asks('/api/v1/session/passkey/challenge')).json();
			await page.goto(`${at}/masuk`);
			const body = await page.evaluate(async ({ challenge, rp_id }) => {
				const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
				const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
				const { rawId, response } = await navigator.credentials.get({ publicKey: { challenge: bytes(challenge), rpId: rp_id, userVerification: 'required' } });
				return { credential: text(rawId), challenge, client: text(response.clientDataJSON), data: text(response.authenticatorData), signature: text(response.signature) };
			}, asked);
			return asks('/api/v1/session/passkey', body);
		};
		await page.context().clearCookies();
		const refused = await signs(other.url);
		const said = await refused.text();
		expect(refused.status === 403 && said.includes('said to another address'), `${refused.status} ${said}`);
		const right = await signs(line.url);
		expect(right.status === 200, `${right.status} ${await right.text()}`);
		return said;
	});

	await promise('an address of numbers says that it has none', async () => {
		const numbers = line.url.replace('localhost', '127.0.0.1');
		await page.goto(`${numbers}/masuk`);
		await page.getByRole('button', { name: 'Masuk tanpa kata sandi' }).click();
		await page.getByText('Perlu https dengan nama').waitFor();
	});

	await promise('a copy that counts less is told', async () => {
		const { credentials } = await network.send('WebAuthn.getCredentials', { authenticatorId });
		const [credential] = credentials;
		expect(credential.signCount > 2, `${credential.signCount}`);
		await network.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
		await network.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount: 0 } });
		await bare();
		await page.getByText('mungkin disalin orang').waitFor();
		await shots(page, 'masuk-salinan');
		line.move(OFFICE);
		await logIn(page, line.url, STAFF);
		await page.goto(`${line.url}/pengaturan/faktor`);
		await page.getByText('Pernah ditunjukkan salinannya').waitFor();
		await fit(page);
		await shots(page, 'faktor-salinan');
	});

	await promise('a key that was removed opens nothing', async () => {
		await drop();
		await page.context().clearCookies();
		await bare();
		await page.getByText('Kunci sandi tidak diterima').waitFor();
		expect(new URL(page.url()).pathname === '/masuk', page.url());
	});
	await chrome.close();
});
