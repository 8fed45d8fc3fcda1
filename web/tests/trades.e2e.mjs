// Household businesses as whom a programme is for: a list of them is brought in on the page,
// their owners are found or said to be unknown, rules are tried, a list is adopted and tells
// each business by its name with its owner masked, and a sheet of reasons is printed.
//
//   node web/tests/trades.e2e.mjs
//
// All persons and businesses are made up; what is expected is judged here from what is true.
import { bring as bringList, examine, until } from './card.house.mjs';
import { EACH, made } from './card.people.mjs';
import { ADMIN, HANG_MS, browser, expect, fit, house as newHouse, keep, logIn, promise, run, shots } from './house.mjs';

const n = (value) => value.toLocaleString('id-ID');
const rp = (value) => `Rp\u00a0${n(value)}`;
const RUPIAH = 2_500_000;
const MAX = 5_000_000;
const RULES = { pemilik: 'Pemiliknya hidup', desil: 'Desil 1 sampai 2', omzet: 'Omzet paling banyak 5 juta', bantuan: 'Sudah menerima BPUM' };
const PROGRAMME = `program = "modal"
nama = "Modal usaha uji"
subjek = "usaha"
instansi = "Dinas Koperasi Uji"
dasar = "Peraturan uji"
barang = "bantuan modal"
satuan = "usaha"
jumlah = 1
rupiah = ${RUPIAH}
berlaku_dari = 2020-01-01

[[aturan]]
id = "pemilik"
jenis = "syarat"
nama = "${RULES.pemilik}"
massal = false
jika = { kolom = "pemilik_hidup", op = "ya" }

[[aturan]]
id = "desil"
jenis = "syarat"
nama = "${RULES.desil}"
dasar = "pasal 2"
jika = { kolom = "desil", op = "<=", nilai = 2 }

[[aturan]]
id = "omzet"
jenis = "syarat"
nama = "${RULES.omzet}"
dasar = "pasal 3"
jika = { kolom = "omzet", op = "<=", nilai = ${MAX} }

[[aturan]]
id = "bantuan"
jenis = "pengecualian"
nama = "${RULES.bantuan}"
jika = { kolom = "bantuan_usaha", op = "ada", nilai = ["BPUM"] }
`;

await keep(async () => {
	const { house, token } = await newHouse();
	const villagesOf = async (regency) => (await house.json('GET', `/api/v1/areas?level=village&within=${regency}&limit=5000`, { token })).items;
	const [east, far] = [await villagesOf('62.02'), await villagesOf('62.11')];
	const [one, two] = east;
	const [three] = far;
	const { families, lists, titles, days } = made([one, two, three].map(({ code }) => code));
	for (const kind of ['dtsen', 'kpm', 'bansos', 'kematian']) await bringList({ house, token }, kind, lists[kind], { title: titles[kind], owner: `Dinas ${kind}`, as_of: days[kind], purposes: ['uji'] });

	// What is true of each business.
	const poor = families.filter((it) => it.decile === 2 && it.died === undefined && !it.unknown && it.listed);
	const rich = families.find((it) => it.decile === 9);
	const late = families.find((it) => it.died === '2026-02-03');
	const some = (of, name, more = {}) => ({ of, name, turnover: 1_500_000, aid: 'tidak ada', nib: '', says: true, ...more });
	const trades = [
		some(poor[0], 'Warung Hulu', { nib: '9120301234567' }),
		some(poor[1], 'Kios Tepi Sungai'),
		// Of the first one's owner again, with aid.
		some(poor[0], 'Kue Hulu', { aid: 'BPUM' }),
		some(poor[2], 'Bengkel Besar', { turnover: MAX + 1 }),
		some(poor[3], 'Jahit Diam', { turnover: null }),
		some(rich, 'Toko Mapan'),
		some(late, 'Warung Almarhum'),
		some(null, 'Kios Entah')
	];
	const judge = (it) => {
		if (!it.of) return it.turnover !== null && it.turnover > MAX ? 'excluded' : it.aid === 'BPUM' ? 'excluded' : 'unknown';
		if (it.of === late || it.of.decile > 2 || it.aid === 'BPUM' || (it.turnover ?? 0) > MAX) return 'excluded';
		return it.turnover === null ? 'unknown' : 'included';
	};
	const of = (verdict) => trades.filter((it) => judge(it) === verdict);
	const village = (it) => it.of?.village ?? one.code;
	const csv = ['nik,no_kk,nama,nama_usaha,jenis_usaha,kbli,nib,omzet,lama_usaha,bantuan,kode_desa', ...trades.map((it) => [it.of?.head.nik ?? '', it.of?.kk ?? '', it.of?.head.name ?? '', it.name, 'perdagangan', '47112', it.nib, it.turnover ?? '', 3, it.aid, village(it)].join(','))].join('\n');

	const chrome = await browser();
	const broken = [];
	const context = await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: 'Asia/Pontianak', bypassCSP: true, acceptDownloads: true });
	const page = await context.newPage();
	page.on('pageerror', (error) => broken.push(String(error)));
	await logIn(page, house.url, ADMIN);
	const sheet = page.getByRole('dialog');
	const hidden = (who) => who.name.split(' ').map((word) => word[0] + '•'.repeat(Math.min(4, word.length - 1))).join(' ');
	const row = (it) => page.locator('li[data-subject]').filter({ hasText: it.name });

	await promise('a list of businesses is offered among the kinds, read with its points, and written', async () => {
		await page.goto(`${house.url}/kartu/impor`);
		await page.getByText('Usaha rumah tangga', { exact: false }).first().waitFor();
		await fit(page);
		await bringList({ house, token }, 'usaha', csv, { title: 'UMKM uji', owner: 'Dinas Koperasi', as_of: '2026-04-01', purposes: ['uji'] });
		await examine({ house, token }, { decile_max: 2, rupiah_each: EACH, not_excluding: [] });
		await page.goto(`${house.url}/kartu`);
		await page.getByText(`${n(trades.length)} usaha rumah tangga; pemilik 1 di antaranya belum ditemukan di daftar lain.`).waitFor();
	});

	await promise('an official tries rules for businesses: who would get it, at what cost, and whose owner is not known', async () => {
		await house.json('POST', '/api/v1/card/programmes', { token, body: { text: PROGRAMME, note: 'uji' } });
		await page.goto(`${house.url}/kartu/penetapan/program/modal?lawan=tanpa`);
		await page.getByText('Pemilik 1 usaha belum ditemukan di daftar lain', { exact: false }).waitFor({ timeout: HANG_MS });
		await page.getByText(`${n(of('included').length)} usaha`, { exact: false }).first().waitFor();
		await page.getByText(rp(RUPIAH * of('included').length), { exact: false }).first().waitFor();
		expect((await page.getByRole('option', { name: /berjalan/ }).count()) === 0, 'the running list of families is offered');
		await fit(page);
		await shots(page, 'usaha-coba', { fullPage: true });
	});

	const list = `${house.url}/kartu/penetapan/daftar/1`;
	await promise('a list of businesses is adopted, and tells each by its name with its owner masked', async () => {
		await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'modal', title: 'Modal uji' } });
		await page.goto(list);
		await page.getByText(`Yang ditetapkan: ${n(of('included').length)} usaha menerima`).waitFor();
		const form = page.getByRole('form', { name: 'Tetapkan daftar' });
		await form.getByLabel('Nomor keputusan').fill('518/1/UJI/2026');
		await form.getByLabel('Tanggal keputusan').fill('2026-11-27');
		await form.getByLabel('Nama 1').fill('Siti Contoh');
		await form.getByLabel('Jabatan 1').fill('Kepala Dinas Contoh');
		await form.getByLabel('Ketik jumlah penerima').fill(n(of('included').length));
		await form.getByRole('button', { name: 'Tetapkan' }).click();
		await page.getByRole('heading', { level: 1, name: `Daftar 1: ${n(of('included').length)} usaha menerima Modal usaha uji` }).waitFor({ timeout: HANG_MS });
		for (const verdict of ['included', 'unknown']) {
			await page.goto(`${list}?bagian=daftar&putusan=${verdict}`);
			for (const it of of(verdict)) {
				const text = await row(it).innerText();
				const owner = it.of ? `(pemilik ${hidden(it.of.head)})` : '(pemilik tidak disebut)';
				expect(text.includes(`${it.name} ${owner}`), `${text} for ${it.name} ${owner}`);
				expect(!it.of || !text.includes(it.of.head.name), 'the owner is not masked');
			}
			expect((await page.locator('li[data-subject]').count()) === of(verdict).length, `${await page.locator('li[data-subject]').count()} are ${verdict}`);
		}
		await page.goto(`${list}?bagian=daftar`);
		await row(trades[0]).waitFor();
		await fit(page);
		await shots(page, 'usaha-daftar', { fullPage: true });
	});

	await promise('reasons of a business are told by its own row and by those of its owner, and printed', async () => {
		await row(trades[0]).getByRole('link').click();
		await page.locator('[data-rule="omzet"]').getByText('UMKM uji, baris').waitFor();
		await page.locator('[data-rule="desil"]').getByText('DTSEN contoh, baris').waitFor();
		await fit(page);
		await shots(page, 'usaha-alasan', { fullPage: true });
		await page.getByRole('button', { name: 'Cetak lembar alasan' }).click();
		await sheet.getByRole('button', { name: 'Penjelasan kepada warga' }).click();
		const waits = page.waitForEvent('download');
		await sheet.getByRole('button', { name: 'Unduh lembar alasan (PDF)' }).click();
		const file = await (await waits).path();
		const { stdout } = await run('pdftotext', ['-layout', file, '-']);
		const text = stdout.replace(/\s+/g, ' ');
		const { head } = trades[0].of;
		for (const word of ['Warung Hulu', hidden(head), 'Usaha ini masuk daftar penerima: 1 usaha bantuan modal', '518/1/UJI/2026', 'UMKM uji, per 1 April 2026', 'dapat menyanggah']) expect(text.includes(word), `${stdout} for ${word}`);
		expect(!text.includes(head.nik) && !text.includes(head.name), 'the owner is named in full');
		await sheet.waitFor({ state: 'detached' });
	});

	await promise('the family of the owner shows its businesses and where they stand', async () => {
		await page.getByRole('link', { name: 'Lihat keluarganya' }).click();
		await page.getByRole('heading', { name: 'Usaha rumah tangga' }).waitFor();
		expect((await page.locator('[data-business]').count()) === 2, `${await page.locator('[data-business]').count()} businesses`);
		const text = await page.locator('[data-business]').filter({ hasText: 'Warung Hulu' }).innerText();
		for (const word of ['milik anggota ke-', rp(1_500_000), '47112']) expect(text.includes(word), `${text} for ${word}`);
		expect(!text.includes('9120301234567'), 'its number is not masked');
		await page.getByRole('region', { name: 'Penetapan' }).getByText('Daftar 1, ditetapkan').first().waitFor();
		await fit(page);
		await shots(page, 'usaha-keluarga', { fullPage: true });
	});

	await promise('the next list tells which business left, and why', async () => {
		const left = csv.split('\n').map((line) => (line.includes('Kios Tepi Sungai') ? line.replace('1500000', String(MAX * 2)) : line));
		await bringList({ house, token }, 'usaha', left.join('\n'), { title: 'UMKM kedua', owner: 'Dinas Koperasi', as_of: '2026-06-01', purposes: ['uji'] });
		await examine({ house, token }, { decile_max: 2, rupiah_each: EACH, not_excluding: [] });
		const { number } = await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'modal' } });
		await house.json('PUT', `/api/v1/card/decisions/${number}/rulings/omzet:fails`, { token, body: { answer: 'remove', reason: 'omzetnya naik' } });
		const body = { receiving: of('included').length - 1, decree: '518/2/UJI/2026', decree_day: '2026-11-28', signatories: [{ name: 'Siti Contoh', office: 'Kepala' }] };
		await house.json('POST', `/api/v1/card/decisions/${number}/adoption`, { token, body });
		await until(() => house.json('GET', `/api/v1/card/decisions/${number}`, { token }), ({ state }) => state === 'adopted', 'the second list');
		await page.goto(`${house.url}/kartu/penetapan/daftar/${number}?bagian=perubahan`);
		await row({ name: 'Kios Tepi Sungai' }).getByText('Keluar dari daftar.').waitFor();
		expect((await page.locator('li[data-subject]').count()) === 1, 'another one changed');
	});

	await promise('it fits a phone, in English', async () => {
		await page.goto(`${list}?bagian=daftar&bahasa=en`);
		await page.getByText('Warung Hulu (owner', { exact: false }).first().waitFor();
		await fit(page);
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
