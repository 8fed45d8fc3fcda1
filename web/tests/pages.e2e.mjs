// Every page, small and large, light and dark, in both languages: no violation of WCAG
// 2.2 A and AA that axe finds, no error of its own, nothing wider than the screen.
//
//   SHOTS=docs/guide/gambar node web/tests/pages.e2e.mjs     (keeps the Indonesian pictures)
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { browser, camera, expect, house as newHouse, keep, logIn, promise, root } from './house.mjs';

const axe = readFileSync(join(root, 'web/node_modules/axe-core/axe.min.js'), 'utf8');
const shots = process.env.SHOTS && resolve(root, process.env.SHOTS);
const pages = {
	masuk: '/masuk',
	situasi: '/situasi',
	peta: '/peta',
	'peta-kamera': '/peta?pusat=-2.20830,113.92130&zoom=11.00&pilih=kamera:pasar-besar',
	'peta-desa': '/peta?pilih=desa:62.71.01.1001',
	kamera: '/kamera',
	'kamera-satu': '/kamera/pasar-besar',
	impor: '/kamera/impor',
	videowall: '/kamera/videowall/4',
	'videowall-tata': '/kamera/videowall/piket-malam',
	kejadian: '/kejadian',
	desa: '/desa?wilayah=62.11',
	'desa-satu': '/desa/62.11.01.2001',
	'desa-sumber': '/desa?bagian=sumber',
	'desa-target': '/desa?bagian=target',
	'desa-impor': '/desa/impor',
	'titik-impor': '/desa/impor?jenis=titik',
	konektivitas: '/konektivitas',
	pengecualian: '/konektivitas?bagian=pengecualian',
	lapangan: '/lapangan',
	'lapangan-unduh': '/lapangan?bagian=unduh',
	kartu: '/kartu',
	'kartu-keluarga': '/kartu/keluarga',
	audit: '/audit',
	pengguna: '/pengaturan',
	sesi: '/pengaturan?bagian=sesi',
	token: '/pengaturan?bagian=token',
	opd: '/pengaturan?bagian=opd',
	wilayah: '/pengaturan?bagian=wilayah',
	lokasi: '/pengaturan?bagian=lokasi',
	layar: '/pengaturan/layar',
	'layar-kode': '/layar'
};
// Those that show a film.
const plays = ['kamera-satu', 'videowall', 'videowall-tata'];
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

await keep(async () => {
	const source = await camera();
	const { house, token, cli } = await newHouse();
	const add = (short, name, area, main, ...more) => cli('cameras', 'add', '--short', short, '--name', name, '--area', area, '--main', main, ...more);
	await add('pasar-besar', 'Pasar Besar', '62.71.01', `${source.rtsp}/main`, '--sub', `${source.rtsp}/sub`, '--point', '-2.2083,113.9213', '--kind', 'ruang_publik');
	await add('dermaga', 'Dermaga Rambang', '62.71.01', 'rtsp://127.0.0.1:9/main', '--always-on', '--point', '-2.2046,113.9302');
	await add('kantor-kapuas', 'Kantor Bupati Kapuas', '62.03', `${source.rtsp}/main`, '--sub', `${source.rtsp}/sub`, '--always-on', '--point', '-3.0094,114.3869', '--kind', 'kantor');
	await house.json('PATCH', '/api/v1/cameras/pasar-besar', { token, body: { sound: { on: true, purpose: 'Aduan di loket', basis: 'SK Gubernur 12/2026' } } });
	await house.json('POST', '/api/v1/layouts', { token, body: { name: 'Piket malam', grid: 4, cameras: ['pasar-besar', 'kantor-kapuas'], shared: true } });
	const { stdout: site } = await cli('sites', 'add', '--name', 'Kantor Desa Tumbang Nusa', '--area', '62.11', '--point', '-2.31,114.05');
	await cli('sites', 'code', site.trim());
	pages['lokasi-satu'] = `/pengaturan?bagian=lokasi&lokasi=${site.trim()}`;
	await cli('incidents', 'open', '--title', 'Genset mati di simpul', '--severity', 'notice', '--area', '62.11');
	const { stdout: incident } = await cli('incidents', 'open', '--title', 'Sambungan putus', '--severity', 'critical', '--site', site.trim(), '--note', 'Dilaporkan lewat radio');
	pages['kejadian-satu'] = `/kejadian?kejadian=${incident.split(' ')[0]}`;
	await cli('shifts', 'begin');
	// Two lists that disagree, a row that waits for a person, and points on their way.
	const folder = mkdtempSync(join(tmpdir(), 'betang-pages-'));
	const { items: villages } = await house.json('GET', '/api/v1/areas?level=village&within=62.11&limit=30', { token });
	const list = async (name, owner, day, word, some, ...rows) => {
		const file = join(folder, `${name}.csv`);
		writeFileSync(file, ['kode kemendagri,desa,blank spot,status', ...some.map(({ code }) => `${code},,${word},aktif`), ...rows].join('\n'));
		await cli('villages', 'import', file, '--title', name, '--owner', owner, '--as-of', day, '--announced', String(some.length + 7));
	};
	await list('Daftar dinas', 'Dinas contoh', '2025-05-16', 'ya', villages.slice(0, 20), ',Desa Entah,ya,');
	await list('Daftar penyedia', 'Penyedia contoh', '2026-02-01', 'tidak', villages.slice(12));
	const point = await cli('villages', 'add-point', '--name', 'Kantor desa', '--village', '62.11.01.2001', '--site', site.trim());
	for (const [to, day] of [['surveyed', 2], ['granted', 3], ['in_distribution', 4], ['delivered', 5], ['installed', 6], ['active', 7]]) await cli('villages', 'step', point.stdout.trim().split(/\s/)[0], to, '--happened', `2026-02-0${day}T10:00+07:00`, '--serial', 'KIT-62-0007', '--note', 'BAST 12/2026');
	await cli('villages', 'add-point', '--name', 'Sekolah dasar', '--village', '62.11.01.2001', '--kind', 'sekolah');
	rmSync(folder, { recursive: true, force: true });
	const chrome = await browser();
	if (shots) mkdirSync(shots, { recursive: true });
	const sizes = [
		[360, 740],
		[1920, 1080]
	];
	const readers = sizes.flatMap(([width, height]) => ['id', 'en'].map((language) => ({ width, height, language })));
	// Two at once: while one waits for the house, the other is looked at.
	await Promise.all([1, 2].map(async () => {
		for (let reader = readers.shift(); reader; reader = readers.shift()) await read(reader);
	}));

	/** Opens every page once and looks at it in the light, and as it is when the device has turned dark. */
	async function read({ width, height, language }) {
		const context = await chrome.newContext({ viewport: { width, height }, locale: 'id-ID', bypassCSP: true });
		const page = await context.newPage();
		const broken = [];
		page.on('pageerror', (error) => broken.push(String(error)));
		for (const [name, path] of Object.entries(pages)) {
			let opened = false;
			for (const theme of ['light', 'dark']) {
				await promise(`${name} ${width} px ${theme} ${language}`, async () => {
					await page.emulateMedia({ colorScheme: theme });
					if (theme === 'light') {
						await open(page, name, path, language);
						opened = true;
					}
					expect(opened, 'it was not opened');
					await look(page, name, path, shots && language === 'id' && join(shots, `${name}-${width}-${theme}.png`));
					expect(broken.length === 0, broken.join('; '));
				});
			}
		}
		await context.close();
	}

	async function open(page, name, path, language) {
		if (name === 'situasi') await logIn(page, house.url);
		await page.goto(`${house.url}${path}${path.includes('?') ? '&' : '?'}bahasa=${language}`);
		await page.waitForSelector('h1');
	}

	async function look(page, name, path, shot) {
		// A page hears with its next picture that the device has turned.
		await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
		await page.evaluate(() => document.fonts.ready.then(() => {}));
		await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
		if (name.startsWith('peta')) await page.waitForSelector('[data-map="idle"]');
		// Whether it plays is live.e2e's to say; a picture of the page wants one.
		if (shots && plays.includes(name)) {
			await page.waitForSelector('video');
			await page.waitForFunction(() => [...document.querySelectorAll('video')].some((video) => video.dataset.state === 'live'));
		}
		if (shot) await page.screenshot({ path: shot });
		if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
		const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), rules);
		const said = found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`);
		expect(said.length === 0, said.join(' | '));
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		expect(wide <= 0, `${wide} px wider than the screen`);
	}
	await chrome.close();
});
