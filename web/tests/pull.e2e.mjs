// A camera that is a list of pieces: FFmpeg publishes it as a traffic office would, whoever keeps
// the register tries and adds it in the form, an operator's page plays it by WebRTC and says how
// late it is, and when the publisher stops the page says that too.
//
//   node web/tests/pull.e2e.mjs
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { browser, expect, fit, house as newHouse, keep, logIn, promise, shots } from './house.mjs';

const OPERATOR = { username: 'operator-uji', password: 'riam-panjang-di-hulu-24' };

/** FFmpeg writes pieces of two seconds into a folder, and a server hands them out. */
async function publish() {
	const folder = mkdtempSync(join(tmpdir(), 'betang-hls-'));
	const film = spawn(
		'ffmpeg',
		[
			...['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc=size=640x360:rate=25', '-pix_fmt', 'yuv420p'],
			...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '50', '-f', 'hls', '-hls_time', '2'],
			...['-hls_list_size', '4', '-hls_flags', 'delete_segments+temp_file+program_date_time', 'index.m3u8']
		],
		{ cwd: folder, stdio: 'ignore' }
	);
	const server = createServer((request, answer) => {
		const path = join(folder, basename(new URL(request.url, 'http://x').pathname));
		if (!existsSync(path)) return answer.writeHead(404).end();
		createReadStream(path)
			.on('error', () => answer.destroy())
			.pipe(answer);
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	while (!existsSync(join(folder, 'index.m3u8'))) await new Promise((done) => setTimeout(done, 100));
	return {
		url: `http://127.0.0.1:${server.address().port}/index.m3u8`,
		stop: () => film.kill('SIGKILL'),
		end: () => {
			film.kill('SIGKILL');
			server.closeAllConnections();
			server.close();
			rmSync(folder, { recursive: true, force: true });
		}
	};
}

await keep(async () => {
	const publisher = await publish();
	const { house, token } = await newHouse();
	await house.json('POST', '/api/v1/staff', { token, body: { name: OPERATOR.username, ...OPERATOR, grants: [{ role: 'operator', area: '62' }] } });
	const chromium = await browser();
	const opened = async (person) => {
		const page = await (await chromium.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID' })).newPage();
		await logIn(page, house.url, person);
		return page;
	};
	const [keeper, page] = [await opened(), await opened(OPERATOR)];
	const state = async () => (await house.json('GET', '/api/v1/cameras/simpang-lima', { token })).state;

	await promise('the form says what is at the address before anything is saved', async () => {
		await keeper.goto(`${house.url}/kamera`);
		await keeper.getByRole('button', { name: 'Tambah kamera' }).first().click();
		await keeper.getByLabel('Aliran utama').fill(publisher.url);
		await keeper.getByRole('button', { name: 'Uji kamera' }).click();
		await keeper.locator('[data-list]').waitFor();
		await keeper.getByText('h264 · 640 × 360').waitFor();
		await fit(keeper);
		await shots(keeper, 'pull-form');
	});

	await promise('an address of a page of the web is refused by name', async () => {
		const answer = await house.ask('POST', '/api/v1/cameras', { token, body: { short: 'x', name: 'x', area: '62.71.01', main: 'https://cctv.test/peta.html' } });
		expect(answer.status === 422, `${answer.status}`);
		const problem = await answer.text();
		expect(problem.includes('.m3u8'), problem);
	});

	await promise('it is added, and the page plays it by WebRTC and says how late it is', async () => {
		const form = keeper.locator('dialog[open] form');
		await form.getByLabel('Nama kamera').fill('Simpang Lima');
		await form.getByLabel('Kabupaten/Kota').selectOption('62.71');
		await form.getByRole('button', { name: 'Simpan' }).click();
		await keeper.getByText('Simpang Lima ditambahkan').waitFor();
		await page.goto(`${house.url}/kamera/simpang-lima`);
		await page.waitForFunction(() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames > 100);
		const width = await page.evaluate(() => document.querySelector('video').videoWidth);
		expect(width === 640, `${width} wide`);
		await page.locator('figcaption [data-behind]').waitFor();
		const late = Number(await page.locator('dd[data-behind]').getAttribute('data-behind'));
		const said = await page.locator('figcaption [data-behind]').textContent();
		// A piece is two seconds long, so nothing is newer than that.
		expect(late >= 1_900 && late < 30_000 && said.startsWith('HLS, tertinggal ≥'), `${late} ms: ${said}`);
		const { behind_ms, dated_behind_ms, newest_us } = await state();
		expect(behind_ms >= 1_900 && dated_behind_ms >= behind_ms - 1_000, JSON.stringify({ behind_ms, dated_behind_ms }));
		expect(Date.now() - newest_us / 1000 >= 1_900, 'the newest picture is told as newer than it can be');
		await fit(page);
		await shots(page, 'pull-page');
		return `${said} (${late} ms)`;
	});

	await promise('a still tells its own age', async () => {
		const answer = await house.ask('GET', '/api/v1/cameras/simpang-lima/still', { token });
		const taken = Number(answer.headers.get('x-picture-us')) / 1000;
		expect(answer.ok && Date.now() - taken >= 1_900, `${answer.status}: ${Date.now() - taken} ms`);
	});

	await promise('a publisher that stops is said to have stopped, and nothing looks live', async () => {
		publisher.stop();
		await page.waitForFunction(() => document.querySelector('figure.tile.old') !== null);
		await page.getByText('kamera menjawab, gambar baru tidak datang').first().waitFor();
		for (;;) {
			const { word, reason } = await state();
			if (word === 'dark') {
				expect(reason === 'frozen', reason);
				break;
			}
			await new Promise((done) => setTimeout(done, 100));
		}
		await shots(page, 'pull-stopped');
	});
	publisher.end();
	await chromium.close();
});
