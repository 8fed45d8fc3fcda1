// A test of speed by the client that Measurement Lab gives to browsers, as it is, against
// the house: both ways, who may, and how many at a time.
//
//   node web/tests/ndt7.e2e.mjs
//
// Nothing here waits for a speed. What is compared are octets: those that the client has
// counted, those that the house has told it, and those that the house reports of itself.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { ADMIN, browser, expect, house as newHouse, keep, logIn, promise, root } from './house.mjs';

const client = join(root, 'web/node_modules/@m-lab/ndt7/src');
const PROTOCOL = 'net.measurementlab.ndt.v7';
// What the house lets through in a second (crates/sync/src/speed.rs); it bounds how far
// two counts lie apart that were taken within a span of the other.
const RATE = 25_000_000;
const TELL_EVERY_S = 0.25;
// The largest message of the client, and of the house.
const OF_CLIENT = 8 * 2 ** 20;
const OF_HOUSE = 2 ** 20;

await keep(async () => {
	const { house, token } = await newHouse();
	const cookie = await house.login(ADMIN);
	const at = new URL(house.url);

	/** Asks for a WebSocket; its status, or the socket once it is open. Nothing of it is read. */
	const ask = (path, headers = {}) =>
		new Promise((done, refuse) => {
			const asked = request({
				host: at.hostname,
				port: at.port,
				path,
				headers: {
					connection: 'Upgrade',
					upgrade: 'websocket',
					'sec-websocket-version': '13',
					'sec-websocket-key': randomBytes(16).toString('base64'),
					'sec-websocket-protocol': PROTOCOL,
					...headers
				}
			});
			asked.on('error', refuse);
			asked.on('upgrade', (answer, socket) => done({ status: answer.statusCode, headers: answer.headers, socket }));
			asked.on('response', (answer) => {
				answer.resume();
				done({ status: answer.statusCode, headers: answer.headers });
			});
			asked.end();
		});

	/** What the house has counted of itself: octets of tests in this direction. */
	const counted = async (direction) => {
		const answer = await house.ask('GET', '/metrics', { token });
		const line = new RegExp(`^betang_speed_octets_total\\{test="${direction}"\\} (\\d+)$`, 'm').exec(await answer.text());
		return Number(line?.[1] ?? 0);
	};

	await promise('who is nobody, or has no right to it, is refused before anything else', async () => {
		for (const direction of ['download', 'upload']) {
			expect((await ask(`/ndt/v7/${direction}`)).status === 401, direction);
			expect((await ask(`/ndt/v7/${direction}`, { cookie: 'betang_session=00' })).status === 401, direction);
		}
		const layar = { username: 'layar', password: 'jembatan-biru-di-hulu-24' };
		await house.json('POST', '/api/v1/staff', { token, body: { ...layar, name: 'Layar', grants: [{ role: 'layar', area: '62', agency: null }] } });
		expect((await ask('/ndt/v7/download', { cookie: await house.login(layar) })).status === 403, 'a screen on a wall');
	});

	await promise('another subprotocol, no WebSocket, and a page of another site are refused', async () => {
		const path = '/ndt/v7/download';
		expect((await ask(path, { cookie, 'sec-websocket-protocol': 'net.measurementlab.ndt.v6' })).status === 415, 'another protocol');
		expect((await house.ask('GET', path, { token })).status === 415, 'no WebSocket');
		expect((await ask(path, { cookie, origin: 'http://lain.example' })).status === 403, 'another site');
		expect((await counted('download')) === 0, 'something was sent');
	});

	await promise('two at a time, and the third is told when to come back', async () => {
		const own = { authorization: `Bearer ${token}` };
		const open = [await ask('/ndt/v7/download', own), await ask('/ndt/v7/upload', own)];
		for (const one of open) {
			expect(one.status === 101 && one.headers['sec-websocket-protocol'] === PROTOCOL, JSON.stringify(one.headers));
			// A socket that nobody reads would never notice its end.
			one.socket.resume();
		}
		const third = await ask('/ndt/v7/download', own);
		expect(third.status === 503 && Number(third.headers['retry-after']) > 0, JSON.stringify(third));
		for (const one of open) one.socket.destroy();
		// Who went makes room, as soon as the house has noticed.
		for (;;) {
			const again = await ask('/ndt/v7/upload', own);
			again.socket?.destroy();
			if (again.status === 101) break;
			expect(again.status === 503, String(again.status));
		}
		return `after ${third.headers['retry-after']} s`;
	});

	// The workers below come from this script and so from no address; the browser would take
	// them for a stranger's and keep them from the loopback network.
	const chrome = await browser('--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets');
	const page = await (await chrome.newContext({ locale: 'id-ID' })).newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	await page.route('**/uji/*.js', (route) => {
		const name = new URL(route.request().url()).pathname.split('/').at(-1);
		return route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(client, name)) });
	});
	await logIn(page, house.url);
	await page.addScriptTag({ url: '/uji/ndt7.js' });

	/** One direction with the client as it is; all that it told. */
	const tested = (direction) =>
		page.evaluate(async (direction) => {
			const told = { server: [], client: [], errors: [] };
			const config = {
				server: location.host,
				protocol: location.protocol === 'https:' ? 'wss' : 'ws',
				mlabDataPolicyInapplicable: true,
				[`${direction}workerfile`]: `/uji/ndt7-${direction}-worker.js`
			};
			const callbacks = {
				error: (error) => told.errors.push(String(error)),
				[`${direction}Measurement`]: ({ Source, Data }) => told[Source].push(Data),
				[`${direction}Complete`]: (last) => (told.last = last)
			};
			const urls = window.ndt7.discoverServerURLs(config, callbacks);
			told.code = await window.ndt7[`${direction}Test`](config, callbacks, urls);
			return told;
		}, direction);

	/** What must hold of either direction. */
	const checked = (direction, told) => {
		expect(told.code === 0 && told.errors.length === 0 && told.last, `${told.code} ${told.errors}`);
		const [ours, theirs] = [told.last.LastServerMeasurement, told.last.LastClientMeasurement];
		expect(ours && theirs, 'one end told nothing');
		expect(ours.Origin === 'server' && ours.Test === direction, JSON.stringify(ours));
		const { Client, Server, UUID } = ours.ConnectionInfo;
		expect(/^127\.0\.0\.1:[1-9]\d*$/.test(Client) && Server === at.host && /^[0-9a-f]{32}$/.test(UUID), JSON.stringify(ours.ConnectionInfo));
		// Never more than ten a second, and both counts only grow.
		for (const [i, one] of told.server.entries()) {
			const before = told.server[i - 1]?.AppInfo ?? { ElapsedTime: 0, NumBytes: 0 };
			expect(one.AppInfo.ElapsedTime - before.ElapsedTime >= 100_000, `told ${i} too soon`);
			expect(one.AppInfo.NumBytes >= before.NumBytes, `told ${i} goes back`);
			expect(one.AppInfo.NumBytes <= (RATE * one.AppInfo.ElapsedTime) / 1e6 + OF_CLIENT, `told ${i} is faster than is allowed`);
			expect(one.AppInfo.ElapsedTime <= 13_000_000, `told ${i} after the end`);
		}
		expect(told.server.length > 1, `told ${told.server.length} times`);
		return [ours.AppInfo.NumBytes, theirs.NumBytes];
	};

	await promise('download: what the client has counted is what the house has sent', async () => {
		const before = await counted('download');
		const told = await tested('download');
		const [ours, theirs] = checked('download', told);
		const whole = (await counted('download')) - before;
		// The client counts measurements as well; each count is a quarter of a second old at most.
		const words = told.server.length * 1_000;
		const apart = RATE * TELL_EVERY_S + 2 * OF_HOUSE;
		expect(theirs <= whole + words && theirs >= whole - 2 * apart, `${theirs} of ${whole}`);
		expect(ours <= whole && Math.abs(ours - theirs) <= 2 * apart + words, `${ours} and ${theirs}`);
		return `client ${theirs}, house ${ours} of ${whole}`;
	});

	await promise('upload: what the house has counted is no more than what the client has sent', async () => {
		const before = await counted('upload');
		const told = await tested('upload');
		const [ours, theirs] = checked('upload', told);
		// The house counts whole messages when they are there; the client counts what it has
		// handed to its network: between them lie a message, and what the kernel may hold at
		// either end of the line.
		const held = ['rmem', 'wmem'].map((end) => Number(readFileSync(`/proc/sys/net/ipv4/tcp_${end}`, 'utf8').trim().split(/\s+/)[2]));
		const between = OF_CLIENT + held[0] + held[1] + 2 * RATE * TELL_EVERY_S;
		expect(ours <= theirs + between && ours >= theirs - between, `${ours} and ${theirs}`);
		return `client ${theirs}, house ${ours}, in all ${(await counted('upload')) - before}`;
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
