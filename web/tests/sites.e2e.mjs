// A box is let in by people: the office makes the code, prints it, compares six words
// that the real agent shows, and sees it connected and gone, on a page nobody reloads.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, browser, expect, house as newHouse, keep, logIn, promise, run, start } from './house.mjs';

await keep(async () => {
	const { house, stop } = await newHouse();
	const chrome = await browser();
	const context = await chrome.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID' });
	const page = await context.newPage();
	const broken = [];
	page.on('pageerror', (error) => broken.push(String(error)));
	const folder = mkdtempSync(join(tmpdir(), 'betang-box-'));
	const sheet = page.getByRole('dialog');
	let typed, waiting;

	await promise('the office registers a site and makes a code', async () => {
		await logIn(page, house.url);
		await page.goto(`${house.url}/pengaturan?bagian=lokasi`);
		await page.getByRole('button', { name: 'Lokasi baru' }).click();
		await page.getByLabel('Nama lokasi').fill('Kantor Desa Tumbang Nusa');
		await page.getByLabel('Kabupaten/Kota').selectOption('62.11');
		await page.getByRole('button', { name: 'Simpan' }).click();
		await page.getByRole('button', { name: 'Buat kode' }).click();
		typed = /'(.+)'/.exec(await page.getByText('betang agent enrol').innerText())[1];
		return typed;
	});

	await promise('the paper for the installer holds the code, and nothing of the page behind it', async () => {
		const file = join(folder, 'kode.pdf');
		writeFileSync(file, await page.pdf({ format: 'A4' }));
		const { stdout } = await run('pdftotext', ['-layout', file, '-']);
		expect(stdout.includes(typed.split('#').at(-1)) && stdout.includes('Tumbang Nusa') && stdout.includes('enam kata'), stdout);
		expect(!/Videowall|Riwayat|Cabut/.test(stdout), stdout);
		const { stdout: about } = await run('pdfinfo', [file]);
		expect(/Pages:\s+1\n/.test(about), about);
	});

	await promise('a box that waits is seen at once, with the words that it shows itself', async () => {
		waiting = await start(binary, ['agent', 'enrol', typed, '--data', folder], /^ {4}((?:\w+ ){5}\w+)$/);
		const shown = await sheet.locator('.font-mono.text-lg').innerText();
		expect(shown === waiting.found[1], `${shown} | ${waiting.found[1]}`);
		await sheet.getByRole('button', { name: 'Terima' }).click();
		await sheet.getByText('Belum pernah terdengar').waitFor();
		return shown;
	});

	await promise('it is connected, and gone when its power is', async () => {
		// The one that waits would ask again by itself, in a while.
		waiting.child.kill();
		await run(binary, ['agent', 'enrol', typed, '--data', folder]);
		const box = spawn(binary, ['agent', '--data', folder, '--every', '1'], { stdio: 'ignore' });
		await sheet.getByText('Tersambung', { exact: true }).waitFor();
		box.kill('SIGKILL');
		const gone = await sheet.getByText(/Terdengar .* lalu/).innerText();
		// The list behind it says the same.
		await sheet.getByRole('button', { name: 'Tutup' }).click();
		await page.getByRole('listitem').getByText(/Terdengar .* lalu/).waitFor();
		return gone;
	});

	await promise('a page that hears nothing does not say that a box is connected', async () => {
		const box = spawn(binary, ['agent', '--data', folder, '--every', '1'], { stdio: 'ignore' });
		const row = page.getByRole('listitem').filter({ hasText: 'Tumbang Nusa' });
		await row.getByText('Tersambung', { exact: true }).waitFor();
		await stop('SIGKILL');
		await row.getByText('belum diketahui').waitFor();
		expect((await row.getByText('Tersambung', { exact: true }).count()) === 0, await row.innerText());
		box.kill('SIGKILL');
	});

	await promise('no page met an error', () => expect(broken.length === 0, broken.join('; ')));
	await chrome.close();
	rmSync(folder, { recursive: true, force: true });
});
