// What a person waits for, measured in Chromium on loopback: the first picture
// after the offer, how old pictures are two seconds later, and from camera to
// screen, beside the smallest forwarder of the same camera in the same run.
//
//   cargo build --release -p betang -p sim && node web/tests/live.bench.mjs [JOINS]
//
// Simulated cameras write the number of each picture along its upper edge and show
// it at its second of the wall clock (crates/sim/src/picture.rs), so that its age
// can be read off the screen. Prints a table; judges nothing.
import { join } from 'node:path';
import { binary, browser, expect, house as newHouse, keep, promise, start, targetFolder } from './house.mjs';

const joins = Number(process.argv[2] ?? 30);
const sim = process.env.SIM ?? join(targetFolder, 'release/sim');
/** Pictures of each server for camera to screen: 20 s. */
const PICTURES = 500;

/** Puts into the page what watches and reads. */
function intoPage() {
	const BLOCK = 16;
	const LOOP = 1_500;
	const STEP_MS = 40;
	const canvas = document.createElement('canvas');
	canvas.width = 19 * BLOCK;
	canvas.height = BLOCK;
	const context = canvas.getContext('2d', { willReadFrequently: true });

	/** The number in a picture; null when it cannot be read. */
	function numberOf(video) {
		context.drawImage(video, 0, 0, canvas.width, BLOCK, 0, 0, canvas.width, BLOCK);
		const { data } = context.getImageData(0, BLOCK / 2, canvas.width, 1);
		const bits = Array.from({ length: 19 }, (_, i) => (data[(i * BLOCK + BLOCK / 2) * 4] > 127 ? 1 : 0));
		const value = (from, to) => bits.slice(from, to).reduce((sum, bit) => sum * 2 + bit, 0);
		const number = value(2, 13);
		const check = ~((number >> 8) ^ (number >> 4) ^ number) & 0xf;
		const framed = bits[0] && !bits[1] && !bits[17] && bits[18];
		return framed && value(13, 17) === check ? number : null;
	}

	/** How old the picture with that number is at that moment. */
	function ageOf(number, at) {
		const wall = performance.timeOrigin + at;
		const loop = LOOP * STEP_MS;
		return (((wall - number * STEP_MS) % loop) + loop) % loop;
	}

	window.offer = async () => {
		window.peer = new RTCPeerConnection();
		const receiver = peer.addTransceiver('video', { direction: 'recvonly' });
		const codecs = RTCRtpReceiver.getCapabilities('video').codecs;
		receiver.setCodecPreferences(codecs.filter((codec) => /h264|rtx/i.test(codec.mimeType)));
		window.video = document.createElement('video');
		video.muted = true;
		video.autoplay = true;
		document.body.replaceChildren(video);
		peer.ontrack = ({ track }) => (video.srcObject = new MediaStream([track]));
		await peer.setLocalDescription();
		return peer.localDescription.sdp;
	};

	window.answer = (sdp) => peer.setRemoteDescription({ type: 'answer', sdp });

	/** Pictures as they are shown, until `enough` says so. */
	window.shown = (enough) =>
		new Promise((done, refuse) => {
			const pictures = [];
			const late = setTimeout(() => refuse(new Error(`${pictures.length} pictures`)), 60_000);
			const seen = (_, { presentationTime }) => {
				// What is drawn is what the element shows at this moment, which is a little
				// after it was given to the screen: ages are never told too low.
				const number = numberOf(video);
				const age = number === null ? null : ageOf(number, performance.now());
				pictures.push({ at: presentationTime, age });
				if (!enough(pictures)) return video.requestVideoFrameCallback(seen);
				clearTimeout(late);
				done(pictures);
			};
			video.requestVideoFrameCallback(seen);
		});

	/** Posts the offer as a page does; when it was posted, and what to delete in the end. */
	window.post = async (token) => {
		const sdp = await offer();
		const posted = performance.now();
		const answered = await fetch('/whep/cam-1', {
			method: 'POST',
			headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}` },
			body: sdp
		});
		await answer(await answered.text());
		return { posted, location: answered.headers.get('location') };
	};

	/** Joins, looks for two seconds, leaves. */
	window.joined = async (token) => {
		const { posted, location } = await post(token);
		const pictures = await shown((pictures) => pictures.at(-1).at - pictures[0].at > 2_000);
		peer.close();
		await fetch(location, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
		return { first: pictures[0].at - posted, behind: pictures.at(-1).age };
	};

	window.ages = async (count) => (await shown((pictures) => pictures.length >= count)).map(({ age }) => age);
}

/** The nearest rank. */
function percentile(values, percent) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1];
}

function row(name, values) {
	const read = values.filter((value) => value !== null);
	const [p50, p95] = [50, 95].map((percent) => percentile(read, percent)?.toFixed(0));
	return `| ${name} | ${values.length} | ${values.length - read.length} | ${p50} | ${p95} |`;
}

/** Camera to screen at any WHEP address; the offer goes by this process, since a page
 * may not ask a stranger. */
async function ages(page, whep, headers) {
	const sdp = await page.evaluate(() => offer());
	const answered = await fetch(whep, {
		method: 'POST',
		headers: { 'content-type': 'application/sdp', ...headers },
		body: sdp
	});
	const text = await answered.text();
	expect(answered.ok, text);
	await page.evaluate((sdp) => answer(sdp), text);
	const found = await page.evaluate((count) => ages(count), PICTURES);
	await page.evaluate(() => peer.close());
	// What came before the player was settled is the join, which has its own row.
	return found.slice(PICTURES / 5);
}

async function main() {
	const films = join(targetFolder, 'films');
	const cameras = await start(sim, ['cameras', '--films', films], /^port (\d+)/);
	const rtsp = `rtsp://127.0.0.1:${cameras.found[1]}/cam-1/main`;
	const floor = await start(sim, ['floor', '--rtsp', rtsp, '--gso'], /^floor (\S+)/);
	const { house, token, cli } = await newHouse();
	await cli(...['cameras', 'add', '--short', 'cam-1', '--name', 'Kamera 1'], ...['--area', '62.71.01', '--main', rtsp]);
	const chrome = await browser();
	const page = await chrome.newPage();
	await page.goto(`${house.url}/healthz`);
	await page.evaluate(intoPage);

	console.log(`${binary}\n\n| ms | of | unread | p50 | p95 |\n|---|---|---|---|---|`);
	await promise('camera to screen', async () => {
		const whep = `${house.url}/whep/cam-1`;
		const [first, between, last] = [
			await ages(page, floor.found[1], {}),
			await ages(page, whep, { authorization: `Bearer ${token}` }),
			await ages(page, floor.found[1], {})
		];
		console.log(row('camera to screen, floor', [...first, ...last]));
		console.log(row('camera to screen, house', between));
	});
	await promise('joining', async () => {
		// Somebody watches already: the camera is pulled.
		const other = await chrome.newPage();
		await other.goto(`${house.url}/healthz`);
		await other.evaluate(intoPage);
		await other.evaluate((token) => post(token), token);
		const found = [];
		for (let i = 0; i < joins; i += 1) found.push(await page.evaluate((token) => joined(token), token));
		console.log(row('first picture after the offer', found.map(({ first }) => first)));
		console.log(row('age of the picture 2 s later', found.map(({ behind }) => behind)));
	});
	await chrome.close();
}

await keep(main);
