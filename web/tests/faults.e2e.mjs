// What a page says when a camera fails, after how long, and how long after the repair
// it plays again. The camera is GStreamer's; its faults are those of a process.
//
//   node web/tests/faults.e2e.mjs
//
// Times are printed and not asserted, but for the promises of the design: a frozen
// picture is called so, every fault has its reason, and all play again.
import { browser, camera, expect, house as newHouse, keep, logIn, promise } from './house.mjs';

/** Waits until the camera's state is one of these; how long that took. */
async function until(house, token, short, words) {
	const began = performance.now();
	for (;;) {
		const view = await house.json('GET', `/api/v1/cameras/${short}`, { token });
		if (words.includes(view.state.word)) return { ms: Math.round(performance.now() - began), state: view.state };
		expect(performance.now() - began < 25_000, `still ${view.state.word} ${view.state.reason}`);
		await new Promise((done) => setTimeout(done, 50));
	}
}

/** Waits until the tile says so; how long that took. */
async function tile(page, text) {
	const began = performance.now();
	await page.waitForFunction((text) => document.querySelector('.tile')?.textContent.includes(text), text, { timeout: 25_000, polling: 50 });
	return Math.round(performance.now() - began);
}

/** Waits until new pictures are painted; how long that took. */
async function plays(page) {
	const began = performance.now();
	await page.waitForFunction(() => document.querySelector('video')?.dataset.state === 'live', null, { timeout: 25_000, polling: 50 });
	return Math.round(performance.now() - began);
}

await keep(async () => {
	let source = await camera();
	const { house, token, cli } = await newHouse();
	await cli('cameras', 'add', '--short', 'uji', '--name', 'Kamera Uji', '--area', '62.71.01', '--main', `${source.rtsp}/main`);
	const chrome = await browser();
	const page = await (await chrome.newContext({ locale: 'id-ID' })).newPage();
	await logIn(page, house.url);
	await page.goto(`${house.url}/kamera/uji`);
	await page.waitForSelector('video');
	await plays(page);

	await promise('a camera that stands still is called frozen, and lives again', async () => {
		source.child.kill('SIGSTOP');
		const said = await tile(page, 'BEKU');
		const known = await until(house, token, 'uji', ['stale', 'dark']);
		expect(known.state.reason === 'frozen', known.state.reason);
		source.child.kill('SIGCONT');
		return `said after ${said} ms, played ${await plays(page)} ms after the repair`;
	});

	await promise('a camera that is gone is dark with its reason, and comes back', async () => {
		source.child.kill('SIGKILL');
		const said = await tile(page, 'GELAP');
		const known = await until(house, token, 'uji', ['dark']);
		expect(['stopped', 'refused'].includes(known.state.reason), known.state.reason);
		source = await camera('--port', source.port);
		return `said after ${said} ms (${known.state.reason}), played ${await plays(page)} ms after the repair`;
	});

	await promise('a camera that takes the connection and says nothing is silent', async () => {
		source.child.kill('SIGSTOP');
		await house.json('PATCH', '/api/v1/cameras/uji', { token, body: { main: `${source.rtsp}/sub` } });
		const known = await until(house, token, 'uji', ['dark']);
		expect(known.state.reason === 'silent', known.state.reason);
		const said = await tile(page, 'GELAP');
		source.child.kill('SIGCONT');
		return `said after ${known.ms + said} ms, played ${await plays(page)} ms after the repair`;
	});

	await promise('a path that is not there is said, and mended by the form', async () => {
		await house.json('PATCH', '/api/v1/cameras/uji', { token, body: { main: `${source.rtsp}/tiada` } });
		const known = await until(house, token, 'uji', ['dark']);
		expect(known.state.reason === 'no_such_path', known.state.reason);
		const said = await tile(page, 'GELAP');
		await house.json('PATCH', '/api/v1/cameras/uji', { token, body: { main: `${source.rtsp}/main` } });
		return `said after ${known.ms + said} ms, played ${await plays(page)} ms after the repair`;
	});

	await promise('a wrong password is said, and mended by the form', async () => {
		const locked = await camera('--user', 'op', '--password', 'rahasia');
		const main = `${locked.rtsp}/main`;
		await house.json('PATCH', '/api/v1/cameras/uji', { token, body: { main, username: 'op', password: 'salah' } });
		const known = await until(house, token, 'uji', ['dark']);
		expect(known.state.reason === 'wrong_password', known.state.reason);
		const said = await tile(page, 'KATA SANDI SALAH');
		await house.json('PATCH', '/api/v1/cameras/uji', { token, body: { password: 'rahasia' } });
		return `said after ${known.ms + said} ms, played ${await plays(page)} ms after the repair`;
	});

	await promise('a codec that browsers do not play is said', async () => {
		const other = await camera('--codec', 'mjpeg');
		await house.json('PATCH', '/api/v1/cameras/uji', { token, body: { main: `${other.rtsp}/main` } });
		const known = await until(house, token, 'uji', ['dark']);
		expect(known.state.reason === 'codec', known.state.reason);
		return `known after ${known.ms} ms`;
	});
	await chrome.close();
});
