// A camera is lent to another system: an operator gives the loan on the camera's page, a player
// that this project did not write (ffmpeg) takes the picture by the address that was shown, and
// revoking ends it; who may not lend, and what is in the audit.
//
//   node web/tests/lend.e2e.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { browser, camera, expect, fit, house as newHouse, keep, logIn, promise, run, shots, until } from './house.mjs';

const OPERATOR = { username: 'operator-uji', password: 'riam-panjang-di-hulu-24' };
const LEADER = { username: 'pimpinan-uji', password: 'dermaga-tua-di-hilir-24' };

await keep(async () => {
	process.env.BETANG_RTSP = '127.0.0.1:0';
	const source = await camera('--apart');
	const { house, token, cli, logged } = await newHouse();
	await cli('cameras', 'add', '--short', 'simpang', '--name', 'Simpang Tjilik Riwut', '--area', '62.71.01', '--main', `${source.rtsp}/main`, '--sub', `${source.rtsp}/sub`);
	for (const [person, role] of [[OPERATOR, 'operator'], [LEADER, 'pimpinan']])
		await house.json('POST', '/api/v1/staff', { token, body: { name: person.username, ...person, grants: [{ role, area: '62' }] } });
	const acts = async (verb) => (await house.json('GET', `/api/v1/audit?limit=200&verb=${verb}`, { token })).items;
	const loans = async () => (await house.json('GET', '/api/v1/loans?camera=simpang', { token })).items;
	const chromium = await browser();
	const page = await (await chromium.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
	await logIn(page, house.url, OPERATOR);

	let addresses;
	await promise('an operator lends a camera on its page and is shown the addresses once', async () => {
		await page.goto(`${house.url}/kamera/simpang`);
		await page.getByRole('button', { name: 'Pinjamkan ke sistem lain' }).click();
		await page.getByText('Belum dipinjamkan').waitFor();
		await page.getByLabel('Kepada sistem siapa').fill('VMS Dinas Perhubungan');
		await page.getByLabel('Untuk keperluan apa').fill('memantau arus lalu lintas di simpang');
		await page.getByLabel('Dasarnya').fill('Surat 550/12/Dishub');
		await page.getByRole('button', { name: 'Pinjamkan', exact: true }).click();
		await page.locator('[data-given]').waitFor();
		addresses = Object.fromEntries(await Promise.all(['main', 'sub'].map(async (layer) => [layer, (await page.locator(`[data-address="${layer}"]`).textContent()).trim()])));
		expect(/^rtsp:\/\/b\w{7}:\w{16}@127\.0\.0\.1:\d+\/simpang$/.test(addresses.main), addresses.main);
		await shots(page, 'lend-given');
		await page.setViewportSize({ width: 360, height: 740 });
		await fit(page);
		await shots(page, 'lend-given-360');
		await page.setViewportSize({ width: 1280, height: 900 });
		const [loan] = await loans();
		expect(loan.name === 'VMS Dinas Perhubungan' && loan.purpose === 'memantau arus lalu lintas di simpang' && loan.basis === 'Surat 550/12/Dishub' && loan.first_us === null, JSON.stringify(loan));
		const secret = /:(\w{16})@/.exec(addresses.main)[1];
		expect(!JSON.stringify([await loans(), await acts('loan.given')]).includes(secret), 'the secret is told again');
	});

	await promise('others decode both qualities by what was copied', async () => {
		for (const [layer, width] of [['main', 1280], ['sub', 640]]) {
			const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=width', '-of', 'csv=p=0', addresses[layer]]);
			expect(Number.parseInt(stdout, 10) > 0 && (layer === 'sub' || Number.parseInt(stdout, 10) === width), stdout);
			await run('ffmpeg', ['-v', 'error', '-i', addresses[layer], '-frames:v', '25', '-f', 'null', '-']);
		}
		// The page itself shows the camera as well, to the operator.
		const watched = await until(async () => ((items) => (items.length >= 4 ? items : undefined))((await acts('camera.watched')).filter((entry) => entry.via.startsWith('pjm_'))));
		// Who only asks what it is may leave before the first picture.
		const taken = ['main', 'sub'].map((layer) => watched.some(({ detail }) => detail.layer === layer && detail.sent_bytes > 1000));
		expect(taken.every(Boolean), JSON.stringify(watched));
		expect((await acts('loan.used')).length === 1, 'it was first used once');
	});

	await promise('revoking on the page ends what is being taken at once', async () => {
		const player = spawn('ffmpeg', ['-v', 'error', '-rtsp_transport', 'tcp', '-i', addresses.main, '-f', 'null', '-'], { stdio: 'ignore' });
		const gone = once(player, 'exit');
		await until(async () => ((await loans())[0].taking === 1 ? true : undefined));
		await page.reload();
		await page.getByRole('button', { name: 'Pinjamkan ke sistem lain' }).click();
		await page.getByText('sedang mengambil 1 gambar').waitFor();
		await page.getByRole('button', { name: 'Cabut: VMS Dinas Perhubungan' }).click();
		await page.getByRole('button', { name: 'Cabut', exact: true }).click();
		await gone;
		await page.getByText(/^dicabut /).waitFor();
		const after = await run('ffmpeg', ['-v', 'error', '-i', addresses.main, '-frames:v', '1', '-f', 'null', '-']).then(() => 'it plays', (error) => String(error.stderr));
		expect(/401/.test(after), after);
		expect((await acts('loan.revoked')).length === 1, 'nobody revoked it');
	});

	await promise('who may not lend is not offered it, and no secret is in the log', async () => {
		const other = await (await chromium.newContext()).newPage();
		await logIn(other, house.url, LEADER);
		await other.goto(`${house.url}/kamera/simpang`);
		await other.getByRole('heading', { name: 'Simpang Tjilik Riwut' }).waitFor();
		expect((await other.getByRole('button', { name: 'Pinjamkan ke sistem lain' }).count()) === 0, 'it is offered');
		const refused = await house.ask('POST', '/api/v1/loans', { token, body: { name: 'x', purpose: 'y', cameras: ['simpang'] } });
		expect(refused.status === 403, `by a token: ${refused.status}`);
		expect(!logged().includes(/:(\w{16})@/.exec(addresses.main)[1]), 'the log has the secret');
	});
	await chromium.close();
});
