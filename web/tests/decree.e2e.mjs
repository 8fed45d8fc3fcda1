// A list of who receives, from five lists to an adopted one: people rule on those who would
// leave, the list is adopted and hashed, its hashes are computed again from the files that were
// handed out, reasons are printed, somebody objects and another answers, and the next list
// tells who entered and who left, and why.
//
//   node web/tests/decree.e2e.mjs
//
// All persons are made up. What is expected is judged by the test from what is true of them;
// of the house only the names of areas are asked.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bring as bringList, examine, until } from './card.house.mjs';
import { EACH, made } from './card.people.mjs';
import { MAX, PERSONS, PROGRAMME, RULES, RUPIAH, judgeOf } from './decree.rules.mjs';
import { ADMIN, HANG_MS, browser, expect, fit, house as newHouse, keep, logIn, promise, run, shots } from './house.mjs';

const SECOND = { username: 'bansos-kedua', password: 'jembatan-biru-di-hulu-24' };
const PART = { username: 'bansos-daerah', password: 'titian-rotan-di-hulu-24' };
const LEADER = { username: 'pimpinan', password: 'dermaga-tua-di-hilir-24' };
/** Digits grouped as the page writes them. */
const n = (value) => value.toLocaleString('id-ID');
const rp = (value) => `Rp\u00a0${n(value)}`;
const sha256 = (octets) => createHash('sha256').update(octets).digest('hex');
const REASON = { desil: 'desil keluarga sudah di atas batas', unknown: 'desilnya belum ada di DTSEN', hold: 'menunggu kabar ahli waris', alone: 'anaknya penyandang disabilitas' };

await keep(async () => {
	const { house, token } = await newHouse();
	const villagesOf = async (regency) => (await house.json('GET', `/api/v1/areas?level=village&within=${regency}&limit=5000`, { token })).items;
	const [east, far] = [await villagesOf('62.02'), await villagesOf('62.11')];
	const district = (code) => code.split('.').slice(0, 3).join('.');
	const [one] = east;
	const two = east.find(({ code }) => district(code) !== district(one.code));
	const [three] = far;
	const places = [one, two, three];
	const { families, members, told, csv, lists, titles, days } = made(places.map(({ code }) => code));

	const bring = (kind, text, more) => bringList({ house, token }, kind, text, { title: titles[kind], owner: `Dinas ${kind}`, as_of: days[kind], purposes: ['uji'], ...more });
	for (const [name, who, role, area] of [
		['Petugas Kedua', SECOND, 'bansos', '62'],
		['Petugas Daerah', PART, 'bansos', '62.11'],
		['Pimpinan Uji', LEADER, 'pimpinan', '62']
	])
		await house.json('POST', '/api/v1/staff', { token, body: { name, ...who, grants: [{ role, area, agency: null }] } });
	for (const kind of ['dtsen', 'kpm', 'bansos', 'kematian']) await bring(kind, lists[kind]);
	const proposed = families.filter((it) => !it.listed);
	await bring('desa', csv([], proposed.map((it) => told(it, it.head))), { title: 'Usulan contoh', as_of: '2026-04-02' });
	const yardstick = { decile_max: MAX, rupiah_each: EACH, not_excluding: [] };
	await examine({ house, token }, yardstick);

	const judge = judgeOf(members);
	const listed = families.filter((it) => it.listed);
	const groupOf = (name) => listed.filter((it) => judge(it) === name);
	const groups = Object.fromEntries(['anggota:fails', 'desil:fails', 'desil:unknown', 'bantuan:fails'].map((name) => [name, groupOf(name)]));
	const stays = groupOf('included');
	const enters = proposed.filter((it) => judge(it) === 'included');
	const waiting = Object.values(groups).flat();
	for (const [name, all] of Object.entries({ ...groups, stays, enters })) expect(all.length > 0, `nobody is ${name}`);

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
	const audit = async (verb) => (await house.json('GET', `/api/v1/audit?verb=${verb}&limit=100`, { token })).items;
	const sheet = page.getByRole('dialog');
	const figure = (verdict, on = page) => on.locator(`[data-verdict="${verdict}"] dd span`).first();
	const group = (name) => page.locator(`[data-group="${name}"]`);
	const move = (name) => page.locator(`[data-move="${name}"]`);
	const hidden = (who) => who.name.split(' ').map((word) => word[0] + '•'.repeat(Math.min(4, word.length - 1))).join(' ');
	const nik = (who) => `${who.nik.slice(0, 4)}${'•'.repeat(11)}${who.nik.slice(-1)}`;
	/** The row of a family in a list that is shown. */
	const rowOf = (it, on = page) => on.locator('li[data-subject]').filter({ hasText: hidden(it.head) }).filter({ hasText: nik(it.head) });
	const download = async (act) => {
		const waits = page.waitForEvent('download');
		await act();
		const file = await waits;
		return { name: file.suggestedFilename(), octets: readFileSync(await file.path()) };
	};
	const list = (number) => `${house.url}/kartu/penetapan/daftar/${number}`;
	const part = (name) => page.getByRole('navigation', { name: 'Bagian daftar ini' }).getByRole('link', { name, exact: true });
	const address = new Map();
	/** Where the reasons of a family on a list are. */
	async function subjectOf(number, it) {
		const key = `${number}/${it.kk}`;
		if (!address.has(key)) {
			await page.goto(`${list(number)}?bagian=daftar&wilayah=${it.village}`);
			await rowOf(it).waitFor();
			address.set(key, await rowOf(it).getAttribute('data-subject'));
		}
		return address.get(key);
	}

	await house.json('POST', '/api/v1/card/programmes', { token, body: { text: PROGRAMME, note: 'uji' } });
	await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'pangan', title: 'Triwulan uji' } });

	await promise('a draft tells what it is and its numbers, and takes nobody off the list', async () => {
		await page.goto(list(1));
		await page.getByRole('heading', { level: 1, name: 'Rancangan daftar 1: Paket pangan uji' }).waitFor();
		await page.getByText('dibandingkan dengan daftar KPM yang berjalan').waitFor();
		const others = families.length - stays.length - enters.length - waiting.length;
		const wants = { included: stays.length + enters.length, held: 0, undecided: waiting.length, excluded: others, unknown: 0 };
		for (const [verdict, count] of Object.entries(wants)) expect((await figure(verdict).innerText()) === n(count), `${verdict}: ${await figure(verdict).innerText()} for ${count}`);
		expect((await figure('rupiah').innerText()) === rp(RUPIAH * (wants.included + wants.undecided)), await figure('rupiah').innerText());
		await move('stays').getByText(`${n(stays.length + waiting.length)} keluarga tetap menerima`).waitFor();
		await move('stays').getByText(`di antaranya ${n(waiting.length)} keluarga masih menunggu keputusan`).waitFor();
		await move('enters').getByText(`${n(enters.length)} keluarga baru menerima`).waitFor();
		expect((await move('leaves').count()) === 0, 'somebody leaves before anybody has ruled');
		const table = page.getByRole('region', { name: 'Menurut kabupaten/kota' }).getByRole('table');
		for (const code of ['62.02', '62.11']) {
			const here = (all) => all.filter(({ village }) => village.startsWith(code)).length;
			const cells = await table.locator(`tr[data-area="${code}"] td`).allInnerTexts();
			// Before, entered, left, receives, held, waits, unknown, rupiah.
			const right = [here(listed), here(enters), 0, here(stays) + here(enters), 0, here(waiting), 0].map(n).concat(rp(RUPIAH * (here(listed) + here(enters))));
			expect(JSON.stringify(cells) === JSON.stringify(right), `${code}: ${cells} for ${right}`);
		}
		await fit(page);
		await shots(page, 'rancangan', { fullPage: true });
	});

	await promise('each group stands there with its rule, its law, its number and its rupiah', async () => {
		const says = { 'anggota:fails': ['tidak memenuhi syarat ini', 'pasal 3'], 'desil:fails': ['tidak memenuhi syarat ini', 'pasal 4 ayat (1)'], 'desil:unknown': ['belum diketahui apakah memenuhi syarat ini', 'pasal 4 ayat (1)'], 'bantuan:fails': ['kena pengecualian ini', 'dasar hukum belum ditulis'] };
		expect((await page.locator('[data-group]').count()) === Object.keys(groups).length, `${await page.locator('[data-group]').count()} groups`);
		for (const [name, all] of Object.entries(groups)) {
			await group(name).getByText(says[name][0]).waitFor();
			const text = await group(name).innerText();
			for (const word of [RULES[name.split(':')[0]], `${n(all.length)} keluarga`, rp(RUPIAH * all.length), ...says[name]]) expect(text.includes(word), `${name}: ${text} for ${word}`);
		}
	});

	await promise('it cannot be adopted while somebody waits for a decision', async () => {
		const place = page.locator('[data-adopt]');
		await place.getByText(`Belum dapat ditetapkan: ${n(waiting.length)} keluarga masih menunggu keputusan.`).waitFor();
		expect(await place.getByRole('button', { name: 'Tetapkan' }).isDisabled(), 'it can be pressed');
		const body = { receiving: listed.length + enters.length, decree: 'x', decree_day: '2026-11-27', signatories: [{ name: 'x', office: 'y' }] };
		const refused = await house.ask('POST', '/api/v1/card/decisions/1/adoption', { token, body });
		expect(refused.status === 409 && (await refused.text()).includes('card-undecided'), `it is ${refused.status}`);
	});

	const ruleOn = async (name, act, reason) => {
		await group(name).getByRole('button', { name: act }).click();
		await sheet.getByLabel('Alasan').fill(reason);
		await sheet.getByRole('button', { name: new RegExp(`^(Keluarkan|Tahan) ${n(groups[name].length)} keluarga$`) }).click();
		await sheet.waitFor({ state: 'detached' });
		await group(name).getByText(`“${reason}”`).waitFor();
	};
	await promise('a group is ruled on after the sentence is read, and the ruling is taken back', async () => {
		await group('desil:fails').getByRole('button', { name: 'Keluarkan' }).click();
		await sheet.getByLabel('Alasan').fill(`${REASON.desil}.`);
		const said = await sheet.locator('[data-preview]').innerText();
		expect(said === `${n(groups['desil:fails'].length)} keluarga yang sekarang menerima akan dikeluarkan karena ${REASON.desil}.`, said);
		await fit(page);
		await shots(page, 'rancangan-kelompok');
		await page.keyboard.press('Escape');
		await ruleOn('desil:fails', 'Keluarkan', REASON.desil);
		await move('leaves').getByText(`${n(groups['desil:fails'].length)} keluarga`).waitFor();
		await group('desil:fails').getByRole('button', { name: 'Batalkan keputusan' }).click();
		await group('desil:fails').getByRole('button', { name: 'Keluarkan' }).waitFor();
		expect((await move('leaves').count()) === 0, 'they still leave');
		await ruleOn('desil:fails', 'Keluarkan', REASON.desil);
		await ruleOn('desil:unknown', 'Keluarkan', REASON.unknown);
		await ruleOn('anggota:fails', 'Tahan di daftar', REASON.hold);
		await page.locator('[data-adopt]').getByText(`${n(groups['bantuan:fails'].length)} keluarga masih menunggu keputusan`).waitFor();
	});

	const [kept, ...gone] = groups['bantuan:fails'];
	await promise('by a rule that removes nobody in bulk each is decided on alone', async () => {
		await group('bantuan:fails').getByText('Aturan ini tidak boleh mengeluarkan sekaligus').waitFor();
		expect((await group('bantuan:fails').getByRole('button', { name: 'Keluarkan' }).count()) === 0, 'all of them can be removed at once');
		const refused = await house.ask('PUT', '/api/v1/card/decisions/1/rulings/bantuan:fails', { token, body: { answer: 'remove', reason: 'x' } });
		expect(refused.status === 409 && (await refused.text()).includes('card-not-in-bulk'), `it is ${refused.status}`);
		await group('bantuan:fails').getByRole('link', { name: 'Putuskan satu per satu' }).click();
		await page.waitForURL((url) => url.searchParams.get('kelompok') === 'bantuan:fails');
		await page.getByRole('heading', { name: `Kelompok “${RULES.bantuan}: kena pengecualian ini”` }).waitFor();
		await rowOf(kept).waitFor();
		expect((await page.locator('li[data-subject]').count()) === groups['bantuan:fails'].length, `${await page.locator('li[data-subject]').count()} rows`);
		await fit(page);
		await shots(page, 'rancangan-daftar', { fullPage: true });
		for (const it of groups['bantuan:fails']) {
			await rowOf(it).getByRole('button', { name: 'Putuskan yang ini' }).click();
			if (it === kept) {
				await sheet.getByLabel('Alasan').fill(REASON.alone);
				await sheet.getByRole('button', { name: 'Simpan keputusan' }).click();
				await sheet.getByText('Pilih masukkan atau keluarkan.').waitFor();
				await shots(page, 'rancangan-satu');
			}
			await sheet.getByRole('radio', { name: it === kept ? 'Masukkan' : 'Keluarkan' }).check();
			await sheet.getByLabel('Alasan').fill(it === kept ? REASON.alone : 'sudah menerima bantuan lain');
			await sheet.getByRole('button', { name: 'Simpan keputusan' }).click();
			await sheet.waitFor({ state: 'detached' });
			await rowOf(it).getByText(it === kept ? 'Dimasukkan' : 'Dikeluarkan', { exact: true }).waitFor();
		}
		const mine = page.locator(`[data-exception="${await rowOf(kept).getAttribute('data-subject')}"]`);
		await part('Ringkasan').click();
		await group('bantuan:fails').getByText('Semuanya sudah diputuskan satu per satu.').waitFor();
		// One is taken back and decided again.
		await page.getByText(`1 dimasukkan, ${n(gone.length)} dikeluarkan`).click();
		await mine.getByRole('button', { name: 'Batalkan keputusan' }).click();
		await mine.waitFor({ state: 'detached' });
		await page.locator('[data-adopt]').getByText('1 keluarga masih menunggu keputusan').waitFor();
		await page.goto(`${list(1)}/${await subjectOf(1, kept)}`);
		await page.getByRole('heading', { level: 1, name: 'Tentang keluarga ini belum ada keputusan: Paket pangan uji, daftar 1' }).waitFor();
		await page.getByRole('button', { name: 'Putuskan yang ini' }).click();
		await sheet.getByRole('radio', { name: 'Masukkan' }).check();
		await sheet.getByLabel('Alasan').fill(REASON.alone);
		await sheet.getByRole('button', { name: 'Simpan keputusan' }).click();
		await page.getByText('Dimasukkan').waitFor();
		await page.getByText('Alasannya tersegel; tertulis di lembar alasan.').waitFor();
		expect(!(await page.locator('main').innerText()).includes(REASON.alone), 'what may name somebody is shown');
	});

	// What the list is to be.
	const held = groups['anggota:fails'];
	const included = [...stays, ...enters, kept];
	const receive = [...included, ...held];
	const form = page.getByRole('form', { name: 'Tetapkan daftar' });
	await promise('what somebody else has changed meanwhile is not adopted, and what was typed stays', async () => {
		await page.goto(list(1));
		await form.getByLabel('Nomor keputusan').fill('460/12/UJI/2026');
		await form.getByLabel('Tanggal keputusan').fill('2026-11-27');
		await form.getByLabel('Nama 1').fill('Siti Contoh');
		await form.getByLabel('Jabatan 1').fill('Kepala Dinas Contoh');
		await form.getByLabel('Ketik jumlah penerima').fill(n(receive.length));
		const [{ subject }] = (await house.json('GET', '/api/v1/card/decisions/1/subjects?verdict=included&limit=1', { token })).items;
		const { id } = await house.json('POST', '/api/v1/card/decisions/1/exceptions', { token, body: { subject, answer: 'exclude', reason: 'berubah' } });
		await form.getByRole('button', { name: 'Tetapkan' }).click();
		await page.getByText('Jumlah penerima sudah berubah').waitFor();
		await page.getByText(`Yang ditetapkan: ${n(receive.length - 1)} keluarga menerima`).waitFor();
		expect((await form.getByLabel('Nomor keputusan').inputValue()) === '460/12/UJI/2026' && (await form.getByLabel('Jabatan 1').inputValue()) === 'Kepala Dinas Contoh', 'what was typed is gone');
		await fit(page);
		expect((await house.ask('DELETE', `/api/v1/card/decisions/1/exceptions/${id}`, { token })).ok, 'it cannot be taken back');
	});

	await promise('an adoption that came to nothing is told, and the draft is there as it was', async () => {
		let asked = 0;
		await page.route('**/api/v1/card/decisions/1', async (route) => {
			const answer = await route.fetch();
			if (asked++ > 0) return route.fulfill({ response: answer });
			await route.fulfill({ response: answer, json: { ...(await answer.json()), state: 'writing', stage: null } });
		});
		await page.goto(list(1));
		await page.getByText('Penetapan belum berhasil').waitFor();
		await form.getByText('Ketik jumlah penerima').waitFor();
		await page.unroute('**/api/v1/card/decisions/1');
	});

	await promise('it is adopted by whoever types how many receive, with decree and signatories', async () => {
		await page.goto(list(1));
		await form.waitFor();
		await page.getByText(`Yang ditetapkan: ${n(receive.length)} keluarga menerima`).waitFor();
		await form.getByLabel('Nomor keputusan').fill('460/12/UJI/2026');
		await form.getByLabel('Tanggal keputusan').fill('2026-11-27');
		await form.getByLabel('Nama 1').fill('Siti Contoh');
		await form.getByLabel('Ketik jumlah penerima').fill(n(receive.length + 1));
		await form.getByRole('button', { name: 'Tetapkan' }).click();
		await form.getByText('Ketik angka yang sama dengan jumlah penerima di atas.').waitFor();
		await form.getByText('Isi nama dan jabatan setiap penanda tangan, paling sedikit satu.').waitFor();
		await fit(page);
		await shots(page, 'rancangan-tetap', { fullPage: true });
		await form.getByLabel('Jabatan 1').fill('Kepala Dinas Contoh');
		await form.getByRole('button', { name: 'Tambah penanda tangan' }).click();
		await form.getByLabel('Nama 2').fill('Budi Contoh');
		await form.getByLabel('Jabatan 2').fill('Sekretaris');
		await form.getByLabel('Ketik jumlah penerima').fill(n(receive.length));
		// The house says that it writes, until the test lets it go on.
		let writes = true;
		await page.route('**/api/v1/card/decisions/1', async (route) => {
			const answer = await route.fetch();
			if (!writes) return route.fulfill({ response: answer });
			await route.fulfill({ response: answer, json: { ...(await answer.json()), state: 'writing', adopted: null, stage: { done: 7, of: 44 } } });
		});
		await form.getByRole('button', { name: 'Tetapkan' }).click();
		await page.getByText('Menulis daftar: 7 dari 44').waitFor();
		expect((await page.getByRole('button', { name: /^(Tetapkan|Buang rancangan|Keluarkan)/ }).count()) === 0, 'it can be changed while it is written');
		await shots(page, 'daftar-menulis');
		writes = false;
		await page.getByRole('heading', { level: 1, name: `Daftar 1: ${n(receive.length)} keluarga menerima Paket pangan uji` }).waitFor({ timeout: HANG_MS });
		await page.unroute('**/api/v1/card/decisions/1');
		for (const words of ['460/12/UJI/2026, 27 Nov 2026', 'Siti Contoh, Kepala Dinas Contoh', 'Budi Contoh, Sekretaris']) await page.getByText(words).waitFor();
		const wants = { included: included.length, held: held.length, excluded: families.length - receive.length - groups['desil:unknown'].length, unknown: groups['desil:unknown'].length };
		for (const [verdict, count] of Object.entries(wants)) expect((await figure(verdict).innerText()) === n(count), `${verdict}: ${await figure(verdict).innerText()} for ${count}`);
		expect((await page.getByRole('button', { name: /Batalkan keputusan|Buang rancangan/ }).count()) === 0, 'it can still be changed');
		await fit(page);
		await shots(page, 'daftar', { fullPage: true });
	});

	let seal;
	await promise('the hash of the decree is that of the cover as it is handed out', async () => {
		await part('Lampiran').click();
		seal = await page.locator('[data-sha256]').innerText();
		expect(/^[0-9a-f]{64}$/.test(seal), seal);
		const { octets } = await download(() => page.getByRole('link', { name: 'CSV' }).click());
		expect(sha256(octets) === seal, `${sha256(octets)} for ${seal}`);
		// The cover names each village with as many as the test counts there.
		for (const { code } of places) {
			const here = receive.filter(({ village }) => village === code);
			const cells = await page.locator(`tr[data-part="${code}"] td`).allInnerTexts();
			expect(cells[0] === n(here.length) && cells[1] === rp(RUPIAH * here.length), `${code}: ${cells}`);
			expect(octets.toString().split('\r\n').some((line) => line.includes(`,${code},${here.length},${RUPIAH * here.length},${cells[2]}`)), `${code} is not on the cover`);
		}
		await page.getByText(`3 desa/kelurahan, ${n(receive.length)} keluarga`).waitFor();
		await fit(page);
		await shots(page, 'daftar-lampiran', { fullPage: true });
	});

	await promise('the annex of a village has its names and its hash, and is in the audit', async () => {
		const hash = (await page.locator(`tr[data-part="${one.code}"] code`).innerText()).trim();
		await page.getByRole('button', { name: `Lampiran: ${one.name}` }).click();
		await sheet.getByRole('button', { name: 'Pemeriksaan lampiran' }).click();
		await fit(page);
		await shots(page, 'daftar-lampiran-nama');
		const { name, octets } = await download(() => sheet.getByRole('button', { name: 'Unduh lampiran' }).click());
		expect(name === `lampiran-1-${one.code}.csv` && sha256(octets) === hash, `${name} has ${sha256(octets)} for ${hash}`);
		const [, ...lines] = octets.toString().trim().split('\r\n');
		const here = receive.filter(({ village }) => village === one.code);
		expect(lines.length === here.length, `${lines.length} lines for ${here.length}`);
		for (const it of here) expect(lines.some((line) => members(it).some((who) => line.includes(who.name)) && line.includes(held.includes(it) ? 'ditahan' : 'masuk')), `${it.head.name} is not on it`);
		expect(!here.some((it) => members(it).some((who) => octets.toString().includes(who.nik))), 'a whole NIK is on it');
		const [entry] = await audit('card_annex.taken');
		expect(JSON.stringify(entry.detail).includes('Pemeriksaan lampiran') && JSON.stringify(entry.detail).includes(one.code), JSON.stringify(entry));
	});

	await promise('whoever asks is told that it is still what was adopted', async () => {
		await part('Ringkasan').click();
		await page.getByRole('button', { name: 'Uji daftar ini' }).click();
		await page.getByText(/^Utuh: \d+ baris dan 3 lampiran sama dengan saat ditetapkan\.$/).waitFor();
		expect((await page.locator('[data-sound="true"]').count()) === 1, 'it is not sound');
	});

	const removed = groups['desil:fails'].find((it) => it.decile === 5);
	const doubted = groups['desil:unknown'][0];
	const fresh = enters[0];
	await promise('reasons are told rule by rule, with the rows that show them', async () => {
		await page.goto(`${list(1)}/${await subjectOf(1, removed)}`);
		await page.getByRole('heading', { level: 1, name: `Keluarga ini tidak menerima Paket pangan uji pada daftar 1: aturan “${RULES.desil}”` }).waitFor();
		const rule = page.locator('[data-rule="desil"]');
		await rule.getByText('tidak terpenuhi').waitFor();
		const text = await rule.innerText();
		for (const word of ['pasal 4 ayat (1)', 'DTSEN contoh, baris', 'per 1 Jan 2026', '5']) expect(text.includes(word), `${text} for ${word}`);
		await page.locator('[data-rule="anggota"]').getByText('terpenuhi', { exact: false }).first().waitFor();
		await page.getByText('Orang memutuskan untuk seluruh kelompoknya.').waitFor();
		await page.getByText(`“${REASON.desil}”`).waitFor();
		const body = await page.locator('main').innerText();
		expect(!body.includes(removed.head.name) && !body.includes(removed.head.nik), 'it is not masked');
		await fit(page);
		await shots(page, 'daftar-alasan', { fullPage: true });
	});

	await promise('the sheet of reasons is printed for those who receive by rules or by a person, one who does not, and one of whom it is not known', async () => {
		for (const [it, words] of [
			[fresh, ['Keluarga ini masuk daftar penerima: 1 paket', 'menurut aturan; ditetapkan bersama seluruh daftar', 'DTSEN contoh, per 1 Januari']],
			[removed, [`Keluarga ini tidak masuk daftar penerima. Aturan yang menentukan: ${RULES.desil}.`, 'tentang semua yang kena aturan itu', REASON.desil]],
			[kept, ['Keluarga ini masuk daftar penerima: 1 paket', 'tentang yang bersangkutan sendiri', REASON.alone]],
			[doubted, [`Keluarga ini tidak masuk daftar penerima karena belum diketahui apakah berhak. Aturan yang menentukan: ${RULES.desil}.`, REASON.unknown]]
		]) {
			await page.goto(`${list(1)}/${await subjectOf(1, it)}`);
			await page.getByRole('button', { name: 'Cetak lembar alasan' }).click();
			await sheet.getByRole('button', { name: 'Penjelasan kepada warga' }).click();
			const waits = page.waitForEvent('download');
			await sheet.getByRole('button', { name: 'Unduh lembar alasan (PDF)' }).click();
			const file = await (await waits).path();
			const { stdout } = await run('pdftotext', ['-layout', file, '-']);
			const text = stdout.replace(/\s+/g, ' ');
			for (const word of [it.head.name, '460/12/UJI/2026', seal, 'dapat menyanggah', ...words]) expect(text.includes(word), `${it.head.name}: ${stdout} for ${word}`);
			expect(!text.includes(it.head.nik), 'a whole NIK is on it');
			await sheet.waitFor({ state: 'detached' });
		}
		expect((await audit('card_sheet.printed')).length === 4, 'a sheet is not in the audit');
	});

	const GROUND = 'Desilnya keliru: rumahnya roboh pada bulan Juli.';
	await promise('an objection is written down, sealed, and waits for somebody else', async () => {
		await page.goto(`${list(1)}/${await subjectOf(1, removed)}`);
		await page.getByText('Belum ada sanggahan.').waitFor();
		await page.getByRole('button', { name: 'Catat sanggahan' }).click();
		await sheet.getByLabel('Siapa yang menyanggah').fill('kepala keluarga sendiri');
		await sheet.getByLabel('Dasar sanggahan').fill(GROUND);
		await fit(page);
		await shots(page, 'sanggah-catat');
		await sheet.getByRole('button', { name: 'Simpan sanggahan' }).click();
		await sheet.waitFor({ state: 'detached' });
		await page.getByText('Menunggu jawaban').waitFor();
		await page.getByRole('link', { name: 'Semua sanggahan' }).click();
		await page.waitForURL('**/kartu/sanggah');
		const row = page.locator('[data-objection="1"]');
		await row.getByText('Terhadap daftar 1, Paket pangan uji').waitFor();
		expect(!(await page.locator('main').innerText()).includes(GROUND), 'its ground is shown');
		await fit(page);
		await shots(page, 'sanggah');
		// Who wrote it down reads it for a purpose, and is not the one to answer; what was typed stays.
		await row.getByRole('button', { name: 'Baca dan jawab' }).click();
		await sheet.getByRole('button', { name: 'Menjawab sanggahan' }).click();
		await sheet.getByRole('button', { name: 'Buka sanggahan' }).click();
		await sheet.getByText(GROUND).waitFor();
		await sheet.getByText('Yang menyanggah: kepala keluarga sendiri').waitFor();
		await sheet.getByRole('radio', { name: 'Terima sanggahan' }).check();
		await sheet.getByLabel('Alasan').fill('terbukti');
		await sheet.getByRole('button', { name: 'Simpan jawaban' }).click();
		await sheet.getByText('Yang mencatat sanggahan tidak boleh memutuskannya.').waitFor();
		expect((await sheet.getByLabel('Alasan').inputValue()) === 'terbukti', 'what was typed is gone');
		await fit(page);
		await shots(page, 'sanggah-buka');
		await page.keyboard.press('Escape');
		const [entry] = await audit('card_objection.opened');
		expect(JSON.stringify(entry.detail).includes('Menjawab sanggahan'), JSON.stringify(entry));
	});

	await promise('somebody else accepts it, and the state can be filtered by', async () => {
		const other = await enter(SECOND);
		await other.goto(`${house.url}/kartu/sanggah?status=open`);
		await other.locator('[data-objection="1"]').getByRole('button', { name: 'Baca dan jawab' }).click();
		const form = other.getByRole('dialog');
		await form.getByLabel('Untuk keperluan apa').fill('sidang sanggahan');
		await form.getByRole('button', { name: 'Buka sanggahan' }).click();
		await form.getByRole('radio', { name: 'Terima sanggahan' }).check();
		await form.getByLabel('Alasan').fill('sudah diperiksa di lapangan');
		await form.getByRole('button', { name: 'Simpan jawaban' }).click();
		await other.getByText('Tidak ada sanggahan', { exact: true }).waitFor();
		await other.getByLabel('Keadaan').selectOption('accepted');
		await other.locator('[data-objection="1"]').getByText('Diterima oleh Petugas Kedua').waitFor();
		await other.context().close();
	});

	// The next list: one falls over the bound, another comes under it.
	const [worse, better] = [stays[0], groups['desil:fails'].find((it) => it.decile === 3)];
	const decileNow = (it) => (it === worse ? 6 : it === better ? 2 : it.decile);
	await promise('a draft says when there is something newer, and is thrown away', async () => {
		await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'pangan' } });
		await bring('dtsen', csv(['desil'], families.filter((it) => !it.unknown).flatMap((it) => members(it).map((who) => [...told(it, who), decileNow(it) ?? '']))), { title: 'DTSEN kedua', as_of: '2026-06-01' });
		await examine({ house, token }, yardstick);
		await page.goto(list(2));
		await page.locator('[data-stale]').getByText('Ada pemeriksaan atau versi aturan yang lebih baru.').waitFor();
		await page.getByText('dibandingkan dengan daftar 1').waitFor();
		await page.getByRole('button', { name: 'Buang rancangan' }).click();
		await sheet.getByText('Daftar yang sudah ditetapkan tidak berubah.').waitFor();
		await sheet.getByRole('button', { name: 'Buang rancangan' }).click();
		await page.getByRole('heading', { level: 1, name: 'Daftar 2 dibuang: Paket pangan uji' }).waitFor();
		await fit(page);
	});

	await promise('the next list tells who entered and who left, each with the reason', async () => {
		const { number } = await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'pangan' } });
		expect(number === 3, `it is ${number}`);
		await page.goto(list(3));
		await group('desil:fails').getByText('1 keluarga', { exact: false }).first().waitFor();
		for (const [name, answer] of [['desil:fails', 'remove'], ['anggota:fails', 'hold']]) await house.json('PUT', `/api/v1/card/decisions/3/rulings/${name}`, { token, body: { answer, reason: 'uji kedua' } });
		// The accepted objection lets its family in, and what was decided alone counts on.
		const now = [...receive.filter((it) => it !== worse), better, removed];
		const body = { receiving: now.length, decree: '460/13/UJI/2026', decree_day: '2026-11-28', signatories: [{ name: 'Siti Contoh', office: 'Kepala Dinas Contoh' }] };
		await house.json('POST', '/api/v1/card/decisions/3/adoption', { token, body });
		await until(() => house.json('GET', '/api/v1/card/decisions/3', { token }), ({ state }) => state === 'adopted', 'the second list');
		await page.goto(`${list(3)}?bagian=perubahan`);
		await page.getByRole('heading', { name: 'Perubahan dari daftar 1' }).waitFor();
		await rowOf(worse).waitFor();
		expect((await page.locator('li[data-subject]').count()) === 3, `${await page.locator('li[data-subject]').count()} changes`);
		for (const [it, words] of [
			[worse, ['Tidak menerima', 'diputuskan per kelompok', 'Keluar dari daftar.', `${RULES.desil}: mendukung (desil 2) → menolak (desil 6)`]],
			[better, ['Menerima', 'Baru masuk daftar.', `${RULES.desil}: menolak (desil 3) → mendukung (desil 2)`]],
			[removed, ['Menerima', 'diputuskan satu per satu', `Meskipun aturan “${RULES.desil}”, desil 5`, 'Baru masuk daftar.']]
		]) {
			const text = await rowOf(it).innerText();
			for (const word of words) expect(text.includes(word), `${text} for ${word}`);
		}
		await fit(page);
		await shots(page, 'daftar-perubahan', { fullPage: true });
		const { octets } = await download(() => page.getByRole('link', { name: 'CSV' }).click());
		const [, ...lines] = octets.toString().trim().split('\r\n');
		expect(lines.length === 3 && lines.some((line) => line.includes(hidden(worse.head)) && line.includes(RULES.desil)), octets.toString());
		await page.goto(`${list(3)}/${await subjectOf(3, removed)}`);
		await page.getByText('dari sanggahan').waitFor();
	});

	await promise('a family tells on which lists it stands, and leads to the reasons', async () => {
		await page.goto(`${list(3)}/${await subjectOf(3, worse)}`);
		await page.getByRole('link', { name: 'Lihat keluarganya' }).click();
		const own = page.getByRole('region', { name: 'Penetapan' });
		await own.getByText('Daftar 3, ditetapkan').waitFor();
		const texts = await own.getByRole('listitem').allInnerTexts();
		expect(texts.length === 2 && texts[0].includes('Tidak menerima') && texts[0].includes(RULES.desil) && texts[1].includes('Daftar 1') && texts[1].includes('Menerima') && texts[1].includes(rp(RUPIAH)), texts.join(' | '));
		await fit(page);
		await shots(page, 'keluarga-penetapan', { fullPage: true });
		await own.getByRole('link').first().click();
		await page.waitForURL(`**/kartu/penetapan/daftar/3/${await address.get(`3/${worse.kk}`)}`);
	});

	await promise('the keyboard walks a list and opens one, and filters stand in the address', async () => {
		await page.goto(`${list(1)}?bagian=daftar`);
		await page.getByLabel('Putusan').selectOption('unknown');
		await page.waitForURL((url) => url.searchParams.get('putusan') === 'unknown');
		await rowOf(doubted).waitFor();
		expect((await page.locator('li[data-subject]').count()) === groups['desil:unknown'].length, `${await page.locator('li[data-subject]').count()} rows`);
		await page.getByLabel('Perubahan').selectOption('enters');
		await page.getByText('Tidak ada yang ditampilkan').waitFor();
		await page.getByLabel('Putusan').selectOption('');
		await rowOf(fresh).waitFor();
		expect((await page.locator('li[data-subject]').count()) === enters.length, `${await page.locator('li[data-subject]').count()} enter`);
		await page.keyboard.press('Tab');
		await page.keyboard.press('j');
		await page.keyboard.press('Enter');
		await page.waitForURL('**/kartu/penetapan/daftar/1/fam_*');
	});

	await promise('who may only count sees numbers and nobody, and who has a part of the province decides nothing', async () => {
		const leader = await enter(LEADER);
		await leader.goto(list(1));
		await figure('included', leader).waitFor();
		expect((await figure('included', leader).innerText()) === n(included.length), await figure('included', leader).innerText());
		for (const name of ['Yang diputuskan', 'Perubahan', 'Uji daftar ini', 'Semua sanggahan']) expect((await leader.getByText(name, { exact: true }).count()) === 0, `${name} is offered`);
		await leader.context().close();
		await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'pangan' } });
		const own = await enter(PART);
		await own.goto(list(4));
		await own.getByText('Hanya petugas yang berwenang atas seluruh provinsi yang memutuskan dan menetapkan.').waitFor();
		expect((await own.getByRole('button', { name: /^(Keluarkan|Tahan|Buang|Tetapkan)/ }).count()) === 0, 'something can be decided');
		await own.goto(`${list(1)}?bagian=daftar`);
		await own.locator('li[data-subject]').first().waitFor();
		const texts = await own.locator('li[data-subject]').allInnerTexts();
		expect(texts.length > 0 && texts.every((text) => text.includes(three.code)), 'somebody of another regency is shown');
		await own.context().close();
	});

	await promise('a programme for persons counts persons, and money that nobody has said is not zero', async () => {
		await house.json('POST', '/api/v1/card/programmes', { token, body: { text: PERSONS } });
		const { number } = await house.json('POST', '/api/v1/card/decisions', { token, body: { slug: 'dewasa' } });
		const persons = families.flatMap((it) => members(it).filter((who) => !it.unknown || who === it.head).map((who) => ({ it, who })));
		const alive = persons.filter(({ it, who }) => !(it.died !== undefined && who === it.head));
		await page.goto(list(number));
		await move('enters').getByText(`${n(alive.length)} orang baru menerima`).waitFor();
		await move('enters').getByText('rupiah belum diketahui').waitFor();
		expect((await figure('rupiah').innerText()) === 'belum diketahui', await figure('rupiah').innerText());
		await page.getByText('Tidak ada penerima sekarang yang akan keluar atau menjadi belum diketahui.').waitFor();
		const dead = families.find((it) => it.died === '2026-02-03');
		await page.goto(`${list(number)}?bagian=daftar&putusan=excluded&wilayah=${dead.village}`);
		await rowOf(dead).getByRole('link').click();
		await page.getByRole('heading', { level: 1, name: `Orang ini tidak menerima Kartu dewasa uji pada daftar ${number}: aturan “Masih hidup”` }).waitFor();
		await page.locator('[data-rule="hidup"]').getByText('Kematian contoh, baris').waitFor();
		await fit(page);
	});

	await promise('all of it is there in English, and fits a phone', async () => {
		const reader = await enter(ADMIN);
		await reader.goto(`${list(1)}?bahasa=en`);
		await reader.getByRole('heading', { level: 1, name: `List 1: ${receive.length} families receive Paket pangan uji` }).waitFor();
		await fit(reader);
		await shots(reader, 'daftar-en', { fullPage: true });
		await reader.goto(`${list(1)}/${address.get(`1/${removed.kk}`)}?bahasa=en`);
		await reader.getByText('this exclusion does not apply').waitFor();
		await fit(reader);
		await reader.goto(`${list(4)}?bahasa=en`);
		await reader.getByRole('heading', { level: 1, name: 'Draft of list 4: Paket pangan uji' }).waitFor();
		await fit(reader);
		await shots(reader, 'rancangan-en', { fullPage: true });
		await reader.context().close();
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
