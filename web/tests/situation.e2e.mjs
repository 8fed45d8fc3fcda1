// The situation page of villages: each number of the points, of the money and of the three
// voices is the one that follows from what was written, and opens the list that it counts.
//
//   node web/tests/situation.e2e.mjs
//
// What is expected is counted here from what this script has written, and not asked of the
// house.
import { browser, expect, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const DAY_MS = 86_400_000;
/** A day so many days from now, in the zone of the house. */
const dayFrom = (days) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Pontianak' }).format(Date.now() + days * DAY_MS);
const rupiah = (n) => `Rp\u00a0${n.toLocaleString('id-ID')}`;
const WAY = ['surveyed', 'granted', 'in_distribution', 'delivered', 'installed', 'active'];

await keep(async () => {
	const { house, token } = await newHouse();
	const { items: villages } = await house.json('GET', '/api/v1/areas?level=village&within=62.11&limit=10', { token });
	const post = (path, body) => house.json('POST', path, { token, body });

	// How far each has come, whether something there may tell, and what was said of its cost.
	const points = [
		{ name: 'Titik Anjir', village: 0, stage: 'active', tells: true, money: { planned_rupiah: 10_000_000, committed_rupiah: 9_000_000, paid_rupiah: 4_000_000, monthly_rupiah: 1_500_000, paid_until: dayFrom(-10) } },
		{ name: 'Titik Bahaur', village: 1, stage: 'active', money: { planned_rupiah: 20_000_000, monthly_rupiah: 2_000_000, paid_until: dayFrom(400) } },
		{ name: 'Titik Cemara', village: 1, stage: 'installed', money: { planned_rupiah: 0, paid_until: dayFrom(-300) } },
		{ name: 'Titik Dadahup', village: 2, stage: 'surveyed' },
		{ name: 'Titik Ekang', village: 3, stage: 'listed', money: { committed_rupiah: 5_000_000 } }
	];
	for (const point of points) {
		point.code = villages[point.village].code;
		if (point.tells) point.site = (await post('/api/v1/sites', { name: point.name, kind: 'kantor_desa', area: point.code })).id;
		const { id } = await post('/api/v1/points', { name: point.name, kind: 'kantor_desa', village: point.code, site: point.site ?? null });
		for (const [i, to] of WAY.slice(0, WAY.indexOf(point.stage) + 1).entries()) await post(`/api/v1/points/${id}/steps`, { to, happened_us: (Date.now() - (30 - i) * DAY_MS) * 1000, note: `BA ${i}`, serial: `KIT-${point.name.at(6)}` });
		if (point.money) await post(`/api/v1/points/${id}/money`, point.money);
	}
	const called = (fits) => points.filter(fits).map(({ name }) => name);
	const sum = (field) => points.reduce((sum, { money }) => sum + (money?.[field] ?? 0), 0);
	const known = (field) => (point) => point.money?.[field] !== undefined;
	const unknown = (field) => (point) => !known(field)(point);
	const isEquipped = ({ stage }) => stage === 'active' || stage === 'installed';
	const isActive = ({ stage }) => stage === 'active';
	const isLate = ({ money }) => money?.paid_until !== undefined && money.paid_until < dayFrom(0);

	const chrome = await browser();
	const broken = [];
	const person = async (who) => {
		const page = await (await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: 'Asia/Pontianak' })).newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, who);
		return page;
	};
	const page = await person();
	const card = (name) => page.getByRole('region', { name });
	const sheet = page.getByRole('dialog');
	/** Opens a number and reads the names of its points, in their order; the page is left as it was. */
	async function opened(door) {
		await door.click();
		await sheet.getByRole('listitem').first().waitFor();
		const names = await sheet.getByRole('listitem').getByRole('link').allInnerTexts();
		const head = await sheet.locator('b').first().innerText();
		await page.keyboard.press('Escape');
		// The page has heard that it was closed: neither its list nor its address is there.
		await page.locator('dialog input').waitFor({ state: 'detached' });
		await page.waitForURL((url) => !url.searchParams.has('titik'));
		return { names, head };
	}
	/** The villages that a number of the page leads to. */
	async function led(door, query) {
		await door.click();
		await page.waitForURL(`**/desa?${query}`);
		const rows = page.getByRole('region', { name: 'Daftar desa' }).getByRole('listitem').getByRole('link');
		await rows.first().waitFor();
		const codes = await rows.evaluateAll((all) => all.map((link) => link.getAttribute('href').slice('/desa/'.length)));
		await page.goBack();
		await card('Titik desa terbukti tersambung').waitFor();
		return codes;
	}
	const same = (is, right) => expect(is.join() === right.join(), `${is.join()} for ${right.join()}`);

	await promise('the three voices are the numbers of what was written; what nothing can tell is unknown and not zero', async () => {
		await page.goto(`${house.url}/situasi`);
		const points_ = card('Titik desa terbukti tersambung');
		same((await opened(points_.getByRole('link', { name: `Rencana: ${points.length}` }))).names, called(() => true));
		same((await opened(points_.getByRole('link', { name: `dari ${points.length} titik` }))).names, called(() => true));
		const reported = called(isActive);
		const list = await opened(points_.getByRole('link', { name: `Laporan: ${reported.length}` }));
		same(list.names, reported);
		expect(list.head === `${reported.length} titik`, list.head);
		await points_.getByText('Belum ada alat ukur').waitFor();
		// Reported, and nothing there may tell: those villages, each once.
		const unmeasured = [...new Set(points.filter(isActive).map(({ code }) => code))];
		same(await led(points_.getByRole('link', { name: 'Terukur: belum diketahui' }), 'berdiri=belum-terukur'), unmeasured);
		await shots(page, 'situasi');
	});

	await promise('each amount says how much is known, and opens whose it is, the overdue first', async () => {
		const money = card('Biaya titik');
		for (const [label, field] of [['Direncanakan', 'planned_rupiah'], ['Terikat kontrak', 'committed_rupiah'], ['Dibayar', 'paid_rupiah']]) {
			const [with_, without] = [points.filter(known(field)), called(unknown(field))];
			const list = await opened(money.getByRole('link', { name: `${label}: ${rupiah(sum(field))}`, exact: true }));
			// The longest overdue before others that are overdue, then the dearest.
			const until = (point) => (isLate(point) ? point.money.paid_until : '~');
			const order = [...with_].sort((a, b) => (until(a) < until(b) ? -1 : until(a) > until(b) ? 1 : b.money[field] - a.money[field]));
			same(list.names, order.map(({ name }) => name));
			expect(list.head === `${with_.length} titik, jumlah ${rupiah(sum(field))}`, list.head);
			same([...(await opened(money.getByRole('link', { name: `${label}: ${without.length} belum diketahui` }))).names].sort(), without);
		}
	});

	await promise('fees are counted of what has been installed, and no month is proven yet', async () => {
		const money = card('Biaya titik');
		const fee = await opened(money.getByRole('link', { name: 'Per titik-bulan terbukti: belum diketahui' }));
		const paying = points.filter((point) => isEquipped(point) && known('monthly_rupiah')(point));
		expect(fee.head === `${paying.length} titik, jumlah ${rupiah(paying.reduce((sum, { money }) => sum + money.monthly_rupiah, 0))}`, fee.head);
		const without = called((point) => isEquipped(point) && unknown('monthly_rupiah')(point));
		same((await opened(money.getByRole('link', { name: `${without.length} titik belum diketahui biayanya` }))).names, without);
	});

	await promise('what is overdue stands first, has an address, and each point leads to its village', async () => {
		const late = points.filter(isLate).sort((a, b) => (a.money.paid_until < b.money.paid_until ? -1 : 1));
		const money = card('Biaya titik');
		const first = await money.getByRole('link').first().innerText();
		expect(first === `${late.length} titik lewat masa bayar`, first);
		await money.getByRole('link', { name: `${late.length} titik lewat masa bayar` }).click();
		await sheet.getByRole('listitem').first().waitFor();
		expect(new URL(page.url()).searchParams.get('titik') === 'lewat', page.url());
		await page.reload();
		await sheet.getByRole('listitem').first().waitFor();
		same(await sheet.getByRole('listitem').getByRole('link').allInnerTexts(), late.map(({ name }) => name));
		await shots(page, 'situasi-lewat');
		await sheet.getByRole('searchbox').fill('anjir');
		await sheet.getByText('Titik Cemara').waitFor({ state: 'detached' });
		await sheet.getByRole('link', { name: 'Titik Anjir' }).click();
		await page.waitForURL(`**/desa/${points[0].code}`);
	});

	await promise('a target counts what it asks for, and its list is those points', async () => {
		await post('/api/v1/targets', { name: 'Pasang semua', area: '62', owner: 'Bidang Uji', reached: 'installed', goal: 9, start: dayFrom(-10), end: dayFrom(10), calendar: 'kalender' });
		await page.goto(`${house.url}/situasi`);
		const installed = called(isEquipped);
		same((await opened(card('Titik desa terbukti tersambung').getByRole('link', { name: `Laporan: ${installed.length}` }))).names, installed);
		await page.getByText('Target Pasang semua: 9 titik').waitFor();
	});

	await promise('what is proven leads to the villages where it is', async () => {
		const told = points.filter(({ tells }) => tells);
		for (const { site } of told) {
			const { uuid, key } = await post(`/api/v1/sites/${site}/routers`, {});
			await house.json('POST', `/api/v1/monitoring/device/${uuid}/?key=${key}&time=01-02-2026_00:00:00.000000&current=true`, { body: { type: 'DeviceMonitoring', general: { uptime: 60 } } });
		}
		const points_ = card('Titik desa terbukti tersambung');
		// A minute is judged once it is over, and the page asks again each minute.
		const proven = points_.getByRole('link', { name: `Terukur: ${told.length}`, exact: true });
		await proven.waitFor({ timeout: 240_000 });
		same(await led(proven, 'berdiri=terukur'), told.map(({ code }) => code));
		same(await led(points_.getByRole('link', { name: `Titik desa terbukti tersambung: ${told.length}` }), 'berdiri=terukur'), told.map(({ code }) => code));
		expect((await points_.getByText('laporan dan pengukuran berbeda').count()) === 0, 'what is active and proven does not differ');
	});

	await promise('who may not read money is shown none, whatever the address says', async () => {
		await post('/api/v1/staff', { name: 'Operator Uji', username: 'operator', password: 'jembatan kahayan', grants: [{ role: 'operator' }] });
		const other = await person({ username: 'operator', password: 'jembatan kahayan' });
		await other.goto(`${house.url}/situasi?titik=lewat`);
		await other.getByRole('region', { name: 'Titik desa terbukti tersambung' }).getByRole('link', { name: 'Laporan: ' }).waitFor();
		expect((await other.getByRole('dialog').count()) === 0 && (await other.getByText('Biaya titik').count()) === 0, 'money is shown');
		await other.context().close();
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
