// How well an adopted list hits whom it is for: by the rules, which are counted again here from
// what is true of made-up families; and by a field sample that is drawn on the page, whose sheets
// are taken and filled in from a truth of the test, and whose shares are computed again from the
// weights that are handed out.
//
//   node web/tests/measure.e2e.mjs
//
// All persons are made up.
import { readFileSync } from 'node:fs';
import { bring as bringList, examine, until } from './card.house.mjs';
import { EACH } from './card.people.mjs';
import { MAX, PROGRAMME, RULES, judgeOf } from './decree.rules.mjs';
import { ADMIN, browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';
import { county, foundOf, rows, shares } from './measure.truth.mjs';

const SECOND = { username: 'bansos-kedua', password: 'jembatan-biru-di-hulu-24' };
const PART = { username: 'bansos-daerah', password: 'titian-rotan-di-hulu-24' };
const LEADER = { username: 'pimpinan', password: 'dermaga-tua-di-hilir-24' };
const REFERENCE = 'Layak bila rumahnya berlantai tanah atau tanpa listrik, menurut pengamatan petugas.';
/** Digits grouped as the page writes them. */
const n = (value) => value.toLocaleString('id-ID');
/** A share in tenths of a percent. */
const percent = (value) => (Math.round(value * 1000) / 10).toLocaleString('id-ID');
const WORDS = { found: 'ditemukan', part: 'bagian keluarga lain', gone: 'tidak ada lagi', unreached: 'tidak bertemu' };
const KEYS = { found: '1', part: '2', gone: '3', unreached: '4' };

await keep(async () => {
	const { house, token } = await newHouse();
	const villagesOf = async (regency) => (await house.json('GET', `/api/v1/areas?level=village&within=${regency}&limit=5000`, { token })).items;
	const regencies = ['62.02', '62.06', '62.11', '62.71'];
	const triples = [];
	for (const regency of regencies) {
		const all = await villagesOf(regency);
		triples.push([all[0], all[Math.floor(all.length / 2)], all.at(-1)].map(({ code }) => code));
	}
	const { families, members, lists, titles, days, csv, told } = county(triples);
	const bring = (kind, text, more) => bringList({ house, token }, kind, text, { title: titles[kind], owner: `Dinas ${kind}`, as_of: days[kind], purposes: ['uji'], ...more });
	for (const [name, who, role, area] of [
		['Petugas Kedua', SECOND, 'bansos', '62'],
		['Petugas Daerah', PART, 'bansos', '62.11'],
		['Pimpinan Uji', LEADER, 'pimpinan', '62']
	])
		await house.json('POST', '/api/v1/staff', { token, body: { name, ...who, grants: [{ role, area, agency: null }] } });

	const chrome = await browser();
	const broken = [];
	const enter = async (who) => {
		const context = await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: 'Asia/Pontianak', bypassCSP: true, acceptDownloads: true });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, who);
		return page;
	};
	const page = await enter(ADMIN);
	const at = (query = '') => `${house.url}/kartu/indikator${query}`;
	const sheet = page.getByRole('dialog');
	const part = (name) => page.getByRole('navigation', { name: 'Bagian halaman ini' }).getByRole('link', { name, exact: true });
	const text = (place) => place.innerText().then((said) => said.replace(/\s+/g, ' ').trim());
	const audit = async (verb) => (await house.json('GET', `/api/v1/audit?verb=${verb}&limit=100`, { token })).items;
	const download = async (act, on = page) => {
		const waits = on.waitForEvent('download');
		await act();
		const file = await waits;
		return { name: file.suggestedFilename(), octets: readFileSync(await file.path()) };
	};

	await promise('before a list is adopted it says so, and what to do', async () => {
		await page.goto(at());
		await page.getByText('Belum ada daftar yang ditetapkan').waitFor();
		expect(!/\d %/.test(await text(page.locator('main'))), 'a share is shown');
		await fit(page);
		await shots(page, 'tepat-kosong');
	});

	// A list on which some receive whom the rules exclude, some of whom it is not known, and which
	// leaves out some whom they include.
	const judge = judgeOf(members);
	const groupOf = (name) => families.filter((it) => it.listed && judge(it) === name);
	const [over, unknown, dead, aided] = ['desil:fails', 'desil:unknown', 'anggota:fails', 'bantuan:fails'].map(groupOf);
	const eligible = families.filter((it) => judge(it) === 'included');
	const listed = families.filter((it) => it.listed);
	for (const kind of ['dtsen', 'kpm', 'bansos', 'kematian']) await bring(kind, lists[kind]);
	await bring('desa', csv([], families.filter((it) => !it.listed).map((it) => told(it, it.head))), { title: 'Usulan contoh', as_of: '2026-04-02' });
	await examine({ house, token }, { decile_max: MAX, rupiah_each: EACH, not_excluding: [] });
	await house.json('POST', '/api/v1/card/programmes', { token, body: { text: PROGRAMME.replace('massal = false\n', ''), note: 'uji' } });
	await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'pangan', title: 'Triwulan uji' } });
	for (const [group, answer] of [['desil:fails', 'hold'], ['desil:unknown', 'hold'], ['anggota:fails', 'remove'], ['bantuan:fails', 'remove']]) await house.json('PUT', `/api/v1/card/decisions/1/rulings/${group}`, { token, body: { answer, reason: 'uji' } });
	const LEFT = 3;
	const { items: chosen } = await house.json('GET', `/api/v1/card/decisions/1/subjects?verdict=included&limit=${LEFT}`, { token });
	for (const { subject } of chosen) await house.json('POST', '/api/v1/card/decisions/1/exceptions', { token, body: { subject, answer: 'exclude', reason: 'uji' } });
	const receiving = eligible.length - LEFT + over.length + unknown.length;
	await house.json('POST', '/api/v1/card/decisions/1/adoption', { token, body: { receiving, decree: '460/12/UJI/2026', decree_day: '2026-11-27', signatories: [{ name: 'Siti Contoh', office: 'Kepala Dinas Contoh' }] } });
	await until(() => house.json('GET', '/api/v1/card/decisions/1', { token }), ({ state }) => state === 'adopted', 'the list');

	const rule = (key) => page.locator(`[data-rule-share="${key}"]`);
	await promise('by the rules both errors stand before and after, each with its reference, and unknown is no error', async () => {
		await page.goto(at());
		await page.getByRole('heading', { level: 1, name: `Daftar 1: menurut aturan, kesalahan inklusi ${percent(over.length / receiving)} % dan eksklusi ${percent(LEFT / eligible.length)} %. Di lapangan belum diukur.` }).waitFor();
		await page.locator('[data-rules] [data-reference]').getByText(/^Acuan: aturan program versi 1, keadaan \d/).waitFor();
		const fails = over.length + dead.length + aided.length;
		const enters = eligible.filter((it) => !it.listed).length;
		for (const [key, before, now, of] of [
			['inclusion', fails / listed.length, over.length / receiving, `${n(over.length)} dari ${n(receiving)} keluarga`],
			['exclusion', enters / eligible.length, LEFT / eligible.length, `${n(LEFT)} dari ${n(eligible.length)} keluarga`]
		]) {
			const [was, is, said] = [await text(rule(key).locator('[data-before]')), await text(rule(key).locator('[data-now]')), await text(rule(key))];
			expect(was === `Sebelumnya: ${percent(before)} %`, `${key} before: ${was} for ${percent(before)}`);
			expect(is === `Daftar ini: ${percent(now)} %`, `${key}: ${is} for ${percent(now)}`);
			expect(said.includes(of), `${key}: ${said} for ${of}`);
		}
		await rule('inclusion').getByText(`${n(unknown.length)} keluarga penerima belum diketahui kelayakannya`).waitFor();
		let shown = 0;
		for (const [key, was, now] of [['desil:fails', over.length, over.length], ['desil:unknown', unknown.length, unknown.length], ['bantuan:fails', aided.length, 0], ['anggota:fails', dead.length, 0]]) {
			const cells = await page.locator(`tr[data-by-rule="${key}"] td`).allInnerTexts();
			for (const [i, right] of [was, now].entries()) {
				// A count of a few is hidden, and the smallest beside it with it.
				expect(cells[i] === 'disembunyikan' || cells[i] === n(right), `${key}: ${cells} for ${was}, ${now}`);
				expect(right === 0 || right >= 10 || cells[i] === 'disembunyikan', `${key} tells ${cells[i]}`);
			}
			shown += cells.filter((cell) => cell !== 'disembunyikan').length;
			expect((await text(page.locator(`tr[data-by-rule="${key}"] th`))).includes(RULES[key.split(':')[0]]), `${key} has another name`);
		}
		expect(shown >= 4, `${shown} counts by rule are told`);
		await page.getByText('Berapa yang ditambahkan oleh salah padan belum diketahui').waitFor();
	});

	await promise('deciles are told but for a few people, and regencies by those whom the rules exclude', async () => {
		const decileOf = (it) => (it.unknown ? null : it.decile);
		// Who was left out was chosen by the house; all of them are of deciles 1 and 2.
		const held = [...over, ...unknown];
		const count = (decile) => held.filter((it) => decileOf(it) === decile).length;
		for (let decile = 3; decile <= 10; decile++) {
			const said = await text(page.locator(`tr[data-decile="${decile}"] td.num`).first());
			const right = count(decile);
			// A count of a few is hidden, and one more may be with it.
			expect(said === 'disembunyikan' || said === n(right), `decile ${decile}: ${said} for ${right}`);
			expect(right === 0 || right >= 10 || said === 'disembunyikan', `decile ${decile} tells ${said}`);
		}
		const none = await text(page.locator('tr[data-decile="unknown"] td.num').first());
		expect(none === 'disembunyikan' || none === n(count(null)), `unknown: ${none} for ${count(null)}`);
		for (const regency of regencies) {
			const cells = await page.locator(`tr[data-regency="${regency}"] td`).allInnerTexts();
			const wrong = over.filter(({ village }) => village.startsWith(regency)).length;
			expect(wrong >= 10 ? cells[1].startsWith(n(wrong)) || cells[1] === 'disembunyikan' : wrong === 0 || cells[1] === 'disembunyikan', `${regency}: ${cells} for ${wrong}`);
		}
		for (const name of ['Tepat waktu', 'Tepat guna']) await page.locator('[data-notyet]').getByText(name).waitFor();
	});

	await promise('what nobody has visited is not measured, and it is said how it can be', async () => {
		const field = page.locator('[data-field="none"]');
		await field.getByText('belum diukur').first().waitFor();
		await fit(page);
		await shots(page, 'tepat-belum', { fullPage: true });
		await page.goto(`${house.url}/situasi`);
		const card = page.getByRole('region', { name: 'Kartu Huma Betang' });
		await card.locator('[data-aim]').getByText(`${percent(over.length / receiving)} % dan ${percent(LEFT / eligible.length)} %`).waitFor();
		await card.locator('[data-aim]').getByText('menurut aturan program, daftar 1; di lapangan belum diukur').waitFor();
		await shots(page, 'tepat-situasi', { fullPage: true });
		await card.getByRole('link', { name: /^Kesalahan inklusi dan eksklusi/ }).click();
		await page.waitForURL('**/kartu/indikator');
		await page.getByRole('link', { name: 'Tarik sampel lapangan' }).click();
		await page.waitForURL((url) => url.searchParams.get('bagian') === 'sampel' && url.searchParams.get('daftar') === '1');
		await page.getByText('Belum ada sampel', { exact: true }).waitFor();
	});

	const size = async (of) => Number((await text(page.locator(`[data-size="fresh"] [data-of="${of}"] dd`))).replace(/\./g, ''));
	const visitsShown = async () => Number((await text(page.locator('[data-size="fresh"] [data-visits]'))).replace(/[^\d]/g, ''));
	const fill = async (name, value) => {
		await page.getByLabel(name).fill(value);
		await page.locator('[data-size="fresh"]').waitFor();
	};
	await promise('how many are to be visited follows what is typed, and what cannot be is said', async () => {
		await page.locator('[data-size="fresh"]').waitFor();
		const sharp = await visitsShown();
		await fill('Ketelitian', '8');
		const blunt = await visitsShown();
		expect(blunt < sharp, `${blunt} visits for less, ${sharp} for more`);
		await fill('Kunjungan per desa', '3');
		expect((await visitsShown()) === (await size('receiving')) + (await size('others')), 'the parts are not the sum');
		expect((await size('covered')) <= families.length, `${await size('covered')} can be drawn of ${families.length}`);
		await page.getByLabel('Kemiripan tetangga').fill('banyak');
		await page.getByText('Tulis angka antara 0 dan 0,9.').waitFor();
		expect(await page.getByRole('button', { name: 'Tarik sampel' }).isDisabled(), 'it can be drawn by that');
		await fill('Kemiripan tetangga', '0,05');
		await fit(page);
		await shots(page, 'tepat-hitung', { fullPage: true });
	});

	await promise('a sample is drawn after it was read what is drawn, with the reference in words', async () => {
		await page.getByLabel('Acuan petugas lapangan').fill('singkat');
		await page.getByRole('button', { name: 'Tarik sampel' }).click();
		expect((await sheet.count()) === 0, 'seven letters are a reference');
		await page.getByLabel('Acuan petugas lapangan').fill(REFERENCE);
		const [all, yes, no, villages] = [await visitsShown(), await size('receiving'), await size('others'), await size('villages')];
		await page.getByRole('button', { name: 'Tarik sampel' }).click();
		await sheet.locator('[data-preview]').getByText(`${n(all)} kunjungan di ${n(villages)} desa/kelurahan akan ditarik secara acak: ${n(yes)} penerima dan ${n(no)} yang tidak menerima`).waitFor();
		await sheet.getByText(`“${REFERENCE}”`).waitFor();
		await fit(page);
		await shots(page, 'tepat-tarik');
		await sheet.getByRole('button', { name: /^Tarik \d+ kunjungan$/ }).click();
		await page.waitForURL((url) => url.searchParams.get('sampel') === '1');
		await page.getByRole('heading', { name: 'Sampel 1, terbuka' }).waitFor();
		await page.locator('[data-sample="1"] [data-reference]').getByText(REFERENCE).waitFor();
	});

	const sample = () => house.json('GET', '/api/v1/card/samples/1', { token });
	const drawn = await sample();
	const villages = drawn.villages;
	const first = [...villages].sort((a, b) => b.visits - a.visits)[0];
	const villageAt = (area) => at(`?daftar=1&bagian=sampel&sampel=1&desa=${area}`);
	const row = (visit) => page.locator(`[data-visit="${visit}"]`);
	/** The sheet of a village, as it is handed out. */
	async function sheetOf(area) {
		const answer = await house.ask('POST', '/api/v1/card/samples/1/sheets', { token, body: { area, purpose: 'uji' } });
		expect(answer.ok, `the sheet of ${area} → ${answer.status}`);
		return answer.text();
	}
	const byName = new Map(families.flatMap((it, place) => members(it).map((who) => [who.name, { it, place }])));
	/** What is true of the visits of a sheet, by their numbers. */
	function truthOf(csv) {
		return new Map(
			rows(csv).rows.map((line) => {
				const { it, place } = byName.get(line.nama);
				expect(it.village === line['kode desa'], `${line.nama} is visited in ${line['kode desa']}`);
				return [Number(line.kunjungan), foundOf(place, judge(it) === 'included')];
			})
		);
	}
	const sheets = new Map();
	for (const { area } of villages) if (area !== first.area) sheets.set(area, await sheetOf(area));

	await promise('nowhere is it told who receives while visits go on', async () => {
		const { items } = await house.json('GET', '/api/v1/card/samples/1/visits?limit=1000', { token });
		expect(items.length === drawn.visits && items.every(({ weight, receiving }) => weight === null && receiving === null), 'a visit tells it');
		const file = await (await house.ask('GET', '/api/v1/card/samples/1/visits?format=csv', { token })).text();
		const columns = [rows(file).head, ...[...sheets.values()].map((csv) => rows(csv).head)].flat();
		expect(!columns.some((name) => /menerima|bobot|weight|receiv|putusan/i.test(name)), columns.join());
		await page.goto(villageAt(first.area));
		await page.locator('[data-entry] select').first().waitFor();
		expect(!/bobot|menerima/i.test(await text(page.locator('[data-entry]'))), 'the page tells it');
	});

	let mine;
	await promise('the sheet of a village is taken for a purpose, with names, and is in the audit', async () => {
		await page.goto(at('?sampel=1'));
		const line = page.locator(`tr[data-village="${first.area}"]`);
		expect((await text(line)).includes(`0 dari ${first.visits}`), await text(line));
		await fit(page);
		await shots(page, 'tepat-sampel', { fullPage: true });
		await line.getByRole('link').click();
		await page.waitForURL((url) => url.searchParams.get('desa') === first.area);
		await page.getByRole('button', { name: 'Ambil lembar kunjungan' }).click();
		await sheet.getByText('Lembar tidak menyebut siapa yang menerima').waitFor();
		await sheet.getByRole('button', { name: 'Kunjungan sampel lapangan' }).click();
		await fit(page);
		await shots(page, 'tepat-lembar');
		const { name, octets } = await download(() => sheet.getByRole('button', { name: 'Unduh lembar kunjungan' }).click());
		expect(name === `lembar-kunjungan-1-${first.area}.csv`, name);
		mine = truthOf(octets.toString());
		expect(mine.size === first.visits, `${mine.size} visits for ${first.visits}`);
		const niks = families.flatMap((it) => members(it).map((who) => who.nik));
		expect(!niks.some((nik) => octets.toString().includes(nik)), 'a whole NIK is on it');
		const entry = (await audit('card_visit.sheet_taken')).find(({ detail }) => JSON.stringify(detail).includes(first.area));
		expect(JSON.stringify(entry.detail).includes('Kunjungan sampel lapangan') && !JSON.stringify(entry).includes([...byName.keys()][0]), JSON.stringify(entry));
	});

	await promise('outcomes are typed by keys alone; a row that cannot be says why, and nothing typed is lost', async () => {
		const numbers = [...mine.keys()].sort((a, b) => a - b);
		// One of them is found, and at first too many are eligible there.
		const [odd] = numbers;
		mine.set(odd, { outcome: 'found', households: 1, eligible: 1 });
		const press = async (...keys) => {
			for (const key of keys) await page.keyboard.press(key);
		};
		await page.getByLabel('Ke kunjungan nomor').fill(String(odd));
		await press('Enter');
		for (const visit of numbers) {
			const { outcome, households, eligible } = mine.get(visit);
			await press(KEYS[outcome], 'Enter');
			if (outcome === 'found') await press(String(households), 'Enter', visit === odd ? '9' : String(eligible), 'Enter');
		}
		await page.locator(`[data-pending="${numbers.length}"]`).waitFor();
		await press('Control+Enter');
		if (numbers.length > 1) await page.getByText(`${n(numbers.length - 1)} baris tersimpan; 1 belum`).first().waitFor();
		await row(odd).getByText('Yang layak tidak mungkin lebih banyak dari rumah tangganya.').waitFor();
		expect((await row(odd).locator('[data-column="eligible"]').inputValue()) === '9', 'what was typed is gone');
		await page.locator('[data-pending="1"]').waitFor();
		await fit(page);
		await shots(page, 'tepat-isian', { fullPage: true });
		// Whoever goes elsewhere is asked first.
		await page.getByRole('link', { name: 'Kartu Huma Betang' }).click();
		await sheet.getByText('1 baris hasil kunjungan belum disimpan').waitFor();
		await sheet.getByRole('button', { name: 'Tetap di sini' }).click();
		await row(odd).locator('[data-column="eligible"]').focus();
		await press('1', 'Control+Enter');
		await page.locator('[data-pending="0"]').waitFor();
		for (const visit of numbers) await page.locator(`[data-visit="${visit}"][data-kept="${mine.get(visit).outcome}"][data-changed="false"]`).waitFor();
		const { items } = await house.json('GET', `/api/v1/card/samples/1/visits?area=${first.area}&limit=1000`, { token });
		for (const { number, outcome, households, eligible } of items) expect(JSON.stringify({ outcome, households, eligible }) === JSON.stringify(mine.get(number)), `${number}: ${outcome} ${households} ${eligible}`);
	});

	const truth = new Map(mine);
	for (const csv of sheets.values()) for (const [visit, found] of truthOf(csv)) truth.set(visit, found);
	/** One stays unwritten: it counts as not met. */
	const last = [...truth.keys()].filter((visit) => !mine.has(visit)).at(-1);
	const line = (visit) => {
		const { outcome, households, eligible } = truth.get(visit);
		return `${visit};${WORDS[outcome]};${households ?? ''};${eligible ?? ''}`;
	};
	await promise('the rest comes from a filled sheet and from lines that are pasted; what is refused is told beside its number', async () => {
		const [area, csv] = [...sheets][0];
		const own = truthOf(csv);
		const [head, ...lines] = csv.replace(/^\ufeff/, '').trim().split('\r\n');
		// As somebody fills it in: the last three columns.
		const filled = [head, ...lines.map((text) => {
			const visit = Number(text.split(',')[1]);
			const { outcome, households, eligible } = own.get(visit);
			return text.replace(/,[^,]*,[^,]*,[^,]*$/, `,${visit === last ? '' : WORDS[outcome]},${visit === last ? '' : (households ?? '')},${visit === last ? '' : (eligible ?? '')}`);
		})].join('\r\n');
		await page.goto(at('?sampel=1'));
		await page.getByRole('button', { name: 'Masukkan dari CSV' }).click();
		await sheet.locator('input[type="file"]').setInputFiles({ name: `isian-${area}.csv`, mimeType: 'text/csv', buffer: Buffer.from(filled) });
		const some = [...own.keys()].filter((visit) => visit !== last).length;
		await sheet.locator(`[data-upload="${some}"]`).getByText(`${n(some)} baris terbaca, 0 salah.`).waitFor();
		await sheet.getByRole('button', { name: `Simpan ${n(some)} baris` }).click();
		await sheet.waitFor({ state: 'detached' });
		await page.locator('[data-progress]').getByText(`${n(mine.size + some)} dari ${n(drawn.visits)} kunjungan`).waitFor();

		const rest = [...truth.keys()].filter((visit) => !mine.has(visit) && !own.has(visit) && visit !== last);
		const paste = ['kunjungan;hasil;rumah tangga;layak', ...rest.map(line)];
		const STRANGE = 99_999;
		await page.getByRole('button', { name: 'Masukkan dari CSV' }).click();
		const box = sheet.getByLabel('Atau tempel di sini');
		await box.fill([...paste, `${STRANGE};ditemukan;1;0`, 'dua;ditemukan;1;0'].join('\n'));
		await sheet.locator(`[data-bad="${paste.length + 2}"]`).getByText('Nomor kunjungannya tidak terbaca.').waitFor();
		await fit(page);
		await shots(page, 'tepat-unggah');
		await sheet.getByRole('button', { name: `Simpan ${n(rest.length + 1)} baris, tanpa 1 yang salah` }).click();
		await sheet.getByText(`Kunjungan ${STRANGE}`).waitFor();
		expect((await box.inputValue()).includes(line(rest[0])), 'what was pasted is gone');
		expect((await sample()).answered === mine.size + some, 'some of it was written');
		await box.fill(paste.join('\n'));
		await sheet.getByRole('button', { name: `Simpan ${n(rest.length)} baris` }).click();
		await sheet.waitFor({ state: 'detached' });
		await page.locator('[data-progress]').getByText(`${n(drawn.visits - 1)} dari ${n(drawn.visits)} kunjungan`).waitFor();
	});

	await promise('while visits go on the figures say that they may change', async () => {
		await part('Tepat sasaran').click();
		await page.locator('[data-field="1"]').getByText('Kunjungan masih berlangsung; angka ini sementara.').waitFor();
	});

	await promise('it is closed by whoever was told what is missing, and then nothing is changed', async () => {
		await page.goto(at('?sampel=1'));
		await page.getByRole('button', { name: 'Tutup sampel' }).click();
		await sheet.getByText(`1 dari ${n(drawn.visits)} kunjungan belum dicatat; semuanya dihitung sebagai tidak bertemu.`).waitFor();
		await fit(page);
		await sheet.getByRole('button', { name: 'Tutup sampel' }).click();
		await page.getByRole('heading', { name: 'Sampel 1, ditutup' }).waitFor();
		expect((await page.getByRole('button', { name: /Masukkan dari CSV|Buang sampel/ }).count()) === 0, 'it can still be changed');
		const refused = await house.ask('PUT', '/api/v1/card/samples/1/outcomes', { token, body: { items: [{ visit: last, outcome: 'gone', households: null, eligible: null }] } });
		expect(refused.status === 409, `it is ${refused.status}`);
	});

	await promise('drawn again from its seed it is the same', async () => {
		await page.getByRole('button', { name: 'Tarik ulang dan bandingkan' }).click();
		await page.locator('[data-sound="true"]').getByText('Ditarik ulang dari benih: sama.').waitFor();
	});

	let right;
	await promise('the shares that are shown are those of the visits and their weights', async () => {
		const { octets } = await download(() => page.getByRole('link', { name: 'CSV' }).click());
		const outcomeOf = { ditemukan: 'found', 'bagian dari keluarga lain': 'part', 'tidak ada lagi di sini': 'gone', 'tidak bertemu': 'unreached' };
		const visits = rows(octets.toString()).rows.map((it) => ({ number: Number(it.kunjungan), village: it['kode desa'], receives: it.menerima === '1', weight: Number(it.bobot), outcome: outcomeOf[it.hasil] ?? null, households: Number(it['rumah tangga'] || 0), eligible: Number(it.layak || 0) }));
		expect(visits.length === drawn.visits, `${visits.length} of ${drawn.visits}`);
		for (const it of visits) expect(it.outcome === (it.number === last ? null : truth.get(it.number).outcome), `${it.number} is ${it.outcome}`);
		expect(visits.some(({ receives }) => receives) && visits.some(({ receives }) => !receives), 'one standing is not visited');
		right = shares(visits);
		await part('Tepat sasaran').click();
		const field = page.locator('[data-field="1"]');
		await field.waitFor();
		await page.getByRole('heading', { level: 1, name: `Di lapangan: ${percent(right.inclusion)} % dan ${percent(right.exclusion)} %.` }).waitFor();
		for (const key of ['inclusion', 'exclusion']) {
			const said = await text(field.locator(`[data-span="${key}"] [data-share]`));
			expect(said === `${percent(right[key])} %`, `${key}: ${said} for ${percent(right[key])}`);
			const [low, high] = (await text(field.locator(`[data-span="${key}"] [data-bounds]`))).match(/[\d,]+(?=[–\s])/g).slice(-2).map((value) => Number(value.replace(',', '.')));
			expect(low < right[key] * 100 && right[key] * 100 < high, `${key}: ${low} to ${high} around ${right[key]}`);
		}
		const met = visits.filter(({ outcome }) => outcome !== null && outcome !== 'unreached').length;
		await field.locator('[data-fact="visited"]').getByText(`${n(met)} dari ${n(drawn.visits)} yang ditarik`).waitFor();
		const linkage = await text(field.locator('[data-fact="linkage"] dd'));
		expect(linkage.startsWith(`${percent(right.linkage)} %`), `${linkage} for ${percent(right.linkage)}`);
		await field.locator('[data-reference]').getByText(REFERENCE).waitFor();
		await fit(page);
		await shots(page, 'tepat-lapangan', { fullPage: true });
	});

	await promise('the table that is taken along has each figure with its reference', async () => {
		const { octets } = await download(() => page.getByRole('link', { name: /^CSV/ }).click());
		const { rows: lines } = rows(octets.toString());
		const found = lines.filter(({ acuan }) => acuan === REFERENCE && acuan).find(({ indikator, bagian }) => indikator === 'kesalahan inklusi' && bagian === 'SEMUA');
		expect(found && Math.abs(Number(found.nilai) - right.inclusion) < 1e-6, JSON.stringify(found));
		expect(lines.every(({ acuan }) => acuan), 'a figure has no reference');
	});

	await promise('the page of the situation says it by the field, and by how many visits', async () => {
		await page.goto(`${house.url}/situasi`);
		const aim = page.locator('[data-aim]');
		await aim.getByText(`${percent(right.inclusion)} % dan ${percent(right.exclusion)} %`).waitFor();
		await aim.getByText('sampel lapangan, daftar 1:').waitFor();
	});

	await promise('another sample is drawn, and thrown away while nobody was visited', async () => {
		const { number } = await house.json('POST', '/api/v1/card/samples', { token, body: { decision: 1, half_width: 0.08, take: 2, reference: REFERENCE } });
		await page.goto(at(`?daftar=1&bagian=sampel`));
		await page.locator(`[data-sample="${number}"]`).getByText('Terbuka').waitFor();
		await page.getByText(`Sampel ${number} masih terbuka.`).waitFor();
		expect((await page.getByRole('button', { name: 'Tarik sampel' }).count()) === 0, 'a second one can be drawn beside it');
		await fit(page);
		await shots(page, 'tepat-daftar', { fullPage: true });
		await page.locator(`[data-sample="${number}"] a`).click();
		await page.getByRole('button', { name: 'Buang sampel' }).click();
		await sheet.getByRole('button', { name: 'Buang sampel' }).click();
		await page.waitForURL((url) => !url.searchParams.has('sampel'));
		await page.locator(`[data-sample="${number}"]`).getByText('Dibuang').waitFor();
	});

	await promise('who may only count sees figures and nobody, and who has a part of the province only its visits', async () => {
		const leader = await enter(LEADER);
		await leader.goto(at());
		await leader.locator('[data-field="1"] [data-share]').first().waitFor();
		await leader.goto(at('?daftar=1&bagian=sampel&sampel=1'));
		await leader.locator('tr[data-village]').first().waitFor();
		expect((await leader.locator('tr[data-village] a').count()) === 0, 'visits of a village can be opened');
		expect((await leader.getByRole('link', { name: 'CSV' }).count()) === 0 && (await leader.getByRole('button', { name: /Tarik ulang|Tutup|Buang|Masukkan/ }).count()) === 0, 'something can be done');
		await leader.goto(at('?daftar=1&bagian=sampel'));
		await leader.locator('[data-visits]').waitFor();
		expect((await leader.getByRole('button', { name: 'Tarik sampel' }).count()) === 0, 'a sample can be drawn');
		await leader.context().close();
		const own = await enter(PART);
		await own.goto(villageAt(villages.find(({ area }) => !area.startsWith('62.11')).area));
		await own.getByText('Tidak ada kunjungan di sini').waitFor();
		await own.goto(villageAt(villages.find(({ area }) => area.startsWith('62.11')).area));
		await own.locator('[data-visit]').first().waitFor();
		await own.context().close();
	});

	await promise('a whole annex is asked for by one, granted by another, and taken by the first', async () => {
		await page.goto(`${house.url}/kartu/penetapan/daftar/1?bagian=lampiran`);
		const whole = page.locator('[data-whole]');
		await whole.getByText('Belum pernah diminta.').waitFor();
		await whole.getByRole('button', { name: 'Minta lampiran utuh' }).click();
		await sheet.getByRole('button', { name: 'Penyaluran' }).click();
		await fit(page);
		await sheet.getByRole('button', { name: 'Minta lampiran utuh' }).click();
		await whole.locator('[data-export="1"][data-state="asked"]').getByText('Menunggu persetujuan petugas lain.').waitFor();
		expect((await whole.getByRole('button', { name: 'Setujui' }).count()) === 0, 'who asks can grant it');
		const other = await enter(SECOND);
		await other.goto(`${house.url}/kartu/penetapan/daftar/1?bagian=lampiran`);
		await other.locator('[data-export="1"]').getByRole('button', { name: 'Setujui' }).click();
		await other.locator('[data-export="1"][data-state="granted"]').waitFor();
		expect((await other.getByRole('button', { name: 'Unduh lampiran utuh' }).count()) === 0, 'who grants it can take it');
		await other.context().close();
		await page.reload();
		const { octets } = await download(() => whole.getByRole('button', { name: 'Unduh lampiran utuh' }).click());
		await page.getByText(`Lampiran utuh diunduh: ${n(receiving)} baris, utuh`).first().waitFor();
		const lines = octets.toString().trim().split('\r\n');
		expect(lines.length === receiving + 2 && lines.at(-1).startsWith('UTUH'), `${lines.length} lines, the last ${lines.at(-1)}`);
		expect(lines.slice(1, -1).every((text) => text.includes('ekspor 1; ')), 'a line is not marked');
		await whole.locator('[data-export="1"][data-state="taken"]').waitFor();
		await fit(page);
		await shots(page, 'lampiran-utuh', { fullPage: true });
	});

	await promise('an adoption that came to nothing says why, and families without a head are told', async () => {
		await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'pangan' } });
		await page.route('**/api/v1/card/decisions/2', async (route) => {
			const answer = await route.fetch();
			await route.fulfill({ response: answer, json: { ...(await answer.json()), headless: 12, failure: { problem: 'card-not-in-force', at_us: Date.UTC(2026, 10, 27, 3) * 1000 } } });
		});
		await page.goto(`${house.url}/kartu/penetapan/daftar/2`);
		await page.locator('[data-failed="card-not-in-force"]').getByText('Penetapan pada 27 Nov 2026 10.00 WIB gagal: Program ini tidak berlaku pada hari itu.').waitFor();
		await page.locator('[data-headless="12"]').getByText('12 keluarga menerima tanpa kepala keluarga yang dikenal.').waitFor();
		await fit(page);
		await page.unroute('**/api/v1/card/decisions/2');
	});

	await promise('all of it is there in English, and fits a phone', async () => {
		const reader = await enter(ADMIN);
		await reader.goto(at('?bahasa=en'));
		await reader.getByRole('heading', { level: 1, name: /^List 1: by the rules, inclusion error / }).waitFor();
		await fit(reader);
		await shots(reader, 'tepat-en', { fullPage: true });
		await reader.goto(`${villageAt(first.area)}&bahasa=en`);
		await reader.getByText('This sample is not open; its outcomes can only be read.').waitFor();
		await fit(reader);
		await reader.context().close();
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
