// Photographs of a family, from a phone to the page and away again: chosen, looked at before it
// goes, kept without place and notes, told of masked, opened for a purpose, held, removed.
//
//   node web/tests/photos.e2e.mjs
//
// All persons are made up; the pictures are drawn by other programs, with a place noted in one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bring as bringList, examine } from './card.house.mjs';
import { EACH, made } from './card.people.mjs';
import { ADMIN, browser, expect, fit, house as newHouse, keep, logIn, promise, root, run, shots } from './house.mjs';

const VILLAGE = { username: 'satu.desa', password: 'huma-betang-kapuas-24' };
const SECOND = { username: 'orang.kedua', password: 'huma-betang-barito-24' };
const PURPOSE = 'memeriksa rumah';
const seed = (name) => readFileSync(join(root, 'fuzz/corpus/photos', name));
// 96 by 72 pixels, on its side, with where it was taken, and a file behind its end.
const TURNED = { name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer: seed('turned') };
const PLAIN = { name: 'IMG_0002.png', mimeType: 'image/png', buffer: seed('deep') };

await keep(async () => {
	const { house, token, data } = await newHouse();
	const [one] = (await house.json('GET', '/api/v1/areas?level=village&within=62.02&limit=5000', { token })).items;
	const { families, lists, titles, days } = made([one.code, one.code, one.code]);
	for (const kind of ['dtsen', 'kpm']) await bringList({ house, token }, kind, lists[kind], { title: titles[kind], owner: `Dinas ${kind}`, as_of: days[kind], purposes: ['uji'] });
	await examine({ house, token }, { decile_max: 2, rupiah_each: EACH, not_excluding: [] });
	for (const [person, area] of [
		[VILLAGE, one.code],
		[SECOND, '62']
	])
		await house.json('POST', '/api/v1/staff', { token, body: { name: person.username, ...person, grants: [{ role: 'bansos', area, agency: null }] } });
	const found = await house.json('POST', '/api/v1/card/families/search', { token, body: { number: families[0].head.nik } });
	const family = found.items[0].id;
	const at = `${house.url}/kartu/keluarga/${family}`;
	const api = `/api/v1/card/families/${family}/photos`;
	const told = async () => (await house.json('GET', api, { token })).items;

	const chrome = await browser();
	const broken = [];
	const enter = async (person) => {
		const context = await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: 'Asia/Pontianak', bypassCSP: true });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, person);
		return page;
	};
	const page = await enter(ADMIN);
	const part = page.getByRole('region', { name: 'Foto' });
	const sheet = page.getByRole('dialog');
	const row = (number) => part.locator(`li[data-photo="${number}"]`);

	await promise('a family without photographs says so, and that no face is recognised', async () => {
		await page.goto(at);
		await part.getByText('Belum ada foto keluarga ini.').waitFor();
		await part.getByText('Tidak ada pengenalan wajah', { exact: false }).waitFor();
		await fit(page);
		await shots(page, 'foto-kosong', { fullPage: true });
	});

	await promise('a photograph is looked at before it goes, and kept without what the camera noted', async () => {
		await part.getByRole('button', { name: 'Tambah foto' }).click();
		await sheet.getByRole('button', { name: 'Kirim foto' }).click();
		await sheet.getByText('Ambil atau pilih fotonya dulu.').waitFor();
		expect((await sheet.getByLabel('Ambil dengan kamera').getAttribute('capture')) === 'environment', 'no camera is asked for');
		await sheet.getByLabel('Pilih berkas').setInputFiles({ name: 'surat.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') });
		await sheet.getByText('Berkas ini tidak terbaca sebagai foto', { exact: false }).waitFor();
		await sheet.getByLabel('Pilih berkas').setInputFiles(TURNED);
		const preview = sheet.getByRole('img', { name: 'Foto yang akan dikirim' });
		await preview.waitFor();
		expect(await preview.evaluate((img) => img.decode().then(() => img.naturalHeight > img.naturalWidth)), 'it lies on its side');
		await fit(page);
		await shots(page, 'foto-tambah');
		const sends = page.waitForRequest((request) => request.method() === 'POST' && request.url().includes('/photos?'));
		await sheet.getByRole('button', { name: 'Kirim foto' }).click();
		const sent = (await sends).postDataBuffer();
		expect(!sent || !sent.includes('GPSLatitude'), 'its place is sent');
		await row(1).waitFor();
		await row(1).getByText('Rumah').waitFor();
		await row(1).getByText('data pribadi umum', { exact: false }).waitFor();
		expect((await part.getByRole('img').count()) === 0, 'a picture is shown before it is opened');
	});

	await promise('whatever is sent past the page is written anew as well, and lies sealed', async () => {
		const send = (query, buffer) => fetch(`${house.url}${api}?${query}`, { method: 'POST', body: buffer, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' } });
		const kept = await send('kind=paper&taken_for=verification', TURNED.buffer);
		expect(kept.status === 201, `${kept.status} ${await kept.clone().text()}`);
		const view = await kept.json();
		expect(view.width === 72 && view.height === 96, `${view.width} by ${view.height}`);
		for (const name of ['broken', 'tiny']) expect((await send('kind=house&taken_for=verification', seed(name))).status === 422, name);
		const opened = await fetch(`${house.url}${api}/${view.number}/opening`, { method: 'POST', body: JSON.stringify({ purpose: PURPOSE }), headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
		const octets = Buffer.from(await opened.arrayBuffer());
		expect(opened.headers.get('cache-control') === 'no-store', opened.headers.get('cache-control'));
		expect(octets.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])), 'it is no JPEG');
		for (const word of ['GPSLatitude', 'Exif', 'PK\x03\x04', 'Lavc']) expect(!octets.includes(word), `it holds ${word}`);
		for (const path of [`${api}/${view.number}`, `${api}/${view.number}/opening`]) {
			const { status } = await fetch(`${house.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
			expect(status === 404 || status === 405, `${path} answers ${status}`);
		}
		const none = await fetch(`${house.url}${api}/${view.number}/opening`, { method: 'POST', body: '{"purpose":"uji"}', headers: { 'content-type': 'application/json' } });
		expect(none.status === 401, `${none.status} without a session`);
		// Nowhere below the data of the house lies a JPEG.
		const { stdout } = await run('grep', ['-rlaP', '^\\xFF\\xD8\\xFF[\\xE0\\xE1\\xDB]', data]).catch(({ stdout }) => ({ stdout }));
		expect(stdout.trim() === '', `in the clear: ${stdout}`);
	});

	await promise('one is opened for a purpose, alone, and closed again; who did is kept', async () => {
		await page.goto(at);
		await row(1).getByRole('button', { name: /^Lihat foto/ }).click();
		await sheet.getByRole('button', { name: 'Lihat foto' }).isVisible();
		await fit(page);
		await sheet.getByLabel('Keperluan', { exact: false }).first().fill(PURPOSE);
		await page.keyboard.press('Enter');
		const figure = part.locator('[data-photo-opened="1"]');
		await figure.waitFor();
		const image = figure.getByRole('img');
		expect((await image.getAttribute('src')).startsWith('blob:'), 'it has an address');
		expect(await image.evaluate((img) => img.decode().then(() => img.naturalWidth === 72 && img.naturalHeight === 96)), 'it is another picture');
		await fit(page);
		await shots(page, 'foto-buka', { fullPage: true });
		await figure.getByRole('button', { name: 'Samarkan sekarang' }).click();
		await figure.waitFor({ state: 'detached' });
		const audit = (await house.json('GET', '/api/v1/audit?verb=card_photo.opened&limit=100', { token })).items;
		expect(audit.some(({ subject, detail }) => subject === family && detail.photo === 1 && detail.purpose === PURPOSE), JSON.stringify(audit));
		await page.reload();
		await row(1).waitFor();
		expect((await part.getByRole('img').count()) === 0, 'it is open after a reload');
		await page.goto(`${house.url}/kartu/privasi?bagian=melihat&subjek=${family}`);
		await page.getByText('foto dilihat').filter({ visible: true }).first().waitFor();
	});

	await promise('a village sees the family and is told that photographs are for others', async () => {
		const village = await enter(VILLAGE);
		await village.goto(at);
		const its = village.getByRole('region', { name: 'Foto' });
		await its.getByText('Foto tidak ditampilkan kepada petugas satu desa', { exact: false }).waitFor();
		expect((await its.locator('li[data-photo]').count()) === 0 && (await its.getByRole('button').count()) === 0, 'it sees some');
		await fit(village);
		await village.context().close();
	});

	await promise('one that is not held is removed with a reason, by the keyboard', async () => {
		await page.goto(at);
		await row(2).getByRole('button', { name: /^Hapus/ }).focus();
		await page.keyboard.press('Enter');
		await sheet.getByLabel('Alasan').selectOption({ label: 'tidak jelas' });
		await fit(page);
		await sheet.getByRole('button', { name: 'Hapus' }).focus();
		await page.keyboard.press('Enter');
		await part.getByText('1 foto sudah dimusnahkan').waitFor();
		expect((await row(2).count()) === 0, 'it is there still');
		expect((await told()).find(({ number }) => number === 2).gone.why === 'unclear', 'for another reason');
	});

	await promise('one that is held goes by a decree alone, and by another person', async () => {
		await house.json('POST', '/api/v1/card/requests', { token, body: { kind: 'correction', subject: family, who: 'Warga Uji', asks: 'alamat' } });
		await page.goto(at);
		await row(1).getByText('permintaan nomor 1', { exact: false }).waitFor();
		await row(1).getByRole('button', { name: /^Hapus/ }).click();
		await sheet.getByText('hanya dapat dihapus dengan keputusan', { exact: false }).waitFor();
		const fill = async (dialog) => {
			await dialog.getByLabel('Alasan').selectOption({ label: 'bukan keluarga atau orang ini' });
			await dialog.getByLabel('Nomor keputusan').fill('460/1/UJI/2026');
			await dialog.getByLabel('Tanggal keputusan').fill('2026-11-27');
			await dialog.getByRole('button', { name: 'Hapus' }).click();
		};
		await fill(sheet);
		await sheet.getByText('Perlu orang kedua').waitFor();
		await fit(page);
		await shots(page, 'foto-hapus');
		const second = await enter(SECOND);
		await second.goto(at);
		await second.locator('li[data-photo="1"]').getByRole('button', { name: /^Hapus/ }).click();
		await fill(second.getByRole('dialog'));
		await second.getByText('2 foto sudah dimusnahkan').waitFor();
		await second.context().close();
	});

	await promise('the page of privacy has the terms of photographs, and what is done with them', async () => {
		await page.goto(`${house.url}/kartu/privasi?bagian=masa`);
		for (const word of ['Foto rumah', 'Foto orang', 'Foto dokumen']) await page.getByText(word, { exact: true }).first().waitFor();
		await fit(page);
		const record = await house.json('GET', '/api/v1/card/processing', { token });
		expect(JSON.stringify(record).includes('Menyimpan foto rumah, orang, dan dokumen'), 'it is not in the record');
	});

	await promise('it is told in English, on a phone', async () => {
		await page.goto(at);
		await part.getByRole('button', { name: 'Tambah foto' }).click();
		await sheet.getByLabel('Pilih berkas').setInputFiles(PLAIN);
		await sheet.getByRole('img').waitFor();
		await sheet.getByLabel('Yang terlihat').selectOption({ label: 'Orang' });
		await sheet.getByLabel('Siapa').selectOption({ index: 1 });
		await sheet.getByRole('button', { name: 'Kirim foto' }).click();
		await row(3).getByText('data pribadi spesifik', { exact: false }).waitFor();
		await page.setViewportSize({ width: 360, height: 740 });
		await page.goto(`${at}?bahasa=en`);
		const english = page.getByRole('region', { name: 'Photos' });
		await english.getByText('specific personal data', { exact: false }).waitFor();
		await fit(page);
		await shots(page, 'foto-daftar', { fullPage: true });
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
