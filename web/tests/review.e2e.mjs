// Pairs of rows that may be one person's: looked at side by side, answered by the keyboard, by
// two persons where a payment hangs on it, taken back, and counted by the next examination,
// which joins and parts persons by what was said; and how good the linkage is by all of that.
//
//   node web/tests/review.e2e.mjs
//
// All persons are made up, and who is who is known from what is true of them. Of the house
// only the names of areas are asked, and how probable it called a pair.
import { bring as bringList, examine } from './card.house.mjs';
import { EACH, made } from './card.people.mjs';
import { ADMIN, browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const SECOND = { username: 'bansos-kedua', password: 'jembatan-biru-di-hulu-24' };
const PART = { username: 'bansos-daerah', password: 'titian-rotan-di-hulu-24' };
const LEADER = { username: 'pimpinan', password: 'dermaga-tua-di-hilir-24' };
const PURPOSE = 'Memeriksa pasangan yang meragukan';
/** Digits grouped as the page writes them. */
const n = (value) => value.toLocaleString('id-ID');
const tenth = (value) => value.toLocaleString('id-ID', { maximumFractionDigits: 1 });

await keep(async () => {
	const { house, token } = await newHouse();
	const villagesOf = async (regency) => (await house.json('GET', `/api/v1/areas?level=village&within=${regency}&limit=5000`, { token })).items;
	const [east, far] = [await villagesOf('62.02'), await villagesOf('62.11')];
	const district = (code) => code.split('.').slice(0, 3).join('.');
	const [one] = east;
	const two = east.find(({ code }) => district(code) !== district(one.code));
	const [three] = far;
	const { lists, titles, days } = made([one, two, three].map(({ code }) => code));

	// Three pairs whose numbers and names are not enough: one person of whom two lists write
	// differently, two of whom they write almost the same, and two of one name on no payment list.
	const region = one.code.replaceAll('.', '').slice(0, 6);
	const written = (nik, kk, name, birth, sex, address) => ({ nik: `${region}${nik}`, kk: kk && `${region}${kk}`, name, birth, sex, address });
	const SLIP = { left: written('5506660001', '1203150001', 'Kameloh Antang', '1966-06-15', 'P', 'Jl. Betang 12'), right: written('5506660071', '', 'Kameloh A.', '1966-01-01', 'P', '') };
	const ALIKE = { left: written('1105620007', '1203150007', 'Dahlia Mentari', '1990-05-11', 'P', 'Jl. Betang 20'), right: written('5105900007', '', 'Dahlia M', '1990-05-11', 'P', 'Jl. Betang 20') };
	const NAMED = { left: written('1001800005', '1203150005', 'Yansen Tarung', '1980-01-10', 'L', 'Jl. Betang 15'), right: written('1001800006', '1203150006', 'Yansen Tarung', '1980-01-10', 'L', 'Jl. Betang 90') };
	const added = { dtsen: [SLIP.left, ALIKE.left, NAMED.left, NAMED.right], kpm: [SLIP.right, ALIKE.right] };
	const numbers = { dtsen: 1, kpm: 2, bansos: 3, kematian: 4 };
	const at = new Map();
	for (const [kind, rows] of Object.entries(added))
		for (const [i, row] of rows.entries()) {
			const more = kind === 'kpm' ? [`6200000000003${i}`, EACH] : [2];
			lists[kind] += `\n${[row.nik, row.kk, row.name, row.birth, row.sex, 'KEPALA KELUARGA', row.address, one.code, ...more].join(',')}`;
			at.set(row, { list: numbers[kind], row: lists[kind].split('\n').length });
		}
	const placeOf = ({ list, row }) => `${list}.${row}`;
	for (const pair of [SLIP, ALIKE, NAMED]) pair.id = `${placeOf(at.get(pair.left))}-${placeOf(at.get(pair.right))}`;
	/** Who stands in a row, by truth: who has one number is one person, and so is the one of whom two are written. */
	const kinds = Object.keys(numbers);
	const who = ({ list, row }) => {
		const nik = lists[kinds[list - 1]].split('\n')[row - 1].split(',')[0];
		return nik === SLIP.right.nik ? SLIP.left.nik : nik;
	};

	for (const [name, person, role, area] of [
		['Petugas Kedua', SECOND, 'bansos', '62'],
		['Petugas Daerah', PART, 'bansos', '62.11'],
		['Pimpinan Uji', LEADER, 'pimpinan', '62']
	])
		await house.json('POST', '/api/v1/staff', { token, body: { name, ...person, grants: [{ role, area, agency: null }] } });
	for (const kind of kinds) await bringList({ house, token }, kind, lists[kind], { title: titles[kind], owner: `Dinas ${kind}`, as_of: days[kind], purposes: ['uji'] });

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
	const second = await enter(SECOND);
	const audit = async (verb) => (await house.json('GET', `/api/v1/audit?verb=${verb}&limit=100`, { token })).items;
	const row = (pair, on = page) => on.locator(`li[data-pair="${pair.id}"]`);
	const sheet = (pair, on = page) => on.locator(`article[data-pair="${pair.id}"]`);
	const field = (pair, name, on = page) => sheet(pair, on).locator(`[data-field="${name}"]`);
	const count = async (state, on = page) => Number((await on.locator(`li[data-state="${state}"] a span`).last().innerText()).replaceAll('.', ''));
	const progress = (text, on = page) => on.locator('[data-session]').getByText(text);
	const voice = (text, on = page) => on.locator('p[role="status"]', { hasText: text }).first().waitFor({ state: 'attached' });

	/** Goes on in the queue until a pair is there. */
	async function reach(pair, query = '', on = page) {
		await on.goto(`${house.url}/kartu/pemadanan${query}`);
		for (;;) {
			await on.locator('li[data-pair]').first().waitFor();
			if ((await row(pair, on).count()) > 0) return;
			const shown = await on.locator('li[data-pair]').count();
			await on.getByRole('button', { name: 'Lebih banyak' }).click();
			await on.waitForFunction((shown) => document.querySelectorAll('li[data-pair]').length > shown, shown);
		}
	}
	/** Opens a pair, and those after it. */
	async function open(pair, query, on = page) {
		await reach(pair, query, on);
		await row(pair, on).getByRole('button', { name: 'Mulai dari sini' }).click();
		const dialog = on.getByRole('dialog');
		await dialog.getByRole('button', { name: PURPOSE }).click();
		await dialog.getByRole('button', { name: /^Buka \d+ pasangan$/ }).click();
		await sheet(pair, on).waitFor();
	}
	const close = async (on = page) => {
		await on.locator('[data-opened]').getByRole('button', { name: 'Tutup sekarang' }).click();
		await on.locator('li[data-state]').first().waitFor();
	};
	/** One pair is answered and the pairs are closed. */
	async function say(pair, key, state, query, on = page) {
		await open(pair, query, on);
		await on.keyboard.press(key);
		await voice('tercatat', on);
		await close(on);
		await reach(pair, '?state=all', on);
		await row(pair, on).getByText(state).waitFor();
	}

	await promise('before the first examination the page says what to do', async () => {
		await page.goto(`${house.url}/kartu/pemadanan`);
		await page.getByText('Belum ada pemeriksaan').waitFor();
		await fit(page);
		await shots(page, 'pemadanan-kosong');
	});

	const yardstick = { decile_max: 2, rupiah_each: EACH, not_excluding: [] };
	await examine({ house, token }, yardstick);

	let asked = 0;
	await promise('pairs stand there masked, each with what hangs on it', async () => {
		await page.goto(`${house.url}/kartu`);
		await page.getByRole('link', { name: 'Pemadanan' }).click();
		await page.waitForURL('**/kartu/pemadanan');
		await page.locator('li[data-pair]').first().waitFor();
		asked = await count('open');
		for (const state of ['waiting', 'disputed', 'unsure', 'settled']) expect((await count(state)) === 0, `${state}: ${await count(state)}`);
		await page.getByText('Semua jawaban sudah ikut dihitung dalam pemeriksaan 1.').waitFor();
		await page.getByText('Seberapa sering dua orang sepakat: belum diketahui.').waitFor();
		await page.locator('[data-quality] summary').getByText('Ketepatan belum diketahui, kelengkapan belum diketahui').waitFor();
		await page.getByText(`0 dari ${n(asked)} pasangan contoh acak sudah dijawab.`).waitFor();
		await fit(page);
		await shots(page, 'pemadanan', { fullPage: true });
		await reach(SLIP);
		// On the payment list stands one of these, and neither of those.
		await row(SLIP).getByText('Pembayaran bergantung pada pasangan ini').waitFor();
		await reach(NAMED);
		expect(!(await row(NAMED).innerText()).includes('Pembayaran'), await row(NAMED).innerText());
		const text = await page.locator('main').innerText();
		for (const { nik, name } of Object.values(added).flat()) for (const secret of [nik, name]) expect(!text.includes(secret), `${secret} is shown`);
		await row(NAMED).getByText('Y•••• T••••').first().waitFor();
	});

	await promise('the address holds what is asked for', async () => {
		await page.goto(`${house.url}/kartu/pemadanan`);
		await page.getByLabel('Hanya yang menentukan pembayaran').check();
		await page.waitForURL((url) => url.searchParams.get('pays') === 'true');
		await reach(SLIP, '?pays=true');
		while (await page.getByRole('button', { name: 'Lebih banyak' }).isVisible()) {
			const shown = await page.locator('li[data-pair]').count();
			await page.getByRole('button', { name: 'Lebih banyak' }).click();
			await page.waitForFunction((shown) => document.querySelectorAll('li[data-pair]').length > shown, shown);
		}
		expect((await row(NAMED).count()) === 0, 'a pair that pays nothing is shown');
		await page.getByLabel('Keadaan', { exact: true }).selectOption('disputed');
		await page.waitForURL((url) => url.searchParams.get('state') === 'disputed' && url.searchParams.get('pays') === 'true');
		await page.getByText('Tidak ada pasangan di sini').waitFor();
		await page.getByRole('link', { name: 'Hapus saringan' }).click();
		await page.locator('li[data-pair]').first().waitFor();
		expect(!(await page.getByLabel('Hanya yang menentukan pembayaran').isChecked()) && new URL(page.url()).search === '', page.url());
	});

	await promise('opened for a purpose two rows stand side by side, what differs is marked, and the weights add up', async () => {
		await open(SLIP);
		const [entry] = await audit('card_pair.opened');
		expect(entry.detail.purpose === PURPOSE && entry.detail.pairs[0] === SLIP.id, JSON.stringify(entry));
		for (const [side, says] of [
			['left', SLIP.left],
			['right', SLIP.right]
		])
			for (const name of ['nik', 'kk', 'name', 'birth', 'sex', 'address']) {
				const text = (await field(SLIP, name).locator(`[data-side="${side}"] span`).first().innerText()).trim();
				expect(text === (says[name] || 'belum diketahui'), `${side} ${name}: ${text}`);
			}
		const marks = { name: 'differs', nik: 'differs', kk: 'missing', birth: 'differs', sex: 'equal', birthplace: 'none', mother: 'none', relation: 'equal', address: 'missing', village: 'equal' };
		for (const [name, mark] of Object.entries(marks)) expect((await field(SLIP, name).locator('dt [data-beside]').getAttribute('data-beside')) === mark, `${name} is not ${mark}`);
		const heavy = (name, side) => field(SLIP, name).locator(`[data-side="${side}"] span b`).allInnerTexts();
		for (const [name, left, right] of [
			['name', 'Antang', 'A.'],
			['nik', '0', '7']
		])
			expect((await heavy(name, 'left')).join() === left && (await heavy(name, 'right')).join() === right, `${name}: ${await heavy(name, 'left')} and ${await heavy(name, 'right')}`);
		const all = await sheet(SLIP).locator('[data-field]:not([data-field="sum"]) [data-bits]').evaluateAll((every) => every.map((one) => Number(one.getAttribute('data-bits'))));
		// Ten fields, of which a village is weighed with its street, the list, and the prior.
		expect(all.length === 11, `${all.length} weights`);
		const bits = all.reduce((sum, one) => sum + one, 0);
		const times = 2 ** Math.abs(bits);
		const word = times > 1000 ? 'Lebih dari 1.000' : tenth(times < 10 ? Math.round(times * 10) / 10 : Math.round(times));
		const sum = await sheet(SLIP).locator('[data-sum]').innerText();
		expect(sum.startsWith(`${word} kali lebih mungkin`) && sum.includes(bits > 0 ? 'mungkin satu orang daripada' : 'daripada satu orang'), `${sum} for ${bits} bits`);
		await sheet(SLIP).getByText('Dua orang harus memberi jawaban yang sama').waitFor();
		await sheet(SLIP).getByText('Pemeriksaan terakhir: dianggap dua orang').waitFor();
		await fit(page);
		await shots(page, 'pemadanan-pasangan', { fullPage: true });
		await shots(page, 'pemadanan-layar', { height: 800 });
		await close();
		expect(!(await page.locator('main').innerText()).includes(SLIP.left.name), 'a name stays');
	});

	await promise('the keyboard answers, walks and takes back; where the focus is and what was recorded is told', async () => {
		await open(NAMED, '?state=all');
		const total = Number(/ dari (\d+);/.exec(await page.locator('[data-session]').innerText())[1]);
		expect(total > 1, 'there is no pair after it');
		await page.keyboard.press('s');
		await voice('Pasangan 1: tercatat satu orang.');
		await progress(`Pasangan 2 dari ${total}; 1 sudah Anda jawab`).waitFor();
		await page.waitForFunction(() => document.activeElement?.matches('[data-head]') && document.activeElement.closest('article'));
		await page.getByText('Pasangan 1: satu orang', { exact: true }).waitFor();
		// The last word is taken back from the next pair, and its pair comes again.
		await page.keyboard.press('z');
		await voice('Pasangan 1: jawaban Anda diambil kembali.');
		await progress(`Pasangan 1 dari ${total}; 0 sudah Anda jawab`).waitFor();
		await sheet(NAMED).getByText('Belum dijawab').waitFor();
		await page.keyboard.press('3');
		await progress(`Pasangan 2 dari ${total}`).waitFor();
		await page.keyboard.press('ArrowLeft');
		await progress(`Pasangan 1 dari ${total}`).waitFor();
		await sheet(NAMED).getByText('Tidak dapat dipastikan', { exact: true }).waitFor();
		expect((await page.getByRole('button', { name: 'Tidak dapat dipastikan' }).getAttribute('aria-pressed')) === 'true', 'what was said is not pressed');
		await page.keyboard.press('j');
		await progress(`Pasangan 2 dari ${total}`).waitFor();
		await page.keyboard.press('k');
		await progress(`Pasangan 1 dari ${total}`).waitFor();
		// A button is the same as a key, and the new word stands instead of the old one.
		await page.getByRole('button', { name: 'Bukan satu orang' }).click();
		await progress(`Pasangan 2 dari ${total}; 1 sudah Anda jawab`).waitFor();
		await page.keyboard.press('k');
		await sheet(NAMED).getByText('Selesai: bukan satu orang').waitFor();
		expect((await sheet(NAMED).locator('footer li').count()) === 1, 'both words stand');
		await fit(page);
		await shots(page, 'pemadanan-terjawab', { fullPage: true });
		const verbs = [await audit('card_pair.answered'), await audit('card_pair.unsaid')];
		expect(verbs.map((all) => all.length).join() === '3,1', `${verbs.map((all) => all.length)} in the audit`);
		await close();
		expect((await count('open')) === asked - 1 && (await count('settled')) === 1, 'it is not counted as settled');
		await page.getByText('1 jawaban belum dihitung: berlaku sejak pemeriksaan berikut.').waitFor();
	});

	await promise('after a quarter of an hour the pairs are masked again', async () => {
		const clocked = await enter(ADMIN);
		await clocked.clock.install();
		await open(SLIP, '', clocked);
		await clocked.clock.fastForward(899_000 - 60_000);
		expect(await sheet(SLIP, clocked).isVisible(), 'it is masked too soon');
		await clocked.clock.fastForward(62_000);
		await clocked.locator('[data-opened]').waitFor({ state: 'detached' });
		await clocked.locator('li[data-pair]').first().waitFor();
		expect(!(await clocked.locator('main').innerText()).includes(SLIP.left.name), 'a name stays');
		await clocked.context().close();
	});

	await promise('an answer that does not arrive is told, and the pair stays', async () => {
		await open(SLIP);
		await page.route('**/api/v1/card/pairs/*/answer', (route) => route.abort());
		await page.keyboard.press('1');
		await page.getByRole('alert').first().waitFor();
		await sheet(SLIP).getByText('Belum dijawab').waitFor();
		await page.unroute('**/api/v1/card/pairs/*/answer');
		await close();
	});

	await promise('where a payment hangs on it a second person answers without being led', async () => {
		await say(SLIP, '1', 'Menunggu orang kedua');
		await open(SLIP, '?state=waiting', second);
		const place = sheet(SLIP, second);
		await place.getByText('Anda orang kedua: jawaban orang pertama tidak ditampilkan').waitFor();
		await place.getByText('1 orang sudah menjawab.').waitFor();
		expect((await place.locator('footer li').count()) === 0 && !(await place.innerText()).includes('Administrator'), 'what the first has said is shown');
		await fit(second);
		await shots(second, 'pemadanan-kedua', { fullPage: true });
		await second.keyboard.press('b');
		// It was the only one that waits.
		await second.getByRole('heading', { name: 'Semua pasangan yang dibuka sudah dijawab' }).waitFor();
		await shots(second, 'pemadanan-habis');
		await second.getByRole('button', { name: 'Buka pasangan berikutnya' }).click();
		await second.getByText('Tidak ada pasangan lain dengan saringan ini.').waitFor();
		await second.getByRole('button', { name: 'Lihat lagi pasangan terakhir' }).click();
		await place.getByText('Jawaban berbeda').waitFor();
		await place.getByText('Administrator: satu orang').waitFor();
		await place.getByText('Jawaban Anda: bukan satu orang').waitFor();
		await second.keyboard.press('1');
		await second.getByRole('heading', { name: 'Semua pasangan yang dibuka sudah dijawab' }).waitFor();
		await close(second);
		await reach(SLIP, '?state=settled', second);
		await row(SLIP, second).getByText('Selesai: satu orang').waitFor();
		await say(ALIKE, '2', 'Menunggu orang kedua');
		await say(ALIKE, '2', 'Selesai: bukan satu orang', '?state=waiting', second);
		await second.goto(`${house.url}/kartu/pemadanan`);
		await second.getByText('5 jawaban belum dihitung').waitFor();
		await second.getByText('Dua orang atau lebih sudah menjawab 2 pasangan; dua jawaban pertama sama pada 2 (100 %).').waitFor();
	});

	/** The sources of whoever has a number, as his family's page tells them. */
	async function sources(nik) {
		await page.goto(`${house.url}/kartu/keluarga`);
		await page.getByLabel('NIK, nomor KK, atau nomor kartu').fill(nik);
		await page.keyboard.press('Enter');
		await page.locator('#keluarga-0').click();
		await page.waitForURL('**/kartu/keluarga/fam_*');
		await page.locator('main article li').first().waitFor();
		return (await page.locator('main article').first().locator('li > p').allInnerTexts()).map((text) => /(\w+) contoh, baris (\d+)/.exec(text)).map(([, title, at]) => `${title} ${at}`).sort().join();
	}
	const told = (...rows) => rows.map((row) => `${kinds[at.get(row).list - 1].toUpperCase()} ${at.get(row).row}`).sort().join();
	async function persons(right) {
		for (const [who, rows] of right) {
			const found = await sources(who.nik);
			expect(found === told(...rows), `${who.name}: ${found} for ${told(...rows)}`);
		}
	}
	await promise('the next examination joins and parts by what was said', async () => {
		await persons([
			[SLIP.left, [SLIP.left]],
			[SLIP.right, [SLIP.right]],
			[ALIKE.left, [ALIKE.left, ALIKE.right]]
		]);
		await examine({ house, token }, yardstick);
		await persons([
			[SLIP.left, [SLIP.left, SLIP.right]],
			[SLIP.right, [SLIP.left, SLIP.right]],
			[ALIKE.left, [ALIKE.left]],
			[ALIKE.right, [ALIKE.right]]
		]);
		await page.goto(`${house.url}/kartu/pemadanan`);
		await page.getByText('Semua jawaban sudah ikut dihitung dalam pemeriksaan 2.').waitFor();
	});

	await promise('all that was said of a pair is withdrawn, and the next examination goes by itself again', async () => {
		await open(SLIP, '?state=settled');
		await sheet(SLIP).getByText('Pemeriksaan terakhir: dianggap satu orang').waitFor();
		await sheet(SLIP).getByRole('button', { name: 'Cabut semua jawaban' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Cabut semua jawaban' }).click();
		await sheet(SLIP).getByText('Belum dijawab').waitFor();
		await close();
		await examine({ house, token }, yardstick);
		await persons([
			[SLIP.left, [SLIP.left]],
			[SLIP.right, [SLIP.right]]
		]);
	});

	await promise('how good it is is known once two persons have answered the sample by the truth', async () => {
		const pairs = (await house.json('GET', '/api/v1/card/pairs?sample=true&limit=1000', { token })).items;
		const cookie = await house.login(SECOND);
		const { token: other } = await house.json('POST', '/api/v1/tokens', { cookie, body: { name: 'uji' } });
		const isOne = ({ left, right }) => who(left) === who(right);
		for (const pair of pairs) for (const by of [token, other]) await house.json('POST', `/api/v1/card/pairs/${pair.id}/answer`, { token: by, body: { answer: isOne(pair) ? 'same' : 'different' } });
		await page.goto(`${house.url}/kartu/pemadanan`);
		await page.getByText(`${n(pairs.length)} dari ${n(pairs.length)} pasangan contoh acak sudah dijawab.`).waitFor();
		// All pairs are in the sample here, so that nothing is left to chance.
		const ends = (value, low, high) => {
			const parts = [Math.min(value < 1 ? 999 : 1000, Math.max(value > 0 ? 1 : 0, Math.round(value * 1000))), Math.floor(low * 1000 + 1e-6), Math.ceil(high * 1000 - 1e-6)].map((part) => tenth(part / 10));
			return `${parts[0]} % (${parts[1]}–${parts[2]} %)`;
		};
		const share = (part, whole) => ends(part / whole, part / whole, part / whole);
		const same = pairs.filter(isOne);
		const quality = page.locator('[data-quality]');
		for (const threshold of [0.5]) {
			const above = pairs.filter((pair) => pair.same >= threshold);
			const right = above.filter(isOne);
			expect(right.length > 0 && right.length < above.length && right.length < same.length, 'nothing is wrong or missed');
			await quality.locator('summary').getByText(`Ketepatan ${share(right.length, above.length)}, kelengkapan ${share(right.length, same.length)}`).waitFor();
			await quality.locator(`tr[data-threshold="${threshold}"]`).getByText('ambang sekarang').waitFor();
			await quality.locator(`tr[data-threshold="${threshold}"]`).getByText(`${n(above.length)} digabung`).waitFor();
		}
		// Wilson 1927, with 1.959964.
		const wilson = (x, m) => {
			const [z, p] = [1.959964, x / m];
			const [middle, half] = [(p + (z * z) / (2 * m)) / (1 + (z * z) / m), (z / (1 + (z * z) / m)) * Math.sqrt((p * (1 - p)) / m + (z * z) / (4 * m * m))];
			return ends(p, Math.max(0, middle - half), Math.min(1, middle + half));
		};
		for (const [low, high] of [
			[0, 0.1],
			[0.999, Infinity]
		]) {
			const band = pairs.filter((pair) => pair.same >= low && pair.same < high);
			const cells = await quality.locator(`tr[data-band="${low}"]`).innerText();
			for (const word of [wilson(band.filter(isOne).length, band.length), `${n(band.length)} dari ${n(band.length)} contoh terjawab`]) expect(cells.includes(word), `${low}: ${cells} for ${word}`);
		}
		await fit(page);
		await shots(page, 'pemadanan-mutu', { fullPage: true });
		await page.getByRole('heading', { level: 1, name: 'Semua pasangan sudah dijawab' }).waitFor();
	});

	await promise('who sees a part of the province answers nothing, and who reads no rows sees no pair', async () => {
		const part = await enter(PART);
		await part.goto(`${house.url}/kartu/pemadanan?state=all`);
		await part.getByText('yang menjawab ialah petugas bansos dengan wilayah seluruh provinsi').waitFor();
		await part.locator('li[data-pair]').first().waitFor();
		for (const text of await part.locator('li[data-pair]').allInnerTexts()) expect(text.includes('62.11.'), text);
		await part.locator('li[data-pair]').first().getByRole('button', { name: 'Mulai dari sini' }).click();
		await part.getByRole('dialog').getByRole('button', { name: PURPOSE }).click();
		await part.getByRole('dialog').getByRole('button', { name: /^Buka \d+ pasangan$/ }).click();
		await part.locator('[data-session] article').waitFor();
		expect((await part.getByRole('button', { name: 'Satu orang', exact: true }).count()) === 0, 'an answer is offered');
		const leader = await enter(LEADER);
		await leader.goto(`${house.url}/kartu`);
		await leader.getByRole('link', { name: 'Aturan dan penetapan' }).or(leader.locator('a[href="/kartu/penetapan"]')).first().waitFor();
		expect((await leader.locator('a[href="/kartu/pemadanan"]').count()) === 0, 'pairs are offered');
		await leader.goto(`${house.url}/kartu/pemadanan`);
		await leader.getByText('Pasangan hanya untuk petugas yang boleh membaca baris per keluarga.').waitFor();
	});

	await promise('no page broke', async () => expect(broken.length === 0, broken.join(' | ')));
	await chrome.close();
});
