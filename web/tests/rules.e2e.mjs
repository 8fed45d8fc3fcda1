// Rules of the welfare card, written by an official: a text that is wrong says where and stays,
// one that is right is told in words, tried beside the running list and beside another version,
// and kept as a version more; who may only look looks.
//
//   node web/tests/rules.e2e.mjs
//
// All persons are made up, and what is expected is judged here from what is true of them. Of
// the house only the names of areas are asked.
import { readFileSync } from 'node:fs';
import { bring as bringList, examine, until } from './card.house.mjs';
import { made } from './card.people.mjs';
import { ADMIN, HANG_MS, browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const KEEPER = { username: 'bansos-daerah', password: 'titian-rotan-di-hulu-24' };
const LEADER = { username: 'pimpinan', password: 'dermaga-tua-di-hilir-24' };
const n = (value) => value.toLocaleString('id-ID');
const rp = (value) => `Rp\u00a0${n(value)}`;
const signed = (value, write = n) => (value > 0 ? `+${write(value)}` : value < 0 ? `−${write(-value)}` : write(0));
/** Two packages of 75.000 each. */
const EACH = 150_000;
/** Programmes of other aid of which the lists tell. */
const AID = ['PKH', 'BLT DD'];
const text = ({ max = 2, aid = AID, op = '<=' } = {}) => `program = "pangan-uji"
nama = "Paket pangan uji"
subjek = "keluarga"
instansi = "Dinas Sosial Uji"
dasar = "Peraturan Uji Nomor 1"
barang = "paket pangan"
satuan = "paket"
jumlah = 2
rupiah = 75000
berlaku_dari = 2020-01-01

[[aturan]]
id = "desil"
jenis = "syarat"
nama = "Desil yang berhak"
dasar = "pasal 4"
jika = { kolom = "desil", op = "${op}", nilai = ${max} }

[[aturan]]
id = "anggota"
jenis = "syarat"
nama = "Ada anggota yang tinggal di sini"
massal = false
jika = { kolom = "anggota", op = ">=", nilai = 1 }

[[aturan]]
id = "bantuan-lain"
jenis = "pengecualian"
nama = "Menerima bantuan lain"
dasar = "pasal 5"
jika = { kolom = "bantuan", op = "ada", nilai = [${aid.map((name) => `"${name}"`).join(', ')}] }
`;
const elders = `program = "lansia-uji"
nama = "Santunan lansia uji"
subjek = "orang"
instansi = "Dinas Sosial Uji"
dasar = "Peraturan Uji Nomor 2"
barang = "santunan"
satuan = "kali"
jumlah = 1
berlaku_dari = 2020-01-01

[[aturan]]
id = "umur"
jenis = "syarat"
nama = "Berumur 60 tahun ke atas"
jika = { semua = [{ kolom = "hidup", op = "ya" }, { kolom = "umur", op = ">=", nilai = 60 }] }
`;

await keep(async () => {
	const { house, token } = await newHouse();
	const villagesOf = async (regency) => (await house.json('GET', `/api/v1/areas?level=village&within=${regency}&limit=5000`, { token })).items;
	const [east, far] = [await villagesOf('62.02'), await villagesOf('62.11')];
	const district = (code) => code.split('.').slice(0, 3).join('.');
	const [one] = east;
	const two = east.find(({ code }) => district(code) !== district(one.code));
	const [three] = far;
	const named = new Map((await house.json('GET', '/api/v1/areas?level=regency&limit=100', { token })).items.map(({ code, name }) => [code, name]));
	const { families, members, lists, titles, days } = made([one, two, three].map(({ code }) => code));

	/** Those of a family of whom some list tells. */
	const known = (it) => (it.unknown ? [it.head] : members(it));
	const dead = (it, who) => who === it.head && it.died !== undefined;
	const gone = (it, who) => who === it.head && it.gone !== undefined && !it.gone.startsWith('62');
	const here = (it) => known(it).filter((who) => !dead(it, who) && !gone(it, who)).length;
	const decile = (it) => (it.unknown ? null : it.decile);
	const RULES = ['desil', 'anggota', 'bantuan-lain'];
	/** What each rule is of a family: true where it is in favour, false where it speaks against, null where it is not known. */
	function truths(it, { max = 2, aid = AID }) {
		const gets = it.aid !== undefined && aid.includes(it.aid);
		return [decile(it) === null ? null : decile(it) <= max, here(it) >= 1, gets ? false : aid.every((name) => AID.includes(name)) ? true : null];
	}
	function judge(it, rules = {}) {
		const found = truths(it, rules);
		return found.includes(false) ? 'excluded' : found.includes(null) ? 'unknown' : 'included';
	}
	const RUNNING = (it) => (it.listed ? 'included' : 'excluded');
	/** What is to come of rules beside something else, in an area or everywhere. */
	function expected(rules, before, area = '') {
		const some = families.filter(({ village }) => village.startsWith(area));
		const count = (is) => some.filter(is).length;
		const [was, now] = [(it) => before(it), (it) => judge(it, rules)];
		const tally = (of) => ({ included: count((it) => of(it) === 'included'), excluded: count((it) => of(it) === 'excluded'), unknown: count((it) => of(it) === 'unknown') });
		const leaving = (it) => was(it) === 'included' && now(it) !== 'included';
		return {
			subjects: some.length,
			before: tally(was),
			now: tally(now),
			move: (from, to) => count((it) => was(it) === from && now(it) === to),
			enters: count((it) => was(it) !== 'included' && now(it) === 'included'),
			leaves: count((it) => was(it) === 'included' && now(it) === 'excluded'),
			doubted: count((it) => was(it) === 'included' && now(it) === 'unknown'),
			stops: count(leaving),
			decile: (value) => ({ before: count((it) => decile(it) === value && was(it) === 'included'), now: count((it) => decile(it) === value && now(it) === 'included') }),
			rule: (at) => ({
				against: count((it) => truths(it, rules)[at] === false),
				only: count((it) => truths(it, rules).every((truth, i) => (i === at ? truth === false : truth === true))),
				unknown: count((it) => truths(it, rules)[at] === null),
				// The first that speaks against a recipient; where none does, the first that is not known.
				leaves: count((it) => leaving(it) && truths(it, rules).indexOf(false) === at),
				doubted: count((it) => leaving(it) && !truths(it, rules).includes(false) && truths(it, rules).indexOf(null) === at)
			})
		};
	}
	/** By how little each number alone would turn the verdict; null where it does not. */
	function distance(it, rules = {}) {
		const { max = 2 } = rules;
		const found = truths(it, rules);
		const verdict = judge(it, rules);
		if (verdict === 'included') return { desil: max + 1 - decile(it), anggota: here(it) };
		const only = (at) => verdict === 'excluded' && found.every((truth, i) => (i === at ? truth === false : truth === true));
		return { desil: only(0) ? decile(it) - max : null, anggota: only(1) ? 1 : null };
	}
	function distances(column, verdict, rules) {
		const all = new Map();
		for (const far of families.filter((it) => judge(it, rules) === verdict).map((it) => distance(it, rules)[column])) if (far !== null) all.set(far, (all.get(far) ?? 0) + 1);
		return [...all].sort(([a], [b]) => a - b);
	}

	for (const [name, who, role, area] of [
		['Petugas Daerah', KEEPER, 'bansos', '62.11'],
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
	const at = `${house.url}/kartu/penetapan`;
	const step = (number) => page.locator(`[data-step="${number}"]`);
	const isNext = async (number) => expect((await step(number).getAttribute('aria-current')) === 'step', `step ${number} is not the next`);

	await promise('before the first list a newcomer is told what comes first', async () => {
		await page.goto(`${house.url}/kartu`);
		await page.getByRole('link', { name: 'Penetapan' }).click();
		await page.waitForURL('**/kartu/penetapan');
		await step(1).getByRole('link', { name: 'Masukkan daftar' }).waitFor();
		await isNext(1);
		await fit(page);
		await shots(page, 'penetapan-kosong');
	});

	for (const [kind, list] of Object.entries(lists)) await bringList({ house, token }, kind, list, { title: titles[kind], owner: `Dinas ${kind}`, as_of: days[kind], purposes: ['uji'] });
	const editor = page.getByRole('textbox', { name: 'Naskah', exact: true });
	const press = (name) => page.getByRole('button', { name, exact: true }).click();

	await promise('lists that nobody has examined are not judged, and the page says so', async () => {
		await page.goto(at);
		await step(1).getByText(`${Object.keys(lists).length} daftar sudah masuk.`).waitFor();
		await isNext(2);
		await page.goto(`${at}/program/baru`);
		await editor.fill(text());
		await press('Coba');
		await page.getByText('Belum ada hasil pemeriksaan untuk dinilai').waitFor();
		expect((await editor.inputValue()) === text(), 'what was typed is gone');
	});

	await examine({ house, token }, { decile_max: 2, rupiah_each: null, not_excluding: [] });

	await promise('then a programme is written, from an example or from nothing', async () => {
		await page.getByRole('link', { name: 'Penetapan' }).click();
		// What is typed does not go without a question.
		await page.getByRole('dialog', { name: 'Naskah belum disimpan' }).getByRole('button', { name: 'Tetap di sini' }).click();
		expect((await editor.inputValue()) === text(), 'what was typed is gone');
		await page.getByRole('link', { name: 'Penetapan' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Tinggalkan' }).click();
		await page.waitForURL('**/kartu/penetapan');
		await isNext(3);
		await step(3).getByRole('link', { name: 'Tulis program baru' }).click();
		await page.getByRole('heading', { level: 1, name: 'Program baru' }).waitFor();
		await fit(page);
		await shots(page, 'penetapan-baru');
		await page.getByRole('region', { name: 'Contoh' }).getByRole('button', { name: 'Paket pangan Huma Betang' }).click();
		expect((await editor.inputValue()).includes('program = "pangan"'), 'the example is not there');
		await press('Periksa naskah');
		await page.getByText('Naskah ini dapat dipakai: 5 aturan').waitFor();
	});

	await promise('a text that is wrong says where, and what was typed stays', async () => {
		const wrong = text({ op: '<<' });
		await editor.fill(wrong);
		for (const act of ['Periksa naskah', 'Simpan program']) {
			await press(act);
			const alert = page.getByRole('alert');
			await alert.getByText('aturan desil, jika.op').waitFor();
			await alert.getByText('“<<”').waitFor();
			expect((await editor.inputValue()) === wrong, 'what was typed is gone');
		}
		await press(`Ke baris ${wrong.split('\n').findIndex((line) => line.includes('"<<"')) + 1}`);
		const marked = await page.evaluate(() => {
			const area = document.activeElement;
			return area instanceof HTMLTextAreaElement ? area.value.slice(area.selectionStart, area.selectionEnd) : null;
		});
		expect(marked?.includes('op = "<<"'), `marked is ${marked}`);
		await fit(page);
		await shots(page, 'penetapan-salah');
		expect((await house.json('GET', '/api/v1/card/programmes', { token })).items.length === 0, 'it was kept');
	});

	await promise('the tab key leaves the text', async () => {
		await editor.focus();
		await page.keyboard.press('Tab');
		expect(!(await editor.evaluate((area) => area === document.activeElement)), 'it is a trap');
		expect(!(await editor.inputValue()).includes('\t'), 'it wrote a tab');
	});

	const rules = page.locator('section[aria-labelledby="aturan"]');
	await promise('a text that is right is told in words before it is kept, and then kept', async () => {
		await editor.fill(text());
		await press('Periksa naskah');
		await page.getByText('Naskah ini dapat dipakai: 3 aturan').waitFor();
		await rules.locator('[data-rule="desil"]').getByText('paling tinggi 2').waitFor();
		await rules.locator('[data-rule="anggota"]').getByText('hanya diputuskan satu per satu').waitFor();
		await rules.locator('[data-rule="bantuan-lain"]').getByText('PKH').waitFor();
		await page.getByText(`paket pangan: 2 paket per keluarga per siklus, ${rp(EACH)}`).waitFor();
		await page.getByLabel('Catatan versi').fill('versi pertama');
		await press('Simpan program');
		await page.waitForURL('**/kartu/penetapan/program/pangan-uji');
		await page.getByRole('heading', { level: 1, name: 'Paket pangan uji' }).waitFor();
		await page.locator('[data-version="1"]').getByText('versi pertama').waitFor();
		expect(await page.getByRole('button', { name: 'Simpan sebagai versi 2' }).isDisabled(), 'the same text can be kept twice');
	});

	await promise('the columns that rules may ask of are told beside the text', async () => {
		const fold = page.locator('summary').filter({ hasText: 'Kolom yang dapat dipakai aturan' });
		await fold.click();
		await page.getByRole('cell', { name: 'desil', exact: true }).waitFor();
		await fit(page);
		await shots(page, 'penetapan-program', { fullPage: true });
		await fold.click();
	});

	const outcome = page.locator('[data-outcome]');
	/** The parts of the result that are told in cells. */
	const cells = async (row) => (await row.locator('td').allInnerTexts()).map((cell) => cell.trim().split('\n')[0]);
	const areaRow = (name) => page.locator('section[aria-labelledby="hasil-wilayah"] tr').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
	const same = (found, wanted, what) => expect(JSON.stringify(found) === JSON.stringify(wanted), `${what}: ${JSON.stringify(found)} for ${JSON.stringify(wanted)}`);
	/** Waits for the head of a result, which says all of it in one sentence. */
	const headed = (it) => outcome.getByRole('heading', { level: 2, name: `${n(it.enters)} keluarga masuk, ${n(it.leaves)} keluar, ${n(it.doubted)} penerima menjadi belum diketahui`, exact: true }).waitFor({ timeout: HANG_MS });
	const choose = (label) => page.getByLabel('Dibandingkan dengan').selectOption({ label });
	const areaCells = (it) => [n(it.enters), n(it.stops), n(it.before.included), n(it.now.included), n(it.now.unknown), rp(it.before.included * EACH), rp(it.now.included * EACH), signed((it.now.included - it.before.included) * EACH, rp)];

	await promise('tried beside the running list it says who enters, who leaves, and of whom it is not known', async () => {
		const right = expected({}, RUNNING);
		await press('Coba');
		await headed(right);
		await outcome.getByText('Pembanding: Daftar KPM yang berjalan.').waitFor();
		await outcome.getByText(`${n(right.subjects)} keluarga dinilai.`).waitFor();
		for (const key of ['included', 'excluded', 'unknown']) {
			const figure = outcome.locator(`[data-figure="${key}"]`);
			same(await figure.locator('[data-now]').innerText(), n(right.now[key]), key);
			await figure.getByText(`sebelumnya ${n(right.before[key])} · ${signed(right.now[key] - right.before[key])}`, { exact: true }).waitFor();
		}
		same(await outcome.locator('[data-figure="rupiah"] [data-now]').innerText(), rp(right.now.included * EACH), 'rupiah');
		for (const [from, to] of [
			['excluded', 'included'],
			['included', 'excluded'],
			['included', 'unknown'],
			['included', 'included'],
			['excluded', 'excluded']
		]) {
			const many = right.move(from, to);
			expect(many > 0, `nobody goes from ${from} to ${to}: the test shows nothing`);
			await outcome.locator(`[data-move="${from}-${to}"]`).getByText(`${n(many)} keluarga`).waitFor();
		}
		expect(page.url().includes('lawan=berjalan'), `the address is ${page.url()}`);
	});

	await promise('by area, by decile, by rule and by distance it is the same families', async () => {
		const right = expected({}, RUNNING);
		for (const code of ['62.02', '62.11']) same(await cells(areaRow(named.get(code))), areaCells(expected({}, RUNNING, code)), code);
		same(await cells(areaRow('Jumlah')), areaCells(right), 'the sum');
		for (const value of new Set(families.map(decile))) {
			const { before, now } = right.decile(value);
			const found = (await cells(outcome.locator(`[data-decile="${value ?? 'unknown'}"]`))).slice(1, 3);
			same(found, [n(before), n(now)], `decile ${value}`);
		}
		for (const [place, rule] of RULES.entries()) {
			const it = right.rule(place);
			same(await cells(outcome.locator(`[data-by-rule="${rule}"]`)), [it.against, it.only, it.unknown, it.leaves, it.doubted].map(n), rule);
		}
		for (const column of ['desil', 'anggota'])
			for (const [side, verdict] of [
				['inside', 'included'],
				['outside', 'excluded']
			]) {
				const own = outcome.locator(`[data-line="${column}"] [data-side="${side}"]`);
				const found = await own.locator('[data-distance]').evaluateAll((rows) => rows.map((row) => [Number(row.getAttribute('data-distance')), row.querySelector('td').innerText.trim()]));
				same(found, distances(column, verdict, {}).map(([far, many]) => [far, n(many)]), `${column} ${side}`);
			}
		const near = outcome.locator('[data-line="desil"]').getByRole('list', { name: 'Yang paling dekat di luar' });
		const text = await near.innerText();
		for (const it of families) for (const who of members(it)) expect(!text.includes(who.nik) && !text.includes(who.name), `${who.name} is not masked`);
		await fit(page);
		await shots(page, 'penetapan-coba', { fullPage: true });
	});

	await promise('what is shown of areas can be taken along', async () => {
		const [download] = await Promise.all([page.waitForEvent('download'), page.locator('section[aria-labelledby="hasil-wilayah"]').getByRole('button', { name: /^CSV/ }).click()]);
		const file = readFileSync(await download.path(), 'utf8');
		expect(file.startsWith('\ufeff'), 'a spreadsheet would take it for another encoding');
		const lines = file.slice(1).trim().split('\r\n').slice(1);
		const line = (code, name, it) => [code, name, it.enters, it.stops, it.before.included, it.now.included, it.before.unknown, it.now.unknown, it.before.included * EACH, it.now.included * EACH, (it.now.included - it.before.included) * EACH].join(',');
		for (const code of ['62.02', '62.11']) expect(lines.includes(line(code, named.get(code), expected({}, RUNNING, code))), `${code}: ${lines.join(' | ')}`);
		same(lines.at(-1), line('', 'Jumlah', expected({}, RUNNING)), 'the sum');
	});

	await promise('an area leads into those inside it, and the address keeps it', async () => {
		await areaRow(named.get('62.02')).getByRole('link').click();
		await page.waitForURL('**wilayah=62.02**');
		const districts = (await house.json('GET', '/api/v1/areas?level=district&parent=62.02&limit=500', { token })).items;
		for (const code of [district(one.code), district(two.code)]) {
			await areaRow(districts.find((it) => it.code === code).name).waitFor();
			same(await cells(areaRow(districts.find((it) => it.code === code).name)), areaCells(expected({}, RUNNING, code)), code);
		}
		expect((await areaRow(named.get('62.11')).count()) === 0, 'another regency is there');
		same(await cells(areaRow('Jumlah')), areaCells(expected({}, RUNNING, '62.02')), 'the sum of the regency');
		await page.reload();
		await headed(expected({}, RUNNING));
		same(await cells(areaRow('Jumlah')), areaCells(expected({}, RUNNING, '62.02')), 'the sum after a reload');
		await page.getByRole('navigation', { name: 'Wilayah yang ditampilkan' }).getByRole('link').first().click();
		await areaRow(named.get('62.11')).waitFor();
	});

	await promise('a bound that moves by one says who enters, before anything is kept', async () => {
		await editor.fill(text({ max: 3 }));
		await page.getByText('Hasil di bawah dari pilihan atau naskah sebelum diubah.').waitFor();
		await page.getByText('Naskah sedang diubah.').waitFor();
		await choose('Aturan versi 1');
		const right = expected({ max: 3 }, (it) => judge(it));
		expect(right.enters > 0 && right.leaves === 0, 'the test shows nothing');
		await page.getByText('Yang dicoba: naskah di atas, belum disimpan.').waitFor();
		await press('Coba');
		await headed(right);
		await outcome.getByText('Pembanding: Aturan versi 1.').waitFor();
		await outcome.locator('[data-move="excluded-included"]').getByText(`${rp(right.enters * EACH)} per siklus`).waitFor();
		await outcome.locator('[data-figure="rupiah"]').getByText(signed(right.enters * EACH, rp)).waitFor();
		const { before, now } = right.decile(3);
		same((await cells(outcome.locator('[data-decile="3"]'))).slice(1, 4), [n(before), n(now), n(right.enters)], 'decile 3');
		expect((await house.json('GET', '/api/v1/card/programmes/pangan-uji', { token })).version === 1, 'trying has kept it');
	});

	await promise('aid of which no list came in makes it unknown, and never a no', async () => {
		const aid = [...AID, 'SEMBAKO'];
		await editor.fill(text({ aid }));
		await choose('Daftar KPM yang berjalan');
		await page.waitForURL('**lawan=berjalan**');
		await press('Coba');
		const right = expected({ aid }, RUNNING);
		expect(right.now.included === 0 && right.doubted > 0, 'the test shows nothing');
		await headed(right);
		await outcome.locator('[data-hint="aid_without_list"]').getByText('SEMBAKO').waitFor();
		same(await outcome.locator('[data-figure="unknown"] [data-now]').innerText(), n(right.now.unknown), 'unknown');
	});

	await promise('a change is kept as a version more, and the older one stays to be read', async () => {
		await editor.fill(text({ max: 3 }));
		await page.getByLabel('Catatan versi').fill('desil 3 ikut');
		await press('Simpan sebagai versi 2');
		await page.locator('[data-version="2"]').getByText('desil 3 ikut').waitFor();
		await rules.locator('[data-rule="desil"]').getByText('paling tinggi 3').waitFor();
		await page.locator('[data-version="1"]').getByRole('link', { name: 'versi 1' }).click();
		await page.waitForURL('**versi=1**');
		await rules.locator('[data-rule="desil"]').getByText('paling tinggi 2').waitFor();
		await page.getByText('Ini versi 1; yang terbaru versi 2.').waitFor();
		await page.waitForFunction((wanted) => document.querySelector('textarea').value === wanted, text());
		await page.getByRole('link', { name: 'Buka versi terbaru' }).click();
		await page.waitForFunction((wanted) => document.querySelector('textarea').value === wanted, text({ max: 3 }));
		await fit(page);
	});

	await promise('rules of persons are told of persons, and money that is not known is none', async () => {
		const day = '2026-06-01';
		// Nobody is counted twice, and those whom no list names are nobody here.
		const persons = families.flatMap((it) => known(it).map((who) => ({ who, lives: !dead(it, who) })));
		const age = (birth) => Number(day.slice(0, 4)) - Number(birth.slice(0, 4)) - (birth.slice(5) > day.slice(5) ? 1 : 0);
		const old = persons.filter(({ who, lives }) => lives && age(who.birth) >= 60).length;
		await page.goto(`${at}/program/baru`);
		await editor.fill(elders);
		await page.getByLabel('Pada hari').fill(day);
		await page.waitForURL(`**hari=${day}**`);
		await press('Coba');
		await outcome.getByRole('heading', { level: 2, name: `${n(old)} orang menerima, 0 belum diketahui`, exact: true }).waitFor({ timeout: HANG_MS });
		await outcome.getByText(`${n(persons.length)} orang dinilai.`).waitFor();
		same(await outcome.locator('[data-figure="rupiah"] [data-now]').innerText(), 'belum diketahui', 'rupiah');
		expect((await page.getByLabel('Dibandingkan dengan').locator('option').allInnerTexts()).every((label) => !label.includes('KPM')), 'persons are held against a list of families');
		await fit(page);
		await press('Simpan program');
		await page.waitForURL('**/kartu/penetapan/program/lansia-uji**');
	});

	await promise('all programmes are in one list, which can be taken along and walked by keys', async () => {
		await page.goto(at);
		await page.getByRole('heading', { level: 1, name: '2 program, 2 berlaku hari ini' }).waitFor();
		const row = page.locator('[data-programme="pangan-uji"]');
		await row.getByText(`paket pangan: 2 paket per keluarga per siklus, ${rp(EACH)}`).waitFor();
		await row.getByText('versi 2').waitFor();
		await row.getByText('Belum ada daftar yang ditetapkan').waitFor();
		await page.locator('[data-programme="lansia-uji"]').getByText('rupiah belum diketahui').waitFor();
		await page.getByText('Belum ada daftar', { exact: true }).waitFor();
		await fit(page);
		await shots(page, 'penetapan-daftar');
		const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV', exact: true }).click()]);
		const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n').slice(1);
		expect(lines.length === 2 && lines.some((line) => line.startsWith('pangan-uji,Paket pangan uji,2,keluarga,')), lines.join(' | '));
		await page.keyboard.press('j');
		await page.keyboard.press('Enter');
		await page.waitForURL('**/kartu/penetapan/program/lansia-uji');
	});

	await promise('a list is begun here, and a programme has one draft at a time', async () => {
		await page.goto(`${at}/program/pangan-uji`);
		await press('Mulai penetapan');
		const sheet = page.getByRole('dialog', { name: 'Mulai penetapan' });
		await sheet.getByLabel('Judul daftar').fill('Daftar uji');
		await fit(page);
		await sheet.getByRole('button', { name: 'Buat rancangan' }).click();
		await page.waitForURL('**/kartu/penetapan/daftar/1');
		await page.goto(at);
		const draft = page.locator('[data-decision="1"]');
		await draft.getByText('Daftar 1 · Daftar uji').waitFor();
		await draft.getByText('rancangan', { exact: false }).first().waitFor();
		await page.locator('[data-programme="pangan-uji"]').getByRole('link', { name: 'Buka rancangan 1' }).waitFor();
		await page.getByLabel('Keadaan').selectOption('adopted');
		await page.getByText('Tidak ada daftar yang cocok').waitFor();
		await page.getByRole('link', { name: 'Hapus saringan' }).click();
		await draft.waitFor();
		await page.goto(`${at}/program/pangan-uji`);
		await page.getByRole('link', { name: 'Buka rancangan 1' }).waitFor();
		expect((await page.getByRole('button', { name: 'Mulai penetapan' }).count()) === 0, 'a second draft is offered');
	});

	await promise('once a list is adopted, rules are held against it unless somebody says otherwise', async () => {
		const path = '/api/v1/card/decisions/1';
		const { groups } = await house.json('GET', path, { token });
		// Whoever cannot be taken off in one go stays, and so does whoever it is not known of.
		const holds = ({ truth, in_bulk }) => truth === 'unknown' || !in_bulk;
		for (const group of groups) await house.json('PUT', `${path}/rulings/${group.id}`, { token, body: { answer: holds(group) ? 'hold' : 'remove', reason: 'uji' } });
		const { receiving } = await house.json('GET', path, { token });
		await house.json('POST', `${path}/adoption`, { token, body: { receiving, decree: 'SK uji 1', decree_day: '2026-05-01', signatories: [{ name: 'Pejabat Uji', office: 'Kepala Dinas Uji' }] } });
		await until(() => house.json('GET', path, { token }), ({ state }) => state === 'adopted', 'the adopted list');
		const held = (it) => it.listed && (judge(it, { max: 3 }) === 'unknown' || truths(it, { max: 3 }).indexOf(false) === 1);
		const listed = (it) => (judge(it, { max: 3 }) === 'included' || held(it) ? 'included' : judge(it, { max: 3 }) === 'unknown' ? 'unknown' : 'excluded');
		const receive = families.filter((it) => listed(it) === 'included').length;
		await page.goto(`${at}/program/pangan-uji?versi=1`);
		await page.getByLabel('Tentang program').getByText(`${n(receive)} keluarga`).waitFor();
		await page.getByText('Yang dicoba: aturan versi 1.').waitFor();
		await press('Coba');
		const right = expected({}, listed);
		expect(families.some(held) && right.leaves > 0 && right.doubted > 0, 'the test shows nothing');
		await headed(right);
		await outcome.getByText('Pembanding: Daftar 1 yang sudah ditetapkan.').waitFor();
		expect(page.url().includes('lawan=daftar-1'), `the address is ${page.url()}`);
		same(await cells(areaRow('Jumlah')), areaCells(right), 'the sum');
	});

	await promise('a programme that is not there is said to be missing', async () => {
		await page.goto(`${at}/program/tidak-ada`);
		await page.getByText('Program tidak ditemukan').waitFor();
	});

	await promise('who sees one regency tries rules over that one, and writes none', async () => {
		const own = await enter(KEEPER);
		await own.goto(`${at}/program/pangan-uji?versi=1&lawan=berjalan`);
		const right = expected({}, RUNNING, '62.11');
		await own.getByRole('heading', { level: 2, name: `${n(right.enters)} keluarga masuk, ${n(right.leaves)} keluar, ${n(right.doubted)} penerima menjadi belum diketahui`, exact: true }).waitFor({ timeout: HANG_MS });
		expect((await own.getByRole('textbox', { name: 'Naskah', exact: true }).count()) === 0, 'the text can be changed');
		expect((await own.getByRole('button', { name: 'Mulai penetapan' }).count()) === 0, 'a list can be begun');
		expect((await own.getByRole('rowheader', { name: named.get('62.02') }).count()) === 0, 'another regency is shown');
		await own.goto(at);
		await own.locator('[data-programme="pangan-uji"]').waitFor();
		expect((await own.getByRole('link', { name: 'Tulis program baru' }).count()) === 0, 'a programme can be written');
	});

	await promise('who may only count sees numbers and rules, and nobody near a line', async () => {
		const leader = await enter(LEADER);
		await leader.goto(`${at}/program/pangan-uji?versi=1&lawan=berjalan`);
		const right = expected({}, RUNNING);
		await leader.getByRole('heading', { level: 2, name: `${n(right.enters)} keluarga masuk` }).waitFor({ timeout: HANG_MS });
		await leader.locator('[data-rule="desil"]').getByText('paling tinggi 2').waitFor();
		await leader.getByText('Baris per keluarga hanya untuk').waitFor();
		expect((await leader.locator('a[href^="/kartu/keluarga"]').count()) === 0, 'a family is linked');
		expect((await leader.getByRole('textbox', { name: 'Naskah', exact: true }).count()) === 0, 'the text can be changed');
		await fit(leader);
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
