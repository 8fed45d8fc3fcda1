// A recorder with sixteen channels is added in one go: searched within the sessions that it
// stands, chosen in one list, written once; channels that are swapped behind our back are
// noticed, and put right by a person.
//
//   SHOTS=/tmp/shots node web/tests/recorders.e2e.mjs     (keeps pictures)
//
// The recorder is `sim recorder`; that it is one is asked of FFmpeg, and how many sessions
// it held it counts by itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { browser, expect, fit, house as newHouse, keep, logIn, promise, run, shots, targetFolder } from './house.mjs';

const CHANNELS = 16;
const LIMIT = 4;
const WORD = 'rahasia-123';
/** Films are drawn and encoded where there are none yet. */
const FILMS_MS = 600_000;

/** Starts a recorder; `tell` says a line to it and waits for what it answers. */
async function recorder(...args) {
	const films = join(targetFolder, 'films');
	mkdirSync(films, { recursive: true });
	const child = spawn(process.env.SIM ?? join(targetFolder, 'debug/sim'), ['recorder', '--films', films, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
	const waiting = [];
	createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
	const next = (patience) =>
		new Promise((done, refuse) => {
			const late = setTimeout(() => refuse(new Error('the recorder said nothing in time')), patience);
			waiting.push((line) => {
				clearTimeout(late);
				done(line);
			});
		});
	const port = /^port (\d+)$/.exec(await next(FILMS_MS))[1];
	const tell = (line) => {
		const answer = next(10_000);
		child.stdin.write(`${line}\n`);
		return answer;
	};
	return { child, port, tell };
}

const box = await recorder('--make', 'hikvision', '--channels', String(CHANNELS), '--limit', String(LIMIT), '--word', WORD);
// It ends with its standard input, which is ours.
await keep(async () => {
	const { house, token } = await newHouse();
	const chrome = await browser();
	const context = await chrome.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'id-ID', bypassCSP: true });
	const page = await context.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	await logIn(page, house.url);
	const channel = (n) => page.locator(`[data-channel="${n}"]`);
	const given = (n) => page.locator(`[data-given="${n}"]`);
	const searched = async (button) => {
		await page.getByRole('button', { name: button, exact: true }).click();
		await page.locator('[data-stage="running"]').waitFor();
		await page.locator('[data-stage="done"]').waitFor({ timeout: 120_000 });
	};
	let id = '';

	await promise('FFmpeg finds a picture where the maker says that it is', async () => {
		const at = `rtsp://admin:${WORD}@127.0.0.1:${box.port}/Streaming/Channels/302`;
		const { stdout } = await run('ffprobe', ['-v', 'error', '-rtsp_transport', 'tcp', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', at]);
		expect(stdout.trim() === 'h264,320,180', stdout);
	});

	await promise('without a recorder the page says what one is for', async () => {
		await page.goto(`${house.url}/kamera`);
		await page.getByRole('link', { name: 'Perekam', exact: true }).click();
		await page.getByText('Belum ada perekam').waitFor();
		await fit(page);
	});

	await promise('it is added by address and make', async () => {
		await page.getByRole('button', { name: 'Tambah perekam' }).click();
		const form = page.getByRole('dialog');
		await form.getByLabel('Nama perekam').fill('NVR Pasar Besar');
		await form.getByLabel('Alamat perekam').fill('127.0.0.1');
		await form.getByLabel('Porta').fill(box.port);
		await form.getByLabel('Batas sesi').fill(String(LIMIT));
		await form.getByLabel('Nama pengguna').fill('admin');
		await form.getByLabel('Kata sandi').fill(WORD);
		await form.locator('option[value="62.71"]').waitFor({ state: 'attached' });
		await form.locator('select:has(option[value="62.71"])').selectOption('62.71');
		await shots(page, 'perekam-formulir');
		await form.getByRole('button', { name: 'Simpan' }).click();
		await page.waitForURL(/perekam=dev_/);
		id = new URL(page.url()).searchParams.get('perekam');
		const text = await page.content();
		expect(!text.includes(WORD), 'the password is on the page');
	});

	await promise(`${CHANNELS} channels are found with their pictures, within ${LIMIT} sessions`, async () => {
		await box.tell('dead 7');
		await box.tell('blank 9');
		await box.tell('count');
		await searched('Periksa saluran');
		await page.locator('[data-channel]').nth(CHANNELS - 1).waitFor();
		expect((await page.locator('[data-channel]').count()) === CHANNELS, 'another number of channels');
		await channel(3).getByText('H.264 · 640 × 360 · 25 gambar/detik · gambar utuh tiap 25').waitFor();
		await channel(7).getByText('tidak ada saluran ini pada perekam').waitFor();
		await channel(9).getByText('satu warna saja').waitFor();
		expect((await channel(3).getByRole('textbox').first().inputValue()) === 'Kamera 03', 'its name is not taken over');
		const counted = await box.tell('count');
		const [, , peak, refused] = /^open (\d+) peak (\d+) refused (\d+)$/.exec(counted);
		expect(Number(peak) > 1 && Number(peak) <= LIMIT && refused === '0', counted);
		await fit(page);
		await shots(page, 'perekam-saluran', { fullPage: true });
		return counted;
	});

	await promise('a row that cannot stand is told, and nothing is written', async () => {
		await channel(3).getByRole('textbox').nth(1).fill('Pasar Tiga');
		await page.getByRole('button', { name: 'Tambahkan 14 kamera' }).click();
		await channel(3).getByText(/short:/).waitFor();
		const { items } = await house.json('GET', '/api/v1/cameras', { token });
		expect(items.length === 0, `${items.length} cameras`);
		await channel(3).getByRole('textbox').nth(1).fill('pasar-3');
	});

	await promise('all that give a picture become cameras in one go', async () => {
		await page.getByRole('button', { name: 'Tambahkan 14 kamera' }).click();
		await given(16).waitFor();
		const { items } = await house.json('GET', '/api/v1/cameras?limit=100', { token });
		expect(items.length === 14, `${items.length} cameras`);
		await shots(page, 'perekam-kamera', { fullPage: true });
	});

	await promise('more are wanted than the box stands: who waits says so, and the box refuses nobody', async () => {
		const { items } = await house.json('GET', '/api/v1/cameras?limit=100', { token });
		await box.tell('count');
		for (const camera of items.slice(0, LIMIT + 2)) await house.json('PATCH', `/api/v1/cameras/${camera.id}`, { token, body: { always_on: true } });
		const until = Date.now() + 60_000;
		for (;;) {
			const all = (await house.json('GET', '/api/v1/cameras?limit=100', { token })).items;
			const streams = all.flatMap((camera) => camera.streams).map((stream) => stream.state);
			const live = streams.filter((state) => state.word === 'live').length;
			const queued = streams.filter((state) => state.reason === 'queued').length;
			if (live === LIMIT && queued === LIMIT + 4) break;
			expect(Date.now() < until, `${live} live, ${queued} queued`);
			await new Promise((done) => setTimeout(done, 200));
		}
		const counted = await box.tell('count');
		expect(new RegExp(`^open ${LIMIT} peak ${LIMIT} refused 0$`).test(counted), counted);
		await page.reload();
		await page.getByText('menunggu giliran sesi pada perekam').first().waitFor();
		await shots(page, 'perekam-giliran', { fullPage: true });
		for (const camera of items.slice(0, LIMIT + 2)) await house.json('PATCH', `/api/v1/cameras/${camera.id}`, { token, body: { always_on: false } });
		return counted;
	});

	await promise('channels that were swapped are noticed, with both pictures', async () => {
		await box.tell('swap 3 5');
		await searched('Periksa lagi');
		await page.locator('[data-swap]').waitFor();
		await page.getByRole('heading', { name: 'Saluran 3, 5 tampak tertukar' }).waitFor();
		expect((await page.locator('[data-swap] img').count()) === 4, 'not both pictures of both');
		const { items } = await house.json('GET', '/api/v1/cameras?limit=100', { token });
		const misplaced = items.filter((camera) => camera.misplaced).map((camera) => camera.name).sort();
		expect(misplaced.join() === 'Kamera 03,Kamera 05', misplaced.join());
		await fit(page);
		await shots(page, 'perekam-tertukar', { fullPage: true });
		await page.goto(`${house.url}/kamera/videowall/4?kamera=pasar-3`);
		await page.getByText('mungkin tempat lain').waitFor();
		await page.goto(`${house.url}/kamera?perekam=${id}`);
	});

	await promise('a person gives the cameras their places back, and may take that back', async () => {
		await page.getByRole('button', { name: 'Tukar saluran kameranya' }).click();
		await given(5).getByText('Kamera 03').waitFor();
		await given(3).getByText('Kamera 05').waitFor();
		await page.locator('[data-swap]').waitFor({ state: 'detached' });
		const swap = await house.json('GET', `/api/v1/recorders/${id}/swap`, { token });
		expect(swap.decision === 'swapped', swap.decision);
		await searched('Periksa lagi');
		expect((await page.locator('[data-swap]').count()) === 0, 'it is told again');
		await house.json('POST', `/api/v1/recorders/${id}/swap`, { token, body: { noticed_us: swap.noticed_us, act: 'undo' } });
		await page.reload();
		await given(3).getByText('Kamera 03').waitFor();
		const verbs = (await house.json('GET', '/api/v1/audit?limit=100', { token })).items.map((entry) => entry.verb);
		for (const verb of ['recorder.added', 'recorder.searched', 'recorder.swap_noticed', 'recorder.swapped', 'recorder.swap_undone']) expect(verbs.includes(verb), `${verb} is not in the audit`);
	});

	await promise('one that is dead or dark is not called swapped', async () => {
		await box.tell('swap 3 5');
		await box.tell('dead 4');
		await box.tell('blank 6');
		await box.tell('call 8 Gerbang baru');
		await searched('Periksa lagi');
		expect((await page.locator('[data-swap]').count()) === 0, 'a false alarm');
	});

	await promise('it goes with its cameras, after they were shown', async () => {
		await page.getByRole('button', { name: 'Lepas perekam' }).click();
		await page.getByRole('dialog').getByText('3 · Kamera 03').waitFor();
		await shots(page, 'perekam-lepas');
		await page.getByRole('dialog').getByRole('button', { name: 'Lepas perekam' }).click();
		await page.getByText('Belum ada perekam').waitFor();
		const { items } = await house.json('GET', '/api/v1/cameras', { token });
		expect(items.length === 0, `${items.length} cameras`);
	});

	await promise('a recorder that is asked by ONVIF says where its channels are, and they give their pictures', async () => {
		const talk = spawn(process.env.SIM ?? join(targetFolder, 'debug/sim'), ['onvif', '--user', 'admin', '--word', WORD, '--sources', String(CHANNELS), '--rtsp', `rtsp://10.255.255.1:${box.port}`], { stdio: ['pipe', 'pipe', 'inherit'] });
		const said = createInterface({ input: talk.stdout });
		const [line] = await once(said, 'line');
		await page.goto(`${house.url}/kamera?perekam=`);
		await page.getByRole('button', { name: 'Tambah perekam' }).click();
		const form = page.getByRole('dialog');
		await form.getByLabel('Nama perekam').fill('NVR lewat ONVIF');
		await form.getByLabel('Merek').selectOption('onvif');
		await form.getByLabel('Alamat perekam').fill('127.0.0.1');
		await form.getByLabel('Batas sesi').fill(String(LIMIT));
		await form.getByLabel('Nama pengguna').fill('admin');
		await form.getByLabel('Kata sandi').fill(WORD);
		expect((await form.getByLabel('Alamat ONVIF').inputValue()) === 'http://127.0.0.1/onvif/device_service', 'the address is not offered');
		await form.getByLabel('Alamat ONVIF').fill(`http://127.0.0.1:${/^port (\d+)$/.exec(line)[1]}/onvif/device_service`);
		await form.getByRole('button', { name: 'Tanya perangkat' }).click();
		await form.locator('[data-scheme="found"]').getByText(`Perekam menyebut ${CHANNELS} saluran.`).waitFor();
		expect((await form.getByPlaceholder('/live/').inputValue()) === '/Streaming/Channels/{channel}0{layer}', 'another path');
		expect((await form.getByLabel('Porta').inputValue()) === box.port, 'another port');
		await fit(page);
		await shots(page, 'perekam-onvif');
		await form.locator('select:has(option[value="62.71"])').selectOption('62.71');
		await form.getByRole('button', { name: 'Simpan' }).click();
		await page.waitForURL(/perekam=dev_/);
		await searched('Periksa saluran');
		await channel(3).getByText('H.264').first().waitFor();
		talk.stdin.end();
	});

	await promise('no page broke', async () => {
		expect(broken.length === 0, broken.join(' | '));
	});
	await chrome.close();
});
