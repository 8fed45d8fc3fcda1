// A phone in a village: what was downloaded opens in a browser that is started anew while
// there is no house to be reached; photograph, place and code are kept and come to the
// house once, whatever is lost on the way; and where the house knows more, a person decides.
//
//   SHOTS=FOLDER node web/tests/lapangan.e2e.mjs     (keeps pictures of the pages)
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { expect, house as newHouse, keep, logIn, promise, root } from './house.mjs';

const PASSWORD = 'jembatan kahayan';
const ANI = { username: 'ani', password: PASSWORD };
const BUDI = { username: 'budi', password: PASSWORD };
const VILLAGE = '62.11.05.2004';
const axe = readFileSync(join(root, 'web/node_modules/axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

/** A line that can be cut in the middle of an answer, between a browser and the house. */
async function thread(target) {
	const line = { swallow: null, spoil: null };
	const server = createServer((incoming, answer) => {
		const { hostname, port } = new URL(target);
		const onward = ask({ hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers }, (got) => {
			if (line.swallow?.(incoming)) {
				// The house has done it, and nobody hears so.
				got.resume();
				got.on('end', () => line.swallowed());
				return;
			}
			if (line.spoil?.(incoming, answer)) return got.resume();
			answer.writeHead(got.statusCode, got.headers);
			got.pipe(answer);
		});
		onward.on('error', () => answer.destroy());
		answer.on('close', () => onward.destroy());
		incoming.pipe(onward);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	line.url = `http://127.0.0.1:${server.address().port}`;
	line.close = () => server.closeAllConnections() || server.close();
	return line;
}

/** A JPEG that says it lies on its side (EXIF orientation 6), as telephones write them. */
function onItsSide(jpeg) {
	const tiff = Buffer.from('4d4d002a00000008000101120003000000010006000000000000', 'hex');
	const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
	const head = Buffer.from([0xff, 0xe1, 0, 0]);
	head.writeUInt16BE(body.length + 2, 2);
	return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

await keep(async () => {
	const { house, token, stop, again } = await newHouse();
	const line = await thread(house.url);
	const profile = mkdtempSync(join(tmpdir(), 'betang-phone-'));
	const admin = (method, path, body) => house.json(method, path, { token, body });
	const steps = async (id) => (await admin('GET', `/api/v1/points/${id}/steps`)).items;
	const people = {};
	for (const [who, name] of [[ANI, 'Ani Uji'], [BUDI, 'Budi Uji']]) {
		people[who.username] = await admin('POST', '/api/v1/staff', { name, ...who, grants: [{ role: 'petugas', area: '62.11' }] });
	}
	const point = async (name) => (await admin('POST', '/api/v1/points', { name, kind: 'kantor_desa', village: VILLAGE, point: { lat_deg: -2.7, lon_deg: 114.2 } })).id;
	const names = ['Kantor Desa', 'Sekolah', 'Pustu', 'Balai', 'Dermaga', 'Pasar', 'Gereja'];
	const points = {};
	for (const name of names) points[name] = await point(name);
	const site = await admin('POST', '/api/v1/sites', { name: 'Kotak Satu', kind: 'kantor_desa', area: VILLAGE, contact_name: 'Siti Uji', contact_phone: '0800 1' });
	const code = await admin('POST', `/api/v1/sites/${site.id}/codes`, {});
	const other = await admin('POST', '/api/v1/sites', { name: 'Kotak Dua', kind: 'kantor_desa', area: VILLAGE });
	const otherCode = await admin('POST', `/api/v1/sites/${other.id}/codes`, {});

	const broken = [];
	let context, page;
	/** Starts the browser of the phone, with what it has kept. */
	async function phone({ offline = false, theme = 'light' } = {}) {
		context = await chromium.launchPersistentContext(profile, {
			executablePath: '/usr/bin/chromium',
			args: ['--no-sandbox', '--disable-background-networking', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
			viewport: { width: 360, height: 740 },
			hasTouch: true,
			isMobile: true,
			locale: 'id-ID',
			timezoneId: 'Asia/Pontianak',
			colorScheme: theme,
			bypassCSP: false,
			offline
		});
		page = context.pages()[0] ?? (await context.newPage());
		page.on('pageerror', (error) => broken.push(String(error)));
	}
	const open = (query = '') => page.goto(`${line.url}/lapangan${query}`);
	const button = (name) => page.getByRole('button', { name, exact: true });
	const next = async () => page.getByRole('button', { name: /^(Lanjut|Lewati)$/ }).click();
	const entries = (within = page) => within.getByRole('article');
	const standing = (is, within = page) => within.locator(`article[data-standing="${is}"]`).first().waitFor();
	const begin = async (name, step) => {
		await open(`?titik=${points[name]}&langkah=${step}`);
		await page.getByRole('heading', { level: 1, name: /Kapan|Kode/ }).waitFor();
	};
	/** What lies in the browser's database, read past the page. */
	const kept = (store) =>
		page.evaluate(
			(store) =>
				new Promise((done, refuse) => {
					const opening = indexedDB.open('betang-lapangan');
					opening.onerror = () => refuse(opening.error);
					opening.onsuccess = () => {
						const all = opening.result.transaction(store).objectStore(store).getAll();
						all.onsuccess = () => {
							opening.result.close();
							done(all.result.map((one) => (one instanceof ArrayBuffer ? [...new Uint8Array(one)] : one)));
						};
					};
				}),
			store
		);
	async function picture(name) {
		if (!shots) return;
		for (const [width, height] of [[360, 740], [1920, 1080]]) {
			for (const theme of ['light', 'dark']) {
				await page.setViewportSize({ width, height });
				await page.emulateMedia({ colorScheme: theme });
				writeFileSync(join(shots, `lapangan-${name}-${width}-${theme}.png`), await page.screenshot());
			}
		}
		await page.setViewportSize({ width: 360, height: 740 });
		await page.emulateMedia({ colorScheme: 'light' });
	}

	let jpeg;
	await promise('the work of a regency is fetched, and the page itself is kept', async () => {
		await phone();
		await logIn(page, line.url, ANI);
		await open('?bagian=unduh');
		await page.getByLabel('Kabupaten/Kota').selectOption('62.11');
		await button('Unduh untuk lapangan').click();
		await page.getByText(`${names.length} titik`).waitFor();
		await page.getByText('tersimpan di ponsel dan terbuka tanpa sinyal').waitFor();
		const caches_ = await page.evaluate(async () => {
			const [name] = await caches.keys();
			return (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname);
		});
		expect(caches_.includes('/lapangan') && !caches_.some((path) => path.startsWith('/api')), caches_.join(' '));
		await picture('unduh');
		// A picture as a telephone takes it, with noise that does not pack.
		const text = await page.evaluate(() => {
			const canvas = Object.assign(document.createElement('canvas'), { width: 2400, height: 1800 });
			const pen = canvas.getContext('2d');
			const image = pen.createImageData(2400, 1800);
			let dice = 7;
			for (let i = 0; i < image.data.length; i += 4) {
				dice = (Math.imul(dice, 1_664_525) + 1_013_904_223) >>> 0;
				for (let part = 0; part < 3; part += 1) image.data[i + part] = 128 + (((dice >>> (8 * part)) & 127) - 64) + ((i >> 9) & 31);
				image.data[i + 3] = 255;
			}
			pen.putImageData(image, 0, 0);
			return canvas.toDataURL('image/jpeg', 0.92).split(',')[1];
		});
		jpeg = onItsSide(Buffer.from(text, 'base64'));
		expect(jpeg.length > 2_000_000, `${jpeg.length} octets`);
		return `${caches_.length} files; a photograph of ${jpeg.length} octets`;
	});

	await promise('a browser that is started anew without any line opens it', async () => {
		await context.close();
		await stop();
		await phone({ offline: true });
		await open();
		await page.getByRole('heading', { level: 1, name: 'Tugas' }).waitFor();
		await page.getByText('Kantor Desa', { exact: true }).waitFor();
		await page.getByText('Tanpa sinyal').waitFor();
		const rows = await page.getByRole('main').getByRole('listitem').count();
		expect(rows === names.length, `${rows} points`);
		await picture('tugas');
		await page.getByRole('link', { name: /^Kantor Desa/ }).click();
		await page.getByRole('link', { name: 'Disurvei', exact: true }).waitFor();
		await picture('titik');
	});

	await promise('a photograph and a place are taken, and a draft outlives the browser', async () => {
		await context.grantPermissions(['geolocation'], { origin: line.url });
		await context.setGeolocation({ latitude: -2.701, longitude: 114.2, accuracy: 12 });
		await begin('Kantor Desa', 'surveyed');
		await next();
		await button('Ambil lokasi').click();
		await page.getByRole('main').getByText('Ketelitian ±12 m.').waitFor();
		const far = await page.getByText(/m dari letak titik/).innerText();
		expect(/\b111 m/.test(far), far);
		await next();
		await page.setInputFiles('input[type="file"]', { name: 'foto.jpg', mimeType: 'image/jpeg', buffer: jpeg });
		await page.getByText(/kB, siap dikirim/).waitFor();
		await picture('foto');
		const [octets] = await kept('photos');
		expect(octets.length <= 300_000 && octets.length > 20_000, `${octets.length} octets`);
		const size = await page.evaluate(async (octets) => {
			const bitmap = await createImageBitmap(new Blob([new Uint8Array(octets)], { type: 'image/jpeg' }));
			return [bitmap.width, bitmap.height];
		}, octets);
		expect(size[1] > size[0], `it stands upright: ${size}`);
		expect(!Buffer.from(octets).includes('Exif'), 'what the camera had noted is left behind');
		await context.close();
		await phone({ offline: true });
		await open(`?titik=${points['Kantor Desa']}`);
		await page.getByText('Belum selesai: Disurvei').waitFor();
		await page.getByRole('link', { name: 'Lanjutkan' }).click();
		await page.getByRole('img', { name: 'Foto: Disurvei' }).waitFor();
		return `${jpeg.length} octets became ${octets.length}, ${size.join(' × ')}`;
	});

	await promise('it is saved on the phone, once, however often it is pressed', async () => {
		await next();
		await page.getByRole('textbox', { name: 'Catatan' }).fill('Bertemu kepala desa');
		await next();
		await page.getByRole('heading', { level: 1, name: /Periksa/ }).waitFor();
		await picture('periksa');
		await page.evaluate(() => {
			const save = [...document.querySelectorAll('button')].find((one) => one.textContent.trim() === 'Simpan di ponsel');
			save.click();
			save.click();
		});
		await standing('saved');
		expect((await kept('entries')).length === 1 && (await kept('drafts')).length === 0, 'one entry, no draft');
		await page.getByRole('link', { name: '1 belum diterima' }).waitFor();
		// The next step rests on this one, also without a line.
		await page.getByRole('link', { name: 'Dihibahkan', exact: true }).waitFor();
	});

	await promise('the line is back: it is accepted, and the house holds one step and one photograph', async () => {
		await again();
		await context.setOffline(false);
		await standing('accepted');
		await page.getByRole('link', { name: 'Semua diterima' }).waitFor();
		const said = await steps(points['Kantor Desa']);
		expect(said.length === 1 && said[0].step.to === 'surveyed' && said[0].by === people.ani.id, JSON.stringify(said));
		const { photo, gps, note } = said[0].step;
		expect(Math.abs(gps.lat_deg + 2.701) < 1e-6 && /^Bertemu kepala desa \[GPS ±12 m, /.test(note), JSON.stringify(said[0].step));
		const octets = Buffer.from(await (await house.ask('GET', `/api/v1/points/${points['Kantor Desa']}/photos/${photo}`, { token })).arrayBuffer());
		expect(createHash('sha256').update(octets).digest('hex') === photo && octets.length <= 300_000, `${octets.length} octets`);
		const audit = await admin('GET', '/api/v1/audit?verb=point.photographed&limit=100');
		expect(audit.items.length === 1, `${audit.items.length} photographs`);
		expect((await kept('photos')).length === 0, 'the phone has let its photograph go');
	});

	await promise('the browser dies between a step and its answer: it is there once', async () => {
		await begin('Sekolah', 'surveyed');
		for (let question = 0; question < 4; question += 1) await next();
		const lost = new Promise((done) => (line.swallowed = done));
		line.swallow = ({ method, url }) => method === 'POST' && url.endsWith('/steps');
		await button('Simpan di ponsel').click();
		await lost;
		await standing('sent');
		await context.close();
		line.swallow = null;
		expect((await steps(points.Sekolah)).length === 1, 'the house has it');
		await phone({ offline: true });
		await open('?bagian=kirim');
		await standing('sent');
		await context.setOffline(false);
		await page.getByRole('link', { name: 'Semua diterima' }).waitFor();
		const said = await steps(points.Sekolah);
		expect(said.length === 1, `${said.length} steps`);
	});

	await promise('somebody else was there: both are shown, and it is said as a late report', async () => {
		await context.setOffline(true);
		await begin('Pustu', 'surveyed');
		await page.getByLabel('Waktu lain').first().check();
		await page.locator('input[type="datetime-local"]').fill('2026-01-05T09:30');
		for (let question = 0; question < 4; question += 1) await next();
		await button('Simpan di ponsel').click();
		await standing('saved');
		await admin('POST', `/api/v1/points/${points.Pustu}/steps`, { to: 'granted', happened_us: Date.UTC(2026, 1, 1) * 1000, note: 'NPHD 12' });
		await context.setOffline(false);
		await standing('conflict');
		const text = await page.locator('article[data-standing="conflict"]').innerText();
		expect(/Di ponsel ini[\s\S]*Disurvei[\s\S]*Di pusat[\s\S]*Dihibahkan[\s\S]*petugas lain/.test(text), text);
		expect((await steps(points.Pustu)).length === 1, 'nothing was written over');
		await picture('bentrok');
		await button('Kirim juga sebagai laporan').click();
		await standing('accepted');
		const [, late] = await steps(points.Pustu);
		expect(late.step.to === 'surveyed' && late.step.happened_us === Date.UTC(2026, 0, 5, 2, 30) * 1000, JSON.stringify(late));
		expect((await admin('GET', `/api/v1/points/${points.Pustu}`)).state === 'granted', 'it is where it was');
	});

	await promise('a point that was taken off: it is put away with a reason, and stays to be seen', async () => {
		await context.setOffline(true);
		await begin('Balai', 'refused');
		for (let question = 0; question < 3; question += 1) await next();
		await button('Simpan di ponsel').click();
		await standing('saved');
		await admin('POST', `/api/v1/points/${points.Balai}/retirement`, { why: 'dipindahkan' });
		await context.setOffline(false);
		await standing('conflict');
		expect((await button('Kirim juga sebagai laporan').count()) === 0, 'it cannot be said any more');
		await page.getByRole('button', { name: 'Buang …' }).click();
		expect(await button('Buang').isDisabled(), 'a reason is asked for');
		await page.getByLabel('Mengapa dibuang?').fill('Titik sudah dilepas');
		await button('Buang').click();
		await standing('discarded');
		await page.getByText('“Titik sudah dilepas”').waitFor();
		await page.getByRole('link', { name: 'Semua diterima' }).waitFor();
	});

	await promise('the session ended meanwhile: it stays, and goes under no other name', async () => {
		await context.setOffline(true);
		await begin('Dermaga', 'surveyed');
		for (let question = 0; question < 4; question += 1) await next();
		await button('Simpan di ponsel').click();
		await standing('saved');
		const sessions = (await admin('GET', '/api/v1/sessions?all=true')).items.filter((one) => one.person.id === people.ani.id);
		for (const one of sessions) expect((await house.ask('DELETE', `/api/v1/sessions/${one.id}`, { token })).ok, 'a session ends');
		expect(sessions.length > 0, 'there was one');
		await context.setOffline(false);
		await page.getByText('Sesi berakhir').waitFor();
		await standing('saved');
		await picture('sesi');
		const log = async (who) => {
			await logIn(page, line.url, who);
			await open('?bagian=kirim');
		};
		await log(BUDI);
		await page.getByText('Dikirim setelah Ani Uji masuk').waitFor();
		await button('Kirim sekarang').click();
		await page.waitForFunction(() => ![...document.querySelectorAll('button')].some((one) => one.textContent.includes('Mengirim')));
		expect((await steps(points.Dermaga)).length === 0, 'not in the name of another');
		// What Ani has downloaded is not shown to him.
		await open();
		await page.getByText('Belum ada yang diunduh').waitFor();
		await context.clearCookies();
		await log(ANI);
		await page.getByRole('link', { name: 'Semua diterima' }).waitFor();
		const said = await steps(points.Dermaga);
		expect(said.length === 1 && said[0].by === people.ani.id, JSON.stringify(said));
	});

	await promise('a code that is mistyped is told at once, and the right one links the box without using it up', async () => {
		await open('?bagian=unduh');
		await page.getByLabel('Kabupaten/Kota').selectOption('62.11');
		await page.getByLabel('Kecamatan').selectOption('62.11.05');
		await button('Unduh untuk lapangan').click();
		await page.getByText(`${names.length - 1} titik`).waitFor();
		await context.setOffline(true);
		await begin('Pasar', 'kode');
		const wrong = (code.short[0] === '7' ? '8' : '7') + code.short.slice(1);
		await page.getByLabel('Ketik kode').fill(wrong);
		await page.getByText('Salah ketik').waitFor();
		expect(await page.getByRole('button', { name: 'Lewati' }).isDisabled(), 'without a code there is nothing to say');
		await picture('kode');
		await page.getByLabel('Ketik kode').fill(code.short.toLowerCase().replaceAll('-', ' '));
		await page.getByText(`Kode ${code.short} terbaca`).waitFor();
		await next();
		await button('Simpan di ponsel').click();
		await standing('saved');
		await context.setOffline(false);
		await standing('accepted');
		expect((await admin('GET', `/api/v1/points/${points.Pasar}`)).site === site.id, 'the box stands there');
		const shown = await admin('GET', `/api/v1/sites/${site.id}`);
		expect(shown.state === 'claimed' && shown.code_until_us > 0, JSON.stringify(shown));
		const left = JSON.stringify(await kept('entries'));
		expect(!left.includes(code.short.replaceAll('-', '')), 'the phone keeps no code that it has told');
		const box = page.getByText('Perangkat: Kotak Satu');
		await box.waitFor();
		await page.getByRole('link', { name: /0800 1/ }).waitFor();
	});

	await promise('a QR is read where the browser can, and what is none of ours is told', async () => {
		// Debian's browser has no reader of its own: this one stands in its place.
		await context.addInitScript((ticket) => {
			let looks = 0;
			globalThis.BarcodeDetector = class {
				async detect(screen) {
					if (!(screen.videoWidth > 0)) throw new Error('no picture');
					looks += 1;
					return [{ rawValue: looks < 3 ? 'https://example.org/menu' : ticket }];
				}
			};
		}, otherCode.ticket);
		await begin('Gereja', 'kode');
		await button('Pindai QR').click();
		await page.getByText('bukan QR perangkat').waitFor();
		await page.getByText(/^Kode \w{26} terbaca/).waitFor();
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		expect(wide <= 0, `${wide} px wider than the screen`);
		await next();
		await button('Simpan di ponsel').click();
		await standing('accepted');
		expect((await admin('GET', `/api/v1/points/${points.Gereja}`)).site === other.id, 'the box stands there');
	});

	await promise('without a place it goes on, and the reason is noted', async () => {
		await context.clearPermissions();
		await begin('Gereja', 'absent');
		await next();
		await button('Ambil lokasi').click();
		await page.getByRole('main').getByText('Izin lokasi ditolak').waitFor();
		await next();
		await page.getByRole('textbox', { name: 'Catatan' }).fill('Kantor terkunci');
		await next();
		await button('Simpan di ponsel').click();
		await page.locator('article[data-standing="accepted"]').filter({ hasText: 'tidak di tempat' }).waitFor();
		const [said] = await steps(points.Gereja);
		expect(said.step.gps === null && said.step.note === 'Kantor terkunci [tanpa GPS: Izin lokasi ditolak]', JSON.stringify(said));
	});

	await promise('a build that comes in half is not taken, and a whole one when its reader wants it', async () => {
		const renewed = (text) => ({ url }, answer) => {
			if (url !== '/service-worker.js') return false;
			answer.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-cache' });
			answer.end(text);
			return true;
		};
		const worker = await (await house.ask('GET', '/service-worker.js')).text();
		/** Looks for another worker; how its installation ended. */
		const update = () =>
			page.evaluate(async () => {
				const registration = await navigator.serviceWorker.getRegistration('/lapangan');
				let [found, why] = [false, ''];
				const ended = new Promise((done) => {
					const follow = () => {
						found = true;
						const { installing } = registration;
						if (!installing) return done(registration.waiting ? 'installed' : 'redundant');
						installing.addEventListener('statechange', () => ['installed', 'redundant'].includes(installing.state) && done(installing.state));
					};
					registration.addEventListener('updatefound', follow, { once: true });
				});
				// One that is asked for while another look goes on is that look, and finds what it finds.
				for (const began = Date.now(); !found && Date.now() - began < 20_000; await new Promise(requestAnimationFrame)) await registration.update().catch((error) => (why = String(error)));
				return found ? ended : `nothing new ${why}`;
			});
		await open();
		const half = renewed(`${worker}\n// another`);
		line.spoil = (incoming, answer) => {
			if (incoming.url !== '/lapangan.json') return half(incoming, answer);
			answer.writeHead(200, { 'content-type': 'application/json' });
			answer.end('["/_app/immutable/of-another-build.js"]');
			return true;
		};
		const first = await update();
		expect(first === 'redundant', `half of it: ${first}`);
		line.spoil = renewed(`${worker}\n// the one after it`);
		const second = await update();
		expect(second === 'installed', `all of it: ${second}`);
		await page.getByText('Versi baru halaman ini siap').waitFor();
		await Promise.all([page.waitForEvent('load'), button('Pakai').click()]);
		await page.getByRole('heading', { level: 1, name: 'Tugas' }).waitFor();
		line.spoil = null;
		await context.setOffline(true);
		await page.reload();
		await page.getByRole('heading', { level: 1, name: 'Tugas' }).waitFor();
		await context.setOffline(false);
	});

	await promise('a phone that is full says so, and what was there stays', async () => {
		// A browser remembers for a while how much room there was: this one begins without any.
		await context.close();
		await phone();
		const network = await context.newCDPSession(page);
		await network.send('Storage.overrideQuotaForOrigin', { origin: line.url, quotaSize: 1 });
		await begin('Gereja', 'surveyed');
		await next();
		await next();
		await page.setInputFiles('input[type="file"]', { name: 'foto.jpg', mimeType: 'image/jpeg', buffer: jpeg });
		await page.getByText('Memori ponsel penuh').waitFor();
		expect((await page.getByRole('img').count()) === 0, 'no photograph is shown that is not kept');
		await network.send('Storage.overrideQuotaForOrigin', { origin: line.url });
		await page.setInputFiles('input[type="file"]', { name: 'foto.jpg', mimeType: 'image/jpeg', buffer: jpeg });
		await page.getByText(/kB, siap dikirim/).waitFor();
		await page.setInputFiles('input[type="file"]', { name: 'x.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('bukan foto') });
		await page.getByText('bukan foto yang dapat dibaca').waitFor();
		await page.getByRole('img', { name: 'Foto: Disurvei' }).waitFor();
		await open(`?titik=${points.Gereja}`);
		await button('Buang isian itu').click();
		await page.getByRole('link', { name: 'Disurvei', exact: true }).waitFor();
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));

	// As in pages.e2e, over what only stands here once something was said.
	await context.close();
	for (const theme of ['light', 'dark']) {
		for (const language of ['id', 'en']) {
			await phone({ theme });
			for (const [name, query] of Object.entries({ tugas: '', titik: `?titik=${points.Pasar}`, isian: `?titik=${points.Gereja}&langkah=surveyed`, kode: `?titik=${points.Dermaga}&langkah=kode`, kirim: '?bagian=kirim', unduh: '?bagian=unduh', lainnya: '?bagian=lainnya' })) {
				await promise(`${name} ${theme} ${language} reads without hindrance`, async () => {
					await open(`${query}${query ? '&' : '?'}bahasa=${language}`);
					await page.waitForSelector('h1');
					await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
					await page.evaluate(axe);
					const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), rules);
					const said = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`);
					expect(said.length === 0, said.join(' | '));
					const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
					expect(wide <= 0, `${wide} px wider than the screen`);
					const small = await page.evaluate(() => [...document.querySelectorAll('main a, main button, main label.btn, main input:not(.sr-only):not([type=radio]):not([type=checkbox]), nav a, header a')].filter((one) => one.getClientRects().length > 0 && one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML.slice(0, 80)));
					expect(small.length === 0, `too small for a thumb: ${small.join(' | ')}`);
				});
			}
			await context.close();
		}
	}
	line.close();
	rmSync(profile, { recursive: true, force: true });
});
