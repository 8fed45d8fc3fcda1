// Many cameras at once, from a workbook that another library wrote: checked row by row,
// written whole or not at all, by mouse and by keyboard, large and small.
//
//   SHOTS=/tmp/shots node web/tests/import.e2e.mjs     (keeps pictures)
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browser, expect, foreign, HANG_MS, house as newHouse, keep, logIn, promise, python, root, run } from './house.mjs';

const ROWS = 500;
const WRONG = 10;
const axe = readFileSync(join(root, 'web/node_modules/axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const shots = process.env.SHOTS;
const folder = mkdtempSync(join(tmpdir(), 'betang-import-'));

async function sound(page, name) {
	if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: false });
	await page.evaluate(axe);
	const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), rules);
	const said = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`);
	expect(said.length === 0, said.join(' | '));
	const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	expect(wide <= 0, `${wide} px wider than the screen`);
}

await keep(async () => {
	if (shots) mkdirSync(shots, { recursive: true });
	const list = join(folder, 'daftar-cctv.xlsx');
	await run(python, [join(foreign, 'camera_list.py'), list, String(ROWS)]);
	const { house, token, cli } = await newHouse();
	const chrome = await browser();
	const context = await chrome.newContext({ viewport: { width: 1920, height: 1080 }, colorScheme: 'light', locale: 'id-ID', bypassCSP: true, acceptDownloads: true });
	context.setDefaultTimeout(HANG_MS);
	const page = await context.newPage();
	const broken = [];
	const answers = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	page.on('response', (answer) => {
		// A stream has no end to wait for.
		const streams = answer.headers()['content-type']?.startsWith('text/event-stream');
		if (answer.url().includes('/api/') && !streams) answers.push(answer.text().catch(() => ''));
	});
	await logIn(page, house.url);

	const choose = async (file) => {
		await page.goto(`${house.url}/kamera/impor`);
		await page.setInputFiles('input[type=file]', file);
		await page.getByRole('button', { name: 'Periksa berkas' }).click();
		await page.waitForURL(/[?]id=itk_/);
		await page.waitForSelector('#hasil-periksa', { state: 'attached' });
	};
	const count = async (words) => {
		const text = await page.getByRole('group', { name: 'Hasil pemeriksaan' }).innerText();
		expect(text.replace(/\s+/g, ' ').includes(words), `${words}: ${text.replace(/\s+/g, ' ')}`);
	};

	await promise('the list of cameras leads to it, and the page is sound before a file', async () => {
		await page.goto(`${house.url}/kamera`);
		await page.getByRole('link', { name: 'Impor' }).first().click();
		await page.waitForURL(/kamera\/impor/);
		await page.getByRole('button', { name: 'Periksa berkas' }).waitFor();
		expect(await page.getByRole('button', { name: 'Periksa berkas' }).isDisabled(), 'nothing to check');
		await sound(page, 'impor-pilih-1920');
	});

	await promise('a template is downloaded in both kinds', async () => {
		for (const kind of ['XLSX', 'CSV']) {
			const waits = page.waitForEvent('download');
			await page.getByRole('link', { name: `Templat ${kind}` }).click();
			const path = await (await waits).path();
			expect(readFileSync(path).length > 1_000, `${kind} is empty`);
		}
	});

	await promise(`${ROWS} good rows and ${WRONG} spoilt ones are told apart`, async () => {
		const began = performance.now();
		await choose(list);
		const took = performance.now() - began;
		await count(`${ROWS + WRONG} semua`);
		await count(`${WRONG} ditolak`);
		await count(`${ROWS} baru`);
		await sound(page, 'impor-pratinjau-1920');
		return `${Math.round(took)} ms from the click to the verdicts`;
	});

	await promise('each spoilt row says which cell, what is wrong and what to do', async () => {
		await page.getByRole('button', { name: `${WRONG} ditolak` }).click();
		await page.waitForURL(/putusan=refused/);
		const text = await page.locator('ol').innerText();
		for (const words of ['misalnya salah-satu', 'adalah kode BPS', '62.10 Kabupaten Gunung Mas', 'tidak ada wilayah bernama Mendawai Raya', 'bukan alamat RTSP', 'tanda desimalnya mungkin hilang', 'angka panjang yang dipotong', 'rumus', 'sama dengan baris', 'nama pendek kosong']) {
			expect(text.includes(words), `${words} is not said: ${text}`);
		}
		await sound(page, 'impor-ditolak-1920');
	});

	await promise('the keyboard walks the rows', async () => {
		await page.keyboard.press('j');
		await page.keyboard.press('j');
		await page.waitForFunction(() => document.activeElement?.id === 'baris-1');
		await page.keyboard.press('k');
		await page.waitForFunction(() => document.activeElement?.id === 'baris-0');
	});

	await promise('the report is a file without formulas', async () => {
		const waits = page.waitForEvent('download');
		await page.getByRole('link', { name: 'Unduh laporan (CSV)' }).click();
		const text = readFileSync(await (await waits).path(), 'utf8');
		const rows = text.trim().split('\r\n');
		expect(rows.length > WRONG && rows[0].includes('baris,putusan'), rows[0]);
		expect(!/(^|,)"?[=+@]/m.test(text), 'a cell begins as a formula');
		expect(!text.includes('sandi-rahasia'), 'a password');
		return `${rows.length - 1} lines`;
	});

	await promise('nothing is written while a row stands in the way', async () => {
		const write = page.getByRole('button', { name: /^Tulis/ });
		expect(await write.isDisabled(), 'it can be pressed');
		const { items } = await house.json('GET', '/api/v1/cameras?limit=5000', { token });
		expect(items.length === 0, `${items.length} cameras`);
	});

	await promise('a reload loses nothing', async () => {
		await page.reload();
		await page.getByRole('button', { name: `${WRONG} ditolak` }).waitFor();
		expect((await page.getByRole('button', { name: `${WRONG} ditolak` }).getAttribute('aria-pressed')) === 'true', 'the filter is gone');
	});

	await promise(`${ROWS} cameras are written at once, and their streams are there`, async () => {
		await page.getByText('Keterangan sumber').click();
		await page.getByLabel('Pemilik data').fill('Dinas uji');
		await page.getByLabel('Keluarkan 10 baris').check();
		await page.getByRole('button', { name: `Tulis ${ROWS} baris` }).click();
		const began = performance.now();
		await page.getByText(`${ROWS} baris ditulis`).waitFor();
		const took = performance.now() - began;
		await sound(page, 'impor-hasil-1920');
		const { items } = await house.json('GET', '/api/v1/cameras?limit=5000', { token });
		expect(items.length === ROWS, `${items.length} cameras`);
		const one = items.find((camera) => camera.short === 'uji-0002');
		expect(one.area.code.startsWith('62.71.') && one.kind === 'ruang_publik' && one.streams.length === 1, JSON.stringify(one));
		const sources = await house.json('GET', '/api/v1/sources', { token });
		expect(sources.items.length === 1 && sources.items[0].row_count === ROWS + WRONG && sources.items[0].card.owner === 'Dinas uji', JSON.stringify(sources));
		return `${Math.round(took)} ms`;
	});

	await promise('no answer that the page got held a password', async () => {
		const texts = await Promise.all(answers);
		expect(texts.length > 5 && texts.every((text) => !text.includes('sandi-rahasia')), 'a password left the house');
	});

	await promise('the same file again is known, and every row of it is there', async () => {
		await choose(list);
		await page.getByText('Berkas yang persis sama sudah diimpor').waitFor();
		await count(`${ROWS} sudah ada`);
		await page.getByRole('button', { name: 'Batalkan impor' }).click();
		await page.getByRole('button', { name: 'Periksa berkas' }).waitFor();
	});

	await promise('columns that were not understood are chosen by hand, then only they change', async () => {
		const csv = join(folder, 'perubahan.csv');
		writeFileSync(csv, 'Kunci;Sebutan;Sandi baru;Petugas\nuji-0001;Kamera baru satu;rahasia-lain;Petugas A\nuji-0002;Kamera uji 2;;Petugas B\n');
		await choose(csv);
		await page.getByText('Belum ada kolom untuk').waitFor();
		await page.getByLabel('A Kunci: Menjadi').selectOption({ label: 'nama pendek *' });
		await page.getByLabel('B Sebutan: Menjadi').selectOption({ label: 'nama kamera *' });
		const secret = await page.getByLabel('C Sandi baru: Menjadi').locator('option').allInnerTexts();
		expect(secret.join() === 'tidak dipakai,kata sandi kamera', secret.join());
		await page.getByLabel('Yang sudah ada').selectOption('update');
		await page.getByRole('button', { name: '2 berubah' }).waitFor();
		const text = await page.locator('ol').innerText();
		expect(text.includes('Kamera uji 1 → Kamera baru satu') && !text.includes('rahasia-lain'), text);
		await sound(page, 'impor-perubahan-1920');
		await page.getByRole('button', { name: 'Tulis 2 baris' }).click();
		await page.getByText('2 baris ditulis').waitFor();
		const one = await house.json('GET', '/api/v1/cameras/uji-0001', { token });
		expect(one.name === 'Kamera baru satu' && one.contact.name === 'Petugas A' && one.contact.phone === '081200000001', JSON.stringify(one));
	});

	await promise('the command line says the same and fails when it writes nothing', async () => {
		const more = join(folder, 'lagi.xlsx');
		await run(python, [join(foreign, 'camera_list.py'), more, '3', 'good']);
		const twice = await cli('cameras', 'import', more).then(
			() => 0,
			(error) => error
		);
		expect(twice.code === 1 && twice.stdout.includes('3 there already') && twice.stdout.includes('nothing was written'), twice.stdout);
		const csv = join(folder, 'cli.csv');
		writeFileSync(csv, 'short,name,area,main\ncli-1,Satu,62.71,rtsp://192.0.2.1/a\ncli-2,Dua,6271010,rtsp://192.0.2.2/a\n');
		const dry = await cli('cameras', 'import', csv, '--leave-out', '--dry-run');
		expect(dry.stdout.includes('6271010 is a code of BPS') && dry.stdout.includes('nothing was written'), dry.stdout);
		const done = await cli('cameras', 'import', csv, '--leave-out');
		expect(done.stdout.includes('written: 1 added, 0 changed, 0 as they were, 1 left out, of 2 rows'), done.stdout);
	});

	await promise('what is no table is refused with words to act on', async () => {
		await page.goto(`${house.url}/kamera/impor`);
		await page.setInputFiles('input[type=file]', { name: 'surat.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') });
		await page.getByRole('button', { name: 'Periksa berkas' }).click();
		await page.getByText('Kirim CSV atau XLSX').waitFor();
		await sound(page, 'impor-bukan-tabel-1920');
	});
	await context.close();

	for (const theme of ['light', 'dark']) {
		for (const language of ['id', 'en']) {
			await promise(`360 px ${theme} ${language}: from the file to the verdicts`, async () => {
				const small = await chrome.newContext({ viewport: { width: 360, height: 740 }, colorScheme: theme, locale: 'id-ID', bypassCSP: true });
				small.setDefaultTimeout(HANG_MS);
				const phone = await small.newPage();
				phone.on('pageerror', (error) => broken.push(String(error)));
				await logIn(phone, house.url);
				await phone.goto(`${house.url}/kamera/impor?bahasa=${language}`);
				await phone.waitForSelector('input[type=file]', { state: 'attached' });
				await sound(phone, `impor-pilih-360-${theme}-${language}`);
				const list = join(folder, `kecil-${theme}-${language}.xlsx`);
				await run(python, [join(foreign, 'camera_list.py'), list, '4']);
				await phone.setInputFiles('input[type=file]', list);
				await phone.locator('button[type=submit]').click();
				await phone.waitForSelector('#baris-0');
				await sound(phone, `impor-pratinjau-360-${theme}-${language}`);
				await phone.evaluate(() => document.getElementById('baris-6').scrollIntoView({ block: 'center' }));
				await sound(phone, `impor-baris-360-${theme}-${language}`);
				await small.close();
			});
		}
	}

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
	rmSync(folder, { recursive: true, force: true });
});
