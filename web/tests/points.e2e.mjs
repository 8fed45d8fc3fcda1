// Points of a village as an office keeps them: added, what they cost, a wrong step corrected,
// taken off; the evidence of a day's minutes in words; the village as it was on another day.
//
//   node web/tests/points.e2e.mjs
import { ADMIN, browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const RINA = { username: 'rina', password: 'jembatan-biru-di-hulu-24' };
const DAY_MS = 86_400_000;
const VILLAGE = '62.11.01.2001';
/** A day of the house's zone, so many days from now. */
const dayFrom = (days) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Pontianak' }).format(Date.now() + days * DAY_MS);
// Taken once: the day may change while this runs. Two days before it no point of this run was known.
const [TODAY, PAID_UNTIL, BEFORE, TO_COME] = [0, -1, -2, 3].map(dayFrom);
/** The same as the page writes it. */
function written(day) {
	const [year, month, date] = day.split('-').map(Number);
	return `${date} ${['Jan', 'Feb', 'Mar', 'Apr', 'Mei', 'Jun', 'Jul', 'Agu', 'Sep', 'Okt', 'Nov', 'Des'][month - 1]} ${year}`;
}
const rupiah = (n) => `Rp\u00a0${String(n).replace(/\B(?=(\d{3})+$)/g, '.')}`;

await keep(async () => {
	const { house, token, cli } = await newHouse();
	await house.json('POST', '/api/v1/staff', { token, body: { name: 'Rina Uji', ...RINA, grants: [{ role: 'konektivitas', area: '62', agency: null }] } });
	await house.json('POST', '/api/v1/staff', { token, body: { name: 'Layar', username: 'layar', password: RINA.password, grants: [{ role: 'layar', area: '62', agency: null }] } });
	const { stdout } = await cli('sites', 'add', '--name', 'Kantor Desa Uji', '--area', VILLAGE, '--provider', 'Penyedia A');
	const site = stdout.trim();
	const chrome = await browser();
	const broken = [];
	const person = async (who) => {
		const context = await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: 'UTC', bypassCSP: true });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, who);
		await page.goto(`${house.url}/desa/${VILLAGE}`);
		await page.getByRole('heading', { name: /^Titik \(/ }).waitFor();
		return page;
	};
	const [rina, admin] = [await person(RINA), await person(ADMIN)];
	const card = (page, name) => page.getByRole('article').filter({ has: page.getByRole('heading', { name: new RegExp(`^${name}`) }) });
	/** What stands beside a name on the card of a point. */
	const beside = (page, name, term) => card(page, name).locator('dt', { hasText: new RegExp(`^${term}$`) }).locator('xpath=following-sibling::dd[1]');
	/** Waits until it says that and nothing else, whatever its blanks. */
	const says = async (page, name, term, right) => {
		const words = right.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
		await beside(page, name, term).filter({ hasText: new RegExp(`^\\s*${words.join('\\s+')}\\s*$`) }).waitFor();
	};

	await promise('an office adds a point; what it does not know is left unknown', async () => {
		await rina.getByText('Belum ada titik', { exact: true }).waitFor();
		await rina.getByRole('button', { name: 'Tambah titik' }).click();
		const sheet = rina.getByRole('dialog');
		await sheet.getByLabel('Nama titik').fill('Kantor Desa Uji');
		await sheet.getByLabel('Jam buka').fill('Senin–Jumat 07.00–15.00');
		await sheet.getByLabel('Terbuka bagi warga').selectOption({ label: 'ya' });
		await sheet.getByLabel('Jangkauan (m)').fill('2 ratus');
		await sheet.getByText('Tulis bilangan bulat').waitFor();
		await sheet.getByLabel('Lintang').fill('-2,31');
		await sheet.getByText('Tulis lintang dan bujur').waitFor();
		expect(await sheet.getByRole('button', { name: 'Tambah titik' }).isDisabled(), 'it can be sent');
		await fit(rina);
		await shots(rina, 'titik-formulir', { fullPage: true });
		await sheet.getByLabel('Bujur').fill('114,05');
		// Further than the house takes: it is the house that says so, and what was typed stays.
		await sheet.getByLabel('Jangkauan (m)').fill('50.001');
		await sheet.getByRole('button', { name: 'Tambah titik' }).click();
		await sheet.locator('[aria-invalid="true"]').waitFor();
		expect((await sheet.getByLabel('Jangkauan (m)').getAttribute('aria-invalid')) === 'true' && (await sheet.getByLabel('Nama titik').inputValue()) === 'Kantor Desa Uji', 'another field, or the name is gone');
		await sheet.getByLabel('Jangkauan (m)').fill('1.250');
		await sheet.getByLabel('Lokasi alat ukur').selectOption(site);
		await sheet.getByRole('button', { name: 'Tambah titik' }).click();
		await rina.getByRole('heading', { name: 'Titik (1)' }).waitFor();
		await says(rina, 'Kantor Desa Uji', 'Terbuka bagi warga', 'ya, Senin–Jumat 07.00–15.00, 1.250 m');
		const { items } = await house.json('GET', `/api/v1/points?within=${VILLAGE}`, { token });
		const { point, users_a_day, radius_m } = items[0];
		expect(items.length === 1 && point.lat_deg === -2.31 && point.lon_deg === 114.05 && users_a_day === null && radius_m === 1250 && items[0].site === site, JSON.stringify(items));
	});
	const { items: points } = await house.json('GET', `/api/v1/points?within=${VILLAGE}`, { token });
	const id = points[0].id;

	await promise('it is said otherwise, by somebody who reads the same sheet', async () => {
		await rina.getByRole('button', { name: 'Ubah titik: Kantor Desa Uji' }).click();
		const sheet = rina.getByRole('dialog');
		expect((await sheet.getByLabel('Lintang').inputValue()) === '-2,31' && (await sheet.getByLabel('Jangkauan (m)').inputValue()) === '1250', 'the sheet is not filled');
		await sheet.getByLabel('Pengguna sehari').fill('40');
		await sheet.getByLabel('Jangkauan (m)').fill('');
		await sheet.getByRole('button', { name: 'Simpan' }).click();
		await says(rina, 'Kantor Desa Uji', 'Terbuka bagi warga', 'ya, Senin–Jumat 07.00–15.00, 40 pengguna sehari');
	});

	await promise('what it costs is rupiah where somebody has said, and unknown where nobody has', async () => {
		for (const term of ['Biaya per bulan', 'Dibayar sampai', 'Rencana · kontrak · dibayar', 'Harga perangkat']) await says(rina, 'Kantor Desa Uji', term, 'belum diketahui');
		await rina.getByRole('button', { name: 'Ubah biaya: Kantor Desa Uji' }).click();
		const sheet = rina.getByRole('dialog');
		await sheet.getByLabel('Biaya per bulan (Rp)').fill('1,5 juta');
		await sheet.getByText('Tulis rupiah bulat').waitFor();
		expect(await sheet.getByRole('button', { name: 'Simpan' }).isDisabled(), 'it can be sent');
		await fit(rina);
		await shots(rina, 'titik-biaya', { fullPage: true });
		await sheet.getByLabel('Biaya per bulan (Rp)').fill('Rp 1.500.000');
		await sheet.getByLabel('Direncanakan (Rp)').fill('18000000');
		await sheet.getByLabel('Dibayar (Rp)').fill('0');
		await sheet.getByLabel('Pembayar').fill('Diskominfo');
		await sheet.getByLabel('Dibayar sampai').fill(PAID_UNTIL);
		await sheet.getByLabel('Nomor kontrak').fill('SPK 7/2026');
		await sheet.getByLabel('Nomor serah terima (BAST)').fill('BAST 12/2026');
		await sheet.getByRole('button', { name: 'Simpan' }).click();
		await says(rina, 'Kantor Desa Uji', 'Biaya per bulan', `${rupiah(1_500_000)} · Diskominfo`);
		await says(rina, 'Kantor Desa Uji', 'Rencana · kontrak · dibayar', `${rupiah(18_000_000)} · belum diketahui · ${rupiah(0)}`);
		await says(rina, 'Kantor Desa Uji', 'Harga perangkat', 'belum diketahui');
		await says(rina, 'Kantor Desa Uji', 'Dibayar sampai', `${written(PAID_UNTIL)} lewat`);
		await says(rina, 'Kantor Desa Uji', 'Dokumen', 'SPK 7/2026 · BAST 12/2026');
		await card(rina, 'Kantor Desa Uji').getByText(/^Versi 1, dikatakan Anda, /).waitFor();
		// Another version leaves the first where it was.
		await rina.getByRole('button', { name: 'Ubah biaya: Kantor Desa Uji' }).click();
		expect((await sheet.getByLabel('Biaya per bulan (Rp)').inputValue()) === '1.500.000' && (await sheet.getByLabel('Harga perangkat (Rp)').inputValue()) === '', 'the sheet is not filled');
		await sheet.getByLabel('Dibayar (Rp)').fill('');
		await sheet.getByRole('button', { name: 'Simpan' }).click();
		await says(rina, 'Kantor Desa Uji', 'Rencana · kontrak · dibayar', `${rupiah(18_000_000)} · belum diketahui · belum diketahui`);
		await card(rina, 'Kantor Desa Uji').getByRole('button', { name: 'Versi sebelumnya (1)' }).click();
		const older = card(rina, 'Kantor Desa Uji').getByRole('listitem').filter({ hasText: 'Versi 1, dikatakan Anda' });
		for (const part of [`Biaya per bulan ${rupiah(1_500_000)}`, `Dibayar ${rupiah(0)}`, 'Terikat kontrak belum diketahui', 'SPK 7/2026']) await older.getByText(part).waitFor();
		const { items } = await house.json('GET', `/api/v1/points/${id}/money`, { token });
		expect(items.map(({ paid_rupiah }) => paid_rupiah).join() === ',0' && items[1].version === 1, JSON.stringify(items));
	});

	await promise('a wrong step is corrected with a reason, and both stay readable', async () => {
		for (const [to, day] of [['surveyed', '02'], ['granted', '03']]) await cli('villages', 'step', id, to, '--happened', `2026-02-${day}T10:00+07:00`, '--note', `SK ${day}`);
		await rina.reload();
		const way = card(rina, 'Kantor Desa Uji').getByRole('list', { name: 'Perjalanan program' }).getByRole('listitem');
		await rina.getByRole('button', { name: 'Koreksi: disurvei, 2 Feb 2026' }).click();
		const sheet = rina.getByRole('dialog');
		expect((await sheet.getByLabel('Terjadi (WIB)').inputValue()) === '2026-02-02T10:00' && (await sheet.getByLabel('Keterangan atau nomor dokumen').inputValue()) === 'SK 02', 'the sheet is not filled');
		await sheet.getByLabel('Alasan').fill('tanggal di surat keliru');
		// A point does not come from granted to surveyed: the house refuses, and the reason stays.
		await sheet.getByLabel('Terjadi (WIB)').fill('2026-02-05T10:00');
		await sheet.getByRole('button', { name: 'Koreksi', exact: true }).click();
		await sheet.getByRole('alert').getByText('Perjalanan titik tidak mungkin begitu').waitFor();
		expect((await sheet.getByLabel('Alasan').inputValue()) === 'tanggal di surat keliru', 'the reason is gone');
		await fit(rina);
		await shots(rina, 'titik-koreksi', { fullPage: true });
		await sheet.getByLabel('Terjadi (WIB)').fill('2026-02-01T09:00');
		await sheet.getByRole('button', { name: 'Koreksi', exact: true }).click();
		await way.filter({ hasText: 'dikoreksi Anda' }).waitFor();
		const told = await way.allInnerTexts();
		const has = (i, ...parts) => parts.every((part) => told[i].includes(part));
		expect(told.length === 3 && has(0, 'disurvei', '2 Feb 2026', '“SK 02”', '“tanggal di surat keliru”', 'dicatat petugas …') && has(1, 'dihibahkan', '3 Feb 2026') && has(2, 'disurvei', '1 Feb 2026', 'dicatat Anda'), told.join(' | '));
		// What was corrected is not corrected again, what stands may be.
		expect((await rina.getByRole('button', { name: /^Koreksi: / }).count()) === 2, 'which may be corrected');
		await admin.reload();
		const seen = card(admin, 'Kantor Desa Uji').getByRole('listitem').filter({ hasText: '1 Feb 2026' });
		await seen.getByText(/dicatat Rina Uji/).waitFor();
		await shots(rina, 'titik', { fullPage: true });
		await fit(rina);
	});

	await promise('a step that never was goes, and says so', async () => {
		await rina.getByRole('button', { name: 'Koreksi: dihibahkan, 3 Feb 2026' }).click();
		const sheet = rina.getByRole('dialog');
		await sheet.getByLabel('Langkah itu tidak pernah terjadi').check();
		await sheet.getByLabel('Alasan').fill('desa lain');
		await sheet.getByRole('button', { name: 'Koreksi', exact: true }).click();
		await card(rina, 'Kantor Desa Uji').getByRole('listitem').filter({ hasText: 'dihibahkan' }).getByText('“desa lain”').waitFor();
		await beside(rina, 'Kantor Desa Uji', 'Tahap \\(laporan\\)').filter({ hasText: 'disurvei' }).waitFor();
	});

	await promise('another day is shown as such, with nothing to be said, and a way back', async () => {
		await rina.getByRole('button', { name: 'Lihat masa lalu' }).click();
		await rina.getByLabel('Keadaan per tanggal').fill('2026-01-31');
		await rina.getByRole('button', { name: 'Tampilkan' }).click();
		await rina.getByRole('status').getByText('Anda melihat masa lalu: keadaan per 31 Jan 2026. Ini bukan keadaan sekarang.').waitFor();
		expect(new URL(rina.url()).searchParams.get('keadaan') === '2026-01-31', rina.url());
		await beside(rina, 'Kantor Desa Uji', 'Tahap \\(laporan\\)').filter({ hasText: 'didata' }).waitFor();
		await card(rina, 'Kantor Desa Uji').getByText('Belum ada langkah yang dilaporkan.').waitFor();
		for (const name of [/^Ubah/, /^Koreksi/, 'Tambah titik', /^Keluarkan/]) expect((await rina.getByRole('button', { name }).count()) === 0, `${name} of the past`);
		expect((await rina.getByRole('region', { name: 'Kejadian' }).count()) === 0, 'incidents of the past');
		await fit(rina);
		await shots(rina, 'desa-lalu', { fullPage: true });
		// Before the point was added nobody knew of it.
		await rina.goto(`${house.url}/desa/${VILLAGE}?diketahui=${BEFORE}`);
		await rina.getByRole('status').getByText(`yang diketahui per ${written(BEFORE)}`).waitFor();
		await rina.getByText('Belum ada titik', { exact: true }).waitFor();
		expect((await rina.getByLabel('Yang diketahui per tanggal').inputValue()) === BEFORE, 'the field is empty');
		await rina.getByRole('link', { name: 'Kembali ke keadaan sekarang' }).click();
		await card(rina, 'Kantor Desa Uji').waitFor();
		expect(new URL(rina.url()).search === '' && (await rina.getByText('Anda melihat masa lalu').count()) === 0, rina.url());
		// A day that has not come is no day of the past.
		await rina.goto(`${house.url}/desa/${VILLAGE}?keadaan=${TO_COME}&diketahui=2026-02-31`);
		await card(rina, 'Kantor Desa Uji').waitFor();
		expect((await rina.getByText('Anda melihat masa lalu').count()) === 0, 'a day to come is shown');
	});

	await promise('the minutes of a day say why, and on which evidence', async () => {
		const from = Date.parse(`${TODAY}T00:00:00+07:00`) / 60_000;
		const numbers = { proved_bp: 5000, measured_bp: null, coverage_bp: 5000, counts: { all: 240, up: 120, degraded: 0, down: 30, off: 30, unknown: 60, excused: 0 }, contract: { verdict: 'not_enough', share_bp: null }, contract_without_power: { verdict: 'not_enough', share_bp: null } };
		const run = (begins, ends, state, cause, basis) => ({ from_slot: from + begins, to_slot: from + ends, from_us: (from + begins) * 6e7, to_us: (from + ends) * 6e7, state, cause, basis });
		const runs = [run(0, 60, 'up', 'none', ['heard', 'https']), run(60, 90, 'down', 'portal', ['tried', 'portal']), run(90, 150, 'up', 'none', ['dns', 'tcp']), run(150, 180, 'off', 'power', ['gone', 'rebooted', 'power'])];
		await rina.route('**/api/v1/villages/*/ledger?*', (route) => route.fulfill({ json: { code: VILLAGE, sites: [{ site, name: 'Kantor Desa Uji', provider: 'Penyedia A', from_slot: from, to_slot: from + 240, runs, outages: [], excused: [], rule: 1, ...numbers }] } }));
		await rina.goto(`${house.url}/desa/${VILLAGE}?hari=${TODAY}`);
		const day = rina.getByRole('region', { name: written(TODAY), exact: true });
		const rows = day.getByRole('listitem');
		await rows.first().waitFor();
		const told = (await rows.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
		const right = [
			'01.00–01.30 putus: dialihkan ke halaman masuk atau tagihan (30 menit) Bukti: alat mencoba menghubungi, yang menjawab ialah halaman masuk atau tagihan',
			'02.30–03.00 padam: listrik padam (30 menit) Bukti: alat mencatat listrik padam, alat tidak bekerja, alat menyala kembali setelahnya',
			'03.00–04.00 belum diketahui: tanpa catatan (60 menit) Bukti: tidak ada catatan',
			'tersambung, 60 menit Bukti: pusat menerima kabar dari alat, server HTTPS menjawab',
			'tersambung, 60 menit Bukti: server nama (DNS) menjawab, sambungan TCP diterima'
		];
		expect(told.join('\n') === right.join('\n'), told.join('\n'));
		await fit(rina);
		await shots(rina, 'denyut', { fullPage: true });
		await rina.unroute('**/api/v1/villages/*/ledger?*');
	});

	await promise('a target has its owner, its calendar and its holidays, and three numbers', async () => {
		await rina.goto(`${house.url}/desa?bagian=target`);
		await rina.getByText('Belum ada target', { exact: true }).waitFor();
		await rina.getByText('Belum ada tahun yang diisi').waitFor();
		const sheet = rina.getByRole('dialog');
		const [start, days, goal] = ['2026-06-01', 10, 5];
		await rina.getByRole('button', { name: 'Tetapkan target' }).click();
		await sheet.getByLabel('Nama target').fill('Survei desa');
		await sheet.getByLabel('Pemilik').fill('Bidang Infrastruktur');
		await sheet.getByLabel('Kabupaten/Kota').selectOption('62.11');
		await sheet.getByLabel('Kecamatan').selectOption('62.11.01');
		await sheet.getByLabel('Desa/Kelurahan').selectOption(VILLAGE);
		await sheet.getByLabel('Dihitung bila sudah').selectOption({ label: 'disurvei' });
		await sheet.getByLabel('Jumlah titik').fill(String(goal));
		await sheet.getByLabel('Kalender').selectOption({ label: 'hari kerja' });
		await sheet.getByLabel('Hari mulai').fill(start);
		await sheet.getByLabel('menurut lamanya').check();
		await sheet.getByLabel('Lama (hari menurut kalendernya)').fill(String(days));
		await sheet.getByRole('button', { name: 'Tetapkan target' }).click();
		await sheet.getByRole('alert').getByText('Hari kerja belum dapat dihitung').waitFor();
		await sheet.getByText('Hari libur 2026 belum diisi.').waitFor();
		expect((await sheet.getByLabel('Nama target').inputValue()) === 'Survei desa', 'the name is gone');
		await fit(rina);
		await shots(rina, 'target-formulir', { fullPage: true });
		await sheet.getByRole('button', { name: 'Tutup' }).click();

		const holidays = { '2026-06-01': 'Hari Lahir Pancasila', '2026-06-05': 'Cuti bersama', '2026-06-06': 'Sabtu yang libur' };
		// Holidays are of the house as a whole, and Rina's right is of one province.
		expect((await rina.getByRole('button', { name: 'Isi hari libur' }).count()) === 0, 'she is offered what is refused');
		await admin.goto(`${house.url}/desa?bagian=target`);
		await admin.getByRole('button', { name: 'Isi hari libur' }).click();
		const years = admin.getByRole('dialog');
		await years.getByLabel('Tahun', { exact: true }).fill('2026');
		await years.getByLabel('Dasar').fill('SKB 3 Menteri');
		await years.getByLabel('Hari libur, satu per baris').fill('2026-06-05;Cuti bersama\n5 Juni;Cuti');
		await years.getByText('Baris 2 bukan tanggal;nama pada tahun 2026.').waitFor();
		expect(await years.getByRole('button', { name: 'Simpan' }).isDisabled(), 'it can be sent');
		await years.getByLabel('Hari libur, satu per baris').fill(Object.entries(holidays).map((one) => one.join(';')).join('\n'));
		await fit(admin);
		await shots(admin, 'hari-libur', { fullPage: true });
		await years.getByRole('button', { name: 'Simpan' }).click();
		await admin.getByText('3 hari, menurut SKB 3 Menteri').waitFor();
		await rina.reload();
		await rina.getByText('3 hari, menurut SKB 3 Menteri').waitFor();

		// The last day, and how many of its days have passed, by a calendar of this test's own.
		let [end, left, passed] = [start, days, 0];
		while (left > 0) {
			end = new Date(Date.parse(`${end}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
			const weekday = new Date(`${end}T00:00:00Z`).getUTCDay();
			if (weekday === 0 || weekday === 6 || end in holidays) continue;
			left -= 1;
			if (end <= TODAY) passed += 1;
		}
		await rina.getByRole('button', { name: 'Tetapkan target' }).click();
		for (const [label, value] of [['Nama target', 'Survei desa'], ['Pemilik', 'Bidang Infrastruktur'], ['Jumlah titik', String(goal)], ['Hari mulai', start]]) await sheet.getByLabel(label).fill(value);
		for (const [label, value] of [['Kabupaten/Kota', '62.11'], ['Kecamatan', '62.11.01'], ['Desa/Kelurahan', VILLAGE]]) await sheet.getByLabel(label).selectOption(value);
		for (const [label, value] of [['Dihitung bila sudah', 'disurvei'], ['Kalender', 'hari kerja']]) await sheet.getByLabel(label).selectOption({ label: value });
		await sheet.getByLabel('menurut lamanya').check();
		await sheet.getByLabel('Lama (hari menurut kalendernya)').fill(String(days));
		await sheet.getByRole('button', { name: 'Tetapkan target' }).click();
		const row = rina.getByRole('listitem').filter({ has: rina.getByRole('heading', { name: /^Survei desa/ }) });
		for (const part of [`${goal} titik disurvei, ${written(start)} sampai ${written(end)}`, 'Pemilik: Bidang Infrastruktur', `${passed} dari ${days} hari kerja sudah lewat`]) await row.getByText(part).waitFor();
		const numbers = (await row.locator('dl').innerText()).split('\n').map((text) => text.trim()).filter(Boolean);
		// One point is surveyed; its box was never let in, so that nothing is measured.
		const right = ['Rencana', String(Math.floor((goal * passed) / days)), 'Laporan', '1', 'Terukur', 'belum diketahui'];
		expect(numbers.join() === right.join(), `${numbers} for ${right}`);
		await fit(rina);
		await shots(rina, 'target', { fullPage: true });
		await row.getByRole('button', { name: 'Tarik target Survei desa' }).click();
		await sheet.getByLabel('Alasan').fill('diganti target baru');
		await sheet.getByRole('button', { name: 'Tarik target' }).click();
		await rina.getByText('Belum ada target', { exact: true }).waitFor();
	});

	await promise('who may write incidents reports one of this village from its page', async () => {
		await rina.goto(`${house.url}/desa/${VILLAGE}`);
		const href = await rina.getByRole('link', { name: 'Laporkan kejadian' }).getAttribute('href');
		expect(href === `/kejadian?lapor=1&wilayah=${VILLAGE}`, href);
		const layar = await person({ username: 'layar', password: RINA.password });
		await card(layar, 'Kantor Desa Uji').waitFor();
		for (const role of ['button', 'link']) for (const name of [/^Tambah titik/, /^Ubah/, /^Koreksi/, /^Keluarkan/, 'Laporkan kejadian']) expect((await layar.getByRole(role, { name }).count()) === 0, `a screen is offered ${name}`);
		expect((await layar.getByText('Harga perangkat').count()) === 0, 'a screen reads money');
	});

	await promise('the same in English fits a phone', async () => {
		for (const [path, word] of [[`/desa/${VILLAGE}?keadaan=2026-02-02`, 'You see the past: as it was on 2 Feb 2026. This is not how it is now.'], ['/desa?bagian=target', 'Targets of points'], [`/desa/${VILLAGE}`, 'recorded by you']]) {
			await rina.goto(`${house.url}${path}${path.includes('?') ? '&' : '?'}bahasa=en`);
			await rina.getByText(word).first().waitFor();
			await fit(rina);
		}
		await rina.goto(`${house.url}/desa/${VILLAGE}?bahasa=id`);
		await card(rina, 'Kantor Desa Uji').waitFor();
	});

	await promise('many points come from one file, with what they cost; a row that cannot stand holds all back', async () => {
		await rina.goto(`${house.url}/desa`);
		await rina.getByRole('link', { name: 'Impor titik' }).click();
		await rina.waitForURL('**/desa/impor?jenis=titik');
		const list = ['Kode Desa;Nama Titik;Jenis;Iuran', `${VILLAGE};Pustu Impor;pustu;Rp 650.000`, `${VILLAGE};SDN Impor;SDN;`, `${VILLAGE};Balai Impor;kantor desa;sekian`].join('\n');
		await rina.setInputFiles('input[type=file]', { name: 'titik.csv', mimeType: 'text/csv', buffer: Buffer.from(list) });
		await rina.getByRole('button', { name: 'Periksa berkas' }).click();
		await rina.getByRole('button', { name: '1 ditolak' }).click();
		await rina.getByText('sekian bukan rupiah bulat').first().waitFor();
		await fit(rina);
		const write = rina.getByRole('button', { name: /^Tulis/ });
		expect(await write.isDisabled(), 'it may be written with a row that cannot stand');
		await rina.getByRole('checkbox').first().check();
		await rina.getByRole('button', { name: 'Tulis 2 baris' }).click();
		// The preview says how many are new as well; only what was written says that it is.
		await rina.getByText('2 baris ditulis').waitFor();
		await rina.goto(`${house.url}/desa/${VILLAGE}`);
		await card(rina, 'Pustu Impor').getByText(/Rp\s?650\.000/).first().waitFor();
		await card(rina, 'SDN Impor').waitFor();
		expect((await card(rina, 'Balai Impor').count()) === 0, 'what was left out is there');
		for (const name of ['Pustu Impor', 'SDN Impor']) {
			await rina.getByRole('button', { name: `Keluarkan titik: ${name}` }).click();
			const sheet = rina.getByRole('dialog');
			await sheet.getByLabel('Alasan').fill('uji impor');
			await sheet.getByRole('button', { name: 'Keluarkan titik' }).click();
			await card(rina, name).waitFor({ state: 'detached' });
		}
	});

	await promise('a point is taken off with a reason, and is there for the day before', async () => {
		await rina.getByRole('button', { name: 'Keluarkan titik: Kantor Desa Uji' }).click();
		const sheet = rina.getByRole('dialog');
		await sheet.getByLabel('Alasan').fill('didata dua kali');
		await sheet.getByRole('button', { name: 'Keluarkan titik' }).click();
		await rina.getByRole('heading', { name: 'Titik (0)' }).waitFor();
		await rina.getByText('Belum ada titik', { exact: true }).waitFor();
		const { retired_us } = await house.json('GET', `/api/v1/points/${id}`, { token });
		expect(retired_us !== null, 'it is on');
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
