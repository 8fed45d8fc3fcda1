// Somebody far away: a browser on a machine of its own, who does what lines of JSON on the
// standard input say and answers each with one. The network between is somebody else's.
//
//   {"do":"come","url":…,"username":…,"password":…}   opens the house and logs in
//   {"do":"open","camera":…}                           opens a camera from the list, as a click does
//   {"do":"ages","seconds":…}                          how old the picture on the screen is, ten times a second
//   {"do":"until","rung":…,"within_s":…}               waits for a rung and for a picture on it
//   {"do":"mark"} {"do":"fresh","within_s":…}          how long after the mark a picture shows that was taken after it
//   {"do":"stand"}                                     what the page says of itself
//
// How old a picture is, is read off the picture: simulated cameras write its number along
// the upper edge and show it at its second of the wall clock (crates/sim/src/picture.rs).
import { createInterface } from 'node:readline';
import { browser, logIn } from './house.mjs';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

/** Put into every page: when a viewing was asked for, when its first picture came. */
function intoPage() {
	const LOOP_MS = 60_000;
	const STEP_MS = 40;
	const BLOCKS = 19;
	const canvas = document.createElement('canvas');
	const ink = canvas.getContext('2d', { willReadFrequently: true });

	/** The number in a picture of that height; null when it cannot be read. */
	function numberOf(element, width, height) {
		const block = Math.floor(height / 45);
		if (block < 2) return null;
		canvas.width = BLOCKS * block;
		canvas.height = block;
		ink.drawImage(element, 0, 0, canvas.width, block, 0, 0, canvas.width, block);
		const { data } = ink.getImageData(0, block >> 1, canvas.width, 1);
		const bits = Array.from({ length: BLOCKS }, (_, i) => (data[(i * block + (block >> 1)) * 4] > 127 ? 1 : 0));
		const value = (from, to) => bits.slice(from, to).reduce((sum, bit) => sum * 2 + bit, 0);
		const number = value(2, 13);
		const check = ~((number >> 8) ^ (number >> 4) ^ number) & 0xf;
		return bits[0] && !bits[1] && !bits[17] && bits[18] && value(13, 17) === check ? number : null;
	}

	/** The newest picture on the screen: its age, and of which kind it is. */
	window.look = () => {
		const seen = [];
		for (const video of document.querySelectorAll('.tile video')) if (video.videoWidth && video.readyState >= 2) seen.push([video, video.videoWidth, video.videoHeight, 'video']);
		for (const image of document.querySelectorAll('.tile img')) if (image.complete && image.naturalWidth) seen.push([image, image.naturalWidth, image.naturalHeight, 'still']);
		const wall = Date.now();
		return seen
			.map(([element, width, height, kind]) => ({ number: numberOf(element, width, height), kind, width }))
			.filter(({ number }) => number !== null)
			.map(({ number, kind, width }) => ({ kind, width, age: (((wall - number * STEP_MS) % LOOP_MS) + LOOP_MS) % LOOP_MS }))
			.sort((a, b) => a.age - b.age)[0];
	};

	window.asked = null;
	window.first = null;
	// Where the time of a first picture goes: the answer, the way and its keys, the picture.
	window.parts = {};
	const part = (name) => window.asked !== null && (window.parts[name] ??= performance.now() - window.asked);
	const Peer = window.RTCPeerConnection;
	window.RTCPeerConnection = function (...given) {
		const peer = new Peer(...given);
		peer.addEventListener('iceconnectionstatechange', () => peer.iceConnectionState === 'connected' && part('way'));
		peer.addEventListener('connectionstatechange', () => peer.connectionState === 'connected' && part('keys'));
		return peer;
	};
	window.RTCPeerConnection.prototype = Peer.prototype;
	const real = window.fetch;
	window.fetch = (where, ...more) => {
		if (String(where).startsWith('/whep/') && more[0]?.method === 'POST') {
			window.asked ??= performance.now();
			const round = () => {
				const video = [...document.querySelectorAll('.tile video')].find((each) => each.videoWidth && each.getVideoPlaybackQuality().totalVideoFrames > 0);
				if (!video) return requestAnimationFrame(round);
				window.first ??= performance.now();
			};
			round();
			return real(where, ...more).then((answer) => (part('answer'), answer));
		}
		return real(where, ...more);
	};
}

const chrome = await browser();
let page;
let origin;
let marked = 0;

const deeds = {
	async come({ url, username, password }) {
		origin = url;
		const context = await chrome.newContext({ ignoreHTTPSErrors: true, locale: 'id-ID', viewport: { width: 1280, height: 800 } });
		page = await context.newPage();
		page.setDefaultTimeout(120_000);
		await page.addInitScript(intoPage);
		await logIn(page, url, { username, password });
	},

	async open({ camera }) {
		await page.goto(`${origin}/kamera`);
		const link = page.locator(`a[href*="/kamera/${camera}"]`).first();
		await link.waitFor();
		await page.evaluate(() => ((window.asked = window.first = null), (window.parts = {})));
		await link.click();
		await page.waitForFunction(() => window.first !== null || window.look()?.kind === 'still', null, { polling: 20, timeout: 60_000 });
		return page.evaluate(() => (window.first === null ? { first_ms: null } : { first_ms: window.first - window.asked, parts: window.parts }));
	},

	async ages({ seconds }) {
		return page.evaluate(
			(seconds) =>
				new Promise((done) => {
					const ages = [];
					const kinds = {};
					const each = setInterval(() => {
						const seen = window.look();
						ages.push(seen ? seen.age : null);
						const kind = seen ? `${seen.kind} ${seen.width}` : 'none';
						kinds[kind] = (kinds[kind] ?? 0) + 1;
						if (ages.length < seconds * 10) return;
						clearInterval(each);
						done({ ages, kinds });
					}, 100);
				}),
			seconds
		);
	},

	async until({ rung, within_s = 60 }) {
		const began = Date.now();
		await page.waitForFunction((rung) => document.querySelector('.tile')?.dataset.rung === rung && window.look(), rung, { polling: 100, timeout: within_s * 1000 });
		return { took_ms: Date.now() - began };
	},

	async mark() {
		marked = Date.now();
	},

	async fresh({ within_s = 60 }) {
		const found = await page.waitForFunction(
			(marked) => {
				const seen = window.look();
				const taken = Date.now() - (seen?.age ?? Infinity);
				return taken > marked ? { after_ms: Date.now() - marked, kind: seen.kind } : null;
			},
			marked,
			{ polling: 20, timeout: within_s * 1000 }
		);
		return found.jsonValue();
	},

	async stand() {
		return page.evaluate(() => ({
			path: location.pathname,
			text: document.querySelector('main')?.innerText ?? '',
			tiles: [...document.querySelectorAll('.tile')].map((tile) => ({ ...tile.dataset, said: tile.innerText, video: { ...(tile.querySelector('video')?.dataset ?? {}) } }))
		}));
	}
};

for await (const line of createInterface({ input: process.stdin })) {
	const { do: deed, ...words } = JSON.parse(line);
	try {
		console.log(JSON.stringify({ done: (await deeds[deed](words)) ?? {} }));
	} catch (error) {
		console.log(JSON.stringify({ failed: String(error.message ?? error) }));
	}
}
await chrome.close();
