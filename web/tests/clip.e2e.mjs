// The last minute of a camera: looked at again, saved, taken out of the house and held
// against its hash by programs that this project did not write (ffprobe, ffmpeg, sha256sum,
// Chromium); a gap that is told; rights; and a house that is killed while it saves.
//
//   node web/tests/clip.e2e.mjs
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browser, camera, expect, fit, house as newHouse, keep, logIn, promise, run, shots, until } from './house.mjs';

const WATCHER = { username: 'pimpinan-uji', password: 'riam-panjang-di-hulu-24' };
const AUDITOR = { username: 'pengawas-uji', password: 'dermaga-tua-di-hilir-24' };
const ELSEWHERE = { username: 'kapuas', password: 'sungai-barito-hulu-94' };
const WHY = { purpose: 'lalu_lintas', reason: 'Tabrakan di simpang, diminta Satlantas' };
const AT = '/api/v1/cameras/simpang';
/** A picture of 25 in a second. */
const PICTURE_MS = 40;
/** The camera's own spacing is believed up to so far from that of arrival (watch-core, timeline). */
const DRIFT_MS = 2_000 + PICTURE_MS;

/** What ffprobe counts in a film: its seconds, its pictures, and whether it begins with a key frame. */
async function probe(file) {
	const { stdout } = await run('ffprobe', ['-v', 'error', '-count_frames', '-select_streams', 'v', '-show_entries', 'stream=codec_name,width,height,nb_read_frames:format=duration', '-of', 'json', file]);
	const { streams, format } = JSON.parse(stdout);
	const packets = await run('ffprobe', ['-v', 'error', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', file]);
	const rows = packets.stdout.trim().split('\n').map((line) => line.split(','));
	const times = rows.map(([time]) => Number(time));
	return { ...streams[0], streams: streams.length, duration_ms: Number(format.duration) * 1000, frames: Number(streams[0].nb_read_frames), key: rows[0][1].startsWith('K'), longest_ms: Math.max(...times.slice(1).map((time, i) => (time - times[i]) * 1000)) };
}
/** What ffmpeg complains of when it decodes all of it. */
async function decoded(file) {
	const { stderr } = await run('ffmpeg', ['-v', 'warning', '-i', file, '-f', 'null', '-']);
	expect(stderr === '', stderr);
}

await keep(async () => {
	const source = await camera('--apart');
	const { house, token, cli, data, stop, again } = await newHouse();
	const folder = mkdtempSync(join(tmpdir(), 'betang-clip-'));
	await cli('cameras', 'add', '--short', 'simpang', '--name', 'Simpang Tjilik Riwut', '--area', '62.71.01', '--main', `${source.rtsp}/main`, '--sub', `${source.rtsp}/sub`);
	await house.json('PATCH', AT, { token, body: { always_on: true, legal: { controller: 'Dishub', purpose: 'Lalu lintas', basis: 'Perda 1/2026', retention_days: 14 } } });
	for (const [person, role, area] of [[WATCHER, 'pimpinan', '62'], [AUDITOR, 'pengawas', null], [ELSEWHERE, 'operator', '62.03']])
		await house.json('POST', '/api/v1/staff', { token, body: { name: person.username, ...person, grants: [{ role, ...(area ? { area } : {}) }] } });
	const verbs = async () => (await house.json('GET', '/api/v1/audit?limit=500', { token })).items;
	const held = async (layer) => (await house.json('GET', `${AT}/past`, { token })).layers.find((it) => it.layer === layer);
	const reaches = (ms) => until(async () => ((it) => (it && (it.to_us - it.from_us) / 1000 >= ms ? it : undefined))(await held('main')));
	const film = async (path, options = {}) => {
		const answer = await fetch(house.url + path, { headers: { authorization: `Bearer ${token}`, ...options } });
		return { status: answer.status, headers: answer.headers, octets: Buffer.from(await answer.arrayBuffer()) };
	};
	const take = async (clip, name = clip.name) => {
		const taken = {};
		for (const [what, ending] of [['video', 'mp4'], ['manifest', 'json'], ['sha256', 'sha256']]) {
			const { status, octets } = await film(`/api/v1/clips/${clip.id}/${what}`);
			expect(status === 200, `${what} → ${status}`);
			taken[ending] = join(folder, `${name}.${ending}`);
			writeFileSync(taken[ending], octets);
		}
		return taken;
	};

	await promise('what is held of a camera that is always on is shown, and grows', async () => {
		const first = await reaches(500);
		const later = await reaches((first.to_us - first.from_us) / 1000 + 6_000);
		expect(later.bytes > first.bytes, `${first.bytes} → ${later.bytes}`);
		const { house: sum, span_s } = await house.json('GET', `${AT}/past`, { token });
		expect(sum.held_bytes >= later.bytes && sum.held_bytes <= sum.budget_bytes && sum.streams === 2 && span_s === 60, JSON.stringify(sum));
		const page = await (await house.ask('GET', '/metrics', { token })).text();
		expect(/^betang_past_budget_bytes 268435456$/m.test(page), page.match(/betang_past.*/g)?.join(' ') ?? 'no gauge');
		return `${later.frames} pictures of ${((later.to_us - later.from_us) / 1e6).toFixed(1)} s take ${(later.bytes / 1024).toFixed(0)} KiB`;
	});

	await promise('who steps back gets a film by ranges that others decode, of as many pictures and as long as was told', async () => {
		const look = await house.json('POST', `${AT}/looks`, { token, body: {} });
		const pieces = [];
		let size = Infinity;
		for (let from = 0; from < size; ) {
			const { status, headers, octets } = await film(look.video, { range: `bytes=${from}-` });
			const [, begin, end, all] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range'));
			expect(status === 206 && Number(begin) === from && Number(end) === from + octets.length - 1, headers.get('content-range'));
			size = Number(all);
			from += octets.length;
			pieces.push(octets);
		}
		const whole = (await film(look.video)).octets;
		expect(Buffer.concat(pieces).equals(whole), 'its parts are not the whole');
		expect((await film(look.video, { range: `bytes=${size}-` })).status === 416, 'beyond its end');
		const file = join(folder, 'look.mp4');
		writeFileSync(file, whole);
		const it = await probe(file);
		expect(it.frames === look.frames && it.key && it.width === 1280 && it.streams === 1, JSON.stringify(it));
		expect(Math.abs(it.duration_ms - look.film_ms) < PICTURE_MS && Math.abs((look.to_us - look.from_us) / 1000 - look.film_ms) < DRIFT_MS, `${it.duration_ms} ${look.film_ms}`);
		await decoded(file);
		await house.ask('DELETE', `${AT}/looks/${look.id}`, { token });
		expect((await film(look.video)).status === 404, 'it is there still');
		const [ended, began] = (await verbs()).filter((entry) => entry.verb.startsWith('camera.look'));
		expect(began.verb === 'camera.look_back' && began.detail.first_us === look.from_us && began.detail.last_us === look.to_us, JSON.stringify(began));
		expect(ended.verb === 'camera.looked_back' && ended.detail.sent_bytes >= size * 2 && ended.detail.look === look.id, JSON.stringify(ended));
		return `${look.frames} pictures, ${(look.film_ms / 1000).toFixed(1)} s, ${(size / 1024).toFixed(0)} KiB in ${pieces.length} parts`;
	});

	let clip;
	await promise('a clip is saved once, and somebody outside can tell that it is whole', async () => {
		const look = await house.json('POST', `${AT}/looks`, { token, body: {} });
		const body = { look: look.id, from_us: look.to_us - 4_000_000, to_us: look.to_us - 1_000_000, ...WHY };
		const post = () => fetch(`${house.url}${AT}/clips`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'sekali' }, body: JSON.stringify(body) });
		const [one, two] = await Promise.all([post(), post()]);
		const [first, second] = [await one.json(), await two.json()];
		expect(one.status === 201 && two.status === 201, JSON.stringify([first, second]));
		clip = first;
		expect(clip.id === second.id, 'it was saved twice');
		const files = await take(clip);
		const { stdout } = await run('sha256sum', ['-c', `${clip.name}.sha256`], { cwd: folder });
		expect(stdout.trim().split('\n').every((line) => line.endsWith(': OK')), stdout);
		const said = JSON.parse(readFileSync(files.json, 'utf8'));
		const it = await probe(files.mp4);
		expect(it.frames === said.pictures.count && it.key, JSON.stringify(it));
		expect(said.pictures.first_us <= body.from_us && said.pictures.last_us <= body.to_us && said.pictures.last_us > body.to_us - 200_000, JSON.stringify(said.pictures));
		expect(said.gaps.length === 0 && said.reason === WHY.reason && said.legal.controller === 'Dishub' && said.by.name && said.sound === false, JSON.stringify(said));
		expect(clip.until_us - clip.saved_us === 14 * 86_400_000_000, 'it is not kept for as long as the legal card says');
		await decoded(files.mp4);
		const saved = (await verbs()).find((entry) => entry.verb === 'clip.saved');
		const hash = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
		expect(saved.detail.sha256 === hash(files.mp4) && saved.detail.manifest_sha256 === hash(files.json), 'the audit has other hashes');
		expect((await verbs()).some((entry) => entry.verb === 'clip.taken'), 'nobody took it');
		return `${it.frames} pictures, ${(it.duration_ms / 1000).toFixed(2)} s`;
	});

	await promise('what cannot be saved is refused by field', async () => {
		const now = Date.now() * 1000;
		for (const [change, status, field] of [
			[{ purpose: 'penasaran' }, 422, 'purpose'],
			[{ reason: 'x' }, 422, 'reason'],
			[{ keep_days: 15 }, 422, 'keep_days'],
			[{ to_us: now - 9_000_000 }, 422, 'to_us'],
			[{ from_us: 1, to_us: 2 }, 409, null]
		]) {
			const answer = await house.ask('POST', `${AT}/clips`, { token, body: { from_us: now - 2_000_000, to_us: now, ...WHY, ...change } });
			const problem = await answer.json();
			expect(answer.status === status && (problem.errors?.[0].field ?? null) === field, JSON.stringify(problem));
		}
	});

	await promise('rights: a leader looks and saves nothing, an auditor reads of clips and sees none, others know of none', async () => {
		const [watcher, auditor, elsewhere] = [await house.login(WATCHER), await house.login(AUDITOR), await house.login(ELSEWHERE)];
		const asks = async (cookie, method, path, body) => (await house.ask(method, path, { cookie, body })).status;
		const form = { from_us: clip.first_us, to_us: clip.last_us, ...WHY };
		for (const [cookie, method, path, body, status] of [
			[watcher, 'POST', `${AT}/looks`, {}, 201],
			[watcher, 'POST', `${AT}/clips`, form, 403],
			[watcher, 'GET', '/api/v1/clips', undefined, 403],
			[auditor, 'POST', `${AT}/looks`, {}, 403],
			[auditor, 'GET', `/api/v1/clips/${clip.id}/manifest`, undefined, 200],
			[auditor, 'GET', `/api/v1/clips/${clip.id}/video`, undefined, 403],
			[elsewhere, 'POST', `${AT}/looks`, {}, 404],
			[elsewhere, 'POST', `${AT}/clips`, form, 404],
			[elsewhere, 'GET', `/api/v1/clips/${clip.id}`, undefined, 404],
			[elsewhere, 'GET', `/api/v1/clips/${clip.id}/video`, undefined, 404]
		])
			expect((await asks(cookie, method, path, body)) === status, `${method} ${path} → ${await asks(cookie, method, path, body)}, not ${status}`);
		const { items } = await house.json('GET', '/api/v1/clips', { cookie: elsewhere });
		expect(items.length === 0, 'he is told of it');
		// What one looks at is another's neither by its address.
		const look = await house.json('POST', `${AT}/looks`, { token, body: {} });
		expect((await asks(watcher, 'GET', look.video)) === 404 && (await asks(watcher, 'DELETE', `${AT}/looks/${look.id}`)) === 404, 'he sees what another looks at');
	});

	await promise('a camera that was gone leaves a gap that is told and not closed', async () => {
		const gone = once(source.child, 'exit');
		source.child.kill('SIGKILL');
		await gone;
		await until(async () => ((await house.json('GET', AT, { token })).state.word === 'dark' ? true : undefined));
		const before = await held('main');
		// By the clock of the house the gap is one to be seen.
		await until(async () => (Date.parse((await house.ask('GET', AT, { token })).headers.get('date')) * 1000 > before.to_us + 2_000_000 ? true : undefined));
		await camera('--apart', '--port', source.port);
		await until(async () => ((await held('main')).to_us > before.to_us + 3_000_000 ? true : undefined));
		const look = await house.json('POST', `${AT}/looks`, { token, body: { layer: 'main' } });
		expect(look.gaps.length === 1 && look.gaps[0].from_us === before.to_us, JSON.stringify(look.gaps));
		const saved = await house.json('POST', `${AT}/clips`, { token, body: { look: look.id, from_us: look.from_us, to_us: look.to_us, ...WHY } });
		const files = await take(saved);
		const said = JSON.parse(readFileSync(files.json, 'utf8'));
		const it = await probe(files.mp4);
		const [gap] = said.gaps;
		const gap_ms = (gap.to_us - gap.from_us) / 1000;
		expect(saved.gaps === 1 && said.gaps.length === 1, JSON.stringify(said.gaps));
		expect(Math.abs(it.longest_ms - gap_ms) < 500 && Math.abs(it.duration_ms - look.film_ms) < PICTURE_MS && Math.abs(it.duration_ms - (look.to_us - look.from_us) / 1000) < DRIFT_MS, `${it.longest_ms} of ${gap_ms}, ${it.duration_ms} of ${(look.to_us - look.from_us) / 1000}, told ${look.film_ms}`);
		await decoded(files.mp4);
		return `${(gap_ms / 1000).toFixed(1)} s without pictures, in the film and beside it`;
	});

	const chrome = await browser();
	const context = await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID', bypassCSP: true });
	const page = await context.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	await logIn(page, house.url);
	/** What the page says that the time of the picture is, and what the film says. */
	const shown = () =>
		page.evaluate(() => ({
			text: document.querySelector('[data-role="time"]')?.textContent ?? '',
			notLive: document.querySelector('[data-role="notlive"]')?.textContent ?? '',
			at: document.querySelector('[data-past] video')?.currentTime ?? null
		}));

	await promise('a person steps back, is told the time of the picture and that it is not live, and comes back with one key', async () => {
		await page.goto(`${house.url}/kamera/simpang`);
		await page.waitForFunction(() => document.querySelector('video')?.dataset.state === 'live');
		await page.keyboard.press('m');
		const [answer] = await Promise.all([page.waitForResponse((it) => it.url().endsWith('/looks') && it.request().method() === 'POST'), page.waitForSelector('[data-past="shown"] video')]).catch(() => [null]);
		await page.waitForFunction(() => (document.querySelector('[data-past] video')?.currentTime ?? 0) > 1);
		const { text, notLive } = await shown();
		expect(/bukan langsung/i.test(notLive) && /^\d\d\.\d\d\.\d\d WIB$/.test(text), `${notLive} ${text}`);
		if (answer) {
			const look = await answer.json();
			await page.evaluate(() => {
				const video = document.querySelector('[data-past] video');
				video.pause();
				video.currentTime = 0;
			});
			const first = new Intl.DateTimeFormat('id-ID', { timeZone: 'Asia/Pontianak', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(look.from_us / 1000);
			await page.waitForFunction((first) => document.querySelector('[data-role="time"]')?.textContent.startsWith(first), first);
			// In the gap the page says so over the picture.
			await page.evaluate((at) => (document.querySelector('[data-past] video').currentTime = at), (look.gaps[0].film_to_ms - 100) / 1000);
			await page.waitForSelector('text=Tidak ada gambar dari');
		}
		expect((await page.locator('video').count()) === 1, 'live is pulled beside it');
		await shots(page, 'past');
		await fit(page);
		await page.keyboard.press('Escape');
		await page.waitForFunction(() => document.querySelector('video')?.dataset.state === 'live');
		expect((await page.locator('[data-past]').count()) === 0, 'it is shown still');
		await until(async () => ((await verbs()).find((entry) => entry.verb === 'camera.looked_back' && entry.detail.ended_by === 'end') ? true : undefined));
	});

	await promise('a person saves a part of it, finds it in the list, and Chromium plays the file', async () => {
		await page.locator('button:has-text("Mundur 60 detik")').click();
		await page.waitForFunction(() => (document.querySelector('[data-past] video')?.currentTime ?? 0) > 0.5);
		await page.locator('button:has-text("Awal di sini")').click();
		await page.waitForFunction(() => (document.querySelector('[data-past] video')?.currentTime ?? 0) > 2.5);
		await page.locator('button:has-text("Akhir di sini")').click();
		await page.locator('button:has-text("Simpan klip")').click();
		await page.locator('dialog select').selectOption('keamanan');
		await page.locator('dialog textarea').fill('Orang memanjat pagar, dilaporkan penjaga');
		await shots(page, 'clip-form');
		await fit(page);
		await page.locator('dialog button:has-text("Simpan klip")').click();
		await page.waitForSelector('dialog :text("Klip tersimpan sampai")');
		await page.locator('dialog a:has-text("Klip tersimpan")').click();
		await page.waitForURL('**/kamera?klip=simpang');
		await page.waitForSelector('[data-clip]:has-text("Orang memanjat pagar")');
		await shots(page, 'clips', { fullPage: true });
		await fit(page);
		const { items } = await house.json('GET', '/api/v1/clips?camera=simpang', { token });
		const played = await page.evaluate(
			(src) =>
				new Promise((done, refuse) => {
					const video = Object.assign(document.createElement('video'), { src, muted: true });
					video.onended = () => done({ seconds: video.currentTime, width: video.videoWidth, frames: video.getVideoPlaybackQuality().totalVideoFrames });
					video.onerror = () => refuse(new Error(video.error.message));
					document.body.append(video);
					void video.play();
				}),
			`/api/v1/clips/${items[0].id}/video`
		);
		expect(played.width === 1280 && played.seconds * 1000 >= (items[0].last_us - items[0].first_us) / 1000 - 200, JSON.stringify(played));
		return `${played.seconds.toFixed(2)} s, ${played.frames} pictures painted`;
	});

	await promise('a house that is killed while it saves has no half clip afterwards', async () => {
		const blobs = join(data, 'blobs');
		const files = () => readdirSync(blobs, { recursive: true, withFileTypes: true }).filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
		const look = await house.json('POST', `${AT}/looks`, { token, body: {} });
		// Each is another film, and the house is killed somewhere among them.
		const asked = Array.from({ length: 12 }, (_, i) => house.ask('POST', `${AT}/clips`, { token, body: { look: look.id, from_us: look.from_us, to_us: look.to_us - i * 200_000, ...WHY } }).then((answer) => answer.status, () => 0));
		await Promise.any(asked.map((one) => one.then((status) => (status === 201 ? true : Promise.reject(new Error(String(status)))))));
		await stop('SIGKILL');
		const answered = (await Promise.all(asked)).filter((status) => status === 201).length;
		await again();
		const { items } = await house.json('GET', '/api/v1/clips?limit=1000', { token });
		const kept = new Set(items.map((item) => item.sha256));
		for (const file of files()) {
			const octets = readFileSync(file);
			const hash = createHash('sha256').update(octets).digest('hex');
			expect(file.endsWith(hash), `${file} is half`);
			if (octets.subarray(4, 8).toString() === 'ftyp') expect(kept.has(hash), `${file} is nobody's`);
		}
		for (const item of items) {
			const { status, octets } = await film(`/api/v1/clips/${item.id}/video`);
			expect(status === 200 && createHash('sha256').update(octets).digest('hex') === item.sha256, `${item.id} is not what it was`);
		}
		expect(items.filter((item) => item.first_us === look.from_us).length >= answered, 'one that was acknowledged is lost');
		return `${answered} of 12 were acknowledged before the end`;
	});

	await promise('the page never threw', async () => expect(broken.length === 0, broken.join(' | ')));
	rmSync(folder, { recursive: true, force: true });
	await chrome.close();
});
