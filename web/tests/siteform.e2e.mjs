// What people say about a site: all of it can be written and changed, what is refused stays
// in the form, and each step of its life says who took it.
//
//   node web/tests/siteform.e2e.mjs
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, browser, expect, house as newHouse, keep, logIn, promise, run, shots } from './house.mjs';

const KONEKSI = { username: 'koneksi', password: 'jembatan kahayan' };
const PIMPINAN = { username: 'pimpinan', password: 'jembatan kahayan' };

await keep(async () => {
	const { house, token } = await newHouse();
	const { person: admin } = await house.json('GET', '/api/v1/session', { token });
	const colleague = await house.json('POST', '/api/v1/staff', { token, body: { name: 'Kartika Uji', ...KONEKSI, grants: [{ role: 'konektivitas' }] } });
	await house.json('POST', '/api/v1/staff', { token, body: { name: 'Pimpinan Uji', ...PIMPINAN, grants: [{ role: 'pimpinan' }] } });
	const office = await house.json('POST', '/api/v1/agencies', { token, body: { name: 'Diskominfo Uji' } });
	const { items: villages } = await house.json('GET', '/api/v1/areas?level=village&within=62.11.01&limit=10', { token });
	const village = villages[0];

	const chrome = await browser();
	const broken = [];
	const person = async (who) => {
		const page = await (await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID', timezoneId: 'UTC' })).newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, who);
		return page;
	};
	const page = await person();
	const sheet = page.getByRole('dialog');
	const facts = (of) => of.getByRole('dialog').getByRole('region', { name: 'Keterangan lokasi' });
	const sites = async () => (await house.json('GET', '/api/v1/sites', { token })).items;
	/** What the house keeps of the one site, of what people say. */
	const said = async () => {
		const [{ id, state, connected, heard_us, area, ...rest }, ...others] = await sites();
		expect(others.length === 0, 'one site');
		return { ...rest, area: area.code };
	};
	const same = (is, right) => {
		const sorted = (of) => JSON.stringify(Object.fromEntries(Object.entries(of).sort()));
		expect(sorted(is) === sorted(right), `${sorted(is)} for ${sorted(right)}`);
	};
	const right = { name: 'Kantor Desa Uji', kind: 'simpul_kabupaten', area: village.code, agency: office.id, point: { lat_deg: -2.51236, lon_deg: 114.01 }, provider: 'Penyedia Uji', contract: 'SPK 12/2026', contact_name: 'Siti Uji', contact_phone: '+62 800 1' };

	await promise('half a place is refused beside its fields, and nothing typed is lost', async () => {
		await page.goto(`${house.url}/pengaturan?bagian=lokasi`);
		await page.getByRole('button', { name: 'Lokasi baru' }).click();
		await sheet.getByLabel('Nama lokasi').fill(right.name);
		await sheet.getByLabel('Jenis').selectOption(right.kind);
		for (const [label, code] of [['Kabupaten/Kota', '62.11'], ['Kecamatan', '62.11.01'], ['Desa/Kelurahan', village.code]]) await sheet.getByLabel(label).selectOption(code);
		await sheet.getByLabel('Lintang').fill('-2,51236');
		await sheet.getByLabel('Penyedia jaringan').fill(right.provider);
		await sheet.getByLabel('Kontrak').fill(right.contract);
		await sheet.getByLabel('Nama yang dihubungi').fill(right.contact_name);
		await sheet.getByLabel('Nomor telepon').fill(right.contact_phone);
		await sheet.getByLabel('OPD').selectOption({ label: 'Diskominfo Uji' });
		await sheet.getByRole('button', { name: 'Simpan' }).click();
		await sheet.getByText('Isi keduanya dengan derajat desimal').waitFor();
		await shots(page, 'lokasi-form', { height: 1100 });
		expect((await sites()).length === 0, 'nothing is kept');
	});

	await promise('all that is said about a site is kept, and shown with a telephone to tap', async () => {
		await sheet.getByLabel('Bujur').fill('114,01');
		await sheet.getByRole('button', { name: 'Simpan' }).click();
		await facts(page).getByText('Penyedia Uji').waitFor();
		same(await said(), right);
		const href = await facts(page).getByRole('link', { name: right.contact_phone }).getAttribute('href');
		expect(href === 'tel:+628001', href);
		expect((await facts(page).getByRole('link', { name: village.name }).getAttribute('href')) === `/desa/${village.code}`, 'the village');
		for (const text of [right.contract, right.contact_name, 'Diskominfo Uji', '-2.51236, 114.01000']) await facts(page).getByText(text).waitFor();
		const [{ id }] = await sites();
		expect(new URL(page.url()).searchParams.get('lokasi') === id, page.url());
		await shots(page, 'lokasi', { height: 1100 });
	});

	await promise('a change keeps what it does not touch, and the list behind says it', async () => {
		await sheet.getByRole('button', { name: 'Ubah keterangan' }).click();
		await sheet.getByLabel('Nama lokasi').fill('Kantor Desa Uji Baru');
		await sheet.getByLabel('Kontrak').fill('');
		await sheet.getByLabel('Nomor telepon').fill('0800 2');
		await shots(page, 'lokasi-ubah', { height: 1100 });
		await sheet.getByRole('button', { name: 'Simpan' }).click();
		await facts(page).getByRole('link', { name: '0800 2' }).waitFor();
		same(await said(), { ...right, name: 'Kantor Desa Uji Baru', contract: null, contact_phone: '0800 2' });
		// What nobody has said is unknown, and not empty.
		const contract = facts(page).locator('dt', { hasText: 'Kontrak' }).locator('+ dd');
		expect((await contract.innerText()) === 'belum diketahui', await contract.innerText());
		await sheet.getByRole('heading', { level: 2, name: 'Kantor Desa Uji Baru' }).waitFor();
		await page.keyboard.press('Escape');
		await page.getByRole('listitem').filter({ hasText: 'Kantor Desa Uji Baru' }).waitFor();
		await page.waitForURL((url) => !url.searchParams.has('lokasi'));
		await sheet.waitFor({ state: 'detached' });
	});

	await promise('a change that cannot be sent stays in the form', async () => {
		await page.getByRole('button', { name: 'Buka: Kantor Desa Uji Baru' }).click();
		await sheet.getByRole('button', { name: 'Ubah keterangan' }).click();
		await sheet.getByLabel('Penyedia jaringan').fill('Penyedia Lain');
		await page.context().setOffline(true);
		await sheet.getByRole('button', { name: 'Simpan' }).click();
		await sheet.getByRole('alert').waitFor();
		expect((await sheet.getByLabel('Penyedia jaringan').inputValue()) === 'Penyedia Lain', 'it is kept');
		await page.context().setOffline(false);
		await sheet.getByRole('button', { name: 'Batal' }).click();
		await facts(page).getByText('Penyedia Uji').waitFor();
		expect((await said()).provider === 'Penyedia Uji', 'nothing was changed');
	});

	const folder = mkdtempSync(join(tmpdir(), 'betang-box-'));
	await promise('each step of its life says who took it', async () => {
		const [{ id }] = await sites();
		const other = await house.login(KONEKSI);
		// The colleague makes the code, the box asks, its rule lets it in, the admin suspends it.
		const { ticket } = await house.json('POST', `/api/v1/sites/${id}/codes`, { cookie: other, body: { near_m: 5000 } });
		await run(binary, ['agent', 'enrol', ticket, '--data', folder, '--at', '-2.5123,114.01']);
		await house.json('POST', `/api/v1/sites/${id}/steps`, { token, body: { step: 'suspended', why: 'uji' } });
		const steps = sheet.getByRole('list').last().getByRole('listitem');
		await steps.filter({ hasText: 'Ditangguhkan: uji' }).waitFor();
		const told = (await steps.allInnerTexts()).map((text) => text.replace(/^.*WIB\s*/s, '').trim());
		const expected = [`Ditangguhkan: uji · ${admin.name}`, 'Perangkat diterima · aturan kodenya', 'Perangkat meminta diterima · perangkat sendiri', `Kode dibuat · ${colleague.name}`, `Didaftarkan · ${admin.name}`];
		expect(told.join(' | ') === expected.join(' | '), told.join(' | '));
		await shots(page, 'lokasi-riwayat', { height: 1100 });
		return told.join(' | ');
	});

	await promise('who may not change a site reads it, and is told of others by number', async () => {
		const [{ id }] = await sites();
		const leader = await person(PIMPINAN);
		await leader.goto(`${house.url}/pengaturan?bagian=lokasi&lokasi=${id}`);
		await facts(leader).getByRole('link', { name: '0800 2' }).waitFor();
		await leader.getByText(`Kode dibuat · petugas …${colleague.id.slice(-6)}`).waitFor();
		for (const name of ['Ubah keterangan', 'Buat kode', 'Lanjutkan']) expect((await leader.getByRole('button', { name }).count()) === 0, name);
		await leader.keyboard.press('Escape');
		await leader.getByRole('dialog').waitFor({ state: 'detached' });
		expect((await leader.getByRole('button', { name: 'Lokasi baru' }).count()) === 0, 'a new one');
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
	rmSync(folder, { recursive: true, force: true });
});
