// Lists of people as an office brings them in: what was read of a file is said, what is refused
// is left out by name, as many rows come out as went in, and a reload goes on where it was.
//
//   SHOTS=/tmp/shots node web/tests/cardin.e2e.mjs     (keeps pictures)
//
// All persons are made up here, and what is expected is counted here from the files.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browser, expect, fit, house as newHouse, keep, logIn, promise, python, run, shots } from './house.mjs';

const SARI = { username: 'sari', password: 'jembatan-biru-di-hulu-24' };
const WATCHER = { username: 'awas', password: SARI.password };
const VILLAGE = '62.11.01.2001';
const n = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, '.');
const two = (value) => String(value).padStart(2, '0');
const plain = (text) => text.replace(/\s+/g, ' ').trim();

/** Somebody who does not exist: the day inside the number is that of birth, as it should be. */
function person(i) {
	const [day, month, year] = [(i % 28) + 1, (i % 12) + 1, 60 + (i % 30)];
	const inside = `${two(day)}${two(month)}${two(year)}`;
	return { nik: `621101${inside}${String((i % 9000) + 1).padStart(4, '0')}`, kk: `621101${inside}${String((i % 9000) + 501).padStart(4, '0')}`, name: `Warga Uji ${i}`, birth: `19${two(year)}-${two(month)}-${two(day)}`, village: VILLAGE, value: '400.000' };
}
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

await keep(async () => {
	if (process.env.SHOTS) mkdirSync(process.env.SHOTS, { recursive: true });
	const folder = mkdtempSync(join(tmpdir(), 'betang-kartu-'));
	const file = (name, text) => {
		const path = join(folder, name);
		writeFileSync(path, text);
		return path;
	};
	const { house, token } = await newHouse();
	await house.json('POST', '/api/v1/staff', { token, body: { name: 'Sari Uji', ...SARI, grants: [{ role: 'bansos', area: null, agency: null }] } });
	await house.json('POST', '/api/v1/staff', { token, body: { name: 'Pengawas Uji', ...WATCHER, grants: [{ role: 'pengawas', area: null, agency: null }] } });
	const standing = async () => (await house.json('GET', '/api/v1/card/lists', { token })).items;

	const chrome = await browser();
	const broken = [];
	const open = async (who) => {
		const context = await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: 'Asia/Pontianak', bypassCSP: true, acceptDownloads: true });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, who);
		return page;
	};
	const page = await open(SARI);
	const check = page.getByRole('button', { name: 'Periksa berkas' });
	const send = async (kind, path) => {
		await page.goto(`${house.url}/kartu/impor`);
		await page.getByRole('radio', { name: kind }).check();
		await page.setInputFiles('input[type=file]', path);
		await check.click();
	};
	const found = page.getByRole('region', { name: 'Hasil pembacaan' });
	const tally = (rows, refused) => found.getByText(`${n(rows)} baris: ${n(rows - refused)} dapat ditulis, ${n(refused)} ditolak`, { exact: true });
	/** How many rows something is said of, and which are named first; null where it is not said. */
	const said = async (words) => {
		const line = found.getByRole('listitem').filter({ hasText: words });
		if ((await line.count()) === 0) return null;
		const text = plain(await line.innerText());
		const [, rows] = /baris ([\d; .]+?)(?:; …)? [\d.]+ baris$/.exec(text) ?? [];
		const [, count] = / ([\d.]+) baris$/.exec(text) ?? [];
		return `${count}: ${rows}`;
	};
	const write = (rows) => page.getByRole('button', { name: `Tulis ${n(rows)} baris` });

	await promise('the gallery leads to the card, and the page says what each list is for', async () => {
		await page.getByRole('link', { name: 'Kartu', exact: true }).first().waitFor();
		await page.keyboard.press('g');
		await page.keyboard.press('h');
		await page.waitForURL((url) => url.pathname === '/kartu');
		await page.goto(`${house.url}/kartu/impor`);
		const kinds = page.getByRole('group', { name: 'Jenis daftar' });
		await kinds.waitFor();
		expect((await kinds.getByRole('radio').count()) === 8 && (await kinds.getByRole('link').count()) === 16, 'eight kinds with two templates each');
		expect(await check.isDisabled(), 'nothing to check');
		await page.getByText('Belum ada daftar', { exact: true }).waitFor();
		for (const kind of ['CSV', 'XLSX']) {
			const waits = page.waitForEvent('download');
			await page.getByRole('link', { name: `Templat ${kind}: Daftar KPM` }).click();
			const octets = readFileSync(await (await waits).path());
			expect(kind === 'CSV' ? octets.toString().includes('nilai (Rp)') : octets.subarray(0, 2).toString() === 'PK', `${kind}: ${octets.subarray(0, 80)}`);
		}
		await fit(page);
		await shots(page, 'kartu-impor', { fullPage: true });
	});

	// A running list as it comes: one number cut by a spreadsheet, one amount that is none, one
	// village that nobody knows, and a column whose heading says nothing.
	const rows = Array.from({ length: 6 }, (_, i) => person(i));
	rows[1].nik = rows[1].nik.slice(0, 15);
	rows[2].value = 'empat ratus ribu';
	rows[4].village = '62.99.99.2001';
	const at = (test) => rows.flatMap((row, i) => (test(row) ? [i + 2] : []));
	const badValue = at(({ value }) => !/^[\d.]+$/.test(value));
	const shortNik = at(({ nik }) => nik.length !== 16);
	const strange = at(({ village }) => village !== VILLAGE);
	const kpm = file('kpm-uji.csv', ['NIK;Keluarga;Nama Lengkap;Tgl Lahir;Kode Desa;Nominal', ...rows.map((row) => [row.nik, row.kk, row.name, row.birth, row.village, row.value].join(';'))].join('\r\n'));

	await promise('a file that is no table is refused in plain words, and nothing is kept of it', async () => {
		// What Excel wrote until 2003, under the ending of today.
		await send('Daftar KPM', file('lama.xlsx', Buffer.from('d0cf11e0a1b11ae1'.padEnd(2048, '0'), 'hex')));
		const alert = page.getByRole('alert');
		await alert.getByText('Berkas ini bukan CSV atau XLSX', { exact: true }).waitFor();
		await alert.getByText(/Excel lama \(\.xls\)/).waitFor();
		expect(await page.getByRole('radio', { name: 'Daftar KPM' }).isChecked(), 'what was chosen is gone');
		await fit(page);
		const { items } = await house.json('GET', '/api/v1/card/imports', { token });
		expect(items.length === 0, JSON.stringify(items));
	});

	await promise('an archive that calls itself a workbook fails when it is read, and can be dropped', async () => {
		const path = join(folder, 'arsip.xlsx');
		await run(python, ['-c', 'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z: z.writestr("word/document.xml", "<w/>" * 2000)', path]);
		await send('DTSEN', path);
		await page.waitForURL(/[?]impor=itk_/);
		await page.getByRole('alert').getByText('Berkas ini bukan CSV atau XLSX', { exact: true }).waitFor();
		await fit(page);
		await shots(page, 'kartu-impor-gagal', { fullPage: true });
		await page.getByRole('button', { name: 'Coba lagi' }).click();
		await page.getByRole('alert').getByText('Berkas ini bukan CSV atau XLSX', { exact: true }).waitFor();
		await page.getByRole('button', { name: 'Batalkan impor' }).click();
		await page.waitForURL((url) => url.pathname === '/kartu/impor' && url.search === '');
		await check.waitFor();
		expect((await page.getByText('Impor Anda yang belum selesai').count()) === 0, 'it is still there');
	});

	await promise('a running list is read: the file, its columns, and what there is to say of its rows', async () => {
		await send('Daftar KPM', kpm);
		await page.waitForURL(/[?]impor=itk_/);
		await tally(rows.length, badValue.length).waitFor();
		const facts = plain(await page.getByRole('region', { name: /kpm-uji\.csv/ }).innerText());
		for (const words of ['Daftar KPM: kpm-uji.csv', 'CSV, UTF-8, pemisah “;”, judul kolom di baris 1', `${statSync(kpm).size} B`, `SHA-256 ${sha256(kpm)}`]) expect(facts.includes(words), `${words}: ${facts}`);
		// What the heading does not say, a person does; the file is read anew.
		expect((await said('KK: kosong')) === `${rows.length}: 2; 3; 4; 5; 6`, await said('KK: kosong'));
		await page.getByText('Arti kolom').click();
		await page.getByLabel('B Keluarga: Menjadi').selectOption({ label: 'nomor KK' });
		await found.getByText('KK: kosong').waitFor({ state: 'detached' });
		expect((await page.getByLabel('B Keluarga: Menjadi').inputValue()) === 'no_kk', 'the choice is gone');
		expect(await page.getByLabel('B Keluarga: Menjadi').isVisible(), 'the columns were shut while the file was read anew');
		const right = { 'nilai bukan rupiah bulat': badValue, 'NIK: 15 angka': shortNik, 'desa tidak ada di daftar wilayah': strange };
		for (const [words, first] of Object.entries(right)) expect((await said(words)) === `${first.length}: ${first.join('; ')}`, `${words}: ${await said(words)}`);
		expect((await found.getByRole('listitem').count()) === Object.keys(right).length, plain(await found.innerText()));
		const firsts = await found.getByRole('listitem').allInnerTexts();
		expect(firsts[0].includes('nilai bukan rupiah bulat'), `what refuses comes first: ${firsts[0]}`);
		expect((await page.getByText('Kode desa di berkas ini').count()) === 0, 'one strange village is no reason to ask');
		const shown = await page.locator('main').innerText();
		expect(rows.every(({ name, nik }) => !shown.includes(name) && !shown.includes(nik)), 'somebody of the file is on the page');
		await fit(page);
		await shots(page, 'kartu-impor-laporan', { fullPage: true });
	});

	await promise('a reload goes on, and so does another day', async () => {
		await page.reload();
		await tally(rows.length, badValue.length).waitFor();
		expect((await said('KK: kosong')) === null, 'what was chosen is forgotten');
		await page.goto(`${house.url}/kartu/impor`);
		const mine = page.getByRole('region', { name: 'Impor Anda yang belum selesai' });
		await mine.getByText(/menunggu keputusan Anda/).waitFor();
		await fit(page);
		await mine.getByRole('link', { name: 'Lanjutkan: kpm-uji.csv' }).click();
		await tally(rows.length, badValue.length).waitFor();
	});

	await promise('refused rows are left out by a person, and as many rows come out as went in', async () => {
		const good = rows.length - badValue.length;
		expect(await write(good).isDisabled(), 'it is written although a row is refused');
		expect((await standing()).length === 0, 'it was written');
		await page.getByText('Belum diketahui: pemilik data, tanggal keadaan, dasar hukum, tujuan.').waitFor();
		await page.getByLabel('Judul').fill('KPM siklus uji');
		await page.getByLabel('Pemilik data').fill('Dinas Sosial Uji');
		await page.getByLabel('Keadaan per tanggal').fill('2026-03-31');
		await page.getByLabel('Dasar hukum').fill('Keputusan Uji 1/2026');
		await page.getByLabel('Tujuan penggunaan').fill('ketepatan sasaran\n\nlaporan');
		await page.getByLabel(`Keluarkan ${badValue.length} baris yang ditolak`).check();
		await page.getByLabel('Simpan berkas asli (hari)').fill('11000');
		await page.getByText('Tulis bilangan bulat 0 sampai 10.950.').waitFor();
		expect(await write(good).isDisabled(), 'days that cannot be are sent');
		await page.getByLabel('Simpan berkas asli (hari)').fill('');
		await page.getByText('Pemilik data Dinas Sosial Uji, keadaan 31 Mar 2026.').waitFor();
		await shots(page, 'kartu-impor-tulis');
		await write(good).click();
		await page.getByText(`${rows.length} baris masuk = ${good} ditulis + ${badValue.length} dikeluarkan.`).waitFor();
		await fit(page);
		await shots(page, 'kartu-impor-hasil', { fullPage: true });
		const [list, ...more] = await standing();
		expect(more.length === 0 && list.rows === good && list.kind === 'kpm' && list.title === 'KPM siklus uji' && list.as_of === '2026-03-31' && list.owner === 'Dinas Sosial Uji' && list.has_raw, JSON.stringify(list));
		expect((await page.getByRole('link', { name: 'Ke Kartu Huma Betang' }).getAttribute('href')) === '/kartu', 'no way to the card');
	});

	await promise('the source says what was said, and no more', async () => {
		await page.getByRole('link', { name: 'Lihat sumbernya' }).click();
		const source = page.getByRole('region', { name: 'Sumber daftar' });
		const beside = async (term) => plain(await source.locator('dt', { hasText: new RegExp(`^${term}$`) }).locator('xpath=following-sibling::dd[1]').innerText());
		await source.getByText('KPM siklus uji').waitFor();
		const right = { 'Pemilik data': 'Dinas Sosial Uji', 'Keadaan per tanggal': '31 Mar 2026', 'Dasar hukum': 'Keputusan Uji 1/2026', Tujuan: 'ketepatan sasaran; laporan', 'Pengendali data': 'belum diketahui', Berkas: `kpm-uji.csv · ${rows.length} baris`, 'SHA-256': sha256(kpm) };
		for (const [term, value] of Object.entries(right)) expect((await beside(term)) === value, `${term}: ${await beside(term)}`);
		await fit(page);
		await shots(page, 'kartu-impor-sumber', { fullPage: true });
	});

	let dropped = '';
	await promise('the same file is known again, and is dropped without a trace', async () => {
		await send('Daftar KPM', kpm);
		await page.getByText('Berkas yang persis sama sudah diimpor').waitFor();
		dropped = new URL(page.url()).search;
		await page.getByRole('button', { name: 'Batalkan impor' }).click();
		await check.waitFor();
		expect((await standing()).length === 1, 'it was written twice');
	});

	await promise('codes of another office are asked about before anything is written', async () => {
		// Four codes of five are none of the house's.
		const people = Array.from({ length: 5 }, (_, i) => ({ ...person(100 + i), village: i === 0 ? VILLAGE : `62139${two(i)}001` }));
		const foreign = people.filter(({ village }) => village !== VILLAGE).length;
		await send('Usulan desa', file('usulan.csv', ['nik,no kk,nama,tgl lahir,kode desa', ...people.map((it) => [it.nik, it.kk, it.name, it.birth, it.village].join(','))].join('\n')));
		await tally(people.length, 0).waitFor();
		const ask = page.getByRole('group', { name: 'Kode desa di berkas ini dari sistem mana?' });
		await ask.waitFor();
		expect((await said('desa tidak ada di daftar wilayah'))?.startsWith(`${foreign}:`), plain(await found.innerText()));
		await page.getByText('Jawab dahulu pertanyaan tentang kode desa.').waitFor();
		expect(await write(people.length).isDisabled(), 'it is written unasked');
		await fit(page);
		await shots(page, 'kartu-impor-kode', { fullPage: true });
		await ask.getByRole('radio', { name: /^Kode BPS/ }).check();
		await found.getByText('desa tidak ada di daftar wilayah').waitFor({ state: 'detached' });
		expect(await ask.getByRole('radio', { name: /^Kode BPS/ }).isChecked(), 'the answer is gone');
		await write(people.length).click();
		await page.getByText(`${people.length} baris masuk = ${people.length} ditulis + 0 dikeluarkan.`).waitFor();
	});

	await promise('of a workbook another sheet is chosen, and what no column is for is named', async () => {
		const path = join(folder, 'bantuan.xlsx');
		const people = Array.from({ length: 3 }, (_, i) => person(200 + i));
		// The first sheet knows more headings, and has not the one that matters.
		const data = { Ringkas: [['NIK', 'No KK', 'Nama', 'Tgl Lahir', 'Kode Desa'], ...people.map((it) => [it.nik, it.kk, it.name, it.birth, it.village])], Rincian: [['NIK', 'Nama', 'Program'], ...people.slice(1).map((it) => [it.nik, it.name, 'PKH'])] };
		await run(python, ['-c', 'import json, sys\nfrom openpyxl import Workbook\nbook = Workbook()\nbook.remove(book.active)\nfor name, rows in json.loads(sys.argv[2]).items():\n    sheet = book.create_sheet(name)\n    for row in rows: sheet.append(row)\nbook.save(sys.argv[1])', path, JSON.stringify(data)]);
		await send('Bantuan lain', path);
		await tally(people.length, people.length).waitFor();
		await page.getByText('Belum ada kolom untuk: program.').waitFor();
		await page.getByText('Tidak ada baris yang dapat ditulis.').waitFor();
		expect(await write(0).isDisabled(), 'nothing can be written');
		await page.getByLabel('Lembar').selectOption('Rincian');
		await tally(people.length - 1, 0).waitFor();
		await page.getByText('XLSX, lembar Rincian, judul kolom di baris 1').waitFor();
		await page.getByRole('button', { name: 'Batalkan impor' }).click();
		await check.waitFor();
	});

	await promise('who leaves while a file is on its way is asked first', async () => {
		let go = () => {};
		const held = new Promise((done) => (go = done));
		await page.route('**/api/v1/card/imports?*', async (route) => {
			await held;
			await route.abort().catch(() => {});
		});
		await send('Daftar KPM', kpm);
		await page.getByRole('button', { name: 'Hentikan pengiriman' }).waitFor();
		await page.getByRole('link', { name: 'Kartu Huma Betang' }).first().click();
		const sheet = page.getByRole('dialog', { name: 'Berkas masih dikirim' });
		await sheet.getByRole('button', { name: 'Tetap di sini' }).waitFor();
		await fit(page);
		await shots(page, 'kartu-impor-kirim');
		await sheet.getByRole('button', { name: 'Tetap di sini' }).click();
		await sheet.waitFor({ state: 'hidden' });
		expect(new URL(page.url()).pathname === '/kartu/impor' && (await page.getByRole('button', { name: 'Hentikan pengiriman' }).count()) === 1, 'it was left all the same');
		// The browser asks by itself where the page is closed or loaded anew.
		const asked = page.waitForEvent('dialog');
		const reload = page.reload().catch(() => 'stayed');
		const dialog = await asked;
		expect(dialog.type() === 'beforeunload', dialog.type());
		await dialog.dismiss();
		await reload;
		await page.getByRole('button', { name: 'Hentikan pengiriman' }).click();
		expect(!(await check.isDisabled()), 'it cannot be sent again');
		await check.click();
		await page.getByRole('link', { name: 'Kartu Huma Betang' }).first().click();
		await sheet.getByRole('button', { name: 'Hentikan dan tinggalkan' }).click();
		await page.waitForURL((url) => url.pathname === '/kartu');
		go();
		await page.unroute('**/api/v1/card/imports?*');
		const { items } = await house.json('GET', '/api/v1/card/imports', { token });
		expect(items.length === 0, 'something was kept');
	});

	await promise('a reload in the middle of reading and of writing goes on', async () => {
		const count = 4_500;
		const died = Array.from({ length: count }, (_, i) => person(1_000 + i));
		await send('Kematian', file('kematian.csv', ['nik,nama,tgl lahir,tgl meninggal', ...died.map((it) => [it.nik, it.name, it.birth, '2026-02-01'].join(','))].join('\n')));
		await page.waitForURL(/[?]impor=itk_/);
		await page.reload();
		await tally(count, 0).waitFor();
		const answered = page.waitForResponse((answer) => answer.url().endsWith('/commit'));
		await write(count).click();
		expect((await answered).status() === 202, 'it was refused');
		await page.reload();
		await page.getByText(`${n(count)} baris masuk = ${n(count)} ditulis + 0 dikeluarkan.`).waitFor();
		const [list] = await standing();
		expect(list.kind === 'kematian' && list.rows === count, JSON.stringify(list));
	});

	await promise('a list is withdrawn with a reason, by who may', async () => {
		const watcher = await open(WATCHER);
		await watcher.goto(`${house.url}/kartu/impor`);
		await watcher.getByText('KPM siklus uji').waitFor();
		for (const name of ['Periksa berkas', /^Tarik/]) expect((await watcher.getByRole('button', { name }).count()) === 0, `a watcher has ${name}`);
		await page.goto(`${house.url}/kartu/impor`);
		const lists = page.getByRole('region', { name: 'Daftar yang berlaku' });
		await lists.getByText('KPM siklus uji').waitFor();
		expect((await lists.getByRole('listitem').count()) === (await standing()).length, 'another number of lists');
		const mine = plain(await lists.getByRole('listitem').filter({ hasText: 'KPM siklus uji' }).innerText());
		for (const words of ['Daftar KPM', '5 baris · Dinas Sosial Uji · keadaan 31 Mar 2026', 'berkas disimpan sampai']) expect(mine.includes(words), `${words}: ${mine}`);
		await lists.getByRole('button', { name: 'Tarik: KPM siklus uji' }).click();
		const sheet = page.getByRole('dialog', { name: 'Tarik daftar' });
		expect(await sheet.getByRole('button', { name: 'Tarik daftar ini' }).isDisabled(), 'without a reason');
		await sheet.getByLabel('Alasan').fill('berkas siklus yang salah');
		await fit(page);
		await shots(page, 'kartu-impor-tarik');
		await sheet.getByRole('button', { name: 'Tarik daftar ini' }).click();
		await lists.getByText('KPM siklus uji').waitFor({ state: 'detached' });
		expect(!(await standing()).some(({ kind }) => kind === 'kpm'), 'it still counts');
		const { items } = await house.json('GET', '/api/v1/audit?limit=200', { token });
		expect(items.some(({ verb, detail }) => verb === 'card_list.withdrawn' && JSON.stringify(detail).includes('berkas siklus yang salah')), 'the reason is not in the audit');
	});

	await promise('an import that is gone says so', async () => {
		expect(dropped.startsWith('?impor=itk_'), `none was dropped: ${dropped}`);
		await page.goto(`${house.url}/kartu/impor${dropped}`);
		await page.getByRole('alert').getByText('Impor ini tidak ada lagi', { exact: true }).waitFor();
		await page.getByRole('link', { name: 'Impor berkas lain' }).click();
		await check.waitFor();
	});

	await promise('nothing broke on the way', async () => expect(broken.length === 0, broken.join(' | ')));
	await chrome.close();
	rmSync(folder, { recursive: true, force: true });
});
