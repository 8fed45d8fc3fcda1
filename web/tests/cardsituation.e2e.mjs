// The running list of the welfare card on the page of the situation: nothing before it was
// examined, then its numbers with what they are a part of, each opening its rows; for those
// who may count it, and for what they see of it.
//
//   node web/tests/cardsituation.e2e.mjs
//
// All persons are made up, and what is expected is counted from what is true of them.
import { bring, examine } from './card.house.mjs';
import { EACH, made } from './card.people.mjs';
import { browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const n = (value) => value.toLocaleString('id-ID');
const rp = (value) => `Rp\u00a0${n(value)}`;
const LEADER = { username: 'pimpinan', password: 'dermaga-tua-di-hilir-24' };
const PART = { username: 'pimpinan-daerah', password: 'titian-rotan-di-hulu-24' };
const OTHER = { username: 'operator', password: 'jembatan kahayan' };

await keep(async () => {
	const { house, token } = await newHouse();
	const place = async (regency, at) => (await house.json('GET', `/api/v1/areas?level=village&within=${regency}&limit=50`, { token })).items[at].code;
	const { rows, expected, lists, titles, days } = made([await place('62.02', 0), await place('62.02', 40), await place('62.11', 0)]);
	for (const [name, who, role, area] of [
		['Pimpinan Uji', LEADER, 'pimpinan', '62'],
		['Pimpinan Daerah', PART, 'pimpinan', '62.11'],
		['Operator Uji', OTHER, 'operator', '62']
	])
		await house.json('POST', '/api/v1/staff', { token, body: { name, ...who, grants: [{ role, area, agency: null }] } });

	const chrome = await browser();
	const broken = [];
	const enter = async (who) => {
		const page = await (await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: 'Asia/Pontianak', bypassCSP: true })).newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, who);
		await page.goto(`${house.url}/situasi`);
		return page;
	};
	const cardOf = (page) => page.getByRole('region', { name: 'Kartu Huma Betang' });
	const page = await enter();
	const card = cardOf(page);

	await promise('before the first examination it says so, and no number', async () => {
		await card.getByText('Daftar KPM belum pernah diperiksa.').waitFor();
		const text = await card.innerText();
		expect(!/\d/.test(text), text);
		await fit(page);
		await shots(page, 'situasi-kartu-kosong', { fullPage: true });
	});

	for (const [kind, text] of Object.entries(lists)) await bring({ house, token }, kind, text, { title: titles[kind], owner: `Dinas ${kind}`, as_of: days[kind], purposes: ['uji'] });
	await examine({ house, token }, { decile_max: 2, rupiah_each: EACH, not_excluding: [] });
	const right = expected({ max: 2, each: EACH, allowed: [] });
	const percent = (part, whole) => `${n(Math.floor((part * 1000) / whole) / 10)} %`;

	/** What the card says of each number, within an area. */
	async function says(page, area) {
		const card = cardOf(page);
		const all = right.list(area);
		const share = ({ rows }) => `${n(rows)} dari ${n(all.rows)} KPM (${percent(rows, all.rows)})`;
		const [questioned, left, unknown] = [right.questioned(area), right.of('left_out', area), right.of('unknown', area)];
		await card.getByText(`dari ${n(all.rows)} KPM dipertanyakan`).waitFor();
		for (const [name, text, sum] of [
			['Daftar KPM', `${n(all.rows)} KPM`, all],
			['Dipertanyakan, tiap baris sekali', share(questioned), questioned],
			['Berhak, belum ada di daftar', `${n(left.rows)} keluarga`, left],
			['Kelayakan belum diketahui', share(unknown), unknown]
		]) {
			const line = card.locator('dl > div').filter({ has: page.getByText(name, { exact: true }) });
			await line.getByRole('link', { name: `${name}: ${text}`, exact: true }).waitFor();
			const said = await line.innerText();
			// What nobody has said is no part of the sum, and is counted beside it.
			expect(sum.unknown === sum.rows ? !said.includes('Rp') : said.includes(rp(sum.rupiah)), `${name}: ${said} for ${sum.rupiah}`);
			expect(sum.unknown > 0 ? said.includes(`rupiah belum diketahui: ${n(sum.unknown)} dari ${n(sum.rows)}`) : !said.includes('rupiah belum'), `${name}: ${said} for ${sum.unknown}`);
		}
	}

	await promise('each number is what the lists say, with what it is a part of and how old it is', async () => {
		await page.reload();
		await says(page, '');
		await card.getByText(/^Pemeriksaan 1, .+\. Temuan ialah usulan/).waitFor();
		await fit(page);
		await shots(page, 'situasi-kartu', { fullPage: true });
	});

	await promise('each number opens its rows', async () => {
		for (const [name, query, count] of [['Dipertanyakan, tiap baris sekali', '', right.inside('').length], ['Berhak, belum ada di daftar', '?temuan=left_out', right.of('left_out').rows], ['Kelayakan belum diketahui', '?temuan=unknown', right.of('unknown').rows]]) {
			await card.getByRole('link', { name: new RegExp(`^${name}: `) }).click();
			await page.waitForURL(`**/kartu${query}`);
			await page.waitForFunction((n) => document.querySelectorAll('section[aria-labelledby="kartu-baris"] li').length === n, count);
			await page.goBack();
			await card.waitFor();
		}
		await card.getByRole('link', { name: 'Buka kartu' }).click();
		await page.getByRole('heading', { level: 1, name: `${n(right.questioned().rows)} dari ${n(rows.length)} baris` }).waitFor();
	});

	await promise('who leads one regency sees its numbers alone', async () => says(await enter(PART), '62.11'));
	await promise('who leads sees all of it', async () => says(await enter(LEADER), ''));

	await promise('who may not count it is shown none of it, and nothing is asked', async () => {
		const other = await enter(OTHER);
		const asked = [];
		other.on('request', (request) => asked.push(request.url()));
		await other.reload();
		await other.getByRole('region', { name: 'Titik desa terbukti tersambung' }).waitFor();
		expect((await cardOf(other).count()) === 0, 'it is shown');
		expect(!asked.some((url) => url.includes('/api/v1/card/')), asked.filter((url) => url.includes('card')).join());
	});

	await promise('an answer that does not come is told, and can be asked for again', async () => {
		const other = await enter(LEADER);
		await other.route('**/api/v1/card/answer*', (route) => route.abort());
		await other.reload();
		await cardOf(other).getByRole('alert').waitFor();
		await other.unroute('**/api/v1/card/answer*');
		await cardOf(other).getByRole('button').click();
		await says(other, '');
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
