// The house held against its own description: schemathesis sends every operation what
// it may and what it must not be sent, by the description that the house serves, so a
// new route is covered by itself.
//
//   SEED=7 EXAMPLES=200 node web/tests/contract.e2e.mjs     (searches elsewhere, longer)
//
// All checks are on; web/tests/schemathesis.toml says which answers each takes for right.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN, binary, expect, house as newHouse, keep, promise, root, run } from './house.mjs';

const seed = process.env.SEED ?? '2026';
const examples = process.env.EXAMPLES ?? '20';
const schemathesis = join(root, '.tools/schemathesis/bin/st');

/** Every operation of a description, as `METHOD /path`. */
function operations(description) {
	const methods = ['get', 'put', 'post', 'delete', 'patch'];
	return Object.entries(description.paths).flatMap(([path, item]) =>
		methods.filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${path}`)
	);
}

/** Runs schemathesis to its end: what it printed, and what it found out, by operation. */
async function hold(url, token) {
	const folder = mkdtempSync(join(tmpdir(), 'betang-contract-'));
	const report = join(folder, 'report.ndjson');
	const settings = ['--config-file', join(root, 'web/tests/schemathesis.toml'), '--no-color'];
	const output = ['--report', 'ndjson', '--report-ndjson-path', report];
	const env = { ...process.env, TOKEN: token, PYTHONPATH: join(root, 'web/tests'), PYTHONDONTWRITEBYTECODE: '1' };
	const ran = await run(
		schemathesis,
		[...settings, 'run', `${url}/api/v1/openapi.json`, '--seed', seed, '--max-examples', examples, ...output],
		{ cwd: folder, maxBuffer: 256 << 20, env }
	).catch((error) => error);
	const found = new Map();
	for (const line of readFileSync(report, 'utf8').trim().split('\n')) {
		const event = JSON.parse(line);
		const ended = event.ScenarioFinished;
		if (ended && ended.phase !== 'stateful') {
			found.set(ended.recorder.label, [...(found.get(ended.recorder.label) ?? []), ended.status]);
		}
		// Said of no operation, or of one that could not be tried at all.
		if (event.NonFatalError) found.set(event.NonFatalError.label, ['error', event.NonFatalError.value.message]);
	}
	rmSync(folder, { recursive: true });
	return { code: ran.code ?? 0, printed: ran.stdout, found };
}

await keep(async () => {
	const { house, token, data } = await newHouse();
	const description = await house.json('GET', '/api/v1/openapi.json', { token });
	const { code, printed, found } = await hold(house.url, token);
	for (const operation of operations(description)) {
		await promise(operation, () => {
			const ends = found.get(operation) ?? [];
			expect(ends.includes('success'), `was not tried: ${ends.join(', ') || 'nothing was said of it'}`);
			expect(ends.every((end) => ['success', 'skip'].includes(end)), ends.join(', '));
		});
	}
	await promise('one operation after the other, and all together', () => expect(code === 0, printed));
	await promise('after all that the house is well and its chain whole', async () => {
		expect((await house.ask('GET', '/readyz')).ok, 'it is not ready');
		// The key that everything was tried with may have been revoked by that.
		const cookie = await house.login(ADMIN);
		await house.json('GET', '/api/v1/session', { cookie });
		const { stdout } = await run(binary, ['audit', 'verify', '--data', data]);
		return stdout.trim();
	});
});
