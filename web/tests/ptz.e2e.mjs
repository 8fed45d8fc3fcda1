// Two operators, one camera that turns: one has it, the other sees who and until when and
// takes it when it is free; the audit tells of both. A page that goes away in the middle of
// a movement leaves no camera moving.
//
//   SHOTS=/tmp/shots node web/tests/ptz.e2e.mjs     (keeps pictures)
//
// The camera is `sim onvif`, which counts what it was told, and its picture that of
// `sim cameras`; the last promises are held to ipycam, which this project did not write.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HANG_MS, browser, expect, fit, foreign, house as newHouse, keep, logIn, promise, python, root, shots, start, targetFolder } from './house.mjs';

const WORD = 'rahasia-789';
const SIM = process.env.SIM ?? join(targetFolder, 'debug/sim');
/** Films are drawn and encoded where there are none yet. */
const FILMS_MS = 600_000;
const ANI = { username: 'ani', password: 'sungai-kahayan-pasang-24' };
const BUDI = { username: 'budi', password: 'hutan-sabangau-hujan-24' };

/** Starts a camera with motors; `tell` says a line to it and waits for what it answers. */
async function motors(program, ...args) {
	const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
	const waiting = [];
	createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
	const next = () =>
		new Promise((done, refuse) => {
			const late = setTimeout(() => refuse(new Error('the camera said nothing in time')), HANG_MS);
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
	const read = (line) => {
		if (line.startsWith('{')) return JSON.parse(line);
		const words = line.split(' ');
		return Object.fromEntries(words.flatMap((word, i) => (i % 2 ? [] : [[word, Number(words[i + 1])]])));
	};
	/** Where it is and what it was told, once that is as it should be. */
	const until = async (what, enough) => {
		const began = performance.now();
		for (;;) {
			const line = await tell('where');
			const at = read(line);
			if (enough(at)) return at;
			expect(performance.now() - began < HANG_MS, `${what}: ${line}`);
		}
	};
	return { child, port, tell, until };
}

await keep(async () => {
	const films = join(targetFolder, 'films');
	mkdirSync(films, { recursive: true });
	const pictures = await start(SIM, ['cameras', '--films', films], /^port (\d+)$/, {}, FILMS_MS);
	const camera = await motors(SIM, 'onvif', '--word', WORD, '--rtsp', `rtsp://10.255.255.1:${pictures.found[1]}/cam-1`);
	const { house, token } = await newHouse();
	const chrome = await browser();
	const broken = [];
	const open = async (person) => {
		const context = await chrome.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'id-ID', bypassCSP: true });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, person);
		return page;
	};
	for (const [name, person] of [
		['Ani Lestari', ANI],
		['Budi Santoso', BUDI]
	])
		await house.json('POST', '/api/v1/staff', { token, body: { name, ...person, grants: [{ role: 'operator', area: '62' }] } });
	const device = `http://127.0.0.1:${camera.port}/onvif/device_service`;
	const { id } = await house.json('POST', '/api/v1/cameras', {
		token,
		body: { short: 'alun', name: 'Alun-alun', area: '62.71', main: `rtsp://127.0.0.1:${pictures.found[1]}/cam-1/main` }
	});
	const admin = await open();

	await promise('a device that is asked says its profiles, and that its clock is wrong', async () => {
		await camera.tell('skew 3600');
		await admin.goto(`${house.url}/kamera/${id}`);
		expect((await admin.locator('[data-hold]').count()) === 0, 'a camera without motors has a pad');
		await admin.getByRole('button', { name: 'Gerak kamera (ONVIF)' }).click();
		const form = admin.getByRole('dialog');
		await form.getByLabel('Alamat ONVIF').fill(device);
		await form.getByLabel('Nama pengguna').fill('op');
		await form.getByLabel('Kata sandi').fill(WORD);
		await form.getByRole('button', { name: 'Tanya perangkat' }).click();
		await form.getByText('lebih cepat dari jam sistem ini').waitFor();
		await camera.tell('skew 0');
		await form.getByRole('button', { name: 'Tanya perangkat' }).click();
		await form.getByText('Jam perangkat cocok.').waitFor();
		expect((await form.getByRole('combobox', { name: 'Profil' }).inputValue()) === 'utama', 'another profile');
		for (const [label, value] of [
			['Sudut pandang terlebar (°)', '60'],
			['Pembesaran optik (kali)', '20'],
			['Jangkauan putar (°)', '360'],
			['Jangkauan tunduk (°)', '90']
		])
			await form.getByLabel(label).fill(value);
		await fit(admin);
		await shots(admin, 'ptz-onvif', { height: 1300 });
		await form.getByRole('button', { name: 'Simpan', exact: true }).click();
		await admin.locator('[data-hold="free"]').waitFor();
		expect(!(await admin.content()).includes(WORD), 'the password is on the page');
	});

	await promise('the form of a new camera is filled in by what a device says', async () => {
		await admin.goto(`${house.url}/kamera`);
		await admin.getByRole('button', { name: 'Tambah kamera' }).click();
		const form = admin.getByRole('dialog');
		await form.getByLabel('Nama pengguna').fill('op');
		await form.getByLabel('Kata sandi').fill(WORD);
		await form.getByText('Isi dari ONVIF').click();
		await form.getByLabel('Alamat ONVIF').fill(device);
		await form.getByRole('button', { name: 'Tanya perangkat' }).click();
		await form.locator('[data-profile="utama"]').getByRole('button', { name: 'Jadikan utama' }).click();
		await form.locator('[data-profile="kecil"]').getByRole('button', { name: 'Jadikan kecil' }).click();
		const filled = await form.locator('input[inputmode="url"]').evaluateAll((all) => all.map(({ value }) => value));
		expect(filled[0] === `rtsp://127.0.0.1:${pictures.found[1]}/cam-1/main`, filled.join(' '));
		expect(filled[1] === `rtsp://127.0.0.1:${pictures.found[1]}/cam-1/sub`, filled.join(' '));
		await fit(admin);
		await admin.goto(`${house.url}/kamera/${id}`);
	});

	const [ani, budi] = [await open(ANI), await open(BUDI)];
	const hold = (page, who) => page.locator(`[data-hold="${who}"]`);
	const pad = (page, way) => page.locator(`[data-way="${way}"]`);
	await promise('one takes the camera, and the other sees who has it and until when', async () => {
		for (const page of [ani, budi]) {
			await page.goto(`${house.url}/kamera/${id}`);
			await hold(page, 'free').waitFor();
		}
		await ani.getByRole('button', { name: 'Ambil kendali' }).click();
		await hold(ani, 'own').waitFor();
		await hold(budi, 'other').getByText('Dipegang Ani Lestari').waitFor();
		await budi.getByText(/^sampai \d\d\.\d\d\.\d\d bila tidak dipakai/).waitFor();
		expect((await pad(budi, 'left').count()) === 0, 'the other has a pad');
		expect((await budi.getByRole('button', { name: 'Ambil alih' }).count()) === 0, 'the other may take it over');
		await fit(ani);
		await fit(budi);
		await shots(ani, 'ptz-pemegang', { height: 1500 });
		await shots(budi, 'ptz-lain', { height: 1500 });
	});

	await promise('it turns for as long as a button is held, and stops when it is let go', async () => {
		await pad(ani, 'right').hover();
		await ani.mouse.down();
		await camera.until('it turns to the right', (at) => at.moving === 1 && at.pan > 0.1 && at.moves > 1);
		await ani.mouse.up();
		const { pan } = await camera.until('it stands', (at) => at.moving === 0 && at.stops > 0);
		return `pan ${pan}`;
	});

	await promise('the keyboard turns it too, also by a button that has the focus', async () => {
		const before = await camera.until('it stands', (at) => at.moving === 0);
		await ani.keyboard.down('ArrowUp');
		await camera.until('it tilts up', (at) => at.tilt > before.tilt + 0.02);
		await ani.keyboard.up('ArrowUp');
		await camera.until('it stands', (at) => at.moving === 0);
		await pad(ani, 'in').focus();
		await ani.keyboard.down(' ');
		await camera.until('it zooms in', (at) => at.zoom > 0.02);
		await ani.keyboard.up(' ');
		await camera.until('it stands', (at) => at.moving === 0);
	});

	await promise('it goes to places that it keeps, and keeps a new one', async () => {
		await ani.getByLabel('Posisi tersimpan').selectOption({ label: 'Gerbang' });
		await ani.getByRole('button', { name: 'Tuju' }).click();
		await camera.until('it looks at the gate', (at) => at.pan === 0.5 && at.tilt === 0);
		await ani.getByLabel('Nama posisi baru').fill('Panggung');
		await ani.getByRole('button', { name: 'Simpan posisi' }).click();
		await ani.getByLabel('Posisi tersimpan').locator('option', { hasText: 'Panggung' }).waitFor({ state: 'attached' });
	});

	await promise('what is clicked at comes into the middle', async () => {
		const picture = ani.locator('video');
		await picture.waitFor();
		await ani.getByRole('button', { name: 'Pusatkan dengan klik pada gambar' }).click();
		const box = await ani.locator('.aspect-video').first().boundingBox();
		await ani.mouse.click(box.x + box.width * 0.75, box.y + box.height / 2);
		// tan⁻¹(0.5 tan 30°) is 16.1°, and of 360° that is 0.0894 of a range of 2.
		await camera.until('it turns to the click', (at) => Math.abs(at.pan - 0.589) < 0.004);
	});

	await promise('a page that goes away in the middle of a movement leaves nothing moving', async () => {
		await ani.getByRole('button', { name: 'Pusatkan dengan klik pada gambar' }).click();
		await pad(ani, 'left').hover();
		await ani.mouse.down();
		const { stops } = await camera.until('it turns to the left', (at) => at.moving === 1);
		// As a browser that is killed: nothing says goodbye.
		await ani.context().setOffline(true);
		await camera.until('the house stops it', (at) => at.moving === 0 && at.stops > stops);
		await ani.context().setOffline(false);
		await ani.mouse.up();
	});

	await promise('who has it gives it back, and the other takes it without asking for the page anew', async () => {
		await hold(ani, 'own').waitFor();
		await ani.getByRole('button', { name: 'Lepas kendali' }).click();
		await hold(budi, 'free').waitFor();
		await budi.getByRole('button', { name: 'Ambil kendali' }).click();
		await hold(budi, 'own').waitFor();
		await hold(ani, 'other').getByText('Dipegang Budi Santoso').waitFor();
	});

	await promise('who may takes it over, and the holder is told at once', async () => {
		await hold(admin, 'other').waitFor();
		await admin.getByRole('button', { name: 'Ambil alih' }).click();
		await hold(admin, 'own').waitFor();
		await hold(budi, 'other').waitFor();
		await budi.getByText('Kendali kamera diambil alih').first().waitFor();
		await admin.getByRole('button', { name: 'Lepas kendali' }).click();
		await hold(budi, 'free').waitFor();
	});

	await promise('the audit tells of both, with what was done', async () => {
		const { items } = await house.json('GET', `/api/v1/audit?limit=100&verb=camera.turned`, { token });
		const told = items.map(({ detail }) => detail.ended_by).reverse();
		expect(told.join() === 'left,taken_over,left', told.join());
		const { deeds } = items.at(-1).detail;
		expect(deeds.moves >= 4 && deeds.cut === 1 && deeds.centred === 1, JSON.stringify(deeds));
		expect(deeds.presets.join() === 'Gerbang' && deeds.kept.join() === 'Panggung', JSON.stringify(deeds));
		await admin.goto(`${house.url}/audit`);
		for (const words of ['mengambil kendali kamera', 'selesai menggerakkan kamera', 'mengambil alih kendali kamera']) await admin.locator('tbody').getByText(words).first().waitFor();
		for (const name of ['Ani Lestari', 'Budi Santoso']) await admin.locator('tbody').getByText(name).first().waitFor();
		await shots(admin, 'ptz-audit');
		expect(broken.length === 0, broken.join(' | '));
		return JSON.stringify(deeds);
	});

	await promise('what happens before the camera is heard once somebody turns that on, with what is lost told as unknown', async () => {
		await admin.goto(`${house.url}/kamera/${id}`);
		const events = admin.locator('[data-event]');
		const word = (is) => admin.locator(`[data-listening="${is}"]`);
		await word('off').waitFor();
		await admin.getByRole('button', { name: 'Dengarkan peristiwa' }).click();
		await word('listening').waitFor();
		await camera.tell('motion on');
		await admin.locator('[data-event="motion on"]').waitFor();
		await camera.tell('input on');
		await admin.locator('[data-event="input on"]').getByText('(pintu)').waitFor();
		await camera.tell('motion off');
		await admin.locator('[data-event="motion off"]').waitFor();
		await fit(admin);
		await shots(admin, 'peristiwa', { height: 2200 });
		// It restarts and knows nobody any more.
		await camera.tell('forget');
		await admin.locator('[data-event="input unknown"]').waitFor();
		await word('listening').waitFor();
		expect((await events.count()) >= 4, `${await events.count()} events`);
		const file = await house.ask('GET', `/api/v1/cameras/${id}/events?format=csv`, { token });
		expect((await file.text()).includes('input,pintu,unknown'), 'the file tells something else');
		// Who only looks sees it, and turns nothing on or off.
		await ani.goto(`${house.url}/kamera/${id}`);
		await ani.locator('[data-event="motion off"]').first().waitFor();
		expect((await ani.getByRole('button', { name: 'Berhenti mendengarkan' }).count()) === 0, 'an operator may end it');
		await admin.getByRole('button', { name: 'Berhenti mendengarkan' }).click();
		await word('off').waitFor();
		return camera.tell('events');
	});

	await promise('a camera that this project did not write is asked, turned and stopped', async () => {
		const other = await motors(python, join(foreign, 'onvif_camera.py'), join(root, '.tools/ipycam'), 'op', WORD);
		const address = `http://127.0.0.1:${other.port}/onvif/device_service`;
		const probe = await house.json('POST', '/api/v1/cameras/probe/onvif', { token, body: { address, username: 'op', password: WORD } });
		const [profile] = probe.profiles;
		expect(probe.turns && !probe.clock_wrong && profile.stream.startsWith('rtsp://127.0.0.1'), JSON.stringify(probe));
		const wrong = await house.ask('POST', '/api/v1/cameras/probe/onvif', { token, body: { address, username: 'op', password: 'salah' } });
		expect(wrong.status === 503 && (await wrong.text()).includes('password'), `${wrong.status}`);
		await house.json('PUT', `/api/v1/cameras/${id}/onvif`, { token, body: { address, profile: profile.token, username: 'op', password: WORD, turns: true, optics: { wide_deg: 60, times: 1, pan_deg: 360, tilt_deg: 90 } } });
		const ptz = (what, body) => house.json('POST', `/api/v1/cameras/${id}/ptz/${what}`, { token, body });
		await ptz('hold', {});
		await ptz('move', { pan: 0.8 });
		await other.until('it turns', (at) => at.moving && at.pan > 0);
		await ptz('move', {});
		await other.until('it stands', (at) => !at.moving);
		await ptz('presets', { name: 'Panggung' });
		const at = await other.until('it stands', (at) => !at.moving);
		await ptz('centre', { x: 0.25, y: 0.5 });
		await other.until('it turns to the click', ({ pan }) => Math.abs(pan - at.pan + 0.0894) < 0.02);
		const { items } = await house.json('GET', `/api/v1/cameras/${id}/ptz/presets`, { token });
		await ptz('go', { preset: items.find(({ name }) => name === 'Panggung').token });
		await other.until('it is where it was', ({ pan }) => Math.abs(pan - at.pan) < 0.01);
		// Nobody says any more that it shall go on.
		await ptz('move', { tilt: 0.5 });
		await other.until('it turns', ({ moving }) => moving);
		await other.until('the house stops it', ({ moving }) => !moving);
		other.child.stdin.end();
	});

	camera.child.stdin.end();
	await chrome.close();
});
