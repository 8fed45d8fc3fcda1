// One camera that this project did not write, live in a browser through the real
// program: GStreamer's RTSP server → betang → Chromium, and → GStreamer's WHEP.
//
//   node web/tests/live.e2e.mjs [--database postgres://…]
//
// BETANG names the binary; else it is target/debug/betang. Prints one line per
// promise and ends with `N passed, N failed`.
import { join } from 'node:path';
import { HANG_MS, binary, browser, camera, expect, foreign, house as newHouse, keep, logIn, promise, python, run } from './house.mjs';

/** Pictures per second by their own time stamps, over `count` pictures. */
function playedAt(page, count) {
	return page.evaluate(
		(count) =>
			new Promise((done, refuse) => {
				const video = document.querySelector('video');
				const stamps = [];
				const late = setTimeout(() => refuse(new Error(`${stamps.length} pictures`)), 20_000);
				const seen = (_, picture) => {
					stamps.push(picture.rtpTimestamp);
					if (stamps.length < count) return video.requestVideoFrameCallback(seen);
					clearTimeout(late);
					const ticks = stamps.at(-1) - stamps[0];
					done({
						width: picture.width,
						height: picture.height,
						// What the page's own rate of painting leaves out is in the stamps.
						rate: video.getVideoPlaybackQuality().totalVideoFrames,
						ticks
					});
				};
				video.requestVideoFrameCallback(seen);
			}),
		count
	);
}

/** Opens the stream of events in a page, which keeps all that it is told; once it has begun. */
function listen(page) {
	return page.evaluate(async () => {
		const answer = await fetch('/api/v1/live');
		const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
		const first = await reader.read();
		window.told = first.value ?? '';
		void (async () => {
			for (let part = await reader.read(); !part.done; part = await reader.read()) window.told += part.value;
		})();
		return answer.status;
	});
}

async function main() {
	const { rtsp } = await camera();
	const { house, token, cli, data } = await newHouse(...process.argv.slice(2));

	await promise('the command line probes and adds the foreign camera', async () => {
		const probed = await cli('cameras', 'probe', `${rtsp}/main`);
		expect(/h264 1280x720, first picture received/.test(probed.stdout), probed.stdout);
		const added = await cli(
			...['cameras', 'add', '--short', 'pasar-besar', '--name', 'Pasar Besar'],
			...['--area', '62.71.01', '--main', `${rtsp}/main`, '--sub', `${rtsp}/sub`]
		);
		return added.stdout.trim();
	});

	const chrome = await browser();
	const context = await chrome.newContext({ locale: 'id-ID' });
	const page = await context.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));

	await promise('a person logs in and sees the camera live, main and sub', async () => {
		await logIn(page, house.url);
		const notes = [];
		for (const [layer, width] of [
			['main', 1280],
			['sub', 640]
		]) {
			await page.goto(`${house.url}/kamera/pasar-besar?lapis=${layer}`);
			await page.waitForSelector('video');
			const played = await playedAt(page, 50);
			expect(played.width === width, `${layer} is ${played.width} wide`);
			notes.push(`${layer} ${played.width}x${played.height}`);
		}
		return notes.join(', ');
	});

	await promise('it plays at the rate of the camera', async () => {
		const rate = await page.evaluate(
			() =>
				new Promise((done) => {
					const video = document.querySelector('video');
					const start = { frames: video.getVideoPlaybackQuality().totalVideoFrames, stamp: null };
					const seen = (_, picture) => {
						start.stamp ??= picture.rtpTimestamp;
						const seconds = ((picture.rtpTimestamp - start.stamp) >>> 0) / 90_000;
						if (seconds < 3) return video.requestVideoFrameCallback(seen);
						const frames = video.getVideoPlaybackQuality().totalVideoFrames - start.frames;
						done(frames / seconds);
					};
					video.requestVideoFrameCallback(seen);
				})
		);
		expect(Math.abs(rate - 25) < 1.5, `${rate.toFixed(2)} pictures a second`);
		return `${rate.toFixed(2)} pictures a second`;
	});

	await promise('a foreign WHEP client plays it and leaves', async () => {
		const args = [join(foreign, 'whep_player.py'), `${house.url}/whep/pasar-besar`, token, '100'];
		const { stdout } = await run(python, args, { timeout: HANG_MS });
		const rate = Number(/rate ([\d.]+)/.exec(stdout)?.[1]);
		expect(/width 1280 height 720/.test(stdout) && Math.abs(rate - 25) < 1, stdout);
		return stdout.trim();
	});

	const other = { username: 'kapuas', password: 'sungai-barito-hulu-94' };
	await promise('who may not see it gets no row, no still, no picture', async () => {
		await house.json('POST', '/api/v1/staff', {
			token,
			body: {
				name: 'Operator Kapuas',
				username: other.username,
				password: other.password,
				grants: [{ role: 'operator', area: '62.03' }]
			}
		});
		const cookie = await house.login(other);
		const list = await house.json('GET', '/api/v1/cameras', { cookie });
		expect(list.items.length === 0, `${list.items.length} rows`);
		for (const [method, path] of [
			['GET', '/api/v1/cameras/pasar-besar'],
			['GET', '/api/v1/cameras/pasar-besar/still'],
			['POST', '/whep/pasar-besar']
		]) {
			const answer = await fetch(house.url + path, {
				method,
				headers: { cookie, 'content-type': 'application/sdp' },
				body: method === 'POST' ? 'v=0' : undefined
			});
			expect(answer.status === 404, `${method} ${path} → ${answer.status}`);
		}
	});

	await promise('who may not see it is not told what becomes of it', async () => {
		const elsewhere = await chrome.newContext({ locale: 'id-ID' });
		const theirs = await elsewhere.newPage();
		await logIn(theirs, house.url, other);
		const ours = await context.newPage();
		await ours.goto(`${house.url}/situasi`);
		for (const tab of [theirs, ours]) expect((await listen(tab)) === 200, 'no stream');
		// Nobody answers there, which is an event. Events are numbered: who has been
		// told of the second has had the first, if ever.
		const dark = async (short, area) => {
			await cli('cameras', 'add', '--short', short, '--name', short, '--area', area, '--main', 'rtsp://127.0.0.1:9/main', '--always-on');
			const { id } = await house.json('GET', `/api/v1/cameras/${short}`, { token });
			await ours.waitForFunction((id) => window.told.includes(id), id, { timeout: HANG_MS });
			return id;
		};
		const [withheld, told] = [await dark('dermaga', '62.71.01'), await dark('kuala-kapuas', '62.03')];
		await theirs.waitForFunction((id) => window.told.includes(id), told, { timeout: HANG_MS });
		const heard = await theirs.evaluate(() => window.told);
		expect(!heard.includes(withheld), heard);
		await elsewhere.close();
		await ours.close();
	});

	await promise('a still has its time and a reason to be kept', async () => {
		const answer = await house.ask('GET', '/api/v1/cameras/pasar-besar/still', { token });
		const bytes = new Uint8Array(await answer.arrayBuffer());
		expect(bytes[0] === 0xff && bytes[1] === 0xd8, 'not a JPEG');
		expect(Number(answer.headers.get('x-picture-us')) > 0, 'no time');
		const kept = await house.json('POST', '/api/v1/cameras/pasar-besar/stills', {
			token,
			body: { reason: 'Uji simpan gambar' }
		});
		return `${bytes.length} octets, sha256 ${kept.sha256.slice(0, 12)}…`;
	});

	await promise('a revoked session stops playing', async () => {
		const { items } = await house.json('GET', '/api/v1/sessions', { token });
		const ended = page.evaluate(
			() =>
				new Promise((done) => {
					const video = document.querySelector('video');
					let last = performance.now();
					const seen = () => {
						last = performance.now();
						video.requestVideoFrameCallback(seen);
					};
					video.requestVideoFrameCallback(seen);
					const look = () =>
						performance.now() - last > 1_500 ? done(last) : requestAnimationFrame(look);
					look();
				})
		);
		for (const session of items) await house.ask('DELETE', `/api/v1/sessions/${session.id}`, { token });
		await Promise.race([
			ended,
			new Promise((_, refuse) => setTimeout(() => refuse(new Error('still playing')), 5_000))
		]);
	});

	await promise('the chain of what was done is whole, beside the running house', async () => {
		const { stdout } = await run(binary, ['audit', 'verify', '--data', data, ...process.argv.slice(2)]);
		const acts = await house.json('GET', '/api/v1/audit?limit=200', { token });
		const verbs = new Set(acts.items.map((item) => item.verb));
		for (const verb of ['camera.added', 'camera.watch', 'camera.watched', 'still.kept']) {
			expect(verbs.has(verb), `${verb} is not in the chain: ${[...verbs].join(' ')}`);
		}
		return stdout.trim();
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
}

await keep(main);
