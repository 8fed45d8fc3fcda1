// Who adds cameras calls out into a network and sees who answers: what is registered already,
// what lies about where it is, and what can be taken over into the form of a camera or of a
// recorder.
//
//   SHOTS=/tmp/shots node web/tests/discover.e2e.mjs     (keeps pictures)
//
// All of it is on 127.0.0.1. Two devices are `sim onvif`, one is ipycam, which this project
// did not write. Others on this machine may answer too, and are left alone.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HANG_MS, browser, expect, fit, foreign, house as newHouse, keep, logIn, promise, python, root, shots, targetFolder } from './house.mjs';

const WORD = 'rahasia-789';
const SIM = process.env.SIM ?? join(targetFolder, 'debug/sim');
const LOOP = '127.0.0.1';

/** Starts a device that is heard on the network; `tell` says a line to it. */
async function device(program, ...args) {
	const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
	const waiting = [];
	createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
	const next = () =>
		new Promise((done, refuse) => {
			const late = setTimeout(() => refuse(new Error('the device said nothing in time')), HANG_MS);
			waiting.push((line) => {
				clearTimeout(late);
				done(line);
			});
		});
	const port = /^port (\d+)$/.exec(await next())[1];
	const tell = (line) => {
		const answer = next();
		child.stdin.write(`${line}\n`);
		return answer;
	};
	return { child, port, tell, address: `http://${LOOP}:${port}/onvif/device_service` };
}

await keep(async () => {
	const sim = (name) => device(SIM, 'onvif', '--word', WORD, '--rtsp', 'rtsp://10.255.255.1:9/cam-1', '--heard', LOOP, '--name', name);
	const [gate, other] = [await sim('Gerbang%20pelabuhan'), await sim('Pos%20jaga')];
	const strange = await device(python, join(foreign, 'onvif_camera.py'), join(root, '.tools/ipycam'), 'op', WORD, 'heard');
	const { house, token } = await newHouse();
	const chrome = await browser();
	const context = await chrome.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'id-ID', bypassCSP: true });
	const page = await context.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	await logIn(page, house.url);
	const devices = page.locator('[data-device]');
	/** Searches on loopback alone, and waits for the end. */
	const search = async () => {
		for (const box of await page.getByRole('checkbox').all()) await box.setChecked((await box.locator('xpath=..').innerText()).startsWith(`${LOOP}/`));
		await page.getByRole('button', { name: 'Cari sekarang' }).click();
		await page.locator('[data-search="running"]').waitFor();
		await page.locator('[data-search="done"]').waitFor();
	};
	const of = (text) => devices.filter({ hasText: text });

	await promise('a house that may not call into its networks says so, and a network that is none is refused', async () => {
		const refused = await house.ask('POST', '/api/v1/discovery', { token, body: { from: ['10.9.9.9'] } });
		expect(refused.status === 422, `${refused.status}`);
		const { networks, search } = await house.json('GET', '/api/v1/discovery', { token });
		expect(networks.some(({ address }) => address === LOOP) && search === null, JSON.stringify(networks));
	});

	await promise('what answers is listed once, and the end says what it does not see', async () => {
		await page.goto(`${house.url}/kamera`);
		await page.getByRole('link', { name: 'Cari di jaringan ini' }).first().click();
		await page.getByText('Tidak ada yang ditambahkan').waitFor();
		await fit(page);
		await shots(page, 'cari-awal');
		await search();
		await page.getByText(/Jawaban diterima dari \d+ alat; kamera di jaringan lain tidak terlihat/).waitFor();
		for (const each of [gate, other, strange]) expect((await devices.filter({ has: page.getByText(each.address, { exact: true }) }).count()) === 1, `${each.address} is not there once`);
		expect((await of('Gerbang pelabuhan').count()) === 1 && (await of('SIM-PTZ').count()) >= 2, 'names are not those of the devices');
		await fit(page);
		await shots(page, 'cari-hasil');
		return `${await devices.count()} devices`;
	});

	await promise('a machine that a device names beside its own is told and not asked', async () => {
		await of('Gerbang pelabuhan').getByText('menyebut juga 10.255.255.1, yang tidak dihubungi').waitFor();
		await gate.tell('xaddrs http://169.254.169.254/latest http://10.9.9.9:22/x');
		await search();
		const liar = of('Gerbang pelabuhan');
		await liar.getByText('menyebut juga 169.254.169.254, 10.9.9.9, yang tidak dihubungi').waitFor();
		await liar.getByText(`http://${LOOP}/latest`).waitFor();
		await gate.tell(`xaddrs ${gate.address}`);
	});

	await promise('two who search at once see one search', async () => {
		const [one, two] = await Promise.all([1, 2].map(() => house.ask('POST', '/api/v1/discovery', { token, body: { from: [LOOP] } })));
		expect([one.status, two.status].sort().join() === '202,409', `${one.status} ${two.status}`);
		await page.reload();
		await page.locator('[data-search="done"]').waitFor();
	});

	await promise('a camera is taken over, filled in by what the device says, and is registered from then on', async () => {
		await of('Gerbang pelabuhan').getByRole('button', { name: 'Tambah sebagai kamera' }).click();
		const form = page.getByRole('dialog');
		expect((await form.getByLabel('Alamat ONVIF').inputValue()) === gate.address, 'another address');
		expect((await form.getByLabel('Nama kamera').inputValue()) === 'Gerbang pelabuhan', 'another name');
		await form.getByLabel('Nama pengguna').fill('op');
		await form.getByLabel('Kata sandi').fill(WORD);
		await form.getByRole('button', { name: 'Tanya perangkat' }).click();
		await form.locator('[data-profile="utama"]').getByRole('button', { name: 'Jadikan utama' }).click();
		const [main] = await form.locator('input[inputmode="url"]').evaluateAll((all) => all.map(({ value }) => value));
		expect(main === `rtsp://${LOOP}:9/cam-1/main`, main);
		await fit(page);
		await page.keyboard.press('Escape');
		await house.json('POST', '/api/v1/cameras', { token, body: { short: 'gerbang', name: 'Gerbang', area: '62.71', main } });
		await page.reload();
		await of('Gerbang pelabuhan').getByText('sudah terdaftar').waitFor();
		await of('Gerbang pelabuhan').getByRole('link', { name: 'Gerbang', exact: true }).waitFor();
	});

	await promise('a recorder is taken over with its address', async () => {
		await of('Pos jaga').getByRole('button', { name: 'Tambah sebagai perekam' }).click();
		const form = page.getByRole('dialog');
		expect((await form.getByLabel('Nama perekam').inputValue()) === 'Pos jaga', 'another name');
		expect((await form.getByPlaceholder('10.20.3.14').inputValue()) === LOOP, 'another address');
		await fit(page);
		await page.keyboard.press('Escape');
	});

	await promise('who may see cameras only may not search, and the audit tells who did', async () => {
		const person = { username: 'ani', password: 'sungai-kahayan-pasang-24' };
		await house.json('POST', '/api/v1/staff', { token, body: { name: 'Ani', ...person, grants: [{ role: 'operator', area: '62' }] } });
		const cookie = await house.login(person);
		for (const [method, body] of [['GET'], ['POST', { from: [LOOP] }]]) {
			const { status } = await house.ask(method, '/api/v1/discovery', { cookie, body });
			expect(status === 403, `${method} ${status}`);
		}
		const { items } = await house.json('GET', '/api/v1/audit?verb=camera.discovered', { token });
		expect(items.length === 3 && items.every(({ subject }) => subject === LOOP), JSON.stringify(items));
		await page.goto(`${house.url}/audit`);
		await page.locator('tbody').getByText('jaringan dicari untuk kamera').first().waitFor();
		expect(broken.length === 0, broken.join(' | '));
	});

	for (const each of [gate, other, strange]) each.child.stdin.end();
	await chrome.close();
});
