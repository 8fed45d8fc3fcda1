// Pictures through the port of the pages alone, as a network has it that passes TCP 443
// and nothing else: over HTTP, over TLS, and behind a translator of ports that the house
// knows nothing of. Every other way is struck from the answer before the browser reads it.
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { browser, camera, expect, house as newHouse, keep, logIn, promise } from './house.mjs';

// The house vouches for itself here; that it does so rightly is tried elsewhere.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

/** In the page: only candidates that `port` has are let through; each peer is kept. */
function onlyBy(port) {
	const Real = window.RTCPeerConnection;
	window.struck = [];
	window.RTCPeerConnection = class extends Real {
		constructor(...given) {
			super(...given);
			window.peer = this;
		}
		setRemoteDescription({ type, sdp }) {
			const lines = sdp.split('\r\n');
			const wrong = (line) => line.startsWith('a=candidate:') && line.split(' ')[5] !== String(port);
			window.struck = lines.filter(wrong);
			return super.setRemoteDescription({ type, sdp: lines.filter((line) => !wrong(line)).join('\r\n') });
		}
	};
}

/** The pair by which a page's picture comes. */
async function way(page) {
	await page.waitForFunction(() => document.querySelector('video')?.dataset.state === 'live' && Number(document.querySelector('video').dataset.frames) > 50, null, { timeout: 30_000 });
	return page.evaluate(async () => {
		const stats = [...(await window.peer.getStats()).values()];
		const pair = stats.find((each) => each.type === 'candidate-pair' && each.nominated && each.bytesReceived > 0);
		const far = stats.find((each) => each.id === pair.remoteCandidateId);
		return { protocol: far.protocol, port: far.port, octets: pair.bytesReceived, struck: window.struck.length };
	});
}

/** Octets to a port; what comes back until the other side ends it. */
async function say(port, octets) {
	const socket = connect(port, '127.0.0.1');
	const answer = [];
	socket.on('data', (data) => answer.push(data));
	socket.on('error', () => undefined);
	socket.write(octets);
	await once(socket, 'close');
	return Buffer.concat(answer);
}

await keep(async () => {
	const { rtsp } = await camera();
	const chrome = await browser();

	for (const tls of ['off', 'own']) {
		const { house, token } = await newHouse('--tls', tls);
		await house.json('POST', '/api/v1/cameras', { token, body: { short: 'pasar', name: 'Pasar', area: '62.71.01', main: `${rtsp}/main` } });
		const own = Number(new URL(house.url).port);

		const watch = async (port) => {
			const context = await chrome.newContext({ ignoreHTTPSErrors: true, locale: 'id-ID' });
			const page = await context.newPage();
			await page.addInitScript(onlyBy, port);
			const url = new URL(house.url);
			url.port = String(port);
			await logIn(page, url.origin);
			await page.goto(`${url.origin}/kamera/pasar`);
			const found = await way(page);
			await context.close();
			expect(found.protocol === 'tcp' && found.port === port, JSON.stringify(found));
			expect(found.struck >= 2, 'the answer had no other way to strike');
			return `tcp ${found.port}, ${found.octets} octets`;
		};

		await promise(`a page plays by its own port, TLS ${tls}`, () => watch(own));

		await promise(`and behind a translator of ports, TLS ${tls}`, async () => {
			const carried = [];
			const translator = createServer((near) => {
				const far = connect(own, '127.0.0.1');
				carried.push(near, far);
				for (const [from, to] of [[near, far], [far, near]]) {
					from.pipe(to);
					from.on('error', () => to.destroy());
				}
			});
			translator.listen(0, '127.0.0.1');
			await once(translator, 'listening');
			const said = await watch(translator.address().port);
			for (const socket of carried) socket.destroy();
			translator.close();
			return said;
		});

		await promise(`octets that are neither pages nor pictures end there, TLS ${tls}`, async () => {
			// A length and no STUN; a length and nothing; the longest that is taken for a picture.
			const nothing = await say(own, Buffer.concat([Buffer.from([0, 4]), Buffer.alloc(4, 0xff), Buffer.alloc(70_000)])).then((answer) => answer.length);
			expect(nothing === 0, `${nothing} octets came back`);
			const answer = await house.ask('GET', '/healthz');
			expect(answer.ok, `${answer.status}`);
			const text = (await say(own, 'halo\r\n\r\n')).toString('latin1');
			expect(tls === 'own' || text.startsWith('HTTP/1.1 400'), JSON.stringify(text.slice(0, 40)));
		});
	}
	await chrome.close();
});
