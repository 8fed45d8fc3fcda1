// Villages as people read them: three lists that contradict each other, what each village's
// page says and the file that it rests on, points on their way, a real box that is heard.
//
//   node web/tests/villages.e2e.mjs
//
// What is expected is counted here from the files, and not asked of the house.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { binary, browser, expect, house as newHouse, keep, logIn, promise, run, shots, targetFolder } from './house.mjs';

/** A dish that writes what it answers by itself; a line to it changes how it is. */
async function dishOf(scene) {
	const child = spawn(process.env.SIM ?? join(targetFolder, 'debug/sim'), ['dish', '--scene', scene], { stdio: ['pipe', 'pipe', 'inherit'] });
	const [line] = await once(createInterface({ input: child.stdout }), 'line');
	return { child, at: /^dish (\S+)$/.exec(line)[1] };
}

await keep(async () => {
	const { house, token, cli } = await newHouse();
	const folder = mkdtempSync(join(tmpdir(), 'betang-desa-'));
	const { items: villages } = await house.json('GET', '/api/v1/areas?level=village&within=62.11&limit=5000', { token });
	const [one, two, ...others] = villages;
	// Each list names some, says something of each, and was announced with another number.
	const lists = [
		{ title: 'Daftar A', owner: 'Dinas A', day: '2025-05-16', announced: 40, rows: villages.slice(0, 30).map(({ code }) => [code, 'ya', 'aktif']) },
		{ title: 'Daftar B', owner: 'Dinas B', day: '2025-09-01', announced: 25, rows: villages.slice(10, 35).map(({ code }) => [code, 'ya', 'distribusi']) },
		{ title: 'Daftar C', owner: 'Penyedia C', day: '2026-02-01', announced: 6, rows: [one, two, others[10]].map(({ code }) => [code, 'tidak', 'aktif']) }
	];
	for (const [i, list] of lists.entries()) {
		list.file = join(folder, `daftar-${i}.csv`);
		writeFileSync(list.file, ['kode kemendagri,blank spot,status', ...list.rows.map((row) => row.join(','))].join('\n'));
		await cli('villages', 'import', list.file, '--title', list.title, '--owner', list.owner, '--as-of', list.day, '--announced', String(list.announced), '--definition', '0 % 4G');
	}
	const named = lists.map(({ rows }) => new Set(rows.map(([code]) => code)));
	const inAny = new Set(named.flatMap((codes) => [...codes])).size;
	const inAll = [...named[0]].filter((code) => named.every((codes) => codes.has(code))).length;

	const chrome = await browser();
	const context = await chrome.newContext({ viewport: { width: 1400, height: 1000 }, locale: 'id-ID', timezoneId: 'Asia/Pontianak' });
	const page = await context.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	await logIn(page, house.url);

	await promise('three lists are laid beside each other, to the last row', async () => {
		await page.goto(`${house.url}/desa?bagian=sumber`);
		const sheet = page.getByRole('region', { name: 'Rekonsiliasi' }).first();
		await sheet.getByText(`${inAll} desa disebut semua daftar, ${inAny} disebut salah satu.`).waitFor();
		for (const list of lists) {
			const cells = await sheet.getByRole('row').filter({ hasText: list.title }).getByRole('cell').allInnerTexts();
			const told = cells.map((cell) => Number(cell.trim()));
			// Announced, rows, not in the file, villages, and nothing doubled, waiting, foreign or left out.
			const right = [list.announced, list.rows.length, list.announced - list.rows.length, new Set(list.rows.map(([code]) => code)).size, 0, 0, 0, 0];
			expect(told.join() === right.join(), `${list.title}: ${told} for ${right}`);
		}
		return `${inAll} in all, ${inAny} in any`;
	});

	await promise('a pair is counted as the files have it, and what only one names can be opened', async () => {
		const [a, b] = named;
		const both = [...a].filter((code) => b.has(code)).length;
		// The list that came last stands first.
		const pair = page.getByRole('listitem').filter({ hasText: 'Daftar B ↔ Daftar A' });
		await pair.getByText(`${both} di keduanya, ${b.size - both} hanya di yang pertama, ${a.size - both} hanya di yang kedua.`).waitFor();
		const only = pair.locator('details').filter({ hasText: `Hanya di Daftar A: ${a.size - both}` });
		await only.locator('summary').click();
		const links = await only.getByRole('link').allInnerTexts();
		const right = [...a].filter((code) => !b.has(code));
		expect(links.sort().join() === right.sort().join(), `${links} for ${right}`);
	});

	await promise('the page of a village says what it rests on, and opens the file', async () => {
		await page.goto(`${house.url}/desa/${one.code}`);
		const claims = page.getByRole('region', { name: 'Menurut sumber' });
		const spot = claims.getByRole('listitem').filter({ hasText: 'Blank spot' }).first();
		// The newest says no, the older says yes: they disagree, and both stay readable.
		await spot.getByText('Blank spot: tidak').waitFor();
		for (const owner of ['Dinas A', 'Penyedia C']) await spot.getByRole('link', { name: owner }).waitFor();
		await spot.getByRole('link', { name: 'Penyedia C' }).click();
		const sha = createHash('sha256').update(readFileSync(lists[2].file)).digest('hex');
		await page.getByText(sha).waitFor();
	});

	let site, box;
	await promise('points on their way, and a box that is heard', async () => {
		const { stdout } = await cli('sites', 'add', '--name', 'Kantor Desa Uji', '--area', one.code, '--point', '-2.31,114.05', '--provider', 'Penyedia C');
		site = stdout.trim();
		const { stdout: point } = await cli('villages', 'add-point', '--name', 'Kantor Desa Uji', '--village', one.code, '--site', site);
		await cli('villages', 'add-point', '--name', 'Sekolah Uji', '--village', one.code, '--kind', 'sekolah');
		const id = point.trim().split(/\s/)[0];
		for (const [to, day] of [['surveyed', 2], ['granted', 3], ['in_distribution', 4], ['delivered', 5], ['installed', 6], ['active', 7]])
			await cli('villages', 'step', id, to, '--happened', `2026-02-0${day}T10:00+07:00`, '--serial', to === 'installed' ? 'KIT-1' : 'KIT-0');
		const { stdout: code } = await cli('sites', 'code', site, '--near', '5000');
		const typed = /\S+#\S+/.exec(code)[0];
		box = mkdtempSync(join(tmpdir(), 'betang-box-'));
		await run(binary, ['agent', 'enrol', typed, '--data', box, '--at', '-2.31,114.05']);
		const child = spawn(binary, ['agent', '--data', box, '--every', '1'], { stdio: 'ignore' });
		// A promise that breaks here leaves the box's folder free for the next one.
		try {
			await page.goto(`${house.url}/desa/${one.code}`);
			await page.getByText(/terdengar \d+ dtk lalu/).first().waitFor({ timeout: 45_000 });
			// The way of a point is its own request, and may come after the link is known.
			const steps = page.getByRole('list', { name: 'Perjalanan program' }).first().getByRole('listitem');
			await steps.first().waitFor();
			const way = await steps.allInnerTexts();
			expect(way.length === 6 && way[4].startsWith('terpasang') && way[4].includes('KIT-1'), way.join(' | '));
			// No dish has said anything: that is not known, and not well.
			await page.getByText('belum diketahui; belum ada antena yang menjawab').first().waitFor();
		} finally {
			const ended = once(child, 'exit');
			child.kill('SIGKILL');
			await ended;
		}
	});

	await promise('a dish that nobody pays for is told as a bill and not as a broken link, until it is paid', async () => {
		const dish = await dishOf('no-account');
		const child = spawn(binary, ['agent', '--data', box, '--every', '1', '--slot-seconds', '6', '--dish', dish.at], { stdio: 'ignore' });
		const card = page.getByRole('region', { name: 'Antena satelit' });
		const wrong = page.getByRole('region', { name: 'Kejadian' }).getByText(/tagihan atau langganan, bukan sambungan yang rusak \(kode antena 2\)/);
		await card.getByText('tagihan belum dibayar atau langganan tidak aktif, bukan sambungan yang rusak').waitFor({ timeout: 60_000 });
		for (const part of [/sejak /, /kode antena 2/, /ditanya \d+ \S+ lalu/, 'Hubungi penyedia: Penyedia C']) await card.getByText(part).first().waitFor();
		await wrong.waitFor();
		await shots(page, 'tagihan', { fullPage: true });
		await page.goto(`${house.url}/konektivitas`);
		await page.getByText(/Antena satelit: tagihan belum dibayar/).waitFor();
		await shots(page, 'tagihan-koneksi', { fullPage: true });
		await page.goto(`${house.url}/kejadian`);
		await page.getByRole('link', { name: /tagihan atau langganan, bukan sambungan yang rusak/ }).first().click();
		await shots(page, 'tagihan-kejadian', { fullPage: true });
		await page.goto(`${house.url}/desa/${one.code}`);
		await card.waitFor();
		dish.child.stdin.write('good\n');
		await page.getByText('dilayani, tidak ada yang menghalangi').waitFor({ timeout: 60_000 });
		await card.waitFor({ state: 'detached' });
		const { items } = await house.json('GET', '/api/v1/incidents?limit=100', { token });
		const bills = items.filter(({ kind }) => kind === 'dish.bill').map(({ state }) => state);
		expect(bills.join() === 'cleared', bills.join());
		await shots(page, 'dilayani', { fullPage: true });
		child.kill('SIGKILL');
		dish.child.kill();
		rmSync(box, { recursive: true, force: true });
	});

	await promise('a router that tells by an agent of OpenWISP says how it is', async () => {
		const { uuid, key } = await house.json('POST', `/api/v1/sites/${site}/routers`, { token, body: {} });
		const report = {
			type: 'DeviceMonitoring',
			general: { uptime: 3 * 86_400 },
			interfaces: [{ name: 'wwan0', mobile: { signal: { lte: { rsrp: -101 } } } }, { name: 'wlan0', wireless: { clients: [{}, {}] } }]
		};
		await house.json('POST', `/api/v1/monitoring/device/${uuid}/?key=${key}&time=01-02-2026_00:00:00.000000&current=true`, { body: report });
		await page.goto(`${house.url}/desa/${one.code}`);
		return page.getByText(/^Router, .+ lalu: menyala 3 hari.*, sinyal LTE [-−]101 dBm, 2 gawai$/).innerText();
	});

	await promise('what the list says is what the page says, and reported is not measured', async () => {
		await page.goto(`${house.url}/desa?wilayah=62.11&berdiri=laporan`);
		const row = page.locator(`a[href="/desa/${one.code}"]`);
		await row.waitFor();
		expect(/rencana, laporan: aktif/.test(await row.locator('svg title').first().evaluate((title) => title.textContent)), 'the mark');
		const rows = await page.locator('section[aria-label="Daftar desa"] li').count();
		// Reported active: by its own point, or by what the newest list says of its stage.
		const active = new Set([...named[2], ...[...named[0]].filter((code) => !named[1].has(code))]);
		expect(rows === active.size, `${rows} for ${active.size}`);
	});

	await promise('layers of the map are switched apart', async () => {
		const marks = (selector) => page.locator(`section[aria-labelledby="peta-desa"] g.dot ${selector}`).count();
		await page.waitForSelector('section[aria-labelledby="peta-desa"] g.dot');
		const [planned, reported] = [await marks('rect'), await marks('circle')];
		expect(planned === inAny && reported > 0 && reported < planned, `${planned} planned of ${inAny}, ${reported} reported`);
		await page.getByRole('checkbox', { name: /^Rencana/ }).uncheck();
		expect((await marks('rect')) === 0 && (await marks('circle')) === reported, 'planned is off');
		return `${planned} planned, ${reported} reported`;
	});

	await promise('the keyboard walks, and the address holds what is seen', async () => {
		await page.goto(`${house.url}/desa?wilayah=62.11`);
		await page.waitForSelector('#desa-0');
		await page.keyboard.press('j');
		await page.keyboard.press('j');
		await page.keyboard.press('Enter');
		await page.waitForURL(`**/desa/${two.code}`);
		await page.goBack();
		expect(new URL(page.url()).searchParams.get('wilayah') === '62.11', page.url());
	});

	await promise('connections: who was never heard long is not said to be down', async () => {
		await page.goto(`${house.url}/konektivitas`);
		await page.getByText('Kantor Desa Uji').waitFor();
		const heads = await page.getByRole('heading', { level: 1 }).innerText();
		expect(/Tidak ada lokasi yang diam; \d dari 1 terdengar/.test(heads), heads);
	});

	await promise('a reader without the right to sites sees villages and no connections', async () => {
		await house.json('POST', '/api/v1/staff', { token, body: { name: 'Layar', username: 'layar', password: 'jembatan-biru-di-hulu-24', grants: [{ role: 'layar', area: '62', agency: null }] } });
		const other = await (await chrome.newContext({ locale: 'id-ID' })).newPage();
		await logIn(other, house.url, { username: 'layar', password: 'jembatan-biru-di-hulu-24' });
		await other.goto(`${house.url}/desa/${one.code}`);
		await other.getByRole('heading', { name: one.name }).waitFor();
		expect((await other.getByText('Denyut jaringan').count()) === 0, 'the heartbeat is there');
		expect((await other.getByText('Biaya per bulan').count()) === 0, 'the money is there');
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
	rmSync(folder, { recursive: true, force: true });
});
