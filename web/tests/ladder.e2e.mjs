// Which picture a tile gets, and what the page says of it: by hand, without WebRTC, without
// a way for it, after the way broke, and never more than two viewings of one tile.
//
//   node web/tests/ladder.e2e.mjs
//
// What a line that loses, delays or is narrow does is tried elsewhere, on lines that do so.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { browser, camera, expect, fit, house as newHouse, keep, logIn, promise, shots, until } from './house.mjs';

const PAGE = '/kamera/pasar';

/** Put into a page: its peers, how many it holds at a time, and every gap between two pictures on the screen. */
function remember() {
	const Real = window.RTCPeerConnection;
	window.peers = [];
	window.most = 0;
	window.RTCPeerConnection = class extends Real {
		constructor(...given) {
			super(...given);
			window.peers.push(this);
			window.most = Math.max(window.most, window.peers.filter((peer) => peer.connectionState !== 'closed').length);
		}
	};
}

/** Waits until the tile says so of itself. */
const says = (page, wanted, tile = '.tile') =>
	page.waitForFunction(
		([tile, wanted]) => {
			const found = document.querySelector(tile)?.dataset ?? {};
			return Object.entries(wanted).every(([name, value]) => found[name] === value);
		},
		[tile, wanted],
		{ timeout: 60_000 }
	);
/** Waits until pictures of that width go on coming. */
const plays = (page, width) =>
	page.waitForFunction(
		(width) => {
			const video = document.querySelector('video');
			if (video?.dataset.state !== 'live' || video.videoWidth !== width) return (window.since = undefined);
			window.since ??= Number(video.dataset.frames);
			return Number(video.dataset.frames) > window.since + 10;
		},
		width,
		{ timeout: 60_000 }
	);
/** Waits until a still is on the screen. */
const still = (page) => page.waitForFunction(() => document.querySelector('.tile img')?.naturalWidth > 0, null, { timeout: 60_000 });
const choose = (page, name) => page.getByRole('group', { name: 'Pilihan gambar' }).getByRole('button', { name, exact: true }).click();
const route = (page) => page.locator('[data-route]').innerText();
/** A way to a port of pages: every octet comes so much later. */
async function relay(port) {
	const line = { delay_ms: 0 };
	const carried = new Set();
	const server = createServer((near) => {
		const far = connect(port, '127.0.0.1');
		for (const [from, to] of [[near, far], [far, near]]) {
			carried.add(from);
			from.on('data', (data) => setTimeout(() => to.writable && to.write(data), line.delay_ms));
			from.on('close', () => setTimeout(() => to.destroy(), line.delay_ms));
			from.on('error', () => undefined);
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	line.origin = `http://127.0.0.1:${server.address().port}`;
	line.end = () => {
		for (const socket of carried) socket.destroy();
		server.close();
	};
	return line;
}

/** A way to a port of pictures: so many bits a second go to the page, half a second waits, the rest is lost. */
async function narrow(port) {
	const QUEUE_MS = 500;
	const line = { bps: Infinity };
	const begun = performance.now();
	const far = new Map();
	let free = 0;
	let octets = 0;
	const near = createSocket('udp4');
	near.on('message', (data, { address, port: from }) => {
		const who = `${address}:${from}`;
		if (!far.has(who)) {
			const socket = createSocket('udp4');
			far.set(who, socket);
			socket.on('error', () => undefined);
			socket.on('message', (down) => {
				octets += down.length;
				const now = performance.now();
				if (free - now > QUEUE_MS) return;
				free = Math.max(free, now) + (down.length * 8000) / line.bps;
				setTimeout(() => near.send(down, from, address, () => undefined), free - now);
			});
		}
		far.get(who).send(data, port, '127.0.0.1', () => undefined);
	});
	near.bind(0, '0.0.0.0');
	await once(near, 'listening');
	line.port = near.address().port;
	/** Bits a second that went through, once that is worth a number. */
	line.took = () => (octets < 200_000 ? undefined : (octets * 8000) / (performance.now() - begun));
	line.end = () => {
		// What is still to come back has nowhere to go.
		far.clear();
	};
	return line;
}

await keep(async () => {
	// Kept apart, since cameras here come and go faster than one shared encoder bears.
	const { rtsp } = await camera('--apart');
	const { house, token, stop, again } = await newHouse();
	const add = (short) => house.json('POST', '/api/v1/cameras', { token, body: { short, name: `Kamera ${short}`, area: '62.71.01', main: `${rtsp}/main`, sub: `${rtsp}/sub` } });
	await add('pasar');
	const wall = ['dermaga', 'gerbang', 'jembatan', 'simpang'];
	for (const short of wall) await add(short);

	/** What was watched and left of a camera, oldest first, as the house itself has written it. */
	async function watched(short) {
		const { id } = await house.json('GET', `/api/v1/cameras/${short}`, { token });
		const acts = [];
		for (const verb of ['camera.watch', 'camera.watched']) {
			const { items } = await house.json('GET', `/api/v1/audit?limit=200&verb=${verb}`, { token });
			acts.push(...items.filter((item) => item.subject === id));
		}
		return acts.sort((a, b) => a.seq - b.seq);
	}
	/** The most viewings of a camera at a time, and how many there are now. */
	async function held(short) {
		let now = 0;
		let most = 0;
		for (const act of await watched(short)) {
			now += act.verb === 'camera.watch' ? 1 : -1;
			most = Math.max(most, now);
		}
		return { now, most };
	}
	const left = (short) => until(async () => ((await held(short)).now === 0 ? true : undefined));

	const chrome = await browser();
	const broken = [];
	/** Somebody with a camera of his own, so that whatever he leaves behind is his. */
	async function person(short, script, given, origin = house.url) {
		if (short !== 'pasar') await add(short);
		const context = await chrome.newContext({ locale: 'id-ID', viewport: { width: 1280, height: 800 }, bypassCSP: true });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await page.addInitScript(remember);
		if (script) await page.addInitScript(script, given);
		await logIn(page, origin);
		return page;
	}

	const page = await person('pasar');
	await promise('a good line has the main picture, and the page says by which way it comes', async () => {
		await page.goto(house.url + PAGE);
		await plays(page, 1280);
		await says(page, { rung: 'main', why: '', transport: 'udp' });
		await page.waitForFunction(() => /WebRTC lewat UDP/.test(document.querySelector('[data-route]').innerText));
		await page.waitForFunction(() => /utama[\s\S]*Paket hilang\s+\d[\s\S]*Pulang-pergi\s+\d/.test(document.querySelector('[data-route]').innerText));
	});

	await promise('a choice by hand wins, stands in the address and has keys', async () => {
		await choose(page, 'Kecil');
		await plays(page, 640);
		await says(page, { rung: 'sub', why: '' });
		expect(new URL(page.url()).searchParams.get('lapis') === 'sub', page.url());
		await page.keyboard.press('1');
		await plays(page, 1280);
		await says(page, { rung: 'main' });
		await page.keyboard.press('3');
		await says(page, { rung: 'stills', why: '', transport: 'stills' });
		await still(page);
		expect(new URL(page.url()).searchParams.get('lapis') === 'diam', page.url());
		await left('pasar');
		await page.reload();
		await says(page, { rung: 'stills' });
		await still(page);
		expect((await page.evaluate(() => window.peers.length)) === 0, 'a page of stills has peers');
		await page.keyboard.press('0');
		await plays(page, 1280);
		expect(new URL(page.url()).searchParams.get('lapis') === null, page.url());
	});

	await promise('the old picture stays until the new one is there', async () => {
		await page.evaluate(() => {
			window.blank = 0;
			const video = document.querySelector('video');
			const look = () => {
				if (video.readyState < 2 || video.videoWidth === 0) window.blank++;
				window.looking = requestAnimationFrame(look);
			};
			look();
		});
		for (const [name, width] of [['Kecil', 640], ['Utama', 1280], ['Kecil', 640], ['Otomatis', 1280]]) {
			await choose(page, name);
			await plays(page, width);
		}
		const blank = await page.evaluate(() => (cancelAnimationFrame(window.looking), window.blank));
		expect(blank === 0, `${blank} times nothing was on the screen`);
	});

	await promise('choosing faster than pictures come leaves nothing behind', async () => {
		for (const key of ['2', '1', '2', '1', '3', '2', '0', '2', '1', '0']) await page.keyboard.press(key);
		await plays(page, 1280);
		const { most } = await held('pasar');
		expect(most <= 2, `${most} viewings at a time`);
		await until(async () => ((await held('pasar')).now === 1 ? true : undefined));
		expect((await page.evaluate(() => window.most)) <= 2, 'more than two peers');
		await page.goto(`${house.url}/audit`);
		await left('pasar');
		return `at most ${most} at a time, of ${(await watched('pasar')).length / 2}`;
	});

	await promise('a browser without WebRTC has stills with their age, and says why', async () => {
		const bare = await person('lama', () => delete window.RTCPeerConnection);
		await bare.goto(`${house.url}/kamera/lama`);
		await says(bare, { rung: 'stills', why: 'browser', transport: 'stills' });
		await still(bare);
		await bare.waitForFunction(() => /gambar diam tiap 5 dtk: peramban tanpa WebRTC/.test(document.querySelector('.tile figcaption').innerText));
		await bare.waitForFunction(() => /\d/.test(document.querySelector('.tile .age').innerText));
		expect(/gambar diam lewat HTTPS/.test(await route(bare)), await route(bare));
		await fit(bare);
		await shots(bare, 'tangga-peramban');
		// What cannot be is not done by hand either.
		await choose(bare, 'Utama');
		await says(bare, { rung: 'stills', why: 'browser' });
		await bare.context().close();
	});

	await promise('a network that passes no picture is found out, stills take the place, and by hand it is tried again', async () => {
		const cut = await person('buntu', () => {
			const real = RTCPeerConnection.prototype.setRemoteDescription;
			window.cut = true;
			RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
				// A port that nobody listens on, in the place of every way into the house.
				const closed = sdp.replace(/^(a=candidate:\S+ \d+ \S+ \d+ \S+) \d+/gm, '$1 9');
				return real.call(this, { type, sdp: window.cut ? closed : sdp });
			};
		});
		await cut.goto(`${house.url}/kamera/buntu`);
		await says(cut, { rung: 'stills', why: 'noway', transport: 'stills' });
		await still(cut);
		const tries = await cut.evaluate(() => window.peers.length);
		await cut.getByText('Rumah menjawab, tetapi jaringan ini tidak meloloskan video').waitFor();
		await shots(cut, 'tangga-buntu');
		await cut.evaluate(() => (window.cut = false));
		await cut.getByRole('button', { name: 'Coba video lagi' }).click();
		await plays(cut, 1280);
		await says(cut, { rung: 'main', why: '', transport: 'udp' });
		await cut.context().close();
		expect(tries === 2, `${tries} tries`);
	});

	await promise('who begins far away begins small, says so, and has more after a while of good', async () => {
		// Pages go by a line that takes its time; pictures find the house without it.
		const line = await relay(Number(new URL(house.url).port));
		line.delay_ms = 60;
		const far = await person('jauh', null, null, line.origin);
		await far.goto(`${line.origin}/kamera/jauh`);
		await says(far, { rung: 'sub', why: 'begun' });
		await far.waitForFunction(() => /kecil: mulai dari yang ringan/.test(document.querySelector('.tile figcaption').innerText));
		await shots(far, 'tangga-jauh');
		await plays(far, 640);
		await says(far, { rung: 'main', why: '' });
		await plays(far, 1280);
		await far.context().close();
		line.end();
	});

	await promise('a line that becomes narrow has the small picture at once, and the main one when it is wide again', async () => {
		// Every way into the house leads over one that is made narrow here; what does not fit is lost.
		await page.goto(house.url + PAGE);
		await plays(page, 1280);
		const sdp = await page.evaluate(() => window.peers.at(-1).remoteDescription.sdp);
		const line = await narrow(Number(/^a=candidate:\S+ \d+ udp \d+ \S+ (\d+)/im.exec(sdp)[1]));
		const here = await person('sempit', (port) => {
			const real = RTCPeerConnection.prototype.setRemoteDescription;
			RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
				const lines = sdp.split('\r\n').filter((line) => !/^a=candidate:\S+ \d+ tcp/i.test(line));
				return real.call(this, { type, sdp: lines.join('\r\n').replace(/^(a=candidate:\S+ \d+ udp \d+ \S+) \d+/gim, `$1 ${port}`) });
			};
		}, line.port);
		await here.goto(`${house.url}/kamera/sempit`);
		await plays(here, 1280);
		await says(here, { rung: 'main', why: '', transport: 'udp' });
		// Half of what the main picture takes: the small one fits.
		const takes = await until(() => line.took());
		line.bps = takes / 2;
		await here.waitForFunction(() => ['late', 'loss', 'stalled'].includes(document.querySelector('.tile').dataset.why) && ['sub', 'stills'].includes(document.querySelector('.tile').dataset.rung), null, { timeout: 60_000 });
		await shots(here, 'tangga-sempit');
		const said = await here.locator('.tile figcaption').innerText();
		line.bps = Infinity;
		await plays(here, 1280);
		await says(here, { rung: 'main', why: '' });
		// What is chosen by hand stays, though the line carries less.
		await choose(here, 'Utama');
		line.bps = takes / 2;
		await here.waitForFunction(() => document.querySelector('.tile').classList.contains('old') || Number(document.querySelector('video').dataset.ageMs) > 1_500, null, { timeout: 60_000 });
		await says(here, { rung: 'main', why: '' });
		await here.context().close();
		line.end();
		await page.goto(`${house.url}/audit`);
		const { most } = await held('sempit');
		expect(most <= 2, `${most} viewings at a time`);
		return `${(takes / 1000).toFixed(0)} kbit/s, then half of it: ${said.replaceAll('\n', ' ')}`;
	});

	await promise('who saves has stills without a player, and a choice by hand brings it', async () => {
		const saving = await person('hemat', () => localStorage.setItem('betang.saver', 'on'));
		await saving.goto(`${house.url}/kamera/hemat`);
		await says(saving, { rung: 'stills', why: 'saver', transport: 'stills' });
		await still(saving);
		expect((await saving.locator('video').count()) === 0 && (await saving.evaluate(() => window.peers.length)) === 0, 'there is a player');
		await shots(saving, 'tangga-hemat');
		await fit(saving);
		await choose(saving, 'Kecil');
		await plays(saving, 640);
		await says(saving, { rung: 'sub', why: '' });
		await choose(saving, 'Otomatis');
		await says(saving, { rung: 'stills', why: 'saver' });
		await left('hemat');
		await saving.goto(`${house.url}/situasi`);
		await saving.getByText('Hemat data menyala: peta, gambar dan kartu belum dimuat').waitFor();
		await shots(saving, 'tangga-situasi');
		await fit(saving);
		await saving.getByRole('button', { name: 'Muat kartu angka' }).click();
		await saving.locator('#k-kamera').waitFor();
		expect((await saving.locator('#k-peta').count()) === 0, 'the map was not asked for');
		await saving.getByRole('button', { name: 'Muat: Kamera per kabupaten' }).click();
		await saving.locator('#k-peta').waitFor();
		await saving.context().close();
	});

	await promise('pictures that stop while the house has newer ones are joined anew, without a click', async () => {
		await page.goto(house.url + PAGE);
		await plays(page, 1280);
		const frames = await page.evaluate(() => {
			// The way is gone, and nobody tells the page: as behind a translator that forgot it.
			const peer = window.peers.at(-1);
			window.old = peer;
			for (const { receiver } of peer.getTransceivers()) receiver.track.stop();
			return Number(document.querySelector('video').dataset.frames);
		});
		const began = performance.now();
		await page.waitForFunction((frames) => Number(document.querySelector('video').dataset.frames) > frames + 10 && window.old.connectionState === 'closed', frames, { timeout: 60_000 });
		const ms = Math.round(performance.now() - began);
		const { most } = await held('pasar');
		expect(most <= 2, `${most} viewings at a time`);
		return `${ms} ms`;
	});

	await promise('the house ends and comes back: the picture too, on its rung', async () => {
		await stop('SIGKILL');
		await page.waitForFunction(() => document.querySelector('.tile').classList.contains('old'));
		await again();
		await plays(page, 1280);
		await says(page, { rung: 'main', why: '' });
	});

	await promise('a wall has one choice for all of it, in its address', async () => {
		await page.goto(`${house.url}/kamera/videowall/4?kamera=${wall.join(',')}`);
		await page.waitForFunction(() => [...document.querySelectorAll('.tile')].filter((tile) => tile.dataset.rung === 'sub').length === 4, null, { timeout: 60_000 });
		await page.locator('label:has-text("Gambar") select').selectOption('stills');
		await page.waitForURL((url) => url.searchParams.get('lapis') === 'diam');
		await page.waitForFunction(() => [...document.querySelectorAll('.tile')].filter((tile) => tile.dataset.rung === 'stills' && tile.querySelector('img')?.naturalWidth).length === 4, null, { timeout: 60_000 });
		for (const short of wall) await left(short);
		await fit(page);
		await shots(page, 'tangga-dinding');
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
