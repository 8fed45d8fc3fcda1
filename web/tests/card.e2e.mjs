// The running list of the welfare card, answered: who on it is doubled, dead, gone, aided or
// over the bound, who should be on it and is not, and what that is in rupiah; a family found
// by a number that leaves no trace, opened for a purpose; a work list; who sees none of it.
//
//   node web/tests/card.e2e.mjs
//
// All persons are made up, and what is expected is counted from what is true of them. Of the
// house only the names of areas are asked.
import { readFileSync } from 'node:fs';
import { bring as bringList } from './card.house.mjs';
import { EACH, made } from './card.people.mjs';
import { ADMIN, HANG_MS, browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const WARDEN = { username: 'bansos-lain', password: 'jembatan-biru-di-hulu-24' };
const KEEPER = { username: 'bansos-daerah', password: 'titian-rotan-di-hulu-24' };
const LEADER = { username: 'pimpinan', password: 'dermaga-tua-di-hilir-24' };
/** Digits grouped as the page writes them. */
const n = (value) => value.toLocaleString('id-ID');
const rp = (value) => `Rp\u00a0${n(value)}`;
/** What is found, with the words of the page. */
const WHAT = {
	duplicate: 'Keluarga ganda',
	same_card: 'Nomor kartu ganda',
	dead: 'Penerima meninggal',
	moved: 'Pindah ke luar provinsi',
	aided: 'Sudah menerima bantuan lain',
	decile: 'Desil di atas batas',
	unknown: 'Kelayakan belum diketahui',
	left_out: 'Berhak, belum ada di daftar'
};

await keep(async () => {
	const { house, token } = await newHouse();
	const villagesOf = async (regency) => (await house.json('GET', `/api/v1/areas?level=village&within=${regency}&limit=5000`, { token })).items;
	const [east, far] = [await villagesOf('62.02'), await villagesOf('62.11')];
	const district = (code) => code.split('.').slice(0, 3).join('.');
	const [one] = east;
	const two = east.find(({ code }) => district(code) !== district(one.code));
	const [three] = far;
	const { families, members, rows, expected, told, csv, lists, titles, days } = made([one, two, three].map(({ code }) => code));

	const bring = (kind, text) => bringList({ house, token }, kind, text, { title: titles[kind], owner: `Dinas ${kind}`, as_of: days[kind], purposes: ['uji'] });

	for (const [name, who, role, area] of [
		['Petugas Lain', WARDEN, 'bansos', '62.71'],
		['Petugas Daerah', KEEPER, 'bansos', '62.11'],
		['Pimpinan Uji', LEADER, 'pimpinan', '62']
	])
		await house.json('POST', '/api/v1/staff', { token, body: { name, ...who, grants: [{ role, area, agency: null }] } });
	const chrome = await browser();
	const broken = [];
	const asked = [];
	const enter = async (who) => {
		const context = await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: 'Asia/Pontianak', bypassCSP: true, acceptDownloads: true });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		page.on('request', (request) => asked.push(request.url()));
		await logIn(page, house.url, who);
		return page;
	};
	const page = await enter(ADMIN);
	const strip = page.getByRole('region', { name: 'Daftar KPM dalam angka' });
	const figure = (name) => strip.locator('div').filter({ has: page.getByText(name, { exact: true }) });
	const kind = (what) => page.locator(`a[data-what="${what}"]`);
	const table = page.getByRole('region', { name: 'Menurut wilayah' }).getByRole('table');
	const found = page.getByRole('region', { name: /^(Semua temuan|Temuan: )/ });
	const audit = async (verb) => (await house.json('GET', `/api/v1/audit?verb=${verb}&limit=100`, { token })).items;

	await promise('before the first list the page says what to do', async () => {
		await page.goto(`${house.url}/kartu`);
		await page.getByText('Belum ada daftar').waitFor();
		await page.getByRole('link', { name: 'Masukkan daftar' }).first().waitFor();
		await fit(page);
		await shots(page, 'kartu-kosong');
		await page.goto(`${house.url}/kartu/keluarga`);
		await page.getByLabel('NIK, nomor KK, atau nomor kartu').fill('6202110101900001');
		await page.getByRole('button', { name: 'Cari' }).first().click();
		await page.getByText('Daftar KPM belum pernah diperiksa.').waitFor();
		expect((await page.getByLabel('NIK, nomor KK, atau nomor kartu').inputValue()) === '6202110101900001', 'what was typed is gone');
	});

	for (const [name, text] of Object.entries(lists)) await bring(name, text);

	await promise('lists that nobody has examined say nothing, and the first examination is begun here', async () => {
		await page.goto(`${house.url}/kartu`);
		await page.getByText('Daftar KPM belum diperiksa').waitFor();
		expect((await strip.count()) === 0, 'numbers are shown');
		await page.getByRole('button', { name: 'Periksa daftar' }).click();
		const sheet = page.getByRole('dialog');
		await sheet.getByText('Nama program baru diketahui sesudah').waitFor();
		await sheet.getByLabel('Nilai per keluarga per siklus (Rp)').fill('400,5');
		await sheet.getByText('Tulis rupiah bulat').waitFor();
		expect(await sheet.getByRole('button', { name: 'Mulai memeriksa' }).isDisabled(), 'it can be sent');
		await sheet.getByLabel('Nilai per keluarga per siklus (Rp)').fill('');
		await sheet.getByRole('button', { name: 'Mulai memeriksa' }).click();
		await strip.waitFor({ timeout: HANG_MS });
		await page.getByText('nilai per keluarga per siklus belum diketahui').waitFor();
	});

	let right = expected({ max: 2, each: null, allowed: [] });
	/** What a line of the page says of a sum. */
	async function says(place, sum, what) {
		const text = await place.innerText();
		expect(text.split('\n').some((line) => line.trim() === n(sum.rows)), `${what}: ${text} for ${sum.rows}`);
		if (sum.rows === 0) return;
		// Where nobody has said an amount there is no sum, and no zero.
		expect(sum.unknown === sum.rows ? !text.includes('Rp') : text.includes(rp(sum.rupiah)), `${what}: ${text} for ${sum.rupiah}`);
		expect(sum.unknown > 0 === text.includes(`rupiah belum diketahui: ${n(sum.unknown)}`), `${what}: ${text} for ${sum.unknown} unknown`);
	}
	async function all() {
		for (const what of Object.keys(WHAT)) await says(kind(what), right.of(what), what);
		await says(figure('Dipertanyakan, tiap baris sekali'), right.questioned(), 'questioned');
	}
	const percent = (part, whole) => `${n(Math.floor((part * 1000) / whole) / 10)} % dari ${n(whole)}`;

	await promise('each number is what the lists say: rows, rupiah, and what is not known', async () => {
		await all();
		const { rows: questioned } = right.questioned();
		await says(figure('Baris daftar KPM'), right.list(), 'the list');
		await figure('Baris daftar KPM').getByText('KPM contoh, per 1 Apr 2026').waitFor();
		const rest = (of) => right.list()[of] - right.questioned()[of] - right.notKnown()[of];
		const fine = { rows: rest('rows'), rupiah: rest('rupiah'), unknown: rest('unknown') };
		await says(figure('Belum diketahui, tanpa temuan lain'), right.notKnown(), 'not known');
		await says(figure('Tanpa temuan'), fine, 'fine');
		await figure('Tanpa temuan').getByText(`${percent(fine.rows, rows.length)} KPM`).waitFor();
		await figure('Dipertanyakan, tiap baris sekali').getByText(`${percent(questioned, rows.length)} KPM`).waitFor();
		await figure('Dipertanyakan, tiap baris sekali').getByText(`dari ${rp(right.list().rupiah)}`).waitFor();
		for (const what of Object.keys(WHAT)) if (what !== 'left_out') await kind(what).getByText(`${percent(right.of(what).rows, rows.length)} KPM`, { exact: true }).waitFor();
		// Nobody has said what a family gets: what leaving one out is worth is not known, and not zero.
		for (const place of [figure(WHAT.left_out), kind('left_out')]) await place.getByText(`${percent(right.of('left_out').rows, right.eligible)} keluarga berhak`).waitFor();
		const head = await page.getByRole('heading', { level: 1 }).innerText();
		expect(head.startsWith(`${n(questioned)} dari ${n(rows.length)} baris`), head);
		await page.getByText('Temuan ialah usulan; yang memutuskan manusia. Belum diketahui bukan berarti tidak berhak.').first().waitFor();
		await fit(page);
		await shots(page, 'kartu', { fullPage: true });
		return head;
	});

	await promise('it says what it rests on: the lists with their days, and by what yardstick', async () => {
		const basis = page.getByRole('region', { name: 'Dasar jawaban' });
		await basis.getByText(`Daftar yang diperiksa: ${Object.keys(lists).length}`).click();
		const lines = await basis.getByRole('listitem').allInnerTexts();
		const months = ['Jan', 'Feb', 'Mar', 'Apr'];
		for (const [name, text] of Object.entries(lists)) {
			const [year, month, day] = days[name].split('-');
			const line = lines.find((line) => line.includes(titles[name]));
			expect(line?.includes(`per ${Number(day)} ${months[Number(month) - 1]} ${year}`) && line.includes(`${text.split('\n').length - 1} baris`), `${name}: ${line}`);
		}
		// Records of all lists, the persons and families that they are of.
		const records = Object.values(lists).reduce((sum, text) => sum + text.split('\n').length - 1, 0);
		const persons = new Set(families.flatMap((it) => members(it).filter((who) => !it.unknown || who === it.head))).size;
		await basis.getByText(`${n(records)} catatan dari 5 daftar: ${n(persons)} orang dalam ${n(families.length)} keluarga.`).waitFor();
		await basis.getByText('desil paling tinggi 2').waitFor();
	});

	await promise('a kind opens its rows, and the address holds it; each says why and by which row', async () => {
		for (const what of Object.keys(WHAT)) {
			await kind(what).click();
			await page.waitForURL((url) => url.searchParams.get('temuan') === what);
			await page.getByRole('heading', { name: `Temuan: ${WHAT[what]}` }).waitFor();
			await found.getByRole('listitem').first().waitFor();
			const texts = await found.getByRole('listitem').allInnerTexts();
			const here = right.inside('').filter((it) => it.what === what);
			expect(texts.length === here.length, `${what}: ${texts.length} rows for ${here.length}`);
			for (const it of here) {
				const hidden = it.who.name.split(' ').map((word) => word[0] + '•'.repeat(Math.min(4, word.length - 1))).join(' ');
				const nik = `${it.who.nik.slice(0, 4)}${'•'.repeat(11)}${it.who.nik.slice(-1)}`;
				const text = texts.find((text) => text.includes(hidden) && text.includes(nik) && text.includes(`lahir ${it.who.year}`) && (it.row === undefined || text.includes(`KPM contoh, baris ${it.row}`)));
				expect(text, `${what}: nobody is ${hidden} ${nik} in ${texts.join(' || ')}`);
				const because = {
					dead: () => [it.of.died ? `(${Number(it.of.died.slice(8))} ` : '(tanggal belum diketahui)', 'Kematian contoh, baris', it.of.alone ? 'Tidak ada anggota keluarga lain' : 'Ada anggota keluarga lain yang hidup'],
					moved: () => ['Pindah contoh, baris', '(1 Mar 2026)'],
					aided: () => [`menerima ${it.of.aid}`, 'Bantuan contoh, baris'],
					decile: () => [`Desil ${it.of.decile}, batasnya 2`, 'DTSEN contoh, baris'],
					unknown: () => (it.of.unknown ? ['Tidak ditemukan di DTSEN', 'bukan berarti tidak berhak'] : ['Ada di DTSEN', 'desilnya belum diketahui']),
					duplicate: () => [`KPM contoh, baris ${rows.findIndex(({ of }) => of === it.of) + 2}`],
					same_card: () => [`KPM contoh, baris ${rows.findIndex(({ card }) => card === it.of.card) + 2}`],
					left_out: () => [`Desil ${it.of.decile}`, 'DTSEN contoh, baris', 'rupiah belum diketahui']
				}[what]();
				for (const part of because) expect(text.includes(part), `${what}: ${text} for ${part}`);
			}
			const names = texts.join(' ');
			expect(!here.some((it) => names.includes(it.who.nik) || names.includes(it.who.name)), `${what}: somebody is named`);
		}
		await kind('left_out').click();
		await page.waitForURL((url) => !url.searchParams.has('temuan'));
	});

	await promise('more rows follow those that are here, each once', async () => {
		// The house hands out five at a time, so that there are more.
		await page.route('**/api/v1/card/findings?*', (route) => route.continue({ url: route.request().url().replace('limit=50', 'limit=5') }));
		await page.goto(`${house.url}/kartu`);
		const all = right.inside('').length;
		const more = page.getByRole('button', { name: 'Lebih banyak' });
		for (let shown = 5; shown < all; shown += 5) {
			await page.locator(`#baris-${shown - 1}`).waitFor();
			expect((await found.getByRole('listitem').count()) === shown, `${await found.getByRole('listitem').count()} for ${shown}`);
			await more.click();
		}
		await page.locator(`#baris-${all - 1}`).waitFor();
		await more.waitFor({ state: 'detached' });
		const texts = await found.getByRole('listitem').allInnerTexts();
		expect(texts.length === all && new Set(texts).size === all, `${texts.length}, ${new Set(texts).size} for ${all}`);
		await page.unroute('**/api/v1/card/findings?*');
		await page.goto(`${house.url}/kartu`);
	});

	await promise('areas lead down to a village, most first, and each sum is of its own', async () => {
		const way = ['62.02', district(one.code), one.code];
		const lines = async () =>
			(await table.locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent.trim())))).map(([name, list, count, share, money, all]) => ({ name, list, count: Number(count.replace(/\D/g, '')), share, money, all }));
		// What is not known stands under the rupiah, or in its place.
		const told = ({ rows, rupiah, unknown }) => (rows === 0 ? '' : unknown === rows ? 'belum diketahui' : `${rp(rupiah)}${unknown ? `belum diketahui: ${n(unknown)}` : ''}`);
		// By regency first.
		for (const [area, inner] of [['', way[0]], [way[0], way[1]], [way[1], way[2]]]) {
			await page.locator(`section[data-area="${area}"]`).waitFor();
			const depth = inner.split('.').length;
			const cut = (code) => code.split('.').slice(0, depth).join('.');
			const codes = [...new Set(right.inside(area).map(({ of }) => cut(of.village)))];
			// An area with rows of which nothing was found stands there, too.
			for (const { of } of rows) if (of.village.startsWith(area) && !codes.includes(cut(of.village))) codes.push(cut(of.village));
			const shown = await lines();
			const sums = codes.map((code) => right.questioned(code)).sort((a, b) => b.rows - a.rows);
			expect(shown.map(({ count }) => count).join() === sums.map(({ rows }) => rows).join(), `${area}: ${JSON.stringify(shown)} for ${JSON.stringify(sums)}`);
			for (const code of codes) {
				const [some, all] = [right.questioned(code), right.list(code)];
				const line = { list: n(all.rows), count: some.rows, share: all.rows ? percent(some.rows, all.rows).split(' dari')[0] : '', money: told(some), all: told(all) };
				expect(shown.some((it) => Object.entries(line).every(([name, value]) => it[name] === value)), `${code}: ${JSON.stringify(shown)} for ${JSON.stringify(line)}`);
			}
			await table.locator(`a[href*="wilayah=${inner}"]`).click();
		}
		await page.waitForURL((url) => url.searchParams.get('wilayah') === one.code);
		// Only the rows of that village, as shares of its own rows; who should receive is counted of the whole alone.
		await page.waitForFunction((n) => document.querySelectorAll('section[aria-labelledby="kartu-baris"] li').length === n, right.inside(one.code).length);
		await says(figure('Dipertanyakan, tiap baris sekali'), right.questioned(one.code), one.code);
		await says(figure('Baris daftar KPM'), right.list(one.code), one.code);
		const share = `${percent(right.questioned(one.code).rows, right.list(one.code).rows)} KPM`;
		await figure('Dipertanyakan, tiap baris sekali').getByText(share).waitFor();
		expect(!(await figure(WHAT.left_out).innerText()).includes('%'), 'a share of who should receive is told');
		const head = await page.getByRole('heading', { level: 1 }).innerText();
		expect(head.startsWith(`${n(right.questioned(one.code).rows)} dari ${n(right.list(one.code).rows)} baris daftar KPM di wilayah ini`), head);
		await shots(page, 'kartu-desa', { fullPage: true });
		await page.goBack();
		await page.waitForURL((url) => url.searchParams.get('wilayah') === way[1]);
	});

	await promise('the same as a file', async () => {
		await page.goto(`${house.url}/kartu`);
		const waits = page.waitForEvent('download');
		await page.getByRole('link', { name: 'CSV' }).click();
		const text = readFileSync(await (await waits).path(), 'utf8');
		const [head, ...lines] = text.replace('\ufeff', '').trim().split('\r\n').map((line) => line.split(','));
		const at = (name) => head.indexOf(name);
		for (const code of ['62.02', '62.11']) {
			const line = lines.find(([first]) => first === code);
			for (const what of Object.keys(WHAT)) {
				const sum = right.of(what, code);
				expect([what, `${what} (Rp)`, `${what} (Rp belum diketahui)`].map((name) => Number(line[at(name)])).join() === Object.values(sum).join(), `${code} ${what}: ${line}`);
			}
		}
	});

	await promise('another yardstick: the old answer stays while it works, and the new one is counted anew', async () => {
		await page.getByRole('button', { name: 'Periksa lagi' }).click();
		const sheet = page.getByRole('dialog');
		await sheet.getByLabel('Desil paling tinggi yang berhak').selectOption('3');
		await sheet.getByLabel('Nilai per keluarga per siklus (Rp)').fill('400.000');
		await sheet.getByRole('checkbox', { name: 'PKH' }).check();
		await fit(page);
		await shots(page, 'kartu-periksa');
		// The house says that it works, until the test lets it go on.
		let held = true;
		await page.route('**/api/v1/card/runs', async (route) => {
			const answer = await route.fetch();
			if (route.request().method() !== 'GET' || !held) return route.fulfill({ response: answer });
			const body = await answer.json();
			const [newest] = body.items;
			body.items[0] = { ...newest, state: 'working', result: null, ended_us: null, stage: { run: newest.number, doing: 'comparing', done: 3, of: 8 } };
			await route.fulfill({ response: answer, json: body });
		});
		await sheet.getByRole('button', { name: 'Mulai memeriksa' }).click();
		await page.getByText('Membandingkan orang di semua daftar: langkah 3 dari 8').waitFor();
		expect(await page.getByRole('button', { name: 'Periksa lagi' }).isDisabled(), 'another can be begun');
		await all();
		await shots(page, 'kartu-bekerja');
		held = false;
		right = expected({ max: 3, each: EACH, allowed: ['PKH'] });
		await page.getByText('desil paling tinggi 3').waitFor({ timeout: HANG_MS });
		await page.getByText('Tidak mengecualikan: PKH.').waitFor();
		await all();
		await page.unroute('**/api/v1/card/runs');
	});

	await promise('an examination that failed is told, and what was answered stays', async () => {
		await page.route('**/api/v1/card/runs', async (route) => {
			const answer = await route.fetch();
			const body = await answer.json();
			const [newest] = body.items;
			body.items.unshift({ ...newest, number: newest.number + 1, state: 'failed', result: null, failure: 'closing' });
			await route.fulfill({ response: answer, json: body });
		});
		await page.goto(`${house.url}/kartu`);
		await page.getByText('Pemeriksaan 3 gagal').waitFor();
		await page.getByText('Jawaban di bawah tetap dari pemeriksaan sebelumnya.').waitFor();
		await all();
		await page.unroute('**/api/v1/card/runs');
	});

	const sought = families.find((it) => it.died === '2026-02-03');
	await promise('a family is found by each of its numbers, and none of them is left anywhere', async () => {
		await page.goto(`${house.url}/kartu/keluarga`);
		const field = page.getByLabel('NIK, nomor KK, atau nomor kartu');
		asked.length = 0;
		const numbers = [sought.head.nik, sought.kk, rows.find(({ of }) => of === sought).card];
		for (const number of numbers) {
			// As people copy them: in groups.
			await field.fill(number.replace(/(.{4})/g, '$1 ').trim());
			await field.press('Enter');
			await page.getByRole('heading', { name: '1 keluarga ditemukan dengan nomor' }).waitFor();
			expect((await field.inputValue()) === '', 'the number stays on the screen');
		}
		const held = await page.evaluate(() => JSON.stringify([location.href, history.state, { ...localStorage }, { ...sessionStorage }, document.title, document.body.innerText]));
		const digits = (text) => text.replace(/[\s.+%]|%20/g, '');
		for (const number of numbers) {
			expect(!digits(held).includes(number), 'a number is left on the page');
			expect(!asked.some((url) => digits(decodeURIComponent(url)).includes(number)), 'a number is in an address');
		}
		expect(asked.some((url) => url.endsWith('/card/families/search')), 'nothing was asked');
		await shots(page, 'kartu-cari');
		await fit(page);
		// Somebody who is not there, and too few digits.
		await field.fill('6299990101990001');
		await field.press('Enter');
		await page.getByText('Tidak ada keluarga yang ditemukan').waitFor();
		await field.fill('1234');
		expect(await page.getByRole('button', { name: 'Cari' }).first().isDisabled(), 'four digits are looked for');
	});

	let address;
	await promise('a family is found by a name within a village, and going back shows the others again', async () => {
		const form = page.getByRole('form', { name: 'Dengan nama di satu desa/kelurahan' });
		await form.getByLabel('Nama').fill(sought.head.name.split(' ')[0].toLowerCase());
		await form.getByRole('button', { name: 'Cari' }).click();
		await form.getByText('Pilih desa/kelurahan tempat nama ini dicari.').waitFor();
		await form.getByLabel('Kabupaten/Kota').selectOption('62.02');
		await form.getByLabel('Kecamatan').selectOption(district(one.code));
		await form.getByLabel('Desa/Kelurahan', { exact: true }).selectOption(one.code);
		expect((await form.getByLabel('Nama').inputValue()) !== '', 'what was typed is gone');
		await form.getByRole('button', { name: 'Cari' }).click();
		const result = page.locator('a[href^="/kartu/keluarga/fam_"]');
		await page.getByRole('heading', { name: /ditemukan dengan nama di satu desa/ }).waitFor();
		expect((await result.count()) === 1, `${await result.count()} found`);
		expect(!decodeURIComponent(page.url()).includes(sought.head.name.split(' ')[0].toLowerCase()), page.url());
		await result.click();
		await page.getByRole('heading', { name: /^Keluarga 2 orang/ }).waitFor();
		address = new URL(page.url()).pathname;
		await page.goBack();
		await result.waitFor();
		await result.click();
		await page.getByRole('heading', { name: /^Keluarga 2 orang/ }).waitFor();
	});

	const secrets = () => members(sought).flatMap((who) => [who.nik, who.name]).concat(sought.kk, sought.address);
	const body = () => page.locator('main').innerText();
	await promise('whoever comes without a number is found in all of the province, with the reasons, once all records are in memory', async () => {
		await page.goto(`${house.url}/kartu/keluarga`);
		const section = page.getByRole('region', { name: 'Tanpa nomor, di seluruh provinsi' });
		await section.getByRole('button', { name: 'Muat catatan' }).click();
		const look = section.getByRole('button', { name: 'Cari orang' });
		await look.waitFor();
		// As it is heard: small letters, and a letter too many.
		const heard = sought.head.name.toLowerCase().replace(/(\w)$/, '$1h');
		await section.getByLabel('Nama', { exact: true }).fill(heard);
		await look.click();
		await section.getByText('Isi tanggal lahir atau pilih desa/kelurahan').waitFor();
		await section.getByLabel('Tanggal lahir').fill(sought.head.birth);
		await look.click();
		const first = section.locator('[data-alike] li').first();
		await first.getByText(/kemungkinan orang yang sama/).waitFor();
		expect((await first.getByRole('link').getAttribute('href')) === address, 'another family comes first');
		await first.getByRole('button', { name: 'Alasan' }).click();
		await first.locator('dt', { hasText: 'Nama' }).first().waitFor();
		const shown = await section.innerText();
		for (const secret of secrets()) expect(!shown.includes(secret), 'it is not masked');
		expect(!decodeURIComponent(page.url()).includes(heard), page.url());
		await fit(page);
		await shots(page, 'kartu-cari-mirip', { fullPage: true });
		await first.getByRole('link').click();
		await page.getByRole('heading', { name: /^Keluarga 2 orang/ }).waitFor();
	});

	await promise('its page says by which rows, masked, and what is not known', async () => {
		const people = page.getByRole('article');
		expect((await people.count()) === 2, `${await people.count()} persons`);
		const head = people.filter({ hasText: 'meninggal 3 Feb 2026' });
		// The newest list first.
		const order = (await head.getByRole('listitem').allInnerTexts()).map((text) => text.split('\n')[0]);
		const kinds = ['Daftar KPM', 'Kematian', 'DTSEN'];
		expect(order.length === 3 && kinds.every((word, i) => order[i].startsWith(`${word}: ${['KPM contoh', 'Kematian contoh', 'DTSEN contoh'][i]}, baris `)), order.join(' | '));
		await page.getByRole('region', { name: 'Temuan' }).getByText('Meninggal (3 Feb 2026) menurut Kematian contoh').waitFor();
		const text = await body();
		for (const secret of secrets()) expect(!text.includes(secret), 'it is not masked');
		expect(text.includes('tempat lahir, nama ibu, dan alamat disembunyikan'), text);
		await fit(page);
		await shots(page, 'kartu-keluarga', { fullPage: true });
	});

	await promise('it is opened for a purpose, which the audit keeps, and hidden again by itself', async () => {
		await page.clock.install();
		await page.goto(`${house.url}${address}`);
		await page.getByRole('button', { name: 'Buka data' }).click();
		const sheet = page.getByRole('dialog');
		await sheet.getByRole('button', { name: 'Sanggahan warga' }).click();
		await sheet.getByLabel('Untuk keperluan apa').fill('Sanggahan warga di loket');
		await sheet.getByRole('button', { name: 'Buka data' }).click();
		const banner = page.getByRole('region', { name: 'Data sedang terbuka' });
		for (const part of ['Keperluan: Sanggahan warga di loket', /^Dibuka oleh .+ pukul \d\d\.\d\d$/, 'Tercatat di audit.']) await banner.getByText(part).waitFor();
		const text = await body();
		for (const secret of secrets()) expect(text.includes(secret), `it is still masked: ${text}`);
		await fit(page);
		await shots(page, 'kartu-keluarga-terbuka', { fullPage: true });
		const entries = await audit('card_family.opened');
		expect(entries.length === 1 && JSON.stringify(entries[0].detail).includes('Sanggahan warga di loket') && address.endsWith(entries[0].subject), JSON.stringify(entries));
		// Five minutes later, less a second and then one more.
		await page.clock.fastForward(299_000 - 60_000);
		expect(await banner.isVisible(), 'it is hidden too soon');
		await page.clock.fastForward(62_000);
		await banner.waitFor({ state: 'detached' });
		const after = await body();
		for (const secret of secrets()) expect(!after.includes(secret), 'it is still open');
		expect((await audit('card_family.opened')).length === 1, 'hiding opens');
	});

	await promise('it is masked again at a press, and for whoever comes back to it', async () => {
		const banner = page.getByRole('region', { name: 'Data sedang terbuka' });
		const open = async () => {
			await page.getByRole('button', { name: 'Buka data' }).click();
			await page.getByRole('dialog').getByRole('button', { name: 'Permintaan pemilik data' }).click();
			await page.getByRole('dialog').getByRole('button', { name: 'Buka data' }).click();
			await banner.waitFor();
		};
		await open();
		await banner.getByRole('button', { name: 'Samarkan sekarang' }).click();
		await banner.waitFor({ state: 'detached' });
		await open();
		await page.getByRole('link', { name: 'Cari keluarga' }).click();
		await page.waitForURL('**/kartu/keluarga');
		await page.goBack();
		await page.getByRole('heading', { name: /^Keluarga 2 orang/ }).waitFor();
		const text = await body();
		for (const secret of secrets()) expect(!text.includes(secret), 'it is still open');
		expect((await audit('card_family.opened')).length === 3, 'an opening is not in the audit');
	});

	await promise('a work list of a village has names, is asked for with a purpose, and is in the audit', async () => {
		await page.goto(`${house.url}/kartu?wilayah=62.02`);
		await page.getByRole('button', { name: 'Daftar kerja' }).click();
		const sheet = page.getByRole('dialog');
		await sheet.getByLabel('Untuk keperluan apa').fill('verifikasi lapangan uji');
		await sheet.getByRole('button', { name: 'Unduh daftar kerja' }).click();
		await sheet.getByText('Pilih satu kecamatan atau desa/kelurahan.').waitFor();
		await sheet.getByLabel('Kecamatan').selectOption(district(one.code));
		await sheet.getByLabel('Desa/Kelurahan', { exact: true }).selectOption(one.code);
		expect((await sheet.getByLabel('Untuk keperluan apa').inputValue()) === 'verifikasi lapangan uji', 'what was typed is gone');
		await fit(page);
		await shots(page, 'kartu-kerja');
		const waits = page.waitForEvent('download');
		await sheet.getByRole('button', { name: 'Unduh daftar kerja' }).click();
		const file = await waits;
		const text = readFileSync(await file.path(), 'utf8');
		expect(text.startsWith('\ufeff'), 'a spreadsheet would take it for another encoding');
		const [, ...lines] = text.slice(1).trim().split('\r\n');
		const here = right.inside(one.code);
		expect(lines.length === here.length, `${lines.length} lines for ${here.length}`);
		for (const { of, who, rupiah } of here) expect(lines.some((line) => line.includes(who.name) && line.includes(who.birth) && line.includes(of.address) && (rupiah === null || line.includes(`,${rupiah},`))), `${who.name} is not in it`);
		expect(!here.some(({ who }) => text.includes(who.nik)), 'a whole NIK is in it');
		await sheet.waitFor({ state: 'detached' });
		const [entry] = await audit('card_worklist.taken');
		const detail = JSON.stringify(entry.detail);
		expect(entry.subject === one.code && detail.includes('verifikasi lapangan uji') && detail.includes(String(here.length)), JSON.stringify(entry));
	});

	await promise('the keyboard walks rows and opens one', async () => {
		await page.goto(`${house.url}/kartu?temuan=dead`);
		await page.waitForSelector('#baris-0');
		await page.keyboard.press('j');
		await page.keyboard.press('Enter');
		await page.waitForURL('**/kartu/keluarga/fam_*');
	});

	await promise('a list that came later is said not to be counted yet', async () => {
		await bring('desa', csv([], [[...told(families[0], families[0].head)]]));
		await page.goto(`${house.url}/kartu`);
		await page.getByText('1 daftar masuk sesudah pemeriksaan ini').waitFor();
	});

	await promise('who has rights over another regency alone sees none of it', async () => {
		const other = await enter(WARDEN);
		await other.goto(`${house.url}/kartu`);
		await other.getByRole('heading', { level: 1, name: 'Tidak ada baris daftar KPM di wilayah ini; 0 keluarga berhak belum ada di daftar' }).waitFor();
		await other.getByText('Tidak ada temuan di sini').waitFor();
		expect(!(await other.getByRole('region', { name: 'Daftar KPM dalam angka' }).locator('dl').innerText()).includes('%'), 'a share of what he does not see');
		await other.getByText(`yang boleh Anda lihat dari ${n(rows.length)} baris`).waitFor();
		await other.goto(`${house.url}/kartu?wilayah=${one.code}`);
		await other.getByText('Tidak ada temuan di sini').waitFor();
		await other.goto(`${house.url}/kartu/keluarga`);
		await other.getByLabel('NIK, nomor KK, atau nomor kartu').fill(sought.head.nik);
		await other.keyboard.press('Enter');
		await other.getByText('Tidak ada keluarga yang ditemukan').waitFor();
		await other.goto(`${house.url}${address}`);
		await other.getByText('Keluarga ini tidak ada di wilayah Anda.').waitFor();
		const text = await other.locator('main').innerText();
		expect(!text.includes('Keluarga 2 orang'), text);
		await fit(other);
	});

	await promise('who sees one regency sees its rows, and shares of those', async () => {
		const own = await enter(KEEPER);
		await own.goto(`${house.url}/kartu`);
		const [some, all] = [right.questioned('62.11'), right.list('62.11')];
		await own.getByRole('heading', { level: 1, name: `${n(some.rows)} dari ${n(all.rows)} baris daftar KPM di wilayah ini dipertanyakan` }).waitFor();
		const questioned = own.getByRole('region', { name: 'Daftar KPM dalam angka' }).locator('div').filter({ has: own.getByText('Dipertanyakan, tiap baris sekali', { exact: true }) });
		await questioned.getByText(`${percent(some.rows, all.rows)} KPM`).waitFor();
		await says(own.locator('a[data-what="aided"]'), right.of('aided', '62.11'), 'aided');
		await own.locator('a[data-what="aided"]').getByText(`${percent(right.of('aided', '62.11').rows, all.rows)} KPM`).waitFor();
		await own.getByRole('region', { name: 'Menurut wilayah' }).getByRole('row', { name: 'Jumlah' }).getByText(rp(all.rupiah)).waitFor();
	});

	await promise('who may only count sees numbers, and neither rows nor families nor what he may not do', async () => {
		const leader = await enter(LEADER);
		await leader.goto(`${house.url}/kartu`);
		await says(leader.locator('a[data-what="dead"]'), right.of('dead'), 'dead');
		await leader.getByText('Baris per keluarga hanya untuk').waitFor();
		for (const name of ['Daftar kerja', 'Periksa lagi', 'Cari keluarga', 'Masukkan daftar']) expect((await leader.getByText(name, { exact: true }).count()) === 0, `${name} is offered`);
		expect((await leader.locator('a[href^="/kartu/keluarga"]').count()) === 0, 'a family is linked');
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
