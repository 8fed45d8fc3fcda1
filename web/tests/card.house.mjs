// What the tests of the card ask of a house before they look at a page: lists brought in and
// examined by its API.
import { HANG_MS, expect } from './house.mjs';

/** Reads until it is right. */
export async function until(read, right, what) {
	for (const begun = Date.now(); ; ) {
		const now = await read();
		if (right(now)) return now;
		expect(Date.now() - begun < HANG_MS, `${what} did not come: ${JSON.stringify(now).slice(0, 300)}`);
		await new Promise((done) => setTimeout(done, 50));
	}
}

/** Brings a list in, whole. */
export async function bring({ house, token }, kind, text, source) {
	const sent = await fetch(`${house.url}/api/v1/card/imports?kind=${kind}&name=${kind}.csv`, { method: 'POST', body: text, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' } });
	expect(sent.status === 201, `${kind} → ${sent.status} ${await sent.clone().text()}`);
	const { id } = await sent.json();
	const read = () => house.json('GET', `/api/v1/card/imports/${id}`, { token });
	const { found } = await until(read, ({ state }) => state === 'read' || state === 'failed', `the report of ${kind}`);
	expect(found.refused === 0, `${kind}: ${JSON.stringify(found.points)}`);
	await house.json('POST', `/api/v1/card/imports/${id}/commit`, { token, body: { leave_out: 0, source } });
	const { state } = await until(read, ({ state }) => state === 'written' || state === 'failed', `the list of ${kind}`);
	expect(state === 'written', `${kind} is ${state}`);
}

/** Has all lists examined. */
export async function examine({ house, token }, yardstick) {
	const { number } = await house.json('POST', '/api/v1/card/runs', { token, body: yardstick });
	const read = async () => (await house.json('GET', '/api/v1/card/runs', { token })).items.find((run) => run.number === number);
	const { state } = await until(read, ({ state }) => state !== 'working', `examination ${number}`);
	expect(state === 'done', `examination ${number} is ${state}`);
}
