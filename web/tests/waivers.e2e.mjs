// Minutes that are not held against a provider: one person declares, the same person's
// approval is refused in words, another approves, and the page says what follows.
//
//   node web/tests/waivers.e2e.mjs
import { ADMIN, browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const RINA = { username: 'rina', password: 'jembatan-biru-di-hulu-24' };
const OPERATOR = { username: 'piket', password: 'dermaga-tua-di-hilir-24' };
const HOUR_MS = 3_600_000;
/** The whole hour so many hours from now, as a field of the house's zone takes it and as a page writes it. */
function hour(from_now) {
	const ms = Math.floor(Date.now() / HOUR_MS + from_now) * HOUR_MS;
	const parts = Object.fromEntries(new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Pontianak', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(ms).map(({ type, value }) => [type, value]));
	const month = ['Jan', 'Feb', 'Mar', 'Apr', 'Mei', 'Jun', 'Jul', 'Agu', 'Sep', 'Okt', 'Nov', 'Des'][Number(parts.month) - 1];
	return { typed: `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`, written: `${Number(parts.day)} ${month} ${parts.year} ${parts.hour}.${parts.minute} WIB` };
}

await keep(async () => {
	const { house, token, cli } = await newHouse();
	for (const [name, who, role] of [['Rina Uji', RINA, 'konektivitas'], ['Petugas Piket', OPERATOR, 'operator']])
		await house.json('POST', '/api/v1/staff', { token, body: { name, ...who, grants: [{ role, area: '62', agency: null }] } });
	const { stdout } = await cli('sites', 'add', '--name', 'Kantor Desa Uji', '--area', '62.11.01.2001', '--provider', 'Penyedia A');
	const site = stdout.trim();
	const chrome = await browser();
	const broken = [];
	const person = async (who) => {
		// The device is in another zone than the house.
		const context = await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID', timezoneId: 'UTC', bypassCSP: true });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, who);
		await page.goto(`${house.url}/konektivitas?bagian=pengecualian`);
		await page.getByRole('heading', { name: 'Pengecualian menit' }).waitFor();
		return page;
	};
	const [admin, rina, operator] = [await person(ADMIN), await person(RINA), await person(OPERATOR)];
	const waiting = (page) => page.getByRole('region', { name: /^Menunggu keputusan/ });
	const decided = (page) => page.getByRole('region', { name: 'Sudah diputuskan' });
	const [begins, ends] = [hour(48), hour(51)];
	/** Fills the sheet of an exemption of one site. */
	async function fill(page, kind, from, to, why, document) {
		await page.getByRole('button', { name: 'Umumkan pengecualian' }).first().click();
		const sheet = page.getByRole('dialog');
		await sheet.getByLabel('Jenis').selectOption({ label: kind });
		await sheet.getByLabel('Lokasi', { exact: true }).selectOption(site);
		await sheet.getByLabel('Mulai (WIB)').fill(from);
		await sheet.getByLabel('Selesai (WIB)').fill(to);
		await sheet.getByLabel('Alasan').fill(why);
		if (document) await sheet.getByLabel('Dokumen').fill(document);
		return sheet;
	}
	const send = (sheet) => sheet.getByRole('button', { name: 'Umumkan pengecualian' }).click();

	await promise('nothing waits, and the page says what an exemption is', async () => {
		await waiting(admin).getByText('Tidak ada yang menunggu').waitFor();
		await decided(admin).getByText('Belum ada yang diputuskan.').waitFor();
		await fit(admin);
	});

	await promise('what cannot stand is refused beside its field, and what was typed stays', async () => {
		const sheet = await fill(admin, 'Pemeliharaan', begins.typed, hour(47).typed, 'Penggantian modem');
		await sheet.getByText('Selesai harus setelah mulai.').waitFor();
		expect(await sheet.getByRole('button', { name: 'Umumkan pengecualian' }).isDisabled(), 'it can be sent');
		// Longer than the house takes: it is the house that says so.
		await sheet.getByLabel('Selesai (WIB)').fill(hour(48 + 93 * 24).typed);
		await send(sheet);
		await sheet.getByText('Paling lama 92 hari.').waitFor();
		expect((await sheet.getByLabel('Selesai (WIB)').getAttribute('aria-invalid')) === 'true', 'another field is refused');
		expect((await sheet.getByLabel('Alasan').inputValue()) === 'Penggantian modem', 'the reason is gone');
		await fit(admin);
		await shots(admin, 'pengecualian-formulir', { fullPage: true });
		await sheet.getByLabel('Selesai (WIB)').fill(ends.typed);
		await send(sheet);
		const row = waiting(admin).getByRole('listitem').filter({ hasText: 'Penggantian modem' });
		for (const part of ['Pemeliharaan', 'Kantor Desa Uji', 'Penyedia A', `${begins.written} – ${ends.written}`, 'Dokumen: tidak disebut', 'Diumumkan Anda', 'Belum mengecualikan apa pun; orang lain harus menyetujui.']) await row.getByText(part).first().waitFor();
		expect((await row.getByText('terlambat diumumkan').count()) === 0, 'it is said to be late');
	});

	await promise('whoever declared does not approve, and reads why', async () => {
		const row = waiting(admin).getByRole('listitem').filter({ hasText: 'Penggantian modem' });
		await row.getByRole('button', { name: 'Setujui' }).click();
		await row.getByRole('alert').getByText('Anda sendiri yang mengumumkannya').waitFor();
		await row.getByText(/harus dua orang/).waitFor();
		await shots(admin, 'pengecualian-ditolak', { fullPage: true });
		const { items } = await house.json('GET', '/api/v1/excuses', { token });
		expect(items.length === 1 && items[0].agreed === null, JSON.stringify(items));
	});

	await promise('an operator reads it and decides nothing', async () => {
		await operator.reload();
		await waiting(operator).getByText('“Penggantian modem”').waitFor();
		expect((await operator.getByRole('button', { name: 'Setujui' }).count()) === 0, 'the operator may approve');
		expect((await operator.getByRole('button', { name: 'Umumkan pengecualian' }).count()) === 0, 'the operator may declare');
		// No name is made up where none may be read.
		await waiting(operator).getByText(/Diumumkan petugas …/).waitFor();
	});

	await promise('another person approves, and the page says what follows', async () => {
		await rina.reload();
		const row = waiting(rina).getByRole('listitem').filter({ hasText: 'Penggantian modem' });
		await row.getByRole('button', { name: 'Setujui' }).click();
		const done = decided(rina).getByRole('listitem').filter({ hasText: 'Penggantian modem' });
		for (const part of [/Disetujui Anda, /, 'Mengecualikan 180 menit dari hitungan kontrak.']) await done.getByText(part).waitFor();
		await waiting(rina).getByText('Tidak ada yang menunggu').waitFor();
		await admin.reload();
		await decided(admin).getByText(/Disetujui Rina Uji, /).waitFor();
	});

	await promise('maintenance that is told afterwards stays on record, and exempts nothing', async () => {
		await send(await fill(rina, 'Pemeliharaan', hour(-30).typed, hour(-28).typed, 'Lupa diumumkan'));
		const row = waiting(rina).getByRole('listitem').filter({ hasText: 'Lupa diumumkan' });
		await row.getByText('terlambat diumumkan').waitFor();
		await admin.reload();
		await waiting(admin).getByRole('listitem').filter({ hasText: 'Lupa diumumkan' }).getByRole('button', { name: 'Setujui' }).click();
		await decided(admin).getByRole('listitem').filter({ hasText: 'Lupa diumumkan' }).getByText('Diumumkan setelah mulai: tidak mengecualikan apa pun, disetujui atau tidak.').waitFor();
	});

	await promise('force majeure names its paper, of an area and one provider, and may be refused', async () => {
		await rina.getByRole('button', { name: 'Umumkan pengecualian' }).first().click();
		const sheet = rina.getByRole('dialog');
		await sheet.getByLabel('Jenis').selectOption({ label: 'Keadaan kahar' });
		await sheet.getByLabel('Satu wilayah').check();
		await sheet.getByLabel('Kabupaten/Kota').selectOption('62.11');
		await sheet.getByLabel('Penyedia').fill('Penyedia A');
		await sheet.getByLabel('Mulai (WIB)').fill(hour(-20).typed);
		await sheet.getByLabel('Selesai (WIB)').fill(hour(-10).typed);
		await sheet.getByLabel('Alasan').fill('Banjir Kahayan');
		await send(sheet);
		// Without a paper it is not sent: the browser asks for it.
		expect(await sheet.getByLabel('Dokumen').evaluate((field) => field.matches(':invalid')), 'no paper is asked for');
		await sheet.getByLabel('Dokumen').fill('SK BPBD 12/2026');
		await send(sheet);
		const row = waiting(rina).getByRole('listitem').filter({ hasText: 'Banjir Kahayan' });
		for (const part of ['Keadaan kahar', 'Kabupaten Pulang Pisau, Penyedia A', 'Dokumen: SK BPBD 12/2026', 'terlambat diumumkan', 'Belum mengecualikan apa pun; orang lain harus menyetujui.']) await row.getByText(part).first().waitFor();
		await admin.reload();
		await waiting(admin).getByRole('button', { name: 'Tolak' }).click();
		const done = decided(admin).getByRole('listitem').filter({ hasText: 'Banjir Kahayan' });
		for (const part of [/Ditolak Anda, /, 'Tidak mengecualikan apa pun.']) await done.getByText(part).waitFor();
		await fit(admin);
		await shots(admin, 'pengecualian', { fullPage: true });
	});

	await promise('the same in English fits a phone', async () => {
		await rina.goto(`${house.url}/konektivitas?bagian=pengecualian&bahasa=en`);
		await rina.getByText('Exempts 180 minutes from the contract.').waitFor();
		await fit(rina);
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
