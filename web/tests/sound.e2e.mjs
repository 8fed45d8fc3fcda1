// What may be heard of a camera, and what may not: GStreamer's RTSP server hums at 440 Hz
// → betang → Chromium, and → GStreamer's WHEP.
//
//   node web/tests/sound.e2e.mjs
import { join } from 'node:path';
import { HANG_MS, browser, camera, expect, foreign, house as newHouse, keep, logIn, promise, python, run } from './house.mjs';

const WHY = { purpose: 'Aduan di loket', basis: 'SK Gubernur 12/2026' };
const HUM_HZ = 440;
/** Nobody notices when a voice and its lips part by less (ITU-R BT.1359). */
const IN_STEP_MS = 45;

/** Keeps the connections of a page where its test finds them. */
const remember = () => {
	const Real = window.RTCPeerConnection;
	window.peers = [];
	window.RTCPeerConnection = class extends Real {
		constructor(...args) {
			super(...args);
			window.peers.push(this);
		}
	};
};

/** What the newest connection of the page has received, by kind. */
const received = (page) =>
	page.evaluate(async () => {
		const found = {};
		for (const report of (await window.peers.at(-1).getStats()).values()) {
			if (report.type !== 'inbound-rtp') continue;
			const { packetsReceived, totalAudioEnergy, estimatedPlayoutTimestamp, framesDecoded } = report;
			found[report.kind] = { packetsReceived, totalAudioEnergy, estimatedPlayoutTimestamp, framesDecoded };
		}
		return found;
	});

/** Waits until the newest connection of the page has received that much. */
async function until(page, enough) {
	const began = performance.now();
	for (;;) {
		const found = await received(page);
		if (enough(found)) return found;
		expect(performance.now() - began < HANG_MS, `received ${JSON.stringify(found)}`);
		await page.evaluate(() => new Promise(requestAnimationFrame));
	}
}

/** The loudest pitch of what the video element of the page is given, in Hz, once it is none of silence. */
const pitch = (page) =>
	page.evaluate(
		(patience_ms) =>
			new Promise((done, refuse) => {
				const context = new AudioContext();
				const ear = context.createAnalyser();
				ear.fftSize = 16_384;
				context.createMediaStreamSource(document.querySelector('video').srcObject).connect(ear);
				const levels = new Float32Array(ear.frequencyBinCount);
				let began;
				const late = setTimeout(() => refuse(new Error(`nothing but ${Math.max(...levels)} dB`)), patience_ms);
				const look = () => {
					ear.getFloatFrequencyData(levels);
					const loudest = levels.indexOf(Math.max(...levels));
					if (levels[loudest] < -50) return requestAnimationFrame(look);
					// What began within the window has no pitch yet: it is looked at once it fills it.
					began ??= context.currentTime;
					if (context.currentTime - began < (2 * ear.fftSize) / context.sampleRate) return requestAnimationFrame(look);
					clearTimeout(late);
					void context.close();
					done((loudest * context.sampleRate) / ear.fftSize);
				};
				look();
			}),
		HANG_MS
	);

/** Offers to hear and then to see, by the browser alone: what came of it. */
const offered = async ({ camera, takes, patience_ms }) => {
	const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
	window.peers.pop();
	const ear = peer.addTransceiver('audio', { direction: 'recvonly' });
	ear.setCodecPreferences(RTCRtpReceiver.getCapabilities('audio').codecs.filter((codec) => codec.mimeType === takes));
	peer.addTransceiver('video', { direction: 'recvonly' });
	await peer.setLocalDescription();
	const headers = { 'content-type': 'application/sdp' };
	const answer = await fetch(`/whep/${camera}`, { method: 'POST', headers, body: peer.localDescription.sdp });
	const sdp = await answer.text();
	await peer.setRemoteDescription({ type: 'answer', sdp });
	const found = { audio: 0, video: 0, answered: /^m=audio \d+|^a=inactive/gm[Symbol.match](sdp).join(' ') };
	const began = performance.now();
	while (found.video <= 25 && performance.now() - began < patience_ms) {
		for (const report of (await peer.getStats()).values()) {
			if (report.type === 'inbound-rtp') found[report.kind] = report.framesDecoded ?? report.packetsReceived;
		}
		await new Promise(requestAnimationFrame);
	}
	peer.close();
	await fetch(answer.headers.get('location'), { method: 'DELETE' });
	return found;
};

const plays = (page) => page.waitForFunction(() => document.querySelector('video')?.dataset.state === 'live', null, { timeout: HANG_MS });
const listen = (page) => page.getByRole('button', { name: 'Dengarkan' });

await keep(async () => {
	const humming = await camera('--sound', 'pcma');
	const other = await camera('--sound', 'pcmu');
	const aac = await camera('--sound', 'aac');
	const { house, token, cli } = await newHouse();
	for (const [short, { rtsp }] of [
		['loket', humming],
		['lobi', other],
		['dermaga', aac]
	]) {
		await cli('cameras', 'add', '--short', short, '--name', short, '--area', '62.71.01', '--main', `${rtsp}/main`);
	}
	const change = (short, sound) => house.json('PATCH', `/api/v1/cameras/${short}`, { token, body: { sound } });
	const acts = async (verb) => (await house.json('GET', `/api/v1/audit?limit=100&verb=${verb}`, { token })).items;
	const chrome = await browser();
	const context = await chrome.newContext({ locale: 'id-ID' });
	await context.addInitScript(remember);
	const page = await context.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	await logIn(page, house.url);

	await promise('a camera is not heard by itself, and its page says so', async () => {
		await page.goto(`${house.url}/kamera/loket`);
		await plays(page);
		expect((await page.textContent('[data-sound]')).includes('Suara: mati'), 'not said');
		expect((await listen(page).count()) === 0, 'a button to listen');
	});

	// Where candidates stand when the first medium is none is what players fall over.
	for (const [takes, name] of [
		['audio/PCMA', 'who offers to hear G.711 first is shown the picture and sent no sound'],
		['audio/opus', 'so is who offers to hear another format']
	]) {
		await promise(name, async () => {
			const found = await page.evaluate(offered, { camera: 'loket', takes, patience_ms: HANG_MS });
			expect(found.audio === 0 && found.video > 25, JSON.stringify(found));
			return found.answered;
		});
	}

	await promise('without purpose and basis it is refused by its fields', async () => {
		const answer = await house.ask('PATCH', '/api/v1/cameras/loket', { token, body: { sound: { on: true } } });
		const problem = await answer.json();
		const fields = problem.errors?.map((error) => error.field).join(' ');
		expect(answer.status === 422 && fields === 'sound.purpose sound.basis', `${answer.status} ${fields}`);
	});

	await promise('by the form it is switched on, for a purpose and by a right', async () => {
		await page.getByRole('button', { name: 'Ubah' }).click();
		await page.getByLabel('Kamera boleh didengar').check();
		await page.getByRole('textbox', { name: 'Tujuan' }).fill(WHY.purpose);
		await page.getByRole('textbox', { name: 'Dasar peraturan' }).fill(WHY.basis);
		await page.getByRole('button', { name: 'Simpan', exact: true }).click();
		await listen(page).waitFor();
		const said = await page.textContent('[data-sound]');
		expect(said.includes('Suara: aktif') && said.includes(WHY.purpose) && said.includes(WHY.basis), said);
		const [act] = await acts('camera.sound_on');
		expect(act?.detail.purpose === WHY.purpose && act.detail.basis === WHY.basis, JSON.stringify(act));
	});

	await promise('nobody is sent sound before he asks to hear', async () => {
		expect(await page.evaluate(() => document.querySelector('video').muted), 'not muted');
		const found = await until(page, (found) => found.video?.framesDecoded > 25);
		expect(found.audio === undefined, JSON.stringify(found.audio));
	});

	await promise('who asks hears the hum of the camera, in step with its picture', async () => {
		await listen(page).click();
		const heard = await until(page, (found) => found.audio?.totalAudioEnergy > 0.01 && found.audio.packetsReceived > 50 && found.video?.framesDecoded > 25);
		expect(await page.evaluate(() => !document.querySelector('video').muted), 'muted');
		const hz = await pitch(page);
		expect(Math.abs(hz - HUM_HZ) < 10, `${hz} Hz`);
		// The browser brings them together step by step, once it has heard of both clocks.
		const apart = (found) => found.audio?.estimatedPlayoutTimestamp - found.video?.estimatedPlayoutTimestamp;
		const both = await until(page, (found) => Math.abs(apart(found)) < IN_STEP_MS);
		return `${heard.audio.packetsReceived} packets, ${hz.toFixed(0)} Hz, voice ${apart(both).toFixed(0)} ms before the lips`;
	});

	await promise('switched off, it is silent at once and the picture goes on', async () => {
		const joined = await page.evaluate(() => window.peers.length);
		await change('loket', { on: false });
		const at = await received(page);
		await page.waitForFunction(() => document.querySelector('[data-sound]').textContent.includes('Suara: mati'), null, { timeout: HANG_MS });
		await plays(page);
		// The page joins anew without sound once it is told; the old viewing had none any more.
		await page.waitForFunction((joined) => window.peers.length > joined, joined, { timeout: HANG_MS });
		const found = await until(page, (found) => found.video?.framesDecoded > 25);
		expect(found.audio === undefined, JSON.stringify(found.audio));
		expect((await listen(page).count()) === 0, 'a button to listen');
		return `${at.audio?.packetsReceived ?? 0} packets until then`;
	});

	await promise('the audit says who was sent sound and who was not', async () => {
		await page.goto('about:blank');
		const began = performance.now();
		let seen = [];
		while (!seen.some((act) => act.detail.sound)) {
			expect(performance.now() - began < HANG_MS, 'no viewing with sound has ended');
			seen = await acts('camera.watched');
		}
		expect(seen.some((act) => act.detail.sound === false), 'none without');
		const off = await acts('camera.sound_off');
		expect(off.length === 1 && off[0].detail.purpose === WHY.purpose, JSON.stringify(off));
	});

	await promise('a foreign player hears A-law where it may', async () => {
		await change('loket', { on: true });
		const args = [join(foreign, 'whep_player.py'), `${house.url}/whep/loket`, token, '25', 'H264', 'sound'];
		const { stdout } = await run(python, args, { timeout: 2 * HANG_MS });
		expect(Number(/heard (\d+)/.exec(stdout)?.[1]) >= 8_000, stdout);
		return stdout.trim();
	});

	await promise('a camera that speaks μ-law is heard too', async () => {
		await change('lobi', { on: true, ...WHY });
		await page.goto(`${house.url}/kamera/lobi`);
		await plays(page);
		await listen(page).click();
		await until(page, (found) => found.audio?.totalAudioEnergy > 0.01);
		const hz = await pitch(page);
		expect(Math.abs(hz - HUM_HZ) < 10, `${hz} Hz`);
	});

	await promise('sound of another format is said and not carried, and its picture plays', async () => {
		await change('dermaga', { on: true, ...WHY });
		await page.goto(`${house.url}/kamera/dermaga`);
		await plays(page);
		const said = page.getByText('bukan G.711');
		await said.waitFor({ timeout: HANG_MS });
		expect((await listen(page).count()) === 0, 'a button to listen');
		return (await said.textContent()).trim();
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
