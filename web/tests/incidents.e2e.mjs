// What is wrong is seen by two people at once: one takes it, the other sees that without
// asking again; a reason is asked for, a shift is handed over and accepted, and a page
// that hears nothing says so.
import { writeFileSync } from 'node:fs';
import { ADMIN, browser, camera, expect, house as newHouse, keep, logIn, promise } from './house.mjs';

const BUDI = { username: 'budi', password: 'jembatan kahayan' };

await keep(async () => {
	const { house, token, cli, stop } = await newHouse();
	await house.json('POST', '/api/v1/staff', { token, body: { name: 'Budi Uji', ...BUDI, grants: [{ role: 'operator' }] } });
	const open = async (title, severity, more) => (await house.json('POST', '/api/v1/incidents', { token, body: { title, severity, ...more } })).id;
	const { stdout } = await cli('sites', 'add', '--name', 'Kantor Desa Tumbang Nusa', '--area', '62.11', '--contact-name', 'Siti Uji', '--contact-phone', '0800 1');
	const site = stdout.trim();
	await open('Genset mati di simpul', 'notice', { area: '62.11' });
	const worst = await open('Sambungan <b>putus</b>', 'critical', { site, note: 'Dilaporkan lewat radio' });
	const chrome = await browser();
	const broken = [];
	const person = async (who) => {
		const context = await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID', timezoneId: 'UTC' });
		const page = await context.newPage();
		page.on('pageerror', (error) => broken.push(String(error)));
		await logIn(page, house.url, who);
		return page;
	};
	const [ani, budi] = [await person(ADMIN), await person(BUDI)];
	const row = (page, text) => page.getByRole('listitem').filter({ hasText: text }).getByRole('link');
	const detail = (page) => page.getByRole('article');

	await promise('the worst stands first, with its place and that nobody has it', async () => {
		await ani.goto(`${house.url}/kejadian`);
		await row(ani, 'Genset mati').waitFor();
		const rows = await ani.getByRole('region', { name: 'Daftar kejadian' }).getByRole('link').allInnerTexts();
		expect(rows.length === 2 && rows[0].includes('Sambungan <b>putus</b>') && rows[0].includes('Tumbang Nusa') && rows[0].includes('belum ada petugas'), rows.join(' | '));
		return ani.getByRole('heading', { level: 1 }).innerText();
	});

	await promise('the keyboard opens one, and the address names it', async () => {
		await ani.keyboard.press('j');
		await ani.keyboard.press('Enter');
		await detail(ani).getByText('Dilaporkan lewat radio').waitFor();
		expect(ani.url().includes(`kejadian=${worst}`), ani.url());
		const call = await detail(ani).getByRole('link', { name: '0800 1' }).getAttribute('href');
		expect(call === 'tel:08001', call);
		await budi.goto(ani.url());
		await detail(budi).getByText('Dilaporkan lewat radio').waitFor();
	});

	await promise('who takes it is seen by the other, who asks for nothing', async () => {
		await ani.getByRole('button', { name: 'Tangani' }).click();
		await row(budi, 'Sambungan').filter({ hasNotText: 'belum ada petugas' }).waitFor();
		await detail(budi).getByText('ditangani, kritis').waitFor();
		expect((await detail(budi).getByRole('button', { name: 'Tangani' }).count()) === 0, 'nobody takes what somebody has');
	});

	await promise('a reason is asked for before anything is closed', async () => {
		await ani.getByRole('button', { name: 'Tutup kejadian' }).click();
		const focused = await ani.evaluate(() => document.activeElement?.id);
		expect(focused === 'catatan-kejadian', focused);
		await ani.getByLabel('Catatan atau alasan').fill('Kabel disambung');
		await ani.getByRole('button', { name: 'Tutup kejadian' }).click();
		await detail(budi).getByText('“Kabel disambung”').waitFor();
		// It is not in the list of what is open, and in that of what is closed.
		await row(budi, 'Sambungan').waitFor({ state: 'detached' });
		await budi.getByLabel('Keadaan', { exact: true }).selectOption('closed');
		await row(budi, 'Sambungan').waitFor();
		expect(budi.url().includes('keadaan=closed'), budi.url());
	});

	await promise('a person opens one, once', async () => {
		await budi.goto(`${house.url}/kejadian`);
		await budi.getByRole('button', { name: 'Kejadian baru' }).click();
		const sheet = budi.getByRole('dialog');
		await sheet.getByLabel('Apa yang tidak beres').fill('Asap di dermaga');
		await sheet.getByLabel('Tingkat').selectOption('critical');
		await sheet.getByRole('button', { name: 'Buka kejadian' }).click();
		await detail(budi).getByRole('heading', { name: /Asap di dermaga/ }).waitFor();
		await row(ani, 'Asap di dermaga').waitFor();
		const list = await house.json('GET', '/api/v1/incidents', { token });
		expect(list.items.length === 3, JSON.stringify(list.items.map((one) => one.title)));
	});

	await promise('a shift is handed over with what is open, and accepted as it was read', async () => {
		const [hers, his] = [ani.getByRole('dialog'), budi.getByRole('dialog')];
		for (const page of [ani, budi]) await page.getByRole('button', { name: 'Shift dan serah terima' }).click();
		await hers.getByRole('button', { name: 'Mulai shift' }).click();
		await hers.getByLabel('Catatan, atau pesan').fill('Pantau genset');
		await hers.getByRole('button', { name: 'Tulis serah terima' }).click();
		const text = await his.locator('pre').innerText();
		expect(text.includes('Asap di dermaga') && text.includes('Pesan: Pantau genset') && !text.includes('putus'), text);
		await his.getByRole('button', { name: 'Terima dan mulai bertugas' }).click();
		await hers.getByText('Budi Uji').first().waitFor();
		await his.getByRole('button', { name: 'Tulis serah terima' }).waitFor();
		const shifts = await house.json('GET', '/api/v1/shifts', { token });
		const left = await house.json('GET', `/api/v1/shifts/${shifts.items[1].id}/handover`, { token });
		expect(left.is_as_written && left.written_entry && left.accepted_entry, JSON.stringify(left));
		for (const page of [ani, budi]) await page.keyboard.press('Escape');
	});

	await promise('it reads in English too, and its file holds what is filtered', async () => {
		await budi.goto(`${house.url}/kejadian?bahasa=en&tingkat=notice`);
		await budi.getByText('notice · needs action').waitFor();
		const href = await budi.getByRole('link', { name: 'CSV' }).getAttribute('href');
		const csv = await (await house.ask('GET', href, { token })).text();
		expect(csv.includes('Genset mati') && !csv.includes('Asap'), csv);
	});

	const source = await camera('--apart');
	for (const [short, name] of [['dermaga', 'Kamera Dermaga'], ['pasar', 'Kamera Pasar']]) await cli('cameras', 'add', '--short', short, '--name', name, '--area', '62.71.01', '--main', `${source.rtsp}/main`, '--sub', `${source.rtsp}/sub`);
	/** What the house keeps of an incident that is called so, with what it is about. */
	const kept = async (title) => {
		const { items } = await house.json('GET', '/api/v1/incidents', { token });
		const found = items.filter((one) => one.title === title);
		expect(found.length === 1, `${found.length} of ${title}`);
		return found[0];
	};

	await promise('what is seen on a camera is reported with its picture, and its page lists it', async () => {
		await budi.goto(`${house.url}/kamera/dermaga`);
		await budi.waitForFunction(() => document.querySelector('video')?.dataset.state === 'live');
		const card = budi.getByRole('region', { name: 'Kejadian' });
		await card.getByText('Tidak ada kejadian yang belum ditutup.').waitFor();
		await budi.getByRole('button', { name: 'Laporkan kejadian' }).click();
		const sheet = budi.getByRole('dialog');
		await sheet.getByLabel('Apa yang tidak beres').fill('Perahu menabrak tiang');
		expect(await sheet.getByRole('checkbox').isChecked(), 'the picture is offered');
		await sheet.getByRole('button', { name: 'Buka kejadian' }).click();
		await sheet.getByText(/Kejadian #\d+ dibuka/).waitFor();
		await card.getByRole('link', { name: /Perahu menabrak tiang/ }).waitFor();
		const one = await kept('Perahu menabrak tiang');
		expect(one.still && one.subjects.length === 1 && one.subjects[0].kind === 'camera' && one.subjects[0].name === 'Kamera Dermaga', JSON.stringify(one));
		await sheet.getByRole('link', { name: 'Lihat kejadian' }).click();
		await detail(budi).getByRole('button', { name: 'Lihat gambar tersimpan' }).click();
		const picture = detail(budi).getByRole('img', { name: 'Gambar yang tersimpan' });
		await picture.evaluate((image) => image.decode());
		return `${await picture.evaluate((image) => image.naturalWidth)} px wide`;
	});

	await promise('without its tick no picture is kept, and what is refused keeps what was typed', async () => {
		await budi.goto(`${house.url}/kamera`);
		await budi.getByRole('button', { name: 'Laporkan kejadian: Kamera Pasar' }).click();
		const sheet = budi.getByRole('dialog');
		await sheet.getByLabel('Apa yang tidak beres').fill('Kios terbakar');
		await sheet.getByRole('checkbox').uncheck();
		await budi.context().setOffline(true);
		await sheet.getByRole('button', { name: 'Buka kejadian' }).click();
		await sheet.getByRole('alert').waitFor();
		expect((await sheet.getByLabel('Apa yang tidak beres').inputValue()) === 'Kios terbakar', 'it is kept');
		await budi.context().setOffline(false);
		await sheet.getByRole('button', { name: 'Buka kejadian' }).click();
		await sheet.getByText(/Kejadian #\d+ dibuka/).waitFor();
		const one = await kept('Kios terbakar');
		expect(one.still === null && one.subjects[0].name === 'Kamera Pasar', JSON.stringify(one));
	});

	await promise('a tile of the videowall is reported by its button or its key, and the wall stays', async () => {
		await budi.goto(`${house.url}/kamera/videowall/4`);
		const sheet = budi.getByRole('dialog');
		await budi.getByRole('button', { name: 'Laporkan kejadian: Kamera Pasar' }).click();
		await sheet.getByLabel('Apa yang tidak beres').waitFor();
		await budi.keyboard.press('Escape');
		// The page has heard that it was closed: its form is gone.
		await budi.locator('dialog form').waitFor({ state: 'detached' });
		await budi.keyboard.press('ArrowRight');
		await budi.keyboard.press('l');
		await sheet.getByLabel('Apa yang tidak beres').fill('Keramaian di pasar');
		await sheet.getByRole('checkbox').uncheck();
		await sheet.getByRole('button', { name: 'Buka kejadian' }).click();
		await sheet.getByText(/Kejadian #\d+ dibuka/).waitFor();
		expect((await kept('Keramaian di pasar')).subjects[0].name === 'Kamera Pasar', 'the second tile');
		await sheet.getByRole('button', { name: 'Tutup' }).last().click();
		expect(new URL(budi.url()).pathname === '/kamera/videowall/4' && (await budi.locator('[data-camera]').count()) === 2, budi.url());
	});

	const { items: villages } = await house.json('GET', '/api/v1/areas?level=village&within=62.11&limit=10', { token });
	const village = villages[3];
	await promise('an address opens the form with a village chosen', async () => {
		await budi.goto(`${house.url}/kejadian?lapor=1&wilayah=${village.code}`);
		const sheet = budi.getByRole('dialog');
		await sheet.getByLabel('Desa/Kelurahan').locator(`option[value="${village.code}"]`).waitFor({ state: 'attached' });
		expect((await sheet.getByLabel('Desa/Kelurahan').inputValue()) === village.code, 'the village is chosen');
		await sheet.getByLabel('Apa yang tidak beres').fill('Menara miring');
		await sheet.getByRole('button', { name: 'Buka kejadian' }).click();
		await detail(budi).getByRole('heading', { name: /Menara miring/ }).waitFor();
		expect((await kept('Menara miring')).subjects[0].id === village.code, 'about the village');
		expect(!/lapor|wilayah/.test(budi.url()), budi.url());
	});

	await promise('who may not write is shown no form, whatever the address says', async () => {
		await house.json('POST', '/api/v1/staff', { token, body: { name: 'Layar Uji', username: 'layar', password: 'jembatan kahayan', grants: [{ role: 'layar' }] } });
		const screen = await person({ username: 'layar', password: 'jembatan kahayan' });
		await screen.goto(`${house.url}/kejadian?lapor=1`);
		await row(screen, 'Menara miring').waitFor();
		expect((await screen.getByRole('dialog').count()) === 0, 'the form is there');
		await screen.goto(`${house.url}/kamera/dermaga`);
		await screen.getByRole('region', { name: 'Kejadian' }).getByRole('link', { name: /Perahu menabrak tiang/ }).waitFor();
		expect((await screen.getByRole('button', { name: 'Laporkan kejadian' }).count()) === 0, 'the button is there');
		await screen.context().close();
	});

	const siteVillage = villages[5];
	const boxed = (await cli('sites', 'add', '--name', 'Kantor Desa Uji Tautan', '--area', siteVillage.code, '--contact-name', 'Rina Uji', '--contact-phone', '0800 2')).stdout.trim();
	await house.json('PATCH', '/api/v1/cameras/dermaga', { token, body: { contact: { name: 'Joko Uji', phone: '0800 3', duty: 'malam' } } });
	/** One incident as the house keeps it. */
	const asKept = async (title) => house.json('GET', `/api/v1/incidents/${(await kept(title)).id}`, { token });

	await promise('places are put to an incident and taken off, and each leads to its page and its telephone', async () => {
		const it = await kept('Menara miring');
		await budi.goto(`${house.url}/kejadian?kejadian=${it.id}`);
		const places = detail(budi).getByRole('list').first();
		await places.getByRole('link', { name: village.name }).waitFor();
		expect((await places.getByRole('button', { name: /^Lepas tempat/ }).count()) === 0, 'the only place stays');
		await detail(budi).getByText('Tambahkan tempat').click();
		await detail(budi).getByLabel('Jenis tempat').selectOption('site');
		await detail(budi).getByLabel('Cari nama').fill('Uji Tautan');
		await detail(budi).getByLabel('Lokasi perangkat').selectOption({ label: `Kantor Desa Uji Tautan · ${siteVillage.name} ${siteVillage.code}` });
		await detail(budi).getByRole('button', { name: 'Tambahkan', exact: true }).click();
		await places.getByRole('link', { name: '0800 2' }).waitFor();
		await detail(budi).getByText('Tambahkan tempat').click();
		await detail(budi).getByLabel('Jenis tempat').selectOption('camera');
		await detail(budi).getByLabel('Kamera', { exact: true }).selectOption({ label: 'Kamera Dermaga · Pahandut 62.71.01' });
		await detail(budi).getByRole('button', { name: 'Tambahkan', exact: true }).click();
		// Nobody has asked whom to call there: it is there.
		expect((await places.getByRole('link', { name: '0800 3' }).getAttribute('href')) === 'tel:08003', 'the telephone of the camera');
		const hrefs = await places.getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')).filter((href) => !href.startsWith('tel:')));
		const camera = (await asKept('Menara miring')).subjects.find(({ kind }) => kind === 'camera').id;
		const right = [`/desa/${village.code}`, `/desa/${siteVillage.code}`, `/pengaturan?bagian=lokasi&lokasi=${boxed}`, `/kamera/${camera}`];
		expect(hrefs.join() === right.join(), hrefs.join());
		await places.getByRole('button', { name: 'Lepas tempat: Kantor Desa Uji Tautan' }).click();
		await places.getByText('Kantor Desa Uji Tautan').waitFor({ state: 'detached' });
		const left = (await asKept('Menara miring')).subjects.map(({ kind }) => kind);
		expect(left.join() === 'area,camera', left.join());
		await places.getByRole('link', { name: village.name }).click();
		await budi.waitForURL(`**/desa/${village.code}`);
	});

	await promise('a due time is set in the hours of the house, and one that has passed is refused and stays in its field', async () => {
		const it = await kept('Menara miring');
		await budi.goto(`${house.url}/kejadian?kejadian=${it.id}`);
		await detail(budi).getByText('Tugaskan atau ubah tenggat').click();
		const field = detail(budi).getByLabel('Tenggat baru');
		await field.fill('2026-01-02T03:04');
		await detail(budi).getByRole('button', { name: 'Tetapkan tenggat' }).click();
		await detail(budi).getByText('Waktunya harus setelah sekarang').waitFor();
		expect((await field.inputValue()) === '2026-01-02T03:04', await field.inputValue());
		// Two days from now, at nine in the evening, seven hours ahead of UTC.
		const day = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
		await field.fill(`${day}T21:00`);
		await detail(budi).getByRole('button', { name: 'Tetapkan tenggat' }).click();
		await detail(budi).getByText('tenggat diubah').waitFor();
		const { due_us, due_set } = await asKept('Menara miring');
		expect(due_set && due_us === Date.parse(`${day}T14:00:00Z`) * 1000, `${due_us}`);
	});

	await promise('another person is given it, who is told by name; a watcher is named', async () => {
		const it = await kept('Menara miring');
		await ani.goto(`${house.url}/kejadian?kejadian=${it.id}`);
		await detail(ani).getByText('Tugaskan atau ubah tenggat').click();
		const people = detail(ani).getByLabel('Petugas kejadian ini');
		await people.locator('option', { hasText: 'Budi Uji' }).waitFor({ state: 'attached' });
		// Who only looks at screens is offered to nobody.
		expect(!(await people.locator('option').allInnerTexts()).includes('Layar Uji'), 'the screen is offered');
		await people.selectOption({ label: 'Budi Uji' });
		await detail(ani).getByRole('button', { name: 'Tugaskan', exact: true }).click();
		await detail(budi).getByText('petugas: Budi Uji').waitFor();
		expect((await asKept('Menara miring')).owner?.name === 'Budi Uji', 'it is his');
		await detail(ani).getByRole('button', { name: 'Pantau', exact: true }).click();
		const watched = detail(budi).locator('dt', { hasText: 'Dipantau oleh' }).locator('+ dd');
		await watched.filter({ hasNotText: 'belum ada' }).waitFor();
		const { watchers } = await asKept('Menara miring');
		expect((await watched.innerText()) === watchers.map(({ name }) => name).join(', ') && watchers.length === 1, await watched.innerText());
		await detail(ani).getByRole('button', { name: 'Berhenti memantau' }).click();
		await watched.filter({ hasText: 'belum ada' }).waitFor();
	});

	await promise('who may not read the staff is offered by name whoever may look after it', async () => {
		await budi.goto(`${house.url}/kejadian?kejadian=${(await kept('Menara miring')).id}`);
		await detail(budi).getByText('Tugaskan atau ubah tenggat').click();
		const people = detail(budi).getByLabel('Petugas kejadian ini');
		const { name } = (await house.json('GET', '/api/v1/session', { token })).person;
		await people.locator('option', { hasText: name }).waitFor({ state: 'attached' });
		expect(!(await people.locator('option').allInnerTexts()).includes('Layar Uji'), 'the screen is offered');
		await people.selectOption({ label: name });
		await detail(budi).getByRole('button', { name: 'Tugaskan', exact: true }).click();
		await detail(ani).getByText(`petugas: ${name}`).waitFor();
		expect((await asKept('Menara miring')).owner?.name === name, 'it is hers');
	});

	if (process.env.SHOTS) {
		await ani.goto(`${house.url}/kejadian?kejadian=${(await kept('Menara miring')).id}`);
		await detail(ani).getByText('Tugaskan atau ubah tenggat').click();
		await detail(ani).getByText('Tambahkan tempat').click();
		for (const [width, height] of [[360, 740], [1920, 1080]])
			for (const theme of ['light', 'dark']) {
				await ani.setViewportSize({ width, height });
				await ani.emulateMedia({ colorScheme: theme });
				writeFileSync(`${process.env.SHOTS}/kejadian-tugas-${width}-${theme}.png`, await ani.screenshot({ fullPage: true }));
			}
		for (const [width, height] of [[360, 740], [1920, 1080]]) {
			for (const theme of ['light', 'dark']) {
				await ani.setViewportSize({ width, height });
				await ani.emulateMedia({ colorScheme: theme });
				for (const [name, path] of [['kejadian', '/kejadian?keadaan=semua'], ['kejadian-satu', `/kejadian?keadaan=semua&kejadian=${worst}`]]) {
					await ani.goto(house.url + path);
					// On a phone the one stands in the place of the list.
					if (name === 'kejadian-satu') await detail(ani).getByText('Kabel disambung').waitFor();
					else await row(ani, 'Genset mati').waitFor();
					writeFileSync(`${process.env.SHOTS}/${name}-${width}-${theme}.png`, await ani.screenshot({ fullPage: true }));
				}
			}
		}
		for (const [width, height] of [[360, 740], [1920, 1080]]) {
			for (const theme of ['light', 'dark']) {
				await budi.setViewportSize({ width, height });
				await budi.emulateMedia({ colorScheme: theme });
				for (const [name, path] of [['kamera-satu', '/kamera/dermaga'], ['kamera-daftar', '/kamera'], ['kamera-dinding', '/kamera/videowall/4']]) {
					await budi.goto(house.url + path);
					await budi.getByRole('button', { name: /Laporkan kejadian/ }).first().waitFor();
					if (name === 'kamera-satu') await budi.getByRole('link', { name: /Perahu menabrak/ }).waitFor();
					writeFileSync(`${process.env.SHOTS}/${name}-${width}-${theme}.png`, await budi.screenshot({ fullPage: true }));
				}
				await budi.getByRole('button', { name: /Laporkan kejadian/ }).first().click();
				await budi.getByRole('dialog').getByRole('checkbox').waitFor();
				writeFileSync(`${process.env.SHOTS}/kamera-lapor-${width}-${theme}.png`, await budi.screenshot());
			}
		}
		await ani.goto(`${house.url}/kejadian`);
		await ani.getByRole('button', { name: 'Shift dan serah terima' }).click();
		await ani.getByRole('dialog').getByText('Akhiri tanpa').first().waitFor();
		writeFileSync(`${process.env.SHOTS}/shift.png`, await ani.screenshot());
		await ani.keyboard.press('Escape');
		await ani.setViewportSize({ width: 1280, height: 900 });
	}

	await promise('a page that hears nothing keeps what it had and says from when it is', async () => {
		await ani.goto(`${house.url}/kejadian`);
		await row(ani, 'Asap di dermaga').waitFor();
		await stop('SIGKILL');
		await ani.getByText('sedang menyambung kembali').waitFor();
		expect((await row(ani, 'Asap di dermaga').count()) === 1, 'the list is kept');
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
});
