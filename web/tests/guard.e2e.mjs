// What is owed to those whose data the house keeps: a request is answered in time and leaves a
// trace of who looked, an erasure is refused while something holds it and is carried out by two
// persons where nothing does, a term is changed after its effect was read, and a breach runs
// against its clock until both were told.
//
//   node web/tests/guard.e2e.mjs
//
// All persons are made up. What is expected is told by what is true of them and by the calendar;
// of the house only the names of areas are asked.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bring as bringList, examine, until } from './card.house.mjs';
import { EACH, made } from './card.people.mjs';
import { MAX, PROGRAMME } from './decree.rules.mjs';
import { ADMIN, browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const SECOND = { username: 'pelindung-kedua', password: 'jembatan-biru-di-hulu-24' };
const AUDITOR = { username: 'pengawas-uji', password: 'dermaga-tua-di-hilir-24' };
const PART = { username: 'bansos-daerah', password: 'titian-rotan-di-hulu-24' };
const ZONE = 'Asia/Pontianak';
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** An adopted list is kept for ten years, and a year is counted as 366 days. */
const KEPT_DAYS = 10 * 366;
const dayOf = (ms) => new Intl.DateTimeFormat('id-ID', { timeZone: ZONE, day: 'numeric', month: 'short', year: 'numeric' }).format(ms);
/** As a field for day and hour takes it, by the clock of the house. */
const fieldOf = (ms) => new Date(ms + 7 * HOUR_MS).toISOString().slice(0, 16);
const isoOf = (ms) => fieldOf(ms).slice(0, 10);
const SAID = { who: 'istri kepala keluarga, datang sendiri', identity: 'KTP-el asli diperlihatkan', asks: 'Data apa yang disimpan tentang keluarga kami?', purpose: 'Menjawab permintaan pemilik data' };
const LEAK = { what: 'Lampiran satu desa terkirim ke alamat surel yang salah.', handling: 'Penerima diminta menghapusnya.' };

await keep(async () => {
	const { house, token } = await newHouse();
	const villagesOf = async (regency) => (await house.json('GET', `/api/v1/areas?level=village&within=${regency}&limit=5000`, { token })).items;
	const [east, [three]] = [await villagesOf('62.02'), await villagesOf('62.11')];
	const district = (code) => code.split('.').slice(0, 3).join('.');
	const [one] = east;
	const two = east.find(({ code }) => district(code) !== district(one.code));
	const { families, members, lists, titles, days } = made([one, two, three].map(({ code }) => code));
	for (const [name, who, role, area] of [
		['Pelindung Kedua', SECOND, 'bansos', '62'],
		['Pengawas Uji', AUDITOR, 'pengawas', '62'],
		['Petugas Daerah', PART, 'bansos', '62.11']
	])
		await house.json('POST', '/api/v1/staff', { token, body: { name, ...who, grants: [{ role, area, agency: null }] } });
	const agreement = { dtsen: { agreement: 'PKS 1/UJI/2025', agreement_until: '2026-06-30' }, kpm: {} };
	// The first list is that of deciles, the second the running one.
	for (const kind of ['dtsen', 'kpm']) await bringList({ house, token }, kind, lists[kind], { title: titles[kind], owner: `Dinas ${kind}`, as_of: days[kind], purposes: ['uji'], ...agreement[kind] });
	await examine({ house, token }, { decile_max: MAX, rupiah_each: EACH, not_excluding: [] });
	await house.json('POST', '/api/v1/card/programmes', { token, body: { text: PROGRAMME, note: 'uji' } });
	const { groups } = await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'pangan' } }).then(({ number }) => house.json('GET', `/api/v1/card/decisions/${number}`, { token }));
	for (const { id } of groups) await house.json('PUT', `/api/v1/card/decisions/1/rulings/${id}`, { token, body: { answer: 'hold', reason: 'uji' } });
	const { receiving } = await house.json('GET', '/api/v1/card/decisions/1', { token });
	const adoptedOn = Date.now();
	await house.json('POST', '/api/v1/card/decisions/1/adoption', { token, body: { receiving, decree: '460/1/UJI/2026', decree_day: isoOf(adoptedOn - DAY_MS), signatories: [{ name: 'Siti Contoh', office: 'Kepala Dinas Contoh' }] } });
	await until(() => house.json('GET', '/api/v1/card/decisions/1', { token }), ({ state }) => state === 'adopted', 'the adopted list');

	/** Receives, and stands on the running list: nothing of it can be destroyed for ten years. */
	const held = families.find((it) => it.listed && it.decile === 2 && !it.aid && it.rupiah !== null && it.village === one.code && it.died === undefined);
	/** Neither receives nor is on the running list: no list of people rests on it. */
	const free = families.find((it) => !it.listed && it.decile === 7);
	const there = families.find((it) => it.village === three.code && it.listed);

	const chrome = await browser();
	const broken = [];
	const enter = async (who) => {
		const context = await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: ZONE, bypassCSP: true, acceptDownloads: true });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, who);
		return page;
	};
	const page = await enter(ADMIN);
	const other = await enter(SECOND);
	const audit = async (verb) => (await house.json('GET', `/api/v1/audit?verb=${verb}&limit=100`, { token })).items;
	const at = (part, more = '') => `${house.url}/kartu/privasi${part ? `?bagian=${part}` : ''}${more}`;
	const sheet = (on = page) => on.getByRole('dialog');
	const request = (number, on = page) => on.locator(`[data-request="${number}"]`);
	const sum = (part, on = page) => on.locator(`[data-sum="${part}"]`);
	const octets = async (on, act) => {
		const waits = on.waitForEvent('download');
		await act();
		return readFileSync(await (await waits).path());
	};
	/** Looks for a family by its head's number in a form that asks for one; the id that was found. */
	async function pick(form, it) {
		await form.getByLabel('Cari dengan NIK, nomor KK, atau nomor kartu').fill(it.head.nik);
		await form.getByRole('button', { name: 'Cari', exact: true }).click();
		await form.getByText('1 keluarga ditemukan').waitFor();
		return form.getByLabel(/^ID keluarga atau orang/).inputValue();
	}
	async function record(on, { kind, it, ...said }) {
		await on.getByRole('button', { name: 'Catat permintaan' }).click();
		const form = sheet(on);
		await form.getByRole('radio', { name: kind }).check();
		const id = it ? await pick(form, it) : null;
		await form.getByLabel('Siapa yang meminta').fill(said.who);
		if (said.identity) await form.getByLabel('Cara memeriksa identitasnya').fill(said.identity);
		await form.getByLabel('Yang diminta').fill(said.asks);
		await form.getByRole('button', { name: 'Simpan permintaan' }).click();
		await form.waitFor({ state: 'detached' });
		return id;
	}
	async function open(on, number, purpose) {
		await request(number, on).getByRole('button', { name: 'Lihat' }).click();
		await sheet(on).getByLabel('Untuk keperluan apa').fill(purpose);
		await sheet(on).getByRole('button', { name: 'Buka permintaan' }).click();
		await sheet(on).locator('[data-opened]').waitFor();
	}

	await promise('the card leads there, and nothing waits: that is said and is no blank', async () => {
		await page.goto(`${house.url}/kartu`);
		await page.getByRole('link', { name: 'Privasi', exact: true }).click();
		await page.getByRole('heading', { level: 1, name: 'Tidak ada permintaan yang menunggu' }).waitFor();
		await sum('kebocoran').getByText('Tidak ada yang berjalan').waitFor();
		await sum('pemusnahan').getByText('Tidak ada', { exact: true }).waitFor();
		await page.getByText('Catat permintaan warga yang ingin melihat').waitFor();
		await fit(page);
		await shots(page, 'privasi-kosong', { fullPage: true });
	});

	let family = '';
	await promise('a request is recorded about a family that is found by a number, and its 72 hours run', async () => {
		await page.getByRole('button', { name: 'Catat permintaan' }).click();
		const form = sheet();
		await form.getByLabel('Siapa yang meminta').fill(SAID.who);
		await form.getByLabel('Yang diminta').fill(SAID.asks);
		await form.getByRole('button', { name: 'Simpan permintaan' }).click();
		await form.getByText('Pilih jenis permintaan.').waitFor();
		expect((await form.getByLabel('Yang diminta').inputValue()) === SAID.asks, 'what was typed is gone');
		family = await pick(form, held);
		expect(/^fam_/.test(family), family);
		expect((await form.getByLabel('Cari dengan NIK').inputValue()) === '', 'the number stays on the screen');
		await fit(page);
		await shots(page, 'privasi-catat');
		await form.getByRole('radio', { name: 'Melihat data' }).check();
		await form.getByRole('button', { name: 'Simpan permintaan' }).click();
		await form.waitFor({ state: 'detached' });
		await page.getByRole('heading', { level: 1, name: '1 permintaan menunggu jawaban' }).waitFor();
		const text = await request(1).innerText();
		for (const word of ['Melihat data', 'Menunggu jawaban', 'Belum ada petugas', 'Belum ada yang memeriksa identitasnya.', family, held.village]) expect(text.includes(word), `${text} for ${word}`);
		expect(/Sisa 7[12] jam/.test(text), text);
		expect(!text.includes(SAID.who) && !(await page.locator('main').innerText()).includes(SAID.asks), 'what it says is shown');
		expect(!page.url().includes(held.head.nik), page.url());
	});

	await promise('it is taken, handed on, and found by whose it is', async () => {
		await request(1).getByRole('button', { name: 'Tangani' }).click();
		await request(1).getByText('Ditangani oleh').waitFor();
		await request(1).getByRole('button', { name: 'Lihat' }).click();
		await sheet().getByLabel('Petugas yang menangani').selectOption({ label: 'Pelindung Kedua' });
		await sheet().getByRole('button', { name: 'Serahkan' }).click();
		await sheet().locator('[data-owner]').getByText('Ditangani oleh Pelindung Kedua').waitFor();
		await page.keyboard.press('Escape');
		await page.getByLabel('Hanya yang saya tangani').check();
		await page.waitForURL((url) => url.searchParams.get('petugas') === 'saya');
		await page.getByText('Ubah atau hapus saringan.').waitFor();
		await other.goto(at('', '?petugas=saya'));
		await request(1, other).waitFor();
	});

	await promise('it is opened for a purpose, identity is checked, and all that is kept is handed out', async () => {
		await open(other, 1, SAID.purpose);
		for (const word of [SAID.who, SAID.asks]) await sheet(other).getByText(word).waitFor();
		const take = sheet(other).getByRole('button', { name: 'Unduh semua data subjek' });
		expect(await take.isDisabled(), 'data can be taken before anybody checked who asks');
		await sheet(other).getByLabel('Cara memeriksa identitasnya').fill(SAID.identity);
		await sheet(other).getByRole('button', { name: 'Simpan pemeriksaan identitas' }).click();
		await sheet(other).getByText(SAID.identity).waitFor();
		const file = (await octets(other, () => take.click())).toString();
		for (const word of [held.head.name, held.head.nik, titles.dtsen, titles.kpm]) expect(file.includes(word), `${word} is not in the file`);
		await fit(other);
		await shots(other, 'privasi-buka');
		expect((await audit('card_request.dossier')).length === 1, 'that it was taken is not in the audit');
	});

	await promise('it is answered, and what was answered is read again only for a purpose', async () => {
		await sheet(other).getByRole('radio', { name: 'Dikabulkan', exact: true }).check();
		await sheet(other).getByLabel('Alasan').fill('berhak melihat datanya');
		await sheet(other).getByLabel('Yang dilakukan').fill('berkas diserahkan di kantor');
		await sheet(other).getByRole('button', { name: 'Simpan jawaban' }).click();
		await sheet(other).waitFor({ state: 'detached' });
		await other.getByRole('heading', { level: 1, name: 'Tidak ada permintaan yang menunggu' }).waitFor();
		await page.goto(at('', '?status=granted'));
		await request(1).getByText('Dijawab oleh Pelindung Kedua').waitFor();
		await open(page, 1, 'Pengawasan');
		await sheet().getByText('berkas diserahkan di kantor').waitFor();
	});

	const person = await house.json('GET', '/api/v1/staff?limit=100', { token }).then(({ items }) => items.find(({ name }) => name === 'Pelindung Kedua').id);
	await promise('who looked is told with purpose and place, and can be narrowed to person, family, verb and days', async () => {
		await page.goto(`${house.url}/kartu/keluarga/${family}`);
		await page.getByRole('link', { name: 'Siapa melihat keluarga ini' }).click();
		await page.waitForURL(`**/kartu/privasi?bagian=melihat&subjek=${family}`);
		const rows = page.locator('[data-look]');
		await rows.filter({ hasText: SAID.purpose }).first().waitFor();
		const opened = page.locator('[data-look="card_request.opened"]').filter({ hasText: 'Pelindung Kedua' });
		const text = await opened.innerText();
		for (const word of [SAID.purpose, 'permintaan 1', '127.0.0.1', dayOf(Date.now())]) expect(text.includes(word), `${text} for ${word}`);
		expect((await page.locator('[data-look="card_request.dossier"]').count()) === 1, 'the file is no look');
		await fit(page);
		await shots(page, 'privasi-melihat', { fullPage: true });
		await page.getByLabel('Petugas').selectOption({ label: 'Pelindung Kedua' });
		await page.waitForURL((url) => url.searchParams.get('orang') === person);
		await page.locator('[data-look="card_request.opened"]').waitFor();
		expect((await rows.filter({ hasText: 'Pengawasan' }).count()) === 0, 'somebody else is shown');
		await page.getByLabel('Tindakan').selectOption('card_request.dossier');
		await page.getByText('1 catatan', { exact: true }).waitFor();
		const csv = (await octets(page, () => page.getByRole('link', { name: 'CSV' }).click())).toString().trim().split('\r\n');
		expect(csv.length === 2 && csv[1].includes('Pelindung Kedua') && csv[1].includes(SAID.purpose), csv.join('\n'));
		await page.getByLabel('Sampai tanggal').fill(isoOf(Date.now() - DAY_MS));
		await page.getByText('Tidak ada yang melihat').waitFor();
		await page.getByLabel('ID keluarga atau orang').fill(held.head.nik);
		await page.getByLabel('ID keluarga atau orang').blur();
		await page.getByText('Ini bukan ID keluarga atau orang.').waitFor();
		expect(!page.url().includes(held.head.nik), page.url());
	});

	await promise('what a decree and a payment rest on is not destroyed, and it is said until when', async () => {
		await page.goto(at('pemusnahan', `&subjek=${family}`));
		const holds = page.locator('[data-holds]');
		await holds.getByText(`Ditahan oleh daftar SK nomor 1 sampai ${dayOf(adoptedOn + KEPT_DAYS * DAY_MS)}`).waitFor();
		await holds.getByText('Ditahan oleh bukti pembayaran pada daftar 2 sampai 1 Apr 2036').waitFor();
		// Each member in the list of deciles, the head in the running one.
		await page.getByText(`Yang dimusnahkan kelak: ${members(held).length + 1} baris`).waitFor();
		expect((await page.getByRole('button', { name: 'Usulkan pemusnahan' }).count()) === 0, 'it can be proposed');
		const body = { subject: family, decree: { number: 'x', day: isoOf(Date.now()) }, reason: 'uji', rows: members(held).length + 1, request: null };
		const refused = await house.ask('POST', '/api/v1/card/erasures', { token, body });
		expect(refused.status === 409 && (await refused.text()).includes('card-held'), `${refused.status}`);
		await fit(page);
		await shots(page, 'privasi-ditahan', { fullPage: true });
	});

	let gone = '';
	await promise('a request to erase leads to the erasure, which one person proposes by decree', async () => {
		await page.goto(at(''));
		gone = await record(page, { kind: 'Menghapus data', it: free, who: 'kepala keluarga', identity: SAID.identity, asks: 'Hapus semua data kami.' });
		await open(page, 2, SAID.purpose);
		await sheet().getByText('Permintaan menghapus dijawab oleh orang lain.').waitFor();
		await other.goto(at(''));
		await open(other, 2, SAID.purpose);
		await sheet(other).getByRole('link', { name: 'Ke pemusnahan' }).click();
		await other.locator(`[data-preview="${gone}"]`).getByText(`Yang dimusnahkan: ${members(free).length} baris`).waitFor();
		await other.getByText('Menindaklanjuti permintaan 2.').waitFor();
		await other.locator('[data-preview]').getByText('Catatan audit').waitFor();
		await fit(other);
		await shots(other, 'privasi-periksa', { fullPage: true });
		await other.getByRole('button', { name: 'Usulkan pemusnahan' }).click();
		await sheet(other).getByLabel('Nomor keputusan').fill('180/7/UJI/2026');
		await sheet(other).getByLabel('Tanggal keputusan').fill(isoOf(Date.now() - DAY_MS));
		await sheet(other).getByLabel('Alasan').fill('permintaan yang dikabulkan');
		await fit(other);
		await sheet(other).getByRole('button', { name: 'Kirim usulan' }).click();
		await sheet(other).waitFor({ state: 'detached' });
		await other.locator('[data-erasure="1"]').getByText('Menunggu orang kedua').waitFor();
		await sum('pemusnahan', other).getByText('1 usulan').waitFor();
		await other.locator('[data-erasure="1"]').getByRole('button', { name: 'Lihat' }).click();
		await sheet(other).getByText('Yang mengonfirmasi harus orang lain.').waitFor();
		expect((await sheet(other).getByRole('button', { name: 'Musnahkan' }).count()) === 0, 'who proposed can confirm');
		await other.keyboard.press('Escape');
	});

	await promise('somebody else confirms it with its number, and the family is found no more', async () => {
		const found = await house.json('POST', '/api/v1/card/families/search', { token, body: { number: free.head.nik } });
		expect(found.items.length === 1, 'it is gone before it was confirmed');
		await page.goto(at('pemusnahan', '&status=proposed'));
		await page.locator('[data-erasure="1"]').getByRole('button', { name: 'Lihat' }).click();
		await sheet().getByText('permintaan yang dikabulkan').waitFor();
		await sheet().getByLabel('Ketik jumlah baris').fill(String(members(free).length + 1));
		await sheet().getByRole('button', { name: 'Musnahkan' }).click();
		await sheet().getByText('Ketik angka yang sama dengan jumlah baris di atas.').waitFor();
		await fit(page);
		await shots(page, 'privasi-konfirmasi');
		await sheet().getByLabel('Ketik jumlah baris').fill(String(members(free).length));
		await sheet().getByRole('button', { name: 'Musnahkan' }).click();
		const paper = sheet().locator('[data-paper]');
		await paper.waitFor();
		const text = await paper.innerText();
		const { record: kept, sha256 } = await house.json('GET', '/api/v1/card/erasures/1', { token });
		expect(createHash('sha256').update(JSON.stringify(kept)).digest('hex') === sha256, `${sha256} is not of ${JSON.stringify(kept)}`);
		for (const word of ['BERITA ACARA', '180/7/UJI/2026', gone, 'Pelindung Kedua', sha256]) expect(text.includes(word), `${text} for ${word}`);
		for (const who of members(free)) expect(!text.includes(who.name) && !text.includes(who.nik), 'it names somebody');
		await fit(page);
		await shots(page, 'privasi-acara');
		await page.keyboard.press('Escape');
		await page.goto(`${house.url}/kartu/keluarga`);
		await page.getByLabel('NIK, nomor KK, atau nomor kartu').fill(free.head.nik);
		await page.getByRole('button', { name: 'Cari', exact: true }).first().click();
		await page.getByText('Tidak ada keluarga yang ditemukan').waitFor();
		expect((await house.ask('GET', `/api/v1/card/families/${gone}`, { token })).status === 404, 'its page is there');
	});

	await promise('the request is answered with the erasure that followed', async () => {
		await other.goto(at(''));
		await open(other, 2, SAID.purpose);
		await sheet(other).getByRole('radio', { name: 'Dikabulkan', exact: true }).check();
		await sheet(other).getByLabel('Alasan').fill('berhak');
		await sheet(other).getByLabel('Yang dilakukan').fill('semua baris dimusnahkan');
		await sheet(other).getByLabel('Nomor pemusnahan').fill('1');
		await sheet(other).getByRole('button', { name: 'Simpan jawaban' }).click();
		await sheet(other).waitFor({ state: 'detached' });
		await other.getByLabel('Keadaan').selectOption('granted');
		await request(2, other).getByText('Ditindaklanjuti dengan pemusnahan 1.').waitFor();
	});

	await promise('a term is changed once its effect was read, not below its least, and for a reason', async () => {
		await page.goto(at('masa'));
		const term = page.locator('[data-term="drafts"]');
		await term.getByText('1 tahun (365 hari)').waitFor();
		expect((await page.locator('[data-term="raw_copy"]').getByRole('button').count()) === 0, 'what has a date of its own can be changed');
		await fit(page);
		await shots(page, 'privasi-masa', { fullPage: true });
		await term.getByRole('button', { name: 'Ubah' }).click();
		await sheet().getByLabel('Masa simpan baru (hari)').fill('10');
		await sheet().getByRole('button', { name: 'Lihat akibatnya' }).click();
		await sheet().locator('[aria-invalid]').waitFor();
		await sheet().getByLabel('Masa simpan baru (hari)').fill('730');
		await sheet().getByRole('button', { name: 'Lihat akibatnya' }).click();
		await sheet().locator('[data-effect]').getByText('Tidak ada yang langsung lewat masa simpan').waitFor();
		expect((await audit('card_term.changed')).length === 0, 'looking has changed it');
		// Other days, and what was read is of none of them.
		await sheet().getByLabel('Masa simpan baru (hari)').fill('60');
		await sheet().getByRole('button', { name: 'Lihat akibatnya' }).waitFor();
		await sheet().getByLabel('Masa simpan baru (hari)').fill('730');
		await sheet().getByLabel('Alasan').fill('keputusan kepala dinas 1/UJI');
		await fit(page);
		await shots(page, 'privasi-ubah-masa');
		await sheet().getByRole('button', { name: 'Ubah masa simpan' }).click();
		await sheet().waitFor({ state: 'detached' });
		await term.getByText('2 tahun (730 hari)').waitFor();
		const [entry] = await audit('card_term.changed');
		expect(JSON.stringify(entry.detail).includes('keputusan kepala dinas 1/UJI'), JSON.stringify(entry));
	});

	// Found eighty hours ago: eight of them are over.
	const found = Date.now() - 80 * HOUR_MS;
	const incidentOf = async () => (await house.json('GET', '/api/v1/incidents?limit=100', { token })).items.find(({ kind, facts }) => kind === 'card.breach' && facts.number === 1);
	await promise('a breach is recorded, is late by the hour, and those on duty have it before them', async () => {
		await page.goto(at('kebocoran'));
		await page.getByRole('button', { name: 'Catat kebocoran' }).click();
		await sheet().getByLabel('Kapan diketahui').fill(fieldOf(found));
		await sheet().getByLabel('Apa yang terjadi').fill(LEAK.what);
		await sheet().getByLabel('Yang sudah dan akan dilakukan').fill(LEAK.handling);
		await sheet().getByRole('button', { name: 'Simpan dan mulai hitungan 72 jam' }).click();
		await sheet().getByText('Pilih paling sedikit satu.').waitFor();
		for (const name of ['identitas', 'alamat']) await sheet().getByLabel(name).check();
		await fit(page);
		await shots(page, 'privasi-bocor-catat');
		await sheet().getByRole('button', { name: 'Simpan dan mulai hitungan 72 jam' }).click();
		await sheet().waitFor({ state: 'detached' });
		const row = page.locator('[data-breach="1"]');
		await row.getByText(/^Terlambat 8 jam/).waitFor();
		for (const word of ['jumlah orang belum diketahui', 'Lembaga PDP belum diberi tahu', 'Warga belum diberi tahu']) await row.getByText(word).waitFor();
		await sum('kebocoran').getByText(/^Terlambat 8 jam/).waitFor();
		expect(!(await page.locator('main').innerText()).includes(LEAK.what), 'what happened is shown');
		await fit(page);
		await shots(page, 'privasi-bocor', { fullPage: true });
		await page.goto(`${house.url}/kejadian`);
		await page.getByText('Kegagalan pelindungan data pribadi kartu (nomor 1)').first().waitFor();
		expect((await incidentOf()).cleared_us === null, 'its incident is over');
	});

	await promise('both are told by a text that the law asks for, and it is closed with its incident', async () => {
		await page.goto(at('kebocoran'));
		await page.locator('[data-breach="1"]').getByRole('button', { name: 'Lihat' }).click();
		await sheet().getByRole('button', { name: 'Menangani kebocoran data' }).click();
		await sheet().getByRole('button', { name: 'Buka catatan' }).click();
		await sheet().locator('[data-opened]').getByText(LEAK.what).waitFor();
		await sheet().getByRole('button', { name: 'Untuk warga yang terkena' }).click();
		const text = await sheet().locator('[data-paper]').innerText();
		for (const word of ['Pasal 46', LEAK.what, LEAK.handling, 'identitas', 'alamat', 'belum diketahui']) expect(text.includes(word), `${text} for ${word}`);
		await fit(page);
		await shots(page, 'privasi-naskah');
		for (const [whom, how] of [['Lembaga pelindungan data pribadi', 'surat nomor 1'], ['Warga yang terkena', 'pengumuman di balai desa']]) {
			await sheet().getByRole('radio', { name: whom }).check();
			await sheet().getByLabel('Dengan cara apa').fill(how);
			await sheet().getByRole('button', { name: 'Simpan pemberitahuan' }).click();
			await sheet().locator(`[data-told="${whom.startsWith('Warga') ? 'people' : 'authority'}"]`).getByText('sesudah 72 jam').waitFor();
		}
		await sheet().getByRole('button', { name: 'Selesaikan kebocoran ini' }).click();
		await sheet().getByLabel('Alasan').fill('alamat surel diperiksa dua kali');
		await sheet().getByRole('button', { name: 'Nyatakan selesai' }).click();
		await sheet().waitFor({ state: 'detached' });
		await page.locator('[data-breach="1"]').getByText('Selesai').waitFor();
		await sum('kebocoran').getByText('Tidak ada yang berjalan').waitFor();
		expect((await incidentOf()).cleared_us !== null, 'its incident goes on');
	});

	await promise('the record of processing marks the agreement that has ended, and goes out as a table', async () => {
		await page.goto(at('pemrosesan'));
		const activity = page.locator('[data-activity]').filter({ hasText: titles.dtsen });
		await activity.getByText('perjanjian berakhir 30 Jun 2026').waitFor();
		await page.getByText('1 perjanjian sudah berakhir.').waitFor();
		await page.locator('[data-activity]').filter({ hasText: titles.kpm }).getByText('perjanjian belum diketahui').waitFor();
		// Who answers for what the house does is not said until somebody says it.
		const backup = page.locator('[data-activity]').filter({ hasText: 'Menyimpan salinan cadangan' });
		await page.locator('[data-office="none"]').waitFor();
		await backup.getByText('belum diisi').first().waitFor();
		await shots(page, 'privasi-pengendali-kosong', { fullPage: true });
		await page.getByRole('button', { name: 'Isi', exact: true }).click();
		for (const [label, value] of [
			['Nama instansi', 'Dinas Sosial Contoh'],
			['Alamat', 'Jl. Contoh 1, Palangka Raya'],
			['Pejabat pelindungan data', 'Kepala Bidang Data'],
			['Kontak pejabat itu', 'ppdp@contoh.example']
		])
			await sheet().getByLabel(label, { exact: true }).fill(value);
		await sheet().getByRole('button', { name: 'Simpan' }).click();
		await sheet().waitFor({ state: 'detached' });
		await page.locator('[data-office="said"]').getByText('Kepala Bidang Data').waitFor();
		await backup.getByText('Dinas Sosial Contoh, Jl. Contoh 1, Palangka Raya').waitFor();
		const csv = (await octets(page, () => page.getByRole('link', { name: 'CSV' }).click())).toString();
		expect(csv.includes('ppdp@contoh.example') && !csv.includes('pengendali,belum diisi'), csv.slice(0, 500));
		expect(csv.includes(titles.dtsen) && csv.includes('2026-06-30'), csv.slice(0, 500));
		await page.locator('summary').filter({ hasText: 'card_record' }).first().click();
		await page.getByRole('row').filter({ hasText: 'sealed.nik' }).getByText('ya', { exact: true }).waitFor();
		await fit(page);
		await shots(page, 'privasi-pemrosesan', { fullPage: true });
	});

	await promise('who has a part of the province sees what people ask there, and nothing else', async () => {
		await page.goto(at(''));
		await record(page, { kind: 'Memperbaiki data', it: there, who: 'kepala keluarga', asks: 'Desilnya keliru.' });
		await record(page, { kind: 'Keberatan', who: 'seorang warga', asks: 'Saya keberatan.' });
		await request(4).waitFor();
		// What waits longest is on top.
		const order = await page.locator('[data-request]').evaluateAll((all) => all.map((each) => each.dataset.request));
		expect(order.join() === '3,4', order.join());
		await shots(page, 'privasi-permintaan', { fullPage: true });
		const own = await enter(PART);
		await own.goto(at('kebocoran'));
		await own.getByText('Anda melihat permintaan di wilayah Anda.').waitFor();
		await request(3, own).waitFor();
		expect((await own.locator('[data-request]').count()) === 1, 'a request of another area is shown');
		expect((await own.getByRole('navigation', { name: 'Bagian halaman privasi' }).count()) === 0, 'there are other parts');
		await fit(own);
		await own.context().close();
	});

	await promise('who only reads along changes nothing', async () => {
		const reader = await enter(AUDITOR);
		await reader.goto(at(''));
		await request(3, reader).waitFor();
		expect((await reader.getByRole('button', { name: /^(Tangani|Catat)/ }).count()) === 0, 'something can be changed');
		await request(3, reader).getByRole('button', { name: 'Lihat' }).click();
		await sheet(reader).getByText('Membuka isinya hanya untuk petugas yang berwenang.').waitFor();
		await reader.keyboard.press('Escape');
		await reader.goto(at('masa'));
		await reader.locator('[data-term="drafts"]').waitFor();
		expect((await reader.getByRole('button', { name: 'Ubah' }).count()) === 0, 'a term can be changed');
		await reader.goto(at('melihat'));
		await reader.locator('[data-look]').first().waitFor();
		await fit(reader);
		await reader.context().close();
	});

	await promise('what could not be read is unknown, and is no zero', async () => {
		const cut = (route) => route.abort();
		await page.route('**/api/v1/card/breaches*', cut);
		await page.goto(at(''));
		await sum('kebocoran').getByText('belum diketahui').waitFor();
		await sum('permintaan').getByText('2 menunggu jawaban').waitFor();
		await page.unroute('**/api/v1/card/breaches*', cut);
	});

	await promise('the keyboard walks the queue and opens one; a family leads to a request about it', async () => {
		await page.goto(at(''));
		await request(3).waitFor();
		await page.keyboard.press('Tab');
		for (const key of ['j', 'j', 'Enter']) await page.keyboard.press(key);
		await sheet().getByText('Permintaan 4').first().waitFor();
		await page.keyboard.press('Escape');
		await page.goto(`${house.url}/kartu/keluarga/${family}`);
		await page.getByRole('link', { name: 'Ajukan permintaan' }).click();
		await sheet().getByLabel(/^ID keluarga atau orang/).waitFor();
		expect((await sheet().getByLabel(/^ID keluarga atau orang/).inputValue()) === family, 'it is about somebody else');
	});

	await promise('all of it is there in English, and fits a phone', async () => {
		const reader = await enter(ADMIN);
		await reader.goto(at('', '?bahasa=en'));
		await reader.getByRole('heading', { level: 1, name: '2 requests wait for an answer' }).waitFor();
		await reader.locator('[data-request="3"]').waitFor();
		await fit(reader);
		for (const [part, word] of [['melihat', 'Who looked'], ['pemusnahan', 'Proposals and records'], ['masa', 'Retention'], ['kebocoran', 'Data breaches'], ['pemrosesan', 'Class of each column']]) {
			await reader.goto(at(part, '&bahasa=en'));
			await reader.getByRole('heading', { name: word }).waitFor();
			await reader.waitForFunction(() => !document.querySelector('main .skel'));
			await fit(reader);
		}
		await shots(reader, 'privasi-en', { fullPage: true });
		await reader.context().close();
	});

	await promise('what is wrong in a row is handed to the owner of its list, and the row stays', async () => {
		await page.goto(at(''));
		await open(page, 3, SAID.purpose);
		await sheet().getByRole('radio', { name: 'Dikabulkan', exact: true }).check();
		await sheet().getByRole('button', { name: 'Tambah perbaikan' }).click();
		await sheet().getByLabel('Alasan').fill('terbukti');
		await sheet().getByLabel('Yang dilakukan').fill('diteruskan ke pemilik daftar');
		await sheet().getByLabel('Seharusnya').fill('1980-01-02');
		await sheet().getByLabel('Buktinya').fill('akta kelahiran');
		await sheet().getByLabel('Yang keliru').selectOption({ label: 'Lahir' });
		await sheet().getByRole('button', { name: 'Simpan jawaban' }).click();
		await sheet().getByText('Pilih barisnya.').waitFor();
		const rows = sheet().getByLabel('Perbaikan 1: baris');
		const mine = (await rows.locator('option').allInnerTexts()).find((name) => name.startsWith(titles.kpm));
		await rows.selectOption({ label: mine });
		await fit(page);
		await shots(page, 'privasi-perbaikan');
		await sheet().getByRole('button', { name: 'Simpan jawaban' }).click();
		await sheet().waitFor({ state: 'detached' });
		await page.getByRole('button', { name: 'Usulan perbaikan' }).click();
		await sheet().getByLabel('Untuk pemilik daftar').selectOption('Dinas kpm');
		await sheet().getByLabel('Untuk keperluan apa').fill('perbaikan triwulan uji');
		await fit(page);
		const [, ...lines] = (await octets(page, () => sheet().getByRole('button', { name: 'Unduh usulan perbaikan' }).click())).toString().trim().split('\r\n');
		expect(lines.length === 1, lines.join('\n'));
		for (const word of [titles.kpm, there.head.birth, '1980-01-02', 'akta kelahiran']) expect(lines[0].includes(word), `${lines[0]} for ${word}`);
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
